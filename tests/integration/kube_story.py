#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Operators, BanditRoutes and HTTPRoutes on a real API server: what was promised of them, in small or (--full) in the
numbers that were promised. Exits with 77 (skipped) when there is no real API server.

Usage: kube_story.py PATH-OF-bandit-operator [--full]
"""
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import real_apiserver  # noqa: E402
from gateway_world import GatewayWorld  # noqa: E402
from wait import wait_for  # noqa: E402

FULL = "--full" in sys.argv[2:]
OPERATOR = sys.argv[1]
# Deadlines are kept strictly where the machine is ours, and with patience among other tests.
SLACK = 3 if FULL else 120

FLEET, FLEET_INTERVAL = (1000, 30) if FULL else (100, 10)
KILLS, SECONDS, ROUTES, INTERVAL = (20, 300, 200, 5) if FULL else (3, 0, 30, 2)
LEASE_S = 6
ELECT = ["--leader-elect", "--leader-elect.lease-duration", f"{LEASE_S}s", "--leader-elect.renew-deadline", "4s",
         "--leader-elect.retry-period", "800ms"]


def leads(program):
    return program.process.poll() is None and program.metric("leader_election_master_status") == 1


def report(what, seconds, bar):
    print(f"    {what}: {seconds:.1f} s (bar {bar} s)", flush=True)


class Story(unittest.TestCase):
    def quiet(self, world):
        """Nobody has changed what is not ours, and no sum was ever wrong."""
        self.assertEqual(world.gateway.wrong[:3], [])
        for name, http in world.listed("/apis/gateway.networking.k8s.io/v1/namespaces/default/httproutes").items():
            self.assertEqual(http["metadata"]["name"], name)

    def test_a_fleet_is_decided_within_an_interval(self):
        with GatewayWorld(OPERATOR, FLEET, FLEET_INTERVAL, ["--workers", "4"]) as w:
            program = w.start()
            start = time.monotonic()
            wait_for("a decision of every route", lambda: program.metric(
                "bandit_operator_decisions_total") >= FLEET, FLEET_INTERVAL + SLACK)
            report(f"{FLEET} routes decided", time.monotonic() - start, FLEET_INTERVAL)
            faults = {}

            def settled():
                faults.clear()
                faults.update(w.faults())
                return not faults
            try:
                wait_for("weights, statuses and conditions", settled, 2 * FLEET_INTERVAL + SLACK)
            except AssertionError:
                self.fail(f"{len(faults)} of {FLEET}: {list(faults.items())[:3]}")
            report("weights, statuses and conditions right", time.monotonic() - start, 2 * FLEET_INTERVAL)
            self.quiet(w)
            self.assertEqual(program.metric("bandit_operator_decisions_total", verdict="Held"), 0)
            self.assertEqual(program.metric("bandit_operator_drift_repairs_total"), 0)
            self.assertEqual(program.metric("bandit_operator_status_write_errors_total"), 0)

    def test_leaders_are_killed_in_turn(self):
        with GatewayWorld(OPERATOR, ROUTES, INTERVAL, [*ELECT, "--workers", "4"]) as w:
            alive = [w.start(), w.start()]
            wait_for("every route to be decided", lambda: not w.faults(), 60 + SLACK)
            begun = time.monotonic()
            for turn in range(1, KILLS + 1):
                leader = next(p for p in alive if leads(p))
                alive.remove(leader)
                w.reward(turn)
                leader.kill()
                killed = time.monotonic()
                alive.append(w.start())
                wait_for(f"every route to be decided on after kill {turn}", lambda: any(
                    p.metric("bandit_operator_decisions_total") >= ROUTES for p in alive),
                    LEASE_S + INTERVAL + SLACK)
                report(f"kill {turn}: all routes decided on by the next", time.monotonic() - killed,
                       LEASE_S + INTERVAL)
                self.assertEqual(w.gateway.wrong[:3], [])
                time.sleep(max(0.0, begun + turn * SECONDS / KILLS - time.monotonic()))
            wait_for("weights, statuses and conditions", lambda: not w.faults(), 60 + SLACK)
            writes, wrong = w.writers()
            print(f"    {writes} writes by {w.started} operators, {w.gateway.versions} versions of HTTPRoutes looked at")
            self.assertEqual(wrong[:3], [])
            self.assertGreater(writes, KILLS * ROUTES)
            self.assertEqual(len({u["user"]["username"] for u in w.server.audit()
                                  if u["objectRef"].get("subresource") == "status"
                                  and u["user"]["username"].startswith("operator-")}), KILLS + 1)
            self.quiet(w)


if __name__ == "__main__":
    missing = real_apiserver.why_not()
    if missing:
        print("skipped: " + missing)
        sys.exit(77)
    unittest.main(argv=sys.argv[:1], verbosity=2)
