# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A user with a running agent, and what becomes of the mail that programs hand over.

An agent on private buses, with a queue in a temporary folder, offline at first: so what programs
hand over is seen in the queue. Then the network comes up, and the same is seen at a receiving SMTP
server. `recorder` is a sendmail that notes how it was called, and calls roampost-sendmail."""

import collections
import glob
import ipaddress
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys

SYSTEM = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [SYSTEM, os.path.join(os.path.dirname(SYSTEM), "fakes")]
from lab import world  # noqa: E402
from lab.manager import Bus  # noqa: E402
from lab.roampost import User, program  # noqa: E402
from lab.small import MockManager, Stage  # noqa: E402
from ports import reserve  # noqa: E402

ME, FRIEND, OTHER, SECRET = "taro@odn.example", "hanako@friends.example", "jiro@work.example", "secret@work.example"

Stored = collections.namedtuple("Stored", "sender recipients content")
Call = collections.namedtuple("Call", "arguments text")

CONFIG = """\
[agent]
listen={listen}
default-identity={me}
maildir={dir}/Maildir
notify=no
{more}
[provider odn]
name=ODN
prefixes=203.0.113.0/24

[server-set odn]
provider=odn
identities={me}
carries=any
relay=inside
smtp=smtp://127.0.0.1:{port}
smtp-tls=off
connections=1
"""

# The pipe stays a pipe, and the status is roampost-sendmail's.
RECORDER = """\
#!/bin/sh
n=$(ls {dir}/*.args 2>/dev/null | wc -l)
for word; do printf '%s\\0' "$word"; done >{dir}/$n.args
tee {dir}/$n.text | {sendmail} "$@"
"""


class Receiver:
    """The SMTP server of tests/fakes, as a process of its own."""

    def __init__(self):
        path = os.path.join(os.environ.get("ROAMPOST_SOURCE", "."), "tests/fakes/smtp-server.py")
        self.process = subprocess.Popen([sys.executable, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = self.ask(ehlo=["PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE 0", "DSN"])["port"]

    def ask(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def arrived(self):
        """Every mail that was taken."""
        answer = self.ask(log=self.port)
        sender, recipients, envelopes = None, [], []
        for line in answer["log"].splitlines():
            verb = line[:4].upper()
            if verb == "MAIL":
                sender, recipients = re.search("<(.*?)>", line).group(1), []
            elif verb == "RCPT":
                recipients.append(re.search("<(.*?)>", line).group(1))
            elif re.fullmatch(r"\[\d+\]", line):
                envelopes.append((sender, recipients))
        return [Stored(s.encode("latin-1").decode(), [r.encode("latin-1").decode() for r in rs], text.encode("latin-1"))
                for (s, rs), text in zip(envelopes, answer["mails"])]


class Outbox:
    def __init__(self, more=""):
        for kind in ("system", "session"):
            Bus(kind)
        self.receiver = Receiver()
        self.line = collections.namedtuple("Line", "title own address4")(
            "ODN", [ipaddress.ip_network("203.0.113.0/24")], "203.0.113.66")
        self.manager = MockManager(Stage(), [self.line])
        self.port = reserve()
        self.dir = world.DIR
        self.user = User(CONFIG.format(listen="127.0.0.1:%d" % self.port, me=ME, dir=world.DIR, more=more,
                                       port=self.receiver.port), env={"ROAMPOST_LINKS": "networkmanager"})
        self.env = self.user.env
        self.state = self.env["ROAMPOST_STATE"]
        self.sendmail, self.roampost = program("roampost-sendmail"), program("roampost")
        self._make_recorder()
        self.user.start_agent()
        self.seen = 0

    def _make_recorder(self):
        self.calls_dir = world.DIR + "/calls"
        os.makedirs(self.calls_dir)
        self.recorder = world.DIR + "/sendmail"
        with open(self.recorder, "w") as out:
            out.write(RECORDER.format(dir=self.calls_dir, sendmail=self.sendmail))
        os.chmod(self.recorder, 0o755)

    def calls(self):
        """How the recorder was called, in order."""
        calls = []
        for number in range(len(glob.glob(self.calls_dir + "/*.args"))):
            with open("%s/%d.args" % (self.calls_dir, number)) as arguments, \
                    open("%s/%d.text" % (self.calls_dir, number), "rb") as text:
                calls.append(Call(arguments.read().split("\0")[:-1], text.read()))
        return calls

    def run(self, *words, text=b"", env=None, good=True, **options):
        """Runs a program of the user's; its output. What fails is an exception that shows it."""
        done = subprocess.run(words, input=text, capture_output=True, timeout=60, cwd=options.pop("cwd", self.dir),
                              env=dict(self.env, HOME=self.dir, **(env or {})), **options)
        if good and done.returncode:
            raise RuntimeError("%s: status %d\n%s" % (" ".join(words), done.returncode,
                                                      (done.stdout + done.stderr).decode(errors="replace")))
        return done.stdout.decode(errors="replace")

    def queued(self):
        """What is in the queue, octet for octet."""
        path = self.state + "/queue.db"
        if not os.path.exists(path):
            return []
        database = sqlite3.connect("file:%s?mode=ro" % path, uri=True)
        try:
            return [Stored(sender, [r[0] for r in database.execute(
                "SELECT address FROM recipients WHERE message=? ORDER BY number", (number,))],
                b"".join(r[0] for r in database.execute("SELECT data FROM content WHERE id/8192=? ORDER BY id", (number,))))
                for number, sender in database.execute("SELECT id, sender FROM messages WHERE phase<>0 ORDER BY id")]
        finally:
            database.close()

    def local(self):
        """What is in the maildir."""
        mails = []
        for path in sorted(glob.glob(self.dir + "/Maildir/new/*"), key=lambda path: os.stat(path).st_mtime_ns):
            with open(path, "rb") as mail:
                mails.append(mail.read())
        return mails

    def go_online(self):
        self.manager.up("ODN")

    def go_offline(self):
        self.manager.down("ODN")

    def arrived(self, number):
        """So many mails, in the order of arrival."""
        world.wait_for(lambda: len(self.receiver.arrived()) >= number,
                       lambda: "%d mails at the server; there are %d\n%s" % (
                           number, len(self.receiver.arrived()), self.user.agent_log()), 20, 0.05)
        return self.receiver.arrived()


def find(*names):
    """The first of these programs that is installed; None: none is."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    return next(filter(None, (shutil.which(name, path=path) for name in names)), None)


# ---- what a program meant ----

ADDED = (b"date", b"from", b"message-id")


def split(content):
    """Header fields (unfolded they are not) and body of wire format."""
    header, _, body = content.partition(b"\r\n\r\n")
    fields = []
    for line in header.split(b"\r\n"):
        if line[:1] in b" \t" and fields and line:
            fields[-1] += b"\r\n" + line
        elif line:
            fields.append(line)
    return fields, body


def name_of(field):
    return field.split(b":", 1)[0].strip().lower()


def wire(text):
    """What comes on standard input, with the line ends of the wire and one at the end."""
    text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    return text if text.endswith(b"\r\n") else text + b"\r\n"


def compare(t, what, got, text):
    """What is stored is what was handed over, but for what the manual says of the header: Bcc is
    taken out, and what is missing of Date, From and Message-ID is added at its end."""
    meant, meant_body = split(wire(text))
    fields, body = split(got)
    meant = [f for f in meant if name_of(f) not in (b"bcc", b"resent-bcc")]
    missing = sorted(n for n in ADDED if n not in map(name_of, meant))
    t.equal(body, meant_body, what + ": the body")
    t.equal(fields[:len(meant)], meant, what + ": the header")
    t.equal(sorted(map(name_of, fields[len(meant):])), missing, what + ": what is added to it")
