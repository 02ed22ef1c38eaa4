#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reward lost by our policies and by MABWiser's, in the same world (peer_mabwiser.yaml).

Three arms (.97 .95 .90), 10 requests a second, decisions every 30 s for hours. MABWiser
draws an arm per request and learns after each batch (partial_fit), which is how it is
meant to be used; ours is bandit-sim, through windows, scrapes and guardrails.

Exit code 77 (skipped) when MABWiser cannot be imported: pip install mabwiser.
"""
import argparse
import csv
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CHANCES = {"a": 0.97, "b": 0.95, "c": 0.90}
RATE, INTERVAL, HOURS = 10, 30, 1
PAIRS = {  # ours: theirs
    "EpsilonGreedy": "EpsilonGreedy",
    "DiscountedCounts": "EpsilonGreedy",
    "DiscountedCounts-UCB": "UCB1",
    "ProbabilityOfBest": "ThompsonSampling",
    "Softmax": "Softmax",
}


def theirs(policy, seed, hours):
    """Reward lost of 1000 requests by one MABWiser policy."""
    import numpy
    from mabwiser.mab import MAB, LearningPolicy

    policies = {
        "EpsilonGreedy": LearningPolicy.EpsilonGreedy(epsilon=0.2),
        "UCB1": LearningPolicy.UCB1(alpha=1),
        "ThompsonSampling": LearningPolicy.ThompsonSampling(),
        "Softmax": LearningPolicy.Softmax(tau=0.05),
    }
    arms = list(CHANCES)
    mab = MAB(arms, policies[policy], seed=seed)
    random = numpy.random.default_rng(seed)
    best = max(CHANCES.values())
    lost = requests = 0
    chosen = [arms[i] for i in random.integers(0, 3, 300)]  # a warm-up like ours
    for batch in range(hours * 3600 // INTERVAL):
        if batch:
            chosen = [mab.predict() for _ in range(int(random.poisson(RATE * INTERVAL)))]
        if not chosen:
            continue
        chances = numpy.array([CHANCES[arm] for arm in chosen])
        rewards = (random.random(len(chosen)) < chances).astype(int)
        (mab.partial_fit if batch else mab.fit)(chosen, list(rewards))
        lost += (best - chances).sum()
        requests += len(chosen)
    return 1000 * lost / requests


def ours(sim, seeds):
    """Mean reward lost of 1000 requests, by policy, from bandit-sim's CSV."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "sim.csv")
        subprocess.run([sim, "--seeds", str(seeds), "--csv", str(out),
                        str(ROOT / "tests/bench/peer_mabwiser.yaml")],
                       check=True, stdout=subprocess.DEVNULL)
        return {row["policy"]: float(row["lossPerThousand"])
                for row in csv.DictReader(out.read_text().splitlines())
                if float(row["rate"]) == RATE}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sim", default=str(ROOT / "build/release/bin/bandit-sim"))
    parser.add_argument("--seeds", type=int, default=5)
    args = parser.parse_args()
    try:
        import mabwiser  # noqa: F401
    except ImportError as why:
        print(f"skipped: {why}; pip install mabwiser", file=sys.stderr)
        return 77
    our = ours(args.sim, max(args.seeds, 5))
    their = {policy: [theirs(policy, seed, HOURS) for seed in range(args.seeds)]
             for policy in sorted(set(PAIRS.values()))}
    print(f"{'ours':<22} {'lost/1000':>10}   {'MABWiser':<18} {'lost/1000':>10}  ratio")
    for mine, other in PAIRS.items():
        mean = statistics.mean(their[other])
        print(f"{mine:<22} {our[mine]:>10.2f}   {other:<18} {mean:>10.2f}  "
              f"{our[mine] / mean:5.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
