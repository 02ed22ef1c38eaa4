#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Alertmanager webhook receiver: one readable line per alert, to a file and to stdout, and a
page for the browser. It serves the runbooks as well, so that the link of an alert opens also
where there is no network.

    notification-log.py [--listen 127.0.0.1:9099] [--log notifications.log]
                        [--runbooks docs/runbooks] [--prometheus http://127.0.0.1:9090]

A line reads: time, state, severity, alert, object, what happened.
"""
import argparse
import collections
import datetime
import http.server
import json
import pathlib
import signal
import sys
import threading

sys.dont_write_bytecode = True  # the checkout stays as it is
from inbox import pages  # noqa: E402

BODY_MAX = 1 << 20
KEPT = 200  # notifications on the page; the file has them all
RUNBOOKS = pathlib.Path(__file__).resolve().parents[1] / "docs" / "runbooks"


def printable(text):
    """The text on one line, with nothing that could steer a terminal."""
    return "".join(c if c.isprintable() else " " for c in str(text))


def subject(labels):
    """What the alert is about: namespace/route arm, or the target."""
    route = "/".join(labels[k] for k in ("namespace", "route") if labels.get(k))
    rest = [labels[k] for k in ("arm", "job", "instance", "pod") if labels.get(k)]
    return " ".join([route] + rest if route else rest) or "-"


class Notification:
    """One alert of a webhook, in words."""

    def __init__(self, alert):
        labels = alert.get("labels") or {}
        self.notes = alert.get("annotations") or {}
        resolved = alert.get("status") == "resolved"
        self.when = str(alert.get("endsAt" if resolved else "startsAt", ""))[:19] + "Z"
        self.state = "RESOLVED" if resolved else "FIRING"
        self.severity = str(labels.get("severity", "-"))
        self.name = str(labels.get("alertname", "-"))
        self.subject = subject(labels)
        self.source = alert.get("generatorURL", "")

    def line(self):
        text = self.notes.get("description") or self.notes.get("summary") or ""
        return printable(f"{self.when} {self.state:8} {self.severity:8} {self.name} [{self.subject}] {text}")

    def article(self):
        return pages.notification(self.when, self.state, self.severity, self.name, self.subject, self.notes, self.source)


class Log:
    """Appends whole lines; every write is flushed, so a reader may follow the file."""

    def __init__(self, path):
        self.lock = threading.Lock()
        self.file = open(path, "a", encoding="utf-8") if path else None
        self.newest = collections.deque(maxlen=KEPT)

    def write(self, notifications):
        with self.lock:
            self.newest.extendleft(notifications)
            for out in filter(None, (sys.stdout, self.file)):
                out.write("".join(n.line() + "\n" for n in notifications))
                out.flush()

    def articles(self):
        with self.lock:
            return [n.article() for n in self.newest]


class Handler(http.server.BaseHTTPRequestHandler):
    log = None
    runbooks = None
    timeout = 10

    def answer(self, status, text, kind="text/plain"):
        body = (text + "\n").encode()
        self.send_response(status)
        self.send_header("Content-Type", kind + "; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        path = self.path.partition("?")[0]
        if path == "/":
            found = pages.front(self.log.articles())
        elif path == "/runbooks/":
            found = self.runbooks.index()
        else:
            found = self.runbooks.page(path.removeprefix("/runbooks/")) if path.startswith("/runbooks/") else None
        if found is None:
            return self.answer(404, "there is /, /runbooks/ and /runbooks/ALERT")
        return self.answer(200, found, "text/html")

    def do_POST(self):
        try:
            length = int(self.headers.get("Content-Length", ""))
        except ValueError:
            return self.answer(411, "a Content-Length is needed")
        if not 0 <= length <= BODY_MAX:
            return self.answer(413, "body too large")
        try:
            alerts = json.loads(self.rfile.read(length))["alerts"]
            notifications = [Notification(alert) for alert in alerts]
        except (ValueError, KeyError, TypeError, AttributeError):
            return self.answer(400, "not an Alertmanager webhook")
        self.log.write(notifications)
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
    parser.add_argument("--runbooks", default=RUNBOOKS, help="folder of the runbooks")
    parser.add_argument("--prometheus", default="", help="address at which the queries of runbooks can be asked")
    args = parser.parse_args()

    Handler.log = Log(args.log)
    Handler.runbooks = pages.Runbooks(args.runbooks, args.prometheus.rstrip("/"))
    server = http.server.ThreadingHTTPServer(args.listen, Handler)
    stop = lambda *_: threading.Thread(target=server.shutdown).start()
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    print(f"{now} listening on {server.server_address[0]}:{server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
