# SPDX-License-Identifier: Apache-2.0
"""That Prometheus keeps what is asked of it: a range that is longer than the retention is
answered from what is left, and nothing says that it is too little."""
import re

import sources

# Wherever this project starts a Prometheus.
STARTED = (
    "services/local/sh/processes.sh",
    "services/compose/compose.yaml",
    "k8s/monitoring/standalone/all/prometheus/statefulset.yaml",
)
DAYS = {"h": 1 / 24, "d": 1, "w": 7, "y": 365}
RANGE = re.compile(r"\[(\d+)([hdwy])[]:]")
FLAG = re.compile(r"--storage\.tsdb\.retention\.time=(\d+)([hdwy])")


def days(match):
    return int(match[1]) * DAYS[match[2]]


def findings(root):
    longest, query = max(((days(m), q) for q in sources.queries(root) for m in RANGE.finditer(q.expr)), key=lambda found: found[0])
    out = []
    for name in STARTED:
        path = root / name
        if not path.exists():
            out.append(f"{name}:1: no Prometheus is started here any more; see {__name__}.py")
            continue
        flag = FLAG.search(path.read_text(encoding="utf-8"))
        if not flag or days(flag) <= longest:
            at = sources.line_of(path, "retention.time")
            out.append(f"{name}:{at}: must keep more than {longest:g} days, which {query.what} looks back ({query.path.relative_to(root)}:{query.line})")
    return out
