#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A strict reader of Grafana's provisioning files. Grafana ignores keys that it does not
know, without a word; here each is a finding, and so are missing and ill-typed values.

    provisioning.py [FOLDER]

The tables say what Grafana's own parser reads (11.0 to 13).
"""
import argparse
import pathlib
import re
import sys

import yaml

STR, INT, BOOL, LIST, MAP, DURATION, ANY = "text", "number", "boolean", "list", "map", "duration", "any"
DURATION_FORM = re.compile(r"(\d+(ms|[smhdwy]))+\Z")

# kind of object -> key -> (type or kind of the items, required)
SCHEMA = {
    "datasources file": {"apiVersion": (INT, True), "datasources": (["datasource"], False), "deleteDatasources": (["delete datasource"], False), "prune": (BOOL, False)},
    "datasource": {"name": (STR, True), "type": (STR, True), "uid": (STR, True), "url": (STR, True), "access": (STR, True), "orgId": (INT, False), "version": (INT, False), "user": (STR, False), "database": (STR, False), "basicAuth": (BOOL, False), "basicAuthUser": (STR, False), "withCredentials": (BOOL, False), "isDefault": (BOOL, False), "editable": (BOOL, False), "jsonData": ("source options", False), "secureJsonData": (MAP, False), "correlations": (LIST, False)},
    "source options": {"httpMethod": (STR, False), "timeInterval": (STR, False), "queryTimeout": (STR, False), "customQueryParameters": (STR, False), "prometheusType": (STR, False), "prometheusVersion": (STR, False), "cacheLevel": (STR, False), "incrementalQuerying": (BOOL, False), "incrementalQueryOverlapWindow": (STR, False), "disableMetricsLookup": (BOOL, False), "disableRecordingRules": (BOOL, False), "manageAlerts": (BOOL, False), "allowAsRecordingRulesTarget": (BOOL, False), "alertmanagerUid": (STR, False), "exemplarTraceIdDestinations": (LIST, False), "implementation": (STR, False), "handleGrafanaManagedAlerts": (BOOL, False), "tlsAuth": (BOOL, False), "tlsAuthWithCACert": (BOOL, False)},
    "delete datasource": {"name": (STR, True), "orgId": (INT, False)},
    "dashboards file": {"apiVersion": (INT, True), "providers": (["provider"], True)},
    "provider": {"name": (STR, True), "type": (STR, True), "orgId": (INT, False), "folder": (STR, False), "folderUid": (STR, False), "editable": (BOOL, False), "disableDeletion": (BOOL, False), "updateIntervalSeconds": (INT, False), "allowUiUpdates": (BOOL, False), "options": ("provider options", True)},
    "provider options": {"path": (STR, True), "foldersFromFilesStructure": (BOOL, False)},
    "alerting file": {"apiVersion": (INT, True), "groups": (["group"], False), "deleteRules": (["delete uid"], False), "contactPoints": (["contact point"], False), "deleteContactPoints": (["delete uid"], False), "policies": (LIST, False), "resetPolicies": (LIST, False), "muteTimes": (["mute time"], False), "deleteMuteTimes": (["delete datasource"], False), "templates": (["template"], False), "deleteTemplates": (["delete datasource"], False)},
    "group": {"orgId": (INT, False), "name": (STR, True), "folder": (STR, True), "interval": (DURATION, True), "rules": (["rule"], True)},
    "rule": {"uid": (STR, True), "title": (STR, True), "condition": (STR, True), "data": (["query"], True), "for": (DURATION, True), "keepFiringFor": (DURATION, False), "noDataState": (STR, False), "execErrState": (STR, False), "dashboardUid": (STR, False), "panelId": (INT, False), "annotations": (MAP, False), "labels": (MAP, False), "isPaused": (BOOL, False), "notification_settings": ("notification settings", False)},
    "query": {"refId": (STR, True), "queryType": (STR, False), "relativeTimeRange": ("range", True), "datasourceUid": (STR, True), "model": (MAP, True)},
    "range": {"from": (INT, True), "to": (INT, True)},
    "notification settings": {"receiver": (STR, True), "group_by": (LIST, False), "group_wait": (DURATION, False), "group_interval": (DURATION, False), "repeat_interval": (DURATION, False), "mute_time_intervals": (LIST, False), "active_time_intervals": (LIST, False)},
    "contact point": {"orgId": (INT, False), "name": (STR, True), "receivers": (["receiver"], True)},
    "receiver": {"uid": (STR, True), "type": (STR, True), "settings": (MAP, True), "disableResolveMessage": (BOOL, False)},
    "mute time": {"orgId": (INT, False), "name": (STR, True), "time_intervals": (["interval"], True)},
    "interval": {"times": (["times"], False), "location": (STR, False), "weekdays": (LIST, False), "days_of_month": (LIST, False), "months": (LIST, False), "years": (LIST, False)},
    "times": {"start_time": (STR, True), "end_time": (STR, True)},
    "template": {"orgId": (INT, False), "name": (STR, True), "template": (STR, True)},
    "delete uid": {"uid": (STR, True), "orgId": (INT, False)},
}
VALUES = {
    ("datasource", "access"): {"proxy", "direct"},
    ("provider", "type"): {"file"},
    ("rule", "noDataState"): {"NoData", "Alerting", "OK", "KeepLast"},
    ("rule", "execErrState"): {"Alerting", "Error", "OK", "KeepLast"},
    ("receiver", "type"): {"webhook", "email", "slack", "pagerduty", "opsgenie", "teams", "discord", "telegram", "prometheus-alertmanager"},
}
# What a contact point of each type that we use takes.
SETTINGS = {
    "webhook": {"url", "httpMethod", "username", "password", "authorization_scheme", "authorization_credentials", "maxAlerts", "title", "message"},
    "email": {"addresses", "singleEmail", "subject", "message"},
    "slack": {"url", "token", "recipient", "username", "icon_emoji", "icon_url", "mentionUsers", "mentionGroups", "mentionChannel", "title", "text", "endpointUrl"},
    "pagerduty": {"integrationKey", "severity", "class", "component", "group", "summary", "source", "client", "client_url", "details", "url"},
}  # fmt: skip
UID = re.compile(r"[A-Za-z0-9_-]{1,40}\Z")
PYTHON = {STR: str, INT: int, BOOL: bool, LIST: list, MAP: dict, DURATION: str}


def variable(value):
    """Filled in from the environment; its type is known only then."""
    return isinstance(value, str) and value.startswith("$")


class Reader:
    def __init__(self, path):
        self.path, self.findings = path, []

    def complain(self, node, text):
        self.findings.append(f"{self.path}:{node.start_mark.line + 1}: {text}")

    def value(self, node, kind, where):
        if isinstance(kind, list):
            if not isinstance(node, yaml.SequenceNode):
                return self.complain(node, f"{where} must be a list")
            for item in node.value:
                self.object(item, kind[0])
            return None
        if kind in SCHEMA:
            return self.object(node, kind)
        plain = yaml.safe_load(yaml.serialize(node))
        if variable(plain) or kind == ANY:
            return None
        right = isinstance(plain, PYTHON[kind]) and not (kind == INT and isinstance(plain, bool))
        if not right or (kind == DURATION and not DURATION_FORM.match(plain)):
            self.complain(node, f"{where} must be a {kind}")
        elif kind in (STR, LIST, MAP) and not plain:
            self.complain(node, f"{where} is empty")
        return None

    def object(self, node, kind):
        if not isinstance(node, yaml.MappingNode):
            return self.complain(node, f"{kind} must be a map")
        table, seen = SCHEMA[kind], set()
        for key, value in node.value:
            name = key.value
            if name not in table:
                self.complain(key, f"{kind} has no key {name!r}; Grafana would ignore it")
                continue
            if name in seen:
                self.complain(key, f"{kind} has the key {name!r} twice")
            seen.add(name)
            self.value(value, table[name][0], f"{kind}.{name}")
            allowed = VALUES.get((kind, name))
            if allowed and value.value not in allowed:
                self.complain(value, f"{kind}.{name} is {value.value!r}; one of {', '.join(sorted(allowed))}")
            if name == "isDefault" and value.value == "true":
                self.complain(value, f"{kind}.isDefault takes the place of the default that the organisation has, and with two Grafana does not start")
            if name == "uid" and not UID.match(value.value):
                self.complain(value, f"uid {value.value!r} is not 1 to 40 letters, digits, - or _")
        if kind == "receiver":
            self.settings(dict((k.value, v) for k, v in node.value))
        for name, (_, required) in table.items():
            if required and name not in seen:
                self.complain(node, f"{kind} needs the key {name!r}")
        return None

    def settings(self, receiver):
        known = SETTINGS.get(receiver["type"].value) if "type" in receiver else None
        if known is None or not isinstance(receiver.get("settings"), yaml.MappingNode):
            return
        for key, _ in receiver["settings"].value:
            if key.value not in known:
                self.complain(key, f"a contact point of type {receiver['type'].value} has no setting {key.value!r}")


def read(path, kind):
    reader = Reader(path)
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"))
        reader.object(node, kind)
    except yaml.YAMLError as error:
        reader.findings.append(f"{path}: {error}")
    return reader.findings


def main():
    here = pathlib.Path(__file__).resolve().parents[3]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=pathlib.Path, default=here / "grafana" / "provisioning")
    args = parser.parse_args()

    findings, uids, count = [], set(), 0
    for kind in ("datasources", "dashboards", "alerting"):
        for path in sorted((args.folder / kind).glob("*.y*ml")):
            count += 1
            findings += read(path, f"{kind} file")
            content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
            rules = [r for g in content.get("groups", []) for r in g.get("rules", [])]
            for item in rules + content.get("datasources", []):
                if item.get("uid") in uids:
                    findings.append(f"{path}: uid {item.get('uid')} is used twice")
                uids.add(item.get("uid"))
    if not count:
        findings.append(f"{args.folder}: nothing to read")
    print(*findings, sep="\n", end="\n" if findings else "")
    print(f"{count} files, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
