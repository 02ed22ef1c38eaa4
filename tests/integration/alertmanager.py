#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who is told, and who is spared: real Alertmanagers with the two configurations of ours.
Inhibition is asked of the API, a row at a time; mute times by what is delivered, with the
hours moved so that now is within them, and then outside of them.

Everything listens on free ports of the loopback interface and lives in one folder.
"""
import contextlib
import datetime
import http.server
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))
from ports import free_port  # noqa: E402
from wait import wait_for  # noqa: E402

PROMETHEUS = ROOT / "prometheus"

# the worse news | the news that it silences, or not
ARM = {"namespace": "default", "route": "digits", "arm": "svm"}
ROUTE = {"namespace": "default", "route": "digits"}
INHIBITION = (
    ("all operators gone: no word of decisions", {"alertname": "BanditJobDown", "severity": "critical", "component": "pipeline", "job": "bandit-operator", "namespace": "bandit-system"}, {"alertname": "BanditDecisionOverdue", "severity": "critical", "component": "decision", **ROUTE}, True),
    ("one operator of two gone: the other may be in trouble", {"alertname": "BanditTargetDown", "severity": "warning", "component": "pipeline", "job": "bandit-operator", "namespace": "bandit-system"}, {"alertname": "BanditDecisionOverdue", "severity": "critical", "component": "decision", **ROUTE}, False),
    ("one of two gone: nothing of the leader is silenced", {"alertname": "BanditTargetDown", "severity": "warning", "component": "pipeline", "job": "bandit-operator", "namespace": "bandit-system"}, {"alertname": "BanditOperatorNoLeader", "severity": "critical", "component": "operator", "namespace": "bandit-system"}, False),
    ("all gone: not each of them as well", {"alertname": "BanditJobDown", "severity": "critical", "component": "pipeline", "job": "bandit-operator", "namespace": "bandit-system"}, {"alertname": "BanditTargetDown", "severity": "warning", "component": "pipeline", "job": "bandit-operator", "namespace": "bandit-system"}, True),
    ("but one of another installation", {"alertname": "BanditJobDown", "severity": "critical", "component": "pipeline", "job": "bandit-operator", "namespace": "bandit-system"}, {"alertname": "BanditTargetDown", "severity": "warning", "component": "pipeline", "job": "bandit-operator", "namespace": "staging"}, False),
    ("and no decisions of another cluster", {"alertname": "BanditJobDown", "severity": "critical", "component": "pipeline", "job": "bandit-operator", "namespace": "bandit-system", "cluster": "a"}, {"alertname": "BanditDecisionOverdue", "severity": "critical", "component": "decision", **ROUTE, "cluster": "b"}, False),
    ("no operator is known: no word of decisions", {"alertname": "BanditTargetMissing", "severity": "critical", "component": "pipeline", "job": "bandit-operator"}, {"alertname": "BanditDecisionsHeld", "severity": "warning", "component": "decision", **ROUTE}, True),
    ("no exporter: no word of what it says", {"alertname": "BanditJobDown", "severity": "critical", "component": "pipeline", "job": "bandit-exporter"}, {"alertname": "BanditExporterOperatorDisagree", "severity": "warning", "component": "exporter", **ROUTE}, True),
    ("but of decisions", {"alertname": "BanditJobDown", "severity": "critical", "component": "pipeline", "job": "bandit-exporter"}, {"alertname": "BanditDecisionsHeld", "severity": "warning", "component": "decision", **ROUTE}, False),
    ("one exporter of several: shards are told of", {"alertname": "BanditTargetDown", "severity": "warning", "component": "pipeline", "job": "bandit-exporter"}, {"alertname": "BanditExporterShardMissing", "severity": "critical", "component": "exporter", "job": "bandit-exporter"}, False),
    ("no data plane: no word of weights", {"alertname": "BanditJobDown", "severity": "critical", "component": "pipeline", "job": "haproxy"}, {"alertname": "BanditWeightsNotApplied", "severity": "critical", "component": "dataplane", **ROUTE}, True),
    ("one gateway of several: weights are told of", {"alertname": "BanditTargetDown", "severity": "warning", "component": "pipeline", "job": "haproxy"}, {"alertname": "BanditWeightsNotApplied", "severity": "critical", "component": "dataplane", **ROUTE}, False),
    ("no model server of a namespace: no warnings about its arms", {"alertname": "BanditJobDown", "severity": "critical", "component": "pipeline", "job": "model-server", "namespace": "default"}, {"alertname": "BanditArmStarved", "severity": "warning", "component": "arm", **ARM}, True),
    ("but what is critical", {"alertname": "BanditJobDown", "severity": "critical", "component": "pipeline", "job": "model-server", "namespace": "default"}, {"alertname": "BanditArmFailing", "severity": "critical", "component": "arm", **ARM}, False),
    ("and all in another namespace", {"alertname": "BanditJobDown", "severity": "critical", "component": "pipeline", "job": "model-server", "namespace": "other"}, {"alertname": "BanditArmStarved", "severity": "warning", "component": "arm", **ARM}, False),
    ("one replica of an arm: its warnings are told", {"alertname": "BanditTargetDown", "severity": "warning", "component": "pipeline", "job": "model-server", "namespace": "default"}, {"alertname": "BanditArmSlow", "severity": "warning", "component": "arm", **ARM}, False),
    ("the operator sees nothing: not every route that holds", {"alertname": "BanditPrometheusUnreachable", "severity": "critical", "component": "operator", "job": "bandit-operator"}, {"alertname": "BanditDecisionsHeld", "severity": "warning", "component": "decision", **ROUTE}, True),
    ("nor its old data", {"alertname": "BanditPrometheusUnreachable", "severity": "critical", "component": "operator", "job": "bandit-operator"}, {"alertname": "BanditDataStale", "severity": "warning", "component": "decision", **ROUTE}, True),
    ("nobody leads: not every route that waits", {"alertname": "BanditOperatorNoLeader", "severity": "critical", "component": "operator"}, {"alertname": "BanditDecisionOverdue", "severity": "critical", "component": "decision", **ROUTE}, True),
    ("but what has happened already", {"alertname": "BanditOperatorNoLeader", "severity": "critical", "component": "operator"}, {"alertname": "BanditArmFailing", "severity": "critical", "component": "arm", **ARM}, False),
    ("no arm is fit: that is why it holds", {"alertname": "BanditNoEligibleArm", "severity": "critical", "component": "decision", **ROUTE}, {"alertname": "BanditDecisionsHeld", "severity": "warning", "component": "decision", **ROUTE}, True),
    ("not another route", {"alertname": "BanditNoEligibleArm", "severity": "critical", "component": "decision", **ROUTE, "route": "iris"}, {"alertname": "BanditDecisionsHeld", "severity": "warning", "component": "decision", **ROUTE}, False),
    ("an arm fails: that is why it is ejected", {"alertname": "BanditArmFailing", "severity": "critical", "component": "arm", **ARM}, {"alertname": "BanditArmEjected", "severity": "warning", "component": "arm", **ARM}, True),
    ("not another arm", {"alertname": "BanditArmFailing", "severity": "critical", "component": "arm", **ARM}, {"alertname": "BanditArmEjected", "severity": "warning", "component": "arm", **ARM, "arm": "lr"}, False),
    ("a fast burn silences the slow one", {"alertname": "BanditErrorBudgetFastBurn", "severity": "critical", "component": "slo", "slo": "success", **ROUTE}, {"alertname": "BanditErrorBudgetSlowBurn", "severity": "warning", "component": "slo", "slo": "success", **ROUTE}, True),
    ("not that of another objective", {"alertname": "BanditErrorBudgetFastBurn", "severity": "critical", "component": "slo", "slo": "success", **ROUTE}, {"alertname": "BanditLatencyBudgetSlowBurn", "severity": "warning", "component": "slo", "slo": "latency", **ROUTE}, False),
    ("an outage at little traffic silences that it keeps failing", {"alertname": "BanditOutageAtLowTraffic", "severity": "critical", "component": "slo", "slo": "success", **ROUTE}, {"alertname": "BanditFailuresAtLowTraffic", "severity": "warning", "component": "slo", "slo": "success", **ROUTE}, True),
    ("the heartbeat is never silenced", {"alertname": "BanditJobDown", "severity": "critical", "component": "pipeline", "job": "bandit-operator", "namespace": "bandit-system"}, {"alertname": "BanditWatchdog", "severity": "none", "component": "pipeline"}, False),
)  # fmt: skip


class Received(http.server.BaseHTTPRequestHandler):
    """A receiver for each path; remembers which alerts came there."""

    seen = []

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        Received.seen += [(self.path.strip("/"), a["labels"]["alertname"]) for a in body["alerts"]]
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


def filled_in(name, hours=None):
    """A configuration of ours, each receiver of which is a path of our own server."""
    text = (PROMETHEUS / name).read_text(encoding="utf-8")
    text = re.sub(r'"@(GROUP_WAIT|GROUP_INTERVAL|REPEAT_INTERVAL)@"', "1s", text)
    text = re.sub(r"group_wait: \d+s", "group_wait: 1s", text)
    if hours:
        text = re.sub(r"(?s)time_intervals:\n- name: out-of-hours\n.*?\n\n", f"time_intervals:\n- name: out-of-hours\n  time_intervals:\n  - {hours}\n\n", text)
    head, _, receivers = text.partition("\nreceivers:\n")
    head = re.sub(r"(?ms)^(global|templates):.*?\n\n", "", head)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Received)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for receiver in re.findall(r"^- name: (\S+)", receivers, re.M):
        head += "\nreceivers:\n" if "\nreceivers:\n" not in head else ""
        head += f"- name: {receiver}\n  webhook_configs:\n  - url: http://127.0.0.1:{server.server_address[1]}/{receiver}\n"
    return head


@contextlib.contextmanager
def alertmanager(config):
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "alertmanager.yml").write_text(config, encoding="utf-8")
        command = ["prometheus-alertmanager", "--config.file=alertmanager.yml", "--storage.path=data", f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address="]
        with open(pathlib.Path(folder) / "log", "w+b") as log:
            process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
            try:
                url = f"http://127.0.0.1:{port}"
                wait_for("Alertmanager", lambda: reachable(url + "/-/ready") or process.poll() is not None)
                if process.poll() is not None:
                    log.seek(0)
                    raise SystemExit(f"FAILED: Alertmanager does not start: {log.read()[-500:].decode()}")
                yield url
            finally:
                process.terminate()
                process.wait(timeout=90)


def reachable(url):
    with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=60):
        return True
    return False


def post(url, *alerts):
    body = json.dumps([{"labels": labels} for labels in alerts]).encode()
    request = urllib.request.Request(url + "/api/v2/alerts", body, {"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=60).close()


def target_state(url):
    """Of the target, once both alerts have been looked at."""
    with urllib.request.urlopen(url + "/api/v2/alerts", timeout=60) as answer:
        found = {a["labels"]["role"]: a["status"]["state"] for a in json.load(answer)}
    return found.get("target") if len(found) == 2 and "unprocessed" not in found.values() else None


def inhibition():
    """The rows must not silence each other, so each runs in an Alertmanager of its own. Both
    configurations have the same inhibition (tests/checks/alertmanager.sh), so one is asked."""
    failures = 0
    for what, source, target, silenced in INHIBITION:
        with alertmanager(filled_in("alertmanager.yml")) as url:
            post(url, {**source, "role": "source"})
            post(url, {**target, "role": "target"})
            wait_for("word of both alerts", lambda url=url: target_state(url))
            if silenced:  # what silences may be read a little later than what is silenced
                wait_for(what, lambda url=url: target_state(url) == "suppressed", seen=lambda url=url: target_state(url))
            time.sleep(0.5)
            got = target_state(url)
        good = got == ("suppressed" if silenced else "active")
        failures += not good
        print(f"{'ok    ' if good else 'FAILED'} {what} ({target['alertname']} is {got})")
    return failures


def mute_times():
    """A warning waits while the hours say so, and what is critical never does."""
    failures = 0
    critical = {"alertname": "Critical", "severity": "critical"}
    warning = {"alertname": "Warning", "severity": "warning"}
    other_day = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=3)).strftime("%A").lower()
    for hours, told in (("weekdays: ['sunday:saturday']", False), (f"weekdays: [{other_day}]", True)):
        Received.seen = []
        with alertmanager(filled_in("alertmanager.production.yml", hours)) as url:
            post(url, critical, warning)
            wait_for("page of what is critical", lambda: ("pager", "Critical") in Received.seen and ("channel", "Critical") in Received.seen)
            if told:
                wait_for("warning in the channel", lambda: ("channel", "Warning") in Received.seen)
            time.sleep(3)
        good = (("channel", "Warning") in Received.seen) == told
        failures += not good
        print(f"{'ok    ' if good else 'FAILED'} out of hours with {hours}: the warning was {'delivered' if told else 'kept back'}: {sorted(set(Received.seen))}")
    return failures


def main():
    if not shutil.which("prometheus-alertmanager"):
        print("skipped: prometheus-alertmanager is needed")
        return 77
    failures = inhibition() + mute_times()
    print(f"{failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
