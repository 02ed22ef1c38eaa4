#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Conventions of dashboards: those of grafana/dashboard-linter that apply, and our own.

    lint_dashboards.py [--root .]
"""
import argparse
import json
import pathlib
import re
import sys

import color_vision
import lint_series
import promql
import sources

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
KINDS = {"timeseries", "stat", "table", "state-timeline", "text", "row"}
WITHOUT_UNIT = {"text", "row"}
# A fixed range is right where the question is about that range, and the title or the
# description says so.
RANGES = {"1h": "hour", "5m": "five minutes", "15m": "fifteen minutes"}
# dashboard, variable: why it has no All
WITHOUT_ALL = {
    ("bandit-route", "route"): "each route has rows of its own; a fleet of them is thousands of panels",
    ("bandit-models", "route"): "each arm is a line; a fleet of them is thousands of lines",
}
HEX = re.compile(r"#[0-9A-Fa-f]{6}")
# Colours that stand beside each other in one panel: for comparison, the two that people with
# deuteranopia tell apart worst in the palette of Okabe and Ito are 18 apart.
APART = 15
LEAST_HEIGHT = {"timeseries": 5, "state-timeline": 5, "table": 5, "stat": 3, "text": 2, "row": 1}
FOLDER_LIMIT = 262144  # bytes of one ConfigMap that client-side apply still takes
SECONDS = {"s": 1, "m": 60}


def seconds(text):
    return int(text[:-1]) * SECONDS[text[-1]]


def profile(root, name):
    """The settings of a deployment of services/local."""
    text = (root / "services/local/profiles" / f"{name}.env").read_text(encoding="utf-8")
    return dict(re.findall(r"^(\w+)=(.*)$", text, re.M))


def lint_refresh(root, complain):
    """A page is not loaded again faster than its data comes; the demo's fits the demo."""
    for name in ("demo", "production"):
        settings = profile(root, name)
        if seconds(settings["REFRESH"]) < seconds(settings["SCRAPE_INTERVAL"]):
            complain(f"services/local/profiles/{name}.env: REFRESH is faster than SCRAPE_INTERVAL")
    return seconds(profile(root, "production")["SCRAPE_INTERVAL"])


def lint_board(board, scraped, complain):
    if not re.fullmatch(r"[a-z-]{8,40}", board.get("uid", "")):
        complain("", "uid is not 8 to 40 small letters and dashes")
    if not 39 <= board["schemaVersion"] <= 42:
        complain("", "schemaVersion is not 39 to 42")
    for key, want in (("editable", False), ("graphTooltip", 1), ("id", None), ("liveNow", False)):
        if board.get(key) != want:
            complain("", f"{key} is {board.get(key)!r}, not {want!r}")
    for key in ("title", "description", "tags", "links"):
        if not board.get(key):
            complain("", f"no {key}")
    if seconds(board["refresh"]) < scraped:
        complain("refresh", f"is {board['refresh']}, faster than data comes in production: {scraped} s")
    if not any(note["name"] == "Alert fires" for note in board["annotations"].get("list", [])):
        complain("annotations", "no alert is marked in its graphs")
    if "__inputs" in board or "__requires" in board:
        complain("", "__inputs are not resolved by provisioning")
    if any(not (link["keepTime"] and link["includeVars"]) for link in board["links"]):
        complain("", "a link loses the time range or the variables")
    variables = board["templating"]["list"]
    if not variables or variables[0]["type"] != "datasource" or variables[0]["name"] != "datasource":
        complain("", "the first variable is not the data source")
    for uid, name in WITHOUT_ALL:
        if uid == board["uid"] and any(v["name"] == name and v.get("includeAll") for v in variables):
            complain(name, "needs no exception in WITHOUT_ALL any more")
    for variable in variables[1:]:
        if variable["datasource"] != DATASOURCE or variable["refresh"] != 2:
            complain(variable["name"], "variable of another data source, or not refreshed with the time range")
        every = variable["includeAll"] and variable.get("allValue") == ".+"
        if not variable["multi"] or not (every or (board["uid"], variable["name"]) in WITHOUT_ALL):
            complain(variable["name"], "variable without several values and All as .+")


def lint_expression(panel, expr, title, complain):
    try:
        read = promql.parse(expr)
    except (ValueError, IndexError) as error:
        complain(title, str(error))
        return
    says = panel["title"] + panel["description"]
    fixed = set(re.findall(r"\[(\d+[smhd])\]", expr))
    if panel["type"] == "timeseries" and re.search(r"\b(rate|irate)\(", expr) and "$__rate_interval" not in expr and not fixed:
        complain(title, "rate() without $__rate_interval")
    for length in sorted(fixed):
        if RANGES.get(length, "?") not in says:
            complain(title, f"a fixed range, {length}, that neither title nor description tells of")
    for use in read.uses:
        for label, op, value in use.matchers:
            if "$" in value and op not in ("=~", "!~"):
                complain(title, f"variable in {label}{op}; several values want =~")


def lint_panel(panel, complain):
    title = panel.get("title", "")
    kind = panel["type"]
    if kind not in KINDS:
        complain(title, f"panel type {kind}")
    if not title:
        complain(str(panel.get("id")), "no title")
    if kind == "row":
        return
    if not panel.get("description", "").endswith("."):
        complain(title, "no description that is a sentence")
    if kind == "text" and len(panel["options"]["content"]) < 40:
        complain(title, "a text that says nothing")
    if kind in WITHOUT_UNIT:
        return
    defaults = panel["fieldConfig"]["defaults"]
    for key in ("unit", "noValue"):
        if not defaults.get(key):
            complain(title, f"no {key}")
    if panel.get("datasource") != DATASOURCE:
        complain(title, "another data source than the variable's")
    if not panel.get("targets"):
        complain(title, "no query")
    for target in panel.get("targets", []):
        if target.get("datasource") != DATASOURCE:
            complain(title, "a query of another data source")
        lint_expression(panel, target["expr"], title, complain)


def lint_colors(what, drawn, palette, complain):
    """Colours are those of grafana/src/colors.ts, and those of one panel can be told apart."""
    colors = set(HEX.findall(json.dumps(drawn)))
    for color in sorted(colors - palette):
        complain(what, f"{color} is no colour of ours; they are in grafana/src/colors.ts")
    if len(colors) > 1:
        distance, kind, one, other = color_vision.nearest(colors)
        if distance < APART:
            complain(what, f"{one} and {other} are {distance:.0f} apart, less than {APART}, to people with {kind} vision")


def lint_rows(board, complain):
    """A row of panels is as wide as the page, and its panels are of one height."""
    beside = {}
    for panel in board["panels"]:
        beside.setdefault(panel["gridPos"]["y"], []).append(panel)
    for panels in beside.values():
        if len({p["gridPos"]["h"] for p in panels}) > 1:
            complain(panels[0]["title"], "panels of one row have different heights")
        if sum(p["gridPos"]["w"] for p in panels) != 24 and not any(p.get("repeat") for p in panels):
            complain(panels[0]["title"], "its row does not fill the page")


def lint_layout(board, complain):
    lint_rows(board, complain)
    taken = {}
    for panel in board["panels"]:
        grid = panel["gridPos"]
        if grid["h"] < LEAST_HEIGHT.get(panel["type"], 1):
            complain(panel["title"], "too low to be read")
        if grid["x"] + grid["w"] > 24:
            complain(panel["title"], "wider than the grid")
        for y in range(grid["y"], grid["y"] + grid["h"]):
            for x in range(grid["x"], grid["x"] + grid["w"]):
                if (x, y) in taken:
                    complain(panel["title"], f"lies over {taken[x, y]!r}")
                    return
                taken[x, y] = panel["title"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[3])
    args = parser.parse_args()

    palette = set(HEX.findall((args.root / "grafana/src/colors.ts").read_text(encoding="utf-8")))
    findings, titles, uids, count = [], set(), set(), 0
    scraped = lint_refresh(args.root, findings.append)
    shared = lint_series.Shared(args.root)
    for path, board in sources.dashboards(args.root):

        def complain(what, text, path=path):
            line = sources.line_of(path, f'"{what}"') if what else 1
            findings.append(f"{path.relative_to(args.root)}:{line}: {what}{': ' if what else ''}{text}")

        lint_board(board, scraped, complain)
        lint_series.lint(board, shared, complain)
        lint_layout(board, complain)
        lint_colors("annotations", board["annotations"], palette, complain)
        if board["title"] in titles or board["uid"] in uids:
            complain("", "title or uid of another dashboard, which would stop the provider")
        titles.add(board["title"])
        uids.add(board["uid"])
        if path.stem != board["uid"]:
            complain("", "file is not named by the uid")
        if len(json.dumps(board, separators=(",", ":"))) > FOLDER_LIMIT // 2:
            complain("", "too large for a ConfigMap by client-side apply")
        ids = [p["id"] for p in sources.panels(board)]
        if len(ids) != len(set(ids)) or 0 in ids:
            complain("", "panel ids are not unique")
        for panel in sources.panels(board):
            count += panel["type"] not in WITHOUT_UNIT
            lint_panel(panel, complain)
            lint_colors(panel["title"], panel.get("fieldConfig", {}), palette, complain)
    for uid, panel in shared.unneeded():
        findings.append(f"tests/checks/observability/lint_series.py:1: panel {panel} of {uid} needs no exception any more")
    print(*findings, sep="\n", end="\n" if findings else "")
    print(f"{len(uids)} dashboards, {count} panels, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
