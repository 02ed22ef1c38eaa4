#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whatever Prometheus does wrong, the operator holds, says why, and moves nothing.

Usage: operator_hostile.py PATH-OF-bandit-operator
"""
import concurrent.futures
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from operator_world import World, wait_for  # noqa: E402

PROGRAM = sys.argv.pop(1)

# fault, the query that it hits (None: all), the reason that must be given
FAULTS = [
    ("nan", "_good:", "NotANumber"),
    ("nan", "_events:", "NotANumber"),
    ("nan", "_last_scrape:", "NotANumber"),
    ("inf", "_events:", "Infinite"),
    ("negative", "_good:", "BadAnswer"),
    ("duplicate", "_good:", "DuplicateSeries"),
    ("duplicate", "_last_scrape:", "DuplicateSeries"),
    ("warning", None, "QueryWarning"),
    ("warning", "_last_scrape:", "QueryWarning"),
    ("bad_request", None, "QueryRejected"),
    ("unavailable", None, "PrometheusError"),
    ("unavailable", "_events:", "PrometheusError"),
    ("slow", None, "PrometheusTimeout"),
    ("truncated", None, "TruncatedAnswer"),
    ("cut_short", "_events:", "TruncatedAnswer"),
    ("not_json", None, "BadAnswer"),
    ("empty_body", None, "BadAnswer"),
    ("wrong_type", None, "BadAnswer"),
    ("histogram", None, "BadAnswer"),
    ("status_error", None, "BadAnswer"),
    ("redirect", None, "BadAnswer"),
    ("reset", None, "PrometheusDown"),
]
SERIES_FAULTS = ("nan", "inf", "negative", "duplicate")  # of a route, not of a query


# Most of the time is spent waiting for the next decision: wait in several worlds at once.
WORLDS = 4


class Victim:
    """A world whose leader has its full share, to be lied to."""

    def __init__(self):
        self.world = World(PROGRAM, extra_flags=("--workers", "4"))
        self.world.timeout = "2s"  # what is slow is waited for, with each fault of that kind
        self.world.set_rewards(lr=0.8, svm=0.95, rf=0.7)
        self.world.start_haproxy()
        self.world.write_route()
        self.world.start_operator()
        wait_for("the leader's full share", lambda: self.world.weights()["svm"] > 215,
                 seen=self.world.status)
        self.settle()

    def close(self):
        self.world.__exit__(None, None, None)

    def decisions(self):
        return self.world.status()["decisions"]

    def settle(self):
        """Until two decisions with the same weights: those of the rewards as they are."""
        seen = {}

        def same():
            decisions = self.decisions()
            weights = tuple(sorted(self.world.weights().items()))
            return decisions >= seen.setdefault(weights, decisions) + 2
        wait_for("weights that stay", same, seen=self.world.status)

    def reason(self):
        status = self.world.status()
        return status["reason"] if status["verdict"] == "Held" else None

    def held(self, reason):
        return self.world.metric("bandit_operator_decisions_total", verdict="Held",
                                 reason=reason, route="digits")

    def hold(self, what, reason, fault):
        """Begin the fault, wait for the hold, stay in it for two decisions. Meanwhile the
        rewards would move everything, were they believed. They change once the fault is met:
        of a decision that was under way, some queries may have been answered before it."""
        weights, held = self.world.weights(), self.held(reason)
        fault()
        wait_for(f"{what}: a decision held for {reason}",
                 lambda: self.held(reason) > held, seen=self.world.status)
        self.world.set_rewards(lr=0.99, svm=0.1, rf=0.7)
        held = self.held(reason)
        wait_for(f"{what}: two more of them",
                 lambda: self.held(reason) >= held + 2, seen=self.world.status)
        wait_for(f"{what}: a status that says why", self.says(reason), seen=self.world.status)
        assert self.world.weights() == weights, (what, self.world.weights(), weights)

    def says(self, reason):
        def said():
            status = self.world.status()
            return (status["verdict"], status["reason"]) == ("Held", reason) and status["message"]
        return said

    def release(self):
        self.world.set_rewards(lr=0.8, svm=0.95, rf=0.7)
        self.world.prometheus.fault = self.world.prometheus.fault_query = None
        wait_for("the hold to end", lambda: self.reason() is None, seen=self.world.status)

    def suffer(self, fault, query, reason):
        def begin():
            self.world.prometheus.fault_query = query
            self.world.prometheus.fault = fault

        name = "bandit_operator_prometheus_query_errors_total"
        errors = self.world.metric(name, reason=reason)
        self.hold(f"{fault} of {query or 'all'}", reason, begin)
        if fault not in SERIES_FAULTS:
            assert self.world.metric(name, reason=reason) > errors, fault
        self.release()


class Hostile(unittest.TestCase):
    def victim(self):
        victim = Victim()
        self.addCleanup(victim.close)
        return victim

    def test_each_fault_holds_with_its_reason(self):
        def suffer_all(faults):
            victim = self.victim()
            for fault in faults:
                victim.suffer(*fault)

        with concurrent.futures.ThreadPoolExecutor(WORLDS) as pool:
            for done in [pool.submit(suffer_all, FAULTS[i::WORLDS]) for i in range(WORLDS)]:
                done.result()

    def test_down_empty_and_old(self):
        victim = self.victim()
        world = victim.world
        victim.hold("down", "PrometheusDown", world.prometheus.stop)
        world.prometheus.start()
        victim.release()
        arms = world.prometheus.routes[("default", "digits")]
        weights = world.weights()
        world.prometheus.routes = {}
        wait_for("no data", lambda: victim.reason() == "NoData", seen=world.status)
        self.assertEqual(world.weights(), weights)
        for arm in arms.values():
            arm.scraped = time.time() - 3600
        world.prometheus.routes = {("default", "digits"): arms}
        wait_for("stale data", lambda: victim.reason() == "StaleData", seen=world.status)
        self.assertEqual(world.weights(), weights)
        victim.release()

    def decided(self, world):
        return world.metric("bandit_operator_decisions_total")

    def test_queries_are_shared_by_routes(self):
        world = self.victim().world
        world.write_file("many.yaml", "---\n".join(
            f"apiVersion: bandit-router.dev/v1alpha1\nkind: BanditRoute\n"
            f"metadata: {{name: r{i}, namespace: default}}\nspec:\n  interval: 1s\n"
            f"  mode: Shadow\n  arms:\n  - {{name: lr}}\n  - {{name: svm}}\n"
            f"  targetRef: {{kind: HAProxyBackend, name: digits}}\n"
            f"  reward: {{window: 1m, objectives: [{{name: success, weight: 1}}]}}\n"
            for i in range(50)))
        wait_for("fifty more routes", lambda: world.metric("bandit_operator_routes") == 51)
        # Three queries a second, not 150, however late the decisions come.
        asked, decided, start = world.prometheus.queries, self.decided(world), time.monotonic()
        wait_for("four rounds of decisions", lambda: self.decided(world) >= decided + 4 * 51)
        seconds = time.monotonic() - start
        self.assertLessEqual(world.prometheus.queries - asked, 3 * (seconds + 2))
        world.remove_file("many.yaml")
        wait_for("them to be gone", lambda: world.metric("bandit_operator_routes") == 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
