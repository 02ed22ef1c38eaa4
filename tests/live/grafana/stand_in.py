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
        pages[f"/api/dashboards/uid/{board['uid']}"] = {"meta": {"provisioned": True}, "dashboard": {**board, "id": 7, "version": 1}}
    rules = [{**rule, "ruleGroup": group["name"]} for group in MANAGED["groups"] for rule in group["rules"]]
    pages["/api/v1/provisioning/alert-rules"] = rules
    pages["/api/v1/provisioning/contact-points"] = [{"name": p["name"]} for p in MANAGED["contactPoints"]]
    pages["/api/v1/provisioning/mute-timings"] = [{"name": t["name"]} for t in MANAGED["muteTimes"]]
    pages["/api/v1/provisioning/templates"] = [{"name": t["name"]} for t in MANAGED["templates"]]
    health = [{"name": rule["title"], "health": "ok"} for rule in rules]
    pages["/api/prometheus/grafana/api/v1/rules"] = {"data": {"groups": [{"rules": health}]}}
    pages["/api/ds/query"] = {"results": {"A": {"status": 200, "frames": [{"schema": {"fields": [{"name": "Value"}]}}]}}}
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
    (set_to(ROUTE, "dashboard", "tags", value=[]), "tags is []"),
    (set_to(ROUTE, "dashboard", "panels", 1, "targets", 0, "expr", value="up"), "is not that of the file"),
    (set_to("/api/ds/query", "results", "A", "error", value="parse error"), "parse error"),
    (set_to("/api/v1/provisioning/alert-rules", 3, "uid", value="other"), "is not there"),
    (set_to("/api/v1/provisioning/contact-points", 0, "name", value="other"), "contactPoints"),
    (set_to("/api/prometheus/grafana/api/v1/rules", "data", "groups", 0, "rules", 0, "health", value="error"), "does not evaluate"),
)


class Grafana(http.server.BaseHTTPRequestHandler):
    pages = {}

    def do_GET(self):
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
    return subprocess.run([sys.executable, HERE / "check.py"], env={**os.environ, "GRAFANA_URL": url}, capture_output=True, text=True, timeout=300)


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Grafana)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    Grafana.pages = faithful()
    good = check(url)
    failures = good.returncode != 0
    print(good.stdout[-2000:] + good.stderr[-2000:] if failures else "ok     nothing is wrong with a faithful one")
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
