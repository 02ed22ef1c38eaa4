#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Relative links in Markdown lead to a file that is there, and to a heading that is in it.

    links.py PAGE...
"""
import functools
import pathlib
import re
import sys

LINK = re.compile(r"\]\(([^)\s]+)\)")
ELSEWHERE = re.compile(r"[a-z]+:|<")


def prose(page):
    """Lines with their numbers, without blocks of code."""
    fenced = False
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced:
            yield number, line


@functools.lru_cache(maxsize=None)
def anchors(page):
    """The names of a page's headings, as GitHub makes them: lower case, without punctuation,
    blanks as hyphens; a heading that comes again is numbered. And what is named on purpose."""
    found = set()
    for _, line in prose(page):
        found.update(re.findall(r'<a id="([^"]+)">', line))
        match = re.match(r"#{1,6} +(.+?)\s*#*$", line)
        if not match:
            continue
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", match[1]).lower()
        name = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
        unique, again = name, 0
        while unique in found:
            again += 1
            unique = f"{name}-{again}"
        found.add(unique)
    return found


def broken(page):
    for number, line in prose(page):
        for link in LINK.findall(re.sub(r"`[^`]*`", "", line)):
            if ELSEWHERE.match(link):
                continue
            path, _, anchor = link.partition("#")
            target = page.parent / path if path else page
            if not target.exists():
                yield f"{page}:{number}: no such file: {link}"
            elif anchor and target.suffix == ".md" and anchor not in anchors(target.resolve()):
                yield f"{page}:{number}: no such heading: {link}"


def main():
    faults = [fault for name in sys.argv[1:] for fault in broken(pathlib.Path(name))]
    print("\n".join(faults), end="\n" if faults else "")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
