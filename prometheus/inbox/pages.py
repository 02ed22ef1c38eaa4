# SPDX-License-Identifier: Apache-2.0
"""What a person sees in a browser: the notifications, newest first, and the runbooks that
they link to. No page needs anything from the network."""
import html
import pathlib
import re
import urllib.parse

from . import markdown

STYLE = """
:root { color-scheme: light dark; --ink: #1b1b1f; --dim: #5c5f66; --paper: #fff; --line: #d9dbe0; --code: #f3f4f6; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e7ea; --dim: #a0a4ad; --paper: #17181c; --line: #34363d; --code: #22242a; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 56rem; margin: 2rem auto; padding: 0 1rem; }
nav, .when, .object { color: var(--dim); } a { color: #0072b2; } @media (prefers-color-scheme: dark) { a { color: #56b4e9; } }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 1.6rem; }
code, pre { font: 0.92em/1.45 ui-monospace, monospace; background: var(--code); } pre { padding: 0.7rem; overflow-x: auto; }
blockquote { margin: 0; color: var(--dim); font-size: 1.1rem; }
article { border-top: 1px solid var(--line); padding: 0.7rem 0; } article p { margin: 0.2rem 0; }
.state { display: inline-block; min-width: 5.5rem; font-weight: 600; } .critical { color: #d55e00; } .warning { color: #b27300; } .resolved { color: #0072b2; }
"""
NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,99}\Z")


def page(title, body):
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body>{body}</body></html>\n'
    )


def web_link(address, text):
    """A link, where the address is one of the web; alerts are not ours to trust."""
    if not re.match(r"https?://", address or ""):
        return ""
    return f'<a href="{html.escape(address)}">{text}</a>'


def notification(when, state, severity, name, subject, notes, source):
    links = " · ".join(filter(None, (
        web_link(notes.get("runbook_url"), "what to do"),
        web_link(notes.get("dashboard_url"), "look at it in Grafana"),
        web_link(source, "ask Prometheus"),
    )))  # fmt: skip
    shade = "resolved" if state == "RESOLVED" else severity if severity in ("critical", "warning") else ""
    return (
        f'<article><p><span class="state {shade}">{html.escape(state)}</span> <strong>{html.escape(name)}</strong> '
        f'<span class="object">{html.escape(subject)} · {html.escape(severity)}</span> <span class="when">{html.escape(when)}</span></p>'
        f'<p>{html.escape(str(notes.get("summary", "")))}</p><p>{html.escape(str(notes.get("description", "")))}</p><p>{links}</p></article>'
    )


def front(articles):
    body = "<h1>Notifications</h1><nav>Alertmanager posts here · <a href=\"/runbooks/\">runbooks</a></nav>"
    return page("Notifications", body + ("".join(articles) or "<p>None yet.</p>"))


class Runbooks:
    """The folder of runbooks, read anew for each page so that an edit shows at once."""

    def __init__(self, folder, prometheus):
        self.folder, self.prometheus = pathlib.Path(folder), prometheus

    def index(self):
        pages = sorted(p.stem for p in self.folder.glob("*.md"))
        rows = "".join(f'<li><a href="/runbooks/{name}">{name}</a></li>' for name in pages if NAME.match(name))
        return page("Runbooks", f'<nav><a href="/">notifications</a></nav><h1>Runbooks</h1><ul>{rows}</ul>')

    def query(self, language, code):
        """A query is shown with a way to ask it."""
        if language != "promql" or not self.prometheus:
            return None
        address = f"{self.prometheus}/graph?" + urllib.parse.urlencode({"g0.expr": code, "g0.tab": "1"})
        return f'<pre><code>{html.escape(code)}</code></pre><p><a href="{html.escape(address)}">ask Prometheus</a></p>'

    def page(self, name):
        """The page of one alert, or None."""
        path = self.folder / f"{name}.md"
        if not NAME.match(name) or not path.is_file():
            return None
        body = markdown.render(path.read_text(encoding="utf-8"), lambda target: target.removesuffix(".md"), self.query)
        return page(name, f'<nav><a href="/">notifications</a> · <a href="/runbooks/">runbooks</a></nav>{body}')
