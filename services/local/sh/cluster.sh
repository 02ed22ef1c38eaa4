# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# The same verbs for a Kubernetes cluster, by kubectl. docs/deploy.md has the whole story.

CLUSTER_KINDS='kind aks eks gke istio'

# name | namespace | object | port: what can be looked at, restarted, and forwarded to.
CLUSTER_PARTS='
operator bandit-system deployment/bandit-operator 9871
exporter bandit-system deployment/bandit-exporter 9870
logistic-regression bandit-demo deployment/logistic-regression 8080
svm bandit-demo deployment/svm 8080
random-forest bandit-demo deployment/random-forest 8080
traffic-generator bandit-demo deployment/traffic-generator 9872
prometheus bandit-monitoring statefulset/prometheus 9090
alertmanager bandit-monitoring statefulset/alertmanager 9093
grafana bandit-monitoring deployment/grafana 3000
'

cluster_help() {
    cat <<'EOF'
Bandit Router on a Kubernetes cluster, by kubectl.

Usage: ./manage.sh cluster ACTION [ARGUMENTS] [--context NAME] [--dry-run]

  deploy --overlay kind|aks|eks|gke|istio [--registry R] [--with-route]
                    install or upgrade product and demonstration, and wait until they are
                    ready. A route whose weights the operator sets is left alone when it is
                    there; --with-route applies it again, and the operator repairs it.
  delete --overlay NAME [--everybodys-routes]
                    take all of it away, routes first, so that their onDelete is honoured
  status            routes, pods, autoscalers, once
  watch             the routes, as they change
  logs PART         follow the logs of operator, exporter, an arm, ...
  restart PART      replace its pods, one by one
  scale ARM N       let the autoscaler of an arm have between N and 10 replicas
  metrics [REGEX]   the exporter's lines that match
  port-forward PART [PORT]
                    reach a part from this machine
  dashboard         Grafana and Prometheus of the overlays that bring their own
  degrade ARM       break every pod of an arm (overlays kind and istio)
  heal ARM          mend them
  test              the whole story: decide, break an arm, see its traffic leave, mend it

What changes a cluster wants its name: --context NAME (`kubectl config get-contexts`), or
typed in when asked. --dry-run prints the commands and changes nothing.

deploy, scale, port-forward, delete and test-cluster are also verbs of their own; status,
watch, logs, restart, metrics, degrade and heal mean the cluster when --context is given.
EOF
}

# ---- who, where, and whether at all ----------------------------------------------------

kube() { kubectl --context "$CONTEXT" "$@"; }

# change COMMAND...: says it with --dry-run, does it without.
change() {
    if [ -n "$DRY_RUN" ]; then
        printf '    kubectl --context %q' "$CONTEXT"
        printf ' %q' "$@"
        printf '\n'
    else
        kube "$@"
    fi
}

need_kubectl() {
    command -v kubectl >/dev/null ||
        die "there is no kubectl here; https://kubernetes.io/docs/tasks/tools has it"
}

# Sets CONTEXT; it is looked up in the kubeconfig, so that a slip is told as such.
choose_context() {
    local known
    need_kubectl
    [ -n "$CONTEXT" ] || CONTEXT=$(kubectl config current-context 2>/dev/null) ||
        die "no context is set; say --context NAME (kubectl config get-contexts lists them)"
    known=$(kubectl config get-contexts -o name)
    grep -qxF -- "$CONTEXT" <<<"$known" || die "the kubeconfig has no context \"$CONTEXT\"; there are: ${known//$'\n'/ }"
}

# The same, for what changes something: the name has to come from a person.
choose_context_to_change() {
    local given=$CONTEXT typed
    choose_context
    if [ -z "$given" ] && [ -z "$DRY_RUN" ]; then
        [ -t 0 ] || die "this would change the cluster of context \"$CONTEXT\"; if that is right, say --context $CONTEXT"
        printf 'This changes the cluster of context %s. Type its name to go on: ' "$BOLD$CONTEXT$PLAIN"
        read -r typed
        [ "$typed" = "$CONTEXT" ] || die "that was not its name; nothing was changed"
    fi
    step "Cluster: context $CONTEXT${DRY_RUN:+ (dry run: nothing is changed)}"
}

# part NAME: sets NAMESPACE, OBJECT and PORT.
part() {
    local name
    while read -r name NAMESPACE OBJECT PORT; do
        [ "$name" = "${1:-}" ] && return
    done <<<"$CLUSTER_PARTS"
    usage_error "there is no part \"${1:-}\"; there are: $(awk 'NF { printf "%s ", $1 }' <<<"$CLUSTER_PARTS")"
}

arm() {
    case ${1:-} in
    logistic-regression | svm | random-forest) part "$1" ;;
    *) usage_error "there is no arm \"${1:-}\"; there are: logistic-regression svm random-forest" ;;
    esac
}

# forward NAMESPACE OBJECT PORT: a tunnel from a free port of ours; sets LOCAL_PORT and
# FORWARD, the process to end.
forward() {
    local log
    log=$(mktemp)
    kubectl --context "$CONTEXT" -n "$1" port-forward "$2" ":$3" >"$log" 2>&1 &
    FORWARD=$!
    for _ in $(seq 100); do
        LOCAL_PORT=$(sed -nE 's/^Forwarding from 127\.0\.0\.1:([0-9]+) .*/\1/p' "$log" | head -n 1)
        [ -z "$LOCAL_PORT" ] || break
        kill -0 "$FORWARD" 2>/dev/null || break
        sleep 0.1
    done
    [ -n "$LOCAL_PORT" ] || {
        kill "$FORWARD" 2>/dev/null || true
        cat "$log" >&2
        rm -f "$log"
        die "there is no way to port $3 of $2 in $1"
    }
    rm -f "$log"
}

end_forward() {
    kill "$FORWARD" 2>/dev/null || true
    wait "$FORWARD" 2>/dev/null || true
}

# ---- look ------------------------------------------------------------------------------

cluster_status() {
    [ -n "$CONTEXT" ] || choose_context
    step "Routes"
    kube get banditroutes --all-namespaces
    step "Pods"
    kube get pods --all-namespaces -l app.kubernetes.io/part-of=bandit-router
    step "Autoscalers"
    kube -n bandit-demo get hpa
}

cluster_watch() {
    choose_context
    kube get banditroutes --all-namespaces --watch
}

cluster_logs() {
    part "${1:-}"
    choose_context
    local label=app.kubernetes.io/name=${OBJECT#*/}
    [ "$NAMESPACE" != bandit-demo ] || [ "$1" = traffic-generator ] || label=bandit-router.dev/arm=$1
    kube -n "$NAMESPACE" logs --selector="$label" --all-containers --prefix --tail=50 --max-log-requests=20 --follow
}

cluster_metrics() {
    local outcome=0
    choose_context
    part exporter
    forward "$NAMESPACE" "$OBJECT" "$PORT"
    curl -fsS --max-time 10 "http://127.0.0.1:$LOCAL_PORT/metrics" | grep -E -- "${1:-^[^#]}" || outcome=$?
    end_forward
    return "$outcome"
}

cluster_port_forward() {
    part "${1:-}"
    choose_context
    step "$1: http://127.0.0.1:${2:-$PORT}/ (Ctrl-C ends it)"
    kube -n "$NAMESPACE" port-forward "$OBJECT" "${2:-$PORT}:$PORT"
}

cluster_dashboard() {
    choose_context
    kube get namespace bandit-monitoring -o name >/dev/null 2>&1 ||
        die "this cluster has no monitoring of ours (overlays kind and istio do); use the Grafana that it has"
    kube -n bandit-monitoring port-forward statefulset/prometheus 9090:9090 >/dev/null &
    FORWARD=$!
    trap end_forward EXIT
    step "Grafana http://127.0.0.1:3000/, Prometheus http://127.0.0.1:9090/ (Ctrl-C ends both)"
    kube -n bandit-monitoring port-forward deployment/grafana 3000:3000
}

# ---- change ----------------------------------------------------------------------------

cluster_restart() {
    part "${1:-}"
    choose_context_to_change
    change -n "$NAMESPACE" rollout restart "$OBJECT"
    change -n "$NAMESPACE" rollout status "$OBJECT" --timeout=300s
}

# The autoscaler owns the replicas: setting them would last until its next look.
cluster_scale() {
    arm "${1:-}"
    [[ ${2:-} =~ ^[0-9]+$ && $2 -ge 1 && $2 -le 10 ]] || usage_error "scale $1 N: N from 1 to 10"
    choose_context_to_change
    change -n "$NAMESPACE" patch hpa "$1" --type=merge -p "{\"spec\":{\"minReplicas\":$2}}"
}

# fault METHOD ARM CURL_ARGUMENTS...: to every pod of the arm.
fault() {
    local method=$1 name=$2 pod
    shift 2
    for pod in $(kube -n "$NAMESPACE" get pods -l "bandit-router.dev/arm=$name" --field-selector=status.phase=Running -o name); do
        if [ -n "$DRY_RUN" ]; then
            note "$method /faults to $pod"
            continue
        fi
        forward "$NAMESPACE" "$pod" "$PORT"
        if ! curl -fsS --max-time 5 -X "$method" "$@" "http://127.0.0.1:$LOCAL_PORT/faults" >/dev/null; then
            end_forward
            die "$pod takes no faults; overlays kind and istio let them (k8s/components/fault-injection)"
        fi
        end_forward
    done
}

cluster_degrade() {
    arm "${1:-}"
    choose_context_to_change
    fault POST "$1" -H 'Content-Type: application/json' -d '{"latency_ms": 200, "error_ratio": 0.5}'
    step "$1 now fails half of its requests and answers 200 ms late; watch it lose its traffic"
}

cluster_heal() {
    arm "${1:-}"
    choose_context_to_change
    fault DELETE "$1"
    step "$1 is healthy again; it earns its way back"
}

# ---- the way in ------------------------------------------------------------------------

verb_cluster() {
    local action=${1:-help} arguments=()
    [ $# -eq 0 ] || shift
    # shellcheck disable=SC2034 # cluster_deploy.sh uses them, too
    CONTEXT='' DRY_RUN='' OVERLAY='' REGISTRY='' WITH_ROUTE='' EVERYBODYS=''
    # shellcheck disable=SC2034
    while [ $# -gt 0 ]; do
        case $1 in
        --context) CONTEXT=${2:?--context needs a name}; shift ;;
        --context=*) CONTEXT=${1#*=} ;;
        --overlay) OVERLAY=${2:?--overlay needs one of: $CLUSTER_KINDS}; shift ;;
        --overlay=*) OVERLAY=${1#*=} ;;
        --registry) REGISTRY=${2:?--registry needs a name such as registry.example.com/team}; shift ;;
        --registry=*) REGISTRY=${1#*=} ;;
        --dry-run) DRY_RUN=yes ;;
        --with-route) WITH_ROUTE=yes ;;
        --everybodys-routes) EVERYBODYS=yes ;;
        --help | -h) action=help ;;
        -*) usage_error "cluster $action: unknown flag $1; see ./manage.sh cluster help" ;;
        *) arguments+=("$1") ;;
        esac
        shift
    done
    case $action in
    help | --help | -h) cluster_help ;;
    up) cluster_deploy ;;
    down) cluster_delete ;;
    deploy | delete | status | watch | logs | restart | scale | metrics | port-forward | dashboard | degrade | heal | test)
        "cluster_${action//-/_}" "${arguments[@]}"
        ;;
    *) usage_error "cluster: unknown action \"$action\"; see ./manage.sh cluster help" ;;
    esac
}
