#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The custom-resource-state file for kube-state-metrics, against what the exporter says that
it emits and against the CRD: each family is the exporter's, with its labels and states; each
path leads to something in the object; and what the exporter has besides is left out with a
reason.

    custom_resource_state.py --bin build/release/bin
"""
import argparse
import pathlib
import re
import sys

import catalogue
import sources

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "prometheus"))
from delivery.state import LEFT_OUT  # noqa: E402

FILE = ROOT / "k8s/monitoring/custom-resource-state.yaml"
CRD = ROOT / "k8s/base/crd/banditroutes.yaml"
OBJECT = re.compile(r"bandit_(route|arm)_")


def followed(schema, path):
    """The schema that the path leads to, or None; metadata is any object's."""
    if path[:1] == ["metadata"]:
        return {"type": "any"}
    for part in path:
        schema = schema.get("properties", {}).get(part)
        if schema is None:
            return None
    return schema.get("items", schema) if schema.get("type") == "array" else schema


def check_metric(metric, kind, body, common, known, crd, complain):
    name = "bandit_" + metric["name"]
    family = known.get(name)
    if family is None:
        complain(metric["name"], f"{name} is no family of the exporter")
        return
    labels = set(common) | set(body.get("labelsFromPath", {}))
    if kind == "StateSet":
        if body["labelName"] != name or sorted(body["list"]) != sorted(family["states"]):
            complain(metric["name"], f"{name} has the states {', '.join(family['states'])}, under a label of its own name")
    if labels != set(family["labels"]):
        complain(metric["name"], f"{name} has the labels {', '.join(sorted(labels))}, the exporter's {', '.join(sorted(family['labels']))}")
    at = followed(crd, body["path"])
    if at is None:
        complain(metric["name"], f"the object has no {'.'.join(body['path'])}")
        return
    for path in [body.get("valueFrom", []), *body.get("labelsFromPath", {}).values()]:
        if path and followed(at, path) is None:
            complain(metric["name"], f"{'.'.join(body['path'])} has no {'.'.join(path)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="folder of the built programs")
    args = parser.parse_args()
    known = {f["name"]: f for f in catalogue.describe(args.bin)["bandit-exporter"] if OBJECT.match(f["name"])}
    crd = sources.load_yaml(CRD)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    resource = sources.load_yaml(FILE)["spec"]["resources"][0]

    findings = []

    def complain(what, text):
        findings.append(f"{FILE.relative_to(ROOT)}:{sources.line_of(FILE, what)}: {text}")

    delivered = set()
    for metric in resource["metrics"]:
        kind = metric["each"]["type"]
        check_metric(metric, kind, metric["each"][kind[0].lower() + kind[1:]], resource["labelsFromPath"], known, crd, complain)
        delivered.add("bandit_" + metric["name"])
    for name in sorted(set(known) - delivered - set(LEFT_OUT)):
        complain("metrics:", f"the exporter has {name}, which is neither here nor left out with a reason")
    for name in sorted(set(LEFT_OUT) & delivered | set(LEFT_OUT) - set(known)):
        complain("metrics:", f"{name} is said to be left out, and is {'here' if name in delivered else 'no family'}")
    print(*findings, sep="\n", end="\n" if findings else "")
    print(f"{len(delivered)} of {len(known)} families, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
