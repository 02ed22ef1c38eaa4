# SPDX-License-Identifier: Apache-2.0
"""A server under measurement: started, scraped over new connections, its CPU and memory read
as the kernel counts them."""
import json
import socket
import statistics
import subprocess
import time
import urllib.request

from machine import process_cpu_s

CHUNK = bytearray(1 << 20)  # what is read is counted and dropped


class Scrapes:
    """Median time from connecting to the last byte, the server's CPU for each, and bytes."""

    def __init__(self, times, cpu_ms, size):
        self.ms, self.cpu_ms, self.size = statistics.median(times), cpu_ms, size


class Server:
    """Prints lines of JSON when it starts; the one with its port is the last."""

    def __init__(self, *command, cwd=None):
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

    def fetch(self, compressed=False, path="/metrics", data=None):
        """The body, not decompressed."""
        headers = {"Accept-Encoding": "gzip"} if compressed else {}
        request = urllib.request.Request(f"http://127.0.0.1:{self.said['port']}{path}",
                                         headers=headers, data=data)
        with urllib.request.urlopen(request, timeout=120) as r:
            return r.read()

    def scrape(self, compressed):
        """Bytes, head included; the client does as little as it can."""
        encoding = b"Accept-Encoding: gzip\r\n" if compressed else b""
        size = 0
        with socket.create_connection(("127.0.0.1", self.said["port"]), timeout=120) as s:
            s.sendall(b"GET /metrics HTTP/1.1\r\nHost: bench\r\n" + encoding + b"Connection: close\r\n\r\n")
            while n := s.recv_into(CHUNK):
                size += n
        return size

    def cpu_ms(self):
        return process_cpu_s(self.process.pid) * 1000

    def resident_mib(self):
        with open(f"/proc/{self.process.pid}/status") as f:
            return next(int(line.split()[1]) for line in f if line.startswith("VmRSS")) / 1024

    def change(self, percent):
        """Give so many of the objects new numbers; what the server says of it."""
        return json.loads(self.fetch(path=f"/change?percent={percent}", data=b""))

    def scrapes(self, rounds, compressed, change=0, warm=True):
        """The CPU of changing objects is not counted: the operator's store sets that pace."""
        times, cpu = [], 0
        if warm:
            self.scrape(compressed)
        for _ in range(rounds):
            if change:
                self.change(change)
            cpu -= self.cpu_ms()
            began = time.monotonic()
            size = self.scrape(compressed)
            times.append((time.monotonic() - began) * 1000)
            cpu += self.cpu_ms()
        return Scrapes(times, cpu / rounds, size)
