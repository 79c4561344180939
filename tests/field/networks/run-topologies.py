#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random topologies: links, tunnels, aliases, families, routes.

In memory: a model of its own of the policy's rules about links says for each what may be bound and what is
held; test-field-networks plays them as cases. With namespaces: the same servers, by IPv4 and IPv6, are behind
every interface, as strangers in hotel networks have the company server's private address; a witness in each sees
every packet to them. The kernel itself (`ip route get`) says where a session that is not bound may go, a POP
login's source where the mail may that it opens, and the addresses where what goes from inside may: no packet of a
mail or a login comes anywhere else, and what has a way arrives.

usage: run-topologies.py TEST-FIELD-NETWORKS [ROAMPOSTD ROAMPOST-SENDMAIL] [--memory N] [--plays N] [--seed N]"""

import argparse
import ipaddress
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

FAMILIES = ("4", "6")
INSIDE = {"4": "203.0.113.", "6": "2001:db8:1::"}
OUTSIDE = {"4": "198.51.100.", "6": "2001:db8:9::"}
KINDS = ("wifi", "ethernet", "ppp", "cellular", "vpn", "vpn")
USABLE = ("", "", "", "full", "limited")
SHUT = ("portal", "none")


class Link:
    def __init__(self, rng, name):
        self.name, self.kind = name, rng.choice(KINDS)
        self.connectivity = rng.choice(USABLE) if rng.random() < 0.8 else rng.choice(SHUT)
        self.addresses = {family: [] for family in FAMILIES}
        for family in FAMILIES:
            for _ in range(rng.choice((0, 1, 1, 2, 3))):
                base = rng.choice((INSIDE, OUTSIDE))[family]
                self.addresses[family].append(base + str(rng.randrange(2, 250)))
        self.order = [a for family in FAMILIES for a in self.addresses[family]]
        rng.shuffle(self.order)
        self.default = set()

    def usable(self):
        return self.connectivity not in SHUT and any(self.addresses.values())

    def inside(self, family):
        return [a for a in self.order if a in self.addresses[family] and a.startswith(INSIDE[family])]

    def text(self):
        words = [self.name, self.kind] + self.order + ["pref=" + a for a in self.order]
        words += ["default" + ("" if len(self.default) == 2 else min(self.default))] if self.default else []
        return " ".join(words + ([self.connectivity] if self.connectivity else []))


class Topology:
    """What the rules say of it, read from them and not from the program."""

    def __init__(self, rng):
        self.links = [Link(rng, f"if{i}") for i in range(rng.randrange(1, 5))]
        self.bypass = rng.random() < 0.25
        for family in FAMILIES:
            having = [link for link in self.links if link.addresses[family]]
            if having and rng.random() < 0.85:
                rng.choice(having).default.add(family)

    def taken(self, family):
        return any(link.kind == "vpn" and family in link.default for link in self.links)

    def carried(self):
        return any(link.kind != "vpn" for link in self.links)

    def way_out(self, family):
        for link in self.links:
            if family in link.default:
                return link.usable() and (link.kind != "vpn" or self.carried()) and link
        return None

    def inside(self):
        """Link, families, and the address to send from."""
        found = []
        for link in self.links:
            families = [f for f in FAMILIES if link.inside(f) and
                        (self.bypass or link.kind == "vpn" or not self.taken(f))]
            if link.usable() and families:
                found.append((link, families))
        if not found:
            return None
        first = self.way_out("4") or self.way_out("6")
        link, families = next((pair for pair in found if pair[0] is first), found[0])
        return link, families, link.inside(families[0])[0] if len(families) == 1 else None

    def open(self):
        return bool(self.way_out("4") or self.way_out("6") or self.inside())

    def hold(self):
        return "-:portal" if any(link.connectivity == "portal" for link in self.links) else "-:offline"

    def free(self):
        below = [link for link in self.links if link.kind != "vpn" and link.usable()]
        below = next((link for link in below if link.default), below[0] if below else None)
        if self.bypass and below and (self.taken("4") or self.taken("6")):
            return f"any bound {below.name}"
        have = [f for f in FAMILIES if any(f in link.default for link in self.links)]
        usable = [f for f in have if self.way_out(f)]
        return f"ipv{usable[0]}" if usable and len(usable) < len(have) else "any"

    def plan(self, rule):
        if not self.open():
            return "hold " + self.hold()
        if rule == "anywhere":
            return "send s/anywhere/" + self.free()
        if not self.inside():
            return "hold s:outside"
        link, families, source = self.inside()
        family = "any" if len(families) == 2 else "ipv" + families[0]
        return f"send s/inside/{family} bound {link.name}" + (f" from {source}" if source else "")

    def case(self):
        any_default = any(link.default for link in self.links)
        links = "; ".join(link.text() for link in self.links) + ("" if any_default else " nm=nodefault")
        out = "# source: drawn at random\nconfig: provider p net=203.0.113.0/24,2001:db8:1::/48\n"
        bypass = " bypass=yes" if self.bypass else ""
        for rule in ("inside", "anywhere"):
            out += f"config: set {rule[0]}{rule[1:]} provider=p ids={rule}@p.example relay={rule}{bypass}\n"
        out += f"place: {links}\n"
        for rule in ("inside", "anywhere"):
            want = self.plan(rule).replace(" s/", f" {rule}/").replace(" s:", f" {rule}:")
            out += f"mail: {rule}@p.example -> b@x.example\nplan: {want}\n"
        return out


def in_memory(program, n, seed):
    with tempfile.TemporaryDirectory(prefix="roampost-topologies-") as folder:
        for i in range(n):
            with open(f"{folder}/{seed}-{i:05}.case", "w") as out:
                out.write(Topology(random.Random(f"{seed} {i}")).case())
        done = subprocess.run([program, folder], stdout=subprocess.PIPE, text=True, timeout=1200)
        for line in done.stdout.splitlines():
            if line.startswith(("#", "not ok")) and "cases" not in line:
                print("#", line.lstrip("# "))
                if line.startswith("not ok"):
                    with open(f"{folder}/{line.split()[-1]}") as case:
                        print("".join("#   " + text for text in case))
        return done.returncode == 0


# ---- with namespaces ----

# The servers' names, and the addresses that they have behind every interface.
HOSTS = {"smtp": {"4": "10.8.0.5", "6": "2001:db8:8::5"}, "pop": {"4": "10.9.0.6", "6": "2001:db8:a::6"}}
PORTS = {"smtp": 2525, "pop": 1110}
SPECIFIC = {"4": (8, 16, 24, 32), "6": (32, 48, 64, 128)}
OWN = {"4": "203.0.113.{}/32", "6": "2001:db8:1::{}/128"}

# Sees every packet to the servers' ports, and answers as they do. Its file has "packet PORT", "login" and
# "mail".
WITNESS = r"""
import socket, struct, sys, threading
print("here", flush=True)
sys.stdin.readline()
out = open(sys.argv[1], "a", buffering=1)
raw = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))

def watch():
    while True:
        octets, (_, _, kind, *_) = raw.recvfrom(2048)
        if kind == socket.PACKET_OUTGOING:
            continue
        head = (octets[0] & 15) * 4 if octets[0] >> 4 == 4 else 40
        protocol = octets[9] if octets[0] >> 4 == 4 else octets[6]
        port = struct.unpack("!H", octets[head + 2:head + 4])[0] if len(octets) > head + 4 else 0
        if protocol == 6 and port in (2525, 1110):
            out.write(f"packet {port}\n")

def smtp(lines):
    lines.write("220 mx.example ESMTP\r\n"); lines.flush()
    data = False
    for line in lines:
        if data:
            data = line.rstrip("\r\n") != "."
            answer = "" if data else "250 kept"
            out.write("" if data else "mail\n")
        else:
            verb = line[:4].upper()
            data = verb == "DATA"
            out.write("login\n" if verb == "AUTH" else "")
            answer = {"EHLO": "250-mx.example\r\n250 AUTH PLAIN", "DATA": "354 go on", "QUIT": "221 bye",
                      "AUTH": "235 welcome"}.get(verb, "250 fine")
        if answer:
            lines.write(answer + "\r\n"); lines.flush()
        if answer.startswith("221"):
            return

def pop(lines):
    lines.write("+OK\r\n"); lines.flush()
    for line in lines:
        verb = line[:4].upper()
        out.write("login\n" if verb == "PASS" else "")
        lines.write("-ERR\r\n" if verb == "CAPA" else "+OK 0 0\r\n"); lines.flush()
        if verb == "QUIT":
            return

def serve(port, speak):
    server = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=20)
    while True:
        peer, _ = server.accept()
        try:
            speak(peer.makefile("rw", newline="\r\n"))
        except OSError:
            pass
        peer.close()

for job in (watch,), (serve, 2525, smtp), (serve, 1110, pop):
    threading.Thread(target=job[0], args=job[1:], daemon=True).start()
print("ready", flush=True)
threading.Event().wait()
"""


def sh(command):
    subprocess.run(command, shell=True, check=True, timeout=60, stdout=subprocess.DEVNULL)


class Play:
    """Interfaces with hosts of the same addresses behind each, and an agent here."""

    def __init__(self, rng, roampostd, sendmail):
        self.rng, self.roampostd, self.sendmail = rng, roampostd, sendmail
        self.dir = tempfile.mkdtemp(prefix="roampost-play-")
        self.witnesses, self.inside, self.inside_by = {}, None, set()
        self.names = [f"p{i}" for i in range(rng.randrange(2, 4))]
        self.families = rng.choice(({"4"}, {"6"}, {"4", "6"}))

    def build(self):
        sh("ip link set lo up")
        for i, name in enumerate(self.names):
            log = f"{self.dir}/{name}"
            open(log, "w").close()
            witness = subprocess.Popen(["unshare", "-n", sys.executable, "-c", WITNESS, log],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            self.witnesses[name] = witness
            witness.stdout.readline()  # it is in its own network
            sh(f"ip link add {name} address 02:00:00:00:00:{i:02} type veth peer name w{i} netns {witness.pid};"
               f"ip link set {name} addrgenmode none")
            net = f"nsenter -t {witness.pid} -n ip"
            sh(f"{net} link set w{i} addrgenmode none; {net} link set lo up; {net} link set w{i} up")
            sh(f"ip link set {name} up; {self.own(i, name, 2)}; {self.own(i, f'w{i}', 1, net)}")
            for host in HOSTS.values():
                sh("; ".join(f"{net} addr add {address} dev lo" for address in host.values()))
            sh("; ".join(f"{net} -{family} route add default {self.gateway(f'w{i}', family, 2)}" for family in FAMILIES))
            # Nobody answers who asks for a neighbour from a server's address.
            sh(f"{net} -6 neigh add 2001:db8:f:{i}::2 lladdr 02:00:00:00:00:{i:02} dev w{i} nud permanent")
            witness.stdin.write("\n")
            witness.stdin.flush()
            witness.stdout.readline()
        for family in FAMILIES:
            self.route(family)
        self.be_inside()
        with open(self.dir + "/hosts", "w") as out:
            for what, addresses in HOSTS.items():
                out.writelines(f"{addresses[family]} {what}.example\n" for family in sorted(self.families))
        sh(f"mount --bind {self.dir}/hosts /etc/hosts")

    @staticmethod
    def own(i, name, end, ip="ip"):
        return (f"{ip} addr add 192.0.2.{i * 16 + end}/28 dev {name};"
                f"{ip} addr add 2001:db8:f:{i}::{end}/64 dev {name} nodad;"
                f"{ip} addr add fe80::{i}:{end}/64 dev {name} nodad")

    @staticmethod
    def gateway(name, family, end=1):
        i = int(name[1:])
        return f"via {f'192.0.2.{i * 16 + end}' if family == '4' else f'2001:db8:f:{i}::{end}'} dev {name}"

    def route(self, family):
        rng = self.rng
        if family == "4" or rng.random() < 0.7:
            first = rng.choice(self.names)
            sh(f"ip -{family} route add default {self.gateway(first, family)}")
            for name in self.names:     # what NetworkManager does with several
                if name != first and rng.random() < 0.4:
                    sh(f"ip -{family} route add default {self.gateway(name, family)} metric {2048 + int(name[1:])}")
        for host in HOSTS.values():
            if rng.random() < 0.6:
                length = rng.choice(SPECIFIC[family])
                sh(f"ip -{family} route add {self.prefix(host[family], length)} "
                   f"{self.gateway(rng.choice(self.names), family)} metric 10 2>/dev/null || true")
        if family == "4":
            for name in self.names:     # each leads somewhere: else it is no link
                sh(f"ip route add 172.16.{self.names.index(name)}.0/24 {self.gateway(name, family)}")

    @staticmethod
    def prefix(address, length):
        return ipaddress.ip_network(f"{address}/{length}", strict=False)

    def be_inside(self):
        rng = self.rng
        if rng.random() < 0.5:
            self.inside, self.inside_by = rng.choice(self.names), rng.choice(({"4"}, {"6"}, {"4", "6"}))
            for family in self.inside_by:
                address = OWN[family].format(rng.randrange(2, 250))
                sh(f"ip -{family} addr add {address} dev {self.inside} " + ("nodad" if family == "6" else ""))
        self.rule = rng.choice(("inside", "inside+pop-login") if self.inside else ("anywhere", "auth", "pop-login"))

    def kind(self):
        return f"{self.rule}, servers by IPv{' and IPv'.join(sorted(self.families))}"

    # -- what may be --

    def kernel(self, what, family, more=""):
        """By which interface the kernel sends it, and from which address."""
        done = subprocess.run(f"ip -{family} route get {HOSTS[what][family]} {more}", shell=True, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        words = done.stdout.split()
        if done.returncode or "unreachable" in words:
            return None
        return words[words.index("dev") + 1], words[words.index("src" if "src" in words else "from") + 1]

    def named(self):
        """The interfaces by which the plan or the kernel's routes let a server be reached, a service each,
        and whether the mail must arrive."""
        ways = {"smtp": set(), "pop": set()}
        must = []
        for family in sorted(self.families & self.inside_by if self.inside else self.families):
            first = "pop" if "pop-login" in self.rule else "smtp"
            way = self.kernel(first, family, f"oif {self.inside}" if self.inside else "")
            if not way:
                continue
            ways[first].add(way[0])
            if first == "pop":      # it opens the relay for the address that it came from
                way = self.kernel("smtp", family, f"oif {self.inside}" if self.inside else f"from {way[1]}")
                ways["smtp"] |= {way[0]} if way else set()
            must.append(bool(way))
        return ways, bool(must) and all(must)

    def configuration(self):
        lines = ["[provider p]", "prefixes=203.0.113.0/24;2001:db8:1::/48", "[server-set s]", "provider=p",
                 "identities=a@p.example", f"relay={self.rule}", f"smtp=smtp://smtp.example:{PORTS['smtp']}",
                 "smtp-tls=off", "ehlo-name=laptop.example"]
        if self.rule == "auth":
            lines += ["smtp-user=a", "smtp-password=geheim", "smtp-auth=plain"]
        if "pop-login" in self.rule:
            lines += [f"pop=pop3://pop.example:{PORTS['pop']}", "pop-tls=off", "pop-user=a", "pop-password=geheim"]
        return "\n".join(lines) + "\n"

    def run(self, must):
        conf = self.dir + "/conf"
        with open(conf, "w") as out:
            out.write(self.configuration())
        os.chmod(conf, 0o600)
        env = dict(os.environ, ROAMPOST_STATE=self.dir + "/state", ROAMPOST_CONFIG=conf, ROAMPOST_LINKS="kernel",
                   DBUS_SESSION_BUS_ADDRESS="unix:path=/nonexistent",
                   DBUS_SYSTEM_BUS_ADDRESS="unix:path=/nonexistent")
        subprocess.run([self.sendmail, "-f", "a@p.example", "b@x.example"], input="Subject: x\n\nx\n", env=env,
                       text=True, timeout=60, check=True)
        with open(self.dir + "/log", "w") as log:
            agent = subprocess.Popen([self.roampostd, "-v"], env=env, stderr=log)
        try:
            end = time.monotonic() + 100
            while time.monotonic() < end and not (self.arrived() if must else self.gave_up()):
                time.sleep(0.02)
        finally:
            agent.send_signal(signal.SIGTERM)
            agent.wait(60)

    def gave_up(self):
        with open(self.dir + "/log") as log:
            return self.arrived() or "held" in log.read()

    def show_log(self):
        with open(self.dir + "/log") as log:
            print("".join("#   " + line for line in log.readlines()[:60]), end="")

    def said(self, name):
        with open(f"{self.dir}/{name}") as log:
            return log.read().splitlines()

    def arrived(self):
        return any("mail" in self.said(name) for name in self.names)

    def came(self):
        """The interfaces by which packets came, a service each."""
        return {what: {name for name in self.names if f"packet {port}" in self.said(name)}
                for what, port in PORTS.items()}

    def logged_in(self):
        return any("login" in self.said(name) for name in self.names)

    def close(self):
        subprocess.run(["umount", "/etc/hosts"], stderr=subprocess.DEVNULL)
        for name, witness in self.witnesses.items():
            witness.kill()
            witness.wait()
            subprocess.run(["ip", "link", "del", name], stderr=subprocess.DEVNULL)
        sh("ip route flush table main; ip -6 route flush table main; true")
        shutil.rmtree(self.dir, ignore_errors=True)


def play(number, seed, roampostd, sendmail):
    scene = Play(random.Random(f"play {seed} {number}"), roampostd, sendmail)
    try:
        scene.build()
        named, must = scene.named()
        scene.run(must)
        came = scene.came()
        astray = {what: came[what] - named[what] for what in came if came[what] - named[what]}
        good = not astray and (not must or scene.arrived()) and (
            not must or scene.rule in ("inside", "anywhere") or scene.logged_in())
        if not good:
            print(f"# play {number}: {scene.rule}, inside {scene.inside} by {scene.inside_by}, server by "
                  f"{scene.families}: named {named}, came {came}, must arrive: {must}, arrived: {scene.arrived()}")
            scene.show_log()
        return good, scene
    finally:
        scene.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("programs", nargs="+")
    parser.add_argument("--memory", type=int, default=500)
    parser.add_argument("--plays", type=int, default=8)
    parser.add_argument("--only", type=int, help="this play alone")
    parser.add_argument("--seed", default="1999")  # script/soak draws one
    options = parser.parse_args()
    programs = [os.path.abspath(program) for program in options.programs]
    if len(programs) > 1 and not os.environ.get("ROAMPOST_IN_NAMESPACE"):
        can = subprocess.run(["unshare", "-rnm", "true"], stderr=subprocess.DEVNULL).returncode == 0
        if can:
            os.environ["ROAMPOST_IN_NAMESPACE"] = "1"
            os.execvp("unshare", ["unshare", "-rnm", sys.executable, os.path.abspath(__file__), *programs, "--memory",
                                  str(options.memory), "--plays", str(options.plays), "--seed", options.seed])
        programs = programs[:1]
    print(f"# seed {options.seed}", flush=True)
    failures = 0 if in_memory(programs[0], options.memory, options.seed) else 1
    print(f"{'not ' if failures else ''}ok 1 - {options.memory} topologies in memory", flush=True)
    plays = options.plays if len(programs) > 1 else 0
    drawn = {}
    for number in range(plays) if options.only is None else (options.only,):
        good, scene = play(number, options.seed, *programs[1:3])
        failures += not good
        drawn[scene.kind()] = drawn.get(scene.kind(), 0) + 1
        print(f"{'' if good else 'not '}ok {number + 2} - play {number}", flush=True)
    print("".join(f"# {n} of {kind}\n" for kind, n in sorted(drawn.items())), end="")
    print(f"1..{plays + 1}\n# cases: {options.memory + plays}, failures: {failures}")
    return 1 if failures else 0


sys.exit(main())
