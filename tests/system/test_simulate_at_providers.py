#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The nine providers of March 1999 against real servers.

For each provider a Postfix and a Dovecot enforce exactly what it said of itself in ARENA's
document, and a laptop is at three places: dialled in to it, at another provider, and on a LAN that
the provider connects. From each place, by IPv4 and by IPv6, with own and foreign sender, own and
foreign recipient, and with a POP login that is fresh, stale or was never made, three are compared:

    the document   what the provider said, as a truth table (SAID)
    the server     what it answers when it is simply asked (a raw probe, up to RCPT)
    roampost       what `roampost simulate` decides

What must hold: where roampost sends, the server accepts, its steps done; where a step is planned,
the server refuses without it; where roampost holds, the server refuses.
"""

import os
import poplib
import smtplib
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import tap, world  # noqa: E402
from lab.providers_1999 import MAILS, PLACES, SAID, Facts  # noqa: E402
from lab.dovecot import PASSWORD  # noqa: E402
from lab.provider import Provider  # noqa: E402
from lab.roampost import User, describe  # noqa: E402

WINDOW = 20  # seconds that a POP login opens a server: longer than one visit takes, and waited for but once
LOGINS = ("none", "fresh", "stale")


class Cell:
    """One question: provider, place, family, login state, sender and recipient."""

    def __init__(self, provider, place, family, login, me, you):
        self.provider, self.place, self.family, self.login = provider, place, family, login
        self.me, self.you = me, you
        self.sender = "taro@" + (provider.domain if me else "work.example")
        self.recipient = "hanako@" + (provider.domain if you else "friends.example")
        self.raw = self.after_login = None

    @property
    def address(self):
        line = self.provider.places[self.place]
        return line.address4 if self.family == 4 else line.address6

    def said(self, login):
        facts = Facts(self.place in ("inside", "lan"), self.place == "inside", self.me, self.you, login)
        return bool(self.provider.said.takes(facts))

    def question(self):
        ages = {"fresh": {"pop-logins": {self.provider.name: 0}},
                "stale": {"pop-logins": {self.provider.name: WINDOW + 1}}}.get(self.login, {})
        return {"at": [self.address], "from": self.sender, "to": [self.recipient],
                "use": self.provider.name, **ages}

    def __str__(self):
        return "%s, %s, IPv%d, login %s, %s to %s" % (
            self.provider.title, self.place, self.family, self.login, self.sender, self.recipient)


def build():
    """All providers and their customers' three places; servers started."""
    other = Provider("other", "203.0.113.0/24", "2001:db8:ffff::/48", "inside")
    providers = []
    for n, said in enumerate(SAID):
        provider = Provider(said.name, "198.18.%d.0/24" % n, "2001:db8:%x::/48" % (n + 1), said.relay,
                            own=said.own, window=WINDOW)
        provider.title, provider.said = said.title, said
        provider.places = {}
        for place in PLACES:
            netns = "%s-%s" % (said.name, place)
            world.add_netns(netns)
            line = {"inside": lambda: provider.access_point("eth0", netns, dhcp=False),
                    "elsewhere": lambda: other.access_point("eth0", netns, dhcp=False),
                    "lan": lambda: provider.lan("eth0", netns)}[place]()
            line.configure()
            provider.places[place] = line
        providers.append(provider.start())
    return providers


def log_in(provider, line, family):
    with world.inside(line.netns):
        session = poplib.POP3(provider.server4 if family == 4 else provider.server6, timeout=60)
    session.user("taro")
    session.pass_(PASSWORD)
    session.quit()


def probe(cells):
    """Asks the server about cells of one provider, place and family in one session."""
    first = cells[0]
    provider, line = first.provider, first.provider.places[first.place]
    with world.inside(line.netns):
        session = smtplib.SMTP(provider.server4 if first.family == 4 else provider.server6, 25,
                               local_hostname="laptop", timeout=60)
    answers = []
    session.ehlo()
    for cell in cells:
        code, _ = session.mail(cell.sender)
        code, text = session.rcpt(cell.recipient) if code == 250 else (code, "")
        answers.append(code == 250)
        if code not in (250, 554):
            raise RuntimeError("%s: %d %s" % (cell, code, text))
        session.rset()
    session.quit()
    return answers


def visit(provider, place, family, login):
    """Brings about a login state and asks the server about the four mails, without and then with
    a POP login first."""
    line = provider.places[place]
    cells = [Cell(provider, place, family, login, me, you) for me, you in MAILS]
    if login == "fresh":
        log_in(provider, line, family)
    for cell, answer in zip(cells, probe(cells)):
        cell.raw = answer
    if login != "fresh":
        log_in(provider, line, family)
    for cell, answer in zip(cells, probe(cells)):
        cell.after_login = answer
    return cells


def visit_all(providers):
    cells = []
    for login in LOGINS:
        if login == "none":
            for provider in providers:
                provider.forget_logins()
        if login == "stale":
            time.sleep(WINDOW)  # the point of it: the window passes
        for provider in providers:
            for place in PLACES:
                for family in (4, 6):
                    cells += visit(provider, place, family, login)
    return cells


def judge(cell, answer):
    """What is wrong with roampost's answer about a cell, or None."""
    recipient = answer["recipients"][0]
    if recipient["verdict"] == "hold":
        cell.shown = "."
        return "needless hold: the server accepts" if cell.raw else None
    if recipient["steps"]:
        cell.shown = "P"
        if cell.raw:
            return "needless POP login: the server accepts without"
        return None if cell.after_login else "refused attempt, POP login made"
    cell.shown = "+"
    return None if cell.raw else "refused attempt"


def matrix(report, providers, cells):
    """Columns: own or foreign sender to own or foreign recipient, POP login none, fresh, stale."""
    report.note("%-15s %-10s %s" % ("", "", "  ".join("%-9s" % t for t in (
        "own>own", "own>for.", "for.>own", "for.>for."))))
    report.note("%-15s %-10s %s" % ("provider", "place", "  ".join(["no fr st "] * 4)))
    for provider in providers:
        for place in PLACES:
            row = []
            for me, you in MAILS:
                for login in LOGINS:
                    both = {c.shown for c in cells if (c.provider, c.place, c.me, c.you, c.login) == (
                        provider, place, me, you, login)}
                    row.append("%-3s" % "".join(sorted(both)))
            groups = ["".join(row[i:i + 3]) for i in range(0, 12, 3)]
            report.note("%-15s %-10s %s" % (provider.title, place, "  ".join(groups)))
    report.note("+ sent at once, P sent after a POP login, . held; a cell is both IPv4 and IPv6")


def compare(report, cells, how, **settings):
    """Asks roampost about the cells, each provider's server set being the only choice."""
    providers = dict.fromkeys(c.provider for c in cells)
    config = "".join(describe(p, carries="any", **settings) for p in providers)
    answers = User("[agent]\n\n" + config, "user%d" % len(cells)).simulate([c.question() for c in cells])
    faults = [(cell, judge(cell, answer)) for cell, answer in zip(cells, answers)]
    faults = [(cell, fault) for cell, fault in faults if fault]
    report.check(not faults, "roampost decides as the servers do%s, in %d of %d cells" % (
        how, len(cells) - len(faults), len(cells)))
    for cell, fault in faults:
        report.note("%s: %s" % (fault, cell))


def main():
    reason = world.why_not()
    if reason:
        tap.skip_all(reason)
    world.enter(380)
    report = tap.Tap()
    providers = build()
    cells = visit_all(providers)

    wrong = [c for c in cells if c.raw != c.said(c.login == "fresh") or c.after_login != c.said(True)]
    report.check(not wrong, "the servers do what the document says, in %d of %d cells" % (
        len(cells) - len(wrong), len(cells)))
    for cell in wrong:
        report.note("the server: %s, then %s: %s" % (cell.raw, cell.after_login, cell))

    compare(report, cells, "")
    # Where a customer does not know that mail to the domain ends there, the rule about recipients
    # says the same.
    by_rule = [c for c in cells if "recipient-domain" in c.provider.relay]
    compare(report, by_rule, " by recipient-domain alone", local_domains=None)
    for mark, what in (("+", "sent at once"), ("P", "sent after a POP login"), (".", "held")):
        count = sum(c.shown == mark for c in cells)
        report.check(count > 0, "%d cells %s" % (count, what))
    matrix(report, providers, cells)
    report.done()


if __name__ == "__main__":
    main()
