#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""bandit-exporter over a folder store: what is in the folder is on the page, in both
formats, and nothing else."""
import contextlib
import gzip
import json
import os
import signal
import subprocess
import sys
import urllib.error

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
import openmetrics  # noqa: E402
from exporter import Exporter, Folder, workplace  # noqa: E402
from wait import wait_for  # noqa: E402

OPENMETRICS = {"Accept": "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"}


def count(text, start):
    return sum(line.startswith(start) for line in text.splitlines())


def objects_come_and_go(exporter, folder):
    assert count(exporter.text(), "bandit_route_info{") == 0
    for name in ("digits", "iris"):
        folder.put(name)
    folder.put("spam", namespace="mail")
    wait_for("three routes", lambda: count(exporter.text(), "bandit_route_info{") == 3)
    text = exporter.text()
    assert count(text, "bandit_arm_desired_weight_ratio{") == 9, text
    assert 'bandit_route_min_weight_ratio{namespace="default",route="digits"} 0.02' in text
    assert "NaN" not in text
    folder.remove("iris")
    wait_for("two routes", lambda: count(exporter.text(), "bandit_route_info{") == 2)
    assert 'route="iris"' not in exporter.text()
    wait_for("two objects", lambda: "bandit_exporter_objects 2\n" in exporter.text("/metrics/self"))


def both_formats_carry_the_same(exporter, promtool):
    for compressed in (False, True):
        pages = []
        for accept in (OPENMETRICS, {}):
            headers = dict(accept)
            if compressed:
                headers["Accept-Encoding"] = "gzip"
            page = exporter.get(headers=headers)
            pages.append(gzip.decompress(page) if compressed else page)
        openmetrics.same(*pages)
    subprocess.run([promtool, "check", "metrics"], input=pages[1], check=True)
    openmetrics.same(exporter.get("/metrics/self", headers=OPENMETRICS),
                     exporter.get("/metrics/self"))


def filters_take_a_part(exporter):
    text = exporter.text("/metrics?name[]=bandit_arm_state&name[]=bandit_route_info")
    assert count(text, "# TYPE") == 2 and count(text, "bandit_route_info{") == 2, text
    text = exporter.text("/metrics?namespace=mail")
    assert 'namespace="mail"' in text and 'namespace="default"' not in text
    openmetrics.check(exporter.get("/metrics?namespace=mail", headers=OPENMETRICS))
    try:
        exporter.get("/metrics?name[]=no_such_family")
        raise AssertionError("an unknown family was taken")
    except urllib.error.HTTPError as e:
        assert e.code == 400


def own_metrics_stand_apart(exporter):
    own = exporter.text("/metrics/self")
    assert "bandit_exporter_objects 2\n" in own, own
    assert "bandit_route_" not in own and "process_cpu_seconds_total" in own
    assert "bandit_exporter_build_info{" in exporter.text()


def a_broken_manifest_is_counted(exporter, folder):
    path = os.path.join(folder.path, "broken.yaml")
    with open(path, "w") as f:
        f.write("apiVersion: bandit-router.dev/v1alpha1\nkind: BanditRoute\n"
                "metadata: {name: broken}\nspec: {arms: 7}\n")
    wait_for("an invalid object",
               lambda: "bandit_exporter_invalid_objects 1\n" in exporter.text())
    os.unlink(path)
    wait_for("no invalid object",
               lambda: "bandit_exporter_invalid_objects 0\n" in exporter.text())


def a_route_that_breaks_keeps_its_last_good_spec(exporter, folder):
    route = 'namespace="default",route="digits"'

    def ready(status):
        return (f'bandit_route_condition{{{route},condition="Ready",status="{status}"}} 1\n'
                in exporter.text())

    folder.put("digits", epsilon=0.3)
    wait_for("a route without a decision", lambda: ready("unknown"))
    folder.put("digits", epsilon='"much"')
    wait_for("not ready", lambda: ready("false"))
    wait_for("an invalid object", lambda: "bandit_exporter_invalid_objects 1\n" in exporter.text())
    text = exporter.text()
    assert "bandit_exporter_objects 2\n" in text
    assert count(text, "bandit_arm_desired_weight_ratio{" + route) == 3, text
    assert count(text, f'bandit_route_condition{{{route},condition="Ready"') == 3
    assert not ready("unknown") and not ready("true")
    assert "InvalidSpec: default.digits.yaml#1: spec.policy.epsilon" in exporter.text("/")
    folder.put("digits")
    wait_for("mended", lambda: ready("unknown"))
    wait_for("no invalid object", lambda: "bandit_exporter_invalid_objects 0\n" in exporter.text())
    assert "InvalidSpec" not in exporter.text("/")
    folder.put("digits", epsilon='"much"')
    wait_for("not ready again", lambda: ready("false"))
    folder.remove("digits")
    wait_for("gone", lambda: 'route="digits"' not in exporter.text())
    wait_for("no invalid object", lambda: "bandit_exporter_invalid_objects 0\n" in exporter.text())
    folder.put("digits")
    wait_for("back", lambda: ready("unknown"))


def people_and_probes_are_served(exporter):
    page = exporter.text("/")
    assert "random-forest" in page and "<script" not in page
    assert "prefers-color-scheme" in page and 'http-equiv="refresh"' in page
    assert 'http-equiv="refresh"' not in exporter.text("/?refresh=off")
    assert exporter.text("/livez") == "ok\n" and exporter.text("/readyz") == "ok\n"
    try:
        exporter.get("/nowhere")
        raise AssertionError("an unknown path was served")
    except urllib.error.HTTPError as e:
        assert e.code == 404


def shards_share_the_objects(binary, folder, place):
    with contextlib.ExitStack() as stack:
        exporters = [stack.enter_context(Exporter(binary, place, folder, "--shard", str(i),
                                                  "--total-shards", "3"))
                     for i in range(3)]
        for i in range(20):
            folder.put(f"route-{i}", namespace="sharded")
        wait_for("every object once", lambda: sum(
            count(e.text(), 'bandit_route_info{namespace="sharded"') for e in exporters) == 20)
        assert all(f"bandit_exporter_shard {i}\n" in e.text() for i, e in enumerate(exporters))
    for i in range(20):
        folder.remove(f"route-{i}", namespace="sharded")


def metrics_are_described(binary, exporter):
    described = json.loads(subprocess.run([binary, "--describe-metrics"], check=True,
                                          capture_output=True).stdout)
    families = openmetrics.check(exporter.get(headers=OPENMETRICS))
    assert set(families) <= {d["family"] for d in described}
    for d in described:
        if d["family"] in families and families[d["family"]].samples:
            labels = set(families[d["family"]].samples[0][1])
            assert labels <= set(d["labels"]) | {d["family"]}, d


def main(binary, promtool):
    with workplace() as place:
        folder = Folder(os.path.join(place, "routes"))
        with Exporter(binary, place, folder) as exporter:
            wait_for("ready", lambda: exporter.text("/livez") == "ok\n")
            objects_come_and_go(exporter, folder)
            both_formats_carry_the_same(exporter, promtool)
            filters_take_a_part(exporter)
            own_metrics_stand_apart(exporter)
            a_broken_manifest_is_counted(exporter, folder)
            a_route_that_breaks_keeps_its_last_good_spec(exporter, folder)
            people_and_probes_are_served(exporter)
            metrics_are_described(binary, exporter)
            shards_share_the_objects(binary, folder, place)
            exporter.process.send_signal(signal.SIGHUP)
            exporter.wait_for("read again")


if __name__ == "__main__":
    main(*sys.argv[1:])
