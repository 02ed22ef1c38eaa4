#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes docs/flags.md from what the programs say of themselves (--help, which is printed from
the tables that read the flags).

    flags.py --bin build/release/bin [--check]

With --check nothing is written; exit 1 when the page is out of date.
"""
import argparse
import collections
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "flags.md"
PROGRAMS = [["bandit-operator"], ["bandit-operator", "replay"], ["bandit-exporter"], ["model-server"], ["model-trainer"],
            ["traffic-generator"], ["bandit-sim"]]
SERVERS = ["bandit-operator", "bandit-exporter", "model-server", "traffic-generator"]

Flag = collections.namedtuple("Flag", "name argument help default environment")
Program = collections.namedtuple("Program", "name summary usage flags examples")

HEAD = """# Flags

<!-- Made by tests/checks/flags.py from the programs' --help; do not edit. -->

Every flag of every program. `--name value` and `--name=value` are the same; a flag without an argument is a switch, and `--no-name` turns it off. Where an
environment variable is named, it gives the value when the flag is not there: the command line wins. All programs also have `--help` and `--version`.
Durations are written `250ms`, `30s`, `5m`, `1h30m`. The subcommand `bandit-operator validate FILE...` takes no flags.
"""


def read_flag(text):
    """One entry of the help: "--name ARG  What it is. (default x) [$NAME]"."""
    match = re.fullmatch(r"--(\S+)(?: (\S+))?\s{2,}(.+?)(?: \((required|default (.*?))\))?(?: \[\$(\w+)\])?", text)
    if not match:
        raise SystemExit(f"not the help of a flag: {text!r}")
    name, argument, what, given, default, environment = match.groups()
    return Flag(name, argument or "", what, "required" if given == "required" else default or "", environment or "")


def describe(bin_folder, words):
    """What a program says of itself."""
    out = subprocess.run([str(bin_folder / words[0]), *words[1:], "--help"], env={}, check=True, stdout=subprocess.PIPE, text=True).stdout
    head, rest = out.split("\n\nFlags:\n")
    listing, _, examples = rest.partition("\n\nExamples:\n")
    title, usage = head.split("\n\nUsage: ")
    # The help of a flag with a long name stands on a line of its own.
    entries = re.sub(r"\n {20,}", "  ", listing.rstrip("\n")).split("\n")
    flags = [read_flag(entry.strip()) for entry in entries]
    return Program(" ".join(words), title.split(": ", 1)[1], usage, [f for f in flags if f.name not in ("help", "version")], examples.rstrip("\n"))


def code(text):
    return f"`{text}`" if text else ""


def table(flags):
    out = ["| flag | default | environment | meaning |\n|---|---|---|---|\n"]
    for f in flags:
        default = f.default if f.default in ("", "required") else code(f.default)
        what = f.help.replace("|", "\\|").replace("<", "&lt;")
        out.append(f"| {code(('--' + f.name + ' ' + f.argument).strip())} | {default} | {code(f.environment)} | {what} |\n")
    return "".join(out)


def page(programs):
    servers = [p for p in programs if p.name in SERVERS]
    shared = {f.name for f in servers[0].flags}.intersection(*({f.name for f in p.flags} for p in servers[1:]))
    out = [HEAD]
    for p in programs:
        own = [f for f in p.flags if p.name not in SERVERS or f.name not in shared]
        out.append(f"\n## {p.name}\n\n{p.summary}\n\n```\n{p.usage}\n```\n\n{table(own)}")
        if p.name in SERVERS:
            out.append("\nAnd [those that all servers have](#all-servers).\n")
        if p.examples:
            examples = re.sub(r"^  ", "", p.examples, flags=re.M)
            out.append(f"\n```sh\n{examples}\n```\n")
    out.append(f"\n## All servers\n\n`{'`, `'.join(SERVERS)}` have these in common:\n\n")
    rows = []
    for f in servers[0].flags:
        if f.name in shared:
            defaults = {p.name: next(g.default for g in p.flags if g.name == f.name) for p in servers}
            same = len(set(defaults.values())) == 1
            rows.append(f if same else f._replace(default="", help=f.help + " Default: " + ", ".join(f"{v} ({k})" for k, v in defaults.items()) + "."))
    out.append(table(rows))
    return "".join(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    text = page([describe(args.bin, words) for words in PROGRAMS])
    if not args.check:
        PAGE.write_text(text, encoding="utf-8")
    elif PAGE.read_text(encoding="utf-8") != text:
        print(f"docs/flags.md is out of date: tests/checks/flags.py --bin {args.bin}")
        return 1
    print(f"docs/flags.md: {len(PROGRAMS)} commands, {text.count('| `--')} flags")
    return 0


if __name__ == "__main__":
    sys.exit(main())
