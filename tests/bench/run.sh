#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the benchmarks, each of which prints ratios measured in one run. Never a gate of the
# tests: a timed test on a busy machine tells nothing.
# Usage: run.sh [NAME...]   (the names are those of tests/bench, without their ending)
set -euo pipefail
cd "$(dirname "$0")"

mapfile -t all < <(find . -maxdepth 1 -name '*.sh' ! -name run.sh -printf '%f\n' | sed 's/\.sh$//' | sort)
wanted=("$@")
[ ${#wanted[@]} -gt 0 ] || wanted=("${all[@]}")
for name in "${wanted[@]}"; do
    if [ ! -x "$name.sh" ]; then
        echo "no benchmark \"$name\"; there are: ${all[*]}" >&2
        exit 2
    fi
    printf '\n## %s\n\n' "$name"
    "./$name.sh"
done
