# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# The loop in containers; the services are those of services/compose/compose.yaml.

# `docker compose`, or podman-compose where podman is the engine.
compose_tool() {
    case $(images_engine) in
    docker)
        docker compose version >/dev/null 2>&1 || die "this docker has no compose plugin; see docs/images.md"
        echo docker compose
        ;;
    *)
        command -v podman-compose >/dev/null || die "there is no podman-compose; apt-get install podman-compose"
        echo podman-compose
        ;;
    esac
}

compose() {
    local tool
    read -r -a tool < <(compose_tool)
    [ ${#tool[@]} -gt 0 ] || exit 1 # compose_tool has said why
    BANDIT_VERSION=$(project_version) BANDIT_PROFILE=$PROFILE BANDIT_SCRAPE_INTERVAL=$SCRAPE_INTERVAL \
        BANDIT_TRAFFIC_RATE=$TRAFFIC_RATE "${tool[@]}" -p bandit-router -f "$ROOT/services/compose/compose.yaml" "$@"
}

compose_up() {
    local image engine services=() log=$RUN/log/compose.log
    mkdir -p "$RUN/log"
    while [ $# -gt 0 ]; do
        case $1 in
        --profile) PROFILE=${2:?--profile needs demo or production}; shift ;;
        --profile=*) PROFILE=${1#*=} ;;
        -*) usage_error "compose up: unknown flag $1; see ./manage.sh help" ;;
        *) services+=("$1") ;;
        esac
        shift
    done
    load_profile
    engine=$(images_engine)
    for image in "${IMAGES[@]}"; do
        "$engine" image inspect "$(image_name "$image")" >/dev/null 2>&1 ||
            die "there is no image $(image_name "$image"); ./manage.sh images build"
    done
    step "Starting (profile $PROFILE)"
    compose up -d "${services[@]}" >"$log" 2>&1 || { tail -n 20 "$log" >&2; die "not everything was started; see $log"; }
    compose_wait
    GRAFANA_WAY=container print_urls
    note "./manage.sh compose down stops it; compose down --volumes also forgets what it has learned."
}

# What the loop cannot do without answers, or one service is named that does not.
compose_wait() {
    local service port url deadline=$((SECONDS + 120))
    while read -r service port url; do
        [ -n "$service" ] || continue
        until curl -fsS -o /dev/null --max-time 2 "http://127.0.0.1:${!port}$url" 2>/dev/null; do
            [ $SECONDS -lt $deadline ] ||
                die "$service is not ready; look with ./manage.sh compose logs $service"
            sleep 0.5
        done
    done <<'EOF'
logistic-regression PORT_LOGISTIC_REGRESSION /ready
svm PORT_SVM /ready
random-forest PORT_RANDOM_FOREST /ready
haproxy PORT_HAPROXY_METRICS /metrics
prometheus PORT_PROMETHEUS /-/ready
operator PORT_OPERATOR /readyz
exporter PORT_EXPORTER /readyz
EOF
}

verb_compose() {
    local action=${1:-}
    [ $# -eq 0 ] || shift
    case $action in
    up) compose_up "$@" ;;
    down | ps | logs)
        load_profile
        compose "$action" "$@"
        ;;
    *) usage_error "compose: which action? there are: up down ps logs" ;;
    esac
}
