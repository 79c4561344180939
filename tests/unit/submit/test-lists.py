#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recipient lists at random, whole and with every kind of damage: all of a list's recipients are read,
as another reader finds them, or none and the list is refused.

usage: test-lists.py READ-LISTS ROAMPOST-SENDMAIL [--lists N] [--mails N] [--seed N]"""

import argparse
import base64
import os
import random
import re
import sqlite3
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from cases import equal, main, test  # noqa: E402
import random_lists  # noqa: E402

parser = argparse.ArgumentParser()
parser.add_argument("reader")
parser.add_argument("sendmail")
parser.add_argument("--lists", type=int, default=int(os.environ.get("ROAMPOST_LISTS", "4000")))
parser.add_argument("--mails", type=int, default=int(os.environ.get("ROAMPOST_MAILS", "30")))
parser.add_argument("--seed", type=int, default=1999)  # script/soak draws one
WANTED = parser.parse_args()

MAIL = b"From: Taro <taro@odn.example>\nDate: d\nMessage-ID: <m>\n\nx\n"
CONF = """\
[agent]
default-identity=taro@odn.example
maildir={0}/Maildir
[server-set odn]
identities=taro@odn.example
smtp=smtp://mail.odn.example
relay=anywhere
"""


def lists(n, dice):
    """(octets, addresses that it was made of, or None)"""
    maker = random_lists.Whole(dice)
    for i in range(n):
        text, found = maker.list()
        yield (text, found) if i % 4 == 0 else (random_lists.damaged(text, dice), None)


def other_reader(text):
    """None: it can't be read."""
    try:
        return {random_lists.printed(address) for address in random_lists.read(text)}
    except (random_lists.Unreadable, UnicodeError):
        return None


def judge(text, made_of, got):
    """What is wrong with that reading, or None."""
    wanted = {random_lists.printed(a) for a in made_of} if made_of is not None else other_reader(text)
    if got is None:
        return f"refused, though it is whole: {text!r}" if made_of is not None else None
    if wanted is None:
        return f"{text!r}: taken as {sorted(got)}; the other reader can't read it"
    return None if got == wanted else f"{text!r}: {sorted(got)} instead of {sorted(wanted)}"


@test
def the_other_reader():
    """It finds what whole lists are made of."""
    dice = random.Random(WANTED.seed)
    for text, made_of in lists(WANTED.lists // 4, dice):
        if made_of is not None:
            equal(other_reader(text), {random_lists.printed(a) for a in made_of}, repr(text))


@test
def random_lists_in_one_process():
    dice = random.Random(WANTED.seed)
    print(f"# seed {WANTED.seed}", flush=True)
    taken = refused = readable = 0
    wrong = []
    with subprocess.Popen([WANTED.reader], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        for text, made_of in lists(WANTED.lists, dice):
            process.stdin.write(base64.b64encode(text) + b"\n")
            process.stdin.flush()
            answer = process.stdout.readline().rstrip(b"\n")
            if answer[:1] not in (b"+", b"-"):
                raise AssertionError(f"the reader ended: {text!r}")
            got = {base64.b64decode(a).decode() for a in answer[1:].split()} if answer[:1] == b"+" else None
            complaint = judge(text, made_of, got)
            wrong += [complaint] if complaint else []
            taken, refused = taken + (got is not None), refused + (got is None)
            readable += got is None and other_reader(text) is not None
        process.stdin.close()
        equal(process.wait(), 0)
    print(f"# {taken} taken, {refused} refused, {readable} of these readable by the other reader; {len(wrong)} wrong")
    equal(wrong[:20], [], f"{len(wrong)} of {WANTED.lists}")


class Home:
    def __init__(self, path):
        self.path = path
        self.env = dict(os.environ, ROAMPOST_STATE=path + "/state", ROAMPOST_CONFIG=path + "/conf")
        with open(path + "/conf", "w") as out:
            out.write(CONF.format(path))

    def send(self, text):
        """(exit status, recipients by address, whether the maildir has it)"""
        done = subprocess.run([WANTED.sendmail, "-t", "-i"], input=b"To: " + text + b"\n" + MAIL, env=self.env,
                              capture_output=True, timeout=120)
        maildir = self.path + "/Maildir/new"
        mails = os.listdir(maildir) if os.path.exists(maildir) else []
        for mail in mails:
            os.unlink(f"{maildir}/{mail}")
        return done.returncode, self.queued(), len(mails)

    def queued(self):
        if not os.path.exists(self.path + "/state/queue.db"):
            return set()
        database = sqlite3.connect(self.path + "/state/queue.db")
        try:
            last = database.execute("SELECT max(id) FROM messages WHERE phase<>0").fetchone()[0]
            found = {a for a, in database.execute("SELECT address FROM recipients WHERE message=?", (last,))}
            database.execute("DELETE FROM recipients")
            database.commit()
            return found
        finally:
            database.close()


@test
def random_lists_through_sendmail():
    """Exit status 0 and all of them, or 65 and nothing; 64 where the list is empty, 67 with nobody's name in it."""
    dice = random.Random(WANTED.seed + 1)
    statuses = {}
    with tempfile.TemporaryDirectory(prefix="roampost-lists-") as path:
        home, n = Home(path), 0
        for text, made_of in lists(WANTED.mails * 100, dice):
            # What ends the field is no part of the list.
            if re.search(rb"[\r\n]", random_lists.FOLD.sub(b"", text)):
                continue
            status, addresses, mails = home.send(text)
            statuses[status] = statuses.get(status, 0) + 1
            got = None if status in (65, 67) else addresses
            if status in (64, 65, 67):
                equal((addresses, mails), (set(), 0), repr(text))
            wanted = {random_lists.printed(a) for a in made_of} if made_of is not None else other_reader(text)
            equal(status in (0, 64, 67) or made_of is None, True, repr(text))
            if status == 67:
                equal(any("@" not in a and a not in ("root", "postmaster") for a in wanted or ()), True, repr(text))
            if got is not None:
                equal(wanted is not None, True, repr(text))
                equal((got, mails > 0), ({a for a in wanted if "@" in a}, any("@" not in a for a in wanted)), repr(text))
            n += 1
            if n == WANTED.mails:
                break
    print(f"# exit statuses {statuses}")
    equal(set(statuses) <= {0, 64, 65, 67}, True)


main()
