#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""roampost-sendmail as programs may call it: every option and name it knows, its memory, kills at
any moment, and whose queue takes what root and system accounts hand over (as root only).

usage: test-table.py ROAMPOST_SENDMAIL MODULE SANITIZERS [TEST...]"""

import json
import os
import pty
import random
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from cases import Skip, equal, main, test  # noqa: E402

SENDMAIL, MODULE = map(os.path.abspath, sys.argv[1:3])
SANITIZED = sys.argv[3] != "none"
ONLY = sys.argv[4:]

HEADER = b"From: Taro <taro@sonet.example>\nDate: d\nMessage-ID: <m>\n"
CONF = """\
[agent]
default-identity=taro@odn.example
maildir={}/Maildir
{}
[server-set odn]
identities=taro@odn.example
smtp=smtp://mail.odn.example
relay=anywhere
"""


class Home:
    """A queue, a maildir and a configuration of their own."""

    def __init__(self, more=""):
        self.dir = tempfile.TemporaryDirectory(prefix="roampost-table-")
        self.path = self.dir.name
        self.state = self.path + "/state"
        self.env = dict(os.environ, ROAMPOST_STATE=self.state, ROAMPOST_CONFIG=self.path + "/conf")
        with open(self.path + "/conf", "w") as out:
            out.write(CONF.format(self.path, more))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.dir.cleanup()

    def run(self, *arguments, text=HEADER + b"\nx\n", program=SENDMAIL):
        return subprocess.run([program, *arguments], input=text, capture_output=True, env=self.env, timeout=60)

    def start(self, *arguments, **more):
        return subprocess.Popen([SENDMAIL, *arguments], env=self.env, stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)

    def stored(self, state=None):
        """[(sender, recipients, content)] of what is queued; what is still coming in is not."""
        path = (state or self.state) + "/queue.db"
        if not os.path.exists(path):
            return []
        database = sqlite3.connect(path)
        try:
            return [(sender,
                     [r[0] for r in database.execute("SELECT address FROM recipients WHERE message=? ORDER BY number",
                                                     (number,))],
                     b"".join(r[0] for r in database.execute("SELECT data FROM content WHERE id/8192=? ORDER BY id",
                                                             (number,))))
                    for number, sender in database.execute("SELECT id, sender FROM messages WHERE phase<>0 ORDER BY id")]
        finally:
            database.close()

    def maildir(self):
        directory = self.path + "/Maildir/new"
        mails = []
        for name in sorted(os.listdir(directory)) if os.path.exists(directory) else []:
            with open(f"{directory}/{name}", "rb") as mail:
                mails.append(mail.read())
        return mails


# ---- every option ----

A, ME = "a@x.example", "taro@sonet.example"
# What goes before the recipient, and whose the envelope is; -i is given unless it is in question.
IGNORED_NEEDED = "A B C e h L O p X".split()
IGNORED_BARE = "G m n U".split()
ACTED = [
    ((), ME, [A]), (("-v",), ME, [A]), (("-bm",), ME, [A]), (("-b", "m"), ME, [A]),
    (("-fme@odn.example",), "me@odn.example", [A]), (("-f", "me@odn.example"), "me@odn.example", [A]),
    (("-rme@odn.example",), "me@odn.example", [A]), (("-r", "me@odn.example"), "me@odn.example", [A]),
    (("-f", "Taro Y <me@odn.example>"), "me@odn.example", [A]), (("-f<>",), "", [A]), (("-f", ""), "", [A]),
    (("-f", "-me@odn.example"), "-me@odn.example", [A]), (("-f-me@odn.example",), "-me@odn.example", [A]),
    (("-f", "taro"), "taro@odn.example", [A]), (("-F", "Taro Y"), ME, [A]), (("-FTaro",), ME, [A]),
    (("-F", "-x y"), ME, [A]), (("-mvn",), ME, [A]), (("--",), ME, [A]), (("-v", "--", "-b@x.example"), ME,
                                                                        ["-b@x.example", A]),
    (("-d",), ME, [A]), (("-d0-99.1",), ME, [A]), (("-oem",), ME, [A]), (("-o", "em"), ME, [A]),
    (("-Nnever",), ME, [A]), (("-N", "success,failure"), ME, [A]), (("-Rfull",), ME, [A]),
    (("-R", "hdrs"), ME, [A]), (("-V", "-two words"), ME, [A]), (("-Vx",), ME, [A]),
    (("-odb",), ME, [A]), (("-o7",), ME, [A]), (("-t",), ME, [A, "to@x.example"]),
    (("-ti",), ME, [A, "to@x.example"]), (("-it", "b@x.example"), ME, ["b@x.example", A, "to@x.example"]),
]


@test
def every_option():
    rows = list(ACTED)
    for letter in IGNORED_NEEDED:
        rows += [((f"-{letter}value",), ME, [A]), ((f"-{letter}", "value"), ME, [A]),
                 ((f"-{letter}", "-two words"), ME, [A]), ((f"-{letter}-two words",), ME, [A])]
    rows += [((f"-{letter}",), ME, [A]) for letter in IGNORED_BARE]
    text = b"To: To <to@x.example>\n" + HEADER + b"\nx\n.\ny\n"
    with Home() as home:
        for number, (words, sender, recipients) in enumerate(rows):
            done = home.run("-i", *words, A, text=text)
            equal((done.returncode, done.stdout, done.stderr), (0, b"", b""), words)
            stored = home.stored()
            equal(len(stored), number + 1, words)
            equal(stored[-1], (sender, recipients, text.replace(b"\n", b"\r\n")), words)


@test
def what_ends_a_message():
    for words, whole in (((), False), (("-i",), True), (("-oi",), True), (("-o", "i"), True), (("-vi",), True),
                         (("-oe",), False)):
        with Home() as home:
            equal(home.run(*words, A, text=HEADER + b"\nx\n.\ny\n").returncode, 0)
            equal(home.stored()[0][2], (HEADER + b"\nx\n" + b".\ny\n" * whole).replace(b"\n", b"\r\n"), words)


@test
def names_and_modes():
    with Home() as home:
        for name in ("sendmail", "mailq", "runq", "newaliases"):
            os.symlink(SENDMAIL, f"{home.path}/{name}")
        run = lambda name, *words: home.run(*words, program=f"{home.path}/{name}")
        equal(run("mailq").stdout, b"Mail queue is empty\n")
        equal(run("sendmail", A).returncode, 0)
        # What check_mailq -M postfix (monitoring-plugins) reads, whatever the language.
        equal(re.findall(rb"^-- \d+ Kbytes in (\d+) Request\.$", home.run("-bp").stdout.splitlines()[-1]), [b"1"])
        for listing in (run("mailq"), home.run("-bp"), home.run("-b", "p"), run("mailq", "-v")):
            equal((listing.returncode, A.encode() in listing.stdout, listing.stderr), (0, True, b""))
        for quiet in (run("runq"), run("newaliases"), home.run("-q"), home.run("-qf"), home.run("-bi")):
            equal((quiet.returncode, quiet.stdout, quiet.stderr), (0, b"", b""))
        version = home.run("-bV")
        equal((version.returncode, version.stdout.split()[0]), (0, b"roampost-sendmail"))
        for words in (("-bs",), ("-b", "s"), ("-oi", "-bs"), ("-bs", "-v")):
            smtp = home.run(*words, text=b"EHLO me\r\nQUIT\r\n")
            equal((smtp.returncode, smtp.stdout[:4], b"\r\n221 " in smtp.stdout), (0, b"220 ", True), words)
        equal(len(home.stored()), 1)


@test
def wrong_usage():
    for words in (("-Z", A), ("-bx", A), ("-qx",), ("-f",), (A, "-F"), (A, "-o"), (), ("-t",), ("-q30m",),
                  ("-Nsometimes", A), ("-Rall", A), ("-V", "", A)):
        with Home() as home:
            done = home.run(*words)
            equal((done.returncode, done.stdout, done.stderr.startswith(b"roampost-sendmail: ")), (64, b"", True), words)
            equal(home.stored(), [])


@test
def names_of_senders():
    for words, want in ((("-F", "Taro Y"), b'From: "Taro Y" <taro@odn.example>'), (("-FAnacron",), b'From: "Anacron" <taro@odn.example>'),
                        (("-F", 'a "b\\'), b'From: "a \\"b\\\\" <taro@odn.example>'),
                        (("-F", "山田", "-fme@odn.example"), b"From: =?UTF-8?B?5bGx55Sw?= <me@odn.example>"),
                        ((), b"From: taro@odn.example")):
        with Home() as home:
            equal(home.run(*words, A, text=b"Subject: s\n\nx\n").returncode, 0)
            equal([line for line in home.stored()[0][2].split(b"\r\n") if line.startswith(b"From:")], [want])


@test
def verbose_on_a_terminal():
    with Home() as home:
        ours, theirs = pty.openpty()
        done = subprocess.run([SENDMAIL, "-v", "-i", A], input=HEADER + b"\nx\n", env=home.env, stderr=theirs, timeout=60)
        os.close(theirs)
        shown = os.read(ours, 1000)
        os.close(ours)
        equal((done.returncode, shown.startswith(b"roampost-sendmail: "), len(home.stored())), (0, True, 1))


# ---- international addresses ----

@test
def international_domains():
    rows = [  # header, recipients
        ("To: 花子 <hanako@例え.example>", ["hanako@xn--r8jz45g.example"]),
        ("To: =?utf-8?b?6Iqx5a2Q?= <hanako@xn--r8jz45g.example>", ["hanako@xn--r8jz45g.example"]),
        ("To: g: a@bücher.example, b@x.example;,\n Q <\"q r\"@例え.example>",
         ["a@xn--bcher-kva.example", "b@x.example", "\"q r\"@xn--r8jz45g.example"]),
        ("To: 花子@例え.example", ["花子@xn--r8jz45g.example"]),
    ]
    with Home() as home:
        for header, want in rows:
            done = home.run("-t", text=header.encode() + b"\n" + HEADER + b"\nx\n")
            equal((done.returncode, done.stderr), (0, b""), header)
            equal(home.stored()[-1][1], want, header)
        equal(home.run("-f", "taro@例え.example", "a@例え.example", "b@EXAMPLE.example").returncode, 0)
        equal(home.stored()[-1][:2], ("taro@xn--r8jz45g.example", ["a@xn--r8jz45g.example", "b@EXAMPLE.example"]))
        equal(home.run(A, text="From: taro@例え.example\n\n".encode()).returncode, 0)
        equal(home.stored()[-1][0], "taro@xn--r8jz45g.example")
        # What is made here itself is ASCII.
        equal(b"@xn--r8jz45g.example>\r\n" in home.stored()[-1][2].split(b"Message-ID: ")[1], True)
        stored = len(home.stored())
        for bad in (b"a@b\xe9.example", b"\xe9@x.example"):
            done = home.run(bad)
            equal((done.returncode, b"UTF-8" in done.stderr), (65, True), bad)
        equal(len(home.stored()), stored)
    with Home("qualify-domain=例え.example") as home:
        equal(home.run("root").returncode, 0)
        equal(home.stored()[0][1], ["root@xn--r8jz45g.example"])


# ---- lists ----

JIS = b"\x1b$B;3ED\"<@,>\x1b(B"
# What came of them before: some of the addresses, or others, with exit status 0.
LISTS = [
    (b"a@x.example; b@y.example", ["a@x.example", "b@y.example"]),
    (b"b@y.example, Taro <a..b@docomo.example>", ["b@y.example", '"a..b"@docomo.example']),
    (b"a..b@docomo.example", ['"a..b"@docomo.example']),
    (b".a@docomo.example, a.@docomo.example", ['".a"@docomo.example', '"a."@docomo.example']),
    (b"Foo\\ <a@x.example>, b@y.example", ["a@x.example", "b@y.example"]),
    (b"<mailto:a@x.example>, b@y.example", ["a@x.example", "b@y.example"]),
    (JIS + b" <a@x.example>, b@y.example", ["a@x.example", "b@y.example"]),
    (b"Foo;Bar <a@x.example>, b@y.example", ["a@x.example", "b@y.example"]),
    (b'"a..b"@x.example, a..b@x.example', ['"a..b"@x.example']),
]
UNREADABLE = [  # list, piece that is named
    (b'a@x.example, "b@y.example', b'"b@y.example'),
    (b"Foo (bar <a@x.example>, b@y.example", b"Foo (bar <a@x.example>, b@y.example"),
    (b"c@z.example, foo@bar@x.example", b"foo@bar@x.example"),
    (b"a@x.example/b@y.example", b"a@x.example/b@y.example"),
    (b"a@x.example b@y.example", b"a@x.example b@y.example"),
    (b"a@x.example, host!user", b"host!user"),
    (b"a@x.example, -", b"-"),
    (b"a@x.example, |cat", b"|cat"),
    (b"a@x.example, =?utf-8?q?b=40y?=", b"=?utf-8?q?b=40y?="),
    (b"a@x.example:25", b"a@x.example:25"),
    ("a@x.example, b@y\u200d.example".encode(), b"b@y\\u200d.example"),
]


@test
def whole_lists():
    with Home() as home:
        for given, want in LISTS:
            for words, header in ((("-t",), b"Cc: " + given + b"\n"), (("--", given), b"")):
                done = home.run("-i", *words, text=header + HEADER + b"\nx\n")
                equal((done.returncode, done.stderr), (0, b""), given)
                equal(home.stored()[-1][1], want, (words, given))


@test
def refused_lists():
    """Nothing is stored, and the piece is told, with the field."""
    with Home() as home:
        headers = [(name + b": " + given, name + ": “".encode() + piece) for given, piece in UNREADABLE
                   for name in (b"To", b"cc", b"Bcc", b"Resent-To")]
        headers.append((b"To: a@x.example, b\0@y.example", b"To: \xe2\x80\x9cb\\x00@y.example"))
        for header, said in headers:
            done = home.run("-t", text=b"Bcc: good@x.example\n" + header + b"\n" + HEADER + b"\nx\n")
            equal((done.returncode, said in done.stderr, done.stderr.count(b"\n")), (65, True, 1), (header, done.stderr))
        for given, piece in UNREADABLE:
            done = home.run("good@x.example", given)
            equal((done.returncode, piece in done.stderr), (65, True), (given, done.stderr))
        for sender in ("a@b\r\nRCPT TO:<c@d>", "a@b, c@d", "a b@c", "=?utf-8?q?a?="):
            equal(home.run("-f", sender, A).returncode, 65, sender)
        equal((home.stored(), home.maildir()), ([], []))


# ---- memory ----

def peak(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))


@test
def memory():
    """50 MB from a pipe: what it takes at most, up to the end of the input."""
    block = (b"%075d\n" % 0) * (65536 // 76)
    for words, before, wire in ((("-i", A), HEADER, False), (("-t", "-i"), b"To: a@x.example\n" + HEADER, False),
                                (("-i", "root"), HEADER, False),
                                (("-bs",), b"EHLO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n" +
                                 HEADER.replace(b"\n", b"\r\n"), True)):
        with Home() as home:
            # Of the sanitizer, what it keeps for later is left out.
            home.env["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"
            with home.start(*words) as process:
                process.stdin.write(before + (b"\r\n" if wire else b"\n"))
                data, first, total = block.replace(b"\n", b"\r\n") if wire else block, None, 0
                while total < 50_000_000:
                    total += process.stdin.write(data)
                    if first is None and total > 3_000_000:
                        first = peak(process.pid)
                last = peak(process.pid)
                out, errors = process.communicate(b".\r\nQUIT\r\n" if wire else b"")
            print(f"# {' '.join(words)}: {last} KiB after {total} octets, {first} KiB after 3 MB")
            equal((process.returncode, errors), (0, b""), words)
            if last - first > 4 * 1024 or not SANITIZED and last > 16 * 1000:
                raise AssertionError(f"{words}: {last} KiB of memory, {first} KiB at first")
            size = sum(len(m) for m in home.maildir()) if "root" in words else len(home.stored()[0][2])
            equal(size > 50_000_000, True, words)


@test
def the_log_stays_short():
    """Without an agent: each program reads the queue's log first, so that it must not grow with them."""
    with Home() as home:
        largest = 0
        for _ in range(60):
            equal(home.run("-i", A).returncode, 0)
            log = home.state + "/queue.db-wal"
            largest = max(largest, os.path.getsize(log) if os.path.exists(log) else 0)
        print(f"# at most {largest} octets")
        equal(largest < 600_000, True, f"{largest} octets")
        equal(len(home.stored()), 60)


# ---- kills ----

def message(number):
    return b"To: a@x.example\n" + HEADER + b"Subject: %d\n\n" % number + b"x" * 70 + b"\n" + b"last line\n"


def smtp_session(number):
    return (b"EHLO me\r\nMAIL FROM:<taro@sonet.example>\r\nRCPT TO:<a@x.example>\r\nDATA\r\n" +
            message(number).replace(b"\n", b"\r\n") + b".\r\nQUIT\r\n")


@test
def kills():
    """At any moment, from the process's start to its end: all of the message or nothing is there, and
    whoever was told that it is there finds it."""
    seed = random.randrange(1 << 32)
    dice = random.Random(seed)
    print(f"# seed {seed}")
    for words, given, promised in (
            (("-i", A), message, lambda p, out: p.returncode == 0),
            (("-t", "-i"), message, lambda p, out: p.returncode == 0),
            (("-i", "root"), message, lambda p, out: p.returncode == 0),
            (("-bs",), smtp_session, lambda p, out: out.count(b"\r\n250 2.0.0") == 1)):
        with Home() as home:
            begin = time.monotonic()
            equal(home.run(*words, text=given(0)).returncode, 0)
            whole, told, killed = time.monotonic() - begin, {0}, 0
            for number in range(1, 25):
                process = home.start(*words)
                try:
                    process.stdin.write(given(number))
                    process.stdin.close()
                except BrokenPipeError:
                    pass
                process.stdin = None
                time.sleep(dice.uniform(0, 1.1 * whole))  # the moment is the test
                process.kill()
                out, _ = process.communicate()
                killed += process.returncode < 0
                if promised(process, out):
                    told.add(number)
            local = "root" in words
            got = home.maildir() if local else [content for _, _, content in home.stored()]
            lines = [text.replace(b"\r\n", b"\n").split(b"\n\n")[0].split(b"\nSubject: ")[1] for text in got]
            numbers = [int(line.split(b"\n")[0]) for line in lines]
            equal(len(numbers), len(set(numbers)), "stored twice")
            equal(told - set(numbers), set(), "told and not stored")
            for number, text in zip(numbers, got):
                want = message(number)
                equal(text, b"Return-Path: <taro@sonet.example>\n" + want if local else want.replace(b"\n", b"\r\n"))
            equal(home.run(*words, text=given(25)).returncode, 0, "afterwards")
            print(f"# {' '.join(words)}: {killed} of 24 killed, {len(told)} told, {len(numbers)} stored")


# ---- root and the system accounts ----

TARO, WEB = 54321, 33


class Machine(Home):
    """With an /etc/passwd and an /etc/roampost of its own."""

    def __init__(self, system, user=""):
        if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode:
            raise Skip("only root can be another user")
        super().__init__()
        os.chmod(self.path, 0o755)
        for name in ("etc", "bin", "root", "taro", "root/.config/roampost"):
            os.makedirs(f"{self.path}/{name}")
        os.chown(self.path + "/taro", TARO, TARO)
        for program in (SENDMAIL, MODULE, os.path.dirname(SENDMAIL) + "/../cli/roampost"):
            shutil.copy(program, self.path + "/bin")
        for name, text in (("etc/roampost.conf", system), ("root/.config/roampost/roampost.conf", user),
                           ("passwd", f"root:x:0:0::{self.path}/root:/bin/sh\nwww-data:x:{WEB}:{WEB}::/nonexistent:/bin/sh\n"
                                      f"taro:x:{TARO}:{TARO}::{self.path}/taro:/bin/sh\n")):
            with open(f"{self.path}/{name}", "w") as out:
                out.write(text)
        self.env = {"PATH": os.environ["PATH"], "HOME": self.path + "/root", "ROAMPOST_SYSCONF": self.path + "/etc",
                    "ROAMPOST_DATA": self.path + "/etc",
                    # What has been root can't be traced, which looking for leaks needs.
                    "ASAN_OPTIONS": "detect_leaks=0"}

    def first_id(self):
        return json.loads(self.run_as(TARO, "queue", "--json", program="roampost").stdout)[0]["id"]

    def run_as(self, uid, *words, text=b"From: root (Cron Daemon)\nTo: a@x.example\n\nx\n", program="roampost-sendmail"):
        script = f'mount --bind {self.path}/passwd /etc/passwd && exec setpriv --reuid={uid} --regid={uid} --clear-groups -- "$@"'
        return subprocess.run(["unshare", "-m", "/bin/sh", "-c", script, "sh", self.path + "/bin/" + program, *words],
                              input=text, capture_output=True, env=self.env, cwd="/", timeout=60)

    def of(self, user):
        return self.stored(f"{self.path}/{user}/.local/state/roampost")


TAROS = "[agent]\nsystem-mail-user=taro\ndefault-identity=taro@odn.example\n"


@test
def mail_of_root():
    with Machine(TAROS) as machine:
        for words in (("-i", A), ("-t", "-i"), ("-FCronDaemon", "-i", "-B8BITMIME", "-oem", A)):
            done = machine.run_as(0, *words)
            equal((done.stderr, done.returncode, done.stdout), (b"", 0, b""), words)
            equal(machine.of("taro")[-1][:2], ("taro@odn.example", [A]), words)
            equal(b"From: taro@odn.example (Cron Daemon)" in machine.of("taro")[-1][2], True)
        equal(machine.of("root"), [])
        directory = machine.path + "/taro/.local/state/roampost"
        for path in [directory] + [f"{directory}/{name}" for name in os.listdir(directory)]:
            status = os.stat(path)
            equal((status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode) & 0o077), (TARO, TARO, 0), path)
        local = machine.run_as(0, "-i", "root")
        equal((local.stderr, local.returncode), (b"", 0))  # a local name: the user's own maildir
        equal([os.stat(f"{machine.path}/taro/Maildir/new/{n}").st_uid for n in os.listdir(machine.path + "/taro/Maildir/new")],
              [TARO])
        smtp = machine.run_as(0, "-bs", text=b"EHLO me\r\nMAIL FROM:<root>\r\nRCPT TO:<a@x.example>\r\nDATA\r\n\r\nx\r\n.\r\nQUIT\r\n")
        equal((smtp.returncode, len(machine.of("taro"))), (0, 4))
        equal(A.encode() in machine.run_as(0, "-bp").stdout, True)
        for words in (("queue", "--json"), ("status", "--json"), ("history", "--json"), ("show", "--json", machine.first_id())):
            seen = [machine.run_as(uid, *words, program="roampost") for uid in (0, TARO)]
            equal((seen[0].returncode, seen[0].stdout), (seen[1].returncode, seen[1].stdout), (words, seen))
        equal(A.encode() in machine.run_as(0, "queue", program="roampost").stdout, True)
        refused = machine.run_as(WEB, "queue", program="roampost")
        equal((refused.returncode, refused.stdout, b"which only root and this user see" in refused.stderr), (1, b"", True), refused)
        queued = machine.run_as(0, "submit", A, program="roampost")
        equal((queued.returncode, len(machine.of("taro")), machine.of("root")), (0, 5, []), queued)
        none = machine.run_as(TARO, "-t", text=b"Subject: x\n\nx\n")
        equal((none.returncode != 0, b"no To, Cc or Bcc line" in none.stderr, b"say -t" in none.stderr), (True, True, False))
        own = machine.run_as(TARO, "-i", A)  # a person's own
        equal((own.returncode, own.stderr, len(machine.of("taro"))), (0, b"", 6))
    with Machine("") as machine:  # nobody is named: an account as any other
        done = machine.run_as(0, "submit", A, program="roampost")
        equal((done.returncode, len(machine.of("root"))), (0, 1), done)
        equal(A.encode() in machine.run_as(0, "queue", program="roampost").stdout, True)


@test
def mail_of_root_for_nobody():
    for system, user, why in (("", "", b"system-mail-user"), ("[agent]\nsystem-mail-user=jiro\n", "", b"no such user"),
                              ("[agent]\nnonsense=1\n", "", b"errors"), ("", TAROS, b"system-mail-user")):
        with Machine(system, user) as machine:
            for words in (("-i", A), ("-t",), ("-bs",)):
                done = machine.run_as(0, *words)
                equal((done.returncode, done.stdout, why in done.stderr), (78, b"", True), (system, user, words, done.stderr))
            equal((machine.of("root"), machine.of("taro")), ([], []))


@test
def mail_of_root_while_the_configuration_has_errors():
    """Cron drops what is refused: whose it is can be read, and it waits in that user's queue."""
    for wrong in ("nonsense=1\n", "[server-set x\n", "[server-set odn]\nsmtp=\n"):
        with Machine("[agent]\nsystem-mail-user=taro\n" + wrong) as machine:
            done = machine.run_as(0, "-i", A)
            equal((done.returncode, len(machine.of("taro")), machine.of("root")), (0, 1, []), (wrong, done.stderr))


@test
def mail_of_system_accounts():
    for system, status in ((TAROS, 75), ("", 78)):  # no agent runs that takes it
        with Machine(system) as machine:
            done = machine.run_as(WEB, "-i", A)
            equal((done.returncode, done.stdout, b"system" in done.stderr), (status, b"", True), done.stderr)
            equal(machine.of("taro"), [])


main(ONLY)
