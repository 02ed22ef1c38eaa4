# SPDX-License-Identifier: Apache-2.0
"""Does everything that names something else name something that is there?"""
import re

import yaml

from world import WORKLOADS, name_of, quantity, selects, title

# Made by people or by another program before the overlay is applied (docs/deploy.md).
MADE_OUTSIDE = {("Secret", "bandit-demo", "feedback-key")}
BUILT_IN_ROLES = {"system:auth-delegator", "extension-apiserver-authentication-reader"}
OUTSIDE_CLASSES = {"gke-l7-rilb", "gke-l7-regional-external-managed"}


def namespace_of(obj):
    return obj["metadata"].get("namespace")


def marked(world, _):
    """Everything can be found by one label."""
    for obj in world.objects:
        if obj["metadata"].get("labels", {}).get("app.kubernetes.io/part-of") != "bandit-router":
            yield f"{title(obj)}: no label app.kubernetes.io/part-of: bandit-router"


def services(world, _):
    for service in world.of("Service"):
        pods = world.pods_of(namespace_of(service), {"matchLabels": service["spec"]["selector"]})
        if not pods:
            yield f"{title(service)}: selects no pod"
        for port in service["spec"]["ports"]:
            for pod in pods:
                if pod.port_number(port.get("targetPort", port["port"])) is None:
                    yield f"{title(service)}: {pod.name} has no port {port.get('targetPort')}"


def split_services_have_no_affinity(world, _):
    for route in world.of("BanditRoute"):
        for arm in route["spec"]["arms"]:
            service = world.find("Service", arm["backend"]["service"], namespace_of(route))
            if service and service["spec"].get("sessionAffinity") != "None":
                yield f"{title(service)}: sessionAffinity is not None, so weights would not be kept"


def selectors_are_apart(world, _):
    owners = world.of(*WORKLOADS)
    for owner in owners:
        pods = [p for p in world.pods_of(namespace_of(owner), owner["spec"]["selector"])]
        if [p.owner for p in pods] != [owner]:
            yield f"{title(owner)}: selects the pods of {[p.name for p in pods]}"


def takes_plain(world, pod, port):
    """Does the mesh, where there is one, let in what speaks no TLS of its own, as Prometheus?"""
    policies = [p["spec"] for p in world.of("PeerAuthentication") if namespace_of(p) == pod.namespace]
    own = [p for p in policies if "selector" in p and selects(p["selector"], pod.labels)]
    modes = [p.get("portLevelMtls", {}).get(str(port), p["mtls"])["mode"] for p in own or policies]
    return "STRICT" not in modes


def monitors(world, _):
    """ServiceMonitors and PodMonitors find their targets, and name the job as alerts expect."""
    for monitor in world.of("ServiceMonitor", "PodMonitor"):
        spec, by_pod = monitor["spec"], monitor["kind"] == "PodMonitor"
        where = None if spec.get("namespaceSelector", {}).get("any") else namespace_of(monitor)
        if by_pod:
            found = [(p.name, p.labels, [n for n, _ in p.ports()]) for p in world.pods_of(where, spec["selector"])]
        else:
            found = [(title(s), s["metadata"].get("labels", {}), [p.get("name") for p in s["spec"]["ports"]])
                     for s in world.of("Service") if where in (None, namespace_of(s)) and selects(spec["selector"], s["metadata"].get("labels", {}))]
        if not found and (not by_pod or world.of("BanditRoute")):  # of the product alone, models come later
            yield f"{title(monitor)}: finds nothing to scrape"
        for name, labels, ports in found:
            if spec["jobLabel"] not in labels:
                yield f"{title(monitor)}: {name} has no label {spec['jobLabel']} to name the job by"
            for endpoint in spec.get("podMetricsEndpoints" if by_pod else "endpoints"):
                if endpoint["port"] not in ports:
                    yield f"{title(monitor)}: {name} has no port named {endpoint['port']}"
                for pod in [p for p in world.pods if by_pod and p.name == name]:
                    if not takes_plain(world, pod, pod.port_number(endpoint["port"])):
                        yield f"{title(monitor)}: {name} refuses plain connections on port {endpoint['port']}"


def autoscalers(world, _):
    for scaler in world.of("HorizontalPodAutoscaler"):
        ref = scaler["spec"]["scaleTargetRef"]
        target = world.find(ref["kind"], ref["name"], namespace_of(scaler))
        if not target:
            yield f"{title(scaler)}: there is no {ref['kind']} {ref['name']}"
            continue
        if "replicas" in target["spec"]:
            yield f"{title(target)}: has replicas, which each apply would set back; an autoscaler owns them"
        containers = [c["name"] for c in target["spec"]["template"]["spec"]["containers"]]
        for metric in scaler["spec"]["metrics"]:
            container = metric.get("containerResource", {}).get("container")
            if container and container not in containers:
                yield f"{title(scaler)}: {title(target)} has no container {container}"


def budgets(world, _):
    for budget in world.of("PodDisruptionBudget"):
        if not world.pods_of(namespace_of(budget), budget["spec"]["selector"]):
            yield f"{title(budget)}: selects no pod"


def room(world, _):
    """All autoscalers at their most, and a pod more each while rolling, fit into the quota."""
    for quota in world.of("ResourceQuota"):
        hard, need = quota["spec"]["hard"], {}
        for pod in [p for p in world.pods if p.namespace == namespace_of(quota)]:
            scaler = next((s for s in world.of("HorizontalPodAutoscaler") if namespace_of(s) == pod.namespace
                           and s["spec"]["scaleTargetRef"]["name"] == pod.owner["metadata"]["name"]), None)
            count = 1 + (scaler["spec"]["maxReplicas"] if scaler else pod.owner["spec"].get("replicas", 1))
            need["pods"] = need.get("pods", 0) + count
            for side in ("requests", "limits"):
                for resource, note in (("cpu", "CPU"), ("memory", "Memory")):
                    sidecar = pod.annotations.get(f"sidecar.istio.io/proxy{note}{'Limit' if side == 'limits' else ''}", 0)
                    each = sum(quantity(c["resources"][side][resource]) for c in pod.containers) + quantity(sidecar)
                    need[f"{side}.{resource}"] = need.get(f"{side}.{resource}", 0) + count * each
        for what, amount in need.items():
            if what in hard and amount > quantity(hard[what]):
                yield f"{title(quota)}: {what} is {hard[what]}; what may run needs {amount:g}"


def references(world, _):
    for pod in world.pods:
        wanted = set()
        for container in pod.all_containers:
            for source in container.get("envFrom", []):
                wanted |= {(kind[0].upper() + kind[1:-3], ref["name"]) for kind, ref in source.items() if kind.endswith("Ref")}
            for variable in container.get("env", []):
                source = variable.get("valueFrom", {})
                wanted |= {(kind, source[key]["name"]) for kind, key in (("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")) if key in source}
                field = re.fullmatch(r"metadata\.labels\['(.+)'\]", source.get("fieldRef", {}).get("fieldPath", ""))
                if field and field[1] not in pod.labels and field[1] != "apps.kubernetes.io/pod-index":
                    yield f"{pod.name}: {variable['name']} comes from a label {field[1]} that its pods do not have"
            volumes = {v["name"] for v in pod.spec.get("volumes", []) + [c["metadata"] for c in pod.owner["spec"].get("volumeClaimTemplates", [])]}
            for mount in container.get("volumeMounts", []):
                if mount["name"] not in volumes:
                    yield f"{pod.name}: container {container['name']} mounts {mount['name']}, which is no volume"
        for volume in pod.spec.get("volumes", []):
            for source in [volume] + volume.get("projected", {}).get("sources", []):
                for kind, key in (("ConfigMap", "configMap"), ("Secret", "secret")):
                    if key in source and not source[key].get("optional"):
                        wanted.add((kind, source[key].get("secretName") or source[key]["name"]))
        wanted |= {("ServiceAccount", pod.spec["serviceAccountName"])} if "serviceAccountName" in pod.spec else set()
        for kind, name in sorted(wanted):
            if not world.find(kind, name, pod.namespace) and (kind, pod.namespace, name) not in MADE_OUTSIDE:
                yield f"{pod.name}: there is no {kind} {name}"


def permissions(world, _):
    for role in world.of("Role", "ClusterRole"):
        for rule in role.get("rules", []):
            if "*" in rule["verbs"] + rule.get("resources", []) + rule.get("apiGroups", []):
                yield f"{title(role)}: a wildcard"
    for binding in world.of("RoleBinding", "ClusterRoleBinding"):
        ref = binding["roleRef"]
        if not world.find(ref["kind"], ref["name"]) and ref["name"] not in BUILT_IN_ROLES:
            yield f"{title(binding)}: there is no {ref['kind']} {ref['name']}"
        for subject in binding["subjects"]:
            if not world.find(subject["kind"], subject["name"], subject.get("namespace")):
                yield f"{title(binding)}: there is no {subject['kind']} {subject.get('namespace')}/{subject['name']}"


def backends_of(route):
    """(service, port) that a route names, and the rules' number."""
    if route["kind"] == "HTTPRoute":
        return [(b["name"], b["port"]) for r in route["spec"]["rules"] for b in r["backendRefs"]]
    return [(d["destination"]["host"].split(".")[0], d["destination"]["port"]["number"]) for h in route["spec"]["http"] for d in h["route"]]


def routes(world, _):
    """BanditRoute, data plane, Services and the arms' pods tell the same story."""
    for bandit in world.of("BanditRoute"):
        namespace, ref = namespace_of(bandit), bandit["spec"]["targetRef"]
        route = world.find(ref["kind"], ref["name"], namespace)
        if not route:
            yield f"{title(bandit)}: there is no {ref['kind']} {ref['name']}"
            continue
        arms = {(a["backend"]["service"], a["backend"]["port"]) for a in bandit["spec"]["arms"]}
        if set(backends_of(route)) != arms:
            yield f"{title(bandit)}: its arms are not the backends of {title(route)}"
        for arm in bandit["spec"]["arms"]:
            service = world.find("Service", arm["backend"]["service"], namespace)
            if not service or arm["backend"]["port"] not in [p["port"] for p in service["spec"]["ports"]]:
                yield f"{title(bandit)}: arm {arm['name']} has no Service {arm['backend']}"
            elif any(p.labels.get("bandit-router.dev/arm") != arm["name"] for p in world.pods_of(namespace, {"matchLabels": service["spec"]["selector"]})):
                yield f"{title(bandit)}: {title(service)} selects pods that do not call themselves arm {arm['name']}"
    for route in world.of("HTTPRoute"):
        for parent in route["spec"]["parentRefs"]:
            if not world.find("Gateway", parent["name"], namespace_of(route)):
                yield f"{title(route)}: there is no Gateway {parent['name']}"
    for gateway in world.of("Gateway"):
        if gateway["apiVersion"].startswith("gateway.networking.k8s.io/"):
            name = gateway["spec"]["gatewayClassName"]
            if not world.find("GatewayClass", name) and name not in OUTSIDE_CLASSES:
                yield f"{title(gateway)}: there is no GatewayClass {name}"


def patience(world, _):
    """GKE's load balancers follow weights within a minute or so; a decision has to see what the last one did."""
    if any(g["spec"].get("gatewayClassName", "").startswith("gke-") for g in world.of("Gateway")):
        for route in world.of("BanditRoute"):
            number, unit = re.fullmatch(r"(\d+)([sm])", route["spec"]["interval"]).groups()
            if int(number) * (60 if unit == "m" else 1) < 120:
                yield f"{title(route)}: decides each {number}{unit}, faster than its load balancer follows"


def keep(rules, labels):
    """What relabelling says of a target: does it stay?"""
    for rule in rules:
        if rule.get("action") in ("keep", "drop"):
            value = ";".join(labels.get(name, "") for name in rule["source_labels"])
            if bool(re.fullmatch(rule["regex"], value)) != (rule["action"] == "keep"):
                return False
    return True


def meta_labels(pod, port_name):
    def sane(text):
        return re.sub(r"[^A-Za-z0-9_]", "_", text)
    labels = {f"__meta_kubernetes_pod_label_{sane(k)}": v for k, v in pod.labels.items()}
    labels |= {f"__meta_kubernetes_pod_annotationpresent_{sane(k)}": "true" for k in pod.annotations}
    return {**labels, "__meta_kubernetes_pod_container_port_name": port_name, "__meta_kubernetes_pod_phase": "Running"}


def own_prometheus(world, _):
    """Our Prometheus finds one port of each of our pods, and what it names by address is there."""
    config = next((o["data"]["prometheus.yml"] for o in world.of("ConfigMap") if "prometheus.yml" in o.get("data", {})), None)
    if not config:
        return
    config = yaml.safe_load(config)
    scraped = {}
    for job in config["scrape_configs"]:
        for discovery in job.get("kubernetes_sd_configs", []):
            names = discovery.get("namespaces", {}).get("names")
            for pod in [p for p in world.pods if discovery["role"] == "pod" and (not names or p.namespace in names)]:
                for port, number in pod.ports():
                    if keep(job["relabel_configs"], meta_labels(pod, port)):
                        scraped.setdefault(pod.name, []).append((job["job_name"], number))
    for pod in world.pods:
        app = pod.labels.get("app.kubernetes.io/name")
        if app in ("bandit-exporter", "bandit-operator", "model-server", "traffic-generator"):
            if [job for job, _ in scraped.get(pod.name, [])] != [app]:
                yield f"{pod.name}: prometheus.yml scrapes it as {scraped.get(pod.name)}, not once as {app}"
            elif not takes_plain(world, pod, scraped[pod.name][0][1]):
                yield f"{pod.name}: prometheus.yml scrapes a port that refuses plain connections"
    addresses = set(re.findall(r"([a-z0-9-]+)\.([a-z-]+)\.svc:(\d+)", yaml.safe_dump(config)))
    for obj in world.of("ConfigMap", "Deployment"):
        if re.fullmatch(r"bandit-operator-.*|grafana", obj["metadata"]["name"]):
            addresses |= set(re.findall(r"([a-z0-9-]+)\.([a-z-]+)\.svc:(\d+)", yaml.safe_dump(obj)))
    for name, namespace, port in sorted(addresses):
        service = world.find("Service", name, namespace)
        if not service or int(port) not in [p["port"] for p in service["spec"]["ports"]]:
            yield f"http://{name}.{namespace}.svc:{port} is named, and there is no such Service and port"


def arms_as_specified(world, _):
    """Numbers that were asked for; a change of them is a decision, not a slip."""
    for pod in [p for p in world.pods if "bandit-router.dev/arm" in p.labels]:
        server = pod.containers[0]
        for probe, path, period in (("livenessProbe", "/health", 10), ("readinessProbe", "/ready", 5)):
            if (server[probe]["httpGet"]["path"], server[probe]["periodSeconds"]) != (path, period):
                yield f"{pod.name}: {probe} is not {path} each {period} s"
        if server["resources"] != {"requests": {"cpu": "250m", "memory": "256Mi"}, "limits": {"cpu": "500m", "memory": "512Mi"}}:
            yield f"{pod.name}: resources are not 250m/256Mi to 500m/512Mi"
        scaler = world.find("HorizontalPodAutoscaler", pod.owner["metadata"]["name"], pod.namespace)
        if not scaler:
            yield f"{pod.name}: has no autoscaler"
            continue
        spec = scaler["spec"]
        metrics = {m["containerResource"]["name"]: m["containerResource"]["target"]["averageUtilization"] for m in spec["metrics"]}
        up, down = ({(p["type"], p["value"], p["periodSeconds"]) for p in spec["behavior"][way]["policies"]} for way in ("scaleUp", "scaleDown"))
        if (spec["minReplicas"], spec["maxReplicas"], metrics, up, down, spec["behavior"]["scaleDown"]["stabilizationWindowSeconds"]) != (
                2, 10, {"cpu": 70, "memory": 80}, {("Percent", 100, 15), ("Pods", 2, 15)}, {("Percent", 50, 15)}, 300):
            yield f"{title(scaler)}: is not as specified"
        if not any(selects(b["spec"]["selector"], pod.labels) and name_of(b) == name_of(pod.owner) for b in world.of("PodDisruptionBudget")):
            yield f"{pod.name}: has no disruption budget"


RULES = (marked, services, split_services_have_no_affinity, selectors_are_apart, monitors, autoscalers, budgets, room,
         references, permissions, routes, patience, own_prometheus, arms_as_specified)
