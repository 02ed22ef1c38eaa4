#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the benchmarks, each of which prints ratios measured in one run. Never a gate of the
# tests: a timed test on a busy machine tells nothing.
# Usage: run.sh [NAME...] | run.sh NAME FLAGS...
# The names are those of tests/bench, without their ending; flags are for the one that is named.
# Exits with 1 when one failed or missed its bars; the others have run all the same. One that
# ends with 77 has said what it lacks, and is skipped.
set -euo pipefail
cd "$(dirname "$0")"

mapfile -t all < <(find . -maxdepth 1 -name '*.sh' ! -name run.sh -printf '%f\n' | sed 's/\.sh$//' | sort)
wanted=() flags=() missed=()
while [ $# -gt 0 ] && [[ $1 != -* ]]; do
    wanted+=("$1")
    shift
done
flags=("$@")
if [ ${#flags[@]} -gt 0 ] && [ ${#wanted[@]} -ne 1 ]; then
    echo "flags are for one benchmark: run.sh NAME ${flags[*]}" >&2
    exit 2
fi
[ ${#wanted[@]} -gt 0 ] || wanted=("${all[@]}")
for name in "${wanted[@]}"; do
    if [ ! -x "$name.sh" ]; then
        echo "no benchmark \"$name\"; there are: ${all[*]}" >&2
        exit 2
    fi
    printf '\n## %s\n\n' "$name"
    code=0
    "./$name.sh" "${flags[@]}" || code=$?
    [ "$code" = 0 ] || [ "$code" = 77 ] || missed+=("$name")
done
if [ ${#missed[@]} -gt 0 ]; then
    printf '\nfailed or missed its bars: %s\n' "${missed[*]}" >&2
    exit 1
fi
