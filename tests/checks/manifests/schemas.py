# SPDX-License-Identifier: Apache-2.0
"""Objects against the schemas of the API server: Kubernetes' own from a wheel that carries
them for each version, custom ones from the definitions in the projects' Go modules, and ours
from k8s/base/crd. tools.sh fetches them; nothing of them is in the repository."""
import functools
import json
import re

import jsonschema
import yaml

from world import title

VERSIONS = ("1.29", "1.34")  # the oldest that we promise, and a recent one
# Served by clusters only; nobody publishes a schema that could be fetched.
WITHOUT = {("networking.gke.io/v1", "HealthCheckPolicy")}
# What the wheel's schemas call the file beside them.
DEFINITIONS = "https://kubernetes.io/api/_definitions.json"
# Where each custom kind's definition is, below its Go module.
CUSTOM = {
    "gateway.networking.k8s.io": ("gateway-api", "config/crd/standard/*.yaml"),
    "networking.istio.io": ("istio-api", "kubernetes/customresourcedefinitions.gen.yaml"),
    "security.istio.io": ("istio-api", "kubernetes/customresourcedefinitions.gen.yaml"),
    "monitoring.coreos.com": ("prometheus-operator", "example/prometheus-operator-crd/*.yaml"),
    "gateway.envoyproxy.io": ("envoy-gateway", "charts/gateway-helm/crds/generated/*.yaml"),
}


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """A lone equals sign is a text, as it is to Kubernetes."""


Loader.add_constructor("tag:yaml.org,2002:value", lambda loader, node: node.value)


BRANCHES = ("oneOf", "anyOf", "allOf", "not")


def strict(schema, closed=True):
    """A structural schema as JSON schema: what is not named is refused. A branch of oneOf and its like names only what
    it has to say something about, and is not closed."""
    if isinstance(schema, list):
        return [strict(s, closed) for s in schema]
    if not isinstance(schema, dict):
        return schema
    out = {k: ({n: strict(s, closed) for n, s in v.items()} if k == "properties" else strict(v, closed and k not in BRANCHES))
           for k, v in schema.items() if not k.startswith("x-kubernetes") and k not in ("description", "format", "default", "example")}
    if schema.get("x-kubernetes-int-or-string"):
        out = {"anyOf": [{"type": "integer"}, {"type": "string"}]}
    elif closed and "properties" in schema and "additionalProperties" not in schema and not schema.get("x-kubernetes-preserve-unknown-fields"):
        out["additionalProperties"] = False
    if schema.get("nullable"):
        out = {"anyOf": [out, {"type": "null"}]}
    return out


class Schemas:
    def __init__(self, root, tools):
        self.root, self.tools, self.judged = root, tools, {}

    @functools.lru_cache(maxsize=None)
    def core(self, version, api, kind):
        folder = self.tools / f"kubernetes_validate/kubernetes-json-schema/v{version}.0-local-strict"
        group = re.sub(r"^([^./]*)(?:\.[^/]*)?/", r"\1-", api)  # rbac.authorization.k8s.io/v1 -> rbac-v1
        path = folder / f"{kind.lower()}-{group}.json"
        if not path.exists():
            return None
        schema = json.loads(path.read_text(encoding="utf-8"))
        resolver = jsonschema.RefResolver("", schema, store={DEFINITIONS: self.definitions(folder)})
        return jsonschema.Draft7Validator(schema, resolver=resolver)

    @staticmethod
    @functools.lru_cache(maxsize=None)
    def definitions(folder):
        return json.loads((folder / "_definitions.json").read_text(encoding="utf-8"))

    @functools.lru_cache(maxsize=None)
    def definitions_of(self, group):
        """{(version, kind): schema} of a group's custom kinds."""
        if group == "bandit-router.dev":
            paths = [self.root / "k8s/base/crd/banditroutes.yaml"]
        else:
            module, pattern = CUSTOM[group]
            paths = sorted((self.tools / module).glob(pattern))
        found = {}
        for path in paths:
            for crd in yaml.load_all(path.read_text(encoding="utf-8"), Loader):
                if crd and crd["kind"] == "CustomResourceDefinition" and crd["spec"]["group"] == group:
                    for version in crd["spec"]["versions"]:
                        found[version["name"], crd["spec"]["names"]["kind"]] = version["schema"]["openAPIV3Schema"]
        return found

    @functools.lru_cache(maxsize=None)
    def custom(self, group, version, kind):
        schema = self.definitions_of(group).get((version, kind))
        if not schema:
            return None
        schema = strict(schema)
        schema["properties"]["metadata"] = {"type": "object"}
        for field in ("apiVersion", "kind"):
            schema["properties"][field] = {"type": "string"}
        return jsonschema.Draft4Validator(schema)  # as OpenAPI 3.0: exclusiveMinimum is true or false

    def has(self, group):
        return group == "bandit-router.dev" or (self.tools / CUSTOM[group][0]).exists()


def refusals(obj, schemas):
    """What the API server would say of one object."""
    api, kind = obj["apiVersion"], obj["kind"]
    group, _, version = api.rpartition("/")
    custom = group in CUSTOM or group == "bandit-router.dev"
    for release in ("",) if custom else VERSIONS:
        validator = schemas.custom(group, version, kind) if custom else schemas.core(release, api, kind)
        if not validator:
            yield f"{title(obj)}: Kubernetes {release} has no {kind} in {api}"
            continue
        for error in validator.iter_errors(obj):
            where = ".".join(str(p) for p in error.absolute_path)
            yield f"{title(obj)}: {where}: {error.message[:200]}{f' (Kubernetes {release})' if release else ''}"


def valid(objects, schemas, left_out):
    """Kinds that could not be judged are added to left_out."""
    for obj in objects:
        group = obj["apiVersion"].rpartition("/")[0]
        if (obj["apiVersion"], obj["kind"]) in WITHOUT or (group in CUSTOM and not schemas.has(group)):
            left_out.add(f"{obj['apiVersion']} {obj['kind']}")
            continue
        key = json.dumps(obj, sort_keys=True)  # variants share most of their objects
        if key not in schemas.judged:
            schemas.judged[key] = list(refusals(obj, schemas))
        yield from schemas.judged[key]
