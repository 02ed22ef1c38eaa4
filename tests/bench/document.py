# SPDX-License-Identifier: Apache-2.0
"""Tables of a benchmark in a page of docs, between two marks of its name."""
import sys


def keep(text, path, name):
    begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->\n"
    with open(path, encoding="utf-8") as f:
        head, opened, rest = f.read().partition(begin)
    _, closed, tail = rest.partition(end)
    if not (opened and closed):
        sys.exit(f"{path}: no {begin.strip()} ... {end.strip()}")
    with open(path, "w", encoding="utf-8") as f:
        f.write(head + begin + text + end + tail)
