# SPDX-License-Identifier: Apache-2.0
"""Metrics pages made from what the programs say that they emit, and a Prometheus of our own
that scrapes them: enough to ask every query of, without running the loop."""
import contextlib
import http.server
import itertools
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time

import catalogue as catalogues

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/support"))
from ports import free_port  # noqa: E402
from wait import wait_for  # noqa: E402

VALUES = {
    "namespace": ["default"], "route": ["digits"], "arm": ["logistic-regression", "svm", "random-forest"],
    "model": ["m"], "version": ["1"], "verdict": ["Kept"], "reason": ["BestArm"], "objective": ["success", "latency", "accuracy"],
    "target_kind": ["HAProxyBackend"], "target_name": ["digits"],
    "outcome": ["correct", "incorrect", "forged"], "feature": ["f1", "f2"], "bin": ["0", "1"], "status": ["true"],
    "code": ["200", "503"], "result": ["ok", "failed"],
}  # fmt: skip
TYPES = {"info": "gauge", "stateset": "gauge"}
ALWAYS_ONE = ("bandit_arm_leader", "bandit_route_condition", "leader_election_master_status")


def quoted(name, value):
    return f'{name}="{value}"'


def value_of(name, kind, age):
    if kind == "info" or name in ALWAYS_ONE:
        return 1
    if kind == "counter":
        return age
    return time.time() if name.endswith("timestamp_seconds") else 0.33


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
                yield f"{name}{{{','.join(pairs)}}} {value_of(name, kind, age)}"


def serve(make_lines):
    """A metrics page on a free port; the lines are made anew for each scrape."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = ("\n".join(make_lines()) + "\n").encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with contextlib.suppress(ConnectionError):  # who asked has gone
                self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def gateway(since):
    """What HAProxy counts of its one backend."""
    yield "# TYPE haproxy_backend_http_responses_total counter"
    for code in ("1xx", "2xx", "3xx", "4xx", "5xx", "other"):
        yield f'haproxy_backend_http_responses_total{{proxy="digits",code="{code}"}} {time.time() - since}'


def config(ports, own):
    text = (ROOT / "prometheus" / "prometheus.yml").read_text(encoding="utf-8")
    text = re.sub(r'"@(SCRAPE|EVALUATION)_INTERVAL@"', "1s", text)
    text = text.replace("@ROOT@", str(ROOT)).replace("@ALERTS@", f"{ROOT}/prometheus/alerts")
    text = re.sub(r'\n\s+- "127\.0\.0\.1:@PORT_RANDOM_FOREST@"', "", text)
    names = {
        "EXPORTER": "bandit-exporter", "OPERATOR": "bandit-operator", "TRAFFIC": "traffic-generator", "HAPROXY_METRICS": "haproxy",
        # Two replicas of the same arms, so that a join that only one would stand is found.
        "SVM": "model-server", "LOGISTIC_REGRESSION": "model-server again",
    }  # fmt: skip
    return re.sub(r"@PORT_([A-Z_]+)@", lambda m: str(ports.get(names.get(m.group(1)), own)), text)


@contextlib.contextmanager
def prometheus(bin_folder, ready):
    """Runs it until ready(url) is true, and then for the caller."""
    since = time.time()
    ports = {}
    for name, families in catalogues.describe(bin_folder).items():
        ports[name] = serve(lambda families=families: page(families, since))
        if name == "model-server":
            ports[name + " again"] = serve(lambda families=families: page(families, since))
    ports["haproxy"] = serve(lambda: gateway(since))
    own = free_port()
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "prometheus.yml").write_text(config(ports, own), encoding="utf-8")
        command = ["prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=tsdb", f"--web.listen-address=127.0.0.1:{own}"]
        with open(pathlib.Path(folder) / "log", "wb") as log:
            process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        try:
            url = f"http://127.0.0.1:{own}"
            wait_for("the rules that take longest", lambda: ready(url) or time.sleep(1), 300)
            yield url
        finally:
            process.terminate()
            process.wait(timeout=90)
