#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Operators on a real API server, in the numbers that were promised: BanditRoutes and HTTPRoutes decided within an
interval and nobody's other fields touched; leaders killed one after the other, never two writers, never a wrong sum.

Usage: cluster.py PATH-OF-bandit-operator [--routes 1000] [--kills 20] [--write PAGE]

Prints tables, and exits with 1 when a bar is missed.
"""
import argparse
import os
import statistics
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import document  # noqa: E402
from bars import Table, Watch, page  # noqa: E402
from gateway_story import decide_a_fleet, election, kill_leaders  # noqa: E402
from gateway_world import GatewayWorld  # noqa: E402

INTERVAL_S, PATIENCE_S = 30, 240  # so long it is waited for what comes too late, to say how late
# Weights that move with every decision: three writes of 5 to 10 ms, and as many routes as leave the server, which shares
# two cores with all others, one of them.
KILLED_ROUTES, KILLED_INTERVAL_S, LEASE_S, KILL_EVERY_S = 100, 5, 6, 15
WORKERS = ["--workers", "4"]


def no_harm(table, world):
    table.row("versions of HTTPRoutes with a wrong sum, or with more changed than weights", len(world.gateway.wrong),
              f"{len(world.gateway.wrong)} of {world.gateway.versions}", 0)
    for fault in world.gateway.wrong[:3]:
        print(fault, file=sys.stderr)


def fleet(operator, routes):
    table = Table(f"{routes} BanditRoutes and HTTPRoutes, interval {INTERVAL_S} s")
    with GatewayWorld(operator, routes, INTERVAL_S, WORKERS) as world:
        decided, right, program = decide_a_fleet(world, PATIENCE_S)
        table.row("every route decided, status written, s", decided, bar=INTERVAL_S)
        table.row("weights, statuses and conditions of all right, s", right, bar=2 * INTERVAL_S)
        for what, name, labels in (("decisions held", "decisions", {"verdict": "Held"}),
                                   ("weights found changed by others", "drift_repairs", {}),
                                   ("statuses refused", "status_write_errors", {})):
            count = program.metric(f"bandit_operator_{name}_total", **labels)
            table.row(what, count, f"{count:.0f}", 0)
        no_harm(table, world)
    return table


def killed(operator, kills):
    flags = [*WORKERS, *election(LEASE_S, 4, "800ms")]
    turns = []
    with GatewayWorld(operator, KILLED_ROUTES, KILLED_INTERVAL_S, flags) as world:
        for first, decided, right in kill_leaders(world, kills, KILL_EVERY_S, PATIENCE_S):
            turns.append((first, decided, right))
            print(f"kill {len(turns)} of {kills}: the next one writes after {first:.1f} s, has decided on all after "
                  f"{decided:.1f} s, all is right after {right:.1f} s", file=sys.stderr, flush=True)
        table = Table(f"leader killed {kills} times, {KILLED_ROUTES} routes, interval {KILLED_INTERVAL_S} s, "
                      f"lease {LEASE_S} s")
        for what, times, bar in zip(("the next one writes, s", "every route decided on by the next, s",
                                     "weights, statuses and conditions of all right, s"), zip(*turns),
                                    (None, LEASE_S + KILLED_INTERVAL_S, LEASE_S + KILLED_INTERVAL_S)):
            table.row(what, max(times), f"{statistics.median(times):.1f}, at most {max(times):.1f}", bar)
        writes, wrong, writers = world.writers()
        table.row("writes by another than the holder of the lease", len(wrong), f"{len(wrong)} of {writes}", 0)
        table.row("operators that wrote, one after the other", len(writers), f"{len(writers)}", kills + 1,
                  at_most=False)
        for fault in wrong[:3]:
            print(fault, file=sys.stderr)
        no_harm(table, world)
    return table


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("operator")
    parser.add_argument("--routes", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--write", metavar="PAGE", help="put the tables into this page of docs, too")
    options = parser.parse_args()
    watch = Watch()
    tables = [fleet(options.operator, options.routes)] if options.routes else []
    print()
    tables += [killed(options.operator, options.kills)] if options.kills else []
    if options.write:
        document.keep(page(watch, tables), options.write, "cluster")
    return 1 if any(t.missed for t in tables) else 0


if __name__ == "__main__":
    sys.exit(main())
