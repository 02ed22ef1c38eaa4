#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The committed dashboards are what their source makes of them. Builds the source in a folder
# of its own (dashboards.sh FOLDER), so that the checkout stays as it is. Without node the
# check is skipped (77), but never in CI.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
work=${1:-$(mktemp -d)}/grafana

if ! command -v npm >/dev/null || ! command -v node >/dev/null; then
    echo "skipped: node and npm are needed to build the dashboards"
    [ -z "${CI:-}" ] || exit 1
    exit 77
fi
mkdir -p "$work"
rm -rf "$work/src"
cp -r "$root"/grafana/{package.json,package-lock.json,.npmrc,tsconfig.json,src} "$work/"
cd "$work"
if ! cmp -s package-lock.json .installed; then
    if ! npm ci --no-audit --no-fund >npm.log 2>&1; then
        tail -n 5 npm.log
        [ -z "${CI:-}" ] || exit 1
        echo "skipped: the registry of npm packages cannot be reached"
        exit 77
    fi
    cp package-lock.json .installed
fi
if grep -q '"resolved"' package-lock.json; then
    echo "grafana/package-lock.json: holds addresses of a registry; see grafana/.npmrc"
    exit 1
fi
node_modules/.bin/tsc -p .
node build/main.js --check "$root/grafana/dashboards"
