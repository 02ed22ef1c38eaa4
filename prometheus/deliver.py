#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every other form of the rules, alerts and dashboards, made from the one source.

    deliver.py [--check] [--grafana-url URL] [--runbook-url URL] [--release LABEL]

Writes k8s/monitoring/ (PrometheusRule, monitors, sidecar ConfigMaps, GrafanaDashboards, a
custom-resource-state file for kube-state-metrics) and grafana/managed-alerts/ (the alerts as
Grafana-managed rules; optional: with both, everybody is told twice). With --check nothing is
written; exit 1 when a file is not what the source makes of it.
"""
import argparse
import json
import pathlib
import re
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[1]
HEAD = "# SPDX-License-Identifier: Apache-2.0\n# Made by prometheus/deliver.py; do not edit.\n"
NAMESPACE = "bandit-system"
RECEIVER = "Bandit Router"
REFRESH = "30s"  # of dashboards on a cluster: not faster than its data
PART_OF = {"app.kubernetes.io/part-of": "bandit-router"}


class Dumper(yaml.SafeDumper):
    """Texts of several lines as blocks; nothing is said by reference."""

    def ignore_aliases(self, _):
        return True


def text(dumper, value):
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


Dumper.add_representer(str, text)


def dump(*documents):
    return HEAD + yaml.dump_all(documents, Dumper=Dumper, sort_keys=False, width=1000, allow_unicode=True)


def named(kind, api, name, spec, labels=None, **metadata):
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": NAMESPACE, "labels": {**PART_OF, **(labels or {})}, **metadata}, **spec}


def groups(options):
    """All rule groups, with links that point where the options say."""
    for path in sorted((ROOT / "prometheus").glob("rules/*.yml")) + sorted((ROOT / "prometheus").glob("alerts/*.yml")):
        raw = path.read_text(encoding="utf-8")
        raw = raw.replace("http://localhost:3000", options.grafana_url)
        raw = re.sub(r"http://localhost:9099/runbooks/(\w+)", lambda m: options.runbook_url.replace("{alert}", m.group(1)), raw)
        yield from yaml.safe_load(raw)["groups"]


def boards():
    for path in sorted((ROOT / "grafana" / "dashboards").glob("*.json")):
        yield path.stem, {**json.loads(path.read_text(encoding="utf-8")), "refresh": REFRESH}


def prometheus_rule(options):
    return dump(named("PrometheusRule", "monitoring.coreos.com/v1", "bandit-router", {"spec": {"groups": list(groups(options))}}, {"release": options.release}))


def monitors(options):
    """Jobs are called as in prometheus.yml, since alerts go by these names."""
    documents = []
    for name in ("bandit-exporter", "bandit-operator"):
        documents.append(named("ServiceMonitor", "monitoring.coreos.com/v1", name, {"spec": {
            "jobLabel": "app.kubernetes.io/name",
            "selector": {"matchLabels": {"app.kubernetes.io/name": name}},
            # The namespace of a series is the object's, not the pod's.
            "endpoints": [{"port": "metrics", "interval": "15s", "honorLabels": True}],
        }}, {"release": options.release}))
    for name, port in (("model-server", "http"), ("traffic-generator", "metrics")):
        documents.append(named("PodMonitor", "monitoring.coreos.com/v1", name, {"spec": {
            "jobLabel": "app.kubernetes.io/name",
            "namespaceSelector": {"any": True},
            "selector": {"matchLabels": {"app.kubernetes.io/name": name}},
            "podMetricsEndpoints": [{"port": port, "interval": "15s"}],
        }}, {"release": options.release}))
    return dump(*documents)


def config_maps(_):
    """One dashboard each: the sidecar does not see a key that vanishes from several."""
    return dump(*(named("ConfigMap", "v1", f"grafana-{uid}", {"data": {f"{uid}.json": json.dumps(board, separators=(",", ":"))}},
                        {"grafana_dashboard": "1"}, annotations={"grafana_folder": "Bandit Router"}) for uid, board in boards()))


def grafana_dashboards(_):
    return dump(*(named("GrafanaDashboard", "grafana.integreatly.org/v1beta1", uid, {"spec": {
        "instanceSelector": {"matchLabels": {"dashboards": "grafana"}}, "allowCrossNamespaceImport": True,
        "folder": "Bandit Router", "configMapRef": {"name": f"grafana-{uid}", "key": f"{uid}.json"}}}) for uid, _ in boards()))


def gauge(name, help_text, path, **more):
    return {"name": name, "help": help_text, "each": {"type": "Gauge", "gauge": {"path": path, **more}}}


def custom_resource_state(_):
    """A fallback where the exporter cannot run: fewer families, under the same names."""
    arm = {"labelsFromPath": {"arm": ["name"]}}
    spec = {"resources": [{
        "groupVersionKind": {"group": "bandit-router.dev", "version": "v1alpha1", "kind": "BanditRoute"},
        "metricNamePrefix": "bandit",
        "labelsFromPath": {"route": ["metadata", "name"], "namespace": ["metadata", "namespace"]},
        "metrics": [
            gauge("route_generation", "Generation of the object.", ["metadata", "generation"]),
            gauge("route_observed_generation", "Generation that the operator has acted on.", ["status", "observedGeneration"]),
            gauge("route_last_decision_timestamp_seconds", "When the last decision was made.", ["status", "lastDecisionTime"]),
            gauge("route_last_observation_timestamp_seconds", "Newest scrape a decision rested on.", ["status", "lastObservationTime"]),
            gauge("route_last_leader_change_timestamp_seconds", "When another arm came to lead.", ["status", "lastLeaderChangeTime"]),
            gauge("arm_desired_weight_ratio", "Weight decided.", ["status", "arms"], valueFrom=["weight", "desired"], **arm),
            gauge("arm_applied_weight_ratio", "Weight read back from the data plane.", ["status", "arms"], valueFrom=["weight", "applied"], **arm),
            gauge("arm_reward_ema", "Smoothed reward.", ["status", "arms"], valueFrom=["reward", "ema"], **arm),
            gauge("arm_window_samples", "Events in the window.", ["status", "arms"], valueFrom=["samples"], **arm),
        ]}]}
    return dump({"kind": "CustomResourceStateMetrics", "spec": spec})


def managed_rule(rule):
    """An alert as a Grafana-managed rule: a series that the query returns is an alert,
    whatever its value, hence is_number(); no series is health, hence noDataState OK."""
    labels, notes = rule["labels"], dict(rule["annotations"])
    uid, _, query = notes["dashboard_url"].partition("/d/")[2].partition("?")
    panel = query.partition("viewPanel=")[2]
    for key in ("summary", "description"):
        notes[key] = notes[key].replace("$value", "$values.A.Value")
    window = {"from": 600, "to": 0}
    # Straight to a receiver, so that the organisation's policy tree stays as it is.
    notify = {"receiver": RECEIVER, "group_by": ["alertname", "namespace", "route"]}
    if labels["severity"] == "warning":
        notify["mute_time_intervals"] = [f"{RECEIVER} out-of-hours"]
    return {
        "uid": rule["alert"], "title": rule["alert"], "condition": "B", "for": rule.get("for", "0s"),
        "noDataState": "OK", "execErrState": "Error", "dashboardUid": uid, "panelId": int(panel),
        "labels": labels, "annotations": notes,
        "data": [
            {"refId": "A", "relativeTimeRange": window, "datasourceUid": "bandit-prometheus", "model": {"refId": "A", "expr": rule["expr"], "instant": True, "range": False}},
            {"refId": "B", "relativeTimeRange": window, "datasourceUid": "__expr__", "model": {"refId": "B", "type": "math", "expression": "is_number($A)"}},
        ],
        "notification_settings": notify,
    }


def managed_receivers():
    """Contact point, words and working hours: the words and hours are Alertmanager's."""
    production = yaml.safe_load((ROOT / "prometheus" / "alertmanager.production.yml").read_text(encoding="utf-8"))
    words = (ROOT / "prometheus" / "templates" / "bandit.tmpl").read_text(encoding="utf-8")
    settings = {"url": "$NOTIFICATION_URL", "title": '{{ template "bandit.subject" . }}', "message": '{{ template "bandit.text" . }}'}
    return {
        "templates": [{"orgId": 1, "name": "bandit-router", "template": words}],
        "contactPoints": [{"orgId": 1, "name": RECEIVER, "receivers": [{"uid": "bandit-router", "type": "webhook", "settings": settings}]}],
        "muteTimes": [{"orgId": 1, "name": f"{RECEIVER} {t['name']}", "time_intervals": t["time_intervals"]} for t in production["time_intervals"]],
    }


def managed_alerts(options):
    out = []
    for group in groups(options):
        rules = [managed_rule(r) for r in group["rules"] if "alert" in r and r["alert"] != "BanditWatchdog"]
        if rules:
            out.append({"orgId": 1, "name": group["name"], "folder": "Bandit Router alerts", "interval": "30s", "rules": rules})
    return dump({"apiVersion": 1, **managed_receivers(), "groups": out})


FILES = {
    "k8s/monitoring/stack/prometheus-rule.yaml": prometheus_rule,
    "k8s/monitoring/stack/monitors.yaml": monitors,
    "k8s/monitoring/dashboards/configmaps.yaml": config_maps,
    "k8s/monitoring/grafana-operator/dashboards.yaml": grafana_dashboards,
    "k8s/monitoring/custom-resource-state.yaml": custom_resource_state,
    "grafana/managed-alerts/alerting/bandit-router.yaml": managed_alerts,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--grafana-url", default="http://localhost:3000", help="where people open Grafana; the default is a port-forward")
    # No host is made up: until you say where you publish docs/runbooks, it is the file's name.
    parser.add_argument("--runbook-url", default="docs/runbooks/{alert}.md", help="where people read the page of {alert}")
    parser.add_argument("--release", default="kube-prometheus-stack", help="label that Prometheus selects by")
    options = parser.parse_args()

    stale = 0
    for name, make in FILES.items():
        path, made = ROOT / name, make(options)
        if not options.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(made, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != made:
            print(f"{name}: not what the source makes of it; run prometheus/deliver.py")
            stale += 1
        for document in yaml.safe_load_all(made):
            if len(json.dumps(document)) > 250000:
                print(f"{name}: an object too large for client-side apply")
                stale += 1
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
