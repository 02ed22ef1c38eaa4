#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Decisions a second on one core. Usage: decide.sh [BUILD-FOLDER]
set -euo pipefail
cd "$(dirname "$0")/../.."

exec "${1:-${BANDIT_BUILD_DIR:-build/release}}/bin/bench_decide"
