#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""test_several_links.py [PLAY]: a laptop with several links. The same server addresses are behind each of
them, so that what goes astray would arrive; every packet of each server set's sessions is counted by
interface, in the kernel, and not one may be on a wrong one. Without a play: all of them, and a table."""

import ipaddress
import json
import os
import shutil
import subprocess
import sys
import types

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import plays, tap, tunnel, world  # noqa: E402
from lab.manager import Bus  # noqa: E402
from lab.roampost import User, program  # noqa: E402
from lab.world import ip  # noqa: E402

SERVER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../field/faults/server.py")
PORTS = {"a": 2525, "b": 2526}  # a server set each
SET = """\
[server-set {name}]
identities={name}@{name}.example
smtp=smtp://{server}:{port}
smtp-tls=off
{lines}
"""


class Lab:
    def __init__(self, name):
        self.name, self.test = name, tap.Tap()
        self.interfaces, self.servers, self.config, self.user = [], 0, "", None

    # -- the laboratory ---------------------------------------------------------------------------

    def network(self, netns, *servers):
        """A network, with servers at these addresses for every set."""
        if not os.path.exists("/run/netns/" + netns):
            world.add_netns(netns)
        for address in servers:
            ip(netns, "addr add %s dev lo%s" % (address, " nodad" if ":" in address else ""))
            for port in PORTS.values():
                self.servers += 1
                ready = "%s/port%d" % (world.DIR, self.servers)
                world.start([sys.executable, SERVER, ready, "%s/%s-%d" % (world.DIR, netns, port), "0", address, str(port)],
                            world.DIR + "/servers.log", netns)
                world.wait_for(lambda path=ready: os.path.exists(path), "a server in " + netns)

    def link(self, interface, netns, *addresses):
        """A cable there; each is (own address, the gateway's, metric of the default route or None)."""
        world.cable(None, interface, netns, "to-" + interface)
        self.interfaces.append(interface)
        for own, gateway, metric in addresses:
            self.address(interface, netns, own, gateway)
            if metric is not None:
                ip(None, "route add default via %s dev %s metric %d" % (gateway, interface, metric))

    @staticmethod
    def address(interface, netns, own, gateway):
        length, nodad = own.partition("/")[2], " nodad" if ":" in own else ""
        ip(netns, "addr add %s/%s dev to-%s%s" % (gateway, length, interface, nodad))
        ip(None, "addr add %s dev %s%s" % (own, interface, nodad))

    def wireguard(self, netns, endpoint, inner, allowed):
        """A tunnel of real WireGuard to a host there, as wg0."""
        keys = [world.run("wg genkey").strip() for _ in range(2)]
        public = [subprocess.run(["wg", "pubkey"], input=key, stdout=subprocess.PIPE, text=True).stdout.strip() for key in keys]
        for interface, where, key in (("wg0", None, keys[0]), ("wg1", netns, keys[1])):
            path = "%s/%s.key" % (world.DIR, interface)
            with open(path, "w") as out:
                out.write(key)
            world.start(["wireguard-go", "-f", interface], world.DIR + "/wireguard.log", where)
            world.wait_for(lambda name=interface: os.path.exists("/run/wireguard/%s.sock" % name), "WireGuard")
            world.run("wg set %s listen-port 51820 private-key %s" % (interface, path))
        world.run("wg set wg0 fwmark 51820 peer %s endpoint %s:51820 allowed-ips %s" % (public[1], endpoint, allowed))
        world.run("wg set wg1 peer %s allowed-ips %s/32" % (public[0], inner[0]))
        ip(netns, "addr add %s/24 dev wg1" % inner[1], "link set wg1 up")
        ip(None, "addr add %s/24 dev wg0" % inner[0], "link set wg0 up")
        self.interfaces.append("wg0")

    def provider(self, name, *lines):
        self.config += "[provider %s]\n%s\n\n" % (name, "\n".join(lines))

    def set(self, name, server, *lines):
        self.config += SET.format(name=name, server=server, port=PORTS[name], lines="\n".join(lines))

    def start(self, links="kernel", inside=()):
        """The agent, once it knows that it is inside these providers; packets are counted from here."""
        rules = ["  %s %s tcp %s %d counter name %s_%s" % (way, interface, end, port, interface, name)
                 for name, port in PORTS.items() for interface in self.interfaces
                 for way, end in (("oifname", "dport"), ("iifname", "sport"))]
        counters = ["counter %s_%s { }" % (interface, name) for name in PORTS for interface in self.interfaces]
        path = world.DIR + "/witness.nft"
        with open(path, "w") as out:
            out.write("table inet witness {\n%s\nchain out {\n type filter hook postrouting priority 300\n%s\n}\n"
                      "chain in {\n type filter hook prerouting priority -400\n%s\n}\n}\n" % (
                          "\n".join(counters), "\n".join(r for r in rules if "oifname" in r),
                          "\n".join(r for r in rules if "iifname" in r)))
        world.run(["nft", "-f", path])
        self.user = User(self.config, env={"ROAMPOST_LINKS": links})
        self.user.start_agent()
        self.inside(*inside)

    # -- what is seen -----------------------------------------------------------------------------

    def inside(self, *names):
        world.wait_for(lambda: {i["provider"] for i in self.user.ask("where")["inside"]} == set(names),
                       lambda: "inside %s: %s" % (names, self.user.run("where", "--json")))

    def counts(self, name):
        """Packets of the set's sessions so far, by interface."""
        listed = json.loads(world.run("nft -j list counters table inet witness"))["nftables"]
        packets = {c["counter"]["name"]: c["counter"]["packets"] for c in listed if "counter" in c}
        return {interface: packets["%s_%s" % (interface, name)] for interface in self.interfaces}

    def sends(self, name, interface, what):
        """A mail of the set goes, and by that interface alone."""
        before = self.counts(name)
        self.user.wait_state(self.user.submit("%s@%s.example" % (name, name), "x@elsewhere.example"), "sent")
        self.compare(name, before, interface, what)

    def holds(self, name, what):
        """It is held, and nobody gets a packet for it."""
        before = self.counts(name)
        message = self.user.submit("%s@%s.example" % (name, name), "x@elsewhere.example")
        self.user.wait_state(message, "held")
        self.compare(name, before, None, what)
        self.user.run("delete", message)

    def compare(self, name, before, interface, what):
        after = self.counts(name)
        seen = {i: after[i] - before[i] for i in self.interfaces}
        wrong = {i: n for i, n in seen.items() if i != interface and n}
        self.test.check(not wrong, "%s: none by another link" % what, wrong)
        if interface:
            self.test.check(seen[interface] > 10, "%s: by %s" % (what, interface), seen)
        plays.note_row(self.test, self.name, what, interface or "held",
                       ", ".join("%s %d" % pair for pair in seen.items()))

    def peers(self, netns, name):
        """Whom the set's server there had to do with."""
        try:
            with open("%s/%s-%d" % (world.DIR, netns, PORTS[name])) as log:
                return [line.split()[2] for line in log if line.startswith("connection from ")]
        except FileNotFoundError:
            return []


# ---- the plays ----

def dialled_beside_wifi(lab):
    """A provider at ppp0, and the default route by Wi-Fi."""
    lab.network("hotel", "203.0.113.1", "198.51.100.9")
    lab.network("line", "203.0.113.1", "198.51.100.9")
    lab.link("wlan0", "hotel", ("192.168.1.7/24", "192.168.1.1", 0))
    ip(None, "route del default")
    call = tunnel.dial(types.SimpleNamespace(name="line", pool4=ipaddress.ip_network("203.0.113.64/26"),
                                             server4="203.0.113.1"), "ppp0")
    ip(None, "route del default dev ppp0", "route add default via 192.168.1.1 metric 600",
       "route add default dev ppp0 metric 700")
    lab.interfaces.append("ppp0")
    bus = Bus("system")
    lab.provider("a", "prefixes=203.0.113.0/24")
    lab.set("a", "203.0.113.1", "provider=a", "relay=inside")
    lab.set("b", "198.51.100.9", "relay=anywhere")
    os.environ["ROAMPOST_RUN"] = world.DIR + "/run"
    call.hook(program("roampost-ppp-hook"), "up", "a-dial")
    lab.start("ppp;kernel", ["a"])
    lab.sends("a", "ppp0", "inside by the line")
    lab.test.equal(set(lab.peers("line", "a")), {call.local}, "from the line's address")
    lab.sends("b", "wlan0", "anywhere, by the kernel's way")
    call.hang_up()
    lab.inside()
    lab.interfaces.remove("ppp0")
    lab.holds("a", "the line is gone")
    del bus


def vpn_over_hotel(lab):
    """A split tunnel: a stranger in the hotel has the address of the company's server."""
    lab.network("hotel", "10.8.0.5", "198.51.100.9")
    lab.network("company", "10.8.0.5")
    lab.link("wlan0", "hotel", ("192.168.1.7/24", "192.168.1.1", 600))
    world.cable("hotel", "wan", "company", "wan")
    ip("hotel", "addr add 203.0.113.1/24 dev wan")
    ip("company", "addr add 203.0.113.2/24 dev wan", "route add default via 203.0.113.1")
    lab.wireguard("company", "203.0.113.2", ("10.8.0.2", "10.8.0.1"), "10.8.0.0/24")
    lab.provider("a", "prefixes=10.8.0.0/24")
    lab.set("a", "10.8.0.5", "provider=a", "relay=inside")
    lab.set("b", "198.51.100.9", "relay=anywhere")
    ip(None, "route add 10.8.1.0/24 dev wg0")  # it leads somewhere beyond itself
    lab.start(inside=["a"])
    lab.sends("a", "wg0", "inside by the tunnel")
    lab.sends("b", "wlan0", "anywhere, by the hotel")
    lab.test.equal(lab.peers("hotel", "a"), [], "the stranger was not asked")
    ip(None, "link set wg0 down")
    lab.inside()
    lab.holds("a", "the tunnel is down")
    lab.test.equal(lab.peers("hotel", "a"), [], "nor then")


def family_each(lab):
    """By IPv4 inside one provider, by IPv6 inside the other; each server has both."""
    both = {"a": ("203.0.113.1", "2001:db8:a::1"), "b": ("198.51.100.1", "2001:db8:b::1")}
    for netns in both:
        lab.network(netns, *both["a"], *both["b"])
        world.name("smtp.%s.example" % netns, *both[netns])
    lab.link("eth0", "a", ("203.0.113.7/26", "203.0.113.2", 100), ("2001:db8:9::7/64", "2001:db8:9::1", 200))
    lab.link("eth1", "b", ("192.168.2.7/24", "192.168.2.1", 200), ("2001:db8:b:1::7/64", "2001:db8:b:1::1", 100))
    for name, prefix in (("a", "203.0.113.0/24"), ("b", "2001:db8:b::/48")):
        lab.provider(name, "prefixes=" + prefix)
        lab.set(name, "smtp.%s.example" % name, "provider=" + name, "relay=inside")
    lab.start(inside=["a", "b"])
    lab.sends("a", "eth0", "inside by IPv4")
    lab.sends("b", "eth1", "inside by IPv6")
    lab.test.equal(lab.peers("a", "a") + lab.peers("b", "b"), ["203.0.113.7", "2001:db8:b:1::7"], "and by that family")


def one_ten_at_two(lab):
    """Both providers have 10/8, and a server at 10.0.0.25; they are known by their gateways."""
    for number, netns in ((1, "a"), (2, "b")):
        lab.network(netns, "10.0.0.25")
        lab.link("eth%d" % number, netns, ("10.9.0.7/24", "10.9.0.1", 100 * number))
        hardware = world.run("ip -n %s -br link show to-eth%d" % (netns, number)).split()[2]
        lab.provider(netns, "gateways=" + hardware)
        lab.set(netns, "10.0.0.25", "provider=" + netns, "relay=inside")
    lab.start(inside=["a", "b"])
    lab.sends("a", "eth1", "the one 10.0.0.25")
    lab.sends("b", "eth2", "the other 10.0.0.25")
    lab.test.equal(lab.peers("b", "a") + lab.peers("a", "b"), [], "no server had the other's mail")


def metrics(lab):
    """Three default routes: what is not bound goes by that of the lowest metric, as it changes."""
    for number, metric in ((1, 300), (2, 100), (3, 200)):
        lab.network("net%d" % number, "198.51.100.9")
        lab.link("eth%d" % number, "net%d" % number, ("192.168.%d.7/24" % number, "192.168.%d.1" % number, metric))
    lab.provider("a", "prefixes=192.168.1.0/24")
    lab.set("a", "198.51.100.9", "provider=a", "relay=inside")
    lab.set("b", "198.51.100.9", "relay=anywhere")
    lab.start(inside=["a"])
    lab.sends("b", "eth2", "anywhere, metrics 300, 100, 200")
    lab.sends("a", "eth1", "inside by that of metric 300")
    ip(None, "route del default via 192.168.2.1")
    lab.sends("b", "eth3", "anywhere, metrics 300 and 200")
    ip(None, "route add default via 192.168.1.1 metric 50")
    lab.sends("b", "eth1", "anywhere, metrics 50, 200, 300")


def rules(lab):
    """`ip rule`: what is not bound goes as the kernel is told; what is bound does not."""
    for number in (1, 2):
        lab.network("net%d" % number, "198.51.100.9")
        lab.link("eth%d" % number, "net%d" % number, ("192.168.%d.7/24" % number, "192.168.%d.1" % number, 100 * number))
    ip(None, "route add default via 192.168.2.1 table 100")
    world.run("ip rule add ipproto tcp dport 2525-2526 lookup 100")
    lab.provider("a", "prefixes=192.168.1.0/24")
    lab.set("a", "198.51.100.9", "provider=a", "relay=inside")
    lab.set("b", "198.51.100.9", "relay=anywhere")
    lab.start(inside=["a"])
    lab.sends("b", "eth2", "anywhere, a rule for the port leads by eth2")
    lab.sends("a", "eth1", "inside by eth1, whatever the rule says")
    world.run("ip rule del ipproto tcp dport 2525-2526 lookup 100")
    world.run("ip rule add uidrange %d-%d lookup 100" % (os.getuid(), os.getuid()))
    lab.sends("b", "eth2", "anywhere, a rule for the user")


def wireguard_takes_all(lab):
    """The rules of wg-quick: all but what has WireGuard's mark goes through the tunnel."""
    lab.network("home", "198.51.100.9", "203.0.113.1")
    lab.network("far", "198.51.100.9", "203.0.113.1")
    lab.link("wlan0", "home", ("203.0.113.7/26", "203.0.113.3", 600))
    world.cable("home", "wan", "far", "wan")
    ip("home", "addr add 192.0.2.1/24 dev wan")
    ip("far", "addr add 192.0.2.2/24 dev wan", "route add default via 192.0.2.1")
    lab.wireguard("far", "192.0.2.2", ("10.8.0.2", "10.8.0.1"), "0.0.0.0/0")
    lab.provider("a", "prefixes=203.0.113.0/24")
    lab.set("a", "203.0.113.1", "provider=a", "relay=inside")
    lab.set("b", "198.51.100.9", "relay=anywhere")
    lab.start(inside=["a"])
    lab.sends("b", "wlan0", "anywhere, without the tunnel's rules")
    lab.sends("a", "wlan0", "inside, without them")
    ip(None, "route add default dev wg0 table 51820")
    world.run("ip rule add not fwmark 51820 table 51820")
    world.run("ip rule add table main suppress_prefixlength 0")
    lab.inside()
    lab.sends("b", "wg0", "anywhere, with them")
    lab.test.equal(lab.peers("far", "b"), ["10.8.0.2"], "from the tunnel's address")
    lab.holds("a", "inside below the tunnel: held")
    lab.user.configure(lab.config.replace("relay=inside", "relay=inside\nbypass-vpn=yes"))
    lab.user.wait_set("a")
    lab.sends("a", "wlan0", "the same with bypass-vpn=yes")


PLAYS = {play.__name__.replace("_", "-"): play for play in (
    dialled_beside_wifi, vpn_over_hotel, family_each, one_ten_at_two, metrics, rules, wireguard_takes_all)}


def play(name):
    lab = Lab(name)
    bus = Bus("session")
    os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = "unix:path=/nonexistent"
    try:
        PLAYS[name](lab)
        lab.test.equal(lab.user.stop_agent(), 0, "the end")
    except Exception:
        lab.test.crash(name)
        world.show_logs()
    del bus
    lab.test.done()


def main():
    missing = [p for p in ("nft", "wg", "wireguard-go")
               if not shutil.which(p, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")]
    if missing:
        tap.skip_all("not installed: %s (script/setup installs them)" % ", ".join(missing))
    if not os.path.exists("/dev/net/tun"):
        tap.skip_all("there is no /dev/net/tun")
    if world.why_not():
        tap.skip_all(world.why_not())
    if len(sys.argv) < 2:
        return plays.run_all(os.path.abspath(__file__), PLAYS, ["play", "what", "by", "packets of it"])
    world.enter(220)
    play(sys.argv[1])


main()
