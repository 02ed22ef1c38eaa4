# SPDX-License-Identifier: Apache-2.0
"""The one source: rules, alerts and dashboards as they stand in the repository, with links
that lead where the settings say."""
import json
import pathlib
import re

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Where the links of the source lead: the ports of one machine.
GRAFANA = "http://localhost:3000"
RUNBOOK = re.compile(r"http://localhost:9099/runbooks/(\$\{[\w.]+\}|\w+)")


def runbook(settings, alert):
    return (settings["runbook_url"] or "docs/runbooks/{alert}.md").replace("{alert}", alert)


def groups(settings):
    """All rule groups."""
    for folder in ("rules", "alerts"):
        for path in sorted((ROOT / "prometheus" / folder).glob("*.yml")):
            raw = path.read_text(encoding="utf-8").replace(GRAFANA, settings["grafana_url"].rstrip("/"))
            raw = RUNBOOK.sub(lambda m: runbook(settings, m[1]), raw)
            yield from yaml.safe_load(raw)["groups"]


def leads(link):
    """Whether a link of a dashboard leads anywhere: a file's name does not."""
    return link.get("url", "/").startswith(("/", "http://", "https://"))


def relinked(node, settings):
    """A dashboard, or part of one, whose links to runbooks are those of the settings."""
    if isinstance(node, list):
        return [relinked(item, settings) for item in node]
    if not isinstance(node, dict):
        return RUNBOOK.sub(lambda m: runbook(settings, m[1]), node) if isinstance(node, str) else node
    out = {key: relinked(value, settings) for key, value in node.items()}
    if out.get("id") == "links":  # a property of a column
        out["value"] = [link for link in out["value"] if leads(link)]
    return out


def boards(settings):
    """(uid, dashboard) of each."""
    for path in sorted((ROOT / "grafana" / "dashboards").glob("*.json")):
        board = relinked(json.loads(path.read_text(encoding="utf-8")), settings)
        yield path.stem, {**board, "refresh": settings["refresh"]}
