# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Slow lines, loads of mail, and what the line itself needs to carry them."""

import os
import random
import string
import subprocess
import sys
from dataclasses import dataclass

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../system"))
from lab import world  # noqa: E402

NEAR, FAR = "203.0.113.7", "203.0.113.1"
SENDER, SEGMENT, PACKET = "perf@client.example", 1448, 1500


@dataclass(frozen=True)
class Profile:
    """A line: bits a second (0: a cable), round trip in seconds, packets that may wait for it."""
    rate: int
    rtt: float
    queue: int = 100


PROFILES = {
    "P56": Profile(56000, 0.2),       # a modem
    "P3G": Profile(1000000, 0.12),    # a telephone
    "SAT": Profile(5000000, 0.6, 250),  # a satellite
    "LAN": Profile(0, 0.0001),
}


@dataclass(frozen=True)
class Workload:
    """Messages of one size on the wire, with so many recipients each."""
    n: int
    size: int
    recipients: int

    def recipients_of(self, number):
        return ["user%d-%d@dest.example" % (number % 7, k) for k in range(self.recipients)]

    def message(self, number):
        """The text of a message, with LF lines; with CRLF it has exactly the size."""
        letters = random.Random(self.n * 1000003 + self.size + number)
        lines = ["From: Perf Tester <%s>" % SENDER,
                 "To: " + ", ".join(self.recipients_of(number)),
                 "Subject: message %d of %d" % (number + 1, self.n),
                 "Date: Mon, 23 Nov 2026 12:%02d:%02d +0000" % (number // 60 % 60, number % 60),
                 "Message-ID: <perf.%d.%d@client.example>" % (self.size, number),
                 "MIME-Version: 1.0", "Content-Type: text/plain; charset=us-ascii", ""]
        left = self.size - sum(len(line) + 2 for line in lines)
        while left > 0:
            length = left if left <= 78 else min(78, left - 3)
            lines.append("".join(letters.choices(string.ascii_letters, k=length - 2)))
            left -= length
        return "\n".join(lines) + "\n"


WORKLOADS = {
    "W1": Workload(50, 2048, 1),
    "W3": Workload(200, 5120, 3),
}


def limit(profile, load):
    """Seconds that the line needs at the least: the messages and MAIL, RCPT and BDAT for them, as
    full segments, over the rate; and three round trips: connect, greeting and EHLO, mail."""
    envelope = len("MAIL FROM:<%s> SIZE=%d\r\n" % (SENDER, load.size))
    envelope += sum(len("RCPT TO:<%s>\r\n" % r) for r in load.recipients_of(0))
    envelope += len("BDAT %d LAST\r\n" % load.size)
    octets = load.n * (load.size + envelope) * PACKET / SEGMENT
    return (octets * 8 / profile.rate if profile.rate else 0) + 3 * profile.rtt


def spool(load, folder):
    """Writes the messages as files 0.eml, 1.eml, ..."""
    os.makedirs(folder, exist_ok=True)
    for number in range(load.n):
        with open("%s/%d.eml" % (folder, number), "w") as out:
            out.write(load.message(number))


class Line:
    """The line of a profile between this namespace and a new one, named relay; both speak cubic,
    whatever the host does."""

    def __init__(self, profile):
        self.profile, self.process = profile, None
        world.add_netns("relay")
        if profile.rate or profile.rtt > 0.001:
            program = os.environ.get("ROAMPOST_BUILD", "build") + "/tests/bench/line/line"
            if not os.access(program, os.X_OK):
                raise RuntimeError("%s is not there: name the build in ROAMPOST_BUILD" % program)
            self.process = subprocess.Popen(
                [program, str(profile.rate), str(profile.rtt * 500), str(profile.queue), "-", "relay"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            if self.process.stdout.readline() != "ready\n":
                raise RuntimeError("the line does not come up")
        else:
            world.run("ip link add line0 type veth peer name line0 netns relay")
        for netns, own, other in ((None, NEAR, FAR), ("relay", FAR, NEAR)):
            world.ip(netns, "addr add %s peer %s dev line0" % (own, other), "link set line0 up")
        world.ip("relay", "route replace %s dev line0 src %s congctl cubic" % (NEAR, FAR))
        self.up()

    def up(self):
        world.ip(None, "link set line0 up",
                 "route replace %s dev line0 src %s congctl cubic" % (FAR, NEAR),
                 "route replace default via %s dev line0 congctl cubic" % FAR)

    def down(self):
        world.ip(None, "link set line0 down")

    def command(self, word):
        """Octets carried, and packets dropped, there and back."""
        if not self.process:
            return [0] * 4
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()
        words = [int(w) for w in self.process.stdout.readline().split()]
        return [words[1], words[4], words[2], words[5]]
