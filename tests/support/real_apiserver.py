# SPDX-License-Identifier: Apache-2.0
"""A real API server for custom resources: apiextensions-apiserver over etcd, on loopback."""
import base64
import http.client
import json
import os
import shutil
import ssl
import subprocess
import tempfile
import threading
import urllib.error
import urllib.request

from ports import free_port
from wait import wait_for

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
BINARY = os.environ.get("APIEXTENSIONS_APISERVER") or os.path.join(ROOT, "build", "tools", "apiextensions-apiserver")

CRDS = os.path.join(ROOT, "build", "tools", "crds")  # of others, from their Go modules


def open_crd(group, version, kind, plural, subresources=None):
    """A kind of Kubernetes' own, served as a custom resource that may hold anything; its group is protected, hence
    the annotation."""
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": f"{plural}.{group}",
                         "annotations": {"api-approved.kubernetes.io": "unapproved, test only"}},
            "spec": {"group": group, "scope": "Namespaced",
                     "names": {"kind": kind, "listKind": kind + "List", "plural": plural, "singular": kind.lower()},
                     "versions": [{"name": version, "served": True, "storage": True,
                                   "subresources": subresources or {},
                                   "schema": {"openAPIV3Schema": {"type": "object",
                                                                  "x-kubernetes-preserve-unknown-fields": True}}}]}}


LEASE_CRD = open_crd("coordination.k8s.io", "v1", "Lease", "leases")
EVENT_CRD = open_crd("events.k8s.io", "v1", "Event", "events")
ENDPOINTS_CRD = open_crd("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices")


def crds_of(name):
    """The CRDs in a file of CRDS, as bytes of YAML."""
    with open(os.path.join(CRDS, name), "rb") as f:
        return [text for text in f.read().split(b"\n---") if b"kind: CustomResourceDefinition" in text]


def why_not():
    """What is missing, or None."""
    if not shutil.which("etcd"):
        return "there is no etcd (Debian: etcd-server)"
    if not os.access(BINARY, os.X_OK):
        return f"there is no {os.path.normpath(BINARY)}; tests/support/real_apiserver.sh builds it"
    if "APIEXTENSIONS_APISERVER" not in os.environ and not os.path.isdir(CRDS):
        return f"there is no {os.path.normpath(CRDS)}; tests/support/real_apiserver.sh fetches it"
    return None


def call(url, method, path, body=None, content_type="application/json", tls=None):
    """(code, answer); code 0: there was none."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(url + path, data, method=method, headers={"Content-Type": content_type})
    try:
        with urllib.request.urlopen(request, context=tls, timeout=60) as answer:
            code, text = answer.status, answer.read()
    except urllib.error.HTTPError as e:
        code, text = e.code, e.read()
    except OSError:
        return 0, None
    try:
        return code, json.loads(text)
    except ValueError:
        return code, text


class RealApiServer:
    def __init__(self, etcd_flags=(), audited=()):
        """audited: (group, resource) pairs whose writes audit() tells of."""
        self.dir = tempfile.mkdtemp(prefix="apiserver-")
        self.processes = []
        self.etcd_flags = list(etcd_flags)
        self.audited = list(audited)
        self.audit_read = 0
        self.local = threading.local()

    def path(self, name):
        return os.path.join(self.dir, name)

    def __enter__(self):
        try:
            self.make_certificates()
            self.start()
        except BaseException:
            self.__exit__(True, None, None)
            raise
        return self

    def __exit__(self, kind, value, trace):
        for process in reversed(self.processes):
            process.kill()
            process.wait()
        if kind and os.path.exists(self.path("log")):
            with open(self.path("log"), encoding="utf-8", errors="replace") as f:
                print("".join(f.readlines()[-15:]))
        shutil.rmtree(self.dir, ignore_errors=True)

    # ---- start ---------------------------------------------------------------------

    def openssl(self, *args):
        subprocess.run(["openssl", *args], check=True, capture_output=True, cwd=self.dir)

    def make_certificates(self):
        self.openssl("req", "-x509", *self.KEY, "-days", "2", "-subj", "/CN=test", "-keyout", "ca.key",
                     "-out", "ca.crt")
        self.certify("srv", "/CN=server", "subjectAltName=IP:127.0.0.1")
        self.certify("me", "/O=system:masters/CN=me", "extendedKeyUsage=clientAuth")

    KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")

    def certify(self, name, subject, extension):
        with open(self.path(name + ".ext"), "w", encoding="utf-8") as f:
            f.write(extension + "\n")
        self.openssl("req", *self.KEY, "-subj", subject, "-keyout", name + ".key", "-out", name + ".csr")
        self.openssl("x509", "-req", "-in", name + ".csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial",
                     "-days", "2", "-extfile", name + ".ext", "-out", name + ".crt")

    def start(self):
        self.etcd, peer, self.port = free_port(), free_port(), free_port()
        with open(self.path("fake"), "w", encoding="utf-8") as f:
            json.dump({"apiVersion": "v1", "kind": "Config", "current-context": "x",
                       "clusters": [{"name": "x", "cluster": {"server": "http://127.0.0.1:1"}}],
                       "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
                       "users": [{"name": "x", "user": {}}]}, f)
        with open(self.path("policy"), "w", encoding="utf-8") as f:
            json.dump({"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"],
                       "rules": [{"level": "Request", "verbs": ["create", "update", "patch", "delete"],
                                  "resources": [{"group": group, "resources": [resource, resource + "/*"]}]}
                                 for group, resource in self.audited] + [{"level": "None"}]}, f)
        log = open(self.path("log"), "ab")
        etcd = f"http://127.0.0.1:{self.etcd}"
        self.processes.append(subprocess.Popen(
            ["etcd", "--data-dir", self.path("etcd"), "--listen-client-urls", etcd, "--advertise-client-urls", etcd,
             "--listen-peer-urls", f"http://127.0.0.1:{peer}", "--unsafe-no-fsync"] + self.etcd_flags,
            stdout=log, stderr=log))
        self.processes.append(subprocess.Popen(
            [BINARY, f"--etcd-servers={etcd}", "--bind-address=127.0.0.1", f"--secure-port={self.port}",
             "--tls-cert-file=" + self.path("srv.crt"), "--tls-private-key-file=" + self.path("srv.key"),
             "--client-ca-file=" + self.path("ca.crt"), "--authentication-kubeconfig=" + self.path("fake"),
             "--authentication-skip-lookup", "--authorization-kubeconfig=" + self.path("fake"),
             "--audit-policy-file=" + self.path("policy"), "--audit-log-path=" + self.path("audit"),
             "--audit-log-mode=blocking-strict",
             "--kubeconfig=" + self.path("fake"), "--enable-priority-and-fairness=false",
             "--disable-admission-plugins=NamespaceLifecycle,MutatingAdmissionWebhook,ValidatingAdmissionWebhook,"
             "ValidatingAdmissionPolicy,MutatingAdmissionPolicy"], stdout=log, stderr=log,
            env=dict(os.environ, GOGC="400")))  # a fifth of its time else goes into collecting garbage
        log.close()
        self.tls = ssl.create_default_context(cafile=self.path("ca.crt"))
        self.tls.load_cert_chain(self.path("me.crt"), self.path("me.key"))
        wait_for("the API server to be ready", lambda: self.ask("GET", "/readyz?exclude=informer-sync"), 180)

    # ---- use -----------------------------------------------------------------------

    def call(self, method, path, body=None, content_type="application/json", accept="application/json"):
        """(code, answer), over a connection that each thread keeps; code 0: there was none."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
        for _ in range(2):  # the other end may have closed it
            connection = getattr(self.local, "connection", None)
            fresh = connection is None
            if fresh:
                connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=60, context=self.tls)
            self.local.connection = None
            try:
                connection.request(method, path, data, {"Content-Type": content_type, "Accept": accept})
                answer = connection.getresponse()
                text = answer.read()
                self.local.connection = connection
                break
            except (OSError, http.client.HTTPException):
                connection.close()
                if fresh:
                    return 0, None
        try:
            return answer.status, json.loads(text)
        except ValueError:
            return answer.status, text

    def watch(self, path, version, fn):
        """Call fn with every event since the version, in a thread; it ends with the server."""
        def run():
            connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=600, context=self.tls)
            try:
                connection.request("GET", f"{path}?watch=1&resourceVersion={version}&timeoutSeconds=3600")
                for line in connection.getresponse():
                    fn(json.loads(line))
            except (OSError, ValueError, http.client.HTTPException):
                connection.close()
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread

    def audit(self):
        """The audited requests that were answered, in the order in which they came."""
        with open(self.path("audit"), encoding="utf-8") as f:
            events = [json.loads(line) for line in f if line.endswith("\n")]
        return sorted((e for e in events if e["stage"] == "ResponseComplete"),
                      key=lambda e: e["requestReceivedTimestamp"])

    def new_audit(self):
        """Those that were answered since it was asked last."""
        found = []
        with open(self.path("audit"), "rb") as f:
            f.seek(self.audit_read)
            for line in f:
                if not line.endswith(b"\n"):
                    break
                self.audit_read += len(line)
                found.append(json.loads(line))
        return [e for e in found if e["stage"] == "ResponseComplete"]

    def ask(self, method, path, body=None, content_type="application/json"):
        """The answer, or None when it was no success."""
        code, answer = self.call(method, path, body, content_type)
        return answer if 200 <= code < 300 else None

    def define(self, crd):
        """A CRD as bytes of YAML or as an object; waits until it is served."""
        text = crd if isinstance(crd, bytes) else json.dumps(crd).encode()
        name = crd["metadata"]["name"] if not isinstance(crd, bytes) else \
            [line.split()[1] for line in crd.decode().splitlines() if line.startswith("  name: ")][0]
        path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/" + name
        code, answer = self.call("PATCH", path + "?fieldManager=test", text, "application/apply-patch+yaml")
        assert code in (200, 201), answer
        wait_for(f"{name} to be established", lambda: any(
            c["type"] == "Established" and c["status"] == "True"
            for c in (self.ask("GET", path) or {}).get("status", {}).get("conditions") or []))
        plural, group = name.split(".", 1)
        version = (self.ask("GET", path) or {})["spec"]["versions"][0]["name"]
        wait_for(f"{name} to be served", lambda: self.ask("GET", f"/apis/{group}/{version}/{plural}"))

    def compact(self):
        """Forget all history up to now."""
        etcd = f"http://127.0.0.1:{self.etcd}/v3/kv/"
        read = json.dumps({"key": base64.b64encode(b"x").decode()}).encode()
        with urllib.request.urlopen(etcd + "range", read, timeout=60) as answer:
            revision = json.load(answer)["header"]["revision"]
        body = json.dumps({"revision": revision, "physical": True}).encode()
        with urllib.request.urlopen(etcd + "compaction", body, timeout=60) as answer:
            answer.read()

    def kubeconfig(self, path, user="me"):
        """As whom: "me", or anybody, who is then given a certificate (and may do everything, too)."""
        if not os.path.exists(self.path(user + ".crt")):
            self.certify(user, f"/O=system:masters/CN={user}", "extendedKeyUsage=clientAuth")

        def text_of(name):
            with open(self.path(name), "rb") as f:
                return base64.b64encode(f.read()).decode()
        with open(path, "w", encoding="utf-8") as f:
            json.dump({"apiVersion": "v1", "kind": "Config", "current-context": "test",
                       "clusters": [{"name": "c", "cluster": {"server": f"https://127.0.0.1:{self.port}",
                                                              "certificate-authority-data": text_of("ca.crt")}}],
                       "users": [{"name": "u", "user": {"client-certificate-data": text_of(user + ".crt"),
                                                        "client-key-data": text_of(user + ".key")}}],
                       "contexts": [{"name": "test", "context": {"cluster": "c", "user": "u"}}]}, f)
        return path
