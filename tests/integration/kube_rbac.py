#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The roles in k8s/base against the calls that the programs make, over an API server that refuses whatever the roles do
not grant: nothing is missing, and nothing is granted that is not used.

Usage: kube_rbac.py PATH-OF-bandit-exporter PATH-OF-bandit-operator
"""
import os
import sys
import unittest

import yaml

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from mesh_world import ARMS, FakeMesh, httproute, route, slice_of, virtualservice, wait_for  # noqa: E402
from kube_world import GROUP, PLURAL, Program  # noqa: E402

OPERATOR, EXPORTER = sys.argv.pop(2), sys.argv.pop(1)
BASE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "k8s", "base")
ELECT = ["--leader-elect", "--leader-elect.namespace", "bandit-system", "--leader-elect.lease-duration", "8s",
         "--leader-elect.renew-deadline", "6s", "--leader-elect.retry-period", "400ms"]


def of_namespace(name):
    return ["--namespace", name] if name else []


class Roles:
    """What the documents of a file grant, piece by piece: (group, resource, verb, names)."""

    def __init__(self, program, namespace=None):
        """namespace: where components/one-namespace binds the ClusterRole, and nowhere else."""
        self.grants, self.used, self.refused = {}, set(), []
        with open(os.path.join(BASE, program, "rbac.yaml"), encoding="utf-8") as f:
            documents = [d for d in yaml.safe_load_all(f) if d]
        roles = {(d["kind"], d["metadata"]["name"]): d for d in documents}
        for binding in documents:
            if not binding["kind"].endswith("Binding"):
                continue
            ref = binding["roleRef"]
            # The namespace of a Role is the one that kustomize puts everything into.
            where = "bandit-system" if ref["kind"] == "Role" else namespace
            for rule in roles[(ref["kind"], ref["name"])]["rules"]:
                for group in rule["apiGroups"]:
                    for resource in rule["resources"]:
                        for verb in rule["verbs"]:
                            key = (group, resource, verb, where)
                            assert key not in self.grants, f"granted twice: {key}"
                            self.grants[key] = rule.get("resourceNames")

    def allow(self, note):
        resource = note["plural"] + (f"/{note['sub']}" if note["sub"] else "")
        for where in {None, note["namespace"]}:
            key = (note["group"], resource, note["verb"], where)
            names = self.grants.get(key, ())
            if names is None or note["name"] in names:
                self.used.add(key)
                return True
        self.refused.append((note["group"], resource, note["verb"], note["namespace"], note["name"]))
        return False


class RbacTest(unittest.TestCase):
    def setUp(self):
        self.world = FakeMesh(OPERATOR)
        self.addCleanup(self.world.close)
        self.store = self.world.store

    def guard(self, program, namespace=None):
        """From now on roles hold for all but the tests' own requests, which say that they are Python."""
        roles = Roles(program, namespace)
        self.world.server.allow = lambda note: (note["agent"] or "").startswith("Python") or roles.allow(note)
        return roles

    def judge(self, roles):
        self.assertEqual(roles.refused, [])
        self.assertEqual(set(roles.grants) - roles.used, set(), "granted, and never used")

    def test_the_exporter(self):
        self.exporter_keeps_to_its_role()

    def test_the_exporter_of_one_namespace(self):
        self.exporter_keeps_to_its_role("default")

    def exporter_keeps_to_its_role(self, namespace=None):
        self.world.put(route())
        roles = self.guard("exporter", namespace)
        with Program(EXPORTER, "--kubeconfig", self.world.config, *of_namespace(namespace)) as p:
            wait_for("the exporter to be ready", lambda: p.get("/readyz"))
            self.world.put(route("new"))
            wait_for("the new one", lambda: len(p.routes()) == 2)
        self.judge(roles)

    def test_the_operator(self):
        self.operator_keeps_to_its_role()

    def test_the_operator_of_one_namespace(self):
        self.operator_keeps_to_its_role("default")

    def operator_keeps_to_its_role(self, namespace=None):
        w = self.world
        for arm in ARMS:
            w.put(slice_of(arm))
        for kind, make in (("HTTPRoute", httproute), ("VirtualService", virtualservice)):
            name = kind.lower()
            w.put(make(name))
            w.set_rewards(name, lr=0.8, svm=0.95, rf=0.7)
            w.put(route(name, targetRef={"kind": kind, "name": name}))
        w.put(route("missing", targetRef={"kind": "HTTPRoute", "name": "missing"}))  # an Event each time: a series
        roles = self.guard("operator", namespace)
        for plural in ("httproutes", "virtualservices"):  # a patch that was overtaken: it is read anew
            self.store.fault(verb="patch", plural=plural, status=422, reason="Invalid")
        w.start(*ELECT, *of_namespace(namespace))
        for kind in ("HTTPRoute", "VirtualService"):
            wait_for(f"weights of the {kind}", lambda: (lambda t: t["svm"] > 0.7 * sum(t.values()))(
                w.weights(kind, kind.lower())))  # noqa: B023
            name = "made-" + kind.lower()
            w.put(route(name, targetRef={"kind": kind, "name": name, "template": {"gateway": {"name": "gateway"}}}))
            wait_for(f"a {kind} made from a template", lambda: w.get(kind, name))  # noqa: B023
        w.delete("BanditRoute", "httproute")
        wait_for("it to be gone", lambda: w.get("BanditRoute", "httproute") is None)
        wait_for("a renewal", lambda: len(self.store.requests(verb="update", plural="leases", code=200)) > 2)
        wait_for("a series of Events", lambda: self.store.requests(verb="patch", plural="events"))
        self.assertEqual(w.program.stop()[0], 0)
        self.judge(roles)

    def test_a_role_that_lacks_something_is_noticed(self):
        """The test of the test: without each one of its grants, the exporter is refused something."""
        for lost in Roles("exporter").grants:
            roles = self.guard("exporter")
            del roles.grants[lost]
            with Program(EXPORTER, "--kubeconfig", self.world.config):
                wait_for("a refusal", lambda: roles.refused)  # noqa: B023
            self.assertEqual(roles.refused[0][:3], lost[:3])
        self.assertIn((GROUP, PLURAL, "list", None), Roles("exporter").grants)


if __name__ == "__main__":
    unittest.main(verbosity=2)
