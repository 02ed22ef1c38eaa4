#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""bandit-operator replay: a recorded stretch of the demo, decisions of a live operator,
a Prometheus that is made up, and inputs that are broken.

Usage: replay.py PATH-OF-bandit-operator
"""
import csv
import datetime
import gzip
import http.server
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
from operator_world import World, wait_for  # noqa: E402

PROGRAM = sys.argv.pop(1)
DATA = os.path.join(HERE, "..", "data", "replay")
JOURNAL = os.path.join(DATA, "decisions.jsonl.gz")
RANGES = os.path.join(DATA, "ranges.jsonl.gz")
ROUTE = os.path.join(DATA, "digits.yaml")


def replay(*arguments):
    done = subprocess.run([PROGRAM, "replay", *arguments], capture_output=True, text=True,
                          timeout=120, check=False)
    return done.returncode, done.stdout, done.stderr


def lines_of(path):
    with gzip.open(path, "rt") as f:
        return f.read().splitlines()


class Recorded(unittest.TestCase):
    """What the demo decided comes out again."""

    def test_every_decision_to_the_bit(self):
        code, out, err = replay("--journal", JOURNAL, "--verify")
        count = len(lines_of(JOURNAL))
        self.assertEqual((code, err), (0, ""), out)
        self.assertIn(f"journal: {count} of {count} decisions of default/digits made again", out)
        times = [json.loads(line)["time"] / 1000 for line in lines_of(JOURNAL)]
        self.assertGreaterEqual(times[-1] - times[0], 3590)  # an hour

    def test_from_what_prometheus_recorded(self):
        code, out, _ = replay("--journal", JOURNAL, "--file", RANGES, "--verify")
        inputs, count = map(int, re.search(r"ranges: (\d+) of (\d+) inputs", out).groups())
        own = int(re.search(r"; (\d+) on their own", out).group(1))
        self.assertEqual(code, 0, out)
        self.assertGreaterEqual(inputs, 0.97 * count, out)
        self.assertEqual(own, count, out)

    def test_without_a_journal(self):
        """From nothing but Prometheus, beginning with an empty status: of arms that are nearly
        as good another may come to lead first, but it earns as much."""
        begun = json.loads(lines_of(JOURNAL)[0])["time"] / 1000
        start = datetime.datetime.fromtimestamp(begun, datetime.timezone.utc).isoformat()
        with tempfile.TemporaryDirectory() as folder:
            table = os.path.join(folder, "t.csv")
            code, out, err = replay("--file", RANGES, "--route", ROUTE, "--csv", table,
                                    "--start", start)
            self.assertEqual(code, 0, err)
            with open(table, newline="", encoding="utf-8") as f:
                row = next(csv.DictReader(f))
        decided = [json.loads(line)["decided"] for line in lines_of(JOURNAL)]
        # What was decided while Prometheus was away, it does not know of.
        self.assertGreaterEqual(int(row["decisions"]), 0.97 * len(decided))
        self.assertAlmostEqual(float(row["dr"]), float(row["earned"]), delta=0.003)

    def test_policies_side_by_side(self):
        with tempfile.TemporaryDirectory() as folder:
            table, page = (os.path.join(folder, name) for name in ("t.csv", "t.html"))
            code, out, err = replay(
                "--journal", JOURNAL, "--policy", "ProbabilityOfBest",
                "--policy", "EpsilonGreedy:epsilon=0.05,guardrails.maxStepUp=0.5",
                "--csv", table, "--html", page)
            self.assertEqual(code, 0, err)
            with open(table, newline="", encoding="utf-8") as f:
                rows = list(csv.DictReader(f))
            with open(page, encoding="utf-8") as f:
                html = f.read()
        self.assertEqual([r["policy"] for r in rows],
                         ["as configured", "ProbabilityOfBest",
                          "EpsilonGreedy:epsilon=0.05,guardrails.maxStepUp=0.5"])
        for row in rows:
            self.assertIn(row["policy"], out)
            for estimator in ("ips", "snips", "dm", "dr"):
                low, value, high = (float(row[estimator + part]) for part in ("Low", "", "High"))
                self.assertLessEqual(low, value + 1e-9)
                self.assertGreaterEqual(high, value - 1e-9)
                self.assertTrue(0.9 < value < 1.01, row)
        self.assertEqual(html.count("<svg"), 3)
        self.assertNotIn("http", html.split("<svg", 1)[0])  # needs nothing from outside

    def test_the_same_seed_gives_the_same_intervals(self):
        first = replay("--journal", JOURNAL, "--seed", "7")
        self.assertEqual(first, replay("--journal", JOURNAL, "--seed", "7"))
        self.assertNotEqual(first, replay("--journal", JOURNAL, "--seed", "8"))


class Altered(unittest.TestCase):
    """A verification that cannot fail would be worth nothing."""

    def verify(self, lines):
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as f:
            f.write("\n".join(lines) + "\n")
            f.flush()
            return replay("--journal", f.name, "--verify")

    def test_another_input(self):
        lines = lines_of(JOURNAL)
        line = json.loads(lines[100])
        line["seen"]["arms"][0]["objectives"]["success"][0] *= 0.9
        lines[100] = json.dumps(line)
        code, out, _ = self.verify(lines)
        self.assertEqual(code, 1)
        self.assertRegex(out, r"journal: 100 of \d+ ")

    def test_another_outcome(self):
        lines = lines_of(JOURNAL)
        line = json.loads(lines[50])
        line["decided"]["weights"]["svm"] += 1e-15
        lines[50] = json.dumps(line)
        code, out, _ = self.verify(lines)
        self.assertEqual(code, 1)
        self.assertIn("other weights", out)
        self.assertIn(f"journal: {len(lines) - 1} of {len(lines)} ", out)

    def test_a_line_that_is_missing(self):
        lines = lines_of(JOURNAL)
        del lines[30]
        code, out, _ = self.verify(lines)
        self.assertEqual(code, 1)
        self.assertIn("lines before it are missing", out)


class Live(unittest.TestCase):
    """The journal that an operator writes, rotated and restarted, holds all it decided."""

    def test_rotation_and_a_crash(self):
        with tempfile.TemporaryDirectory() as folder:
            journal = os.path.join(folder, "decisions.jsonl")
            world = World(PROGRAM, extra_flags=["--decisions.log", journal])
            self.addCleanup(world.__exit__, None, None, None)
            world.set_rewards(lr=0.8, svm=0.95, rf=0.7)
            world.start_haproxy()
            world.write_route()
            world.start_operator()

            def count(path=journal):
                try:
                    with open(path, encoding="utf-8") as f:
                        return sum(1 for _ in f)
                except FileNotFoundError:
                    return 0

            wait_for("some decisions", lambda: count() >= 5)
            world.set_rewards(lr=0.99, svm=0.3, rf=0.7)
            wait_for("more of them", lambda: count() >= 8)
            os.rename(journal, journal + ".1")
            world.operator.send_signal(signal.SIGHUP)
            wait_for("the new file", lambda: count() >= 3)
            world.operator.kill()
            world.operator.wait()
            world.start_operator()
            before = count()
            wait_for("decisions after the crash", lambda: count() >= before + 3)
            self.assertEqual(world.stop_operator(), 0)
            older, newer = count(journal + ".1"), count()
            for path, lines in ((journal + ".1", older), (journal, older + newer)):  # it reads on in the older one
                code, out, err = replay("--journal", path, "--verify")
                self.assertEqual(code, 0, out + err)
                self.assertIn(f"{lines} of {lines} ", out)

    def test_a_journal_that_cannot_be_written(self):
        done = subprocess.run([PROGRAM, "--store.dir", "/tmp", "--decisions.log", "/no/such/x"],
                              capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("/no/such/x", done.stderr)


class StandIn(http.server.BaseHTTPRequestHandler):
    """Answers range selectors from the recording, as a Prometheus would."""
    protocol_version = "HTTP/1.1"
    answers = []
    refuse = False

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {k: v[0] for k, v in urllib.parse.parse_qs(body).items()}
        found = re.fullmatch(r'\{__name__=~"([^"]+)",namespace="default",route="digits"'
                             r'(,bandit_arm_state="NotReady")?\}\[(\d+)ms\]', form["query"])
        end = float(form["time"])
        start = end - int(found.group(3)) / 1000
        names = found.group(1).split("|")
        result = []
        for line in self.answers:
            for series in line["data"]["result"]:
                values = [v for v in series["values"] if start <= v[0] <= end]
                if values and series["metric"]["__name__"] in names:
                    result.append({"metric": series["metric"], "values": values})
        answer = {"status": "success", "data": {"resultType": "matrix", "result": result}}
        if self.refuse:
            answer = {"status": "error", "error": "too many samples"}
        text = json.dumps(answer).encode()
        self.send_response(422 if self.refuse else 200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *args):
        pass


class Asked(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        StandIn.answers = [json.loads(line) for line in lines_of(RANGES)]
        cls.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), StandIn)
        cls.url = f"http://127.0.0.1:{cls.server.server_address[1]}/"
        threading.Thread(target=cls.server.serve_forever, args=(0.05,), daemon=True).start()

    @classmethod
    def tearDownClass(cls):
        cls.server.shutdown()
        cls.server.server_close()

    def setUp(self):
        StandIn.refuse = False

    def test_what_is_saved_says_the_same_as_what_was_asked(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("saved.jsonl", "saved.jsonl.gz"):
                saved = os.path.join(folder, name)
                asked = replay("--journal", JOURNAL, "--prometheus.url", self.url, "--verify",
                               "--save", saved)
                with open(saved, "rb") as f:
                    self.assertEqual(f.read(2) == b"\x1f\x8b", name.endswith(".gz"))
                self.assertEqual(asked, replay("--journal", JOURNAL, "--file", saved, "--verify"))
                self.assertEqual(asked[0], 0, asked)

    def test_a_refusal_is_passed_on(self):
        StandIn.refuse = True
        code, _, err = replay("--journal", JOURNAL, "--prometheus.url", self.url)
        self.assertEqual(code, 2)
        self.assertIn("422: too many samples", err)

    def test_nobody_listens(self):
        code, _, err = replay("--route", ROUTE, "--prometheus.url", "http://127.0.0.1:9")
        self.assertEqual(code, 2)
        self.assertIn("http://127.0.0.1:9", err)


class Broken(unittest.TestCase):
    def check(self, said, *arguments, content=None):
        with tempfile.NamedTemporaryFile("wb") as f:
            f.write(content or b"")
            f.flush()
            code, _, err = replay(*(f.name if a == "@" else a for a in arguments))
        self.assertEqual(code, 2, err)
        self.assertIn(said, err)
        self.assertLess(len(err), 1200)

    def test_flags(self):
        self.check("from where?", "--route", ROUTE)
        self.check("--verify wants the --journal", "--file", RANGES, "--route", ROUTE, "--verify")
        self.check("not both", "--file", RANGES, "--prometheus.url", "http://x")
        self.check("--start", "--journal", JOURNAL, "--start", "yesterday")
        self.check("no decision from --start", "--journal", JOURNAL, "--end", "2001-01-01T00:00:00Z")

    def test_policies(self):
        self.check("EpsilonGreed", "--journal", JOURNAL, "--policy", "EpsilonGreed")
        self.check("epsilon", "--journal", JOURNAL, "--policy", "EpsilonGreedy:epsilon=7")
        self.check("FIELD=VALUE", "--journal", JOURNAL, "--policy", "EpsilonGreedy:epsilon")

    def test_files(self):
        self.check("no-such-file", "--journal", "no-such-file")
        self.check("no line in it is whole", "--journal", "@", content=b"{")
        self.check("line 1", "--journal", "@", content=b"[")
        self.check("no decision", "--journal", "@", content=b"\n\n")
        self.check("no spec", "--journal", "@", content=(lines_of(JOURNAL)[1] + "\n").encode())
        self.check("not an answer", "--file", "@", "--route", ROUTE, content=b'{"a":1}\n')
        self.check("wanted a matrix", "--file", "@", "--route", ROUTE, content=(
            b'{"status":"success","data":{"resultType":"vector","result":[]}}\n'))
        self.check("no rewards", "--file", "@", "--route", ROUTE, content=(
            b'{"status":"success","data":{"resultType":"matrix","result":[]}}\n'))
        with open(RANGES, "rb") as f:
            self.check("middle", "--file", "@", "--route", ROUTE, content=f.read()[:-2000])
        self.check("no BanditRoute", "--file", RANGES, "--route", "@", content=b"{}\n")


if __name__ == "__main__":
    unittest.main(verbosity=1, argv=sys.argv[:1])
