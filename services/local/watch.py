#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The live view of the routes: what the exporter publishes, what Prometheus observed.

Reads only what a person could query. On a terminal it redraws in place; elsewhere it
prints a block every ten seconds. `--for 120s` ends by itself and fails when no route
made a decision from rewards in that time; `--once` prints one block.
"""

import argparse
import json
import os
import re
import shutil
import sys
import time
import urllib.parse
import urllib.request

EXPORTER = "http://127.0.0.1:" + os.environ.get("PORT_EXPORTER", "9870")
PROMETHEUS = "http://127.0.0.1:" + os.environ.get("PORT_PROMETHEUS", "9090")
NOTIFICATIONS = os.path.join(os.environ.get("RUN", "run"), "notifications.log")
SAMPLE = re.compile(r'^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"')
COLOURS = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
STATE_COLOURS = {"Active": "green", "Warmup": "cyan", "Reentry": "yellow", "Ejected": "red",
                 "NotReady": "red"}


class Painter:
    def __init__(self, coloured):
        self.coloured = coloured

    def __call__(self, colour, text):
        if not self.coloured or not colour:
            return text
        return "\x1b[%sm%s\x1b[0m" % (COLOURS[colour], text)


def fetch(url, timeout=2):
    with urllib.request.urlopen(url, timeout=timeout) as answer:
        return answer.read().decode()


def exporter_samples():
    """Every sample of the exporter as (name, labels, value)."""
    samples = []
    for line in fetch(EXPORTER + "/metrics").splitlines():
        match = SAMPLE.match(line)
        if match:
            samples.append((match[1], dict(LABEL.findall(match[2] or "")), float(match[3])))
    return samples


def query(expression):
    """An instant query's vector as (labels, value); an exception when it has none."""
    url = PROMETHEUS + "/api/v1/query?" + urllib.parse.urlencode({"query": expression})
    answer = json.loads(fetch(url))
    return [(r["metric"], float(r["value"][1])) for r in answer["data"]["result"]]


class Routes:
    """What is published, by route and arm."""

    def __init__(self, samples):
        self.routes = {}
        for name, labels, value in samples:
            if "route" not in labels or not name.startswith("bandit_"):
                continue
            route = self.routes.setdefault((labels["namespace"], labels["route"]),
                                           {"arms": {}, "values": {}})
            if "arm" in labels:
                arm = route["arms"].setdefault(labels["arm"], {})
                if name == "bandit_arm_state":
                    if value == 1:
                        arm["state"] = labels["bandit_arm_state"]
                elif "objective" not in labels:
                    arm[name] = value
            elif name == "bandit_route_decision_info" and value == 1:
                route["values"]["verdict"] = labels["verdict"]
                route["values"]["reason"] = labels["reason"]
            elif name == "bandit_route_mode":
                if value == 1:
                    route["values"]["mode"] = labels["bandit_route_mode"]
            else:
                route["values"][name] = value


def bar(share, width=20):
    full = int(round(max(0.0, min(1.0, share)) * width))
    return "█" * full + "░" * (width - full)


def number(value, form="%.3f", absent="-"):
    return absent if value is None else form % value


def age(timestamp, now):
    if not timestamp:
        return "never"
    seconds = max(0, now - timestamp)
    return "%ds ago" % seconds if seconds < 120 else "%dm ago" % (seconds / 60)


def route_block(key, route, observed, paint, now):
    values, arms = route["values"], route["arms"]
    verdict = values.get("verdict", "None")
    colour = {"Held": "yellow", "Switched": "cyan", "Frozen": "yellow"}.get(verdict, "green")
    lines = ["%s  %s %s  decided %s, data %s, leader since %s" % (
        paint("bold", "%s/%s" % key), paint(colour, verdict), values.get("reason", ""),
        age(values.get("bandit_route_last_decision_timestamp_seconds"), now),
        age(values.get("bandit_route_last_observation_timestamp_seconds"), now),
        age(values.get("bandit_route_last_leader_change_timestamp_seconds"), now))]
    lines.append(paint("dim", "  %-20s %-20s %8s %8s %8s  %-15s %6s  %s" % (
        "arm", "applied weight", "desired", "applied", "observed", "reward ± se", "best", "state")))
    for name, arm in arms.items():
        applied = arm.get("bandit_arm_applied_weight_ratio")
        state = arm.get("state", "?")
        reward = "%s ± %s" % (number(arm.get("bandit_arm_reward_ema")),
                              number(arm.get("bandit_arm_reward_standard_error")))
        leads = arm.get("bandit_arm_leader") == 1
        lines.append("%s %s %s %8s %8s %8s  %-15s %6s  %s" % (
            paint("green", "▶") if leads else " ",
            paint("bold" if leads else None, "%-20s" % name),
            paint("green" if leads else "cyan", bar(applied or 0)),
            number(arm.get("bandit_arm_desired_weight_ratio")), number(applied),
            number(observed.get(key + (name,))), reward,
            number(arm.get("bandit_arm_probability_best_ratio"), "%.2f"),
            paint(STATE_COLOURS.get(state), state)))
    return lines


def last_notifications(count=4):
    try:
        with open(NOTIFICATIONS, encoding="utf-8", errors="replace") as log:
            lines = [line.rstrip("\n") for line in log if " BanditWatchdog " not in line]
            return lines[-count:]
    except OSError:
        return []


class View:
    def __init__(self, paint, wants_leader):
        self.paint = paint
        self.wants_leader = wants_leader  # long enough to look for arms to be past warm-up
        self.decided = {}  # route -> decided from rewards while we looked
        self.began = time.time()

    def block(self):
        now = time.time()
        try:
            routes = Routes(exporter_samples()).routes
        except (OSError, ValueError) as error:
            return [self.paint("red", "The exporter does not answer: %s" % error)]
        observed, traffic = {}, []
        try:
            for labels, value in query("bandit:arm_traffic_share:ratio_rate1m"):
                observed[(labels.get("namespace"), labels.get("route"), labels.get("arm"))] = value
            rate = query("sum(rate(traffic_requests_total[1m]))")
            errors = query("sum(rate(ml_prediction_failures_total[1m]))")
            firing = query('ALERTS{alertstate="firing",severity!="none"}')
            traffic.append("%.0f requests/s, %.1f failures/s" % (
                rate[0][1] if rate else 0, errors[0][1] if errors else 0))
            if firing:
                names = sorted({l["alertname"] + ("(%s)" % l["arm"] if "arm" in l else "")
                                for l, _ in firing})
                traffic.append(self.paint("red", "firing: " + ", ".join(names)))
        except (OSError, ValueError, KeyError) as error:
            traffic.append(self.paint("red", "Prometheus does not answer: %s" % error))
        lines = [self.paint("dim", time.strftime("%H:%M:%S")) + "  " + "   ".join(traffic), ""]
        for key, route in sorted(routes.items()):
            lines += route_block(key, route, observed, self.paint, now) + [""]
            self.note_decision(key, route)
        notes = last_notifications()
        if notes:
            width = shutil.get_terminal_size((200, 50)).columns - 3
            lines += [self.paint("dim", "notifications")] + ["  " + n[:width] for n in notes]
        return lines

    def note_decision(self, key, route):
        decided_at = route["values"].get("bandit_route_last_decision_timestamp_seconds", 0)
        rewarded = any("bandit_arm_reward_ema" in arm for arm in route["arms"].values())
        led = any(arm.get("bandit_arm_leader") == 1 for arm in route["arms"].values())
        weights = sum(arm.get("bandit_arm_applied_weight_ratio", 0)
                      for arm in route["arms"].values())
        if (decided_at > self.began and rewarded and (led or not self.wants_leader)
                and abs(weights - 1) < 1e-6):
            self.decided[key] = True
        else:
            self.decided.setdefault(key, False)


def seconds_of(text):
    match = re.fullmatch(r"(\d+)([smh]?)", text)
    if not match:
        raise argparse.ArgumentTypeError("%r is not a duration such as 120s or 5m" % text)
    return int(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--for", dest="duration", type=seconds_of, metavar="120s")
    parser.add_argument("--once", action="store_true")
    options = parser.parse_args()
    live = sys.stdout.isatty() and not options.once
    view = View(Painter(sys.stdout.isatty() and not os.environ.get("NO_COLOR")),
                wants_leader=(options.duration or 0) >= 90)
    end = time.time() + options.duration if options.duration else None
    pause = 1 if live else 10
    try:
        while True:
            block = view.block()
            if live:
                sys.stdout.write("\x1b[H\x1b[2J")
            print("\n".join(block), flush=True)
            if options.once:
                return 0
            if end and time.time() >= end:
                break
            time.sleep(min(pause, max(0.05, end - time.time())) if end else pause)
    except KeyboardInterrupt:
        return 130
    silent = sorted("%s/%s" % key for key, ok in view.decided.items() if not ok)
    if not view.decided or silent:
        print("no decision from rewards was seen: " + (", ".join(silent) or "no route at all"),
              file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
