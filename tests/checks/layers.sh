#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Fails on an #include that points upward or sideways, and on an outside library that is
# included anywhere but in its one module. The two tables are the architecture.
set -euo pipefail
cd "$(dirname "$0")/../.."

# folder | modules it may include (its own always)
rules='
lib/base           |
lib/csv            | base
lib/json           | base
lib/metrics        | base
lib/httpd          | base
lib/httpc          | base
lib/route          | base json
lib/web            | base json metrics httpd
lib/kube           | base json httpc
lib/store          | base json httpc route kube
exporter           | base json metrics httpd web route store kube
operator/core      | base route
operator/sim       | base json route core
operator/journal   | base json route core
operator/replay    | base json httpc route core rewards journal sim
operator/rewards   | base json httpc route core
operator/dataplane | base json httpc route kube core
operator/controller | base json metrics route store core rewards dataplane journal
operator           | base json metrics httpd httpc web route store kube core rewards dataplane controller journal replay
services/engine    | base json
services/trainer   | base csv json engine
services/server    | base json metrics httpd web engine
services/traffic   | base csv json metrics httpd httpc web
services/probe     | base
'
# header (may be a pattern) | the only folders that may include it
outside='
microhttpd.h  | lib/httpd
gnutls/*      | lib/httpd lib/web services/server
curl/curl.h   | lib/httpc
cjson/cJSON.h | lib/json
yaml.h        | lib/json
zlib.h        | lib/web lib/store operator/replay
libdeflate.h  | lib/web
crypt.h       | lib/web
libsvm/svm.h  | services/trainer
'

declare -A homes
while IFS='|' read -r header folders; do
    [ -z "$header" ] || homes[${header// /}]="$folders "
done <<<"$outside"

failed=0
complain() {
    echo "$1"
    failed=1
}

# The longest folder of the table that holds the file.
folder_of() {
    local dir
    dir=$(dirname "$1")
    while [ "$dir" != . ]; do
        if grep -qE "^$dir +\|" <<<"$rules"; then
            echo "$dir"
            return
        fi
        dir=$(dirname "$dir")
    done
}

while read -r file; do
    folder=$(folder_of "$file")
    if [ -z "$folder" ]; then
        complain "$file: its folder is not in the layer table"
        continue
    fi
    allowed=" $(sed -n "s#^$folder *| *##p" <<<"$rules") ${folder##*/} "
    while read -r module; do
        [[ $allowed == *" $module "* ]] ||
            complain "$file: may not include \"$module/...\" (allowed:$allowed)"
    done < <(sed -nE 's/^ *# *include +"([^/"]+)\/.*/\1/p' "$file" | sort -u)
    while read -r included; do
        for header in "${!homes[@]}"; do
            # shellcheck disable=SC2053 # the header may be a pattern
            [[ $included != $header || ${homes[$header]} == *" $folder "* ]] ||
                complain "$file: <$included> belongs to${homes[$header]}alone"
        done
    done < <(sed -nE 's/^ *# *include +<([^>]+)>.*/\1/p' "$file")
done < <(git ls-files -co --exclude-standard 'lib/*.[ch]' 'exporter/*.[ch]' 'operator/*.[ch]' 'services/*.[ch]')

[ "$failed" = 0 ] && echo "layers hold"
exit "$failed"
