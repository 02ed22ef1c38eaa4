#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Is what is made of lib/route's tables up to date: the CRD and the fields in the manual?
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
[ $status = 0 ] || echo "run: $0 $describe --write" >&2
exit $status
