#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A large fleet under one operator and one exporter: how long until they know it, how much of an interval and of a core
deciding takes, how much memory, how many requests.

Usage: fleet.py FOLDER-OF-THE-PROGRAMS [--store folder|apiserver] [--routes 10000] [--arms 3] [--intervals 1]

The real programs; Prometheus and HAProxy are made up, and of an API server only what is asked of it is counted. The
operator has one worker. Prints a table, and exits with 1 when a bar is missed.
"""
import argparse
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from fleet_world import INTERVAL_S, ApiServer, Folder, HAProxy, Prometheus, arm_names, run_servers

STORES = {"folder": Folder, "apiserver": ApiServer}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_until(what, condition, seconds):
    """How long it took."""
    start = time.monotonic()
    while not condition():
        if time.monotonic() - start > seconds:
            sys.exit(f"not within {seconds} s: {what}")
        time.sleep(0.1)
    return time.monotonic() - start


class Program:
    def __init__(self, binary, *flags):
        self.port = free_port()
        clean = {k: v for k, v in os.environ.items() if not k.startswith("KUBE")}
        self.process = subprocess.Popen([binary, "--web.listen-address", f"127.0.0.1:{self.port}",
                                         "--log.level", "error", *flags], env=clean)

    def get(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as answer:
                return answer.read().decode()
        except (urllib.error.URLError, OSError):
            return ""

    def sum(self, name, part=""):
        """The sum of the samples of that name whose labels hold that part."""
        found = re.findall(rf"^{name}(?:\{{(.*)\}})? (\S+)$", self.get("/metrics"), re.M)
        return sum(float(value) for labels, value in found if part in labels)

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="utf-8") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak_mib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="utf-8") as f:
            return int(re.search(r"VmHWM:\s+(\d+)", f.read())[1]) / 1024

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


class Table:
    """Measured beside the bar, and whether it was met."""

    def __init__(self, heading):
        self.missed = False
        print(f"\n| {heading} | measured | bar | |\n|---|---:|---:|---|")

    def row(self, what, value, text, bar=None, at_most=True):
        verdict = ""
        if bar is not None:
            met = value <= bar if at_most else value >= bar
            self.missed |= not met
            verdict = "met" if met else "**missed**"
        sign = "at most" if at_most else "at least"
        print(f"| {what} | {text} | {'' if bar is None else f'{sign} {bar:.10g}'} | {verdict} |", flush=True)



def measure_operator(table, binary, flags, options, prometheus):
    operator = Program(binary, *flags)
    try:
        table.row("operator: start to synced, s", synced := wait_until(
            "the operator to be ready", lambda: operator.get("/readyz"), 300), f"{synced:.1f}", INTERVAL_S)
        first = synced + wait_until("every route's first decision", lambda: operator.sum(
            "bandit_operator_decisions_total") >= options.routes, 900)
        table.row("operator: start to every route decided, s", first, f"{first:.1f}")
        # Once what is new has been written down, and the first decisions are followed by others.
        wait_until("the second round", lambda: operator.sum("bandit_operator_decisions_total") >= 2 * options.routes,
                   900)
        time.sleep(options.settle)
        cpu, made = operator.cpu_seconds(), operator.sum("bandit_operator_decisions_total")
        calls, queries = operator.sum("rest_client_requests_total"), prometheus.queries
        time.sleep(options.intervals * INTERVAL_S)
        cpu = (operator.cpu_seconds() - cpu) / options.intervals
        made = (operator.sum("bandit_operator_decisions_total") - made) / options.intervals
        queries = prometheus.queries - queries
        calls = (operator.sum("rest_client_requests_total") - calls - queries) / options.intervals
        held = operator.sum("bandit_operator_decisions_total", 'verdict="Held"')
        table.row("decisions an interval", made, f"{made:.0f}", 0.99 * options.routes, at_most=False)
        table.row("decisions held", held, f"{held:.0f}", 0)
        table.row("CPU an interval, % of a core", 100 * cpu / INTERVAL_S,
                  f"{100 * cpu / INTERVAL_S:.1f} ({1e6 * cpu / options.routes:.0f} us a route)", 50)
        table.row("queries to Prometheus an interval", queries / options.intervals,
                  f"{queries / options.intervals:.0f}")
        if options.store == "apiserver":
            table.row("requests to the API server an interval", calls, f"{calls:.0f}", 45 * INTERVAL_S)
        table.row("operator: memory at most, MiB", operator.peak_mib(), f"{operator.peak_mib():.1f}", 64)
    finally:
        operator.stop()


def measure_exporter(table, binary, flags, options):
    exporter = Program(binary, *flags)
    try:
        synced = wait_until("the exporter to be ready", lambda: exporter.get("/readyz"), 300)
        table.row("exporter: start to synced, s", synced, f"{synced:.1f}", INTERVAL_S)
        page = len(exporter.get("/metrics").encode()) / 2 ** 20
        table.row("exporter: page, MiB", page, f"{page:.1f}")
        table.row("exporter: memory at most, MiB", exporter.peak_mib(), f"{exporter.peak_mib():.1f}",
                  round(2 * page, 1) if options.routes >= 10000 else None)  # of a small fleet, the program itself
    finally:
        exporter.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("programs")
    parser.add_argument("--store", choices=STORES, default="folder")
    parser.add_argument("--routes", type=int, default=10000)
    parser.add_argument("--arms", type=int, default=3)
    parser.add_argument("--intervals", type=int, default=1)
    parser.add_argument("--settle", type=float, default=2, help="seconds before measuring")
    options = parser.parse_args()
    arms = arm_names(options.arms)
    folder = tempfile.mkdtemp(prefix="fleet-")
    socket_path, ports, store = os.path.join(folder, "haproxy.sock"), [], None
    try:
        prometheus = Prometheus(options.routes, arms)
        run_servers(prometheus, HAProxy(arms), socket_path, ports)
        store = STORES[options.store](folder, options.routes, arms)
        table = Table(f"{options.routes} routes x {options.arms} arms, interval {INTERVAL_S} s, {options.store}")
        flags = [*store.flags(), "--dataplane.haproxy-socket", socket_path, "--prometheus.url",
                 f"http://127.0.0.1:{ports[0]}", "--prometheus.timeout", "20s"]
        measure_operator(table, os.path.join(options.programs, "bandit-operator"), flags, options, prometheus)
        measure_exporter(table, os.path.join(options.programs, "bandit-exporter"), store.flags(), options)
    finally:
        if store:
            store.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if table.missed else 0


if __name__ == "__main__":
    sys.exit(main())
