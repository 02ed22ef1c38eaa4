#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every image is built with the command that users have, looked into, and run as a careful
administrator would: read-only, without capabilities, with another user than root and a limit
of memory. Then it is asked to do its work, and to stop.

Usage: hardened.py [-v] [TEST...]
"""
import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import time
import unittest

import elf
import engine
from engine import IMAGES, ROOT

sys.path.insert(0, str(ROOT / "tests/support"))
from ports import free_port  # noqa: E402
from wait import wait_for  # noqa: E402

# name | program | port | most megabytes
TABLE = {
    "operator": ("bandit-operator", 9871, 25),
    "exporter": ("bandit-exporter", 9870, 25),
    "model-server": ("model-server", 8081, 14),
    "model-trainer": ("model-trainer", None, 8),
    "traffic-generator": ("traffic-generator", 9872, 25),
}
HARDENED = ["--read-only", "--read-only-tmpfs=false", "--cap-drop=all", "--security-opt=no-new-privileges", "--user=65532:65532", "--memory=256m",
            "--pids-limit=64"]
LABEL = "org.opencontainers.image."
STOP_WITHIN = 60  # then it is killed, and that is seen
ENGINE = None


def image(name):
    return f"docker.io/bandit-router/{name}:{engine.version()}"


def ask(port, path, body=None):
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as peer:
        peer.request("POST" if body else "GET", path, body)
        answer = peer.getresponse()
        return answer.status, answer.read().decode()


class Contents(unittest.TestCase):
    """What is in the images, without running them."""

    @contextlib.contextmanager
    def tree(self, name):
        root = ENGINE.podman("image", "mount", image(name)).stdout.strip()
        try:
            yield pathlib.Path(root), [p for p in pathlib.Path(root).rglob("*") if not p.is_symlink() and p.is_file()]
        finally:
            ENGINE.podman("image", "unmount", image(name))

    def test_what_the_image_says_of_itself(self):
        revision = subprocess.run(["git", "-C", ROOT, "rev-parse", "HEAD"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                  text=True, check=False).stdout.strip()
        for name in IMAGES:
            program, port, megabytes = TABLE[name]
            with self.subTest(image=name):
                found = ENGINE.inspect("image", image(name))
                config, labels = found["Config"], found["Config"]["Labels"]
                self.assertEqual(config["User"], "65532:65532")
                self.assertEqual(config["Entrypoint"], [f"/usr/bin/{program}"])
                self.assertFalse(config.get("Cmd"))
                self.assertEqual(config["StopSignal"], "SIGTERM")
                self.assertFalse(config.get("Volumes"), "an anonymous volume is nobody's wish")
                self.assertEqual([e.split("=")[0] for e in config.get("Env") or []], ["PATH"])
                self.assertEqual(list(config.get("ExposedPorts") or {}), [f"{port}/tcp"] if port else [])
                probe = (found.get("Healthcheck") or config.get("Healthcheck") or {}).get("Test")
                if port:
                    self.assertEqual(probe[:2], ["CMD", "/usr/bin/http-probe"])
                    self.assertIn(f":{port}/", probe[2])
                else:
                    self.assertIsNone(probe)
                self.assertEqual(labels[LABEL + "title"], f"bandit-router/{name}")
                self.assertEqual(labels[LABEL + "version"], engine.version())
                self.assertEqual(labels[LABEL + "licenses"], "Apache-2.0")
                self.assertTrue(labels[LABEL + "description"])
                if revision:
                    self.assertTrue(labels[LABEL + "revision"].startswith(revision))
                self.assertLess(found["Size"] / 1e6, megabytes)
                # libraries and program are layers of their own, so that only one of them moves
                self.assertGreaterEqual(len(found["RootFS"]["Layers"]), 2)

    def test_no_shell_no_package_manager_nothing_privileged(self):
        for name in IMAGES:
            with self.subTest(image=name), self.tree(name) as (root, files):
                allowed = {TABLE[name][0]} | ({"http-probe"} if TABLE[name][1] else set())
                self.assertEqual({p.name for p in files if p.stat().st_mode & 0o111 and ".so" not in p.name}, allowed)
                for path in [root, *root.rglob("*")]:
                    status, where = path.lstat(), "/" + str(path.relative_to(root))
                    self.assertFalse(status.st_mode & (stat.S_ISUID | stat.S_ISGID), where)
                    self.assertNotIn("security.capability", os.listxattr(path, follow_symlinks=False), where)
                    if not stat.S_ISLNK(status.st_mode):
                        self.assertFalse(status.st_mode & 0o002 and where != "/tmp", f"{where}: anyone may write")
                    self.assertEqual(status.st_uid, 65532 if where == "/models" else 0, where)

    def test_every_library_is_there_and_known_to_scanners(self):
        for name in IMAGES:
            with self.subTest(image=name), self.tree(name) as (root, files):
                binaries = [p for p in files if elf.is_elf(p)]
                self.assertEqual(elf.unmet(root, binaries), [])
                program = root / "usr/bin" / TABLE[name][0]
                self.assertTrue((root / elf.loader(program).lstrip("/")).exists() or
                                (root / "usr" / elf.loader(program).lstrip("/")).exists())
                packages = {p.name for p in (root / "var/lib/dpkg/status.d").iterdir()}
                for package in packages:
                    stanza = (root / "var/lib/dpkg/status.d" / package).read_text(encoding="utf-8")
                    self.assertRegex(stanza, rf"(?m)^Package: {re.escape(package)}$")
                    self.assertRegex(stanza, r"(?m)^Version: \S+$")
                    self.assertTrue((root / "usr/share/doc" / package / "copyright").stat().st_size)
                self.assertTrue({"libc6", "base-files", "ca-certificates"} <= packages)
                self.assertTrue((root / "usr/share/doc/bandit-router/LICENSE").stat().st_size)
                roots = (root / "etc/ssl/certs/ca-certificates.crt").read_text(encoding="utf-8")
                self.assertGreater(roots.count("BEGIN CERTIFICATE"), 100)
                libraries = [p for p in binaries if ".so" in p.name]
                self.assertGreaterEqual(len(libraries), len(packages) - 3)

    def test_programs_are_hardened(self):
        for name in IMAGES:
            with self.subTest(image=name), self.tree(name) as (root, _):
                for program in (root / "usr/bin").iterdir():
                    self.assertEqual(elf.weaknesses(program), [], program.name)

    def test_the_check_of_hardening_can_fail(self):
        source = "#include <stdio.h>\nint main(int c, char **v) { char b[16]; sprintf(b, \"%s\", v[c - 1]); return puts(b); }\n"
        with tempfile.TemporaryDirectory() as folder:
            binary = os.path.join(folder, "a.out")
            subprocess.run(["gcc", "-w", "-no-pie", "-fno-stack-protector", "-Wl,-z,norelro,-z,lazy,-z,execstack,-rpath,/x",
                            "-x", "c", "-", "-o", binary], input=source, text=True, check=True)
            self.assertEqual(len(elf.weaknesses(binary)), 7)
            self.assertIn((binary, "libc.so.6"), elf.unmet(folder, [binary]))


class Running(unittest.TestCase):
    """What the images do, run hardened."""

    @classmethod
    def setUpClass(cls):
        cls.place = pathlib.Path(tempfile.mkdtemp(prefix="bandit-images-"))
        cls.addClassCleanup(shutil.rmtree, cls.place)
        cls.place.chmod(0o755)
        for folder in ("models", "routes"):
            (cls.place / folder).mkdir()
            os.chown(cls.place / folder, 65532, 65532)
        shutil.copy(ROOT / "services/local/routes/digits.yaml", cls.place / "routes/digits.yaml")
        text = (cls.place / "routes/digits.yaml").read_text(encoding="utf-8")
        for name, value in (("INTERVAL", "5s"), ("WINDOW", "1m"), ("COOLDOWN", "20s"), ("MAX_DATA_AGE", "15s"),
                            (r"PORT_\w+", "8081")):
            text = re.sub(f"@{name}@", value, text)
        (cls.place / "routes/digits.yaml").write_text(text, encoding="utf-8")
        ENGINE.podman("run", "--rm", *HARDENED, "--network=none", "-v", f"{cls.place}/models:/models", image("model-trainer"),
                      "lr", "--data", "/data/digits-train.csv", "--out", "/models/digits.onnx", "--name", "digits", "--folds=0")

    @contextlib.contextmanager
    def container(self, name, *arguments, volumes=()):
        mounts = [v for folder, mode in volumes for v in ("-v", f"{self.place}/{folder}:/{folder}:{mode}")]
        container = ENGINE.podman("run", "-d", *HARDENED, "--network=host", *mounts, image(name), *arguments).stdout.strip()
        try:
            yield container
        except BaseException:
            print(ENGINE.podman("logs", container, check=False).stderr, file=sys.stderr)
            raise
        finally:
            ENGINE.podman("rm", "-f", "-t", "0", container)

    def is_confined(self, container):
        pid = ENGINE.inspect("container", container)["State"]["Pid"]
        said = dict(line.split(":\t", 1) for line in
                    pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines() if ":\t" in line)
        self.assertEqual(said["Uid"].split(), ["65532"] * 4)
        self.assertEqual(said["Gid"].split(), ["65532"] * 4)
        for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            self.assertEqual(int(said[kind], 16), 0, kind)
        self.assertEqual((said["NoNewPrivs"], said["Seccomp"]), ("1", "2"))
        self.assertTrue(said["NSpid"].split()[-1] == "1", "not PID 1")

    def stops_well(self, container):
        """SIGTERM to PID 1 ends it with 0, and nobody had to kill it; it left nothing behind."""
        began = time.monotonic()
        ENGINE.podman("stop", "--time", str(STOP_WITHIN), container)
        took = time.monotonic() - began
        state = ENGINE.inspect("container", container)["State"]
        self.assertEqual(state["ExitCode"], 0, ENGINE.podman("logs", container).stderr[-2000:])
        self.assertFalse(state["OOMKilled"])
        self.assertLess(took, STOP_WITHIN)
        changed = [line for line in ENGINE.podman("diff", container).stdout.splitlines()
                   # places that the engine makes for what it mounts there
                   if not re.match(r"[ACD] /(etc|proc|sys|dev|run|tmp|models|routes|etc/(resolv.conf|hosts|hostname|mtab)|"
                                   r"run/\.containerenv|run/secrets)$", line)]
        self.assertEqual(changed, [])
        return took

    def is_healthy(self, container, port):
        """The image's own health check is for its default port; the probe in it for any."""
        probe = ("exec", container, "/usr/bin/http-probe", "--timeout=60s", f"http://127.0.0.1:{port}")
        ENGINE.podman(*probe[:-1], probe[-1] + "/metrics")
        self.assertEqual(ENGINE.podman(*probe[:-1], probe[-1] + "/nothing", check=False).returncode, 1)

    def test_trainer_wrote_a_model_and_nothing_else(self):
        self.assertEqual([p.name for p in (self.place / "models").iterdir()], ["digits.onnx"])
        self.assertEqual((self.place / "models/digits.onnx").stat().st_uid, 65532)

    def test_trainer_without_a_place_to_write(self):
        done = ENGINE.podman("run", "--rm", *HARDENED, "--network=none", image("model-trainer"), "lr", "--data",
                             "/data/iris-train.csv", "--out", "/models/iris.onnx", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("Read-only file system", done.stderr)

    def test_model_server(self):
        port = free_port()
        with self.container("model-server", "--model=/models/digits.onnx", "--route=digits", "--arm=lr",
                            f"--web.listen-address=127.0.0.1:{port}", volumes=[("models", "ro")]) as container:
            wait_for("the model server", lambda: ask(port, "/ready")[0] == 200)
            row = (ROOT / "services/trainer/data/digits.csv").read_text(encoding="utf-8").splitlines()[1].split(",")
            status, body = ask(port, "/predict", json.dumps({"features": [float(x) for x in row[:64]]}))
            self.assertEqual(status, 200, body)
            self.assertIn("ml_prediction_requests_total", ask(port, "/metrics")[1])
            self.is_confined(container)
            self.is_healthy(container, port)
            self.stops_well(container)

    def test_model_server_on_its_default_port(self):
        """The health check that the image brings along, in a network of the container's own."""
        container = ENGINE.podman("run", "-d", *HARDENED, "--network=none", "-v", f"{self.place}/models:/models:ro",
                                  image("model-server"), "--model=/models/digits.onnx", "--route=digits", "--arm=lr").stdout.strip()
        try:
            wait_for("the health check", lambda: ENGINE.podman("healthcheck", "run", container, check=False).returncode == 0)
            self.stops_well(container)
        finally:
            ENGINE.podman("rm", "-f", "-t", "0", container)

    def test_exporter(self):
        port = free_port()
        with self.container("exporter", "--store.dir=/routes", f"--web.listen-address=127.0.0.1:{port}",
                            volumes=[("routes", "ro")]) as container:
            wait_for("the exporter", lambda: ask(port, "/readyz")[0] == 200)
            wait_for("the route", lambda: 'bandit_route_info{namespace="default",route="digits"' in ask(port, "/metrics")[1])
            self.is_confined(container)
            self.is_healthy(container, port)
            self.stops_well(container)

    def test_operator(self):
        port = free_port()
        with self.container("operator", "--store.dir=/routes", "--prometheus.url=http://127.0.0.1:9",
                            f"--web.listen-address=127.0.0.1:{port}", volumes=[("routes", "rw")]) as container:
            wait_for("the operator", lambda: ask(port, "/livez")[0] == 200)
            wait_for("a status beside the route", (self.place / "routes/default.digits.status.json").exists)
            self.is_confined(container)
            self.is_healthy(container, port)
            self.stops_well(container)

    def test_traffic_generator(self):
        server, port = free_port(), free_port()
        with self.container("model-server", "--model=/models/digits.onnx", "--route=digits", "--arm=lr",
                            f"--web.listen-address=127.0.0.1:{server}", volumes=[("models", "ro")]):
            wait_for("the model server", lambda: ask(server, "/ready")[0] == 200)
            with self.container("traffic-generator", f"--url=http://127.0.0.1:{server}", "--data=/data/digits-holdout.csv",
                                f"--web.listen-address=127.0.0.1:{port}") as container:
                wait_for("answers", lambda: re.search(r'traffic_responses_total{.*code="200"} [1-9]', ask(port, "/metrics")[1]))
                self.is_confined(container)
                self.is_healthy(container, port)
                self.stops_well(container)


if __name__ == "__main__":
    began = time.monotonic()
    ENGINE = engine.ready()
    print(ENGINE.build(), f"built after {time.monotonic() - began:.0f} s", flush=True)
    unittest.main()
