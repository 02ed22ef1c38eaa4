#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A scriptable stand-in for Prometheus' query API, hostile on demand.

It answers the operator's three queries from `arms`, a table that tests change while it
runs, and misbehaves as `fault` says. As a program it prints its port and serves until
its standard input closes; a test imports it.
"""
import http.server
import json
import os
import re
import socket
import sys
import threading
import time
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from ports import free_port  # noqa: E402


class Arm:
    """Counts of one arm in the window, per objective: (good, events)."""

    def __init__(self, **objectives):
        self.objectives = objectives
        self.scraped = None  # seconds since 1970; None: just now


class FakePrometheus:
    FAULTS = ("nan", "inf", "negative", "duplicate", "warning", "bad_request",
              "unavailable", "slow", "truncated", "cut_short", "not_json", "empty_body",
              "wrong_type", "histogram", "status_error", "reset", "redirect", "down")

    def __init__(self):
        self.routes = {}  # (namespace, route) -> {arm name: Arm}
        self.fault = None
        self.fault_query = None  # a part of the query's name; None: every query
        self.queries = 0
        self.connections = []
        self.lock = threading.Lock()
        self.server = None
        self.port = free_port()  # for it comes back to it
        self.start()

    # ---- life ----------------------------------------------------------------------

    def start(self):
        fake = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                fake.answer(self)

            def log_message(self, *args):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True

            def get_request(self):
                request, address = super().get_request()
                fake.connections.append(request)
                return request, address

            def handle_error(self, request, client_address):
                pass

        self.server = Server(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self):
        """Also what is kept alive ends, as when a process does."""
        self.server.shutdown()
        self.server.server_close()
        for connection in self.connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # closed already
        self.connections.clear()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    # ---- answers -------------------------------------------------------------------

    def series(self, query):
        """The instant vector as a list of (labels, value)."""
        name = query.split("{")[0]
        result = []
        with self.lock:
            for (namespace, route), arms in self.routes.items():
                for arm_name, arm in arms.items():
                    labels = {"__name__": name, "namespace": namespace, "route": route,
                              "arm": arm_name}
                    if name.startswith("bandit:arm_last_scrape"):
                        result.append((labels, arm.scraped or time.time()))
                        continue
                    part = 0 if "_good:" in name else 1
                    for objective, counts in arm.objectives.items():
                        if counts[part] is not None:
                            result.append(({**labels, "objective": objective},
                                           counts[part]))
        return result

    def body(self, query, fault):
        series = self.series(query)
        if fault in ("nan", "inf", "negative") and series:
            value = {"nan": "NaN", "inf": "+Inf", "negative": -3}[fault]
            series[0] = (series[0][0], value)
        if fault == "duplicate" and series:
            series.append(({**series[0][0], "instance": "another"}, 1))
        answer = {"status": "success", "data": {"resultType": "vector", "result": [
            {"metric": labels, "value": [round(time.time(), 3), str(value)]}
            for labels, value in series]}}
        if fault == "warning":
            answer["warnings"] = ["remote storage did not answer"]
        if fault == "wrong_type":
            answer["data"]["resultType"] = "matrix"
        if fault == "histogram":
            for one in answer["data"]["result"]:
                one["histogram"] = one.pop("value")
        if fault == "status_error":
            answer = {"status": "error", "errorType": "internal", "error": "odd"}
        return json.dumps(answer).encode()

    def answer(self, handler):
        length = int(handler.headers.get("Content-Length", 0))
        form = urllib.parse.parse_qs(handler.rfile.read(length).decode())
        query = form.get("query", [""])[0]
        fault = self.fault
        if fault and self.fault_query and self.fault_query not in query:
            fault = None
        self.queries += 1
        if handler.path != "/api/v1/query" or not re.match(r"^bandit:", query):
            return self.send(handler, 404, b"{}")
        if fault == "bad_request":
            return self.send(handler, 400, json.dumps(
                {"status": "error", "errorType": "bad_data", "error": "parse error"}).encode())
        if fault == "unavailable":
            return self.send(handler, 503, b"Service Unavailable", "text/plain")
        if fault == "redirect":
            return self.send(handler, 302, b"")
        if fault == "slow":
            time.sleep(30)
        if fault == "not_json":
            return self.send(handler, 200, b"<html>proxy says hello</html>")
        if fault == "empty_body":
            return self.send(handler, 200, b"")
        if fault == "reset":
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                          b"\x01\x00\x00\x00\x00\x00\x00\x00")
            handler.close_connection = True
            handler.connection.close()
            return None
        body = self.body(query, fault)
        if fault == "truncated":  # by somebody who mends the length
            return self.send(handler, 200, body[:-20])
        if fault == "cut_short":  # by a connection that dies
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body[:-20])
            handler.close_connection = True
            return None
        return self.send(handler, 200, body)

    @staticmethod
    def send(handler, status, body, kind="application/json"):
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)


if __name__ == "__main__":
    fake = FakePrometheus()
    print(fake.port, flush=True)
    sys.stdin.read()
