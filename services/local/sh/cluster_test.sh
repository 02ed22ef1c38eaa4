# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What the story of test-cluster asks of the demonstration's route, and how it waits.

DEMO=bandit-demo

# route_field JSONPATH: of the BanditRoute.
route_field() { kube -n "$DEMO" get banditroute digits -o "jsonpath=$1"; }

# percent of a ratio on standard input; nothing while it is unknown.
percent() { awk 'NF { printf "%d\n", $1 * 100 + 0.5 }'; }

# near ONE OTHER POINTS: both are known, and not further apart.
near() { [ -n "$1" ] && [ -n "$2" ] && [ $(($1 > $2 ? $1 - $2 : $2 - $1)) -le "$3" ]; }

# weight_in_status desired|applied ARM
weight_in_status() { route_field "{.status.arms[?(@.name==\"$2\")].weight.$1}" | percent; }

# Sets TARGET, what the operator sets weights in, such as httproute/digits. It is asked once:
# when the route is deleted, nothing says it any more.
find_target() {
    TARGET=$(route_field '{.spec.targetRef.kind}/{.spec.targetRef.name}' | tr '[:upper:]' '[:lower:]')
    [ -z "$DRY_RUN" ] || [ -n "$TARGET" ] || TARGET=httproute/digits # nothing may run there yet
    [[ $TARGET =~ ^(httproute|virtualservice)/. ]] ||
        die "the story is of an HTTPRoute or a VirtualService; there is no route digits in $DEMO that has one (./manage.sh deploy)"
}

# "ARM WEIGHT" of each backend, as the data plane has them.
weights() {
    case $TARGET in
    httproute/*) kube -n "$DEMO" get "$TARGET" -o 'jsonpath={range .spec.rules[0].backendRefs[*]}{.name} {.weight}{"\n"}{end}' ;;
    *) kube -n "$DEMO" get "$TARGET" -o 'jsonpath={range .spec.http[0].route[*]}{.destination.host} {.weight}{"\n"}{end}' ;;
    esac
}
share_of() { weights | awk -v arm="$1" '{ sum += $2 } $1 == arm { mine = $2 } END { if (sum) print mine / sum }' | percent; }

# What of the data plane's object is the user's: nothing of it may ever change.
users_part() {
    case $TARGET in
    httproute/*) kube -n "$DEMO" get "$TARGET" -o 'jsonpath={.metadata.labels}{.spec.parentRefs}{.spec.hostnames}{.spec.rules[*].matches}{.spec.rules[*].filters}{.spec.rules[*].timeouts}{.spec.rules[*].backendRefs[*].name}{.spec.rules[*].backendRefs[*].port}' ;;
    *) kube -n "$DEMO" get "$TARGET" -o 'jsonpath={.metadata.labels}{.spec.gateways}{.spec.hosts}{.spec.http[*].match}{.spec.http[*].retries}{.spec.http[*].timeout}{.spec.http[*].route[*].destination}' ;;
    esac
}

# "NAMESPACE SERVICE PORT" of the Prometheus that the operator asks; 1 when it is no Service.
prometheus_address() {
    local map url
    map=$(kube -n bandit-system get deployment bandit-operator -o 'jsonpath={.spec.template.spec.containers[0].envFrom[0].configMapRef.name}')
    url=$(kube -n bandit-system get configmap "$map" -o 'jsonpath={.data.PROMETHEUS_URL}')
    [[ $url =~ ^http://([a-z0-9-]+)\.([a-z0-9-]+)(\.svc[a-z.]*)?:([0-9]+) ]] || return 1
    echo "${BASH_REMATCH[2]} ${BASH_REMATCH[1]} ${BASH_REMATCH[4]}"
}

# observed_share NAMESPACE SERVICE PORT ARM: percent of the requests that reached it.
observed_share() {
    through "$1" "service/$2" "$3" /api/v1/query --get \
        --data-urlencode "query=sum(bandit:arm_traffic_share:ratio_rate1m{namespace=\"$DEMO\",route=\"digits\",arm=\"$4\"})" |
        sed -nE 's/.*"value": *\[[0-9.e+]+, *"([0-9.e+-]+)"\].*/\1/p' | percent
}

# until_true SECONDS WHAT COMMAND...
until_true() {
    local seconds=${BANDIT_TEST_LIMIT:-$1} what=$2 began=$SECONDS
    shift 2
    if [ -n "$DRY_RUN" ]; then
        note "wait for up to $seconds s: $what"
        return
    fi
    until "$@"; do
        [ $((SECONDS - began)) -lt "$seconds" ] || {
            kube -n "$DEMO" get banditroute digits -o yaml >&2 || true
            die "not within $seconds s: $what"
        }
        sleep "${BANDIT_TEST_PAUSE:-5}"
    done
    note "after $((SECONDS - began)) s: $what"
}
