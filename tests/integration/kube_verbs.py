#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every verb of lib/kube, what becomes of refusals, and Events.

Usage: kube_verbs.py PATH-OF-kube_probe
"""
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from fake_apiserver import FakeApiServer  # noqa: E402
from kube_world import GROUP, PLURAL, route  # noqa: E402

PROBE = sys.argv.pop(1)


class VerbsTest(unittest.TestCase):
    def setUp(self):
        self.server = FakeApiServer(tokens={"t"})
        self.addCleanup(self.server.stop)
        self.store = self.server.store
        self.dir = tempfile.TemporaryDirectory()
        self.addCleanup(self.dir.cleanup)
        self.config = self.server.kubeconfig(os.path.join(self.dir.name, "config"), token="t")

    def run_probe(self, *words, body=None, sub=""):
        """(exit code, standard output, standard error)"""
        done = subprocess.run([PROBE, "--kubeconfig", self.config, "--sub", sub, *words], capture_output=True,
                              text=True, timeout=120, input="" if body is None else json.dumps(body))
        self.assertNotIn("Sanitizer", done.stderr)
        return done.returncode, done.stdout.strip(), done.stderr

    def ok(self, *words, body=None, sub=""):
        code, out, err = self.run_probe(*words, body=body, sub=sub)
        self.assertEqual(code, 0, out + err)
        return json.loads(out)

    def refused(self, *words, body=None, sub=""):
        code, out, _ = self.run_probe(*words, body=body, sub=sub)
        self.assertEqual(code, 1, out)
        return out

    def spec(self, name="digits"):
        return self.store.get(GROUP, PLURAL, name)["spec"]

    def test_an_object_s_life(self):
        self.assertTrue(self.refused("get", "digits").startswith("NOT_FOUND: "))
        self.assertEqual(self.ok("create", body=route())["metadata"]["generation"], 1)
        self.assertRegex(self.refused("create", body=route()), "^CONFLICT: .*409 AlreadyExists")
        now = self.ok("get", "digits")
        now["spec"]["interval"] = "5s"
        newer = self.ok("replace", "digits", body=now)
        self.assertEqual(newer["metadata"]["generation"], 2)
        self.assertTrue(self.refused("replace", "digits", body=now).startswith("CONFLICT: "))
        self.ok("merge", "digits", body={"spec": {"mode": "Shadow"}})
        self.assertEqual(self.spec()["mode"], "Shadow")
        self.ok("apply", "digits", body=dict(route(), spec={"mode": "Frozen"}))
        self.assertEqual((self.spec()["mode"], self.spec()["interval"]), ("Frozen", "5s"))
        self.ok("replace", "digits", sub="status", body=dict(self.ok("get", "digits"), status={"decisions": 7}))
        self.assertEqual(self.store.get(GROUP, PLURAL, "digits")["status"], {"decisions": 7})
        self.assertTrue(self.refused("delete", "digits", body={"resourceVersion": "1"}).startswith("CONFLICT: "))
        self.assertIs(self.ok("delete", "digits"), True)
        self.assertTrue(self.refused("delete", "digits").startswith("NOT_FOUND: "))

    def test_a_json_patch_is_made_under_its_tests(self):
        self.ok("create", body=route())
        patch = [{"op": "test", "path": "/spec/arms/1/name", "value": "svm"},
                 {"op": "replace", "path": "/spec/arms/1/backend/port", "value": 81}]
        self.ok("patch", "digits", body=patch)
        self.assertEqual(self.spec()["arms"][1]["backend"]["port"], 81)
        patch[0]["value"] = "other"
        patch[1]["value"] = 82
        self.assertTrue(self.refused("patch", "digits", body=patch).startswith("INVALID: "))
        self.assertEqual(self.spec()["arms"][1]["backend"]["port"], 81)

    def test_a_list_comes_in_chunks(self):
        for i in range(10):
            self.store.put(GROUP, PLURAL, route(f"r{i}"))
        self.assertEqual(self.ok("list"), 10)
        self.assertEqual(len(self.store.requests(verb="list")), 4)

    def test_only_an_answer_that_asks_for_it_is_asked_again(self):
        self.store.put(GROUP, PLURAL, route())
        for fault, calls, wanted in (({"status": 429, "retry_after": 1}, 2, None),
                                     ({"status": 503, "retry_after": 1, "times": 2}, 3, None),
                                     ({"status": 503}, 1, "^IO: .*503"),
                                     ({"status": 400, "retry_after": 1}, 1, "^INVALID: .*400")):
            with self.subTest(fault):
                self.store.log.clear()
                self.store.fault(verb="get", **fault)
                start = time.monotonic()
                code, out, _ = self.run_probe("get", "digits")
                self.assertEqual(len(self.store.requests(verb="get")), calls)
                self.assertGreaterEqual(time.monotonic() - start, calls - 1)
                if wanted:
                    self.assertRegex(out, wanted)
                else:
                    self.assertEqual(code, 0, out)
                self.store.faults.clear()

    def test_every_answer_is_counted(self):
        self.store.fault(verb="get", reset=True)
        code, out, err = self.run_probe("get", "digits")
        self.assertEqual((code, err), (1, "GET 0\n"))
        self.assertTrue(out.startswith("IO: "))  # not NOT_FOUND, which would be the server's word
        self.assertEqual(self.run_probe("get", "digits")[2], "GET 404\n")

    def test_nobody_there_is_no_missing_object(self):
        self.server.stop()
        self.assertTrue(self.refused("get", "digits").startswith("IO: "))

    def test_a_token_that_stays_refused_is_tried_no_more(self):
        self.server.tokens = set()
        self.assertRegex(self.refused("get", "digits"), "^IO: .*401 Unauthorized")
        self.assertLessEqual(len(self.store.requests(verb="get")), 2)

    def test_a_warning_is_handed_on(self):
        original = self.server.RequestHandlerClass.end_headers

        def with_warning(handler):
            handler.send_header("Warning", '299 - "unknown field \\"spec.x\\""')
            original(handler)
        self.server.RequestHandlerClass = type("Warns", (self.server.RequestHandlerClass,),
                                               {"end_headers": with_warning})
        self.store.put(GROUP, PLURAL, route())
        self.assertIn('warning: unknown field "spec.x"\n', self.run_probe("get", "digits")[2])

    def test_what_repeats_is_one_event_with_a_series(self):
        self.assertEqual(self.ok("events"), 0)
        with self.store.lock:
            events = [o for k, o in self.store.objects.items() if k[1] == "events"]
        self.assertEqual(len(events), 2)
        same, other = sorted(events, key=lambda o: o["type"])
        self.assertEqual((same["type"], other["type"]), ("Normal", "Warning"))
        self.assertEqual(same["series"]["count"], 2)  # that it repeats is told, not each time
        self.assertRegex(same["series"]["lastObservedTime"], r"\.\d{6}Z$")
        self.assertNotIn("series", other)
        self.assertEqual(same["regarding"]["name"], "digits")
        self.assertEqual(len(self.store.requests(plural="events")), 3)

    def test_events_that_are_refused_are_dropped(self):
        self.store.fault(plural="events", status=403, times=99)
        self.assertEqual(self.ok("events"), 4)

    def test_events_beyond_those_that_may_wait_are_dropped(self):
        self.store.fault(plural="events", until=threading.Event())
        self.assertIn(self.ok("flood"), (87, 88))  # 512 wait, and one may be under way


if __name__ == "__main__":
    unittest.main(verbosity=2)
