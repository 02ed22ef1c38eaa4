#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The model-server beside a bare libmicrohttpd and three peers, in one run on one machine.
# Needs wrk, node and Debian's gunicorn, python3-{flask,fastapi,uvicorn,uvloop,httptools,sklearn}.
# Usage: serving.sh [--quick] [--without PEER...] [--write docs/performance.md]; --help says more
# Takes about three minutes. Exits with 1 when a bar is missed, 2 when it cannot be measured.
set -euo pipefail
cd "$(dirname "$0")/../.."

build=${BANDIT_BUILD_DIR:-build/release}
server=$build/bin/model-server
if [ ! -x "$server" ]; then
    echo "no $server: build it, or set BANDIT_BUILD_DIR" >&2
    exit 2
fi
limit=$(mktemp)
trap 'rm -f "$limit"' EXIT
cc -std=c17 -D_DEFAULT_SOURCE -O2 -Wall -Wextra -o "$limit" tests/bench/serving/limit.c -lmicrohttpd
PYTHONPATH=tests/bench /usr/bin/python3 -B tests/bench/serving/bench.py --server "$server" --limit "$limit" "$@"
