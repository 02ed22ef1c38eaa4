#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Proves that the checks find what they are for: each row breaks a copy of the repository
in one place, and the check must fail with a message that names the file, and the line.

    break_copies.py --bin build/release/bin
"""
import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
COPIED = ("prometheus", "grafana/dashboards", "grafana/provisioning", "docs", "tests/checks/observability")

# check, file, what is replaced, by what, what the message must say
CASES = (
    ("contract", "prometheus/rules/rewards.yml", "ml_feedback_total{", "ml_feedbacks_total{", r"rewards\.yml:\d+: .*nothing emits or records ml_feedbacks_total"),
    ("contract", "prometheus/rules/traffic.yml", "record: bandit:arm_requests:rate1m", "record: bandit:arm_request:rate1m", r"traffic\.yml:\d+: .*bandit:arm_requests:rate1m"),
    ("contract", "prometheus/alerts/decisions.yml", '{verdict="Held"}', '{verdicts="Held"}', r"decisions\.yml:\d+: .*has no label verdicts"),
    ("contract", "prometheus/alerts/arms.yml", "namespace, route, arm, fault)", "namespace, route, arm, faults)", r"arms\.yml:\d+: .*label faults"),
    ("contract", "grafana/dashboards/bandit-models.json", "ml_active_requests", "ml_requests_active", r"bandit-models\.json:\d+: panel 15 .*ml_requests_active"),
    ("contract", "grafana/dashboards/bandit-route.json", "bandit_arm_window_samples", "bandit_arm_samples", r"bandit-route\.json:\d+: .*bandit_arm_samples"),
    ("contract", "prometheus/rules/health.yml", "rate(ml_prediction_failures_total[5m])", "rate(ml_active_requests[5m])", r"health\.yml:\d+: .*is no counter"),
    ("contract", "grafana/dashboards/bandit-models.json", "sum by (namespace, route, arm) (rate(ml_prediction_requests_total{namespace=~\\\"$namespace\\\",route=~\\\"$route\\\",arm=~\\\"$arm\\\"}[$__rate_interval]))\"", "sum by (namespace, route, arm) (ml_prediction_requests_total{})\"", r"bandit-models\.json:\d+: .*is a counter"),
    ("contract", "prometheus/alerts/weights.yml", "viewPanel=13", "viewPanel=999", r"weights\.yml:\d+: .*links to a panel"),
    ("contract", "docs/metrics.md", "### `ml_active_requests`", "### `ml_gone`", r"docs/metrics\.md:\d+: "),
    ("contract", "docs/runbooks/BanditArmFailing.md", None, None, r"arms\.yml:\d+: alert BanditArmFailing has no runbook"),
    ("lint_rules", "docs/runbooks/BanditArmFailing.md", None, None, r"arms\.yml:\d+: BanditArmFailing: no runbook"),
    ("lint_rules", "prometheus/alerts/arms.yml", "severity: critical", "severity: high", r"arms\.yml:\d+: BanditArmFailing: severity"),
    ("lint_rules", "prometheus/alerts/arms.yml", "{{ $labels.fault }}", "{{ $labels.error }}", r"arms\.yml:\d+: BanditFaultInjectionActive: its text uses label error"),
    ("lint_rules", "prometheus/tests/arms_test.yml", "alertname=\"BanditArmSlow\"", "alertname=\"BanditArmSloth\"", r"arms\.yml:\d+: BanditArmSlow: no test shows"),
    ("lint_dashboards", "grafana/dashboards/bandit-slo.json", '"noValue": "no traffic"', '"noValue": ""', r"bandit-slo\.json:\d+: .*no noValue"),
    ("lint_dashboards", "grafana/dashboards/bandit-slo.json", '"uid": "${datasource}"', '"uid": "prometheus"', r"bandit-slo\.json:\d+: .*data source"),
    ("provisioning", "grafana/provisioning/datasources/bandit-router.yaml", "jsonData:", "jsonDat:", r"bandit-router\.yaml:\d+: .*jsonDat"),
)


def run(root, check, bin_folder):
    script = root / "tests/checks/observability" / f"{check}.py"
    more = ["--bin", bin_folder] if check == "contract" else []
    return subprocess.run([sys.executable, script, *more], capture_output=True, text=True, timeout=60)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    bin_folder = parser.parse_args().bin.resolve()

    failures = 0
    for check, name, old, new, want in CASES:
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder)
            for part in COPIED:
                shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
            broken = copy / name
            if old is None:
                broken.unlink()
            else:
                text = broken.read_text(encoding="utf-8")
                if old not in text:
                    print(f"FAILED {check}: {name} no longer holds {old!r}")
                    failures += 1
                    continue
                broken.write_text(text.replace(old, new), encoding="utf-8")
            result = run(copy, check, bin_folder)
            found = next((line for line in result.stdout.splitlines() if re.search(want, line)), None)
            good = result.returncode == 1 and found
            print(f"{'ok    ' if good else 'FAILED'} {found or (result.stdout + result.stderr)[-300:]}")
            failures += not good
    print(f"{len(CASES)} breaks, {failures} not found")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
