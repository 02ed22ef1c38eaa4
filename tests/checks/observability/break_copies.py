#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Proves that the checks find what they are for: each row breaks a copy of the repository
in one place, or what a program says that it emits, and the check must fail with a message
that names the file, and the line.

    break_copies.py --bin build/release/bin
"""
import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import catalogue

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
COPIED = ("prometheus", "grafana/dashboards", "grafana/provisioning", "grafana/managed-alerts", "grafana/src", "docs", "services/local/profiles", "services/local/sh", "services/compose", "services/server", "lib/route", "k8s/base/crd", "k8s/monitoring", "tests/checks/observability")

# check, file, what is replaced, by what, what the message must say; bin/PROGRAM is what the
# program describes, an object of JSON for each family
CASES = (
    # a program renames a metric, or drops a label: whoever uses it is named
    ("contract", "bin/bandit-exporter", '"bandit_arm_reward_ema"', '"bandit_arm_ema_reward"', r"rules/health\.yml:\d+: .*nothing emits or records bandit_arm_reward_ema"),
    ("contract", "bin/bandit-exporter", '"bandit_arm_reward_ema"', '"bandit_arm_ema_reward"', r"bandit-route\.json:\d+: panel 20 .*nothing emits or records bandit_arm_reward_ema"),
    ("contract", "bin/bandit-exporter", '"bandit_arm_reward_ema"', '"bandit_arm_ema_reward"', r"docs/metrics\.md:\d+: "),
    ("contract", "bin/bandit-operator", '["namespace", "route", "verdict", "reason"]', '["namespace", "route", "reason"]', r"bandit-route\.json:\d+: panel 33 .*label verdict"),
    ("contract", "bin/model-server", '["fault"]', "[]", r"alerts/arms\.yml:\d+: alert BanditFaultInjectionActive: .*label fault"),
    ("contract", "bin/bandit-operator", '"bandit_operator_leader_changes", "type": "counter"', '"bandit_operator_leader_changes", "type": "gauge"', r"alerts/arms\.yml:\d+: alert BanditLeaderOscillating: .*is no counter"),
    # a program emits something new, and nothing shows it
    ("contract", "bin/model-server", '[{"name": ', '[{"name": "ml_new_total", "type": "counter", "unit": "", "stability": "stable", "constant_labels": [], "labels": [], "help": "New."}, {"name": ', r"docs/metrics\.md:\d+: model-server emits ml_new_total, and no panel or rule shows it"),
    # somebody edits rules, dashboards, docs
    ("contract", "prometheus/rules/rewards.yml", "ml_feedback_total{", "ml_feedbacks_total{", r"rewards\.yml:\d+: .*nothing emits or records ml_feedbacks_total"),
    ("contract", "prometheus/rules/traffic.yml", "record: bandit:arm_requests:rate1m", "record: bandit:arm_request:rate1m", r"traffic\.yml:\d+: .*bandit:arm_requests:rate1m"),
    ("contract", "prometheus/alerts/decisions.yml", '{verdict="Held"}', '{verdicts="Held"}', r"decisions\.yml:\d+: .*has no label verdicts"),
    ("contract", "prometheus/alerts/arms.yml", "namespace, route, arm, fault)", "namespace, route, arm, faults)", r"arms\.yml:\d+: .*label faults"),
    ("contract", "grafana/dashboards/bandit-models.json", "ml_active_requests", "ml_requests_active", r"bandit-models\.json:\d+: panel 15 .*ml_requests_active"),
    ("contract", "grafana/dashboards/bandit-route.json", "bandit_arm_window_samples", "bandit_arm_samples", r"bandit-route\.json:\d+: .*bandit_arm_samples"),
    ("contract", "prometheus/rules/health.yml", "rate(ml_prediction_failures_total[5m])", "rate(ml_active_requests[5m])", r"health\.yml:\d+: .*is no counter"),
    ("contract", "grafana/dashboards/bandit-models.json", "sum by (namespace, route, arm) (rate(ml_prediction_requests_total{namespace=~\\\"$namespace\\\",route=~\\\"$route\\\",arm=~\\\"$arm\\\"}[$__rate_interval]))\"", "sum by (namespace, route, arm) (ml_prediction_requests_total{})\"", r"bandit-models\.json:\d+: .*is a counter"),
    ("contract", "prometheus/alerts/weights.yml", "viewPanel=13", "viewPanel=999", r"weights\.yml:\d+: .*links to a panel"),
    ("contract", "prometheus/alerts/weights.yml", "viewPanel=13", "viewPanel=21", r"weights\.yml:\d+: alert BanditWeightsNotApplied links to panel 21 .*shows nothing of what it judges"),
    ("contract", "docs/metrics.md", "### `ml_active_requests`", "### `ml_gone`", r"docs/metrics\.md:\d+: "),
    ("contract", "docs/runbooks/BanditArmFailing.md", None, None, r"arms\.yml:\d+: alert BanditArmFailing has no runbook"),
    ("lint_rules", "docs/runbooks/BanditArmFailing.md", None, None, r"arms\.yml:\d+: BanditArmFailing: no runbook"),
    ("lint_rules", "prometheus/alerts/arms.yml", "severity: critical", "severity: high", r"arms\.yml:\d+: BanditArmFailing: severity"),
    ("lint_rules", "prometheus/alerts/arms.yml", "{{ $labels.fault }}", "{{ $labels.error }}", r"arms\.yml:\d+: BanditFaultInjectionActive: its text uses label error"),
    ("lint_rules", "prometheus/tests/arms_test.yml", "alertname: BanditArmSlow", "alertname: BanditArmSloth", r"arms\.yml:\d+: BanditArmSlow: no test shows"),
    # a program renames a value of a label; somebody mistypes one
    ("contract", "bin/bandit-exporter", '"Ejected"', '"Expelled"', r"alerts/arms\.yml:\d+: alert BanditArmEjected: no bandit_arm_state of bandit_arm_state is called Ejected"),
    ("contract", "lib/route/route_names.c", '"NoEligibleArm"', '"NoArm"', r"alerts/decisions\.yml:\d+: alert BanditNoEligibleArm: no reason of .* is called NoEligibleArm"),
    ("contract", "prometheus/alerts/decisions.yml", '{verdict="Held"}', '{verdict="Hold"}', r"decisions\.yml:\d+: alert BanditDecisionsHeld: no verdict of .* is called Hold"),
    ("contract", "prometheus/rules/rewards.yml", 'outcome=~"correct|incorrect"', 'outcome=~"correct|wrong"', r"rewards\.yml:\d+: .*no outcome of .* is called wrong"),
    ("contract", "prometheus/alerts/slo.yml", 'slo="latency"', 'slo="late"', r"slo\.yml:\d+: .*no slo of .* is called late"),
    ("contract", "prometheus/rules/slo.yml", 'le="0.025"', 'le="0.03"', r"slo\.yml:\d+: .*no le of ml_prediction_duration_seconds_bucket is called 0\.03"),
    ("contract", "prometheus/prometheus.yml", "job_name: haproxy", "job_name: gateway", r"pipeline\.yml:\d+: alert BanditTargetDown: no job of up is called haproxy"),
    # a query that would never show one of the two that it asks for
    ("contract", "docs/promql.md", "bandit_arm_objective_ratio\n", "bandit_arm_reward_ema or bandit_arm_reward\n", r"docs/promql\.md:\d+: query: `bandit_arm_reward` has the labels of what is left of `or`"),
    # an alert is renamed, and what silences it is not
    ("lint_rules", "prometheus/alertmanager.yml", "BanditPrometheusUnreachable", "BanditPrometheusAway", r"alertmanager\.yml:\d+: source_matchers name BanditPrometheusAway"),
    ("lint_rules", "prometheus/alertmanager.yml", 'alertname="BanditNoEligibleArm"', 'alertname="BanditPodNotReady"', r"alertmanager\.yml:\d+: no alert that there is silences another by this rule"),
    # less is kept than a rule looks back
    ("lint_rules", "services/local/sh/processes.sh", "retention.time=31d", "retention.time=15d", r"processes\.sh:\d+: must keep more than 30 days, which record bandit:route_slo_errors:ratio_rate30d"),
    ("lint_dashboards", "grafana/dashboards/bandit-slo.json", '"noValue": "no traffic"', '"noValue": ""', r"bandit-slo\.json:\d+: .*no noValue"),
    ("lint_dashboards", "grafana/dashboards/bandit-slo.json", '"uid": "${datasource}"', '"uid": "prometheus"', r"bandit-slo\.json:\d+: .*data source"),
    ("lint_dashboards", "grafana/dashboards/bandit-route.json", "#D55E00", "#FF0000", r"bandit-route\.json:\d+: .*#FF0000 is no colour of ours"),
    ("lint_dashboards", "grafana/dashboards/bandit-route.json", "#009E73", "#CC79A8", r"bandit-route\.json:\d+: .*apart, less than"),
    ("lint_dashboards", "grafana/dashboards/bandit-slo.json", '"h": 8', '"h": 2', r"bandit-slo\.json:\d+: .*too low to be read"),
    ("lint_dashboards", "grafana/dashboards/bandit-slo.json", '"w": 18', '"w": 17', r"bandit-slo\.json:\d+: .*does not fill the page"),
    ("lint_dashboards", "grafana/dashboards/bandit-slo.json", '"refresh": "30s"', '"refresh": "5s"', r"bandit-slo\.json:\d+: refresh: is 5s, faster than data"),
    ("lint_dashboards", "services/local/profiles/demo.env", "REFRESH=5s", "REFRESH=1s", r"demo\.env: REFRESH is faster"),
    ("lint_dashboards", "grafana/dashboards/bandit-models.json", "{{namespace}}/{{route}} {{arm}}", "{{route}} {{arm}}", r"bandit-models\.json:\d+: .*does not tell namespaces apart"),
    ("lint_dashboards", "grafana/dashboards/bandit-models.json", "{{namespace}}/{{route}} {{arm}}", "{{namespace}} {{arm}}", r"bandit-models\.json:\d+: .*does not tell routes apart"),
    ("lint_dashboards", "grafana/dashboards/bandit-route.json", '"repeat": "route"', '"repeat": null', r"bandit-route\.json:\d+: Desired weights: stacks the shares of several routes"),
    ("lint_dashboards", "grafana/dashboards/bandit-route.json", '"axisSoftMax": 1', '"axisSoftMax": 2', r"bandit-route\.json:\d+: .*not a share of one"),
    ("lint_dashboards", "grafana/dashboards/bandit-models.json", '"mode": "fixed"', '"mode": "palette-classic-by-name"', r"bandit-models\.json:\d+: .*colours from a palette"),
    ("lint_dashboards", "grafana/dashboards/bandit-route.json", "/[aknw06](", "/[knw06](", r"bandit-route\.json:\d+: .*nothing gives .* a colour"),
    ("lint_dashboards", "grafana/dashboards/bandit-route.json", "/[emo4](", "/[aemo4](", r"bandit-route\.json:\d+: .*an arm whose name ends with 'a' is"),
    ("lint_dashboards", "grafana/dashboards/bandit-overview.json", "topk(10, bandit:route_failures:ratio_rate5m{namespace=~\\\"$namespace\\\",route=~\\\"$route\\\"})", "bandit:route_failures:ratio_rate5m{namespace=~\\\"$namespace\\\",route=~\\\"$route\\\"}", r"bandit-overview\.json:\d+: .*draws all that a fleet has"),
    ("lint_dashboards", "grafana/dashboards/bandit-overview.json", "&${__url_time_range}", "", r"bandit-overview\.json:\d+: .*loses \$\{__url_time_range\}"),
    ("lint_dashboards", "grafana/dashboards/bandit-overview.json", "/d/bandit-slo?", "/d/bandit-budget?", r"bandit-overview\.json:\d+: .*'bandit-budget', which is not there"),
    ("lint_dashboards", "grafana/dashboards/bandit-cluster.json", '"name": "Alert fires"', '"name": "Alert"', r"bandit-cluster\.json:\d+: .*no alert is marked"),
    ("lint_dashboards", "grafana/dashboards/bandit-cluster.json", "in fifteen minutes", "in a while", r"bandit-cluster\.json:\d+: Restarts: a fixed range, 15m"),
    ("custom_resource_state", "k8s/monitoring/custom-resource-state.yaml", "probabilityBest", "probabilityBst", r"custom-resource-state\.yaml:\d+: status\.arms has no reward\.probabilityBst"),
    ("custom_resource_state", "k8s/monitoring/custom-resource-state.yaml", "- NotReady", "- Notready", r"custom-resource-state\.yaml:\d+: bandit_arm_state has the states"),
    ("custom_resource_state", "bin/bandit-exporter", '"bandit_arm_reward_ema"', '"bandit_arm_ema_reward"', r"custom-resource-state\.yaml:\d+: bandit_arm_reward_ema is no family"),
    ("deliver", "prometheus/delivery.yml", "release: kube", "release: other", r"prometheus-rule\.yaml: not what the source makes of it"),
    ("deliver", "prometheus/delivery.yml", 'grafana_url: ""', 'grafana_url: "http://localhost:3000"', r"standalone/all/prometheus/rules/bandit-router\.yml: leads to localhost"),
    ("provisioning", "grafana/provisioning/datasources/bandit-router.yaml", "  editable: false", "  isDefault: true\n  editable: false", r"bandit-router\.yaml:\d+: .*takes the place of the default"),
    ("provisioning", "grafana/provisioning/datasources/bandit-router.yaml", "jsonData:", "jsonDat:", r"bandit-router\.yaml:\d+: .*jsonDat"),
)


def described(bin_folder, folder, program, old, new):
    """A folder of stand-ins that say what the programs say, but for one replacement."""
    for name in catalogue.PROGRAMS:
        told = json.dumps(json.loads(subprocess.run([bin_folder / name, "--describe-metrics"], check=True, capture_output=True, timeout=120).stdout))
        if name == program:
            if old not in told:
                return False
            told = told.replace(old, new)
        (folder / f"{name}.json").write_text(told, encoding="utf-8")
        (folder / name).write_text(f"#!/bin/sh\ncat '{folder}/{name}.json'\n", encoding="utf-8")
        (folder / name).chmod(0o755)
    return True


def broken(copy, bin_folder, name, old, new):
    """Breaks the copy; the folder of programs to ask, or None where there is nothing to break."""
    if name.startswith("bin/"):
        (copy / "bin").mkdir()
        return copy / "bin" if described(bin_folder, copy / "bin", name.removeprefix("bin/"), old, new) else None
    if old is None:
        (copy / name).unlink()
        return bin_folder
    text = (copy / name).read_text(encoding="utf-8")
    (copy / name).write_text(text.replace(old, new), encoding="utf-8")
    return bin_folder if old in text else None


def run(root, check, bin_folder):
    if check == "deliver":
        return subprocess.run([sys.executable, root / "prometheus/deliver.py", "--check"], capture_output=True, text=True, timeout=300)
    script = root / "tests/checks/observability" / f"{check}.py"
    more = ["--bin", bin_folder] if check in ("contract", "custom_resource_state") else []
    return subprocess.run([sys.executable, script, *more], capture_output=True, text=True, timeout=300)


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
            programs = broken(copy, bin_folder, name, old, new)
            if programs is None:
                print(f"FAILED {check}: {name} no longer holds {old!r}")
                failures += 1
                continue
            result = run(copy, check, programs)
            found = next((line for line in result.stdout.splitlines() if re.search(want, line)), None)
            good = result.returncode == 1 and found
            print(f"{'ok    ' if good else 'FAILED'} {found or (result.stdout + result.stderr)[-300:]}")
            failures += not good
    print(f"{len(CASES)} breaks, {failures} not found")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
