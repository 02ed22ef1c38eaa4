#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whether prometheus/deliver.py writes what it is told: each setting is given another value,
and has to arrive in each form that it is for; a setting that is wrong is refused."""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]
HERE = pathlib.Path(__file__).resolve().parent
TOLD = {
    "--grafana-url": "https://grafana.test/", "--runbook-url": "https://docs.test/{alert}.md", "--namespace": "elsewhere", "--release": "mine",
    "--dashboard-label": "show=yes", "--folder-annotation": "where", "--folder": "Bandits", "--grafana-selector": "app=graf",
    "--scrape-interval": "20s", "--refresh": "40s", "--contacts-critical": "pagerduty slack email", "--contacts-warning": "email",
}  # fmt: skip
REFUSED = (
    ("--runbook-url", "https://docs.test/", "{alert}"),
    ("--grafana-url", "grafana.test", "no http"),
    ("--dashboard-label", "show", "label=value"),
    ("--contacts-critical", "pigeon", "one or more of"),
)


def deliver(*words):
    return subprocess.run([sys.executable, ROOT / "prometheus/deliver.py", *map(str, words)], capture_output=True, text=True, timeout=300)


class DeliveryTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.into = pathlib.Path(cls.folder.name)
        done = deliver("--into", cls.into, *(word for pair in TOLD.items() for word in pair))
        assert done.returncode == 0, done.stdout + done.stderr

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def read(self, name):
        return list(yaml.safe_load_all((self.into / name).read_text(encoding="utf-8")))

    def test_alerts_link_to_where_people_are(self):
        rule_file, = self.read("k8s/monitoring/standalone/all/prometheus/rules/bandit-router.yml")
        rule, = self.read("k8s/monitoring/stack/prometheus-rule.yaml")
        managed, = self.read("grafana/managed-alerts/alerting/bandit-router.yaml")
        for groups in (rule_file["groups"], rule["spec"]["groups"], managed["groups"]):
            alerts = [r for g in groups for r in g["rules"] if "annotations" in r]
            self.assertGreater(len(alerts), 50)
            for alert in alerts:
                name = alert.get("alert") or alert["title"]
                self.assertEqual(alert["annotations"]["runbook_url"], f"https://docs.test/{name}.md")
                self.assertRegex(alert["annotations"]["dashboard_url"], r"^https://grafana\.test/d/bandit-")

    def test_objects_are_found_by_who_looks_for_them(self):
        for name in ("stack/prometheus-rule.yaml", "stack/monitors.yaml", "dashboards/configmaps.yaml", "grafana-operator/dashboards.yaml"):
            for item in self.read(f"k8s/monitoring/{name}"):
                self.assertEqual(item["metadata"]["namespace"], "elsewhere")
                if name.startswith("stack"):
                    self.assertEqual(item["metadata"]["labels"]["release"], "mine")
        for item in self.read("k8s/monitoring/stack/monitors.yaml"):
            ends = item["spec"].get("endpoints") or item["spec"]["podMetricsEndpoints"]
            self.assertEqual({e["interval"] for e in ends}, {"20s"})
        for item in self.read("k8s/monitoring/grafana-operator/dashboards.yaml"):
            self.assertEqual((item["spec"]["instanceSelector"]["matchLabels"], item["spec"]["folder"]), ({"app": "graf"}, "Bandits"))

    def test_dashboards(self):
        maps = self.read("k8s/monitoring/dashboards/configmaps.yaml")
        self.assertEqual(len(maps), len(list((ROOT / "grafana/dashboards").glob("*.json"))))
        for item in maps:
            self.assertEqual((item["metadata"]["labels"]["show"], item["metadata"]["annotations"]), ("yes", {"where": "Bandits"}))
            board = json.loads(*item["data"].values())
            self.assertEqual(board["refresh"], "40s")
            for link in re.findall(r'"[^"]*runbook[^"]*"', json.dumps(board)):
                self.assertNotIn("://localhost", link)
        self.assertIn("https://docs.test/${__data.fields.alertname}.md", json.dumps(maps))

    def test_contact_points(self):
        managed, = self.read("grafana/managed-alerts/alerting/bandit-router.yaml")
        kinds = {p["name"]: [r["type"] for r in p["receivers"]] for p in managed["contactPoints"]}
        self.assertEqual(kinds, {"Bandit Router critical": ["pagerduty", "slack", "email"], "Bandit Router warning": ["email"], "Bandit Router info": ["webhook"]})
        for group in managed["groups"]:
            for rule in group["rules"]:
                self.assertEqual(rule["notification_settings"]["receiver"], f"Bandit Router {rule['labels']['severity']}")
        read = subprocess.run([sys.executable, HERE / "provisioning.py", self.into / "grafana/managed-alerts"], capture_output=True, text=True, timeout=300)
        self.assertEqual(read.returncode, 0, read.stdout)

    def test_what_is_committed_links_to_nothing_that_is_not_there(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(deliver("--into", folder).returncode, 0)
            maps = (pathlib.Path(folder) / "k8s/monitoring/dashboards/configmaps.yaml").read_text(encoding="utf-8")
        self.assertNotIn("alertname}.md", maps, "a link of a dashboard to a file's name")

    def test_wrong_settings_are_refused(self):
        for flag, value, want in REFUSED:
            with self.subTest(flag=flag), tempfile.TemporaryDirectory() as folder:
                done = deliver("--into", folder, flag, value)
                self.assertEqual(done.returncode, 2)
                self.assertIn(want, done.stderr)
                self.assertFalse(list(pathlib.Path(folder).iterdir()))


if __name__ == "__main__":
    unittest.main()
