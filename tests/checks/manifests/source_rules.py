# SPDX-License-Identifier: Apache-2.0
"""What is wrong with the files themselves, whatever they are rendered to."""
import re

import yaml

from world import read


def files_read_strictly(root):
    """Every YAML file under k8s/ reads, and has no key twice."""
    for path in sorted((root / "k8s").rglob("*.y*ml")):
        try:
            read(path)
        except yaml.YAMLError as error:
            yield f"{path.relative_to(root)}: {' '.join(str(error).split())}"


def every_file_is_used(root):
    """A manifest that no kustomization names is never applied."""
    for path in sorted((root / "k8s").rglob("*.yaml")):
        name = path.relative_to(root).as_posix()
        kustomization = path.parent / "kustomization.yaml"
        if path.name == "kustomization.yaml" or name in ("k8s/overlays/kind/cluster.yaml", "k8s/monitoring/custom-resource-state.yaml"):
            continue
        if not kustomization.exists() or not re.search(rf"[\s/]{re.escape(path.name)}\b", kustomization.read_text(encoding="utf-8")):
            yield f"{name}: no kustomization names it"


def rules_are_all_there(root):
    """The standalone Prometheus reads the delivered rules, with each group of the source."""
    folder = "k8s/monitoring/standalone/all/prometheus"
    name = f"{folder}/rules/bandit-router.yml"
    if "files: [rules/bandit-router.yml]" not in (root / folder / "kustomization.yaml").read_text(encoding="utf-8"):
        yield f"{folder}/kustomization.yaml: no ConfigMap of rules/bandit-router.yml"
    delivered, = read(root / name)
    there = {group["name"] for group in delivered["groups"]}
    for path in sorted((root / "prometheus").glob("rules/*.yml")) + sorted((root / "prometheus").glob("alerts/*.yml")):
        document, = read(path)
        for group in document["groups"]:
            if group["name"] not in there:
                yield f"{name}: group {group['name']} of {path.name} is missing"


def dashboards_are_all_mounted(root):
    mounts = (root / "k8s/monitoring/standalone/all/grafana/deployment.yaml").read_text(encoding="utf-8")
    for board in read(root / "k8s/monitoring/dashboards/configmaps.yaml"):
        if f"{{name: {board['metadata']['name']}}}" not in mounts:
            yield f"k8s/monitoring/standalone/all/grafana/deployment.yaml: {board['metadata']['name']} is not mounted"


def alertmanagers_agree(root):
    """The cluster's Alertmanager groups and inhibits as that of one machine does."""
    name = "k8s/monitoring/standalone/all/alertmanager/alertmanager.yml"
    there, = read(root / name)
    here = yaml.safe_load(re.sub(r'"@\w+@"', "1s", (root / "prometheus/alertmanager.yml").read_text(encoding="utf-8")))
    for what, one, other in (("inhibit_rules", here["inhibit_rules"], there["inhibit_rules"]),
                             ("group_by", here["route"]["group_by"], there["route"]["group_by"])):
        if one != other:
            yield f"{name}: {what} differ from prometheus/alertmanager.yml"


def same_jobs(root):
    """Rules and alerts go by the names of jobs, on one machine and on a cluster."""
    def jobs(path):
        return set(re.findall(r"^- job_name: (\S+)", (root / path).read_text(encoding="utf-8"), re.M))
    there = "k8s/monitoring/standalone/all/prometheus/prometheus.yml"
    for job in sorted(jobs("prometheus/prometheus.yml") - jobs(there) - {"haproxy", "own"}):  # no HAProxy and no run/ there
        yield f"{there}: no job {job}"


def same_images(root):
    """A cluster's monitoring is of the versions that run on one machine."""
    compose = root / "services/compose/compose.yaml"
    here = compose.read_text(encoding="utf-8") if compose.exists() else ""
    there = "k8s/monitoring/standalone/all/kustomization.yaml"
    for name, tag in re.findall(r"newName: (\S+), newTag: ([^}\s]+)", (root / there).read_text(encoding="utf-8")):
        other = re.search(rf"{re.escape(name)}:([\w.-]+)", here)
        if other and other[1] != tag:
            yield f"{there}: {name} is {tag}; services/compose has {other[1]}"


RULES = (files_read_strictly, every_file_is_used, rules_are_all_there, dashboards_are_all_mounted, alertmanagers_agree, same_jobs, same_images)
