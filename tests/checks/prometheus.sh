#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# promtool's word on the configuration, the rules (lint is fatal) and their unit tests.
set -euo pipefail
cd "$(dirname "$0")/../.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
sed -E "s/@(SCRAPE|EVALUATION)_INTERVAL@/15s/; s#@ROOT@#$PWD#; s#@ALERTS@#$PWD/prometheus/alerts#; s/@PORT_[A-Z_]+@/9999/" \
    prometheus/prometheus.yml >"$scratch/prometheus.yml"

promtool check config "$scratch/prometheus.yml" >"$scratch/out" 2>&1 || {
    cat "$scratch/out"
    exit 1
}
promtool check rules --lint=all --lint-fatal prometheus/rules/*.yml prometheus/alerts/*.yml \
    prometheus/examples/{conversion,latency,haproxy}.yml
printf "%s\0" prometheus/tests/*.yml prometheus/examples/*_test.yml | xargs -0 -n 1 -P "$(nproc)" promtool test rules
