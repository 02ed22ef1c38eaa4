#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Write iris.csv and digits.csv beside this script, from Debian's python3-sklearn."""
import os

from sklearn.datasets import load_digits, load_iris

HERE = os.path.dirname(os.path.abspath(__file__))


def write(name, features, rows, labels):
    with open(os.path.join(HERE, name), "w", encoding="utf-8") as out:
        out.write(",".join(features) + ",label\n")
        for row, label in zip(rows, labels):
            out.write(",".join(f"{v:g}" for v in row) + f",{label}\n")


iris = load_iris()
write("iris.csv", [n.replace(" (cm)", "_cm").replace(" ", "_") for n in iris.feature_names],
      iris.data, iris.target_names[iris.target])
digits = load_digits()
write("digits.csv", digits.feature_names, digits.data, digits.target)
