#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Operators, BanditRoutes and HTTPRoutes on a real API server: what was promised of them, in small;
tests/bench/cluster.sh plays it in the numbers that were promised. Exits with 77 (skipped) when there is no real API
server.

Usage: kube_story.py PATH-OF-bandit-operator
"""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import real_apiserver  # noqa: E402
from gateway_story import decide_a_fleet, election, kill_leaders  # noqa: E402
from gateway_world import GatewayWorld  # noqa: E402

OPERATOR = sys.argv[1]
PATIENCE_S = 180  # among other tests, on a slow machine; how long it takes is for the benchmark to say
KILLS, ROUTES, FLEET = 3, 30, 100


class Story(unittest.TestCase):
    def unharmed(self, world):
        """Nobody has changed what is not ours, and no sum was ever wrong."""
        self.assertEqual(world.gateway.wrong[:3], [])
        self.assertGreater(world.gateway.versions, 0)

    def test_a_fleet_is_decided(self):
        with GatewayWorld(OPERATOR, FLEET, 10, ["--workers", "4"]) as w:
            program = decide_a_fleet(w, PATIENCE_S)[2]
            self.unharmed(w)
            self.assertGreaterEqual(program.metric("bandit_operator_decisions_total"), FLEET)
            self.assertEqual(program.metric("bandit_operator_decisions_total", verdict="Held"), 0)
            self.assertEqual(program.metric("bandit_operator_drift_repairs_total"), 0)
            self.assertEqual(program.metric("bandit_operator_status_write_errors_total"), 0)

    def test_leaders_are_killed_in_turn(self):
        with GatewayWorld(OPERATOR, ROUTES, 2, [*election(15, 12, "800ms"), "--workers", "4"]) as w:
            self.assertEqual(len(list(kill_leaders(w, KILLS, 0, PATIENCE_S))), KILLS)
            writes, wrong, writers = w.writers()
            self.assertEqual(wrong[:3], [])
            self.assertGreater(writes, KILLS * ROUTES)
            self.assertEqual(len(writers), KILLS + 1)
            self.unharmed(w)


if __name__ == "__main__":
    missing = real_apiserver.why_not()
    if missing:
        print("skipped: " + missing)
        sys.exit(77)
    unittest.main(argv=sys.argv[:1], verbosity=2)
