#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""fit.py BUILD [--lengths 1000,...] [--rounds N] [--server sink|postfix]

Whether a message of a long queue takes longer to flush than one of a short queue. A queue of each
length is held offline; then the cable is plugged in, and it goes out over a LAN. All files are on a
RAM disk; the server is Postfix's smtp-sink, which takes mail and forgets it: a real Postfix's own
queue would take most of the time (--server postfix has one). The time is that from the first
acceptance to the last; the median of the rounds counts. Needs root, or a user with subordinate ids."""

import argparse
import json
import math
import os
import re
import subprocess
import sys
import threading
import time
from statistics import median

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + "/line")
from measure import FAR, PROFILES, Line, world  # noqa: E402
from relay import Relay  # noqa: E402
from lab.manager import Bus  # noqa: E402
from lab.roampost import User, build_root  # noqa: E402

LENGTHS = "1000,3000,10000,30000,100000"
SIZE = 2048
SECONDS = 240  # for one length
CONFIG = """\
[agent]
[server-set relay]
identities=taro@odn.example
relay=anywhere
smtp=smtp://%s:25
smtp-tls=off
""" % FAR


class Sink:
    """smtp-sink, and when it had taken how many: it rewrites a line of counters for each."""

    def __init__(self):
        self.taken, self.first, self.last = 0, None, None
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", "relay", "smtp-sink", "-u", "postfix", "-c", FAR + ":25", "100"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        threading.Thread(target=self._follow, daemon=True).start()

    def _follow(self):
        rest = b""
        for data in iter(lambda: self.process.stdout.read1(1 << 16), b""):
            rest = (rest + data)[-200:]
            counts = re.findall(rb"mesg=(\d+)\D", rest + b"\r")
            if counts and int(counts[-1]) > self.taken:
                self.taken, self.last = int(counts[-1]), time.monotonic()
                self.first = self.first or self.last


class Counting(Relay):
    """A real Postfix in its place."""
    taken = property(lambda self: len(self.accepted))
    first = property(lambda self: self.accepted[0])
    last = property(lambda self: self.accepted[-1])


def measure(n, server):
    line = Line(PROFILES["LAN"])
    line.down()
    bus = Bus("session")
    user = User(CONFIG, env={"ROAMPOST_LINKS": "kernel"})
    with open(world.DIR + "/mail", "w") as out:
        out.write("From: taro@odn.example\r\nSubject: x\r\n\r\n" + ("x" * 70 + "\r\n") * (SIZE // 72))
    world.run([build_root() + "/tests/bench/submit-writers", "1", str(n), world.DIR + "/mail", "queue",
               user.dir + "/state"])
    relay = Sink() if server == "sink" else Counting().start()
    user.start_agent()

    def counts():
        return user.ask("status")["counts"]
    world.wait_for(lambda: counts()["held"] == n, "all held", 120, 0.5)
    used = agent_seconds(user)
    line.up()
    world.wait_for(lambda: relay.taken >= n, lambda: "%d of %d taken" % (relay.taken, n), SECONDS, 0.05)
    used = agent_seconds(user) - used
    world.wait_for(lambda: not any(counts().values()), lambda: "an empty queue: %s" % counts(), 30, 0.1)
    print(json.dumps({"n": n, "seconds": relay.last - relay.first, "used": used}), flush=True)
    del bus


def agent_seconds(user):
    """Of a core, that the agent has used."""
    with open("/proc/%d/stat" % user.agent.pid) as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cell(n, options):
    done = subprocess.run([sys.executable, __file__, options.build, "--server", options.server, "--cell", str(n)],
                          stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def line_through(xs, ys):
    """(intercept, slope) of least squares."""
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    slope = sum((a - x) * (b - y) for a, b in zip(xs, ys)) / sum((a - x) ** 2 for a in xs)
    return y - slope * x, slope


def report(lengths, found):
    times = [median(f["seconds"] for f in found[n]) for n in lengths]
    each = [t / n * 1000 for t, n in zip(times, lengths)]
    for n, t, e in zip(lengths, times, each):
        print("%7d messages: %7.2f s, %.4f ms each (%s); %.4f ms of a core for the agent" % (
            n, t, e, ", ".join("%.4f" % (f["seconds"] / n * 1000) for f in found[n]),
            median(f["used"] for f in found[n]) / n * 1000))
    a, b = line_through(lengths, times)
    print("linear fit: %.3f s and %.4f ms for each message; off by at most %.2f s" % (
        a, b * 1000, max(abs(a + b * n - t) for n, t in zip(lengths, times))))
    _, slope = line_through([math.log(n) for n in lengths], [math.log(e) for e in each])
    print("time per message grows with the length to the power of %.3f" % slope)
    print("time per message, the longest queue beside the shortest: %.3f times" % (each[-1] / each[0]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[1])
    parser.add_argument("build")
    parser.add_argument("--lengths", default=LENGTHS)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--server", default="sink", choices=("sink", "postfix"))
    parser.add_argument("--cell", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    os.environ["ROAMPOST_BUILD"] = os.path.abspath(options.build)
    if options.cell:
        world.enter(SECONDS + 200)
        try:
            measure(options.cell, options.server)
        except Exception:
            world.show_logs()
            raise
        return
    lengths = [int(n) for n in options.lengths.split(",")]
    found = {n: [] for n in lengths}
    for _ in range(options.rounds):
        for n in lengths:
            found[n].append(cell(n, options))
    report(lengths, found)


main()
