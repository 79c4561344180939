#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The nine providers of March 1999, end to end.

One laptop has an account with each of them. NetworkManager takes it to every access point, to a
LAN behind every provider, and to another provider's access point, and then to all of them again,
when its POP logins there are stale. At each place mail goes out, or waits, by itself:

    none   first visit; the mail was written before, so that it is planned as the line comes up
    fresh  right after `roampost check`, which logs in to the POP server
    stale  second visit, the login there being older than the provider's window

with own and foreign sender, own and foreign recipient. For every mail: it is sent if and only if
the provider takes it, its steps done; a POP login is made if and only if it must be; what is held
is refused by the server when it is simply asked; and no server ever refuses roampost.
"""

import os
import smtplib
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import dovecot, tap, world  # noqa: E402
from lab.manager import Bus, Manager  # noqa: E402
from lab.providers_1999 import MAILS, SAID, Facts  # noqa: E402
from lab.provider import Provider  # noqa: E402
from lab.roampost import User, describe  # noqa: E402

WINDOW = 60  # seconds: longer than the mails of one place take, also on a slow machine
PROBE = "probe.example"


class Sent:
    """One mail of the test: a cell of the matrix."""

    def __init__(self, provider, place, login, me, you):
        self.provider, self.place, self.login, self.me, self.you = provider, place, login, me, you
        self.sender = "taro@" + (provider.domain if me else "work.example")
        self.recipient = "hanako@" + (provider.domain if you else "friends.example")
        self.subject = "%s %s %s %d%d" % (provider.name, place, login, me, you)
        self.outcome = None

    def said(self, login):
        facts = Facts(self.place != "elsewhere", self.place == "inside", self.me, self.you, login)
        return bool(self.provider.said.takes(facts))


class Tour:
    def __init__(self):
        self.bus, self.session = Bus("system"), Bus("session")
        other = Provider("other", "203.0.113.0/24", "2001:db8:ffff::/48", "inside")
        self.providers, self.stops = [], []
        lines = {"other": other.access_point("other")}
        for n, said in enumerate(SAID):
            provider = Provider(said.name, "198.18.%d.0/24" % n, "2001:db8:%x::/48" % (n + 1),
                                said.relay, own=said.own, window=WINDOW, title=said.title)
            provider.said = said
            self.providers.append(provider.start())
            lines["ap-" + said.name] = provider.access_point("ap-" + said.name)
            lines["lan-" + said.name] = provider.lan("lan-" + said.name, None)
            lines["lan-" + said.name].serve_dhcp()
            self.stops += [("ap-" + said.name, "inside", [provider]),
                           ("lan-" + said.name, "lan", [provider])]
        self.stops.append(("other", "elsewhere", self.providers))
        self.manager = Manager()
        for profile, line in lines.items():
            self.manager.profile(profile, line)
        self.lines = lines
        self.user = User("[agent]\nnotify=no\n\n" + "".join(describe(p) for p in self.providers))
        self.user.start_agent()
        self.cells, self.faults = [], []

    def write(self, place, login, providers):
        """The four mails to each provider's set, which they are pinned to."""
        cells = [Sent(p, place, login, me, you) for p in providers for me, you in MAILS]
        for cell in cells:
            cell.id = self.user.submit(cell.sender, cell.recipient, subject=cell.subject,
                                       set=cell.provider.name)
        self.cells += cells
        return cells

    def arrive(self, profile):
        """Waits until the place is the one of the profile, and planned: what is known of it comes in pieces."""
        def is_there():
            return any(link["nm-connection"] == profile for link in self.user.ask("where")["links"])
        world.wait_for(is_there, lambda: "at %s: %s" % (profile, self.user.ask("where")), 60, 0.02)
        self.user.run("use", "auto")

    def settle(self, cells):
        """Waits until every mail is sent, or is held by what its server set demands."""
        ids = {cell.id for cell in cells}

        def open_ones():
            return [m for m in self.user.ask("queue") if m["id"] in ids and not (
                m["state"] == "held" and "offline" not in reasons(m))]
        world.wait_for(lambda: not open_ones(), lambda: "settled: %s" % open_ones(), 60, 0.02)
        waiting = {m["id"]: reasons(m) for m in self.user.ask("queue")}
        for cell in cells:
            cell.outcome = "held" if cell.id in waiting else "sent"

    def logins(self, provider):
        with open(provider.dir + "/dovecot.log") as log:
            return sum(bool(dovecot.LOGIN.search(line)) for line in log)

    def visit(self, profile, place, providers, login):
        """Arrives with mail written before, and judges what became of it."""
        cells = self.write(place, login, providers)
        before = {p: self.logins(p) for p in providers}
        self.manager.up(profile)
        self.arrive(profile)
        self.settle(cells)
        self.judge(cells, before, self.lines[profile])
        if login == "none":
            self.user.run("check", *[p.name for p in providers], "--wait")
            before = {p: self.logins(p) for p in providers}
            cells += self.write(place, "fresh", providers)
            self.settle(cells)
            self.judge([c for c in cells if c.login == "fresh"], before, self.lines[profile])
        held = [c.id for c in cells if c.outcome == "held"]
        if held:
            self.user.run("delete", *held)
        self.manager.down(profile)

    def judge(self, cells, before, line):
        for provider in {c.provider for c in cells}:
            mine = [c for c in cells if c.provider is provider]
            fresh = mine[0].login == "fresh"
            needed = any(c.said(True) and not c.said(fresh) for c in mine)
            made = self.logins(provider) - before[provider]
            if made != needed:
                self.faults.append("%s, %s, %s: %d POP logins, %d needed" % (
                    provider.title, mine[0].place, mine[0].login, made, needed))
            for cell in mine:
                if (cell.outcome == "sent") != cell.said(True):
                    self.faults.append("%s: %s" % (cell.subject, cell.outcome))
                if cell.outcome == "held" and self.server_takes(cell):
                    self.faults.append("%s: held, and the server takes it" % cell.subject)

    def server_takes(self, cell):
        with smtplib.SMTP(cell.provider.server4, 25, local_hostname=PROBE, timeout=60) as session:
            session.ehlo()
            session.mail(cell.sender)
            code, _ = session.rcpt(cell.recipient)
        return code == 250

    def arrived(self):
        """Every mail called sent is at the server that it was to go to, once, and from the place."""
        for provider in self.providers:
            want = sorted(c.subject for c in self.cells if c.provider is provider and c.outcome == "sent")
            world.wait_for(lambda: len(provider.accepted()) >= len(want),
                           lambda: "%d mails at %s" % (len(want), provider.title))
            mails = provider.accepted()
            if sorted(m.subject for m in mails) != want:
                self.faults.append("%s has other mails than were sent" % provider.title)


def reasons(message):
    return [r["reason"] for recipient in message["recipients"] for r in recipient["reasons"] or []]


def matrix(report, tour):
    report.note("%-15s %-10s %s" % ("", "", "  ".join("%-9s" % t for t in (
        "own>own", "own>for.", "for.>own", "for.>for."))))
    report.note("%-15s %-10s %s" % ("provider", "place", "  ".join(["no fr st "] * 4)))
    shown = {(c.provider, c.place, c.me, c.you, c.login): "+" if c.outcome == "sent" else "."
             for c in tour.cells}
    for provider in tour.providers:
        for place in ("inside", "elsewhere", "lan"):
            groups = ["".join("%-3s" % shown.get((provider, place, me, you, login), "?")
                              for login in ("none", "fresh", "stale")) for me, you in MAILS]
            report.note("%-15s %-10s %s" % (provider.title, place, "  ".join(groups)))
    report.note("+ sent, . held")


def main():
    reason = world.why_not()
    if reason:
        tap.skip_all(reason)
    world.enter(480)
    report = tap.Tap()
    try:
        tour = Tour()
        for login in ("none", "stale"):
            if login == "stale":
                time.sleep(WINDOW)  # the point of it: the window passes
            for stop in tour.stops:
                tour.visit(*stop, login)
        tour.arrived()
    except Exception:
        report.crash("the tour")
        world.show_logs(20)
        report.done()
    report.check(not tour.faults, "%d mails: each went or stayed as its provider demands" % len(tour.cells),
                 "\n".join(tour.faults))
    refused = [r for p in tour.providers for r in p.refused() if "helo=<%s>" % PROBE not in r]
    report.equal(refused, [], "no server refused roampost anything")
    for outcome in ("sent", "held"):
        count = sum(c.outcome == outcome for c in tour.cells)
        report.check(count > 0, "%d %s" % (count, outcome))
    matrix(report, tour)
    report.done()


if __name__ == "__main__":
    main()
