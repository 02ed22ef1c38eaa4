#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""http-probe against servers that are well, ill, slow, silent and no web servers at all.

Usage: probe.py HTTP_PROBE
"""
import contextlib
import socket
import subprocess
import sys
import threading
import time
import unittest

PROBE = sys.argv.pop(1)


@contextlib.contextmanager
def server(answer, family=socket.AF_INET, host="127.0.0.1", pause=0.0, pieces=1):
    """Answers the one connection that comes; yields its port and what it was asked."""
    listener = socket.socket(family)
    listener.bind((host, 0))
    listener.listen(1)
    asked = []

    def serve():
        with contextlib.suppress(OSError):
            peer, _ = listener.accept()
            with peer:
                asked.append(peer.recv(4096))
                step = max(1, len(answer) // pieces)
                for i in range(0, len(answer), step):
                    time.sleep(pause)
                    peer.sendall(answer[i:i + step])

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1], asked
    finally:
        listener.close()
        thread.join(5)


PATIENT = ("--timeout", "60s")


def probe(*arguments):
    done = subprocess.run([PROBE, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120,
                          check=False)
    return done.returncode, done.stderr


class ProbeTest(unittest.TestCase):
    def ask(self, answer, **more):
        with server(answer, **more) as (port, _):
            return probe(f"http://127.0.0.1:{port}/readyz", *PATIENT)

    def test_two_hundreds_are_healthy(self):
        for status in ("200 OK", "204 No Content"):
            self.assertEqual(self.ask(f"HTTP/1.1 {status}\r\n\r\n".encode()), (0, ""))
        self.assertEqual(self.ask(b"HTTP/1.0 200 OK\r\n\r\nready\n"), (0, ""))

    def test_other_statuses_are_not(self):
        for status in (100, 301, 404, 503):
            code, said = self.ask(f"HTTP/1.1 {status} X\r\n\r\n".encode())
            self.assertEqual(code, 1)
            self.assertIn(f"status {status}", said)

    def test_what_is_no_http(self):
        for answer in (b"", b"H", b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 2x0 OK\r\n\r\n", b"HTTP/1.1  99 X\r\n\r\n"):
            code, said = self.ask(answer)
            self.assertEqual(code, 1, answer)
            self.assertIn("not HTTP", said)

    def test_an_answer_in_pieces(self):
        self.assertEqual(self.ask(b"HTTP/1.1 200 OK\r\n\r\n", pause=0.01, pieces=19), (0, ""))

    def test_the_time_is_for_all_of_it(self):
        # 19 pieces, each well within the timeout, together far over it: when it is over,
        # most of them have still to come
        with server(b"HTTP/1.1 200 OK\r\n\r\n", pause=1.5, pieces=19) as (port, _):
            began = time.monotonic()
            code, said = probe(f"http://127.0.0.1:{port}/", "--timeout", "4s")
            self.assertLess(time.monotonic() - began, 19 * 1.5)
        self.assertEqual(code, 1)
        self.assertIn("in time", said)

    def test_nobody_there(self):
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))  # and does not listen
            code, said = probe(f"http://127.0.0.1:{nobody.getsockname()[1]}/", *PATIENT)
        self.assertEqual(code, 1)
        self.assertIn("refused", said)

    def test_what_is_asked(self):
        for path, line in (("", b"GET / HTTP/1.1\r\n"), ("/ready?x=1", b"GET /ready?x=1 HTTP/1.1\r\n")):
            with server(b"HTTP/1.1 200 OK\r\n\r\n") as (port, asked):
                self.assertEqual(probe(f"http://localhost:{port}{path}", *PATIENT)[0], 0)
            self.assertTrue(asked[0].startswith(line), asked)
            self.assertIn(f"Host: localhost:{port}\r\n".encode(), asked[0])

    @unittest.skipUnless(socket.has_ipv6, "no IPv6 here")
    def test_ipv6(self):
        try:
            with server(b"HTTP/1.1 200 OK\r\n\r\n", family=socket.AF_INET6, host="::1") as (port, _):
                self.assertEqual(probe(f"http://[::1]:{port}/", *PATIENT), (0, ""))
        except OSError as error:
            self.skipTest(f"no ::1 here: {error}")

    def test_what_cannot_be_meant(self):
        for url in ("https://127.0.0.1/", "127.0.0.1:80", "http://", "http://:80/", "http://a:/", "http://a:x/",
                    "http://a:0/", "http://a:65536/", "http://a:1234567/", "http://[::1", "http://" + "a" * 300 + "/"):
            code, said = probe(url)
            self.assertEqual(code, 2, url)
            self.assertTrue(said.startswith("http-probe: "), said)
        self.assertEqual(probe()[0], 2)
        self.assertEqual(probe("http://a/", "http://b/")[0], 2)


if __name__ == "__main__":
    unittest.main()
