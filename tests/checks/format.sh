#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# clang-format decides, a file at a time (version 14 may crash over many at once); `tests/checks/format.sh --fix` obeys it.
set -euo pipefail
cd "$(dirname "$0")/../.."

mode=(--dry-run -Werror)
[ "${1:-}" = --fix ] && mode=(-i)
git ls-files -co --exclude-standard '*.[ch]' | xargs -r -n 1 -P "$(nproc)" clang-format-14 "${mode[@]}"
echo "formatted"
