# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks one after another, told in TAP, for a test that is one long play."""

number = 0


def check(name, got, want):
    global number
    number += 1
    print(f"{'ok' if got == want else 'not ok'} {number} - {name}", flush=True)
    if got != want:
        print("# got  " + repr(got).replace("\\n", "\n#      ") + f"\n# want {want!r}", flush=True)


def done():
    print(f"1..{number}", flush=True)
