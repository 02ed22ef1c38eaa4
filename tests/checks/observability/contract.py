#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The contract: what rules, alerts, dashboards, runbooks and docs ask for, the programs
emit; and what the programs emit, the docs tell.

    contract.py --bin build/release/bin [--root .]

Every finding names file and line. Exit 1 when there is one.
"""
import argparse
import pathlib
import re
import sys
import urllib.parse

import catalogue as catalogues
import enumerations
import hidden
import promql
import sources

RANGED = {"rate", "increase", "irate"}
COUNTER_AS_IS = {"timestamp", "absent", "count", "group", "changes", "resets"}
# What a name's ending demands of a panel that shows it as it is.
UNITS = ((re.compile(r"(_ratio|:ratio\w*)\Z"), {"percentunit", "none"}), (re.compile(r"_bytes\Z"), {"bytes"}))


# What is emitted and on no panel, and why.
NOT_SHOWN = (
    (re.compile(r"process_virtual_memory_"), "address space says nothing; resident memory is shown"),
    (re.compile(r"bandit_exporter_config_last_reload_success_timestamp_"), "whether it succeeded is shown"),
)


# Alerts whose panel shows something else than what they judge, and why.
OTHER_PANEL = {
    "BanditDecisionOverdue": "decisions a second fall to nothing",
    "BanditNoEligibleArm": "the states say why no arm is",
    "BanditRouteNeverDecided": "decisions a second are none",
    "BanditWatchdog": "judges nothing; notifications are its purpose",
}


class Findings:
    def __init__(self, root):
        self.root = root
        self.lines = []

    def add(self, path, line, text):
        self.lines.append(f"{path.relative_to(self.root)}:{line}: {text}")


def check_use(query, use, known, findings):
    def complain(text):
        at = sources.line_of(query.path, use.metric, query.line) if use.metric else query.line
        findings.add(query.path, at, f"{query.what}: {text}")

    if not use.metric:
        names = [v for k, op, v in use.matchers if k == "__name__"]
        matched = [m for m in known.metrics.values() if any(re.fullmatch(n, m.name) for n in names)]
        if not matched:
            complain(f"no metric is called {names}")
        for metric in matched:
            metric.used = True
            metric.shown |= query.shown
        return
    metric = known.find(use.metric)
    for label, operator, value in use.matchers:
        for wrong in known.values.unknown(metric, label, operator, value):
            complain(f"no {label} of {use.metric} is called {wrong}; there are {', '.join(sorted(known.values.of(metric, label))) or 'other buckets'}")
    if metric is None:
        if not catalogues.FOREIGN.match(use.metric):
            complain(f"nothing emits or records {use.metric}")
        return
    metric.used = True
    metric.shown |= query.shown
    for label, _, _ in use.matchers:
        if label not in metric.labels:
            complain(f"{use.metric} has no label {label}; it has {', '.join(sorted(metric.labels))}")
    if metric.type == "counter" and not use.ranged and use.function not in COUNTER_AS_IS:
        complain(f"{use.metric} is a counter; ask for its rate() or increase()")
    if metric.type != "counter" and use.function in RANGED:
        complain(f"{use.metric} is no counter; {use.function}() of it means nothing")


def check_groupings(query, read, known, findings):
    """A label that is grouped or joined by must be on something in the expression."""
    metrics = [known.find(u.metric) for u in read.uses]
    if any(m is None for m in metrics):
        return  # a foreign family, whose labels we do not list
    have = set().union(*(m.labels for m in metrics)) if metrics else set()
    for label in read.grouped_by:
        made = f'"{label}"' in query.expr  # by count_values or label_replace
        if label not in have and not made:
            findings.add(query.path, sources.line_of(query.path, label, query.line), f"{query.what}: nothing here has a label {label} to group by")


def check_unit(query, read, findings):
    if not query.unit or len(read.uses) != 1 or "/" in query.expr or "count" in query.expr:
        return
    use = read.uses[0]
    for ending, units in UNITS:
        if ending.search(use.metric) and query.unit not in units:
            findings.add(query.path, query.line, f"{query.what}: {use.metric} shown as \"{query.unit}\"; it wants {' or '.join(sorted(units))}")
    if "_seconds" in use.metric and use.function in ("histogram_quantile", "", "max") and "count" not in use.metric and query.unit not in ("s", "none", "short", "dateTimeFromNow"):
        findings.add(query.path, query.line, f"{query.what}: {use.metric} shown as \"{query.unit}\"; it wants s")


def check_queries(root, known, findings):
    n = 0
    for query in sources.queries(root):
        n += 1
        try:
            read = promql.parse(query.expr)
        except (ValueError, IndexError) as error:
            findings.add(query.path, query.line, f"{query.what}: {error}")
            continue
        for use in read.uses:
            check_use(query, use, known, findings)
        for text in hidden.operands(query, known):
            findings.add(query.path, query.line, f"{query.what}: {text}")
        check_groupings(query, read, known, findings)
        check_unit(query, read, findings)
    return n


def check_links(root, findings):
    """Alerts link to a runbook and to a panel that are there, and no runbook is orphaned."""
    boards = {d["uid"]: {p["id"] for p in sources.panels(d)} for _, d in sources.dashboards(root)}
    pages = {p.stem for p in (root / "docs" / "runbooks").glob("*.md")} - {"README"}
    for path, line, rule in sources.alerts(root):
        name, notes = rule["alert"], rule.get("annotations", {})
        if name not in pages:
            findings.add(path, line, f"alert {name} has no runbook docs/runbooks/{name}.md")
        url = urllib.parse.urlsplit(notes.get("dashboard_url", ""))
        uid = url.path.removeprefix("/d/")
        panel = re.search(r"viewPanel=(\d+)", url.query)
        if uid not in boards:
            findings.add(path, line, f"alert {name} links to dashboard {uid!r}, which is not there")
        elif not panel or int(panel.group(1)) not in boards[uid]:
            findings.add(path, line, f"alert {name} links to a panel that {uid} does not have")
    names = {rule["alert"] for _, _, rule in sources.alerts(root)}
    for page in sorted(pages - names):
        findings.add(root / "docs" / "runbooks" / f"{page}.md", 1, "a runbook of no alert")


def read_through(metrics, recorded):
    """The metrics, and those that the recorded ones among them are made of."""
    found, todo = set(), list(metrics)
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += recorded.get(name, ())
    return {re.sub(r"_(bucket|count|sum)\Z", "", name) for name in found}


def check_panels(root, findings):
    """The panel that an alert links to shows something of what the alert judges."""
    recorded, shown = {}, {}
    for _, _, rule in sources.rules(root):
        if "record" in rule:
            recorded.setdefault(rule["record"], set()).update(promql.metrics(rule["expr"]))
    for _, board in sources.dashboards(root):
        for panel in sources.panels(board):
            shown[board["uid"], str(panel["id"])] = {m for t in panel.get("targets", []) for m in promql.metrics(t["expr"])}
    for path, line, rule in sources.alerts(root):
        link = re.search(r"/d/([a-z-]+)\?(?:.*&)?viewPanel=(\d+)\Z", rule.get("annotations", {}).get("dashboard_url", ""))
        if not link or link.groups() not in shown or rule["alert"] in OTHER_PANEL:
            continue  # a link to nothing is found above
        if not read_through(promql.metrics(rule["expr"]), recorded) & read_through(shown[link.groups()], recorded):
            findings.add(path, line, f"alert {rule['alert']} links to panel {link[2]} of {link[1]}, which shows nothing of what it judges")


def check_docs(root, known, findings):
    """docs/metrics.md tells of every family, and of none that is not there."""
    page = root / "docs" / "metrics.md"
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    told = dict.fromkeys(re.findall(r"^### `([a-zA-Z0-9_:]+)`", text, re.M))
    emitted = {family["name"]: program for program, family in known.families}
    recorded = {m.name for m in known.metrics.values() if ":" in m.name}
    for name, program in emitted.items():
        if name not in told:
            findings.add(page, 1, f"{program} emits {name}, and the page does not tell of it")
    for name in told:
        if name not in emitted and name not in recorded:
            findings.add(page, sources.line_of(page, f"`{name}`"), f"nothing emits {name}")


def check_shown(known, root, findings):
    """What a program emits, a person can see: on a panel, or in a rule that a panel reads."""
    page = root / "docs" / "metrics.md"
    for program, family in known.families:
        name = family["name"]
        parts = [known.find(n) for n in (name, name + "_bucket", name + "_sum", name + "_count")]
        if not any(m and m.shown for m in parts) and not any(p.match(name) for p, _ in NOT_SHOWN):
            findings.add(page, sources.line_of(page, f"### `{name}`"), f"{program} emits {name}, and no panel or rule shows it")


def check_used(known, root, findings):
    """A recorded series that nothing reads costs memory for nothing."""
    for path, line, rule in sources.rules(root):
        metric = known.find(rule.get("record"))
        if metric and not metric.used:
            findings.add(path, line, f"nothing reads {metric.name}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[3])
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="folder of the built programs")
    args = parser.parse_args()

    known = catalogues.build(args.root, catalogues.describe(args.bin))
    known.values = enumerations.Enumerations(args.root, known.families)
    findings = Findings(args.root)
    asked = check_queries(args.root, known, findings)
    check_links(args.root, findings)
    check_panels(args.root, findings)
    check_docs(args.root, known, findings)
    check_used(known, args.root, findings)
    check_shown(known, args.root, findings)
    for line in findings.lines:
        print(line)
    print(f"{asked} queries, {len(known.metrics)} metrics, {len(findings.lines)} findings")
    return 1 if findings.lines else 0


if __name__ == "__main__":
    sys.exit(main())
