#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""tls.py [--line SAT]

Round trips that TLS 1.3 and a login cost a session, over a line on which nothing else counts: one
message to a real Postfix, from its submission to its acceptance, less the same without them. Each
kind has its own namespaces, line, server and agent. Needs root, or a user with subordinate ids.

A session must not cost more than it needs: TLS one, STARTTLS three (the command, the handshake, EHLO
again), a login one. The first session at a server is printed beside it: there Postfix sends a ticket
after the handshake, and its next answer, held back by Nagle's rule, only after the acknowledgement of
that, a round trip later, whoever the client is. The libcurl of Debian 12 keeps what it learns after
STARTTLS under another name than it looks for, so there every session is like the first."""

import argparse
import json
import os
import socketserver
import statistics
import subprocess
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + "/line")
from measure import FAR, PROFILES, Line, Workload, spool, world  # noqa: E402
from relay import Relay  # noqa: E402
from clients import Roampost  # noqa: E402

LOAD, SESSIONS = Workload(1, 2048, 1), 4
LOGIN_PORT = 1143
LOGIN = "smtp-user=taro\nsmtp-password=kirameki\n"
CA = "tls-ca-file={dir}/cert.pem\n"

# name, round trips more than plain, URL, what the set says besides
KINDS = [
    ("plain", 0, "smtp://%s:25", "smtp-tls=off\n"),
    ("smtps", 1, "smtps://%s:465", CA),
    ("starttls", 3, "smtp://%s:25", "smtp-tls=required\n" + CA),
    ("smtps+auth", 2, "smtps://%s:465", CA + LOGIN),
    ("starttls+auth", 4, "smtp://%s:25", "smtp-tls=required\n" + CA + LOGIN),
]

MAIN_CF = """\
smtpd_tls_security_level = may
smtpd_tls_cert_file = {dir}/cert.pem
smtpd_tls_key_file = {dir}/key.pem
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:%d
smtpd_tls_auth_only = yes
""" % LOGIN_PORT
PORTS = ("25", "465 -o smtpd_tls_wrappermode=yes")


class Login(socketserver.StreamRequestHandler):
    """Dovecot's side of its authentication protocol; it lets everybody in."""

    def handle(self):
        self.wfile.write(b"VERSION\t1\t2\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\n"
                         b"COOKIE\t0123456789abcdef0123456789abcdef\nDONE\n")
        for line in self.rfile:
            words = line.decode().rstrip("\n").split("\t")
            if words[0] == "AUTH":
                self.wfile.write(b"OK\t%s\tuser=taro\n" % words[1].encode())


def serve_logins():
    socketserver.ThreadingTCPServer(("127.0.0.1", LOGIN_PORT), Login).serve_forever()


def measure(line_name, kind):
    _, _, url, more = next(k for k in KINDS if k[0] == kind)
    profile = PROFILES[line_name]
    Line(profile)
    world.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
               "-nodes", "-days", "2", "-subj", "/CN=relay.example", "-addext",
               "subjectAltName=IP:" + FAR, "-keyout", world.DIR + "/key.pem",
               "-out", world.DIR + "/cert.pem"])
    world.ip("relay", "link set lo up")
    world.start([sys.executable, __file__, "--logins"], world.DIR + "/logins", "relay")
    relay = Relay(extra=MAIN_CF.format(dir=world.DIR), ports=PORTS)
    spool(LOAD, world.DIR + "/mail")
    client = Roampost(url % FAR, more.format(dir=world.DIR))
    relay.start()
    client.user.start_agent()
    seconds = []
    for session in range(SESSIONS):
        began = time.monotonic()
        client.submit(LOAD, world.DIR + "/mail")
        last = relay.wait(session + 1, 60)
        if last is None:
            raise RuntimeError("the message did not come: " + client.user.agent_log()[-1000:])
        seconds.append(last - began)
        world.wait_for(lambda: relay.ended == session + 1, "the session's end", 20, 0.01)
    print(json.dumps({"kind": kind, "first": seconds[0], "later": statistics.median(seconds[1:]),
                      "rtt": profile.rtt}), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[1])
    parser.add_argument("--line", default="SAT", choices=[n for n in PROFILES if PROFILES[n].rtt > 0.01])
    parser.add_argument("--cell", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--logins", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.logins:
        serve_logins()
    if options.cell:
        world.enter(120)
        measure(*options.cell)
        return 0
    plain = None
    for kind, want, _, _ in KINDS:
        done = subprocess.run([sys.executable, __file__, "--cell", options.line, kind], timeout=150,
                              stdout=subprocess.PIPE, text=True, check=True)
        got = json.loads(done.stdout)
        plain = plain or got
        first, later = ((got[n] - plain[n]) / got["rtt"] for n in ("first", "later"))
        print("%-14s %6.2f s, %5.2f round trips more than plain (at most %d); the first session %5.2f" % (
            kind, got["later"], later, want, first), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
