#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Asks a running Grafana whether what was provisioned arrived and answers.

    GRAFANA_URL=http://127.0.0.1:3000 [GRAFANA_TOKEN=... | GRAFANA_USER=... GRAFANA_PASSWORD=...] check.py

Data sources are healthy, dashboards are there with the panels of the committed files, and
every panel's queries go through Grafana's own query API without an error. Skipped (77) when
no address is given.
"""
import base64
import json
import os
import pathlib
import sys
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests" / "checks" / "observability"))
import sources  # noqa: E402
from answers import concrete  # noqa: E402


def call(path, body=None):
    request = urllib.request.Request(os.environ["GRAFANA_URL"].rstrip("/") + path)
    if os.environ.get("GRAFANA_TOKEN"):
        request.add_header("Authorization", "Bearer " + os.environ["GRAFANA_TOKEN"])
    elif os.environ.get("GRAFANA_USER"):
        pair = f"{os.environ['GRAFANA_USER']}:{os.environ.get('GRAFANA_PASSWORD', '')}"
        request.add_header("Authorization", "Basic " + base64.b64encode(pair.encode()).decode())
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer), ""
    except urllib.error.HTTPError as error:
        return None, f"{error.code} {error.read(300).decode(errors='replace')}"


def check_panels(path, board, complain):
    for panel in sources.panels(board):
        for target in panel.get("targets", []):
            query = {"refId": target["refId"], "expr": concrete(target["expr"]), "instant": True, "datasource": {"uid": "bandit-prometheus"}}
            _, error = call("/api/ds/query", {"queries": [query], "from": "now-15m", "to": "now"})
            if error:
                complain(f"{path.name}: {panel['title']}: {error}")


def main():
    if not os.environ.get("GRAFANA_URL"):
        print("skipped: GRAFANA_URL is not set")
        return 77
    failures = []

    def complain(text):
        failures.append(text)
        print(text)

    for uid in ("bandit-prometheus", "bandit-alertmanager"):
        source, error = call(f"/api/datasources/uid/{uid}")
        if error:
            complain(f"data source {uid}: {error}")
        elif source["type"] == "prometheus":
            health, error = call(f"/api/datasources/uid/{uid}/health")
            if error or health.get("status") != "OK":
                complain(f"data source {uid} is not healthy: {error or health}")
    for path, board in sources.dashboards(ROOT):
        found, error = call(f"/api/dashboards/uid/{board['uid']}")
        if error:
            complain(f"{path.name}: {error}")
            continue
        if not found["meta"].get("provisioned"):
            complain(f"{path.name}: is there, but not provisioned from the file")
        ids = {p["id"]: p["title"] for p in sources.panels(found["dashboard"])}
        if ids != {p["id"]: p["title"] for p in sources.panels(board)}:
            complain(f"{path.name}: other panels than in the file")
        check_panels(path, board, complain)
    print(f"{len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
