# SPDX-License-Identifier: Apache-2.0
"""The table of a benchmark, as Markdown: a figure, what it is compared with, its bar, and
whether it was met."""


class Table:
    def __init__(self):
        self.missed, self.lines = [], []

    def say(self, text):
        print(text, flush=True)
        self.lines.append(text)

    def title(self, text):
        self.say(f"\n{text}\n\n| | measured | times ours | server's CPU | bar | |\n"
                 "| --- | ---: | ---: | ---: | ---: | --- |")

    def row(self, name, measured, ratio=None, cpu_ms=None, bar="", met=None):
        verdict = "" if met is None else "met" if met else "**missed**"
        if met is False:
            self.missed.append(name)
        self.say(f"| {name} | {measured} | {'' if ratio is None else f'{ratio:.1f}'} | "
                 f"{'' if cpu_ms is None else f'{cpu_ms:.2f} ms'} | {bar} | {verdict} |")

    def time(self, name, scrapes, ours=None, at_most_ms=None, at_least_times=None):
        """A row of scrapes; ours: those of the exporter that they are compared with."""
        bar, met = "", None
        ratio = scrapes.ms / ours.ms if ours else None
        if at_most_ms:
            bar, met = f"<= {at_most_ms} ms", scrapes.ms <= at_most_ms
        elif at_least_times:
            bar, met = f">= {at_least_times}", ratio >= at_least_times
        self.row(name, f"{scrapes.ms:.2f} ms, {scrapes.size / 1e6:.2f} MB", ratio, scrapes.cpu_ms, bar, met)

    def most(self, name, value, bar, unit=""):
        self.row(name, f"{value:.2f}{unit}", bar=f"<= {bar}{unit}", met=value <= bar)

    def least(self, name, value, bar, unit=""):
        self.row(name, f"{value:.2f}{unit}", bar=f">= {bar}{unit}", met=value >= bar)

    def verdict(self):
        return (f"Missed: {'; '.join(self.missed)}." if self.missed
                else "All bars are met.")

    def text(self, measured_on):
        """All of it as Markdown, below a sentence on the machine."""
        return f"{measured_on} {self.verdict()}\n" + "\n".join(self.lines) + "\n"
