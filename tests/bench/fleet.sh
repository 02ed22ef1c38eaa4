#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Ten thousand routes under one operator on one core: until they are known, what of an interval they take, memory,
# requests. First from a folder, then from a real API server (left out where there is none). Exits with 1 when a bar is
# missed. Takes some six minutes.
# Usage: fleet.sh [--store folder|apiserver] [--routes 10000] [--arms 3] [--intervals 1] [--write docs/performance.md]
set -euo pipefail
cd "$(dirname "$0")/../.."

programs=${BANDIT_BUILD_DIR:-build/release}/bin
if [ ! -x "$programs/bandit-operator" ] || [ ! -x "$programs/bandit-exporter" ]; then
    echo "no bandit-operator and bandit-exporter in $programs: build them, or set BANDIT_BUILD_DIR" >&2
    exit 2
fi
stores=()
case " $* " in
*" --store"*) ;;
*)
    stores=(--store folder)
    if tests/support/real_apiserver.sh >&2 && command -v etcd >/dev/null; then
        stores+=(--store apiserver)
    fi
    ;;
esac
exec /usr/bin/python3 -B -W ignore tests/bench/fleet.py "$programs" "${stores[@]}" "$@"
