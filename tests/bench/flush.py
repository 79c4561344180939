#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""flush.py [--line P56,..] [--load W1,..] [--client roampost,..] [--server chunking,plain] [--rounds N]
         [--write FILE]

How long a queue takes over a slow line, beside the physical limit: from the command that asks for
it (`roampost flush`, `postqueue -f`) to the last acceptance at a real Postfix. Each cell has its own
namespaces, line, server and client; cells run one after another, the clients of a cell in turn.
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
from measure import PROFILES, WORKLOADS, Line, limit, spool, world  # noqa: E402
from relay import Relay  # noqa: E402
from clients import CLIENTS  # noqa: E402

SERVERS = ("chunking", "plain")
# A connection for each message or recipient, or a round trip for each command: for the larger queue
# they would take longer than anybody waits.
SLOW = ("dma", "curl", "msmtp")
# Times the limit, at most.
GOALS = {
    ("P56", "W1", "chunking"): 1.05, ("P3G", "W1", "chunking"): 1.35, ("SAT", "W1", "chunking"): 2.0,
    ("P56", "W3", "chunking"): 1.02, ("P3G", "W3", "chunking"): 1.08, ("SAT", "W3", "chunking"): 1.6,
    ("P56", "W3", "plain"): 1.06, ("P3G", "W3", "plain"): 1.15, ("SAT", "W3", "plain"): 5,
}


def measure(line_name, load_name, client_name, server):
    profile, load = PROFILES[line_name], WORKLOADS[load_name]
    least = limit(profile, load)
    line = Line(profile)
    relay = Relay(chunking=server == "chunking")
    folder = world.DIR + "/mail"
    spool(load, folder)
    client = CLIENTS[client_name]()
    client.prepare(load, folder)
    relay.start()
    before = line.command("count")
    began = time.monotonic()
    client.flush()
    asked = time.monotonic() - began
    wanted = client.acceptances(load)
    last = relay.wait(wanted, cells.PATIENCE * least + 60)
    time.sleep(min(1, 2 * profile.rtt))
    carried = [b - a for a, b in zip(before, line.command("count"))]
    if os.environ.get("KEEP_LOG"):
        subprocess.run(["cp", client.user.log_path, os.environ["KEEP_LOG"] + ".agent"])
        subprocess.run(["cp", relay.dir + "/maillog", os.environ["KEEP_LOG"] + ".relay"])
        with open(os.environ["KEEP_LOG"] + ".times", "w") as out:
            out.write("".join("%.3f\n" % (t - began) for t in relay.accepted))
    taken = (last or time.monotonic()) - began
    return {
        "what": "flush", "line": line_name, "load": load_name, "client": client_name, "server": server,
        "seconds": round(taken, 2), "limit": round(least, 2), "ratio": round(taken / least, 3),
        "asked": round(asked, 3), "first": round(relay.accepted[0] - began, 3) if relay.accepted else None,
        "accepted": len(relay.accepted), "of": wanted, "sessions": relay.sessions,
        "octets-up": carried[0], "octets-down": carried[1], "dropped": carried[2] + carried[3],
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
    options = cells.options_of(__doc__, 4, line=PROFILES, load=WORKLOADS, client=CLIENTS, server=SERVERS).parse_args()
    if options.cell:
        return cells.inside(measure, *options.cell)
    with tempfile.TemporaryDirectory(prefix="flush-bench-") as directory:
        os.chmod(directory, 0o755)
        if "dma" in options.client:
            os.environ["ROAMPOST_DMA"] = peers.unpack("dma", directory) or ""
        return cells.finish([cells.run(*cell) for cell in all_cells(options)], options, show)


if __name__ == "__main__":
    sys.exit(main())
