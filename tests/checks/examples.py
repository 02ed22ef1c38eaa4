#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the manual tells people to type or to write down is right: the code in README.md,
docs/ and tests/bench is read by the programs it is for.

    examples.py --bin build/release/bin

Commands of our programs: each flag is one that the program has. manage.sh: there is such a
verb. BanditRoutes: `bandit-operator validate`. Configuration of HAProxy: `haproxy -c`, behind
the file of the demonstration. Rules and their tests: promtool.
"""
import argparse
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

import flags
import links

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), ROOT / "tests" / "bench" / "README.md"]
HAPROXY = shutil.which("haproxy") or "/usr/sbin/haproxy"


def blocks(page):
    """(line, language, text) of each fenced block."""
    fence, start, language, lines = None, 0, "", []
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        match = re.match(r"\s*(`{3,})(\w*)", line)
        if fence is None and match:
            fence, start, language, lines = match[1], number, match[2], []
        elif fence is not None and line.strip() == fence:
            yield start, language, "\n".join(lines) + "\n"
            fence = None
        elif fence is not None:
            lines.append(line)


def asides(page):
    """(line, "", text) of each command that stands within a sentence."""
    for number, line in links.prose(page):
        for text in re.findall(r"`((?:\./manage\.sh|bandit-|model-|traffic-)[^`]* [^`]*)`", line):
            yield number, "", text.replace("\\|", ";") + "\n"


def run(*command, folder=None):
    done = subprocess.run([str(word) for word in command], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode == 0:
        return None
    told = done.stdout.strip().splitlines() or [f"exit {done.returncode}"]
    return next((line for line in told if "[ALERT]" in line), told[-1])


def commands(text):
    """Command lines, those that go on over several lines as one, split at what joins them."""
    for line in text.replace("\\\n", " ").splitlines():
        try:
            words = shlex.split(line, comments=True)
        except ValueError:  # a word in quotes that goes on
            continue
        command = []
        for word in [*words, ";"]:
            if word in (";", "&&", "||", "|", "&"):
                yield command
                command = []
            else:
                command.append(word)


class Judge:
    def __init__(self, bin_folder, folder):
        self.bin, self.folder = bin_folder, folder
        self.known = {p.name: {f.name for f in p.flags} | {"help", "version"} for p in (flags.describe(bin_folder, words) for words in flags.PROGRAMS)}
        self.verbs, self.counts = {}, {}
        for example in (ROOT / "prometheus" / "examples").glob("*.yml"):
            shutil.copy(example, folder)
        self.haproxy_base()

    def haproxy_base(self):
        text = (ROOT / "services" / "local" / "haproxy.cfg").read_text(encoding="utf-8")
        ports = iter(range(20001, 20100))
        text = re.sub(r"@PORT_[A-Z_]+@", lambda _: str(next(ports)), text).replace("@RUN@", str(self.folder))
        (self.folder / "base.cfg").write_text(text, encoding="utf-8")
        fault = run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-keyout", "key.pem", "-out", "cert.pem", folder=self.folder)
        if fault:
            raise SystemExit(f"openssl: {fault}")
        (self.folder / "gateway.pem").write_text((self.folder / "cert.pem").read_text() + (self.folder / "key.pem").read_text())

    def count(self, what):
        self.counts[what] = self.counts.get(what, 0) + 1

    def file(self, name, text):
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def command(self, words):
        program = pathlib.PurePath(words[0]).name
        if program == "manage.sh" and len(words) > 1 and re.fullmatch(r"[a-z-]+", words[1]):
            self.count("verbs of manage.sh")
            if words[1] not in self.verbs:
                self.verbs[words[1]] = run(ROOT / "manage.sh", words[1], "--help")
            if self.verbs[words[1]]:
                yield f"manage.sh has no verb {words[1]}"
        if program == "bandit-operator" and words[1:2] == ["replay"]:
            program = "bandit-operator replay"
        for word in words[1:] if program in self.known else []:
            if word.startswith("--"):
                self.count("flags of commands")
                name = word[2:].split("=")[0]
                if name not in self.known[program] and name.removeprefix("no-") not in self.known[program]:
                    yield f"{program} has no flag --{name}"

    def block(self, language, text):
        if language in ("", "sh", "bash"):
            for words in commands(text):
                if words:
                    yield from self.command(words)
        if re.search(r"^kind: BanditRoute$", text, re.M) and re.search(r"^apiVersion:", text, re.M):
            self.count("BanditRoutes")
            yield run(self.bin / "bandit-operator", "validate", self.file("route.yaml", text))
        if re.search(r"^(frontend|backend) ", text, re.M):
            self.count("configurations of HAProxy")
            self.file("block.cfg", text)
            yield run(HAPROXY, "-c", "-f", "base.cfg", "-f", "block.cfg", folder=self.folder)
        if re.search(r"^groups:$", text, re.M):
            self.count("files of rules")
            yield run("promtool", "check", "rules", "--lint=all", "--lint-fatal", self.file("rules.yml", text))
        if re.search(r"^rule_files:", text, re.M) and re.search(r"^tests:$", text, re.M):
            self.count("tests of rules")
            yield run("promtool", "test", "rules", self.file("block_test.yml", text))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    args = parser.parse_args()
    faults = 0
    with tempfile.TemporaryDirectory() as folder:
        judge = Judge(args.bin.resolve(), pathlib.Path(folder))
        for page in PAGES:
            for line, language, text in [*blocks(page), *asides(page)]:
                for fault in filter(None, judge.block(language, text)):
                    print(f"{page.relative_to(ROOT)}:{line}: {fault}")
                    faults += 1
    print(", ".join(f"{n} {what}" for what, n in sorted(judge.counts.items())))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
