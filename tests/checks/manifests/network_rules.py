# SPDX-License-Identifier: Apache-2.0
"""NetworkPolicies, evaluated: nothing is open by default, what has to get through does, and
what must not does not."""
import ipaddress

from world import selects, title

OPERATOR = ("bandit-system", {"app.kubernetes.io/name": "bandit-operator"})
EXPORTER = ("bandit-system", {"app.kubernetes.io/name": "bandit-exporter"})
MODEL = ("bandit-demo", {"app.kubernetes.io/name": "model-server"})
TRAFFIC = ("bandit-demo", {"app.kubernetes.io/name": "traffic-generator"})
OWN_PROMETHEUS = ("bandit-monitoring", {"app.kubernetes.io/name": "prometheus"})
STACK_PROMETHEUS = ("monitoring", {"app.kubernetes.io/name": "prometheus"})
GRAFANA = ("bandit-monitoring", {"app.kubernetes.io/name": "grafana"})
ALERTMANAGER = ("bandit-monitoring", {"app.kubernetes.io/name": "alertmanager"})
STATE_METRICS = ("bandit-monitoring", {"app.kubernetes.io/name": "kube-state-metrics"})
ENVOY = ("envoy-gateway-system", {"gateway.envoyproxy.io/owning-gateway-namespace": "bandit-demo", "gateway.envoyproxy.io/owning-gateway-name": "digits"})
INGRESS = ("istio-system", {"istio": "ingressgateway"})
ISTIOD = ("istio-system", {"app": "istiod"})
DNS = ("kube-system", {"k8s-app": "kube-dns"})
OPENSHIFT_DNS = ("openshift-dns", {"dns.operator.openshift.io/daemonset-dns": "default"})
NODE_DNS, NODE_DNS_6 = "169.254.20.10", "fd00::10"
STRANGER = ("team-b", {"app.kubernetes.io/name": "model-server"})
SOMEBODY = ("envoy-gateway-system", {"app": "other"})
API_SERVER, INTERNET = "10.96.0.1", "192.0.2.1"
GOOGLE_CHECK, GOOGLE_PROXY, GOOGLE_FRONT = "35.191.1.1", "10.129.0.5", "10.10.0.9"

# from, to, port, may it?
EVERYWHERE = (
    (OPERATOR, API_SERVER, 443, True), (EXPORTER, API_SERVER, 6443, True), (OPERATOR, DNS, 53, True), (EXPORTER, DNS, 53, True),
    (OPERATOR, INTERNET, 80, False), (OPERATOR, MODEL, 8080, False), (EXPORTER, OPERATOR, 9871, False), (STRANGER, OPERATOR, 9871, False),
    (EXPORTER, STACK_PROMETHEUS, 9090, False), (STRANGER, MODEL, 8080, False), (MODEL, INTERNET, 443, False), (MODEL, API_SERVER, 443, False),
    (MODEL, MODEL, 8080, False), (TRAFFIC, MODEL, 8080, False), (TRAFFIC, DNS, 53, True), (TRAFFIC, INTERNET, 443, False),
    (OPERATOR, OPENSHIFT_DNS, 5353, True), (EXPORTER, NODE_DNS, 53, True), (OPERATOR, NODE_DNS_6, 53, True), (OPERATOR, NODE_DNS_6, 80, False),
    (TRAFFIC, OPENSHIFT_DNS, 5353, True), (TRAFFIC, NODE_DNS_6, 53, True), (OPERATOR, INTERNET, 53, False),
    (STACK_PROMETHEUS, OPERATOR, 9871, True), (STACK_PROMETHEUS, EXPORTER, 9870, True), (STACK_PROMETHEUS, TRAFFIC, 9872, True),
)
WITH = {
    "stack": ((OPERATOR, STACK_PROMETHEUS, 9090, True), (STACK_PROMETHEUS, MODEL, 8080, True)),
    "standalone": (
        (OPERATOR, OWN_PROMETHEUS, 9090, True), (OWN_PROMETHEUS, OPERATOR, 9871, True), (OWN_PROMETHEUS, EXPORTER, 9870, True),
        (OWN_PROMETHEUS, TRAFFIC, 9872, True), (OWN_PROMETHEUS, STATE_METRICS, 8080, True), (OWN_PROMETHEUS, API_SERVER, 10250, True),
        (OWN_PROMETHEUS, ALERTMANAGER, 9093, True), (GRAFANA, OWN_PROMETHEUS, 9090, True), (GRAFANA, ALERTMANAGER, 9093, True),
        (GRAFANA, INTERNET, 443, False), (EXPORTER, OWN_PROMETHEUS, 9090, False), (STRANGER, OWN_PROMETHEUS, 9090, False),
        (STRANGER, ALERTMANAGER, 9093, False), (STATE_METRICS, API_SERVER, 443, True), (STATE_METRICS, DNS, 53, True),
        (ALERTMANAGER, OPENSHIFT_DNS, 5353, True), (GRAFANA, NODE_DNS_6, 53, True)),
    "envoy": ((ENVOY, MODEL, 8080, True), (TRAFFIC, ENVOY, 10080, True), (SOMEBODY, MODEL, 8080, False), (ENVOY, OPERATOR, 9871, False)),
    "gke": ((GOOGLE_CHECK, MODEL, 8080, True), (GOOGLE_PROXY, MODEL, 8080, True), (INTERNET, MODEL, 8080, False), (TRAFFIC, GOOGLE_FRONT, 80, True)),
    "istio": ((INGRESS, MODEL, 8080, True), (TRAFFIC, INGRESS, 8080, True), (MODEL, ISTIOD, 15012, True), (STACK_PROMETHEUS, MODEL, 8081, True),
              (INGRESS, MODEL, 8081, False)),
}
UDP_TOO = {53}


def peer_matches(peer, own_namespace, end):
    if isinstance(end, str):
        return "ipBlock" in peer and ipaddress.ip_address(end) in ipaddress.ip_network(peer["ipBlock"]["cidr"])
    namespace, labels = end
    if "ipBlock" in peer:
        return False
    if "namespaceSelector" in peer:
        if not selects(peer["namespaceSelector"], {"kubernetes.io/metadata.name": namespace}):
            return False
    elif namespace != own_namespace:
        return False
    return selects(peer.get("podSelector", {}), labels)


def allows(policies, way, here, there, port):
    """One end's say: no policy of this direction selects it, or one of them lets it through."""
    if isinstance(here, str):
        return True
    namespace, labels = here
    said = [p for p in policies if p["metadata"]["namespace"] == namespace and way.capitalize() in p["spec"]["policyTypes"]
            and selects(p["spec"]["podSelector"], labels)]
    if not said:
        return True
    for rule in [r for p in said for r in p["spec"].get(way, [])]:
        peers, ports = rule.get("from" if way == "ingress" else "to"), rule.get("ports")
        if (not ports or port in [p.get("port") for p in ports]) and (not peers or any(peer_matches(p, namespace, there) for p in peers)):
            return True
    return False


def is_there(world, end):
    return isinstance(end, str) or any(p.namespace == end[0] and end[1].items() <= p.labels.items() for p in world.pods)


def story(world):
    """Which tables hold for this variant."""
    parts = list(EVERYWHERE) if world.find("Namespace", "bandit-demo") else [f for f in EVERYWHERE if MODEL not in f[:2] and TRAFFIC not in f[:2]]
    parts += WITH["standalone"] if world.find("Namespace", "bandit-monitoring") else WITH["stack"] if world.of("PodMonitor") else ()
    parts += WITH["envoy"] if world.of("EnvoyProxy") else ()
    parts += WITH["gke"] if world.of("HealthCheckPolicy") else ()
    parts += WITH["istio"] if world.of("VirtualService") else ()
    return parts


def flows(world, _):
    policies = world.of("NetworkPolicy")
    for source, target, port, wanted in story(world):
        got = allows(policies, "egress", source, target, port) and allows(policies, "ingress", target, source, port)
        if got != wanted:
            yield f"NetworkPolicies {'let' if got else 'do not let'} {source} reach {target} on port {port}"


def closed_by_default(world, _):
    policies = world.of("NetworkPolicy")
    for pod in world.pods:
        mine = [p for p in policies if p["metadata"]["namespace"] == pod.namespace and selects(p["spec"]["podSelector"], pod.labels)]
        for way in ("Ingress", "Egress"):
            if not any(way in p["spec"]["policyTypes"] and not p["spec"].get(way.lower()) for p in mine):
                yield f"{pod.name}: no NetworkPolicy denies {way} by default"


def policies_select(world, _):
    """Each selects a pod, and opens only ports that one of its pods listens on."""
    for policy in world.of("NetworkPolicy"):
        pods = world.pods_of(policy["metadata"]["namespace"], policy["spec"]["podSelector"])
        if not pods:
            yield f"{title(policy)}: selects no pod"
        for rule in policy["spec"].get("ingress", []):
            for port in rule.get("ports", []):
                if not any(p.port_number(port["port"]) for p in pods):
                    yield f"{title(policy)}: opens port {port['port']}, where none of its pods listens"


RULES = (flows, closed_by_default, policies_select)
