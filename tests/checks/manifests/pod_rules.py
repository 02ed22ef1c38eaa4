# SPDX-License-Identifier: Apache-2.0
"""What every pod has to be: restricted, bounded, probed, of a known version, and started as
its program wants to be. A rule yields what is wrong, naming the object."""
import re
import subprocess

from world import flags, quantity, title

OURS = re.compile(r"(?:^|/)bandit-router/([a-z-]+):(.+)$")
PROGRAMS = {"operator": "bandit-operator", "exporter": "bandit-exporter", "model-server": "model-server",
            "model-trainer": "model-trainer", "traffic-generator": "traffic-generator"}
VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}


def restricted(world, _):
    """The Pod Security Standard of that name, and a root file system that cannot be written."""
    for pod in world.pods:
        where, spec = f"{pod.name}: pod", pod.spec
        security = spec.get("securityContext", {})
        for field in ("hostNetwork", "hostPID", "hostIPC"):
            if spec.get(field):
                yield f"{where}: {field} is set"
        if security.get("runAsNonRoot") is not True or security.get("runAsUser", 1) == 0:
            yield f"{where}: securityContext.runAsNonRoot is not true"
        if security.get("seccompProfile", {}).get("type") not in ("RuntimeDefault", "Localhost"):
            yield f"{where}: securityContext.seccompProfile is not RuntimeDefault"
        for volume in spec.get("volumes", []):
            for kind in set(volume) - {"name"} - VOLUMES:
                yield f"{where}: volume {volume['name']} is a {kind}"
        for container in pod.all_containers:
            where, security = f"{pod.name}: container {container['name']}", container.get("securityContext", {})
            if security.get("allowPrivilegeEscalation") is not False:
                yield f"{where}: allowPrivilegeEscalation is not false"
            if security.get("capabilities", {}).get("drop") != ["ALL"] or security["capabilities"].get("add"):
                yield f"{where}: capabilities are not dropped"
            if security.get("readOnlyRootFilesystem") is not True:
                yield f"{where}: readOnlyRootFilesystem is not true"
            if security.get("privileged") or security.get("runAsUser", 1) == 0 or security.get("runAsNonRoot") is False:
                yield f"{where}: privileged, or root"


def namespaces_are_restricted(world, _):
    for namespace in world.of("Namespace"):
        labels = namespace["metadata"].get("labels", {})
        for mode in ("enforce", "audit", "warn"):
            if labels.get(f"pod-security.kubernetes.io/{mode}") != "restricted":
                yield f"{title(namespace)}: label pod-security.kubernetes.io/{mode} is not restricted"
    known = {n["metadata"]["name"] for n in world.of("Namespace")}
    for pod in world.pods:
        if pod.namespace not in known:
            yield f"{pod.name}: there is no Namespace {pod.namespace}"


def bounded(world, _):
    for pod in world.pods:
        for container in pod.all_containers:
            where, resources = f"{pod.name}: container {container['name']}", container.get("resources", {})
            for resource in ("cpu", "memory"):
                request, limit = (resources.get(side, {}).get(resource) for side in ("requests", "limits"))
                if request is None or limit is None:
                    yield f"{where}: no request or no limit for {resource}"
                elif quantity(request) > quantity(limit):
                    yield f"{where}: requests more {resource} than its limit"


def probed(world, _):
    for pod in world.pods:
        for container in pod.containers:
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                where = f"{pod.name}: container {container['name']}: {probe}"
                if probe not in container:
                    yield f"{where}: there is none"
                    continue
                port = container[probe].get("httpGet", {}).get("port")
                if port not in [p for c in container.get("ports", []) for p in (c.get("name"), c["containerPort"])]:
                    yield f"{where}: no port {port}"


def versioned(world, facts):
    """No image without a version; ours are those that are built, in this version."""
    for pod in world.pods:
        for container in pod.all_containers:
            where, image = f"{pod.name}: container {container['name']}", container["image"]
            ours = OURS.search(image)
            if not re.search(r"[^/]:[\w.-]+$|@sha256:", image) or image.endswith(":latest"):
                yield f"{where}: image {image} has no version"
            elif "bandit-router" in image and not ours:
                yield f"{where}: image {image} is not named as ours are"
            elif ours and ours[2] != facts.version:
                yield f"{where}: image {image}; the project's version is {facts.version} (k8s/components/images)"
            elif ours and ours[1] not in facts.images:
                yield f"{where}: no image {ours[1]} is built (services/images)"


def started_right(world, facts):
    """Flags that the program knows, and the ports that it listens on by them."""
    for pod in world.pods:
        for container in pod.all_containers:
            ours = OURS.search(container["image"])
            usage = ours and facts.usage(PROGRAMS.get(ours[1], ""))
            if not usage:
                continue
            where, given = f"{pod.name}: container {container['name']}", flags(container)
            for flag in given:
                if not re.search(rf"^  {re.escape(flag)}\b", usage, re.M):
                    yield f"{where}: {ours[1]} has no flag {flag}"
            default = re.search(r"--web\.listen-address.*?\(default :(\d+)\)", usage, re.S)
            if default:
                listens = [int(a.rsplit(":", 1)[1]) for a in given.get("--web.listen-address", [":" + default[1]])]
                declares = [p["containerPort"] for p in container.get("ports", [])]
                if sorted(listens) != sorted(declares):
                    yield f"{where}: listens on {listens} and declares {declares}"
            for argument in container.get("args", []):
                for name in re.findall(r"\$\((\w+)\)", argument):
                    if not facts.has_variable(world, pod, container, name):
                        yield f"{where}: $({name}) in {argument} is no variable of it"


def tokens(world, _):
    """A token only where there are permissions to use with it, and permissions not in vain."""
    bound = {(s.get("namespace"), s["name"]) for b in world.of("ClusterRoleBinding", "RoleBinding") for s in b.get("subjects", [])}
    for pod in world.pods:
        account = (pod.namespace, pod.spec.get("serviceAccountName", "default"))
        mounts = pod.spec.get("automountServiceAccountToken")
        if mounts is None:
            yield f"{pod.name}: automountServiceAccountToken is left to chance"
        elif mounts != (account in bound):
            yield f"{pod.name}: token {'mounted' if mounts else 'not mounted'}, but ServiceAccount {account[1]} is {'' if account in bound else 'not '}bound to a role"


class Facts:
    """What the rest of the repository says."""

    def __init__(self, root, programs):
        self.root, self.programs, self.cache = root, programs, {}
        cmake = (root / "CMakeLists.txt").read_text(encoding="utf-8")
        self.version = re.search(r"project\(\w+ VERSION ([0-9.]+)", cmake)[1]
        dockerfile = root / "services/images/Dockerfile"
        self.images = set(re.findall(r"^FROM \S+ AS ([a-z-]+)", dockerfile.read_text(encoding="utf-8"), re.M)) \
            if dockerfile.exists() else set(PROGRAMS)

    def usage(self, program):
        """What it prints with --help; None where it is not built."""
        path = self.programs / program if self.programs and program else None
        if program not in self.cache:
            self.cache[program] = subprocess.run([path, "--help"], capture_output=True, text=True, check=True).stdout \
                if path and path.exists() else None
        return self.cache[program]

    @staticmethod
    def has_variable(world, pod, container, name):
        if any(e["name"] == name for e in container.get("env", [])):
            return True
        maps = [world.find("ConfigMap", e["configMapRef"]["name"], pod.namespace) for e in container.get("envFrom", []) if "configMapRef" in e]
        return any(m and name in m.get("data", {}) for m in maps)


RULES = (restricted, namespaces_are_restricted, bounded, probed, versioned, started_right, tokens)
