# SPDX-License-Identifier: Apache-2.0
"""Ports for servers that cannot choose one, or that come back to theirs.

A port that was found by binding to it and letting go may be taken before it is used: the
kernel gives it to the next connection or server that asks for any. So these are from below
the kernel's range, and each is locked as long as this process lives, so that no two tests
have the same.
"""
import fcntl
import os
import random
import socket
import tempfile

FOLDER = os.path.join(tempfile.gettempdir(), f"bandit-test-ports-{os.getuid()}")
LOWEST = 10000  # above those that people know
held = []       # descriptors of locks; they are let go when the process ends


def end_of_range():
    try:
        with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as f:
            return max(LOWEST + 1000, min(int(f.read().split()[0]), 32768))
    except OSError:
        return 32768


def lock(port):
    fd = os.open(os.path.join(FOLDER, str(port)), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(fd)
        return False
    held.append(fd)
    return True


def is_free(port):
    try:
        with socket.socket() as s:
            s.bind(("", port))
        return True
    except OSError:
        return False


def free_port():
    os.makedirs(FOLDER, mode=0o700, exist_ok=True)
    for port in random.SystemRandom().sample(range(LOWEST, end_of_range()), 500):
        if lock(port) and is_free(port):
            return port
    raise AssertionError(f"no port is free from {LOWEST} to {end_of_range()}")


def free_ports(count):
    return [free_port() for _ in range(count)]
