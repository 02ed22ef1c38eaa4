#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The exporter over an API server that misbehaves as scripts say: whatever happens, what
is published becomes what there is.

Usage: kube_store.py PATH-OF-bandit-exporter
"""
import os
import sys
import tempfile
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from fake_apiserver import FakeApiServer  # noqa: E402
from kube_world import GROUP, PLURAL, Program, route, wait_for  # noqa: E402
from ports import free_port  # noqa: E402

BINARY = sys.argv.pop(1)
WATCH_ERRORS, LIST_ERRORS = "bandit_exporter_watch_errors_total", "bandit_exporter_list_errors_total"


class World:
    """A server with some routes, and the exporter beside it."""

    def __init__(self, routes=4, token="t0ken", faults=(), env=None, namespace=None):
        self.server = FakeApiServer(tokens={token})
        self.store = self.server.store
        self.dir = tempfile.TemporaryDirectory()
        for i in range(routes):
            self.put(f"r{i}")
        for fault in faults:
            self.store.fault(**fault)
        self.config = self.server.kubeconfig(os.path.join(self.dir.name, "config"), token=token)
        flags = ["--kubeconfig", self.config] + (["--namespace", namespace] if namespace else [])
        self.program = Program(BINARY, *flags, env=env)

    def __enter__(self):
        return self

    def __exit__(self, *exit_args):
        try:
            self.program.__exit__(*exit_args)
        finally:
            self.server.stop()
            self.dir.cleanup()

    def put(self, name, namespace="default", **spec):
        self.store.put(GROUP, PLURAL, route(name, namespace, **spec))

    def remove(self, name):
        self.store.remove(GROUP, PLURAL, name)

    def truth(self):
        with self.store.lock:
            return {(k[2], k[3]): float(o["metadata"]["generation"]) for k, o in self.store.objects.items()
                    if k[1] == PLURAL}

    def synced(self):
        wait_for("the exporter to be ready", lambda: self.program.get("/readyz"))

    def watching(self, count=1):
        wait_for("a watch", lambda: self.program.metric("bandit_exporter_watch_total") >= count)

    def converged(self, what=""):
        wait_for(f"what is published to be what there is {what}", lambda: self.program.routes() == self.truth())

    def change_everything(self):
        self.put("new")
        self.put("r0", interval="7s")
        self.remove("r1")


# Faults that come at the start or in the middle; after each of them, and changes meanwhile,
# what is published is the truth.
FAULTS = {
    "a list refused": [{"verb": "list", "status": 500}],
    "a list refused three times": [{"verb": "list", "status": 503, "times": 2}],
    "a list reset": [{"verb": "list", "reset": True}],
    "a list asked to come later": [{"verb": "list", "status": 429, "reason": "TooManyRequests", "retry_after": 1}],
    "a list that comes late": [{"verb": "list", "stall": 1.5}],
    "a list forbidden for a while": [{"verb": "list", "status": 403, "reason": "Forbidden"}],
    "a watch refused": [{"verb": "watch", "status": 500, "times": 2}],
    "a watch reset": [{"verb": "watch", "reset": True}],
    "a watch cut in its first event": [{"verb": "watch", "cut_after": 30}],
    "a watch cut in a later event": [{"verb": "watch", "cut_after": 1500}],
    "a watch byte by byte": [{"verb": "watch", "piece": 1}],
    "a watch in pieces of 7": [{"verb": "watch", "piece": 7}],
    "a watch that ends in order": [{"verb": "watch", "end_after": 0.3}],
    "a watch that ends at once": [{"verb": "watch", "end_after": 0, "times": 2}],
    "a version forgotten, told as an event": [{"verb": "watch", "error_event": 410}],
    "a version forgotten, told as a status": [{"verb": "watch", "status": 410, "reason": "Expired"}],
    "a watch that fails inside": [{"verb": "watch", "error_event": 500}],
    "everything in turn": [{"verb": "list", "status": 500}, {"verb": "watch", "reset": True},
                           {"verb": "watch", "error_event": 410}, {"verb": "watch", "cut_after": 100}],
}


class KubeStoreTest(unittest.TestCase):
    def each(self, rows, fn, workers=6):
        """Run fn(row) for all at the same time: most of it is waiting."""
        with ThreadPoolExecutor(workers) as pool:
            for name, future in [(str(row), pool.submit(fn, row)) for row in rows]:
                with self.subTest(name):
                    future.result()

    def test_objects_come_change_and_go(self):
        with World() as w:
            w.synced()
            self.assertEqual(w.program.routes(), w.truth())
            w.watching()
            w.change_everything()
            w.converged()
            self.assertEqual(len(w.store.requests(verb="list")), 1)
            self.assertEqual(len(w.store.requests(verb="watch")), 1)
            code, seconds = w.program.stop()
            self.assertEqual(code, 0)
            self.assertLess(seconds, 30)  # with a watch open, which lasts for minutes

    def test_every_fault_is_got_over(self):
        def play(name):
            with World(faults=FAULTS[name]) as w:
                w.synced()
                w.change_everything()
                w.converged("after " + name)
                w.put("last")
                w.converged("after " + name)
        self.each(FAULTS, play)

    def test_whichever_call_fails_it_converges(self):
        def play(nth):
            faults = [{"after": nth, "status": 500}, {"after": nth + 1, "reset": True}]
            with World(faults=faults) as w:
                w.store.fault(verb="watch", end_after=0.2, times=6)  # so that there are calls
                w.synced()
                w.change_everything()
                w.converged(f"with call {nth} failing")
                w.put("last")
                w.converged(f"with call {nth} failing")
        self.each(range(8), play)

    def test_what_vanished_while_nobody_looked_is_gone(self):
        with World() as w:
            w.synced()
            w.watching()
            w.store.fault(verb="watch", reset=True, times=2)
            with w.store.lock:  # all at once: the deletion is forgotten before it is told
                w.store.objects.pop((GROUP, PLURAL, "default", "r2"))
                w.store.compact()
            w.converged()
            wait_for("another list", lambda: len(w.store.requests(verb="list")) >= 2)

    def test_a_version_at_which_the_server_breaks_is_left_behind(self):
        """As with an event that it cannot decode: it does not say that it forgot the version."""
        for broken in ({"error_event": 500}, {"status": 500}):
            with self.subTest(broken), World() as w:
                w.synced()
                w.watching()
                fault = w.store.fault(verb="watch", version=w.store.version, times=1000, **broken)
                w.store.end_watches()
                wait_for("it to break", lambda: fault.times < 1000)  # noqa: B023
                w.store.put("", "configmaps", {"metadata": {"name": "other"}})  # a list has another version
                wait_for("another list", lambda: len(w.store.requests(verb="list")) == 2)  # noqa: B023
                w.put("new")
                w.converged()
                self.assertEqual(len(w.store.requests(verb="list")), 2)

    def test_a_server_that_is_busy_is_asked_for_no_list(self):
        with World() as w:
            w.synced()
            w.watching()
            fault = w.store.fault(verb="watch", status=503, reason="ServiceUnavailable", times=4)
            w.store.end_watches()
            wait_for("the faults to be met", lambda: not fault.times)
            w.put("new")
            w.converged()
            self.assertEqual(len(w.store.requests(verb="list")), 1)

    def test_a_list_in_chunks_that_expires_begins_anew(self):
        with World(routes=1203, faults=[{"verb": "list", "after": 1, "status": 410, "reason": "Expired"}]) as w:
            w.synced()
            self.assertEqual(len(w.program.routes()), 1203)
            self.assertGreaterEqual(len(w.store.requests(verb="list")), 5)

    def test_bookmarks_spare_a_list(self):
        with World() as w:
            w.synced()
            w.watching()
            for i in range(3):  # other kinds move the version on
                w.store.put("", "configmaps", {"metadata": {"name": "other"}, "data": str(i)})
            wait_for("the bookmark to be sent", lambda: any(
                r["bookmark"] == w.store.version for r in w.store.requests(verb="watch", plural=PLURAL)))
            with w.store.lock:
                version = w.store.version
                w.store.history.clear()
                w.store.forgotten = version
            w.store.end_watches()
            w.watching(2)
            w.put("new")
            w.converged()
            self.assertEqual(len(w.store.requests(verb="list")), 1)
            self.assertEqual(w.store.requests(verb="watch")[-1]["query"]["resourceVersion"], str(version))

    def test_an_idle_watch_is_no_fault(self):
        with World() as w:
            w.synced()
            w.watching()
            now = time.time()
            wait_for("it to be in sync since", lambda: w.program.metric(
                "bandit_exporter_last_sync_timestamp_seconds") > now + 2)
            self.assertEqual(w.program.metric(WATCH_ERRORS), 0)
            self.assertEqual(len(w.store.requests(verb="watch")), 1)

    def test_what_the_schema_let_through_is_told_as_invalid(self):
        with World() as w:
            w.synced()
            w.put("r3", interval="soon")
            wait_for("an invalid object", lambda: w.program.metric("bandit_exporter_invalid_objects") == 1)
            wait_for("the log to say why", lambda: "spec.interval" in w.program.logged())
            w.put("r3", interval="9s")
            wait_for("no invalid object", lambda: w.program.metric("bandit_exporter_invalid_objects") == 0)
            w.converged()

    def test_one_namespace_is_enough_when_asked_for(self):
        with World(namespace="team") as w:
            w.put("theirs", namespace="team")
            w.synced()
            wait_for("theirs alone", lambda: list(w.program.routes()) == [("team", "theirs")])

    def test_a_refused_token_is_a_fault_and_no_end(self):
        with World() as w:
            w.synced()
            w.server.tokens = {"another"}
            w.store.fault(verb="watch", end_after=0)
            w.store.compact()
            wait_for("errors", lambda: w.program.metric(WATCH_ERRORS) + w.program.metric(LIST_ERRORS) > 0)
            wait_for("the log to say why", lambda: "401 Unauthorized" in w.program.logged())
            w.server.tokens = {"t0ken"}
            w.put("new")
            w.converged()

    def test_a_server_that_is_not_there_yet_is_waited_for(self):
        port = free_port()
        gone = FakeApiServer(port=port)
        with tempfile.TemporaryDirectory() as folder:
            config = gone.kubeconfig(os.path.join(folder, "config"))
            gone.stop()
            with Program(BINARY, "--kubeconfig", config) as p:
                wait_for("a fault", lambda: p.metric(LIST_ERRORS) > 0)
                self.assertIsNone(p.get("/readyz"))
                back = FakeApiServer(port=port)
                self.addCleanup(back.stop)
                back.store.put(GROUP, PLURAL, route())
                wait_for("to be ready", lambda: p.get("/readyz"))
                self.assertEqual(len(p.routes()), 1)


class CredentialsTest(unittest.TestCase):
    def setUp(self):
        self.server = FakeApiServer(tokens={"one"})
        self.server.store.put(GROUP, PLURAL, route())
        self.dir = tempfile.TemporaryDirectory()

    def tearDown(self):
        self.server.stop()
        self.dir.cleanup()

    def path(self, name, text=None, mode=0o600):
        path = os.path.join(self.dir.name, name)
        if text is not None:
            with open(path + ".new", "w", encoding="utf-8") as f:
                f.write(text)
            os.chmod(path + ".new", mode)
            os.rename(path + ".new", path)
        return path

    def config(self, user):
        return self.path("config", f"""
apiVersion: v1
kind: Config
current-context: other
clusters:
- name: c
  cluster: {{server: '{self.server.url}/'}}
users:
- name: u
  user: {user}
contexts:
- name: test
  context: {{cluster: c, user: u}}
""")

    def follow(self, config):
        """Sync, have the token changed, and follow a change with the new one."""
        with Program(BINARY, "--kubeconfig", config, "--context", "test") as p:
            wait_for("to be ready", lambda: p.get("/readyz"))
            yield p
            self.server.tokens = {"two"}
            self.server.store.fault(verb="watch", end_after=0)
            self.server.store.compact()
            self.server.store.put(GROUP, PLURAL, route("new"))
            wait_for("the change", lambda: len(p.routes()) == 2)

    def test_a_token_file_is_read_again_when_refused(self):
        self.path("token", "one\n")
        for _ in self.follow(self.config("{tokenFile: token}")):
            self.path("token", "  two\n")

    def test_a_plugin_is_run_again_when_refused(self):
        self.path("token", "one")
        self.path("plugin", """#!/bin/sh
read -r token < "$TOKEN_FILE" || true
case $KUBERNETES_EXEC_INFO in *'"interactive":false'*) ;; *) exit 7 ;; esac
echo run >> "$TOKEN_FILE.runs"
echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"'$token'"}}'
""", 0o700)
        user = ("{exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, interactiveMode: Never, "
                f"env: [{{name: TOKEN_FILE, value: {self.path('token')}}}]}}}}")
        for _ in self.follow(self.config(user)):
            self.path("token", "two")
        with open(self.path("token.runs"), encoding="utf-8") as f:
            self.assertEqual(f.read().count("run"), 2)

    def test_a_plugin_that_fails_is_told_of(self):
        user = "{exec: {apiVersion: client.authentication.k8s.io/v1, command: 'false', interactiveMode: Never}}"
        with Program(BINARY, "--kubeconfig", self.config(user), "--context", "test") as p:
            wait_for("a fault", lambda: p.metric(LIST_ERRORS) > 0)
            wait_for("the log to say why", lambda: "credential plugin false: it exited with code 1" in p.logged())

    def test_the_current_context_has_to_be_there(self):
        with Program(BINARY, "--kubeconfig", self.config("{token: one}")) as p:
            self.assertEqual(p.process.wait(90), 1)
            self.assertIn('there is no context \\"other\\"', p.logged())

    def test_a_cluster_is_never_guessed(self):
        with Program(BINARY) as p:
            self.assertEqual(p.process.wait(90), 2)
            self.assertIn("--kubeconfig", p.logged())


if __name__ == "__main__":
    unittest.main(verbosity=2)
