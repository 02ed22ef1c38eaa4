#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The operator with HTTPRoutes and VirtualServices as data planes, over an API server that
does as scripts say.

Usage: operator_mesh.py PATH-OF-bandit-operator
"""
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from mesh_world import (ARMS, FakeMesh, httproute, route, slice_of, virtualservice, wait_for,  # noqa: E402
                        without_weights)

BINARY = sys.argv.pop(1)
TOTAL = {"HTTPRoute": 1000, "VirtualService": 100}
MAKE = {"HTTPRoute": httproute, "VirtualService": virtualservice}
WRITES, ERRORS, REPAIRS = ("bandit_operator_dataplane_writes_total", "bandit_operator_dataplane_errors_total",
                           "bandit_operator_drift_repairs_total")


class MeshTest(unittest.TestCase):
    def setUp(self):
        self.world = FakeMesh(BINARY)
        self.addCleanup(self.world.close)
        self.store = self.world.store
        for arm in ARMS:
            self.world.put(slice_of(arm))
        self.world.set_rewards(lr=0.8, svm=0.95, rf=0.7)

    def bandit(self, kind="HTTPRoute", name="digits", **spec):
        spec.setdefault("targetRef", {"kind": kind, "name": name})
        self.world.put(route(name, **spec))

    def obeys(self, kind, leader, name="digits"):
        w = self.world.weights(kind, name)
        return w and sum(w.values()) == TOTAL[kind] and max(w, key=w.get) == leader and w[leader] > TOTAL[kind] * 0.8

    def metric(self, name, **labels):
        return self.world.program.metric(name, **labels)

    def test_weights_follow_rewards_and_nothing_else_changes(self):
        for kind in MAKE:
            with self.subTest(kind):
                name = kind.lower()
                self.world.set_rewards(name, lr=0.8, svm=0.95, rf=0.7)
                before = self.world.put(MAKE[kind](name))
                self.bandit(kind, name)
                if not self.world.program:
                    self.world.start()
                wait_for("svm to lead", lambda k=kind, n=name: self.obeys(k, "svm", n))
                after = self.world.get(kind, name)
                self.assertEqual(without_weights(after), without_weights(before))
                wait_for("the write to be counted", lambda k=kind: self.metric(WRITES, kind=k) > 1)
                self.assertEqual(self.metric(ERRORS), 0)
                self.assertEqual(self.metric(REPAIRS), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
