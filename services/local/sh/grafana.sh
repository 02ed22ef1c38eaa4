# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Grafana is not in Debian. An installed server is used, else a container engine that can
# run the official image; without either the loop runs as well, and says how to get it.

GRAFANA_IMAGE=${BANDIT_GRAFANA_IMAGE:-docker.io/grafana/grafana-oss:11.6.0}

grafana_home() {
    local home
    for home in /usr/share/grafana /opt/grafana; do
        [ -d "$home/public" ] && echo "$home" && return
    done
    return 1
}

container_engine() {
    local engine
    for engine in podman docker; do
        if command -v "$engine" >/dev/null && timeout 5 "$engine" info >/dev/null 2>&1 &&
            timeout 5 "$engine" image inspect "$GRAFANA_IMAGE" >/dev/null 2>&1; then
            echo "$engine"
            return
        fi
    done
    return 1
}

grafana_way() {
    if { command -v grafana-server >/dev/null || command -v grafana >/dev/null; } && grafana_home >/dev/null; then
        echo server
    elif container_engine >/dev/null; then
        echo container
    else
        echo none
    fi
}

grafana_hint() {
    note "Grafana: not on this machine. Get it with \`apt-get install grafana\` from Grafana's own repository, or"
    note "\`docker pull $GRAFANA_IMAGE\`, and run ./manage.sh up again: data source and dashboards are ready."
}

grafana_environment() {
    cat <<EOF
GF_SERVER_HTTP_ADDR=127.0.0.1
GF_SERVER_HTTP_PORT=$PORT_GRAFANA
GF_PATHS_PROVISIONING=$1/provisioning
GF_AUTH_ANONYMOUS_ENABLED=true
GF_AUTH_ANONYMOUS_ORG_ROLE=Viewer
GF_ANALYTICS_REPORTING_ENABLED=false
GF_ANALYTICS_CHECK_FOR_UPDATES=false
GF_DASHBOARDS_MIN_REFRESH_INTERVAL=2s
GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH=$2/bandit-overview.json
PROMETHEUS_URL=http://127.0.0.1:$PORT_PROMETHEUS
ALERTMANAGER_URL=http://127.0.0.1:$PORT_ALERTMANAGER
SCRAPE_INTERVAL=$SCRAPE_INTERVAL
DASHBOARDS=$2
EOF
}

# The row of the process table, when there is a way to run it.
each_grafana_process() {
    local fn=$1 engine server url=http://127.0.0.1:$PORT_GRAFANA/api/health
    case $GRAFANA_WAY in
    server)
        server=$(command -v grafana-server || echo "$(command -v grafana) server")
        "$fn" grafana 60 "$url" TERM \
            "/usr/bin/env $(grafana_environment "$ROOT/grafana" "$RUN/etc/dashboards" | tr '\n' ' ') GF_PATHS_DATA=$RUN/data/grafana GF_PATHS_LOGS=$RUN/log $server --homepath $(grafana_home)"
        ;;
    container)
        engine=$(container_engine)
        "$fn" grafana 60 "$url" TERM \
            "$engine run --rm --name bandit-grafana --network host -v $ROOT/grafana:/bandit:ro -v $RUN/etc/dashboards:/dashboards:ro $(grafana_environment /bandit /dashboards | sed 's/^/-e /' | tr '\n' ' ') $GRAFANA_IMAGE"
        ;;
    esac
}

# Asking the engines takes seconds, so only `up` does. The variable decides where it is set.
GRAFANA_WAY=${GRAFANA_WAY:-}
find_grafana() { GRAFANA_WAY=${GRAFANA_WAY:-$(grafana_way)}; }
