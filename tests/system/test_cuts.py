#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""test_cuts.py [--seed N] [--cuts N] [--messages N] [--line P3G] [--server chunking|plain|tls] ...

A line that is cut while a queue is flushed over it to a real Postfix, again and again, at random
moments and in several ways. Every message has to arrive, and few may arrive twice: for each cut and
each connection that was open, one and those that the octets in flight make up. What the server has
and the queue still holds must be marked there as maybe sent."""

import argparse
import os
import random
import re
import subprocess
import sys
import time
from dataclasses import dataclass

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, HERE + "/../bench", HERE + "/../bench/line"]
from lab import tap, world  # noqa: E402
from measure import FAR, NEAR, PROFILES, Line, Workload, spool  # noqa: E402
from relay import Relay  # noqa: E402
from clients import Roampost  # noqa: E402

OTHER = "203.0.113.8"  # the laptop's address in turn with NEAR
PATIENCE = 40  # seconds in which something has to arrive where the line is there
KEPT = 4  # messages for after the last cut
START = 0.7  # seconds from the line to a session, besides three round trips

_SERVER = """\
mynetworks = 203.0.113.0/24
default_process_limit = 1000
smtpd_timeout = 30s
smtpd_client_connection_rate_limit = 0
enable_long_queue_ids = yes
"""


_TLS = """\
smtpd_tls_security_level = may
smtpd_tls_cert_file = {dir}/cert.pem
smtpd_tls_key_file = {dir}/key.pem
"""
# What the server says, and the set.
SERVERS = {
    "chunking": ("", "smtp-tls=off\n"),
    "plain": ("smtpd_discard_ehlo_keywords = chunking\n", "smtp-tls=off\n"),
    "tls": (_TLS, "smtp-tls=required\ntls-ca-file={dir}/cert.pem\n"),
}


def make_certificate():
    world.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
               "-nodes", "-days", "2", "-subj", "/CN=relay.example", "-addext", "subjectAltName=IP:" + FAR,
               "-keyout", world.DIR + "/key.pem", "-out", world.DIR + "/cert.pem"])


class Mails(Workload):
    """Each with one recipient, by which the queue's messages are known."""

    def recipients_of(self, number):
        return ["mail%d@dest.example" % number]

    def ids(self):
        return [self.id_of(n) for n in range(self.n)]


class CountingRelay(Relay):
    """Knows when somebody connected too."""

    def __init__(self, more):
        super().__init__(extra=_SERVER + more)
        self.connected = []

    def take(self, lines):
        super().take(lines)
        self.connected += [time.monotonic() for line in lines if b"]: connect from" in line]


def connections():
    """Octets in flight in each connection to the server, as TCP has them."""
    shown = subprocess.run(["ss", "-tinHO", "state", "established", "dst", FAR], text=True,
                           stdout=subprocess.PIPE, check=True).stdout.splitlines()
    counts = [dict(re.findall(r"bytes_(sent|acked|retrans):(\d+)", line)) for line in shown]
    return [max(0, int(c.get("sent", 0)) - int(c.get("retrans", 0)) - int(c.get("acked", 1)) + 1)
            for c in counts]


# ---- ways to cut a line, and what is left of it for the two ends ----

class Cutter:
    """The laptop's end of the line."""

    def __init__(self, line, dice):
        self.line, self.dice, self.address = line, dice, NEAR
        world.ip("relay", "route replace %s dev line0 src %s congctl cubic" % (OTHER, FAR))

    def reset(self):
        """The server's end resets: the words are still carried."""
        world.run(["ip", "netns", "exec", "relay", "ss", "-KtnH", "state", "established", "sport", "= :25"])
        time.sleep(self.line.profile.rtt)

    def hang_up(self):
        """The agent hears of it; the server does not."""
        self.line.command("cut")
        self.line.down()

    def move(self):
        """The same, and with the line the address is gone."""
        self.hang_up()
        new = OTHER if self.address == NEAR else NEAR
        world.ip(None, "addr del %s peer %s dev line0" % (self.address, FAR),
                 "addr add %s peer %s dev line0" % (new, FAR))
        self.address = new

    def silence(self):
        """Nobody hears of it until the modem notices."""
        self.line.command("cut")
        time.sleep(self.dice.uniform(0.3, 1.5))
        self.line.down()

    def reset_and_hang_up(self):
        self.reset()
        self.hang_up()

    def gap(self):
        """Nobody hears of it at all, and TCP goes on."""
        self.line.command("cut")

    def reconnect(self):
        self.line.command("join")
        world.ip(None, "link set line0 up",
                 "route replace %s dev line0 src %s congctl cubic" % (FAR, self.address),
                 "route replace default via %s dev line0 congctl cubic" % FAR)


WAYS = {  # and how often
    Cutter.hang_up: 3,
    Cutter.move: 3,
    Cutter.silence: 2,
    Cutter.reset_and_hang_up: 2,
    Cutter.reset: 1,
    Cutter.gap: 1,
}


@dataclass
class Tally:
    cuts: int = 0
    connections: int = 0  # that were open at the cuts
    in_flight: int = 0    # octets
    unmarked: tuple = ()  # that the server had and the queue did not call maybe sent
    marked: int = 0
    slowest: float = 0    # seconds until something arrived


class Flush:
    def __init__(self, options, report):
        self.options, self.report = options, report
        self.dice = random.Random(options.seed)
        self.mails = Mails(options.messages, options.size, 1)
        self.line = Line(PROFILES[options.line])
        self.line.down()
        self.cutter = Cutter(self.line, self.dice)
        make_certificate()
        of_server, of_set = (text.format(dir=world.DIR) for text in SERVERS[options.server])
        self.relay = CountingRelay(of_server).start()
        self.client = Roampost(more=of_set)
        self.user, self.tally, self.last = self.client.user, Tally(), None
        folder = world.DIR + "/mail"
        spool(self.mails, folder)
        self.client.submit(self.mails, folder)
        self.user.start_agent()

    def queue(self):
        """Messages that are left, by Message-ID."""
        number = re.compile(r"mail(\d+)@")
        ids = self.mails.ids()
        return {ids[int(number.match(m["recipients"][0]["address"])[1])]: m for m in self.user.ask("queue")}

    def arrived(self):
        return len(self.relay.copies)

    def uptime(self, left):
        """Seconds until the next cut: such that the messages last for all of them."""
        profile, share = self.line.profile, (self.mails.n - self.arrived()) / left
        mean = START + 3 * profile.rtt + share * self.mails.size * 1.1 * 8 / profile.rate
        return self.dice.uniform(0, 2) * mean

    def stay_up(self, n):
        """Until the next cut; not so long that the queue runs dry before the last one."""
        began, before = time.monotonic(), len(self.relay.accepted)
        until = began + self.uptime(self.options.cuts - n)
        most = (self.mails.n - KEPT) * (n + 1) // self.options.cuts
        # These have to show that the line is used.
        patient = n % 8 == 7 or self.last is Cutter.reset
        while self.arrived() < most and (time.monotonic() < until or patient):
            time.sleep(0.005)
            if len(self.relay.accepted) > before:
                patient = False
            elif time.monotonic() > began + PATIENCE:
                raise TimeoutError("nothing arrived in %d s after cut %d" % (PATIENCE, n))
        if len(self.relay.accepted) > before:
            self.tally.slowest = max(self.tally.slowest, self.relay.accepted[before] - began)

    def cut(self, n):
        way = self.dice.choices(list(WAYS), WAYS.values())[0]
        if n + 1 == self.options.cuts:
            way = Cutter.hang_up  # after the others, what was put off may wait for some minutes
        self.last = way
        open_now = connections()
        way(self.cutter)
        self.tally.cuts += self.arrived() < self.mails.n
        self.tally.connections += len(open_now)
        self.tally.in_flight += sum(open_now)
        if os.environ.get("VERBOSE"):
            self.report.note("cut %d: %s: %d connections, %d octets in flight; %d arrived, %d copies" % (
                n, way.__name__, len(open_now), sum(open_now), self.arrived(), sum(self.relay.copies.values())))
        if way not in (Cutter.gap, Cutter.reset):
            self.look()
        time.sleep(self.dice.uniform(0.1, 0.8))

    def look(self):
        """The queue says of what is in doubt that it may have arrived."""
        def rests():
            has = set(self.relay.copies)  # before the queue is asked
            queue = self.queue()
            return not any(m["state"] == "sending" for m in queue.values()) and (has, queue)
        has, queue = world.wait_for(rests, "nothing is being sent without a line")
        self.tally.unmarked += tuple(i for i in has & set(queue) if not queue[i]["maybe-sent"])
        self.tally.marked = max(self.tally.marked, sum(m["maybe-sent"] for m in queue.values()))

    def run(self):
        self.cutter.reconnect()
        for n in range(self.options.cuts):
            self.stay_up(n)
            self.cut(n)
            self.cutter.reconnect()
        began, left = time.monotonic(), self.mails.n - self.arrived()
        profile = self.line.profile
        world.wait_for(lambda: not self.queue(), lambda: "all sent; left: %s" % [
            (i, m["state"], m["next-try"]) for i, m in self.queue().items()],
            60 + 2 * left * self.mails.size * 8 / profile.rate, 0.1)
        self.report.note("the last %d were gone %.1f s after the last cut" % (left, time.monotonic() - began))

    def judge(self):
        tally, report, copies = self.tally, self.report, self.relay.copies
        twice = sum(copies.values()) - len(copies)
        bound = tally.connections + tally.in_flight / self.mails.size
        report.check(tally.cuts == self.options.cuts, "%d cuts, all while mail was left" % self.options.cuts, tally.cuts)
        lost = sorted(set(self.mails.ids()) - set(copies))
        report.check(not lost, "%d messages: none is lost" % self.mails.n, "%d missing: %s" % (
            len(lost), ", ".join(lost[:5])))
        report.equal(sorted(set(copies) - set(self.mails.ids())), [], "each under its own Message-ID")
        report.check(twice <= bound, "%d arrived once more; the bound is %d: %d open connections, and "
                     "%d octets in flight of mails of %d" % (
                         twice, bound, tally.connections, tally.in_flight, self.mails.size))
        report.equal(tally.unmarked, (), "what the server has and the queue holds is marked as maybe sent")
        report.note("at most %d were marked at once; after a cut it took at most %.1f s until one arrived" % (
            tally.marked, tally.slowest))


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[1])
    parser.add_argument("--seed", type=int, default=1999, help="script/soak draws one")
    parser.add_argument("--cuts", type=int, default=6)
    parser.add_argument("--messages", type=int, default=12)
    parser.add_argument("--size", type=int, default=20000, help="octets of each")
    parser.add_argument("--line", default="P3G", choices=[p for p in PROFILES if PROFILES[p].rate])
    parser.add_argument("--server", default="chunking", choices=SERVERS)
    parser.add_argument("--seconds", type=int, default=220)
    return parser.parse_args()


def main():
    options = parse()
    reason = world.why_not()
    if reason:
        tap.skip_all(reason)
    if "--seed" not in sys.argv:
        sys.argv += ["--seed", str(options.seed)]  # the same inside
    world.enter(options.seconds)
    report = tap.Tap()
    report.note("seed %d" % options.seed)
    flush = None
    try:
        flush = Flush(options, report)
        flush.run()
    except Exception:
        report.crash("the flush")
        world.show_logs()
    if flush:
        flush.judge()
    if os.environ.get("KEEP_LOG"):
        subprocess.run(["cp", flush.user.log_path, os.environ["KEEP_LOG"] + ".agent"])
        subprocess.run(["cp", flush.relay.dir + "/maillog", os.environ["KEEP_LOG"] + ".relay"])
    report.done()


if __name__ == "__main__":
    main()
