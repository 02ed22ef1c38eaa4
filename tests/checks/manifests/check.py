#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Renders every overlay of k8s/ and judges every object.

    check.py [--root FOLDER] [--bin build/release/bin] [--no-schemas] [VARIANT...]

Against the schemas of the oldest and of a recent Kubernetes and of the custom resources, and
against the rules in *_rules.py: what names something names something that is there, pods are
restricted, policies let through what has to get through and nothing else. Skipped (77) where
the tools cannot be had, but not in CI.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

import yaml

import network_rules
import pod_rules
import source_rules
import wiring_rules
from schemas import Schemas, valid
from world import World

HERE = pathlib.Path(__file__).resolve().parent
TOOLS = HERE.parents[2] / "build/tools/manifests"
SKIPPED = 77

# Where the files come from that a kustomization on the page names.
SHIPPED = {"alertmanager.yml": "prometheus/alertmanager.production.yml", "bandit.tmpl": "prometheus/templates/bandit.tmpl"}

# What is rendered: a folder, or folders of k8s/ put together as somebody might.
VARIANTS = {
    **{name: f"k8s/overlays/{name}" for name in ("kind", "aks", "eks", "gke", "istio")},
    "base": {"resources": ["k8s/base"]},
    "base with stack and shards": {"resources": ["k8s/base", "k8s/demo", "k8s/monitoring/stack"],
                                   "components": ["k8s/components/gateway-envoy", "k8s/components/exporter-shards"]},
    "base for one namespace, sharded": {
        "resources": ["k8s/base"], "components": ["k8s/components/exporter-shards", "k8s/components/one-namespace"],
        "configMapGenerator": [{"name": "bandit-operator", "namespace": "bandit-system", "behavior": "merge", "literals": ["NAMESPACE=team-a"]}]},
    "istio with stack": {"resources": ["k8s/base", "k8s/demo", "k8s/monitoring/stack"],
                         "components": ["k8s/components/virtual-service"]},
}


def kustomize(folder):
    """The objects of a kustomization, or the message of the tool."""
    tool = [str(TOOLS / "kustomize"), "build"] if (TOOLS / "kustomize").exists() else ["kubectl", "kustomize"]
    ran = subprocess.run([*tool, folder], capture_output=True, text=True, timeout=600, check=False)
    if ran.returncode != 0:
        return None, " ".join(ran.stderr.split())[:500]
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return [o for o in yaml.load_all(ran.stdout, loader) if o], None


def render(root, what):
    if isinstance(what, str):
        return kustomize(root / what)
    with tempfile.TemporaryDirectory() as folder:
        made = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", **what}
        for part in {"resources", "components"} & set(what):
            made[part] = [os.path.relpath(root / name, os.path.realpath(folder)) for name in what[part]]
        for name in [f for maps in what.get("configMapGenerator", []) for f in maps.get("files", [])]:
            shutil.copy(root / SHIPPED[name], os.path.join(folder, name))
        (pathlib.Path(folder) / "kustomization.yaml").write_text(yaml.safe_dump(made), encoding="utf-8")
        return kustomize(folder)


def printed(root):
    """{name: kustomization} of each that docs/deploy.md prints, to stand in a folder beside k8s/, and that is a whole."""
    page = (root / "docs/deploy.md").read_text(encoding="utf-8")
    found = {}
    for text in re.findall(r"^(?:apiVersion: kustomize[^\n]*\nkind: Kustomization\n)(.*?)^(?:END|```)$", page, re.M | re.S):
        made = yaml.safe_load(text)
        for part in {"resources", "components"} & set(made):
            made[part] = [name.removeprefix("../") for name in made[part]]
        if any(re.search(r"/(base$|overlays/)", name) for name in made["resources"]):
            found[f"docs/deploy.md: {' '.join(made['resources'] + made.get('components', []))}"] = made
    return found


def judge(root, name, what, facts, schemas, left_out):
    """(number of objects, faults)"""
    objects, broken = render(root, what)
    if broken:
        return 0, [f"does not render: {broken}"]
    world = World(name, objects)
    faults = list(valid(objects, schemas, left_out)) if schemas else []
    # What refers to nothing in a part may refer to something in the whole.
    parts = [wiring_rules.RULES, pod_rules.RULES, network_rules.RULES]
    for rule in [r for rules in parts for r in rules]:
        faults += rule(world, facts)
    return len(objects), faults


def fetch_tools():
    """None, or why they are not there."""
    ran = subprocess.run([HERE / "tools.sh"], stderr=subprocess.PIPE, text=True, check=False)
    sys.stderr.write(ran.stderr)
    return None if ran.returncode == 0 else ran.stderr.strip() or "tools.sh failed"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=pathlib.Path, default=HERE.parents[2])
    parser.add_argument("--bin", type=pathlib.Path)
    parser.add_argument("--no-schemas", action="store_true", help="the rules alone")
    parser.add_argument("variants", nargs="*")
    options = parser.parse_args()

    schemas = None
    if not options.no_schemas:
        missing = fetch_tools()
        if missing:
            return 1 if os.environ.get("CI") else SKIPPED
        schemas = Schemas(options.root, TOOLS)
    elif not shutil.which("kubectl") and not (TOOLS / "kustomize").exists():
        print("skipped: there is neither kubectl nor kustomize")
        return SKIPPED

    facts, left_out, failed = pod_rules.Facts(options.root, options.bin), set(), 0
    for rule in source_rules.RULES:
        for fault in rule(options.root):
            print(fault)
            failed += 1
    for name, what in {**VARIANTS, **printed(options.root)}.items():
        if options.variants and name not in options.variants:
            continue
        began = time.monotonic()
        count, faults = judge(options.root, name, what, facts, schemas, left_out)
        for fault in faults:
            print(f"{name}: {fault}")
        failed += len(faults)
        print(f"{name}: {count} objects, {len(faults)} faults, {time.monotonic() - began:.1f} s")
    for kind in sorted(left_out):
        print(f"not validated, for want of a schema: {kind}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
