# SPDX-License-Identifier: Apache-2.0
"""The operator's own core, behind tests/support/decide_lines.c."""
import json
import subprocess

import numpy

# MABWiser has none of them.
NO_GUARDRAILS = {"warmup": 0, "minWeight": 0, "maxStepUp": 1, "switchMargin": 0}


def route(arms, policy, guardrails=None, interval="1m", window="1m"):
    """A BanditRoute with one objective; what is not said has the default of the project."""
    return {
        "apiVersion": "bandit-router.dev/v1alpha1",
        "kind": "BanditRoute",
        "metadata": {"name": "peer", "namespace": "default"},
        "spec": {
            "interval": interval,
            "targetRef": {"kind": "HAProxyBackend", "name": "peer"},
            "arms": [{"name": arm, "backend": {"service": arm, "port": 8080}} for arm in arms],
            "reward": {"window": window, "objectives": [{"name": "success"}]},
            "policy": policy,
            "guardrails": guardrails or {},
        },
    }


class Core:
    """Decides about one route after the other."""

    def __init__(self, program):
        # It lives until our end of the pipe closes, which is when we end.
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def write(self, value):
        self.process.stdin.write(json.dumps(value) + "\n")
        self.process.stdin.flush()

    def begin(self, a_route):
        self.write(a_route)

    def decide(self, good, events):
        """Weights, from the good and all events that each arm's window holds."""
        self.write([[float(g), float(e)] for g, e in zip(good, events)])
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError("decide-lines has ended")
        return numpy.array(json.loads(answer))
