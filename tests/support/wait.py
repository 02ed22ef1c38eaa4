# SPDX-License-Identifier: Apache-2.0
"""Waiting for what has to come, for tests.

The limit is no measure of how long something takes, only of when a test gives up: it is far
beyond what a slow and busy machine needs. What is asserted after a wait must not come later
than what was waited for; if it comes from another thread, process or file, wait for it, too.
"""
import http.client
import time

LIMIT_S = 90.0
# What a question meets whose answer is not there yet, or only in part.
NOT_YET = (OSError, http.client.HTTPException, LookupError, TypeError, ValueError)


def wait_for(what, condition, seconds=LIMIT_S, seen=None):
    """The condition's first true value; or a failed test that says what was missing, and
    what was seen last: what seen() gives, or the condition itself, or what it raised."""
    end = time.monotonic() + seconds
    while True:
        try:
            last = condition()
            if last:
                return last
        except NOT_YET as error:
            last = error
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {seconds:g} s; seen last: {last_word(last, seen)}")
        time.sleep(0.03)


def wait_until_true(what, condition, seconds=LIMIT_S):
    """For conditions that are True or give what they see instead; returns how long it took."""
    began, last = time.monotonic(), None

    def is_true():
        nonlocal last
        try:
            last = condition()
        except NOT_YET as error:
            last = error
        return last is True
    wait_for(what, is_true, seconds, seen=lambda: last)
    return time.monotonic() - began


def last_word(last, seen):
    try:
        return repr(seen() if seen else last)
    except NOT_YET as error:
        return repr(error)
