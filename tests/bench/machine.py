# SPDX-License-Identifier: Apache-2.0
"""What a benchmark says of the machine that it ran on."""
import os
import platform
import time

TICKS = os.sysconf("SC_CLK_TCK")


def processor():
    with open("/proc/cpuinfo", encoding="ascii") as f:
        names = [line.partition(":")[2].strip() for line in f if line.startswith("model name")]
    return names[0] if names else platform.machine()


def busy_s():
    """What all processes, and the host's other guests, have had of the cores."""
    with open("/proc/stat", encoding="ascii") as f:
        user, nice, system, _, _, irq, softirq, steal = map(int, f.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / TICKS


def process_cpu_s(pid):
    """User and system time, of ended threads, too: clock_getcpuclockid(3), which Python
    does not have, as Linux lays its result out."""
    return time.clock_gettime(~pid << 3 | 2)
