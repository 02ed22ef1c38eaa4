# SPDX-License-Identifier: Apache-2.0
"""Waiting for what has to come, for tests."""
import time


def wait_for(what, condition, seconds=30.0):
    """The condition's first true value, or a failed test that says what was missing."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.03)
