#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Record a stretch of the demo anew: the journal of the live decisions, and what Prometheus
# recorded meanwhile. An arm breaks, the operator is killed, Prometheus is restarted and the
# leader becomes slow, so that there is something to reproduce.
# Usage: record.sh [MINUTES]      (30; wants the demo's ports free, or BANDIT_PORT_* set)
set -euo pipefail
cd "$(dirname "$0")/../../.."

minutes=${1:-30}
data=tests/data/replay
export BANDIT_RUN_DIR=${BANDIT_RUN_DIR:-$(mktemp -d)} BANDIT_TRAFFIC_RATE=${BANDIT_TRAFFIC_RATE:-12}
operator=${BANDIT_BUILD_DIR:-build/release}/bin/bandit-operator
prometheus=http://127.0.0.1:${BANDIT_PORT_PROMETHEUS:-9090}
journal=$BANDIT_RUN_DIR/decisions.jsonl

part() { sleep $((minutes * 6 * $1)); } # tenths of it
leader() { tail -n 1 "$journal" | sed -E 's/.*"leader":"([^"]*)".*/\1/'; }
arm_port() {
    local name=BANDIT_PORT_${1^^}
    name=${name//-/_}
    declare -A usual=([logistic-regression]=8081 [svm]=8082 [random-forest]=8083)
    echo "${!name:-${usual[$1]}}"
}
supervisor() { supervisorctl -c "$BANDIT_RUN_DIR/etc/supervisord.conf" "$@"; }

./manage.sh up --detach
trap './manage.sh down' EXIT
part 2
supervisor signal KILL bandit-operator
part 2
supervisor restart prometheus
part 2
slow=$(leader)
curl -fsS -X POST -H 'Content-Type: application/json' -d '{"latency_ms": 60}' \
    "http://127.0.0.1:$(arm_port "$slow")/faults"
part 1
./manage.sh heal "$slow"
part 1
broken=$(leader)
./manage.sh degrade "$broken"
part 1
./manage.sh heal "$broken"
part 1

cp "$BANDIT_RUN_DIR/routes/digits.yaml" "$data/digits.yaml"
gzip -9nc "$journal" >"$data/decisions.jsonl.gz"
"$operator" replay --journal "$journal" --verify --prometheus.url "$prometheus" \
    --save "$data/ranges.jsonl.gz"
ls -l "$data"
