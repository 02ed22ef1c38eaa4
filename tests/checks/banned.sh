#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Fails on functions that are easy to misuse, on // comments, and on a source file without
# its licence line.
set -euo pipefail
cd "$(dirname "$0")/../.."

functions='strcpy|strcat|sprintf|vsprintf|strncpy|strncat|strtok|atoi|atol|atof|gmtime|localtime|ctime|asctime|rand|srand|system|alloca|gets|tmpnam|setlocale'
failed=0

c_files() {
    git ls-files -co --exclude-standard '*.[ch]'
}

# Comments and strings are blanked first, so that prose may name what code may not call.
while read -r file; do
    hits=$(gcc -fpreprocessed -dD -E -P "$file" 2>/dev/null | sed -E 's/"([^"\\]|\\.)*"//g' |
        grep -oE "(^|[^A-Za-z0-9_>.])($functions) *\(" || true)
    if [ -n "$hits" ]; then
        echo "$file: banned: $(sed -E 's/^[^a-z]*//; s/ *\($//' <<<"$hits" | sort -u | tr '\n' ' ')"
        failed=1
    fi
    if grep -nE '^([^"]*"[^"]*")*[^"]*(^|[^:"])//' "$file" | grep -vE '^[0-9]+: *(/?\*|.*\*/)' >/tmp/banned.$$; then
        sed "s#^#$file:#; s#\$#   <- use /* */#" /tmp/banned.$$
        failed=1
    fi
done < <(c_files)
rm -f /tmp/banned.$$

while read -r file; do
    if ! head -n 3 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0'; then
        echo "$file: no SPDX line"
        failed=1
    fi
done < <(git ls-files -co --exclude-standard '*.[ch]' '*.sh' '*.py' '*.ts' '*.mjs' '*.cmake' \
    '*CMakeLists.txt' '*.yml' '*.yaml' '*Dockerfile' | grep -vE '^tests/(fuzz/seeds|data)/|/generated/' || true)

[ "$failed" = 0 ] && echo "nothing banned"
exit "$failed"
