#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Operators over an API server: statuses are written under conditions, and of two
operators one writes, whatever happens to them.

Usage: kube_lease.py PATH-OF-bandit-operator
"""
import os
import signal
import sys
import tempfile
import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from fake_apiserver import FakeApiServer  # noqa: E402
from kube_world import GROUP, PLURAL, Program, route, wait_for  # noqa: E402

BINARY = sys.argv.pop(1)
LEASE = ("coordination.k8s.io", "leases", "bandit-operator")
DURATION, TURNS = 8.0, 4
# A leader may be slow on a busy machine; it may not be so slow that it has to go.
ELECT = ["--leader-elect", "--leader-elect.lease-duration", "8s", "--leader-elect.renew-deadline", "6s",
         "--leader-elect.retry-period", "400ms"]
EXIT_LEASE_LOST = 3


class World:
    """A server, some routes, and operators that are told apart by their tokens."""

    def __init__(self, routes=3):
        self.server = FakeApiServer(tokens={"one", "two"})
        self.store = self.server.store
        self.dir = tempfile.TemporaryDirectory()
        self.programs = []
        for i in range(routes):
            self.store.put(GROUP, PLURAL, route(f"r{i}"))

    def start(self, token, *flags):
        config = self.server.kubeconfig(os.path.join(self.dir.name, token), token=token)
        program = Program(BINARY, "--kubeconfig", config, "--prometheus.url", "http://127.0.0.1:9", *flags)
        self.programs.append(program)
        return program

    def __enter__(self):
        return self

    def __exit__(self, *exit_args):
        for program in self.programs:
            program.__exit__(*exit_args)
        self.server.stop()
        self.dir.cleanup()

    def lease(self):
        return (self.store.get(*LEASE) or {}).get("spec", {})

    def writes(self, code=200):
        """(time, token) of the statuses that were taken."""
        return [(r["time"], r["token"]) for r in self.store.requests(verb="update", plural=PLURAL, code=code)]

    def reigns(self):
        """(from, token) of each leader in turn, by the lease's history as the server saw it;
        None: it was let go."""
        found, token_of = [], {}
        for r in self.store.requests(plural="leases"):
            if r["verb"] in ("create", "update") and r["code"] in (200, 201):
                holder = r["body"]["spec"]["holderIdentity"]
                token = token_of.setdefault(holder, r["token"]) if holder else None
                if not found or found[-1][1] != token:
                    found.append((r["time"], token))
        return found

    def renewals(self, token):
        """The times of the writes by which it got or kept the lease."""
        return [r["time"] for r in self.store.requests(plural="leases", token=token)
                if r["verb"] in ("create", "update") and r["code"] in (200, 201)
                and r["body"]["spec"]["holderIdentity"]]

    def looks(self, token, since, until):
        """How often it read the lease in that time."""
        return sum(since < r["time"] < until for r in self.store.requests(plural="leases", token=token, verb="get"))

    def status(self, name):
        return (self.store.get(GROUP, PLURAL, name) or {}).get("status") or {}


def leads(program):
    return program.process.poll() is None and program.metric("leader_election_master_status") == 1


class StatusTest(unittest.TestCase):
    def test_a_status_is_written_and_the_spec_left_alone(self):
        with World() as w:
            before = {n: w.store.get(GROUP, PLURAL, n)["spec"] for n in ("r0", "r1", "r2")}
            p = w.start("one")
            wait_for("all statuses", lambda: all(w.status(n).get("decisions", 0) >= 2 for n in before))
            for name, spec in before.items():
                now = w.store.get(GROUP, PLURAL, name)
                self.assertEqual(now["spec"], spec)
                self.assertEqual(now["metadata"]["generation"], 1)
            self.assertEqual({r["sub"] for r in w.store.requests(verb="update")}, {"status"})
            self.assertEqual(w.writes(code=409), [])  # our own writes do not get in our way
            self.assertEqual(p.metric("bandit_operator_status_write_errors_total"), 0)

    def test_a_change_in_between_is_not_written_over(self):
        with World(routes=1) as w:
            w.start("one")
            wait_for("a status", lambda: w.status("r0").get("decisions", 0) >= 1)
            for i in range(10):
                changed = route("r0", interval=f"{1000 + i}ms")
                changed["metadata"]["labels"] = {"n": str(i)}
                w.store.put(GROUP, PLURAL, changed)
                time.sleep(0.15)
            wait_for("the new generation", lambda: w.status("r0").get("observedGeneration") == 11)
            self.assertEqual(w.store.get(GROUP, PLURAL, "r0")["spec"]["interval"], "1009ms")
            decisions = w.status("r0")["decisions"]
            wait_for("more statuses", lambda: w.status("r0")["decisions"] > decisions)

    def test_another_writer_is_noticed(self):
        with World(routes=1) as w:
            w.start("one")
            wait_for("a status", lambda: w.status("r0").get("decisions", 0) >= 1)
            sighted = threading.Event()
            w.store.fault(verb="watch", times=1000, until=sighted, status=500)  # it is blind for a while
            watches = len(w.store.requests(verb="watch"))
            w.store.end_watches()
            wait_for("the next watch", lambda: len(w.store.requests(verb="watch")) > watches)
            key = (GROUP, PLURAL, "default", "r0")
            with w.store.lock:
                foreign = w.store.read(key)
                foreign["metadata"]["annotations"] = {"seen": "no"}
                w.store.replace(key, foreign, None)
            wait_for("a conflict", lambda: w.writes(code=409))
            with w.store.lock:
                w.store.faults.clear()
            sighted.set()
            decisions = w.status("r0")["decisions"]
            wait_for("another status", lambda: w.status("r0")["decisions"] > decisions)
            self.assertEqual(w.store.get(*key[:2], "r0")["metadata"]["annotations"], {"seen": "no"})

    def test_an_object_deleted_meanwhile_is_no_trouble(self):
        with World(routes=3) as w:
            p = w.start("one")
            wait_for("a status", lambda: w.status("r0").get("decisions", 0) >= 1)
            w.store.remove(GROUP, PLURAL, "r0")
            wait_for("it to be forgotten", lambda: p.metric("bandit_operator_routes") == 2)
            self.assertIsNone(p.process.poll())

    def test_whichever_write_fails_the_status_gets_there(self):
        def play(nth):
            with World(routes=2) as w:
                w.store.fault(verb="update", after=nth, status=500)
                w.store.fault(verb="update", after=nth + 2, reset=True)
                w.store.fault(verb="update", after=nth + 3, status=429, retry_after=1)
                w.start("one")
                wait_for(f"both statuses with write {nth} failing",
                         lambda: all(w.status(f"r{i}").get("decisions", 0) >= 4 for i in range(2)))
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(play, range(4)))


class EndTest(unittest.TestCase):
    def test_an_end_waits_for_no_repetition(self):
        """A pod has half a minute, and the lease is to be given back in it."""
        with World(routes=1) as w:
            p = w.start("one")
            wait_for("a status", lambda: w.writes())
            fault = w.store.fault(verb="update", plural=PLURAL, times=1000, stall=1, status=503, retry_after=1)
            wait_for("a refusal", lambda: fault.times < 1000)
            stopped = time.monotonic()
            self.assertEqual(p.stop()[0], 0)
            times = [r["time"] - stopped for r in w.store.requests(verb="update", plural=PLURAL)]
            self.assertLessEqual(sum(t > 0 for t in times), 1, times)


class EventsTest(unittest.TestCase):
    def events(self, w):
        with w.store.lock:
            return [o for k, o in w.store.objects.items() if k[1] == "events"]

    def test_what_people_should_read_is_told(self):
        with World(routes=1) as w:
            p = w.start("one")
            wait_for("an event", lambda: self.events(w))
            event = self.events(w)[0]
            self.assertEqual(event["apiVersion"], "events.k8s.io/v1")
            self.assertEqual((event["type"], event["reason"]), ("Warning", "DataPlaneRejected"))
            self.assertEqual(event["regarding"]["uid"], w.store.get(GROUP, PLURAL, "r0")["metadata"]["uid"])
            self.assertRegex(event["eventTime"], r"\.\d{6}Z$")
            self.assertEqual(event["reportingController"], "bandit-router.dev/operator")
            self.assertEqual(p.stop()[0], 0)

    def test_a_server_without_events_is_no_trouble(self):
        with World(routes=1) as w:
            w.store.fault(plural="events", times=1000, status=403, reason="Forbidden")
            p = w.start("one")
            wait_for("statuses", lambda: w.status("r0").get("decisions", 0) >= 3)
            wait_for("it to be counted", lambda: p.metric("bandit_operator_events_dropped_total", reason="failed"))
            self.assertEqual(p.metric("bandit_operator_events_dropped_total", reason="full"), 0)


class LeaseTest(unittest.TestCase):
    def check_one_writer(self, w):
        """Every status that was taken came from the one that held the lease then."""
        reigns = w.reigns()
        for when, token in w.writes():
            holder = [t for start, t in reigns if start <= when][-1]
            self.assertEqual(holder, token, f"{when}: {reigns}")

    def test_one_leads_and_the_other_stands_by(self):
        with World() as w:
            p, q = w.start("one", *ELECT), w.start("two", *ELECT)
            wait_for("a leader", lambda: leads(p) or leads(q))
            wait_for("both to be ready", lambda: p.get("/readyz") and q.get("/readyz"))
            wait_for("statuses", lambda: len(w.writes()) > 6)
            self.assertEqual(len({token for _, token in w.writes()}), 1)
            self.assertEqual(leads(p) + leads(q), 1)
            self.assertRegex(w.lease()["renewTime"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")

    def test_a_leader_that_leaves_hands_over_at_once(self):
        with World() as w:
            p = w.start("one", *ELECT)
            wait_for("a leader", lambda: leads(p))
            q = w.start("two", *ELECT)
            wait_for("the other", lambda: q.get("/readyz"))
            self.assertEqual(p.stop()[0], 0)
            wait_for("the next leader", lambda: leads(q))
            (left, _), (came, _) = w.reigns()[-2:]
            self.assertEqual([token for _, token in w.reigns()], ["one", None, "two"])
            self.assertLessEqual(w.looks("two", left, came), 2)  # it took it when it saw that
            self.check_one_writer(w)

    def test_a_claim_that_was_cut_off_does_not_keep_the_lease(self):
        """The server took it, but its answer did not come before the program had to go."""
        for verb in ("update", "create"):
            with self.subTest(verb), World() as w:
                fault = w.store.fault(verb=verb, plural="leases", answer_until=threading.Event())
                p = w.start("one", *ELECT)
                wait_for("a claim", fault.done.is_set)
                self.assertNotEqual(w.lease()["holderIdentity"], "")
                self.assertEqual(p.stop()[0], 0)
                self.assertEqual(w.lease()["holderIdentity"], "")

    def test_killed_in_turns_there_are_never_two_writers(self):
        with World() as w:
            alive = {"one": w.start("one", *ELECT), "two": w.start("two", *ELECT)}
            for turn in range(TURNS):
                leader = wait_for("a leader", lambda: [t for t, p in alive.items() if leads(p)])[0]
                count = len(w.writes())
                wait_for("its statuses", lambda: len(w.writes()) > count + 3)  # noqa: B023
                alive[leader].kill()
                kept = w.renewals(leader)[-1]
                other = "two" if leader == "one" else "one"
                wait_for("the other to take over", lambda: leads(alive[other]))  # noqa: B023
                took = next(t for t in w.renewals(other) if t > kept)
                self.assertGreaterEqual(took - kept, DURATION, "it did not wait for the lease to run out")
                self.assertLess(took - kept, 3 * DURATION, f"turn {turn}")
                alive[leader] = w.start(leader, *ELECT)
            self.check_one_writer(w)
            self.assertEqual(w.lease()["leaseTransitions"], TURNS)

    def test_a_lease_that_cannot_be_renewed_ends_the_process(self):
        """In time, which is here four times the deadline: an end may take a while, too."""
        with World() as w:
            p = w.start("one", *ELECT, "--leader-elect.lease-duration", "24s")
            wait_for("a leader", lambda: leads(p))
            start = time.monotonic()
            w.store.fault(verb="update", plural="leases", times=1000, status=500)
            self.assertEqual(p.process.wait(90), EXIT_LEASE_LOST)
            self.assertLess(time.monotonic() - start, 24)

    def test_a_lease_that_was_stolen_ends_the_process(self):
        with World() as w:
            p = w.start("one", *ELECT)
            wait_for("a leader", lambda: leads(p))
            key = LEASE[:2] + ("default", LEASE[2])
            with w.store.lock:
                stolen = w.store.read(key)
                stolen["spec"]["holderIdentity"] = "thief"
                w.store.replace(key, stolen, None)
            self.assertEqual(p.process.wait(90), EXIT_LEASE_LOST)

    def test_a_leader_that_slept_writes_no_more(self):
        with World() as w:
            p = w.start("one", *ELECT)
            wait_for("a leader", lambda: leads(p))
            q = w.start("two", *ELECT)
            p.process.send_signal(signal.SIGSTOP)
            wait_for("the other to take over", lambda: leads(q))
            # It may have fallen asleep about to send: that is refused, for others wrote since.
            wait_for("the other's statuses", lambda: {"r0", "r1", "r2"} <= {
                r["name"] for r in w.store.requests(verb="update", plural=PLURAL, code=200, token="two")})
            woke = time.monotonic()
            p.process.send_signal(signal.SIGCONT)
            self.assertEqual(p.process.wait(90), EXIT_LEASE_LOST)
            self.assertEqual([t for when, t in w.writes() if when > woke and t == "one"], [])

    def test_a_few_faults_of_the_lease_are_got_over(self):
        with World() as w:
            p = w.start("one", *ELECT)
            wait_for("a leader", lambda: leads(p))
            faults = [w.store.fault(verb="update", plural="leases", times=2, status=500),
                      w.store.fault(verb="update", plural="leases", after=6, reset=True)]
            wait_for("the faults to be met", lambda: not any(f.times for f in faults))
            kept = len(w.renewals("one"))
            wait_for("renewals", lambda: len(w.renewals("one")) > kept + 3)
            self.assertTrue(leads(p))
            self.check_one_writer(w)

    def test_what_cannot_work_is_refused(self):
        for flags, words in ((ELECT + ["--leader-elect.renew-deadline", "9s"], "renew deadline"),
                             (ELECT + ["--store.dir", "."], "--store.dir")):
            with World() as w:
                p = w.start("one", *flags)
                self.assertEqual(p.process.wait(90), 2)
                self.assertIn(words, p.logged())


if __name__ == "__main__":
    unittest.main(verbosity=2)
