# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What changes nothing on a cluster: states, logs, metrics, tunnels.

cluster_status() {
    no_more_than 0 status "$@"
    [ -n "$CONTEXT" ] || choose_context
    step "Routes"
    act get banditroutes --all-namespaces
    step "Pods"
    act get pods --all-namespaces -l app.kubernetes.io/part-of=bandit-router
    step "Autoscalers"
    act -n bandit-demo get hpa
}

cluster_watch() {
    no_more_than 0 watch "$@"
    choose_context
    act get banditroutes --all-namespaces --watch
}

# Of each pod the container that its default-container annotation names: no sidecar's.
cluster_logs() {
    part "${1:-}"
    no_more_than 1 "logs PART" "$@"
    choose_context
    local label=app.kubernetes.io/name=${OBJECT#*/}
    [ "$NAMESPACE" != bandit-demo ] || [ "$1" = traffic-generator ] || label=bandit-router.dev/arm=$1
    act -n "$NAMESPACE" logs --selector="$label" --prefix --tail=50 --max-log-requests=50 --follow
}

# Of a sharded exporter every pod has a part of the routes.
cluster_metrics() {
    local pod found=''
    part exporter
    no_more_than 1 "metrics [REGEX]" "$@"
    choose_context
    for pod in $(pods_of "$NAMESPACE" app.kubernetes.io/name=bandit-exporter); do
        if [ -n "$DRY_RUN" ]; then
            through "$NAMESPACE" "$pod" "$PORT" /metrics
            found=yes
        elif through "$NAMESPACE" "$pod" "$PORT" /metrics | grep -E -- "${1:-^[^#]}"; then
            found=yes
        fi
    done
    [ -n "$found" ] || die "no exporter, or no metric of it, matches ${1:-}"
}

cluster_port_forward() {
    part "${1:-}"
    no_more_than 2 "port-forward PART [PORT]" "$@"
    [[ ${2:-1} =~ ^[1-9][0-9]*$ ]] || usage_error "port-forward $1 $2: PORT is a number"
    choose_context
    find_object
    step "$1: http://127.0.0.1:${2:-$PORT}/ (Ctrl-C ends it)"
    act -n "$NAMESPACE" port-forward "$OBJECT" "${2:-$PORT}:$PORT"
}

cluster_dashboard() {
    no_more_than 0 "cluster dashboard" "$@"
    choose_context
    if [ -z "$DRY_RUN" ]; then
        kube get namespace bandit-monitoring -o name >/dev/null 2>&1 ||
            die "this cluster has no monitoring of ours (overlays kind and istio do); use the Grafana that it has"
        kube -n bandit-monitoring port-forward statefulset/prometheus 9090:9090 >/dev/null &
        # shellcheck disable=SC2034 # end_forward ends it
        FORWARD=$!
        trap end_forward EXIT
    else
        act -n bandit-monitoring port-forward statefulset/prometheus 9090:9090
    fi
    step "Grafana http://127.0.0.1:3000/, Prometheus http://127.0.0.1:9090/ (Ctrl-C ends both)"
    act -n bandit-monitoring port-forward deployment/grafana 3000:3000
}
