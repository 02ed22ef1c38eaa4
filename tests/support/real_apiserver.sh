#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds into build/tools what the tests against a real API server need: the Kubernetes
# project's server for custom resources, and the CRDs of the Gateway API and of Istio, all
# from their Go modules. Ten minutes of one processor, once for each version.
# Exits with 77, and the reason, where that cannot be had.
set -euo pipefail
cd "$(dirname "$0")/../.."

apiserver=k8s.io/apiextensions-apiserver@v0.36.4
gateway=sigs.k8s.io/gateway-api@v1.4.0
istio=istio.io/api@v1.28.0
folder=$PWD/build/tools
stamp=$folder/versions

if [ "$(cat "$stamp" 2>/dev/null)" = "$apiserver $gateway $istio" ]; then
    exit 0
fi
mkdir -p "$folder/crds"
if ! go=$(tests/support/go.sh 2>"$folder/go-log"); then
    echo "no real API server: $(tail -n 1 "$folder/go-log")" >&2
    exit 77
fi
skip() {
    echo "no real API server: $1" >&2
    tail -n 3 "$folder/log" >&2
    exit 77
}

# The folder of a module, downloaded.
module() {
    (cd "$folder" && "$go" mod download -json "$1" 2>>"$folder/log") | sed -n 's/^.*"Dir": "\(.*\)".*$/\1/p'
}

: >"$folder/log"
gateway_dir=$(module "$gateway")
istio_dir=$(module "$istio")
if [ -z "$gateway_dir" ] || [ -z "$istio_dir" ]; then
    skip "go cannot download $gateway or $istio"
fi
install -m 644 "$gateway_dir/config/crd/standard/gateway.networking.k8s.io_httproutes.yaml" "$folder/crds/httproutes.yaml"
install -m 644 "$istio_dir/kubernetes/customresourcedefinitions.gen.yaml" "$folder/crds/istio.yaml"
echo "building ${apiserver#*/}: up to ten minutes, once"
GOBIN=$folder "$go" install -ldflags='-s -w' "$apiserver" >>"$folder/log" 2>&1 || skip "$go cannot build $apiserver"
echo "$apiserver $gateway $istio" >"$stamp"
