# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Slow lines, loads of mail, and what the line itself needs to carry them."""

import contextlib
import os
import random
import string
import subprocess
import sys
import threading
from dataclasses import dataclass

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../system"))
from lab import world  # noqa: E402

NEAR, FAR = "203.0.113.7", "203.0.113.1"
SENDER, SEGMENT, PACKET = "perf@client.example", 1448, 1500


@dataclass(frozen=True)
class Profile:
    """A line: bits a second (0: a cable), round trip in seconds, packets that may wait for it; bits a
    second the other way (0: the same); the share of packets that is lost, and by how many
    milliseconds, at most, they are late; (second, seconds) in which it carries nothing."""
    rate: int
    rtt: float
    queue: int = 100
    back: int = 0
    loss: float = 0
    jitter: float = 0
    outages: tuple = ()


class Named(dict):
    """What has a name; any other name is the thing itself, its numbers with colons between them."""

    def __init__(self, make, **named):
        super().__init__(named)
        self.make = make

    def __missing__(self, name):
        self[name] = self.make(*name.split(":"))
        return self[name]


def _line(rate, rtt, queue, loss="0", jitter="0", back="0"):
    return Profile(int(rate), float(rtt), int(queue), back=int(back), loss=float(loss), jitter=int(jitter))


PROFILES = Named(_line, **{
    "P56": Profile(56000, 0.2),       # a modem
    "P3G": Profile(1000000, 0.12),    # a telephone
    "SAT": Profile(5000000, 0.6, 250),  # a satellite
    "WEA": Profile(1000000, 0.6, jitter=30),  # a satellite in bad weather
    "LAN": Profile(0, 0.0001),
    "DSL": Profile(5000000, 0.03, back=50000000),
    "LTE": Profile(50000000, 0.04, 300),
    "MOB": Profile(1000000, 0.1, back=4000000, loss=0.015, jitter=20),  # a telephone in a train
    "BLO": Profile(512000, 0.06, 500, back=4000000),  # a modem that keeps 12 s of what it is given
    "UPL": Profile(256000, 0.04, 60, back=6000000),  # the upload of a household of 2005
    "GPR": Profile(40000, 0.7, 60),   # a telephone of then
    "OUT": Profile(1000000, 0.12, outages=((3, 4),)),  # a tunnel
})
CLEAN = ("P56", "P3G", "SAT", "LAN")


@dataclass(frozen=True)
class Workload:
    """Messages of one size on the wire, with so many recipients each."""
    n: int
    size: int
    recipients: int

    def size_of(self, number):
        return self.size

    def id_of(self, number):
        return "perf.%d.%d@client.example" % (self.size, number)

    def recipients_of(self, number):
        return ["user%d-%d@dest.example" % (number % 7, k) for k in range(self.recipients)]

    def message(self, number):
        """The text of a message, with LF lines; with CRLF it has exactly the size."""
        letters = random.Random(self.n * 1000003 + self.size + number)
        lines = ["From: Perf Tester <%s>" % SENDER,
                 "To: " + ", ".join(self.recipients_of(number)),
                 "Subject: message %d of %d" % (number + 1, self.n),
                 "Date: Mon, 23 Nov 2026 12:%02d:%02d +0000" % (number // 60 % 60, number % 60),
                 "Message-ID: <%s>" % self.id_of(number),
                 "MIME-Version: 1.0", "Content-Type: text/plain; charset=us-ascii", ""]
        left = self.size_of(number) - sum(len(line) + 2 for line in lines)
        line = ""
        while left > 0:
            length = left if left <= 78 else min(78, left - 3)
            # Of a large one all lines are the same: nothing on the way compresses them.
            if len(line) != length - 2 or left < 1 << 16:
                line = "".join(letters.choices(string.ascii_letters, k=length - 2))
            lines.append(line)
            left -= length
        return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Mixed(Workload):
    """The first so many are of another size."""
    first: int = 0
    first_size: int = 0

    def size_of(self, number):
        return self.first_size if number < self.first else self.size


WORKLOADS = Named(lambda n, size, recipients="1": Workload(int(n), int(size), int(recipients)), **{
    "W1": Workload(50, 2048, 1),
    "W2": Workload(10, 30720, 1),
    "W3": Workload(200, 5120, 3),
    "MIX": Mixed(50, 5120, 1, 10, 3 << 20),
})


def octets(load, number):
    """Of a message with MAIL, RCPT and BDAT, in full segments."""
    size = load.size_of(number)
    envelope = len("MAIL FROM:<%s> SIZE=%d\r\n" % (SENDER, size))
    envelope += sum(len("RCPT TO:<%s>\r\n" % r) for r in load.recipients_of(number))
    envelope += len("BDAT %d LAST\r\n" % size)
    return (size + envelope) * PACKET / SEGMENT


def limit(profile, load):
    """Seconds that the line needs at the least: the messages and their envelopes over the rate, and
    three round trips: connect, greeting and EHLO, mail; and while it is silent meanwhile."""
    whole = sum(octets(load, number) for number in range(load.n))
    least = (whole * 8 / profile.rate if profile.rate else 0) + 3 * profile.rtt
    for second, seconds in profile.outages:
        least += seconds if second < least else 0
    return least


def spool(load, folder):
    """Writes the messages as files 0.eml, 1.eml, ..."""
    os.makedirs(folder, exist_ok=True)
    for number in range(load.n):
        with open("%s/%d.eml" % (folder, number), "w") as out:
            out.write(load.message(number))


class Line:
    """The line of a profile between this namespace and a new one, named relay; both speak cubic,
    whatever the host or a program wants, as most machines do. With up=False its end here is down.
    What it loses hangs on the seed, and on who sends when."""

    def __init__(self, profile, up=True, seed=1):
        self.seed = seed
        self.profile, self.process, self.timers, self.lock = profile, None, [], threading.Lock()
        world.add_netns("relay")
        if profile.rate or profile.rtt > 0.001:
            self._emulate()
        else:
            world.run("ip link add line0 type veth peer name line0 netns relay")
        for netns, own, other in ((None, NEAR, FAR), ("relay", FAR, NEAR)):
            world.ip(netns, "addr add %s peer %s dev line0" % (own, other))
        world.ip("relay", "link set line0 up", "route replace %s dev line0 src %s congctl lock cubic" % (NEAR, FAR))
        if up:
            self.up()

    def _emulate(self):
        program = os.environ.get("ROAMPOST_BUILD", "build") + "/tests/bench/line/line"
        if not os.access(program, os.X_OK):
            raise RuntimeError("%s is not there: name the build in ROAMPOST_BUILD" % program)
        line = self.profile
        self.process = subprocess.Popen(
            [program, str(line.rate), str(line.rtt * 500), str(line.queue), "-", "relay",
             "back=%d" % (line.back or line.rate), "loss=%g" % line.loss, "jitter=%g" % line.jitter, "seed=%d" % self.seed],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        with contextlib.suppress(PermissionError):  # it is nature: whatever else the machine does
            os.setpriority(os.PRIO_PROCESS, self.process.pid, -15)
        if self.process.stdout.readline() != "ready\n":
            raise RuntimeError("the line does not come up")

    def up(self):
        world.ip(None, "link set line0 up",
                 "route replace %s dev line0 src %s congctl lock cubic" % (FAR, NEAR),
                 "route replace default via %s dev line0 congctl lock cubic" % FAR)

    def down(self):
        world.ip(None, "link set line0 down")

    def forget(self):
        """What TCP remembers of earlier connections, at both ends. An ordinary user may not have it
        forget, but new namespaces have nothing to forget."""
        for netns in ([], ["-n", "relay"]):
            words = ["ip", *netns, "tcp_metrics"]
            subprocess.run(words + ["flush"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            left = world.run(words + ["show"]).strip()
            if FAR in left or NEAR in left:
                raise RuntimeError("TCP remembers: " + left)

    def begin(self):
        """From now on its outages count."""
        for second, seconds in self.profile.outages:
            for after, word in ((second, "cut"), (second + seconds, "join")):
                self.timers.append(threading.Timer(after, self.command, [word]))
                self.timers[-1].daemon = True
                self.timers[-1].start()

    def command(self, word):
        """Octets carried, packets dropped, packets lost, there and back."""
        if not self.process:
            return [0] * 6
        with self.lock:
            self.process.stdin.write(word + "\n")
            self.process.stdin.flush()
            words = [int(w) for w in self.process.stdout.readline().split()]
        return [words[1], words[5], words[2], words[6], words[3], words[7]]
