#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Alertmanager webhook receiver: one readable line per alert, to a file and to stdout.

    notification-log.py [--listen 127.0.0.1:9099] [--log notifications.log]

A line reads: time, state, severity, alert, object, what happened.
"""
import argparse
import datetime
import http.server
import json
import signal
import sys
import threading

BODY_MAX = 1 << 20


def printable(text):
    """The text on one line, with nothing that could steer a terminal."""
    return "".join(c if c.isprintable() else " " for c in str(text))


def subject(labels):
    """What the alert is about: namespace/route arm, or the target."""
    route = "/".join(labels[k] for k in ("namespace", "route") if labels.get(k))
    rest = [labels[k] for k in ("arm", "job", "instance", "pod") if labels.get(k)]
    return " ".join([route] + rest if route else rest) or "-"


def line_of(alert):
    labels = alert.get("labels") or {}
    notes = alert.get("annotations") or {}
    resolved = alert.get("status") == "resolved"
    when = alert.get("endsAt" if resolved else "startsAt", "")
    text = notes.get("description") or notes.get("summary") or ""
    return printable(
        f"{when[:19]}Z {'RESOLVED' if resolved else 'FIRING':8} "
        f"{labels.get('severity', '-'):8} {labels.get('alertname', '-')} "
        f"[{subject(labels)}] {text}"
    )


class Log:
    """Appends whole lines; every write is flushed, so a reader may follow the file."""

    def __init__(self, path):
        self.lock = threading.Lock()
        self.file = open(path, "a", encoding="utf-8") if path else None

    def write(self, lines):
        with self.lock:
            for out in filter(None, (sys.stdout, self.file)):
                out.write("".join(line + "\n" for line in lines))
                out.flush()


class Handler(http.server.BaseHTTPRequestHandler):
    log = None
    timeout = 10

    def answer(self, status, text):
        body = (text + "\n").encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(200, "notification log: POST Alertmanager webhooks here")

    def do_POST(self):
        try:
            length = int(self.headers.get("Content-Length", ""))
        except ValueError:
            return self.answer(411, "a Content-Length is needed")
        if not 0 <= length <= BODY_MAX:
            return self.answer(413, "body too large")
        try:
            alerts = json.loads(self.rfile.read(length))["alerts"]
            lines = [line_of(alert) for alert in alerts]
        except (ValueError, KeyError, TypeError, AttributeError):
            return self.answer(400, "not an Alertmanager webhook")
        self.log.write(lines)
        return self.answer(200, "ok")

    def log_message(self, *args):  # the notifications are the log
        pass


def address(text):
    host, _, port = text.rpartition(":")
    return host or "127.0.0.1", int(port)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--listen", type=address, default=("127.0.0.1", 9099))
    parser.add_argument("--log", help="append to this file as well")
    args = parser.parse_args()

    Handler.log = Log(args.log)
    server = http.server.ThreadingHTTPServer(args.listen, Handler)
    stop = lambda *_: threading.Thread(target=server.shutdown).start()
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    print(f"{now} listening on {server.server_address[0]}:{server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
