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

# The folder to apply: the overlay's, or one of ours that puts it into another registry.
overlay_folder() {
    local folder=$ROOT/k8s/overlays/$OVERLAY image
    if [ -n "$REGISTRY" ]; then
        mkdir -p "$RUN/cluster"
        {
            printf 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n- %s\nimages:\n' \
                "$(realpath --relative-to="$RUN/cluster" "$folder")"
            for image in "${IMAGES[@]}"; do
                printf -- '- {name: %s, newName: %s}\n' "registry.example/bandit-router/$image" "$REGISTRY/bandit-router/$image" \
                    "bandit-router/$image" "$REGISTRY/bandit-router/$image"
            done
        } >"$RUN/cluster/kustomization.yaml"
        folder=$RUN/cluster
    fi
    echo "$folder"
}

# The overlay as two files: everything, and the routes whose weights the operator sets.
render_overlay() {
    local folder
    folder=$(overlay_folder)
    mkdir -p "$RUN/cluster"
    kubectl kustomize "$folder" >"$RUN/cluster/$OVERLAY.yaml" || die "the overlay does not render"
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
    [ -n "$DRY_RUN" ] || head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' |
        kube -n bandit-demo create secret generic feedback-key --from-file=key=/dev/stdin
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
    change -n bandit-demo set env deployment/traffic-generator "TRAFFIC_URL=http://${address:-ADDRESS}"
}

cluster_deploy() {
    local name namespace object
    choose_overlay
    choose_context_to_change
    check_cluster
    if [[ $OVERLAY =~ ^(aks|eks|gke)$ && -z $REGISTRY ]] && grep -q 'newName: registry\.example/' "$ROOT/k8s/components/registry/kustomization.yaml"; then
        usage_error "--registry R: from where shall the cluster pull our images? (./manage.sh images push --registry R brings them there)"
    fi

    render_overlay
    step "Definition of BanditRoute"
    change apply --server-side -k "$ROOT/k8s/base/crd"
    change wait --for=condition=Established --timeout=60s crd/banditroutes.bandit-router.dev
    step "Overlay $OVERLAY"
    change apply --server-side -f "$RUN/cluster/$OVERLAY-others.yaml"
    if [ -z "$WITH_ROUTE" ] && kube get -f "$RUN/cluster/$OVERLAY-route.yaml" -o name >/dev/null 2>&1; then
        note "the route is there already and stays as it is: its weights are the operator's (--with-route applies it again)"
    else
        change apply --server-side --force-conflicts -f "$RUN/cluster/$OVERLAY-route.yaml"
    fi
    ensure_feedback_key
    point_traffic_at_gateway

    step "Waiting until everything is ready"
    while read -r name namespace object _; do
        [ -n "$name" ] || continue
        [ "$namespace" != bandit-monitoring ] || [[ $OVERLAY =~ ^(kind|istio)$ ]] || continue
        change -n "$namespace" rollout status "$object" --timeout=300s
    done <<<"$CLUSTER_PARTS"
    [ -n "$DRY_RUN" ] || cluster_status
}

cluster_delete() {
    local folder others
    choose_overlay
    choose_context_to_change
    folder=$(overlay_folder)
    # With the definition every object goes, whoever made it.
    others=$({ kube get banditroutes -A --no-headers 2>/dev/null || true; } | awk '$1 != "bandit-demo"' | wc -l)
    if [ "$others" -gt 0 ] && [ -z "$EVERYBODYS" ]; then
        die "$others BanditRoutes of other namespaces would go as well (kubectl get banditroutes -A); if that is meant, say --everybodys-routes"
    fi
    step "Routes first, while there is an operator to honour their onDelete"
    if [ -n "$DRY_RUN" ] || kube get crd banditroutes.bandit-router.dev -o name >/dev/null 2>&1; then
        change delete banditroutes --all --all-namespaces --timeout=120s
    fi
    step "Then everything of overlay $OVERLAY, its namespaces and volumes too"
    change delete --ignore-not-found -k "$folder"
}
