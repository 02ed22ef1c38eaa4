#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""manage.sh before it does anything: each verb explains itself and does nothing else, stray arguments are refused, and what
it is told reaches whom it is for."""
import http.server
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
MANAGE = (ROOT / "manage.sh").read_text(encoding="utf-8")
HELP = (ROOT / "services/local/sh/help.sh").read_text(encoding="utf-8")


def verbs():
    """Those that manage.sh dispatches."""
    words = re.findall(r"^([a-z][a-z -|]*)\)(?: verb_cluster|\n    \"verb_)", MANAGE, re.M)
    return {verb for line in words for verb in line.split(" | ")}


class Manage(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.run_dir = pathlib.Path(folder.name) / "run"
        self.run_dir.mkdir()
        self.environment = {**os.environ, "BANDIT_RUN_DIR": str(self.run_dir)}

    def manage(self, *arguments, **more):
        ran = subprocess.run([ROOT / "manage.sh", *arguments], capture_output=True, text=True, timeout=120, check=False,
                             stdin=subprocess.DEVNULL, env={**self.environment, **more})
        return ran.returncode, ran.stdout, ran.stderr

    def seem_to_run(self):
        """A process in the supervisor's place, which `down` ends."""
        supervisor = subprocess.Popen(["sleep", "600"])
        reaper = threading.Thread(target=supervisor.wait)  # or it would stay, as a zombie
        reaper.start()
        self.addCleanup(reaper.join)
        self.addCleanup(supervisor.kill)
        (self.run_dir / "supervisord.pid").write_text(str(supervisor.pid), encoding="ascii")
        listening = socket.socket(socket.AF_UNIX)
        self.addCleanup(listening.close)
        listening.bind(str(self.run_dir / "supervisor.sock"))
        return supervisor

    def test_each_verb_explains_itself(self):
        self.assertGreaterEqual(len(verbs()), 20)
        documented = set(re.findall(r"^@([a-z-]+)", HELP, re.M))
        self.assertEqual(documented, verbs() - {"cluster"})
        for verb in sorted(verbs()):
            for asked in [[verb, "--help"]] + ([[verb, "-h"], ["help", verb]] if verb in ("up", "deploy") else []):
                code, out, err = self.manage(*asked)
                self.assertEqual((code, err), (0, ""), asked)
                self.assertIn(f"Usage: ./manage.sh {verb}", out, asked)
        self.assertEqual(list(self.run_dir.iterdir()), [], "asking for help left something behind")

    def test_help_stops_nothing(self):
        supervisor = self.seem_to_run()
        for asked in (["down", "--help"], ["down", "-h"], ["down", "now"], ["down", "--now"]):
            self.manage(*asked)
            self.assertIsNone(supervisor.poll(), asked)
        self.assertEqual(self.manage("down")[0], 0)
        self.assertIsNotNone(supervisor.wait(30))  # that does stop it: the test can fail

    def test_stray_arguments_are_refused(self):
        self.seem_to_run()
        for stray in (["down", "x"], ["status", "x"], ["logs", "x", "y"], ["metrics", "x", "y"], ["restart"], ["restart", "x", "y"],
                      ["predict", "0"], ["predict", "999999"], ["predict", "1", "2"], ["predict", "--fast"], ["up", "x"], ["test", "x", "y"],
                      ["degrade"], ["heal", "svm", "x"], ["images", "list", "x"], ["images", "burn"], ["compose"], ["bogus"], ["help", "bogus"]):
            code, _, err = self.manage(*stray)
            self.assertEqual(code, 2, (stray, err))
            self.assertIn("error: ", err, stray)

    def test_a_regex_is_no_flag_of_greps(self):
        self.seem_to_run()
        server = serve(self, lambda body: ({}, b"one 1\nminus -1\n"))
        code, out, err = self.manage("metrics", "-1", BANDIT_PORT_EXPORTER=str(server.server_port))
        self.assertEqual((code, out), (0, "minus -1\n"), err)

    def test_predict_sends_a_row(self):
        seen = []
        server = serve(self, lambda body: (seen.append(json.loads(body)), {"X-Bandit-Arm": "svm"})[1:] + (b'{"class":"0"}',))
        code, out, err = self.manage("predict", "3", BANDIT_PORT_GATEWAY=str(server.server_port))
        self.assertEqual(code, 0, err)
        row = (ROOT / "services/trainer/data/digits.csv").read_text(encoding="ascii").splitlines()[3].split(",")
        self.assertEqual([len(seen[0]["features"]), seen[0]["features"]], [64, [float(cell) for cell in row[:-1]]])
        self.assertEqual(out, f'==> Row 3, in truth {row[-1]}, answered by svm\n{{"class":"0"}}\n')
        dry = self.manage("predict", "3", "--dry-run", "--url", f"http://127.0.0.1:{server.server_port}/")[1]
        ran = subprocess.run(["bash", "-c", dry], capture_output=True, text=True, timeout=60, check=True)
        self.assertEqual((ran.stdout, seen[1]), ('{"class":"0"}', seen[0]))
        self.assertEqual(self.manage("predict", "--url", "http://127.0.0.1:9")[0], 1)

    def test_flags_are_for_one_benchmark(self):
        bench = ROOT / "tests/bench/run.sh"
        ran = subprocess.run([bench, "decide", "peer", "--full"], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual((ran.returncode, ran.stdout), (2, ""), ran.stderr)
        ran = subprocess.run([bench, "serving", "--help"], capture_output=True, text=True, timeout=60, check=False)
        self.assertIn("--without", ran.stdout + ran.stderr)


def serve(test, answer):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do(self):
            headers, body = answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            self.send_response(200)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    test.addCleanup(server.server_close)
    test.addCleanup(server.shutdown)
    return server


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=2))
