#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""flush.py [--line P56,..] [--load W1,..] [--client roampost,..] [--server chunking,plain] [--rounds N]
         [--write FILE]

How long a queue takes over a slow line, beside the physical limit: from the command that asks for
it (`roampost flush`, `postqueue -f`) to the last acceptance at a real Postfix. Each cell has its own
namespaces, line, server and client; cells run one after another, the clients of a cell in turn.
Prints a line of JSON for each measurement, and at the end the medians as times over the limit; FILE
gets the lines of JSON. Needs root, or a user with subordinate ids."""

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, HERE + "/line"]
import peers  # noqa: E402
from measure import PROFILES, WORKLOADS, Line, limit, spool, world  # noqa: E402
from relay import Relay  # noqa: E402
from clients import CLIENTS  # noqa: E402

SERVERS = ("chunking", "plain")
PATIENCE = 12   # times the limit, and a minute
ONCE = 60       # seconds: what the line itself needs longer for is measured once
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
    last = relay.wait(wanted, PATIENCE * least + 60)
    time.sleep(min(1, 2 * profile.rtt))
    carried = [b - a for a, b in zip(before, line.command("count"))]
    if os.environ.get("KEEP_LOG"):
        subprocess.run(["cp", client.user.log_path, os.environ["KEEP_LOG"] + ".agent"])
        subprocess.run(["cp", relay.dir + "/maillog", os.environ["KEEP_LOG"] + ".relay"])
        with open(os.environ["KEEP_LOG"] + ".times", "w") as out:
            out.write("".join("%.3f\n" % (t - began) for t in relay.accepted))
    taken = (last or time.monotonic()) - began
    print(json.dumps({
        "what": "flush", "line": line_name, "load": load_name, "client": client_name, "server": server,
        "seconds": round(taken, 2), "limit": round(least, 2), "ratio": round(taken / least, 3),
        "asked": round(asked, 3), "first": round(relay.accepted[0] - began, 3) if relay.accepted else None,
        "accepted": len(relay.accepted), "of": wanted, "sessions": relay.sessions,
        "octets-up": carried[0], "octets-down": carried[1], "dropped": carried[2] + carried[3],
    }), flush=True)


def run_cell(cell, out):
    """In a process, and namespaces, of its own."""
    done = subprocess.run([sys.executable, __file__, "--cell", *cell], stdout=subprocess.PIPE, text=True)
    print(done.stdout, end="", flush=True)
    for text in done.stdout.splitlines():
        if text.startswith("{"):
            out.append(json.loads(text))


def cells(options):
    """Of each cell every client, round after round."""
    for line, load, server in itertools.product(options.line, options.load, options.server):
        rounds = 1 if limit(PROFILES[line], WORKLOADS[load]) > ONCE else options.rounds
        for _ in range(rounds):
            for client in options.client:
                if CLIENTS[client].is_here() and not (client in SLOW and WORKLOADS[load].n > 50):
                    yield line, load, client, server


def show(results):
    """The medians, for script/bench too. Infinite: it did not bring everything through."""
    by_cell = {}
    for row in results:
        figure = row["ratio"] if PROFILES[row["line"]].rate else row["seconds"]
        cell = by_cell.setdefault((row["line"], row["load"], row["server"]), {})
        cell.setdefault(row["client"], []).append(figure if row["accepted"] == row["of"] else float("inf"))
    for cell, clients in by_cell.items():
        goal = " (at most %g)" % GOALS[cell] if cell in GOALS else ""
        print("%s %s %s, %s: %s" % (*cell, "times the limit" if PROFILES[cell[0]].rate else "seconds", ", ".join(
            "%s %.3f%s" % (name, statistics.median(clients[name]), goal if name == "roampost" else "")
            for name in CLIENTS if name in clients)), flush=True)


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[1])
    for name, choices in (("line", PROFILES), ("load", WORKLOADS), ("client", CLIENTS),
                          ("server", SERVERS)):
        parser.add_argument("--" + name, default=",".join(choices), metavar=",".join(choices),
                            type=lambda text: text.split(","))
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--write", metavar="FILE")
    parser.add_argument("--cell", nargs=4, help=argparse.SUPPRESS)
    return parser.parse_args()


def main():
    options = parse()
    if options.cell:
        world.enter(2400)
        try:
            measure(*options.cell)
        except Exception:
            world.show_logs()
            raise
        return 0
    results, wanted = [], 0
    with tempfile.TemporaryDirectory(prefix="flush-bench-") as directory:
        os.chmod(directory, 0o755)
        if "dma" in options.client:
            root = peers.unpack("dma", directory)
            os.environ["ROAMPOST_DMA"] = root or ""
        for cell in cells(options):
            wanted += 1
            run_cell(cell, results)
    show(results)
    if options.write:
        with open(options.write, "w") as out:
            out.write("".join(json.dumps(result) + "\n" for result in results))
    return 0 if len(results) == wanted else 1


if __name__ == "__main__":
    sys.exit(main())
