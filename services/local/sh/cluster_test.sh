# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# The whole story on a cluster where the demonstration is deployed (overlay kind or istio):
# decisions are made and obeyed, a broken arm loses its traffic, a mended one gets it back.

# field JSONPATH: of the route.
route_field() { kube -n bandit-demo get banditroute digits -o "jsonpath=$1"; }

# Percent that the data plane was last seen to give an arm; empty while unknown.
applied_weight() {
    route_field "{.status.arms[?(@.name==\"$1\")].weight.applied}" | awk 'NF { printf "%d\n", $1 * 100 }'
}

# until_true SECONDS WHAT COMMAND...
until_true() {
    local seconds=$1 what=$2 began=$SECONDS
    shift 2
    until "$@"; do
        [ $((SECONDS - began)) -lt "$seconds" ] || {
            kube -n bandit-demo get banditroute digits -o yaml >&2 || true
            die "not within $seconds s: $what"
        }
        sleep "${BANDIT_TEST_PAUSE:-5}"
    done
    note "after $((SECONDS - began)) s: $what"
}

is_ready() { [ "$(route_field '{.status.conditions[?(@.type=="Ready")].status}')" = True ]; }
is_programmed() { [ "$(route_field '{.status.conditions[?(@.type=="RouteProgrammed")].status}')" = True ]; }
has_at_most() { local got; got=$(applied_weight "$1") && [ -n "$got" ] && [ "$got" -le "$2" ]; }
has_more_than() { local got; got=$(applied_weight "$1") && [ -n "$got" ] && [ "$got" -gt "$2" ]; }

cluster_test() {
    local leader
    choose_context_to_change
    [ -z "$DRY_RUN" ] || {
        note "would break the leading arm, see its traffic leave, and mend it"
        return
    }
    step "Decisions"
    until_true 300 "the route is ready" is_ready
    until_true 300 "the data plane obeys" is_programmed
    leader=$(route_field '{.status.leader}')
    [ -n "$leader" ] || die "the route is ready and has no leader"
    until_true 900 "$leader leads with more than half of the traffic" has_more_than "$leader" 50
    cluster_degrade "$leader"
    until_true 900 "$leader has at most a tenth of the traffic" has_at_most "$leader" 10
    cluster_heal "$leader"
    until_true 1800 "$leader has some of it again" has_more_than "$leader" 10
    step "The story holds"
}
