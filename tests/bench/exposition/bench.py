#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The exporter's page beside its limit and two peers, in one run. See exposition.sh."""
import argparse
import gzip
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
SMALL, LARGE = 1180, 10000  # routes of three arms: 100 000 and 850 000 series


class Server:
    def __init__(self, *command, cwd=None):
        self.began = time.monotonic()
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=cwd)
        self.said = {}
        while "port" not in self.said:
            line = self.process.stdout.readline()
            if not line:
                raise RuntimeError(f"{command} ended")
            self.said.update(json.loads(line))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def get(self, compressed=False, path="/metrics", data=None):
        headers = {"Accept-Encoding": "gzip"} if compressed else {}
        request = urllib.request.Request(f"http://127.0.0.1:{self.said['port']}{path}",
                                         headers=headers, data=data)
        with urllib.request.urlopen(request, timeout=120) as r:
            return r.read()

    def cpu(self):
        with open(f"/proc/{self.process.pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")

    def resident_mib(self):
        with open(f"/proc/{self.process.pid}/status") as f:
            return next(int(line.split()[1]) for line in f if line.startswith("VmRSS")) / 1024

    def scrapes(self, n, compressed, change=0):
        """Median milliseconds from connecting to the last byte, and bytes."""
        times = []
        self.get(compressed)
        for _ in range(n):
            if change:
                self.get(path=f"/change?percent={change}", data=b"")
            began = time.monotonic()
            size = len(self.get(compressed))
            times.append((time.monotonic() - began) * 1000)
        return statistics.median(times), size


def row(name, milliseconds, base=None, note=""):
    ratio = f"{milliseconds / base:8.1f} x" if base else " " * 10
    print(f"  {name:<44} {milliseconds:9.2f} ms {ratio}  {note}")


def compare(name, page, ours, scratch, limit, peers, rounds):
    """The exporter, its limit and the peers over the same series."""
    for compressed in (False, True):
        kind = "gzip" if compressed else "plain"
        print(f"\n{name}, {kind}")
        kept = os.path.join(scratch, "page." + kind)
        with open(kept, "wb") as f:
            f.write(ours.get(compressed))
        still, size = ours.scrapes(rounds, compressed)
        row("exporter, nothing changed", still, note=f"{size / 1e6:.2f} MB")
        for percent in (1, 100):
            row(f"exporter, {percent} % changed before each scrape",
                ours.scrapes(max(3, rounds // 3), compressed, percent)[0], still)
        with Server(limit, kept, *(["gzip"] if compressed else [])) as server:
            row("limit: libmicrohttpd, fixed buffer", server.scrapes(rounds, compressed)[0], still)
        for title, command, cwd in peers:
            with Server(*command, cwd=cwd) as server:
                took, peer_size = server.scrapes(3, compressed)
                row(title, took, still, f"{peer_size / 1e6:.2f} MB, {server.resident_mib():.0f} MiB")
    best = len(zlib.compress(page, 9))
    print(f"\n  body against zlib level 9: {len(ours.get(True)) / best:.3f}; "
          f"{len(page) / max(1, page.count(b'{')):.0f} bytes a series, "
          f"{best / max(1, page.count(b'{')):.1f} compressed")
    print(f"  memory {ours.resident_mib():.1f} MiB = "
          f"{ours.resident_mib() * 1048576 / len(page):.2f} x the page; "
          f"an object's change costs {json.loads(ours.get(path='/change?percent=1', data=b''))['us_per_object']} us")


def peers_of(page_path, scratch, without):
    peers = []
    if "python" not in without:
        for kind in ("collector", "children"):
            peers.append((f"prometheus_client, {kind}",
                          ("/usr/bin/python3", f"{HERE}/python_peer.py", page_path, kind), None))
    if "node" not in without:
        subprocess.run(["npm", "install", "--silent", "--no-fund", "--no-audit", "prom-client@15"],
                       cwd=scratch, check=True)
        peers.append(("prom-client on Node.js", ("node", f"{HERE}/node_peer.mjs", page_path), scratch))
    return peers


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True)
    parser.add_argument("--limit", required=True)
    parser.add_argument("--full", action="store_true", help="also 10 000 routes")
    parser.add_argument("--without", action="append", default=[], choices=["python", "node"])
    args = parser.parse_args()
    fleet = os.path.join(args.build, "bin/fleet_server")
    with tempfile.TemporaryDirectory() as scratch:
        rendered = json.loads(subprocess.run([os.path.join(args.build, "bin/registry_render")],
                                             check=True, capture_output=True).stdout)
        print(f"rendering a registry of 100 000 gauges: {rendered['registry_ms']} ms, "
              f"snprintf %.17g {rendered['snprintf_ms']} ms "
              f"({rendered['snprintf_ms'] / rendered['registry_ms']:.1f} x)")
        for routes in (SMALL, LARGE) if args.full else (SMALL,):
            with Server(fleet, "--routes", str(routes)) as ours:
                page = ours.get()
                if gzip.decompress(ours.get(True)) != page:
                    sys.exit("the compressed page is another")
                path = os.path.join(scratch, "page.txt")
                with open(path, "wb") as f:
                    f.write(page)
                peers = peers_of(path, scratch, args.without) if routes == SMALL else []
                compare(f"{routes} routes x 3 arms, {page.count(b'{')} series", page, ours, scratch,
                        args.limit, peers, 15 if routes == SMALL else 5)


if __name__ == "__main__":
    main()
