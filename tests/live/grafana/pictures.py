# SPDX-License-Identifier: Apache-2.0
"""A picture of each dashboard, by a headless browser. It comes through a small proxy, which
says who asks: a browser that is started for one page cannot log in."""
import contextlib
import http.server
import pathlib
import shutil
import subprocess
import tempfile
import threading
import urllib.error
import urllib.request

from api import credentials

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LEAST = 20000  # bytes; a page that says only that something went wrong is smaller
HOPS = {"connection", "transfer-encoding", "content-encoding", "content-length", "host"}


@contextlib.contextmanager
def proxy(url):
    """The address of a server on this machine that passes everything on, with our credentials."""

    class Pass(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            length = int(self.headers.get("Content-Length") or 0)
            headers = {k: v for k, v in self.headers.items() if k.lower() not in HOPS | {"accept-encoding", "origin", "referer"}}
            request = urllib.request.Request(url + self.path, self.rfile.read(length) if length else None, {**headers, **credentials()}, method=self.command)
            try:
                answer = urllib.request.urlopen(request, timeout=60)
            except urllib.error.HTTPError as error:
                answer = error
            with answer:
                body = answer.read()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                if name.lower() not in HOPS:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with contextlib.suppress(ConnectionError):  # the browser has what it wanted
                self.wfile.write(body)

        do_POST = do_PUT = do_GET

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pass)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()


def browser():
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def take(grafana, uids, folder):
    """Complains of those that stay empty."""
    program = browser()
    if not program:
        print(f"no pictures: no browser; one of {', '.join(BROWSERS)} is needed")
        return
    folder.mkdir(parents=True, exist_ok=True)
    with proxy(grafana.url) as address, tempfile.TemporaryDirectory() as profile:
        for uid in uids:
            picture = pathlib.Path(folder) / f"{uid}.png"
            command = [program, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}", "--window-size=1600,2400", "--virtual-time-budget=20000", f"--screenshot={picture}", f"{address}/d/{uid}?kiosk"]
            subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120, check=False)
            if not picture.exists() or picture.stat().st_size < LEAST:
                grafana.complain(f"{uid}: the picture is empty")
            else:
                print(f"picture {picture}")
