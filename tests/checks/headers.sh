#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every header of ours compiles alone, with both compilers' warnings on.
set -euo pipefail
cd "$(dirname "$0")/../.."

failed=0
while read -r header; do
    module=${header%/*}
    if ! printf '#include "%s/%s"\nextern int compiles_alone;\n' "${module##*/}" "${header##*/}" |
        gcc -std=c17 -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -DBANDIT_VERSION='""' -Wall -Wextra -Wpedantic -Werror \
            -I. -Ilib -Ioperator -Iservices -fsyntax-only -x c -; then
        echo "$header does not compile alone"
        failed=1
    fi
done < <(git ls-files -co --exclude-standard 'lib/*.h' 'exporter/*.h' 'operator/*.h' 'services/*.h')
[ "$failed" = 0 ] && echo "headers compile alone"
exit "$failed"
