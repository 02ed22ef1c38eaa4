#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""lib/httpc against a TLS server that may ask for the client's certificate.

Usage: httpc_tls.py PATH-OF-httpc_probe
"""
import http.server
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest

PROBE = sys.argv.pop(1)


def openssl(*args):
    subprocess.run(["openssl"] + list(args), check=True, capture_output=True)


def make_certificates(folder):
    """An authority, and what it signed for the server and for the client."""
    at = lambda name: os.path.join(folder, name)
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", "/CN=test authority", "-keyout", at("ca.key"), "-out", at("ca.pem"))
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", "/CN=another authority", "-keyout", at("other.key"), "-out", at("other.pem"))
    for name, extension in ("server", "subjectAltName=DNS:localhost"), ("client", "extendedKeyUsage=clientAuth"):
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=" + name,
                "-keyout", at(name + ".key"), "-out", at(name + ".csr"))
        with open(at(name + ".ext"), "w") as f:
            f.write(extension + "\n")
        openssl("x509", "-req", "-in", at(name + ".csr"), "-CA", at("ca.pem"), "-CAkey", at("ca.key"),
                "-CAcreateserial", "-days", "2", "-extfile", at(name + ".ext"), "-out", at(name + ".pem"))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_GET(self):
        cert = self.connection.getpeercert() or {}
        name = dict(pair[0] for pair in cert.get("subject", ())).get("commonName", "nobody")
        text = ("hello " + name).encode()
        if self.server.on_request:
            self.server.on_request()
        self.send_response(200)
        if self.server.on_request:
            self.send_header("Connection", "close")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    on_request = None  # called before the answer, after which the connection ends

    def handle_error(self, request, client_address):
        pass


class TlsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        make_certificates(cls.folder.name)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def setUp(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path("server.pem"), self.path("server.key"))
        context.load_verify_locations(self.path("ca.pem"))
        context.verify_mode = ssl.CERT_OPTIONAL
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def tearDown(self):
        self.server.shutdown()
        self.server.server_close()

    def twice(self, *flags, host="localhost"):
        """What two requests of one client came to."""
        url = "https://%s:%d/" % (host, self.server.server_address[1])
        done = subprocess.run([PROBE, "--url", url] + list(flags), capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.splitlines()

    def probe(self, *flags, host="localhost"):
        first, second = self.twice(*flags, host=host)
        self.assertEqual(first, second)
        return first

    def test_only_a_known_authority_is_believed(self):
        self.assertEqual(self.probe("--ca", self.path("ca.pem")), "200 hello nobody")
        self.assertRegex(self.probe("--ca", self.path("other.pem")), "^io .*certificate")
        self.assertRegex(self.probe(), "^io .*certificate")  # the system does not know it
        self.assertRegex(self.probe("--ca", self.path("ca.pem"), host="127.0.0.1"), "^io .*")  # not its name
        self.assertEqual(self.probe("--insecure"), "200 hello nobody")
        self.assertRegex(self.probe("--ca", "/nonexistent"), "^io ")

    def test_an_authority_that_is_replaced_counts_from_the_next_connection(self):
        changing = self.path("changing.pem")
        shutil.copy(self.path("ca.pem"), changing)
        self.server.on_request = lambda: shutil.copy(self.path("other.pem"), changing)
        first, second = self.twice("--ca", changing)
        self.assertEqual(first, "200 hello nobody")
        self.assertRegex(second, "^io .*certificate")

    def test_the_client_says_who_it_is(self):
        flags = ["--ca", self.path("ca.pem"), "--cert", self.path("client.pem"), "--key", self.path("client.key")]
        self.assertEqual(self.probe(*flags), "200 hello client")
        self.assertEqual(self.probe("--pem", *flags), "200 hello client")


if __name__ == "__main__":
    unittest.main()
