#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The live check, checked: it passes on a stand-in that answers as a Grafana does which loaded
our files, and finds each thing that the stand-in then gets wrong. No proof that Grafana loads
them; that is what the check is for, where there is one."""
import copy
import http.server
import json
import os
import pathlib
import subprocess
import sys
import threading
import urllib.request

import pictures

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT / "tests" / "checks" / "observability"))
import sources  # noqa: E402

MANAGED = sources.load_yaml(ROOT / "grafana" / "managed-alerts" / "alerting" / "bandit-router.yaml")
SOURCES = sources.load_yaml(ROOT / "grafana" / "provisioning" / "datasources" / "bandit-router.yaml")["datasources"]


def faithful():
    """path -> answer."""
    pages = {f"/api/datasources/uid/{s['uid']}": s for s in SOURCES}
    pages["/api/datasources/uid/bandit-prometheus/health"] = {"status": "OK"}
    for _, board in sources.dashboards(ROOT):
        pages[f"/api/dashboards/uid/{board['uid']}"] = {"meta": {"provisioned": True, "folderTitle": "Bandit Router"}, "dashboard": {**board, "id": 7, "version": 1}}
    pages["/api/folders?limit=1000"] = [{"uid": "f1", "title": "Bandit Router alerts"}, {"uid": "f2", "title": "Bandit Router"}]
    rules = [{**rule, "ruleGroup": group["name"], "folderUID": "f1"} for group in MANAGED["groups"] for rule in group["rules"]]
    pages["/api/v1/provisioning/alert-rules"] = rules
    pages["/api/v1/provisioning/contact-points"] = [{"name": p["name"], "type": r["type"]} for p in MANAGED["contactPoints"] for r in p["receivers"]]
    pages["/api/v1/provisioning/mute-timings"] = [dict(t) for t in MANAGED["muteTimes"]]
    pages["/api/v1/provisioning/templates"] = [dict(t) for t in MANAGED["templates"]]
    health = [{"name": rule["title"], "health": "ok"} for rule in rules]
    pages["/api/prometheus/grafana/api/v1/rules"] = {"data": {"groups": [{"rules": health}]}}
    pages["/api/ds/query"] = {"results": {"A": {"status": 200, "frames": [{"data": {"values": [[1], [2]]}}]}}}
    return pages


def remove(path):
    return lambda pages: pages.pop(path)


def set_to(path, *keys, value):
    def change(pages):
        node = pages[path]
        for key in keys[:-1]:
            node = node[key]
        node[keys[-1]] = value

    return change


ROUTE = "/api/dashboards/uid/bandit-route"
FAULTS = (
    (remove("/api/datasources/uid/bandit-alertmanager"), "data source bandit-alertmanager: 404"),
    (set_to("/api/datasources/uid/bandit-prometheus/health", "status", value="ERROR"), "not healthy"),
    (remove(ROUTE), "bandit-route.json: 404"),
    (set_to(ROUTE, "meta", "provisioned", value=False), "not provisioned from the file"),
    (set_to(ROUTE, "meta", "folderTitle", value="General"), "is in folder 'General'"),
    (set_to(ROUTE, "dashboard", "tags", value=[]), "tags has 0 items"),
    (set_to(ROUTE, "dashboard", "panels", 1, "targets", 0, "expr", value="up"), "panel 2.targets[0].expr is 'up'"),
    (set_to(ROUTE, "dashboard", "panels", 3, "fieldConfig", "defaults", "unit", value="ms"), "panel 4.fieldConfig.defaults.unit is 'ms'"),
    (set_to(ROUTE, "dashboard", "panels", 3, "fieldConfig", "defaults", "thresholds", "steps", value=[]), "panel 4.fieldConfig.defaults.thresholds.steps has 0"),
    (set_to(ROUTE, "dashboard", "templating", "list", 1, "multi", value=False), "templating.list[1].multi is False"),
    (set_to(ROUTE, "dashboard", "annotations", "list", value=[]), "annotations.list has 0 items"),
    (set_to(ROUTE, "dashboard", "links", 0, "keepTime", value=False), "links[0].keepTime is False"),
    (set_to(ROUTE, "dashboard", "panels", 1, "id", value=999), "panel 2 is not there"),
    (set_to("/api/ds/query", "results", "A", "frames", value=[]), "has no data, and no reason"),
    (set_to("/api/ds/query", "results", "A", "error", value="parse error"), "parse error"),
    (set_to("/api/v1/provisioning/alert-rules", 3, "uid", value="other"), "is not there"),
    (set_to("/api/v1/provisioning/alert-rules", 3, "for", value="1h"), ".for is '1h'"),
    (set_to("/api/v1/provisioning/alert-rules", 3, "labels", value={}), ".labels.severity is gone"),
    (set_to("/api/v1/provisioning/alert-rules", 3, "folderUID", value="f2"), "is not in folder 'Bandit Router alerts'"),
    (set_to("/api/v1/provisioning/contact-points", 0, "type", value="email"), "contact point 'Bandit Router critical' by webhook is not there"),
    (set_to("/api/v1/provisioning/mute-timings", 0, "time_intervals", value=[]), "muteTimes"),
    (set_to("/api/v1/provisioning/templates", 0, "template", value="other"), "templates bandit-router.template is 'other'"),
    (set_to("/api/prometheus/grafana/api/v1/rules", "data", "groups", 0, "rules", 0, "health", value="error"), "does not evaluate"),
)


class Grafana(http.server.BaseHTTPRequestHandler):
    pages = {}
    asked_by = None

    def do_GET(self):
        Grafana.asked_by = self.headers.get("Authorization")
        if self.headers.get("Content-Length"):
            self.rfile.read(int(self.headers["Content-Length"]))
        found = self.pages.get(self.path)
        body = json.dumps(found if found is not None else {"message": "not found"}).encode()
        self.send_response(404 if found is None else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *args):
        pass


def check(url):
    # Without a browser: what there is to see here is no dashboard.
    return subprocess.run([sys.executable, HERE / "check.py"], env={**os.environ, "GRAFANA_URL": url, "PATH": "/nowhere"}, capture_output=True, text=True, timeout=300)


def logged_in(url):
    """Whether a browser that comes through the proxy of the pictures is known to the server."""
    os.environ["GRAFANA_TOKEN"] = "secret"
    with pictures.proxy(url) as address, urllib.request.urlopen(f"{address}/api/ds/query", b"{}", timeout=30) as answer:
        told = json.load(answer)
    del os.environ["GRAFANA_TOKEN"]
    return Grafana.asked_by == "Bearer secret" and told == Grafana.pages["/api/ds/query"]


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Grafana)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    Grafana.pages = faithful()
    good = check(url)
    failures = good.returncode != 0
    print(good.stdout[-2000:] + good.stderr[-2000:] if failures else "ok     nothing is wrong with a faithful one")
    known = logged_in(url)
    failures += not known
    print("ok     pictures are taken by somebody who is logged in" if known else "FAILED to log in for the pictures")
    for fault, want in FAULTS:
        Grafana.pages = copy.deepcopy(faithful())
        fault(Grafana.pages)
        result = check(url)
        found = next((line for line in result.stdout.splitlines() if line.startswith("FAILED") and want in line), None)
        failures += not (found and result.returncode == 1)
        print(f"ok     {found}" if found else f"FAILED to find {want!r}: {(result.stdout + result.stderr)[-400:]}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
