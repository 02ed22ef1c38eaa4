#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# On a real API server: 1000 BanditRoutes and HTTPRoutes decided within an interval; the leader killed twenty times in
# five minutes. Exits with 1 when a bar is missed, with 77 where there is no real API server. Takes some seven minutes.
# Usage: cluster.sh [--routes 1000] [--kills 20] [--write docs/performance.md]
set -euo pipefail
cd "$(dirname "$0")/../.."

operator=${BANDIT_BUILD_DIR:-build/release}/bin/bandit-operator
if [ ! -x "$operator" ]; then
    echo "no $operator: build it, or set BANDIT_BUILD_DIR" >&2
    exit 2
fi
tests/support/real_apiserver.sh >&2
exec /usr/bin/python3 -B -W ignore tests/bench/cluster.py "$operator" "$@"
