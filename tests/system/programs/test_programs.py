#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""test_programs.py PROGRAM: a real program hands mail over; what is in the queue, and then what
arrives at a server, is compared octet for octet with what the program meant."""

import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lab import tap, world  # noqa: E402
import outbox  # noqa: E402
import with_sendmail  # noqa: E402
import with_smtp  # noqa: E402
import with_thunderbird  # noqa: E402


def envelope(t, what, got, meant):
    t.equal(got.sender, meant.sender, what + ": the sender")
    order = list if meant.exact else sorted
    t.equal(order(got.recipients), order(meant.recipients), what + ": the recipients")
    t.check(outbox.SECRET.encode() not in got.content, what + ": nobody sees the blind copy")


def check_meant(t, what, got, meant):
    envelope(t, what, got, meant)
    subject, text, attached = with_sendmail.decoded(got.content)
    t.equal(subject, meant.subject, what + ": the subject")
    if meant.body is not None:
        t.equal(text, meant.body, what + ": the text that was written")
    t.equal(attached, meant.attached, what + ": the attachment")


def at_the_server(t, box, queued):
    box.go_online()
    arrived = box.arrived(len(queued))
    t.equal(sorted(arrived), sorted(queued), "at the server is what was in the queue")
    world.wait_for(lambda: not box.queued(), "an empty queue")
    t.check(True, "the queue is empty")


def calls_sendmail(t, box, program):
    meant = program(box)
    calls, queued = box.calls(), box.queued()
    t.equal((len(calls), len(queued)), (len(meant),) * 2, "as many mails as were meant")
    for number, (call, got, one) in enumerate(zip(calls, queued, meant), 1):
        what = "mail %d" % number
        t.note("sendmail %s" % " ".join(call.arguments))
        if program is with_sendmail.cron:
            # The user's own address takes the place of a name without a domain.
            call = call._replace(text=call.text.replace(b"From: root (", b"From: %s (" % outbox.ME.encode()))
        outbox.compare(t, what, got.content, call.text)
        check_meant(t, what, got, one)
    at_the_server(t, box, queued)


def cron_locally(t, box):
    """Mail to users of the machine has gone to the maildir."""
    local = box.local()
    t.equal(len(local), len(with_sendmail.CRON_CALLS), "mails for a user of the machine")
    for mail, (_, body) in zip(local, with_sendmail.CRON_CALLS):
        text = (with_sendmail.CRON % with_sendmail.OWN + body).encode().replace(b"From: root (", b"From: %s (" % outbox.ME.encode())
        path, _, rest = mail.partition(b"\n")
        t.equal(path, b"Return-Path: <%s>" % outbox.ME.encode(), "its return path")
        outbox.compare(t, "local mail", outbox.wire(rest), text)


def speaks_smtp(t, box, program):
    meant = program(box)
    queued = box.queued()
    t.equal(len(queued), len(meant), "as many mails as were meant")
    for number, (got, one) in enumerate(zip(queued, meant), 1):
        what = "mail %d%s" % (number, ", " + one.note if one.note else "")
        envelope(t, what, got, one)
        if one.content is not None:
            outbox.compare(t, what, got.content, one.content)
        if one.check:
            one.check(t, what, got.content)
    at_the_server(t, box, queued)


def main():
    kinds = {**{n: (calls_sendmail, p) for n, p in with_sendmail.PROGRAMS.items()},
             **{n: (speaks_smtp, p) for n, p in {**with_smtp.PROGRAMS, **with_thunderbird.PROGRAMS}.items()}}
    if len(sys.argv) != 2 or sys.argv[1] not in kinds:
        sys.exit("usage: test_programs.py %s" % "|".join(kinds))
    if not outbox.find("dbus-daemon") or not outbox.find("gdbus"):
        tap.skip_all("dbus-daemon or gdbus is not installed")
    world.enter_stage(220)
    handing_over, program = kinds[sys.argv[1]]
    t = tap.Tap()
    t.note("%s: %s" % (sys.argv[1], program.__doc__))
    try:
        box = outbox.Outbox()
        handing_over(t, box, program)
        if program is with_sendmail.cron:
            cron_locally(t, box)
        t.equal(box.user.stop_agent(), 0, "the agent ends well")
    except with_sendmail.Missing as missing:
        tap.skip_all(str(missing))
    except Exception:
        t.crash(sys.argv[1])
        world.show_logs()
    t.done()


if __name__ == "__main__":
    main()
