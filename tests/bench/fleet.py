#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A large fleet under one operator and one exporter: how long until they know it, how much of an interval and of a core
deciding takes, how much memory, how many requests.

Usage: fleet.py FOLDER-OF-THE-PROGRAMS [--store folder] [--store apiserver] [--routes 10000] [--arms 3] [--intervals 1]
           [--write PAGE]

The real programs; Prometheus and HAProxy are made up, and of an API server only what is asked of it is counted. The
operator has one worker on a folder and four on an API server, as the manifests have it. Prints tables, and exits with 1
when a bar is missed.
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

import document
from bars import Table, Watch, page
from fleet_world import INTERVAL_S, ApiServer, Folder, HAProxy, Prometheus, arm_names, run_servers

SCRAPE_S, SETTLE_S = 15, 2
REQUESTS_S = 45  # the budget of statuses, the lease, and some room
STORES = {"folder": Folder, "apiserver": ApiServer}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_until(what, condition, seconds, pause=0.1):
    """How long it took, to the pause. A page of metrics of ten thousand routes costs the program more than a few
    decisions: who waits by it looks seldom."""
    start = time.monotonic()
    while not condition():
        if time.monotonic() - start > seconds:
            sys.exit(f"not within {seconds} s: {what}")
        time.sleep(pause)
    return time.monotonic() - start


def sum_of(metrics, name, part=""):
    found = re.findall(rf"^{name}(?:\{{(.*)\}})? (\S+)$", metrics, re.M)
    return sum(float(value) for labels, value in found if part in labels)


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

    def scrape(self):
        """As Prometheus does."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/metrics", headers={"Accept-Encoding": "gzip"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            answer.read()

    def sum(self, name, part=""):
        """The sum of the samples of that name whose labels hold that part."""
        return sum_of(self.get("/metrics"), name, part)

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


class Reading:
    """Of an operator at some moment; of two, what happened in between, for each interval."""

    def __init__(self, operator, prometheus):
        self.cpu, self.queries = operator.cpu_seconds(), prometheus.queries
        metrics = operator.get("/metrics")
        self.decisions = sum_of(metrics, "bandit_operator_decisions_total")
        self.held = sum_of(metrics, "bandit_operator_decisions_total", 'verdict="Held"')
        self.requests = sum_of(metrics, "rest_client_requests_total")

    def since(self, other, intervals):
        for name in ("cpu", "queries", "decisions", "requests"):
            setattr(self, name, (getattr(self, name) - getattr(other, name)) / intervals)
        return self


def live_on(operator, intervals):
    """With a Prometheus that scrapes."""
    end = time.monotonic() + intervals * INTERVAL_S
    while time.monotonic() < end:
        time.sleep(max(0, min(SCRAPE_S, end - time.monotonic())))
        operator.scrape()


def wait_for_decisions(operator, count):
    return wait_until(f"{count} decisions", lambda: operator.sum("bandit_operator_decisions_total") >= count, 900, 1)


def measure_operator(table, binary, flags, options, prometheus, store):
    operator = Program(binary, *flags)
    try:
        synced = wait_until("the operator to be ready", lambda: operator.get("/readyz"), 300)
        table.row("operator: start to synced, s", synced, bar=INTERVAL_S)
        table.row("operator: start to every route decided, s", synced + wait_for_decisions(operator, options.routes))
        # Once what is new has been written down, and the first decisions are followed by others.
        wait_for_decisions(operator, 2 * options.routes)
        time.sleep(SETTLE_S)
        before = Reading(operator, prometheus)
        live_on(operator, options.intervals)
        each = Reading(operator, prometheus).since(before, options.intervals)
        share = 100 * each.cpu / INTERVAL_S
        table.row("decisions an interval", each.decisions, f"{each.decisions:.0f}", 0.99 * options.routes,
                  at_most=False)
        table.row("decisions held", each.held, f"{each.held:.0f}", 0)
        table.row("CPU an interval, scrapes included, % of a core", share,
                  f"{share:.1f} ({1e6 * each.cpu / each.decisions:.0f} us a decision)", 50)
        table.row("queries to Prometheus an interval", each.queries, f"{each.queries:.0f}")
        if store.asked:
            requests = each.requests - each.queries
            table.row("requests to the API server an interval", requests, f"{requests:.0f}", REQUESTS_S * INTERVAL_S)
        table.row("operator: memory at most, MiB", operator.peak_mib(), bar=64)
    finally:
        operator.stop()


def measure_exporter(table, binary, flags, options):
    exporter = Program(binary, *flags)
    try:
        synced = wait_until("the exporter to be ready", lambda: exporter.get("/readyz"), 300)
        table.row("exporter: start to synced, s", synced, bar=INTERVAL_S)
        metrics = len(exporter.get("/metrics").encode()) / 2 ** 20
        table.row("exporter: page, MiB", metrics)
        table.row("exporter: memory at most, MiB", exporter.peak_mib(),
                  bar=round(2 * metrics, 1) if options.routes >= 10000 else None)  # of few, the program itself
    finally:
        exporter.stop()


def measure(kind, options):
    """The table of the fleet in a store of that kind."""
    arms = arm_names(options.arms)
    folder = tempfile.mkdtemp(prefix="fleet-")
    socket_path, ports, store = os.path.join(folder, "haproxy.sock"), [], None
    try:
        prometheus = Prometheus(options.routes, arms)
        run_servers(prometheus, HAProxy(arms), socket_path, ports)
        store = STORES[kind](folder, options.routes, arms)
        table = Table(f"{options.routes} routes x {options.arms} arms, interval {INTERVAL_S} s, {store.name}")
        flags = [*store.flags(), "--workers", store.workers, "--dataplane.haproxy-socket", socket_path, "--prometheus.url",
                 f"http://127.0.0.1:{ports[0]}", "--prometheus.timeout", "20s"]
        measure_operator(table, os.path.join(options.programs, "bandit-operator"), flags, options, prometheus, store)
        measure_exporter(table, os.path.join(options.programs, "bandit-exporter"), store.flags(), options)
    finally:
        if store:
            store.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return table


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("programs")
    parser.add_argument("--store", choices=STORES, action="append")
    parser.add_argument("--routes", type=int, default=10000)
    parser.add_argument("--arms", type=int, default=3)
    parser.add_argument("--intervals", type=int, default=1)
    parser.add_argument("--write", metavar="PAGE", help="put the tables into this page of docs, too")
    options = parser.parse_args()
    watch = Watch()
    tables = [measure(kind, options) for kind in options.store or STORES]
    if options.write:
        document.keep(page(watch, tables), options.write, "fleet")
    return 1 if any(t.missed for t in tables) else 0


if __name__ == "__main__":
    sys.exit(main())
