#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""check.py [--line P56,..] [--client roampost,..] [--rounds N] [--write FILE] [--mails N]
         [--size OCTETS] [--disk FOLDER]

How long fetching mail takes over a slow line, beside the physical limit: 200 mails of 5 KB by POP3
from a real Dovecot, from the command that asks for it (`roampost check`, `mpop`) to the last mail in
the maildir. Then once more, when there is nothing new. Each cell has its own namespaces, line,
server and client; cells run one after another, the clients of a line in turn. Prints a line of JSON
for each measurement, and at the end the medians as times over the limit; FILE gets the lines of
JSON. The maildir is on the disk, in a folder of its own that goes when the cell is done. Needs root,
or a user with subordinate ids."""

import os
import shutil
import sys
import tempfile
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + "/line")
import cells  # noqa: E402
from measure import PACKET, PROFILES, SEGMENT, Line, Workload, world  # noqa: E402
from lab.maildrop import Maildrop  # noqa: E402
from fetchers import FETCHERS  # noqa: E402

MAILS, SIZE = 200, 5120
GOALS = {"P56": 1.03, "P3G": 1.25, "SAT": 2.8}


def limit(profile, load):
    """Seconds that the line needs at the least: the mails and what answers RETR around them, as full
    segments, over the rate of the way back; and three round trips: connect, greeting, mail."""
    answer = len("+OK %d octets\r\n" % load.size) + len(".\r\n")
    octets = load.n * (load.size + answer) * PACKET / SEGMENT
    rate = profile.back or profile.rate
    return (octets * 8 / rate if rate else 0) + 3 * profile.rtt


class Maildir:
    """What is in it, and since when."""

    def __init__(self, path):
        self.new, self.first = path + "/new", None

    def count(self):
        count = len(os.listdir(self.new)) if os.path.isdir(self.new) else 0
        if count and not self.first:
            self.first = time.time()
        return count

    def wait(self, n, seconds):
        """When the n-th mail came; None: it did not."""
        deadline = time.monotonic() + seconds
        while self.count() < n:
            if time.monotonic() > deadline:
                return None
            time.sleep(0.003)
        return os.stat(self.new).st_mtime


def again(client, server, line, seconds):
    """Nothing is new: what does that take?"""
    world.wait_for(server.sessions, "the end of the session", seconds, 0.01)
    time.sleep(2 * line.profile.rtt + 0.1)  # its end is on its way to the client
    n, before = len(server.sessions()), line.command("count")
    began = time.monotonic()
    client.fetch_all(seconds)
    taken = time.monotonic() - began
    world.wait_for(lambda: len(server.sessions()) > n, "the end of the session", seconds, 0.01)
    after = line.command("count")
    session = server.sessions()[n]
    return {"seconds": round(taken, 2), "retr": session["retr"] + session["top"],
            "octets-up": after[0] - before[0], "octets-down": after[1] - before[1]}


def measure(line_name, client_name, load, folder):
    profile = PROFILES[line_name]
    least = limit(profile, load)
    line = Line(profile)
    server = Maildrop("maildrop", "relay")
    server.put((n, load.message(n)) for n in range(load.n))
    server.start()
    client = FETCHERS[client_name](folder)
    maildir = Maildir(client.maildir)
    before = line.command("count")
    began, wall = time.monotonic(), time.time()
    client.fetch()
    asked = time.monotonic() - began
    last = maildir.wait(load.n, cells.PATIENCE * least + 60)
    carried = [b - a for a, b in zip(before, line.command("count"))]
    taken = (last or time.time()) - wall
    result = {
        "what": "check", "line": line_name, "client": client_name,
        "seconds": round(taken, 3), "limit": round(least, 3), "ratio": round(taken / least, 3) if profile.rate else None,
        "asked": round(asked, 3), "first": round(maildir.first - wall, 3) if maildir.first else None,
        "accepted": maildir.count(), "of": load.n,
        "octets-up": carried[0], "octets-down": carried[1], "dropped": carried[2] + carried[3],
        "again": again(client, server, line, cells.PATIENCE * least + 60),
    }
    result["again"]["accepted"] = maildir.count() - result["accepted"]
    if os.environ.get("KEEP_LOG"):
        shutil.copy(client.log(), os.environ["KEEP_LOG"] + ".client")
        shutil.copy(server.dir + "/dovecot.log", os.environ["KEEP_LOG"] + ".server")
    return result


def run_cell(line, client, options):
    """The maildir is in a folder of its own."""
    folder = tempfile.mkdtemp(prefix="roampost-check-", dir=options.disk)
    try:
        return cells.run(line, client, folder, "--mails", str(options.mails), "--size", str(options.size))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def show(results, goals):
    for (line,), clients in cells.by_cell(results, "line").items():
        cells.show("%s fetching POP3" % line, clients, goals.get(line), FETCHERS)
        for name, rows in clients.items():
            print("%s %s again, nothing new: %d mails asked for, %.2f s, %d octets there, %d back" % (
                line, name, *(max(row["again"][key] for row in rows)
                              for key in ("retr", "seconds", "octets-up", "octets-down"))), flush=True)


def parse():
    parser = cells.options_of(__doc__, 3, line=PROFILES, client=FETCHERS)
    parser.add_argument("--mails", type=int, default=MAILS)
    parser.add_argument("--size", type=int, default=SIZE, help="of a mail, in octets")
    parser.add_argument("--disk", default="/var/tmp", help="where the maildir is made")
    return parser.parse_args()


def main():
    options = parse()
    load = Workload(options.mails, options.size, 1)
    if options.cell:
        line, client, folder = options.cell
        return cells.inside(measure, line, client, load, folder)
    results = [run_cell(line, client, options) for line in options.line
               for client in cells.turns(options, limit(PROFILES[line], load), FETCHERS)]
    goals = GOALS if (load.n, load.size) == (MAILS, SIZE) else {}
    return cells.finish(results, options, lambda good: show(good, goals))


if __name__ == "__main__":
    sys.exit(main())
