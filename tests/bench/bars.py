# SPDX-License-Identifier: Apache-2.0
"""A table of what was measured, each row beside its bar: printed as it grows, kept for a page of docs."""
import os
import time

from machine import busy_s, processor


class Table:
    def __init__(self, heading):
        self.missed, self.lines = [], []
        self.say(f"| {heading} | measured | bar | |\n|---|---:|---:|---|")

    def say(self, text):
        print(text, flush=True)
        self.lines.append(text)

    def row(self, what, value, text=None, bar=None, at_most=True):
        """A figure as text, or with a digit; with a bar that it has to keep."""
        verdict, sign = "", "at most" if at_most else "at least"
        if bar is not None:
            met = value <= bar if at_most else value >= bar
            verdict = "met" if met else "**missed**"
            self.missed += [] if met else [what]
        shown = f"{value:.1f}" if text is None else text
        self.say(f"| {what} | {shown} | {'' if bar is None else f'{sign} {bar:.10g}'} | {verdict} |")


class Watch:
    """What the machine was doing meanwhile, as a sentence."""

    def __init__(self):
        self.begun, self.busy = time.monotonic(), busy_s()

    def sentence(self):
        seconds = time.monotonic() - self.begun
        share = (busy_s() - self.busy) / seconds / os.cpu_count()
        return (f"{os.cpu_count()} cores, {processor()}; everything on it, the world that is made up included, took "
                f"{share:.0%} of them in {seconds:.0f} s.")


def page(watch, tables):
    """The section: a sentence and the tables."""
    return f"{watch.sentence()}\n\n" + "\n\n".join("\n".join(t.lines) for t in tables) + "\n"
