#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Do our policies and MABWiser's choose the same from the same counts?

    choices.py build/release/bin/decide-lines [--sequences N]

Both see the same batches, one after the other. Greedy and UCB must choose the same arm and
Softmax the same probabilities to 1e-9; our probabilities of being the best must be how often
their Thompson sampling chooses each arm, to five standard errors. Batches after which two arms
are as good as equal (to 1e-12) have no right choice: they are counted, and left out.

MABWiser's UCB1 widens every arm's mean by alpha * sqrt(2 ln N / n); ours puts the arm's standard
deviation in the place of alpha, so one of theirs is made for each arm, with that as its alpha.
"""
import argparse
import sys

import numpy

import ours
import theirs

DRAWS = 5000


class Tally:
    def __init__(self, name, tolerance):
        self.name, self.tolerance = name, tolerance
        self.tables = self.equal = self.wrong = 0
        self.furthest = 0.0

    def compare(self, mine, other, tolerance=None):
        """The weights, and what they should be; None where two arms are equal."""
        if other is None:
            self.equal += 1
            return
        self.tables += 1
        gap = numpy.abs(mine - other)
        self.furthest = max(self.furthest, gap.max())
        self.wrong += bool((gap > (self.tolerance if tolerance is None else tolerance)).any())

    def print(self):
        verdict = "met" if self.tables and not self.wrong else "missed"
        print(f"{self.name:<42} {self.tables:>7} {self.equal:>6} {self.wrong:>7} {self.furthest:>12.2g} {verdict:>7}")
        return verdict == "met"


def all_to_best(values):
    """Everything to the greatest, or None where the two greatest are as good as equal."""
    values = numpy.array(values)
    second, best = numpy.sort(values)[-2:]
    return None if best - second < 1e-12 else (values == best).astype(float)


def means(mab):
    expected = mab.predict_expectations()
    return [expected[arm] for arm in sorted(expected)]


def batches(random, count, most=120):
    """Good and all events of two to six arms. A batch has every arm: what a silent arm means,
    MABWiser does not say."""
    chances = random.random(random.integers(2, 7))
    for _ in range(count):
        events = random.integers(1, most, len(chances))
        yield random.binomial(events, chances), events


def sequences(core, random, tally, policy, peer, wanted, count):
    """wanted: our weights as they should be, of the learner that has seen the same."""
    for _ in range(count):
        mab = None
        for good, events in batches(random, 8):
            if mab is None:
                mab = theirs.learner(len(events), **peer)
                core.begin(ours.route([f"a{i}" for i in range(len(events))], policy, ours.NO_GUARDRAILS))
            mab.partial_fit(*theirs.events_of(good, events))
            tally.compare(core.decide(good, events), wanted(mab))


def upper_bounds(good, events):
    smoothed = (good + 1) / (events + 2)
    told = theirs.events_of(good, events)
    bounds = []
    for arm, deviation in enumerate(numpy.sqrt(smoothed * (1 - smoothed))):
        mab = theirs.learner(len(events), "UCB1", alpha=float(deviation))
        mab.fit(*told)
        bounds.append(mab.predict_expectations()[arm])
    return bounds


def tables(core, random, policy, count):
    for _ in range(count):
        good, events = next(batches(random, 1))
        core.begin(ours.route([f"a{i}" for i in range(len(events))], policy, ours.NO_GUARDRAILS))
        yield good, events, core.decide(good, events)


def compare_thompson(core, random, tally, count):
    for seed in range(count):
        good, events, weights = next(tables(core, random, {"type": "ProbabilityOfBest", "discount": 1}, 1))
        mab = theirs.learner(len(events), "ThompsonSampling", seed=seed)
        mab.fit(*theirs.events_of(good, events))
        drawn = mab.predict(numpy.zeros((DRAWS, 1)))
        share = numpy.bincount(drawn, minlength=len(events)) / DRAWS
        # One draw more on either side: an arm may be too rare to be drawn at all.
        error = numpy.sqrt(numpy.maximum(weights * (1 - weights), 1 / DRAWS) / DRAWS)
        tally.compare(weights, share, 5 * error)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("core", help="the program decide-lines")
    parser.add_argument("--sequences", type=int, default=250, help="of eight batches, for each policy")
    args = parser.parse_args()
    core = ours.Core(args.core)
    random = numpy.random.default_rng(20)

    greedy = Tally("greedy: arm", 1e-9)
    sequences(core, random, greedy, {"type": "DiscountedCounts", "discount": 1, "epsilon": 0},
              {"policy": "EpsilonGreedy", "epsilon": 0}, lambda mab: all_to_best(means(mab)), args.sequences)
    epsilon = Tally("epsilon-greedy: probabilities", 1e-9)
    for share in (0.05, 0.2):
        sequences(core, random, epsilon, {"type": "DiscountedCounts", "discount": 1, "epsilon": share},
                  {"policy": "EpsilonGreedy", "epsilon": 0},
                  lambda mab, share=share: None if (best := all_to_best(means(mab))) is None
                  else (1 - share) * best + share / len(best), args.sequences // 4)
    softmax = Tally("Softmax: probabilities", 1e-9)
    for heat in (0.02, 0.05, 1):
        sequences(core, random, softmax, {"type": "Softmax", "discount": 1, "temperature": heat},
                  {"policy": "Softmax", "tau": heat}, theirs.softmax_of, args.sequences // 3)
    ucb = Tally("UCB: arm with the highest bound", 1e-9)
    for good, events, weights in tables(core, random, {
            "type": "DiscountedCounts", "choice": "UCB", "discount": 1, "epsilon": 1}, 4 * args.sequences):
        ucb.compare(weights, all_to_best(upper_bounds(good, events)))
    thompson = Tally(f"Thompson: shares of {DRAWS} draws", 0)
    compare_thompson(core, random, thompson, args.sequences // 4)

    print(f"{'same choices as MABWiser':<42} {'tables':>7} {'equal':>6} {'differ':>7} {'furthest':>12}")
    return 0 if all([t.print() for t in (greedy, epsilon, softmax, ucb, thompson)]) else 1


if __name__ == "__main__":
    sys.exit(main())
