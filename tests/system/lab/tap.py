# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test results in the form that the build's test runner reads (TAP)."""

import sys
import traceback


def skip_all(reason):
    print("1..0 # SKIP %s" % reason)
    sys.exit(0)


class Tap:
    def __init__(self):
        self.number = self.failed = 0

    def note(self, text=""):
        for line in str(text).splitlines() or [""]:
            print("# " + line, flush=True)

    def check(self, right, name, got=None):
        """One result; `got` is shown when it is wrong."""
        self.number += 1
        print("%s %d - %s" % ("ok" if right else "not ok", self.number, name), flush=True)
        if not right:
            self.failed += 1
            if got is not None:
                self.note("got: %s" % (got,))
        return right

    def skip(self, name, why):
        self.number += 1
        print("ok %d - %s # SKIP %s" % (self.number, name, why), flush=True)

    def equal(self, got, want, name):
        return self.check(got == want, name, "%r\nwant: %r" % (got, want))

    def crash(self, what):
        self.check(False, what)
        self.note(traceback.format_exc())

    def done(self):
        print("1..%d" % self.number, flush=True)
        sys.exit(1 if self.failed else 0)


def play(scenarios, *stage, after=None, failed=None):
    """Runs the functions `scenarios` (those that the command line names, or all) with a Tap and the stage, and ends
    the program. `after(test, name)` is called after each, however it went; `failed()` at the end, where anything
    did."""
    test = Tap()
    for scenario in scenarios:
        if len(sys.argv) > 1 and scenario.__name__ not in sys.argv[1:]:
            continue
        try:
            scenario(test, *stage)
        except Exception:
            test.crash(scenario.__name__)
        if after:
            after(test, scenario.__name__)
    if test.failed and failed:
        failed()
    test.done()
