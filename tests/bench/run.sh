#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the benchmarks, each of which prints ratios measured in one run. Never a gate of the
# tests: a timed test on a busy machine tells nothing.
# Usage: run.sh [NAME...]   (the names are those of tests/bench, without their ending)
# Exits with 1 when one failed or missed its bars; the others have run all the same. One that
# ends with 77 has said what it lacks, and is skipped.
set -euo pipefail
cd "$(dirname "$0")"

mapfile -t all < <(find . -maxdepth 1 -name '*.sh' ! -name run.sh -printf '%f\n' | sed 's/\.sh$//' | sort)
wanted=("$@") missed=()
[ ${#wanted[@]} -gt 0 ] || wanted=("${all[@]}")
for name in "${wanted[@]}"; do
    if [ ! -x "$name.sh" ]; then
        echo "no benchmark \"$name\"; there are: ${all[*]}" >&2
        exit 2
    fi
    printf '\n## %s\n\n' "$name"
    code=0
    "./$name.sh" || code=$?
    [ "$code" = 0 ] || [ "$code" = 77 ] || missed+=("$name")
done
if [ ${#missed[@]} -gt 0 ]; then
    printf '\nfailed or missed its bars: %s\n' "${missed[*]}" >&2
    exit 1
fi
