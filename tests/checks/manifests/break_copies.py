#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Proves that check.py finds what it is for: each row breaks a copy of the manifests in one
place, and the check must say so, naming the object.

    break_copies.py [--bin build/release/bin]
"""
import argparse
import os
import pathlib
import re
import shutil
import sys
import tempfile

import check
import pod_rules
import source_rules
from schemas import Schemas

ROOT = check.HERE.parents[2]
COPIED = ("k8s", "prometheus", "grafana/provisioning", "grafana/kustomization.yaml", "CMakeLists.txt", "services/images/Dockerfile", "services/compose")
ARM, ARMS, BASE, OWN = "k8s/demo/arm/deployment.yaml", "k8s/demo/arms/svm/kustomization.yaml", "k8s/base", "k8s/monitoring/standalone/all"
SOURCES = "the files themselves"

# file, what is replaced, by what, the variant that is judged, what the message must say
CASES = (
    # schemas
    (ARM, "terminationGracePeriodSeconds: 30", "terminationGracePeriod: 30", "aks", r"Deployment bandit-demo/svm: .*'terminationGracePeriod' was unexpected"),
    (ARM, "periodSeconds: 10", "periodSeconds: ten", "aks", r"svm: .*livenessProbe\.periodSeconds: 'ten'"),
    (f"{BASE}/operator/service.yaml", "port: 9871", "port: nine", "base", r"Service bandit-system/bandit-operator: spec\.ports\.0\.port"),
    ("k8s/demo/banditroute.yaml", "epsilon: 0.2", "epsilon: 2", "aks", r"BanditRoute bandit-demo/digits: spec\.policy\.epsilon"),
    ("k8s/demo/banditroute.yaml", "  interval: 30s", "  intervall: 30s", "aks", r"BanditRoute bandit-demo/digits: spec: .*intervall"),
    ("k8s/components/gateway-api/httproute.yaml", "PathPrefix, value: /predict", "Prefix, value: /predict", "aks", r"HTTPRoute bandit-demo/digits: spec\.rules.*Prefix"),
    ("k8s/components/gateway-envoy/proxy.yaml", "name: digits-gateway", "nam: digits-gateway", "aks", r"EnvoyProxy bandit-demo/digits: .*'nam' was unexpected"),
    ("k8s/components/virtual-service/routing.yaml", "retries: {attempts: 0}", "retries: {tries: 0}", "istio", r"VirtualService bandit-demo/digits: .*tries"),
    ("k8s/monitoring/stack/monitors.yaml", "honorLabels: true", "honourLabels: true", "aks", r"ServiceMonitor bandit-system/bandit-exporter: .*honourLabels"),
    ("k8s/demo/autoscaling/autoscaler.yaml", "autoscaling/v2", "autoscaling/v2beta2", "aks", r"HorizontalPodAutoscaler .*has no HorizontalPodAutoscaler in autoscaling/v2beta2"),
    # pods
    (ARM, "runAsNonRoot: true", "runAsNonRoot: false", "aks", r"Deployment bandit-demo/svm: pod: .*runAsNonRoot"),
    (ARM, "seccompProfile: {type: RuntimeDefault}", "seccompProfile: {type: Unconfined}", "aks", r"svm: pod: .*seccompProfile"),
    (ARM, "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "aks", r"svm: container train: readOnlyRootFilesystem"),
    (f"{BASE}/operator/deployment.yaml", "drop: [ALL]", "drop: [NET_RAW]", "base", r"bandit-operator: container operator: capabilities"),
    (f"{OWN}/grafana/deployment.yaml", "        emptyDir: {sizeLimit: 64Mi}", "        hostPath: {path: /tmp}", "kind", r"grafana: pod: volume tmp is a hostPath"),
    ("k8s/tenant/namespace.yaml", "enforce: restricted", "enforce: baseline", "aks", r"Namespace bandit-demo: label .*enforce"),
    (f"{BASE}/exporter/deployment.yaml", "limits: {cpu: 500m, memory: 256Mi}", "limits: {cpu: 500m}", "base", r"bandit-exporter: container exporter: no request or no limit for memory"),
    (f"{BASE}/exporter/deployment.yaml", "        livenessProbe:\n          httpGet: {path: /livez, port: metrics}\n          periodSeconds: 10\n", "", "base", r"bandit-exporter: container exporter: livenessProbe: there is none"),
    (f"{BASE}/exporter/deployment.yaml", "path: /readyz, port: metrics", "path: /readyz, port: web", "base", r"readinessProbe: no port web"),
    ("k8s/components/images/kustomization.yaml", "bandit-router/operator, newTag: 0.1.0", "bandit-router/operator, newTag: 0.0.9", "base", r"image bandit-router/operator:0\.0\.9; the project's version"),
    ("k8s/components/images/kustomization.yaml", "bandit-router/operator, newTag: 0.1.0", "bandit-router/operator, newTag: latest", "base", r"image bandit-router/operator:latest has no version"),
    ("k8s/monitoring/metrics-server/all/kustomization.yaml", ", newTag: v0.8.0", "", "kind", r"metrics-server: image .* has no version"),
    (f"{BASE}/operator/deployment.yaml", "--workers=4", "--threads=4", "base", r"operator has no flag --threads"),
    (f"{BASE}/operator/deployment.yaml", "containerPort: 9871", "containerPort: 9781", "base", r"container operator: listens on \[9871\] and declares \[9781\]"),
    (f"{BASE}/operator/kustomization.yaml", "PROMETHEUS_URL=", "PROMETHEUS=", "base", r"\$\(PROMETHEUS_URL\) .* is no variable"),
    (ARM, "automountServiceAccountToken: false", "automountServiceAccountToken: true", "aks", r"svm: token mounted"),
    # wiring
    (f"{BASE}/operator/service.yaml", "name: bandit-operator}", "name: operator}", "base", r"Service bandit-system/bandit-operator: selects no pod"),
    ("k8s/demo/arm/service.yaml", "targetPort: http", "targetPort: web", "aks", r"Service bandit-demo/svm: .*has no port web"),
    ("k8s/demo/arm/service.yaml", "sessionAffinity: None", "sessionAffinity: ClientIP", "aks", r"Service bandit-demo/svm: sessionAffinity"),
    (ARMS, "  includeSelectors: true\n", "  includeTemplates: true\n", "aks", r"Deployment bandit-demo/.*: selects the pods of"),
    (f"{BASE}/exporter/service.yaml", "name: metrics, port: 9870", "name: web, port: 9870", "aks", r"ServiceMonitor bandit-system/bandit-exporter: .*no port named metrics"),
    (ARM, "{name: http, containerPort: 8080}", "{name: web, containerPort: 8080}", "aks", r"PodMonitor bandit-system/model-server: .*no port named http"),
    ("k8s/demo/autoscaling/kustomization.yaml", "{op: remove, path: /spec/replicas}", "{op: add, path: /spec/minReadySeconds, value: 1}", "aks", r"Deployment bandit-demo/svm: has replicas"),
    (ARMS, "path: /spec/scaleTargetRef/name, value: svm", "path: /spec/scaleTargetRef/name, value: svn", "aks", r"svm: there is no Deployment svn"),
    ("k8s/demo/arm/disruption-budget.yaml", "app.kubernetes.io/name: model-server", "app.kubernetes.io/name: server", "aks", r"PodDisruptionBudget bandit-demo/svm: selects no pod"),
    ("k8s/demo/autoscaling/autoscaler.yaml", "maxReplicas: 10", "maxReplicas: 30", "aks", r"ResourceQuota bandit-demo/tenant: "),
    (ARM, "secretName: feedback-key", "secretName: feedback", "aks", r"svm: there is no Secret feedback"),
    (f"{OWN}/kube-state-metrics/deployment.yaml", "serviceAccountName: kube-state-metrics", "serviceAccountName: state", "kind", r"there is no ServiceAccount state"),
    (f"{BASE}/operator/rbac.yaml", "verbs: [update]", 'verbs: ["*"]', "base", r"ClusterRole bandit-operator: a wildcard"),
    (f"{BASE}/operator/rbac.yaml", "kind: Role, name: bandit-operator-lease}", "kind: Role, name: lease}", "base", r"RoleBinding bandit-system/bandit-operator-lease: there is no Role lease"),
    (f"{BASE}/exporter/rbac.yaml", "- {kind: ServiceAccount, name: bandit-exporter", "- {kind: ServiceAccount, name: exporter", "base", r"ClusterRoleBinding bandit-exporter: there is no ServiceAccount"),
    ("k8s/components/gateway-api/httproute.yaml", "{name: svm, port: 8080}", "{name: svm, port: 80}", "aks", r"BanditRoute bandit-demo/digits: its arms are not the backends"),
    ("k8s/components/virtual-service/kustomization.yaml", "kind: VirtualService, name: digits", "kind: VirtualService, name: digit", "istio", r"BanditRoute bandit-demo/digits: there is no VirtualService digit"),
    ("k8s/components/gateway-envoy/gateway-class.yaml", "name: bandit-router\n", "name: eg\n", "aks", r"Gateway bandit-demo/digits: there is no GatewayClass"),
    ("k8s/overlays/gke/kustomization.yaml", "value: 2m", "value: 30s", "gke", r"BanditRoute bandit-demo/digits: decides each 30s"),
    (f"{OWN}/prometheus/prometheus.yml", "regex: traffic-generator;metrics", "regex: traffic-generator;http", "kind", r"traffic-generator: prometheus\.yml scrapes it as None"),
    ("k8s/components/virtual-service/metrics-port.yaml", "bandit-router.dev~1metrics-port", "bandit-router.dev~1port", "istio", r"svm: prometheus\.yml scrapes a port that refuses plain"),
    ("k8s/components/virtual-service/kustomization.yaml", "path: /spec/podMetricsEndpoints/0/port, value: metrics", "path: /spec/podMetricsEndpoints/0/port, value: http", "istio with stack", r"PodMonitor .*model-server: .*refuses plain"),
    ("k8s/monitoring/standalone/kustomization.yaml", "prometheus.bandit-monitoring.svc:9090", "prometheus.bandit-monitoring.svc:9091", "kind", r"svc:9091 is named"),
    (ARM, "path: /ready, port: http}\n          periodSeconds: 5", "path: /ready, port: http}\n          periodSeconds: 15", "aks", r"readinessProbe is not /ready each 5 s"),
    ("k8s/demo/autoscaling/autoscaler.yaml", "averageUtilization: 70", "averageUtilization: 75", "aks", r"HorizontalPodAutoscaler bandit-demo/svm: is not as specified"),
    ("k8s/components/gateway-gke/network-policies.yaml", "  labels: {app.kubernetes.io/part-of: bandit-router}\n", "", "gke", r"NetworkPolicy bandit-demo/from-gateway: no label"),
    # networks
    (f"{BASE}/network-policies.yaml", "    - {protocol: TCP, port: 9870} # exporter\n", "", "base", r"do not let .*prometheus.*bandit-exporter.*9870"),
    (f"{BASE}/network-policies.yaml", "[kube-system, openshift-dns]", "[kube-system]", "base", r"do not let .*bandit-operator.*openshift-dns.*5353"),
    (f"{BASE}/network-policies.yaml", '    - ipBlock: {cidr: "fd00::/8"}\n', "", "base", r"do not let .*bandit-operator.*fd00::10 on port 53"),
    ("k8s/components/one-namespace/role-bindings.yaml", "kind: ClusterRole, name: bandit-exporter}", "kind: ClusterRole, name: exporter}", "base for one namespace, sharded",
     r"RoleBinding team-a/bandit-exporter: there is no ClusterRole exporter"),
    ("k8s/components/one-namespace/kustomization.yaml", "fieldPath: data.NAMESPACE", "fieldPath: data.NAME", "base for one namespace, sharded", r"does not render: .*NAME"),
    ("k8s/tenant/network-policies.yaml", "  policyTypes: [Ingress, Egress]", "  policyTypes: [Ingress]", "aks", r"svm: no NetworkPolicy denies Egress|let .*model-server"),
    ("k8s/components/gateway-envoy/network-policies.yaml", "gateway.envoyproxy.io/owning-gateway-name: digits", "gateway.envoyproxy.io/owning-gateway-name: other", "aks", r"do not let .*envoy-gateway-system.* reach"),
    ("k8s/components/gateway-envoy/network-policies.yaml", "      podSelector:\n        matchLabels:\n          gateway.envoyproxy.io/owning-gateway-namespace: bandit-demo\n          gateway.envoyproxy.io/owning-gateway-name: digits\n", "", "aks", r"NetworkPolicies let .*'app': 'other'"),
    (f"{BASE}/operator/network-policy.yaml", "port: 9090", "port: 9091", "base with stack and shards", r"do not let .*bandit-operator.*9090"),
    ("k8s/tenant/network-policies.yaml", "port: 9872}", "port: 9871}", "aks", r"NetworkPolicy bandit-demo/from-prometheus: opens port 9871"),
    # the files themselves
    ("k8s/demo/traffic/deployment.yaml", "  replicas: 1\n", "  replicas: 1\n  replicas: 2\n", SOURCES, r'deployment\.yaml: .*"replicas" is there twice'),
    ("k8s/tenant/kustomization.yaml", "- limits.yaml\n", "", SOURCES, r"k8s/tenant/limits\.yaml: no kustomization names it"),
    ("k8s/monitoring/standalone/all/prometheus/rules/bandit-router.yml", "- name: bandit-slo-windows\n", "- name: other\n", SOURCES, r"group bandit-slo-windows of slo\.yml is missing"),
    (f"{OWN}/grafana/deployment.yaml", "          - configMap: {name: grafana-bandit-slo}\n", "", SOURCES, r"grafana-bandit-slo is not mounted"),
    (f"{OWN}/alertmanager/alertmanager.yml", 'alertname="BanditJobDown"', 'alertname="BanditTaskDown"', SOURCES, r"inhibit_rules differ"),
    (f"{OWN}/prometheus/prometheus.yml", "job_name: traffic-generator", "job_name: traffic", SOURCES, r"no job traffic-generator"),
    (f"{OWN}/kustomization.yaml", "newTag: v2.55.1", "newTag: v2.54.0", SOURCES, r"prom/prometheus is v2\.54\.0; services/compose"),
)


def judge(copy, variant, programs, schemas):
    if variant == SOURCES:
        return [fault for rule in source_rules.RULES for fault in rule(copy)]
    schemas.root = copy
    return check.judge(copy, variant, check.VARIANTS[variant], pod_rules.Facts(copy, programs), schemas, set())[1]


def copy_to(folder):
    for part in COPIED:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part)
        elif (ROOT / part).exists():
            (folder / part).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / part, folder / part)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path)
    programs = parser.parse_args().bin
    if check.fetch_tools():
        return 1 if os.environ.get("CI") else check.SKIPPED

    schemas, missed, left = Schemas(ROOT, check.TOOLS), 0, 0
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(os.path.realpath(folder))
        copy_to(copy)
        for name, old, new, variant, want in CASES:
            if "has no flag" in want and not programs or "listens on" in want and not programs or not all(
                    schemas.has(g) for g in ("monitoring.coreos.com", "networking.istio.io", "gateway.envoyproxy.io")):
                left += 1
                continue
            path = copy / name
            text = path.read_text(encoding="utf-8")
            if old not in text:
                print(f'{name}: there is no "{old}" to break')
                missed += 1
                continue
            path.write_text(text.replace(old, new, 1), encoding="utf-8")
            faults = judge(copy, variant, programs, schemas)
            path.write_text(text, encoding="utf-8")
            if not any(re.search(want, fault, re.S) for fault in faults):
                print(f'{name}: with "{new.strip()}" for "{old.strip()}" nobody said {want}; they said {faults[:3]}')
                missed += 1
        if not missed and [f for v in (SOURCES, "base") for f in judge(copy, v, programs, schemas)]:
            print("the copy is not whole again")
            missed += 1
    print(f"{len(CASES) - missed - left} of {len(CASES)} faults were found" + (f", {left} not tried for want of programs or schemas" if left else ""))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
