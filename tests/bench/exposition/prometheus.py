# SPDX-License-Identifier: Apache-2.0
"""How long a real Prometheus takes to scrape and take in a page: its own
scrape_duration_seconds, one target at a time."""
import json
import os
import shutil
import socket
import statistics
import subprocess
import time
import urllib.parse
import urllib.request

SCRAPES, TIMEOUT_S, WAIT_S = 5, 4, 60


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def durations(port):
    query = urllib.parse.quote('scrape_duration_seconds{job="bench"}[10m]')
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/query?query={query}", timeout=10) as r:
            result = json.load(r)["data"]["result"]
    except OSError:
        return []
    return [float(v) for _, v in result[0]["values"]] if result else []


def scrape_ms(server, scratch):
    """Median, without the first scrape, which has to make every series; None without Prometheus,
    and where no scrape came to its end in time."""
    if not shutil.which("prometheus"):
        return None
    port = free_port()
    folder = os.path.join(scratch, f"prometheus-{port}")
    os.mkdir(folder)
    config = os.path.join(folder, "prometheus.yml")
    with open(config, "w") as f:
        f.write(f"global: {{scrape_interval: {TIMEOUT_S}s, scrape_timeout: {TIMEOUT_S}s}}\nscrape_configs:\n- job_name: bench\n"
                f"  static_configs: [{{targets: ['127.0.0.1:{server.said['port']}']}}]\n")
    process = subprocess.Popen(["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder}/data",
                                f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"],
                               stderr=subprocess.DEVNULL)
    try:
        deadline, seen = time.monotonic() + WAIT_S, []
        while len(seen) <= SCRAPES and time.monotonic() < deadline:
            time.sleep(0.5)
            seen = durations(port)
    finally:
        process.terminate()
        process.wait()
    whole = [s for s in seen[1:] if s < TIMEOUT_S]
    return statistics.median(whole) * 1000 if whole else None
