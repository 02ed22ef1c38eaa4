#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The real traffic-generator against a small service that counts what it gets.

The service behaves as the first part of the path says: /ok, /fail, /hang, /stall, /bare.
Usage: traffic.py PATH-OF-traffic-generator
"""
import collections
import http.server
import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from ports import free_port  # noqa: E402
from wait import wait_for  # noqa: E402

PROGRAM = sys.argv.pop(1)
ARMS = ["svm", "random-forest"]
TRIES = 8
PATIENT = ("--timeout", "60s")  # no answer is too late for a test that is not about that


class Service(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.predictions = []  # (time, features, arm or None)
        self.feedback = []  # (time, body, headers)
        self.traces = []
        self.started = None
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def reset(self):
        with self.lock:
            self.predictions.clear()
            self.feedback.clear()
            self.traces.clear()
            self.started = None

    def handle_error(self, request, client_address):
        pass  # clients that do not wait are part of the test

    def url(self, how):
        return "http://127.0.0.1:%d/%s" % (self.server_address[1], how)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *args):
        pass

    def answer(self, status, body, arm=None):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        if arm:
            self.send_header("X-Bandit-Arm", arm)
        self.end_headers()
        self.wfile.write(text)

    def do_POST(self):
        now = time.monotonic()
        service = self.server
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        _, how, what = self.path.split("/")
        if what == "feedback":
            with service.lock:
                service.feedback.append((now, body, dict(self.headers)))
            return self.answer(200, {"outcome": "correct"})
        with service.lock:
            n = len(service.predictions)
            arm = None if how == "bare" else ARMS[n % 3 == 2]
            service.predictions.append((now, body["features"], arm))
            service.traces.append(self.headers["traceparent"])
            service.started = service.started or now
        if how == "fail" and n % 4 == 0:
            return self.answer(500, {"error": "broken"}, arm)
        if how == "hang" and n % 5 == 0:
            return time.sleep(3)
        if how == "stall":  # nothing is answered from 0.5 to 1.5 s
            into = now - service.started
            if 0.5 <= into < 1.5:
                time.sleep(1.5 - into)
        return self.answer(200, {"prediction_id": "id-%d" % n, "class": "x"}, arm)


def write_rows(path, count=50):
    """Row i has the features (i, i/2) and the label "class-i"."""
    with open(path, "w") as f:
        f.write("a,b,label\n")
        for i in range(count):
            f.write("%d,%g,class-%d\n" % (i, i / 2, i))


class TrafficTest(unittest.TestCase):
    def setUp(self):
        self.service = Service()
        self.folder = tempfile.TemporaryDirectory()
        self.rows = os.path.join(self.folder.name, "rows.csv")
        self.figures = os.path.join(self.folder.name, "figures.json")
        write_rows(self.rows)

    def tearDown(self):
        self.service.shutdown()
        self.service.server_close()
        self.folder.cleanup()

    def command(self, how, *flags):
        return [PROGRAM, "--url", self.service.url(how), "--data", self.rows, "--json", self.figures,
                "--web.listen-address", "127.0.0.1:0"] + list(flags)

    def run_it(self, how, *flags, code=0):
        """Run to the end; returns the figures, which must add up."""
        done = subprocess.run(self.command(how, *flags), capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, code, done.stderr + done.stdout)
        self.output = done.stdout
        self.log = done.stderr
        with open(self.figures) as f:
            figures = json.load(f)
        self.assertEqual(figures["ok"] + sum(figures["errors"].values()), figures["due"])
        return figures

    def undisturbed(self, story):
        """For what is a matter of moments: a busy machine can spoil it, but not make it come
        out well by chance. So it has to come out well once."""
        for left in reversed(range(TRIES)):
            self.service.reset()
            try:
                return story()
            except AssertionError:
                if not left:
                    raise

    def begin(self, how, *flags, stderr=subprocess.PIPE):
        """Start it, and wait until it has sent something: then it also minds signals."""
        p = subprocess.Popen(self.command(how, *flags), stdout=subprocess.PIPE, stderr=stderr, text=True)
        self.addCleanup(lambda: p.poll() is None and (p.kill(), p.communicate()))
        wait_for("requests", lambda: len(self.service.predictions) > 10)
        return p

    def arms_seen(self):
        return collections.Counter(arm for _, _, arm in self.service.predictions)

    def test_constant_rate_and_its_feedback(self):
        figures = self.run_it("ok", "--rate", "100", "--duration", "3s", "--feedback-delay", "500ms", *PATIENT)
        self.assertIn(figures["sent"], (299, 300))
        self.assertEqual(figures["ok"], figures["sent"])
        self.assertEqual(len(self.service.predictions), figures["sent"])
        # Each request is a trace of its own.
        self.assertEqual(len(set(self.service.traces)), figures["sent"])
        for trace in self.service.traces:
            self.assertRegex(trace, r"\A00-[0-9a-f]{32}-[0-9a-f]{16}-01\Z")
        # As the service counts the arms, so does the generator.
        self.assertEqual({a["name"]: a["answers"] for a in figures["arms"]}, self.arms_seen())
        self.assertAlmostEqual(sum(a["share"] for a in figures["arms"]), 1)
        # Every prediction gets its own row's label, once, after the delay.
        self.assertEqual(figures["feedback"]["accepted"], figures["sent"])
        self.assertEqual(len(self.service.feedback), figures["sent"])
        late = []
        for at, body, headers in self.service.feedback:
            self.assertEqual(headers["X-Prediction-Id"], body["prediction_id"])
            sent_at, features, _ = self.service.predictions[int(body["prediction_id"][3:])]
            self.assertEqual(body["label"], "class-%d" % features[0])
            self.assertEqual(features[1], features[0] / 2)
            late.append(at - sent_at)
        self.assertEqual(len({body["prediction_id"] for _, body, _ in self.service.feedback}), figures["sent"])
        self.assertGreater(min(late), 0.49)
        self.assertRegex(self.output, r"(?m)^svm +\d+ +\d+\.\d% +\d+ +\S+ \S+ ")

    def test_each_pass_sends_each_row_once_in_another_order(self):
        # One at a time, so that they come in the order in which they were sent.
        self.run_it("ok", "--rate", "200", "--duration", "750ms", "--max-in-flight", "1", "--feedback-ratio", "0",
                    *PATIENT)
        sent = [features[0] for _, features, _ in self.service.predictions]
        self.assertEqual(sorted(sent[:50]), list(range(50)))
        self.assertEqual(sorted(sent[50:100]), list(range(50)))
        self.assertNotEqual(sent[:50], sent[50:100])

    def test_a_constant_rate_is_even(self):
        def story():
            self.run_it("ok", "--rate", "100", "--duration", "1500ms", "--feedback-ratio", "0")
            # Those that are due may come late, never soon: but for how late the first one was.
            times = [at for at, _, _ in self.service.predictions]
            soonest = min(at - times[0] - i * 0.01 for i, at in enumerate(times))
            self.assertGreater(soonest, -0.1)
        self.undisturbed(story)

    def test_the_same_seed_sends_the_same_again(self):
        sent = []
        for seed in "7", "7", "8":
            figures = self.run_it("ok", "--rate", "200", "--pattern", "poisson", "--duration", "1s", "--seed", seed,
                                  "--feedback-delay", "0s", "--feedback-ratio", "0.5", *PATIENT)
            # Within five deviations of a Poisson and a binomial distribution.
            self.assertAlmostEqual(figures["sent"], 200, delta=5 * 200**0.5)
            self.assertAlmostEqual(figures["feedback"]["accepted"], figures["sent"] / 2, delta=5 * 50**0.5)
            sent.append((figures["sent"], sorted(f[0] for _, f, _ in self.service.predictions)))
            self.service.reset()
        self.assertEqual(sent[0], sent[1])
        self.assertNotEqual(sent[0], sent[2])

    def test_a_spike_is_where_it_belongs(self):
        def story():
            figures = self.run_it("ok", "--pattern", "spike", "--rate", "20", "--peak", "400", "--period", "2s",
                                  "--duration", "2s", "--feedback-ratio", "0")
            self.assertAlmostEqual(figures["sent"], 1.8 * 20 + 0.2 * 400, delta=2)
            times = [at for at, _, _ in self.service.predictions]
            quiet = sum(1 for at in times if at - times[0] < 1.7)
            self.assertAlmostEqual(quiet, 1.7 * 20, delta=4)
            self.assertEqual(len(self.service.feedback), 0)
        self.undisturbed(story)

    def test_a_stalled_service_does_not_slow_the_arrivals(self):
        def story():
            figures = self.run_it("stall", "--rate", "100", "--duration", "2s", "--feedback-ratio", "0")
            self.assertIn(figures["sent"], (199, 200))
            self.assertEqual(figures["ok"], figures["sent"])
            start = self.service.started
            during = [at for at, _, _ in self.service.predictions if 0.5 <= at - start < 1.5]
            self.assertAlmostEqual(len(during), 100, delta=10)
            # Half of all were due during the stall and waited for its end: their share of the
            # stall is in the quantiles.
            self.assertGreater(figures["latency_seconds"]["p95"], 0.8)
            self.assertLess(figures["latency_seconds"]["p95"], 1.1)
        self.undisturbed(story)

    def test_too_few_places_are_told_and_not_hidden(self):
        def waiting():
            figures = self.run_it("stall", "--rate", "100", "--duration", "2s", "--max-in-flight", "2",
                                  "--timeout", "1500ms", "--feedback-ratio", "0")
            # What was due while all places were taken waited for one, and that counts.
            self.assertGreater(figures["latency_seconds"]["p95"], 0.8)
            self.assertEqual(figures["errors"]["overrun"], 0)

        def overrun():
            figures = self.run_it("stall", "--rate", "100", "--duration", "2s", "--max-in-flight", "2",
                                  "--timeout", "600ms", "--feedback-ratio", "0")
            self.assertGreater(figures["errors"]["overrun"], 20)
            self.assertEqual(figures["errors"]["timeout"], 2)
            self.assertEqual(figures["sent"] + figures["errors"]["overrun"], figures["due"])
            self.assertIn(figures["due"], (199, 200))
        self.undisturbed(waiting)
        self.undisturbed(overrun)

    def test_failures_are_counted_by_kind_and_arm(self):
        figures = self.run_it("fail", "--rate", "100", "--duration", "1s", "--feedback-delay", "0s", *PATIENT)
        broken = (figures["sent"] + 3) // 4
        self.assertEqual(figures["errors"]["http_5xx"], broken)
        self.assertEqual(figures["ok"], figures["sent"] - broken)
        self.assertEqual(sum(a["answers"] - a["ok"] for a in figures["arms"]), broken)
        self.assertEqual({a["name"]: a["answers"] for a in figures["arms"]}, self.arms_seen())
        self.assertEqual(figures["feedback"]["accepted"], figures["ok"])  # none for what failed
        self.assertIn('answered 500: {"error": "broken"}', self.output)

    def test_hanging_requests_time_out(self):
        def story():
            figures = self.run_it("hang", "--rate", "50", "--duration", "1s", "--timeout", "500ms",
                                  "--feedback-ratio", "0")
            hung = (figures["sent"] + 4) // 5
            self.assertEqual(figures["errors"]["timeout"], hung)
            self.assertEqual(figures["ok"], figures["sent"] - hung)
            self.assertGreater(figures["latency_seconds"]["p99"], 0.49)  # of all requests
            self.assertLess(max(a["latency_seconds"]["p99"] for a in figures["arms"]), 0.3)  # of the answers
        self.undisturbed(story)

    def test_an_answer_without_an_arm_is_the_gateways(self):
        figures = self.run_it("bare", "--rate", "50", "--duration", "500ms", "--feedback-ratio", "0", *PATIENT)
        self.assertEqual([a["name"] for a in figures["arms"]], ["gateway"])

    def test_nobody_listens(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))  # and nothing more
            url = "http://127.0.0.1:%d" % s.getsockname()[1]
            figures = self.run_it("ok", "--url", url, "--rate", "50", "--duration", "300ms", code=1)
        self.assertEqual(figures["errors"]["refused"], figures["sent"])
        self.assertIn("the last error: POST %s/predict:" % url, self.output)

    def test_what_is_wrong_is_named(self):
        for code, says, flags in (
            (2, "--data is required", []),
            (2, '--pattern: "square"', ["--data", self.rows, "--pattern", "square"]),
            (2, "--rate", ["--data", self.rows, "--rate", "-1"]),
            (2, '--url: "localhost"', ["--data", self.rows, "--url", "localhost"]),
            (2, "--header", ["--data", self.rows, "--header", "nonsense"]),
            (2, "--nonsense", ["--nonsense"]),
            (1, "/nonexistent.csv", ["--data", "/nonexistent.csv"]),
            (1, "no column is named", ["--data", self.rows, "--label-column", "x"]),
        ):
            done = subprocess.run([PROGRAM] + flags, capture_output=True, text=True, timeout=120)
            self.assertEqual(done.returncode, code, (flags, done.stderr))
            self.assertIn(says, done.stderr)

    def test_interrupted_it_ends_with_the_table(self):
        for number in signal.SIGINT, signal.SIGTERM:
            self.service.reset()
            p = self.begin("ok", "--rate", "100", "--feedback-delay", "1h")
            p.send_signal(number)
            out, err = p.communicate(timeout=90)
            self.assertEqual(p.returncode, 0, err)
            self.assertIn("requests sent in", out)
            with open(self.figures) as f:
                figures = json.load(f)
            # Labels of the far future are dropped, and told.
            self.assertEqual(figures["feedback"]["dropped"], figures["ok"])

    def test_interrupted_twice_it_does_not_wait(self):
        p = self.begin("hang", "--rate", "50", "--timeout", "10m", "--feedback-ratio", "0")
        p.send_signal(signal.SIGINT)
        time.sleep(0.3)
        self.assertIsNone(p.poll())  # waits for the answers
        # Again until it has seen two of them: what was not taken yet is not sent twice.
        wait_for("its end", lambda: p.poll() is not None or p.send_signal(signal.SIGINT))
        out, err = p.communicate(timeout=90)
        self.assertEqual(p.returncode, 0, err)
        self.assertIn("abandoned", out)

    def test_metrics_while_it_runs(self):
        port = free_port()

        def page():
            with urllib.request.urlopen("http://127.0.0.1:%d/metrics" % port, timeout=60) as answer:
                return answer.read().decode()
        p = self.begin("fail", "--rate", "50", "--feedback-delay", "100ms", "--web.listen-address",
                       "127.0.0.1:%d" % port, stderr=subprocess.DEVNULL)
        for line in (r"traffic_requests_total [1-9]\d*", r"traffic_target_rate 50",
                     r'traffic_responses_total{arm="svm",code="200"} [1-9]\d*',
                     r'traffic_errors_total{type="http_5xx"} [1-9]\d*',
                     r'traffic_errors_total{type="timeout"} 0',
                     r'traffic_request_duration_seconds_count{arm="random-forest"} [1-9]\d*',
                     r'traffic_feedback_total{result="accepted"} [1-9]\d*',
                     r"traffic_in_flight_requests \d+",
                     r"traffic_generator_build_info{.*} 1", r"process_cpu_seconds_total .*"):
            wait_for(line, lambda: re.search("(?m)^%s$" % line, page()), seen=page)  # noqa: B023
        checked = subprocess.run(["promtool", "check", "metrics"], input=page(), text=True, capture_output=True)
        p.send_signal(signal.SIGINT)
        p.communicate(timeout=90)
        self.assertEqual(checked.returncode, 0, checked.stderr + checked.stdout)

    def on_a_terminal(self, how, **environment):
        """What a person sees, standard error being a terminal of 80 columns."""
        master, terminal = pty.openpty()
        env = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "LC_ALL", "LC_CTYPE", "LANG")}
        env.update({"TERM": "xterm"}, **environment)
        p = subprocess.Popen(self.command(how, "--rate", "50", "--duration", "2500ms", "--feedback-delay", "0s"),
                             stdout=subprocess.PIPE, stderr=terminal, env=env)
        os.close(terminal)
        seen = b""
        try:
            while chunk := os.read(master, 65536):
                seen += chunk
        except OSError:  # how Linux tells that the other end is closed
            pass
        os.close(master)
        p.communicate(timeout=90)
        return seen.decode()

    def test_progress_on_a_terminal(self):
        seen = self.on_a_terminal("ok", LANG="C.UTF-8")
        self.assertRegex(seen, r"00:00:0\d  \d+\.\d of 50\.0 req/s  \d+ sent  \d+ ok  0 errors  p95 [\d.]+ [um]s")
        self.assertIn("\u2588\u2588", seen)
        self.assertIn("\033[36m", seen)
        self.assertRegex(seen, r"svm 6\d%")
        self.assertTrue(seen.endswith("\033[2A\r\033[J"))  # cleared for the table
        for line in re.sub(r"\033\[\d*[A-Za-z]", "", seen).replace("\r", "\n").split("\n"):
            self.assertLessEqual(len(line), 80)
        seen = self.on_a_terminal("fail", LANG="C", NO_COLOR="1")
        self.assertNotRegex(seen, r"\033\[\d*m")
        self.assertTrue(seen.isascii())
        self.assertIn("= svm 6", seen)
        self.assertRegex(seen, r"answered 500: {\"error\": \"broken\"}\r\n\033\[3A\r\033\[J")

    def test_progress_elsewhere_has_no_escapes(self):
        line = r'msg="?traffic"? rate=\d.* target=50 sent=(\d+) ok=\d+ errors=0 p95_ms='

        def story():
            with tempfile.TemporaryFile("w+") as log:
                p = self.begin("ok", "--rate", "50", stderr=log)

                def said():
                    return os.pread(log.fileno(), 1 << 20, 0).decode()
                p.send_signal(signal.SIGUSR1)  # asks for a line at once, and not after ten seconds
                found = wait_for("a line", lambda: re.search(line, said()), seen=said)
                p.send_signal(signal.SIGINT)
                p.communicate(timeout=90)
                self.assertNotIn("\033", said())
                self.assertLess(int(found[1]), 450)
        self.undisturbed(story)


if __name__ == "__main__":
    unittest.main()
