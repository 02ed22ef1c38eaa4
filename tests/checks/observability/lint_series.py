# SPDX-License-Identifier: Apache-2.0
"""How a dashboard names, colours and links its series: so that routes of several namespaces
are told apart, an arm looks the same everywhere, shares stay shares, a fleet stays readable,
and a click leads somewhere."""
import json
import re
import string

import sources

LABEL = re.compile(r"\{\{(\w+)\}\}")
# Dashboards of the whole fleet: what grows with it is a table, or the worst ten.
FLEET = {"bandit-overview", "bandit-slo", "bandit-cluster"}
GROWS = {"route", "arm", "pod"}
# Legends without a namespace, though the query is of one, and why.
WITHOUT_NAMESPACE = {
    ("bandit-route", 18): "a backend of HAProxy has no namespace",
    ("bandit-overview", 30): "counts routes, whatever namespace they are in",
}
# Links between dashboards carry these; which dashboards and variables there are, is checked.
CARRIED = ("var-datasource=${datasource}", "${__url_time_range}")


class Shared:
    """What all dashboards have in common: which there are, and the colour of each name."""

    def __init__(self, root):
        boards = [board for _, board in sources.dashboards(root)]
        self.variables = {b["uid"]: {v["name"] for v in b["templating"]["list"]} for b in boards}
        self.colour = {}  # last character of a name -> (colour, where first seen)
        self.excused = set()  # of WITHOUT_NAMESPACE, those that were needed

    def unneeded(self):
        """Exceptions that nothing needs any more."""
        return sorted(set(WITHOUT_NAMESPACE) - self.excused)


def rows_of(board):
    """(panel, the row that it stands under) of each panel."""
    row = None
    for panel in sources.panels(board):
        if panel["type"] == "row":
            row = panel
        yield panel, row


def repeated_by(panel, row):
    return {panel.get("repeat"), (row or {}).get("repeat")} - {None}


def colour_of(panel, name):
    """The colour that a series of this name has: the last override that matches wins."""
    colour = None
    for override in panel["fieldConfig"]["overrides"]:
        kind, wanted = override["matcher"]["id"], override["matcher"]["options"]
        if kind == "byRegexp":
            pattern, _, flags = wanted[1:].rpartition("/")
            matches = re.search(pattern, name, re.I if "i" in flags else 0)
        else:
            matches = kind == "byName" and wanted == name
        if matches:
            colour = next((p["value"]["fixedColor"] for p in override["properties"] if p["id"] == "color"), colour)
    return colour


def example(legend, end):
    """The legend with names of things filled in, all of which end with the character."""
    return LABEL.sub("q7" + end, legend)


def lint_colours(panel, shared, where, complain):
    if panel["fieldConfig"]["defaults"]["color"]["mode"] != "fixed":
        complain(panel["title"], "colours from a palette: nobody knows which one a series gets")
    for target in panel["targets"]:
        legend = target["legendFormat"]
        ends = string.ascii_lowercase + string.digits if LABEL.search(legend) else " "
        for end in ends:
            colour = colour_of(panel, example(legend, end))
            if colour is None and "{{" in legend:
                complain(panel["title"], f"nothing gives {example(legend, end)!r} a colour")
                return
            if legend.endswith("{{arm}}"):
                first, seen = shared.colour.setdefault(end, (colour, where))
                if colour != first:
                    complain(panel["title"], f"an arm whose name ends with {end!r} is {colour} here and {first} in {seen}")
                    return


def lint_legends(board, panel, row, shared, complain):
    where = (board["uid"], panel["id"])
    repeated = repeated_by(panel, row)
    for target in panel["targets"]:
        legend, labels = target["legendFormat"], set(LABEL.findall(target["legendFormat"]))
        if not labels:
            continue
        if "$namespace" in target["expr"] and "namespace" not in labels:
            if where in WITHOUT_NAMESPACE:
                shared.excused.add(where)
                continue
            complain(panel["title"], f"legend {legend!r} does not tell namespaces apart")
        elif "$route" in target["expr"] and "route" not in labels and "route" not in repeated:
            complain(panel["title"], f"legend {legend!r} does not tell routes apart")


def lint_fleet(board, panel, row, complain):
    """A line for every route is a wall of lines where there are a thousand."""
    if board["uid"] not in FLEET or repeated_by(panel, row):
        return
    for target in panel["targets"]:
        if GROWS & set(LABEL.findall(target["legendFormat"])) and not re.match(r"(topk|bottomk)\(", target["expr"]):
            complain(panel["title"], "draws all that a fleet has; show the worst of it")


def lint_stack(panel, row, complain):
    defaults = panel["fieldConfig"]["defaults"]
    custom = defaults.get("custom", {})
    if custom.get("stacking", {}).get("mode", "none") == "none":
        return
    if defaults["unit"] != "percentunit" or custom.get("axisSoftMax") != 1 or "max" in defaults:
        complain(panel["title"], "stacked, and not a share of one on an axis that cuts nothing off")
    if not repeated_by(panel, row) & {"route", "arm"}:
        complain(panel["title"], "stacks the shares of several routes; repeat it by route")


def lint_links(board, panel, shared, complain):
    for url in re.findall(r'"url": "([^"]*)"', json.dumps(panel)):
        uid, _, query = url.removeprefix("/d/").partition("?")
        if not url.startswith("/d/"):
            continue  # a runbook
        if uid not in shared.variables:
            complain(panel["title"], f"links to dashboard {uid!r}, which is not there")
            continue
        lost = [part for part in CARRIED if part not in query]
        unknown = set(re.findall(r"var-(\w+)=", query)) - shared.variables[uid]
        if lost or unknown:
            complain(panel["title"], f"its link to {uid} loses {', '.join(lost)}" if lost else f"{uid} has no variable {', '.join(unknown)}")


def lint(board, shared, complain):
    """Complains of each panel of a dashboard; remembers in `shared` what the next must agree with."""
    for panel, row in rows_of(board):
        lint_links(board, panel, shared, complain)
        if panel["type"] != "timeseries":
            continue
        lint_colours(panel, shared, f"panel {panel['id']} of {board['uid']}", complain)
        lint_legends(board, panel, row, shared, complain)
        lint_fleet(board, panel, row, complain)
        lint_stack(panel, row, complain)
    for panel, row in rows_of(board):
        if panel["type"] == "state-timeline":
            lint_legends(board, panel, row, shared, complain)
