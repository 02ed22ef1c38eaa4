# SPDX-License-Identifier: Apache-2.0
"""As much of Markdown as our runbooks use, to HTML: headings, paragraphs, quotes, lists,
fenced code, and in a line code, bold and links. Everything else is text, and is escaped.

Of the standard library alone, because the page also runs in the stock Python image of the
compose file, where nothing can be installed; and because whatever else a page holds, HTML
above all, comes out as text."""
import html
import re

INLINE = re.compile(
    r"`(?P<code>[^`]+)`"
    r"|\*\*(?P<bold>.+?)\*\*"
    r"|\[(?P<text>[^\]]+)\]\((?P<target>[^)\s]+)\)",
    re.S,
)
ITEM = re.compile(r"(?:[-*]|\d+\.) +")
SAFE_TARGET = re.compile(r"(https?://|[A-Za-z0-9_./#-]+\Z)")


def inline(text, link):
    """One run of text. `link` turns the target of a link into an address."""
    out, at = [], 0
    for match in INLINE.finditer(text):
        out.append(html.escape(text[at : match.start()]))
        at = match.end()
        if match["code"]:
            out.append(f"<code>{html.escape(match['code'])}</code>")
        elif match["bold"]:
            out.append(f"<strong>{inline(match['bold'], link)}</strong>")
        elif SAFE_TARGET.match(match["target"]):
            out.append(f'<a href="{html.escape(link(match["target"]))}">{inline(match["text"], link)}</a>')
        else:
            out.append(html.escape(match.group()))
    out.append(html.escape(text[at:]))
    return "".join(out)


def blocks(lines):
    """(kind, lines) of each block; a fence keeps its language as its first line."""
    i = 0
    while i < len(lines):
        line = lines[i]
        start = i
        if line.startswith("```"):
            i += 1
            while i < len(lines) and not lines[i].startswith("```"):
                i += 1
            yield "fence", [line[3:].strip(), *lines[start + 1 : i]]
            i += 1
        elif not line.strip():
            i += 1
        elif line.startswith("#"):
            i += 1
            yield "heading", [line]
        else:
            kind = "quote" if line.startswith(">") else "list" if ITEM.match(line) else "paragraph"
            while i < len(lines) and lines[i].strip() and not lines[i].startswith(("#", "```")):
                if kind != "list" and i > start and ITEM.match(lines[i]):
                    break
                i += 1
            yield kind, lines[start:i]


def items(lines):
    """The texts of a list's items, without their marks."""
    out = []
    for line in lines:
        mark = ITEM.match(line)
        if mark:
            out.append(line[mark.end() :])
        elif out:
            out[-1] += " " + line.strip()
    return out


def render(text, link=lambda target: target, fence=None):
    """HTML of the text. `fence(language, code)` may draw a code block its own way."""
    out = []
    for kind, lines in blocks(text.splitlines()):
        if kind == "fence":
            code = "\n".join(lines[1:])
            own = fence(lines[0], code) if fence else None
            out.append(own or f"<pre><code>{html.escape(code)}</code></pre>")
        elif kind == "heading":
            level = min(len(lines[0]) - len(lines[0].lstrip("#")), 6)
            out.append(f"<h{level}>{inline(lines[0].lstrip('# '), link)}</h{level}>")
        elif kind == "quote":
            out.append("<blockquote>" + inline(" ".join(line.lstrip("> ") for line in lines), link) + "</blockquote>")
        elif kind == "list":
            out.append("<ul>" + "".join(f"<li>{inline(item, link)}</li>" for item in items(lines)) + "</ul>")
        else:
            out.append("<p>" + inline(" ".join(lines), link) + "</p>")
    return "\n".join(out)
