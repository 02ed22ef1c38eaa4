#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What `./manage.sh cluster ...` asks of kubectl: with a kubectl that writes down its arguments
and answers from a folder of files, and a model server that writes down its faults."""
import http.server
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]

KUBECTL = subprocess.run([ROOT / "tests/support/kubectl.sh"], stdout=subprocess.PIPE, text=True, check=False).stdout.strip()
FAKE = r"""#!/usr/bin/env bash
printf '%s\n' "$*" >>"$FAKE/calls"
case "$*" in
"config current-context") cat "$FAKE/current" ;;
"config get-contexts -o name") printf 'kind-bandit\nproduction\n' ;;
"kustomize "*) cat "$FAKE/rendered" ;;
*" get crd "*) [ ! -e "$FAKE/no-$5" ] ;;
*" get -f "*"-route.yaml -o name") [ -e "$FAKE/route" ] ;;
*" get secret feedback-key "*) [ -e "$FAKE/key" ] ;;
*" create secret generic feedback-key --from-file=key=/dev/stdin") cat >"$FAKE/key" ;;
*" get banditroutes -A --no-headers") cat "$FAKE/routes" ;;
*" get gateway digits "*) printf 10.9.8.7 ;;
*" get pods -l "*) printf 'pod/a-1\npod/a-2\n' ;;
*" get statefulset bandit-exporter "*) [ -e "$FAKE/sharded" ] ;;
*" get hpa -o jsonpath="*) cat "$FAKE/bounds" ;;
*" apply --server-side "*)
    if [[ $* != *--force-conflicts* && -e $FAKE/edited ]]; then
        echo 'Apply failed with 1 conflict: conflict with "kubectl-edit" using v1: .spec.ports' >&2
        exit 1
    fi ;;
*" port-forward "*" :"*) echo "Forwarding from 127.0.0.1:$FAKE_PORT -> 8080"; exec sleep 120 ;;
esac
"""

RENDERED = """apiVersion: v1
kind: Namespace
metadata:
  name: bandit-demo
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  labels:
    bandit-router.dev/weights: operator
  name: digits
---
apiVersion: v1
kind: ConfigMap
data:
  text: |
    ---
    bandit-router.dev/weights
metadata:
  name: other
"""


class Model(http.server.BaseHTTPRequestHandler):
    """Writes down its faults; it has metrics, too."""

    def answer(self):
        world = self.server.world
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        world.faults.append((self.command, self.path, body.decode()))
        self.send_response(404 if world.refuses_faults else 200)
        self.end_headers()
        self.wfile.write(b"bandit_route_info 1\nother 2\n")

    do_GET = do_POST = do_DELETE = answer

    def log_message(self, *_):
        pass


class World:
    def __init__(self, folder):
        self.folder, self.faults, self.refuses_faults = pathlib.Path(folder), [], False
        (self.folder / "bin").mkdir()
        (self.folder / "bin/kubectl").write_text(FAKE, encoding="utf-8")
        (self.folder / "bin/kubectl").chmod(0o755)
        for name, text in (("current", "production\n"), ("rendered", RENDERED), ("routes", "bandit-demo digits\n"), ("bounds", "svm \nrandom-forest \n")):
            self.put(name, text)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Model)
        self.server.world = self
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def put(self, name, text):
        (self.folder / name).write_text(text, encoding="utf-8")

    def run(self, *arguments, path=None, **more):
        """(exit code, everything printed, kubectl's calls)"""
        (self.folder / "calls").unlink(missing_ok=True)
        self.faults.clear()
        ran = subprocess.run([ROOT / "manage.sh", *arguments], capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL, check=False, env={
            **os.environ, "FAKE": str(self.folder), "FAKE_PORT": str(self.server.server_port), "BANDIT_RUN_DIR": str(self.folder / "run"),
            "PATH": path or f"{self.folder / 'bin'}:{os.environ['PATH']}", **more})
        calls = self.folder / "calls"
        return ran.returncode, ran.stdout + ran.stderr, calls.read_text(encoding="utf-8").splitlines() if calls.exists() else []


def changing(calls):
    """Those that would change a cluster."""
    verbs = ("apply", "create", "delete", "patch", "set", "rollout", "scale", "annotate", "label", "replace", "edit")
    return [c for c in calls if any(f" {verb} " in f" {c} " for verb in verbs) and " rollout status " not in c]


def deploy(world):
    code, out, calls = world.run("deploy", "--overlay", "kind", "--context", "kind-bandit")
    assert code == 0, out
    assert all(c.startswith(("--context kind-bandit ", "config ", "kustomize ")) for c in calls), calls
    steps = [c.removeprefix("--context kind-bandit ") for c in changing(calls)]
    assert len(steps) == 4 and all(s.startswith("apply --server-side ") for s in steps[:3]), steps
    assert "k8s/base/crd" in steps[0] and "kind-others.yaml" in steps[1] and "kind-route.yaml" in steps[2], steps
    assert steps[3] == "-n bandit-demo create secret generic feedback-key --from-file=key=/dev/stdin", steps
    assert len((world.folder / "key").read_text(encoding="utf-8")) == 64
    rendered = [(world.folder / f"run/cluster/kind-{part}.yaml").read_text(encoding="utf-8") for part in ("others", "route")]
    assert "kind: Namespace" in rendered[0] and "kind: ConfigMap" in rendered[0] and "HTTPRoute" not in rendered[0]
    assert "kind: HTTPRoute" in rendered[1] and "ConfigMap" not in rendered[1]
    waits = [c for c in calls if " rollout status " in c]
    assert len(waits) == 9, waits

    # again, when somebody changed an object by hand: the route and the key are there, and stay
    world.put("edited", "")
    world.put("route", "")
    code, out, calls = world.run("deploy", "--overlay=kind", "--context=kind-bandit")
    assert code == 0 and "stays as it is" in out, out
    assert len(changing(calls)) == 2, changing(calls)
    code, out, calls = world.run("cluster", "deploy", "--overlay", "kind", "--context", "kind-bandit", "--with-route")
    assert code == 0 and "--force-conflicts" in changing(calls)[2], out


def a_bound_that_was_set_stays(world):
    code, out, calls = world.run("scale", "svm", "4", "--context", "kind-bandit")
    assert code == 0, out
    assert calls[-1].endswith('{"metadata":{"annotations":{"bandit-router.dev/scaled":"4"}},"spec":{"minReplicas":4}}'), calls
    world.put("bounds", "logistic-regression \nrandom-forest \nsvm 4\n")
    code, out, _ = world.run("deploy", "--overlay", "kind", "--context", "kind-bandit")
    assert code == 0, out
    made = yaml.safe_load((world.folder / "run/cluster/kustomization.yaml").read_text(encoding="utf-8"))
    patch, = made["patches"]
    assert patch["target"] == {"kind": "HorizontalPodAutoscaler", "name": "svm"}, patch
    assert yaml.safe_load(patch["patch"]) == [{"op": "replace", "path": "/spec/minReplicas", "value": 4}], patch
    if KUBECTL:  # a real one takes that for a kustomization, and does it
        assert really_rendered(world) == {"svm": 4, "logistic-regression": 2, "random-forest": 2}
        world.put("bounds", "")
        assert world.run("deploy", "--overlay", "kind", "--context", "kind-bandit")[0] == 0
        assert set(really_rendered(world).values()) == {2}


def really_rendered(world):
    text = subprocess.run([KUBECTL, "kustomize", world.folder / "run/cluster"], capture_output=True, text=True, timeout=300, check=True).stdout
    scalers = [o for o in map(yaml.safe_load, text.split("\n---\n")) if o["kind"] == "HorizontalPodAutoscaler"]
    return {o["metadata"]["name"]: o["spec"]["minReplicas"] for o in scalers}


def sharded_exporter(world):
    """A StatefulSet, of which each pod has a part of the metrics."""
    world.put("sharded", "")
    for verb in (["cluster", "restart", "exporter"], ["port-forward", "exporter"]):
        _, out, calls = world.run(*verb, "--context", "kind-bandit", "--dry-run")
        assert "statefulset/bandit-exporter" in out and "deployment/" not in out, out
    code, out, calls = world.run("deploy", "--overlay", "kind", "--context", "kind-bandit")
    assert any("rollout status statefulset/bandit-exporter" in c for c in calls), (out, calls)


def deploy_to_a_cloud(world):
    code, out, calls = world.run("deploy", "--overlay", "gke", "--context", "production")
    assert code == 2 and "--registry" in out and not changing(calls), out
    code, out, calls = world.run("deploy", "--overlay", "gke", "--context", "production", "--registry", "eu.example/team")
    assert code == 0, out
    text = (world.folder / "run/cluster/kustomization.yaml").read_text(encoding="utf-8")
    assert "newName: eu.example/team/bandit-router/operator" in text and "k8s/overlays/gke" in text, text
    assert any(c.endswith("set env deployment/traffic-generator TRAFFIC_URL=http://10.9.8.7") for c in calls), calls
    assert not any("bandit-monitoring" in c for c in calls), calls


def nothing_without_a_name(world):
    os.environ.pop("KUBECONFIG", None)
    for verb in (["deploy", "--overlay", "kind"], ["delete", "--overlay", "kind"], ["scale", "svm", "3"], ["cluster", "restart", "operator"],
                 ["cluster", "degrade", "svm"], ["cluster", "heal", "svm"], ["test-cluster"]):
        code, out, calls = world.run(*verb)
        assert code == 1 and "say --context production" in out and not changing(calls) and not world.faults, (verb, out)
        code, out, calls = world.run(*verb, "--context", "prodution")
        assert code == 1 and 'no context "prodution"; there are: kind-bandit production' in out and not changing(calls), (verb, out)


def by_a_kubeconfig(world):
    """test-cluster alone takes the current context of one that was named for it, and that is not everybody's."""
    home = world.folder / "home"
    (home / ".kube").mkdir(parents=True)
    mine, everybodys = world.folder / "mine", home / ".kube/config"
    mine.write_text("", encoding="ascii")
    everybodys.write_text("", encoding="ascii")
    for config, verb, asked in ((mine, ["test-cluster"], True), (everybodys, ["test-cluster"], False), (f"{mine}:{everybodys}", ["test-cluster"], False),
                                (mine, ["scale", "svm", "3"], False), (mine, ["delete", "--overlay", "kind"], False)):
        code, out, calls = world.run(*verb, KUBECONFIG=str(config), HOME=str(home))
        assert code == 1 and not changing(calls), (config, verb, out)
        assert ("say --context production" in out) != asked and ("no route digits" in out) == asked, (config, verb, out)


def dry_run(world):
    """Each verb says its commands, and nothing but questions reaches the cluster."""
    look = (["status"], ["watch"], ["logs", "svm"], ["port-forward", "prometheus"], ["cluster", "dashboard"], ["metrics"])
    for verb in (["deploy", "--overlay", "kind"], ["delete", "--overlay", "kind"], ["scale", "svm", "3"], ["cluster", "restart", "operator"],
                 ["cluster", "degrade", "svm"], ["cluster", "heal", "svm"], ["test-cluster"], *look):
        code, out, calls = world.run(*verb, "--context", "kind-bandit", "--dry-run")
        assert code == 0 and not changing(calls) and not world.faults, (verb, out, changing(calls))
        assert "    kubectl --context kind-bandit " in out, (verb, out)
        asked = [c for c in calls if not re.search(r"^config |^kustomize | get ", c)]
        assert not asked, (verb, asked)
        assert verb in look or "nothing is changed" in out, (verb, out)
        shown = {"status": "get hpa", "watch": "get banditroutes --all-namespaces --watch", "metrics": "port-forward pod/a-2 :9870",
                 "degrade": "-X POST", "test-cluster": "scale deployment svm --replicas=0"}.get(verb[-2] if "svm" in verb else verb[-1], "")
        assert shown in out, (verb, shown, out)
    assert "kubectl --context kind-bandit -n bandit-demo patch hpa svm" in world.run("scale", "svm", "3", "--dry-run")[1].replace("production", "kind-bandit")


def what_is_missing_is_named(world):
    world.put("no-envoyproxies.gateway.envoyproxy.io", "")
    code, out, calls = world.run("deploy", "--overlay", "kind", "--context", "kind-bandit")
    assert code == 1 and "install Envoy Gateway first" in out and not changing(calls), out
    (world.folder / "no-envoyproxies.gateway.envoyproxy.io").unlink()
    code, out, _ = world.run("deploy", "--context", "kind-bandit")
    assert code == 2 and "kind aks eks gke istio" in out, out
    code, out, _ = world.run("cluster", "logs", "nobody", "--context", "kind-bandit")
    assert code == 2 and "operator exporter logistic-regression" in out, out
    code, out, _ = world.run("scale", "svm", "11", "--context", "kind-bandit")
    assert code == 2, out
    without = world.folder / "empty"
    without.mkdir()
    for tool in ("bash", "dirname", "id", "grep", "sed", "awk", "cat", "tr"):
        (without / tool).symlink_to(subprocess.run(["which", tool], capture_output=True, text=True, check=True).stdout.strip())
    code, out, _ = world.run("cluster", "status", path=str(without))
    assert code == 1 and "there is no kubectl here" in out, out


def delete(world):
    code, out, calls = world.run("delete", "--overlay", "kind", "--context", "kind-bandit")
    assert code == 0, out
    steps = changing(calls)
    assert "delete banditroutes --all --all-namespaces" in steps[0] and "k8s/overlays/kind" in steps[1], steps
    world.put("routes", "bandit-demo digits\nteam-a spam\n")
    code, out, calls = world.run("delete", "--overlay", "kind", "--context", "kind-bandit")
    assert code == 1 and "1 BanditRoutes of other namespaces" in out and not changing(calls), out
    code, out, calls = world.run("delete", "--overlay", "kind", "--context", "kind-bandit", "--everybodys-routes")
    assert code == 0 and len(changing(calls)) == 2, out


def faults(world):
    code, out, _ = world.run("degrade", "svm", "--context", "kind-bandit")
    assert code == 0 and world.faults == [("POST", "/faults", '{"latency_ms": 200, "error_ratio": 0.5}')] * 2, (out, world.faults)
    code, out, _ = world.run("heal", "svm", "--context=kind-bandit")
    assert code == 0 and world.faults == [("DELETE", "/faults", "")] * 2, out
    world.refuses_faults = True
    code, out, _ = world.run("degrade", "svm", "--context", "kind-bandit")
    assert code == 1 and "takes no faults" in out, out
    world.refuses_faults = False


def look(world):
    code, out, calls = world.run("status", "--context", "kind-bandit")
    assert code == 0 and any(c.endswith("get banditroutes --all-namespaces") for c in calls), out
    code, out, calls = world.run("logs", "svm", "--context", "kind-bandit")
    assert code == 0 and "--selector=bandit-router.dev/arm=svm" in calls[-1] and "--all-containers" not in calls[-1], calls
    code, out, calls = world.run("logs", "operator", "--context", "kind-bandit")
    assert code == 0 and "--selector=app.kubernetes.io/name=bandit-operator" in calls[-1], calls
    code, out, _ = world.run("metrics", "^bandit_route", "--context", "kind-bandit")
    assert code == 0 and out == "bandit_route_info 1\n" * 2, out  # of both pods
    assert world.run("metrics", "^nothing", "--context", "kind-bandit")[0] == 1
    code, out, calls = world.run("test", "--context", "kind-bandit", "--dry-run")
    assert code == 0 and "Decisions" in out, out
    for stray in (["status", "x"], ["watch", "x"], ["logs", "svm", "x"], ["deploy", "x", "--overlay", "kind"], ["port-forward", "svm", "x"], ["scale", "svm", "3", "4"]):
        code, out, calls = world.run(*stray, "--context", "kind-bandit")
        assert code == 2 and not calls, (stray, out, calls)


def main():
    for test in (deploy, a_bound_that_was_set_stays, sharded_exporter, by_a_kubeconfig, deploy_to_a_cloud, nothing_without_a_name, dry_run, what_is_missing_is_named, delete,
                 faults, look):
        with tempfile.TemporaryDirectory() as folder:
            test(World(folder))
        print(f"ok {test.__name__}")


if __name__ == "__main__":
    sys.exit(main())
