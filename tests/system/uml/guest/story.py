# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job over telephone lines, step by step, each step checked: what the tests assert is what
the demonstration shows."""

import re
import time

from lab.world import wait_for
from line import PATIENCE

FRIEND = "hanako@else.example"
LETTER_LINE = "The quick brown fox jumps over the lazy dog, %05d times so far.\n"
LETTER_LINES = 10000  # 640 kB: at the line's rate too long to slip through whole
RATE = "600kbit"
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


class Story:
    """A laptop's evening: three letters, two providers, and a line that drops."""

    def __init__(self, lines, agent, tell, look):
        self.a, self.b = lines
        self.agent, self.tell, self.look = agent, tell, look
        self.isp_a, self.isp_b = self.a.provider, self.b.provider

    def play(self):
        self.write_offline()
        self.call_a()
        self.lose_the_line()
        self.call_b()
        self.end()

    def write_offline(self):
        self.tell("Without a line, two letters are written.")
        self.first = self.write("taro@a.example", "first")
        self.second = self.write("taro@b.example", "second")
        for letter in (self.first, self.second):
            self.held(letter, {None: "offline"})
        expect(self.agent.inside(), [], "inside no provider")

    def call_a(self):
        self.tell("The modem calls A.")
        self.a.dial()
        self.sent(self.first, "a")
        self.place("a")
        self.look()
        expect(self.arrived(self.isp_a, "first"), [self.a.address], "arrived at A from A's address")
        self.held(self.second, {"b": "outside"})

    def lose_the_line(self):
        self.tell("A long letter goes out; the line drops in the middle of it.")
        mark = cut_in_mid_message(self.a, lambda: setattr(
            self, "long", self.write("taro@a.example", "long", long_letter())))
        wait_for(lambda: self.agent.inside() == [], "the agent to notice the lost line", PATIENCE, 0.2)
        state = self.agent.state(self.long)
        expect(state in ("held", "deferred", "queued"), True, "the letter is safe: " + state)
        self.tell("The modem calls A again.")
        self.a.dial()
        self.sent(self.long, "a")
        witness(self.isp_a, mark)
        expect(self.arrived(self.isp_a, "long"), [self.a.address], "arrived once")
        whole = self.mails(self.isp_a, "long")[0].raw.decode().replace("\r\n", "\n")
        expect(whole.endswith("\n\n" + long_letter()), True, "whole, to the last byte")

    def call_b(self):
        self.tell("Hang up; the modem calls B, which wants a POP login before it relays.")
        self.a.hang_up()
        self.b.dial()
        self.sent(self.second, "b")
        self.place("b")
        expect(self.isp_b.logged_in(self.b.address) is not None, True, "POP login made from B's address")
        expect(self.arrived(self.isp_b, "second"), [self.b.address], "arrived at B from B's address")

    def end(self):
        counts = self.agent.ask("status")["counts"]
        expect({state: n for state, n in counts.items() if n and state != "sent"}, {}, "nothing is left waiting")
        for isp in (self.isp_a, self.isp_b):
            expect(isp.refused(), [], "%s refused nothing" % isp.name)
        self.b.hang_up()
        self.tell("Hung up. Every letter arrived once; the queue is empty.")

    # -- what the steps are made of -----------------------------------------------------------------

    def write(self, sender, subject, body="Good evening.\n"):
        self.tell("  %s writes to %s: \"%s\" (%d bytes)" % (sender, FRIEND, subject, len(body)))
        return self.agent.submit(sender, FRIEND, subject, body)

    def held(self, letter, reasons):
        """Held, for this reason of each set (None: of no set in particular)."""
        wait_for(lambda: self.agent.reasons(letter) == reasons,
                 lambda: "%s held for %s, got %s" % (letter, reasons, self.agent.reasons(letter)), PATIENCE, 0.2)
        expect(self.agent.state(letter), "held", "state of %s, %s" % (letter, reasons))
        for text in self.agent.texts(letter):
            self.tell("  held: " + text)

    def sent(self, letter, through):
        self.agent.wait_event("MessageSent ('%s', '%s')" % (letter, through))
        self.tell("  sent through %s" % through)

    def place(self, name):
        expect(self.agent.inside(), [name], "inside")
        expect(self.agent.ask("status")["current-set"], name, "current set")

    def mails(self, isp, subject):
        return [mail for mail in isp.accepted() if mail.subject == subject]

    def arrived(self, isp, subject):
        """The addresses that the copies of a letter came from, once one has been delivered."""
        wait_for(lambda: self.mails(isp, subject), "%s at %s" % (subject, isp.name), PATIENCE, 0.1)
        return [mail.client for mail in self.mails(isp, subject)]
