# SPDX-License-Identifier: Apache-2.0
"""What a living Prometheus answers to everything that we ask of it: panels, recording rules,
alerts, the cookbook. Asked over a stretch of time, because a panel of errors has something to
show only after there were some."""
import dataclasses
import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request

import promql
import sources

POINTS = 400  # at most so many steps in one answer
# What only a cluster has: kube-state-metrics, cAdvisor, calls to an API server.
CLUSTER = re.compile(r"(kube_|container_|bandit:container_|rest_client_)")
SHAPES_JOB = "cluster-shapes"


@dataclasses.dataclass
class Answer:
    """What one panel, rule, alert or question got."""

    where: str
    title: str
    series: list = dataclasses.field(default_factory=list)  # one number for each query
    first: float = None  # when all of it had something to show
    origin: str = "live"
    errors: list = dataclasses.field(default_factory=list)
    note: str = ""

    @property
    def whole(self):
        return bool(self.series) and all(self.series) and not self.errors


def concrete(expr):
    """A panel's query with its variables filled in, as Grafana does for All."""
    for name, value in (("$__rate_interval", "1m"), ("$__range", "5m"), ("$__interval", "1m")):
        expr = expr.replace(name, value)
    return re.sub(r"\$(namespace|route|arm|pod|job|instance)\b", ".+", expr)


class Prometheus:
    """Asks about the time from `since` until now."""

    def __init__(self, url, since):
        self.url, self.since, self.until = url.rstrip("/"), since, time.time()
        self.step = max(2, int((self.until - since) / POINTS))
        self.shapes = bool(self.range(f'up{{job="{SHAPES_JOB}"}} == 1')[0])

    def call(self, path, **parameters):
        data = urllib.parse.urlencode(parameters).encode()
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}", data, timeout=30) as answer:
            return json.load(answer)["data"]

    def range(self, expr):
        """(number of series, the time of the first value, error)."""
        try:
            found = self.call("query_range", query=expr, start=self.since, end=self.until, step=self.step)["result"]
        except urllib.error.HTTPError as error:
            return 0, None, json.load(error).get("error", str(error))
        return len(found), min((s["values"][0][0] for s in found), default=None), ""

    def ask(self, answer, expr):
        """Adds to the answer what the query came to."""
        count, first, error = self.range(concrete(expr))
        answer.series.append(count)
        answer.errors += [error] if error else []
        if first is not None:
            answer.first = max(first, answer.first or 0)
        if any(CLUSTER.match(use.metric) for use in promql.parse(expr).uses):
            answer.origin = "shapes" if self.shapes else "live" if count else "cluster"


def panels(prometheus, root):
    for _, board in sources.dashboards(root):
        for panel in sources.panels(board):
            if not panel.get("targets"):
                continue
            answer = Answer(board["uid"], f"{panel['id']:3} {panel['title']}")
            for target in panel["targets"]:
                prometheus.ask(answer, target["expr"])
            yield panel["id"], answer


def rules(prometheus, root):
    """Every recorded series, by its own name."""
    for name in dict.fromkeys(r["record"] for _, _, r in sources.rules(root) if "record" in r):
        answer = Answer("rule", name)
        prometheus.ask(answer, name)
        yield answer


def alerts(prometheus, root):
    """Whether all that an alert looks at is there, and whether it was seen to fire."""
    for path, _, rule in sources.alerts(root):
        answer = Answer(path.stem, rule["alert"])
        for metric in dict.fromkeys(use.metric for use in promql.parse(rule["expr"]).uses):
            prometheus.ask(answer, metric)
        answer.series = answer.series or [1]  # vector(1) looks at nothing
        answer.errors += list(filter(None, [prometheus.range(rule["expr"])[2]]))
        for state in ("pending", "firing"):
            if prometheus.range(f'ALERTS{{alertname="{rule["alert"]}",alertstate="{state}"}}')[0]:
                answer.note = state
        yield answer


def questions(prometheus, root):
    """The queries of the cookbook and of the runbooks."""
    for path in [root / "docs" / "promql.md", *sorted((root / "docs" / "runbooks").glob("*.md"))]:
        for expr, line in sources.runbook_queries(path):
            answer = Answer(f"{path.stem}:{line}", " ".join(expr.split()))
            prometheus.ask(answer, expr)
            yield answer


def seconds(answer, prometheus):
    return "" if answer.first is None else f"+{answer.first - prometheus.since:.0f} s"


def line(answer, prometheus, note=""):
    series = "+".join(map(str, answer.series))
    return f"{answer.where:18} {answer.title[:60]:52} {series:>12}  {answer.origin:7} {seconds(answer, prometheus):>7}  {answer.note or note}".rstrip()


HEAD = f"{'':18} {'':52} {'series':>12}  {'from':7} {'since':>7}"
