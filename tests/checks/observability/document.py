#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the pages that are made from the source: docs/metrics.md from what the programs
describe, docs/alerts.md from the alerts.

    document.py --bin build/release/bin [--check]

With --check nothing is written; exit 1 when a page is out of date.
"""
import argparse
import pathlib
import sys

import catalogue as catalogues
import sources

MADE = "<!-- Made by tests/checks/observability/document.py; do not edit. -->\n"


def labels_of(family):
    return ", ".join(f"`{name}`" for name in family["constant_labels"] + family["labels"]) or "none"


def complete(program, family):
    """A reader is told what it means and how to ask for it."""
    missing = [k for k in ("help", "type", "stability", "example") if not family.get(k)]
    if missing:
        raise SystemExit(f"{program} --describe-metrics: {family['name']} has no {', '.join(missing)}")


def metrics_page(programs, root):
    out = ["# Metrics\n\n", MADE, "\nEvery family that the programs emit, as they describe it themselves (`PROGRAM --describe-metrics`), and\n"
           "what Prometheus records from them. *Stable* families keep name, labels and meaning until two minor\nreleases after"
           " they are declared deprecated; *experimental* ones may change in any release. State sets carry\na label of the"
           " family's own name whose value is the state.\n"]
    for program, families in programs.items():
        out.append(f"\n## {program}\n")
        for f in families:
            complete(program, f)
            out.append(f"\n### `{f['name']}`\n\n{f['help']}\n\n")
            unit = f", in {f['unit']}" if f["unit"] else ""
            out.append(f"{f['type'].capitalize()}{unit}, {f['stability']}. Labels: {labels_of(f)}.\n")
            if f.get("states"):
                out.append("States: " + ", ".join(f"`{s}`" for s in f["states"]) + ".\n")
            if f.get("buckets"):
                out.append("Buckets: " + ", ".join(f"{b:g}" for b in f["buckets"]) + ".\n")
            if f.get("exemplar"):
                out.append("Exemplars in OpenMetrics: " + ", ".join(f"`{e}`" for e in f["exemplar"]) + ".\n")
            if f.get("example"):
                out.append(f"\n```promql\n{f['example']}\n```\n")
    out.append("\n## Recorded by Prometheus\n\nNamed `level:metric:operations`. The level of all of them is this product, which keeps them apart from\n"
               "everybody else's; what a series is of (`arm`, `route`, `feature`, ...) is the first word of the metric, and says\n"
               "which labels it has.\n\n| series | recorded in |\n|---|---|\n")
    seen = set()
    for path, _, rule in sources.rules(root):
        if "record" in rule and rule["record"] not in seen:
            seen.add(rule["record"])
            out.append(f"| `{rule['record']}` | `prometheus/rules/{path.name}` |\n")
    return "".join(out)


def condition(root, name):
    """When it fires, as its runbook says: the first paragraph of its meaning, on one line."""
    page = root / "docs" / "runbooks" / f"{name}.md"
    meaning = page.read_text(encoding="utf-8").partition("\n## Meaning\n\n")[2].partition("\n\n")[0]
    return " ".join(meaning.split()).replace("](", "](runbooks/").replace("|", "\\|")


def alerts_page(root):
    out = ["# Alerts\n\n", MADE, "\nEvery alert, with the page that says what to do. Each has tests that it fires, with its words; that it\n"
           "resolves; and that it stays silent just short of firing (`prometheus/tests`). *When* counts from the first\n"
           "evaluation that finds it so; the expressions are in `prometheus/alerts`.\n"]
    current = None
    for path, _, rule in sources.alerts(root):
        if path != current:
            current = path
            out.append(f"\n## {path.stem}\n\n| alert | severity | for | what it says | when |\n|---|---|---|---|---|\n")
        name = rule["alert"]
        out.append(f"| [{name}](runbooks/{name}.md) | {rule['labels']['severity']} | {rule.get('for', '-')} | {rule['annotations']['summary']} | {condition(root, name)} |\n")
    return "".join(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[3])
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()

    programs = catalogues.describe(args.bin)
    stale = 0
    for name, text in (("metrics.md", metrics_page(programs, args.root)), ("alerts.md", alerts_page(args.root))):
        page = args.root / "docs" / name
        if not args.check:
            page.write_text(text, encoding="utf-8")
        elif not page.exists() or page.read_text(encoding="utf-8") != text:
            print(f"docs/{name}: not what the source makes of it; run {pathlib.Path(__file__).name}")
            stale += 1
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
