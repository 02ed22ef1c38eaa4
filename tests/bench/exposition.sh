#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The exporter's page beside a libmicrohttpd that sends the same bytes from a fixed buffer,
# Debian's Python client and npm's prom-client, all over the same series and in one run.
# Needs Debian's python3-prometheus-client, node and npm.
# Usage: exposition.sh [--full] [--without python|node]... [--write docs/performance.md]
set -euo pipefail
cd "$(dirname "$0")/../.."

build=${BANDIT_BUILD_DIR:-build/release}
if [ ! -x "$build/bin/fleet_server" ]; then
    echo "no $build/bin/fleet_server: build it, or set BANDIT_BUILD_DIR" >&2
    exit 2
fi
limit=$(mktemp)
trap 'rm -f "$limit"' EXIT
cc -std=c17 -D_DEFAULT_SOURCE -O2 -Wall -Wextra -o "$limit" tests/bench/exposition/limit.c -lmicrohttpd
PYTHONPATH=tests/bench /usr/bin/python3 -B tests/bench/exposition/bench.py --build "$build" --limit "$limit" "$@"
