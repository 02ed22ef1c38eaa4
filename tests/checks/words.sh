#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The repository speaks of the project alone: no paths of one machine, no registry
# addresses in lock files, no links to files or headings that are not there.
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

# Files that are deleted and not committed yet are none.
git ls-files -z -co --exclude-standard '*.md' | while IFS= read -r -d '' page; do
    [ ! -e "$page" ] || printf '%s\0' "$page"
done | xargs -0 /usr/bin/python3 -B tests/checks/links.py || failed=1

[ "$failed" = 0 ] && echo "words and links are right"
exit "$failed"
