#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Exporter and operator over a real API server for custom resources: what the fake one
claims is what a real one does. Exits with 77 (skipped) when there is none.

Usage: kube_real.py PATH-OF-bandit-exporter PATH-OF-bandit-operator
"""
import functools
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import real_apiserver  # noqa: E402
from fake_apiserver import FakeApiServer  # noqa: E402
from kube_world import GROUP, PLURAL, Program, route, wait_for  # noqa: E402

OPERATOR, EXPORTER = sys.argv.pop(2), sys.argv.pop(1)
ROUTES = f"/apis/{GROUP}/v1alpha1/namespaces/default/{PLURAL}"
LEASE = "/apis/coordination.k8s.io/v1/namespaces/default/leases/bandit-operator"
CRD = os.path.join(real_apiserver.ROOT, "k8s", "base", "crd", "banditroutes.yaml")
ELECT = ["--leader-elect", "--leader-elect.lease-duration", "8s", "--leader-elect.renew-deadline", "6s",
         "--leader-elect.retry-period", "400ms"]


class RealTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(real_apiserver.RealApiServer())
        with open(CRD, "rb") as f:
            cls.server.define(f.read())
        cls.server.define(real_apiserver.LEASE_CRD)
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.config = cls.server.kubeconfig(os.path.join(cls.folder.name, "config"))

    def tearDown(self):
        for item in self.server.ask("GET", ROUTES)["items"]:  # whose operator is gone
            self.server.ask("PATCH", f"{ROUTES}/{item['metadata']['name']}", {"metadata": {"finalizers": None}},
                            "application/merge-patch+json")
        self.server.ask("DELETE", ROUTES)
        self.server.ask("DELETE", LEASE)
        wait_for("an empty server", lambda: not self.server.ask("GET", ROUTES)["items"])

    def put(self, name, **spec):
        body = route(name, **spec)
        code, answer = self.server.call("PATCH", f"{ROUTES}/{name}?fieldManager=user&force=true", body,
                                        "application/apply-patch+yaml")
        self.assertIn(code, (200, 201), answer)

    def remove(self, name):
        self.assertIsNotNone(self.server.ask("DELETE", f"{ROUTES}/{name}"))

    def read(self, name):
        return self.server.ask("GET", f"{ROUTES}/{name}")

    def status(self, name):
        return (self.read(name) or {}).get("status") or {}

    def truth(self):
        return {(o["metadata"]["namespace"], o["metadata"]["name"]): float(o["metadata"]["generation"])
                for o in self.server.ask("GET", ROUTES)["items"]}

    def converged(self, program):
        wait_for("what is published to be what there is", lambda: program.routes() == self.truth())

    def test_objects_come_change_and_go(self):
        for i in range(4):
            self.put(f"r{i}")
        with Program(EXPORTER, "--kubeconfig", self.config) as p:
            wait_for("the exporter to be ready", lambda: p.get("/readyz"))
            self.assertEqual(p.routes(), self.truth())
            self.put("new")
            self.put("r0", interval="7s")
            self.remove("r1")
            self.converged(p)
            code, seconds = p.stop()
            self.assertEqual(code, 0)
            self.assertLess(seconds, 30)  # with a watch open, which lasts for minutes

    def test_a_list_in_chunks(self):
        for i in range(620):
            self.put(f"r{i}")
        with Program(EXPORTER, "--kubeconfig", self.config) as p:
            wait_for("the exporter to be ready", lambda: p.get("/readyz"))
            self.assertEqual(len(p.routes()), 620)

    def restart(self):
        """Kill the API server and start it anew; etcd goes on."""
        old = self.server.processes.pop()
        old.kill()
        old.wait()
        with open(self.server.path("log"), "ab") as log:
            self.server.processes.append(subprocess.Popen(old.args, stdout=log, stderr=log))
        wait_for("the server", lambda: self.server.ask("GET", "/readyz?exclude=informer-sync"), 180)
        wait_for("the kind to be served", lambda: self.server.ask("GET", ROUTES))

    def test_a_history_that_is_forgotten(self):
        self.put("r0")
        self.put("r1")
        with Program(EXPORTER, "--kubeconfig", self.config) as p:
            wait_for("a watch", lambda: p.metric("bandit_exporter_watch_total") == 1)
            p.process.send_signal(signal.SIGSTOP)
            self.restart()  # so that nothing of what follows is on its way already
            self.put("r0", interval="3s")
            self.remove("r1")
            self.server.compact()
            self.restart()  # what it could tell from memory is forgotten, too
            p.process.send_signal(signal.SIGCONT)
            self.converged(p)
            self.assertEqual(p.metric("bandit_exporter_list_total"), 2)

    def test_a_server_that_restarts(self):
        self.put("r0")
        with Program(EXPORTER, "--kubeconfig", self.config) as p:
            wait_for("a watch", lambda: p.metric("bandit_exporter_watch_total") == 1)
            self.restart()
            self.put("new")
            self.converged(p)

    def test_a_status_is_written_and_the_spec_left_alone(self):
        for i in range(3):
            self.put(f"r{i}")
        before = {f"r{i}": self.read(f"r{i}")["spec"] for i in range(3)}
        with Program(OPERATOR, "--kubeconfig", self.config, "--prometheus.url", "http://127.0.0.1:9") as p:
            wait_for("all statuses", lambda: all(self.status(n).get("decisions", 0) >= 3 for n in before))
            self.assertEqual(p.metric("bandit_operator_status_write_errors_total"), 0, p.logged())
            self.put("r0", interval="2s")
            wait_for("the new generation", lambda: self.status("r0").get("observedGeneration") == 2)
            self.assertNotIn("warns", p.logged())
        for name, spec in before.items():
            now = self.read(name)
            self.assertEqual(now["spec"], spec if name != "r0" else dict(spec, interval="2s"))
            self.assertEqual(now["metadata"]["generation"], 1 + (name == "r0"))

    def test_one_of_two_leads(self):
        self.put("r0")
        url = ["--prometheus.url", "http://127.0.0.1:9"]
        with Program(OPERATOR, "--kubeconfig", self.config, *url, *ELECT) as p, \
                Program(OPERATOR, "--kubeconfig", self.config, *url, *ELECT) as q:
            def leads(x):
                return x.process.poll() is None and x.metric("leader_election_master_status") == 1
            wait_for("a leader", lambda: leads(p) or leads(q))
            wait_for("a status", lambda: self.status("r0").get("decisions", 0) >= 2)
            first, second = (p, q) if leads(p) else (q, p)
            self.assertFalse(leads(second))
            first.kill()
            start = time.monotonic()
            wait_for("the other to take over", lambda: leads(second))
            self.assertLess(time.monotonic() - start, 24)
            self.assertEqual(self.server.ask("GET", LEASE)["spec"]["leaseTransitions"], 1)
            self.assertEqual(second.stop()[0], 0)
            self.assertEqual(self.server.ask("GET", LEASE)["spec"]["holderIdentity"], "")

    def test_the_fake_server_answers_alike(self):
        """The same requests to both; codes and reasons, and what matters of the objects."""
        fake = FakeApiServer()
        self.addCleanup(fake.stop)

        def both(method, path, body=None, content_type="application/json"):
            results = []
            for call in self.server.call, functools.partial(real_apiserver.call, fake.url):
                version = (call("GET", one)[1] or {}).get("metadata", {}).get("resourceVersion", "1")
                mine = json.loads(json.dumps(body).replace("@current", version)) if body else None
                code, tree = call(method, path, mine, content_type)
                tree = tree if isinstance(tree, dict) else {}
                meta = tree.get("metadata", {})
                results.append((code, tree.get("reason") if code >= 400 else None, tree.get("spec"),
                                tree.get("status") if code < 300 else None, meta.get("generation"),
                                tuple(sorted(meta.get("labels", {}).items())), "deletionTimestamp" in meta))
            self.assertEqual(results[0], results[1], f"{method} {path} {body}")
            return results[0]

        # Every default is spelt out, for the fake one knows no schema.
        self.put("full")
        full = dict(route("digits"), spec=self.read("full")["spec"])
        one = ROUTES + "/digits"
        apply, merge, patch = ("application/apply-patch+yaml", "application/merge-patch+json",
                               "application/json-patch+json")
        both("GET", one)
        both("DELETE", one)
        both("PUT", one + "/status", dict(full, status={"decisions": 1}))
        both("POST", ROUTES, full)
        both("POST", ROUTES, full)
        both("PUT", one, full)
        fresh, stale = (dict(full, metadata=dict(full["metadata"], resourceVersion=v)) for v in ("@current", "1"))
        both("PUT", one + "/status", dict(fresh, status={"decisions": 1, "reason": "BestArm"}))
        self.assertEqual(both("PUT", one + "/status", dict(fresh, spec={}, status={"decisions": 2}))[0], 200)
        both("PUT", one + "/status", dict(stale, status={"decisions": 3}))
        both("PUT", one, stale)
        both("PATCH", one + "/status", {"metadata": {"resourceVersion": "1"}, "status": {"decisions": 3}}, merge)
        both("PATCH", one + "/status", {"status": {"decisions": 4}}, merge)
        both("PATCH", one, {"spec": {"interval": "9s"}}, merge)
        both("PATCH", one, {"status": {"decisions": 99}}, merge)
        both("PATCH", one, {"metadata": {"labels": {"a": "b"}}}, merge)
        both("PATCH", one, [{"op": "test", "path": "/spec/interval", "value": "1h"},
                            {"op": "replace", "path": "/spec/interval", "value": "3s"}], patch)
        both("PATCH", one, [{"op": "test", "path": "/spec/interval", "value": "9s"},
                            {"op": "replace", "path": "/spec/interval", "value": "3s"}], patch)
        both("PATCH", one, {"spec": {}}, apply)
        both("PATCH", one + "?fieldManager=x&force=true", full, apply)
        both("PATCH", ROUTES + "/other?fieldManager=x", dict(full, metadata={"name": "other"}), apply)
        both("PATCH", one, full, "text/plain")
        both("PATCH", one, {"metadata": {"finalizers": ["example.com/wait"]}}, merge)
        both("DELETE", one, {"preconditions": {"resourceVersion": "1"}})
        self.assertIn(both("DELETE", one)[0], (200, 202))
        both("GET", one)
        both("PATCH", one, {"metadata": {"finalizers": None}}, merge)
        both("GET", one)
        both("GET", ROUTES + "?limit=1&continue=%2B")


if __name__ == "__main__":
    missing = real_apiserver.why_not()
    if missing:
        print("skipped: " + missing)
        sys.exit(77)
    unittest.main(verbosity=2)
