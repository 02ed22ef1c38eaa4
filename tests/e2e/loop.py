# SPDX-License-Identifier: Apache-2.0
"""One running loop for the end-to-end tests: real programs, real HAProxy, Prometheus and
Alertmanager, in the demo profile, on free ports and in a folder of its own.

Everything is asked of the APIs that users have: Prometheus, Alertmanager, the exporter.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, ROOT + "/tests/support")
from ports import free_ports  # noqa: E402
from wait import wait_until_true  # noqa: E402

# How long things take is told beside the bar; missing it is a failure where the machine is
# known to be ours alone, elsewhere only never to get there is.
STRICT = "--strict" in sys.argv
PATIENCE_S = 180
PORTS = ["GATEWAY", "LOGISTIC_REGRESSION", "SVM", "RANDOM_FOREST", "HAPROXY_METRICS", "EXPORTER",
         "OPERATOR", "TRAFFIC", "PROMETHEUS", "ALERTMANAGER", "NOTIFICATIONS", "GRAFANA"]


class Failure(AssertionError):
    """A story that did not happen; says what was seen instead."""


class Loop:
    def __init__(self):
        self.began = time.time()
        self.run = tempfile.mkdtemp(prefix="bandit-e2e-")
        self.ports = dict(zip(PORTS, free_ports(len(PORTS))))
        self.environment = dict(os.environ, BANDIT_RUN_DIR=self.run, NO_COLOR="1",
                                **{"BANDIT_PORT_" + k: str(v) for k, v in self.ports.items()})

    # ---- the commands of a user

    def manage(self, *arguments, check=True, timeout=600):
        done = subprocess.run([os.path.join(ROOT, "manage.sh"), *arguments], env=self.environment,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=timeout, check=False)
        if check and done.returncode != 0:
            raise Failure("manage.sh %s: exit code %d\n%s" % (
                " ".join(arguments), done.returncode, done.stdout[-3000:]))
        return done

    def supervisor(self, *arguments):
        return subprocess.run(["/usr/bin/supervisorctl", "-c", self.run + "/etc/supervisord.conf",
                               *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, check=False).stdout

    def pids(self):
        """Process ids by name, of what runs now."""
        rows = re.findall(r"^(\S+) +RUNNING +pid (\d+),", self.supervisor("status"), re.M)
        return {name: int(pid) for name, pid in rows}

    def kill(self, name):
        """With no word of warning; the process id that it had."""
        wait_for(name + " to run", 30, lambda: name in self.pids())
        pid = self.pids()[name]
        os.kill(pid, signal.SIGKILL)
        return pid

    def logs(self, name, lines=20):
        with open("%s/log/%s.log" % (self.run, name), errors="replace") as log:
            return "".join(log.readlines()[-lines:])

    def notifications(self):
        with open(self.run + "/notifications.log", errors="replace") as log:
            return log.read()

    def status_file(self):
        with open(self.run + "/routes/default.digits.status.json") as status:
            return json.load(status)

    def remove(self):
        shutil.rmtree(self.run, ignore_errors=True)

    # ---- the APIs of a user

    def get(self, port, path, timeout=60):
        url = "http://127.0.0.1:%d%s" % (self.ports[port], path)
        with urllib.request.urlopen(url, timeout=timeout) as answer:
            return answer.read().decode()

    def query(self, expression):
        """An instant query as {arm or '': value}."""
        path = "/api/v1/query?" + urllib.parse.urlencode({"query": expression})
        result = json.loads(self.get("PROMETHEUS", path))["data"]["result"]
        return {r["metric"].get("arm", ""): float(r["value"][1]) for r in result}

    def alerts(self, name):
        """Active alerts of that name in Alertmanager, as label dictionaries."""
        path = "/api/v2/alerts?" + urllib.parse.urlencode({"filter": 'alertname="%s"' % name})
        return [a["labels"] for a in json.loads(self.get("ALERTMANAGER", path))]

    def runbook(self, name):
        """The page that the alert's own link opens."""
        path = "/api/v2/alerts?" + urllib.parse.urlencode({"filter": 'alertname="%s"' % name})
        link = json.loads(self.get("ALERTMANAGER", path))[0]["annotations"]["runbook_url"]
        with urllib.request.urlopen(link, timeout=60) as answer:
            return answer.read().decode()

    def exported(self, family, **labels):
        """Samples of one family as the exporter publishes them now, {arm or '': value}."""
        found = {}
        for line in self.get("EXPORTER", "/metrics").splitlines():
            match = re.match(r'^%s(?:\{(.*)\})? (\S+)$' % re.escape(family), line)
            if not match:
                continue
            have = dict(re.findall(r'(\w+)="([^"]*)"', match[1] or ""))
            if all(have.get(k) == v for k, v in labels.items()):
                found[have.get("arm", "")] = float(match[2])
        return found

    def decision(self):
        """(verdict, reason) that the exporter publishes."""
        match = re.search(r'^bandit_route_decision_info\{(.*)\} 1$', self.get("EXPORTER", "/metrics"), re.M)
        labels = dict(re.findall(r'(\w+)="([^"]*)"', match[1])) if match else {}
        return labels.get("verdict"), labels.get("reason")


def wait_for(what, bar, condition):
    """Until condition() is True; returns how long it took. A condition that cannot be asked
    yet (of a server that is starting) is not an error until the time is over."""
    try:
        took = wait_until_true(what, condition, bar if STRICT else bar + PATIENCE_S)
    except AssertionError as error:
        raise Failure(str(error)) from None
    if took > bar:
        print("    %s: took %.0f s, over its bar of %d s" % (what, took, bar), flush=True)
    return took
