#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From NetworkManager's signal to the first octet of MAIL FROM at a server.

usage: react.py BUILD [--rounds N] [--mock] [--trace]

A laptop without a network holds a message; NetworkManager (the real one, in namespaces; with --mock
the tests' mock on a private bus) brings a line up; the agent finds itself inside a provider, and
sends. The server has a numeric address, no TLS and no login. Measured is the time from the last
signal that carries news of the line to the first octet of MAIL, less the 300 ms of quiet that must
follow that signal: what is left is the agent's own time, the way to the server and back included.

The last signal with news is the last PropertiesChanged of NetworkManager's before MAIL that touches
what a place is made of, NEWS below: addresses, routes, names, which connection. The states that
NetworkManager goes through after that are no news; where one were, the time shown would be too long,
not too short. The signal, the octet and the agent's log are stamped by one process with one clock. The state is on the disk of the build folder, so that
commits cost what they cost.
"""
import argparse
import os
import queue
import shutil
import statistics
import subprocess
import sys
import threading

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../system"))
from lab import world  # noqa: E402
from lab.manager import Bus, Manager  # noqa: E402
from lab.roampost import User, program  # noqa: E402

QUIET = 300.0  # milliseconds: the settle time
NM = "org.freedesktop.NetworkManager"
ADDRESS, SUBNET = "203.0.113.66", "203.0.113.0/24"
IP = {"AddressData", "Addresses", "Gateway", "RouteData", "Routes", "Domains", "Searches"}
NEWS = {
    NM + ".Device": {"Ip4Config", "Ip6Config", "ActiveConnection", "Metered"},
    NM + ".Connection.Active": {"Default", "Default6"},
    NM + ".IP4Config": IP,
    NM + ".IP6Config": IP,
}
CONFIG = """\
[agent]

[provider odn]
prefixes=%s

[server-set odn]
provider=odn
identities=taro@odn.example
relay=inside
smtp=smtp://%%s:%%d
smtp-tls=off
""" % SUBNET


class Witness:
    """The witness, and what it has seen: (microseconds, what, words)."""

    def __init__(self, address, port, netns=None):
        command = [build("tests/bench/react-witness"), address, str(port)]
        if netns:
            command = ["ip", "netns", "exec", netns, *command]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().split()[1])
        self.events, self.seen = queue.Queue(), []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            at, what, *rest = line.rstrip("\n").split(" ", 2)
            self.events.put((int(at), what, rest[0] if rest else ""))

    def until(self, what, start, seconds=15):
        """Events up to the first of this kind whose words start so; what was seen before is dropped."""
        seen = []
        while True:
            event = self.events.get(timeout=seconds)
            seen.append(event)
            if event[1] == what and event[2].startswith(start):
                return seen


def build(path):
    return os.path.join(os.environ["ROAMPOST_BUILD"], path)


def is_news(words):
    _path, member, *rest = words.split()
    return member == "PropertiesChanged" and bool(set(rest[1:]) & NEWS.get(rest[0], set()))


class Real:
    """The laptop's wan0 is a cable to a provider's namespace, where the witness serves."""
    name = "NetworkManager"

    def __init__(self):
        world.add_netns("odn")
        world.cable("odn", "ap0", None, "wan0")
        world.ip("odn", "addr add 203.0.113.65/30 dev ap0", "addr add 203.0.113.1/32 dev lo")
        world.start(["dnsmasq", "--conf-file=/dev/null", "--keep-in-foreground", "--port=0",
                     "--interface=ap0", "--bind-interfaces", "--dhcp-authoritative", "--no-ping",
                     "--dhcp-range=%s,%s,1h" % (ADDRESS, ADDRESS), "--user=root", "--pid-file=",
                     "--dhcp-option=option:router,203.0.113.65",
                     "--dhcp-leasefile=%s/leases" % world.DIR], world.DIR + "/dnsmasq.log", "odn")
        self.manager = Manager()
        self.manager.profile("ODN", Line)
        self.server, self.netns, self.links = ("203.0.113.1", 25), "odn", {}

    def up(self):
        self.manager.up("ODN")

    def down(self):
        self.manager.down("ODN")


class Line:
    """What a profile wants to know of a line."""
    interface = "wan0"


class Mock:
    """The mock: one line that is up all the time, whose address changes to ODN's by one signal."""
    name = "a mock of NetworkManager"

    def __init__(self):
        source = os.environ["ROAMPOST_SOURCE"]
        world.start([sys.executable, "-m", "dbusmock", "--system", "--template",
                     source + "/tests/fakes/nm_mock.py"], world.DIR + "/mock.log")
        world.run("gdbus wait --system --timeout=20 " + NM)
        self._call("Up", "wan0", "ethernet", "{'id': <'line'>, 'addresses': <['192.0.2.66/24']>, "
                   "'gateway': <'192.0.2.1'>, 'default': <true>}")
        self.server, self.netns = ("127.0.0.1", 0), None
        self.links = {"ROAMPOST_LINKS": "networkmanager;ppp"}

    def up(self):
        self._call("Change", "wan0", "{'addresses': <['%s/24']>}" % ADDRESS)

    def down(self):
        self._call("Change", "wan0", "{'addresses': <['192.0.2.66/24']>}")

    def _call(self, method, *arguments):
        world.run(["gdbus", "call", "--system", "--dest", NM, "--object-path", "/org/freedesktop",
                   "--method", "org.freedesktop.DBus.Mock." + method, *arguments])


class Bench:
    def __init__(self, side, trace):
        self.trace = trace
        for kind in ("system", "session"):
            Bus(kind)
        self.side = side()
        self.witness = Witness(*self.side.server, netns=self.side.netns)
        self.state = build("bench-state/react")
        shutil.rmtree(self.state, ignore_errors=True)
        os.makedirs(self.state, mode=0o700)
        self.user = User(CONFIG % (self.side.server[0], self.witness.port), env=self.side.links)
        self.user.env["ROAMPOST_STATE"] = self.state
        self.agent = subprocess.Popen([program("roampostd"), "--verbose"], env=self.user.env,
                                      stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                      stderr=self.witness.process.stdin)
        world.run(["gdbus", "wait", "--session", "--timeout=20", "org.roampost.Agent1"])

    def round(self):
        """One journey; returns the times of its steps in milliseconds after the signal."""
        message = self.user.submit("taro@odn.example", "hanako@friends.example", subject="react")
        self.user.wait_state(message, "held")
        while not self.witness.events.empty():
            self.witness.events.get()
        self.side.up()
        events = self.witness.until("smtp", "MAIL")
        events += self.witness.until("smtp", "QUIT")
        self.user.wait_state(message, "sent")
        self.side.down()
        self.user.wait_set("")
        return self.steps(events)

    def steps(self, events):
        def first(what, start):
            return next(at for at, w, words in events if w == what and words.startswith(start))

        mail = first("smtp", "MAIL")
        signal = [at for at, what, words in events if what == "signal" and is_news(words) and at < mail][-1]
        if self.trace:
            for at, what, words in events:
                news = what == "signal" and is_news(words)
                print("%9.2f %s %s %s" % ((at - signal) / 1000, "*" if news else " ", what, words))
        marks = {
            "settled": first("log", "roampostd: roampost-link: links up"),
            "connecting": first("log", "roampostd: roampost-agent: odn: idle -> connecting"),
            "connected": first("smtp", "connected"),
            "EHLO": first("smtp", "EHLO"),
            "session": first("log", "roampostd: roampost-agent: odn: connecting -> sending"),
            "MAIL": mail,
        }
        return {name: (at - signal) / 1000 for name, at in marks.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--mock", action="store_true")
    parser.add_argument("--trace", action="store_true", help="print every event of every round")
    options = parser.parse_args()
    os.environ["ROAMPOST_BUILD"] = os.path.abspath(options.build)
    os.environ["ROAMPOST_SOURCE"] = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
    reason = None if options.mock else world.why_not()
    if reason:
        sys.exit("not measured: %s" % reason)
    seconds = 30 + 6 * options.rounds
    if options.mock:
        world.enter_stage(seconds)
    else:
        world.enter(seconds)
    bench = Bench(Mock if options.mock else Real, options.trace)
    rounds = [bench.round() for _ in range(options.rounds)]
    own = [r["MAIL"] - QUIET for r in rounds]
    print("%s, %d rounds, load %.1f" % (bench.side.name, len(rounds), os.getloadavg()[0]))
    print("signal to MAIL, less %.0f ms of quiet: min %.1f, median %.1f, max %.1f ms" % (
        QUIET, min(own), statistics.median(own), max(own)))
    worst = max(rounds, key=lambda r: r["MAIL"])
    print("after the signal, ms:    median           the slowest")
    for name in rounds[0]:
        at = statistics.median(r[name] for r in rounds)
        print("  %-12s %16.2f %16.2f" % (name, at, worst[name]))


if __name__ == "__main__":
    main()
