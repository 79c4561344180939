#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random topologies: links, tunnels, aliases, families, routes.

In memory: a model of its own of the policy's rules about links says for each what may be bound and what is
held; test-field-networks plays them as cases. With namespaces: the same host is behind every interface, as
strangers in hotel networks have the company server's private address; a witness in each says who came. The
kernel itself (`ip route get`) says where mail that is not bound may go, the addresses say where mail may
that goes from inside: no packet comes anywhere else.

usage: run-topologies.py TEST-FIELD-NETWORKS [ROAMPOSTD ROAMPOST-SENDMAIL] [--memory N] [--plays N] [--seed N]"""

import argparse
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

HOST = "10.8.0.5"
WITNESS = r"""
import socket, sys
out = open(sys.argv[1], "a", buffering=1)
server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("0.0.0.0", 2525)); server.listen(5)
print("ready", flush=True)
while True:
    peer, address = server.accept()
    out.write(address[0] + "\n")
    lines, data = peer.makefile("rw", newline="\r\n"), False
    lines.write("220 mx.example ESMTP\r\n"); lines.flush()
    for line in lines:
        if data:
            data = line.rstrip("\r\n") != "."
            answer = "" if data else "250 kept"
        else:
            verb = line[:4].upper()
            data = verb == "DATA"
            answer = {"DATA": "354 go on", "QUIT": "221 bye"}.get(verb, "250 fine")
        if answer:
            lines.write(answer + "\r\n"); lines.flush()
        if answer.startswith("221"):
            break
    peer.close()
"""


def sh(command):
    subprocess.run(command, shell=True, check=True, timeout=60, stdout=subprocess.DEVNULL)


class Play:
    """Interfaces with a host of the same address behind each, and an agent here."""

    def __init__(self, rng, roampostd, sendmail):
        self.rng, self.roampostd, self.sendmail = rng, roampostd, sendmail
        self.dir = tempfile.mkdtemp(prefix="roampost-play-")
        self.witnesses, self.inside = {}, None
        self.names = [f"p{i}" for i in range(rng.randrange(2, 4))]

    def build(self):
        sh("ip link set lo up")
        for i, name in enumerate(self.names):
            log = f"{self.dir}/{name}"
            open(log, "w").close()
            witness = subprocess.Popen(["unshare", "-n", sys.executable, "-c",
                                        "import sys\nprint('apart', flush=True)\nsys.stdin.readline()\n" + WITNESS, log],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            self.witnesses[name] = witness
            witness.stdout.readline()  # it is in its own network
            sh(f"ip link add {name} type veth peer name w{i} netns {witness.pid}")
            net = f"nsenter -t {witness.pid} -n "
            sh(f"{net} ip link set lo up; {net} ip addr add {HOST}/32 dev lo; {net} ip link set w{i} up;"
               f"{net} ip addr add 192.0.2.{i * 16 + 1}/28 dev w{i}; {net} ip route add default dev w{i}")
            sh(f"ip addr add 192.0.2.{i * 16 + 2}/28 dev {name}; ip link set {name} up")
            witness.stdin.write("\n")
            witness.stdin.flush()
            witness.stdout.readline()
        self.route()

    def gateway(self, name):
        return f"via 192.0.2.{self.names.index(name) * 16 + 1} dev {name}"

    def route(self):
        rng = self.rng
        sh("ip route add default " + self.gateway(rng.choice(self.names)))
        if rng.random() < 0.7:
            length = rng.choice((8, 16, 24, 32))
            prefix = {8: "10.0.0.0/8", 16: "10.8.0.0/16", 24: "10.8.0.0/24", 32: HOST + "/32"}[length]
            sh(f"ip route add {prefix} " + self.gateway(rng.choice(self.names)))
        for name in self.names:     # each leads somewhere: else it is no link
            sh(f"ip route add 172.16.{self.names.index(name)}.0/24 " + self.gateway(name))
        if rng.random() < 0.5:
            self.inside = rng.choice(self.names)
            sh(f"ip addr add 203.0.113.{rng.randrange(2, 250)}/32 dev {self.inside}")

    def named(self):
        """By which interface the kernel or the plan lets it go."""
        if self.inside:
            return self.inside
        words = subprocess.run(["ip", "route", "get", HOST], stdout=subprocess.PIPE, text=True).stdout.split()
        return words[words.index("dev") + 1]

    def run(self):
        conf = self.dir + "/conf"
        with open(conf, "w") as out:
            out.write("[provider p]\nprefixes=203.0.113.0/24\n[server-set s]\nprovider=p\n"
                      f"identities=a@p.example\nrelay={'inside' if self.inside else 'anywhere'}\n"
                      f"smtp=smtp://{HOST}:2525\nsmtp-tls=off\n")
        os.chmod(conf, 0o600)
        env = dict(os.environ, ROAMPOST_STATE=self.dir + "/state", ROAMPOST_CONFIG=conf, ROAMPOST_LINKS="kernel",
                   DBUS_SESSION_BUS_ADDRESS="unix:path=/nonexistent",
                   DBUS_SYSTEM_BUS_ADDRESS="unix:path=/nonexistent")
        subprocess.run([self.sendmail, "-f", "a@p.example", "b@x.example"], input="Subject: x\n\nx\n", env=env,
                       text=True, timeout=60, check=True)
        agent = subprocess.Popen([self.roampostd], env=env, stderr=subprocess.DEVNULL)
        try:
            end = time.monotonic() + 100
            while time.monotonic() < end and not any(self.came().values()):
                time.sleep(0.05)
            time.sleep(0.1)
        finally:
            agent.send_signal(signal.SIGTERM)
            agent.wait(60)

    def came(self):
        return {name: open(f"{self.dir}/{name}").read().split() for name in self.names}

    def close(self):
        for name, witness in self.witnesses.items():
            witness.kill()
            witness.wait()
            subprocess.run(["ip", "link", "del", name], stderr=subprocess.DEVNULL)
        sh("ip route flush table main || true")
        shutil.rmtree(self.dir, ignore_errors=True)


def play(number, seed, roampostd, sendmail):
    scene = Play(random.Random(f"play {seed} {number}"), roampostd, sendmail)
    try:
        scene.build()
        named = scene.named()
        scene.run()
        came = {name for name, peers in scene.came().items() if peers}
        if came != {named}:
            print(f"# play {number}: named {named}, came to {sorted(came)}, inside {scene.inside}")
        return came == {named}
    finally:
        scene.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("programs", nargs="+")
    parser.add_argument("--memory", type=int, default=500)
    parser.add_argument("--plays", type=int, default=8)
    parser.add_argument("--seed", default="1999")  # script/soak draws one
    options = parser.parse_args()
    programs = [os.path.abspath(program) for program in options.programs]
    if len(programs) > 1 and not os.environ.get("ROAMPOST_IN_NAMESPACE"):
        can = subprocess.run(["unshare", "-rn", "true"], stderr=subprocess.DEVNULL).returncode == 0
        if can:
            os.environ["ROAMPOST_IN_NAMESPACE"] = "1"
            os.execvp("unshare", ["unshare", "-rn", sys.executable, os.path.abspath(__file__), *programs, "--memory",
                                  str(options.memory), "--plays", str(options.plays), "--seed", options.seed])
        programs = programs[:1]
    print(f"# seed {options.seed}", flush=True)
    failures = 0 if in_memory(programs[0], options.memory, options.seed) else 1
    print(f"{'not ' if failures else ''}ok 1 - {options.memory} topologies in memory", flush=True)
    plays = options.plays if len(programs) > 1 else 0
    for number in range(plays):
        good = play(number, options.seed, *programs[1:3])
        failures += not good
        print(f"{'' if good else 'not '}ok {number + 2} - play {number}", flush=True)
    print(f"1..{plays + 1}\n# cases: {options.memory + plays}, failures: {failures}")
    return 1 if failures else 0


sys.exit(main())
