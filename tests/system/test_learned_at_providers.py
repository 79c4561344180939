#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The nine providers of March 1999, and nobody says what they want.

A laptop with an account with each of them, whose server sets have an address, a server and a POP
server, and no rules: relay=auto, by default. It goes to every access point, to a LAN behind every
provider, and to another provider's access point, and round again. What the servers refused is in
their own logs: that is what learning cost. On the last round nothing is refused that was known, and
what is held is what the provider would not take; and the lines that are proposed say of each mail
what the provider does. With names of providers as arguments only these, and all that was learned is told.
"""

import ipaddress
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import tap, world  # noqa: E402
from lab.dovecot import PASSWORD  # noqa: E402
from lab.manager import Bus, Manager  # noqa: E402
from lab.providers_1999 import SAID, Facts  # noqa: E402
from lab.provider import Provider  # noqa: E402
from lab.roampost import User  # noqa: E402

ROUNDS = 2
# The policy's default is minutes, and so long is a server that asked for a login given to know of it.
POP_WINDOW = "4s"
FRIENDS = ("friends.example", "strangers.example")


def describe(provider):
    return "\n".join([
        "[server-set %s]" % provider.name, "identities=taro@%s" % provider.domain,
        "smtp=%s" % provider.smtp_url, "smtp-tls=off", "pop=%s" % provider.pop_url, "pop-tls=off",
        "pop-user=taro", "pop-password=%s" % PASSWORD, "pop-window=" + POP_WINDOW, "", ""])


class Cell:
    def __init__(self, provider, place, turn, me, domain):
        self.provider, self.place, self.turn, self.me = provider, place, turn, me
        self.you = domain == provider.domain
        self.sender = "taro@" + (provider.domain if me else "work.example")
        self.recipient = "hanako@" + domain
        self.outcome = None

    def proposed(self, lines):
        """What the proposed lines say of it."""
        values = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
        held = {"sender-domain": self.me, "recipient-domain": self.you, "pop-login": True, "anywhere": True,
                "inside": self.profile in values.get("nm-connections", "").split(";")
                or any(self.address in ipaddress.ip_network(net) for net in values.get("prefixes", "").split(";")
                       if net)}
        return any(all(held[term] for term in rule.split("+")) for rule in values.get("relay", "").split(";") if rule)

    def said(self):
        facts = Facts(self.place != "elsewhere", self.place == "inside", self.me, self.you, True)
        return bool(self.provider.said.takes(facts))

    def __str__(self):
        return "%s, round %d, %s: %s -> %s %s" % (
            self.provider.title, self.turn, self.place, self.sender, self.recipient, self.outcome)


class Tour:
    def __init__(self):
        self.bus, self.session = Bus("system"), Bus("session")
        other = Provider("other", "203.0.113.0/24", "2001:db8:ffff::/48", "inside")
        self.providers, self.stops = [], []
        lines = {"other": other.access_point("other")}
        for n, said in enumerate(s for s in SAID if not sys.argv[1:] or s.name in sys.argv[1:]):
            provider = Provider(said.name, "198.18.%d.0/24" % n, "2001:db8:%x::/48" % (n + 1),
                                said.relay, own=said.own, window=600, title=said.title)
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
        self.user = User("[agent]\nnotify=no\n\n" + "".join(describe(p) for p in self.providers))
        self.user.start_agent()
        self.cells = []

    def write(self, place, turn, providers):
        cells = [Cell(p, place, turn, me, domain) for p in providers
                 for me in (True, False) for domain in (p.domain,) + FRIENDS]
        for cell in cells:
            cell.id = self.user.submit(cell.sender, cell.recipient, set=cell.provider.name)
        self.cells += cells
        return cells

    def arrive(self, profile):
        def is_there():
            return any(link["nm-connection"] == profile for link in self.user.ask("where")["links"])
        world.wait_for(is_there, lambda: "at %s: %s" % (profile, self.user.ask("where")), 60, 0.02)
        self.user.run("use", "auto")

    def settle(self, cells):
        """Deferred mail, which waits for a server that does not know of the login yet, is waited for."""
        ids = {cell.id for cell in cells}

        def open_ones():
            return [m for m in self.user.ask("queue") if m["id"] in ids and not (
                m["state"] == "held" and "offline" not in reasons(m))]
        world.wait_for(lambda: not open_ones(), lambda: "settled: %s" % open_ones(), 120, 0.05)
        waiting = {m["id"]: reasons(m) for m in self.user.ask("queue")}
        for cell in cells:
            cell.outcome = "held" if cell.id in waiting else "sent"
            cell.reasons = waiting.get(cell.id)

    def visit(self, turn, profile, place, providers):
        cells = self.write(place, turn, providers)
        self.manager.up(profile)
        self.arrive(profile)
        address = ipaddress.ip_address(self.user.ask("where")["links"][0]["addresses"][0])
        for cell in cells:
            cell.profile, cell.address = profile, address
        self.settle(cells)
        held = [c.id for c in cells if c.outcome == "held"]
        if held:
            self.user.run("delete", *held)
        self.manager.down(profile)


def reasons(message):
    return [r["reason"] for recipient in message["recipients"] for r in recipient["reasons"] or []]


def refusals(provider):
    """How often the server refused a recipient, by what it refused."""
    return len(provider.refused())


def lines(tour):
    """The proposed rules by set."""
    return {s["set"]: s["lines"] for s in tour.user.ask("sets")}


def table(report, tour, cost):
    report.note("%-15s %5s %5s %5s | refused in round %s | %s" % (
        "provider", "mails", "asked", "sent", " ".join("%2d" % (n + 1) for n in range(ROUNDS)),
        "says | proposed"))
    proposed = lines(tour)
    for provider in tour.providers:
        mine = [c for c in tour.cells if c.provider is provider]
        relay = [line for line in proposed[provider.name] if line.startswith("relay=")]
        sent = sum(c.outcome == "sent" for c in mine)
        report.note("%-15s %5d %5d %5d | %16s %s | %s | %s" % (
            provider.title, len(mine), sent + sum(cost[provider]), sent, "",
            " ".join("%2d" % n for n in cost[provider]), provider.relay, relay[0] if relay else "-"))
        for line in proposed[provider.name]:
            if not line.startswith("relay="):
                report.note("%-15s %s" % ("", line))


def main():
    reason = world.why_not()
    if reason:
        tap.skip_all(reason)
    world.enter(480)
    report = tap.Tap()
    tour, cost = None, {}
    try:
        tour = Tour()
        cost = {provider: [] for provider in tour.providers}
        for turn in range(ROUNDS):
            before = {provider: refusals(provider) for provider in tour.providers}
            for stop in tour.stops:
                tour.visit(turn + 1, *stop)
            for provider in tour.providers:
                cost[provider].append(refusals(provider) - before[provider])
    except Exception:
        report.crash("the tour")
        world.show_logs(20)
        report.done()
    table(report, tour, cost)
    if sys.argv[1:]:
        for provider in tour.providers:
            for line in provider.refused():
                report.note(line[:200])
        for line in tour.user.agent_log().splitlines():
            if "learned:" in line or "place:" in line or "POP login" in line:
                report.note(line[:200])
    wrong = [c for c in tour.cells if c.outcome == "sent" and not c.said()]
    report.equal([str(c) for c in wrong], [], "nothing was sent that its provider does not take")
    others = [c for c in tour.cells if c.outcome == "held" and set(c.reasons) - {"refused-here", "pinned"}]
    report.equal(["%s %s" % (c, c.reasons) for c in others], [], "what is held was refused here")
    needless = [c for c in tour.cells if c.outcome == "held" and c.said() and c.turn == ROUNDS]
    report.equal([str(c) for c in needless], [], "in the last round nothing is held that is taken")
    report.equal({p.title: n[-1] for p, n in cost.items() if n[-1]}, {}, "and nothing is refused")
    proposed = lines(tour)
    odd = [c for c in tour.cells if c.turn == ROUNDS and c.proposed(proposed[c.provider.name]) != c.said()]
    report.equal([str(c) for c in odd], [], "the proposed lines say of each mail what its provider does")
    report.done()


if __name__ == "__main__":
    main()
