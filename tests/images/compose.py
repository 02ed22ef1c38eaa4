#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The compose file runs the loop: our images, and stand-ins for the official ones (Debian's
packages under the same names, where nothing can be pulled). Grafana is in no package, and so
not in this test; the compose file's settings for it are compared in compose_file.py.

Usage: compose.py [--keep]   (--keep leaves it running)
"""
import json
import sys
import time
import urllib.parse
import urllib.request

import yaml

import engine
from engine import ROOT

sys.path.insert(0, str(ROOT / "tests/support"))
from ports import free_ports  # noqa: E402
from wait import wait_until_true  # noqa: E402

ARMS = ["logistic-regression", "random-forest", "svm"]
FILE = ROOT / "services/compose/compose.yaml"
ONE_SHOT = ["setup", "train-logistic-regression", "train-svm", "train-random-forest"]
PORTS = ["GATEWAY", "LOGISTIC_REGRESSION", "SVM", "RANDOM_FOREST", "HAPROXY_METRICS", "EXPORTER", "OPERATOR", "TRAFFIC",
         "PROMETHEUS", "ALERTMANAGER", "NOTIFICATIONS", "GRAFANA"]
STEP = 1 / 256  # HAProxy weights are whole numbers out of 256
PATIENCE_S = 300


class Loop:
    def __init__(self, podman):
        self.podman = podman
        self.ports = dict(zip(PORTS, free_ports(len(PORTS))))
        podman.environment.update({f"BANDIT_PORT_{name}": str(port) for name, port in self.ports.items()})
        with open(FILE, encoding="utf-8") as file:
            self.file = yaml.safe_load(file)["services"]
        self.services = [name for name in self.file if name != "grafana"]

    def provide_stand_ins(self):
        """Under the names that the file has for the official images."""
        for name, service in (("prometheus", "prometheus"), ("alertmanager", "alertmanager"), ("haproxy", "haproxy"),
                              ("python", "setup")):
            image = self.file[service]["image"].partition(":-")[2].rstrip("}")
            self.podman.podman("build", "--format=docker", "--target", name, "-t", image, "-f",
                               ROOT / "tests/images/stand-ins.Dockerfile", ROOT / "tests/images")

    def manage(self, *arguments, **more):
        return self.podman.run(ROOT / "manage.sh", "compose", *arguments, **more)

    def container(self, service):
        return f"bandit-router_{service}_1"

    def state(self, service):
        return self.podman.inspect("container", self.container(service))["State"]

    def get(self, port, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.ports[port]}{path}", timeout=60) as answer:
            return answer.read().decode()

    def query(self, expression):
        """{arm, job or '': value}, as Prometheus says now."""
        path = "/api/v1/query?" + urllib.parse.urlencode({"query": expression})
        return {r["metric"].get("arm") or r["metric"].get("instance", ""): float(r["value"][1])
                for r in json.loads(self.get("PROMETHEUS", path))["data"]["result"]}


def wait_for(what, condition):
    took = wait_until_true(what, condition, PATIENCE_S)
    print(f"ok {what} (after {took:.0f} s)", flush=True)


def it_decides(loop):
    def weights_sum_to_one():
        for kind in ("desired", "applied"):
            weights = loop.query(f'bandit_arm_{kind}_weight_ratio{{route="digits"}}')
            if sorted(weights) != ARMS or abs(sum(weights.values()) - 1) > 1e-9:
                return weights
        return True

    def a_leader():
        weights = loop.query('bandit_arm_applied_weight_ratio{route="digits"}')
        leaders = [arm for arm, value in loop.query('bandit_arm_leader{route="digits"}').items() if value == 1]
        return (len(leaders) == 1 and weights[leaders[0]] > 0.5) or (leaders, weights)

    def all_targets_are_up():
        up = loop.query("up")
        return (len(up) == 9 and set(up.values()) == {1.0}) or up

    wait_for("the weights in Prometheus sum to one", weights_sum_to_one)
    wait_for("all targets are up", all_targets_are_up)
    wait_for("a leader has most of the traffic", a_leader)


def a_broken_arm_loses_its_traffic(loop):
    body = json.dumps({"latency_ms": 200, "error_ratio": 0.5}).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{loop.ports['SVM']}/faults", body, {"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=60).close()

    def at_the_floor():
        weights = loop.query('bandit_arm_applied_weight_ratio{route="digits"}')
        return weights["svm"] <= 0.02 + STEP or weights

    wait_for("a broken arm is at its floor", at_the_floor)


def they_are_confined(loop):
    """Everything that goes on running is without root, capabilities and a way to write."""
    for service in loop.services:
        if service in ONE_SHOT:
            state = loop.state(service)
            assert (state["Status"], state["ExitCode"]) == ("exited", 0), (service, state)
            continue
        pid = loop.state(service)["Pid"]
        with open(f"/proc/{pid}/status", encoding="utf-8") as file:
            said = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
        assert said["Uid"].split()[0] != "0", (service, said["Uid"])
        assert int(said["CapEff"], 16) == 0 and int(said["CapBnd"], 16) == 0, (service, said["CapEff"])
        assert said["NoNewPrivs"] == "1", service
        config = loop.podman.inspect("container", loop.container(service))["HostConfig"]
        assert config["ReadonlyRootfs"] and config["Memory"] > 0, service
        for bindings in config["PortBindings"].values():
            assert all(b["HostIp"] == "127.0.0.1" for b in bindings or []), (service, bindings)
    print("ok all of them are confined", flush=True)


def a_service_that_is_made_anew_is_found_again(loop):
    """It gets another address."""
    loop.podman.podman("rm", "-f", "-t", "5", loop.container("random-forest"))
    loop.manage("up", "random-forest")

    def up():
        state = loop.get("HAPROXY_METRICS", "/metrics")
        line = 'haproxy_server_status{proxy="digits",server="random-forest",state="UP"} 1'
        return line in state or [x for x in state.splitlines() if "random-forest" in x and "server_status" in x]

    wait_for("HAProxy finds the new one", up)


def main():
    podman = engine.ready()
    podman.build()
    loop = Loop(podman)
    began = time.monotonic()
    loop.provide_stand_ins()
    print(f"stand-ins are there after {time.monotonic() - began:.0f} s", flush=True)
    loop.manage("down", "--volumes", check=False)
    try:
        loop.manage("up", *loop.services)
        it_decides(loop)
        they_are_confined(loop)
        a_service_that_is_made_anew_is_found_again(loop)
        a_broken_arm_loses_its_traffic(loop)
    except BaseException:
        for service in loop.services:
            done = podman.podman("logs", "--tail=8", loop.container(service), check=False)
            print(f"--- {service}\n{done.stdout}{done.stderr}", flush=True)
        raise
    finally:
        if "--keep" not in sys.argv:
            loop.manage("down", "--volumes", check=False)
    left = podman.podman("ps", "-aq").stdout.split()
    assert not left, left
    print(f"ok after {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
