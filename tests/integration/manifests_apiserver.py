#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Does a real API server take the custom resources of k8s/, their CEL rules included?

Starts the Kubernetes project's API server for custom resources, loads our definition and those
of Gateway API, Istio, Envoy Gateway and the Prometheus operator, and sends each custom object of
each variant, strictly and without storing it. Then it sends broken ones, which it must refuse.
Skipped (77), with the reason, where server or definitions cannot be had.
"""
import copy
import functools
import json
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/checks/manifests"), str(ROOT / "tests/support")]

import check  # noqa: E402
import real_apiserver  # noqa: E402
import yaml  # noqa: E402
from schemas import CUSTOM, Loader  # noqa: E402
from world import title  # noqa: E402

SKIPPED = 77


def reason_to_skip():
    missing = real_apiserver.why_not() or check.fetch_tools()
    if missing:
        return missing
    absent = [module for module, _ in CUSTOM.values() if not (check.TOOLS / module).exists()]
    return f"no definitions of {sorted(set(absent))}" if absent else None


def definitions(wanted):
    """The CRDs of {(group, kind)}; a file may hold many."""
    for group in {g for g, _ in wanted}:
        module, pattern = CUSTOM.get(group, (None, None))
        paths = sorted((check.TOOLS / module).glob(pattern)) if module else [ROOT / "k8s/base/crd/banditroutes.yaml"]
        for path in paths:
            for crd in yaml.load_all(path.read_text(encoding="utf-8"), Loader):
                if crd and crd["kind"] == "CustomResourceDefinition" and (crd["spec"]["group"], crd["spec"]["names"]["kind"]) in wanted:
                    yield crd


def send(server, plural, obj):
    """(code, message)"""
    group_version, namespace = obj["apiVersion"], obj["metadata"].get("namespace")
    place = f"namespaces/{namespace}/" if namespace else ""
    code, answer = server.call("POST", f"/apis/{group_version}/{place}{plural}?dryRun=All&fieldValidation=Strict", obj)
    return code, answer.get("message", "") if isinstance(answer, dict) else str(answer)


def changed(obj, path, value):
    broken = copy.deepcopy(obj)
    parent = functools.reduce(lambda at, key: at[key], path[:-1], broken)
    parent[path[-1]] = value
    return broken


# kind, where, what that no schema alone would refuse: rules in CEL, or fields that are not there
BROKEN = (
    ("BanditRoute", ("spec", "arms", 1, "name"), "logistic-regression"),
    ("BanditRoute", ("spec", "baseline"), "nobody"),
    ("BanditRoute", ("spec", "intervall"), "30s"),
    ("HTTPRoute", ("spec", "rules", 0, "matches", 0, "path", "value"), "no-slash"),
    ("Gateway", ("spec", "listeners", 0, "hostname"), "a_b"),
    ("EnvoyProxy", ("spec", "provider", "type"), "Nowhere"),
    ("PodMonitor", ("spec", "podMetricsEndpoints", 0, "interval"), "often"),
)


def main():
    missing = reason_to_skip()
    if missing:
        print(f"skipped: {missing}")
        return 1 if os.environ.get("CI") and "apiextensions-apiserver" not in missing and "etcd" not in missing else SKIPPED

    objects = {}
    for what in check.VARIANTS.values():
        rendered, broken = check.render(ROOT, what)
        assert rendered, broken
        for obj in rendered:
            if obj["apiVersion"].rpartition("/")[0] in {*CUSTOM, "bandit-router.dev"}:
                objects[json.dumps(obj, sort_keys=True)] = obj
    objects = list(objects.values())
    wanted = {(o["apiVersion"].rpartition("/")[0], o["kind"]) for o in objects}

    faults, plural = 0, {}
    with real_apiserver.RealApiServer() as server:
        for crd in definitions(wanted):
            server.define(crd)
            plural[crd["spec"]["group"], crd["spec"]["names"]["kind"]] = crd["spec"]["names"]["plural"]
        for obj in objects:
            code, message = send(server, plural[obj["apiVersion"].rpartition("/")[0], obj["kind"]], obj)
            if code != 201:
                print(f"{title(obj)}: {code}: {message}")
                faults += 1
        for kind, path, value in BROKEN:
            obj = changed(next(o for o in objects if o["kind"] == kind), path, value)
            code, message = send(server, plural[obj["apiVersion"].rpartition("/")[0], kind], obj)
            if code not in (400, 422):
                print(f"{kind} with {'.'.join(map(str, path))} = {value}: taken ({code} {message})")
                faults += 1
    print(f"{len(objects)} custom objects of {len(wanted)} kinds, {len(BROKEN)} broken ones: {faults} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
