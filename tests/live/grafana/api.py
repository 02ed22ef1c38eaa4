# SPDX-License-Identifier: Apache-2.0
"""The HTTP API of one Grafana, and the count of what is wrong with it."""
import base64
import json
import os
import urllib.error
import urllib.request


def credentials():
    """The header that says who asks, from the environment; none for an anonymous visitor."""
    if os.environ.get("GRAFANA_TOKEN"):
        return {"Authorization": "Bearer " + os.environ["GRAFANA_TOKEN"]}
    if os.environ.get("GRAFANA_USER"):
        pair = f"{os.environ['GRAFANA_USER']}:{os.environ.get('GRAFANA_PASSWORD', '')}"
        return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
    return {}


class Grafana:
    def __init__(self, url):
        self.url, self.failures = url.rstrip("/"), 0

    def complain(self, text):
        self.failures += 1
        print(f"FAILED {text}")

    def call(self, path, body=None):
        """(answer, status, error)."""
        request = urllib.request.Request(self.url + path, headers=credentials())
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer), answer.status, ""
        except urllib.error.HTTPError as error:
            return None, error.code, f"{error.code} {error.read(300).decode(errors='replace')}"


def shortened(value):
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def difference(ours, theirs, where=""):
    """Where a Grafana's copy lacks something that the file says, or says otherwise; "" where it
    does not. What Grafana fills in besides is its own to say."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key, value in ours.items():
            if value is None and theirs.get(key) is None:
                continue
            if key not in theirs:
                return f"{where}.{key} is gone"
            found = difference(value, theirs[key], f"{where}.{key}")
            if found:
                return found
        return ""
    if isinstance(ours, list) and isinstance(theirs, list):
        if len(ours) != len(theirs):
            return f"{where} has {len(theirs)} items, not {len(ours)}"
        found = (difference(one, other, f"{where}[{i}]") for i, (one, other) in enumerate(zip(ours, theirs)))
        return next(filter(None, found), "")
    return "" if ours == theirs else f"{where} is {shortened(theirs)}, not {shortened(ours)}"
