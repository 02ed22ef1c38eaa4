#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The real model-server on loopback: good and bad requests, what they count, feedback,
faults, reload and drain. Usage: server.py PATH_TO_MODEL_SERVER [unittest arguments]"""
import base64
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import openmetrics  # noqa: E402
from exporter import BCRYPT_OF_SECRET  # noqa: E402
from wait import wait_for  # noqa: E402

BINARY = sys.argv.pop(1)
GOLDEN = os.path.join(os.path.dirname(__file__), "..", "data", "golden")
SETOSA, VIRGINICA = [5.1, 3.5, 1.4, 0.2], [6.7, 3.3, 5.7, 2.5]


def field(number, payload):
    """A length-delimited protobuf field."""
    size, length = len(payload), b""
    while size > 127:
        length += bytes([size & 127 | 128])
        size >>= 7
    return bytes([number << 3 | 2]) + length + bytes([size]) + payload


def with_metadata(model, entries):
    """An ONNX file's bytes with metadata_props added: protobuf messages concatenate."""
    with open(model, "rb") as f:
        data = f.read()
    for key, value in entries.items():
        data += field(14, field(1, key.encode()) + field(2, value.encode()))
    return data


class Server:
    """One process, on a port of its own."""

    def __init__(self, model, *flags, route="iris", arm="lr", until="model loaded"):
        self.process = subprocess.Popen(
            [BINARY, "--model", model, "--route", route, "--arm", arm,
             "--web.listen-address", "127.0.0.1:0", "--drain-delay", "0", *flags],
            stderr=subprocess.PIPE, text=True)
        self.log = []
        self.port = None
        for line in self.process.stderr:
            self.log.append(line)
            found = re.search(r"msg=listening .*port=(\d+)", line)
            if found:
                self.port = int(found.group(1))
            if self.port and any(until in said for said in self.log):
                break
        self.reader = threading.Thread(target=self._drain_log, daemon=True)
        self.reader.start()

    def _drain_log(self):
        self.log.extend(self.process.stderr)

    def wait_for_log(self, text):
        """What is logged is read by a thread, so it comes when it comes."""
        wait_for(f"the log to say: {text}", lambda: any(text in line for line in list(self.log)),
                 seen=lambda: self.log[-5:])

    def request(self, method, path, body=None, headers=None):
        """(status, headers, JSON body or text)"""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        is_json = response.headers.get("Content-Type") == "application/json" and text
        return response.status, response.headers, json.loads(text) if is_json else text

    def post(self, path, body):
        status, _, answer = self.request("POST", path, body)
        return status, answer

    def get(self, path):
        status, _, answer = self.request("GET", path)
        return status, answer

    def metric(self, name, **labels):
        """The sum of all samples of that name that carry the labels."""
        total = 0.0
        for line in self.get("/metrics")[1].splitlines():
            found = re.fullmatch(r'(\w+)(?:\{(.*)\})? (\S+)', line)
            if not found or found.group(1) != name:
                continue
            has = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', found.group(2) or ""))
            if all(has.get(k) == v for k, v in labels.items()):
                total += float(found.group(3))
        return total

    def predict(self, row=SETOSA):
        status, answer = self.post("/predict", {"features": row})
        assert status == 200, answer
        return answer

    def stop(self):
        """Every server is asked to end and does so cleanly: under a sanitizer this is
        where a race or a leak comes to light."""
        self.process.terminate()
        try:
            code = self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.reader.join()
        self.process.stderr.close()
        assert code == 0, f"exit code {code}:\n" + "".join(self.log)


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="server-test-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.model = os.path.join(self.folder, "model.onnx")
        self.secret = os.path.join(self.folder, "secret")
        with open(self.secret, "w", encoding="ascii") as f:
            f.write("a secret that all replicas share\n")
        shutil.copy(os.path.join(GOLDEN, "iris_names.onnx"), self.model)

    def start(self, *flags, **more):
        server = Server(self.model, *flags, **more)
        self.addCleanup(server.stop)
        self.assertIsNotNone(server.port, server.log)
        return server

    def put_model(self, data):
        with open(self.model + ".new", "wb") as f:
            f.write(data)
        os.rename(self.model + ".new", self.model)


class Predictions(Case):
    def test_an_answer_agrees_with_itself(self):
        server = self.start()
        began = time.monotonic()
        answer = server.predict()
        took_ms = 1000 * (time.monotonic() - began)
        self.assertEqual(answer["class"], "setosa")
        self.assertEqual(answer["prediction"], 0)
        self.assertEqual(max(answer["probabilities"], key=answer["probabilities"].get),
                         "setosa")
        self.assertEqual(answer["confidence"], answer["probabilities"]["setosa"])
        self.assertAlmostEqual(sum(answer["probabilities"].values()), 1, places=5)
        self.assertTrue(0 <= answer["processing_time_ms"] <= took_ms, (answer, took_ms))
        self.assertRegex(answer["timestamp"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")

    def test_every_protocol_gives_the_golden_label_of_every_row(self):
        server = self.start()
        names = server.get("/info")[1]["classes"]
        with open(os.path.join(GOLDEN, "iris.rows.csv"), encoding="ascii") as f:
            rows = [[float(v) for v in line.split(",")] for line in f if line.strip()]
        with open(os.path.join(GOLDEN, "iris_names.csv"), encoding="ascii") as f:
            labels = [line.split(",")[0] for line in f if line.strip()]
        labels = [names[int(v)] if v.isdigit() else v for v in labels][-len(rows):]
        one = [server.predict(row)["class"] for row in rows]
        _, batch = server.post("/predict", {"instances": rows})
        _, v1 = server.post("/v1/models/iris:predict", {"instances": rows})
        _, v2 = server.post("/v2/models/iris/infer", {
            "id": "x", "outputs": [{"name": "class"}], "inputs": [
                {"name": "any", "datatype": "FP32", "shape": [len(rows), 4], "data": rows}]})
        self.assertEqual(one, labels)
        self.assertEqual([p["class"] for p in batch["predictions"]], labels)
        self.assertEqual([names[i] for i in v1["predictions"]], labels)
        self.assertEqual([o["name"] for o in v2["outputs"]], ["class"])
        self.assertEqual(v2["outputs"][0]["data"], labels)
        self.assertEqual((v2["id"], v2["model_name"]), ("x", "iris"))
        self.assertEqual(server.metric("ml_predictions_total"), 4 * len(rows))
        self.assertEqual(server.metric("ml_prediction_requests_total"), len(rows) + 3)

    def test_bad_requests_get_the_right_status_and_are_counted(self):
        server = self.start("--max-batch", "3", "--max-body", "4096")
        infer = {"inputs": [{"name": "x", "shape": [1, 4], "datatype": "FP32",
                             "data": SETOSA}]}

        def tensor(**change):
            return {"inputs": [{**infer["inputs"][0], **change}]}

        rows = [
            ("POST", "/predict", "", 400, "bad_json"),
            ("POST", "/predict", "{", 400, "bad_json"),
            ("POST", "/predict", "[1,2,3,4]", 400, "bad_json"),
            ("POST", "/predict", {"features": "1"}, 400, "bad_json"),
            ("POST", "/predict", {"features": [1, 2, 3, "4"]}, 400, "bad_json"),
            ("POST", "/predict", {"instances": []}, 400, "bad_json"),
            ("POST", "/predict", {"features": [1, 2, 3]}, 400, "wrong_width"),
            ("POST", "/predict", {"instances": [SETOSA, [1]]}, 400, "wrong_width"),
            ("POST", "/predict", {"features": [1, 2, 3, float("nan")]}, 400, "not_finite"),
            ("POST", "/predict", {"features": [1, 2, 3, 1e300]}, 400, "not_finite"),
            ("POST", "/predict", {"instances": [SETOSA] * 4}, 413, "too_large"),
            ("POST", "/predict", " " * 4096 + "{}", 413, "too_large"),
            ("GET", "/predict", None, 405, "bad_method"),
            ("PUT", "/health", None, 405, "bad_method"),
            ("GET", "/nothing", None, 404, "not_found"),
            ("GET", "/faults", None, 404, "not_found"),
            ("POST", "/faults", {"latency_ms": 1}, 404, "not_found"),
            ("POST", "/feedback", "{", 400, "bad_feedback"),
            ("POST", "/feedback", {"prediction_id": "x"}, 400, "bad_feedback"),
            ("GET", "/v2/models/wine", None, 404, "not_found"),
            ("GET", "/v2/models/iris/versions/no", None, 404, "not_found"),
            ("GET", "/v2/nothing", None, 404, "not_found"),
            ("POST", "/v2/models/wine/infer", infer, 404, "not_found"),
            ("POST", "/v2/models/iris/infer", {}, 400, "bad_json"),
            ("POST", "/v2/models/iris/infer", tensor(datatype="BYTES"), 400, "bad_json"),
            ("POST", "/v2/models/iris/infer", tensor(shape=[1, 3]), 400, "wrong_width"),
            ("POST", "/v2/models/iris/infer", tensor(shape=[2, 4]), 400, "wrong_width"),
            ("POST", "/v2/models/iris/infer", tensor(shape=[0, 4]), 400, "bad_json"),
            ("POST", "/v2/models/iris/infer", tensor(shape=[9e99, 4]), 413, "too_large"),
            ("POST", "/v2/models/iris/infer", tensor(data=SETOSA + [1]), 400, "wrong_width"),
            ("POST", "/v2/models/iris/infer", {**infer, "outputs": [{"name": "y"}]}, 400,
             "bad_json"),
            ("POST", "/v1/models/wine:predict", {"instances": [SETOSA]}, 404, "not_found"),
        ]
        for method, path, body, want, kind in rows:
            with self.subTest(f"{method} {path} {str(body)[:60]}"):
                before = server.metric("ml_errors_total", type=kind)
                status, headers, answer = server.request(method, path, body)
                self.assertEqual(status, want, answer)
                self.assertIsInstance(answer["error"], str)
                self.assertEqual(headers["X-Bandit-Arm"], "lr")
                self.assertEqual(server.metric("ml_errors_total", type=kind), before + 1)
        self.assertEqual(server.metric("ml_prediction_requests_total"), 0)

    def test_a_connection_is_kept(self):
        server = self.start()
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        connection.connect()
        first = connection.sock
        for _ in range(3):
            connection.request("POST", "/predict", json.dumps({"features": SETOSA}))
            self.assertEqual(connection.getresponse().read()[:1], b"{")
        self.assertIs(connection.sock, first)
        connection.close()


class Pages(Case):
    def test_the_server_says_what_it_is(self):
        server = self.start("--model-version", "1.2.0")
        status, info = server.get("/info")
        self.assertEqual((status, info["route"], info["arm"], info["version"]),
                         (200, "iris", "lr", "1.2.0"))
        self.assertEqual(info["classes"], ["setosa", "versicolor", "virginica"])
        self.assertEqual(server.get("/health")[1]["status"], "healthy")
        ready = server.get("/ready")[1]
        self.assertEqual((ready["status"], ready["model_loaded"]), ("ready", True))
        self.assertEqual(server.get("/v2/health/ready"), (200, {"ready": True}))
        self.assertEqual(server.get("/v2/models/iris/versions/1.2.0/ready"),
                         (200, {"name": "iris", "ready": True}))
        self.assertIn("/predict", [e["path"] for e in server.get("/")[1]["endpoints"]])
        self.assertEqual(server.metric("ml_model_info", kind="LinearClassifier",
                                       version="1.2.0"), 1)

    def test_every_answer_names_the_tenant(self):
        server = self.start("--tenant", "team-a", "--web.telemetry-path", "/own/metrics")
        for method, path, body, code in (("POST", "/predict", {"features": SETOSA}, 200),
                                         ("POST", "/predict", "nonsense", 400),
                                         ("GET", "/nowhere", None, 404),
                                         ("GET", "/own/metrics", None, 200)):
            status, headers, _ = server.request(method, path, body)
            self.assertEqual((status, headers["X-Bandit-Tenant"]), (code, "team-a"), path)
        for path in ("/", "/info", "/ready"):
            self.assertEqual(server.get(path)[1]["tenant"], "team-a")
        self.assertIn("/own/metrics", [e["path"] for e in server.get("/")[1]["endpoints"]])
        plain = self.start()
        _, headers, page = plain.request("GET", "/info")
        self.assertNotIn("X-Bandit-Tenant", headers)
        self.assertNotIn("tenant", page)

    def test_who_guesses_passwords_holds_up_nobody(self):
        """After ten wrong ones no more are tried for a moment, and who is known comes in."""
        config = os.path.join(self.folder, "web.yml")
        with open(config, "w", encoding="ascii") as f:
            f.write(f"basic_auth_users: {{scraper: '{BCRYPT_OF_SECRET}'}}\n")
        server = self.start("--web.config.file", config)

        def ask(password):
            word = base64.b64encode(f"scraper:{password}".encode()).decode()
            return server.request("GET", "/metrics", headers={"Authorization": f"Basic {word}"})

        self.assertEqual(ask("secret")[0], 200)
        for attempt in range(100):
            status, headers, _ = ask(f"wrong-{attempt}")
            if status == 503:
                break
            self.assertEqual(status, 401)
        self.assertGreaterEqual(attempt, 10)
        self.assertEqual((status, headers["Retry-After"]), (503, "1"))
        self.assertEqual(headers["X-Bandit-Arm"], "lr")
        self.assertEqual(ask("secret")[0], 200)
        self.assertEqual(ask("wrong-0")[0], 401)

    def test_both_expositions_are_given(self):
        server = self.start()
        _, headers, text = server.request(
            "GET", "/metrics", headers={"Accept": "application/openmetrics-text"})
        self.assertTrue(headers["Content-Type"].startswith("application/openmetrics-text"))
        self.assertTrue(text.endswith("# EOF\n"))
        for line in text.splitlines():
            if line.startswith("ml_") and not line.startswith("ml_server_build_info"):
                self.assertIn('route="iris"', line)
                self.assertIn('arm="lr"', line)

    def test_a_traced_request_is_an_exemplar(self):
        server = self.start()
        trace = "4bf92f3577b34da6a3ce929d0e0e4736"
        for sampled in ("00", "01"):
            server.request("POST", "/predict", {"features": [5.1, 3.5, 1.4, 0.2]},
                           headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-{sampled}"})
            page = server.request("GET", "/metrics",
                                  headers={"Accept": "application/openmetrics-text"})[2]
            family = openmetrics.check(page.encode())["ml_prediction_duration_seconds"]
            self.assertEqual([labels for _, _, labels, _, _, _ in family.exemplars],
                             [] if sampled == "00" else [{"trace_id": trace}])
        self.assertNotIn(trace, server.get("/metrics")[1])

    def test_a_traced_failure_is_an_exemplar(self):
        server = self.start("--allow-faults")
        server.post("/faults", {"error_ratio": 1})
        traces = ["4bf92f3577b34da6a3ce929d0e0e4736", None]
        for trace in traces:
            headers = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"} if trace else {}
            self.assertEqual(server.request("POST", "/predict", {"features": SETOSA},
                                            headers=headers)[0], 500)
        page = server.request("GET", "/metrics",
                              headers={"Accept": "application/openmetrics-text"})[2]
        family = openmetrics.check(page.encode())["ml_prediction_failures"]
        self.assertEqual([labels for _, _, labels, _, _, _ in family.exemplars],
                         [{"trace_id": traces[0]}])
        self.assertEqual(server.metric("ml_prediction_failures_total"), 2)

    def test_the_program_describes_its_metrics(self):
        text = subprocess.run([BINARY, "--describe-metrics"], capture_output=True,
                              check=True).stdout
        described = {row["name"] for row in json.loads(text)}
        server = self.start()
        for line in server.get("/metrics")[1].splitlines():
            if line.startswith("# TYPE "):
                name = re.sub(r"_(total|info)$", "", line.split()[2])
                self.assertTrue({name, name + "_total", name + "_info"} & described, line)

    def test_drift_bins_follow_the_reference_in_the_file(self):
        feature = {"edges": [5.0, 6.0], "ratios": [0.25, 0.5, 0.25]}
        reference = {"observations": 120, "features": [feature] * 4}
        self.put_model(with_metadata(self.model, {
            "drift_reference": json.dumps(reference), "accuracy": "0.9667",
            "dataset": "iris", "feature_names": json.dumps(["a", "b", "c", "d"])}))
        server = self.start()
        self.assertEqual(server.metric("ml_input_bin_total"), 0)
        server.predict([5.0, 5.5, 6.5, 0])
        for name, number in [("a", "0"), ("b", "1"), ("c", "2"), ("d", "0")]:
            self.assertEqual(
                server.metric("ml_input_bin_total", feature=name, bin=number), 1)
        self.assertEqual(server.metric("ml_input_bin_total"), 4)
        self.assertEqual(
            server.metric("ml_input_reference_ratio", feature="b", bin="1"), 0.5)
        self.assertEqual(server.metric("ml_input_reference_observations", feature="a"), 120)
        self.assertEqual(server.metric("ml_model_accuracy"), 0.9667)


    def test_of_many_features_the_twenty_that_vary_most_are_watched(self):
        dull = {"edges": [0.0], "ratios": [0.999, 0.001]}
        lively = {"edges": [4.0, 8.0], "ratios": [0.3, 0.3, 0.4]}
        features = [lively if i % 3 == 0 else dull for i in range(64)]  # 22 lively ones
        self.put_model(with_metadata(os.path.join(GOLDEN, "digits_lr.onnx"), {
            "drift_reference": json.dumps({"observations": 100, "features": features})}))
        text = self.start(route="digits").get("/metrics")[1]
        watched = re.findall(r'ml_input_reference_observations{.*feature="f(\d+)"', text)
        self.assertEqual([int(f) for f in watched], list(range(0, 60, 3)))

    def test_a_broken_reference_is_no_model(self):
        self.put_model(with_metadata(self.model, {"drift_reference": "{}"}))
        run = subprocess.run([BINARY, "--web.listen-address", "127.0.0.1:0", "--model",
                              self.model, "--route", "iris", "--arm", "lr"],
                             capture_output=True, text=True, timeout=90, check=False)
        self.assertEqual(run.returncode, 1)
        self.assertIn("drift reference", run.stderr)


class Feedback(Case):
    def outcome(self, server, prediction, label):
        return server.post("/feedback", {"prediction_id": prediction["prediction_id"],
                                         "label": label})

    def test_any_replica_takes_it_and_credits_the_arm_that_served(self):
        served = self.start("--secret-file", self.secret, arm="lr")
        other = self.start("--secret-file", self.secret, arm="svm")
        right, wrong = served.predict(), served.predict()
        self.assertEqual(self.outcome(other, right, "setosa"), (200, {"outcome": "correct"}))
        self.assertEqual(self.outcome(other, wrong, 2), (200, {"outcome": "incorrect"}))
        for outcome in ("correct", "incorrect"):
            self.assertEqual(other.metric("ml_feedback_total", arm="lr", outcome=outcome), 1)
            self.assertEqual(other.metric("ml_feedback_total", arm="svm", outcome=outcome), 0)

    def test_what_is_not_owed_is_refused_and_counted(self):
        server = self.start("--secret-file", self.secret)
        hurried = self.start("--secret-file", self.secret, "--feedback-ttl", "1ms")
        stranger = self.start()
        elsewhere = self.start("--secret-file", self.secret, route="wine")
        old, unknown, twice = server.predict(), server.predict(), server.predict()
        self.assertEqual(self.outcome(server, twice, 0)[0], 200)
        self.assertEqual(self.outcome(server, twice, 0)[0], 409)
        self.assertEqual(self.outcome(server, unknown, "tulip")[0], 400)
        self.assertEqual(self.outcome(server, unknown, 0.5)[0], 400)
        self.assertEqual(self.outcome(server, unknown, 0)[0], 200)  # not used up by that
        self.assertEqual(self.outcome(server, stranger.predict(), 0)[0], 403)
        self.assertEqual(self.outcome(server, elsewhere.predict(), 0)[0], 403)
        self.assertEqual(self.outcome(server, {"prediction_id": ""}, 0)[0], 403)
        time.sleep(0.01)
        self.assertEqual(self.outcome(hurried, old, 0)[0], 410)
        want = {"correct": 2, "repeated": 1, "unknown_label": 2, "forged": 3, "incorrect": 0}
        for outcome, count in want.items():
            self.assertEqual(server.metric("ml_feedback_total", outcome=outcome), count,
                             outcome)
        self.assertEqual(hurried.metric("ml_feedback_total", outcome="expired"), 1)

    def test_a_batch_and_both_protocols_give_ids_for_feedback(self):
        server = self.start()
        _, batch = server.post("/predict", {"instances": [SETOSA, VIRGINICA]})
        _, v1 = server.post("/v1/models/iris:predict", {"instances": [SETOSA]})
        _, v2 = server.post("/v2/models/iris/infer", {"inputs": [
            {"name": "x", "shape": [4], "datatype": "FP64", "data": VIRGINICA}]})
        ids = dict(zip([p["prediction_id"] for p in batch["predictions"]],
                       ["setosa", "virginica"]))
        ids[v1["prediction_ids"][0]] = "setosa"
        ids[{o["name"]: o["data"] for o in v2["outputs"]}["prediction_id"][0]] = "virginica"
        self.assertEqual(len(ids), 4)
        self.assertIn(v2["id"], ids)
        for prediction_id, label in ids.items():
            self.assertEqual(self.outcome(server, {"prediction_id": prediction_id}, label),
                             (200, {"outcome": "correct"}))


class Faults(Case):
    def test_each_fault_does_what_it_says_and_ends(self):
        server = self.start("--allow-faults")
        for bad in ({"error_ratio": 2}, {"nonsense": 1}, [], ""):
            self.assertEqual(server.post("/faults", bad)[0], 400)
        self.assertEqual(server.metric("ml_errors_total", type="bad_fault"), 4)

        status, now = server.post("/faults", {"error_ratio": 1})
        self.assertEqual((status, now["error_ratio"]), (200, 1))
        self.assertEqual(server.metric("ml_fault_injection", fault="error"), 1)
        status, answer = server.post("/predict", {"features": SETOSA})
        self.assertEqual(status, 500)
        self.assertEqual(server.metric("ml_prediction_failures_total"), 1)
        self.assertEqual(server.metric("ml_errors_total", type="injected"), 1)

        server.post("/faults", {"wrong_ratio": 1})
        answer = server.predict()
        self.assertEqual(answer["class"], "versicolor")
        self.assertEqual(max(answer["probabilities"], key=answer["probabilities"].get),
                         "versicolor")

        status, _, now = server.request("DELETE", "/faults")
        self.assertEqual((status, sum(now.values())), (200, 0))
        self.assertEqual(server.metric("ml_fault_injection"), 0)
        self.assertEqual(server.predict()["class"], "setosa")
        self.assertEqual(server.metric("ml_prediction_requests_total"), 3)
        self.assertEqual(server.metric("ml_active_requests"), 0)

    def test_a_delayed_answer_holds_nobody_else_up(self):
        """Four delays at the same time, during which a page is answered. They come anew until
        that was seen: it takes a while to ask four times."""
        server = self.start("--allow-faults")
        server.post("/faults", {"latency_ms": 1500})
        seen, answers = threading.Event(), []

        def ask():
            while not seen.is_set():
                answers.append(server.predict())
        slow = [threading.Thread(target=ask) for _ in range(4)]
        for thread in slow:
            thread.start()
        try:
            wait_for("all four", lambda: server.metric("ml_active_requests") == 4)
        finally:
            seen.set()
            for thread in slow:
                thread.join()
        self.assertEqual(server.metric("ml_prediction_duration_seconds_bucket", le="1.0"), 0)
        self.assertEqual(server.metric("ml_prediction_duration_seconds_count"), len(answers))
        self.assertGreaterEqual(len(answers), 4)


class Reload(Case):
    def test_a_new_file_is_served_and_a_bad_one_is_not(self):
        server = self.start()
        first = server.get("/info")[1]["version"]
        self.put_model(with_metadata(self.model, {"dataset": "iris, again"}))
        wait_for("the new model", lambda: server.get("/info")[1]["dataset"] == "iris, again")
        second = server.get("/info")[1]["version"]
        self.assertNotEqual(first, second)
        self.assertEqual(server.metric("ml_model_reloads_total", result="ok"), 1)

        self.put_model(b"\x08\x07 this is no model")
        server.process.send_signal(signal.SIGHUP)
        wait_for("the failure to be counted", lambda: server.metric(
            "ml_model_reloads_total", result="failed") >= 1)
        self.assertEqual(server.get("/info")[1]["version"], second)
        self.assertEqual(server.predict()["class"], "setosa")
        server.wait_for_log("old one is kept")

    def test_answers_stay_whole_while_models_are_swapped(self):
        server = self.start()
        variants = [with_metadata(self.model, {"dataset": str(i)}) for i in range(6)]
        stop, wrong = threading.Event(), []

        def hammer():
            try:
                connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
                while not stop.is_set():
                    connection.request("POST", "/predict", json.dumps({"features": SETOSA}))
                    answer = json.loads(connection.getresponse().read())
                    if answer.get("class") != "setosa":
                        wrong.append(answer)
                connection.close()
            except Exception as error:  # noqa: BLE001: a thread's own would go unnoticed
                wrong.append(error)

        threads = [threading.Thread(target=hammer) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            for i, data in enumerate(variants):
                self.put_model(data)
                server.process.send_signal(signal.SIGHUP)
                wait_for("the next model", lambda i=i: server.get("/info")[1]["dataset"] == str(i))
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        self.assertEqual(wrong, [])
        self.assertEqual(server.metric("ml_model_reloads_total", result="ok"), 6)


class Life(Case):
    def test_what_cannot_work_is_said_at_once(self):
        missing = os.path.join(self.folder, "missing")
        short = os.path.join(self.folder, "short")
        with open(short, "w", encoding="ascii") as f:
            f.write("short")
        names = ["--route", "iris", "--arm", "lr"]
        rows = [
            (["--model", missing, *names], 1, "missing"),
            (["--model", self.secret, *names], 1, "secret"),
            (["--model", self.model, *names, "--secret-file", missing], 1, "--secret-file"),
            (["--model", self.model, *names, "--secret-file", short], 1, "at least 16"),
            (["--model", self.model, "--route", "iris", "--arm", "L R"], 2, "--arm"),
            (["--model", self.model, *names, "--tenant", "Team A"], 2, "--tenant"),
            (["--model", self.model, *names, "--web.telemetry-path", "/info"], 1,
             "--web.telemetry-path"),
            (["--model", self.model, *names, "--model-version", "a b"], 2,
             "--model-version"),
            (names, 2, "--model"),
        ]
        for flags, code, want in rows:
            with self.subTest(want):
                run = subprocess.run([BINARY, "--web.listen-address", "127.0.0.1:0", *flags],
                                     capture_output=True, text=True, timeout=90, check=False)
                self.assertEqual(run.returncode, code, run.stderr)
                self.assertIn(want, run.stderr)

    def test_before_the_model_is_read_it_listens_and_is_not_ready(self):
        with open(self.model, "rb") as f:
            data = f.read()
        os.unlink(self.model)
        os.mkfifo(self.model)  # reading it lasts until somebody has written
        server = self.start(until="listening")
        self.assertEqual(server.get("/ready")[0], 503)
        self.assertEqual(server.get("/ready")[1]["model_loaded"], False)
        self.assertEqual(server.get("/health")[0], 200)
        self.assertEqual(server.get("/v2/health/ready")[0], 503)
        for path in ("/predict", "/feedback", "/v2/models/iris/infer"):
            self.assertEqual(server.post(path, {"features": SETOSA})[0], 503)
        self.assertEqual(server.get("/metrics")[0], 503)
        with open(self.model, "wb") as f:  # once the server has opened it
            self.put_model(data)  # so that whoever looks again finds a file and no pipe
            f.write(data)
        wait_for("the model", lambda: server.get("/ready")[0] == 200)
        self.assertEqual(server.predict()["class"], "setosa")

    def test_a_drain_is_seen_before_it_ends_and_loses_nothing(self):
        """A second signal ends the wait for those who look at readiness; what is being
        answered then is answered."""
        server = self.start("--drain-delay", "1h", "--allow-faults")
        server.post("/faults", {"latency_ms": 2000})
        answers = []
        slow = threading.Thread(target=lambda: answers.append(server.predict()))
        server.process.send_signal(signal.SIGTERM)
        wait_for("it to drain", lambda: server.get("/ready")[0] == 503)
        self.assertEqual(server.get("/ready")[1]["status"], "draining")
        self.assertEqual(server.get("/v2/health/ready"), (503, {"ready": False}))
        self.assertEqual(server.get("/health")[0], 200)
        slow.start()
        wait_for("the request", lambda: server.metric("ml_active_requests") == 1 or answers)
        self.assertIsNone(server.process.poll())
        server.process.send_signal(signal.SIGTERM)
        slow.join()
        self.assertEqual(answers[0]["class"], "setosa")
        self.assertEqual(server.process.wait(90), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
