#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Is what is made of lib/route's tables up to date: the CRD, the fields in the manual, and the
# words of decisions? And is every Event of the operator's among these?
# Usage: route_described.sh DESCRIBE_ROUTE [--write]
set -euo pipefail
cd "$(dirname "$0")/../.."

describe=$1 mode=${2:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$describe" crd >"$work/crd.yaml"
"$describe" fields >"$work/fields.md"
awk -v fields="$work/fields.md" '
    /<!-- end -->/ { inside = 0 }
    !inside { print }
    /<!-- made by .*: begin -->/ {
        inside = 1
        print ""
        while ((getline line < fields) > 0) print line
        print ""
    }' docs/banditroute.md >"$work/banditroute.md"

"$describe" decisions >"$work/decisions.md"

status=0
check() {
    if [ "$mode" = --write ]; then
        cp "$1" "$2"
    elif ! diff -u "$2" "$1"; then
        status=1
    fi
}
check "$work/crd.yaml" k8s/base/crd/banditroutes.yaml
check "$work/banditroute.md" docs/banditroute.md
check "$work/decisions.md" docs/decisions.md
[ $status = 0 ] || echo "run: $0 $describe --write" >&2

# The words that are no reason's are written out where they are told.
mapfile -t tellers < <(grep -l 'job_tell(' operator/controller/*.c)
grep -ohE '"([A-Z][a-z]+){2,}"|"Deleted"' "${tellers[@]}" | tr -d '"' | sort -u >"$work/told"
sed -n '/^These have a word of their own/,$s/^| `\([A-Za-z]*\)`.*/\1/p' "$work/decisions.md" |
    sort -u >"$work/known"
if ! diff "$work/known" "$work/told" >"$work/events"; then
    echo "Events that lib/route/route_meanings.c has (<) and operator/controller tells (>):" >&2
    cat "$work/events" >&2
    status=1
fi
exit $status
