#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs shellcheck over every shell script, whatever its name.
set -euo pipefail
cd "$(dirname "$0")/../.."

{
    git ls-files -co --exclude-standard '*.sh'
    git ls-files -co --exclude-standard .ci | xargs -r grep -lE '^#!.*\b(ba)?sh' || true
} | sort -u | xargs -r shellcheck -x
echo "shell scripts are clean"
