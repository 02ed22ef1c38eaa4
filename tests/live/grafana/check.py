#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Asks a running Grafana whether what was provisioned arrived unchanged and answers.

    GRAFANA_URL=http://127.0.0.1:3000 [GRAFANA_TOKEN=... | GRAFANA_USER=... GRAFANA_PASSWORD=...]
    check.py [--screenshots FOLDER]

Data sources are healthy, dashboards are those of the committed files, every panel's queries
go through Grafana's own query API without an error, and where the alerts were provisioned as
Grafana's own, their rules, contact points, templates and mute times are there and evaluate.
With a browser each dashboard is looked at and kept as a picture. Skipped (77) when no address
is given; a part that cannot be asked (no rights, no browser) says so.
"""
import argparse
import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests" / "checks" / "observability"))
import sources  # noqa: E402
from answers import concrete  # noqa: E402

MANAGED = ROOT / "grafana" / "managed-alerts" / "alerting" / "bandit-router.yaml"
PROVISIONING = "/api/v1/provisioning"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


class Grafana:
    """The API of one server; counts what is wrong."""

    def __init__(self, url):
        self.url, self.failures = url.rstrip("/"), 0

    def complain(self, text):
        self.failures += 1
        print(f"FAILED {text}")

    def headers(self):
        if os.environ.get("GRAFANA_TOKEN"):
            return {"Authorization": "Bearer " + os.environ["GRAFANA_TOKEN"]}
        if os.environ.get("GRAFANA_USER"):
            pair = f"{os.environ['GRAFANA_USER']}:{os.environ.get('GRAFANA_PASSWORD', '')}"
            return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
        return {}

    def call(self, path, body=None):
        """(answer, status, error)."""
        request = urllib.request.Request(self.url + path, headers=self.headers())
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer), answer.status, ""
        except urllib.error.HTTPError as error:
            return None, error.code, f"{error.code} {error.read(300).decode(errors='replace')}"


def check_sources(grafana):
    for path in sorted((ROOT / "grafana" / "provisioning" / "datasources").glob("*.yaml")):
        for want in sources.load_yaml(path)["datasources"]:
            uid = want["uid"]
            found, _, error = grafana.call(f"/api/datasources/uid/{uid}")
            if error:
                grafana.complain(f"data source {uid}: {error}")
                continue
            for key in ("name", "type", "access"):
                if found[key] != want[key]:
                    grafana.complain(f"data source {uid}: {key} is {found[key]!r}, not {want[key]!r}")
            if want["type"] == "prometheus":
                health, _, error = grafana.call(f"/api/datasources/uid/{uid}/health")
                if error or health.get("status") != "OK":
                    grafana.complain(f"data source {uid} is not healthy: {error or health}")


def essence(panel):
    """What a person wrote of a panel; options and defaults are Grafana's to fill in."""
    targets = [{k: t.get(k) for k in ("refId", "expr", "legendFormat")} for t in panel.get("targets", [])]
    return {**{k: panel.get(k) for k in ("id", "type", "title", "description", "gridPos")}, "targets": targets}


def check_board(grafana, path, board):
    found, _, error = grafana.call(f"/api/dashboards/uid/{board['uid']}")
    if error:
        grafana.complain(f"{path.name}: {error}")
        return
    if not found["meta"].get("provisioned"):
        grafana.complain(f"{path.name}: is there, but not provisioned from the file")
    there = found["dashboard"]
    for key in ("title", "description", "tags", "editable"):
        if there.get(key) != board.get(key):
            grafana.complain(f"{path.name}: {key} is {there.get(key)!r}, not {board.get(key)!r}")
    ours = {p["id"]: essence(p) for p in sources.panels(board)}
    theirs = {p["id"]: essence(p) for p in sources.panels(there)}
    for number in sorted(ours.keys() | theirs.keys()):
        if ours.get(number) != theirs.get(number):
            grafana.complain(f"{path.name}: panel {number} is not that of the file")


def check_queries(grafana, path, board):
    """Every panel through Grafana's own query API; returns how many had data."""
    answered = 0
    for panel in sources.panels(board):
        queries = [
            {"refId": t["refId"], "expr": concrete(t["expr"]), "instant": True, "range": False, "datasource": {"uid": "bandit-prometheus"}}
            for t in panel.get("targets", [])
        ]
        if not queries:
            continue
        found, _, error = grafana.call("/api/ds/query", {"queries": queries, "from": "now-15m", "to": "now"})
        if error:
            grafana.complain(f"{path.name}: {panel['title']}: {error}")
            continue
        results = found["results"].values()
        for result in results:
            if result.get("error"):
                grafana.complain(f"{path.name}: {panel['title']}: {result['error']}")
        answered += any(frame["schema"]["fields"] for result in results for frame in result.get("frames", []))
    return answered


def check_managed(grafana):
    """The optional copy of the alerts as Grafana's own."""
    want = sources.load_yaml(MANAGED)
    rules, status, error = grafana.call(f"{PROVISIONING}/alert-rules")
    if status in (401, 403, 404):
        print(f"not asked: alert rules ({error[:60].strip()}); give the credentials of an editor or administrator")
        return
    there = {r["uid"]: r for r in rules}
    ours = {r["uid"]: (r, g) for g in want["groups"] for r in g["rules"]}
    if not ours.keys() & there.keys():
        print("not asked: alerts are not provisioned as Grafana's own; Prometheus evaluates them")
        return
    for uid, (rule, group) in ours.items():
        if uid not in there:
            grafana.complain(f"alert rule {uid} is not there")
        elif there[uid]["data"][0]["model"]["expr"] != rule["data"][0]["model"]["expr"] or there[uid]["ruleGroup"] != group["name"]:
            grafana.complain(f"alert rule {uid} is not that of the file")
    for kind, path in (("contactPoints", "contact-points"), ("muteTimes", "mute-timings"), ("templates", "templates")):
        found, _, error = grafana.call(f"{PROVISIONING}/{path}")
        names = {item["name"] for item in found or []}
        for item in want[kind]:
            if error or item["name"] not in names:
                grafana.complain(f"{kind} {item['name']!r} is not there {error}")
    states, _, error = grafana.call("/api/prometheus/grafana/api/v1/rules")
    for group in (states or {}).get("data", {}).get("groups", []):
        for rule in group["rules"]:
            if rule["name"] in ours and rule["health"] == "error":
                grafana.complain(f"alert rule {rule['name']} does not evaluate: {rule.get('lastError', '')}")
    print(f"{len(ours.keys() & there.keys())} alert rules of Grafana's own")


def screenshots(grafana, folder):
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not browser:
        print(f"no pictures: no browser; one of {', '.join(BROWSERS)} is needed")
        return
    folder.mkdir(parents=True, exist_ok=True)
    for _, board in sources.dashboards(ROOT):
        picture = folder / f"{board['uid']}.png"
        with tempfile.TemporaryDirectory() as profile:
            command = [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}", "--window-size=1600,2400", "--virtual-time-budget=20000", f"--screenshot={picture}", f"{grafana.url}/d/{board['uid']}?kiosk"]
            subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120, check=False)
        if not picture.exists() or picture.stat().st_size < 20000:
            grafana.complain(f"{board['uid']}: the picture is empty")
        else:
            print(f"picture {picture}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--screenshots", type=pathlib.Path, help="folder for pictures; anonymous visitors must be let in")
    args = parser.parse_args()
    if not os.environ.get("GRAFANA_URL"):
        print("skipped: GRAFANA_URL is not set")
        return 77

    grafana = Grafana(os.environ["GRAFANA_URL"])
    check_sources(grafana)
    for path, board in sources.dashboards(ROOT):
        check_board(grafana, path, board)
        answered = check_queries(grafana, path, board)
        print(f"{board['uid']:20} {answered} of {sum(bool(p.get('targets')) for p in sources.panels(board))} panels with data through Grafana")
    check_managed(grafana)
    if args.screenshots:
        screenshots(grafana, args.screenshots)
    print(f"{grafana.failures} failures")
    return 1 if grafana.failures else 0


if __name__ == "__main__":
    sys.exit(main())
