#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""test_bench.py SCENARIO

Whether the benchmarks over slow lines measure truly: a raw client, of which it is known what it does,
and what flush.py says of it. Nothing can be faster than what the line allows; what is said to be
accepted, lost or doubled is so; a server of another manner has exactly this manner."""

import contextlib
import io
import os
import socket
import struct
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, HERE + "/../bench", HERE + "/../bench/line"]
from lab import tap, world  # noqa: E402
import cases  # noqa: E402
import flush  # noqa: E402
from clients import CLIENTS, Raw  # noqa: E402
from measure import FAR, PROFILES, WORKLOADS, Line, Profile, Workload, limit  # noqa: E402

WORKLOADS["TEST"] = Workload(12, 2048, 2)
WORKLOADS["ONE"] = Workload(1, 2048, 2)
PROFILES["ROUGH"] = Profile(0, 0.03, back=10000000, loss=0.1, jitter=10)
PROFILES["GAP"] = Profile(1000000, 0.12, outages=((0, 2),))
OF = 24  # recipients of TEST


class Often(Raw):
    """Several at once."""

    TIMES = 2

    def flush(self):
        for _ in range(self.TIMES):
            super().flush()


class Thrice(Often):
    TIMES = 3


class Patient(Raw):
    """Again and again, until the server takes it."""

    def flush(self):
        while subprocess.run(self.command, stderr=subprocess.DEVNULL).returncode:
            time.sleep(0.2)


class Early(Raw):
    """Looks before it is told to."""

    def online(self):
        socket.create_connection((FAR, 25), 10).recv(100)


CLIENTS.update(twice=Often, thrice=Thrice, patient=Patient, early=Early)


def whole(report, got, doubled=0):
    report.equal((got["accepted"], got["of"], got["doubled"]), (OF, OF, doubled), "all arrived, %d twice" % doubled)


def floor(report):
    """The least that a line needs is the least, and is nearly reached by who sends all at once."""
    got = flush.measure("P3G", "TEST", "raw", "chunking")
    whole(report, got)
    least = limit(PROFILES["P3G"], WORKLOADS["TEST"])
    report.check(got["seconds"] >= round(least, 2), "nothing is faster than the line", got)
    report.check(got["seconds"] < 2 * least + 1, "one stream comes near to it", got)
    report.check(24000 < got["octets-up"] < 40000, "the line carried it once", got)


def twice(report):
    whole(report, flush.measure("LAN", "TEST", "twice", "chunking"), OF)


def close(report):
    """The sixth of a session is refused."""
    got = flush.measure("LAN", "TEST", "raw", "chunking+close5", "4")
    report.equal((got["accepted"], got["doubled"], got["sessions"], got["most-in-session"]), (10, 0, 1, 5),
                 "five messages to two recipients, in one session")


def scan(report):
    """One connection waits for each message, three for a third of them."""
    got = flush.measure("LAN", "TEST", "raw", "chunking+scan200")
    whole(report, got)
    report.check(got["seconds"] >= 2.4, "twelve messages take twelve times its time", got)
    report.equal(got["floor"], 0.2, "they could have been sent at once")


def late(report):
    """Each MAIL and each RCPT is answered late, to one connection; the line and the queue have no name."""
    got = flush.measure("10000000:0.001:100", "12:2048:2", "raw", "chunking+mail50+rcpt30")
    whole(report, got)
    report.check(got["seconds"] >= 12 * 0.11, "each answer takes its time", got)


def connections(report):
    """Of three at once, each with all, one is sent away."""
    got = flush.measure("LAN", "TEST", "thrice", "plain+conn2+scan100")
    whole(report, got, OF)
    report.equal((got["sessions"], got["refused"]), (3, 1), "one of three is refused")


def grey(report):
    got = flush.measure("LAN", "ONE", "patient", "chunking+grey2")
    report.equal((got["accepted"], got["of"], got["doubled"]), (2, 2, 0), "both recipients have it once")
    report.check(got["first"] >= 2, "not before the time", got)


def outage(report):
    got = flush.measure("GAP", "TEST", "raw", "chunking")
    whole(report, got)
    report.check(got["first"] > 2, "nothing comes while the line is silent", got)


def early(report):
    try:
        report.check(False, "a head start is no measurement", flush.measure("LAN", "ONE", "early", "chunking"))
    except RuntimeError as why:
        report.check("head start" in str(why), "a head start is no measurement", why)


def echo():
    with world.inside("relay"):
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((FAR, 7))
    while True:
        server.sendto(*server.recvfrom(100))


def send_and_hear(n):
    """Milliseconds that each packet took which came back, in their order."""
    threading.Thread(target=echo, daemon=True).start()
    heard = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect((FAR, 7))
        client.settimeout(1)

        def hear():
            with contextlib.suppress(TimeoutError):
                while True:
                    sent = int(client.recv(100))
                    heard.append((time.monotonic_ns() - sent) / 1e6)
        listener = threading.Thread(target=hear)
        time.sleep(0.2)  # the echo listens
        listener.start()
        for _ in range(n):
            client.send(b"%d" % time.monotonic_ns())
            time.sleep(0.002)
        listener.join()
    return heard


def rough(report):
    """A thousand packets there, and those that arrived back."""
    line = Line(PROFILES["ROUGH"])
    took = sorted(send_and_hear(1000))
    carried, lost = line.command("count")[:2], line.command("count")[4:]
    report.check(750 < len(took) < 870, "of what goes there and back a fifth is lost", len(took))
    report.check(130 < sum(lost) < 250 and min(lost) > 50, "and it is counted, both ways", lost)
    report.check(carried[0] > carried[1] > 0, "what was lost was not carried", carried)
    report.check(took[0] >= 30, "nothing is early", took[0])
    report.check(took[len(took) // 2] >= 30 + 5, "and much is late", took[len(took) // 2])


def writes(report):
    """What a program writes and syncs is counted, and nothing else."""
    counts, file = world.DIR + "/counts", world.DIR + "/file"
    does = "import os; f = os.open(%r, os.O_RDWR | os.O_CREAT); [os.pwrite(f, b'x' * 100, n) for n in range(3)]; " \
        "os.fdatasync(f); os.write(1, b'y' * 50); os.fsync(f)" % file
    library = os.path.abspath(os.environ["ROAMPOST_BUILD"] + "/tests/bench/libcount-writes.so")
    world.run([sys.executable, "-c", does], env=dict(os.environ, LD_PRELOAD=library, COUNT_WRITES=counts))
    with open(counts, "rb") as data:
        report.equal(struct.unpack("3Q", data.read()), (300, 3, 2), "octets, writes and syncs of a file")


def table(report):
    """The worst of it is in the table, and is met by nobody."""
    base = {"case": "close10", "floor": 9.0, "of": 600, "sessions": 3, "doubled": 0}
    results = [dict(base, client="roampost", accepted=360, seconds=240.0, **{"over-floor": 26.7}),
               dict(base, client="postfix20", accepted=600, seconds=10.0, **{"over-floor": 1.1})]
    row = cases.table(results).splitlines()[-1]
    report.check("| 9.00 s | not all: 360 of 600 recipients after 240 s | 10.00 s, 1.10 | 3 |" in row,
                 "what did not arrive is not a time", row)
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        cases.show(results + [dict(results[1], client="roampost", doubled=2)])
    report.check("roampost inf (360 of 600 recipients), postfix20 1.100" in shown.getvalue(),
                 "the worse of two rounds counts", shown.getvalue())


SCENARIOS = {f.__name__: f for f in (floor, twice, close, scan, late, connections, grey, outage, early, rough, writes,
                                    table)}


def main():
    reason = world.why_not()
    if reason:
        tap.skip_all(reason)
    world.enter(200)
    report = tap.Tap()
    try:
        SCENARIOS[sys.argv[1]](report)
    except Exception:
        report.crash(sys.argv[1])
    if report.failed:
        world.show_logs()
    report.done()


main()
