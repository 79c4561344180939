#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""writes.py BUILD [--line P3G] [--load W1] [--server chunking]

What a message that is flushed costs the disk: octets and writes of the agent's queue, and syncs, from
the moment there is a line to the last outcome written. How many outcomes share a sync depends on how
fast they come, so the line is a part of the question. Needs root, or a user with subordinate ids."""

import argparse
import json
import os
import struct
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, HERE + "/line"]
import flush  # noqa: E402
from clients import CLIENTS, PlacedRoampost  # noqa: E402
from measure import WORKLOADS, world  # noqa: E402


class Counted(PlacedRoampost):
    """The agent's writes are counted; the line comes up between the two readings."""

    def __init__(self, near):
        super().__init__(near)
        self.path, self.before = world.DIR + "/counts", None
        self.user.env.update(COUNT_WRITES=self.path,
                             LD_PRELOAD=os.path.abspath(os.environ["ROAMPOST_BUILD"] + "/tests/bench/libcount-writes.so"))

    def read(self):
        with open(self.path, "rb") as counts:
            return struct.unpack("3Q", counts.read())

    def online(self):
        self.before = self.read()

    def stop(self):
        world.wait_for(lambda: not any(self.user.ask("status")["counts"].values()), "an empty queue", 30, 0.1)
        Counted.written = [after - before for after, before in zip(self.read(), self.before)]
        super().stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[1])
    parser.add_argument("build")
    parser.add_argument("--line", default="P3G")
    parser.add_argument("--load", default="W1", choices=WORKLOADS)
    parser.add_argument("--server", default="chunking")
    options = parser.parse_args()
    os.environ["ROAMPOST_BUILD"] = os.path.abspath(options.build)
    world.enter(200)
    CLIENTS["counted"] = Counted
    got = flush.measure(options.line, options.load, "counted", options.server)
    if got["accepted"] != got["of"]:
        sys.exit("not all was sent: %s" % json.dumps(got))
    octets, writes, syncs = (count / WORKLOADS[options.load].n for count in Counted.written)
    print("%s %s %s: a message: %.1f KB written, %.1f writes, %.3f syncs" % (
        options.line, options.load, options.server, octets / 1024, writes, syncs))


if __name__ == "__main__":
    main()
