# SPDX-License-Identifier: Apache-2.0
"""What is promised of operators on a cluster, played in a GatewayWorld: a test plays it in small, a benchmark in the
numbers that were promised."""
import time

from wait import wait_for


def leads(program):
    return program.process.poll() is None and program.metric("leader_election_master_status") == 1


def election(lease_s, deadline_s, retry):
    return ["--leader-elect", "--leader-elect.lease-duration", f"{lease_s}s", "--leader-elect.renew-deadline",
            f"{deadline_s}s", "--leader-elect.retry-period", retry]


def decide_a_fleet(world, seconds):
    """How long after the operator's start every route was decided, and all of it was right; with the operator."""
    since = time.time()
    program = world.start()
    decided = world.decided(since, seconds)[1]
    return decided, world.right(since, seconds), program


def kill_leaders(world, kills, every_s, seconds):
    """Kill the leader of two operators again and again, while rewards change; each time, how long after the kill the
    next one wrote a status, had written all of them, and all was right."""
    alive = [world.start(), world.start()]
    world.right(time.time(), seconds)
    begun = time.monotonic()
    for turn in range(1, kills + 1):
        leader = wait_for("a leader", lambda: [p for p in alive if leads(p)])[0]
        alive.remove(leader)
        world.reward(turn)
        killed = time.time()
        leader.kill()
        alive.append(world.start())
        first, decided = world.decided(killed, seconds, but_not_by=leader.user)
        yield first, decided, world.right(killed, seconds)
        time.sleep(max(0.0, begun + turn * every_s - time.monotonic()))
