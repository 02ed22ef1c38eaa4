# SPDX-License-Identifier: Apache-2.0
"""The series of a page through Debian's python3-prometheus-client: a custom collector (the
recommended way) or Gauge children. Usage: python_peer.py PAGE collector|children"""
import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import CollectorRegistry, Gauge, make_wsgi_app
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.parser import text_string_to_metric_families

with open(sys.argv[1]) as f:
    families = list(text_string_to_metric_families(f.read()))
registry = CollectorRegistry()


class Collector:
    def describe(self):
        return []

    def collect(self):
        for family in families:
            names = list(family.samples[0].labels)
            metric = GaugeMetricFamily(family.name, family.documentation, labels=names)
            for sample in family.samples:
                metric.add_metric(list(sample.labels.values()), sample.value)
            yield metric


if sys.argv[2] == "collector":
    registry.register(Collector())
else:
    for family in families:
        gauge = Gauge(family.name, family.documentation, list(family.samples[0].labels),
                      registry=registry)
        for sample in family.samples:
            gauge.labels(**sample.labels).set(sample.value)


class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass


server = make_server("127.0.0.1", 0, make_wsgi_app(registry), handler_class=Quiet)
print('{"port":%d}' % server.server_port, flush=True)
server.serve_forever()
