#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An object on an API server is not gone before its data plane was given what
spec.onDelete asks for, whatever fails on the way; and never stays for ever.

Usage: kube_farewell.py PATH-OF-bandit-operator
"""
import os
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from fake_apiserver import FakeApiServer  # noqa: E402
from kube_world import FINALIZER, GROUP, PLURAL, Program, route, wait_for  # noqa: E402
from operator_world import World as DataPlane  # noqa: E402

BINARY = sys.argv.pop(1)
ELECT = ["--leader-elect", "--leader-elect.lease-duration", "8s", "--leader-elect.renew-deadline", "6s",
         "--leader-elect.retry-period", "400ms"]


class FarewellTest(unittest.TestCase):
    def setUp(self):
        self.plane = self.enterContext(DataPlane(BINARY))
        self.server = FakeApiServer()
        self.addCleanup(self.server.stop)
        self.store = self.server.store
        self.folder = self.enterContext(tempfile.TemporaryDirectory())

    def start(self, *flags):
        config = self.server.kubeconfig(os.path.join(self.folder, "config"))
        return self.enterContext(Program(
            BINARY, "--kubeconfig", config, "--prometheus.url", self.plane.prometheus.url,
            "--dataplane.haproxy-socket", self.plane.socket, *flags))

    def routed(self, *names, **spec):
        """Routes that have been decided on, and the operator that did."""
        self.plane.start_haproxy(backends=names)
        for name in names:
            self.plane.set_rewards(name, lr=0.8, svm=0.95, rf=0.7)
            self.store.put(GROUP, PLURAL, route(name, **spec))
        program = self.start()
        for name in names:
            wait_for(f"weights of {name}", lambda: self.weights(name).get("svm", 0) > 150)  # noqa: B023
        return program

    def read(self, name):
        return self.store.get(GROUP, PLURAL, name)

    def weights(self, name):
        return self.plane.weights(name) or {}

    def events(self):
        with self.store.lock:
            return {o["reason"] for k, o in self.store.objects.items() if k[1] == "events"}

    def gone(self, name):
        wait_for(f"{name} to be gone", lambda: self.read(name) is None, seen=lambda: self.read(name))

    def edit(self, name, change):
        self.store.edit((GROUP, PLURAL, "default", name), change)

    def test_each_word_of_on_delete(self):
        for word, check in (("Baseline", lambda w: w == {"lr": 256, "svm": 0, "rf": 0}),
                            ("Uniform", lambda w: sorted(w.values()) == [85, 85, 86]),
                            ("KeepLast", lambda w: w["svm"] > 150)):
            with self.subTest(word):
                name = word.lower()
                if not self.plane.haproxy:
                    self.routed("baseline", "uniform", "keeplast")
                body = self.read(name)
                body["spec"]["onDelete"] = word
                self.store.put(GROUP, PLURAL, {k: body[k] for k in ("apiVersion", "kind", "metadata", "spec")})
                wait_for("the new spec", lambda: self.read(name)["status"].get("observedGeneration") == 2)  # noqa: B023
                self.assertEqual(self.read(name)["metadata"]["finalizers"], [FINALIZER])
                self.store.remove(GROUP, PLURAL, name)
                self.gone(name)
                self.assertTrue(check(self.weights(name)), self.weights(name))
        wait_for("Events", lambda: {"OnDeleteApplied", "Deleted"} <= self.events())

    def test_what_is_frozen_stays_as_it_was_set_by_hand(self):
        self.routed("digits")
        self.edit("digits", lambda body: body["spec"].update(mode="Frozen"))
        wait_for("the freeze", lambda: self.read("digits")["status"].get("verdict") == "Frozen")
        for arm, weight in (("lr", 0), ("svm", 6), ("rf", 250)):
            self.plane.ask_haproxy(f"set server digits/{arm} weight {weight}")
        self.store.remove(GROUP, PLURAL, "digits")
        self.gone("digits")
        self.assertEqual(self.weights("digits"), {"lr": 0, "svm": 6, "rf": 250})
        wait_for("who counts on onDelete to be told", lambda: "OnDeleteSkipped" in self.events())

    def test_weights_come_first_and_the_object_goes_after(self):
        self.routed("digits")
        self.plane.stop_haproxy()
        self.store.remove(GROUP, PLURAL, "digits")
        wait_for("a try", lambda: "DataPlaneDown" in self.events())
        self.assertIn("deletionTimestamp", self.read("digits")["metadata"])
        self.plane.start_haproxy(backends=("digits",))
        self.gone("digits")
        self.assertEqual(self.weights("digits"), {"lr": 256, "svm": 0, "rf": 0})

    def test_a_target_that_is_not_there_holds_nothing_up(self):
        self.routed("digits", "other")
        self.plane.stop_haproxy()
        self.plane.start_haproxy(backends=("other",))
        self.store.remove(GROUP, PLURAL, "digits")
        self.gone("digits")

    def test_an_operator_that_was_away_catches_up(self):
        self.routed("digits").kill()
        self.store.remove(GROUP, PLURAL, "digits")
        self.assertIsNotNone(self.read("digits"))
        self.start()
        self.gone("digits")
        self.assertEqual(self.weights("digits"), {"lr": 256, "svm": 0, "rf": 0})

    def test_who_does_not_lead_lets_nothing_go(self):
        self.routed("digits").kill()
        self.store.put("coordination.k8s.io", "leases", {
            "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
            "metadata": {"name": "bandit-operator", "namespace": "default"},
            "spec": {"holderIdentity": "somebody", "leaseDurationSeconds": 3600,
                     "acquireTime": "2026-01-01T00:00:00.000000Z", "renewTime": "2026-01-01T00:00:00.000000Z"}})
        before = self.weights("digits")
        self.store.remove(GROUP, PLURAL, "digits")
        program = self.start(*ELECT)
        wait_for("it to stand by", lambda: program.get("/readyz"))
        wait_for("looks at the lease", lambda: len(self.store.requests(verb="get", plural="leases")) >= 4)
        self.assertIsNotNone(self.read("digits"))
        self.assertEqual(self.weights("digits"), before)

    def test_finalizers_of_others_stay(self):
        self.plane.start_haproxy()
        self.plane.set_rewards(lr=0.8, svm=0.95, rf=0.7)
        body = route()
        body["metadata"]["finalizers"] = ["example.com/mine"]
        self.store.put(GROUP, PLURAL, body)
        self.start()
        wait_for("ours beside it",
                 lambda: self.read("digits")["metadata"]["finalizers"] == ["example.com/mine", FINALIZER])
        wait_for("weights", lambda: self.weights("digits").get("svm", 0) > 150)
        self.store.remove(GROUP, PLURAL, "digits")
        wait_for("ours to go", lambda: self.read("digits")["metadata"]["finalizers"] == ["example.com/mine"])
        self.assertEqual(self.weights("digits"), {"lr": 256, "svm": 0, "rf": 0})

    def answered_late(self, seconds, *changes):
        """The answer to a status comes after events of others, which are awaited for a second each."""
        answer = threading.Event()
        fault = self.store.fault(verb="update", plural=PLURAL, answer_until=answer)
        wait_for("a status to be written", fault.done.is_set)
        for change in changes:
            change()
        time.sleep(seconds)
        answer.set()

    def test_a_finalizer_that_came_before_a_late_answer_stays(self):
        self.routed("digits")
        self.answered_late(4, lambda: self.edit("digits", lambda body: body["metadata"]["finalizers"].append("a.com/b")),
                           lambda: self.store.remove(GROUP, PLURAL, "digits"))
        wait_for("ours to go", lambda: self.read("digits")["metadata"].get("finalizers") == ["a.com/b"])
        self.assertEqual(self.weights("digits"), {"lr": 256, "svm": 0, "rf": 0})

    def test_a_finalizer_that_went_before_a_late_answer_is_not_put_back(self):
        self.routed("digits")
        self.edit("digits", lambda body: body["metadata"]["finalizers"].append("a.com/b"))
        wait_for("it to be known", lambda: self.read("digits")["status"]["decisions"] > 2)
        self.answered_late(4, lambda: self.store.remove(GROUP, PLURAL, "digits"),
                           lambda: self.edit("digits", lambda body: body["metadata"]["finalizers"].remove("a.com/b")))
        self.gone("digits")
        self.assertNotIn("a.com/b", [f for r in self.store.requests(verb="patch", plural=PLURAL, code=200)
                                     for f in r["body"]["metadata"]["finalizers"]])

    def test_an_object_that_breaks_before_a_late_answer_can_be_deleted(self):
        program = self.routed("digits")
        self.answered_late(3, lambda: self.edit("digits", lambda body: body["spec"].update(interval="soon")))
        wait_for("it to be seen", lambda: program.metric("bandit_operator_invalid_routes") == 1)
        self.store.remove(GROUP, PLURAL, "digits")
        self.gone("digits")

    def test_a_finalizer_that_was_lost_is_set_again(self):
        self.routed("digits")
        self.edit("digits", lambda body: body["metadata"].pop("finalizers"))
        wait_for("it to be set again", lambda: self.read("digits")["metadata"].get("finalizers") == [FINALIZER])

    def test_a_broken_object_can_be_deleted(self):
        program = self.routed("digits")
        self.edit("digits", lambda body: body["spec"].update(interval="soon"))  # as if the schema had let it through
        wait_for("it to be seen", lambda: program.metric("bandit_operator_invalid_routes") == 1)
        self.store.remove(GROUP, PLURAL, "digits")
        self.gone("digits")
        self.assertEqual(self.weights("digits"), {"lr": 256, "svm": 0, "rf": 0})

    def test_a_broken_object_that_nobody_remembers_can_be_deleted(self):
        body = route(interval="soon")
        body["metadata"]["finalizers"] = [FINALIZER]
        self.store.put(GROUP, PLURAL, body)
        self.store.remove(GROUP, PLURAL, "digits")
        self.start()
        self.gone("digits")

    def test_whichever_write_fails_it_goes_in_the_end(self):
        names = tuple(f"r{n}" for n in range(6))
        self.routed(*names)
        for n, name in enumerate(names):
            self.store.fault(verb="patch", plural=PLURAL, after=n, status=500)
            self.store.fault(verb="patch", plural=PLURAL, after=n + 1, reset=True)
            self.store.fault(verb="patch", plural=PLURAL, after=n + 2, status=409, reason="Conflict")
            self.store.remove(GROUP, PLURAL, name)
        for name in names:
            self.gone(name)
            self.assertEqual(self.weights(name), {"lr": 256, "svm": 0, "rf": 0})


if __name__ == "__main__":
    unittest.main(verbosity=2)
