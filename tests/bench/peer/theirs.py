# SPDX-License-Identifier: Apache-2.0
"""MABWiser, fetched where it is not there yet. Whoever imports this ends with the exit code and
the reason of fetch.sh where it cannot be had."""
import subprocess
import sys
from pathlib import Path

import numpy

HERE = Path(__file__).resolve().parent
if code := subprocess.call([HERE / "fetch.sh"]):
    sys.exit(code)
sys.path.insert(0, str(HERE.parents[2] / "build/tools/mabwiser"))
from mabwiser.mab import MAB, LearningPolicy  # noqa: E402


def learner(arm_count, policy, seed=1, **settings):
    """Arms are numbered. policy: EpsilonGreedy, UCB1, ThompsonSampling or Softmax."""
    return MAB(list(range(arm_count)), getattr(LearningPolicy, policy)(**settings), seed=seed)


def softmax_of(mab):
    """The probabilities that a Softmax has computed. predict() and predict_expectations() give
    something else: a draw from a Dirichlet distribution about them, and its greatest element."""
    return numpy.array([mab._imp.arm_to_expectation[arm] for arm in mab.arms])  # pylint: disable=protected-access


def events_of(good, events):
    """The same counts, event by event, as MABWiser wants to be told."""
    arms = numpy.repeat(numpy.arange(len(events)), events)
    rewards = numpy.concatenate([numpy.arange(e) < g for g, e in zip(good, events)]).astype(int)
    return arms, rewards
