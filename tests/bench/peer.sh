#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Our decisions beside MABWiser's: the same choices from the same counts, and reward lost in
# the same worlds. Usage: peer.sh [--seeds N] [--hours H]
# Exits with 0 when all bars are met, 1 when one is missed, 77 where MABWiser cannot be had.
set -euo pipefail
cd "$(dirname "$0")/../.."

core=${BANDIT_BUILD_DIR:-build/release}/bin/decide-lines
if [ ! -x "$core" ]; then
    echo "no $core: build it, or set BANDIT_BUILD_DIR" >&2
    exit 2
fi
code=0
/usr/bin/python3 -B tests/bench/peer/choices.py "$core" || code=$?
[ "$code" != 77 ] || exit 77
echo
/usr/bin/python3 -B tests/bench/peer/regret.py "$core" "$@" || code=$?
exit "$code"
