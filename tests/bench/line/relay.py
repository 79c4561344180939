# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Postfix at the other end of the line, what it is like, and when it had accepted what."""

import os
import re
import subprocess
import sys
import threading
import time
from collections import Counter

from measure import FAR, NEAR, world
from lab.postfix import Postfix

_RELAY = """\
inet_protocols = ipv4
myhostname = relay.example
mynetworks = {near}/32
default_transport = discard
smtpd_client_connection_count_limit = %d
smtpd_client_event_limit_exceptions =
smtpd_error_sleep_time = 0
smtpd_junk_command_limit = 100000
"""
# Where policy.py is asked what to do, and at which port. Those that are asked before RCPT are not put off to it.
_POLICIES = {
    "scan": ("smtpd_end_of_data_restrictions", 9998),
    "data": ("smtpd_data_restrictions", 9997),
    "grey": ("smtpd_recipient_restrictions", 9996),
    "rcpt": ("smtpd_recipient_restrictions", 9995),
    "mail": ("smtpd_sender_restrictions", 9994),
    "close": ("smtpd_sender_restrictions", 9993),
    "greet": ("smtpd_client_restrictions", 9992),
    "ehlo": ("smtpd_helo_restrictions", 9991),
}
_EARLY = {"mail", "close", "greet", "ehlo"}
_TLS = """\
smtpd_tls_security_level = may
smtpd_tls_cert_file = {dir}/cert.pem
smtpd_tls_key_file = {dir}/key.pem
"""


def _make_certificate():
    world.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
               "-days", "2", "-subj", "/CN=relay.example", "-addext", "subjectAltName=IP:" + FAR,
               "-keyout", world.DIR + "/key.pem", "-out", world.DIR + "/cert.pem"])


class Manner:
    """What a server is like, in words with + between them: `chunking` or `plain` (no CHUNKING), `nopipe` (no
    PIPELINING), `tls` (STARTTLS), `smtps`, `scan250` (milliseconds that each message is looked at before its answer;
    likewise `mail`, `rcpt`, `data`, `greet` and `ehlo` for theirs), `close10` (421 in place of the 11th message of a
    session, and it hangs up), `grey20` (seconds that a recipient is put off for), `conn3` (so many connections from
    one client)."""

    FLAGS = ("chunking", "plain", "nopipe", "tls", "smtps")

    def __init__(self, words):
        self.words, self.flags, self.policies, self.connections = words, set(), {}, 0
        for word in words.split("+"):
            name, number = re.fullmatch(r"([a-z]+)(\d*)", word).groups()
            if name in _POLICIES:
                self.policies[name] = int(number)
            elif name == "conn":
                self.connections = int(number)
            elif name in self.FLAGS:
                self.flags.add(name)
            else:
                raise ValueError("no server is like %s" % word)
        self.has_tls = bool(self.flags & {"tls", "smtps"})

    def _asked(self):
        """Each question once, to all that are to answer it."""
        asked = {}
        for name in self.policies:
            question, port = _POLICIES[name]
            asked.setdefault(question, []).append("check_policy_service inet:127.0.0.1:%d" % port)
        return "".join("%s = %s\n" % (question, ", ".join(ports)) for question, ports in asked.items())

    def extra(self):
        without = [word for flag, word in (("plain", "chunking"), ("nopipe", "pipelining")) if flag in self.flags]
        return (self._asked() + ("smtpd_delay_reject = no\n" if _EARLY & set(self.policies) else "") +
                ("smtpd_discard_ehlo_keywords = %s\n" % ", ".join(without) if without else "") +
                (_TLS.format(dir=world.DIR) if self.has_tls else ""))

    def floor(self, limit, n):
        """Seconds that n messages take at the least where the line needs so many. A server that looks at
        each message has 20 at a time, or as many as it lets connect; where that is longer, it counts. One
        that puts off takes nothing before it has done so."""
        rounds = -(-n // min(self.connections or 20, 20))
        return max(limit, rounds * self.policies.get("scan", 0) / 1000) + self.policies.get("grey", 0)


class Relay(Postfix):
    """Takes everything from the near end, and notes when."""

    def __init__(self, chunking=True, extra="", ports=("25",), manner=None):
        self.manner = manner or Manner("chunking" if chunking else "plain")
        if self.manner.has_tls:
            ports = ("25", "465 -o smtpd_tls_wrappermode=yes")
        super().__init__(world.DIR + "/relay", _RELAY % self.manner.connections + self.manner.extra() + extra, ports,
                         "relay", near=NEAR)
        os.chmod(world.DIR, 0o755)
        self.accepted, self.sessions, self.ended, self.refused = [], 0, 0, 0  # times; connections so far
        self.names, self.copies = {}, Counter()  # of a message in its queue the Message-ID; recipients of each
        self.in_sessions = {}  # of a smtpd's process the messages of its session so far
        self.counts = []  # messages of each session that is over

    def start(self):
        if self.manner.has_tls and not os.path.exists(world.DIR + "/cert.pem"):
            _make_certificate()
        for name, number in self.manner.policies.items():
            self._start_policy(name, number)
        super().start()
        threading.Thread(target=self._follow, daemon=True).start()
        return self

    @staticmethod
    def _start_policy(name, number):
        program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "policy.py")
        policy = subprocess.Popen(["ip", "netns", "exec", "relay", sys.executable, program, name, str(number),
                                   str(_POLICIES[name][1])], stdout=subprocess.PIPE, text=True)
        if policy.stdout.readline() != "ready\n":
            raise RuntimeError("the policy server does not start")

    def _follow(self):
        """Its log has a line when a message was put into its queue, just before its answer."""
        rest = b""
        path = self.dir + "/maillog"
        while not os.path.exists(path):
            time.sleep(0.01)
        with open(path, "rb", buffering=0) as log:
            while True:
                data = log.read(1 << 20)
                if not data:
                    time.sleep(0.005)
                    continue
                lines = (rest + data).split(b"\n")
                rest = lines.pop()
                self.take(lines)

    def take(self, lines):
        self.sessions += sum(b"]: connect from" in line for line in lines)
        self.ended += sum(b"]: disconnect from" in line for line in lines)
        self.refused += sum(b"Connection concurrency limit exceeded" in line for line in lines)
        new = sum(b"(queue active)" in line for line in lines)
        for line in lines:
            self._name(line)
        self.accepted += [time.monotonic()] * new

    def _name(self, line):
        said = re.search(rb": (\w+): message-id=<([^>]*)>", line)
        if said:
            self.names[said[1]] = said[2].decode()
        done = re.search(rb": (\w+): from=<.*, nrcpt=(\d+) \(queue active\)", line)
        if done:
            # Its queue's names are used again.
            self.copies[self.names.pop(done[1], "")] += int(done[2])
        session = re.search(rb"smtpd\[(\d+)\]: (connect|disconnect|\w+: client=)", line)
        if session and session[2] == b"connect":
            self.in_sessions[session[1]] = 0
        elif session and session[2] == b"disconnect":
            self.counts.append(self.in_sessions.pop(session[1], 0))
        elif session:
            self.in_sessions[session[1]] = self.in_sessions.get(session[1], 0) + 1

    def tally(self, load):
        """Recipients who have their mail; what was lost, and what came to them more than once."""
        of = {load.id_of(number): len(load.recipients_of(number)) for number in range(load.n)}
        there = sum(min(self.copies[name], wanted) for name, wanted in of.items())
        return there, sum(of.values()) - there, sum(self.copies.values()) - there

    def wait(self, n, seconds):
        """Waits for the n-th acceptance; its time, or None."""
        deadline = time.monotonic() + seconds
        while len(self.accepted) < n and time.monotonic() < deadline:
            time.sleep(0.005)
        return self.accepted[n - 1] if len(self.accepted) >= n else None

    def wait_for_all(self, load, seconds):
        """Waits until every recipient has his mail; the time of the last acceptance, or None."""
        deadline, seen = time.monotonic() + seconds, -1
        while time.monotonic() < deadline:
            if len(self.accepted) != seen:
                seen = len(self.accepted)
                if not self.tally(load)[1]:
                    return self.accepted[seen - 1]
            time.sleep(0.005)
        return None
