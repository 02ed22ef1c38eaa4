# SPDX-License-Identifier: Apache-2.0
"""Writes a fitted model as JSON, for the peer on Node.js, which has no scikit-learn.
Usage: export_for_node.py iris_lr|iris_rf OUT"""
import json
import sys

from estimator import fit


def linear(model):
    return {"kind": "linear", "coefficients": model.coef_.tolist(),
            "intercepts": model.intercept_.tolist()}


def forest(model):
    trees = []
    for tree in (e.tree_ for e in model.estimators_):
        values = tree.value[:, 0, :]
        trees.append({
            "feature": tree.feature.tolist(), "threshold": tree.threshold.tolist(),
            "left": tree.children_left.tolist(), "right": tree.children_right.tolist(),
            "value": (values / values.sum(axis=1, keepdims=True)).tolist()})
    return {"kind": "forest", "trees": trees}


name, out = sys.argv[1:]
estimator = fit(name)
with open(out, "w", encoding="ascii") as f:
    json.dump(forest(estimator) if name.endswith("rf") else linear(estimator), f)
