# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts behind one address, for run-servers.py's section [pool WHICH]: each connection is another one's, in turn, and
they speak for themselves, to however many sessions. A line is

  host=WORDS          one more host; what it says to EHLO, with commas between
  address=ADDRESS     the hosts behind it are at this address of the loopback, and not at 127.0.0.1
  on=VERB: WHAT       what the last host does where it would say something positive. VERB is GREETING, EHLO, MAIL, RCPT,
  on=VERB N: WHAT     DATA, CONTENT, CHUNK, RSET, AUTH or QUIT, N the how-manieth in the session (N+: from then on).
                      WHAT is said (\\n: another line), or is one of these: `silent`, `close`, `reset`. With + before
                      it the content was taken; ~SECONDS before all that is how long it takes.
  once                all that holds for the last host's first session alone
  slow=SECONDS        so long the last host takes for a recipient that begins with "slow"

Of content that was taken Server.taken counts one for each."""

import re
import socket
import struct
import time


class Over(Exception):
    pass


def read_hosts(lines):
    """What is at which address."""
    hosts, all_hosts = [], {}
    for line in lines:
        key, _, value = line.partition("=")
        if key == "address":
            hosts = []
            all_hosts[value] = hosts
            continue
        if not all_hosts:
            all_hosts["127.0.0.1"] = hosts
        if key == "host":
            hosts.append((value.split(",") if value else [], {}))
            continue
        if key == "once":
            hosts[-1][1][key] = True
            continue
        if key == "slow":
            hosts[-1][1][key] = float(value)
            continue
        verb, n, more, what = re.fullmatch(r"([A-Z]+)(?: (\d+)(\+?))?: (.*)", value).groups()
        hosts[-1][1][verb] = (int(n or 1), bool(more or not n), what)
    return all_hosts


class Host:
    def __init__(self, connection, server, hosts, number):
        self.connection, self.server, self.input = connection, server, b""
        turn, host = divmod(number - 1, len(hosts))
        self.words, self.rules = hosts[host]
        if turn and "once" in self.rules:
            self.rules = {}
        self.seen, self.n_rcpt = {}, 0
        connection.settimeout(300)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def more(self):
        data = self.connection.recv(65536)
        if not data:
            raise Over
        self.input += data

    def line(self):
        while b"\n" not in self.input:
            self.more()
        line, self.input = self.input.split(b"\n", 1)
        return line.rstrip(b"\r").decode("latin-1")

    def octets(self, n):
        while len(self.input) < n:
            self.more()
        self.input = self.input[n:]

    def act(self, verb, usual):
        """Whether it said something positive."""
        self.seen[verb] = self.seen.get(verb, 0) + 1
        n, more, what = self.rules.get(verb, (0, False, usual))
        if self.seen[verb] != n and not (more and self.seen[verb] > n):
            what = usual
        if what.startswith("~"):
            seconds, _, what = what[1:].partition(" ")
            time.sleep(float(seconds))
        if verb == "CONTENT":
            self.server.taken += what.startswith(("+", "250"))
        what = what.lstrip("+")
        if what == "silent":
            while True:
                self.more()
        if what == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if what in ("reset", "close"):
            raise Over
        self.connection.sendall(what.replace("\\n", "\r\n").encode() + b"\r\n")
        return what[0] in "23"

    def ehlo(self):
        lines = ["mail.x.example", *self.words]
        return "\\n".join("250%s%s" % (" -"[i + 1 < len(lines)], word) for i, word in enumerate(lines))

    def data(self):
        if not self.act("DATA", "354 go" if self.n_rcpt else "503 5.5.1 no recipients"):
            return
        while self.line() != ".":
            pass
        self.act("CONTENT", "250 taken")
        self.n_rcpt = 0

    def chunk(self, words):
        self.octets(int(words[1]))
        if not self.n_rcpt:
            self.act("CHUNK", "503 5.5.1 no recipients")
        elif words[-1].upper() == "LAST":
            self.act("CONTENT", "250 taken")
            self.n_rcpt = 0
        else:
            self.act("CHUNK", "250 go on")

    def command(self, line):
        verb = line.split(" ")[0].upper()
        if verb in ("EHLO", "HELO"):
            self.act("EHLO", self.ehlo())
        elif verb == "DATA":
            self.data()
        elif verb == "BDAT" and "CHUNKING" in self.words:
            self.chunk(line.split())
        elif verb in ("MAIL", "RSET"):
            self.n_rcpt = 0
            self.act(verb, "250 ok")
        elif verb == "RCPT":
            time.sleep(self.rules.get("slow", 0) if "<slow" in line else 0)
            self.n_rcpt += self.act(verb, "250 ok")
        elif verb == "AUTH":
            self.act(verb, "235 welcome")
        elif verb == "QUIT":
            self.act(verb, "221 bye")
            raise Over
        else:
            self.connection.sendall(b"500 what?\r\n")

    def run(self):
        try:
            self.act("GREETING", "220 mail.x.example ESMTP")
            while True:
                self.command(self.line())
        except (Over, OSError):
            pass
