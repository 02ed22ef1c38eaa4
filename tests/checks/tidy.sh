#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# clang-tidy over every C file of the product. Usage: tidy.sh BUILD_DIR [FILE...]
set -euo pipefail
cd "$(dirname "$0")/../.."

build=${1:?the build folder with compile_commands.json}
shift
if [ $# = 0 ]; then
    mapfile -t files < <(git ls-files -co --exclude-standard 'lib/*.c' 'exporter/*.c' 'operator/*.c' 'services/*.c')
else
    files=("$@")
fi
printf '%s\n' "${files[@]}" |
    xargs -P "$(nproc)" -n 4 clang-tidy-14 -p "$build" --quiet 2> >(grep -vE 'warnings? generated|^Suppressed|^Use -header' >&2)
echo "${#files[@]} files are tidy"
