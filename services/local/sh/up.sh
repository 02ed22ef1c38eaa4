# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Start, stop and look at the loop on this machine.

port_is_taken() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# Every port is free, or belongs to what already runs under our supervisor.
check_ports() {
    local name port taken=
    while read -r name _; do
        [ -n "$name" ] || continue
        [ "$name" = PORT_GRAFANA ] && [ "$GRAFANA_WAY" = none ] && continue
        port=${!name}
        if port_is_taken "$port"; then
            printf '%serror:%s port %s is taken; free it, or move ours: BANDIT_%s=%s ./manage.sh up\n' \
                "$RED" "$PLAIN" "$port" "$name" "$((port + 10000))" >&2
            taken=yes
        fi
    done <<<"$PORT_TABLE"
    [ -z "$taken" ] || exit 1
}

wait_ready() {
    local name=$1 url=$3 deadline=$((SECONDS + 60))
    until curl -fsS -o /dev/null --max-time 2 "$url" 2>/dev/null; do
        if [ $SECONDS -ge $deadline ]; then
            tail -n 15 "$RUN/log/$name.log" >&2 || true
            die "$name is not ready after 60 s ($url); its log is $RUN/log/$name.log"
        fi
        sleep 0.1
    done
}

start_processes() {
    if is_up; then
        supervisor update >/dev/null
        # programs that were built anew run anew; a process whose binary is unchanged goes on
        restart_rebuilt
        return
    fi
    check_ports
    rm -f "$RUN/supervisor.sock" "$RUN/supervisord.pid"
    /usr/bin/supervisord -c "$RUN/etc/supervisord.conf"
}

restart_rebuilt() {
    local name pid exe
    while read -r name pid; do
        exe=$(readlink "/proc/$pid/exe" 2>/dev/null || true)
        [[ $exe == *" (deleted)" ]] && supervisor restart "$name" >/dev/null
    done < <(supervisor status | sed -nE 's/^([^ ]+) +RUNNING +pid ([0-9]+),.*/\1 \2/p')
    return 0
}

print_urls() {
    local host=http://127.0.0.1
    step "The loop is up (profile $PROFILE)"
    printf '    %-22s %s\n' \
        "Routes at a glance" "$host:$PORT_EXPORTER/" \
        "Prometheus" "$host:$PORT_PROMETHEUS/" \
        "Alertmanager" "$host:$PORT_ALERTMANAGER/" \
        "Notifications" "$host:$PORT_NOTIFICATIONS/" \
        "Gateway (POST)" "$host:$PORT_GATEWAY/predict" \
        "HAProxy" "$host:$PORT_HAPROXY_METRICS/" \
        "Operator" "$host:$PORT_OPERATOR/"
    if [ "$GRAFANA_WAY" = none ]; then
        grafana_hint
    else
        printf '    %-22s %s\n' Grafana "$host:$PORT_GRAFANA/"
    fi
}

watch_loop() {
    PORT_EXPORTER=$PORT_EXPORTER PORT_PROMETHEUS=$PORT_PROMETHEUS RUN=$RUN \
        /usr/bin/python3 "$LOCAL/watch.py" "$@"
}

verb_up() {
    local duration='' detach=''
    while [ $# -gt 0 ]; do
        case $1 in
        --for) duration=${2:?--for needs a duration such as 120s}; shift ;;
        --for=*) duration=${1#*=} ;;
        --profile) PROFILE=${2:?--profile needs demo or production}; shift ;;
        --profile=*) PROFILE=${1#*=} ;;
        --detach) detach=yes ;;
        *) usage_error "up: unknown argument \"$1\"; see ./manage.sh help" ;;
        esac
        shift
    done
    [[ $duration =~ ^([0-9]+[smh]?)?$ ]] || usage_error "--for $duration: not a duration such as 120s or 5m"
    PROFILE=${PROFILE:-demo}
    load_profile
    find_grafana
    install_packages build run
    build_programs
    train_models
    render_all
    step "Starting"
    [ -n "$detach" ] || trap 'trap "" INT TERM; stop_all; exit 130' INT TERM
    start_processes
    each_process wait_ready
    print_urls
    [ -z "$detach" ] || return 0
    local outcome=0
    if [ -n "$duration" ]; then
        watch_loop --for "$duration" || outcome=$?
    else
        note "Ctrl-C stops everything; ./manage.sh up --detach leaves it running."
        watch_loop || outcome=$?
    fi
    stop_all
    [ "$outcome" = 130 ] || return "$outcome"
}

stop_all() {
    local pid
    is_up || return 0
    pid=$(cat "$RUN/supervisord.pid")
    step "Stopping"
    supervisor shutdown >/dev/null 2>&1 || kill "$pid" 2>/dev/null || true
    for _ in $(seq 300); do
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.1
    done
    kill -0 "$pid" 2>/dev/null && die "the supervisor (pid $pid) does not stop; see $RUN/log/supervisord.log"
    rm -f "$RUN/supervisor.sock" "$RUN/haproxy.sock"
    note "stopped; state and logs stay in $RUN"
}

verb_down() {
    no_more_than 0 down "$@"
    if is_up; then
        stop_all
    else
        note "nothing is running"
    fi
}

verb_status() {
    no_more_than 0 status "$@"
    load_profile
    if ! is_up; then
        note "nothing is running"
        return 3
    fi
    supervisor status || true
    watch_loop --once
}

verb_logs() {
    no_more_than 1 "logs [NAME]" "$@"
    if [ $# -gt 0 ]; then
        [ -f "$RUN/log/$1.log" ] || die "no log \"$1\"; there are: $(cd "$RUN/log" && echo *.log | sed 's/\.log//g')"
        exec tail -n "${LINES_BACK:-100}" -F "$RUN/log/$1.log"
    fi
    exec tail -n 5 -F "$RUN"/log/*.log
}

verb_restart() {
    need_up
    [ $# = 1 ] || usage_error "restart NAME: all, or one of $(supervisor status | awk '{print $1}' | tr '\n' ' ')"
    supervisor restart "$1"
}

verb_watch() {
    need_up
    watch_loop "$@"
}

# What each process publishes: how many families and series, and where.
verb_metrics() {
    local host=http://127.0.0.1
    no_more_than 1 "metrics [REGEX]" "$@"
    need_up
    load_profile
    if [ $# -gt 0 ]; then
        curl -fsS "http://127.0.0.1:$PORT_EXPORTER/metrics" | grep -E -- "$1" || die "no metric matches $1"
        return
    fi
    show() {
        printf '%-22s %4d families %6d series   %s\n' "$1" \
            "$(curl -fsS "$2" | grep -c '^# TYPE')" "$(curl -fsS "$2" | grep -vc '^#')" "$2"
    }
    show bandit-exporter "$host:$PORT_EXPORTER/metrics"
    show bandit-operator "$host:$PORT_OPERATOR/metrics"
    show logistic-regression "$host:$PORT_LOGISTIC_REGRESSION/metrics"
    show svm "$host:$PORT_SVM/metrics"
    show random-forest "$host:$PORT_RANDOM_FOREST/metrics"
    show traffic-generator "$host:$PORT_TRAFFIC/metrics"
    show haproxy "$host:$PORT_HAPROXY_METRICS/metrics"
}

arm_port() {
    local port=PORT_${1^^}
    port=${port//-/_}
    case $1 in
    logistic-regression | svm | random-forest) echo "${!port}" ;;
    *) usage_error "no arm \"$1\"; there are: logistic-regression svm random-forest" ;;
    esac
}

verb_degrade() {
    local port
    need_up
    [ $# = 1 ] || usage_error "degrade ARM: one of logistic-regression svm random-forest"
    port=$(arm_port "$1")
    curl -fsS -X POST -H 'Content-Type: application/json' \
        -d '{"latency_ms": 200, "error_ratio": 0.5}' "http://127.0.0.1:$port/faults" >/dev/null ||
        die "$1 did not take the fault; is it up? ./manage.sh status"
    step "$1 now answers 200 ms late, and half of the time with an error; watch it lose its traffic"
}

verb_heal() {
    local port
    need_up
    [ $# = 1 ] || usage_error "heal ARM: one of logistic-regression svm random-forest"
    port=$(arm_port "$1")
    curl -fsS -X DELETE "http://127.0.0.1:$port/faults" >/dev/null ||
        die "$1 did not answer; is it up? ./manage.sh status"
    step "$1 is healthy again; it earns its way back"
}
