#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 at any moment: no state is lost, weights always sum to one, and two intervals
later the loop is whole again. Also: every start after a kill decides no more often than
the interval allows.

Usage: operator_crash.py PATH-OF-bandit-operator [ROUNDS]
"""
import os
import random
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from operator_world import World, wait_for  # noqa: E402

PROGRAM = sys.argv.pop(1)
ROUNDS = int(sys.argv.pop(1)) if len(sys.argv) > 1 else 12


class Crash(unittest.TestCase):
    def setUp(self):
        self.world = World(PROGRAM, extra_flags=("--workers", "4"))
        self.addCleanup(self.world.__exit__, None, None, None)
        self.world.set_rewards(lr=0.8, svm=0.95, rf=0.7)
        self.world.start_haproxy()
        self.world.write_route()

    def assert_whole(self):
        """A status that is whole and weights that sum to one, whatever was cut off."""
        status = self.world.status()
        self.assertAlmostEqual(sum(a["weight"]["desired"] for a in status["arms"]), 1)
        # 255 as configured. What the dead operator sent last may be under way.
        wait_for("weights that sum to one", lambda: sum(
            self.world.weights().values()) in (255, 256), seen=self.world.weights)

    def test_killed_again_and_again(self):
        rng = random.Random(1)
        decisions = 0
        start = time.monotonic()
        self.world.start_operator()
        wait_for("the first status", self.world.status)
        for _ in range(ROUNDS):
            time.sleep(rng.uniform(0, 0.6))
            self.world.kill_operator()
            self.assert_whole()
            now = self.world.status()["decisions"]
            self.assertGreaterEqual(now, decisions)  # nothing that was decided is lost
            decisions = now
            self.world.start_operator()
        self.assertLessEqual(decisions, time.monotonic() - start + 2)
        wait_for("the leader, earned across all those lives",
                 lambda: self.world.status()["leader"] == "svm" and
                 self.world.weights()["svm"] > 200, seen=self.world.status)
        self.assertEqual(self.world.stop_operator(), 0)

    def test_everything_is_killed_at_once(self):
        self.world.interval = "10s"  # long enough for two of them to be no matter of the machine
        self.world.write_route(spec="  guardrails: {maxStepUp: 1}\n")
        self.world.start_operator()
        wait_for("the leader's share", lambda: self.world.weights()["svm"] > 150,
                 seen=self.world.status)
        wait_for("the status", lambda: self.world.status()["leader"] == "svm")
        self.world.kill_operator()
        before = {a["name"]: a["reward"]["ema"] for a in self.world.status()["arms"]}
        self.world.stop_haproxy()
        self.world.start_haproxy()
        self.world.start_operator()
        wait_for("the old split, within two intervals",
                 lambda: self.world.weights()["svm"] > 150, 20, seen=self.world.weights)
        after = {a["name"]: a["reward"]["ema"] for a in self.world.status()["arms"]}
        for arm, ema in before.items():
            self.assertAlmostEqual(ema, after[arm], places=3)


if __name__ == "__main__":
    unittest.main(verbosity=2)
