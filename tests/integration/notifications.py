#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An alert that fires reaches people: a real Prometheus evaluates the real rules over a
metrics page of ours and tells two real Alertmanagers. One has the configuration of one
machine, and delivers to the notification log. The other has alertmanager.production.yml, with
nothing changed but addresses and waiting times: it logs in to an SMTP server and mails, posts
to what speaks as PagerDuty and as Slack, and keeps the heartbeat beating, each with the secret
of its file. Then the arm heals, and all hear that as well.

Everything listens on free ports of the loopback interface and lives in one folder.
"""
import base64
import email
import email.policy
import http.server
import json
import pathlib
import re
import shutil
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))
from ports import free_ports  # noqa: E402
from wait import wait_for  # noqa: E402

LIMIT_S = 240  # for each step of the story; alerts take their time before they fire
SECRETS = {"smtp-password": "of the mail", "pagerduty-key": "of-the-pager", "slack-url": None, "heartbeat-token": "of-the-heartbeat"}


class Arm(http.server.BaseHTTPRequestHandler):
    """A model server's metrics, with or without failures; moved on by the clock."""

    requests = failures = 0.0
    last = time.monotonic()
    failing = True
    lock = threading.Lock()

    def do_GET(self):
        with Arm.lock:
            now = time.monotonic()
            step, Arm.last = (now - Arm.last) * 40, now
            Arm.requests += step
            Arm.failures += step if Arm.failing else 0
            labels = 'route="digits",arm="svm",model="svm",version="1"'
            body = (
                f"# TYPE ml_prediction_requests_total counter\nml_prediction_requests_total{{{labels}}} {Arm.requests}\n"
                f"# TYPE ml_prediction_failures_total counter\nml_prediction_failures_total{{{labels}}} {Arm.failures}\n"
            ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


class Services(http.server.BaseHTTPRequestHandler):
    """PagerDuty, Slack and the heartbeat, as far as Alertmanager talks to them."""

    heard = []  # (path, what was posted, what it was authorised by)

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        Services.heard.append((self.path, body, self.headers.get("Authorization")))
        answer = b'{"status":"success","message":"Event processed","dedup_key":"x"}' if self.path == "/v2/enqueue" else b"ok"
        self.send_response(202 if self.path == "/v2/enqueue" else 200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args):
        pass


class Mailbox(socketserver.StreamRequestHandler):
    """As much of SMTP as it takes to be given a mail by somebody who knows the password."""

    mails = []
    login = b"\0bandit-router\0" + SECRETS["smtp-password"].encode()

    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self):
        self.say("220 mailbox")
        known = False
        while line := self.rfile.readline():
            verb = line.split(None, 1)[0].upper() if line.strip() else b""
            if verb == b"DATA":
                self.say("354 go on")
                body = b""
                while (line := self.rfile.readline()) not in (b".\r\n", b""):
                    body += line[1:] if line.startswith(b"..") else line
                Mailbox.mails.append(email.message_from_bytes(body, policy=email.policy.default))
                self.say("250 taken")
            elif verb == b"QUIT":
                self.say("221 bye")
                return
            elif verb == b"EHLO":
                self.say("250-mailbox")
                self.say("250 AUTH PLAIN")
            elif verb == b"AUTH":
                known = base64.b64decode(line.split()[2]) == Mailbox.login
                self.say("235 welcome" if known else "535 wrong password")
            elif verb in (b"MAIL", b"RCPT") and not known:
                self.say("530 who are you?")
            elif verb in (b"MAIL", b"RCPT", b"RSET", b"NOOP"):
                self.say("250 ok")
            else:
                self.say("502 no")


def serve(kind, handler):
    server = kind(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def local_config(log_port):
    """The configuration of one machine, as manage.sh fills it in."""
    text = (ROOT / "prometheus" / "alertmanager.yml").read_text(encoding="utf-8")
    text = re.sub(r'"@GROUP_WAIT@"|"@GROUP_INTERVAL@"', "1s", text)
    return text.replace('"@REPEAT_INTERVAL@"', "1h").replace("@PORT_NOTIFICATIONS@", str(log_port))


def production_config(run, mail_port, services_port):
    """The file itself: other addresses, no patience, and secrets in files as it wants them."""
    (run / "secrets").mkdir()
    for name, secret in SECRETS.items():
        (run / "secrets" / name).write_text(secret or f"http://127.0.0.1:{services_port}/slack", encoding="utf-8")
    text = (ROOT / "prometheus" / "alertmanager.production.yml").read_text(encoding="utf-8")
    for old, new in (
        ("smtp_smarthost: smtp.example.com:587", f"smtp_smarthost: 127.0.0.1:{mail_port}\n  smtp_require_tls: false\n  smtp_hello: localhost\n  pagerduty_url: http://127.0.0.1:{services_port}/v2/enqueue"),
        ("/etc/alertmanager/secrets/", f"{run}/secrets/"),
        ("/etc/alertmanager/templates/", f"{ROOT}/prometheus/templates/"),
        ("https://heartbeat.example.com/bandit-router", f"http://127.0.0.1:{services_port}/heartbeat"),
        ("group_wait: 30s", "group_wait: 1s"),
        ("group_interval: 5m", "group_interval: 1s"),
    ):
        if old not in text:
            raise SystemExit(f"FAILED: alertmanager.production.yml no longer says {old!r}")
        text = text.replace(old, new)
    return text


def prometheus_config(arm_port, local_port, production_port):
    text = (ROOT / "prometheus" / "prometheus.yml").read_text(encoding="utf-8")
    text = re.sub(r'"@(SCRAPE|EVALUATION)_INTERVAL@"', "1s", text).replace("@ROOT@", str(ROOT)).replace("@ALERTS@", f"{ROOT}/prometheus/alerts")
    text = text.replace("@PORT_SVM@", str(arm_port)).replace('["127.0.0.1:@PORT_ALERTMANAGER@"]', f'["127.0.0.1:{local_port}", "127.0.0.1:{production_port}"]', 1)
    return re.sub(r'\s*- "127\.0\.0\.1:@PORT_[A-Z_]+@"|- targets: \["127\.0\.0\.1:@PORT_[A-Z_]+@"\]',
                  lambda m: "- targets: []" if "targets" in m.group(0) else "", text)


def main():
    if not shutil.which("prometheus") or not shutil.which("prometheus-alertmanager"):
        print("skipped: prometheus and prometheus-alertmanager are needed")
        return 77
    arm_port = serve(http.server.ThreadingHTTPServer, Arm)
    mail_port = serve(socketserver.ThreadingTCPServer, Mailbox)
    services_port = serve(http.server.ThreadingHTTPServer, Services)
    prometheus_port, local_port, production_port, log_port = free_ports(4)
    processes = []
    with tempfile.TemporaryDirectory() as folder:
        run = pathlib.Path(folder)
        (run / "local.yml").write_text(local_config(log_port), encoding="utf-8")
        (run / "production.yml").write_text(production_config(run, mail_port, services_port), encoding="utf-8")
        (run / "prometheus.yml").write_text(prometheus_config(arm_port, local_port, production_port), encoding="utf-8")
        log = run / "notifications.log"

        def start(*command):
            with open(run / f"{len(processes)}-{pathlib.Path(command[0]).name}.log", "wb") as out:
                processes.append(subprocess.Popen(command, stdout=out, stderr=out, cwd=run))

        def page(path):
            with urllib.request.urlopen(f"http://127.0.0.1:{log_port}{path}", timeout=60) as answer:
                return answer.read().decode()

        def lines(pattern):
            text = log.read_text(encoding="utf-8") if log.exists() else ""
            return [line for line in text.splitlines() if re.search(pattern, line)]

        def paged(action):
            return [b for p, b, _ in Services.heard if p == "/v2/enqueue" and (b["event_action"], b["routing_key"]) == (action, SECRETS["pagerduty-key"]) and "BanditArmFailing" in str(b)]

        def slack(title):
            return [a for p, b, _ in Services.heard if p == "/slack" for a in b["attachments"] if a["title"].startswith(title) and "BanditArmFailing" in a["title"]]

        def mails(subject):
            return [m for m in Mailbox.mails if m["Subject"].startswith(subject) and "BanditArmFailing" in m["Subject"]]

        try:
            start(sys.executable, str(ROOT / "prometheus" / "notification-log.py"), "--listen", f"127.0.0.1:{log_port}", "--log", str(log))
            for name, port in (("local", local_port), ("production", production_port)):
                start("prometheus-alertmanager", f"--config.file={name}.yml", f"--storage.path={name}", f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address=")
            start("prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=tsdb", f"--web.listen-address=127.0.0.1:{prometheus_port}")
            print(*wait_for("webhook", lambda: lines(r"FIRING\s+critical BanditArmFailing \[default/digits svm\]"), LIMIT_S), sep="\n")
            mail = wait_for("mail", lambda: mails("[CRITICAL]"), LIMIT_S)[0]
            text = mail.get_body(preferencelist=("plain",)).get_content()
            print(f"\nSubject: {mail['Subject']}\n\n{text}")
            for want in ("An arm answers too many requests with an error.", "Arm svm of route default/digits", "/runbooks/BanditArmFailing", "/d/bandit-models"):
                if want not in text:
                    raise SystemExit(f"FAILED: the mail does not say {want!r}")
            page_told = wait_for("page", lambda: paged("trigger"), LIMIT_S)[0]["payload"]
            print(f"PagerDuty, {page_told['severity']}: {page_told['summary']}\nSlack: {wait_for('channel', lambda: slack('[CRITICAL]'), LIMIT_S)[0]['title']}")
            wait_for("heartbeat", lambda: [1 for p, _, a in Services.heard if p == "/heartbeat" and a == f"Bearer {SECRETS['heartbeat-token']}"], LIMIT_S)
            for path, want in (("/", "Arm svm of route default/digits"), ("/runbooks/BanditArmFailing", "<h2>Mitigation</h2>")):
                wait_for(f"the page {path} of the notification log to say {want!r}", lambda p=path, w=want: w in page(p))
            Arm.failing = False
            print(*wait_for("webhook of the end", lambda: lines(r"RESOLVED critical BanditArmFailing"), LIMIT_S), sep="\n")
            wait_for("mail of the end", lambda: mails("[RESOLVED]"), LIMIT_S)
            wait_for("end of the page", lambda: paged("resolve"), LIMIT_S)
            wait_for("channel of the end", lambda: slack("[RESOLVED]"), LIMIT_S)
            print("delivered by webhook, mail, PagerDuty and Slack, firing and resolved; the heartbeat beats")
            return 0
        except (AssertionError, SystemExit):
            for path in sorted(run.glob("*.log")):
                print(f"--- {path.name}\n{path.read_text(encoding='utf-8', errors='replace')[-2000:]}")
            raise
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(timeout=90)


if __name__ == "__main__":
    sys.exit(main())
