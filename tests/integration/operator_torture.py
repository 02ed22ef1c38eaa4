#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Let each call that the operator makes of an API server fail, one at a time; then everything
is as if none had.

One story: three routes are taken up, two into HTTPRoutes of the user's and one into an object
that is made from a template; somebody changes weights; a route is deleted; the lease is
given back. It is told once without a fault, to count the calls of each kind, and then for
each of them (the Nth of its kind, as threads mix the kinds differently each time) with that
one failing: refused, reset before it was done, or done and never answered.

Usage: operator_torture.py PATH-OF-bandit-operator [SECONDS]

Each call fails at least once, in one way; then in the other ways, for as many SECONDS (60)
as there are.
"""
import collections
import os
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from fake_apiserver import Fault  # noqa: E402
from kube_world import FINALIZER  # noqa: E402
from mesh_world import ARMS, FakeMesh, httproute, route, slice_of, wait_for, weights_of  # noqa: E402

BINARY = sys.argv.pop(1)
SECONDS = float(sys.argv.pop(1)) if len(sys.argv) > 1 and sys.argv[1].replace(".", "").isdigit() else 60
AT_ONCE = 6  # stories; they mostly wait

LEASE = ["--leader-elect", "--leader-elect.lease-duration", "40s", "--leader-elect.renew-deadline", "30s",
         "--leader-elect.retry-period", "500ms"]

# What may happen to a call, by its verb: nothing of the kind that a server never answers it with.
REFUSED, BUSY = {"status": 500}, {"status": 429, "reason": "TooManyRequests", "retry_after": 1}
CONFLICT, RESET, LOST = {"status": 409, "reason": "Conflict"}, {"reset": True}, {"lost": True}
READING, WRITING = (REFUSED, RESET, BUSY), (LOST, REFUSED, CONFLICT, RESET, BUSY)
WAYS = {"list": READING, "watch": READING, "get": READING}

PIN = {"weights": {"lr": 1, "svm": 2, "rf": 1}}
WANTED = {"lr": 250, "svm": 500, "rf": 250}
BASELINE = {"lr": 1000, "svm": 0, "rf": 0}


# Each story makes these, however threads take turns.
ALWAYS = {"get leases", "create leases", "list banditroutes", "watch banditroutes", "patch banditroutes",
          "update banditroutes/status", "list httproutes", "watch httproutes", "patch httproutes",
          "list endpointslices", "watch endpointslices", "create events", "update leases"}


class Story:
    """The nth call of that kind fails; None: none does."""

    def __init__(self, kind=None, nth=0, way=0):
        self.kind, self.nth, self.way = kind, nth, way
        self.calls, self.how = collections.Counter(), None
        self.world = FakeMesh(BINARY, LEASE)
        self.store = self.world.store
        self.store.take_fault = self.take_fault

    def take_fault(self, verb, plural, query):
        """Under the store's lock; the request is the last in its log."""
        del plural, query
        note = self.store.log[-1]
        if not (note["agent"] or "").startswith("bandit-operator"):
            return None
        kind = f'{verb} {note["plural"]}{"/" + note["sub"] if note["sub"] else ""}'
        self.calls[kind] += 1
        if kind != self.kind or self.calls[kind] != self.nth:
            return None
        ways = WAYS.get(verb, WRITING)
        self.how = ways[(self.nth + self.way) % len(ways)]
        return Fault(**self.how)

    # ---- the story -----------------------------------------------------------------

    def is_settled(self, name):
        """Weights, status and finalizer of a route that stays."""
        tree, target = self.world.get("BanditRoute", name), self.world.get("HTTPRoute", name)
        status = tree.get("status", {})
        applied = {a["name"]: round(1000 * a["weight"].get("applied", -1)) for a in status.get("arms", [])}
        verdict = (status.get("verdict"), status.get("observedGeneration"))
        return (tree["metadata"].get("finalizers") == [FINALIZER] and target and self.split(name, target) == WANTED
                and applied == WANTED and verdict == ("Pinned", tree["metadata"]["generation"]))

    @staticmethod
    def split(name, tree):
        return weights_of(tree, 0 if name == "made" else 1)

    def look(self):
        return [(name, self.world.get("BanditRoute", name), self.world.get("HTTPRoute", name)) for name in ("kept", "made")]

    def told(self):
        for arm in ARMS:
            self.world.put(slice_of(arm))
        template = {"gateway": {"name": "gateway"}}
        for name in ("kept", "left"):
            self.world.put(httproute(name))
            self.world.put(route(name, targetRef={"kind": "HTTPRoute", "name": name}, interval="1h", pin=PIN))
        self.world.put(route("made", targetRef={"kind": "HTTPRoute", "name": "made", "template": template},
                             interval="1h", pin=PIN))
        program = self.world.start("--workers", "2")
        for name in ("kept", "left", "made"):
            wait_for(f"{name} to be settled", lambda n=name: self.is_settled(n), seen=self.look)
        self.world.patch("HTTPRoute", [{"op": "replace", "path": "/spec/rules/1/backendRefs/0/weight", "value": 7}], "kept")
        wait_for("the repair", lambda: self.is_settled("kept"), seen=self.look)
        self.world.delete("BanditRoute", "left")
        wait_for("a route to be gone", lambda: not self.world.get("BanditRoute", "left"), seen=self.look)
        code, _ = program.stop()
        assert code == 0, f"exit code {code}"

    def judge(self):
        """When it is over, whatever happened on the way."""
        assert self.is_settled("kept") and self.is_settled("made"), self.look()
        left = self.world.get("HTTPRoute", "left")
        assert self.split("left", left) == BASELINE, left
        made = self.world.get("HTTPRoute", "made")["metadata"]["ownerReferences"]
        assert [o["uid"] for o in made] == [self.world.get("BanditRoute", "made")["metadata"]["uid"]], made
        for name in ("kept", "made"):
            conditions = [c["type"] for c in self.world.status(name)["conditions"]]
            assert len(conditions) == len(set(conditions)) == 6, conditions

    def tell(self):
        try:
            self.told()
            self.judge()
            return self
        finally:
            self.world.close()


class Torture:
    """Stories, some at a time."""

    def __init__(self, calls):
        self.lock = threading.Lock()
        self.work = collections.deque((kind, n + 1, way) for way in range(len(WRITING))
                                      for kind, count in calls.items() for n in range(count)
                                      if way < len(WAYS.get(kind.split()[0], WRITING)))
        self.must, self.end = sum(calls.values()), time.monotonic() + SECONDS
        self.told, self.failed, self.faults = 0, collections.Counter(), []

    def next(self):
        with self.lock:
            over = self.must <= 0 and time.monotonic() > self.end
            if not self.work or over or self.faults:
                return None
            self.must -= 1
            return self.work.popleft()

    def run(self):
        while (job := self.next()):
            story = Story(*job)
            try:
                story.tell()
                fault = None
            except BaseException as e:  # pylint: disable=broad-except - told below, with its N
                fault = f"call {job[1]} of {job[0]}, {story.how}: {type(e).__name__}: {str(e)[:1500]}"
            with self.lock:
                self.told += 1
                self.failed[job[0]] += story.how is not None
                if fault:
                    self.faults.append(fault)


class TortureTest(unittest.TestCase):
    def test_any_call_may_fail(self):
        began = time.monotonic()
        clean = Story().tell()
        print(f"    {sum(clean.calls.values())} calls in {time.monotonic() - began:.1f} s", flush=True)
        self.assertEqual(ALWAYS - set(clean.calls), set())
        torture = Torture(clean.calls)
        threads = [threading.Thread(target=torture.run) for _ in range(AT_ONCE)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        print(f"    {torture.told} stories in {time.monotonic() - began:.0f} s:",
              ", ".join(f"{kind} {times}" for kind, times in torture.failed.most_common()))
        self.assertEqual(torture.faults, [])
        self.assertGreaterEqual(torture.told, sum(clean.calls.values()))
        self.assertEqual({kind for kind in ALWAYS if not torture.failed[kind]}, set())


if __name__ == "__main__":
    unittest.main(verbosity=2)
