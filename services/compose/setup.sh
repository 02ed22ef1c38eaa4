#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs in a container, as root, before the others: fills the volumes under /run/bandit with
# what manage.sh puts into run/. See compose.yaml.
set -euo pipefail

ROOT=$(cd "$(dirname "$0")/../.." && pwd)
export BANDIT_RUN_DIR=/run/bandit
# shellcheck source=services/local/sh/common.sh
. "$ROOT/services/local/sh/common.sh"
# shellcheck source=services/local/sh/render.sh
. "$ROOT/services/local/sh/render.sh"

# Which service listens on which port.
SERVICES='
PORT_GATEWAY haproxy
PORT_LOGISTIC_REGRESSION logistic-regression
PORT_SVM svm
PORT_RANDOM_FOREST random-forest
PORT_HAPROXY_METRICS haproxy
PORT_EXPORTER exporter
PORT_OPERATOR operator
PORT_TRAFFIC traffic-generator
PORT_PROMETHEUS prometheus
PORT_ALERTMANAGER alertmanager
PORT_NOTIFICATIONS notification-log
'

# The template of one machine, with other addresses: a process is reached by the name of
# its service and listens on all addresses of its network. A service that is made anew gets
# another address: HAProxy looks it up again, and does not insist on one at its start.
template_text() {
    local port service script='s/^( +bind )127\.0\.0\.1:/\1:/; s#@RUN@/haproxy\.sock#@RUN@/socket/haproxy.sock#
        s#@RUN@/(rules|targets)/#@RUN@/etc/\1/#
        s/^ +default-server .*/& resolvers network init-addr libc,none/'
    while read -r port service; do
        [ -z "$port" ] || script+="; s/127\\.0\\.0\\.1:@$port@/$service:@$port@/g"
    done <<<"$SERVICES"
    sed -E "$script" "$1"
    case $1 in
    *.cfg) printf '\nresolvers network\n    parse-resolv-conf\n    hold valid 2s\n' ;;
    esac
}

load_profile
mkdir -p "$RUN/etc/rules" "$RUN/etc/targets"
render_configuration
render_routes
if [ ! -s "$RUN/secret/key" ]; then
    head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$RUN/secret/key"
fi
chmod 400 "$RUN/secret/key"
chmod 700 "$RUN/secret" "$RUN/socket"
chown -R 65532:65532 "$RUN/routes" "$RUN/secret" "$RUN/socket" "$RUN/models" "$RUN/decisions"
echo "the volumes are set up (profile $PROFILE)"
