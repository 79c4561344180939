#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""job.py test|demo|tunnels|lines SECONDS [SCENARIO,...]: sets the laboratory up in the guest, then runs every scenario,
or the story. Tunnels and lines want no laboratory: plays of tests/field/networks, with a kernel that has tunnels and PPP.

Each scenario leaves /mnt/result/NAME.rc (0 or 1) and NAME.log; daemons log into /mnt/log; the story
is told in /mnt/story. What is
left of the time is watched here, so that a guest in trouble still hands its logs out.
"""

import faulthandler
import glob
import os
import shutil
import stat
import subprocess
import sys
import threading
import time
import traceback

sys.path.insert(0, "/mnt/guest")

import desk  # noqa: E402
import line  # noqa: E402
import scenarios  # noqa: E402
from lab import world  # noqa: E402

RESULT = "/mnt/result"
FIELD_PLAYS = {"tunnels": "*-of-the-kernel.play", "lines": "*-of-pppd.play"}


def note(text):
    print("%7.2f %s" % (time.monotonic(), text), flush=True)


def prepare():
    """What lab.world.enter() does elsewhere; here the whole machine is the laboratory."""
    os.makedirs(world.DIR)
    with open(world.HOSTS, "w") as hosts:
        hosts.write("127.0.0.1 localhost laptop\n::1 localhost\n")
    for path, target in (("/etc/hosts", world.HOSTS), ("/etc/resolv.conf", world.DIR + "/resolv.conf")):
        if os.path.lexists(path):
            os.unlink(path)
        os.symlink(target, path)
    with open(world.DIR + "/resolv.conf", "w") as resolver:
        resolver.write("nameserver 127.0.0.1\n")


def save_logs():
    """The servers log where the laboratory put them; the host can't see that."""
    for folder, _, files in os.walk(world.DIR):
        for name in files:
            path = os.path.join(folder, name)
            if "log" in name and stat.S_ISREG(os.lstat(path).st_mode):
                shutil.copyfile(path, "/mnt/log/" + os.path.relpath(path, world.DIR).replace("/", "-"))


def out_of_time():
    print("out of time", flush=True)
    faulthandler.dump_traceback(all_threads=True)
    save_logs()
    os._exit(1)


def scenario(stage, name, play):
    """Runs one scenario with its output in a file of its own."""
    log = os.open("%s/%s.log" % (RESULT, name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    saved = os.dup(1), os.dup(2)
    os.dup2(log, 1), os.dup2(log, 2)
    started, status = time.monotonic(), 0
    for step in (play, stage.sweep):
        try:
            step()
        except Exception:
            status = 1
            traceback.print_exc(file=sys.stdout)
    note("%s after %.1f s" % ("failed" if status else "done", time.monotonic() - started))
    os.dup2(saved[0], 1), os.dup2(saved[1], 2)
    for descriptor in (log, *saved):
        os.close(descriptor)
    with open("%s/%s.rc" % (RESULT, name), "w") as rc:
        rc.write("%d\n" % status)
    note("%s: %d" % (name, status))
    return status


def field_plays(kind):
    """Their output is TAP."""
    line.load_modules()
    desk.install()
    if kind == "lines":
        line.install()
    field = "/mnt/guest/field/networks/"
    with open("%s/%s.tap" % (RESULT, kind), "w") as tap:
        return subprocess.run(["/usr/bin/python3", field + "run-plays.py", "/usr/bin/roampostd", "/usr/bin/roampost",
                               "/usr/bin/roampost-sendmail", *sorted(glob.glob(field + FIELD_PLAYS[kind]))],
                              stdout=tap, env=dict(os.environ, ROAMPOST_TEST_SLOW="3")).returncode  # as slow as the guest is


def main(kind, seconds, only):
    for folder in (RESULT, "/mnt/log"):
        os.makedirs(folder, exist_ok=True)
    clock = threading.Timer(seconds, out_of_time)
    clock.daemon = True
    clock.start()
    prepare()
    if kind in FIELD_PLAYS:
        return field_plays(kind)
    stage = scenarios.Stage(note)
    plays = stage.demo() if kind == "demo" else stage.tests()
    failed = sum([scenario(stage, name, play) for name, play in plays
                  if not only or name in only.split(",")])
    save_logs()
    return 1 if failed else 0


sys.exit(main(sys.argv[1], float(sys.argv[2]), sys.argv[3]))
