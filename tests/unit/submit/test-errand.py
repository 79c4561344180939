#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""System accounts (www-data, nobody) hand mail over by roampost-sendmail: it is in the queue of the
user whom the system's configuration names, whose agent took it, or the exit status says that it is
not. Needs root, who can be others, and runs in namespaces of its own.

usage: test-errand.py ROAMPOSTD ROAMPOST-SENDMAIL"""

import array
import os
import pty
import shutil
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import tempfile

UNIT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, UNIT)
from cases import Skip, equal, main, test  # noqa: E402
from running import NO_BUS, Running  # noqa: E402

ROAMPOSTD, SENDMAIL = map(os.path.abspath, sys.argv[1:3])
TARO, HANAKO, WEB, NOBODY = 54321, 54322, 33, 65534
NAME = f"\0org.roampost/system-mail/{TARO}"
A = "a@x.example"
MAIL = b"From: www-data (Cron Daemon)\nTo: a@x.example\nSubject: x\n\nx\n"
HERE = "ROAMPOST_TEST_ERRAND"

if os.geteuid() == 0 and HERE not in os.environ and \
        subprocess.run(["unshare", "-mn", "true"], capture_output=True).returncode == 0:
    os.environ[HERE] = "1"
    os.execvp("unshare", ["unshare", "-mn", sys.executable, *sys.argv])


class Machine(Running):
    """With an /etc/passwd and an /etc/roampost of its own; its agent is taro's."""

    def __init__(self, system="[agent]\nsystem-mail-user=taro\n", env=None):
        if HERE not in os.environ:
            raise Skip("only root can be another user")
        self.dir = tempfile.TemporaryDirectory(prefix="roampost-errand-")
        self.path = self.dir.name
        os.chmod(self.path, 0o755)
        for name in ("etc", "bin", "taro/.config/roampost"):
            os.makedirs(f"{self.path}/{name}")
        for name in ("taro", "taro/.config", "taro/.config/roampost"):
            os.chown(f"{self.path}/{name}", TARO, TARO)
        os.chmod(f"{self.path}/taro", 0o700)
        for program in (ROAMPOSTD, SENDMAIL):
            shutil.copy(program, self.path + "/bin")
        for name, text in (("etc/roampost.conf", system),
                           ("taro/.config/roampost/roampost.conf", "[agent]\ndefault-identity=taro@odn.example\n"),
                           ("passwd", f"root:x:0:0::/root:/bin/sh\nwww-data:x:{WEB}:{WEB}::/nonexistent:/bin/sh\n"
                                      f"nobody:x:{NOBODY}:{NOBODY}::/nonexistent:/bin/sh\n"
                                      f"hanako:x:{HANAKO}:{HANAKO}::/nonexistent:/bin/sh\n"
                                      f"taro:x:{TARO}:{TARO}::{self.path}/taro:/bin/sh\n")):
            with open(f"{self.path}/{name}", "w") as out:
                out.write(text)
        subprocess.run(["mount", "--bind", self.path + "/passwd", "/etc/passwd"], check=True)
        self.env = {"PATH": os.environ["PATH"], "HOME": self.path + "/taro", "ROAMPOST_SYSCONF": self.path + "/etc",
                    "ROAMPOST_DATA": self.path + "/etc", **NO_BUS,
                    # What has been root can't be traced, which looking for leaks needs.
                    "ASAN_OPTIONS": "detect_leaks=0", **(env or {})}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        subprocess.run(["umount", "/etc/passwd"], check=True)
        self.dir.cleanup()

    def as_user(self, uid, *words):
        return ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "--", *words]

    def start(self):
        self.run(self.as_user(TARO, self.path + "/bin/roampostd"), self.env, cwd="/")
        self.wait_for("is ready")

    def begin(self, uid, *words):
        return subprocess.Popen(self.as_user(uid, self.path + "/bin/roampost-sendmail", *words), cwd="/", env=self.env,
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def sendmail(self, uid, *words, text=MAIL):
        process = self.begin(uid, *words)
        out, err = process.communicate(text, timeout=60)
        return process.returncode, out, err

    def stored(self):
        path = self.path + "/taro/.local/state/roampost/queue.db"
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
            return database.execute("SELECT sender, address FROM messages JOIN recipients ON message = messages.id "
                                    "ORDER BY messages.id").fetchall()

    def ask(self, uid, packet, descriptors=(0, 1, 2)):
        """What a program that is not ours may do: connects as this user, and says what it likes."""
        script = ("import array, socket, sys\n"
                  "s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)\n"
                  "s.settimeout(30)\n"
                  "s.connect(%r)\n"
                  "try:\n"
                  "    s.sendmsg([%r], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', %r))] if %r else [])\n"
                  "    sys.stdout.write(s.recv(100).hex())\n"
                  "except (BrokenPipeError, ConnectionResetError):\n"
                  "    pass\n" % (NAME, packet, list(descriptors), bool(descriptors)))
        done = subprocess.run(self.as_user(uid, sys.executable, "-c", script), input=MAIL, capture_output=True, timeout=60)
        return done.stdout.decode()


@test
def mail_of_system_accounts():
    with Machine() as machine:
        machine.start()
        for number, (uid, words) in enumerate(((WEB, ("-i", A)), (NOBODY, ("-t", "-i")),
                                               (WEB, ("-FCronDaemon", "-i", "-B8BITMIME", "-oem", A)))):
            equal(machine.sendmail(uid, *words), (0, b"", b""), words)
            equal(machine.stored()[number:], [("taro@odn.example", A)], words)
        equal(machine.sendmail(WEB, "-i", "root"), (0, b"", b""))  # a local name: the user's own maildir
        new = machine.path + "/taro/Maildir/new"
        equal([os.stat(f"{new}/{name}").st_uid for name in os.listdir(new)], [TARO])
        status, out, err = machine.sendmail(
            WEB, "-bs", text=b"EHLO me\r\nMAIL FROM:<>\r\nRCPT TO:<a@x.example>\r\nDATA\r\n\r\nx\r\n.\r\nQUIT\r\n")
        equal((status, err, out.count(b"\r\n250 2.0.0")), (0, b"", 1), out)
        equal(len(machine.stored()), 4)
        directory = machine.path + "/taro/.local/state/roampost"
        for name in os.listdir(directory):
            status = os.stat(f"{directory}/{name}")
            equal((status.st_uid, stat.S_IMODE(status.st_mode) & 0o077), (TARO, 0), name)


@test
def how_it_ended_is_told():
    with Machine() as machine:
        machine.start()
        for words, status, why in ((("-i",), 64, b"recipient"), (("-i", "a@@x"), 65, b"a@@x"), (("-i", "jiro"), 67, b"jiro"),
                                   (("-i", A, "x" * 100000), 65, b"octets")):
            got, out, err = machine.sendmail(WEB, *words)
            equal((got, out, why in err), (status, b"", True), err)
        equal(machine.stored(), [])


@test
def nobody_sees_the_queue():
    with Machine() as machine:
        machine.start()
        for words in (("-bp",), ("-q",)):
            status, out, err = machine.sendmail(WEB, *words)
            equal((status, out, b"root" in err), (77, b"", True), err)
        equal(machine.ask(WEB, b"sendmail\0-bp\0"), "4d")
        equal(machine.ask(WEB, b"mailq\0-q\0"), "4d")
        equal(machine.ask(WEB, f"sendmail\0-i\0{A}\0".encode()), "00")
        equal(len(machine.stored()), 1)


def at_terminal(machine, uid, *words):
    """What stands there when it has ended."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(machine.as_user(uid, machine.path + "/bin/roampost-sendmail", *words), cwd="/", env=machine.env,
                               stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    process.communicate(MAIL, timeout=60)
    said = b""
    try:
        while more := os.read(ours, 1000):
            said += more
    except OSError:  # the last who had it open is gone
        pass
    os.close(ours)
    return process.returncode, said.decode()


@test
def nobody_sees_the_configuration():
    """Not on a terminal either, where its owner is told."""
    with Machine() as machine:
        machine.start()
        for text, words in (("mda=/bin/true geheim\n", ("-v", "-i", "taro")), ("geheim=1\n", ("-i", A))):
            with open(machine.path + "/taro/.config/roampost/roampost.conf", "a") as out:
                out.write(text)
            status, said = at_terminal(machine, TARO, *words)
            equal((status, "geheim" in said), (0, True), said)
            status, said = at_terminal(machine, WEB, *words)
            equal((status, "geheim" in said), (0, False), said)


@test
def people_and_nonsense_are_not_taken():
    with Machine() as machine:
        machine.start()
        right = f"sendmail\0-i\0{A}\0".encode()
        for uid, packet, descriptors in ((HANAKO, right, (0, 1, 2)), (TARO, right, (0, 1, 2)), (WEB, right, ()),
                                         (WEB, right, (0,)), (WEB, right, (0, 1, 2, 2)), (WEB, right, (0, 1, 2) * 60),
                                         (WEB, right[:-1], (0, 1, 2)), (WEB, b"", (0, 1, 2)),
                                         (WEB, b"x" * 98304 + b"\0", (0, 1, 2))):
            equal(machine.ask(uid, packet, descriptors), "", (uid, packet[:40], descriptors))
        equal(machine.stored(), [])
        equal(machine.sendmail(WEB, "-i", A), (0, b"", b""))
        before = len(os.listdir(f"/proc/{machine.process.pid}/fd"))
        for _ in range(3):
            machine.ask(WEB, right, (0, 1, 2) * 60)
        equal(machine.sendmail(WEB, "-i", A), (0, b"", b""))
        # Who was answered just now may still have his connection, before and after; nothing is kept each time.
        left = len(os.listdir(f"/proc/{machine.process.pid}/fd")) - before
        equal(abs(left) < 3, True, left)


@test
def no_agent_to_take_it():
    with Machine() as machine:
        status, out, err = machine.sendmail(WEB, "-i", A)
        equal((status, out, b"loginctl enable-linger taro" in err), (75, b"", True), err)
        machine.start()  # with a queue of its own: not the one that is meant
        machine.end()
        machine.env["ROAMPOST_STATE"] = machine.path + "/taro/other"
        machine.start()
        del machine.env["ROAMPOST_STATE"]
        equal(machine.sendmail(WEB, "-i", A)[0], 75)
    with Machine("") as machine:
        machine.start()
        status, out, err = machine.sendmail(WEB, "-i", A)
        equal((status, out, b"system-mail-user" in err), (78, b"", True), err)


@test
def somebody_else_in_its_place():
    with Machine() as machine:
        listener = subprocess.Popen(
            machine.as_user(HANAKO, sys.executable, "-c",
                            "import socket, sys\ns = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)\n"
                            f"s.bind({NAME!r})\ns.listen()\nprint(flush=True)\nc = s.accept()[0]\nprint(len(c.recv(100)))"),
            stdout=subprocess.PIPE, text=True)
        listener.stdout.readline()
        status, out, err = machine.sendmail(WEB, "-i", A)
        equal((status, out, b"another user" in err), (77, b"", True), err)
        equal(listener.communicate()[0], "0\n")  # it was told nothing
        machine.start()
        equal(machine.sendmail(WEB, "-i", A)[0], 0)


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return file.read().split()


@test
def broken_off():
    """By who hands over, and by the agent: before the input's end, so that nothing is to be stored."""
    with Machine() as machine:
        machine.start()
        for how in (None, signal.SIGTERM, signal.SIGKILL):
            process = machine.begin(WEB, "-i", A)
            process.stdin.write(MAIL)
            process.stdin.flush()
            while not (begun := children(machine.process.pid)):
                os.sched_yield()
            if how:
                machine.end(how)
                out, err = process.stdout.read(), process.stderr.read()
                equal((process.wait(60), out, b"not known to be stored" in err), (75, b"", True), err)
            else:
                process.kill()
            while is_alive(begun[0]):
                os.sched_yield()
            process.communicate()
            if how:
                machine.start()
        equal(machine.sendmail(NOBODY, "-i", "b@x.example")[0], 0)
        equal([address for _, address in machine.stored()], ["b@x.example"])


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@test
def one_account_leaves_room_for_others():
    with Machine() as machine:
        machine.start()
        many = [machine.begin(WEB, "-i", A) for _ in range(16)]
        while len(children(machine.process.pid)) < 16:
            os.sched_yield()
        equal(machine.sendmail(WEB, "-i", A)[0], 75)
        equal(machine.sendmail(NOBODY, "-i", A)[0], 0)
        for process in many:
            process.communicate(MAIL, timeout=60)
            equal(process.returncode, 0)
        equal(len(machine.stored()), 17)


main(sys.argv[3:])
