#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs every panel's, alert's and runbook's query in a real Prometheus, and says in a table
which panels have data. A query that Prometheus refuses fails; so does a panel that stays
empty without a reason in the table below.

    panel_queries.py --prometheus http://127.0.0.1:9090    against a stack that runs
    panel_queries.py --bin build/release/bin               against pages made from what the
                                                           programs say they emit
"""
import argparse
import http.server
import itertools
import json
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import catalogue as catalogues
import sources

ROOT = pathlib.Path(__file__).resolve().parents[3]
# dashboard, panel id (None: all), why it may be empty
MAY_BE_EMPTY = (
    ("bandit-cluster", None, "needs a cluster"),
    ("bandit-operations", 24, "the folder store makes no calls"),
    ("bandit-operations", 30, "no query fails"),
    ("bandit-operations", 50, "no notification is sent"),
    ("bandit-overview", 41, "nothing fires"),
    ("bandit-models", 14, "no errors"),
    ("bandit-models", 40, "no requests in the last hour"),
)
VALUES = {
    "namespace": ["default"], "route": ["digits"], "arm": ["logistic-regression", "svm", "random-forest"],
    "model": ["m"], "version": ["1"], "verdict": ["Kept"], "reason": ["BestArm"], "objective": ["success", "latency", "accuracy"],
    "outcome": ["correct", "incorrect", "forged"], "feature": ["f1", "f2"], "bin": ["0", "1"], "status": ["true"],
}  # fmt: skip
TYPES = {"info": "gauge", "stateset": "gauge"}


def quoted(name, value):
    return f'{name}="{value}"'


def page(families, since):
    """A page with a few series of each family; counters rise by one a second."""
    age = time.time() - since
    for family in families:
        name, kind = family["name"], family["type"]
        labels = family["constant_labels"] + family["labels"]
        yield f"# TYPE {name} {TYPES.get(kind, kind)}"
        for values in itertools.product(*(VALUES.get(label, ["x"]) for label in labels)):
            pairs = [quoted(k, v) for k, v in zip(labels, values)]
            if kind == "histogram":
                for le in ("0.025", "0.25", "+Inf"):
                    yield f"{name}_bucket{{{','.join(pairs + [quoted('le', le)])}}} {age}"
                yield f"{name}_sum{{{','.join(pairs)}}} {age / 100}"
                yield f"{name}_count{{{','.join(pairs)}}} {age}"
            elif kind == "stateset":
                for i, state in enumerate(family["states"]):
                    yield f"{name}{{{','.join(pairs + [quoted(name, state)])}}} {int(i == 1)}"
            else:
                value = age if kind == "counter" else time.time() if name.endswith("timestamp_seconds") else 1 if kind == "info" else 0.33
                value = 1 if name in ("bandit_arm_leader", "leader_election_master_status") else value
                yield f"{name}{{{','.join(pairs)}}} {value}"


def serve(families):
    since = time.time()

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = ("\n".join(page(families, since)) + "\n").encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def config(ports, own):
    text = (ROOT / "prometheus" / "prometheus.yml").read_text(encoding="utf-8")
    text = re.sub(r'"@(SCRAPE|EVALUATION)_INTERVAL@"', "1s", text).replace("@ROOT@", str(ROOT)).replace("@ALERTS@", f"{ROOT}/prometheus/alerts")
    text = re.sub(r'\n\s+- "127\.0\.0\.1:@PORT_(LOGISTIC_REGRESSION|RANDOM_FOREST)@"', "", text)
    names = {"EXPORTER": "bandit-exporter", "OPERATOR": "bandit-operator", "SVM": "model-server", "TRAFFIC": "traffic-generator"}
    return re.sub(r"@PORT_([A-Z_]+)@", lambda m: str(ports.get(names.get(m.group(1)), own)), text)


def ask(url, expr):
    data = urllib.parse.urlencode({"query": expr}).encode()
    try:
        with urllib.request.urlopen(f"{url}/api/v1/query", data, timeout=20) as answer:
            return len(json.load(answer)["data"]["result"]), ""
    except urllib.error.HTTPError as error:
        return 0, json.load(error).get("error", str(error))


def concrete(expr):
    for name, value in (("$__rate_interval", "1m"), ("$__range", "5m"), ("$__interval", "1m")):
        expr = expr.replace(name, value)
    return re.sub(r"\$(namespace|route|arm|pod)\b", ".+", expr)


def reason(uid, panel):
    return next((why for u, p, why in MAY_BE_EMPTY if u == uid and p in (None, panel)), "")


def run(url):
    failures = shown = 0
    for path, board in sources.dashboards(ROOT):
        for panel in sources.panels(board):
            counts = []
            for target in panel.get("targets", []):
                count, error = ask(url, concrete(target["expr"]))
                counts.append(count)
                if error:
                    print(f"{path.name}: {panel['title']}: {error}")
                    failures += 1
            if not counts:
                continue
            why = "" if all(counts) else reason(board["uid"], panel["id"])
            bad = 0 in counts and not why
            shown += all(c > 0 for c in counts)
            failures += bad
            print(f"{board['uid']:18} {panel['id']:4} {panel['title']:45} {'+'.join(map(str, counts)):10} {'EMPTY' if bad else why}")
    for query in sources.queries(ROOT):
        if "panel" not in query.what and "variable" not in query.what:
            _, error = ask(url, concrete(query.expr))
            if error:
                print(f"{query.path.relative_to(ROOT)}:{query.line}: {query.what}: {error}")
                failures += 1
    print(f"{shown} panels with data, {failures} failures")
    return 1 if failures else 0


def synthetic(bin_folder):
    programs = catalogues.describe(bin_folder)
    ports = {name: serve(families) for name, families in programs.items()}
    with socket.create_server(("127.0.0.1", 0)) as free:
        own = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "prometheus.yml").write_text(config(ports, own), encoding="utf-8")
        with open(pathlib.Path(folder) / "log", "wb") as log:
            process = subprocess.Popen(["prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=tsdb", f"--web.listen-address=127.0.0.1:{own}"], cwd=folder, stdout=log, stderr=log)
        try:
            url, deadline = f"http://127.0.0.1:{own}", time.monotonic() + 60
            while time.monotonic() < deadline:
                time.sleep(1)
                try:
                    if ask(url, "bandit:route_slo_budget:ratio_remaining30d")[0] and ask(url, "bandit:feature:psi1h")[0]:
                        break
                except OSError:
                    pass
            time.sleep(5)
            return run(url)
        finally:
            process.terminate()
            process.wait(timeout=20)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--prometheus", help="address of a Prometheus that scrapes the demo")
    parser.add_argument("--bin", type=pathlib.Path, help="folder of the built programs")
    args = parser.parse_args()
    if bool(args.prometheus) == bool(args.bin):
        parser.error("give --prometheus or --bin")
    return run(args.prometheus.rstrip("/")) if args.prometheus else synthetic(args.bin)


if __name__ == "__main__":
    sys.exit(main())
