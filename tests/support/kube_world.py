# SPDX-License-Identifier: Apache-2.0
"""Programs of ours beside an API server, for tests."""
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from wait import wait_for  # noqa: E402,F401 - for those who import this

GROUP, PLURAL = "bandit-router.dev", "banditroutes"
FINALIZER = "bandit-router.dev/on-delete"
ARMS = ("lr", "svm", "rf")


def route(name="digits", namespace="default", interval="1s", **spec):
    body = {"interval": interval,
            "arms": [{"name": arm, "backend": {"service": arm, "port": 80}} for arm in ARMS],
            "targetRef": {"kind": "HAProxyBackend", "name": name},
            "reward": {"window": "1m", "objectives": [{"name": "success", "weight": 1}]}}
    body.update(spec)
    return {"apiVersion": f"{GROUP}/v1alpha1", "kind": "BanditRoute",
            "metadata": {"name": name, "namespace": namespace}, "spec": body}


class Program:
    """One of ours, listening on a port of its own choice, which it logs."""

    def __init__(self, binary, *flags, env=None):
        self.log = tempfile.NamedTemporaryFile(prefix="kube-", suffix=".log", delete=False)
        clean = {k: v for k, v in os.environ.items() if not k.startswith("KUBE")}
        clean.update(env or {})
        self.process = subprocess.Popen([binary, "--web.listen-address", "127.0.0.1:0", *flags],
                                        stdout=self.log, stderr=self.log, env=clean)
        self.port = None

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.kill()
        text = self.logged()
        self.log.close()
        os.unlink(self.log.name)
        complaint = "Sanitizer" in text or "runtime error" in text
        if kind or complaint:
            sys.stderr.write("\n".join(text.splitlines()[-60:]) + "\n")
        assert not complaint, "a sanitizer complained"

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """SIGTERM; the exit code, and how long it took."""
        start = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60), time.monotonic() - start

    def logged(self):
        with open(self.log.name, encoding="utf-8", errors="replace") as f:
            return f.read()

    def url(self, path):
        if self.port is None:
            match = re.search(r"\bport=(\d+)", self.logged())
            if not match:
                return None
            self.port = int(match[1])
        return f"http://127.0.0.1:{self.port}{path}"

    def get(self, path):
        """The body of a 200 answer, or None."""
        url = self.url(path)
        try:
            with urllib.request.urlopen(url, timeout=60) as answer:
                return answer.read().decode()
        except (urllib.error.URLError, OSError, AttributeError):
            return None

    def samples(self, name):
        """{sorted label pairs: value} of that metric."""
        page, found = self.get("/metrics"), {}
        if page is None:  # which is not zero
            raise OSError("the program does not answer")
        for line in page.splitlines():
            match = re.match(r"^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$", line)
            if match and match[1] == name:
                labels = re.findall(r'([a-z_]+)="((?:[^"\\]|\\.)*)"', match[2] or "")
                found[tuple(sorted(labels))] = float(match[3])
        return found

    def metric(self, name, **labels):
        """The sum of the samples that have (at least) these labels."""
        want = set(labels.items())
        return sum(v for k, v in self.samples(name).items() if want <= set(k))

    def routes(self):
        """{(namespace, route): generation} as published."""
        return {(dict(k)["namespace"], dict(k)["route"]): v
                for k, v in self.samples("bandit_route_generation").items()}
