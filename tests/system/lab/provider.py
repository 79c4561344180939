# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An Internet provider: a network with access points, perhaps LANs behind it, and real servers.

Its Postfix enforces exactly a policy written in the terms of a relay rule: alternatives separated
by `;`, each of terms joined by `+`. Mail for its own domains is final delivery and taken from
everybody; all other mail must meet one alternative. The terms become Postfix's own restrictions:

    inside            check_client_access with the provider's address ranges
    sender-domain     check_sender_access
    recipient-domain  check_recipient_access
    pop-login         a policy service that knows when an address last logged in to Dovecot
    auth              permit_sasl_authenticated, answered by Dovecot
    anywhere          permit

Whatever is accepted, for whichever domain, ends in one maildir, from which accepted() tells
sender, recipient and client address; what is refused is in Postfix's log, which refused() reads.
"""

import email
import email.policy
import glob
import ipaddress
import os
import re
import socketserver
import threading
import time
from dataclasses import dataclass

from . import dovecot, world
from .postfix import Postfix
from .world import DIR, ip, run

POP_FIRST = "5.7.1 Receive your mail before sending: POP login first"

_MAIN_CF = """\
myhostname = mail.{domain}
mynetworks = 127.0.0.255/32
inet_interfaces = all
inet_protocols = all
virtual_mailbox_domains = {domains}
virtual_mailbox_base = {dir}
virtual_mailbox_maps = static:accepted/
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
default_transport = virtual
smtpd_relay_restrictions = {restrictions}
smtpd_recipient_restrictions =
smtpd_restriction_classes = {classes}
smtpd_sasl_type = dovecot
smtpd_sasl_path = {dir}/auth
smtpd_sasl_auth_enable = {sasl}
smtpd_tls_security_level = {tls}
smtpd_tls_cert_file = {dir}/cert.pem
smtpd_tls_key_file = {dir}/key.pem
smtpd_error_sleep_time = 0
smtpd_junk_command_limit = 10000
{extra}
"""

# openssl makes everything an authority that is not told otherwise; of one, Python 3.13 wants to see this.
_USAGE = "keyUsage=critical,digitalSignature,keyCertSign"

# The shell's own commands only: no process is started for it.
_POSTLOGIN = """\
#!/bin/sh
: > {dir}/logins/$IP
exec "$@"
"""


@dataclass
class Mail:
    """One recipient's copy of a message that the provider accepted."""
    sender: str
    recipient: str
    client: str
    subject: str
    message_id: str
    at: float
    raw: bytes


def make_authority():
    """The laboratory's certificate authority; every provider's certificate is signed by it."""
    path = DIR + "/ca.pem"
    if not os.path.exists(path):
        run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=Laboratory CA",
             "-addext", _USAGE, "-keyout", DIR + "/ca.key", "-out", path])
    return path


class Provider:
    """One provider in a namespace of its own, connected to the internet of the laboratory.

    net4 and net6 are its allocations: servers have the first addresses of each, access points hand
    out the second quarter (`pool4`), LANs behind it have the upper half (`lan4`). `own` says what
    its servers take for their own network: "network" (all of it) or "access-points" (the pool).
    """

    count = 0

    def __init__(self, name, net4, net6, relay, domain=None, own="network", window=600,
                 tls=False, title=None, extra=""):
        Provider.count += 1
        self.number = Provider.count
        self.name = name
        self.domain = domain or name + ".example"
        self.title = title or name
        self.host = "mail." + self.domain
        self.net4, self.net6 = ipaddress.ip_network(net4), ipaddress.ip_network(net6)
        quarters = list(self.net4.subnets(prefixlen_diff=2))
        self.pool4 = quarters[1]
        self.lan4 = list(self.net4.subnets(prefixlen_diff=1))[1]
        self.pool6, self.lan6 = list(self.net6.subnets(new_prefix=56))[1:3]
        self.server4, self.server6 = str(self.net4[1]), str(self.net6[0x25])
        self.own = [self.net4, self.net6] if own == "network" else [self.pool4, self.pool6]
        self.relay = relay
        self.rules = [[t.strip() for t in a.split("+")] for a in relay.split(";")]
        self.window = window
        self.tls = tls
        self.extra = extra
        self.smtp_url = "smtp://%s:%d" % (self.host, 587 if "auth" in relay else 25)
        self.pop_url = "pop3://" + self.host
        self.dir = "%s/%s" % (DIR, name)
        self.ports = 0
        os.makedirs(self.dir)
        os.chmod(DIR, 0o755)
        self._connect()
        world.name(self.host, self.server4, self.server6)

    # -- the network ------------------------------------------------------------------------------

    def _connect(self):
        """Into the internet: a point-to-point cable to the router in the middle."""
        if not os.path.exists("/run/netns/" + world.CORE):
            world.add_netns(world.CORE)
        world.add_netns(self.name)
        here, far = "192.0.2.%d" % (2 * self.number + 1), "192.0.2.%d" % (2 * self.number)
        port = "isp%d" % self.number
        world.cable(world.CORE, port, self.name, "up")
        ip(world.CORE, "addr add %s/31 dev %s" % (far, port),
           "addr add fe80::1/64 dev %s nodad" % port,
           "route add %s via %s" % (self.net4, here),
           "route add %s via fe80::2 dev %s" % (self.net6, port))
        ip(self.name, "addr add %s/31 dev up" % here, "addr add fe80::2/64 dev up nodad",
           "route add default via %s" % far, "route add default via fe80::1 dev up",
           "addr add %s/32 dev lo" % self.server4, "addr add %s/128 dev lo nodad" % self.server6)

    def access_point(self, interface, netns=None, dhcp=True):
        """A line into a laptop (None: the one that NetworkManager looks after), as `interface`.
        The line has a /30 of the pool and a /64, with a DHCP server where wanted. Returns the
        line's addresses."""
        self.ports += 1
        line4 = list(self.pool4.subnets(new_prefix=30))[self.ports - 1]
        line6 = list(self.pool6.subnets(new_prefix=64))[self.ports]
        return self._line("ap%d" % self.ports, line4, line6, interface, netns, dhcp)

    def _line(self, port, line4, line6, interface, netns, dhcp):
        world.cable(self.name, port, netns, interface)
        line = Line(self, port, interface, netns, line4, line6)
        ip(self.name, "addr add %s/%d dev %s" % (line.gateway4, line4.prefixlen, port),
           "addr add fe80::1/64 dev %s nodad" % port,
           "route add %s dev %s" % (line6, port))
        if dhcp:
            line.serve_dhcp()
        return line

    def lan(self, interface, netns, number=0):
        """A routed LAN behind the provider: a router of the customer's with a leased line, and a
        host on it. Its addresses are the provider's, but not an access point's."""
        router = "%s-lan%d" % (self.name, number)
        world.add_netns(router)
        blocks = list(self.lan4.subnets(new_prefix=28))
        transfer, lan4 = blocks[0], blocks[number + 1]
        lan6 = list(self.lan6.subnets(new_prefix=64))[number]
        a, b = transfer[2 * number], transfer[2 * number + 1]
        port = "leased%d" % number
        world.cable(self.name, port, router, "up")
        ip(self.name, "addr add %s/31 dev %s" % (a, port), "addr add fe80::1/64 dev %s nodad" % port,
           "route add %s via %s" % (lan4, b), "route add %s via fe80::2 dev %s" % (lan6, port))
        ip(router, "addr add %s/31 dev up" % b, "addr add fe80::2/64 dev up nodad",
           "route add default via %s" % a, "route add default via fe80::1 dev up")
        world.cable(router, "eth0", netns, interface)
        line = Line(self, "eth0", interface, netns, lan4, lan6, router)
        ip(router, "addr add %s/28 dev eth0" % line.gateway4, "addr add fe80::1/64 dev eth0 nodad",
           "route add %s dev eth0" % lan6)
        return line

    # -- the servers ------------------------------------------------------------------------------

    def start(self):
        """Starts both servers; they listen when this returns."""
        for directory in ("logins", "mailbox", "run", "accepted/new", "accepted/cur",
                          "accepted/tmp"):
            os.makedirs("%s/%s" % (self.dir, directory), exist_ok=True)
        for path, mode in (("logins", 0o1777), ("run", 0o755)):
            os.chmod("%s/%s" % (self.dir, path), mode)
        run(["chown", "-R", "postfix:postfix", self.dir + "/mailbox",
             self.dir + "/accepted"])
        self._make_certificate()
        self._configure()
        self.policy = _LoginService(self)
        # Both put themselves in the background once they listen.
        starting = [world.start(["dovecot", "-c", self.dir + "/dovecot.conf"], self.dir + "/start", self.name),
                    self.postfix.begin()]
        if any(daemon.wait(60) for daemon in starting):
            raise RuntimeError("the servers of %s: %s" % (self.name, self.log()))
        return self

    def _make_certificate(self):
        run(["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
             "-nodes", "-subj", "/CN=" + self.host, "-keyout", self.dir + "/key.pem", "-x509",
             "-days", "2", "-CA", make_authority(), "-CAkey", DIR + "/ca.key", "-addext",
             "subjectAltName=DNS:" + self.host, "-addext", _USAGE, "-out", self.dir + "/cert.pem"])

    def _configure(self):
        classes, restrictions = self._restrictions()
        passwd = dict(line.split(":")[0::2][:2] for line in open("/etc/passwd"))
        gid = [line.split(":")[3] for line in open("/etc/passwd") if line.startswith("postfix:")][0]
        self._write("inside.cidr", "".join("%s inside_ok\n" % n for n in self.own))
        self.postfix = Postfix(
            self.dir, _MAIN_CF, ("25", "587"), self.name, domain=self.domain, domains=self.domain,
            uid=passwd["postfix"], gid=gid, restrictions=restrictions, classes=", ".join(classes),
            sasl="yes" if "auth" in self.relay else "no", tls="may" if self.tls else "none",
            extra="\n".join("%s = %s" % c for c in classes.items()) + "\n" + self.extra)
        self._write("dovecot.conf", dovecot.configuration(
            self.dir, self.name, "mailbox", listen="*, ::", tls=self.tls, auth=self.dir + "/auth",
            postlogin=self.dir + "/postlogin"))
        self._write("postlogin", _POSTLOGIN.format(dir=self.dir))
        os.chmod(self.dir + "/postlogin", 0o755)

    def _restrictions(self):
        """The policy as Postfix's restriction classes: each alternative is a chain in which a term
        that holds leads to the next term's class, and the last one permits."""
        classes, first = {}, []
        for a, terms in enumerate(self.rules):
            # What can't lead on to a class must come last in its chain.
            chain = sorted(terms, key=lambda t: t in ("auth", "anywhere"))
            for i, term in enumerate(chain):
                after = "alt%d_%d" % (a, i + 1) if i + 1 < len(chain) else "OK"
                restriction = self._restriction(term, after, "%d_%d" % (a, i))
                if i:
                    classes["alt%d_%d" % (a, i)] = restriction
                else:
                    first.append(restriction)
        if any("pop-login" in terms for terms in self.rules):
            first += ["permit_auth_destination", "check_client_access static:{REJECT %s}" % POP_FIRST]
        return classes, ", ".join(first + ["reject_unauth_destination"])

    def _restriction(self, term, after, place):
        if term == "inside":
            self._write("inside%s.cidr" % place, "".join("%s %s\n" % (n, after) for n in self.own))
            return "check_client_access cidr:%s/inside%s.cidr" % (self.dir, place)
        return {
            "anywhere": "permit",
            "auth": "permit_sasl_authenticated",
            "sender-domain": "check_sender_access inline:{%s=%s}" % (self.domain, after),
            "recipient-domain": "check_recipient_access inline:{%s=%s}" % (self.domain, after),
            "pop-login": "check_policy_service { unix:%s/logins.sock, policy_context=%s }"
                         % (self.dir, after),
        }[term]

    def _write(self, path, text):
        with open("%s/%s" % (self.dir, path), "w") as out:
            out.write(text)

    # -- what they saw ----------------------------------------------------------------------------

    def forget_logins(self):
        for path in glob.glob(self.dir + "/logins/*"):
            os.unlink(path)

    def logged_in(self, address):
        """Seconds since the last POP login from an address; None: never."""
        try:
            return time.time() - os.stat("%s/logins/%s" % (self.dir, address)).st_mtime
        except FileNotFoundError:
            return None

    def accepted(self):
        """Every copy that was delivered so far, oldest first."""
        mails = []
        for path in glob.glob(self.dir + "/accepted/new/*"):
            with open(path, "rb") as copy:
                raw = copy.read()
            head = email.message_from_bytes(raw, policy=email.policy.compat32)
            received = head.get_all("Received") or [""]
            client = re.search(r"\[(?:IPv6:)?([0-9a-fA-F.:]+)\]\)", received[0])
            mails.append(Mail(
                sender=head["Return-Path"].strip("<>"),
                recipient=head["X-Original-To"] or head["Delivered-To"],
                client=client.group(1) if client else "",
                subject=head["Subject"] or "", message_id=head["Message-ID"] or "",
                at=os.stat(path).st_mtime, raw=raw))
        return sorted(mails, key=lambda mail: mail.at)

    def refused(self):
        """Every refusal so far, as Postfix logged it."""
        try:
            with open(self.dir + "/maillog") as log:
                return [line.strip() for line in log if "reject:" in line]
        except FileNotFoundError:
            return []

    def log(self):
        text = ""
        for name in ("start", "maillog", "dovecot.log"):
            if os.path.exists("%s/%s" % (self.dir, name)):
                with open("%s/%s" % (self.dir, name)) as log:
                    text += log.read()
        return text


class Line:
    """A cable from a provider (or a LAN's router) to a laptop, and the addresses on it."""

    def __init__(self, provider, port, interface, netns, net4, net6, router=None):
        self.provider, self.port = provider, port
        self.interface, self.netns, self.router = interface, netns, router or provider.name
        self.net4, self.net6 = net4, net6
        self.gateway4, self.address4 = str(net4[1]), str(net4[2])
        self.gateway6 = "fe80::1"
        self.address6 = str(net6[0x100])

    def configure(self):
        """Gives the laptop's end its addresses and default routes by hand, as where no
        NetworkManager is at work."""
        ip(self.netns, "addr add %s/%d dev %s" % (self.address4, self.net4.prefixlen, self.interface),
           "addr add %s/128 dev %s nodad" % (self.address6, self.interface),
           "route add default via %s" % self.gateway4,
           "route add default via fe80::1 dev %s" % self.interface)

    def serve_dhcp(self):
        log = "%s/%s/dnsmasq-%s" % (DIR, self.provider.name, self.port)
        world.start(["dnsmasq", "--conf-file=/dev/null", "--keep-in-foreground", "--port=0",
                     "--interface=" + self.port, "--bind-interfaces", "--dhcp-authoritative",
                     "--dhcp-range=%s,%s,1h" % (self.address4, self.address4), "--no-ping",
                     "--dhcp-option=option:router,%s" % self.gateway4, "--user=root",
                     "--dhcp-leasefile=%s.leases" % log, "--pid-file="], log, self.router)

    def unplug(self):
        ip(self.router, "link set dev %s down" % self.port)

    def plug(self):
        ip(self.router, "link set dev %s up" % self.port, "addr add fe80::1/64 dev %s nodad" % self.port)


class _LoginService:
    """Postfix's policy protocol: answers with the asker's context while the client's last POP
    login is younger than the provider's window."""

    def __init__(self, provider):
        path = provider.dir + "/logins.sock"

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                asked = {}
                for line in self.rfile:
                    key, separator, value = line.decode().rstrip("\n").partition("=")
                    if separator:
                        asked[key] = value
                        continue
                    age = provider.logged_in(asked.get("client_address", ""))
                    fresh = age is not None and age < provider.window
                    answer = asked.get("policy_context", "OK") if fresh else "DUNNO"
                    self.wfile.write(b"action=%s\n\n" % answer.encode())
                    asked = {}

        class Server(socketserver.ThreadingUnixStreamServer):
            daemon_threads = True
            request_queue_size = 50

        self.server = Server(path, Handler)
        os.chmod(path, 0o666)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
