#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""flush.py [--line P56,..] [--load W1,..] [--client roampost,..] [--server chunking,plain] [--rounds N]
         [--write FILE]

How long a queue takes over a slow line, beside the physical limit: from the command that asks for
it (`roampost release`, `postqueue -f`) to the last acceptance at a real Postfix. Each cell has its own
namespaces, line, server and client, and nothing is known there of line or server: no client has ever
connected, and TCP has forgotten all. Cells run one after another, the clients of a cell in turn. A server
may be of another manner, see line/relay.py: `plain+conn3`, `chunking+scan250`; cases.py measures those.
Prints a line of JSON for each measurement, and at the end the medians as times over the limit; FILE
gets the lines of JSON. Needs root, or a user with subordinate ids."""

import itertools
import os
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, HERE + "/line"]
import cells  # noqa: E402
import peers  # noqa: E402
from measure import CLEAN, PROFILES, WORKLOADS, Line, limit, spool, world  # noqa: E402
from relay import Manner, Relay  # noqa: E402
from clients import CLIENTS  # noqa: E402

SERVERS = ("chunking", "plain")
# A connection for each message or recipient, or a round trip for each command: for the larger queue
# they would take longer than anybody waits.
SLOW = ("dma", "curl", "msmtp")
# Times the limit, at most.
GOALS = {
    ("P56", "W1", "chunking"): 1.05, ("P3G", "W1", "chunking"): 1.15, ("SAT", "W1", "chunking"): 1.6,
    ("P56", "W3", "chunking"): 1.02, ("P3G", "W3", "chunking"): 1.06, ("SAT", "W3", "chunking"): 1.35,
    ("P56", "W1", "plain"): 1.3, ("P3G", "W1", "plain"): 1.3, ("SAT", "W1", "plain"): 1.3,
    ("P56", "W3", "plain"): 1.3, ("P3G", "W3", "plain"): 1.3, ("SAT", "W3", "plain"): 1.3,
}


def prepare(client, load, profile, server, seed):
    """Up to the moment before the start: the line is there, and who may do so has seen it."""
    folder = world.DIR + "/mail"
    spool(load, folder)
    client.know(Manner(server))
    client.prepare(load, folder)
    line = Line(profile, not client.FROM_PLACE, seed)
    relay = Relay(manner=Manner(server)).start()
    client.online()
    time.sleep(1)  # what the line's coming up made the machine do is done
    line.forget()
    if relay.sessions:
        raise RuntimeError("%d sessions before the start: somebody has a head start" % relay.sessions)
    return line, relay


def start(client, line):
    """When it began, and how long it took to say so."""
    if client.FROM_PLACE:
        line.up()
    began = time.monotonic()
    line.begin()
    client.flush()
    return began, time.monotonic() - began


def keep_logs(client, relay, began):
    subprocess.run(["cp", client.user.log_path, os.environ["KEEP_LOG"] + ".agent"])
    subprocess.run(["cp", relay.dir + "/maillog", os.environ["KEEP_LOG"] + ".relay"])
    with open(os.environ["KEEP_LOG"] + ".times", "w") as out:
        out.write("".join("%.3f\n" % (t - began) for t in relay.accepted))


def measure(line_name, load_name, client_name, server, patience="", seed="1"):
    with cells.on_disk(client_name) as near:
        client = CLIENTS[client_name](near)
        result = flush(line_name, load_name, client_name, client, server, patience, int(seed))
        client.stop()
        return result


def flush(line_name, load_name, client_name, client, server, patience, seed):
    profile, load = PROFILES[line_name], WORKLOADS[load_name]
    line, relay = prepare(client, load, profile, server, seed)
    least = limit(profile, load)
    floor = relay.manner.floor(least, load.n)
    before = line.command("count")
    began, asked = start(client, line)
    last = relay.wait_for_all(load, float(patience) if patience else cells.PATIENCE * floor + 60)
    taken = (last or time.monotonic()) - began
    time.sleep(1 + 2 * profile.rtt)  # what comes twice comes now
    carried = [b - a for a, b in zip(before, line.command("count"))]
    there, lost, doubled = relay.tally(load)
    if os.environ.get("KEEP_LOG"):
        keep_logs(client, relay, began)
    return {
        "what": "flush", "line": line_name, "load": load_name, "client": client_name, "server": server,
        "seconds": round(taken, 2), "limit": round(least, 2), "ratio": round(taken / least, 3),
        "floor": round(floor, 3), "over-floor": round(taken / floor, 3),
        "asked": round(asked, 3), "first": round(relay.accepted[0] - began, 3) if relay.accepted else None,
        "accepted": there, "of": there + lost, "doubled": doubled, "sessions": relay.sessions, "refused": relay.refused,
        "most-in-session": max([0, *relay.counts, *relay.in_sessions.values()]),
        "octets-up": carried[0], "octets-down": carried[1], "dropped": carried[2] + carried[3],
        "lost-packets": carried[4] + carried[5], "load-average": round(os.getloadavg()[0], 1),
    }


def all_cells(options):
    """Of each cell every client, round after round."""
    for line, load, server in itertools.product(options.line, options.load, options.server):
        least, large = limit(PROFILES[line], WORKLOADS[load]), WORKLOADS[load].n > 50
        for client in cells.turns(options, least, CLIENTS):
            if not (large and client in SLOW):
                yield line, load, client, server


def show(results):
    for cell, clients in cells.by_cell(results, "line", "load", "server").items():
        cells.show("%s %s %s" % cell, clients, GOALS.get(cell), CLIENTS)


def main():
    options = cells.options_of(__doc__, "+", line=CLEAN, load=("W1", "W3"), client=CLIENTS, server=SERVERS).parse_args()
    if options.cell:
        return cells.inside(measure, *options.cell)
    with tempfile.TemporaryDirectory(prefix="flush-bench-") as directory:
        os.chmod(directory, 0o755)
        if "dma" in options.client:
            os.environ["ROAMPOST_DMA"] = peers.unpack("dma", directory) or ""
        return cells.finish([cells.run(*cell) for cell in all_cells(options)], options, show)


if __name__ == "__main__":
    sys.exit(main())
