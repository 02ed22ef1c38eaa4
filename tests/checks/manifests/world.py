# SPDX-License-Identifier: Apache-2.0
"""The objects of one rendered variant, and what every rule asks of them."""
import pathlib
import re

import yaml

WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "Job")


class Pod:
    """The template of a workload's pods."""

    def __init__(self, owner):
        template = owner["spec"]["template"]
        self.owner = owner
        self.name = f"{owner['kind']} {name_of(owner)}"
        self.namespace = owner["metadata"].get("namespace", "default")
        self.labels = template["metadata"].get("labels", {})
        self.annotations = template["metadata"].get("annotations", {})
        self.spec = template["spec"]
        self.containers = self.spec["containers"]
        self.all_containers = self.spec.get("initContainers", []) + self.containers

    def ports(self):
        """(name, number) of every port that its containers declare."""
        return [(p.get("name"), p["containerPort"]) for c in self.containers for p in c.get("ports", [])]

    def port_number(self, port):
        """Of a name or a number; None where it has no such port."""
        return next((n for name, n in self.ports() if port in (name, n)), None)


class World:
    def __init__(self, name, objects):
        self.name, self.objects = name, objects
        self.pods = [Pod(o) for o in objects if o["kind"] in WORKLOADS]

    def of(self, *kinds):
        return [o for o in self.objects if o["kind"] in kinds]

    def find(self, kind, name, namespace=None):
        return next((o for o in self.of(kind) if o["metadata"]["name"] == name
                     and namespace in (None, o["metadata"].get("namespace"))), None)

    def pods_of(self, namespace, selector):
        """namespace None: all."""
        return [p for p in self.pods if namespace in (None, p.namespace) and selects(selector, p.labels)]


def name_of(obj):
    meta = obj["metadata"]
    return "/".join(filter(None, (meta.get("namespace"), meta["name"])))


def title(obj):
    return f"{obj['kind']} {name_of(obj)}"


def selects(selector, labels):
    """metav1.LabelSelector; an empty one selects everything."""
    if any(labels.get(k) != v for k, v in (selector.get("matchLabels") or {}).items()):
        return False
    for rule in selector.get("matchExpressions") or []:
        value, values = labels.get(rule["key"]), rule.get("values", [])
        if not {"In": value in values, "NotIn": value not in values,
                "Exists": value is not None, "DoesNotExist": value is None}[rule["operator"]]:
            return False
    return True


def flags(container):
    """{flag: [values]} of `--flag=value` arguments."""
    found = {}
    for argument in container.get("args", []):
        match = re.fullmatch(r"(--[^=]+)(?:=(.*))?", argument, re.S)
        if match:
            found.setdefault(match[1], []).append(match[2])
    return found


def quantity(text):
    """Of CPU in cores, of memory in bytes."""
    units = {"m": 1e-3, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "": 1}
    number, unit = re.fullmatch(r"([0-9.]+)([A-Za-z]*)", str(text)).groups()
    return float(number) * units[unit]


class StrictLoader(yaml.SafeLoader):
    """Refuses a key that is there twice, which YAML readers would settle in silence."""

    def construct_mapping(self, node, deep=False):
        seen = set()
        for key, _ in node.value:
            if key.value in seen and key.tag != "tag:yaml.org,2002:merge":
                raise yaml.constructor.ConstructorError(None, None, f'key "{key.value}" is there twice', key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def read(path):
    with open(path, encoding="utf-8") as f:
        return [d for d in yaml.load_all(f, StrictLoader) if d is not None]


def root_of(path):
    return pathlib.Path(path).resolve().parents[3]
