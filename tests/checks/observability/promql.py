# SPDX-License-Identifier: Apache-2.0
"""Which metrics and labels a PromQL expression uses: a tokenizer, and a reader that knows
just enough of the grammar. Whether an expression is valid is promtool's to say."""
import dataclasses
import re

TOKEN = re.compile(
    r"""(?P<space>\s+|\#[^\n]*)
      | (?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`)
      | (?P<number>(?:\d+(?:ms|[smhdwy]))+|0x[0-9a-fA-F]+|\d*\.?\d+(?:[eE][+-]?\d+)?)
      | (?P<word>[a-zA-Z_:][a-zA-Z0-9_:]*)
      | (?P<op>=~|!~|!=|==|<=|>=|[-+*/%^<>=(){}\[\],@])""",
    re.X,
)
GROUPINGS = {"by", "without", "on", "ignoring", "group_left", "group_right"}
WORDS = GROUPINGS | {"and", "or", "unless", "bool", "offset", "inf", "nan"}
GRAFANA = {"$__rate_interval": "5m", "$__interval": "1m", "$__range": "1h"}


@dataclasses.dataclass
class Use:
    """One selector: the metric, its matchers, and what is around it."""

    metric: str
    matchers: list  # (label, operator, value)
    ranged: bool
    function: str  # the innermost call, or ""


@dataclasses.dataclass
class Expression:
    uses: list
    grouped_by: list  # labels in by(), on(), ...


def substitute(text):
    """Grafana's own variables by values of the same kind."""
    for name, value in GRAFANA.items():
        text = text.replace(name, value)
    return text


def tokens(text):
    at = 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if not match:
            raise ValueError(f"cannot read {text[at:at + 20]!r}")
        at = match.end()
        if match.lastgroup != "space":
            yield match.lastgroup, match.group()
    yield "end", ""


def parse(text):
    stream = list(tokens(substitute(text)))
    out = Expression([], [])
    calls = []
    i = 0
    while stream[i][0] != "end":
        kind, word = stream[i]
        following = stream[i + 1][1]
        if kind == "word" and word.lower() in GROUPINGS and following == "(":
            i += 2
            while stream[i][1] != ")":
                if stream[i][0] == "word":
                    out.grouped_by.append(stream[i][1])
                i += 1
        elif kind == "word" and following == "(" and word.lower() not in WORDS:
            calls.append(word)
            i += 1
        elif word == "(":
            calls.append("")
        elif word == ")":
            calls.pop()
        elif word == "{" or (kind == "word" and word.lower() not in WORDS and not aggregation(stream, i)):
            name, matchers, i = selector(stream, i)
            ranged = stream[i + 1][1] == "["
            out.uses.append(Use(name, matchers, ranged, calls[-1] if calls else ""))
        i += 1
    return out


def metrics(text):
    return {use.metric for use in parse(text).uses}


def aggregation(stream, i):
    """An operator such as `sum` that is followed by its grouping."""
    return stream[i + 1][1].lower() in ("by", "without") and stream[i + 2][1] == "("


def selector(stream, i):
    """(name, matchers, index of the last token) of the selector that begins at i."""
    name = ""
    if stream[i][0] == "word":
        name = stream[i][1]
        if stream[i + 1][1] != "{":
            return name, [], i
        i += 1
    matchers = []
    i += 1
    while stream[i][1] != "}":
        if stream[i][0] == "word":
            matchers.append((stream[i][1], stream[i + 1][1], stream[i + 2][1][1:-1]))
            i += 2
        i += 1
    return name, matchers, i
