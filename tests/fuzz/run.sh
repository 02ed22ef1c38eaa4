#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs one libFuzzer target for a bounded time, from its seeds and what earlier runs found.
# Usage: run.sh TARGET SECONDS CORPUS_FOLDER. Prints one line, "ok NAME: ..." or "FAILED ...".
set -euo pipefail
cd "$(dirname "$0")"

target=$1 seconds=$2 folder=$3
name=$(basename "$target")
name=${name#fuzz_}
log=$folder/$name.log
mkdir -p "$folder/$name"
if "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$folder/$name-" "$folder/$name" "seeds/$name" >"$log" 2>&1; then
    echo "ok $name:$(sed -nE 's/^stat::number_of_executed_units: +/ /p' "$log") cases"
else
    echo "FAILED $name; see $log"
    tail -n 30 "$log" >&2
fi
