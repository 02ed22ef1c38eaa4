#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Conventions of rules and alerts; that every alert is tested three ways: it fires (and says
what its test expects it to say, word by word), it resolves, it stays silent; that what silences
an alert is an alert that there is; that Prometheus keeps what is asked of it.

    lint_rules.py [--root .]
"""
import argparse
import pathlib
import re
import sys

import inhibition
import retention
import sources

SEVERITIES = {"critical", "warning", "info"}
COMPONENTS = {"arm", "decision", "dataplane", "feedback", "drift", "route", "slo", "operator", "exporter", "pipeline", "cluster"}
ANNOTATIONS = ["summary", "description", "runbook_url", "dashboard_url"]
RECORD = re.compile(r"bandit:[a-z_]+:[a-z][a-z0-9_]*\Z")
SECTIONS = ["## Meaning", "## Impact", "## Diagnosis", "## Mitigation"]
# Never silent, on purpose; so it can neither resolve nor stay silent.
ALWAYS_FIRES = {"BanditWatchdog"}


def lint_record(rule, complain):
    if not RECORD.match(rule["record"]):
        complain("name is not level:metric:operations, beginning with bandit:")
    if re.search(r"\[\d+s\]", rule["expr"]):
        complain("a range below a minute does not hold four scrapes")


def lint_alert(rule, complain):
    name, labels, notes = rule["alert"], rule.get("labels", {}), rule.get("annotations", {})
    if not re.fullmatch(r"Bandit([A-Z][a-z]+)+", name):
        complain("name is not CamelCase beginning with Bandit")
    if labels.get("severity") not in SEVERITIES and name not in ALWAYS_FIRES:
        complain(f"severity is {labels.get('severity')}; one of {', '.join(sorted(SEVERITIES))} is wanted")
    if labels.get("component") not in COMPONENTS:
        complain(f"component {labels.get('component')} is unknown")
    if any("{{" in str(v) for v in labels.values()):
        complain("a value in a label changes the alert's identity at every evaluation")
    for key in ANNOTATIONS:
        if not notes.get(key):
            complain(f"no {key}")
    summary = notes.get("summary", "")
    if "{{" in summary or not summary.endswith("."):
        complain("summary must be a fixed sentence that ends with a period")
    if not notes.get("runbook_url", "").endswith(f"/{name}"):
        complain("runbook_url does not end with the alert's name")
    if "topk" in rule["expr"] or "bottomk" in rule["expr"]:
        complain("topk in an alert makes it flap")
    if "absent(" in rule["expr"] and "for" not in rule:
        complain("absent() without `for` fires at every restart of Prometheus")
    if not re.search(r"[<>]|==|!=|absent|vector\(1\)", rule["expr"]):
        complain("no comparison: it fires as soon as the series is there")


def lint_runbook(root, rule, complain):
    page = root / "docs" / "runbooks" / f"{rule['alert']}.md"
    if not page.exists():
        complain(f"no runbook docs/runbooks/{page.name}")
        return
    text = page.read_text(encoding="utf-8")
    found = [s for s in SECTIONS if f"\n{s}\n" in text]
    if found != SECTIONS:
        complain(f"its runbook lacks {', '.join(s[3:] for s in SECTIONS if s not in found)}")
    if not text.startswith(f"# {rule['alert']}\n"):
        complain("its runbook has another title")
    if "```promql" not in text:
        complain("its runbook has no query")


class Proof:
    """What the tests show of one alert."""

    def __init__(self):
        self.fires = self.resolves = self.silent = False
        self.labels = []


def minutes(text):
    units = {"s": 1 / 60, "m": 1, "h": 60, "d": 1440}
    return sum(int(n) * units[u] for n, u in re.findall(r"(\d+)([smhd])", text))


def proofs(root):
    found = {}
    for path in sorted((root / "prometheus" / "tests").glob("*.yml")):
        for test in sources.load_yaml(path)["tests"]:
            seen = {}  # alert -> [(minute, expected alerts)]
            for check in test.get("alert_rule_test", []):
                seen.setdefault(check["alertname"], []).append((minutes(check["eval_time"]), check.get("exp_alerts") or []))
            for alert, checks in seen.items():
                proof = found.setdefault(alert, Proof())
                fired = [m for m, alerts in checks if alerts]
                proof.labels += [{**a["exp_labels"], "alertname": alert} for _, alerts in checks for a in alerts]
                if not fired:
                    proof.silent = True
                elif any(m > min(fired) and not alerts for m, alerts in checks):
                    proof.fires = proof.resolves = True
                else:
                    proof.fires = True
    return found


def lint_proof(rule, proof, complain):
    for what in ("fires", "resolves", "silent"):
        if not getattr(proof, what) and (what == "fires" or rule["alert"] not in ALWAYS_FIRES):
            complain(f"no test shows that it {'stays silent' if what == 'silent' else what}")
    # The labels it fires with are known from its tests: the texts may use no others.
    for text in rule.get("annotations", {}).values():
        for label in re.findall(r"\$labels\.(\w+)", text):
            if not any(label in labels for labels in proof.labels):
                complain(f"its text uses label {label}, which it does not fire with")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[3])
    args = parser.parse_args()

    shown = proofs(args.root)
    findings, names = inhibition.findings(args.root, [labels for proof in shown.values() for labels in proof.labels]), set()
    findings += retention.findings(args.root)
    count = 0
    for path, line, rule in sources.rules(args.root):
        where = f"{path.relative_to(args.root)}:{line}"
        what = rule.get("alert") or rule.get("record")

        def complain(text, where=where, what=what):
            findings.append(f"{where}: {what}: {text}")

        if "record" in rule:
            lint_record(rule, complain)
            continue
        count += 1
        if what in names:
            complain("a second alert of this name")
        names.add(what)
        lint_alert(rule, complain)
        lint_runbook(args.root, rule, complain)
        lint_proof(rule, shown.get(what, Proof()), complain)
    print(*findings, sep="\n", end="\n" if findings else "")
    print(f"{count} alerts, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
