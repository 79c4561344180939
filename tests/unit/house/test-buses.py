#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fails on a test whose bus starts the machine's services: what is installed there would decide what is tested.

usage: test-buses.py SOURCE-ROOT"""

import pathlib
import re
import shutil
import subprocess
import sys

# As it is written in a list of words, and in a shell.
STANDARD = re.compile(r"""dbus-run-session["',\s]+--["'\s]|dbus-daemon["',\s]+--session\b""")
DELIBERATE = {"tests/fakes/screen.py": 1, "tests/unit/house/test-buses.py": 9}
MADE_UP = ['["dbus-run-session", "--", "x"]', "timeout 60 dbus-run-session -- x", "['dbus-daemon', '--session', '--nofork']",
           "dbus-daemon --session --address=x &"]
GOOD = ["dbus-run-session --config-file=x -- y", "*ownbus.SESSION", "dbus-daemon --config-file=bus.conf --nofork"]


def check_self():
    return [text for text in MADE_UP if not STANDARD.search(text)] + [text for text in GOOD if STANDARD.search(text)]


def check_text(root):
    for path in sorted([*root.glob("tests/**/*"), *root.glob("script/*")]):
        if path.is_file() and path.suffix != ".pyc":
            name, found = str(path.relative_to(root)), STANDARD.findall(path.read_text(errors="replace"))
            if len(found) > DELIBERATE.get(name, 0):
                yield f"{name}: {found[0]}: tests/fakes/ownbus.py has a bus without the machine's services"


def check_bus(root):
    names = subprocess.run(
        ["dbus-run-session", f"--config-file={root}/tests/fakes/bus.conf", "--", "gdbus", "call", "--session", "-d",
         "org.freedesktop.DBus", "-o", "/org/freedesktop/DBus", "-m", "org.freedesktop.DBus.ListActivatableNames"],
        capture_output=True, text=True)
    if names.stdout != "(['org.freedesktop.DBus'],)\n":
        yield f"it starts {names.stdout} {names.stderr}"


def report(number, what, complaints):
    print(f"{'not ok' if complaints else 'ok'} {number} {what}")
    for complaint in complaints:
        print(f"# {complaint}")
    return bool(complaints)


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    print("1..3")
    failed = report(1, "what is made up is seen", check_self())
    failed = report(2, "no bus is as the machine has it", list(check_text(root))) or failed
    if not shutil.which("dbus-run-session") or not shutil.which("gdbus"):
        print("ok 3 tests/fakes/bus.conf # SKIP dbus-run-session or gdbus is not installed")
        return failed
    return report(3, "a bus by tests/fakes/bus.conf starts nobody", list(check_bus(root))) or failed


sys.exit(main())
