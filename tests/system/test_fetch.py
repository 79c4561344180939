#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""test_fetch.py [SCENARIO..]: `roampost check` against a real Dovecot. Each scenario has a mailbox
and an agent of its own; what is said goes through a relay that sees it, and breaks it at a given
octet."""

import glob
import os
import sqlite3
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import tap, world  # noqa: E402
from lab.dovecot import PASSWORD  # noqa: E402
from lab.maildrop import Maildrop  # noqa: E402
from lab.manager import Bus  # noqa: E402
from lab.proxy import Proxy  # noqa: E402
from lab.roampost import User, program  # noqa: E402
from programs.outbox import Receiver  # noqa: E402

NEAR, FAR, PORT = "203.0.113.7", "203.0.113.1", 1110
CONFIG = """\
[agent]
maildir={maildir}
{agent}
[server-set odn]
identities=taro@odn.example
relay=pop-login
smtp=smtp://127.0.0.1:{smtp}
smtp-tls=off
pop=pop3://{far}:{port}
pop-tls=off
pop-user={name}
pop-password={password}
{keys}
"""
# Lists come before mail: two of capabilities, UIDL and LIST.
N_LISTS = 4

NOTHING_PUT = "roampost: odn could not be checked: a message could not be put away, and stays on the server: "


def checked(count):
    return "odn checked, %d fetched (0)" % count


def mail(number, size=4000):
    """A text with what the wire doubles, and of about the size."""
    head = "From: hanako@friends.example\nSubject: mail %d\n\n.\n..\n\n" % number
    return head + ("x%d " % number * 20 + "\n") * (size // 70) + "\xa5\n"


def mails(count, first=0, size=4000):
    return [(n, mail(n, size)) for n in range(first, first + count)]


class Lab:
    def __init__(self):
        Bus("session")
        world.wire_to_isp(NEAR, FAR)
        self.server = Maildrop(netns="isp").start()
        self.proxy = Proxy(FAR, PORT, ("127.0.0.1", 110), "isp")
        self.smtp = Receiver()

    def connect(self):
        world.plug_in(NEAR, FAR)


class Customer:
    """A mailbox, and the user whose it is, with a running agent."""

    def __init__(self, lab, name, content, keys, agent=""):
        self.lab, self.name, self.sessions_before = lab, name, len(lab.proxy.sessions)
        self.maildir = "%s/%s-mail" % (world.DIR, name)
        self.texts = dict(content)
        lab.server.put(content, name)
        self.user = User("", name, {"ROAMPOST_LINKS": "kernel"})
        self.configure(keys, agent)
        self.start()

    def configure(self, keys, agent=""):
        self.user.configure(CONFIG.format(maildir=self.maildir, agent=agent, smtp=self.lab.smtp.port, far=FAR,
                                          port=PORT, name=self.name, password=PASSWORD, keys=keys))

    def start(self):
        self.user.start_agent()
        self.online()

    def online(self):
        # not for a set in use: its SMTP server is on this machine, and needs no network
        world.wait_for(lambda: self.user.ask("status")["place"]["online"], "a way out", 60, 0.02)

    def put(self, content):
        self.texts.update(content)
        self.lab.server.put(content, self.name)

    def check(self):
        """What the command says, and its status."""
        done = subprocess.run([program("roampost"), "check", "--wait"], env=self.user.env, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=100)
        return "%s (%d)" % (done.stdout.strip(), done.returncode)

    def stored(self):
        texts = []
        for path in glob.glob(self.maildir + "/new/*"):
            with open(path) as text:
                texts.append(text.read())
        return sorted(texts)

    def waiting(self):
        return os.listdir(self.maildir + "/tmp")

    def left(self):
        return self.lab.server.left(self.name)

    def session(self):
        """The last, in Dovecot's words, which come when all are over."""
        server, made = self.lab.server, len(self.lab.proxy.sessions) - self.sessions_before
        return world.wait_for(lambda: len(server.sessions(self.name)) == made and server.sessions(self.name),
                              lambda: "%d sessions: %s" % (made, server.sessions(self.name)))[-1]

    def has_all_once(self, t):
        t.equal(self.stored(), sorted(self.texts.values()), "every mail is there once, as it was")
        t.equal(self.waiting(), [], "nothing is left over")

    def end(self):
        self.user.stop_agent()


# ---- in order ----

def quits_alone(t, session):
    """Nothing but its own answer comes after QUIT."""
    t.equal(session.commands[-1], "QUIT", "the last command")
    answer = session.said[session.said_before[-1]:]
    t.check(answer.startswith(b"+OK") and answer.count(b"\n") == 1, "QUIT is sent when all is answered", answer)


def leave(t, lab):
    c = Customer(lab, "leave", mails(12), "fetch=leave")
    t.equal(c.check(), checked(12), "a check")
    c.has_all_once(t)
    session = lab.proxy.sessions[-1]
    first = session.commands.index("RETR 1")
    t.equal(session.said_before[first:first + 12], [session.said_before[first]] * 12, "all are asked for at once")
    quits_alone(t, session)
    with sqlite3.connect(c.user.env["ROAMPOST_STATE"] + "/queue.db") as queue:
        logins = queue.execute("SELECT set_name, place_key<>'' , source FROM pop_logins").fetchall()
    t.equal(logins, [("odn", 1, NEAR)], "its login counts as one, for sending")
    t.equal(c.check(), checked(0), "the second check")
    t.equal(c.session(), {"top": 0, "retr": 0, "octets": 0, "dele": 0}, "which fetches nothing")
    c.put(mails(1, 12))
    c.user.stop_agent()
    c.start()
    t.equal(c.check(), checked(1), "a new mail, for another agent")
    c.has_all_once(t)
    t.equal(c.left(), 13, "all are left")
    c.end()


def delete(t, lab):
    c = Customer(lab, "delete", mails(12), "fetch=delete")
    seen = []
    lab.proxy.on_command = lambda command: command.startswith("DELE") and seen.append(len(c.stored()))
    t.equal(c.check(), checked(12), "a check")
    lab.proxy.on_command = lambda command: None
    c.has_all_once(t)
    t.check(len(seen) == 12 and all(visible > n for n, visible in enumerate(seen)),
            "DELE comes when the mail is in the maildir", seen)
    quits_alone(t, lab.proxy.sessions[-1])
    t.equal(c.left(), 0, "none is left")
    c.end()


def keep_days(t, lab):
    c = Customer(lab, "keep", mails(3), "fetch=delete\nkeep-days=2")
    t.equal(c.check(), checked(3), "a check")
    t.equal(c.left(), 3, "all are left for now")
    c.user.stop_agent()
    with sqlite3.connect(c.user.env["ROAMPOST_STATE"] + "/queue.db") as queue:
        queue.execute("UPDATE fetched SET at = at - 2 * 86400 * 1000000 - 1")
    c.put(mails(1, 3))
    c.start()
    t.equal(c.check(), checked(1), "two days later")
    t.equal((c.session()["dele"], c.left()), (3, 1), "what was fetched then is deleted")
    c.has_all_once(t)
    c.end()


def max_size(t, lab):
    c = Customer(lab, "large", mails(3) + mails(1, 3, 40000), "fetch=delete\nmax-size=10K")
    t.equal(c.check(), checked(4), "a check")
    session = c.session()
    t.equal((session["top"], session["retr"], session["dele"]), (1, 3, 3), "of the large one the header")
    t.check(session["octets"] < 15000, "no more comes of it", session["octets"])
    noted = [text for text in c.stored() if "Subject: mail 3" in text]
    t.check(len(noted) == 1 and "X-Roampost-Note: header only" in noted[0] and "max-size=10K allows" in noted[0] and
            "x3" not in noted[0], "with a note", noted)
    t.equal(c.left(), 1, "it stays on the server")
    t.equal(c.check(), checked(0), "once")
    c.user.stop_agent()
    c.configure("fetch=delete\nmax-size=1M")
    c.start()
    t.equal(c.check(), checked(1), "whole, where the limit allows it")
    t.equal([text for text in c.stored() if text not in noted], sorted(c.texts.values()), "as it was")
    t.equal(c.left(), 0, "and is deleted")
    c.end()


def mda(t, lab):
    box = world.DIR + "/mda"
    os.makedirs(box)
    c = Customer(lab, "mda", mails(4), "fetch=delete", "mda=test -d %s/open && cat > %s/open/$$" % (box, box))
    t.check(c.check().startswith(NOTHING_PUT), "a command that fails")
    t.equal(c.left(), 4, "nothing is deleted")
    os.makedirs(box + "/open")
    t.equal(c.check(), checked(4), "one that does not")
    texts = [open(path).read() for path in glob.glob(box + "/open/*")]
    t.equal(sorted(texts), sorted(c.texts.values()), "it is given every mail once, as it was")
    t.equal(c.left(), 0, "and all are deleted")
    c.end()


# ---- what breaks ----

def whole_mails(session):
    return session.said.count(b"\r\n.\r\n") - N_LISTS


def the_rest(t, lab, c, came):
    """What came whole is not fetched again."""
    stored = len(c.stored())
    t.equal(stored, came, "what came whole is kept")
    t.equal(c.left(), 12, "nothing is deleted")
    t.equal(c.check(), checked(12 - came), "then the rest")
    t.equal(c.session()["retr"], 12 - came, "and only that")
    c.has_all_once(t)
    t.equal(c.left(), 0, "all are deleted")


def cut(t, lab):
    c = Customer(lab, "cut", mails(12), "fetch=delete")
    lab.proxy.cut_after = 30000
    said = c.check()
    t.check("was not checked to the end" in said and "the connection was lost" in said, "a line that breaks", said)
    came = whole_mails(lab.proxy.sessions[-1])
    t.check(0 < came < 12, "in the middle", came)
    the_rest(t, lab, c, came)
    c.end()


def unplugged(t, lab):
    """The link goes away, and comes back."""
    c = Customer(lab, "unplugged", mails(12), "fetch=delete")
    lab.proxy.stop_at(30000)
    c.user.run("check")
    world.wait_for(lab.proxy.stopped.is_set, "the stop")
    came = whole_mails(lab.proxy.sessions[-1])
    world.wait_for(lambda: len(c.stored()) == came, lambda: "%d mails stored: %d" % (came, len(c.stored())))
    world.ip(None, "link set wire0 down")
    world.wait_for(lambda: "checked: %d fetched" % came in c.user.agent_log(), "the end of the check")
    lab.proxy.go.set()
    lab.connect()
    c.online()
    the_rest(t, lab, c, came)
    c.end()


def killed(t, lab):
    """The agent is, in the middle of it."""
    c = Customer(lab, "killed", mails(12), "fetch=delete")
    lab.proxy.stop_at(30000)
    c.user.run("check")
    world.wait_for(lab.proxy.stopped.is_set, "the stop")
    came = whole_mails(lab.proxy.sessions[-1])
    world.wait_for(lambda: len(c.stored()) == came, lambda: "%d mails stored: %d" % (came, len(c.stored())))
    c.user.stop_agent(kill=True)
    lab.proxy.go.set()
    rest = c.waiting()
    t.check(len(rest) <= 1, "one was coming in", rest)
    for name in rest:
        os.unlink("%s/tmp/%s" % (c.maildir, name))
    c.start()
    the_rest(t, lab, c, came)
    c.end()


def disk(t, lab):
    """Full, and then read-only."""
    os.makedirs(world.DIR + "/disk-mail")
    world.run(["mount", "-t", "tmpfs", "-o", "size=20k", "disk", world.DIR + "/disk-mail"])
    c = Customer(lab, "disk", mails(12), "fetch=delete")
    said = c.check()
    t.check("a message could not be put away" in said and "No space left" in said, "a full disk", said)
    stored = len(c.stored())
    t.check(0 < stored < 12, "some are stored", stored)
    t.check(set(c.stored()) <= set(c.texts.values()), "as they were")
    t.equal(c.left(), 12, "nothing is deleted")
    t.equal(c.waiting(), [], "nothing is left over")
    world.run(["mount", "-o", "remount,ro,size=1m", world.DIR + "/disk-mail"])
    t.check(c.check().startswith(NOTHING_PUT), "a disk that can't be written")
    world.run(["mount", "-o", "remount,rw", world.DIR + "/disk-mail"])
    t.equal(c.check(), checked(12 - stored), "the rest, when there is room")
    c.has_all_once(t)
    t.equal(c.left(), 0, "all are deleted")
    c.end()


# ---- sending meanwhile ----

def beside(t, lab):
    """The fetch outlasts the window that its login opened."""
    c = Customer(lab, "beside", mails(12), "fetch=leave\npop-window=6s")
    lab.proxy.stop_at(30000)
    before = len(lab.proxy.sessions)
    c.user.run("check")
    world.wait_for(lab.proxy.stopped.is_set, "the stop")
    over = time.monotonic() + 6.1
    world.wait_for(lambda: time.monotonic() > over, "the end of the window")
    c.user.wait_state(c.user.submit("taro@odn.example", "hanako@friends.example"), "sent")
    t.equal(len(lab.proxy.sessions), before + 2, "a login of its own is made for what is to be sent")
    t.check(not lab.proxy.sessions[before].over.is_set() and len(c.stored()) < 12, "while the fetch goes on")
    lab.proxy.go.set()
    world.wait_for(lambda: len(c.stored()) == 12, "all mails")
    c.has_all_once(t)
    c.end()


SCENARIOS = [leave, delete, keep_days, max_size, mda, cut, unplugged, killed, disk, beside]


def main():
    reason = world.why_not()
    if reason:
        tap.skip_all(reason)
    world.enter(220)
    t = tap.Tap()
    wanted = sys.argv[1:]
    try:
        lab = Lab()
        for scenario in SCENARIOS:
            if not wanted or scenario.__name__ in wanted:
                began = time.monotonic()
                scenario(t, lab)
                t.note("%s: %.1f s" % (scenario.__name__, time.monotonic() - began))
    except Exception:
        t.crash("the test went to its end")
        world.show_logs()
    t.done()


main()
