#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Ten thousand routes under one operator on one core: what of an interval they take, and
# how much memory. Exits with 1 when the bars are missed. Takes some two minutes.
# Usage: fleet.sh [--routes 10000] [--arms 3] [--intervals 1]
set -euo pipefail
cd "$(dirname "$0")/../.."

operator=${BANDIT_BUILD_DIR:-build/release}/bin/bandit-operator
if [ ! -x "$operator" ]; then
    echo "no $operator: build it, or set BANDIT_BUILD_DIR" >&2
    exit 2
fi
exec /usr/bin/python3 -B tests/bench/fleet.py "$operator" "$@"
