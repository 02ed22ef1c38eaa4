#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The story that a newcomer sees, asserted: three arms compete, one is broken, its traffic
leaves, an alert is delivered, it is healed and earns its way back; then every process is
killed in turn, and Prometheus is stopped. At the end every panel is asked what it had to show.

Usage: story.py [--keep] [--strict]   (--keep leaves the folder and prints its name; --strict keeps
to the times that are promised, for a machine that does nothing else)
"""

import subprocess
import sys
import time
import urllib.request

from loop import ROOT, Failure, Loop, wait_for

sys.path.insert(0, ROOT + "/tests/checks/observability")
import answers  # noqa: E402
import cluster_shapes  # noqa: E402

ARMS = ["logistic-regression", "random-forest", "svm"]
FLOOR = 0.02
STEP = 1 / 256  # HAProxy weights are whole numbers out of 256
INTERVAL = 5
ALERT = "BanditArmFailing"


def near_floor(value):
    return value <= FLOOR + STEP


def three_arms_compete(loop):
    def weights_sum_to_one():
        weights = loop.query('bandit_arm_applied_weight_ratio{route="digits"}')
        return sorted(weights) == ARMS and abs(sum(weights.values()) - 1) < 1e-9 or weights

    def all_arms_take_traffic():
        shares = loop.query('bandit:arm_traffic_share:ratio_rate1m{route="digits"}')
        return sorted(shares) == ARMS and min(shares.values()) > 0 or shares

    def a_leader_from_rewards():
        leaders = [a for a, v in loop.query('bandit_arm_leader{route="digits"}').items() if v == 1]
        rewards = loop.query('bandit_arm_reward_ema{route="digits"}')
        weights = loop.query('bandit_arm_desired_weight_ratio{route="digits"}')
        return (len(leaders) == 1 and sorted(rewards) == ARMS and
                weights[leaders[0]] == max(weights.values()) and weights[leaders[0]] > 0.5
                ) or (leaders, rewards, weights)

    wait_for("weights sum to one in Prometheus", 40, weights_sum_to_one)
    wait_for("three arms take traffic", 40, all_arms_take_traffic)
    wait_for("a leader chosen from rewards has most of the traffic", 90, a_leader_from_rewards)


def a_broken_arm_loses_its_traffic(loop):
    def weight(family):
        def at_floor():
            value = loop.query(family + '{route="digits",arm="svm"}')["svm"]
            return near_floor(value) or value
        return at_floor

    def observed_falls():
        share = loop.query('bandit:arm_traffic_share:ratio_rate1m{route="digits",arm="svm"}')["svm"]
        return share < 0.06 or share

    loop.manage("degrade", "svm")
    wait_for("desired weight at the floor", 60, weight("bandit_arm_desired_weight_ratio"))
    wait_for("applied weight at the floor", 2 * INTERVAL, weight("bandit_arm_applied_weight_ratio"))
    wait_for("observed share follows", 75, observed_falls)
    wait_for("the alert fires", 60, lambda: any(a.get("arm") == "svm" for a in loop.alerts(ALERT)))
    wait_for("the webhook receives it", 20,
             lambda: any("firing" in line.lower() and ALERT in line and "svm" in line
                         for line in loop.notifications().splitlines()))
    if "<h2>Mitigation</h2>" not in loop.runbook(ALERT):
        raise Failure("the alert's runbook link does not open its runbook")


def a_healed_arm_earns_its_way_back(loop):
    def weight_rises():
        value = loop.query('bandit_arm_applied_weight_ratio{route="digits",arm="svm"}')["svm"]
        return value >= 0.2 / 3 - STEP or value

    loop.manage("heal", "svm")
    wait_for("its weight rises to an explorer's share or more", 120, weight_rises)
    wait_for("the alert resolves", 90,
             lambda: not any(a.get("arm") == "svm" for a in loop.alerts(ALERT)))
    wait_for("the webhook receives the resolution", 20,
             lambda: any("resolved" in line.lower() and ALERT in line and "svm" in line
                         for line in loop.notifications().splitlines()))


def whatever_is_killed_comes_back(loop):
    def whole():
        """Decided anew, applied as decided, and the weights sum to one."""
        weights = loop.exported("bandit_arm_applied_weight_ratio", route="digits")
        desired = loop.exported("bandit_arm_desired_weight_ratio", route="digits")
        decided = loop.exported("bandit_route_last_decision_timestamp_seconds", route="digits")[""]
        ok = (sorted(weights) == ARMS and abs(sum(weights.values()) - 1) < 1e-9 and
              all(abs(weights[a] - desired[a]) <= STEP for a in ARMS) and decided > killed and
              loop.decision()[0] in ("Switched", "Adjusted", "Kept"))
        return ok or (weights, desired, decided - killed, loop.decision())

    for name in ["bandit-operator", "bandit-exporter", "random-forest", "prometheus", "haproxy"]:
        before = loop.status_file()
        killed = time.time()
        old = loop.kill(name)
        # The supervisor notices within about a second; two intervals to be whole again.
        took = wait_for("whole again after kill -9 of " + name, 2 * INTERVAL + 3, whole)
        wait_for(name + " runs anew", 5, lambda: loop.pids().get(name, old) != old)
        after = loop.status_file()
        if after["decisions"] < before["decisions"]:
            raise Failure("%s: the state was lost: %d decisions, then %d" % (
                name, before["decisions"], after["decisions"]))
        print("    %-16s whole again after %.1f s" % (name, took))


def without_prometheus_nothing_moves(loop):
    def weights():
        return loop.exported("bandit_arm_applied_weight_ratio", route="digits")

    def data_age():
        newest = loop.exported("bandit_route_last_observation_timestamp_seconds", route="digits")[""]
        return time.time() - newest

    loop.supervisor("stop", "prometheus")
    wait_for("the operator holds with PrometheusDown", 3 * INTERVAL,
             lambda: loop.decision() == ("Held", "PrometheusDown") or loop.decision())
    held, age = weights(), data_age()
    time.sleep(2 * INTERVAL + 1)
    if weights() != held:
        raise Failure("weights moved while Prometheus was down: %s, then %s" % (held, weights()))
    if loop.decision() != ("Held", "PrometheusDown"):
        raise Failure("no longer held: %s" % (loop.decision(),))
    if data_age() < age + 2 * INTERVAL:
        raise Failure("the age of the data did not grow: %.0f s, then %.0f s" % (age, data_age()))
    loop.supervisor("start", "prometheus")
    wait_for("decisions go on", 60,
             lambda: loop.decision()[0] in ("Switched", "Adjusted", "Kept") or loop.decision())


def a_cluster_is_stood_in_for(loop):
    """One machine has no pods: the same Prometheus scrapes a page of what would tell of some."""
    with open(loop.run + "/etc/prometheus.yml", "a") as config:
        config.write(cluster_shapes.scrape_job(answers.SHAPES_JOB, cluster_shapes.serve()))
    url = "http://127.0.0.1:%d/-/reload" % loop.ports["PROMETHEUS"]
    urllib.request.urlopen(urllib.request.Request(url, method="POST"), timeout=60).close()


def every_panel_had_something_to_show(loop):
    """Panels, rules, alerts and the cookbook, asked about the whole story; prints the table."""
    done = subprocess.run(
        ["/usr/bin/python3", ROOT + "/tests/checks/observability/panel_queries.py", "--complete",
         "--since", str(loop.began), "--prometheus", "http://127.0.0.1:%d" % loop.ports["PROMETHEUS"]],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600, check=False)
    print(done.stdout)
    if done.returncode != 0:
        raise Failure("something stayed empty; see EMPTY and REFUSED above")


def nothing_is_left(loop):
    left = loop.pids()
    loop.manage("down")
    if loop.manage("status", check=False).returncode != 3:
        raise Failure("status does not say that nothing is running")
    for name, pid in left.items():
        try:
            with open("/proc/%d/cmdline" % pid, "rb") as line:
                command = line.read()
        except OSError:
            continue
        if loop.run.encode() in command:
            raise Failure("%s (pid %d) outlived down" % (name, pid))


CHAPTERS = [a_cluster_is_stood_in_for, three_arms_compete, a_broken_arm_loses_its_traffic,
            a_healed_arm_earns_its_way_back, whatever_is_killed_comes_back,
            without_prometheus_nothing_moves, every_panel_had_something_to_show, nothing_is_left]


def main():
    loop = Loop()
    began = time.monotonic()
    try:
        loop.manage("up", "--detach", "--profile", "demo")
        print("up after %.0f s" % (time.monotonic() - began), flush=True)
        for chapter in CHAPTERS:
            start = time.monotonic()
            chapter(loop)
            print("ok %-34s %5.1f s" % (chapter.__name__.replace("_", " "),
                                        time.monotonic() - start), flush=True)
    except Failure as failure:
        print("FAILED: %s" % failure)
        for name in ["bandit-operator", "bandit-exporter", "svm", "prometheus", "alertmanager"]:
            try:
                print("--- %s\n%s" % (name, loop.logs(name)))
            except OSError:
                pass
        return 1
    finally:
        loop.manage("down", check=False)
        if "--keep" in sys.argv:
            print(loop.run)
        else:
            loop.remove()
    return 0


if __name__ == "__main__":
    sys.exit(main())
