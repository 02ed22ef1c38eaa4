#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""model-trainer against scikit-learn, on the same stratified folds of the digits.

Usage: trainer_accuracy.py PATH-OF-model-trainer PATH-OF-model_accuracy [DATA.csv]
Exit code 77, "skipped", when scikit-learn is not installed; that is a failure in CI.
"""
import csv
import os
import subprocess
import sys
import tempfile

TRAINER, ACCURACY = sys.argv[1:3]
DATA = sys.argv[3] if len(sys.argv) > 3 else os.path.join(
    os.path.dirname(__file__), "../../services/trainer/data/digits.csv")
FOLDS, SEED, POINT = 5, 42, 0.01

try:
    import numpy as np
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC
except ImportError as why:
    print(f"skipped: {why} (Debian: python3-sklearn)")
    sys.exit(1 if os.environ.get("CI") else 77)

KINDS = {
    "lr": lambda: make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000)),
    "svm": lambda: make_pipeline(StandardScaler(), SVC(probability=True, random_state=SEED)),
    "rf": lambda: RandomForestClassifier(100, random_state=SEED),
}


def write(path, header, rows):
    with open(path, "w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([header, *rows])


def theirs(make, x, y, train, test):
    """As ours are judged: by the largest probability."""
    model = make().fit(x[train], y[train])
    return np.mean(model.classes_[model.predict_proba(x[test]).argmax(axis=1)] == y[test])


def ours(kind, folder):
    model = os.path.join(folder, "model.onnx")
    subprocess.run([TRAINER, kind, "--data", os.path.join(folder, "train.csv"), "--out", model,
                    "--folds", "0", "--seed", str(SEED)],
                   check=True, stdout=subprocess.DEVNULL)
    told = subprocess.run([ACCURACY, model, os.path.join(folder, "test.csv")],
                          check=True, capture_output=True, text=True)
    return float(told.stdout)


def main():
    with open(DATA, encoding="utf-8") as source:
        header, *rows = csv.reader(source)
    x = np.array([row[:-1] for row in rows], dtype=np.float32)
    y = np.array([row[-1] for row in rows])
    found = {kind: ([], []) for kind in KINDS}
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
    for train, test in folds.split(x, y):
        with tempfile.TemporaryDirectory() as folder:
            write(os.path.join(folder, "train.csv"), header, [rows[i] for i in train])
            write(os.path.join(folder, "test.csv"), header, [rows[i] for i in test])
            for kind, make in KINDS.items():
                found[kind][0].append(ours(kind, folder))
                found[kind][1].append(theirs(make, x, y, train, test))
    print(f"{'':4}  model-trainer      scikit-learn       difference")
    worse = []
    for kind, pair in found.items():
        mine, other = (np.mean(v) for v in pair)
        spread = [np.std(v, ddof=1) for v in pair]
        print(f"{kind:4}  {mine:.4f} +- {spread[0]:.4f}   {other:.4f} +- {spread[1]:.4f}   "
              f"{100 * (mine - other):+.2f} points")
        if abs(mine - other) > POINT:
            worse.append(kind)
    if worse:
        sys.exit(f"more than one point away from scikit-learn: {', '.join(worse)}")


main()
