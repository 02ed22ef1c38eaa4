#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Model servers side by side: the same rows, one client, one machine, in turn.

Every server is started alone, answers all test rows as scikit-learn does (checked before
any load), is warmed up and then loaded by wrk. CPU is the server's user and system time
per request, from /proc; `server/wrk` is its ratio to what wrk itself spent in the same
run, which the drift of a shared machine hardly touches."""
import argparse
import http.client
import json
import os
import resource
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
GOLDEN = os.path.join(HERE, "..", "..", "data", "golden")
ROWS = os.path.join(GOLDEN, "iris.rows.csv")
PYTHON = "/usr/bin/python3"  # Debian's, which has scikit-learn
MODELS = ["iris_lr", "iris_svc", "iris_rf"]
TICKS = os.sysconf("SC_CLK_TCK")

# peer, its column, the models' bars: requests/s at least so many times the peer's
BARS = {
    "flask+gunicorn": {"iris_lr": 18, "iris_svc": 18, "iris_rf": 150},
    "fastapi+uvicorn": {"iris_lr": 9, "iris_svc": 9, "iris_rf": 110},
    "node": {"iris_lr": 3, "iris_rf": 3},
}
CPU_BARS = {"iris_lr": 1.2, "iris_svc": 1.2, "iris_rf": 1.25}
RATE_BAR, READY_BAR_MS, RSS_BAR_MIB = 0.85, 50, 10


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def get(port, method, path, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def family(pid):
    """A process and all it started."""
    members = [pid]
    for member in members:
        for task in os.listdir(f"/proc/{member}/task"):
            try:
                with open(f"/proc/{member}/task/{task}/children", encoding="ascii") as f:
                    members += [int(p) for p in f.read().split()]
            except FileNotFoundError:
                pass
    return members


def cpu_seconds(pid):
    total = 0
    for member in family(pid):
        with open(f"/proc/{member}/stat", encoding="ascii") as f:
            fields = f.read().rpartition(")")[2].split()
        total += sum(int(v) for v in fields[11:15])  # own and those of ended children
    return total / TICKS


def rss_mib(pid):
    total = 0
    for member in family(pid):
        with open(f"/proc/{member}/status", encoding="ascii") as f:
            total += sum(int(line.split()[1]) for line in f if line.startswith("VmRSS"))
    return total / 1024


class Server:
    """A running server; `ready_ms` is from its start to its first 200 on /ready."""

    def __init__(self, name, model, folder, server_binary, limit_binary):
        self.port = free_port()
        command, env = self.command(name, model, folder, server_binary, limit_binary)
        began = time.monotonic()
        self.process = subprocess.Popen(command, cwd=HERE, env=env, start_new_session=True,
                                        stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        while True:
            try:
                if get(self.port, "GET", "/ready")[0] == 200:
                    break
            except OSError:
                pass
            if self.process.poll() is not None or time.monotonic() > began + 30:
                self.stop()
                raise SystemExit(f"{name} does not start: {' '.join(command)}")
            time.sleep(0.001)
        self.ready_ms = (time.monotonic() - began) * 1000

    def command(self, name, model, folder, server_binary, limit_binary):
        env = dict(os.environ, PEER_MODEL=model, PYTHONDONTWRITEBYTECODE="1",
                   OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
        listen = f"127.0.0.1:{self.port}"
        return {
            "limit": [limit_binary, str(self.port)],
            "model-server": [
                server_binary, "--model", f"{folder}/{model}.onnx", "--route", "iris",
                "--arm", model.replace("_", "-"), "--web.listen-address", listen,
                "--log.level", "error", "--drain-delay", "0"],
            "flask+gunicorn": [
                PYTHON, "-m", "gunicorn", "--workers", "2", "--worker-class", "gthread",
                "--threads", "16", "--keep-alive", "60", "--bind", listen,
                "flask_peer:app"],
            "fastapi+uvicorn": [
                PYTHON, "-m", "uvicorn", "--workers", "2", "--no-access-log", "--host",
                "127.0.0.1", "--port", str(self.port), "fastapi_peer:app"],
            "node": ["node", f"{HERE}/node_peer.mjs", str(self.port),
                     f"{folder}/{model}.json"],
        }[name], env

    def stop(self):
        try:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(10)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def check_answers(server, model):
    with open(ROWS, encoding="ascii") as f:
        rows = [line.strip() for line in f if line.strip()]
    with open(f"{GOLDEN}/{model}.csv", encoding="ascii") as f:
        golden = [[float(v) for v in line.split(",")] for line in f if line.strip()]
    for row, (_, *probabilities) in zip(rows, golden):
        status, text = get(server.port, "POST", "/predict", '{"features":[%s]}' % row)
        answer = json.loads(text)
        assert status == 200, text
        best = probabilities.index(max(probabilities))
        assert answer["prediction"] == best and answer["class"] == str(best), text
        for i, p in enumerate(probabilities):
            assert abs(answer["probabilities"][str(i)] - p) < 1e-4, text
        assert answer["confidence"] == max(answer["probabilities"].values()), text
        assert {"processing_time_ms", "timestamp"} <= answer.keys(), text
    status, _ = get(server.port, "POST", "/predict", '{"features":[1,2]}')
    assert 400 <= status < 500, status


def wrk(port, connections, seconds):
    """(wrk's report, the CPU seconds of wrk)"""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    out = subprocess.run(
        ["wrk", "-t", str(min(2, connections)), "-c", str(connections), "-d",
         f"{seconds}s", "--timeout", "10s", "-s", f"{HERE}/predict.lua",
         f"http://127.0.0.1:{port}", "--", ROWS],
        check=True, capture_output=True, text=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return json.loads(out.splitlines()[-1]), cpu


def measure(name, model, connections, args, folder):
    server = Server(name, model, folder, args.server, args.limit)
    try:
        if name != "limit":
            check_answers(server, model)
        wrk(server.port, connections, 1)
        cpu = cpu_seconds(server.process.pid)
        report, wrk_cpu = wrk(server.port, connections, args.seconds)
        cpu = cpu_seconds(server.process.pid) - cpu
        return {"rate": report["requests"] / report["seconds"],
                "cpu_us": cpu / report["requests"] * 1e6, "ratio": cpu / wrk_cpu,
                "p50_ms": report["p50_ms"], "p99_ms": report["p99_ms"],
                "errors": report["errors"], "rss": rss_mib(server.process.pid),
                "ready_ms": server.ready_ms}
    finally:
        server.stop()


def median(runs):
    return {key: statistics.median(run[key] for run in runs) for key in runs[0]}


def of_limit(results, pair, connections, key):
    """That figure as a ratio of the limit's, round by round."""
    limit = results["limit", "iris_lr", connections]
    return [ours[key] / its[key] for ours, its in zip(results[(*pair, connections)], limit)]


def varint(n):
    return (bytes([n & 127 | 128]) + varint(n >> 7)) if n > 127 else bytes([n])


def field(number, payload):
    return bytes([number << 3 | 2]) + varint(len(payload)) + payload


def prepare(folder):
    """Models with a drift reference, so that the measured server does all of its work,
    and those that Node.js reads."""
    feature = {"edges": [i * 0.8 for i in range(1, 10)], "ratios": [0.1] * 10}
    reference = json.dumps({"observations": 120, "features": [feature] * 4})
    for model in MODELS:
        with open(f"{GOLDEN}/{model}.onnx", "rb") as f:
            data = f.read()
        data += field(14, field(1, b"drift_reference") + field(2, reference.encode()))
        with open(f"{folder}/{model}.onnx", "wb") as f:
            f.write(data)
    for model in BARS["node"]:
        subprocess.run([PYTHON, "-B", f"{HERE}/export_for_node.py", model,
                        f"{folder}/{model}.json"], check=True)


def plan(args):
    """(server, model) in the order of a round: the limit first."""
    peers = [p for p in BARS if p not in args.without]
    pairs = [("limit", "iris_lr")] + [("model-server", m) for m in args.models]
    return pairs, [(p, m) for p in peers for m in args.models if m in BARS[p]]


def print_table(results, connections):
    print(f"\n### {connections} keep-alive connections\n")
    print("| server | model | requests/s | p50 ms | p99 ms | CPU us/request | server/wrk "
          "| RSS MiB | ready ms | errors |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for (name, model, c), runs in results.items():
        if c == connections:
            r = median(runs)
            shown = "fixed answer" if name == "limit" else model
            print(f"| {name} | {shown} | {r['rate']:,.0f} | {r['p50_ms']:.3f} | "
                  f"{r['p99_ms']:.2f} | {r['cpu_us']:.1f} | {r['ratio']:.2f} | "
                  f"{r['rss']:.1f} | {r['ready_ms']:.0f} | {r['errors']:.0f} |")


def judge(results, connections, args):
    """Rows of (what, measured, sign, bar). Requests/s of one round says little on a machine
    that others use: the best of the rounds is taken."""
    for model in args.models:
        pair = ("model-server", model)
        ours = median(results[(*pair, connections)])
        cpu = statistics.median(of_limit(results, pair, connections, "ratio"))
        rate = max(of_limit(results, pair, connections, "rate"))
        yield f"{model}: server/wrk of the limit's", cpu, "<=", CPU_BARS[model]
        yield f"{model}: requests/s of the limit's, best round", rate, ">=", RATE_BAR
        yield f"{model}: ready, ms", ours["ready_ms"], "<=", READY_BAR_MS
        yield f"{model}: RSS, MiB", ours["rss"], "<=", RSS_BAR_MIB
        for peer, bars in BARS.items():
            if (peer, model, connections) in results:
                peers = median(results[peer, model, connections])
                yield (f"{model}: requests/s, times {peer}", ours["rate"] / peers["rate"],
                       ">=", bars[model])


def print_bars(results, connections, args):
    print(f"\n| {connections} connections | measured | bar | |\n| --- | ---: | ---: | --- |")
    for what, value, sign, bar in judge(results, connections, args):
        kept = value <= bar if sign == "<=" else value >= bar
        print(f"| {what} | {value:.2f} | {sign} {bar:g} | {'kept' if kept else '**missed**'} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", required=True, type=os.path.abspath, help="the model-server")
    parser.add_argument("--limit", required=True, type=os.path.abspath, help="limit.c, compiled")
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3, help="of ours and the limit")
    parser.add_argument("--connections", type=int, nargs="+", default=[16, 64])
    parser.add_argument("--models", nargs="+", choices=MODELS, default=MODELS)
    parser.add_argument("--without", nargs="*", choices=list(BARS), default=[])
    parser.add_argument("--quick", action="store_true",
                        help="one round of 2 s at 16 connections")
    args = parser.parse_args()
    if args.quick:
        args.seconds, args.rounds, args.connections = 2, 1, [16]
    results = {}
    with tempfile.TemporaryDirectory(prefix="bench-serving-") as folder:
        prepare(folder)
        ours, peers = plan(args)
        for connections in args.connections:
            runs = {}
            for _ in range(args.rounds):
                for pair in ours:
                    print(f"{pair[0]} {pair[1]} {connections}", file=sys.stderr)
                    runs.setdefault(pair, []).append(
                        measure(*pair, connections, args, folder))
            for pair in peers:
                print(f"{pair[0]} {pair[1]} {connections}", file=sys.stderr)
                runs[pair] = [measure(*pair, connections, args, folder)]
            results.update({(*pair, connections): r for pair, r in runs.items()})
    for connections in args.connections:
        print_table(results, connections)
        print_bars(results, connections, args)


main()
