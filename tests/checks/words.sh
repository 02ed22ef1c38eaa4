#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The repository speaks of the project alone: no paths of one machine, no registry
# addresses in lock files, no links to files that are not there.
set -euo pipefail
cd "$(dirname "$0")/../.."

failed=0
if git grep -nIE '(^|[^A-Za-z0-9_.])/(work|home|root)/[a-z.]' -- . ':!tests/checks/words.sh'; then
    echo "^ a path of one machine"
    failed=1
fi
if git grep -nIE '"resolved": *"https?://' -- .; then
    echo "^ a registry address in a lock file"
    failed=1
fi

# Relative links in Markdown lead somewhere.
while read -r page; do
    while read -r link; do
        target=${link%%#*}
        if [ -n "$target" ] && [ ! -e "$(dirname "$page")/$target" ]; then
            echo "$page: broken link: $link"
            failed=1
        fi
    done < <(grep -oE '\]\([^) ]+\)' "$page" | sed -E 's/^\]\(|\)$//g' | grep -vE '^(https?:|mailto:|#|<)' || true)
done < <(git ls-files -co --exclude-standard '*.md')

[ "$failed" = 0 ] && echo "words and links are right"
exit "$failed"
