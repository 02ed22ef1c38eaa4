#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every other form of the rules, alerts and dashboards, made from the one source.

    deliver.py [--check] [--settings FILE] [--into FOLDER] [--grafana-url URL] ...

Writes k8s/monitoring/ (PrometheusRule, monitors, sidecar ConfigMaps, GrafanaDashboards, the
rules of the standalone Prometheus, a custom-resource-state file for kube-state-metrics) and
grafana/managed-alerts/ (the alerts as Grafana-managed rules). What is configurable stands in
delivery.yml; each line of it is a flag as well. With --check nothing is written; exit 1 when a
file is not what the source and the settings make of it. With --into the same files are
written below another folder, for a delivery of your own.
"""
import argparse
import json
import pathlib
import sys

import yaml

sys.dont_write_bytecode = True
from delivery import kubernetes, managed, source, state  # noqa: E402

HEAD = "# SPDX-License-Identifier: Apache-2.0\n# Made by prometheus/deliver.py; do not edit.\n"
SIDE_LIMIT = 250000  # bytes of an object that client-side apply still takes

FILES = {
    "k8s/monitoring/stack/prometheus-rule.yaml": kubernetes.prometheus_rule,
    "k8s/monitoring/stack/monitors.yaml": kubernetes.monitors,
    "k8s/monitoring/standalone/all/prometheus/rules/bandit-router.yml": kubernetes.rule_file,
    "k8s/monitoring/dashboards/configmaps.yaml": kubernetes.config_maps,
    "k8s/monitoring/grafana-operator/dashboards.yaml": kubernetes.grafana_dashboards,
    "k8s/monitoring/custom-resource-state.yaml": state.custom_resource_state,
    "grafana/managed-alerts/alerting/bandit-router.yaml": managed.alerts,
}


class Dumper(yaml.SafeDumper):
    """Texts of several lines as blocks; nothing is said by reference."""

    def ignore_aliases(self, _):
        return True


def text(dumper, value):
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


Dumper.add_representer(str, text)


def dump(documents):
    return HEAD + yaml.dump_all(documents, Dumper=Dumper, sort_keys=False, width=1000, allow_unicode=True)


def read_arguments():
    first = argparse.ArgumentParser(add_help=False)
    first.add_argument("--settings", type=pathlib.Path, default=source.ROOT / "prometheus" / "delivery.yml", help="default: prometheus/delivery.yml")
    known, _ = first.parse_known_args()
    settings = yaml.safe_load(known.settings.read_text(encoding="utf-8"))

    parser = argparse.ArgumentParser(parents=[first], description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; say what is out of date")
    parser.add_argument("--into", type=pathlib.Path, default=source.ROOT, help="write below this folder")
    for name, value in settings.items():
        parser.add_argument("--" + name.replace("_", "-"), default=value, help=f"default: {value or 'none'}")
    options = parser.parse_args()
    wrong = complaint(vars(options))
    if wrong:
        parser.error(wrong)
    return options


def complaint(settings):
    """What is wrong with the settings, or None."""
    if settings["runbook_url"] and "{alert}" not in settings["runbook_url"]:
        return f"runbook_url {settings['runbook_url']!r}: {{alert}}, where the name of the alert goes, is missing"
    for name in ("grafana_url", "runbook_url"):
        if settings[name] and not settings[name].startswith(("http://", "https://")):
            return f"{name} {settings[name]!r} is no http:// or https:// address"
    for name in ("dashboard_label", "grafana_selector"):
        if not all(settings[name].partition("=")):
            return f"{name} {settings[name]!r} is no label=value"
    for severity in managed.SEVERITIES:
        kinds = set(settings[f"contacts_{severity}"].split())
        if not kinds or kinds - set(managed.SETTINGS):
            return f"contacts_{severity} {settings[f'contacts_{severity}']!r}: one or more of {', '.join(managed.SETTINGS)}"
    return None


def main():
    options = read_arguments()
    settings = vars(options)
    wrong = 0
    for name, make in FILES.items():
        documents = list(make(settings))
        path, made = options.into / name, dump(documents)
        if not options.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(made, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != made:
            print(f"{name}: not what the source makes of it; run prometheus/deliver.py")
            wrong += 1
        if "localhost" in made:
            print(f"{name}: leads to localhost, which is nobody's machine on a cluster")
            wrong += 1
        if any(len(json.dumps(document)) > SIDE_LIMIT for document in documents):
            print(f"{name}: an object too large for client-side apply")
            wrong += 1
    for name in ("grafana_url", "runbook_url"):
        if not settings[name] and not options.check:
            print(f"{name} is not set: alerts name the place instead of linking to it; see prometheus/delivery.yml")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
