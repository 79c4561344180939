# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests that are functions: marked with @test, run in their order by main(), told in TAP."""

import sys

TESTS = []


class Skip(Exception):
    """This test can't be run here; its text says why."""


def test(function):
    TESTS.append(function)
    return function


def equal(got, want, what=""):
    if got != want:
        raise AssertionError(f"{what}\n got {got!r}\nwant {want!r}")


def main(only=()):
    """Runs all, or those named, and ends the program."""
    failed = False
    chosen = [function for function in TESTS if not only or function.__name__ in only]
    print(f"1..{len(chosen)}", flush=True)
    for number, function in enumerate(chosen, 1):
        try:
            function()
            print(f"ok {number} {function.__name__}", flush=True)
        except Skip as why:
            print(f"ok {number} {function.__name__} # SKIP {why}", flush=True)
        except Exception as error:
            failed = True
            print(f"not ok {number} {function.__name__}", flush=True)
            for line in f"{type(error).__name__}: {error}".splitlines():
                print("# " + line, flush=True)
    sys.exit(failed)
