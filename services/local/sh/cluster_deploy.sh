# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# An overlay of k8s/ onto a cluster, and off it again.

# What has to be on the cluster before an overlay: a definition, and what brings it.
overlay_wants() {
    case $1 in
    kind | aks | eks) echo "envoyproxies.gateway.envoyproxy.io Envoy Gateway" ;;
    gke) echo "healthcheckpolicies.networking.gke.io GKE's Gateway controller (--gateway-api=standard)" ;;
    istio) echo "virtualservices.networking.istio.io Istio" ;;
    esac
    case $1 in
    aks | eks | gke) echo "servicemonitors.monitoring.coreos.com kube-prometheus-stack" ;;
    esac
}

choose_overlay() {
    [[ " $CLUSTER_KINDS " == *" $OVERLAY "* && -n $OVERLAY ]] || usage_error "which overlay? --overlay, one of: $CLUSTER_KINDS"
}

check_cluster() {
    local definition bringer
    while read -r definition bringer; do
        kube get crd "$definition" -o name >/dev/null 2>&1 ||
            die "the cluster has no $definition; install $bringer first (docs/deploy.md)"
    done < <(overlay_wants "$OVERLAY")
}

# "ARM BOUND" of each autoscaler whose lower bound `scale` has set.
scaled_bounds() {
    kube -n bandit-demo get hpa \
        -o 'jsonpath={range .items[*]}{.metadata.name} {.metadata.annotations.bandit-router\.dev/scaled}{"\n"}{end}' 2>/dev/null |
        awk 'NF == 2' || true # on a first install there is nothing yet
}

# A kustomization of ours: the overlay, out of the registry that was named, with the bounds
# that were set. What is applied is then what the cluster has, and needs no repair afterwards.
write_kustomization() {
    local image name bound
    mkdir -p "$RUN/cluster"
    {
        printf 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n- %s\n' \
            "$(realpath --relative-to="$RUN/cluster" "$ROOT/k8s/overlays/$OVERLAY")"
        if [ -n "$REGISTRY" ]; then
            echo images:
            for image in "${IMAGES[@]}"; do
                printf -- '- {name: %s, newName: %s}\n' "registry.example/bandit-router/$image" "$REGISTRY/bandit-router/$image" \
                    "bandit-router/$image" "$REGISTRY/bandit-router/$image"
            done
        fi
        echo patches:
        while read -r name bound; do
            [ -n "$name" ] || continue
            printf -- '- target: {kind: HorizontalPodAutoscaler, name: %s}\n  patch: |\n    - {op: replace, path: /spec/minReplicas, value: %s}\n' "$name" "$bound"
        done < <(scaled_bounds)
    } >"$RUN/cluster/kustomization.yaml"
}

# The overlay as two files: everything, and the routes whose weights the operator sets.
render_overlay() {
    write_kustomization
    kubectl kustomize "$RUN/cluster" >"$RUN/cluster/$OVERLAY.yaml" || die "the overlay does not render"
    awk -v RS='\n---\n' -v weighed="$RUN/cluster/$OVERLAY-route.yaml" -v others="$RUN/cluster/$OVERLAY-others.yaml" '
        { print $0 "\n---" >(/\n    bandit-router.dev\/weights: operator\n/ ? weighed : others) }
    ' "$RUN/cluster/$OVERLAY.yaml"
}

# Feedback is signed with a key that nobody else knows, made once.
ensure_feedback_key() {
    if [ -z "$DRY_RUN" ] && kube -n bandit-demo get secret feedback-key -o name >/dev/null 2>&1; then
        return
    fi
    step "Making the key that signs predictions"
    act -n bandit-demo create secret generic feedback-key --from-file=key=/dev/stdin \
        < <(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n')
}

# A load balancer of the cloud's has no name inside the cluster; the traffic goes to its address.
point_traffic_at_gateway() {
    local address=''
    [ "$OVERLAY" = gke ] || return 0
    step "Waiting for the load balancer's address"
    if [ -z "$DRY_RUN" ]; then
        kube -n bandit-demo wait gateway/digits --for=condition=Programmed --timeout=600s
        address=$(kube -n bandit-demo get gateway digits -o 'jsonpath={.status.addresses[0].value}')
    fi
    act -n bandit-demo set env deployment/traffic-generator "TRAFFIC_URL=http://${address:-ADDRESS}"
}

# Clouds pull from a registry; nodes of kind have images loaded into them, and nobody publishes ours.
check_registry() {
    [ -z "$REGISTRY" ] || return 0
    if [[ $OVERLAY =~ ^(aks|eks|gke)$ ]] && grep -q 'newName: registry\.example/' "$ROOT/k8s/components/registry/kustomization.yaml"; then
        usage_error "--registry R: from where shall the cluster pull our images? (./manage.sh images push --registry R brings them there)"
    fi
    [[ ! $OVERLAY =~ ^(kind|istio)$ ]] ||
        note "our images have to be on the nodes (./manage.sh images save, kind load image-archive), or say --registry R"
}

wait_until_ready() {
    local name
    step "Waiting until everything is ready"
    while read -r name NAMESPACE OBJECT _; do
        [ -n "$name" ] || continue
        [ "$NAMESPACE" != bandit-monitoring ] || [[ $OVERLAY =~ ^(kind|istio)$ ]] || continue
        find_object
        act -n "$NAMESPACE" rollout status "$OBJECT" --timeout=300s || {
            cluster_status
            die "$OBJECT in $NAMESPACE is not ready; docs/troubleshooting.md says what the states above mean"
        }
    done <<<"$CLUSTER_PARTS"
}

cluster_deploy() {
    choose_overlay
    no_more_than 0 deploy "$@"
    choose_context_to_change
    check_cluster
    check_registry

    render_overlay
    step "Definition of BanditRoute"
    act apply --server-side --force-conflicts -k "$ROOT/k8s/base/crd"
    act wait --for=condition=Established --timeout=60s crd/banditroutes.bandit-router.dev
    step "Overlay $OVERLAY"
    note "what was changed by hand in these objects is put back; kubectl diff --server-side --force-conflicts -f $RUN/cluster/$OVERLAY-others.yaml shows it beforehand"
    act apply --server-side --force-conflicts -f "$RUN/cluster/$OVERLAY-others.yaml"
    if [ -z "$WITH_ROUTE" ] && kube get -f "$RUN/cluster/$OVERLAY-route.yaml" -o name >/dev/null 2>&1; then
        note "the route is there already and stays as it is: its weights are the operator's (--with-route applies it again)"
    else
        act apply --server-side --force-conflicts -f "$RUN/cluster/$OVERLAY-route.yaml"
    fi
    ensure_feedback_key
    point_traffic_at_gateway
    wait_until_ready
    [ -n "$DRY_RUN" ] || cluster_status
}

cluster_delete() {
    local others
    choose_overlay
    no_more_than 0 delete "$@"
    choose_context_to_change
    # With the definition every object goes, whoever made it.
    others=$({ kube get banditroutes -A --no-headers 2>/dev/null || true; } | awk '$1 != "bandit-demo"' | wc -l)
    if [ "$others" -gt 0 ] && [ -z "$EVERYBODYS" ]; then
        die "$others BanditRoutes of other namespaces would go as well (kubectl get banditroutes -A); if that is meant, say --everybodys-routes"
    fi
    step "Routes first, while there is an operator to honour their onDelete"
    if [ -n "$DRY_RUN" ] || kube get crd banditroutes.bandit-router.dev -o name >/dev/null 2>&1; then
        act delete banditroutes --all --all-namespaces --timeout=120s
    fi
    step "Then everything of overlay $OVERLAY, its namespaces and volumes too"
    act delete --ignore-not-found -k "$ROOT/k8s/overlays/$OVERLAY"
}
