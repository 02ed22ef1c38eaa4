# SPDX-License-Identifier: Apache-2.0
"""A page of what kube-state-metrics, cAdvisor and an operator on an API server publish of a
small cluster, with the names and labels that these projects document: three pods of arms, an
operator and an exporter, one autoscaler, one quota. It stands in where there is no cluster,
so that the panels of one can be asked; what it says is called `shapes` wherever it is shown."""
import time

import synthetic

NAMESPACE = "default"
PODS = {
    "logistic-regression-6d5f7c9b8-4x2lq": "model-server",
    "svm-7c9d8f6b5-9kqzt": "model-server",
    "random-forest-5b8c7d9f4-tm6wd": "model-server",
    "bandit-operator-68d9c7b5f-r4v8n": "operator",
    "bandit-exporter-7f6d8c9b4-2hxgk": "exporter",
}
CPU_LIMIT, MEMORY_LIMIT = 0.5, 64 << 20
AUTOSCALER = {"status_current_replicas": 2, "status_desired_replicas": 2, "spec_min_replicas": 1, "spec_max_replicas": 6}
QUOTA = {"requests.cpu": (1.2, 4), "requests.memory": (320 << 20, 1 << 30), "pods": (5, 20)}
CALLS = {("GET", "200"): 0.5, ("PATCH", "200"): 0.2, ("PUT", "409"): 0.01}


def sample(name, value, /, **labels):
    pairs = ",".join(f'{k}="{v}"' for k, v in labels.items())
    return f"{name}{{{pairs}}} {value}"


def of_pods(age):
    for i, (pod, container) in enumerate(PODS.items()):
        where = {"namespace": NAMESPACE, "pod": pod}
        uid = f"00000000-0000-4000-8000-00000000000{i}"
        yield sample("kube_pod_info", 1, **where, uid=uid, node="node-1", created_by_kind="ReplicaSet", created_by_name=pod.rsplit("-", 1)[0])
        yield sample("kube_pod_created", int(time.time()) - 86400 * (i + 1), **where, uid=uid)
        for phase in ("Pending", "Running", "Succeeded", "Failed", "Unknown"):
            yield sample("kube_pod_status_phase", int(phase == "Running"), **where, uid=uid, phase=phase)
        for condition in ("true", "false", "unknown"):
            yield sample("kube_pod_status_ready", int(condition == "true"), **where, uid=uid, condition=condition)
        where["container"] = container
        yield sample("kube_pod_container_status_restarts_total", 0, **where, uid=uid)
        yield sample("kube_pod_container_resource_limits", CPU_LIMIT, **where, uid=uid, node="node-1", resource="cpu", unit="core")
        yield sample("kube_pod_container_resource_limits", MEMORY_LIMIT, **where, uid=uid, node="node-1", resource="memory", unit="byte")
        group = {"id": f"/kubepods/burstable/pod{uid}", "image": "bandit-router", "name": f"k8s_{pod}"}
        yield sample("container_cpu_usage_seconds_total", 0.02 * (i + 1) * age, **where, **group, cpu="total")
        yield sample("container_memory_working_set_bytes", (6 + i) << 20, **where, **group)


def page(since):
    age = time.time() - since
    yield from of_pods(age)
    for name, value in AUTOSCALER.items():
        yield sample(f"kube_horizontalpodautoscaler_{name}", value, namespace=NAMESPACE, horizontalpodautoscaler="svm")
    for resource, (used, hard) in QUOTA.items():
        for kind, value in (("used", used), ("hard", hard)):
            yield sample("kube_resourcequota", value, namespace=NAMESPACE, resourcequota="tenant", resource=resource, type=kind)
    for (method, code), rate in CALLS.items():
        yield sample("rest_client_requests_total", rate * age, job="bandit-operator", method=method, code=code, host="10.96.0.1:443")


def serve():
    """The port of the page."""
    since = time.time()
    return synthetic.serve(lambda: page(since))


def scrape_job(job, port):
    """Its lines in a Prometheus configuration that ends with scrape_configs."""
    return f'\n- job_name: {job}\n  honor_labels: true\n  static_configs:\n  - targets: ["127.0.0.1:{port}"]\n'
