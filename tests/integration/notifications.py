#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An alert that fires reaches people: a real Prometheus evaluates the real rules over a
metrics page of ours, a real Alertmanager delivers to the notification log by webhook and to
an SMTP server by mail, with the templates of production; then the arm heals, and both hear
that as well.

Everything listens on free ports of the loopback interface and lives in one folder.
"""
import email
import email.policy
import http.server
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


class Mailbox(socketserver.StreamRequestHandler):
    """As much of SMTP as it takes to be given a mail."""

    mails = []

    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self):
        self.say("220 mailbox")
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
            elif verb in (b"EHLO", b"HELO", b"MAIL", b"RCPT", b"RSET", b"NOOP"):
                self.say("250 ok")
            else:
                self.say("502 no")


def serve(kind, handler):
    server = kind(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def alertmanager_config(mail_port, log_port):
    """The local configuration's root route and inhibition, and production's mail."""
    text = (ROOT / "prometheus" / "alertmanager.yml").read_text(encoding="utf-8")
    text = re.sub(r'"@GROUP_WAIT@"|"@GROUP_INTERVAL@"', "1s", text)
    text = text.replace('"@REPEAT_INTERVAL@"', "1h").replace("@PORT_NOTIFICATIONS@", str(log_port))
    production = (ROOT / "prometheus" / "alertmanager.production.yml").read_text(encoding="utf-8")
    mail = re.search(r"  email_configs:\n(?:  .*\n)+?(?=- name)", production).group(0)
    text = text.replace("- name: notification-log\n", "- name: notification-log\n" + mail)
    return (
        f"global:\n  smtp_smarthost: 127.0.0.1:{mail_port}\n  smtp_from: bandit-router@example.com\n"
        f"  smtp_require_tls: false\n  smtp_hello: localhost\ntemplates:\n- {ROOT}/prometheus/templates/*.tmpl\n" + text
    )


def prometheus_config(arm_port, alertmanager_port):
    text = (ROOT / "prometheus" / "prometheus.yml").read_text(encoding="utf-8")
    text = re.sub(r'"@(SCRAPE|EVALUATION)_INTERVAL@"', "1s", text).replace("@ROOT@", str(ROOT)).replace("@ALERTS@", f"{ROOT}/prometheus/alerts")
    text = text.replace("@PORT_SVM@", str(arm_port)).replace("@PORT_ALERTMANAGER@", str(alertmanager_port))
    return re.sub(r'\s*- "127\.0\.0\.1:@PORT_[A-Z_]+@"|- targets: \["127\.0\.0\.1:@PORT_[A-Z_]+@"\]',
                  lambda m: "- targets: []" if "targets" in m.group(0) else "", text)


def main():
    if not shutil.which("prometheus") or not shutil.which("prometheus-alertmanager"):
        print("skipped: prometheus and prometheus-alertmanager are needed")
        return 77
    arm_port = serve(http.server.ThreadingHTTPServer, Arm)
    mail_port = serve(socketserver.ThreadingTCPServer, Mailbox)
    prometheus_port, alertmanager_port, log_port = free_ports(3)
    processes = []
    with tempfile.TemporaryDirectory() as folder:
        run = pathlib.Path(folder)
        (run / "alertmanager.yml").write_text(alertmanager_config(mail_port, log_port), encoding="utf-8")
        (run / "prometheus.yml").write_text(prometheus_config(arm_port, alertmanager_port), encoding="utf-8")
        log = run / "notifications.log"

        def start(*command):
            with open(run / f"{pathlib.Path(command[0]).name}.log", "wb") as out:
                processes.append(subprocess.Popen(command, stdout=out, stderr=out, cwd=run))

        def page(path):
            with urllib.request.urlopen(f"http://127.0.0.1:{log_port}{path}", timeout=60) as answer:
                return answer.read().decode()

        def lines(pattern):
            text = log.read_text(encoding="utf-8") if log.exists() else ""
            return [line for line in text.splitlines() if re.search(pattern, line)]

        def mails(subject):
            return [m for m in Mailbox.mails if m["Subject"].startswith(subject) and "BanditArmFailing" in m["Subject"]]

        try:
            start(sys.executable, str(ROOT / "prometheus" / "notification-log.py"), "--listen", f"127.0.0.1:{log_port}", "--log", str(log))
            start("prometheus-alertmanager", "--config.file=alertmanager.yml", "--storage.path=am", f"--web.listen-address=127.0.0.1:{alertmanager_port}", "--cluster.listen-address=")
            start("prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=tsdb", f"--web.listen-address=127.0.0.1:{prometheus_port}")
            print(*wait_for("webhook", lambda: lines(r"FIRING\s+critical BanditArmFailing \[default/digits svm\]"), LIMIT_S), sep="\n")
            mail = wait_for("mail", lambda: mails("[CRITICAL]"), LIMIT_S)[0]
            text = mail.get_body(preferencelist=("plain",)).get_content()
            print(f"\nSubject: {mail['Subject']}\n\n{text}")
            for want in ("An arm answers too many requests with an error.", "Arm svm of route default/digits", "/runbooks/BanditArmFailing", "/d/bandit-models"):
                if want not in text:
                    raise SystemExit(f"FAILED: the mail does not say {want!r}")
            for path, want in (("/", "Arm svm of route default/digits"), ("/runbooks/BanditArmFailing", "<h2>Mitigation</h2>")):
                wait_for(f"the page {path} of the notification log to say {want!r}", lambda p=path, w=want: w in page(p))
            Arm.failing = False
            print(*wait_for("webhook of the end", lambda: lines(r"RESOLVED critical BanditArmFailing"), LIMIT_S), sep="\n")
            wait_for("mail of the end", lambda: mails("[RESOLVED]"), LIMIT_S)
            print("delivered by webhook and by mail, firing and resolved")
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
