# SPDX-License-Identifier: Apache-2.0
"""Servers as the benchmark sees them: started, asked, loaded, measured, stopped."""
import http.client
import json
import os
import resource
import signal
import socket
import subprocess
import time

from machine import busy_s, process_cpu_s

HERE = os.path.dirname(os.path.abspath(__file__))
GOLDEN = os.path.join(HERE, "..", "..", "data", "golden")
ROWS = os.path.join(GOLDEN, "iris.rows.csv")
PYTHON = "/usr/bin/python3"  # Debian's, which has scikit-learn
START_LIMIT_S = 30


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def command(name, model, port, options):
    """(how to start it, what its environment has more)"""
    listen = f"127.0.0.1:{port}"
    python = {"PEER_MODEL": model, "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1",
              "OPENBLAS_NUM_THREADS": "1"}
    if name == "limit":
        return [options.limit, str(port), str(options.limit_bytes)], {}
    if name == "model-server":
        return [options.server, "--model", f"{options.folder}/{model}.onnx", "--route", "iris",
                "--arm", model.replace("_", "-"), "--web.listen-address", listen,
                "--log.level", "error", "--drain-delay", "0"], {}
    if name == "flask+gunicorn":
        return [PYTHON, "-m", "gunicorn", "--workers", "2", "--worker-class", "gthread",
                "--threads", "16", "--keep-alive", "60", "--bind", listen,
                "flask_peer:app"], python
    if name == "fastapi+uvicorn":
        return [PYTHON, "-m", "uvicorn", "--workers", "2", "--no-access-log", "--host",
                "127.0.0.1", "--port", str(port), "fastapi_peer:app"], python
    return ["node", f"{HERE}/node_peer.mjs", str(port), f"{options.folder}/{model}.json"], {}


class Server:
    """A running server; `ready_ms` is from its start to its first 200 on /ready."""

    def __init__(self, name, model, options):
        self.name, self.model, self.port = name, model, free_port()
        argv, more = command(name, model, self.port, options)
        began = time.monotonic()
        self.process = subprocess.Popen(argv, cwd=HERE, env=dict(os.environ, **more),
                                        start_new_session=True, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        while not self.answers_ready():
            if self.process.poll() is not None or time.monotonic() > began + START_LIMIT_S:
                self.stop()
                raise RuntimeError(f"{name} does not start: {' '.join(argv)}")
            time.sleep(0.0005)
        self.ready_ms = (time.monotonic() - began) * 1000

    def answers_ready(self):
        try:
            return self.ask("GET", "/ready")[0] == 200
        except OSError:
            return False

    def ask(self, method, path, body=None):
        """(status, headers with their names, body)"""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            return response.status, response.getheaders(), response.read()
        finally:
            connection.close()

    def family(self):
        """The process and all it started."""
        members = [self.process.pid]
        for member in members:
            for task in os.listdir(f"/proc/{member}/task"):
                try:
                    with open(f"/proc/{member}/task/{task}/children", encoding="ascii") as f:
                        members += [int(p) for p in f.read().split()]
                except FileNotFoundError:
                    pass
        return members

    def cpu_s(self):
        return sum(process_cpu_s(pid) for pid in self.family())

    def rss_mib(self):
        total = 0
        for member in self.family():
            with open(f"/proc/{member}/status", encoding="ascii") as f:
                total += sum(int(line.split()[1]) for line in f if line.startswith("VmRSS"))
        return total / 1024

    def check_answers(self):
        """All test rows, as scikit-learn answers them."""
        with open(ROWS, encoding="ascii") as f:
            rows = [line.strip() for line in f if line.strip()]
        with open(f"{GOLDEN}/{self.model}.csv", encoding="ascii") as f:
            golden = [[float(v) for v in line.split(",")] for line in f if line.strip()]
        for row, (_, *probabilities) in zip(rows, golden):
            status, _, text = self.ask("POST", "/predict", '{"features":[%s]}' % row)
            answer = json.loads(text)
            assert status == 200, text
            best = probabilities.index(max(probabilities))
            assert answer["prediction"] == best and answer["class"] == str(best), text
            for i, p in enumerate(probabilities):
                assert abs(answer["probabilities"][str(i)] - p) < 1e-4, text
            assert answer["confidence"] == max(answer["probabilities"].values()), text
            assert {"processing_time_ms", "timestamp"} <= answer.keys(), text
        status, _, _ = self.ask("POST", "/predict", '{"features":[1,2]}')
        assert 400 <= status < 500, status

    def load(self, connections, seconds):
        """One run of wrk, and what it cost everybody."""
        children, own, machine = wait_cpu_s(), self.cpu_s(), busy_s()
        out = subprocess.run(
            ["wrk", "-t", str(min(2, connections)), "-c", str(connections), "-d",
             f"{seconds}s", "--timeout", "10s", "-s", f"{HERE}/predict.lua",
             f"http://127.0.0.1:{self.port}", "--", ROWS],
            check=True, capture_output=True, text=True).stdout
        own = self.cpu_s() - own
        wrk = wait_cpu_s() - children
        others = busy_s() - machine - own - wrk
        report = json.loads(out.splitlines()[-1])
        if not report["requests"]:
            raise RuntimeError(f"{self.name} {self.model} answered nothing in {seconds} s")
        return {"rate": report["requests"] / report["seconds"],
                "cpu_us": own / report["requests"] * 1e6, "server/wrk": own / wrk,
                "p50_ms": report["p50_ms"], "p99_ms": report["p99_ms"],
                "errors": report["errors"],
                "others": max(0, others) / (report["seconds"] * os.cpu_count())}

    def stop(self):
        try:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(10)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def wait_cpu_s():
    """CPU of our ended children: of wrk, as no server ends while one runs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
