#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""test_public_address.py [PLAY]: a laptop behind a real NAT (the kernel's, with miniupnpd), with
another NAT behind it where the play wants one, and coturn in the internet. What the agent makes of
it, in how many milliseconds, and what was asked of whom: every packet of the laptop's is counted.
Without a play: all of them, each in a laboratory of its own, and a table of what came out."""

import glob
import hashlib
import http.server
import os
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import plays, tap, world  # noqa: E402
from lab.dovecot import PASSWORD  # noqa: E402
from lab.maildrop import Maildrop  # noqa: E402
from lab.manager import Bus  # noqa: E402
from lab.postfix import Postfix  # noqa: E402
from lab.roampost import User  # noqa: E402

# Documentation's own prefixes are none that a gateway would name: these are nobody's here.
OUTSIDE, CARRIER, STUN = "11.0.0.1", "100.64.0.2", "11.0.1.99"
ROUTER, LAPTOP = "192.168.1.1", "192.168.1.7"
CONFIG = """\
[agent]
{ways}

[provider odn]
name=ODN
prefixes=11.0.0.0/24

[server-set odn]
provider=odn
identities=taro@odn.example
relay={relay}
smtp=smtp://mail.odn.example:25
smtp-tls=off
"""
NAT = """\
table ip nat {
  chain post {
    type nat hook postrouting priority 100; policy accept;
    oifname "wan" masquerade
  }
}
"""

# What miniupnpd's own script makes beside it: where its mappings go.
MAPPINGS = """\
table inet filter {
  chain miniupnpd {
  }
  chain prerouting_miniupnpd {
  }
  chain postrouting_miniupnpd {
  }
  chain forward {
    type filter hook forward priority 0; policy accept;
    jump miniupnpd
  }
  chain prerouting {
    type nat hook prerouting priority -100; policy accept;
    jump prerouting_miniupnpd
  }
  chain postrouting {
    type nat hook postrouting priority 90; policy accept;
    jump postrouting_miniupnpd
  }
}
"""


class Echo(http.server.BaseHTTPRequestHandler):
    """Says where it is asked from; at other paths what such services have been seen to say."""

    answers = {
        "/portal": "<html><title>Log in</title></html>",
        "/words": "Current IP Address: 11.0.0.9",
        "/object": '{"ip":"11.0.0.9"}',
        "/family": "2001:db8::9",
        "/proxies": "11.0.0.9, 10.1.2.3",
        "/private": "192.168.1.7",
        "/nothing": "",
    }

    def do_GET(self):
        answer = self.answers.get(self.path, self.client_address[0]).encode() + b"\n"
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))  # else its end is an error to OpenSSL 3.5
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def start_echo(handler=Echo):
    """With a certificate of an authority that the laptop trusts from now on, for one of its addresses."""
    key, certificate = world.DIR + "/key.pem", world.DIR + "/cert.pem"
    world.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
               "-days", "2", "-subj", "/CN=echo.example", "-addext", "subjectAltName=IP:" + STUN,
               "-keyout", key, "-out", certificate])
    world.run(["mount", "--bind", certificate, "/etc/ssl/certs/ca-certificates.crt"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with world.inside("internet"):
        server = http.server.ThreadingHTTPServer(("0.0.0.0", 8443), handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()


class Table(Echo):
    """Serves a table of AS numbers, with an ETag; and says what it was asked."""

    text, asked, insists = b"11.0.0.0,11.0.0.255,64496,Example\n", [], False

    def do_GET(self):
        etag = '"%d"' % len(self.text)
        known = self.insists or self.headers.get("If-None-Match") == etag
        self.asked.append((self.path, 304 if known else 200))
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "http://%s:8443/asn.csv" % STUN)
        else:
            self.send_response(304 if known else 200)
            self.send_header("ETag", etag)
        self.send_header("Content-Length", "0" if known or self.path == "/moved" else str(len(self.text)))
        self.end_headers()
        if not known and self.path != "/moved":
            self.wfile.write(self.text)


class Witness(threading.Thread):
    """Sees what the laptop sends to the router, as (protocol, host, port), and for how long there was
    anything to see."""

    def __init__(self):
        super().__init__(daemon=True)
        with world.inside("home"):
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
            self.socket.bind(("lan", 0x0800))
        self.seen, self.first, self.last = {}, None, 0
        self.start()

    def run(self):
        while True:
            packet, (_, _, kind, _, _) = self.socket.recvfrom(2048)
            now = time.monotonic()
            if kind == socket.PACKET_OUTGOING:
                if packet[16:20] == socket.inet_aton(LAPTOP):
                    self.last = now
                continue
            if packet[12:16] != socket.inet_aton(LAPTOP):
                continue
            start = (packet[0] & 15) * 4
            kind = {17: "udp", 6: "tcp", 1: "icmp"}.get(packet[9], "protocol %d" % packet[9])
            port = struct.unpack("!H", packet[start + 2:start + 4])[0] if kind in ("udp", "tcp") else packet[start]
            key = (kind, socket.inet_ntoa(packet[16:20]), port)
            # By "discard" the kernel is made to look for the gateway's link-layer address: a
            # place is known by it.
            if key != ("udp", ROUTER, 9):
                self.first = self.first or now
                self.last = now
                self.seen[key] = self.seen.get(key, 0) + 1

    def row(self):
        """How long it took on the wire, in ms, and who was asked by how many packets."""
        asked = ["%s %s:%d × %d" % (kind, host, port, n) for (kind, host, port), n in sorted(self.seen.items())]
        return round(1000 * (self.last - self.first)) if self.first else None, ", ".join(asked) or "nobody"


class NoNatPmp(threading.Thread):
    """Beside miniupnpd: the router does not speak NAT-PMP, and says so as who speaks PCP alone does (RFC
    6887 appendix A). What is PCP reaches miniupnpd."""

    def __init__(self):
        super().__init__(daemon=True)
        world.run(["ip", "netns", "exec", "home", "nft", "-f", "/dev/stdin"], stdin=open_text(
            "table ip old {\n chain pre {\n  type filter hook prerouting priority -300\n"
            "  udp dport 5351 @th,64,8 0 drop\n }\n}\n"))
        with world.inside("home"):
            self.heard = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
            self.heard.bind(("lan", 0x0800))
            self.answers = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self.start()

    def run(self):
        while True:
            packet, (_, _, kind, _, _) = self.heard.recvfrom(2048)
            udp = packet[(packet[0] & 15) * 4:]
            if kind == socket.PACKET_OUTGOING or packet[9] != 17 or udp[2:4] != struct.pack("!H", 5351) or udp[8] != 0:
                continue
            refusal = struct.pack("!BBBBIIIII", 2, 0x80, 0, 1, 0, 0, 0, 0, 0)
            udp = udp[2:4] + udp[0:2] + struct.pack("!HH", 8 + len(refusal), 0) + refusal
            head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0)
            self.answers.sendto(head + packet[16:20] + packet[12:16] + udp, (LAPTOP, 0))


def build(behind_carrier):
    """The laptop, the home's router, perhaps the carrier's, and a host in the internet."""
    for name in ("home", "internet") + (("carrier",) if behind_carrier else ()):
        world.add_netns(name)
    world.cable(None, "eth0", "home", "lan")
    world.ip(None, "addr add %s/24 dev eth0" % LAPTOP, "route add default via " + ROUTER)
    world.ip("home", "addr add %s/24 dev lan" % ROUTER)
    first = "carrier" if behind_carrier else "home"
    world.cable(first, "wan", "internet", "net")
    world.ip(first, "addr add %s/24 dev wan" % OUTSIDE, "route add default via 11.0.0.254")
    world.ip("internet", "addr add 11.0.0.254/24 dev net", "addr add %s/32 dev lo" % STUN)
    if behind_carrier:
        world.cable("home", "wan", "carrier", "customer")
        world.ip("home", "addr add %s/24 dev wan" % CARRIER, "route add default via 100.64.0.1")
        world.ip("carrier", "addr add 100.64.0.1/24 dev customer")
    for netns in {"home", first}:
        world.run(["ip", "netns", "exec", netns, "nft", "-f", "/dev/stdin"], stdin=open_text(NAT))


def open_text(text):
    path = world.DIR + "/nat.nft"
    with open(path, "w") as out:
        out.write(text)
    return open(path)


def start_router():
    path = world.DIR + "/miniupnpd.conf"
    with open(path, "w") as out:
        out.write("ext_ifname=wan\nlistening_ip=lan\nport=5000\nenable_natpmp=yes\nenable_upnp=yes\nsecure_mode=yes\n"
                  "uuid=00000000-0000-0000-0000-000000000000\nallow 1024-65535 0.0.0.0/0 1024-65535\n"
                  "upnp_forward_chain=miniupnpd\nupnp_nat_chain=prerouting_miniupnpd\n"
                  "upnp_nat_postrouting_chain=postrouting_miniupnpd\n")
    world.run(["ip", "netns", "exec", "home", "nft", "-f", "/dev/stdin"], stdin=open_text(MAPPINGS))
    log = world.DIR + "/miniupnpd.log"
    world.start(["miniupnpd", "-d", "-f", path, "-P", world.DIR + "/miniupnpd.pid"], log, "home")
    world.wait_for(lambda: "NAT-PMP" in open(log).read(), lambda: open(log).read())


def start_stun():
    log = world.DIR + "/turnserver.log"
    world.start(["turnserver", "-n", "--stun-only", "-L", STUN, "-p", "3478", "--no-tls", "--no-dtls", "--no-cli",
                 "--pidfile", world.DIR + "/turnserver.pid", "--log-file", "stdout"], log, "internet")

    def answers():
        with world.inside("internet"), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
            asker.settimeout(0.2)
            asker.sendto(bytes.fromhex("000100002112a442") + bytes(12), (STUN, 3478))
            try:
                return asker.recv(512)
            except OSError:
                return None
    world.wait_for(answers, lambda: open(log).read())


HAS_UPNP = os.environ.get("ROAMPOST_WITH_UPNP", "1") == "1"  # the build's, by meson
HTTPS_WAY = "public-address=https://%s:8443/ip" % STUN
STUN_WAY = "public-address=gateway;stun:%s:3478" % STUN
ALLOWED = {("udp", 5351), ("udp", 3478), ("tcp", 8443), ("udp", 1900), ("tcp", 5000)}
PCP_END = {("icmp", 3)}  # nobody waits for the answer to the end of a mapping: its port is closed
PLAYS = {
    # name: (ways, relay, router tells, behind another NAT, the address, hosts that were asked)
    "gateway": ("", "inside", True, False, OUTSIDE, {ROUTER}),
    "gateway-pcp": ("", "inside", True, False, OUTSIDE, {ROUTER}),
    "https-unverified": (HTTPS_WAY.replace(STUN, "11.0.0.254"), "inside", False, False, None, {"11.0.0.254"}),
    "off": ("public-address=off", "inside", True, False, None, set()),
    "nothing-hangs-on-it": ("", "anywhere", True, False, None, set()),
    "silent-gateway": ("", "inside", False, False, None, {ROUTER}),
    "stun": (STUN_WAY, "inside", False, False, OUTSIDE, {ROUTER, STUN}),
    "https": (HTTPS_WAY, "inside", False, False, OUTSIDE, {STUN}),
    "https-answers": ("public-address=" + ";".join("https://%s:8443%s" % (STUN, path) for path in [*Echo.answers, "/ip"]),
                      "inside", False, False, OUTSIDE, {STUN}),
    "upnp": ("public-address=upnp", "inside", True, False, OUTSIDE, {ROUTER, "239.255.255.250"}),
    "upnp-of-none": ("public-address=upnp", "inside", False, False, None, {"239.255.255.250"}),
    "carrier-nat": (STUN_WAY, "inside", True, True, OUTSIDE, {ROUTER, STUN}),
    "carrier-nat-https": ("public-address=gateway;upnp;" + HTTPS_WAY.partition("=")[2], "inside", True, True, OUTSIDE,
                          {ROUTER, "239.255.255.250", STUN}),
    "carrier-nat-without-stun": ("", "inside", True, True, None, {ROUTER}),
}


def play(name):
    ways, relay, router_tells, behind_carrier, address, asked = PLAYS[name]
    test = tap.Tap()
    build(behind_carrier)
    bus = Bus("session")
    witness = Witness()
    if router_tells:
        start_router()
    if name == "gateway-pcp":
        NoNatPmp()
    if "https" in ways:
        start_echo()
    elif STUN in asked:
        start_stun()
    user = User(CONFIG.format(ways=ways, relay=relay), env={
        "ROAMPOST_LINKS": "kernel", "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nonexistent"})
    began = time.monotonic()
    user.start_agent()
    try:
        if address:
            world.wait_for(lambda: user.ask("where")["public-addresses"], user.agent_log)
            test.note("%s: known after %d ms, with the agent's start" % (
                name, 1000 * (time.monotonic() - began)))
        elif asked:
            world.wait_for(lambda: "the public address by " in user.agent_log(), user.agent_log)
        else:
            user.wait_set("odn" if relay == "anywhere" else "")
        where = user.ask("where")
        test.equal(where["public-addresses"], [address] if address else [], "the address outside")
        test.equal([(i["provider"], i["by"], i["family"]) for i in where["inside"]],
                   [("odn", "public-address", "ipv4")] if address else [], "the provider")
        test.equal({host for kind, host, _ in witness.seen}, asked, "who was asked: %s" % witness.seen)
        test.equal({(kind, port) for kind, _, port in witness.seen} - ALLOWED - (PCP_END if name == "gateway-pcp" else set()),
                   set(), "and nothing else was sent")
        if name == "gateway-pcp":
            # One question, the mapping, its end; on a slow machine some of them twice (RFC 6887 section 8.1.1).
            world.wait_for(lambda: witness.seen.get(("udp", ROUTER, 5351), 0) >= 3, lambda: str(witness.seen))
            log = open(world.DIR + "/miniupnpd.log").read()
            test.check("PCP request received" in log, "by PCP", log)
            world.wait_for(lambda: "dnat" not in world.run("ip netns exec home nft list table inet filter"), "no mapping is left")
        if name == "https-answers":
            test.equal([user.agent_log().count(words) for words in ("its answer is no address", "behind another NAT")],
                       [len(Echo.answers) - 1, 1], "what is no address, or none of the internet's, is passed over")
        ms, asked_of = witness.row()
        ways = ways.partition("=")[2] or "gateway"
        note_row(test, name, ways if len(ways) < 60 else "%d ways" % len(ways.split(";")), where, ms, asked_of)
        test.equal(user.stop_agent(), 0, "the end")
    except Exception:
        test.crash(name)
        world.show_logs()
    del bus
    test.done()


def note_row(test, name, ways, where, ms, asked_of):
    plays.note_row(test, name, ways, ", ".join(where["public-addresses"]) or "-",
                   ", ".join(i["provider"] for i in where["inside"]) or "-", "-" if ms is None else str(ms), asked_of)


ASN_CONFIG = """\
[agent]
asn-source=https://%s:8443/asn.csv
asn-trust={trust}

[provider odn]
name=ODN
asn=64496

[server-set odn]
provider=odn
identities=taro@odn.example
relay=inside
smtp=smtp://mail.odn.example:25
smtp-tls=off
""" % STUN


def refused(test, user, what, words, *parts):
    try:
        got = user.run("providers", "update", *words)
    except RuntimeError as error:
        got = " ".join(str(error).split())
    test.equal([part for part in parts if part not in got], [], "%s: %s" % (what, got[:400]))


def play_asn():
    """The provider is known by its AS alone, of a table that comes while the agent runs."""
    test = tap.Tap()
    build(False)
    bus = Bus("session")
    witness = Witness()
    start_router()
    start_echo(Table)
    sums = ["sha256:" + hashlib.sha256(text).hexdigest() for text in (Table.text, b"11.0.0.0/24,64497,Sold\n")]
    user = User(ASN_CONFIG.format(trust=";".join(sums)), env={
        "ROAMPOST_LINKS": "kernel", "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nonexistent"})
    user.start_agent()
    try:
        user.wait_set("")
        test.equal({host for _, host, _ in witness.seen}, set(), "without a table nobody is asked")
        began = time.monotonic()
        test.equal(user.ask("providers", "update")["changed"], True, "the table comes")
        world.wait_for(lambda: user.ask("where")["inside"], user.agent_log)
        test.note("inside %d ms after the update was begun" % (1000 * (time.monotonic() - began)))
        where = user.ask("where")
        test.equal([(i["provider"], i["by"], i["family"]) for i in where["inside"]], [("odn", "asn", "ipv4")], "the provider")
        test.equal([(n["address"], n["asn"], n["name"]) for n in where["networks"]], [(OUTSIDE, 64496, "ODN")], "its name")
        test.equal({host for _, host, _ in witness.seen}, {ROUTER, STUN}, "who was asked")
        note_row(test, "asn", "gateway", where, *witness.row())
        answer = subprocess.run(["gdbus", "call", "--session", "--dest", "org.roampost.Agent1", "--object-path",
                                 "/org/roampost/Agent1", "--method", "org.roampost.Agent1.Lookup", OUTSIDE],
                                capture_output=True, text=True, timeout=90)
        test.equal(answer.stdout.strip(), "(['odn'],)", "Lookup on the bus")
        test.equal(user.ask("providers", "update")["changed"], False, "it has not changed")
        test.equal(Table.asked, [("/asn.csv", 200), ("/asn.csv", 304)], "by its ETag")
        table = user.dir + "/state/asn.table"
        os.rename(table, table + ".away")
        Table.insists = True
        refused(test, user, "a server that says what it was not asked", [], "the server answers 304")
        Table.insists = False
        os.rename(table + ".away", table)
        refused(test, user, "to http, by a redirection", ["https://%s:8443/moved" % STUN], "it can't be fetched")
        refused(test, user, "a server that can't prove its name", ["https://11.0.0.254:8443/asn.csv"], "it can't be fetched")
        Table.text = b"11.0.0.0/24,64496,Forged by who has the server\n"
        refused(test, user, "another file than the configuration vouches for", [], "it is not what asn-trust says")
        test.equal(user.ask("where")["inside"] != [], True, "the table stays")
        Table.text = b"11.0.0.0/24,64497,Sold\n"
        user.run("providers", "update")
        world.wait_for(lambda: not user.ask("where")["inside"], user.agent_log)
        test.equal([(n["asn"], n["name"]) for n in user.ask("where")["networks"]], [(64497, "Sold")],
                   "the table's name, where it is no provider's")
        test.equal(user.stop_agent(), 0, "the end")
    except Exception:
        test.crash("asn")
        world.show_logs()
    del bus
    test.done()


ELSEWHERE = "12.0.0.1"  # another way out of the same router


def change_way_out(address):
    """As a router does that falls back to a phone: no link of the laptop's tells."""
    world.ip("home", "addr flush dev wan", "addr add %s/24 dev wan" % address,
             "route replace default via %s" % address.replace(".0.1", ".0.254"))


def flush_while_asking(test, user):
    """The server is silent while it is asked; the user says flush, and then it would answer."""
    def rounds():
        return user.agent_log().count("the public address by ")
    before = rounds()
    world.run(["ip", "netns", "exec", "internet", "nft", "-f", "/dev/stdin"], stdin=open_text(
        "table ip silence {\n chain input {\n  type filter hook input priority 0\n  udp dport 3478 drop\n }\n}\n"))
    user.run("flush", "--wait")
    test.equal(rounds(), before + 1, "flush --wait comes back when the question is over")
    before += 1
    user.run("flush")
    user.run("flush")
    world.wait_for(lambda: rounds() == before + 1, user.agent_log)
    world.run("ip netns exec internet nft delete table ip silence")
    world.wait_for(lambda: rounds() == before + 2, user.agent_log)


def play_asked_again():
    """Who was silent answers later, and the router gets another way out: known when the user says flush. And another
    router in the old one's place, which no address tells: known at once."""
    test = tap.Tap()
    build(False)
    world.ip("internet", "addr add %s/24 dev net" % ELSEWHERE.replace(".0.1", ".0.254"))
    bus = Bus("session")
    user = User(CONFIG.format(ways=STUN_WAY.replace("gateway;", ""), relay="inside"), env={
        "ROAMPOST_LINKS": "kernel", "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nonexistent"})
    user.start_agent()
    try:
        world.wait_for(lambda: "the public address by " in user.agent_log(), user.agent_log)
        test.equal(user.ask("where")["inside"], [], "nobody answers")
        start_stun()
        for address, inside in ((OUTSIDE, ["odn"]), (ELSEWHERE, []), (OUTSIDE, ["odn"])):
            if user.ask("where")["public-addresses"]:
                change_way_out(address)
            user.run("flush")
            world.wait_for(lambda: user.ask("where")["public-addresses"] == [address], user.agent_log)
            test.equal([i["provider"] for i in user.ask("where")["inside"]], inside, "inside of at %s" % address)
        flush_while_asking(test, user)
        test.check(True, "a flush while a question runs asks once more after it")
        change_way_out(ELSEWHERE)
        world.run("ip netns exec home sysctl -qw net.ipv4.conf.lan.arp_notify=1")
        world.ip("home", "link set lan address 02:00:00:00:07:07")
        world.wait_for(lambda: user.ask("where")["public-addresses"] == [ELSEWHERE], user.agent_log)
        test.equal(user.ask("where")["inside"], [], "behind another router nothing counts that the old one's network told")
        note_row(test, "asked-again", "stun", user.ask("where"), None, STUN)
        test.equal(user.stop_agent(), 0, "the end")
    except Exception:
        test.crash("asked-again")
        world.show_logs()
    del bus
    test.done()


OWN_CONFIG = CONFIG.replace("smtp-tls=off\n", """\
smtp-tls=off
domains=odn.example
local-domains=odn.example
pop=pop3://mail.odn.example
pop-tls=off
pop-user=taro
pop-password=%s
fetch=leave
""" % PASSWORD)
OWN_POSTFIX = """\
myhostname = mail.odn.example
inet_interfaces = all
inet_protocols = ipv4
mynetworks = 11.0.0.0/24
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
smtpd_recipient_restrictions =
virtual_mailbox_domains = odn.example
virtual_mailbox_base = {mails}
virtual_mailbox_maps = static:taro/
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
default_transport = discard
"""


class OwnMail:
    """A laptop behind a router that tells nothing, and a Postfix and a Dovecot in the internet: what the user
    writes to himself there comes back, and says where it came from."""

    def __init__(self, test, ways=""):
        self.test = test
        build(False)
        world.name("mail.odn.example", STUN)
        self.bus = Bus("session")
        self.box = Maildrop(netns="internet")
        self.box.put([])
        self.box.start()
        owner = os.stat(self.box.dir + "/mail")
        Postfix(world.DIR + "/postfix", OWN_POSTFIX, ["25"], "internet", mails=self.box.dir + "/mail",
                uid=owner.st_uid, gid=owner.st_gid).start()
        self.witness = Witness()
        self.user = User(OWN_CONFIG.format(ways=ways, relay="inside"), env={
            "ROAMPOST_LINKS": "kernel", "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nonexistent"})
        self.user.start_agent()
        world.wait_for(lambda: self.user.ask("status")["place"]["online"], self.user.agent_log)

    def send_to_self(self):
        before = self.box.left()
        self.user.wait_state(self.user.submit("taro@odn.example", "taro@odn.example", subject="note"), "sent")
        world.wait_for(lambda: self.box.left() > before, "its delivery")

    def check(self, count):
        told = self.user.run("check", "--wait")
        self.test.check("%d fetched" % count in told, "a check fetches %d" % count, told)

    def expect(self, addresses, what):
        where = self.user.ask("where")
        self.test.equal((where["public-addresses"], [(i["provider"], i["by"], i["family"]) for i in where["inside"]]),
                        (addresses, [("odn", "public-address", "ipv4")] if addresses else []), what)

    def put(self, number, text):
        """Into the mailbox, by who could write there."""
        self.box.put([(number, text)])


def forged(mail, name, value):
    """The mail, with another value of its field."""
    head, _, text = mail.partition("\n\n")
    lines = ["%s: %s" % (name, value) if line.startswith(name + ":") else line for line in head.split("\n")]
    return "\n".join(lines) + "\n\n" + text


def play_own_mail():
    """Behind a NAT without an answer a mail to himself makes the provider known: it alone, of this place alone."""
    test = tap.Tap()
    lab = OwnMail(test)
    user = lab.user
    try:
        outside = user.submit("taro@odn.example", "hanako@friends.example")
        user.wait_state(outside, "held")
        lab.send_to_self()
        lab.expect([], "nobody has told by then")
        # Another network, and nothing that was sent from the old one says anything of it.
        world.ip(None, "addr flush dev eth0", "addr add 192.168.1.8/24 dev eth0", "route replace default via " + ROUTER)
        world.wait_for(lambda: "192.168.1.8" in user.run("where"), user.agent_log)
        lab.check(1)
        lab.expect([], "a mail that was sent from another place says nothing of this one")
        lab.send_to_self()
        mail = [open(path).read() for path in glob.glob(lab.box.dir + "/mail/taro/*/*")][-1]
        lab.put(1, forged(mail.replace(OUTSIDE, "11.0.0.66"), "Message-ID", "<made-up@odn.example>"))
        lab.check(2)
        lab.expect([OUTSIDE], "a mail of our own that came back tells the provider")
        user.wait_state(outside, "sent")
        test.check(True, "what waited for it goes")
        test.equal({key for key in lab.witness.seen if key[1] not in (ROUTER, STUN)}, set(), "and nobody else was asked")
        test.equal([word in user.agent_log() for word in ("Received:", "made-up", "Hello.")], [False] * 3,
                   "nothing of the mails is in the log")
        note_row(test, "own-mail", "gateway, own mail", user.ask("where"), None, "the own server")
        test.equal(user.stop_agent(), 0, "the end")
    except Exception:
        test.crash("own-mail")
        world.show_logs()
    test.done()


def play_own_mail_off():
    """Who wants no public address learned learns none so either."""
    test = tap.Tap()
    lab = OwnMail(test, "public-address=off")
    try:
        lab.send_to_self()
        lab.check(1)
        lab.expect([], "nothing is learned")
        note_row(test, "own-mail-off", "off", lab.user.ask("where"), None, "nobody")
        test.equal(lab.user.stop_agent(), 0, "the end")
    except Exception:
        test.crash("own-mail-off")
        world.show_logs()
    test.done()


OTHERS = {"asn": play_asn, "asked-again": play_asked_again, "own-mail": play_own_mail, "own-mail-off": play_own_mail_off}


def play_all():
    names = [name for name in [*PLAYS, *OTHERS]
             if HAS_UPNP or "upnp" not in PLAYS.get(name, ("",))[0]]
    plays.run_all(os.path.abspath(__file__), names,
                  ["play", "public-address=", "address", "provider", "ms", "who was asked, packets"])


def main():
    missing = [p for p in ("miniupnpd", "turnserver", "nft")
               if not shutil.which(p, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")]
    if missing:
        tap.skip_all("not installed: %s (script/setup installs them)" % ", ".join(missing))
    if world.why_not():
        tap.skip_all(world.why_not())
    if len(sys.argv) < 2:
        return play_all()
    world.enter(220)
    OTHERS[sys.argv[1]]() if sys.argv[1] in OTHERS else play(sys.argv[1])


main()
