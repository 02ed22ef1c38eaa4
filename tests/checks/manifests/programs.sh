#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Configuration inside the manifests, read by the programs that it is for.
#
# Usage: programs.sh FOLDER_WITH_OUR_PROGRAMS
set -euo pipefail
cd "$(dirname "$0")/../../.."

failed=0
own=k8s/monitoring/standalone/all
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# ours: the demonstration's route, strictly
"$1/bandit-operator" validate k8s/demo/banditroute.yaml || failed=1

# Debian's promtool is built without discovery in Kubernetes: it gets the same file with other
# targets in its place. Whether discovery finds the pods is asked by check.py.
undiscovered() {
    /usr/bin/python3 - "$1" <<'EOF'
import sys, yaml
config = yaml.safe_load(open(sys.argv[1], encoding="utf-8"))
for job in config["scrape_configs"]:
    for found in job.pop("kubernetes_sd_configs", []):
        assert found["role"] in ("pod", "node") and set(found) <= {"role", "namespaces"}, found
        job["static_configs"] = [{"targets": ["localhost:1"]}]
yaml.safe_dump(config, sys.stdout)
EOF
}
if command -v promtool >/dev/null; then
    undiscovered "$own/prometheus/prometheus.yml" >"$scratch/good.yml"
    promtool check config --syntax-only "$scratch/good.yml" || failed=1
else
    echo "not checked, for want of promtool: $own/prometheus/prometheus.yml"
fi
if command -v amtool >/dev/null; then
    amtool check-config "$own/alertmanager/alertmanager.yml" || failed=1
else
    echo "not checked, for want of amtool: $own/alertmanager/alertmanager.yml"
fi

# and each of them does refuse
sed 's/epsilon: 0.2/epsilon: 2/' k8s/demo/banditroute.yaml >"$scratch/route.yaml"
undiscovered "$own/prometheus/prometheus.yml" | sed 's/action: keep/action: hold/' >"$scratch/prometheus.yml"
sed 's/receiver: nobody/receiver: somebody/' "$own/alertmanager/alertmanager.yml" >"$scratch/alertmanager.yml"
refuses() {
    if "$@" >"$scratch/out" 2>&1; then
        echo "$* takes what is broken"
        failed=1
    fi
}
refuses "$1/bandit-operator" validate "$scratch/route.yaml"
! command -v promtool >/dev/null || refuses promtool check config --syntax-only "$scratch/prometheus.yml"
! command -v amtool >/dev/null || refuses amtool check-config "$scratch/alertmanager.yml"
exit "$failed"
