#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Limits and readers that are gone: a message that is not stored is said not to be, one that is stored
is said to be, and no program ends by a signal.

usage: test-limits.py ROAMPOST-SENDMAIL ROAMPOST"""

import os
import resource
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from cases import equal, main, test  # noqa: E402

SENDMAIL, ROAMPOST = map(os.path.abspath, sys.argv[1:3])
NOBODY = 65534
LARGE = "Subject: x\n\n" + ("y" * 70 + "\n") * 20000


class Box:
    """A state directory of its own, with one message."""

    def __enter__(self):
        self.dir = tempfile.TemporaryDirectory(prefix="roampost-limits-")
        conf = os.path.join(self.dir.name, "conf")
        with open(conf, "w") as out:
            out.write("[agent]\ndefault-identity=taro@odn.example\n")
        os.chmod(conf, 0o600)
        self.env = dict(os.environ, ROAMPOST_STATE=os.path.join(self.dir.name, "state"),
                        ROAMPOST_CONFIG=conf)
        equal(self.run([SENDMAIL, "a@b.example"], "Subject: x\n\nx\n")[0], 0)
        return self

    def __exit__(self, *_):
        self.dir.cleanup()

    def run(self, command, text, stdout=subprocess.PIPE, **options):
        """`umask`, `limit` of the size of files, `nobody`: as a user whom modes concern."""
        def set_limit():
            # The shell's way: the signals are what they are.
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            if options.get("limit"):
                resource.setrlimit(resource.RLIMIT_FSIZE, (options["limit"],) * 2)
            os.umask(options.get("umask", 0o22))
            if options.get("nobody") and os.geteuid() == 0:
                os.setgroups([])
                os.setgid(NOBODY)
                os.setuid(NOBODY)
        done = subprocess.run(command, input=text, stdout=stdout, stderr=subprocess.PIPE, text=True,
                              env=self.env, preexec_fn=set_limit, timeout=60)
        return done.returncode, done.stderr

    def count(self):
        done = subprocess.run([ROAMPOST, "queue", "--json"], env=self.env, capture_output=True,
                              text=True, timeout=60)
        return done.stdout.count('"id"')


@test
def file_size():
    for command, status in ([SENDMAIL, "a@b.example"], 75), ([ROAMPOST, "submit", "a@b.example"], 1):
        with Box() as box:
            code, err = box.run(command, LARGE, limit=300 * 1024)
            equal(code, status, err)
            equal("no room" in err and "a limit on the size of files is in the way" in err, True, err)
            equal(box.count(), 1)


def give_to_nobody(box):
    if os.geteuid() == 0:
        for folder, _, files in os.walk(box.dir.name):
            for name in [folder, *(os.path.join(folder, file) for file in files)]:
                os.chown(name, NOBODY, NOBODY)


@test
def read_only_folder():
    """It may be writable again in a moment: as with a full disk, the sender is to try again."""
    for mode in 0o500, 0o700:
        with Box() as box:
            state = box.env["ROAMPOST_STATE"]
            give_to_nobody(box)
            os.chmod(state, mode)
            if mode == 0o700:
                for name in os.listdir(state):
                    os.chmod(os.path.join(state, name), 0o400)
            else:
                os.remove(os.path.join(state, "turn"))
            code, err = box.run([SENDMAIL, "a@b.example"], "Subject: x\n\nx\n", nobody=True)
            equal(code, 75, err)
            os.chmod(state, 0o700)
            for name in os.listdir(state):
                os.chmod(os.path.join(state, name), 0o600)
            code, err = box.run([SENDMAIL, "a@b.example"], "Subject: x\n\nx\n", nobody=True)
            equal(code, 0, err)


@test
def umask_of_everything():
    """What is made is the user's to use, and nobody else's."""
    with Box() as box:
        give_to_nobody(box)
        box.env["ROAMPOST_STATE"] = os.path.join(box.dir.name, "a", "b", "state")
        for _ in range(2):
            code, err = box.run([SENDMAIL, "a@b.example"], "Subject: x\n\nx\n", nobody=True, umask=0o777)
            equal(code, 0, err)
        for folder, _, files in os.walk(os.path.join(box.dir.name, "a")):
            equal(oct(os.stat(folder).st_mode & 0o777), "0o700", folder)
            for file in files:
                equal(oct(os.stat(os.path.join(folder, file)).st_mode & 0o777), "0o600", file)


@test
def long_path():
    for length, status in (490, 0), (496, 78), (600, 78):
        with Box() as box:
            path = box.dir.name
            while len(path) < length - 220:
                path = os.path.join(path, "x" * 200)
            path = os.path.join(path, "y" * (length - len(path) - 1))
            equal(len(path), length)
            box.env["ROAMPOST_STATE"] = path
            code, err = box.run([SENDMAIL, "a@b.example"], "Subject: x\n\nx\n")
            equal(code, status, err)
            equal(os.path.exists(path), status == 0)
            equal("octets" in err, status != 0, err)


@test
def nobody_reads():
    for command in [ROAMPOST, "submit", "a@b.example"], [ROAMPOST, "submit", "--json", "a@b.example"]:
        with Box() as box:
            reader, writer = os.pipe()
            os.close(reader)
            code, err = box.run(command, "Subject: x\n\nx\n", stdout=writer)
            os.close(writer)
            equal(code, 0, err)
            equal("is in the queue" in err, True, err)
            equal(box.count(), 2)


@test
def children_have_their_signals():
    """A mail delivery command is not started with them ignored."""
    with Box() as box:
        with open(box.env["ROAMPOST_CONFIG"], "a") as out:
            out.write(f"mda=grep SigIgn /proc/self/status > {box.dir.name}/seen; cat > /dev/null\n")
        code, err = box.run([SENDMAIL, "root"], "Subject: x\n\nx\n")
        equal(code, 0, err)
        with open(os.path.join(box.dir.name, "seen")) as seen:
            ignored = int(seen.read().split()[1], 16)
        equal(ignored & (1 << (signal.SIGXFSZ - 1) | 1 << (signal.SIGPIPE - 1)), 0, hex(ignored))


main()
