# SPDX-License-Identifier: Apache-2.0
"""The scikit-learn models behind tests/data/golden, fitted anew: what the peers serve."""
import numpy as np
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC

SEED = 42
ESTIMATORS = {
    "iris_lr": lambda: LogisticRegression(max_iter=5000),
    "iris_svc": lambda: SVC(probability=True, random_state=SEED),
    "iris_rf": lambda: RandomForestClassifier(100, random_state=SEED),
}


def training_rows():
    data = load_iris()
    x, _, y, _ = train_test_split(data.data.astype(np.float32), data.target,
                                  test_size=0.2, random_state=SEED, stratify=data.target)
    return x, y


def fit(name):
    return ESTIMATORS[name]().fit(*training_rows())


class Predictor:
    """predict_proba once, its largest taken: the cheapest way to all fields."""

    def __init__(self, name):
        self.estimator = fit(name)
        self.names = [str(c) for c in self.estimator.classes_]

    def __call__(self, features):
        probabilities = self.estimator.predict_proba(
            np.array([features], dtype=np.float32))[0]
        best = int(probabilities.argmax())
        return best, self.names[best], probabilities.tolist()
