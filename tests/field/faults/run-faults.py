#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of disk, time, peers and neighbours, on the real programs.

A case is a file NAME.case: a bash script whose first line is "# source: ". It runs in an empty folder
that is its home, with a session bus of its own, after prelude.sh (which says what there is to call);
it is right when its exit status is 0, and skipped with 77. What it prints is shown where it is not.

usage: run-faults.py ROAMPOSTD ROAMPOST ROAMPOST-SENDMAIL [CASE...]"""

import glob
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "../../fakes")]
import beside  # noqa: E402
import ownbus  # noqa: E402
import throwaway  # noqa: E402

PROGRAMS = [os.path.abspath(path) for path in sys.argv[1:4]]
CASES = sys.argv[4:] or sorted(glob.glob(os.path.join(HERE, "*.case")))


def run(path):
    """(exit status, output)"""
    with throwaway.folder("rp-faults-") as home:
        environment = {name: value for name, value in os.environ.items()
                       if name in ("PATH", "LD_LIBRARY_PATH", "ROAMPOST_TEST_SLOW") or name.endswith("SAN_OPTIONS")}
        environment.update(HOME=home, ROAMPOST_STATE=home + "/state", ROAMPOST_CONFIG=home + "/roampost.conf",
                           LC_ALL="C.UTF-8", DBUS_SYSTEM_BUS_ADDRESS="unix:path=/nonexistent",
                           ROAMPOSTD=PROGRAMS[0], ROAMPOST=PROGRAMS[1], SENDMAIL=PROGRAMS[2], CASES=HERE)
        script = '. "$CASES/prelude.sh"; . "$1"'
        # A file: what a case starts may outlive it, and would hold a pipe open.
        with open(home + "/output", "w+b") as said:
            done = subprocess.run(["timeout", "-k", "5", "600", *ownbus.SESSION, "bash", "-c", script,
                                   "case", os.path.abspath(path)],
                                  cwd=home, env=environment, stdout=said, stderr=subprocess.STDOUT)
            said.seek(0)
            output = said.read().decode(errors="replace")
        if done.returncode not in (0, 77) and os.path.exists(home + "/agent.log"):
            with open(home + "/agent.log", errors="replace") as log:
                output += "--- the agent:\n" + log.read()[-12000:]
    return done.returncode, output


def main():
    if not shutil.which("dbus-run-session"):
        print("1..0 # SKIP dbus-run-session is not installed")
        return 0
    return beside.run_all(run, CASES)


sys.exit(main())
