#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hostile and clumsy clients beside an honest scrape every second: none of the honest ones
fails or waits for long, each shows what changed a moment before, and memory stays where it was.
What is long and what a moment is on this machine says another exporter, left alone, of the
same folder.

    exporter_robust.py BANDIT-EXPORTER [SECONDS]
"""
import gzip
import os
import random
import resource
import socket
import struct
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
import openmetrics  # noqa: E402
from exporter import Exporter, Folder, workplace  # noqa: E402
from wait import wait_for  # noqa: E402

GET = b"GET /metrics HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n"
CROWD = 1000  # connections that say nothing: as many as the exporter takes
ROUTES = 300  # a page large enough to be compressed in pieces
CHANGES_SEEN_S = 3
SLOWEST_S = 5


class Mix:
    """Every method is one kind of client, called again and again until the end."""

    def __init__(self, port):
        self.port, self.end = port, threading.Event()
        self.done, self.largest_crowd, self.faults = {}, 0, []

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=5)

    def slow_head(self):
        """A byte of the head now and then, never the end of it."""
        with self.connect() as s:
            for byte in GET * 3:
                if self.end.is_set():
                    return
                s.sendall(bytes([byte]))
                time.sleep(0.05)

    def slow_reader(self):
        """Asks for a lot and takes it a few bytes at a time."""
        with self.connect() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            s.sendall(GET.replace(b"Accept-Encoding: gzip\r\n", b"") + b"\r\n")
            for _ in range(40):
                if self.end.is_set() or not s.recv(64):
                    return
                time.sleep(0.05)

    def aborted_reader(self):
        """Asks for gzip, takes a little and resets the connection."""
        with self.connect() as s:
            s.sendall(GET + b"\r\n")
            s.recv(random.choice([1, 10, 1000]))
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def half_open(self):
        """Sends a request and closes its own side at once."""
        with self.connect() as s:
            s.sendall(GET + b"\r\n")
            s.shutdown(socket.SHUT_WR)
            while s.recv(65536):
                pass

    def head_bomb(self):
        with self.connect() as s:
            s.sendall(GET)
            for i in range(3000):
                s.sendall(b"X-Bomb-%d: %s\r\n" % (i, b"x" * 500))

    def long_target(self):
        with self.connect() as s:
            s.sendall(b"GET /" + b"a" * 200000 + b" HTTP/1.1\r\n\r\n")
            s.recv(1000)

    def pipeline(self):
        """A hundred requests at once, of which a few answers are read."""
        with self.connect() as s:
            s.sendall((GET + b"\r\n") * 100)
            for _ in range(20):
                s.recv(4096)

    def nonsense(self):
        with self.connect() as s:
            s.sendall(random.randbytes(2000) + b"\r\n\r\n")
            s.recv(1000)

    def endless_body(self):
        with self.connect() as s:
            s.sendall(b"POST /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in range(500):
                s.sendall(b"1000\r\n" + b"b" * 4096 + b"\r\n")

    def crowd(self):
        """So many connections that there is no room left, all of them silent."""
        crowd = []
        try:
            for _ in range(CROWD):
                if self.end.is_set():
                    return
                crowd.append(self.connect())
            self.end.wait(3)
        finally:
            self.largest_crowd = max(self.largest_crowd, len(crowd))
            for s in crowd:
                s.close()

    def run(self, kind):
        while not self.end.is_set():
            try:
                getattr(self, kind)()
            except OSError:
                pass  # being thrown out is what they are there for
            except Exception as e:  # noqa: BLE001: else a kind would be missing unnoticed
                self.faults.append(e)
                return
            self.done[kind] = self.done.get(kind, 0) + 1
            time.sleep(0.02)


KINDS = ("slow_head", "slow_head", "slow_reader", "slow_reader", "aborted_reader", "half_open",
         "head_bomb", "long_target", "pipeline", "nonsense", "endless_body", "crowd")


class Churn:
    """A route that is replaced by the next one every second, so that hostile readers have
    updates to be in the way of."""

    def __init__(self, folder):
        self.folder, self.made = folder, []

    def step(self):
        self.folder.put(f"churn-{len(self.made)}")
        self.made.append(time.monotonic())
        if len(self.made) > 1:
            self.folder.remove(f"churn-{len(self.made) - 2}")

    @staticmethod
    def shown(page):
        routes = [labels["route"] for _, labels, _, _ in openmetrics.check(page)["bandit_route"].samples]
        assert len(routes) >= ROUTES and len(set(routes)) == len(routes)
        shown = [int(r[6:]) for r in routes if r.startswith("churn-")]
        assert len(shown) <= 2, f"ghosts: {shown}"
        return max(shown, default=-1)

    def check(self, page, asked, elsewhere):
        """What a page asked for at that time has to show: a change of some seconds before, if
        the other exporter has shown it by then."""
        due = max((i for i, t in enumerate(self.made) if t < asked - CHANGES_SEEN_S), default=-1)
        assert self.shown(page) >= min(due, elsewhere), (self.shown(page), due, elsewhere)


def scrape(exporter):
    """(page, how long it took)"""
    began = time.monotonic()
    page = gzip.decompress(exporter.get(headers={
        "Accept": "application/openmetrics-text", "Accept-Encoding": "gzip"}))
    return page, time.monotonic() - began


def honest_scrapes(exporter, control, churn, seconds):
    """One a second; returns how long each took, the memory after each, and how long those of
    the exporter took that nobody harms."""
    times, memory, calm = [], [], []
    for _ in range(seconds):
        began = time.monotonic()
        churn.step()
        other, took = scrape(control)
        calm.append(took)
        asked = time.monotonic()
        page, took = scrape(exporter)
        times.append(took)
        memory.append(exporter.resident_kib())
        if len(times) % 5 == 0:
            churn.check(page, asked, churn.shown(other))
        time.sleep(max(0, 1 - (time.monotonic() - began)))
    return times, memory, calm


def report(times, memory, mix):
    """Prints the figures; returns the most memory of the first and of the second half."""
    ordered, half = sorted(times), len(memory) // 2
    early, late = max(memory[:half]), max(memory[half:])
    print(f"{len(times)} honest scrapes, none failed: median {ordered[len(times) // 2] * 1000:.1f} ms, "
          f"99th percentile {ordered[len(times) * 99 // 100] * 1000:.0f} ms, slowest {ordered[-1] * 1000:.0f} ms")
    print(f"memory: most in the first half {early / 1024:.1f} MiB, in the second {late / 1024:.1f} MiB; "
          f"at the end {memory[-1] / 1024:.1f} MiB")
    print("hostile clients: " + ", ".join(f"{n} {kind}" for kind, n in sorted(mix.done.items())) +
          f"; largest crowd {mix.largest_crowd} connections")
    return early, late


def main(binary, seconds="12"):
    seconds = int(seconds)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4 * CROWD)), hard))
    with workplace() as place:
        folder = Folder(os.path.join(place, "routes"))
        for i in range(ROUTES):
            folder.put(f"route-{i}")
        with Exporter(binary, place, folder) as exporter, Exporter(binary, place, folder) as control:
            mix = Mix(exporter.port)
            threads = [threading.Thread(target=mix.run, args=(k,), daemon=True) for k in KINDS]
            wait_for("all routes", lambda: all(b"bandit_exporter_objects %d\n" % ROUTES in e.get(
                "/metrics/self") for e in (exporter, control)))
            for t in threads:
                t.start()
            try:
                times, memory, calm = honest_scrapes(exporter, control, Churn(folder), seconds)
            finally:
                mix.end.set()
                for t in threads:
                    t.join(90)
        early, late = report(times, memory, mix)
        assert not mix.faults, mix.faults
        print(f"left alone: slowest {max(calm) * 1000:.0f} ms")
        assert max(times) < SLOWEST_S + 4 * max(calm), "an honest scrape waited too long"
        # A crowd of a thousand connections has a thousand threads; sanitizers take more.
        sanitized = memory[0] > 40000
        assert sanitized or late < 100000, "too much memory"
        assert sanitized or seconds < 60 or late < 1.2 * early, "memory grows"
        assert set(mix.done) == set(KINDS), "not every kind of client came round"


if __name__ == "__main__":
    main(*sys.argv[1:])
