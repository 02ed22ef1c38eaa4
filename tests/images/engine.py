# SPDX-License-Identifier: Apache-2.0
"""podman with a storage, networks and settings of its own under build/containers, so that
nothing of the machine's is touched, and Debian's image made here when it cannot be pulled.

What a machine does not allow is found out by trying; `skip` says what it was.
"""
import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PLACE = pathlib.Path(os.environ.get("BANDIT_CONTAINERS_DIR", ROOT / "build" / "containers"))
DEBIAN = "docker.io/library/debian:12"
IMAGES = ["operator", "exporter", "model-server", "model-trainer", "traffic-generator"]
SKIPPED = 77


def skip(why):
    print(f"skipped: {why}", file=sys.stderr, flush=True)
    sys.exit(SKIPPED)


def limit(which, most):
    """A limit that may be set: raising it over the machine's own takes a privilege."""
    hard = resource.getrlimit(which)[1]
    return most if hard == resource.RLIM_INFINITY else min(most, hard)


def version():
    for line in (ROOT / "CMakeLists.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("project(bandit_router VERSION "):
            return line.split()[2]
    raise AssertionError("CMakeLists.txt: no version")


class Engine:
    def __init__(self):
        for tool in ("podman", "runc", "debootstrap"):
            if not shutil.which(tool, path=os.environ["PATH"] + ":/usr/sbin"):
                skip(f"there is no {tool}")
        if os.getuid() != 0:
            skip("without root there are no containers of another user here")
        PLACE.mkdir(parents=True, exist_ok=True)
        # A socket's path has a limit, so what has sockets in it must be near the root.
        self.runroot = pathlib.Path(tempfile.gettempdir()) / f"bandit-containers-{os.getuid()}"
        self.environment = dict(
            os.environ, CONTAINERS_CONF=str(PLACE / "containers.conf"), CONTAINERS_STORAGE_CONF=str(PLACE / "storage.conf"),
            BUILDAH_ISOLATION="chroot", BANDIT_CONTAINER_ENGINE="podman", BANDIT_RUN_DIR=str(PLACE / "run"),
            DISABLE_HC_SYSTEMD="true",  # health checks are asked for, no timer of systemd's does
            NO_COLOR="1")
        (PLACE / "storage.conf").write_text(
            f'[storage]\ndriver = "overlay"\ngraphroot = "{PLACE}/storage"\nrunroot = "{self.runroot}"\n', encoding="utf-8")

    def settings(self, runtime):
        limits = ", ".join(f'"{name}={limit(which, most)}:{limit(which, most)}"' for name, which, most in (
            ("nofile", resource.RLIMIT_NOFILE, 16384), ("nproc", resource.RLIMIT_NPROC, 4096)))
        (PLACE / "containers.conf").write_text(
            f'[containers]\ndefault_ulimits = [{limits}]\nlog_driver = "k8s-file"\n'
            f'[engine]\nruntime = "{runtime}"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n'
            f'[network]\nnetwork_backend = "netavark"\nnetwork_config_dir = "{PLACE}/networks"\n', encoding="utf-8")

    def run(self, *command, check=True, timeout=600, **more):
        done = subprocess.run([str(c) for c in command], env=self.environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=timeout,
                              check=False, **more)
        if check and done.returncode != 0:
            raise AssertionError(f"{' '.join(map(str, command))}: exit code {done.returncode}\n"
                                 f"{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
        return done

    def podman(self, *arguments, **more):
        return self.run("podman", *arguments, **more)

    def inspect(self, kind, name):
        return json.loads(self.podman(kind, "inspect", name).stdout)[0]

    def has_image(self, name):
        return self.podman("image", "exists", name, check=False).returncode == 0

    def provide_debian(self):
        """Debian's image under its public name: what debootstrap makes, from all suites
        that the official one has, too."""
        if self.has_image(DEBIAN):
            return
        with tempfile.TemporaryDirectory(dir=PLACE) as folder:
            root = pathlib.Path(folder) / "root"
            self.run("debootstrap", "--variant=minbase", "bookworm", root)
            (root / "etc/apt/sources.list").write_text(
                "deb http://deb.debian.org/debian bookworm main\ndeb http://deb.debian.org/debian bookworm-updates main\n"
                "deb http://deb.debian.org/debian-security bookworm-security main\n", encoding="utf-8")
            shutil.rmtree(root / "var/cache/apt/archives")
            tar = pathlib.Path(folder) / "root.tar"
            self.run("tar", "-C", root, "-cf", tar, ".")
            self.podman("import", tar, DEBIAN)

    def find_runtime(self):
        """The first runtime that can start a hardened container here; else the test is
        skipped with what each of them said."""
        said = []
        for runtime in ("crun", "runc"):
            if not shutil.which(runtime, path=os.environ["PATH"] + ":/usr/sbin"):
                continue
            self.settings(runtime)
            self.provide_debian()
            tried = self.podman("run", "--rm", "--network=none", "--memory=64m", "--read-only", "--cap-drop=all",
                                "--security-opt=no-new-privileges", "--user=65532", DEBIAN, "true", check=False)
            if tried.returncode == 0:
                return runtime
            said.append(f"{runtime}: {tried.stderr.strip().splitlines()[-1] if tried.stderr.strip() else 'no word'}")
        return skip("no container can be started: " + "; ".join(said))

    def build(self):
        """The images, with the command that users have."""
        done = self.run(ROOT / "manage.sh", "images", "build", check=False, timeout=2700)
        if done.returncode != 0:
            raise AssertionError(done.stdout[-2000:] + done.stderr[-6000:])
        return done.stdout


def ready():
    """An engine that can build and run."""
    engine = Engine()
    print(f"containers are run by {engine.find_runtime()}", flush=True)
    return engine
