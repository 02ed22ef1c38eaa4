#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Asks a real Prometheus everything that we ask anywhere (panels, recording rules, alerts,
the cookbook, the runbooks), and says in a table what has data. A query that Prometheus
refuses fails; so does a panel that stays empty without a reason in the table below.

    panel_queries.py --prometheus http://127.0.0.1:9090 [--minutes 15 | --since UNIX_TIME]
                     [--complete]                          a stack that runs
    panel_queries.py --bin build/release/bin               pages made from what the programs
                                                           say they emit

`since` in the table is when, in the time asked about, a row had all of its data. `from` is
`live`: the programs that run; `shapes`: a page of what kube-state-metrics, cAdvisor and an
API server would publish; `cluster`: there is neither. With --complete no reason counts.
"""
import argparse
import contextlib
import io
import pathlib
import sys
import time

import answers
import synthetic

ROOT = synthetic.ROOT
TRIES = 6
# dashboard, panel id (None: all), why it may be empty
MAY_BE_EMPTY = (
    ("bandit-cluster", None, "needs a cluster"),
    ("bandit-operations", 24, "the folder store makes no calls"),
    ("bandit-operations", 30, "no query failed"),
    ("bandit-operations", 50, "no notification was sent"),
    ("bandit-overview", 41, "nothing fired"),
    ("bandit-models", 14, "no errors"),
    ("bandit-models", 61, "every answer was a good one"),
    ("bandit-models", 40, "no requests in the last hour"),
)
# Questions and alerts to which nothing is the good answer, in whatever story.
GOOD_WHEN_EMPTY = {
    "up{": "nothing was down",
    'sum by (namespace, route, reason) (increase(bandit_operator_decisions_total{verdict="Held"}': "held while nobody scraped",
    "BanditRewardsOutOfRange": "the series begins with the first reward that is cut",
    "bandit:arm_reward_ema:median2d": "an hour ago there was nothing yet",
    "BanditArmRewardCollapsed": "an hour ago there was nothing yet",
    "bandit:arm_reward_ema:avg5m": "a sample is taken once in five minutes",
    "bandit:route_slo_events:avg5m": "a sample is taken once in five minutes",
    "bandit:route_slo_errors:avg5m": "a sample is taken once in five minutes",
}


def reason(uid, panel):
    return next((why for u, p, why in MAY_BE_EMPTY if u == uid and p in (None, panel)), "")


def good_when_empty(title):
    return next((why for start, why in GOOD_WHEN_EMPTY.items() if title.startswith(start)), "")


class Tally:
    """Counts what has data and what should have."""

    def __init__(self, prometheus, complete):
        self.prometheus, self.complete, self.failures = prometheus, complete, 0

    def refused(self, answer):
        for error in answer.errors:
            print(f"REFUSED {answer.where} {answer.title}: {error}")
        self.failures += len(answer.errors)

    def panels(self):
        rows = list(answers.panels(self.prometheus, ROOT))
        print(answers.HEAD)
        for number, answer in rows:
            self.refused(answer)
            why = "" if answer.whole or self.complete else reason(answer.where, number)
            self.failures += not answer.whole and not why
            print(answers.line(answer, self.prometheus, "" if answer.whole else why or "EMPTY"))
        self.sum_up("panels", [a for _, a in rows])

    def rest(self, what, rows, strict, show):
        for answer in rows:
            self.refused(answer)
            answer.note = answer.note or ("" if answer.whole else good_when_empty(answer.title))
            bad = strict and self.complete and not answer.whole and not answer.note
            self.failures += bad
            if show or bad:
                print(answers.line(answer, self.prometheus, "EMPTY" if bad else ""))
        self.sum_up(what, rows)

    def sum_up(self, what, rows):
        origin = {o: sum(r.whole and r.origin == o for r in rows) for o in ("live", "shapes")}
        print(f"{sum(origin.values())} of {len(rows)} {what} with data: {origin['live']} live, {origin['shapes']} from shapes of a cluster\n")


def run(url, since, complete):
    prometheus = answers.Prometheus(url, since)
    tally = Tally(prometheus, complete)
    tally.panels()
    alerts = list(answers.alerts(prometheus, ROOT))
    questions = list(answers.questions(prometheus, ROOT))
    tally.rest("recording rules", list(answers.rules(prometheus, ROOT)), True, False)
    tally.rest("alerts, all they look at,", alerts, True, True)
    tally.rest("questions of the cookbook", [q for q in questions if q.where.startswith("promql:")], True, True)
    tally.rest("queries of the runbooks", [q for q in questions if not q.where.startswith("promql:")], False, False)
    fired = [a.title for a in alerts if a.note == "firing"]
    print(f"{len(fired)} alerts fired: {', '.join(fired) or 'none'}\n{tally.failures} failures")
    return 1 if tally.failures else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--prometheus", help="address of a Prometheus that scrapes the loop")
    parser.add_argument("--minutes", type=float, default=15, help="how far to look back")
    parser.add_argument("--since", type=float, help="look back to this time")
    parser.add_argument("--complete", action="store_true", help="nothing may be empty, for whatever reason")
    parser.add_argument("--bin", type=pathlib.Path, help="folder of the built programs")
    args = parser.parse_args()
    if bool(args.prometheus) == bool(args.bin):
        parser.error("give --prometheus or --bin")
    if args.prometheus:
        return run(args.prometheus, args.since or time.time() - 60 * args.minutes, args.complete)

    def ready(url):
        one_minute = answers.Prometheus(url, time.time() - 60)
        return one_minute.range("bandit:route_slo_budget:ratio_remaining30d")[0] and one_minute.range("bandit:feature:psi1h")[0]

    with synthetic.prometheus(args.bin, ready) as url:
        for left in reversed(range(TRIES)):  # what is there comes sooner or later
            told = io.StringIO()
            with contextlib.redirect_stdout(told):
                failures = run(url, time.time() - 60, False)
            if not failures or not left:
                break
            time.sleep(5)
        print(told.getvalue())
        return failures


if __name__ == "__main__":
    sys.exit(main())
