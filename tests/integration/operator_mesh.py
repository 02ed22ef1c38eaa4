#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The operator with HTTPRoutes and VirtualServices as data planes: over an API server that
does as scripts say, and the same over a real one with the real CRDs of the Gateway API and
of Istio (exits with 77, skipped, where there is none).

Usage: operator_mesh.py PATH-OF-bandit-operator fake|real [TEST...]
"""
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import real_apiserver  # noqa: E402
from mesh_world import (ARMS, FakeMesh, RealMesh, httproute, route, slice_of, virtualservice,  # noqa: E402
                        wait_for, without_weights)

BINARY, SERVER = sys.argv.pop(1), sys.argv.pop(1)
TOTAL = {"HTTPRoute": 1000, "VirtualService": 100}
MAKE = {"HTTPRoute": httproute, "VirtualService": virtualservice}
WRITES, ERRORS, REPAIRS = ("bandit_operator_dataplane_writes_total", "bandit_operator_dataplane_errors_total",
                           "bandit_operator_drift_repairs_total")


ALONE = "1h"  # an interval in which no decision comes by itself while a test looks


class Mesh(unittest.TestCase):
    """What tests are made of."""

    def make_world(self):
        raise NotImplementedError

    def setUp(self):
        self.world = self.make_world()
        self.addCleanup(self.world.close)
        for arm in ARMS:
            self.world.put(slice_of(arm))
        for name in ("digits", "httproute", "virtualservice"):
            self.world.set_rewards(name, lr=0.8, svm=0.95, rf=0.7)

    # ---- BanditRoutes --------------------------------------------------------------

    def bandit(self, kind="HTTPRoute", name="digits", rule=None, **spec):
        target = {"kind": kind, "name": name}
        if rule:
            target["rule"] = rule
        self.world.put(route(name, targetRef=target, **spec))

    def pinned(self, kind="HTTPRoute", name="digits", weights=None, **spec):
        """Decides at once, then not before the test is over."""
        self.bandit(kind, name, interval=ALONE, pin={"weights": weights or {"lr": 1, "svm": 2, "rf": 1}}, **spec)

    def has(self, kind, name="digits", rule=1, **weights):
        return self.world.weights(kind, name, rule) == weights

    def wait_for_weights(self, kind, name="digits", rule=1, **weights):
        wait_for(f"the weights {weights}", lambda: self.has(kind, name, rule, **weights),
                 seen=lambda: (self.world.weights(kind, name, rule), self.world.status(name)))

    def wait_for_condition(self, status, reason, which="RouteProgrammed"):
        return wait_for(f"{which} {status} {reason}", lambda: (lambda c: c if (
            c.get("status"), c.get("reason")) == (status, reason) else None)(self.world.condition(which)),
            seen=lambda: self.world.condition(which))

    def obeys(self, kind, leader, name="digits"):
        w = self.world.weights(kind, name)
        return w and sum(w.values()) == TOTAL[kind] and max(w, key=w.get) == leader and w[leader] > TOTAL[kind] * 0.8

    def metric(self, name, **labels):
        return self.world.program.metric(name, **labels)



class Promises(Mesh):
    """What holds over any API server."""

    # ---- weights -------------------------------------------------------------------

    def test_weights_follow_rewards_and_nothing_else_changes(self):
        for kind in MAKE:
            with self.subTest(kind):
                name = kind.lower()
                before = self.world.put(MAKE[kind](name))
                self.bandit(kind, name)
                if not self.world.program:
                    self.world.start()
                wait_for("svm to lead", lambda k=kind, n=name: self.obeys(k, "svm", n))
                after = self.world.get(kind, name)
                self.assertEqual(without_weights(after), without_weights(before))
                wait_for("the write to be counted", lambda k=kind: self.metric(WRITES, kind=k) > 1)
                self.assertEqual(self.metric(ERRORS), 0)
                self.assertEqual(self.metric(REPAIRS), 0)
                for entry in after["metadata"].get("managedFields", []):  # none on a fake server
                    self.assertIn(entry["manager"], ("bandit-operator", "Python-urllib", "Go-http-client", "unknown",
                                                     "test"), entry)

    def test_a_route_named_by_its_rule(self):
        tree = httproute()
        other = dict(tree["spec"]["rules"][1], name="other")
        tree["spec"]["rules"].append(other)
        self.world.put(tree)
        self.pinned(rule="other")
        self.world.start()
        self.wait_for_weights("HTTPRoute", rule=2, lr=250, svm=500, rf=250)
        self.assertTrue(self.has("HTTPRoute", rule=1, lr=1, svm=1, rf=1))

    def test_every_rule_with_all_arms_gets_the_weights(self):
        tree = httproute()
        tree["spec"]["rules"].append(dict(tree["spec"]["rules"][1], name="other", backendRefs=[
            {"name": arm, "port": 80} for arm in reversed(ARMS)]))
        self.world.put(tree)
        self.pinned()
        self.world.start()
        for rule in 1, 2:
            self.wait_for_weights("HTTPRoute", rule=rule, lr=250, svm=500, rf=250)
        self.assertEqual(self.world.weights("HTTPRoute", rule=0), {"svm": 7})

    def test_subsets_of_one_host(self):
        host = "digits.default.svc.cluster.local"
        self.world.put(slice_of("digits"))
        self.world.put(virtualservice(hosts=(host,) * 3, subsets=ARMS))
        arms = [{"name": arm, "backend": {"service": "digits", "subset": arm}} for arm in ARMS]
        self.pinned("VirtualService", arms=arms)
        self.world.start()
        self.wait_for_weights("VirtualService", lr=25, svm=50, rf=25)

    def test_small_weights_stay_above_zero(self):
        self.world.put(virtualservice())
        self.pinned("VirtualService", weights={"lr": 0.001, "svm": 0.998, "rf": 0.001})
        self.world.start()
        self.wait_for_weights("VirtualService", lr=1, svm=98, rf=1)
        self.wait_for_condition("True", "None")  # as near as the data plane can

    # ---- others change things ------------------------------------------------------

    def test_foreign_weights_are_set_right_at_once(self):
        for kind in MAKE:
            with self.subTest(kind):
                name = kind.lower()
                want = {a: w * TOTAL[kind] // 4 for a, w in zip(ARMS, (1, 2, 1))}
                self.world.put(MAKE[kind](name))
                self.pinned(kind, name)
                if not self.world.program:
                    self.world.start()
                self.wait_for_weights(kind, name, **want)
                at = "/spec/rules/1/backendRefs/" if kind == "HTTPRoute" else "/spec/http/1/route/"
                self.world.patch(kind, [{"op": "replace", "path": f"{at}0/weight", "value": TOTAL[kind]},
                                        {"op": "replace", "path": f"{at}1/weight", "value": 0}], name)
                self.wait_for_weights(kind, name, **want)
                wait_for("the repair to be counted", lambda n=name: self.metric(REPAIRS, route=n) == 1)
                wait_for("an Event", lambda n=name: any(
                    e["reason"] == "DriftRepaired" and e["regarding"]["name"] == n for e in self.world.listed("Event")))
                wait_for("the status", lambda n=name: self.world.status(n)["decisions"] == 1,
                         seen=lambda n=name: self.world.status(n))

    # ---- two BanditRoutes, one target ----------------------------------------------

    def copy_of(self, kind="HTTPRoute", rule=None, **weights):
        """Younger than what is there, and before it by name; times are whole seconds."""
        time.sleep(1.1)
        target = {"kind": kind, "name": "digits"}
        if rule:
            target["rule"] = rule
        self.world.put(route("copy", targetRef=target, interval=ALONE, pin={"weights": weights}))

    def test_of_two_routes_with_one_target_the_older_sets_the_weights(self):
        for kind in MAKE:
            with self.subTest(kind):
                self.world.put(MAKE[kind]())
                self.pinned(kind)
                self.copy_of(kind, lr=2, svm=1, rf=1)
                self.world.start()
                unit = TOTAL[kind] // 4
                self.wait_for_weights(kind, lr=unit, svm=2 * unit, rf=unit)
                condition = wait_for("the conflict", lambda: (lambda c: c if c.get("reason") == "TargetConflict" else None)(
                    self.world.condition(name="copy")), seen=lambda: self.world.status("copy"))
                self.assertEqual(condition["status"], "False")
                self.assertIn(f"default/digits sets the weights of {kind} digits", condition["message"])
                self.assertEqual(self.world.condition("Ready", "copy")["reason"], "TargetConflict")
                wait_for("an Event", lambda: any(e["reason"] == "TargetConflict" and e["regarding"]["name"] == "copy"
                                                 for e in self.world.listed("Event")))
                generation = self.world.get(kind)["metadata"]["generation"]
                time.sleep(1)
                self.assertEqual(self.world.get(kind)["metadata"]["generation"], generation)
                self.assertEqual(self.metric(REPAIRS, route="digits"), 0)
                self.world.delete("BanditRoute")  # and the next one takes over
                self.wait_for_weights(kind, lr=2 * unit, svm=unit, rf=unit)
                wait_for("the status", lambda: self.world.condition("Ready", "copy").get("status") == "True")
                self.world.delete("BanditRoute", "copy")
                wait_for("both to be gone", lambda: not self.world.listed("BanditRoute"))
                self.world.stop()

    def test_two_routes_with_a_rule_each(self):
        tree = httproute()
        tree["spec"]["rules"].append(dict(tree["spec"]["rules"][1], name="other"))
        self.world.put(tree)
        self.pinned(rule="predict")
        self.copy_of(rule="other", lr=2, svm=1, rf=1)
        self.world.start()
        self.wait_for_weights("HTTPRoute", rule=1, lr=250, svm=500, rf=250)
        self.wait_for_weights("HTTPRoute", rule=2, lr=500, svm=250, rf=250)

    # ---- arms that live and die ----------------------------------------------------

    def test_an_arm_without_ready_endpoints_loses_its_weight_at_once(self):
        for kind in MAKE:
            with self.subTest(kind):
                name = kind.lower()
                for arm in ARMS:
                    self.world.put(slice_of(arm))
                self.world.put(MAKE[kind](name))
                self.bandit(kind, name, interval=ALONE)
                self.world.start()
                wait_for("a decision", lambda n=name: self.world.status(n).get("decisions"))
                queries = self.world.prometheus.queries
                self.world.put(slice_of("rf", ready=(False, False)))
                wait_for("rf to lose its weight", lambda k=kind, n=name: self.world.weights(k, n)["rf"] == 0)
                self.assertEqual(sum(self.world.weights(kind, name).values()), TOTAL[kind])
                wait_for("the status", lambda n=name: self.world.status(n)["arms"][2]["state"] == "NotReady")
                self.assertEqual(self.world.condition("Degraded", name)["reason"], "ArmNotReady")
                self.assertEqual(self.world.condition("MetricsAvailable", name)["status"], "True")
                self.assertEqual(self.world.status(name)["decisions"], 2)
                self.assertEqual(self.world.prometheus.queries, queries)  # nobody was asked
                self.world.stop()

    def test_at_the_end_a_dead_baseline_is_not_given_all_traffic(self):
        self.world.put(httproute())
        self.bandit(interval=ALONE)
        self.world.start()
        wait_for("a decision", lambda: self.world.status().get("decisions"))
        self.world.put(slice_of("lr", ready=(False,)))  # the baseline
        wait_for("lr to lose its weight", lambda: self.world.weights("HTTPRoute")["lr"] == 0)
        before = self.world.weights("HTTPRoute")
        self.world.delete("BanditRoute")
        wait_for("the route to be gone", lambda: not self.world.get("BanditRoute"))
        self.assertEqual(self.world.weights("HTTPRoute"), before)
        self.assertEqual(sum(before.values()), 1000)
        wait_for("an Event", lambda: any(e["reason"] == "OnDeleteChanged" for e in self.world.listed("Event")))

    def test_what_counts_as_ready(self):
        cases = [("nothing stated", slice_of("rf", ready=(None,)), True),
                 ("one of two", slice_of("rf", ready=(False, True)), True),
                 ("terminating, still serving", slice_of("rf", ready=(False,), serving=True, terminating=True), False),
                 ("no endpoint", slice_of("rf", ready=()), False),
                 ("no slice", None, False)]
        self.world.put(httproute())
        self.bandit()
        self.world.start()
        wait_for("a decision", lambda: self.world.status().get("decisions"))
        for what, tree, ready in cases:
            with self.subTest(what):
                self.world.put(slice_of("rf", ready=(not ready,)))
                wait_for("the opposite", lambda r=ready: (self.world.weights("HTTPRoute")["rf"] > 0) != r)
                if tree:
                    self.world.put(tree)
                else:
                    self.world.delete("EndpointSlice", "rf-x1")
                wait_for(what, lambda r=ready: (self.world.weights("HTTPRoute")["rf"] > 0) == r)
        self.world.put(slice_of("rf", ready=(True,), suffix="x2"))  # another slice of the same service
        wait_for("the second slice to count", lambda: self.world.weights("HTTPRoute")["rf"] > 0)

    def test_nobody_is_ready(self):
        self.world.put(httproute(weights=(250, 500, 250)))
        for arm in ARMS:
            self.world.put(slice_of(arm, ready=(False,)))
        self.bandit()
        self.world.start()
        wait_for("the hold", lambda: self.world.status().get("reason") == "NoEligibleArm")
        self.assertTrue(sum(self.world.weights("HTTPRoute").values()) == 1000)

    # ---- what gateways say ---------------------------------------------------------

    def test_route_programmed_is_what_the_gateway_says(self):
        self.world.put(httproute())
        self.pinned()
        self.world.start()
        self.wait_for_condition("Unknown", "Pending")
        self.world.judge()
        self.wait_for_condition("True", "None")
        self.world.judge(accepted="False", reason="NotAllowedByListeners")
        self.assertIn("gateway: Accepted is False", self.wait_for_condition("False", "NotAccepted")["message"])
        self.world.judge(resolved="False", reason="RefNotPermitted")
        self.wait_for_condition("False", "RefNotPermitted")
        self.world.judge(resolved="False", reason="UnsupportedProtocol")
        self.wait_for_condition("False", "RefsNotResolved")
        self.world.judge(generation=1)
        self.wait_for_condition("Unknown", "Pending")
        self.world.judge()
        self.wait_for_condition("True", "None")
        self.assertEqual(self.world.status()["decisions"], 1)

    def test_a_gateway_that_follows_is_given_a_moment(self):
        """No flapping condition, and no status written twice, for a gateway that takes its time."""
        self.world.put(httproute())
        self.world.judge()
        self.pinned()
        began, reasons = time.monotonic(), set()

        def applied():
            reasons.add(self.world.condition().get("reason"))
            return self.has("HTTPRoute", lr=250, svm=500, rf=250) and self.world.condition()
        self.world.start()
        wait_for("the weights, and word of them", applied)
        self.world.judge()
        if time.monotonic() - began < 4:  # else its moment may have been over
            self.assertNotIn("Pending", reasons)
        self.wait_for_condition("True", "None")

    # ---- what is not there ---------------------------------------------------------

    def test_an_object_that_comes_later(self):
        self.pinned()
        self.world.start()
        condition = self.wait_for_condition("False", "TargetNotFound")
        self.assertIn("there is no HTTPRoute default/digits", condition["message"])
        self.world.put(httproute())
        self.wait_for_weights("HTTPRoute", lr=250, svm=500, rf=250)
        self.world.delete("HTTPRoute")
        self.world.put(httproute())
        self.wait_for_weights("HTTPRoute", lr=250, svm=500, rf=250)

    # ---- objects that are ours as a whole ------------------------------------------

    def test_a_whole_object_is_made_kept_and_owned(self):
        for kind in MAKE:
            with self.subTest(kind):
                name = kind.lower()
                target = {"kind": kind, "name": name, "template": {
                    "gateway": {"name": "gateway", "namespace": "edge"}, "hostname": "models.example.com"}}
                pin = {"weights": {"lr": 1, "svm": 2, "rf": 1}}
                want = {a: w * TOTAL[kind] // 4 for a, w in zip(ARMS, (1, 2, 1))}
                self.world.put(route(name, targetRef=target, interval=ALONE, pin=pin))
                if not self.world.program:
                    self.world.start()
                self.wait_for_weights(kind, name, 0, **want)
                tree = self.world.get(kind, name)
                owner = tree["metadata"]["ownerReferences"][0]
                self.assertEqual((owner["kind"], owner["uid"], owner["controller"]),
                                 ("BanditRoute", self.world.get("BanditRoute", name)["metadata"]["uid"], True))
                self.assertEqual(tree["spec"].get("hostnames") or tree["spec"]["hosts"], ["models.example.com"])

                wait_for("the status", lambda n=name: self.world.status(n).get("decisions"))
                where = "/spec/hostnames" if kind == "HTTPRoute" else "/spec/hosts"
                self.world.patch(kind, [{"op": "replace", "path": where, "value": ["elsewhere.example.com"]}], name)
                wait_for("the host to be set right", lambda k=kind, n=name: self.world.get(k, n)["spec"] == tree["spec"])
                wait_for("the repair to be counted", lambda n=name: self.metric(REPAIRS, route=n) == 1)
                self.world.delete(kind, name)
                wait_for("the object to come back", lambda k=kind, n=name: (self.world.get(k, n) or {}).get(
                    "spec") == tree["spec"])
                target["template"]["hostname"] = "other.example.com"
                self.world.put(route(name, targetRef=target, interval=ALONE, pin=pin))
                wait_for("the new template", lambda k=kind, n=name: "other.example.com" in str(
                    self.world.get(k, n)["spec"]))
                self.wait_for_weights(kind, name, 0, **want)
                self.assertEqual(self.metric(ERRORS, kind=kind), 0)

    def test_a_whole_object_of_somebody_else_is_left_alone(self):
        before = self.world.put(httproute())
        self.world.put(route("digits", interval=ALONE, targetRef={
            "kind": "HTTPRoute", "name": "digits", "template": {"gateway": {"name": "gateway"}}}))
        self.world.start()
        self.assertIn("not ours", self.wait_for_condition("False", "DataPlaneRejected")["message"])
        self.assertEqual(self.world.get("HTTPRoute"), before)
        self.world.delete("HTTPRoute")  # so that there is room for ours
        wait_for("ours", lambda: self.world.get("HTTPRoute") and sum(self.world.weights("HTTPRoute", rule=0).values())
                 == 1000)


class FakeMeshTest(Promises):
    """And what it takes a script for, or a look at the requests."""

    def make_world(self):
        world = FakeMesh(BINARY)
        self.store = world.store
        return world

    def patches(self, kind="HTTPRoute"):
        return self.store.requests(verb="patch", plural={"HTTPRoute": "httproutes",
                                                         "VirtualService": "virtualservices"}[kind], sub=None)


    def test_a_patch_is_tests_and_weights(self):
        for kind in MAKE:
            self.world.put(MAKE[kind](kind.lower()))
            self.pinned(kind, kind.lower())
        self.world.start()
        for kind in MAKE:
            note = wait_for("a patch", lambda k=kind: self.patches(k))[0]
            self.assertTrue(note["agent"].startswith("bandit-operator/"))
            self.assertEqual(note["body"][0], {"op": "test", "path": "/metadata/generation", "value": 1})
            self.assertEqual([op["op"] for op in note["body"]], ["test"] * 4 + ["add"] * 3)
            for op in note["body"][4:]:
                self.assertTrue(op["path"].endswith("/weight"), op)

    def test_a_controller_that_reacts_at_once_is_not_fought_without_end(self):
        self.world.put(httproute())
        self.pinned()
        self.world.start()
        self.wait_for_weights("HTTPRoute", lr=250, svm=500, rf=250)
        mine = [{"op": "replace", "path": "/spec/rules/1/backendRefs/0/weight", "value": 900}]
        began = time.monotonic()

        def fight():
            self.wait_for_weights("HTTPRoute", lr=250, svm=500, rf=250)
            self.world.patch("HTTPRoute", mine)
        for _ in range(4):  # once, and after each of three repairs
            fight()
        wait_for("an Event", lambda: any(e["reason"] == "DriftContested" for e in self.world.listed("Event")))
        time.sleep(1)
        if time.monotonic() - began < 25:  # else another repair may be due
            self.assertFalse(self.has("HTTPRoute", lr=250, svm=500, rf=250))
            self.assertEqual(self.metric(REPAIRS, route="digits"), 3)
        self.wait_for_condition("False", "None")
        self.wait_for_condition("False", "None", "Ready")

    def test_what_is_right_is_not_written(self):
        self.world.put(httproute(weights=(250, 500, 250)))
        self.pinned()
        self.world.start()
        wait_for("a decision", lambda: self.world.status().get("decisions"))
        self.assertEqual(self.patches(), [])
        self.assertEqual(len(self.store.requests(verb="get", plural="httproutes", name="digits")),
                         0)  # reading costs no request

    def test_a_split_that_changed_unseen(self):
        """Backends change places while watches are down: the patch must not fit, and is made anew."""
        for kind in MAKE:
            with self.subTest(kind):
                name = kind.lower()
                plural = {"HTTPRoute": "httproutes", "VirtualService": "virtualservices"}[kind]
                self.world.put(MAKE[kind](name))
                self.world.set_rewards(name, lr=0.5, svm=0.5, rf=0.5)
                self.bandit(kind, name)
                if not self.world.program:
                    self.world.start()
                wait_for("a decision", lambda n=name: self.world.status(n).get("decisions"))
                self.store.fault(verb="watch", plural=plural, times=1000, status=500)
                self.store.end_watches()
                wait_for("a refused watch", lambda p=plural: any(
                    r["code"] == 500 for r in self.store.requests(verb="watch", plural=p)))
                tree = self.world.get(kind, name)
                rule = tree["spec"]["rules" if kind == "HTTPRoute" else "http"][1]
                rule["backendRefs" if kind == "HTTPRoute" else "route"].reverse()
                changed = self.world.put(tree)
                self.world.set_rewards(name, lr=0.2, svm=0.2, rf=0.99)
                wait_for("rf to lead", lambda k=kind, n=name: self.obeys(k, "rf", n))
                self.assertEqual(without_weights(self.world.get(kind, name)), without_weights(changed))
                self.assertIn(422, [r["code"] for r in self.patches(kind)])
                self.assertEqual(self.metric(ERRORS, kind=kind), 0)
                with self.store.lock:
                    self.store.faults.clear()

    def test_refusals_of_a_patch(self):
        for fault in ({"status": 409, "reason": "Conflict"}, {"status": 500}, {"reset": True},
                      {"status": 429, "reason": "TooManyRequests", "retry_after": 1},
                      {"status": 503, "retry_after": 1}, {"stall": 0.5}):
            with self.subTest(**fault):
                met = self.store.fault(verb="patch", plural="httproutes", **fault)
                self.world.put(httproute())
                self.bandit(pin={"weights": {"lr": 1, "svm": 2, "rf": 1}})
                if not self.world.program:
                    self.world.start()
                self.wait_for_weights("HTTPRoute", lr=250, svm=500, rf=250)
                self.assertEqual(met.times, 0)
                self.wait_for_condition("Unknown", "Pending")

    def test_a_patch_that_is_refused_for_itself(self):
        self.world.put(httproute())
        self.store.fault(verb="patch", plural="httproutes", times=1000, status=422, reason="Invalid")
        self.bandit()
        self.world.start()
        self.wait_for_condition("False", "DataPlaneRejected")
        self.assertIn("422", self.world.condition()["message"])
        self.assertEqual(self.world.status()["verdict"], "Held")

    def test_a_kind_that_is_installed_later(self):
        self.world.put(httproute())
        absent = self.store.fault(verb="list", plural="httproutes", times=1000, status=404, reason="NotFound")
        self.pinned()
        self.world.start()
        condition = self.wait_for_condition("False", "TargetNotFound")
        self.assertIn("serves no HTTPRoute", condition["message"])
        absent.times = 0
        self.wait_for_weights("HTTPRoute", lr=250, svm=500, rf=250)

    def test_an_older_version_will_do(self):
        self.world.put(virtualservice())
        self.store.fault(verb="list", plural="virtualservices", times=1, status=404, reason="NotFound")
        self.pinned("VirtualService")
        self.world.start()
        self.wait_for_weights("VirtualService", lr=25, svm=50, rf=25)

    def test_no_endpoint_slices_means_not_known(self):
        self.store.fault(verb="list", plural="endpointslices", times=1000, status=404, reason="NotFound")
        self.world.put(httproute())
        self.pinned()
        self.world.start()
        self.wait_for_weights("HTTPRoute", lr=250, svm=500, rf=250)

    def test_kinds_that_nobody_asks_for_are_not_watched(self):
        self.world.put(httproute())
        self.pinned()
        self.world.start()
        self.wait_for_weights("HTTPRoute", lr=250, svm=500, rf=250)
        self.assertEqual(self.store.requests(plural="virtualservices"), [])

    def test_objects_that_do_not_fit(self):
        stranger = httproute()
        stranger["spec"]["rules"][1]["backendRefs"].append({"name": "legacy", "port": 80, "weight": 5})
        twice = httproute()
        twice["spec"]["rules"][1]["backendRefs"].append({"name": "svm", "port": 81, "weight": 5})
        cases = [("no backend for arm rf (Service default/rf)", httproute(arms=("lr", "svm"), weights=(1, 1)), {}),
                 ("sends traffic to legacy, which is no arm", stranger, {}),
                 ("no rule of that name", httproute(), {"rule": "other"}),
                 ("arm svm has 2 backends", twice,
                  {"arms": [{"name": arm, "backend": {"service": arm}} for arm in ARMS]})]
        self.world.start()
        for i, (message, tree, spec) in enumerate(cases):
            with self.subTest(message):
                tree["metadata"]["name"] = name = f"r{i}"
                self.world.put(tree)
                self.bandit(name=name, **spec)
                wait_for(message, lambda m=message, n=name: m in self.world.condition(name=n).get("message", ""),
                         seen=lambda n=name: self.world.condition(name=n))
                self.assertEqual(self.world.condition(name=name)["reason"], "DataPlaneRejected")
        self.assertEqual(self.patches(), [])

    def test_shadow_writes_nothing(self):
        self.world.put(httproute())
        self.bandit(mode="Shadow")
        self.world.start()
        wait_for("decisions", lambda: self.world.status().get("decisions", 0) > 2)
        self.assertEqual(self.patches(), [])

    def test_history_is_forgotten(self):
        self.world.put(httproute())
        self.pinned()
        self.world.start()
        self.wait_for_weights("HTTPRoute", lr=250, svm=500, rf=250)
        self.store.compact()
        self.store.end_watches()
        self.world.patch("HTTPRoute", [{"op": "replace", "path": "/spec/rules/1/backendRefs/0/weight", "value": 1}])
        self.wait_for_weights("HTTPRoute", lr=250, svm=500, rf=250)
        self.world.put(slice_of("rf", ready=()))
        wait_for("the arm to be seen dead", lambda: self.world.status()["arms"][2]["state"] == "NotReady")
        self.assertTrue(self.has("HTTPRoute", lr=250, svm=500, rf=250))  # a pin is an order


class RealMeshTest(Promises):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(real_apiserver.RealApiServer())
        RealMesh.define_kinds(cls.server)

    def make_world(self):
        return RealMesh(BINARY, self.server)

    def test_a_kind_that_is_installed_later(self):
        """And taken out, and installed again."""
        crd = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/httproutes.gateway.networking.k8s.io"
        definition = self.server.ask("GET", crd)
        del definition["metadata"], definition["status"]
        definition["metadata"] = {"name": crd.rsplit("/", 1)[1], "annotations": {
            "api-approved.kubernetes.io": "unapproved, test only"}}
        self.world.put(httproute())
        self.pinned()
        self.world.start()
        self.wait_for_weights("HTTPRoute", lr=250, svm=500, rf=250)
        self.server.ask("DELETE", crd)
        wait_for("the CRD to be gone", lambda: not self.server.ask("GET", crd))
        self.bandit(interval="1s")
        condition = self.wait_for_condition("False", "TargetNotFound")
        self.assertRegex(condition["message"], "serves no HTTPRoute|there is no HTTPRoute")
        self.server.define(definition)
        self.world.put(httproute())
        wait_for("the weights", lambda: sum(self.world.weights("HTTPRoute").values()) == 1000)


def load_tests(loader, tests, pattern):
    del tests, pattern
    return loader.loadTestsFromTestCase({"fake": FakeMeshTest, "real": RealMeshTest}[SERVER])


if __name__ == "__main__":
    missing = real_apiserver.why_not() if SERVER == "real" else None
    if missing:
        print("skipped: " + missing)
        sys.exit(77)
    unittest.main(verbosity=2)
