#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Golden vectors: models of scikit-learn, exported to ONNX, with what scikit-learn says.

Per model NAME it writes NAME.onnx and NAME.csv (one line per test row: the label that
predict() gives, then the probabilities of predict_proba()); per data set DATA it writes
DATA.rows.csv (the test rows) that all of its models share. index.csv joins them.

    python3 -m venv --system-site-packages venv     # Debian: python3-sklearn python3-onnx
    venv/bin/pip install skl2onnx==1.14.1
    venv/bin/python make_golden.py

Made with the versions of versions.txt; the C test needs only the files.
"""
import os
import sys

import numpy as np
import onnx
import skl2onnx
import sklearn
from skl2onnx import to_onnx
from sklearn.datasets import load_breast_cancer, load_digits, load_iris
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import MultinomialNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, Normalizer, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

HERE = os.path.dirname(os.path.abspath(__file__))
SEED = 42
OPSET = {"": 15, "ai.onnx.ml": 2}


def lr(**more):
    return LogisticRegression(max_iter=5000, **more)


def svc(**more):
    return SVC(probability=True, random_state=SEED, **more)


def forest(trees, **more):
    return RandomForestClassifier(trees, random_state=SEED, **more)


# name, data, the estimator, string labels, options of the export
MODELS = [
    ("iris_lr", "iris", lr(), False, {}),
    ("iris_lr_ovr", "iris", lr(multi_class="ovr"), False, {}),
    ("iris_svc", "iris", svc(), False, {}),
    ("iris_rf", "iris", forest(100), False, {}),
    ("iris_tree", "iris", DecisionTreeClassifier(random_state=SEED), False, {}),
    ("iris_mnb", "iris", MultinomialNB(), False, {}),
    ("iris_mlp", "iris",
     make_pipeline(StandardScaler(), MLPClassifier((8,), max_iter=2000, random_state=SEED)),
     False, {}),
    ("iris_scaler_lr", "iris", make_pipeline(StandardScaler(), lr()), False, {}),
    ("iris_scaler_svc", "iris", make_pipeline(StandardScaler(), svc()), False, {}),
    ("iris_minmax_lr", "iris", make_pipeline(MinMaxScaler(), lr()), False, {}),
    ("iris_l2_lr", "iris", make_pipeline(Normalizer("l2"), lr()), False, {}),
    ("iris_names", "iris", make_pipeline(StandardScaler(), lr()), True, {}),
    ("iris_names_zipmap", "iris", forest(10), True, {"zipmap": True}),
    ("cancer_lr", "cancer", make_pipeline(StandardScaler(), lr()), False, {}),
    ("cancer_svc", "cancer", make_pipeline(StandardScaler(), svc()), False, {}),
    ("cancer_svc_linear", "cancer",
     make_pipeline(StandardScaler(), svc(kernel="linear")), False, {}),
    ("cancer_svc_poly", "cancer",
     make_pipeline(StandardScaler(), svc(kernel="poly", degree=3, coef0=1.0)), False, {}),
    ("cancer_rf", "cancer", forest(50), False, {}),
    ("digits_lr", "digits", lr(), False, {}),
    ("digits_svc", "digits", svc(), False, {}),
    ("digits_rf", "digits", forest(9), False, {}),
    ("digits_extra", "digits",
     ExtraTreesClassifier(4, max_depth=7, random_state=SEED), False, {}),
    ("digits_mnb", "digits", MultinomialNB(), False, {}),
    ("digits_scaler_lr", "digits", make_pipeline(StandardScaler(), lr()), False, {}),
    ("digits_scaler_svc", "digits",
     make_pipeline(StandardScaler(), svc(C=10)), False, {}),
]


def load(data):
    """Training and test rows as float32, the type the model will be fed with."""
    source = {"iris": load_iris, "cancer": load_breast_cancer, "digits": load_digits}[data]()
    x = source.data.astype(np.float32)
    split = train_test_split(x, source.target, test_size=0.2, random_state=SEED,
                             stratify=source.target)
    return (*split, source.target_names)


def write(name, text):
    with open(os.path.join(HERE, name), "w", encoding="utf-8") as out:
        out.write(text)


def number(v):
    return np.format_float_positional(v, unique=True, trim="-")


def main():
    sets = {data: load(data) for data in ("iris", "cancer", "digits")}
    for data, (_, x_test, _, _, _) in sets.items():
        write(f"{data}.rows.csv",
              "".join(",".join(number(v) for v in row) + "\n" for row in x_test))
    index = ["model,rows,tolerance\n"]
    for name, data, estimator, strings, options in MODELS:
        x, x_test, y, _, names = sets[data]
        if strings:
            y = names[y]
        estimator.fit(x, y)
        proto = to_onnx(estimator, x[:1], target_opset=OPSET,
                        options={"zipmap": False} | options)
        onnx.checker.check_model(proto)
        onnx.save(proto, os.path.join(HERE, f"{name}.onnx"))
        labels = estimator.predict(x_test)
        ratios = estimator.predict_proba(x_test)
        write(f"{name}.csv", "".join(
            f"{label}," + ",".join(f"{p:.8g}" for p in row) + "\n"
            for label, row in zip(labels, ratios)))
        index.append(f"{name},{data}.rows,{1e-4 if 'mnb' in name else 1e-5:g}\n")
        print(name, os.path.getsize(os.path.join(HERE, f"{name}.onnx")),
              " ".join(n.op_type for n in proto.graph.node)[:200])
    write("index.csv", "".join(index))
    write("versions.txt", f"python {sys.version.split()[0]}\nscikit-learn {sklearn.__version__}\n"
          f"skl2onnx {skl2onnx.__version__}\nonnx {onnx.__version__}\nnumpy {np.__version__}\n")


main()
