# SPDX-License-Identifier: Apache-2.0
"""What was measured, and which bars it met, as Markdown."""
import os
import statistics

from machine import processor

OURS = "model-server"
LINEAR_RF = ("iris_lr", "iris_svc", "iris_rf")
SHOWN = {"iris_lr": "logistic regression", "iris_svc": "SVM", "iris_rf": "forest of 100 trees",
         "": "fixed bytes"}

# (what is said of it, the other server, its key, how it is compared, sign, bar by model)
BARS = [
    ("CPU per request, limit = 1", "limit", "cpu_us", "of", "<=", (1.2, 1.2, 1.25)),
    ("requests/s, limit = 1", "limit", "rate", "of", ">=", (0.85, 0.85, 0.85)),
    ("requests/s, times Flask + gunicorn's", "flask+gunicorn", "rate", "of", ">=",
     (18, 18, 150)),
    ("requests/s, times FastAPI + uvicorn's (2 workers)", "fastapi+uvicorn", "rate", "of",
     ">=", (9, 9, 110)),
    ("requests/s, times Node.js's", "node", "rate", "of", ">=", (3, None, 3)),
    ("CPU per request, times less than Flask's", "flask+gunicorn", "cpu_us", "under", ">=",
     (30, 30, 280)),
    ("CPU per request, times less than FastAPI's", "fastapi+uvicorn", "cpu_us", "under", ">=",
     (17, 17, 200)),
    ("p50, times shorter than FastAPI's", "fastapi+uvicorn", "p50_ms", "under", ">=",
     (15, 15, 200)),
]
READY_BAR_MS, RSS_BAR_MIB = 50, 10
QUIET = 0.08  # of both cores that others may take before the reader is told


def median(runs, key):
    return statistics.median(run[key] for run in runs)


def compare(results, other, model, connections, key, how):
    """Ours against theirs: round by round where both were measured in rounds."""
    ours = results[OURS, model, connections]
    theirs = results.get((other, "" if other == "limit" else model, connections))
    if not theirs:
        return None
    if len(theirs) == len(ours):
        ratio = statistics.median(o[key] / t[key] for o, t in zip(ours, theirs))
    else:
        ratio = median(ours, key) / median(theirs, key)
    return ratio if how == "of" else 1 / ratio


def judge(results, about, options):
    """Rows of (what, model, sign, bar, measured values)."""
    for what, other, key, how, sign, bars in BARS:
        for model, bar in zip(LINEAR_RF, bars):
            if bar is None or model not in options.models:
                continue
            values = [compare(results, other, model, c, key, how) for c in options.connections]
            if None not in values:
                yield what, model, sign, bar, values
    for model in options.models:
        rss, ready = about[OURS, model]
        yield "ready after, ms", model, "<=", READY_BAR_MS, [ready]
        yield "resident memory, MiB", model, "<=", RSS_BAR_MIB, [rss]


def is_met(sign, bar, value):
    return value <= bar if sign == "<=" else value >= bar


def bars(rows, options, lines):
    columns = " | ".join(f"{c} connections" for c in options.connections)
    lines += [f"| measure | model | bar | {columns} | |",
              "| --- | --- | ---: |" + " ---: |" * len(options.connections) + " --- |"]
    all_met = True
    for what, model, sign, bar, values in rows:
        met = all(is_met(sign, bar, v) for v in values)
        all_met = all_met and met
        cells = [f"{v:.2f}" if v < 10 else f"{v:.0f}" for v in values]
        cells += [""] * (len(options.connections) - len(cells))
        lines.append(f"| {what} | {SHOWN[model]} | {sign} {bar:g} | {' | '.join(cells)} | "
                     f"{'met' if met else '**missed**'} |")
    return all_met


def figures(results, about, connections, lines):
    lines += ["", f"{connections} keep-alive connections, medians:", "",
              "| server | model | requests/s | CPU us/request | server/wrk | p50 ms | p99 ms "
              "| RSS MiB | ready ms | errors | others |", "| --- | --- |" + " ---: |" * 9]
    for (name, model, c), runs in results.items():
        if c != connections:
            continue
        rss, ready = about[name, model]
        lines.append(
            f"| {name} | {SHOWN[model]} | {median(runs, 'rate'):,.0f} | "
            f"{median(runs, 'cpu_us'):.1f} | {median(runs, 'server/wrk'):.2f} | "
            f"{median(runs, 'p50_ms'):.3f} | {median(runs, 'p99_ms'):.2f} | {rss:.1f} | "
            f"{ready:.0f} | {sum(r['errors'] for r in runs):.0f} | "
            f"{median(runs, 'others'):.0%} |")


def write(results, about, options, seconds):
    """(Markdown, whether every bar is met)"""
    others = statistics.median(r["others"] for runs in results.values() for r in runs)
    care = (": too much for requests/s and latencies to mean anything, and CPU is higher than "
            "it is with warm caches" if others > QUIET else "")
    lines = [f"{os.cpu_count()} cores, {processor()}; while it was measured "
             f"({seconds:.0f} s), other programs had {others:.0%} of the machine{care}.", ""]
    all_met = bars(judge(results, about, options), options, lines)
    for connections in options.connections:
        figures(results, about, connections, lines)
    return "\n".join(lines) + "\n", all_met
