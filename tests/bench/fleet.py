#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A large fleet under one operator on one core: how much of an interval does it take, and
how much memory?

Usage: fleet.py PATH-OF-bandit-operator [--routes 10000] [--arms 3] [--intervals 2]

The real program with its folder store. Prometheus and HAProxy are made up, so that their
cost is not counted: only what this process spends is. It has one worker. Exits with 1 when the bars are
missed: every route decided in every interval, half of one core at most, below 64 MiB.
"""
import argparse
import asyncio
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

OBJECTIVES = ("success", "latency", "accuracy")
INTERVAL_S = 30
FILES = 100
MEMORY_BAR_MIB = 64
CPU_BAR = 0.5


def arm_names(count):
    return [f"model-{chr(ord('a') + i)}" for i in range(count)]


def write_manifests(folder, routes, arms):
    listed = "".join(f"  - {{name: {arm}, backend: {{service: {arm}, port: 8080}}}}\n"
                     for arm in arms)
    for part in range(FILES):
        with open(os.path.join(folder, f"part-{part:03}.yaml"), "w", encoding="utf-8") as f:
            for i in range(part, routes, FILES):
                f.write(f"---\napiVersion: bandit-router.dev/v1alpha1\nkind: BanditRoute\n"
                        f"metadata: {{name: route-{i}, namespace: tenant-{i % 50}}}\n"
                        f"spec:\n  interval: {INTERVAL_S}s\n  arms:\n{listed}"
                        f"  targetRef: {{kind: HAProxyBackend, name: route-{i}}}\n"
                        "  reward:\n    window: 5m\n    objectives:\n"
                        "    - {name: success, weight: 0.5, min: 0.95}\n"
                        "    - {name: latency, weight: 0.2}\n"
                        "    - {name: accuracy, weight: 0.3, missing: Ignore}\n")


class Prometheus:
    """The three answers, with counts that differ by arm and change a little each time."""

    def __init__(self, routes, arms):
        self.routes, self.arms = routes, arms
        self.queries = 0
        self.server = None

    def body(self, query):
        parts = []
        now = time.time()
        wobble = self.queries % 7
        for i in range(self.routes):
            for k, arm in enumerate(self.arms):
                head = (f'{{"metric":{{"__name__":"{query}","arm":"{arm}","namespace":'
                        f'"tenant-{i % 50}","route":"route-{i}"')
                if "last_scrape" in query:
                    parts.append(f'{head}}},"value":[{now:.3f},"{now:.3f}"]}}')
                    continue
                for o, objective in enumerate(OBJECTIVES):
                    value = 1000 if "_events:" in query else 960 + 10 * ((i + k + o) % 4) + wobble
                    parts.append(f'{head},"objective":"{objective}"}},'
                                 f'"value":[{now:.3f},"{value}"]}}')
        return ('{"status":"success","data":{"resultType":"vector","result":['
                + ",".join(parts) + "]}}").encode()

    async def serve(self, reader, writer):
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = int(re.search(r"(?i)content-length: (\d+)", head)[1])
                form = (await reader.readexactly(length)).decode()
                query = re.match(r"query=([^&]*)", form)[1].replace("%3A", ":")
                self.queries += 1
                body = self.body(query)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                             b"Content-Length: %d\r\n\r\n" % len(body) + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


class HAProxy:
    """Enough of the runtime API to set and show weights."""

    HEADING = ("1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state "
               "srv_uweight srv_iweight\n")

    def __init__(self, arms):
        self.arms = arms
        self.weights = {}
        self.commands = 0

    def answer(self, command):
        self.commands += 1
        words = command.split()
        if words[:1] == ["set"]:
            backend, server = words[2].split("/")
            self.weights.setdefault(backend, dict.fromkeys(self.arms, 85))[server] = words[4]
            return "\n"
        if words[:3] == ["show", "servers", "state"]:
            rows = self.weights.setdefault(words[3], dict.fromkeys(self.arms, 85))
            return self.HEADING + "".join(
                f"3 {words[3]} 1 {server} 127.0.0.1 2 0 {weight} 85\n"
                for server, weight in rows.items()) + "\n"
        return "Pid: 1\nUptime_sec: 1000\n\n"

    async def serve(self, reader, writer):
        line = (await reader.readline()).decode().strip()
        writer.write("".join(self.answer(c) for c in line.split(";")).encode())
        writer.close()


def run_servers(prometheus, haproxy, path, ports):
    async def main():
        haproxy_server = await asyncio.start_unix_server(haproxy.serve, path, backlog=1024)
        server = await asyncio.start_server(prometheus.serve, "127.0.0.1", 0)
        ports.append(server.sockets[0].getsockname()[1])
        async with server, haproxy_server:
            await asyncio.Event().wait()

    threading.Thread(target=lambda: asyncio.run(main()), daemon=True).start()
    while not ports:
        time.sleep(0.01)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Operator:
    def __init__(self, binary, folder, path, prometheus_port):
        self.port = free_port()
        self.process = subprocess.Popen(
            [binary, "--store.dir", folder,
             "--dataplane.haproxy-socket", path, "--prometheus.url",
             f"http://127.0.0.1:{prometheus_port}", "--prometheus.timeout", "20s",
             "--web.listen-address", f"127.0.0.1:{self.port}", "--log.level", "error"])

    def decisions(self):
        """Decisions made, and held ones among them."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=20) as a:
            page = a.read().decode()
        made = re.findall(r'^bandit_operator_decisions_total\{.*verdict="(\w+)".*\} (\S+)$',
                          page, re.M)
        return (sum(float(n) for _, n in made),
                sum(float(n) for verdict, n in made if verdict == "Held"))

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="utf-8") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mib(self, field):
        with open(f"/proc/{self.process.pid}/status", encoding="utf-8") as f:
            return int(re.search(rf"{field}:\s+(\d+)", f.read())[1]) / 1024


def wait_until(what, condition, seconds):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"not within {seconds} s: {what}")
        time.sleep(0.25)


def answers(operator):
    try:
        return operator.decisions()[0] >= 0
    except OSError:
        return False


def measure(operator, routes, intervals):
    """Seconds of CPU, of wall, and decisions per interval, once the fleet is warm."""
    start = time.monotonic()
    wait_until("the program to answer", lambda: answers(operator), 60)
    wait_until("every route's first decision", lambda: operator.decisions()[0] >= routes, 240)
    print(f"first decision of every route after {time.monotonic() - start:.1f} s")
    time.sleep(2)
    cpu, before = operator.cpu_seconds(), operator.decisions()[0]
    time.sleep(intervals * INTERVAL_S)
    cpu = operator.cpu_seconds() - cpu
    decided, held = operator.decisions()
    return cpu / intervals, (decided - before) / intervals, held


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("binary")
    parser.add_argument("--routes", type=int, default=10000)
    parser.add_argument("--arms", type=int, default=3)
    parser.add_argument("--intervals", type=int, default=1)
    options = parser.parse_args()
    arms = arm_names(options.arms)
    folder = tempfile.mkdtemp(prefix="fleet-")
    path = os.path.join(folder, "haproxy.sock")
    ports = []
    try:
        routes_folder = os.path.join(folder, "routes")
        os.mkdir(routes_folder)
        write_manifests(routes_folder, options.routes, arms)
        prometheus, haproxy = Prometheus(options.routes, arms), HAProxy(arms)
        run_servers(prometheus, haproxy, path, ports)
        operator = Operator(options.binary, routes_folder, path, ports[0])
        try:
            cpu, decided, held = measure(operator, options.routes, options.intervals)
            memory, peak = operator.memory_mib("VmRSS"), operator.memory_mib("VmHWM")
        finally:
            operator.process.send_signal(signal.SIGTERM)
            operator.process.wait(20)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{options.routes} routes x {options.arms} arms, interval {INTERVAL_S} s, one worker")
    print(f"decisions per interval   {decided:.0f} ({held:.0f} held since the start)")
    print(f"CPU per interval         {cpu:.2f} s = {100 * cpu / INTERVAL_S:.1f} % of the core, "
          f"{1e6 * cpu / options.routes:.0f} us per route")
    print(f"queries since the start  {prometheus.queries}")
    print(f"memory                   {memory:.1f} MiB, at most {peak:.1f} MiB")
    missed = (decided < 0.99 * options.routes or held or cpu > CPU_BAR * INTERVAL_S
              or peak >= MEMORY_BAR_MIB)
    print("bars missed" if missed else "bars met")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
