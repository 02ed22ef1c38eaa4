# SPDX-License-Identifier: Apache-2.0
"""That every rule of inhibition is alive: it has an alert that silences and another that it
silences, with labels that can be equal. Which labels an alert has is known from the tests in
which it fires."""
import re

import sources

CONFIG = "prometheus/alertmanager.yml"
MATCHER = re.compile(r'(\w+)(=~|!~|!=|=)"(.*)"\Z')
# Labels that Prometheus adds to all of its alerts, so that no rule's test shows them.
EXTERNAL = {"cluster"}


def matches(labels, matchers):
    for matcher in matchers:
        name, operator, value = MATCHER.match(matcher).groups()
        found = re.fullmatch(value, labels.get(name, "")) if "~" in operator else labels.get(name, "") == value
        if bool(found) == operator.startswith("!"):
            return False
    return True


def alternatives(matchers):
    """The names of a regular expression over alertname, each by itself."""
    for matcher in matchers:
        name, operator, value = MATCHER.match(matcher).groups()
        if name == "alertname" and not operator.startswith("!"):
            yield from re.split(r"\|(?![^(]*\))", value)


def pairs(rule, fired):
    """What silences what, where the labels that must be equal are on both or on neither."""
    for source in (f for f in fired if matches(f, rule["source_matchers"])):
        for target in (f for f in fired if matches(f, rule["target_matchers"])):
            other = source["alertname"] != target["alertname"]
            if other and all((name in source) == (name in target) for name in set(rule["equal"]) - EXTERNAL):
                yield source["alertname"], target["alertname"]


def findings(root, fired):
    path, at, out = root / CONFIG, 0, []
    if not path.exists():
        return out
    names = {labels["alertname"] for labels in fired}
    for rule in sources.load_yaml(path).get("inhibit_rules", []):
        at = sources.line_of(path, rule["source_matchers"][0], at + 1)
        for side in ("source_matchers", "target_matchers"):
            for name in alternatives(rule[side]):
                if not any(re.fullmatch(name, n) for n in names):
                    out.append(f"{CONFIG}:{at}: {side} name {name}, and no alert is called so")
        if not any(pairs(rule, fired)):
            out.append(f"{CONFIG}:{at}: no alert that there is silences another by this rule")
    return out
