#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Record an hour of the demo anew: the journal of the live decisions, and what Prometheus
# recorded meanwhile. So that there is something to reproduce, everything that can go wrong
# on one machine does: see the table at the end.
# Usage: record.sh [MINUTES]      (60; wants the demo's ports free, or BANDIT_PORT_* set)
set -euo pipefail
cd "$(dirname "$0")/../../.."

minutes=${1:-60}
data=tests/data/replay
export BANDIT_RUN_DIR=${BANDIT_RUN_DIR:-$(mktemp -d)}
operator=${BANDIT_BUILD_DIR:-build/release}/bin/bandit-operator
prometheus=http://127.0.0.1:${BANDIT_PORT_PROMETHEUS:-9090}
journal=$BANDIT_RUN_DIR/decisions.jsonl

leader() { tail -n 1 "$journal" | sed -E 's/.*"leader":"([^"]*)".*/\1/'; }
arm_port() {
    local name=BANDIT_PORT_${1^^}
    name=${name//-/_}
    declare -A usual=([logistic-regression]=8081 [svm]=8082 [random-forest]=8083)
    echo "${!name:-${usual[$1]}}"
}
supervisor() { supervisorctl -c "$BANDIT_RUN_DIR/etc/supervisord.conf" "$@"; }
haproxy() {
    python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(sys.argv[2].encode() + b"\n")
s.recv(4096)' "$BANDIT_RUN_DIR/haproxy.sock" "$1"
}

# Whom a happening is about stays the same until it is over.
kill_operator() { supervisor signal KILL bandit-operator; }
restart() { supervisor restart "$1"; }
slow_leader() {
    victim=$(leader)
    curl -fsS -X POST -H 'Content-Type: application/json' -d '{"latency_ms": 60}' \
        "http://127.0.0.1:$(arm_port "$victim")/faults"
}
break_leader() {
    victim=$(leader)
    ./manage.sh degrade "$victim"
}
heal() { ./manage.sh heal "$victim"; }
stop_leader() {
    victim=$(leader)
    supervisor stop "$victim"
}
start_arm() { supervisor start "$victim"; }
meddle() { haproxy "set weight digits/$(leader) 1"; }

./manage.sh up --detach
trap './manage.sh down' EXIT
begun=$SECONDS
while read -r share happening; do
    wait_s=$((begun + minutes * 60 * share / 100 - SECONDS))
    [ "$wait_s" -le 0 ] || sleep "$wait_s"
    echo "$share %: $happening"
    $happening </dev/null || echo "failed: $happening" >&2
done <<'END'
12 kill_operator
20 restart prometheus
28 slow_leader
36 heal
42 meddle
46 break_leader
53 heal
60 stop_leader
65 start_arm
72 restart haproxy
78 break_leader
84 heal
90 supervisor stop prometheus
91 supervisor start prometheus
100 leader
END

cp "$BANDIT_RUN_DIR/routes/digits.yaml" "$data/digits.yaml"
gzip -9nc "$journal" >"$data/decisions.jsonl.gz"
"$operator" replay --journal "$journal" --verify --prometheus.url "$prometheus" \
    --save "$data/ranges.jsonl.gz"
ls -l "$data"
