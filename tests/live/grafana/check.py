#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Asks a running Grafana whether what was provisioned arrived unchanged and answers.

    GRAFANA_URL=http://127.0.0.1:3000 [GRAFANA_TOKEN=... | GRAFANA_USER=... GRAFANA_PASSWORD=...]
    check.py [--pictures FOLDER]

Data sources are healthy; folders and dashboards are those of the committed files, down to
units, thresholds, overrides, variables, annotations and links; every panel's queries go
through Grafana's own query API and have data, or a reason to have none; and where the alerts
were provisioned as Grafana's own, their rules, contact points, templates and mute times are
those of the file and evaluate. A headless browser takes a picture of each dashboard. Skipped
(77) when no address is given; a part that cannot be asked (no rights, no browser) says so.
"""
import argparse
import os
import pathlib
import sys
import tempfile

import pictures
from api import Grafana, difference

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests" / "checks" / "observability"))
import panel_queries  # noqa: E402
import sources  # noqa: E402
from answers import concrete  # noqa: E402

MANAGED = ROOT / "grafana" / "managed-alerts" / "alerting" / "bandit-router.yaml"
PROVIDER = ROOT / "grafana" / "provisioning" / "dashboards" / "bandit-router.yaml"
PROVISIONING = "/api/v1/provisioning"
# What Grafana says of a dashboard by itself, and what differs by the place it is delivered to.
ITS_OWN = {"id", "version", "schemaVersion", "refresh", "panels"}


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


def without_runbooks(node):
    """A panel without its links to runbooks, which lead elsewhere in each delivery."""
    if isinstance(node, list):
        return [without_runbooks(item) for item in node]
    if isinstance(node, dict):
        return {k: without_runbooks(v) for k, v in node.items() if not (k == "url" and "/runbooks/" in str(v))}
    return node


def check_board(grafana, path, board, folder):
    found, _, error = grafana.call(f"/api/dashboards/uid/{board['uid']}")
    if error:
        grafana.complain(f"{path.name}: {error}")
        return
    if not found["meta"].get("provisioned"):
        grafana.complain(f"{path.name}: is there, but not provisioned from the file")
    if found["meta"].get("folderTitle") != folder:
        grafana.complain(f"{path.name}: is in folder {found['meta'].get('folderTitle')!r}, not {folder!r}")
    there = found["dashboard"]
    notes = there.get("annotations", {})
    there = {**there, "annotations": {**notes, "list": [n for n in notes.get("list", []) if not n.get("builtIn")]}}
    for key in sorted(board.keys() - ITS_OWN):
        changed = difference(board[key], there.get(key), key)
        if changed:
            grafana.complain(f"{path.name}: {changed}")
    ours = {p["id"]: p for p in sources.panels(board)}
    theirs = {p["id"]: p for p in sources.panels(there)}
    for number in sorted(ours.keys() ^ theirs.keys()):
        grafana.complain(f"{path.name}: panel {number} is {'not there' if number in ours else 'not of the file'}")
    for number in sorted(ours.keys() & theirs.keys()):
        changed = difference(without_runbooks(ours[number]), theirs[number], f"panel {number}")
        if changed:
            grafana.complain(f"{path.name}: {changed}")


def with_data(result):
    return any(any(frame.get("data", {}).get("values", [])) for frame in result.get("frames", []))


def check_queries(grafana, path, board):
    """Every panel through Grafana's own query API; says how many had data."""
    asked = answered = 0
    for panel in sources.panels(board):
        queries = [
            {"refId": t["refId"], "expr": concrete(t["expr"]), "instant": False, "range": True, "intervalMs": 15000, "maxDataPoints": 100,
             "datasource": {"type": "prometheus", "uid": "bandit-prometheus"}}
            for t in panel.get("targets", [])
        ]  # fmt: skip
        if not queries:
            continue
        asked += 1
        found, _, error = grafana.call("/api/ds/query", {"queries": queries, "from": "now-15m", "to": "now"})
        if error:
            grafana.complain(f"{path.name}: {panel['title']}: {error}")
            continue
        results = found["results"].values()
        for result in results:
            if result.get("error"):
                grafana.complain(f"{path.name}: {panel['title']}: {result['error']}")
        if all(with_data(result) for result in results):
            answered += 1
        elif not panel_queries.reason(board["uid"], panel["id"]):
            grafana.complain(f"{path.name}: panel {panel['id']} {panel['title']!r} has no data, and no reason to have none")
    print(f"{board['uid']:20} {answered} of {asked} panels with data through Grafana")


def check_rules(grafana, want, there):
    folders, _, _ = grafana.call("/api/folders?limit=1000")
    titles = {f["uid"]: f["title"] for f in folders or []}
    for group in want["groups"]:
        for rule in group["rules"]:
            found = there.get(rule["uid"])
            if not found:
                grafana.complain(f"alert rule {rule['uid']} is not there")
                continue
            same = {k: rule[k] for k in ("title", "condition", "labels", "annotations", "noDataState", "execErrState", "for", "notification_settings")}
            changed = difference({**same, "ruleGroup": group["name"]}, found, rule["uid"])
            changed = changed or difference([d["model"] for d in rule["data"]], [d["model"] for d in found["data"]], rule["uid"])
            if titles and titles.get(found.get("folderUID")) != group["folder"]:
                changed = changed or f"{rule['uid']} is not in folder {group['folder']!r}"
            if changed:
                grafana.complain(f"alert rule {changed}")


def check_contact_points(grafana, want):
    found, _, error = grafana.call(f"{PROVISIONING}/contact-points")
    there = {(point["name"], point["type"]) for point in found or []}
    for point in want["contactPoints"]:
        for receiver in point["receivers"]:
            if (point["name"], receiver["type"]) not in there:
                grafana.complain(f"contact point {point['name']!r} by {receiver['type']} is not there {error}")


def check_managed(grafana):
    """The optional copy of the alerts as Grafana's own."""
    want = sources.load_yaml(MANAGED)
    rules, status, error = grafana.call(f"{PROVISIONING}/alert-rules")
    if status in (401, 403, 404):
        print(f"not asked: alert rules ({error[:60].strip()}); give the credentials of an editor or administrator")
        return
    there = {r["uid"]: r for r in rules}
    ours = {r["uid"] for g in want["groups"] for r in g["rules"]}
    if not ours & there.keys():
        print("not asked: alerts are not provisioned as Grafana's own; Prometheus evaluates them")
        return
    check_rules(grafana, want, there)
    check_contact_points(grafana, want)
    for kind, path in (("muteTimes", "mute-timings"), ("templates", "templates")):
        found, _, error = grafana.call(f"{PROVISIONING}/{path}")
        items = {item["name"]: item for item in found or []}
        for item in want[kind]:
            content = {k: v for k, v in item.items() if k != "orgId"}
            changed = difference(content, items[item["name"]], item["name"]) if item["name"] in items else f"{item['name']!r} is not there {error}"
            if changed:
                grafana.complain(f"{kind} {changed}")
    states, _, error = grafana.call("/api/prometheus/grafana/api/v1/rules")
    for group in (states or {}).get("data", {}).get("groups", []):
        for rule in group["rules"]:
            if rule["name"] in ours and rule["health"] == "error":
                grafana.complain(f"alert rule {rule['name']} does not evaluate: {rule.get('lastError', '')}")
    print(f"{len(ours & there.keys())} alert rules of Grafana's own")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()) / "bandit-grafana", help="folder of the pictures; default %(default)s")
    args = parser.parse_args()
    if not os.environ.get("GRAFANA_URL"):
        print("skipped: GRAFANA_URL is not set")
        return 77

    grafana = Grafana(os.environ["GRAFANA_URL"])
    folder = sources.load_yaml(PROVIDER)["providers"][0]["folder"]
    boards = list(sources.dashboards(ROOT))
    check_sources(grafana)
    for path, board in boards:
        check_board(grafana, path, board, folder)
        check_queries(grafana, path, board)
    check_managed(grafana)
    pictures.take(grafana, [board["uid"] for _, board in boards], args.pictures)
    print(f"{grafana.failures} failures")
    return 1 if grafana.failures else 0


if __name__ == "__main__":
    sys.exit(main())
