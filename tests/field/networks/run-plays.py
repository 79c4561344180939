#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays in namespaces, where the kernel, NetworkManager or logind matters.

A play is a file NAME.play: a bash script whose first line is "# source: ". It runs in an empty folder that
is its home, in network, mount and process namespaces of its own, with a session bus, after play.sh (which
says what there is to call); it is right when its exit status is 0, and skipped with 77. What it prints is
shown where it is not; lines that begin with "story: " are shown in any case.

usage: run-plays.py ROAMPOSTD ROAMPOST ROAMPOST-SENDMAIL [PLAY...]"""

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
# Those of pppd want what only user-mode Linux has here.
PLAYS = sys.argv[4:] or sorted(set(glob.glob(os.path.join(HERE, "*.play"))) - set(glob.glob(os.path.join(HERE, "*-of-pppd.play"))))
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
NAMESPACES = ["unshare", *([] if os.geteuid() == 0 else ["--user", "--map-root-user", "--map-auto"]), "--net",
              "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private", "--mount-proc"]


def why_not():
    missing = [name for name in ("unshare", "ip", "dbus-run-session", "dbus-daemon") if not shutil.which(name, path=PATH)]
    if missing:
        return "not installed: " + " ".join(missing)
    if subprocess.run([*NAMESPACES, "true"], stderr=subprocess.DEVNULL, env=dict(os.environ, PATH=PATH)).returncode:
        return "this user may not make namespaces here"
    return None


def run(path):
    """(exit status, output)"""
    with throwaway.folder("rp-plays-") as home:
        environment = {name: value for name, value in os.environ.items()
                       if name in ("LD_LIBRARY_PATH", "ROAMPOST_TEST_SLOW") or name.endswith("SAN_OPTIONS")}
        environment.update(PATH=PATH, HOME=home, ROAMPOST_STATE=home + "/state", ROAMPOST_CONFIG=home + "/roampost.conf",
                           LC_ALL="C.UTF-8", DBUS_SYSTEM_BUS_ADDRESS=f"unix:path={home}/system-bus",
                           ROAMPOSTD=PROGRAMS[0], ROAMPOST=PROGRAMS[1], SENDMAIL=PROGRAMS[2],
                           PLAYS=HERE, CASES=os.path.join(os.path.dirname(HERE), "faults"))
        script = '. "$PLAYS/play.sh"; . "$1"'
        done = subprocess.run(["timeout", "-k", "5", "750", *NAMESPACES, *ownbus.SESSION, "bash", "-c", script,
                               "play", os.path.abspath(path)],
                              cwd=home, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        output = done.stdout.decode(errors="replace")
        for log in sorted(glob.glob(home + "/*.log")) if done.returncode not in (0, 77) else ():
            with open(log, errors="replace") as text:
                output += f"--- {os.path.basename(log)}:\n{text.read()[-5000:]}"
    return done.returncode, output


def main():
    reason = why_not()
    if reason:
        print("1..0 # SKIP " + reason)
        return 0
    return beside.run_all(run, PLAYS)


sys.exit(main())
