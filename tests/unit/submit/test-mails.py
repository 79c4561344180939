#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random mails with damaged line ends, headers and bodies through roampost-sendmail -t, beside another
reader of them that is written from the rules: what is stored has the same fields and the same body, the
recipients are those of its fields, and no Bcc field is left.

usage: test-mails.py ROAMPOST-SENDMAIL [--mails N] [--seed N]"""

import argparse
import os
import random
import re
import sqlite3
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from cases import equal, main, test  # noqa: E402

parser = argparse.ArgumentParser()
parser.add_argument("sendmail")
parser.add_argument("--mails", type=int, default=int(os.environ.get("ROAMPOST_MAILS", "100")))
parser.add_argument("--seed", type=int, default=1999)  # script/soak draws one
WANTED = parser.parse_args()
SENDMAIL = os.path.abspath(WANTED.sendmail)

GIVEN = "given@x.example"
CONF = """\
[agent]
default-identity=taro@odn.example
maildir={0}/Maildir
[server-set odn]
identities=taro@odn.example
smtp=smtp://mail.odn.example
relay=anywhere
"""


# ---- the rules ----

RECIPIENTS = {b"to", b"cc", b"bcc"}
RESENT = {b"resent-" + name for name in RECIPIENTS}


def lines_of(text, dot_ends):
    """CRs before an LF belong to it; without any LF a CR ends lines. The last line end may be missing."""
    lines = text.split(b"\n") if b"\n" in text else text.split(b"\r")
    if lines[-1] == b"":
        lines.pop()
    lines = [line.rstrip(b"\r") for line in lines]
    return lines[:lines.index(b".")] if dot_ends and b"." in lines else lines


def name_of(line):
    found = re.match(rb"([!-9;-~]+)[ \t]*:", line)
    return found[1].lower() if found else None


def read(text, dot_ends):
    """(fields as lists of lines, lines of the body)"""
    lines = lines_of(text, dot_ends)
    while lines and re.match(rb">?From ", lines[0].replace(b"\r", b" ")):
        lines.pop(0)
    fields = []
    for number, line in enumerate(lines):
        line = line.replace(b"\r", b" ")
        if line == b"":
            return fields, lines[number + 1:]
        if line[:1] in (b" ", b"\t") and fields:
            fields[-1].append(line)
        elif name_of(line):
            fields.append([line])
        else:
            return fields, [line] + lines[number + 1:]
    return fields, []


def value_of(field):
    return b"".join(field).split(b":", 1)[1].replace(b"\0", b"").strip(b" \t\r\n\v\f")


def stored_form(text, dot_ends):
    """(fields, names of those that are added, body, recipients)"""
    fields, body = read(text, dot_ends)
    kept, seen, recipients = [], set(), {"to": [], "resent": []}
    resent = False
    for field in fields:
        name = name_of(field[0])
        if name in RECIPIENTS | RESENT:
            resent |= name in RESENT
            recipients["resent" if name in RESENT else "to"] += re.findall(rb"[\w.]+@[\w.]+", value_of(field))
        if name in (b"bcc", b"resent-bcc") or (name == b"from" and b"from" not in seen and not value_of(field)):
            continue
        seen.add(name)
        kept.append(b"\r\n".join(field))
    added = [name for name in (b"date", b"from", b"message-id") if name not in seen]
    found = recipients["resent" if resent else "to"]
    return kept, added, b"".join(line + b"\r\n" for line in body), [r.decode() for r in found]


# ---- mails ----

class Mails:
    def __init__(self, dice):
        self.dice = dice
        self.number = 0

    def chance(self, share):
        return self.dice.random() < share

    def address(self, kind):
        self.number += 1
        return b"%s%d@x.example" % (kind, self.number)

    def text(self):
        pieces = [b"word", b"10%", b"\r", b"\r\r", b"\t", b"  ", b"\xc3\xbc", b"\xe9", b"\0", b"x" * 1200, b".", b"From ",
                  b"Bcc: secret9999@x.example", b":", b"=?utf-8?q?a?=", b"-", b">From x", b"\x1b$B;3\x1b(B", b"\x7f"]
        weights = [12, 3, 2, 1, 2, 2, 2, 2, 1, 1, 2, 1, 1, 2, 1, 2, 1, 1, 1]
        return b"".join(self.dice.choices(pieces, weights, k=self.dice.randint(0, 6)))

    def fold(self):
        return self.dice.choice([b"\n ", b"\n\t", b" ", b"\r\n  "]) if self.chance(0.4) else b" "

    def recipients(self):
        name = self.dice.choice([b"To", b"Cc", b"Bcc", b"BCC", b"to", b"bcc", b"Bcc", b"Resent-To" if self.chance(0.1) else b"CC",
                                 b"Resent-Bcc" if self.chance(0.1) else b"Bcc"])
        kind = b"secret" if name.lower().endswith(b"bcc") else b"r"
        listed = (b"," + self.fold()).join(self.address(kind) for _ in range(self.dice.randint(1, 3)))
        return name + self.dice.choice([b":", b":", b":", b" :", b"\t:"]) + self.fold() + listed

    def field(self):
        name = self.dice.choice([b"Subject", b"X-A", b"X-B", b"Received", b"Reply-To", b"List-Id", b"X-Bcc", b"Bccc", b"Fro"])
        value = self.text()
        while self.chance(0.3):
            value += self.dice.choice([b"\n ", b"\n\t", b"\n  \t", b"\r\r\n "]) + self.text()
        return name + self.dice.choice([b":", b": ", b" :", b":\t"]) + value

    def header(self):
        fields = [self.recipients() for _ in range(self.dice.randint(0, 3))] + [self.field() for _ in range(self.dice.randint(0, 5))]
        for field in (b"From: Taro <taro@odn.example>", b"Date: Tue, 24 Nov 2026 00:00:00 +0000", b"Message-ID: <m@x.example>",
                      b"FROM : taro@odn.example"):
            if self.chance(0.4):
                fields.append(field)
        if self.chance(0.05):
            fields.append(b"From:" + self.dice.choice([b"", b" ", b" \t"]))
        if self.chance(0.07):
            fields.append(self.dice.choice([b"no field", b"two words: x", b"  ", b"\0x: y", b": x", b"\xc3\xbc: x"]))
        self.dice.shuffle(fields)
        return fields

    def mail(self):
        top = [self.dice.choice([b"From taro Tue Nov 24 00:00:00 2026", b">From root"]) for _ in range(2)] if self.chance(0.1) else []
        lines = top + self.header()
        if not self.chance(0.05):
            lines += [b""] + [self.text() for _ in range(self.dice.randint(0, 8))]
        end = self.dice.choice([b"\n"] * 4 + [b"\r\n"] * 2 + [b"\r\r\n", None, b"\r"])
        text = b"".join(line + (end or self.dice.choice([b"\n", b"\r\n", b"\r\r\n"])) for line in lines)
        if end == b"\r":
            text = re.sub(rb"\r*\n", b"\r", text).replace(b"Bcc: secret9999", b"Bcc secret9999")
        return text[:-1] if self.chance(0.1) and text else text


def give(home, env, text, dot_ends):
    words = [SENDMAIL, "-t", *([] if dot_ends else ["-i"]), GIVEN]
    return subprocess.run(words, input=text, capture_output=True, env=env, timeout=60)


def last(state):
    database = sqlite3.connect(state + "/queue.db")
    try:
        number, = database.execute("SELECT max(id) FROM messages WHERE phase<>0").fetchone()
        recipients = [r for r, in database.execute("SELECT address FROM recipients WHERE message=?", (number,))]
        return recipients, b"".join(d for d, in database.execute("SELECT data FROM content WHERE id/8192=? ORDER BY id", (number,)))
    finally:
        database.close()


def parsed(content):
    """The fields as they stand, and the body."""
    header, _, body = content.partition(b"\r\n\r\n") if not content.startswith(b"\r\n") else (b"", b"", content[2:])
    fields = re.split(rb"\r\n(?![ \t])", header)
    return [f for f in fields if f], body


def judge(text, dot_ends, recipients, content):
    kept, added, body, found = stored_form(text, dot_ends)
    fields, got_body = parsed(content)
    shown = f"{text!r}{' (a dot ends it)' if dot_ends else ''}: "
    equal(fields[:len(kept)], kept, shown + "fields")
    equal([name_of(f) for f in fields[len(kept):]], added, shown + "added fields")
    equal(got_body, body, shown + "body")
    equal(sorted(recipients), sorted({GIVEN, *found}), shown + "recipients")
    for field in fields:
        if name_of(field) in (b"bcc", b"resent-bcc"):
            raise AssertionError(shown + f"{field!r} is left")


@test
def the_other_reader():
    """It knows what it should."""
    fields, body = read(b"From x\r\n>From y\nA: 1\r2\nB\t: 3\n 4\r\r\n\nx\ry\n", False)
    equal((fields, body), ([[b"A: 1 2"], [b"B\t: 3", b" 4"]], [b"x\ry"]))
    equal(read(b"A: 1\rB: 2\r\rx", False), ([[b"A: 1"], [b"B: 2"]], [b"x"]))
    equal(stored_form(b"Bcc : a@x.example,\n b@x.example\nTo: c@x.example\n", False)[3], ["a@x.example", "b@x.example", "c@x.example"])


@test
def random_mails():
    print(f"# seed {WANTED.seed}", flush=True)
    mails = Mails(random.Random(WANTED.seed))
    with tempfile.TemporaryDirectory(prefix="roampost-mails-") as home:
        with open(home + "/conf", "w") as out:
            out.write(CONF.format(home))
        env = dict(os.environ, ROAMPOST_STATE=home + "/state", ROAMPOST_CONFIG=home + "/conf")
        for _ in range(WANTED.mails):
            text, dot_ends = mails.mail(), mails.chance(0.3)
            done = give(home, env, text, dot_ends)
            equal((done.returncode, done.stderr), (0, b""), repr(text))
            judge(text, dot_ends, *last(home + "/state"))
    print(f"# {WANTED.mails} mails", flush=True)


main()
