# SPDX-License-Identifier: Apache-2.0
"""Which metrics exist, with their types and labels: what our programs say they emit, what
the recording rules record, and the families of others that we rely on."""
import dataclasses
import json
import re
import subprocess

import promql
import sources

PROGRAMS = ("bandit-exporter", "bandit-operator", "model-server", "traffic-generator")
TARGET_LABELS = {"job", "instance"}
# Labels that the scrape configuration adds to what a program says of itself. On a cluster the
# namespace of a series about no object is that of the program's pod.
ADDED_LABELS = {"model-server": {"namespace"}, "bandit-exporter": {"namespace"}, "bandit-operator": {"namespace"}}
# Not ours: names as their projects document them.
FOREIGN = re.compile(
    r"(up|ALERTS|ALERTS_FOR_STATE|scrape_duration_seconds|scrape_samples_scraped"
    r"|(haproxy|kube|container|alertmanager|prometheus)_[a-z0-9_]+)\Z"
)


@dataclasses.dataclass
class Metric:
    name: str
    type: str
    labels: set
    source: str
    used: bool = False
    shown: bool = False  # on a panel, or recorded for one


class Catalogue:
    def __init__(self):
        self.metrics = {}
        self.families = []  # (program, family as described)

    def add(self, name, kind, labels, source):
        known = self.metrics.get(name)
        if known:
            known.labels |= set(labels)
        else:
            self.metrics[name] = Metric(name, kind, set(labels), source)

    def add_program(self, program, families):
        for family in families:
            self.families.append((program, family))
            labels = set(family["constant_labels"]) | set(family["labels"]) | TARGET_LABELS
            labels |= ADDED_LABELS.get(program, set())
            name = family["name"]
            if family["type"] == "histogram":
                self.add(name + "_bucket", "counter", labels | {"le"}, program)
                self.add(name + "_sum", "counter", labels, program)
                self.add(name + "_count", "counter", labels, program)
            elif family["type"] == "stateset":
                self.add(name, "gauge", labels | {name}, program)
            else:
                self.add(name, "counter" if family["type"] == "counter" else "gauge", labels, program)

    def add_rules(self, root):
        """A recorded series has the labels its rule names, and those of what it is made of."""
        for path, line, rule in sources.rules(root):
            if "record" not in rule:
                continue
            read = promql.parse(rule["expr"])
            labels = set(rule.get("labels", {})) | set(read.grouped_by)
            if not read.grouped_by:
                for use in read.uses:
                    labels |= self.metrics[use.metric].labels if use.metric in self.metrics else set()
            else:
                for use in read.uses:
                    if ":" in use.metric and use.metric in self.metrics:
                        labels |= self.metrics[use.metric].labels
            self.add(rule["record"], "gauge", labels - {"__name__"}, f"{path.name}:{line}")

    def find(self, name):
        return self.metrics.get(name)


def describe(folder):
    """What the programs in the folder say: {program: families}."""
    told = {}
    for program in PROGRAMS:
        out = subprocess.run([folder / program, "--describe-metrics"], check=True, capture_output=True, timeout=120)
        told[program] = json.loads(out.stdout)
    return told


def build(root, programs):
    catalogue = Catalogue()
    for program, families in programs.items():
        catalogue.add_program(program, families)
    for _ in range(3):  # rules that rest on rules of a later file
        catalogue.add_rules(root)
    return catalogue
