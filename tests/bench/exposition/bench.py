#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The exporter's page beside its limit and its peers, in one run. See exposition.sh."""
import argparse
import gzip
import json
import os
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import document
import machine
import prometheus
from servers import Server
from verdicts import Table

HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = ("python", "node")
SERIES_100K, SERIES_400K, LARGE = 1180, 4740, 10000  # routes of three arms
CHANGES = 9  # each of one route in a hundred


class Bench:
    def __init__(self, args, scratch):
        self.args, self.scratch, self.table = args, scratch, Table()
        self.page_path = os.path.join(scratch, "page.txt")
        if "node" not in args.without:
            subprocess.run(["npm", "install", "--silent", "--no-fund", "--no-audit", "prom-client@15"],
                           cwd=scratch, check=True)

    def binary(self, name):
        return os.path.join(self.args.build, "bin", name)

    def fleet(self, routes):
        return Server(self.binary("fleet_server"), "--routes", str(routes))

    def limit(self, ours, compressed):
        """A libmicrohttpd that sends what we send, from a fixed buffer."""
        kept = os.path.join(self.scratch, "page.bytes")
        with open(kept, "wb") as f:
            f.write(ours.fetch(compressed))
        return Server(self.args.limit, kept, *(["gzip"] if compressed else []))

    def peers(self, everything):
        """Name, command, folder, and the least of times ours, plain and gzip."""
        if "python" not in self.args.without:
            python = ("/usr/bin/python3", f"{HERE}/python_peer.py", self.page_path)
            yield "prometheus_client, collector", (*python, "collector"), None, (30, self.args.gzip_bar)
            if everything:
                yield "prometheus_client, Gauge children", (*python, "children"), None, (50, None)
        if "node" not in self.args.without:
            yield "prom-client on Node.js", ("node", f"{HERE}/node_peer.mjs", self.page_path), self.scratch, (28, None)

    # ---- scrapes ---------------------------------------------------------------------

    def ours(self, server, compressed, rounds, bar_ms):
        """The exporter's rows; returns the scrapes after everything has changed, which is what
        peers, who keep nothing, are to be compared with."""
        still = server.scrapes(rounds, compressed)
        self.table.time("exporter, nothing changed", still, at_most_ms=bar_ms)
        for percent in (1, 100):
            changed = server.scrapes(max(3, rounds // 3), compressed, percent)
            self.table.time(f"exporter, {percent} % of the routes changed before each scrape", changed, still)
        with self.limit(server, compressed) as limit:
            self.table.time("limit: libmicrohttpd, the same bytes from a fixed buffer",
                            limit.scrapes(rounds, compressed), still)
        return changed

    def fleet_of(self, routes, rounds, everything):
        with self.fleet(routes) as server:
            page = server.fetch()
            if gzip.decompress(server.fetch(True)) != page:
                sys.exit("the compressed page is another")
            with open(self.page_path, "wb") as f:
                f.write(page)
            series = page.count(b"{")
            name = f"{routes:,} routes x 3 arms, {series:,} series"
            changed = {}
            for compressed in (False, True):
                bars = ((None, 10), (None, 1))[compressed]
                self.table.title(f"{name}, {'gzip' if compressed else 'plain'}")
                changed[compressed] = self.ours(server, compressed, rounds * (1 + 4 * compressed),
                                                bars[everything])
            packed = None
            if len(self.args.without) < len(PEERS):
                self.table.title(f"{name}, peers, beside the exporter after all routes changed")
                packed = self.peers_of(changed, everything)
            self.figures(server, name, page, changed, packed, everything)

    def peers_of(self, ours, everything):
        """Rows of the peers; returns the size of the Python client's compressed body."""
        packed = None
        for title, command, cwd, bars in self.peers(everything):
            with Server(*command, cwd=cwd) as server:
                for compressed in (False, True):
                    taken = server.scrapes(3 if everything else 1, compressed, warm=everything)
                    self.table.time(f"{title}, {'gzip' if compressed else 'plain'}", taken, ours[compressed],
                                    at_least_times=bars[compressed] if everything else None)
                    if compressed and "collector" in title:
                        packed = taken.size
                self.table.row(f"{title}, memory", f"{server.resident_mib():.0f} MiB")
        return packed

    # ---- other figures ---------------------------------------------------------------

    def figures(self, server, name, page, ours, packed, everything):
        table, series = self.table, page.count(b"{")
        change = statistics.median(server.change(1)["us_per_object"] for _ in range(CHANGES))
        resident = server.resident_mib()
        table.title(f"{name}, memory and changes")
        table.row("a series", f"{len(page) / series:.0f} bytes, {ours[True].size / series:.1f} with gzip")
        table.most("one route changed, CPU to write its samples again", change, 20, " us")
        table.row("one route, memory for its samples and its card on the front page",
                  f"{server.said['bytes_per_object'] / 1024:.1f} KiB")
        if packed:
            table.most("compressed body, of prometheus_client's (gzip level 9)", ours[True].size / packed, 1.2)
        if everything:
            table.most("resident memory", resident * 1048576 / 1e6, 40, " MB")
        table.most("resident memory, of the plain page", resident * 1048576 / len(page), 3 if everything else 2)

    def memory_of(self, routes):
        """Resident memory after scrapes of both kinds, some of them with changes."""
        with self.fleet(routes) as server:
            page = server.fetch()
            for compressed in (False, True):
                server.scrapes(3, compressed, 1)
            resident = server.resident_mib()
            self.table.title(f"{routes:,} routes x 3 arms, {page.count(b'{'):,} series")
            self.table.row("resident memory", f"{resident:.1f} MiB")
            self.table.most("resident memory, of the plain page", resident * 1048576 / len(page), 2)

    def rendering(self):
        told = json.loads(subprocess.run([self.binary("registry_render")], check=True,
                                         capture_output=True).stdout)
        self.table.title("lib/metrics: rendering a registry of 100,000 gauges, CPU of the thread")
        self.table.most("metrics_expose()", told["registry_ms"], 5, " ms")
        self.table.least('snprintf("%.17g") over it', told["snprintf_ms"] / told["registry_ms"], 4, " times")

    def prometheus_scrapes(self):
        """By Prometheus itself, which asks for OpenMetrics with gzip."""
        with self.fleet(SERIES_100K) as server, self.limit(server, True) as limit:
            ours, kept = prometheus.scrape_ms(server, self.scratch), prometheus.scrape_ms(limit, self.scratch)
        if not ours or not kept:
            return
        self.table.title("a real Prometheus takes in 100,000 series, its own scrape_duration_seconds")
        self.table.row("exporter", f"{ours:.0f} ms")
        self.table.most("exporter over a page kept ready", ours / kept, 1.6, " times")
        for title, command, cwd, _ in self.peers(False):
            with Server(*command, cwd=cwd) as server:
                took = prometheus.scrape_ms(server, self.scratch)
            if took and "prometheus_client" in title:
                self.table.least(f"{title} over exporter", took / ours, 4, " times")
            elif took:  # the bar was set for the Python client; this one is for comparison
                self.table.row(f"{title} over exporter", f"{took / ours:.2f} times")

    def run(self):
        self.rendering()
        self.fleet_of(SERIES_100K, 15, True)
        self.prometheus_scrapes()
        if self.args.full:
            self.memory_of(SERIES_400K)
            self.fleet_of(LARGE, 3, False)
        return self.table


def own_cpu_s():
    """This program's and that of all servers, which have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True)
    parser.add_argument("--limit", required=True)
    parser.add_argument("--gzip-bar", type=int, default=20, help="14 in a build without libdeflate")
    parser.add_argument("--full", action="store_true", help="also 400,000 series and 10,000 routes")
    parser.add_argument("--without", action="append", default=[], choices=PEERS)
    parser.add_argument("--write", metavar="PAGE", type=os.path.abspath,
                        help="put the tables into docs/performance.md, too")
    args = parser.parse_args()
    began, busy, own = time.monotonic(), machine.busy_s(), own_cpu_s()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the servers end, too
    with tempfile.TemporaryDirectory(prefix="bandit-exposition.") as scratch:
        table = Bench(args, scratch).run()
    took = time.monotonic() - began
    others = max(0, machine.busy_s() - busy - (own_cpu_s() - own)) / (took * os.cpu_count())
    measured_on = (f"{os.cpu_count()} cores, {machine.processor()}; while it was measured ({took:.0f} s), "
                   f"other programs had {others:.0%} of the machine.")
    print(f"\n{measured_on} {table.verdict()}")
    if args.write:
        document.keep(table.text(measured_on), args.write, "exposition")
    return 1 if table.missed else 0


if __name__ == "__main__":
    sys.exit(main())
