#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""roampostd itself while it ends: the test keeps the queue's turn, so that its last write lasts, and
lets everything happen meanwhile that main listens to. It writes what is left, and ends well.

usage: test-shutdown.py ROAMPOSTD ROAMPOST"""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile

UNIT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [UNIT, os.path.join(UNIT, "../fakes")]
from cases import equal, main, test  # noqa: E402
import ownbus  # noqa: E402
from running import Running  # noqa: E402

ROAMPOSTD, ROAMPOST = map(os.path.abspath, sys.argv[1:3])

if not shutil.which("dbus-run-session"):
    print("1..0 # SKIP dbus-run-session is not installed")
    sys.exit(0)
if "RP_TEST_DIR" not in os.environ:
    with tempfile.TemporaryDirectory(prefix="roampost-shutdown-") as directory:
        environment = dict(os.environ, RP_TEST_DIR=directory,
                           DBUS_SYSTEM_BUS_ADDRESS="unix:path=/nonexistent")
        sys.exit(subprocess.run(["timeout", "300", *ownbus.SESSION, sys.executable, *sys.argv],
                                env=environment).returncode)


class Shutdown(Running):
    """An agent that has a write under way, was told to end, and can't."""

    def __init__(self, name):
        self.dir = os.path.join(os.environ["RP_TEST_DIR"], name)
        os.mkdir(self.dir, 0o700)
        self.conf = os.path.join(self.dir, "roampost.conf")
        self.configure("")
        self.env = dict(os.environ, ROAMPOST_STATE=os.path.join(self.dir, "state"),
                        ROAMPOST_CONFIG=self.conf)
        self.run([ROAMPOSTD, "-v"], self.env)
        self.wait_for("is ready")
        self.wait_for("is ours")
        self.turn = open(os.path.join(self.dir, "state", "turn"))
        fcntl.flock(self.turn, fcntl.LOCK_EX)
        self.use = subprocess.Popen([ROAMPOST, "use", "odn"], env=self.env, stderr=subprocess.PIPE, text=True)
        self.wait_for("UseSet is called")
        self.process.terminate()
        self.wait_for("roampostd ends")

    def configure(self, more):
        with open(self.conf + ".new", "w") as out:
            out.write(f"[agent]\nmaildir={self.dir}/Maildir\n[server-set odn]\n"
                      f"identities=taro@odn.example\nsmtp=smtp://127.0.0.1:1\nsmtp-tls=off\n{more}")
        os.rename(self.conf + ".new", self.conf)

    def reload(self):
        done = subprocess.run(["dbus-send", "--session", "--print-reply", "--dest=org.roampost.Agent1",
                               "/org/roampost/Agent1", "org.roampost.Agent1.Reload"],
                              capture_output=True, text=True, timeout=90)
        return done.returncode, done.stderr

    def finish(self):
        self.turn.close()
        equal(self.ended(), 0, self.said())
        self.use.communicate(timeout=90)
        equal(self.use.returncode, 0, "what was begun before is done, and answered")


def while_it_ends(name, what):
    def run():
        shutdown = Shutdown(name)
        try:
            what(shutdown)
            shutdown.finish()
        finally:
            shutdown.kill()
            shutdown.turn.close()
    run.__name__ = name
    test(run)


def heard(shutdown):
    """Everything that came before was seen by the loop."""
    code, err = shutdown.reload()
    equal(code, 1, err)
    equal("about to end" in err, True, err)


def signals(number):
    def what(shutdown):
        shutdown.process.send_signal(number)
        heard(shutdown)
        heard(shutdown)
    return what


def configuration(shutdown):
    shutdown.configure("smtp-user=taro\n")
    heard(shutdown)


def broken_configuration(shutdown):
    shutdown.configure("no-such-option=1\n")
    heard(shutdown)


while_it_ends("reload", heard)
while_it_ends("hangup", signals(signal.SIGHUP))
while_it_ends("terminate", signals(signal.SIGTERM))
while_it_ends("interrupt", signals(signal.SIGINT))
while_it_ends("configuration", configuration)
while_it_ends("broken-configuration", broken_configuration)
main()
