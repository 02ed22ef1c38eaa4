# SPDX-License-Identifier: Apache-2.0
"""The alerts as Grafana-managed rules. Optional: with Prometheus's own, everybody is told
twice."""
import yaml

from delivery import source

NAME = "Bandit Router"
SEVERITIES = ("critical", "warning", "info")
SUBJECT, TEXT = '{{ template "bandit.subject" . }}', '{{ template "bandit.text" . }}'
# Addresses and keys come from Grafana's environment. $NAME, not ${NAME}: that is expanded
# twice, and a dollar in a key would be lost.
SETTINGS = {
    "webhook": {"url": "$NOTIFICATION_URL", "title": SUBJECT, "message": TEXT},
    "email": {"addresses": "$NOTIFICATION_MAIL", "subject": SUBJECT, "message": TEXT},
    "slack": {"url": "$SLACK_WEBHOOK_URL", "title": SUBJECT, "text": TEXT},
    "pagerduty": {"integrationKey": "$PAGERDUTY_KEY", "summary": SUBJECT},
}


def contact_point(settings, severity):
    kinds = settings[f"contacts_{severity}"].split()
    return {"orgId": 1, "name": f"{NAME} {severity}", "receivers": [{"uid": f"bandit-{severity}-{kind}", "type": kind, "settings": SETTINGS[kind]} for kind in kinds]}


def receivers(settings):
    """Contact points by severity; words and working hours are Alertmanager's."""
    production = yaml.safe_load((source.ROOT / "prometheus" / "alertmanager.production.yml").read_text(encoding="utf-8"))
    words = (source.ROOT / "prometheus" / "templates" / "bandit.tmpl").read_text(encoding="utf-8")
    return {
        "templates": [{"orgId": 1, "name": "bandit-router", "template": words}],
        "contactPoints": [contact_point(settings, severity) for severity in SEVERITIES],
        "muteTimes": [{"orgId": 1, "name": f"{NAME} {t['name']}", "time_intervals": t["time_intervals"]} for t in production["time_intervals"]],
    }


def managed_rule(rule):
    """A series that the query returns is an alert, whatever its value, hence is_number(); no
    series is health, hence noDataState OK."""
    labels, notes = rule["labels"], dict(rule["annotations"])
    uid, _, query = notes["dashboard_url"].partition("/d/")[2].partition("?")
    panel = query.partition("viewPanel=")[2]
    for key in ("summary", "description"):
        notes[key] = notes[key].replace("$value", "$values.A.Value")
    window = {"from": 600, "to": 0}
    # Straight to a receiver, so that the organisation's policy tree stays as it is.
    notify = {"receiver": f"{NAME} {labels['severity']}", "group_by": ["alertname", "namespace", "route"]}
    if labels["severity"] == "warning":
        notify["mute_time_intervals"] = [f"{NAME} out-of-hours"]
    lasting = {"keepFiringFor": rule["keep_firing_for"]} if "keep_firing_for" in rule else {}
    return {
        "uid": rule["alert"], "title": rule["alert"], "condition": "B", "for": rule.get("for", "0s"), **lasting,
        "noDataState": "OK", "execErrState": "Error", "dashboardUid": uid, "panelId": int(panel),
        "labels": labels, "annotations": notes,
        "data": [
            {"refId": "A", "relativeTimeRange": window, "datasourceUid": "bandit-prometheus", "model": {"refId": "A", "expr": rule["expr"], "instant": True, "range": False}},
            {"refId": "B", "relativeTimeRange": window, "datasourceUid": "__expr__", "model": {"refId": "B", "type": "math", "expression": "is_number($A)"}},
        ],
        "notification_settings": notify,
    }


def alerts(settings):
    out = []
    for group in source.groups(settings):
        rules = [managed_rule(r) for r in group["rules"] if "alert" in r and r["alert"] != "BanditWatchdog"]
        if rules:
            out.append({"orgId": 1, "name": group["name"], "folder": f"{NAME} alerts", "interval": "30s", "rules": rules})
    yield {"apiVersion": 1, **receivers(settings), "groups": out}
