# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where no namespaces can be had: small servers on loopback and a NetworkManager that only says
where the laptop is. The stage set of the same play; Provider and Manager are the real thing.

A small provider enforces the same terms as a real one. All its clients come from loopback, so it
believes the stage about the address that the laptop would have.
"""

import ipaddress
import os
import re
import socketserver
import sys
import threading
import time

from . import world
from .provider import POP_FIRST, Mail
from .world import run


class Stage:
    """Where the laptop is just now; the address that its servers would see."""
    address = None


class SmallProvider:
    def __init__(self, stage, name, title, net4, relay, window=600):
        self.stage, self.name, self.title, self.relay = stage, name, title, relay
        self.domain = name + ".example"
        self.host = "mail." + self.domain
        self.own = [ipaddress.ip_network(net4)]
        self.rules = [[t.strip() for t in a.split("+")] for a in relay.split(";")]
        self.window, self.tls = window, False
        self.address4 = str(self.own[0][66])
        self._mails, self._refused, self._logins = [], [], {}
        self.smtp_url = "smtp://127.0.0.1:%d" % _serve(self, _Smtp)
        self.pop_url = "pop3://127.0.0.1:%d" % _serve(self, _Pop)

    def takes(self, sender, recipient):
        client = ipaddress.ip_address(self.stage.address)
        age = self.logged_in(self.stage.address)
        holds = {
            "anywhere": True,
            "inside": any(client in net for net in self.own),
            "sender-domain": sender.endswith("@" + self.domain),
            "recipient-domain": recipient.endswith("@" + self.domain),
            "pop-login": age is not None and age < self.window,
        }
        return holds["recipient-domain"] or any(all(holds[t] for t in rule) for rule in self.rules)

    def log_in(self):
        self._logins[self.stage.address] = time.time()

    def logged_in(self, address):
        at = self._logins.get(address)
        return None if at is None else time.time() - at

    def deliver(self, sender, recipients, content):
        for recipient in recipients:
            field = {f: re.search(rb"(?im)^%s:[ \t]*(.*?)\r?$" % f.encode(), content) for f in (
                "Subject", "Message-ID")}
            text = {f: m.group(1).decode() if m else "" for f, m in field.items()}
            self._mails.append(Mail(sender, recipient, self.stage.address, text["Subject"],
                                    text["Message-ID"], time.time(), content))

    def accepted(self):
        return list(self._mails)

    def refuse(self, sender, recipient):
        self._refused.append("%s to %s" % (sender, recipient))

    def refused(self):
        return list(self._refused)


def _serve(provider, handler):
    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    server = Server(("127.0.0.1", 0), type("Handler", (handler,), {"provider": provider}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


class _Dialogue(socketserver.StreamRequestHandler):
    def say(self, *lines):
        self.wfile.write("".join(line + "\r\n" for line in lines).encode())

    def command(self):
        """The next command and its argument; None at the end of the connection."""
        line = self.rfile.readline().decode(errors="replace")
        verb, _, argument = line.strip().partition(" ")
        return (verb.upper(), argument) if line else None


class _Smtp(_Dialogue):
    def handle(self):
        self.say("220 %s ESMTP" % self.provider.host)
        sender, recipients = None, []
        while asked := self.command():
            verb, argument = asked
            address = (re.search(r"<(.*?)>", argument) or re.match("()", "")).group(1)
            if verb == "EHLO":
                self.say("250-" + self.provider.host, "250-PIPELINING", "250-8BITMIME", "250 SMTPUTF8")
            elif verb == "MAIL":
                sender, recipients = address, []
                self.say("250 2.1.0 Ok")
            elif verb == "RCPT" and self.provider.takes(sender, address):
                recipients.append(address)
                self.say("250 2.1.5 Ok")
            elif verb == "RCPT":
                self.provider.refuse(sender, address)
                self.say("550 " + POP_FIRST if "pop-login" in self.provider.relay
                         else "554 5.7.1 Relay access denied")
            elif verb == "DATA" and recipients:
                self.say("354 End data with <CR><LF>.<CR><LF>")
                self.provider.deliver(sender, recipients, self.content())
                self.say("250 2.0.0 Ok: queued")
            elif verb == "DATA":
                self.say("554 5.5.1 No valid recipients")
            elif verb in ("RSET", "NOOP"):
                self.say("250 2.0.0 Ok")
            elif verb == "QUIT":
                return self.say("221 2.0.0 Bye")
            else:
                self.say("502 5.5.2 Command not recognized")

    def content(self):
        content = b""
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            content += line[1:] if line.startswith(b".") else line
        return content


class _Pop(_Dialogue):
    def handle(self):
        self.say("+OK ready")
        user = None
        while asked := self.command():
            verb, argument = asked
            if verb == "CAPA":
                self.say("+OK", "USER", ".")
            elif verb == "USER":
                user = argument
                self.say("+OK")
            elif verb == "PASS" and user:
                self.provider.log_in()
                self.say("+OK Logged in")
            elif verb == "STAT":
                self.say("+OK 0 0")
            elif verb == "QUIT":
                return self.say("+OK")
            else:
                self.say("-ERR unknown command")


class MockManager:
    """The mock of NetworkManager in tests/fakes; it has the two calls that the play needs."""

    def __init__(self, stage, providers):
        self.stage = stage
        self.providers = {provider.title: provider for provider in providers}
        self.is_up = None
        template = os.path.join(os.environ.get("ROAMPOST_SOURCE", "."), "tests/fakes/nm_mock.py")
        world.start([sys.executable, "-m", "dbusmock", "--system", "--template", template],
                    world.DIR + "/mock.log")
        run("gdbus wait --system --timeout=60 org.freedesktop.NetworkManager")

    def up(self, title):
        address = self.providers[title].address4
        gateway = str(self.providers[title].own[0][65])
        self.stage.address = address
        self._call("Up", "wan0", "ethernet", "{'id': <'%s'>, 'addresses': <['%s/30']>, "
                   "'gateway': <'%s'>, 'default': <true>}" % (title, address, gateway))
        self.is_up = title

    def down(self, title):
        self._call("Down", "wan0")
        self.is_up = None

    def _call(self, method, *arguments):
        run(["gdbus", "call", "--system", "--dest", "org.freedesktop.NetworkManager",
             "--object-path", "/org/freedesktop", "--method", "org.freedesktop.DBus.Mock." + method,
             *arguments])
