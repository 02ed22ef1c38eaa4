# SPDX-License-Identifier: Apache-2.0
"""A cluster in small, for tests: a real API server with BanditRoutes, HTTPRoutes of users who wrote more in them than
weights, a gateway that takes them up, Prometheus, and operators, each with a name of its own in the audit log."""
import datetime
import os
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fake_prometheus import Arm, FakePrometheus  # noqa: E402
from kube_world import ARMS, GROUP, PLURAL, Program, route  # noqa: E402
from mesh_world import httproute, slice_of, weights_of, without_weights  # noqa: E402
from wait import wait_for  # noqa: E402
from real_apiserver import (ENDPOINTS_CRD, EVENT_CRD, LEASE_CRD, ROOT, RealApiServer, crds_of)  # noqa: E402

ROUTES = f"/apis/{GROUP}/v1alpha1/namespaces/default/{PLURAL}"
HTTPROUTES = "/apis/gateway.networking.k8s.io/v1/namespaces/default/httproutes"
SLICES = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"
LEASE = "/apis/coordination.k8s.io/v1/namespaces/default/leases/bandit-operator"
AUDITED = ((GROUP, PLURAL), ("gateway.networking.k8s.io", "httproutes"), ("coordination.k8s.io", "leases"))
GATEWAY = "example.com/gateway"


def rest_of(http):
    """All that is the user's, as bytes."""
    return without_weights({key: value for key, value in http.items() if key != "status"})


def fault_of(status, weights):
    """What of a route's status does not fit the weights of its HTTPRoute, or is not well; or None."""
    conditions = {c["type"]: c["status"] for c in status.get("conditions", [])}
    if not status.get("decisions"):
        return "not decided"
    if any(abs(weights[a["name"]] / sum(weights.values()) - a["weight"]["desired"]) > 0.0011 for a in status["arms"]):
        return f"{weights} is not {[a['weight'] for a in status['arms']]}"
    if [conditions.get(c) for c in ("Ready", "MetricsAvailable", "RouteProgrammed")] != ["True"] * 3:
        return f"{status['conditions']}"
    return None


def keep_faults(found, fault_now):
    """Of the routes in found, those stay of which there is a fault now."""
    for name in list(found):
        found[name] = fault_now(name)
        if not found[name]:
            del found[name]


class Gateway:
    """Says of every generation of every HTTPRoute that it is in force, and looks at each as it does."""

    def __init__(self, server):
        self.server, self.wrong, self.versions = server, [], 0
        self.rests, self.weights = {}, {}

    def begin(self):
        listed = self.server.ask("GET", HTTPROUTES)
        for item in listed["items"]:
            self.rests[item["metadata"]["name"]] = rest_of(item)
            self.weights[item["metadata"]["name"]] = weights_of(item)
            self.take_up(item)
        self.thread = self.server.watch(HTTPROUTES, listed["metadata"]["resourceVersion"], self.look)

    def look(self, event):
        if event["type"] != "MODIFIED":
            return
        item = event["object"]
        name, weights = item["metadata"]["name"], weights_of(item)
        self.versions += 1
        self.weights[name] = weights
        if name in self.rests and rest_of(item) != self.rests[name]:
            self.wrong.append(f"{name}: more than weights: {rest_of(item)}")
        if min(weights.values()) < 0 or sum(weights.values()) not in (len(ARMS), 1000):
            self.wrong.append(f"{name}: {weights}")
        self.take_up(item)

    def take_up(self, item):
        meta = item["metadata"]
        parents = (item.get("status") or {}).get("parents") or [{"conditions": []}]
        if any(c["observedGeneration"] == meta["generation"] for c in parents[0]["conditions"]):
            return
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        body = {"status": {"parents": [{
            "parentRef": item["spec"]["parentRefs"][0], "controllerName": GATEWAY,
            "conditions": [{"type": kind, "status": "True", "reason": kind, "message": "",
                            "lastTransitionTime": now, "observedGeneration": meta["generation"]}
                           for kind in ("Accepted", "ResolvedRefs")]}]}}
        code = 409
        while code == 409:  # the server itself gives up on a patch when others write all the time
            code, answer = self.server.call("PATCH", f"{HTTPROUTES}/{meta['name']}/status", body,
                                            "application/merge-patch+json")
        if code not in (200, 404):
            self.wrong.append(f"{meta['name']}: the gateway's status is refused: {answer}")


class GatewayWorld:
    def __init__(self, operator, count, interval, flags=()):
        self.operator, self.names = operator, [f"r{i:04}" for i in range(count)]
        self.interval, self.flags = interval, list(flags)
        self.prometheus = FakePrometheus()
        self.programs, self.started = [], 0
        self.statuses = {}

    def __enter__(self):
        self.dir = tempfile.TemporaryDirectory()
        self.server = RealApiServer(audited=AUDITED).__enter__()
        try:
            self.fill()
        except BaseException:
            self.__exit__(True, None, None)
            raise
        return self

    def __exit__(self, *exit_args):
        for program in self.programs:
            program.__exit__(*exit_args)
        self.server.__exit__(*exit_args)
        self.prometheus.stop()
        self.dir.cleanup()

    def fill(self):
        with open(os.path.join(ROOT, "k8s", "base", "crd", "banditroutes.yaml"), "rb") as f:
            self.server.define(f.read())
        for crd in [LEASE_CRD, EVENT_CRD, ENDPOINTS_CRD, *crds_of("httproutes.yaml")]:
            self.server.define(crd)
        for arm in ARMS:
            self.create(SLICES, slice_of(arm))
        for name in self.names:
            self.create(HTTPROUTES, httproute(name))
            self.create(ROUTES, route(name, interval=f"{self.interval}s", guardrails={"maxStepUp": 1},
                                      targetRef={"kind": "HTTPRoute", "name": name}))
        self.gateway = Gateway(self.server)
        self.gateway.begin()
        self.reward(0)

    def create(self, path, body):
        code, answer = self.server.call("POST", path, body)
        assert code == 201, answer

    def reward(self, turn):
        """Another arm is the best one with each turn, and another one from route to route."""
        with self.prometheus.lock:
            for i, name in enumerate(self.names):
                self.prometheus.routes[("default", name)] = {
                    arm: Arm(success=(960 if (i + turn + k) % len(ARMS) == 0 else 700 + (7 * i + 3 * turn) % 50, 1000))
                    for k, arm in enumerate(ARMS)}

    def start(self, *more):
        """An operator whose requests bear a name that no other one had."""
        user = f"operator-{self.started}"
        self.started += 1
        config = self.server.kubeconfig(os.path.join(self.dir.name, user), user)
        program = Program(self.operator, "--kubeconfig", config, "--prometheus.url", self.prometheus.url,
                          *self.flags, *more)
        program.user = user
        self.programs.append(program)
        return program

    # ---- looking -------------------------------------------------------------------

    def listed(self, path):
        return {item["metadata"]["name"]: item for item in self.server.ask("GET", path)["items"]}

    def faults(self):
        """What is not as it should be at this moment, by route."""
        routes, https = self.listed(ROUTES), self.listed(HTTPROUTES)
        found = {}
        for name in self.names:
            status = routes[name].get("status") or {}
            fault = fault_of(status, weights_of(https[name]))
            if not fault and status["observedGeneration"] != routes[name]["metadata"]["generation"]:
                fault = "another generation"
            if fault:
                found[name] = fault
        return found

    # What follows looks into the audit log and at what the gateway is told: listing a fleet again and again would cost
    # the server, on a machine that is shared with those who are measured, more than they do.

    def new_statuses(self):
        """(wall time, operator, route) of each status that was written since the last call."""
        for event in self.server.new_audit():
            about, user = event["objectRef"], event["user"]["username"]
            if (about["resource"] == PLURAL and about.get("subresource") == "status"
                    and event["responseStatus"]["code"] < 300 and user.startswith("operator-")):
                self.statuses[about["name"]] = event["requestObject"]["status"]
                at = datetime.datetime.fromisoformat(event["stageTimestamp"].replace("Z", "+00:00"))
                yield at.timestamp(), user, about["name"]

    def decided(self, since, seconds, but_not_by=""):
        """How long after that moment (wall clock) the first status of a route was written, and how long until those of
        all were."""
        missing, first, last = set(self.names), None, None

        def all_written():
            nonlocal first, last
            time.sleep(0.2)
            for at, user, name in self.new_statuses():
                if name in missing and at > since and user != but_not_by:
                    missing.remove(name)
                    first, last = first or at - since, at - since
            return not missing
        wait_for("a status of every route", all_written, seconds, lambda: f"{len(missing)} without")
        return first, last

    def right(self, since, seconds):
        """How long after that moment weights, statuses and conditions of every route had been seen to be right: of each
        at a moment of its own, for weights that still move are a little ahead of what is said of them."""
        found = dict.fromkeys(self.names)

        def settled():
            time.sleep(0.2)
            list(self.new_statuses())
            keep_faults(found, lambda name: fault_of(self.statuses.get(name, {}), self.gateway.weights[name]))
            return not found and time.time() - since
        took = wait_for("weights, statuses and conditions", settled, seconds,
                        lambda: f"{len(found)} of {len(self.names)} routes, {list(found.items())[:3]}")
        found.update(dict.fromkeys(self.names))

        def said_by_the_server():
            time.sleep(0.5)
            keep_faults(found, self.faults().get)
            return not found
        wait_for("the server to say so, too", said_by_the_server, seconds,
                 lambda: f"{len(found)} of {len(self.names)} routes, {list(found.items())[:3]}")
        return took

    def writers(self):
        """(writes, faults, writers): every write to a route or an HTTPRoute has to come from whoever got the lease
        last."""
        holder, writes, wrong, writers = None, 0, [], set()
        for event in self.server.audit():
            user = event["user"]["username"]
            if not user.startswith("operator-") or event["responseStatus"]["code"] >= 300:
                continue
            if event["objectRef"]["resource"] == "leases":
                named = event.get("requestObject", {}).get("spec", {}).get("holderIdentity")
                holder = user if named else None
                continue
            writes += 1
            writers.add(user)
            if user != holder:
                wrong.append(f"{event['requestReceivedTimestamp']}: {user} wrote {event['objectRef']} while "
                             f"{holder} held the lease")
        return writes, wrong, writers
