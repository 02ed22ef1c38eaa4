# SPDX-License-Identifier: Apache-2.0
"""Everything that is written in terms of metrics, with where it is written."""
import dataclasses
import json
import pathlib
import re

import yaml


@dataclasses.dataclass
class Query:
    """One expression somewhere in the repository."""

    expr: str
    path: pathlib.Path
    line: int
    what: str  # "alert BanditArmFailing", "panel 12 of bandit-route"
    unit: str = ""

    @property
    def shown(self):
        """Whether a person comes to see what this asks for."""
        return self.what.startswith(("panel", "record"))


def line_of(path, text, start=1):
    """The first line, from start on, that holds the text; start itself if none does."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if number >= start and text in line:
            return number
    return start


def load_yaml(path):
    with open(path, encoding="utf-8") as file:
        return yaml.safe_load(file)


def rules(root):
    """(path, line, rule) of every recording rule and alert."""
    for path in sorted((root / "prometheus").glob("rules/*.yml")) + sorted(
        (root / "prometheus").glob("alerts/*.yml")
    ):
        seen = {}
        for group in load_yaml(path)["groups"]:
            for rule in group["rules"]:
                key = f"alert: {rule['alert']}" if "alert" in rule else f"record: {rule['record']}"
                seen[key] = line_of(path, key, seen.get(key, 0) + 1)
                yield path, seen[key], rule


def alerts(root):
    return [(p, n, r) for p, n, r in rules(root) if "alert" in r]


def dashboards(root):
    """(path, dashboard) of every generated dashboard."""
    for path in sorted((root / "grafana" / "dashboards").glob("*.json")):
        yield path, json.loads(path.read_text(encoding="utf-8"))


def panels(dashboard):
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", [])


def panel_line(path, panel):
    return line_of(path, json.dumps(panel.get("title", "")))


def label_values(text):
    """The selector in a variable's label_values(...), and the label asked for."""
    match = re.match(r"label_values\((.*),\s*(\w+)\)$", text)
    return match.groups() if match else (None, None)


def statements(block):
    """The queries of a fenced block, with the line each begins on. A query goes on while a
    bracket is open, or when the next line begins with blanks or an operator."""
    query, start = "", 0
    for number, line in enumerate(block.splitlines()):
        closed = query.count("(") == query.count(")")
        if query and closed and re.match(r"(?!(and|or|unless|on)\b)[\w({]", line):
            yield query, start
            query = ""
        if not query:
            start = number
        query += line + "\n"
    if query.strip():
        yield query, start


def runbook_queries(path):
    text = path.read_text(encoding="utf-8")
    for match in re.finditer(r"```promql\n(.*?)```", text, re.S):
        first = text[: match.start(1)].count("\n") + 1
        for query, offset in statements(match.group(1)):
            yield query, first + offset


def queries(root):
    for path, line, rule in rules(root):
        kind = "alert" if "alert" in rule else "record"
        yield Query(rule["expr"], path, line, f"{kind} {rule[kind]}")
    for path, dashboard in dashboards(root):
        for variable in dashboard["templating"]["list"]:
            if variable["type"] == "query":
                selector, _ = label_values(variable["query"]["query"])
                yield Query(selector, path, line_of(path, variable["query"]["query"].split("{")[0]), f"variable {variable['name']}")
        for note in dashboard["annotations"].get("list", []):
            if "expr" in note:
                yield Query(note["expr"], path, line_of(path, note["name"]), f"annotation {note['name']}")
        for panel in panels(dashboard):
            for target in panel.get("targets", []):
                unit = panel["fieldConfig"]["defaults"].get("unit", "") if panel["type"] != "table" else ""
                yield Query(target["expr"], path, panel_line(path, panel), f"panel {panel['id']} \"{panel['title']}\"", unit)
    for path in sorted((root / "docs").rglob("*.md")):
        for expr, line in runbook_queries(path):
            yield Query(expr, path, line, "query")
