#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The real bandit-operator with a real HAProxy and a Prometheus that is made up.

Usage: operator_life.py PATH-OF-bandit-operator
"""
import json
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from operator_world import World, wait_for  # noqa: E402

PROGRAM = sys.argv.pop(1)


def obeys(world, name="digits"):
    """The weights of HAProxy sum to 256 and are those of the status."""
    weights, status = world.weights(name), world.status(name)
    if not weights or not status or sum(weights.values()) != 256:
        return False
    return all(abs(weights[arm["name"]] / 256 - arm["weight"]["desired"]) < 0.005
               for arm in status["arms"])


class Life(unittest.TestCase):
    def setUp(self):
        self.world = World(PROGRAM)
        self.addCleanup(self.world.__exit__, None, None, None)
        self.world.set_rewards(lr=0.8, svm=0.95, rf=0.7)

    def start(self, **route):
        self.world.start_haproxy()
        self.world.write_route(**route)
        self.world.start_operator()

    def wait_for_leader(self, leader):
        self.wait_for(f"{leader} to lead with obedient weights", lambda: (
            self.world.status()["leader"] == leader and obeys(self.world)))

    def wait_for(self, what, condition):
        return wait_for(what, condition, seen=lambda: (self.world.weights(), self.world.status()))

    def wait_for_log(self, text):
        wait_for(f"the log to say: {text}", lambda: self.world.logged(text))

    def test_weights_follow_rewards(self):
        self.start()
        self.wait_for_leader("svm")
        self.wait_for("svm to have its share", lambda: self.world.weights()["svm"] > 180)
        wait_for("the writes to be counted", lambda: self.world.metric(
            "bandit_operator_dataplane_writes_total", kind="HAProxyBackend") > 2)
        self.assertEqual(self.world.metric("bandit_operator_drift_repairs_total"), 0)
        self.assertEqual(self.world.metric("bandit_operator_dataplane_errors_total"), 0)
        self.assertEqual(self.world.metric("leader_election_master_status"), 1)
        self.world.set_rewards(lr=0.99, svm=0.3, rf=0.7)
        self.wait_for_leader("lr")
        self.assertGreaterEqual(
            self.world.metric("bandit_operator_leader_changes_total", route="digits"), 1)
        self.wait_for("svm, below its min, to be out", lambda: self.world.weights()["svm"] < 20)
        self.assertEqual(self.world.stop_operator(), 0)

    def test_weights_of_less_than_a_unit_are_in_force(self):
        """Each of the small ones has to have a unit, which puts the leader two away from its share."""
        self.start(spec="  pin: {weights: {svm: 0.998, lr: 0.001, rf: 0.001}}\n")

        def programmed():
            conditions = {c["type"]: c["status"] for c in self.world.status()["conditions"]}
            return self.world.weights() == {"svm": 254, "lr": 1, "rf": 1} and conditions["RouteProgrammed"] == "True"

        self.wait_for("them to be in force", programmed)
        writes = self.world.metric("bandit_operator_dataplane_writes_total", kind="HAProxyBackend")
        before = self.world.status()["decisions"]
        self.wait_for("more decisions", lambda: self.world.status()["decisions"] >= before + 3)
        self.assertTrue(programmed())
        self.assertEqual(self.world.metric("bandit_operator_dataplane_writes_total", kind="HAProxyBackend"), writes)

    def test_of_two_routes_to_one_backend_the_first_sets_the_weights(self):
        self.world.set_rewards("second", lr=0.99, svm=0.2, rf=0.2)
        self.world.start_haproxy()
        self.world.write_route("second", target="digits")
        self.world.start_operator()
        self.wait_for("the only one to have it", lambda: self.world.weights()["lr"] > 180)
        self.world.write_route("digits")  # comes before it by name, and nothing tells their age
        self.wait_for_leader("svm")
        wait_for("the other to hold", lambda: self.world.status("second")["reason"] == "TargetConflict",
                 seen=lambda: self.world.status("second"))
        self.assertIn("default/digits sets the weights of HAProxyBackend digits", self.world.status("second")["message"])
        self.wait_for("svm to have its share", lambda: self.world.weights()["svm"] > 180)
        self.world.remove_file("second.yaml")  # whose onDelete is not asked
        wait_for("it to be gone", lambda: not self.world.status("second"))
        before = self.world.status()["decisions"]
        self.wait_for("two more decisions", lambda: self.world.status()["decisions"] > before + 2)
        self.assertTrue(self.world.weights()["svm"] > 180)
        self.world.write_route("second", target="digits")
        wait_for("it to hold again", lambda: self.world.status("second")["reason"] == "TargetConflict")
        self.world.remove_file("digits.yaml")
        self.wait_for("it to take over", lambda: self.world.weights()["lr"] > 180)

    def test_foreign_weights_are_set_right(self):
        self.start()
        self.wait_for_leader("svm")
        meddled_at = None

        def counted():
            """Who meddles between the read and the write of a decision is not noticed, and
            has to meddle again."""
            nonlocal meddled_at
            repairs = self.world.metric("bandit_operator_drift_repairs_total", route="digits")
            decisions = self.world.status()["decisions"]
            if not repairs and (meddled_at is None or decisions > meddled_at + 2):
                self.world.ask_haproxy("set server digits/svm weight 0")
                meddled_at = decisions
            return repairs
        self.assertEqual(wait_for("the drift to be counted", counted), 1)
        self.wait_for("the weights to be right", lambda: obeys(self.world))

    def test_a_restarted_haproxy_gets_its_weights_back(self):
        self.world.interval = "1h"  # the next decision is far away
        self.start(spec="  pin: {weights: {rf: 3, lr: 1}}\n")
        self.wait_for("the first decision", lambda: obeys(self.world))
        before = self.world.status()["decisions"]
        self.world.stop_haproxy()
        self.world.start_haproxy()
        self.wait_for("the weights to be back", lambda: obeys(self.world))
        self.assertEqual(self.world.status()["decisions"], before)
        self.wait_for_log("data plane was started anew")

    def test_a_missing_server_is_told_and_moves_nothing(self):
        self.world.start_haproxy(servers=("lr", "svm"))
        self.world.write_route()
        self.world.start_operator()
        self.wait_for("the hold", lambda: self.world.status()["reason"] == "DataPlaneRejected")
        self.assertIn("no server digits/rf", self.world.status()["message"])
        self.assertEqual(self.world.weights(), {"lr": 85, "svm": 85})
        self.assertGreater(self.world.metric("bandit_operator_dataplane_errors_total",
                                             kind="HAProxyBackend"), 0)

    def test_haproxy_may_come_later(self):
        self.world.write_route()
        self.world.start_operator()
        self.wait_for("the hold", lambda: self.world.status()["reason"] == "DataPlaneDown")
        self.world.start_haproxy()
        self.wait_for_leader("svm")

    def test_frozen_and_shadow_write_nothing(self):
        for mode in ("Frozen", "Shadow"):
            self.world.write_route(name="digits", spec=f"  mode: {mode}\n")
            if not self.world.haproxy:
                self.world.start_haproxy()
                self.world.start_operator()
            self.wait_for(mode, lambda m=mode: self.world.status()["mode"] == m)
            before = self.world.status()["decisions"]
            self.wait_for("decisions", lambda b=before: self.world.status()["decisions"] > b + 2)
            self.assertEqual(set(self.world.weights().values()), {85})
        self.world.write_route()  # Active again
        self.wait_for_leader("svm")

    def test_a_shadow_decides_and_publishes_and_leaves_the_data_plane_alone(self):
        """From its first decision to its deletion, whatever others do to the data plane."""
        self.world.start_haproxy()
        self.world.write_route(spec="  mode: Shadow\n")
        self.world.start_operator()
        self.wait_for("a decided split", lambda: self.world.status() and any(
            arm["weight"]["desired"] > 0.7 for arm in self.world.status()["arms"]))
        self.assertEqual(self.world.status()["leader"], "svm")
        self.assertEqual(set(self.world.weights().values()), {85})
        self.world.ask_haproxy("set server digits/lr weight 5")
        self.wait_for("the weights in force to be published", lambda: all(
            abs(arm["weight"]["applied"] - weight / 175) < 1e-6
            for arm, weight in zip(self.world.status()["arms"], (5, 85, 85))))
        condition = {c["type"]: c for c in self.world.status()["conditions"]}["RouteProgrammed"]
        self.assertEqual((condition["status"], condition["message"]),
                         ("Unknown", "mode is Shadow: nothing is written"))
        self.wait_for_log("shadow: svm leads")
        before = self.world.status()["decisions"]
        self.wait_for("more decisions", lambda: self.world.status()["decisions"] > before + 2)
        self.world.remove_file("digits.yaml")
        wait_for("the series to go",
                 lambda: 'route="digits"' not in self.world.get("/metrics"))
        self.assertEqual(self.world.weights(), {"lr": 5, "svm": 85, "rf": 85})
        self.assertEqual(self.world.metric("bandit_operator_drift_repairs_total"), 0)
        self.assertEqual(self.world.metric("bandit_operator_dataplane_writes_total"), 0)

    def test_a_pin_is_followed(self):
        self.start(spec="  pin: {weights: {rf: 3, lr: 1}}\n")
        self.wait_for("the pinned split", lambda: self.world.weights() ==
                      {"lr": 64, "svm": 0, "rf": 192})
        # A status tells of weights that are in force, so it is written after them.
        self.wait_for("the status", lambda: self.world.status()["verdict"] == "Pinned")

    def test_deletion_restores_the_baseline_and_removes_series(self):
        self.start()
        self.wait_for_leader("svm")
        self.assertIn('route="digits"', self.world.get("/metrics"))
        self.world.remove_file("digits.yaml")
        self.wait_for("the baseline to have it all", lambda: self.world.weights() ==
                      {"lr": 256, "svm": 0, "rf": 0})
        wait_for("the series to go",
                 lambda: 'route="digits"' not in self.world.get("/metrics"))

    def held(self, reason):
        return self.world.metric("bandit_operator_decisions_total", verdict="Held", reason=reason)

    def test_an_invalid_edit_is_held_and_a_mended_one_goes_on(self):
        self.start()
        self.wait_for_leader("svm")
        self.world.write_file("digits.yaml", "apiVersion: bandit-router.dev/v1alpha1\n"
                              "kind: BanditRoute\n"
                              "metadata: {name: digits, namespace: default}\n"
                              "spec: {arms: [], colour: blue}\n")
        self.wait_for("the hold", lambda: self.world.status()["reason"] == "InvalidSpec")
        wait_for("one invalid route", lambda: self.world.metric("bandit_operator_invalid_routes") == 1)
        self.wait_for_log("reason=InvalidSpec")
        weights, held = self.world.weights(), self.held("InvalidSpec")
        wait_for("more of it", lambda: self.held("InvalidSpec") >= held + 2)
        self.assertEqual(self.world.weights(), weights)
        self.world.write_route()
        self.wait_for("decisions to go on", lambda: self.world.status()["verdict"] != "Held")
        wait_for("no invalid route", lambda: self.world.metric("bandit_operator_invalid_routes") == 0)

    def test_an_arm_list_change_keeps_what_matches(self):
        self.start()
        self.wait_for_leader("svm")
        self.world.write_route(arms=("rf", "svm"))
        self.wait_for("two arms", lambda: len(self.world.status()["arms"]) == 2)
        self.assertEqual(self.world.status()["leader"], "svm")
        self.wait_for("them to share it all", lambda: sum(
            self.world.weights()[arm] for arm in ("rf", "svm")) == 256)

    def test_what_can_be_asked_over_http(self):
        self.start()
        self.wait_for_leader("svm")
        listed = json.loads(self.world.get("/debug/routes"))["routes"]
        self.assertEqual([(r["namespace"], r["name"], r["leader"]) for r in listed],
                         [("default", "digits", "svm")])
        route = json.loads(self.world.get("/debug/routes?namespace=default&name=digits"))
        self.assertEqual(route["queries"]["good"], "bandit:arm_objective_good:increase1m")
        observed = {a["name"]: a["objectives"]["success"] for a in
                    route["observation"]["arms"]}
        self.assertEqual(observed["svm"], {"good": 950, "events": 1000})
        self.assertRegex(route["meaning"]["reason"], r"^[A-Z].*\.$")
        self.assertRegex(route["meaning"]["whatToDo"], r"^[A-Z].*\.$")
        self.assertIsNone(self.world.get("/debug/routes?name=nothing"))
        self.assertIn("bandit-operator", self.world.get("/"))
        self.assertIsNotNone(self.world.get("/livez"))
        page = subprocess.run(["promtool", "check", "metrics"], check=False,
                              input=self.world.get("/metrics").encode(), capture_output=True)
        self.assertEqual(page.returncode, 0, page.stderr.decode())


class CommandLine(unittest.TestCase):
    def run_program(self, *arguments):
        return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True,
                              timeout=90, check=False)

    def test_validate(self):
        with World(PROGRAM, fake=False) as world:
            world.write_route("good")
            world.write_file("bad.yaml", "apiVersion: bandit-router.dev/v1alpha1\n"
                             "kind: BanditRoute\nmetadata: {name: bad}\nspec:\n  arms:\n"
                             "  - {name: a, backend: {service: a, port: 1}}\n"
                             "  - {name: a, backend: {service: b, port: 1}}\n"
                             "  targetRef: {kind: HAProxyBackend, name: x}\n")
            good = os.path.join(world.routes_dir, "good.yaml")
            bad = os.path.join(world.routes_dir, "bad.yaml")
            self.assertEqual(self.run_program("validate", good).returncode, 0)
            result = self.run_program("validate", good, bad)
            self.assertEqual(result.returncode, 1)
            self.assertIn("default/good is valid", result.stdout)
            self.assertIn("bad.yaml: document 1: ", result.stderr)
            self.assertIn("spec.arms[1].name", result.stderr)
            missing = self.run_program("validate", os.path.join(world.dir, "none.yaml"))
            self.assertEqual(missing.returncode, 1)
            self.assertIn("none.yaml", missing.stderr)

    def test_usage(self):
        self.assertEqual(self.run_program("--help").returncode, 0)
        self.assertIn("validate routes/*.yaml", self.run_program("--help").stdout)
        self.assertEqual(self.run_program().returncode, 2)
        self.assertEqual(self.run_program("serve").returncode, 2)
        self.assertEqual(self.run_program("--workers", "0").returncode, 2)
        self.assertEqual(self.run_program("--store.dir", "/nonexistent",
                                          "--web.listen-address",
                                          "127.0.0.1:0").returncode, 1)

    def test_metrics_are_described(self):
        names = {row["name"] for row in json.loads(
            self.run_program("--describe-metrics").stdout)}
        for name in ("bandit_operator_decisions", "workqueue_depth", "process_open_fds",
                     "controller_runtime_reconcile", "bandit_operator_build_info"):
            self.assertTrue({name, name + "_total", name.removesuffix("_info")} & names, name)


if __name__ == "__main__":
    unittest.main(verbosity=2)
