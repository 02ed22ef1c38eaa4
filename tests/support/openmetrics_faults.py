#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whether openmetrics.py finds the faults it is there to find: a page that it has to take,
and one small change of it after the other that it has to refuse, for the reason given."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import openmetrics  # noqa: E402

GOOD = r"""# TYPE demo_requests counter
# HELP demo_requests Requests.
demo_requests_total{code="200"} 17 # {trace_id="4bf92f35"} 1 1790000000.25
demo_requests_total{code="5\"\\\n"} 0
# TYPE demo_size_bytes gauge
# UNIT demo_size_bytes bytes
# HELP demo_size_bytes Size.
demo_size_bytes NaN
# TYPE demo_duration_seconds histogram
# UNIT demo_duration_seconds seconds
# HELP demo_duration_seconds Duration.
demo_duration_seconds_bucket{le="0.1"} 1 # {} 0.05
demo_duration_seconds_bucket{le="1.0"} 2 # {trace_id="a",span_id="b"} 0.5
demo_duration_seconds_bucket{le="+Inf"} 2
demo_duration_seconds_sum 0.55
demo_duration_seconds_count 2
# TYPE demo_model info
# HELP demo_model Model.
demo_model_info{kind="svm"} 1
# TYPE demo_mode stateset
# HELP demo_mode Mode.
demo_mode{demo_mode="On"} 1
demo_mode{demo_mode="Off"} 0
# EOF
"""

FAULTS = [  # what is changed, into what, and a part of the complaint
    ("# EOF\n", "", "the last line is not # EOF"),
    ("# EOF\n", "# EOF\n\n", "the last line is not # EOF"),
    ("Size.\n", "Size.\r\n", "carriage return"),
    ("# TYPE demo_size_bytes gauge\n", "# a comment\n# TYPE demo_size_bytes gauge\n", "not in the grammar"),
    ("demo_size_bytes NaN", "demo_size_bytes  NaN", "not in the grammar"),
    ("demo_size_bytes NaN", "demo_size_bytes 0x10", "not in the grammar"),
    ("demo_size_bytes NaN", "demo_size_bytes 1,5", "not in the grammar"),
    ("demo_size_bytes NaN", 'demo_size_bytes{a="b",} 1', "not in the grammar"),
    ("demo_size_bytes NaN", 'demo_size_bytes{a="b",a="b"} 1', "a label twice"),
    ("demo_size_bytes NaN", "demo_size_bytes 1\ndemo_size_bytes 1", "the same series twice"),
    ("demo_size_bytes NaN", "demo_size_bytes 1 # {} 1", "an exemplar here"),
    ('kind="svm"} 1', 'kind="s\\vm"} 1', "not in the grammar"),
    ('kind="svm"} 1', 'kind="svm"} 2', "an info is 1"),
    ("# HELP demo_size_bytes Size.", '# HELP demo_size_bytes Si"ze.', "not in the grammar"),
    ("# HELP demo_size_bytes Size.\n", "", "no HELP"),
    ("# TYPE demo_requests counter", "# TYPE demo_requests_total counter", "metadata of demo_requests apart|no TYPE"),
    ("bytes bytes\n# HELP demo_size_bytes Size.\n", "bytes bytes\n# HELP demo_size_bytes Size.\n# UNIT demo_size_bytes bytes\n", "twice"),
    ("# TYPE demo_model info\n# HELP demo_model Model.\n", "# HELP demo_model Model.\n# TYPE demo_model info\n", "is the order"),
    ("# UNIT demo_size_bytes bytes", "# UNIT demo_size_bytes seconds", "the unit seconds is not in the name"),
    ('demo_requests_total{code="200"} 17', 'demo_requests_total{code="200"} -1', "a counter's value"),
    ('demo_requests_total{code="200"} 17', 'demo_requests_total{code="200"} NaN', "a counter's value"),
    ("# TYPE demo_model info", 'demo_requests_total{code="3"} 1\n# TYPE demo_model info', "are interleaved"),
    ("# TYPE demo_mode stateset", "# TYPE demo_size_bytes gauge\n# TYPE demo_mode stateset", "apart from the rest"),
    ('le="1.0"', 'le="1"', "le is not canonical"),
    ('le="1.0"} 2', 'le="1.0"} 0', "buckets do not rise"),
    ("seconds_count 2", "seconds_count 3", "+Inf bucket and count differ"),
    ("demo_duration_seconds_sum 0.55\n", "", "a sum goes with"),
    ('demo_mode="On"} 1', 'demo_mode="On"} 0.5', "a state is 0 or 1"),
    ('{demo_mode="On"}', '{state="On"}', "a state is 0 or 1"),
    ('"4bf92f35"', '"' + "x" * 121 + '"', "more than 128 characters"),
    ("} 1 1790000000.25", "}", "not in the grammar"),
    ("1790000000.25", "1790000000.25 1", "not in the grammar"),
    ("1790000000.25", "NaN", "not in the grammar"),
    ("# {} 0.05", "# 0.05", "not in the grammar"),
    ("# {} 0.05", "# {} 0.5", "an exemplar of another bucket"),
    ('span_id="b"} 0.5', 'span_id="b"} 0.1', "an exemplar of another bucket"),
]


def main():
    families = openmetrics.check(GOOD.encode())
    assert len(families) == 5 and len(families["demo_duration_seconds"].exemplars) == 2
    openmetrics.check(GOOD.replace("4bf92f35", "\u00e4" * 120).encode())  # characters, not bytes
    for old, new, complaint in FAULTS:
        assert GOOD.count(old) == 1, f"{old!r} is not in the page once"
        try:
            openmetrics.check(GOOD.replace(old, new).encode())
        except openmetrics.Fault as fault:
            assert any(c in str(fault) for c in complaint.split("|")), f"{new!r}: {fault}, not: {complaint}"
        else:
            sys.exit(f"taken: {old!r} as {new!r}")
    print(f"{len(FAULTS)} faults found")


if __name__ == "__main__":
    main()
