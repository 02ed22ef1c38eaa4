#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the Kubernetes project's API server for custom resources into build/tools, for
# tests/integration/kube_real.py. Needs go and some minutes, once.
set -euo pipefail
cd "$(dirname "$0")/../.."

version=v0.36.4
folder=$PWD/build/tools
if [ -x "$folder/apiextensions-apiserver" ]; then
    exit 0
fi
go=$(command -v go || echo /usr/local/go/bin/go)
if ! [ -x "$go" ]; then
    echo "skipped: there is no go to build apiextensions-apiserver with" >&2
    exit 77
fi
mkdir -p "$folder"
GOBIN=$folder GOFLAGS=-p=2 "$go" install "k8s.io/apiextensions-apiserver@$version"
