# SPDX-License-Identifier: Apache-2.0
"""What a query for people would never show. `A or B` drops each series of B whose labels are
those of one of A, whatever the metrics are called: of two metrics of one object, the second
is never seen. In rules and alerts `or` may mean just that (a value, or else another one)."""
import promql

FOR_PEOPLE = ("query", "panel")


def split(expr):
    """The operands of `or` at the top of an expression, as text."""
    parts, depth, out = [], 0, []
    for kind, word in promql.tokens(promql.substitute(expr)):
        depth += word in "([{" if kind == "op" else 0
        depth -= word in ")]}" if kind == "op" else 0
        if depth == 0 and kind == "word" and word.lower() == "or":
            out.append(" ".join(parts))
            parts = []
        elif kind != "end":
            parts.append(word)
    return [*out, " ".join(parts)]


def labels(operand, known):
    """The labels of what an operand comes to, or None where they are not known."""
    read = promql.parse(operand)
    metrics = [known.find(use.metric) for use in read.uses]
    if any(m is None for m in metrics) or "label_replace" in operand or "label_join" in operand:
        return None
    if read.grouped_by:
        return frozenset(read.grouped_by)
    return frozenset().union(*(m.labels for m in metrics))


def exact(operand):
    return {(label, value) for use in promql.parse(operand).uses for label, operator, value in use.matchers if operator == "="}


def apart(one, other):
    """Whether matchers keep the two from having a series in common."""
    left, right = dict(exact(one)), dict(exact(other))
    return any(label in right and right[label] != value for label, value in left.items())


def operands(query, known):
    if not query.what.startswith(FOR_PEOPLE):
        return
    parts = split(query.expr)
    for i, later in enumerate(parts[1:], 1):
        if later.startswith("0 *"):
            continue  # nothing counts as none: of the right labels on purpose
        for before in parts[:i]:
            if promql.metrics(before) != promql.metrics(later) and labels(before, known) == labels(later, known) is not None and not apart(before, later):
                yield f"`{later}` has the labels of what is left of `or`, so it is never shown; ask for it by itself"
                break
