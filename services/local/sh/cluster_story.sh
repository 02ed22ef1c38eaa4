# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# The whole story on a cluster where the demonstration is deployed. Each step waits for what
# it promises, or ends the story with what was missing; whatever happens, what it broke or
# deleted is put back.

is_true() { [ "$(route_field "{.status.conditions[?(@.type==\"$1\")].status}")" = True ]; }
has_at_most() { local got; got=$(weight_in_status applied "$1") && [ -n "$got" ] && [ "$got" -le "$2" ]; }
has_more_than() { local got; got=$(weight_in_status applied "$1") && [ -n "$got" ] && [ "$got" -gt "$2" ]; }

find_leader() {
    LEADER=$(route_field '{.status.leader}')
    [ -z "$DRY_RUN" ] || LEADER=${LEADER:-svm} # nothing may run there yet
    [ -n "$LEADER" ] || die "the route is ready and has no leader"
}

story_decides() {
    step "Decisions"
    until_true 300 "the route is ready" is_true Ready
    until_true 300 "the data plane obeys" is_true RouteProgrammed
    find_leader
    until_true 900 "$LEADER leads with more than half of the traffic" has_more_than "$LEADER" 50
}

# The share of the requests follows what is applied; a rate over a minute, hence ten points.
follows() {
    local name
    for name in logistic-regression svm random-forest; do
        near "$(observed_share "$@" "$name")" "$(weight_in_status applied "$name")" 10 || return 1
    done
}

story_observes() {
    local address
    step "Requests follow"
    if ! address=$(prometheus_address); then
        LEFT_OUT="the observed share, for the operator's Prometheus is no Service of this cluster"
        note "left out: $LEFT_OUT"
        return
    fi
    # shellcheck disable=SC2086 # three words
    until_true 600 "the shares that Prometheus observed are those that were applied" follows $address
}

# is_repaired ARM WRONG
is_repaired() {
    [ "$(weights | awk -v arm="$1" '$1 == arm { print $2 }')" != "$2" ] &&
        near "$(share_of "$1")" "$(weight_in_status desired "$1")" 2
}

# One is below the least weight that the demonstration gives an arm, so nobody decides it.
story_repairs() {
    local index path=/spec/rules/0/backendRefs
    step "A weight is changed by hand"
    [[ $TARGET == httproute/* ]] || path=/spec/http/0/route
    index=$(weights | awk -v arm="$LEADER" '$1 == arm { print NR - 1 }')
    act -n "$DEMO" patch "$TARGET" --type=json \
        -p "[{\"op\": \"add\", \"path\": \"$path/${index:-0}/weight\", \"value\": 1}]"
    until_true 90 "the weight of $LEADER is the operator's again" is_repaired "$LEADER" 1
}

holder() { kube -n bandit-system get lease bandit-operator -o 'jsonpath={.spec.holderIdentity}'; }
other_holder() { local now; now=$(holder) && [ -n "$now" ] && [ "$now" != "$1" ]; }
decided_more() { [ "$(route_field '{.status.decisions}')" -gt "$1" ]; }

story_fails_over() {
    local old decisions
    step "The leading operator goes"
    old=$(holder)
    [ -n "$old$DRY_RUN" ] || die "no operator holds the lease"
    decisions=$(route_field '{.status.decisions}')
    [ -z "$DRY_RUN" ] || old=${old:-LEADER_}
    act -n bandit-system delete pod "${old%_*}" --now --wait=false # the identity is the pod's name, and a number
    until_true 120 "another operator leads" other_holder "$old"
    until_true 300 "it decides" decided_more "${decisions:-0}"
}

takes_faults() {
    kube -n "$DEMO" get deployment "$1" -o 'jsonpath={.spec.template.spec.containers[*].args}' | grep -q -- --allow-faults
}

# By faults where the pods take them; elsewhere by taking its pods away. An autoscaler leaves
# alone what has none.
break_arm() {
    if takes_faults "$1"; then
        degrade_arm "$1"
    else
        act -n "$DEMO" scale deployment "$1" --replicas=0
    fi
}

mend_arm() {
    if takes_faults "$1"; then
        heal_arm "$1"
    else
        act -n "$DEMO" scale deployment "$1" --replicas=2
    fi
}

story_breaks() {
    step "$LEADER breaks"
    BROKEN=$LEADER
    break_arm "$LEADER"
    until_true 900 "$LEADER has at most a tenth of the traffic" has_at_most "$LEADER" 10
    mend_arm "$LEADER"
    BROKEN=''
    until_true 1800 "$LEADER has some of it again" has_more_than "$LEADER" 10
}

# left_as_asked ONDELETE BASELINE LEADER SHARE
left_as_asked() {
    case $1 in
    Uniform) weights | awk '{ if (NR == 1 || $2 < low) low = $2; if (NR == 1 || $2 > high) high = $2 } END { exit high - low > 1 }' ;;
    KeepLast) near "$(share_of "$3")" "$4" 20 ;;
    *) [ "$(share_of "$2")" = 100 ] ;;
    esac
}

story_deletes() {
    local on_delete baseline share
    step "The route is deleted"
    on_delete=$(route_field '{.spec.onDelete}')
    baseline=$(route_field '{.spec.baseline}')
    [ -n "$baseline" ] || baseline=$(route_field '{.spec.arms[0].name}')
    share=$(share_of "$LEADER")
    if [ -z "$DRY_RUN" ]; then
        mkdir -p "$RUN/cluster"
        kube -n "$DEMO" get banditroute digits -o yaml |
            sed -E '/^status:/,$d; /^  (uid|resourceVersion|generation|creationTimestamp):/d' >"$RUN/cluster/saved-route.yaml"
        SAVED=$RUN/cluster/saved-route.yaml
    else
        note "the route is saved as $RUN/cluster/saved-route.yaml"
    fi
    act -n "$DEMO" delete banditroute digits --timeout=180s
    until_true 60 "its weights are those that onDelete (${on_delete:-Baseline}) asks for" left_as_asked "$on_delete" "$baseline" "$LEADER" "$share"
    act create -f "${SAVED:-$RUN/cluster/saved-route.yaml}"
    SAVED=''
    until_true 300 "a new one is ready" is_true Ready
    until_true 300 "the data plane obeys it" is_true RouteProgrammed
}

put_back() {
    [ -z "$BROKEN" ] || (mend_arm "$BROKEN") || warn "$BROKEN is still broken: ./manage.sh heal $BROKEN"
    [ -z "$SAVED" ] || kube create -f "$SAVED" || warn "the route is still deleted: kubectl create -f $SAVED"
}

cluster_test() {
    local before
    no_more_than 0 test-cluster "$@"
    choose_context_to_change
    LEADER='' BROKEN='' SAVED='' LEFT_OUT=''
    trap put_back EXIT
    find_target
    before=$(users_part) || [ -n "$DRY_RUN" ] || die "there is no $TARGET in $DEMO"
    story_decides
    story_observes
    story_repairs
    story_fails_over
    find_leader
    story_breaks
    story_deletes
    if [ -z "$DRY_RUN" ]; then
        [ "$(users_part)" = "$before" ] || die "more than weights has changed in $TARGET"
        step "The story holds${LEFT_OUT:+, but for $LEFT_OUT}"
    fi
}
