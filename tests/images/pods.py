#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The pods of k8s/overlays/kind, run as a kubelet would, with the images that were built.

There is no kubelet here: this starts each container of a rendered pod with podman, under the pod's
user, groups, limits, read-only root and environment, with volumes that have the owners and modes
a kubelet gives them. Init containers run first, probes are asked inside, and the pod has to stop
within its grace period. Operator and exporter want an API server and are not started.
"""
import base64
import contextlib
import os
import pathlib
import re
import sys
import tempfile
import time

import engine

ROOT = engine.ROOT
sys.path.insert(0, str(ROOT / "tests/checks/manifests"))

import check  # noqa: E402
from world import World, quantity  # noqa: E402

# What is started, and the code it ends with when it is stopped: without a network, no answer
# ever came to the traffic generator, and it says so.
STARTED = {"logistic-regression": 0, "svm": 0, "random-forest": 0, "traffic-generator": 1}


class RunningPod:
    def __init__(self, podman, world, pod, place):
        self.podman, self.world, self.pod, self.place, self.container = podman, world, pod, place, None
        security = pod.spec["securityContext"]
        self.user, self.group = security["runAsUser"], security["runAsGroup"]
        self.volumes = {v["name"]: self.make(v) for v in pod.spec.get("volumes", [])}

    def make(self, volume):
        """As with fsGroup: the group owns it, may write and hands it on; files of Secrets are
        the group's to read."""
        folder, group = self.place / volume["name"], self.pod.spec["securityContext"]["fsGroup"]
        folder.mkdir()
        if "secret" in volume:
            secret = self.world.find("Secret", volume["secret"]["secretName"], self.pod.namespace)
            for name, value in secret["data"].items():
                path = folder / name
                path.write_bytes(base64.b64decode(value))
                os.chown(path, 0, group)
                path.chmod(volume["secret"]["defaultMode"])
        os.chown(folder, 0, group)
        folder.chmod(0o2770)
        return folder

    def environment(self, container):
        found = {}
        for source in container.get("envFrom", []):
            found |= self.world.find("ConfigMap", source["configMapRef"]["name"], self.pod.namespace)["data"]
        for variable in container.get("env", []):
            field = variable.get("valueFrom", {}).get("fieldRef", {}).get("fieldPath")
            found[variable["name"]] = self.field(field) if field else variable["value"]
        return found

    def field(self, path):
        """Of the downward API, what our manifests ask of it."""
        label = re.fullmatch(r"metadata\.labels\['(.+)'\]", path)
        return self.pod.labels[label[1]] if label else {"metadata.namespace": self.pod.namespace}[path]

    def run(self, container, *how):
        variables, security = self.environment(container), container["securityContext"]
        arguments = [re.sub(r"\$\((\w+)\)", lambda m: variables[m[1]], a) for a in container.get("args", [])]
        options = [f"--user={self.user}:{self.group}", "--network=none", "--read-only-tmpfs=false", f"--read-only={security['readOnlyRootFilesystem']}".lower(),
                   *[f"--cap-drop={c.lower()}" for c in security["capabilities"]["drop"]],
                   f"--memory={int(quantity(container['resources']['limits']['memory']))}"]
        options += [] if security["allowPrivilegeEscalation"] else ["--security-opt=no-new-privileges"]
        options += [f"--env={k}={v}" for k, v in variables.items()]
        options += [f"--volume={self.volumes[m['name']]}:{m['mountPath']}{':ro' if m.get('readOnly') else ''}" for m in container.get("volumeMounts", [])]
        return self.podman("run", *how, *options, f"docker.io/{container['image']}", *arguments)

    def start(self):
        for container in self.pod.spec.get("initContainers", []):
            self.run(container, "--rm")
        main, = self.pod.containers
        self.container = self.run(main, "-d").stdout.strip()

    def probe(self, name, seconds):
        """Asked inside, as often as it takes within so many seconds."""
        main, = self.pod.containers
        get = main[name]["httpGet"]
        url, end = f"http://127.0.0.1:{self.pod.port_number(get['port'])}{get['path']}", time.monotonic() + seconds
        while self.podman("exec", self.container, "/usr/bin/http-probe", url, check=False).returncode != 0:
            running = self.podman("container", "inspect", "--format={{.State.Running}}", self.container, check=False).stdout.strip()
            if time.monotonic() > end or running != "true":
                raise AssertionError(f"{self.pod.name}: {name} fails for {seconds} s\n{self.podman('logs', self.container, check=False).stderr}")
            time.sleep(0.2)

    def stop(self):
        grace = self.pod.spec["terminationGracePeriodSeconds"]
        began = time.monotonic()
        self.podman("stop", "-t", str(grace), self.container)
        took = time.monotonic() - began
        code = self.podman("container", "inspect", "--format={{.State.ExitCode}}", self.container).stdout.strip()
        assert code == str(STARTED[self.pod.owner["metadata"]["name"]]), f"{self.pod.name}: ended with {code} within {took:.1f} s of a grace period of {grace} s"

    def remove(self):
        if self.container:
            self.podman("rm", "-f", "-t", "0", self.container, check=False)


def main():
    podman = engine.ready().podman
    objects, broken = check.render(ROOT, check.VARIANTS["kind"])
    assert objects, broken
    world = World("kind", objects)
    pods = [p for p in world.pods if p.owner["metadata"]["name"] in STARTED]
    assert len(pods) == len(STARTED), [p.name for p in pods]
    for image in {c["image"] for p in pods for c in p.all_containers}:
        if podman("image", "exists", f"docker.io/{image}", check=False).returncode != 0:
            engine.skip(f"there is no image {image}; images.hardened builds it")

    for pod in pods:
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as ending:
            pathlib.Path(folder).chmod(0o755)
            running = RunningPod(podman, world, pod, pathlib.Path(folder))
            ending.callback(running.remove)
            running.start()
            for name in ("startupProbe", "livenessProbe", "readinessProbe"):
                running.probe(name, 180)
            ready = time.monotonic() - began
            running.stop()
        print(f"ok {pod.name}: probes answered after {ready:.1f} s, stopped in time", flush=True)


if __name__ == "__main__":
    main()
