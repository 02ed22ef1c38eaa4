# SPDX-License-Identifier: Apache-2.0
"""Runs real programs for the exporter's integration tests: a store folder, the exporter,
certificates made by openssl. Standard library only."""
import contextlib
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request

from wait import LIMIT_S, wait_for

ROUTE = """apiVersion: bandit-router.dev/v1alpha1
kind: BanditRoute
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  arms:
  - {{name: logistic-regression, backend: {{service: lr, port: 8080}}}}
  - {{name: svm, backend: {{service: svm, port: 8080}}}}
  - {{name: random-forest, backend: {{service: rf, port: 8080}}}}
  targetRef: {{kind: HAProxyBackend, name: {name}}}
  policy: {{type: EpsilonGreedy, epsilon: {epsilon}}}
  reward:
    window: 5m
    objectives:
    - {{name: success, weight: 0.5, min: 0.95}}
    - {{name: latency, weight: 0.5}}
"""


class Folder:
    """A folder store."""

    def __init__(self, path):
        self.path = path
        os.makedirs(path, exist_ok=True)

    def put(self, name, namespace="default", epsilon=0.2):
        path = os.path.join(self.path, f"{namespace}.{name}.yaml")
        with open(path + ".tmp", "w") as f:
            f.write(ROUTE.format(name=name, namespace=namespace, epsilon=epsilon))
        os.rename(path + ".tmp", path)

    def remove(self, name, namespace="default"):
        os.unlink(os.path.join(self.path, f"{namespace}.{name}.yaml"))


class Program:
    """A program that logs the port it listens on, to a file that failures show."""

    def __init__(self, folder, *command, **options):
        self.log_path = os.path.join(folder, f"{os.path.basename(command[0])}.{time.monotonic_ns()}.log")
        self.log = open(self.log_path, "wb")
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, **options)

    def output(self):
        with open(self.log_path, errors="replace") as f:
            return f.read()

    def wait_for(self, pattern, seconds=LIMIT_S):
        def look():
            if self.process.poll() is not None:
                raise AssertionError(f"ended early:\n{self.output()}")
            return re.search(pattern, self.output())

        return wait_for(f"{pattern} in its output", look, seconds, seen=self.output)

    def resident_kib(self):
        with open(f"/proc/{self.process.pid}/status") as f:
            return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1))

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError(f"did not end on SIGTERM:\n{self.output()}")
        self.log.close()
        return self.process.returncode

    def __enter__(self):
        return self

    def __exit__(self, failed, *_):
        """Ends it, which has to go well; where a test failed, what it said is shown."""
        code = self.stop()
        if failed:
            print(self.output(), file=sys.stderr)
        else:
            assert code == 0, f"exit code {code}:\n{self.output()}"


class Exporter(Program):
    def __init__(self, binary, folder, store, *flags):
        super().__init__(folder, binary, "--store.dir", store.path,
                         "--web.listen-address", "127.0.0.1:0", *flags)
        self.port = int(self.wait_for(r"msg=listening.* port=(\d+)").group(1))
        self.scheme, self.context, self.authorization = "http", None, None

    def url(self, path):
        return f"{self.scheme}://localhost:{self.port}{path}"

    def get(self, path="/metrics", headers=None, timeout=60):
        request = urllib.request.Request(self.url(path), headers=headers or {})
        if self.authorization:
            request.add_header("Authorization", self.authorization)
        with urllib.request.urlopen(request, timeout=timeout, context=self.context) as r:
            return r.read()

    def text(self, path="/metrics", **kw):
        return self.get(path, **kw).decode()


@contextlib.contextmanager
def workplace():
    folder = tempfile.mkdtemp(prefix="bandit-exporter-test.")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def openssl(*args):
    subprocess.run(["openssl", *args], check=True, capture_output=True)


class Authority:
    """A certificate authority of its own."""

    EC = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")

    def __init__(self, folder, name="ca"):
        self.folder, self.name = folder, name
        self.certificate, self.key = self.path(name, "pem"), self.path(name, "key")
        openssl("req", "-x509", *self.EC, "-keyout", self.key, "-out", self.certificate,
                "-days", "2", "-subj", f"/CN={name}")

    def path(self, name, kind):
        return os.path.join(self.folder, f"{name}.{kind}")

    def issue(self, name, alternative):
        request, extensions = self.path(name, "csr"), self.path(name, "ext")
        with open(extensions, "w") as f:
            f.write(f"subjectAltName={alternative}\n")
        openssl("req", *self.EC, "-keyout", self.path(name, "key"), "-out", request,
                "-subj", f"/CN={name}")
        openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key,
                "-CAcreateserial", "-days", "2", "-extfile", extensions,
                "-out", self.path(name, "pem"))
        return self.path(name, "pem"), self.path(name, "key")


def client_context(authority, certificate=None, key=None):
    context = ssl.create_default_context(cafile=authority.certificate)
    if certificate:
        context.load_cert_chain(certificate, key)
    return context


# The password is "secret"; cost 8, so that the tests do not spend their time on it.
BCRYPT_OF_SECRET = "$2b$08$abcdefghijklmnopqrstuuKxCcvB7KZ7.BpDoK0bh6qM7Dl1/xiJa"
