#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One drawing of a page that bandit-sim or replay wrote, as a picture that stands alone.

    bandit-sim --seeds 1 --html sim.html operator/sim/scenarios/broken-leader.yaml
    tests/support/picture.py sim.html EpsilonGreedy-min >docs/pictures/broken-leader.svg
"""
import html
import re
import sys

HEAD = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="-46 -44 780 340" font-family="system-ui, sans-serif">
<style>text{{font-size:10px;fill:#5c5f66}}.grid{{stroke:#d9dbe0}}.title{{font-size:10.5px;fill:#1b1b1f}}</style>
<rect x="-46" y="-44" width="780" height="340" fill="#fff"/>
<text class="title" x="0" y="-28">{title}</text>
{legend}
"""


def main():
    page = open(sys.argv[1], encoding="utf-8").read()
    figures = re.findall(r"<p>((?:<span style[^\n]*?)+)</p>|<figure><figcaption><b>([^<]*)</b>([^<]*)</figcaption>\s*<svg[^>]*>(.*?)</svg>", page, re.S)
    arms = []
    for spans, policy, caption, drawing in figures:
        if spans:  # the arms of the scenario that follows
            arms = re.findall(r'color:(#\w+)">&#9632;</span> ([^&<]*?) *&nbsp;', spans)
        elif policy == sys.argv[2]:
            legend = "".join(f'<rect x="{60 * i}" y="-19" width="9" height="9" fill="{color}"/><text x="{60 * i + 13}" y="-11">arm {html.escape(arm)}</text>'
                             for i, (color, arm) in enumerate(arms))
            print(HEAD.format(title=policy + caption.replace("&", "&amp;"), legend=legend) + drawing.strip() + "\n</svg>")
            return 0
    print(f"{sys.argv[1]}: no drawing of {sys.argv[2]}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
