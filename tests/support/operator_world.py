# SPDX-License-Identifier: Apache-2.0
"""What the operator lives in, for tests: a real HAProxy, a fake Prometheus, a folder."""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fake_prometheus import Arm, FakePrometheus  # noqa: E402
from ports import free_port  # noqa: E402
from wait import wait_for  # noqa: E402,F401 - for those who import this

ARMS = ("lr", "svm", "rf")


class World:
    def __init__(self, binary, interval="1s", extra_flags=(), fake=True):
        self.binary = binary
        self.interval = interval
        self.timeout = "5s"  # of queries; nobody is to be held up by a busy machine
        self.extra_flags = list(extra_flags)
        self.dir = tempfile.mkdtemp(prefix="operator-")
        self.routes_dir = os.path.join(self.dir, "routes")
        os.mkdir(self.routes_dir)
        self.socket = os.path.join(self.dir, "haproxy.sock")
        self.prometheus = FakePrometheus() if fake else None
        self.haproxy = self.operator = None
        self.port = free_port()
        self.log = open(os.path.join(self.dir, "operator.log"), "ab")

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if self.operator and self.operator.poll() is None:
            self.operator.send_signal(signal.SIGTERM)
            try:
                self.operator.wait(60)
            except subprocess.TimeoutExpired:
                self.operator.kill()
                self.operator.wait()
        if self.haproxy and self.haproxy.poll() is None:
            self.stop_haproxy()
        if self.prometheus:
            self.prometheus.stop()
        self.log.close()
        with open(self.log.name, encoding="utf-8", errors="replace") as f:
            lines = f.readlines()
        shutil.rmtree(self.dir, ignore_errors=True)
        complaint = any("Sanitizer" in line or "runtime error" in line for line in lines)
        if kind or complaint:
            sys.stderr.write("".join(lines[-80:]))
        assert not complaint, "a sanitizer complained"

    # ---- HAProxy -------------------------------------------------------------------

    def start_haproxy(self, backends=("digits",), servers=ARMS):
        config = os.path.join(self.dir, "haproxy.cfg")
        with open(config, "w", encoding="utf-8") as f:
            f.write(f"global\n  stats socket {self.socket} mode 600 level admin\n"
                    "defaults\n  mode http\n  timeout connect 1s\n  timeout client 1s\n"
                    "  timeout server 1s\n")
            for backend in backends:
                f.write(f"backend {backend}\n  balance random(1)\n")
                for server in servers:
                    f.write(f"  server {server} 127.0.0.1:1 weight 85\n")
        self.haproxy = subprocess.Popen(["haproxy", "-db", "-f", config],
                                        stdout=self.log, stderr=self.log)
        wait_for("HAProxy's socket", lambda: self.ask_haproxy("show info"))

    def stop_haproxy(self):
        self.haproxy.kill()
        self.haproxy.wait()

    def ask_haproxy(self, command):
        try:
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(30)
                s.connect(self.socket)
                s.sendall(command.encode() + b"\n")
                return b"".join(iter(lambda: s.recv(65536), b"")).decode()
        except OSError:
            return None

    def weights(self, backend="digits"):
        """{server: weight} as HAProxy has them, or None when it does not answer."""
        answer = self.ask_haproxy(f"show servers state {backend}")
        if not answer:
            return None
        rows = [line.split() for line in answer.splitlines()[2:] if line]
        return {row[3]: int(row[7]) for row in rows}

    # ---- routes --------------------------------------------------------------------

    def write_route(self, name="digits", arms=ARMS, spec="", file=None, target=None):
        listed = "\n".join(f"  - {{name: {arm}, backend: {{service: {arm}, port: 80}}}}"
                           for arm in arms)
        text = (f"apiVersion: bandit-router.dev/v1alpha1\nkind: BanditRoute\n"
                f"metadata: {{name: {name}, namespace: default}}\nspec:\n"
                f"  interval: {self.interval}\n  arms:\n{listed}\n"
                f"  targetRef: {{kind: HAProxyBackend, name: {target or name}}}\n"
                f"  reward:\n    window: 1m\n    objectives:\n"
                f"    - {{name: success, weight: 1, min: 0.5}}\n{spec}")
        self.write_file(file or f"{name}.yaml", text)

    def write_file(self, name, text):
        path = os.path.join(self.routes_dir, name)
        with open(path + ".tmp", "w", encoding="utf-8") as f:
            f.write(text)
        os.rename(path + ".tmp", path)

    def remove_file(self, name):
        os.unlink(os.path.join(self.routes_dir, name))

    def set_rewards(self, route="digits", **success):
        """Share of good answers of each arm, over a thousand requests."""
        with self.prometheus.lock:
            self.prometheus.routes[("default", route)] = {
                arm: Arm(success=(1000 * share, 1000)) for arm, share in success.items()}

    def status(self, name="digits"):
        path = os.path.join(self.routes_dir, f"default.{name}.status.json")
        try:
            with open(path, encoding="utf-8") as f:
                document = json.load(f)
        except FileNotFoundError:
            return None
        return document.get("status", document)

    # ---- the operator --------------------------------------------------------------

    def start_operator(self):
        url = self.prometheus.url if self.prometheus else "http://127.0.0.1:9"
        self.operator = subprocess.Popen(
            [self.binary, "--store.dir", self.routes_dir, "--dataplane.haproxy-socket",
             self.socket, "--prometheus.url", url, "--prometheus.timeout", self.timeout,
             "--web.listen-address", f"127.0.0.1:{self.port}", *self.extra_flags],
            stdout=self.log, stderr=self.log)
        wait_for("the operator to be ready", lambda: self.get("/readyz"))

    def stop_operator(self):
        """SIGTERM; returns the exit code."""
        self.operator.send_signal(signal.SIGTERM)
        return self.operator.wait(60)

    def kill_operator(self):
        self.operator.kill()
        self.operator.wait()

    def get(self, path):
        """The body of a 200 answer, or None."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}",
                                        timeout=60) as answer:
                return answer.read().decode()
        except (urllib.error.URLError, OSError):
            return None

    def metric(self, name, **labels):
        """The sum of the samples with that name and (at least) these labels."""
        page, total = self.get("/metrics"), 0.0
        if page is None:  # which is not zero
            raise OSError("the operator does not answer")
        for line in page.splitlines():
            match = re.match(r"^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$", line)
            if not match or match[1] != name:
                continue
            have = dict(re.findall(r'([a-z_]+)="((?:[^"\\]|\\.)*)"', match[2] or ""))
            if all(have.get(k) == v for k, v in labels.items()):
                total += float(match[3])
        return total

    def logged(self, text):
        self.log.flush()
        with open(self.log.name, encoding="utf-8", errors="replace") as f:
            return text in f.read()
