#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks an exposition against the OpenMetrics 1.0 grammar and its rules, or reads text
0.0.4, and can prove that both carry the same series.

    openmetrics.py check FILE             complains about the first fault, exit 1
    openmetrics.py same OPENMETRICS TEXT  the same series with the same values

The grammar is the ABNF of the specification turned into one regular expression per line
kind; the rules are those of its prose (order of metadata, suffixes, units, state sets,
histograms, no interleaving, no duplicates).
"""
import math
import re
import sys

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r"[a-zA-Z_][a-zA-Z0-9_]*"
ESCAPED = r'(?:[^"\\\n]|\\["n\\])*'
REAL = r"[+-]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d+)?"
NUMBER = rf"(?:{REAL}|[+-]?[iI][nN][fF](?:[iI][nN][iI][tT][yY])?|[nN][aA][nN])"
LABELS = rf'\{{(?:{LABEL}="{ESCAPED}"(?:,{LABEL}="{ESCAPED}")*)?\}}'
METADATA = re.compile(
    rf"# (?:(TYPE) ({NAME}) (counter|gauge|histogram|gaugehistogram|stateset|info|summary|unknown)"
    rf"|(UNIT) ({NAME}) ([a-zA-Z0-9_:]*)|(HELP) ({NAME}) ({ESCAPED}))\Z"
)
SAMPLE = re.compile(
    rf"({NAME})({LABELS})? ({NUMBER})(?: ({REAL}))?(?: # ({LABELS}) ({NUMBER})(?: ({REAL}))?)?\Z"
)
ONE_LABEL = re.compile(rf'({LABEL})="({ESCAPED})"')
SUFFIXES = {
    "counter": ("_total", "_created"),
    "gauge": ("",),
    "histogram": ("_bucket", "_count", "_sum", "_created"),
    "info": ("_info",),
    "stateset": ("",),
    "unknown": ("",),
}
CANONICAL = re.compile(r"(?:\d+\.\d+|\d(?:\.\d+)?e[+-]\d\d+|\+Inf)\Z")


class Fault(Exception):
    pass


def unescape(text):
    return re.sub(r'\\(.)', lambda m: "\n" if m.group(1) == "n" else m.group(1), text)


def number(text):
    return float(text)


def read_labels(text, where):
    found = ONE_LABEL.findall(text or "")
    labels = {name: unescape(value) for name, value in found}
    if len(labels) != len(found):
        raise Fault(f"{where}: a label twice")
    return labels


class Family:
    def __init__(self, name):
        self.name, self.type, self.unit, self.help = name, "unknown", None, None
        self.samples = []  # (suffix, labels, value, where)
        self.exemplars = []  # (suffix, labels of the sample, labels, value, timestamp or None, where)


def lines_of(data):
    text = data.decode("utf-8")  # ill-formed UTF-8 is a fault of its own
    if "\r" in text or text.startswith("\ufeff"):
        raise Fault("carriage return or byte order mark")
    if not text.endswith("# EOF\n"):
        raise Fault("the last line is not # EOF")
    lines = text[: -len("# EOF\n")].split("\n")
    if lines.pop() != "":
        raise Fault("# EOF is not on a line of its own")
    return lines


def belongs(family, name):
    return any(name == family.name + s for s in SUFFIXES[family.type])


def read_metadata(match, family, families, where):
    kind = match.group(1) or match.group(4) or match.group(7)
    name = match.group(2) or match.group(5) or match.group(8)
    if family is None or family.name != name or family.samples:
        if name in families:
            raise Fault(f"{where}: metadata of {name} apart from the rest, or twice")
        family = families[name] = Family(name)
        family.seen = []
    if kind in family.seen:
        raise Fault(f"{where}: {kind} of {name} twice")
    if family.seen != sorted(family.seen + [kind], key=["TYPE", "UNIT", "HELP"].index)[:-1]:
        raise Fault(f"{where}: TYPE, UNIT, HELP is the order")
    family.seen.append(kind)
    if kind == "TYPE":
        family.type = match.group(3)
    elif kind == "UNIT":
        family.unit = match.group(6)
    else:
        family.help = unescape(match.group(9))
    return family


def check_exemplar(family, suffix, match, where):
    if not match.group(5):
        return
    if (family.type, suffix) not in (("counter", "_total"), ("histogram", "_bucket")):
        raise Fault(f"{where}: an exemplar here")
    labels = read_labels(match.group(5), where)
    if sum(len(k) + len(v) for k, v in labels.items()) > 128:
        raise Fault(f"{where}: exemplar labels of more than 128 characters")
    family.exemplars.append((suffix, read_labels(match.group(2), where), labels, number(match.group(6)),
                             number(match.group(7)) if match.group(7) else None, where))


def read_sample(match, family, families, where):
    name = match.group(1)
    if family is None or not belongs(family, name):
        owner = [f for f in families.values() if belongs(f, name)]
        if owner:
            raise Fault(f"{where}: samples of {owner[0].name} are interleaved")
        raise Fault(f"{where}: {name} has no TYPE")
    labels = read_labels(match.group(2), where)
    suffix = name[len(family.name):]
    check_exemplar(family, suffix, match, where)
    family.samples.append((suffix, labels, number(match.group(3)), where))


def parse(data):
    families, family = {}, None
    for i, line in enumerate(lines_of(data), 1):
        where = f"line {i}: {line[:100]}"
        metadata, sample = METADATA.match(line), SAMPLE.match(line)
        if metadata:
            family = read_metadata(metadata, family, families, where)
        elif sample:
            read_sample(sample, family, families, where)
        else:
            raise Fault(f"{where}: not in the grammar")
    return families


def key(labels):
    return tuple(sorted(labels.items()))


def without(labels, *names):
    return {k: v for k, v in labels.items() if k not in names}


def check_histogram(family):
    metrics, order = {}, []
    for suffix, labels, value, where in family.samples:
        k = key(without(labels, "le"))
        if k not in metrics:
            metrics[k] = {"buckets": [], "where": where}
        elif order[-1] != k:
            raise Fault(f"{where}: a histogram in two parts")
        order.append(k)
        if suffix == "_bucket":
            if not CANONICAL.match(labels.get("le", "")):
                raise Fault(f"{where}: le is not canonical")
            metrics[k]["buckets"].append((float(labels["le"]), value))
        else:
            metrics[k][suffix] = value
    for m in metrics.values():
        bounds = [b for b, _ in m["buckets"]]
        counts = [c for _, c in m["buckets"]]
        if bounds != sorted(set(bounds)) or counts != sorted(counts):
            raise Fault(f"{m['where']}: buckets do not rise")
        if not bounds or bounds[-1] != math.inf or counts[-1] != m.get("_count"):
            raise Fault(f"{m['where']}: +Inf bucket and count differ")
        if ("_sum" in m) != (bounds[0] >= 0):
            raise Fault(f"{m['where']}: a sum goes with bounds that are not negative")


def check_exemplars_lie_in_their_buckets(family):
    """An exemplar's value is one that its bucket counts, and not a smaller one."""
    bounds = sorted({float(labels["le"]) for suffix, labels, _, _ in family.samples if suffix == "_bucket"})
    for _, labels, _, value, _, where in family.exemplars:
        upper = float(labels["le"])
        lower = max((b for b in bounds if b < upper), default=-math.inf)
        if not lower < value <= upper:
            raise Fault(f"{where}: an exemplar of another bucket")


def check_stateset(family):
    for _, labels, value, where in family.samples:
        if family.name not in labels or value not in (0, 1):
            raise Fault(f"{where}: a state is 0 or 1 and has a label {family.name}")


def check_family(family):
    if family.type == "counter" and family.name.endswith("_total"):
        raise Fault(f"{family.name}: a counter's family has no _total")
    if family.unit and not family.name.endswith("_" + family.unit):
        raise Fault(f"{family.name}: the unit {family.unit} is not in the name")
    if family.unit and family.type in ("info", "stateset"):
        raise Fault(f"{family.name}: {family.type} has no unit")
    if not family.help:
        raise Fault(f"{family.name}: no HELP")
    seen = set()
    for suffix, labels, value, where in family.samples:
        if (suffix, key(labels)) in seen:
            raise Fault(f"{where}: the same series twice")
        seen.add((suffix, key(labels)))
        if family.type == "info" and value != 1:
            raise Fault(f"{where}: an info is 1")
        if family.type == "counter" and not value >= 0 or family.type == "counter" and math.isinf(value):
            raise Fault(f"{where}: a counter's value")
    if family.type == "histogram":
        check_histogram(family)
        check_exemplars_lie_in_their_buckets(family)
    elif family.type == "stateset":
        check_stateset(family)


def check(data):
    families = parse(data)
    for family in families.values():
        check_family(family)
    names = {}
    for family in families.values():
        for suffix in SUFFIXES[family.type]:
            other = names.setdefault(family.name + suffix, family.name)
            if other != family.name:
                raise Fault(f"{family.name} and {other} share sample names")
    return families


def series_of_openmetrics(data):
    return {
        (f.name + suffix, key(labels)): value
        for f in check(data).values()
        for suffix, labels, value, _ in f.samples
    }


def series_of_text(data):
    series, typed = {}, set()
    for line in data.decode("utf-8").split("\n"):
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            if kind not in ("counter", "gauge", "histogram", "summary", "untyped"):
                raise Fault(f"{line}: no type of text 0.0.4")
            if name in typed:
                raise Fault(f"{line}: twice")
            typed.add(name)
        elif line and not line.startswith("#"):
            match = SAMPLE.match(line)
            if not match or match.group(5):
                raise Fault(f"{line}: not in the grammar of text 0.0.4")
            name = re.sub(r"_(bucket|sum|count)\Z", "", match.group(1))
            if match.group(1) not in typed and name not in typed:
                raise Fault(f"{line}: no TYPE of that name")
            k = (match.group(1), key(read_labels(match.group(2), line)))
            if k in series:
                raise Fault(f"{line}: twice")
            series[k] = number(match.group(3))
    return series


# What moves from one scrape to the next may differ between the two.
MOVING = re.compile(r"process_|.*_sync_timestamp_seconds|bandit_exporter_(list|watch)_")


def same(openmetrics, text):
    a, b = series_of_openmetrics(openmetrics), series_of_text(text)
    if a.keys() != b.keys():
        raise Fault(f"only in one of them: {sorted(a.keys() ^ b.keys())[:3]}")
    for k in a:
        equal = a[k] == b[k] or (math.isnan(a[k]) and math.isnan(b[k]))
        if not equal and not MOVING.match(k[0]):
            raise Fault(f"{k}: {a[k]} and {b[k]}")
    return len(a)


def read(path):
    if path == "-":
        return sys.stdin.buffer.read()
    with open(path, "rb") as f:
        return f.read()


def main(argv):
    try:
        if argv[1:2] == ["check"] and len(argv) == 3:
            families = check(read(argv[2]))
            print(f"{len(families)} families, {sum(len(f.samples) for f in families.values())} samples")
        elif argv[1:2] == ["same"] and len(argv) == 4:
            print(f"{same(read(argv[2]), read(argv[3]))} series")
        else:
            print(__doc__, file=sys.stderr)
            return 2
    except (Fault, UnicodeDecodeError) as fault:
        print(f"openmetrics: {fault}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
