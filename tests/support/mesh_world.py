# SPDX-License-Identifier: Apache-2.0
"""Objects that split traffic, as users write them, and an operator that sets their weights,
over a fake or a real API server."""
import copy
import json
import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import real_apiserver  # noqa: E402
from fake_apiserver import FakeApiServer  # noqa: E402
from fake_prometheus import Arm, FakePrometheus  # noqa: E402
from kube_world import ARMS, GROUP, PLURAL, Program, route, wait_for  # noqa: E402,F401

GATEWAY, ISTIO, DISCOVERY = "gateway.networking.k8s.io", "networking.istio.io", "discovery.k8s.io"
PATHS = {"BanditRoute": (GROUP, "v1alpha1", PLURAL), "HTTPRoute": (GATEWAY, "v1", "httproutes"),
         "VirtualService": (ISTIO, "v1", "virtualservices"), "EndpointSlice": (DISCOVERY, "v1", "endpointslices"),
         "Event": ("events.k8s.io", "v1", "events")}

FINALIZERS_OFF = {"metadata": {"finalizers": None}}
JSON_PATCH, MERGE_PATCH = "application/json-patch+json", "application/merge-patch+json"


def path_of(kind, name=None, namespace="default", version=None):
    group, newest, plural = PATHS[kind]
    return f"/apis/{group}/{version or newest}/namespaces/{namespace}/{plural}" + (f"/{name}" if name else "")


def httproute(name="digits", namespace="default", weights=(1, 1, 1), arms=ARMS):
    """One that uses what the API has: nothing of it is the operator's business but three weights."""
    split = {"name": "predict",
             "matches": [{"path": {"type": "PathPrefix", "value": "/predict"}, "method": "POST",
                          "headers": [{"type": "Exact", "name": "x-tenant", "value": "a/b~c \"d\" é"}]},
                         {"path": {"type": "RegularExpression", "value": "^/v2/models/.*$"}}],
             "filters": [{"type": "RequestHeaderModifier",
                          "requestHeaderModifier": {"set": [{"name": "x-route", "value": name}]}}],
             "timeouts": {"request": "10s", "backendRequest": "2s"},
             "backendRefs": [{"name": arm, "port": 80, "weight": weight,
                              "filters": [{"type": "ResponseHeaderModifier", "responseHeaderModifier": {
                                  "add": [{"name": "x-arm", "value": arm}]}}]}
                             for arm, weight in zip(arms, weights)]}
    pinned = {"name": "one-arm", "matches": [{"path": {"type": "Exact", "value": "/svm"}}],
              "backendRefs": [{"name": "svm", "port": 80, "weight": 7}]}
    return {"apiVersion": f"{GATEWAY}/v1", "kind": "HTTPRoute",
            "metadata": {"name": name, "namespace": namespace, "labels": {"team": "fraud"},
                         "annotations": {"example.com/note": "do not touch"}},
            "spec": {"parentRefs": [{"name": "gateway", "sectionName": "http"}], "hostnames": ["models.example.com"],
                     "rules": [pinned, split]}}


def virtualservice(name="digits", namespace="default", weights=(34, 33, 33), hosts=ARMS, subsets=(None,) * 3):
    def destination(host, subset, weight):
        d = {"host": host}
        if subset:
            d["subset"] = subset
        return {"destination": d, "weight": weight, "headers": {"response": {"add": {"x-arm": host}}}}
    return {"apiVersion": f"{ISTIO}/v1", "kind": "VirtualService", "metadata": {"name": name, "namespace": namespace},
            "spec": {"hosts": ["models.example.com"], "gateways": ["gateway"],
                     "http": [{"name": "svm-only", "match": [{"uri": {"exact": "/svm"}}],
                               "route": [{"destination": {"host": "svm"}}]},
                              {"name": "predict", "match": [{"uri": {"prefix": "/predict"}}],
                               "retries": {"attempts": 2, "perTryTimeout": "1s"}, "timeout": "5s",
                               "route": [destination(*x) for x in zip(hosts, subsets, weights)]}]}}


def slice_of(service, ready=(True,), namespace="default", suffix="x1", **conditions):
    """ready: of each endpoint; None is not stated."""
    endpoints = [{"addresses": [f"10.0.0.{i + 1}"],
                  "conditions": dict({} if r is None else {"ready": r}, **conditions)} for i, r in enumerate(ready)]
    return {"apiVersion": f"{DISCOVERY}/v1", "kind": "EndpointSlice", "addressType": "IPv4",
            "metadata": {"name": f"{service}-{suffix}", "namespace": namespace,
                         "labels": {"kubernetes.io/service-name": service}},
            "endpoints": endpoints, "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}]}


def backends(tree, rule=1):
    """The weighted things of a rule, whatever the kind."""
    spec = tree["spec"]
    return spec["rules"][rule]["backendRefs"] if "rules" in spec else spec["http"][rule]["route"]


def weights_of(tree, rule=1):
    def name(b):
        return b.get("name") or b["destination"].get("subset") or b["destination"]["host"].split(".")[0]
    return {name(b): b.get("weight") for b in backends(tree, rule)}


def without_weights(tree, rule=1):
    """All that is the user's, as bytes."""
    mine = copy.deepcopy(tree)
    for b in backends(mine, rule):
        b.pop("weight", None)
    meta = mine["metadata"]
    for key in ("resourceVersion", "generation", "managedFields"):
        meta.pop(key, None)
    return json.dumps(mine, ensure_ascii=False).encode()


class MeshWorld:
    """An API server, a Prometheus, and the operator. `server` has call(method, path, body, type)."""

    def __init__(self, binary, call, config, flags=()):
        self.binary, self.call, self.config, self.flags = binary, call, config, list(flags)
        self.prometheus = FakePrometheus()
        self.program = None

    # ---- the API server ------------------------------------------------------------

    def put(self, body):
        """As a user would: create, or replace what the body has, whatever others write meanwhile."""
        path, mine = path_of(body["kind"], None, body["metadata"]["namespace"]), copy.deepcopy(body)
        for field in ("resourceVersion", "generation", "uid", "creationTimestamp", "managedFields"):
            mine["metadata"].pop(field, None)
        code, answer = self.call("POST", path, mine)
        while code == 409:
            found, old = self.call("GET", f"{path}/{body['metadata']['name']}")
            if found == 404:  # gone meanwhile
                code, answer = self.call("POST", path, mine)
                continue
            merged = dict(mine, metadata=dict(old["metadata"], **mine["metadata"]))
            code, answer = self.call("PUT", f"{path}/{body['metadata']['name']}", merged)
        assert code in (200, 201), answer
        return answer

    def get(self, kind, name="digits", namespace="default"):
        code, answer = self.call("GET", path_of(kind, name, namespace))
        return answer if code == 200 else None

    def listed(self, kind):
        return self.call("GET", path_of(kind))[1]["items"]

    def delete(self, kind, name="digits", namespace="default"):
        self.call("DELETE", path_of(kind, name, namespace))

    def patch(self, kind, operations, name="digits"):
        code, answer = self.call("PATCH", path_of(kind, name), operations, JSON_PATCH)
        assert code == 200, answer
        return answer

    def weights(self, kind, name="digits", rule=1):
        tree = self.get(kind, name)
        return weights_of(tree, rule) if tree else None

    def status(self, name="digits"):
        return (self.get("BanditRoute", name) or {}).get("status") or {}

    def condition(self, which="RouteProgrammed", name="digits"):
        for c in self.status(name).get("conditions", []):
            if c["type"] == which:
                return c
        return {}

    def judge(self, name="digits", accepted="True", resolved="True", reason=None, generation=None):
        """What a gateway would write."""
        tree = self.get("HTTPRoute", name)
        now = "2026-01-01T00:00:00Z"

        def condition(which, status, why):
            return {"type": which, "status": status, "reason": why, "message": f"{which} is {status}",
                    "lastTransitionTime": now, "observedGeneration": generation or tree["metadata"]["generation"]}
        parents = [{"parentRef": tree["spec"]["parentRefs"][0], "controllerName": "example.com/gateway",
                    "conditions": [condition("Accepted", accepted, "Accepted" if accepted == "True" else
                                             reason or "NoMatchingParent"),
                                   condition("ResolvedRefs", resolved, "ResolvedRefs" if resolved == "True" else
                                             reason or "BackendNotFound")]}]
        code, answer = self.call("PATCH", path_of("HTTPRoute", name) + "/status", {"status": {"parents": parents}},
                                 MERGE_PATCH)
        assert code == 200, answer

    # ---- Prometheus ----------------------------------------------------------------

    def set_rewards(self, name="digits", **success):
        with self.prometheus.lock:
            self.prometheus.routes[("default", name)] = {
                arm: Arm(success=(1000 * share, 1000)) for arm, share in success.items()}

    # ---- the operator --------------------------------------------------------------

    def start(self, *flags):
        self.program = Program(self.binary, "--kubeconfig", self.config, "--prometheus.url", self.prometheus.url,
                               *self.flags, *flags)
        return self.program

    def stop(self):
        if self.program:
            self.program.__exit__(None, None, None)
            self.program = None

    def close(self):
        try:
            self.stop()
        finally:
            self.prometheus.stop()


class FakeMesh(MeshWorld):
    def __init__(self, binary, flags=()):
        self.server = FakeApiServer()
        self.store = self.server.store
        self.dir = tempfile.TemporaryDirectory()

        def call(method, path, body=None, content_type="application/json"):
            return real_apiserver.call(self.server.url, method, path, body, content_type)
        super().__init__(binary, call, self.server.kubeconfig(os.path.join(self.dir.name, "config")), flags)

    def close(self):
        try:
            super().close()
        finally:
            self.server.stop()
            self.dir.cleanup()


class RealMesh(MeshWorld):
    """Over a RealApiServer that define_kinds() has prepared; leaves it empty."""

    def __init__(self, binary, server, flags=()):
        self.dir = tempfile.TemporaryDirectory()
        super().__init__(binary, server.call, server.kubeconfig(os.path.join(self.dir.name, "config")), flags)

    @staticmethod
    def define_kinds(server):
        with open(os.path.join(real_apiserver.ROOT, "k8s", "base", "crd", "banditroutes.yaml"), "rb") as f:
            server.define(f.read())
        server.define(real_apiserver.EVENT_CRD)
        server.define(real_apiserver.ENDPOINTS_CRD)
        for name, kind in ("httproutes.yaml", b"kind: HTTPRoute\n"), ("istio.yaml", b"kind: VirtualService\n"):
            for crd in real_apiserver.crds_of(name):
                if kind in crd:
                    server.define(crd)

    def close(self):
        try:
            super().close()
        finally:
            for tree in self.listed("BanditRoute"):  # whose operator is gone
                self.call("PATCH", path_of("BanditRoute", tree["metadata"]["name"]), FINALIZERS_OFF, MERGE_PATCH)
            for kind in PATHS:
                self.call("DELETE", path_of(kind))
            wait_for("an empty server", lambda: not any(self.listed(kind) for kind in PATHS))
            self.dir.cleanup()
