# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# The processes of the loop, one row each: how to start it, and how to know it is ready.

# each_process FN: FN NAME PRIORITY READY_URL STOP_SIGNAL COMMAND
each_process() {
    local fn=$1 host=http://127.0.0.1 arm port
    for arm in logistic-regression svm random-forest; do
        port=PORT_${arm^^}
        port=${port//-/_}
        "$fn" "$arm" 10 "$host:${!port}/ready" TERM \
            "$BIN/model-server --model $RUN/models/$arm.onnx --route digits --arm $arm --web.listen-address 127.0.0.1:${!port} --secret-file $RUN/secret --allow-faults"
    done
    "$fn" haproxy 20 "$host:$PORT_HAPROXY_METRICS/metrics" USR1 \
        "/usr/sbin/haproxy -db -f $RUN/etc/haproxy.cfg -f $RUN/haproxy.d"
    "$fn" notification-log 20 "$host:$PORT_NOTIFICATIONS/" TERM \
        "/usr/bin/python3 $ROOT/prometheus/notification-log.py --listen 127.0.0.1:$PORT_NOTIFICATIONS --log $RUN/notifications.log --prometheus $host:$PORT_PROMETHEUS"
    "$fn" alertmanager 20 "$host:$PORT_ALERTMANAGER/-/ready" TERM \
        "/usr/bin/prometheus-alertmanager --config.file=$RUN/etc/alertmanager.yml --storage.path=$RUN/data/alertmanager --web.listen-address=127.0.0.1:$PORT_ALERTMANAGER --web.external-url=$host:$PORT_ALERTMANAGER/ --cluster.listen-address="
    "$fn" prometheus 30 "$host:$PORT_PROMETHEUS/-/ready" TERM \
        "/usr/bin/prometheus --config.file=$RUN/etc/prometheus.yml --storage.tsdb.path=$RUN/data/prometheus --storage.tsdb.retention.time=31d --web.listen-address=127.0.0.1:$PORT_PROMETHEUS --web.external-url=$host:$PORT_PROMETHEUS/ --web.enable-lifecycle --enable-feature=exemplar-storage"
    "$fn" bandit-operator 40 "$host:$PORT_OPERATOR/readyz" TERM \
        "$BIN/bandit-operator --store.dir $RUN/routes --dataplane.haproxy-socket $RUN/haproxy.sock --prometheus.url $host:$PORT_PROMETHEUS --decisions.log $RUN/decisions.jsonl --web.listen-address 127.0.0.1:$PORT_OPERATOR"
    "$fn" bandit-exporter 40 "$host:$PORT_EXPORTER/readyz" TERM \
        "$BIN/bandit-exporter --store.dir $RUN/routes --web.listen-address 127.0.0.1:$PORT_EXPORTER"
    "$fn" traffic-generator 50 "$host:$PORT_TRAFFIC/livez" INT \
        "$BIN/traffic-generator --url $host:$PORT_GATEWAY --data $RUN/models/digits-holdout.csv --pattern poisson --rate $TRAFFIC_RATE --feedback-delay 1s --web.listen-address 127.0.0.1:$PORT_TRAFFIC"
    each_grafana_process "$fn"
}
