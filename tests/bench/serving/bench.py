#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Model servers side by side: the same rows, one client, one machine, one run.

The limit and the model-server (three models) are started together and loaded in turn,
a second each, round after round: every figure of ours is divided by that of the limit in
the same round, so that a machine that slows down or is shared slows both. The peers, which
are many times dearer, are then started one by one. All servers but the limit first answer
all test rows as scikit-learn does. CPU is user and system time of the server's processes
per request. Exits with 1 when a bar is missed, 2 when a server does not work."""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import document
import report
from servers import GOLDEN, HERE, PYTHON, ROWS, Server

MODELS = ["iris_lr", "iris_svc", "iris_rf"]
PEERS = {"flask+gunicorn": MODELS, "fastapi+uvicorn": MODELS, "node": ["iris_lr", "iris_rf"]}
STARTS = 5  # of the model-server, the median of which counts


def varint(n):
    return (bytes([n & 127 | 128]) + varint(n >> 7)) if n > 127 else bytes([n])


def field(number, payload):
    return bytes([number << 3 | 2]) + varint(len(payload)) + payload


def prepare(options):
    """Models with a drift reference, so that the measured server does all of its work,
    and those that Node.js reads."""
    feature = {"edges": [i * 0.8 for i in range(1, 10)], "ratios": [0.1] * 10}
    reference = json.dumps({"observations": 120, "features": [feature] * 4})
    for model in options.models:
        with open(f"{GOLDEN}/{model}.onnx", "rb") as f:
            data = f.read()
        data += field(14, field(1, b"drift_reference") + field(2, reference.encode()))
        with open(f"{options.folder}/{model}.onnx", "wb") as f:
            f.write(data)
    for model in PEERS["node"]:
        if "node" not in options.without:
            subprocess.run([PYTHON, "-B", f"{HERE}/export_for_node.py", model,
                            f"{options.folder}/{model}.json"], check=True)


def answer_bytes(server):
    """Of an answer's body and of those headers that the limit does not send: it sends as
    many in its body, so that the client has as much to read from both."""
    with open(ROWS, encoding="ascii") as f:
        _, headers, body = server.ask("POST", "/predict", '{"features":[%s]}' % f.readline())
    own = [(k, v) for k, v in headers if k.startswith("X-")]
    return len(body) + sum(len(f"{k}: {v}\r\n") for k, v in own)


def start_ours(options, servers):
    """The model-server with each model, the limit in front; starting it several times."""
    for model in options.models:
        times = []
        for _ in range(STARTS - 1):
            once = Server("model-server", model, options)
            times.append(once.ready_ms)
            once.stop()
        servers.append(Server("model-server", model, options))
        servers[-1].ready_ms = statistics.median(times + [servers[-1].ready_ms])
        servers[-1].check_answers()
    options.limit_bytes = answer_bytes(servers[0])
    servers.insert(0, Server("limit", "", options))


def measure_ours(options, results):
    servers = []
    try:
        start_ours(options, servers)
        for connections in options.connections:
            for server in servers:
                server.load(connections, 1)
            for _ in range(options.rounds):
                for server in servers:
                    key = (server.name, server.model, connections)
                    results.setdefault(key, []).append(
                        server.load(connections, options.seconds))
        return {(s.name, s.model): (s.rss_mib(), s.ready_ms) for s in servers}
    finally:
        for server in servers:
            server.stop()


def measure_peers(options, results):
    about = {}
    for name, models in PEERS.items():
        for model in models:
            if name in options.without or model not in options.models:
                continue
            print(f"  {name} {model}", file=sys.stderr)
            server = Server(name, model, options)
            try:
                server.check_answers()
                server.load(options.connections[0], options.peer_seconds)  # warm
                for connections in options.connections:
                    results[name, model, connections] = [
                        server.load(connections, options.peer_seconds)]
                about[name, model] = (server.rss_mib(), server.ready_ms)
            finally:
                server.stop()
    return about


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", required=True, type=os.path.abspath, help="the model-server")
    parser.add_argument("--limit", required=True, type=os.path.abspath, help="limit.c, compiled")
    parser.add_argument("--rounds", type=int, default=9, help="of ours and the limit")
    parser.add_argument("--seconds", type=int, default=1, help="a server's turn in a round")
    parser.add_argument("--peer-seconds", type=int, default=3)
    parser.add_argument("--connections", type=int, nargs="+", default=[16, 64])
    parser.add_argument("--models", nargs="+", choices=MODELS, default=MODELS)
    parser.add_argument("--without", nargs="*", choices=list(PEERS), default=[])
    parser.add_argument("--quick", action="store_true",
                        help="three rounds at 16 connections, without the peers")
    parser.add_argument("--write", metavar="PAGE", type=os.path.abspath,
                        help="put the tables into docs/performance.md, too")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.connections, options.without = 3, [16], list(PEERS)
    return options


def main():
    options = arguments()
    results = {}
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="bench-serving-") as options.folder:
        prepare(options)
        print("  limit and model-server, in turn", file=sys.stderr)
        try:
            about = measure_ours(options, results)
            about.update(measure_peers(options, results))
        except (AssertionError, OSError, RuntimeError, subprocess.SubprocessError) as e:
            print(f"bench: {e or 'wrong answers'}", file=sys.stderr)
            sys.exit(2)
    text, all_met = report.write(results, about, options, time.monotonic() - began)
    print(text)
    print("All bars are met." if all_met else "Bars are missed.", file=sys.stderr)
    if options.write:
        document.keep(text, options.write, "serving")
    sys.exit(0 if all_met else 1)


main()
