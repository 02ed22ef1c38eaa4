# SPDX-License-Identifier: Apache-2.0
"""Objects of Kubernetes: for the Prometheus operator, the sidecar of Grafana's chart, the
Grafana operator, and the Prometheus of k8s/monitoring/standalone."""
import json

from delivery import source

PART_OF = {"app.kubernetes.io/part-of": "bandit-router"}


def named(kind, api, name, spec, settings, labels=None, **metadata):
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": settings["namespace"], "labels": {**PART_OF, **(labels or {})}, **metadata}, **spec}


def pair(text):
    """{label: value} of label=value."""
    label, _, value = text.partition("=")
    return {label: value}


def prometheus_rule(settings):
    spec = {"spec": {"groups": list(source.groups(settings))}}
    yield named("PrometheusRule", "monitoring.coreos.com/v1", "bandit-router", spec, settings, {"release": settings["release"]})


def rule_file(settings):
    """What a Prometheus without its operator reads."""
    yield {"groups": list(source.groups(settings))}


def monitors(settings):
    """Jobs are called as in prometheus.yml, since alerts go by these names."""
    release, interval = {"release": settings["release"]}, settings["scrape_interval"]
    for name in ("bandit-exporter", "bandit-operator"):
        yield named("ServiceMonitor", "monitoring.coreos.com/v1", name, {"spec": {
            "jobLabel": "app.kubernetes.io/name",
            "selector": {"matchLabels": {"app.kubernetes.io/name": name}},
            # The namespace of a series is the object's, not the pod's.
            "endpoints": [{"port": "metrics", "interval": interval, "honorLabels": True}],
        }}, settings, release)
    for name, port in (("model-server", "http"), ("traffic-generator", "metrics")):
        yield named("PodMonitor", "monitoring.coreos.com/v1", name, {"spec": {
            "jobLabel": "app.kubernetes.io/name",
            "namespaceSelector": {"any": True},
            "selector": {"matchLabels": {"app.kubernetes.io/name": name}},
            "podMetricsEndpoints": [{"port": port, "interval": interval}],
        }}, settings, release)


def config_maps(settings):
    """One dashboard each: the sidecar does not see a key that vanishes from several."""
    for uid, board in source.boards(settings):
        yield named("ConfigMap", "v1", f"grafana-{uid}", {"data": {f"{uid}.json": json.dumps(board, separators=(",", ":"))}}, settings,
                    pair(settings["dashboard_label"]), annotations={settings["folder_annotation"]: settings["folder"]})


def grafana_dashboards(settings):
    for uid, _ in source.boards(settings):
        yield named("GrafanaDashboard", "grafana.integreatly.org/v1beta1", uid, {"spec": {
            "instanceSelector": {"matchLabels": pair(settings["grafana_selector"])}, "allowCrossNamespaceImport": True,
            "folder": settings["folder"], "configMapRef": {"name": f"grafana-{uid}", "key": f"{uid}.json"}}}, settings)
