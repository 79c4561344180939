# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job over telephone lines, step by step, each step checked: what the tests assert is what
the demonstration shows."""

import re
import textwrap
import time

from lab.world import wait_for
from line import PATIENCE

FRIEND = "hanako@else.example"
LETTER_LINE = "The quick brown fox jumps over the lazy dog, %05d times so far.\n"
LETTER_LINES = 10000  # 640 kB: at the line's rate too long to slip through whole
RATE = "500kbit"
CUT_AFTER = 200000


def expect(got, want, what):
    """A check that says what it saw."""
    print("%7.2f %s: %s" % (time.monotonic(), what, got), flush=True)
    if got != want:
        raise AssertionError("%s: got %r, want %r" % (what, got, want))


def long_letter():
    return "".join(LETTER_LINE % n for n in range(LETTER_LINES))


def cut_in_mid_message(line, send):
    """Starts sending a long letter over a slowed line and drops the carrier when part of it has
    gone into the line for certain. Returns what the server's log must be read from."""
    line.slow(RATE)
    mark, before = len(line.provider.log()), line.sent()
    send()
    wait_for(lambda: line.sent() - before > CUT_AFTER, "%d bytes in the line" % CUT_AFTER, PATIENCE, 0.02)
    line.drop()
    return mark


def witness(isp, mark):
    """The server's own word that the message broke off in its middle: how far it had come."""
    broken = re.compile(r"(?:lost connection|timeout) after (?:DATA|BDAT) \((\d+) bytes\)")
    got = wait_for(lambda: broken.search(isp.log()[mark:]),
                   lambda: "%s's log of a broken message\n%s" % (isp.name, isp.log()[mark:]), PATIENCE, 0.1)
    size = int(got.group(1))
    expect(0 < size < len(long_letter()), True, "%s's server had %d bytes of it" % (isp.name, size))
    return size


class Teller:
    """Tells the story in lines to read: acts, and what happens in them."""

    def __init__(self, out):
        self.out, self.notices_told = out, 0

    def act(self, title):
        self._write("\n" + title)

    def line(self, label, text):
        for n, part in enumerate(textwrap.wrap(text, 66) or [""]):
            self._write("  %-8s  %s" % ("" if n else label, part))

    def notices(self, events):
        """What came up on the screen, and went, since this was asked last."""
        for event in events[self.notices_told:]:
            if event["event"] == "close":
                self.line("notice", "(closed)")
                continue
            self.line("notice", event["summary"])
            for paragraph in event["body"].splitlines():
                self.line("", paragraph)
        self.notices_told = len(events)

    def _write(self, text):
        self.out.write(text + "\n")
        self.out.flush()


class Story:
    """A laptop's evening: three letters, two providers, and a line that drops. `look` is an eye on
    what else there is to see while the first line is up."""

    def __init__(self, lines, agent, notices, teller, look=lambda: None):
        self.a, self.b = lines
        self.agent, self.notices, self.teller, self.look = agent, notices, teller, look
        self.isp_a, self.isp_b = self.a.provider, self.b.provider
        self.refused = [len(isp.refused()) for isp in (self.isp_a, self.isp_b)]

    def play(self):
        self.write_offline()
        self.call_a()
        self.lose_the_line()
        self.call_b()
        self.end()

    def write_offline(self):
        self.teller.act("At home, not on the telephone")
        self.place(None)
        self.first = self.write("taro@a.example", "Tonight")
        self.held(self.first, {None: "offline"})
        self.second = self.write("taro@b.example", "On Sunday")
        self.held(self.second, {None: "offline"})
        self.notice(True)

    def call_a(self):
        self.teller.act("The modem calls A, which relays for its own callers")
        self.a.dial()
        self.sent(self.first, "a")
        self.place("a")
        self.look()
        self.arrived(self.a, "Tonight")
        self.held(self.second, {"b": "outside"})
        self.notice(True)

    def lose_the_line(self):
        self.teller.act("A long letter; in the middle of it the line drops")
        mark = cut_in_mid_message(self.a, lambda: setattr(
            self, "long", self.write("taro@a.example", "The fox", long_letter())))
        wait_for(lambda: self.agent.inside() == [], "the agent to notice the lost line", PATIENCE, 0.2)
        self.place(None)
        state = self.agent.state(self.long)
        expect(state in ("held", "deferred", "queued"), True, "the letter is safe: " + state)
        self.teller.line(state, "the long letter is still here")
        self.notice(True)
        self.teller.act("The modem calls A again")
        self.a.dial()
        self.sent(self.long, "a")
        had = witness(self.isp_a, mark)
        self.teller.line("", "A's server had seen %d bytes of it when the line dropped" % had)
        whole = self.arrived(self.a, "The fox").raw.decode().replace("\r\n", "\n")
        expect(whole.endswith("\n\n" + long_letter()), True, "whole, to the last byte")

    def call_b(self):
        self.teller.act("Hung up; the modem calls B, which wants a POP login from its callers first")
        self.a.hang_up()
        self.b.dial()
        self.sent(self.second, "b")
        self.place("b")
        self.arrived(self.b, "On Sunday")
        expect(self.isp_b.logged_in(self.b.address) is not None, True, "POP login made from B's address")
        self.notice(False)

    def end(self):
        self.teller.act("In the end")
        waiting = {state: n for state, n in self.agent.ask("status")["counts"].items() if n and state != "sent"}
        expect(waiting, {}, "nothing is left waiting")
        for isp, before in zip((self.isp_a, self.isp_b), self.refused):
            expect(isp.refused()[before:], [], "%s refused nothing" % isp.name)
        expect([len(isp.accepted()) for isp in (self.isp_a, self.isp_b)], [2, 1], "accepted by A and B")
        self.b.hang_up()
        self.teller.line("queue", "empty")
        self.teller.line("servers", "took 3 mails, each once, and refused none")

    # -- what the steps are made of -----------------------------------------------------------------

    def write(self, sender, subject, body="Good evening.\n"):
        self.teller.line("mail", '"%s", %d bytes, %s to %s' % (subject, len(body), sender, FRIEND))
        return self.agent.submit(sender, FRIEND, subject, body)

    def held(self, letter, reasons):
        """Held, for this reason of each set (None: of no set in particular)."""
        shown = {}

        def so():
            shown.update(self.agent.ask("show", letter))
            return shown["state"] == "held" and {
                reason["set"]: reason["reason"] for reason in self._reasons(shown)} == reasons

        wait_for(so, lambda: "%s held for %s, got %s" % (letter, reasons, shown), PATIENCE, 0.2)
        expect(shown["state"], "held", "state of %s, %s" % (letter, reasons))
        for reason in self._reasons(shown):
            self.teller.line("held", reason["text"])

    def _reasons(self, shown):
        return [reason for recipient in shown["recipients"] for reason in recipient["reasons"]]

    def sent(self, letter, through):
        self.agent.wait_event("MessageSent ('%s', '%s')" % (letter, through))
        self.teller.line("sent", "through %s: \"%s\"" % (through.upper(), self.agent.subject(letter)))

    def place(self, name):
        """Inside this provider and with its set in force, or nowhere."""
        expect(self.agent.inside(), [name] if name else [], "inside")
        expect(self.agent.ask("status")["current-set"], name, "current set")
        line = {"a": self.a, "b": self.b}.get(name)
        self.teller.line("place", "inside %s, with the address %s" % (name.upper(), line.address)
                         if line else "nowhere: no network")

    def arrived(self, line, subject):
        """The one copy of a letter, which came from the address that the line has."""
        isp = line.provider

        def copies():
            return [mail for mail in isp.accepted() if mail.subject == subject]

        wait_for(copies, "%s at %s" % (subject, isp.name), PATIENCE, 0.1)
        expect([mail.client for mail in copies()], [line.address], "%s at %s" % (subject, isp.name))
        return copies()[0]

    def notice(self, wanted):
        """A notification on the screen, one and no more, or none."""
        wait_for(lambda: len(self.notices.shown()) == int(wanted),
                 lambda: "%d notification(s): %s" % (wanted, self.notices.shown()), PATIENCE, 0.1)
        expect(len(self.notices.shown()), int(wanted), "notifications on the screen")
        self.teller.notices(self.notices.events())
