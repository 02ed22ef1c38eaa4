# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Configuration files from their templates: @NAME@ becomes the variable of that name.

# A template as it is; services/compose/setup.sh puts other addresses in.
template_text() {
    cat "$1"
}

# render TEMPLATE FILE
render() {
    local text name
    text=$(template_text "$1")
    while [[ $text =~ @([A-Z][A-Z0-9_]*)@ ]]; do
        name=${BASH_REMATCH[1]}
        [ -n "${!name+set}" ] || die "$1: nothing is known for @$name@"
        text=${text//"@$name@"/"${!name}"}
    done
    printf '%s\n' "$text" >"$2.new"
    mv "$2.new" "$2"
}

supervisor_program() {
    local name=$1 priority=$2 signal=$4 command=$5
    cat <<EOF

[program:$name]
command=$command
priority=$priority
autorestart=true
startsecs=1
startretries=1000000
stopsignal=$signal
stopwaitsecs=10
redirect_stderr=true
stdout_logfile=$RUN/log/$name.log
stdout_logfile_maxbytes=5MB
stdout_logfile_backups=1
EOF
}

supervisor_config() {
    cat <<EOF
; Written by manage.sh from services/local/sh/processes.sh.
[supervisord]
directory=$RUN
logfile=$RUN/log/supervisord.log
pidfile=$RUN/supervisord.pid
childlogdir=$RUN/log
silent=true
user=$(id -un)

[unix_http_server]
file=$RUN/supervisor.sock
chmod=0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface

[supervisorctl]
serverurl=unix://$RUN/supervisor.sock
EOF
    each_process supervisor_program
}

# The alerts, with links that open here: the source names the default ports.
render_alerts() {
    local host=http://127.0.0.1 file text
    mkdir -p "$ALERTS"
    rm -f "$ALERTS"/*.yml
    for file in "$ROOT"/prometheus/alerts/*.yml; do
        text=$(<"$file")
        text=${text//http:\/\/localhost:9099\//"$host:$PORT_NOTIFICATIONS/"}
        text=${text//http:\/\/localhost:3000\//"$host:$PORT_GRAFANA/"}
        printf '%s\n' "$text" >"$ALERTS/${file##*/}"
    done
}

# The dashboards, which are loaded again as often as data comes here; their runbooks open here.
render_dashboards() {
    local file text
    mkdir -p "$RUN/etc/dashboards"
    rm -f "$RUN/etc/dashboards"/*.json
    for file in "$ROOT"/grafana/dashboards/*.json; do
        text=$(<"$file")
        text=${text/'"refresh": "30s"'/'"refresh": "'"$REFRESH"'"'}
        text=${text//http:\/\/localhost:9099\//"http://127.0.0.1:$PORT_NOTIFICATIONS/"}
        printf '%s\n' "$text" >"$RUN/etc/dashboards/${file##*/}"
    done
}

# What the processes read under $RUN/etc.
render_configuration() {
    local ALERTS=$RUN/etc/alerts
    mkdir -p "$RUN/etc"
    echo "$PROFILE" >"$RUN/etc/profile"
    render "$LOCAL/haproxy.cfg" "$RUN/etc/haproxy.cfg"
    render_alerts
    render_dashboards
    render "$ROOT/prometheus/prometheus.yml" "$RUN/etc/prometheus.yml"
    render "$ROOT/prometheus/alertmanager.yml" "$RUN/etc/alertmanager.yml"
}

render_routes() {
    local template name
    mkdir -p "$RUN/routes"
    for template in "$LOCAL"/routes/*.yaml; do
        name=${template##*/}
        render "$template" "$RUN/etc/$name"
        # What a person changed under run/routes stays, until the template itself changes.
        if ! cmp -s "$RUN/etc/$name" "$RUN/etc/$name.installed"; then
            cp "$RUN/etc/$name" "$RUN/routes/.new" && mv "$RUN/routes/.new" "$RUN/routes/$name"
            cp "$RUN/etc/$name" "$RUN/etc/$name.installed"
        fi
    done
}

render_all() {
    # A UNIX socket's path has at most 107 bytes, and blanks would need quoting everywhere.
    [ ${#RUN} -le 88 ] || die "$RUN is too long for the sockets in it; set BANDIT_RUN_DIR to a shorter folder"
    [[ $ROOT$RUN =~ ^[A-Za-z0-9_./+-]*$ ]] ||
        die "$ROOT: blanks and special characters in the path are not supported; clone into another folder"
    mkdir -p "$RUN/log" "$RUN/data" "$RUN/haproxy.d" "$RUN/rules" "$RUN/targets"
    render_configuration
    render_routes
    supervisor_config >"$RUN/etc/supervisord.conf.new"
    mv "$RUN/etc/supervisord.conf.new" "$RUN/etc/supervisord.conf"
    if [ ! -s "$RUN/secret" ]; then
        (umask 077 && head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$RUN/secret")
    fi
    touch "$RUN/notifications.log"
}
