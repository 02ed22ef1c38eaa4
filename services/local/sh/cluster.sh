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
  metrics [REGEX]   the lines of the exporter, or of all its shards, that match
  port-forward PART [PORT]
                    reach a part from this machine
  dashboard         Grafana and Prometheus of the overlays that bring their own
  degrade ARM       break every pod of an arm (overlays kind and istio)
  heal ARM          mend them
  test              the whole story: decide, repair, fail over, break an arm, mend it, delete

What changes a cluster wants its name: --context NAME (`kubectl config get-contexts`), or
typed in when asked. --dry-run prints the commands of any action and runs none of them.

deploy, scale, port-forward, delete and test-cluster are also verbs of their own; status,
watch, logs, restart, metrics, degrade, heal and test mean the cluster when --context is given.
EOF
}

# ---- who, where, and whether at all ----------------------------------------------------

# Asks, in a dry run too: what has to be known to say what would be done.
kube() { kubectl --context "$CONTEXT" "$@"; }

# act COMMAND...: says it with --dry-run, does it without.
act() {
    if [ -n "$DRY_RUN" ]; then
        echo "    $(command_line kubectl --context "$CONTEXT" "$@")"
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

# A pipeline names the cluster of test-cluster by a kubeconfig of its own: one file, and not
# the one in which a person keeps all clusters. Nothing else that changes one is content with it.
named_by_kubeconfig() {
    [ "$ACTION" = test ] && [ -n "${KUBECONFIG:-}" ] && [[ $KUBECONFIG != *:* ]] &&
        [ ! "$KUBECONFIG" -ef "${HOME:-}/.kube/config" ]
}

# For what changes something: the name has to come from whoever runs it.
choose_context_to_change() {
    local given=$CONTEXT typed
    choose_context
    if [ -z "$given" ] && [ -z "$DRY_RUN" ]; then
        if [ -t 0 ]; then
            printf 'This changes the cluster of context %s. Type its name to go on: ' "$BOLD$CONTEXT$PLAIN"
            read -r typed
            [ "$typed" = "$CONTEXT" ] || die "that was not its name; nothing was changed"
        elif ! named_by_kubeconfig; then
            die "this would change the cluster of context \"$CONTEXT\"; if that is right, say --context $CONTEXT"
        fi
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

# The exporter is a StatefulSet where it is sharded (components/exporter-shards).
find_object() {
    [ "$OBJECT" = deployment/bandit-exporter ] || return 0
    if kube -n "$NAMESPACE" get statefulset bandit-exporter -o name >/dev/null 2>&1; then
        OBJECT=statefulset/bandit-exporter
    fi
}

arm() {
    case ${1:-} in
    logistic-regression | svm | random-forest) part "$1" ;;
    *) usage_error "there is no arm \"${1:-}\"; there are: logistic-regression svm random-forest" ;;
    esac
}

# The running pods of a label, as pod/NAME.
pods_of() { kube -n "$1" get pods -l "$2" --field-selector=status.phase=Running -o name; }

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

# through NAMESPACE OBJECT PORT PATH CURL_ARGUMENTS...: one request by a tunnel.
through() {
    local outcome=0 path=$4
    if [ -n "$DRY_RUN" ]; then
        act -n "$1" port-forward "$2" ":$3"
        echo "    $(command_line curl "${@:5}" "http://127.0.0.1:PORT$path")"
        return
    fi
    forward "$1" "$2" "$3"
    curl -fsS --max-time 10 "${@:5}" "http://127.0.0.1:$LOCAL_PORT$path" || outcome=$?
    end_forward
    return "$outcome"
}

# ---- change ----------------------------------------------------------------------------

cluster_restart() {
    part "${1:-}"
    no_more_than 1 "cluster restart PART" "$@"
    choose_context_to_change
    find_object
    act -n "$NAMESPACE" rollout restart "$OBJECT"
    act -n "$NAMESPACE" rollout status "$OBJECT" --timeout=300s
}

# The autoscaler owns the replicas: setting them would last until its next look. The
# annotation tells `deploy` that this bound is meant.
cluster_scale() {
    arm "${1:-}"
    no_more_than 2 "scale ARM N" "$@"
    [[ ${2:-} =~ ^[0-9]+$ && $2 -ge 1 && $2 -le 10 ]] || usage_error "scale $1 N: N from 1 to 10"
    choose_context_to_change
    act -n "$NAMESPACE" patch hpa "$1" --type=merge --field-manager=manage.sh \
        -p "{\"metadata\":{\"annotations\":{\"bandit-router.dev/scaled\":\"$2\"}},\"spec\":{\"minReplicas\":$2}}"
}

# fault METHOD ARM CURL_ARGUMENTS...: to every pod of the arm.
fault() {
    local method=$1 name=$2 pod
    shift 2
    for pod in $(pods_of "$NAMESPACE" "bandit-router.dev/arm=$name"); do
        if [ -n "$DRY_RUN" ]; then
            through "$NAMESPACE" "$pod" "$PORT" /faults -X "$method" "$@"
        else
            through "$NAMESPACE" "$pod" "$PORT" /faults -X "$method" "$@" >/dev/null ||
                die "$pod takes no faults; overlays kind and istio let them (k8s/components/fault-injection)"
        fi
    done
}

degrade_arm() {
    arm "$1"
    fault POST "$1" -H 'Content-Type: application/json' -d '{"latency_ms": 200, "error_ratio": 0.5}'
}

heal_arm() {
    arm "$1"
    fault DELETE "$1"
}

cluster_degrade() {
    arm "${1:-}"
    no_more_than 1 "degrade ARM" "$@"
    choose_context_to_change
    degrade_arm "$1"
    [ -n "$DRY_RUN" ] || step "$1 now answers 200 ms late, and half of the time with an error; watch it lose its traffic"
}

cluster_heal() {
    arm "${1:-}"
    no_more_than 1 "heal ARM" "$@"
    choose_context_to_change
    heal_arm "$1"
    [ -n "$DRY_RUN" ] || step "$1 is healthy again; it earns its way back"
}

# ---- the way in ------------------------------------------------------------------------

verb_cluster() {
    local arguments=()
    ACTION=${1:-help}
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
        --)
            arguments+=("${@:2}")
            break
            ;;
        -*) usage_error "cluster $ACTION: unknown flag $1; see ./manage.sh cluster help" ;;
        *) arguments+=("$1") ;;
        esac
        shift
    done
    case $ACTION in
    help | --help | -h) cluster_help ;;
    deploy | delete | status | watch | logs | restart | scale | metrics | port-forward | dashboard | degrade | heal | test)
        "cluster_${ACTION//-/_}" "${arguments[@]}"
        ;;
    *) usage_error "cluster: unknown action \"$ACTION\"; see ./manage.sh cluster help" ;;
    esac
}
