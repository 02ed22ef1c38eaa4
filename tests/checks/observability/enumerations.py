# SPDX-License-Identifier: Apache-2.0
"""Which values a label may have, where the programs have a list of them: a matcher with any
other value is never true, and no tool says so."""
import re

import sources

# label, what the metric must have beside it, file, how a name is written there
TABLES = (
    ("verdict", {"reason"}, "lib/route/route_names.c", r'\[VERDICT_\w+\]\s*=\s*"(\w+)"'),
    ("reason", {"verdict"}, "lib/route/route_names.c", r'\[REASON_\w+\]\s*=\s*"(\w+)"'),
    ("condition", {"status"}, "lib/route/route_names.c", r'\[CONDITION_\w+\]\s*=\s*"(\w+)"'),
    ("target_kind", {"target_name"}, "lib/route/route_names.c", r'^    "(\w+)",'),
    ("outcome", {"model"}, "services/server/feedback.c", r'\[FEEDBACK_\w+\]\s*=\s*\{[^}]*"(\w+)"\s*\}'),
)  # fmt: skip
# Those that are told by other means.
GIVEN = {"status": ({"condition"}, {"true", "false", "unknown"})}
# Who calls the jobs what they are called.
SCRAPED = ("prometheus/prometheus.yml", "k8s/monitoring/standalone/all/prometheus/prometheus.yml")
PLAIN = re.compile(r"[\w-]*\Z")


class Enumerations:
    def __init__(self, root, families):
        self.states = {f["name"]: set(f["states"]) for _, f in families if f.get("states")}
        self.tables = [(label, beside, found) for label, beside, name, pattern in TABLES if (found := self.read(root / name, pattern))]
        self.tables += [(label, beside, found) for label, (beside, found) in GIVEN.items()]
        self.tables.append(("job", set(), set().union(*(self.read(root / name, r"^- job_name: (\S+)") for name in SCRAPED))))
        self.buckets = {f["name"] + "_bucket": {float(b) for b in f["buckets"]} for _, f in families if f.get("buckets")}
        for label in ("objective", "slo"):  # a rule of your own adds to these
            self.tables.append((label, set(), {r["labels"][label] for _, _, r in sources.rules(root) if label in r.get("labels", {})}))

    @staticmethod
    def read(path, pattern):
        if not path.exists():
            raise SystemExit(f"{path}: the list of names is no longer there")
        found = set(re.findall(pattern, path.read_text(encoding="utf-8"), re.M))
        if not found:
            raise SystemExit(f"{path}: no name is written as {pattern}")
        return found

    def of(self, metric, label):
        """The values that there are, or none where anything may be."""
        if metric and label == metric.name:
            return self.states.get(label, set())
        has = metric.labels if metric else set()
        return next((values for name, beside, values in self.tables if name == label and beside <= has), set())

    def unknown(self, metric, label, operator, value):
        """The values that are asked for and are none."""
        if label == "le" and metric and metric.name in self.buckets and operator == "=":
            return [] if float(value) in {*self.buckets[metric.name], float("inf")} else [value]
        values = self.of(metric, label)
        if not values:
            return []
        asked = value.split("|") if "~" in operator else [value]
        return [v for v in asked if v and PLAIN.match(v) and v not in values]
