#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The real model-trainer: its files, its words, its errors.

Usage: trainer.py PATH-OF-model-trainer PATH-OF-model_accuracy
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

ACCURACY = sys.argv.pop(2)
TRAINER = sys.argv.pop(1)
DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../services/trainer/data")
KINDS = ["lr", "svm", "rf"]

try:
    import onnx
except ImportError as why:
    if os.environ.get("CI"):
        raise
    onnx, NO_ONNX = None, f"{why} (Debian: python3-onnx)"
else:
    NO_ONNX = ""


def run(*args):
    return subprocess.run([TRAINER, *args], capture_output=True, text=True, check=False)


class Trainer(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as out:
            out.write(text)
        return self.path(name)

    def train(self, kind, name, *more):
        done = run(kind, "--data", f"{DATA}/iris.csv", "--out", self.path(name),
                   "--trained-at", "2026-11-21T12:00:00Z", *more)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        with open(self.path(name), "rb") as model:
            return done.stdout, model.read()

    def test_accuracy_is_told_with_its_spread(self):
        for kind in KINDS:
            told, _ = self.train(kind, "m.onnx", "--folds", "4")
            found = re.search(r"^accuracy +(0\.\d+) \+- (0\.\d+) .*4 stratified folds:"
                              r"((?: [01]\.\d+){4})\)$", told, re.M)
            self.assertTrue(found, told)
            self.assertGreater(float(found[1]), 0.9)
            folds = [float(v) for v in found[3].split()]
            self.assertAlmostEqual(sum(folds) / 4, float(found[1]), places=3)

    def test_the_same_command_writes_the_same_bytes(self):
        for kind in KINDS:
            self.assertEqual(self.train(kind, "a.onnx")[1], self.train(kind, "b.onnx")[1])

    def test_another_seed_writes_another_forest(self):
        self.assertNotEqual(self.train("rf", "a.onnx", "--seed", "1")[1],
                            self.train("rf", "b.onnx", "--seed", "2")[1])

    @unittest.skipUnless(onnx, NO_ONNX)
    def test_models_pass_the_onnx_checker(self):
        for kind in KINDS:
            for more in [], ["--no-scale", "--folds", "0"]:
                _, data = self.train(kind, "m.onnx", *more)
                onnx.checker.check_model(onnx.load_from_string(data), full_check=True)

    @unittest.skipUnless(onnx, NO_ONNX)
    def test_integer_classes_stay_integers(self):
        rows = self.write("ints.csv", "a,label\n" + "".join(
            f"{i},{10 * (i % 3) + i % 3 - 1}\n" for i in range(60)))
        done = run("lr", "--data", rows, "--out", self.path("m.onnx"), "--folds", "0")
        self.assertEqual(done.returncode, 0, done.stderr)
        model = onnx.load(self.path("m.onnx"))
        onnx.checker.check_model(model, full_check=True)
        labels = [a for n in model.graph.node for a in n.attribute
                  if a.name == "classlabels_ints"]
        self.assertEqual(list(labels[0].ints), [-1, 10, 21])

    @unittest.skipUnless(onnx, NO_ONNX)
    def test_the_file_says_what_it_was_made_of(self):
        _, data = self.train("svm", "m.onnx", "--name", "flowers", "--seed", "7")
        card = {e.key: e.value for e in onnx.load_from_string(data).metadata_props}
        self.assertEqual(card["model_name"], "flowers")
        self.assertEqual(card["model_kind"], "svm")
        self.assertEqual(card["dataset"], "flowers")
        self.assertEqual(json.loads(card["class_names"]), ["setosa", "versicolor", "virginica"])
        self.assertEqual(json.loads(card["feature_names"])[0], "sepal_length_cm")
        self.assertEqual(card["training_rows"], "150")
        self.assertEqual((card["folds"], card["seed"]), ("5", "7"))
        self.assertEqual(card["trained_at"], "2026-11-21T12:00:00Z")
        self.assertTrue(0.9 < float(card["accuracy"]) < 1)
        self.assertTrue(0 < float(card["accuracy_std"]) < 0.1)
        reference = json.loads(card["drift_reference"])
        self.assertEqual(reference["observations"], 150)
        self.assertEqual(len(reference["features"]), 4)
        for feature in reference["features"]:
            self.assertEqual(feature["edges"], sorted(set(feature["edges"])))
            self.assertEqual(len(feature["ratios"]), len(feature["edges"]) + 1)
            self.assertAlmostEqual(sum(feature["ratios"]), 1)

    def test_a_split_is_stratified_and_loses_nothing(self):
        done = run("split", "--data", f"{DATA}/digits.csv", "--train", self.path("t.csv"),
                   "--holdout", self.path("h.csv"), "--share", "0.2", "--seed", "42")
        self.assertEqual(done.returncode, 0, done.stderr)
        parts = []
        for name in f"{DATA}/digits.csv", self.path("t.csv"), self.path("h.csv"):
            with open(name, encoding="utf-8") as lines:
                parts.append(lines.read().splitlines())
        everything, train, held = parts
        self.assertEqual(train[0], everything[0])
        self.assertEqual(held[0], everything[0])
        self.assertEqual(sorted(train[1:] + held[1:]), sorted(everything[1:]))
        for digit in range(10):
            count = [sum(line.endswith(f",{digit}") for line in part) for part in parts]
            self.assertAlmostEqual(count[2], count[0] / 5, delta=0.5)
        done = run("lr", "--data", self.path("t.csv"), "--out", self.path("m.onnx"),
                   "--folds", "0")
        self.assertEqual(done.returncode, 0, done.stderr)
        told = subprocess.run([ACCURACY, self.path("m.onnx"), self.path("h.csv")], check=True,
                              capture_output=True, text=True).stdout
        self.assertGreater(float(told), 0.94)

    def test_errors_say_where(self):
        bad = self.write("bad.csv", "a,b,label\n1,2,x\n3,oops,y\n")
        good = f"{DATA}/iris.csv"
        for args, code, says in [
            (["lr", "--data", bad], 1, "bad.csv: line 3, column 3: \"oops\" of \"b\""),
            (["lr", "--data", self.path("none.csv")], 1, "none.csv"),
            (["lr", "--data", good, "--target-column", "kind"], 1, "no column is called"),
            (["lr"], 2, "--data is required"),
            (["knn", "--data", good], 2, "\"knn\" is no command"),
            (["lr", "--data", good, "--folds", "1"], 1, "--folds 1"),
            (["lr", "--data", good, "--folds", "60"], 1, "class \"setosa\" has 50 rows"),
            (["svm", "--data", good, "--gamma", "-1"], 1, "--gamma"),
            (["rf", "--data", good, "--trees", "0"], 2, "--trees"),
            (["rf", "--data", good, "--max-features", "9", "--folds", "0"], 1, "9 features"),
            (["lr", "--data", good, "--out", "/no/such/folder/m.onnx"], 1, "/no/such/folder"),
        ]:
            done = run(*args)
            self.assertEqual(done.returncode, code, args)
            self.assertIn(says, done.stderr, args)
            self.assertTrue(done.stderr.startswith("model-trainer: "), done.stderr)

    def test_a_model_that_cannot_be_written_leaves_the_old_one(self):
        self.train("lr", "m.onnx")
        with open(self.path("m.onnx"), "rb") as model:
            before = model.read()
        bad = self.write("bad.csv", "a,label\n1,x\n")
        run("lr", "--data", bad, "--out", self.path("m.onnx"))
        with open(self.path("m.onnx"), "rb") as model:
            self.assertEqual(model.read(), before)


unittest.main(verbosity=1)
