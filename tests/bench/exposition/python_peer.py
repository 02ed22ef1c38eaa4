# SPDX-License-Identifier: Apache-2.0
"""The series of a page through Debian's python3-prometheus-client: a custom collector (the
recommended way) or Gauge children. Usage: python_peer.py PAGE collector|children"""
import re
import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import CollectorRegistry, Gauge, make_wsgi_app
from prometheus_client.core import GaugeMetricFamily


class Family:
    def __init__(self, help_text):
        self.help, self.labels, self.samples = help_text, None, []


def read(path):
    """All as gauges; not the client's own parser, which takes a minute for a large page."""
    families = {}
    with open(path) as f:
        for line in f:
            if line.startswith("# HELP "):
                _, _, name, text = line.rstrip("\n").split(" ", 3)
                families[name] = Family(text)
            elif not line.startswith("#"):
                name, labels, value = re.match(r"([^{]*)\{(.*)\} (.*)", line).groups()
                pairs = re.findall(r'(\w+)="([^"]*)"', labels)
                families[name].labels = [k for k, _ in pairs]
                families[name].samples.append(([v for _, v in pairs], float(value)))
    return {name: f for name, f in families.items() if f.samples}


families = read(sys.argv[1])
registry = CollectorRegistry()


class Collector:
    def describe(self):
        return []

    def collect(self):
        for name, family in families.items():
            metric = GaugeMetricFamily(name, family.help, labels=family.labels)
            for values, value in family.samples:
                metric.add_metric(values, value)
            yield metric


if sys.argv[2] == "collector":
    registry.register(Collector())
else:
    for name, family in families.items():
        gauge = Gauge(name, family.help, family.labels, registry=registry)
        for values, value in family.samples:
            gauge.labels(*values).set(value)


class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass


server = make_server("127.0.0.1", 0, make_wsgi_app(registry), handler_class=Quiet)
print('{"port":%d}' % server.server_port, flush=True)
server.serve_forever()
