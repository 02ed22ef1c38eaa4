#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Does a real API server judge tests/data/routes as the C code does?

Usage: route_apiserver.py DESCRIBE_ROUTE

Starts etcd and the Kubernetes project's apiextensions-apiserver, which serves custom resources
with structure, defaults and CEL, loads our CRD and sends every object with dryRun=All.
Skipped (77) where one of them is missing: `go install k8s.io/apiextensions-apiserver@v0.36.4`.
"""

import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

SKIPPED = 77
HERE = os.path.dirname(os.path.abspath(__file__))
PLACES = [os.path.join(HERE, "../../build/tools"), os.path.expanduser("~/go/bin")]
COLLECTION = "/apis/bandit-router.dev/v1alpha1/namespaces/default/banditroutes"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"

# What we settle from other fields, and the server cannot.
SETTLED = {"spec.baseline", "spec.guardrails.maxEjected", "spec.targetRef.group"}

FAKE_KUBECONFIG = """{apiVersion: v1, kind: Config, current-context: none,
clusters: [{name: none, cluster: {server: "https://127.0.0.1:1"}}],
contexts: [{name: none, context: {cluster: none, user: none}}], users: [{name: none, user: {}}]}
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def program(variable, name):
    return os.environ.get(variable) or shutil.which(
        name, path=os.pathsep.join([os.environ.get("PATH", ""), *PLACES])
    )


def make_certificates(folder):
    """A certificate authority, the server's certificate, and an administrator's."""

    def openssl(*args):
        subprocess.run(["openssl", *args], cwd=folder, check=True, capture_output=True)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.crt",
            "-days", "1", "-subj", "/CN=test")
    with open(os.path.join(folder, "san"), "w", encoding="ascii") as f:
        f.write("subjectAltName=IP:127.0.0.1")
    for name, subject in (("srv", "/CN=server"), ("admin", "/O=system:masters/CN=admin")):
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key",
                "-out", f"{name}.csr", "-subj", subject)
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key",
                "-CAcreateserial", "-days", "1", "-extfile", "san", "-out", f"{name}.crt")


class Server:
    """etcd and the API server in a folder of their own, ended with the block."""

    def __init__(self, etcd, apiserver):
        self.etcd, self.apiserver = etcd, apiserver
        self.processes = []

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="bandit-apiserver-")
        make_certificates(self.folder)
        client, peer, self.port = free_port(), free_port(), free_port()
        self.start("etcd", self.etcd, "--data-dir=data", "--unsafe-no-fsync",
                   f"--listen-client-urls=http://127.0.0.1:{client}",
                   f"--advertise-client-urls=http://127.0.0.1:{client}",
                   f"--listen-peer-urls=http://127.0.0.1:{peer}",
                   f"--initial-advertise-peer-urls=http://127.0.0.1:{peer}",
                   f"--initial-cluster=default=http://127.0.0.1:{peer}")
        with open(os.path.join(self.folder, "fake"), "w", encoding="ascii") as f:
            f.write(FAKE_KUBECONFIG)
        self.start("apiserver", self.apiserver, f"--etcd-servers=http://127.0.0.1:{client}",
                   "--bind-address=127.0.0.1", f"--secure-port={self.port}",
                   "--tls-cert-file=srv.crt", "--tls-private-key-file=srv.key",
                   "--client-ca-file=ca.crt", "--authentication-kubeconfig=fake",
                   "--authentication-skip-lookup", "--authorization-kubeconfig=fake",
                   "--kubeconfig=fake", "--enable-priority-and-fairness=false",
                   "--disable-admission-plugins=NamespaceLifecycle,MutatingAdmissionWebhook,"
                   "ValidatingAdmissionWebhook,ValidatingAdmissionPolicy,MutatingAdmissionPolicy")
        self.tls = ssl.create_default_context(cafile=self.path("ca.crt"))
        self.tls.load_cert_chain(self.path("admin.crt"), self.path("admin.key"))
        return self

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self, name, *command):
        with open(self.path(f"{name}.log"), "wb") as log:
            self.processes.append(
                subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log))

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.kill()
            process.wait()
        shutil.rmtree(self.folder)

    def ask(self, method, path, body=None):
        """The status and the answer, which is JSON where the server answers at all."""
        request = urllib.request.Request(
            f"https://127.0.0.1:{self.port}{path}", method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, context=self.tls, timeout=10) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            text = error.read()
            return error.code, json.loads(text) if text.startswith(b"{") else {}
        except OSError:
            return 0, {}

    def wait(self, what, condition):
        end = time.monotonic() + 60
        while not condition():
            if time.monotonic() > end or any(p.poll() is not None for p in self.processes):
                with open(self.path("apiserver.log"), encoding="utf8") as log:
                    sys.exit(f"{what}: not within a minute\n{log.read()[-2000:]}")
            time.sleep(0.1)


def differences(path, ours, theirs):
    """Where the spec in force differs from what the server made of the object."""
    if isinstance(theirs, dict):
        for key, value in theirs.items():
            if f"{path}.{key}" not in SETTLED:
                yield from differences(f"{path}.{key}", ours.get(key), value)
    elif isinstance(theirs, list):
        for i, value in enumerate(theirs):
            yield from differences(f"{path}[{i}]", ours[i], value)
    elif ours != theirs:
        yield f"{path}: we have {ours}, the server {theirs}"


def judge(case, status, answer):
    """What is wrong with the server's answer to the case, if anything."""
    why = answer.get("message", "")
    if "error" not in case:
        return [] if status == 201 else [f"taken in C, refused by the server: {why}"]
    if "server" in case:
        return [] if "prunes" not in case["server"] or status == 201 else [f"not pruned: {why}"]
    if status != 422:
        return [f"refused in C ({case['refused']}), answered with {status} by the server"]
    return []


def main():
    describe = sys.argv[1]
    etcd, apiserver = program("ETCD", "etcd"), program("APISERVER", "apiextensions-apiserver")
    if not etcd or not apiserver:
        print("skipped: no etcd or no apiextensions-apiserver here")
        return SKIPPED

    def described(what):
        return json.loads(
            subprocess.run([describe, what], check=True, capture_output=True).stdout)

    faults = []
    with Server(etcd, apiserver) as server:
        server.wait("ready", lambda: server.ask("GET", CRDS)[0] == 200)
        status, answer = server.ask("POST", CRDS, described("crd-json"))
        if status != 201:
            sys.exit(f"the CRD is refused: {answer.get('message')}")
        server.wait("served", lambda: server.ask("GET", COLLECTION)[0] == 200)
        _, crd = server.ask("GET", f"{CRDS}/banditroutes.bandit-router.dev")
        conditions = {c["type"]: c for c in crd["status"]["conditions"]}
        if "NonStructuralSchema" in conditions:
            faults.append(conditions["NonStructuralSchema"]["message"])

        cases = described("cases")
        for case in cases:
            body = json.loads(json.dumps(case["object"]))
            body["metadata"] = {"name": "digits"}
            body.pop("status", None)
            status, answer = server.ask("POST", f"{COLLECTION}?dryRun=All", body)
            faults += [f"{case['case']}: {fault}" for fault in judge(case, status, answer)]
            if case["case"] == "the smallest object has every default" and status == 201:
                faults += differences("spec", case["in_force"], answer["spec"])

    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"{len(cases)} objects, {len(faults)} disagreements")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
