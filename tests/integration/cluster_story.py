#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The story of `./manage.sh test-cluster`, as far as it can be played without a kubelet: real operators and a real kubectl on a
real API server, the route and the data plane of an overlay as they are shipped. What stands in for the rest: pods that are
deleted are operators that are killed, an arm without replicas has no ready endpoint, and Prometheus is made up. Then it is
played where something is wrong, and has to say so. Exits with 77 (skipped) where no API server or kubectl can be had.

Usage: cluster_story.py PATH-OF-bandit-operator
"""
import http.server
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))
import real_apiserver  # noqa: E402
from apiserver_front import Front  # noqa: E402
from fake_prometheus import Arm, FakePrometheus  # noqa: E402
from kube_world import Program  # noqa: E402
from mesh_world import slice_of  # noqa: E402
from wait import wait_for  # noqa: E402

OPERATOR = sys.argv.pop(1)
ARMS = ("logistic-regression", "svm", "random-forest")
DEMO = "/namespaces/bandit-demo/"
ROUTES = "/apis/bandit-router.dev/v1alpha1" + DEMO + "banditroutes"
SLICES = "/apis/discovery.k8s.io/v1" + DEMO + "endpointslices"
TARGETS = {"HTTPRoute": "/apis/gateway.networking.k8s.io/v1" + DEMO + "httproutes",
           "VirtualService": "/apis/networking.istio.io/v1" + DEMO + "virtualservices"}
ELECT = ["--leader-elect", "--leader-elect.namespace", "bandit-system", "--leader-elect.lease-duration", "8s",
         "--leader-elect.renew-deadline", "6s", "--leader-elect.retry-period", "400ms"]

# What no server of ours serves is answered here; all else is asked of the real one.
STAND_IN = r"""#!/usr/bin/env bash
case "$*" in
*" port-forward "*) echo "Forwarding from 127.0.0.1:$STORY_PORT -> 1"; exec sleep 600 ;;
*" get pods -l bandit-router.dev/arm="*)
    all=$*
    arm=${all##*bandit-router.dev/arm=}
    echo "${arm%% *}" >"$STORY/arm"
    echo pod/one ;;
*" get deployment bandit-operator "*) printf bandit-operator-1 ;;
*" get configmap bandit-operator-1 "*) printf http://prometheus.bandit-monitoring.svc:9090 ;;
*" get deployment "*) cat "$STORY/args" ;;
*" scale deployment "* | *" delete pod "*) curl -fsS --data "$*" "http://127.0.0.1:$STORY_PORT/orders" ;;
*) exec "$REAL_KUBECTL" "$@" ;;
esac
"""


def rendered(overlay):
    """The route of an overlay, in a hurry, and what it sets weights in."""
    ran = subprocess.run([KUBECTL, "kustomize", ROOT / "k8s/overlays" / overlay], capture_output=True, text=True, timeout=300, check=True)
    objects = list(yaml.safe_load_all(ran.stdout))
    route = next(o for o in objects if o["kind"] == "BanditRoute")
    route["spec"]["interval"] = "1s"
    route["spec"]["reward"]["window"] = "1m"
    route["spec"]["guardrails"].update(maxStepUp=1, cooldown="2s", warmup=1)
    return route, next(o for o in objects if o["kind"] in TARGETS)


class Listener(http.server.BaseHTTPRequestHandler):
    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        code, text = self.server.world.asked(self.command, self.path, body)
        self.send_response(code)
        self.end_headers()
        self.wfile.write(text.encode())

    do_GET = do_POST = do_DELETE = answer

    def log_message(self, *_):
        pass


class World:
    """A cluster in which an overlay's demonstration runs."""

    def __init__(self, overlay, faults):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="story-"))
        self.route, self.split = rendered(overlay)
        self.target = TARGETS[self.split["kind"]] + "/digits"
        self.front, self.operators, self.orders, self.lies, self.takeover, self.vandal = None, [], [], False, True, None
        (self.folder / "bin").mkdir()
        (self.folder / "bin/kubectl").write_text(STAND_IN, encoding="utf-8")
        (self.folder / "bin/kubectl").chmod(0o755)
        (self.folder / "args").write_text('["--allow-faults"]' if faults else "[]", encoding="utf-8")

    def __enter__(self):
        self.prometheus = FakePrometheus()
        self.listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listener)
        self.listener.world = self
        threading.Thread(target=self.listener.serve_forever, daemon=True).start()
        self.server = real_apiserver.RealApiServer().__enter__()
        try:
            self.fill()
        except BaseException:
            self.__exit__(True, None, None)
            raise
        return self

    def __exit__(self, *why):
        for operator in self.operators:
            operator.__exit__(*why)
        if self.front:
            self.front.close()
        self.server.__exit__(*why)
        self.listener.shutdown()
        self.prometheus.stop()
        shutil.rmtree(self.folder)

    def fill(self):
        self.server.define((ROOT / "k8s/base/crd/banditroutes.yaml").read_bytes())
        crds = real_apiserver.crds_of("httproutes.yaml" if self.split["kind"] == "HTTPRoute" else "istio.yaml")
        for crd in [real_apiserver.LEASE_CRD, real_apiserver.EVENT_CRD, real_apiserver.ENDPOINTS_CRD,
                    *(c for c in crds if f"kind: {self.split['kind']}\n".encode() in c)]:
            self.server.define(crd)
        for arm in ARMS:
            self.create(SLICES, slice_of(arm, namespace="bandit-demo"))
            self.earn(arm, 0.99 if arm == "svm" else 0.96)
        self.create(os.path.dirname(self.target), self.split)
        self.create(ROUTES, self.route)
        self.front = Front(self.server, ["bandit-router.dev", "coordination.k8s.io", self.target.split("/")[2]])
        self.config = self.server.kubeconfig(str(self.folder / "config"))
        self.gateway = threading.Thread(target=self.take_up, daemon=True)
        self.gateway.start()
        self.start_operator()
        self.start_operator()

    def create(self, path, body):
        code, answer = self.server.call("POST", path, body)
        assert code == 201, answer

    def start_operator(self):
        self.operators.append(Program(OPERATOR, "--kubeconfig", self.config, "--prometheus.url", self.prometheus.url, *ELECT))

    def earn(self, arm, ratio):
        """Of every objective alike."""
        with self.prometheus.lock:
            self.prometheus.routes.setdefault(("bandit-demo", "digits"), {})[arm] = Arm(
                **dict.fromkeys(("success", "latency", "accuracy"), (round(1000 * ratio), 1000)))

    def take_up(self):
        """The gateway: says of every generation of the HTTPRoute that it is in force."""
        while self.split["kind"] == "HTTPRoute":
            found = self.server.ask("GET", self.target)
            if found:
                now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
                self.server.call("PATCH", self.target + "/status", {"status": {"parents": [{
                    "parentRef": found["spec"]["parentRefs"][0], "controllerName": "example.com/gateway",
                    "conditions": [{"type": kind, "status": "True", "reason": kind, "message": "", "lastTransitionTime": now,
                                    "observedGeneration": found["metadata"]["generation"]} for kind in ("Accepted", "ResolvedRefs")]}]}},
                                 "application/merge-patch+json")
            time.sleep(0.2)

    # ---- what the story asks for and does ---------------------------------------------

    def asked(self, method, path, body):
        if path.startswith("/api/v1/query"):
            query = urllib.parse.parse_qs(urllib.parse.urlsplit(path).query)["query"][0]
            assert query.startswith("sum(bandit:arm_traffic_share:ratio_rate1m{"), query
            arm = next(a for a in ARMS if f'arm="{a}"' in query)
            share = 1 / 3 if self.lies else self.shares().get(arm, 0)
            return 200, json.dumps({"status": "success", "data": {"resultType": "vector", "result": [
                {"metric": {}, "value": [time.time(), str(share)]}]}})
        if path == "/faults":
            arm = (self.folder / "arm").read_text(encoding="ascii").strip()
            self.orders.append(f"{method} {arm}")
            self.earn(arm, 0.3 if method == "POST" else 0.99)
        if path == "/orders":
            self.orders.append(body)
            if " delete pod " in body:
                self.kill_leader(body)
            if " scale deployment " in body:
                self.scale(body.split(" scale deployment ")[1].split()[0], not body.endswith("=0"))
        return 200, ""

    def shares(self):
        spec = self.server.ask("GET", self.target)["spec"]
        found = {b["name"]: b.get("weight", 1) for b in spec["rules"][0]["backendRefs"]} if "rules" in spec else {
            d["destination"]["host"]: d.get("weight", 0) for d in spec["http"][0]["route"]}
        return {arm: weight / sum(found.values()) for arm, weight in found.items()}

    def kill_leader(self, order):
        lease = self.server.ask("GET", "/apis/coordination.k8s.io/v1/namespaces/bandit-system/leases/bandit-operator")
        assert f" delete pod {lease['spec']['holderIdentity'].rpartition('_')[0]} " in order, (order, lease)
        leader = next(p for p in self.operators if p.process.poll() is None and p.metric("leader_election_master_status") == 1)
        leader.kill()
        if self.takeover:
            self.start_operator()

    def scale(self, arm, ready):
        if self.vandal:
            self.server.ask("PATCH", self.target, self.vandal, "application/merge-patch+json")
        self.server.ask("PATCH", f"{SLICES}/{arm}-x1", {"endpoints": [
            {"addresses": ["10.0.0.1"], "conditions": {"ready": ready}}]}, "application/merge-patch+json")

    def play(self, limit=300):
        """(exit code, all that is printed) of the story, by a kubeconfig and without a terminal."""
        environment = {**os.environ, "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}", "REAL_KUBECTL": KUBECTL,
                       "KUBECONFIG": self.front.kubeconfig(self.folder / "front"), "HOME": str(self.folder), "STORY": str(self.folder), "STORY_PORT": str(self.listener.server_port),
                       "BANDIT_RUN_DIR": str(self.folder / "run"), "BANDIT_TEST_PAUSE": "0.5", "BANDIT_TEST_LIMIT": str(limit)}
        self.orders.clear()
        with open(self.folder / "told", "w+", encoding="utf-8") as told:
            ran = subprocess.run([ROOT / "manage.sh", "test-cluster"], stdout=told, stderr=subprocess.STDOUT, timeout=1200, check=False,
                                 stdin=subprocess.DEVNULL, env=environment)
            told.seek(0)
            return ran.returncode, told.read()


class Story(unittest.TestCase):
    def test_with_a_gateway(self):
        with World("aks", faults=False) as world:
            code, out = world.play()
            self.assertEqual(code, 0, out)
            self.assertIn("The story holds\n", out)
            self.assertEqual([o.split()[-1] for o in world.orders if " scale " in o], ["--replicas=0", "--replicas=2"])
            self.assertEqual(sum(" delete pod " in o for o in world.orders), 1)

            # What has to be noticed, from here on: each time another promise is broken.
            world.lies = True
            self.fails(world, 20, "not within 20 s: the shares that Prometheus observed")
            world.lies, world.vandal = False, {"spec": {"hostnames": ["other.example.com"]}}
            self.fails(world, 300, "more than weights has changed in httproute/digits")
            world.vandal, world.takeover = None, False
            for operator in world.operators[:]:
                if operator.process.poll() is None and operator.metric("leader_election_master_status") == 0:
                    operator.kill()
            self.fails(world, 20, "not within 20 s: another operator leads")
            self.fails(world, 20, "not within 20 s: the weight of")  # nobody is left

    def fails(self, world, limit, why):
        """What comes before it holds at once, however slow the machine."""
        wait_for("svm to lead", lambda: world.shares()["svm"] > 0.5)
        code, out = world.play(limit)
        self.assertEqual(code, 1, out)
        self.assertIn(why, out)
        self.assertIsNotNone(world.server.ask("GET", ROUTES + "/digits"), "the route was not put back")

    def test_with_a_mesh(self):
        with World("istio", faults=True) as world:
            code, out = world.play()
            self.assertEqual(code, 0, out)
            self.assertEqual([o.split()[0] for o in world.orders if "delete pod" not in o], ["POST", "DELETE"])
            wait_for("the route is put back", lambda: world.server.ask("GET", ROUTES + "/digits"))
            self.why_deploy_does_as_it_does(world)

    def why_deploy_does_as_it_does(self, world):
        """What `scale` has set would end the next apply half-way; not one that says the same, or that forces its way."""
        def kubectl(*arguments, obj=None):
            ran = subprocess.run([KUBECTL, "--kubeconfig", world.folder / "front", *arguments], input=json.dumps(obj), capture_output=True,
                                 text=True, timeout=120, check=False, env={**os.environ, "HOME": str(world.folder)})
            return ran.returncode, ran.stderr

        apply = ("apply", "--server-side", "-f", "-")
        code, err = kubectl(*apply, obj=world.route)
        self.assertEqual(code, 0, err)
        code, err = kubectl("-n", "bandit-demo", "patch", "banditroute", "digits", "--type=merge", "--field-manager=manage.sh",
                            "-p", '{"spec":{"interval":"2s"}}')
        self.assertEqual(code, 0, err)
        code, err = kubectl(*apply, obj=world.route)
        self.assertIn('conflict with "manage.sh"', err)
        same = {**world.route, "spec": {**world.route["spec"], "interval": "2s"}}
        self.assertEqual(kubectl(*apply, obj=same)[0], 0)
        self.assertEqual(kubectl(*apply, "--force-conflicts", obj=world.route)[0], 0)


if __name__ == "__main__":
    found = subprocess.run([ROOT / "tests/support/kubectl.sh"], capture_output=True, text=True, check=False)
    missing = real_apiserver.why_not() or (found.stderr.strip() if found.returncode else None)
    if missing:
        print("skipped: " + missing)
        sys.exit(77)
    KUBECTL = found.stdout.strip()
    unittest.main(verbosity=2)
