#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Does a real API server judge tests/data/routes as the C code does, and show the objects as people expect?

Usage: route_apiserver.py DESCRIBE_ROUTE

Loads our CRD and sends every object with dryRun=All. That the server takes the CRD says that the cost of each CEL rule is
bounded; the largest object there can be says that what is allowed also passes. Exits with 77 (skipped) where there is no
real API server.
"""
import json
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import real_apiserver  # noqa: E402

DESCRIBE = sys.argv.pop(1)
GROUP = "/apis/bandit-router.dev/v1alpha1"
COLLECTION = GROUP + "/namespaces/default/banditroutes"
CRD = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/banditroutes.bandit-router.dev"

# What we settle from other fields, and the server cannot.
SETTLED = {"spec.baseline", "spec.guardrails.maxEjected", "spec.targetRef.group"}

COLUMNS = ["Name", "Ready", "Leader", "Weight", "Reward", "Mode", "Reason", "Verdict", "Weights", "Target", "Age"]
WIDE = {"Verdict", "Weights", "Target"}


def described(what):
    return json.loads(subprocess.run([DESCRIBE, what], check=True, capture_output=True).stdout)


def differences(path, ours, theirs):
    """Where the spec in force differs from what the server made of the object."""
    if isinstance(theirs, dict):
        for key, value in theirs.items():
            if f"{path}.{key}" not in SETTLED:
                yield from differences(f"{path}.{key}", ours.get(key), value)
    elif isinstance(theirs, list):
        for i, value in enumerate(theirs):
            yield from differences(f"{path}[{i}]", ours[i], value)
    elif ours != theirs:
        yield f"{path}: we have {ours}, the server {theirs}"


def judge(case, status, answer):
    """What is wrong with the server's answer to the case, if anything."""
    why = answer.get("message", "")
    if "error" not in case:
        return [] if status == 201 else [f"taken in C, refused by the server: {why}"]
    if "server" in case:
        return [] if "prunes" not in case["server"] or status == 201 else [f"not pruned: {why}"]
    if status != 422:
        return [f"refused in C ({case['refused']}), answered with {status} by the server"]
    return []


def largest():
    """As much of everything as the schema allows."""
    arms = [f"{'a' * 61}{i:02}" for i in range(16)]
    return {"apiVersion": "bandit-router.dev/v1alpha1", "kind": "BanditRoute", "metadata": {"name": "x" * 253},
            "spec": {"arms": [{"name": arm, "backend": {"service": arm, "port": 65535}} for arm in arms],
                     "baseline": arms[-1], "targetRef": {"kind": "HTTPRoute", "name": "y" * 253},
                     "pin": {"weights": {arm: 1000 for arm in arms}, "until": "2030-01-01T00:00:00Z"},
                     "reward": {"objectives": [{"name": f"{'o' * 62}{i}", "weight": 1000, "min": 1} for i in range(8)]},
                     "policy": {"type": "Softmax"}, "guardrails": {"minWeight": 0.0625, "maxEjected": 15}}}


class ApiServerTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(real_apiserver.RealApiServer())
        cls.server.define(described("crd-json"))

    def test_it_judges_as_we_do(self):
        faults, cases = [], described("cases")
        for case in cases:
            body = json.loads(json.dumps(case["object"]))
            body["metadata"] = {"name": "digits"}
            body.pop("status", None)
            status, answer = self.server.call("POST", f"{COLLECTION}?dryRun=All", body)
            faults += [f"{case['case']}: {fault}" for fault in judge(case, status, answer)]
            if case["case"] == "the smallest object has every default" and status == 201:
                faults += differences("spec", case["in_force"], answer["spec"])
        print(f"    {len(cases)} objects")
        self.assertEqual(faults, [])

    def test_the_crd_is_sound(self):
        conditions = {c["type"]: c["status"] for c in self.server.ask("GET", CRD)["status"]["conditions"]}
        self.assertEqual(conditions, {"Established": "True", "NamesAccepted": "True"})

    def test_the_largest_object_passes(self):
        code, answer = self.server.call("POST", f"{COLLECTION}?dryRun=All", largest())
        self.assertEqual(code, 201, answer)
        for spoil, where in ((lambda s: s["arms"].append(dict(s["arms"][0], name="one-more")), "spec.arms"),
                             (lambda s: s["pin"]["weights"].update({"one-more": 1}), "spec.pin.weights"),
                             (lambda s: s["reward"]["objectives"].append({"name": "one-more"}), "objectives"),
                             (lambda s: s["arms"][0].update(name="a" * 64), "spec.arms[0].name")):
            body = largest()
            spoil(body["spec"])
            code, answer = self.server.call("POST", f"{COLLECTION}?dryRun=All", body)
            self.assertEqual(code, 422, where)
            self.assertIn(where, answer["message"])

    def test_the_target_stays(self):
        """Else the former one would keep its last weights, and nobody would tell it what onDelete asks for."""
        body = largest()
        body["metadata"]["name"] = "fixed"
        body["spec"]["targetRef"]["name"] = "one"
        self.assertEqual(self.server.call("POST", COLLECTION, body)[0], 201)
        template = {"gateway": {"name": "gateway"}}
        for change, where in (({"kind": "VirtualService"}, "spec.targetRef.kind"), ({"name": "two"}, "spec.targetRef.name"),
                              ({"template": template}, "spec.targetRef.template"), ({"rule": "predict"}, None)):
            code, answer = self.server.call("PATCH", f"{COLLECTION}/fixed?dryRun=All", {"spec": {"targetRef": change}},
                                            "application/merge-patch+json")
            if where:
                self.assertEqual((code, answer.get("reason")), (422, "Invalid"), change)
                self.assertIn(f"{where}: Invalid value: cannot be changed", " ".join(
                    f'{c.get("field")}: {c.get("message")}' for c in answer["details"]["causes"]))
            else:
                self.assertEqual(code, 200, change)
        body["metadata"]["name"], body["spec"]["targetRef"]["template"] = "made", template
        self.assertEqual(self.server.call("POST", COLLECTION, body)[0], 201)
        for change, code in (({"template": None}, 422), ({"template": {"hostname": "models.example.com"}}, 200)):
            self.assertEqual(self.server.call("PATCH", f"{COLLECTION}/made?dryRun=All", {"spec": {"targetRef": change}},
                                              "application/merge-patch+json")[0], code, change)
        for name in ("fixed", "made"):
            self.server.ask("DELETE", f"{COLLECTION}/{name}")

    def test_it_is_found_by_its_short_name_and_category(self):
        found = {r["name"]: r for r in self.server.ask("GET", GROUP)["resources"]}
        self.assertEqual(set(found), {"banditroutes", "banditroutes/status"})  # nothing here has replicas: no scale
        self.assertEqual(found["banditroutes"]["shortNames"], ["br"])
        self.assertEqual(found["banditroutes"]["categories"], ["bandit"])
        self.assertEqual(found["banditroutes"]["singularName"], "banditroute")

    def test_conditions_are_as_kubernetes_wants_them(self):
        body = largest()
        body["metadata"]["name"] = "judged"
        made = self.server.call("POST", COLLECTION, body)[1]
        whole = {"type": "Ready", "status": "False", "reason": "ReasonOfALaterVersion", "message": "",
                 "lastTransitionTime": "2026-01-01T00:00:00Z"}
        cases = [(whole, 200), (dict(whole, status="true"), 422), (dict(whole, reason=""), 422),
                 (dict(whole, reason="two words"), 422), (dict(whole, lastTransitionTime="now"), 422)]
        cases += [({k: v for k, v in whole.items() if k != field}, 422) for field in whole]
        for condition, code in cases:
            made["status"] = {"verdict": "VerdictOfALaterVersion", "conditions": [condition]}
            self.assertEqual(self.server.call("PUT", f"{COLLECTION}/judged/status?dryRun=All", made)[0], code, condition)
        self.server.ask("DELETE", f"{COLLECTION}/judged")

    def test_columns_show_what_was_decided(self):
        body = largest()
        body["metadata"]["name"] = "shown"
        status, made = self.server.call("POST", COLLECTION, body)
        self.assertEqual(status, 201, made)
        made["status"] = {"leader": "svm", "verdict": "Kept", "reason": "BestArm",
                          "summary": {"weight": "86.7%", "reward": "0.9512", "weights": "svm=86.7% lr=13.3%"},
                          "conditions": [{"type": "Ready", "status": "True", "reason": "BestArm", "message": "",
                                          "lastTransitionTime": "2026-01-01T00:00:00Z", "observedGeneration": 1}]}
        self.assertEqual(self.server.call("PUT", f"{COLLECTION}/shown/status", made)[0], 200)
        table = self.server.call("GET", COLLECTION, accept="application/json;as=Table;v=v1;g=meta.k8s.io")[1]
        columns = table["columnDefinitions"]
        self.assertEqual([c["name"] for c in columns], COLUMNS)
        self.assertEqual({c["name"] for c in columns if c["priority"]}, WIDE)
        row = dict(zip(COLUMNS, table["rows"][0]["cells"]))
        self.assertRegex(row.pop("Age"), r"^\d+s$")
        self.assertEqual(row, {"Name": "shown", "Ready": "True", "Leader": "svm", "Weight": "86.7%",
                               "Reward": "0.9512", "Mode": "Active", "Reason": "BestArm", "Verdict": "Kept",
                               "Weights": "svm=86.7% lr=13.3%", "Target": "y" * 253})
        generation = self.server.ask("GET", f"{COLLECTION}/shown")["metadata"]["generation"]
        self.assertEqual(generation, 1)  # a status is no change of the spec


if __name__ == "__main__":
    missing = real_apiserver.why_not()
    if missing:
        print("skipped: " + missing)
        sys.exit(77)
    unittest.main(verbosity=2)
