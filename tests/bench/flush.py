#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""flush.py [--line P56,..] [--load W1,..] [--client roampost,..] [--server chunking,plain]

How long a queue takes over a slow line, beside the physical limit: from the command that asks for
it (`roampost flush`, `postqueue -f`) to the last acceptance at a real Postfix. Each cell has its own
namespaces, line, server and client; cells run one after another. Prints a line of JSON for each.
Needs root, or a user with subordinate ids."""

import argparse
import json
import os
import subprocess
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + "/line")
from measure import PROFILES, WORKLOADS, Line, limit, spool, world  # noqa: E402
from relay import Relay  # noqa: E402
from clients import CLIENTS  # noqa: E402

SERVERS = ("chunking", "plain")
PATIENCE = 12  # times the limit, and a minute


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
    last = relay.wait(load.n, PATIENCE * least + 60)
    time.sleep(min(1, 2 * profile.rtt))
    carried = [b - a for a, b in zip(before, line.command("count"))]
    if os.environ.get("KEEP_LOG"):
        subprocess.run(["cp", client.user.log_path, os.environ["KEEP_LOG"] + ".agent"])
        subprocess.run(["cp", relay.dir + "/maillog", os.environ["KEEP_LOG"] + ".relay"])
        with open(os.environ["KEEP_LOG"] + ".times", "w") as out:
            out.write("".join("%.3f\n" % (t - began) for t in relay.accepted))
    taken = (last or time.monotonic()) - began
    print(json.dumps({
        "line": line_name, "load": load_name, "client": client_name, "server": server,
        "seconds": round(taken, 2), "limit": round(least, 2), "ratio": round(taken / least, 3),
        "asked": round(asked, 3), "first": round(relay.accepted[0] - began, 3) if relay.accepted else None,
        "accepted": len(relay.accepted), "of": load.n, "sessions": relay.sessions,
        "octets-up": carried[0], "octets-down": carried[1], "dropped": carried[2] + carried[3],
    }), flush=True)


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[1])
    for name, choices in (("line", PROFILES), ("load", WORKLOADS), ("client", CLIENTS),
                          ("server", SERVERS)):
        parser.add_argument("--" + name, default=",".join(choices), metavar=",".join(choices))
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
        return
    for line in options.line.split(","):
        for load in options.load.split(","):
            for server in options.server.split(","):
                for client in options.client.split(","):
                    subprocess.run([sys.executable, __file__, "--cell", line, load, client, server])


main()
