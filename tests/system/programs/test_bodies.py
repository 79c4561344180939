#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What servers are given that take less than a message holds: scripted ones without 8BITMIME or
SMTPUTF8, and a real Postfix that keeps both from its clients. What arrives is decoded and compared
with what was meant; what can't be converted is held, and what is stored is never changed."""

import email
import email.policy
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lab import tap, world  # noqa: E402
from lab.postfix import Holding  # noqa: E402
import outbox  # noqa: E402

ME, YOU = outbox.ME, outbox.FRIEND
SERVERS = {
    "seven": ["PIPELINING", "SIZE 0", "CHUNKING"],
    "plain": [],
    "eight": ["PIPELINING", "SIZE 0", "8BITMIME"],
    "full": ["PIPELINING", "SIZE 0", "8BITMIME", "SMTPUTF8"],
}
SET = """\
[server-set {name}]
identities={name}@odn.example
carries=any
relay=anywhere
smtp=smtp://127.0.0.1:{port}
smtp-tls=off
connections=1
{more}
"""


def wire(text):
    return text.encode() if isinstance(text, str) else text


HEAD = "From: Tarō <%s>\r\nTo: %s\r\nDate: Tue, 24 Nov 2026 00:00:00 +0000\r\nMessage-ID: <%%s@odn.example>\r\n" % (ME, YOU)
MIME = "MIME-Version: 1.0\r\nContent-Type: %s\r\n"
PART = "--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n八ビット ü = \r\n\r\n"
BINARY = bytes(range(1, 256)).replace(b"\r", b"").replace(b"\n", b"") * 20

TEXT = HEAD % "text" + "Subject: Grüße\r\n\r\nSchöne Grüße.\r\n.\r\n..\r\n"
PARTS = wire(HEAD % "parts" + "Subject: plain\r\n" + MIME % "multipart/mixed; boundary=b" + "\r\n" + PART +
             "--b\r\nContent-Type: application/x; name=\"ü.bin\"\r\nContent-Disposition: attachment; filename=\"ü.bin\"\r\n"
             "Content-Transfer-Encoding: binary\r\n\r\n") + BINARY + b"\r\n--b--\r\n"
SIGNED = (HEAD % "signed" + "Subject: plain\r\n" + MIME % "multipart/signed; boundary=b" + "\r\n" + PART +
          "--b\r\nContent-Type: application/pgp-signature\r\n\r\nx\r\n--b--\r\n")
LONG = HEAD % "long" + "Subject: plain\r\n" + MIME % "text/plain; charset=utf-8" + "\r\n" + "ä x " * 2000 + "\r\nend\r\n"
LARGE = HEAD % "large" + "Subject: plain\r\n" + MIME % "text/plain; charset=utf-8" + "\r\n" + "zwölf Boxkämpfer\r\n" * 200000
DKIM = "DKIM-Signature: v=1\r\n" + TEXT
ASCII = "From: %s\r\nTo: %s\r\nDate: x\r\nMessage-ID: <ascii@x>\r\nSubject: plain\r\n\r\nx\r\n" % (ME, YOU)


class Postfix(Holding):
    def __init__(self):
        super().__init__(world.DIR + "/postfix", "smtpd_discard_ehlo_keywords = 8bitmime, smtputf8\n")
        os.chmod(world.DIR, 0o755)
        self.start()

    def arrived(self):
        """Without what Postfix puts on top."""
        mails = [subprocess.run(["postcat", "-c", self.etc, "-bh", path], capture_output=True, check=True).stdout
                 for path in self.held()]
        return [re.sub(rb"\AReceived: .*\n([ \t].*\n)*", b"", mail).replace(b"\n", b"\r\n") for mail in mails]


class Test:
    def __init__(self, t):
        self.t, self.number = t, 0
        self.servers = outbox.Receiver()
        self.ports = {name: self.servers.ask(ehlo=ehlo)["port"] for name, ehlo in SERVERS.items()}
        self.postfix = Postfix() if os.geteuid() == 0 and outbox.find("postfix") else None
        if self.postfix:
            self.ports["postfix"] = self.postfix.port
        rewriting = [("envelope", "eight", "rewrite-sender=envelope"), ("header", "eight", "rewrite-sender=header")]
        sets = [(n, n, "") for n in self.ports] + rewriting
        self.box = outbox.Outbox("".join(SET.format(name=n, port=self.ports[p], more=m) for n, p, m in sets))
        self.box.go_online()

    def log(self, name):
        answer = self.servers.ask(log=self.ports[name])
        return answer["log"], [mail.encode("latin-1") for mail in answer["mails"]]

    def submit(self, name, content, recipient=YOU):
        env = self.box.env
        return subprocess.run([outbox.program("roampost"), "submit", "-f", ME, "--set", name, recipient], env=env,
                              input=wire(content), capture_output=True, check=True, timeout=60).stdout.decode().strip()

    def sent(self, name, content, by=None):
        """Its new form at the server, sent by a set of that server."""
        mail = self.submit(by or name, content)
        self.box.user.wait_state(mail, "sent", seconds=60)
        mark = re.search(rb"Message-ID: (\S+)", wire(content)).group(1)
        mails = self.postfix.arrived() if name == "postfix" else self.log(name)[1]
        return [m for m in mails if mark in m][-1]

    def held(self, name, content, reason, words, recipient=YOU):
        before = [s.content for s in self.box.queued()]
        mail = self.box.user.wait_state(self.submit(name, content, recipient), "held", seconds=60)
        what = "%s is held" % mail["size"]
        self.t.equal([r["reason"] for r in mail["recipients"][0]["reasons"]], [reason], "%s: %s" % (name, reason))
        self.t.check(words in mail["recipients"][0]["reasons"][0]["text"], what + ": " + words,
                     mail["recipients"][0]["reasons"])
        self.t.equal([s.content for s in self.box.queued()], before + [wire(content)], what + ", as it was")
        return mail["id"]

    def decoded(self, what, got, meant):
        """The same to its reader: subject, names, texts and attachments."""
        a, b = (email.message_from_bytes(x, policy=email.policy.default) for x in (got, wire(meant)))
        for field in ("Subject", "From", "To", "Message-ID"):
            self.t.equal(str(a[field]), str(b[field]), "%s: %s" % (what, field))
        leaves = [[p for p in m.walk() if not p.is_multipart()] for m in (a, b)]
        self.t.equal(*[[(p.get_content_type(), p.get_payload(decode=True)) for p in x] for x in leaves], what + ": contents")
        self.t.check(max(map(len, got.split(b"\r\n"))) <= 998, what + ": no long line")

    def seven_bit(self, name):
        for what, content in (("text", TEXT), ("parts", PARTS)):
            got = self.sent(name, content)
            self.t.check(got.isascii(), "%s, %s: nothing but ASCII" % (name, what), got)
            # Python reads raw UTF-8 in a header differently.
            self.decoded("%s, %s" % (name, what), got, content)
            if name != "postfix":
                self.envelope(name, got)

    def envelope(self, name, content):
        line = [l for l in self.log(name)[0].splitlines() if l.startswith("MAIL")][-1]
        size = re.search(r" SIZE=(\d+)", line)
        if "SIZE 0" in SERVERS[name]:
            self.t.equal(int(size.group(1)), len(content), name + ": SIZE is the new form's")
        self.t.equal("BODY=8BITMIME" in line, not content.isascii(), name + ": BODY says what it is")
        header = content.split(b"\r\n\r\n", 1)[0]
        self.t.equal("SMTPUTF8" in line, not header.isascii(), name + ": SMTPUTF8 only where the header is raw")


def scripted(test):
    t = test.t
    for name in ("seven", "plain"):
        test.seven_bit(name)
    got = test.sent("seven", LARGE)
    test.decoded("a large one", got, LARGE)
    test.envelope("seven", got)
    t.equal(test.sent("seven", ASCII), ASCII.encode(), "what is ASCII goes as it is")
    got = test.sent("eight", TEXT)
    test.envelope("eight", got)
    t.check(got.endswith(TEXT.split("\r\n\r\n", 1)[1].encode()) and b"Subject: =?" in got,
            "with 8BITMIME only the header is encoded", got)
    test.decoded("long lines", test.sent("eight", LONG), LONG)
    got = test.sent("full", TEXT)
    test.envelope("full", got)
    t.check(got.endswith(TEXT.split("\r\n\r\n", 1)[1].encode()) and b"Subject: =?" in got,
            "with SMTPUTF8 too, where no address needs it", got)
    t.equal(test.sent("full", DKIM.replace("<text@", "<dkim@")), wire(DKIM.replace("<text@", "<dkim@")),
            "what must not be changed goes raw there")
    test.envelope("full", DKIM.encode())
    test.decoded("long lines with SMTPUTF8", test.sent("full", LONG), LONG)
    t.equal(test.sent("eight", SIGNED.replace("Tarō", "Taro")), SIGNED.replace("Tarō", "Taro").encode(), "signed, as it is")


def rewritten(test):
    """Mail of another identity goes as the set's own; its own as it is."""
    t, sender = test.t, lambda: [l for l in test.log("eight")[0].splitlines() if l.startswith("MAIL")][-1]
    t.equal(test.sent("eight", ASCII, "envelope"), ASCII.encode(), "rewrite-sender=envelope: the content stays")
    t.check("<envelope@odn.example>" in sender(), "the sender is the set's", sender())
    got = test.sent("eight", ASCII, "header")
    want = ASCII.replace("From: %s" % ME, "From: header@odn.example\r\nReply-To: %s" % ME)
    t.equal(got, want.encode(), "rewrite-sender=header: From is the set's, Reply-To the old one")
    t.check("<header@odn.example> SIZE=%d" % len(want) in sender(), "the sender is the set's", sender())
    got = test.sent("eight", TEXT, "header")
    test.decoded("an encoded name", got, TEXT.replace(ME, "header@odn.example", 1))
    reply = email.message_from_bytes(got, policy=email.policy.default)["Reply-To"]
    t.equal(str(reply), "Tarō <%s>" % ME, "its Reply-To")
    own = ASCII.replace(ME, "header@odn.example", 1)
    t.equal(test.sent("eight", own, "header"), own.encode(), "the set's own identity is not rewritten")
    t.check("<%s>" % ME in sender(), "nor is the envelope of such a message", sender())
    with_reply = ASCII.replace("Subject", "Reply-To: list@x.example\r\nSubject")
    t.equal(test.sent("eight", with_reply, "header"), with_reply.replace("From: " + ME, "From: header@odn.example").encode(),
            "a Reply-To that is there is kept")


def unfit(test):
    plain = SIGNED.replace("Tarō", "Taro")
    signed = test.held("seven", plain, "needs-8bitmime", "signed or encrypted")
    test.box.user.run("pin", signed, "full")
    test.box.user.wait_state(signed, "sent")
    test.t.equal(test.log("full")[1][-1], wire(plain), "pinned to a server that takes it, it goes as it is")
    test.held("seven", DKIM, "needs-8bitmime", "DKIM")
    test.held("eight", ASCII, "needs-smtputf8", "ü@x.example has letters outside ASCII", "ü@x.example")
    got = test.sent("eight", ASCII.replace("ascii@x", "refs@x").replace("Subject", "References: <ü@bücher.example>\r\nSubject"))
    test.t.check(b"References: <=?UTF-8?Q?=C3=BC?=@xn--bcher-kva.example>\r\n" in got, "References in ASCII", got)
    got = test.sent("full", ASCII.replace("ascii@x", "cut@x").replace("Subject", "X: %s\r\nSubject" % ("x" * 2000)))
    test.t.equal(re.findall(rb"X: (x+)\r\n (x+)\r\n (x+)\r\n", got), [(b"x" * 995, b"x" * 997, b"x" * 8)],
                 "a word too long for a line is cut")
    named = ASCII.replace("ascii@x", "named@x").replace("Subject", "%s: x\r\nSubject" % ("x" * 1000))
    released = test.held("full", named, "server-rejected", "released, it goes as it is")
    test.box.user.run("release", released)
    test.box.user.wait_state(released, "sent")
    test.t.equal(test.log("full")[1][-1], wire(named), "released, it went as it is")


def main():
    if not outbox.find("dbus-daemon") or not outbox.find("gdbus"):
        tap.skip_all("dbus-daemon or gdbus is not installed")
    world.enter_stage(220)
    t = tap.Tap()
    test = None
    try:
        test = Test(t)
        scripted(test)
        if test.postfix:
            test.seven_bit("postfix")
        else:
            t.note("no Postfix here: only root can start one")
        rewritten(test)
        unfit(test)
        t.equal(test.box.user.stop_agent(), 0, "the agent ends well")
    except Exception:
        t.crash("bodies")
        world.show_logs()
    finally:
        if test and test.postfix:
            test.postfix.stop()
    t.done()


if __name__ == "__main__":
    main()
