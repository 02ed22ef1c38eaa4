#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The compose file says what `manage.sh up` does: the same programs with the same flags, the
same settings of Grafana, the same ports; the version is the project's; and it is a compose
file (by the specification's own schema, where go can fetch its module).

Usage: compose_file.py
"""
import json
import pathlib
import re
import subprocess
import sys
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILE = ROOT / "services/compose/compose.yaml"
MODULE = "github.com/compose-spec/compose-go/v2@v2.16.2"

# process of manage.sh | service
SAME = {"logistic-regression": "logistic-regression", "svm": "svm", "random-forest": "random-forest", "haproxy": "haproxy",
        "notification-log": "notification-log", "alertmanager": "alertmanager", "prometheus": "prometheus",
        "bandit-operator": "operator", "bandit-exporter": "exporter", "traffic-generator": "traffic-generator"}
# Flags whose value is a place or an address, and so another one in a container.
PLACES = {"model", "web.listen-address", "secret-file", "listen", "log", "runbooks", "config.file", "storage.path", "f",
          "storage.tsdb.path", "store.dir", "dataplane.haproxy-socket", "prometheus.url", "url", "data", "decisions.log"}


def shell(script):
    done = subprocess.run(["bash", "-euc", script, "bash", str(ROOT)], stdout=subprocess.PIPE, text=True, check=True,
                          env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "BANDIT_RUN_DIR": "/tmp/run"})
    return done.stdout


PARTS = 'ROOT=$1; for part in common build grafana processes; do . "$ROOT/services/local/sh/$part.sh"; done; load_profile; '


def interpolate(text):
    """${NAME:-default} without an environment."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)


def load():
    def walk(value):
        if isinstance(value, dict):
            return {k: walk(v) for k, v in value.items()}
        if isinstance(value, list):
            return [walk(v) for v in value]
        return interpolate(value) if isinstance(value, str) else value

    return walk(yaml.safe_load(FILE.read_text(encoding="utf-8")))


def flags(words):
    """{flag: value} of a command line, in all the forms that our programs and others have."""
    found, words = {}, list(words)
    while words:
        word = words.pop(0)
        match = re.match(r"--?([\w.-]+)(?:=(.*))?$", word, re.S)
        if not match:
            continue
        value = match[2]
        if value is None:
            value = words.pop(0) if words and not words[0].startswith("-") else "true"
        found[match[1]] = value
    return found


class ComposeFileTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.services = load()["services"]
        cls.processes = dict(line.split("\t") for line in shell(
            PARTS + 'GRAFANA_WAY=none; row() { printf "%s\\t%s\\n" "$1" "$5"; }; each_process row').splitlines())

    def test_every_process_is_a_service_with_the_same_flags(self):
        self.assertEqual(set(self.processes), set(SAME), "another process of manage.sh: which service is it?")
        for process, service in SAME.items():
            with self.subTest(process=process):
                here = flags(self.processes[process].split()[1:])
                there = flags(self.services[service]["command"])
                self.assertEqual(set(here), set(there))
                for name in set(here) - PLACES:
                    self.assertEqual(here[name], there[name], name)

    def test_training_is_the_same(self):
        """The flags of services/local/sh/build.sh, which are not in a table."""
        text = (ROOT / "services/local/sh/build.sh").read_text(encoding="utf-8")
        kinds = dict((name, kind) for kind, name in re.findall(r"^    train (\w+) ([\w-]+)$", text, re.M))
        self.assertEqual(len(kinds), 3)
        common = dict(re.findall(r"--(name|seed) (\w+)", re.search(r'model-trainer" "\$kind"(.*?)>', text, re.S)[1]))
        for arm, kind in kinds.items():
            command = self.services[f"train-{arm}"]["command"]
            self.assertEqual(command[0], kind)
            self.assertEqual({k: v for k, v in flags(command[1:]).items() if k not in ("data", "out")}, common)
        split = dict(re.findall(r"--(share|seed) ([\w.]+)", re.search(r'model-trainer" split(.*?)>', text, re.S)[1]))
        dockerfile = (ROOT / "services/images/Dockerfile").read_text(encoding="utf-8")
        self.assertEqual(dict(re.findall(r"--(share|seed) ([\w.]+)", dockerfile)), split)

    def test_grafana_has_the_same_settings(self):
        lines = shell(PARTS + 'grafana_environment /bandit/grafana /run/bandit/etc/dashboards').splitlines()
        here = dict(line.split("=", 1) for line in lines)
        there = {k: str(v) for k, v in self.services["grafana"]["environment"].items()}
        self.assertEqual(set(here), set(there))
        for name in set(here) - {"GF_SERVER_HTTP_ADDR", "PROMETHEUS_URL", "ALERTMANAGER_URL"}:
            self.assertEqual(here[name], there[name], name)

    def test_ports_are_those_of_the_table(self):
        table = dict(re.findall(r"^(PORT_\w+) (\d+)$", (ROOT / "services/local/sh/common.sh").read_text(encoding="utf-8"), re.M))
        text = FILE.read_text(encoding="utf-8")
        used = set(re.findall(r"\$\{BANDIT_(PORT_\w+):-(\d+)\}", text))
        self.assertEqual(used, set(table.items()))
        for name, service in self.services.items():
            for port in service.get("ports", []):
                self.assertRegex(port, r"^127\.0\.0\.1:(\d+):\1$", name)
        setup = (ROOT / "services/compose/setup.sh").read_text(encoding="utf-8")
        rows = dict(re.findall(r"^(PORT_\w+) ([\w-]+)$", setup, re.M))
        self.assertEqual(set(rows), set(table) - {"PORT_GRAFANA"})
        self.assertLessEqual(set(rows.values()), set(self.services))

    def test_images_are_of_this_version_and_pinned(self):
        version = re.search(r"^project\(bandit_router VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text(encoding="utf-8"), re.M)[1]
        for name, service in self.services.items():
            image, _, tag = service["image"].rpartition(":")
            self.assertNotEqual(tag, "latest", name)
            self.assertRegex(tag, r"\d", name)
            self.assertTrue(image.startswith("docker.io/"), f"{name}: which registry?")
            if "/bandit-router/" in image:
                self.assertEqual(tag, version, name)
        grafana = (ROOT / "services/local/sh/grafana.sh").read_text(encoding="utf-8")
        self.assertIn("{BANDIT_GRAFANA_IMAGE:-" + self.services["grafana"]["image"] + "}", grafana)

    def test_everything_is_confined(self):
        for name, service in self.services.items():
            with self.subTest(service=name):
                self.assertTrue(service["read_only"])
                self.assertEqual(service["cap_drop"], ["ALL"])
                self.assertEqual(service["security_opt"], ["no-new-privileges:true"])
                self.assertTrue(service["mem_limit"] and service["pids_limit"])
                self.assertNotIn("privileged", service)
                if name == "setup":
                    self.assertEqual(service["networks"], ["nowhere"])
                else:
                    self.assertNotIn("cap_add", service)
                    self.assertNotEqual(str(service.get("user", "65532")).split(":")[0], "0")
                for volume in service.get("volumes", []):
                    if volume.startswith("."):
                        self.assertTrue(volume.endswith(":ro"), volume)
                        self.assertTrue((FILE.parent / volume.split(":")[0]).exists(), volume)

    def test_the_schema_of_the_specification(self):
        found = subprocess.run([ROOT / "tests/support/go.sh"], capture_output=True, text=True, check=False)
        if found.returncode:
            self.skipTest(found.stderr.strip())
        done = subprocess.run([found.stdout.strip(), "mod", "download", "-json", MODULE], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              cwd="/", check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        import jsonschema  # python3-jsonschema; not needed by the other tests
        schema = json.loads((pathlib.Path(json.loads(done.stdout)["Dir"]) / "schema/compose-spec.json").read_text(encoding="utf-8"))
        validator = jsonschema.Draft202012Validator(schema)
        document = yaml.safe_load(FILE.read_text(encoding="utf-8"))
        self.assertEqual([e.message for e in validator.iter_errors(document)], [])
        document["services"]["operator"]["cap_dorp"] = ["ALL"]
        self.assertTrue(list(validator.iter_errors(document)), "the schema lets a misspelt key through")


if __name__ == "__main__":
    sys.exit(unittest.main())
