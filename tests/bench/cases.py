#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""cases.py [--case NAME,...] [--client roampost,postfix20,dma] [--rounds N] [--write FILE]
cases.py --from FILE... --readme README.md

Lines and servers that people really have, where a queue takes longer than over a clean line to a
friendly server: each case is measured as flush.py does it, with nothing known before, and shown beside
what it needs at the least: the line's limit, or the server's own time where that is longer. Postfix has
its better configuration: twenty connections from the first moment. With --from nothing is measured: the
table in README.md, between its lines <!-- cases --> and <!-- /cases -->, is written anew from what
--write wrote. Needs root, or a user with subordinate ids."""

import argparse
import itertools
import json
import os
import re
import sys
import tempfile
from dataclasses import dataclass

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, HERE + "/line"]
import cells  # noqa: E402
import peers  # noqa: E402
from clients import CLIENTS  # noqa: E402
from measure import WORKLOADS  # noqa: E402

PATIENCE = 240  # seconds at most
WITHIN = 1.3    # times the floor, for queues of 50 messages and more
NAMES = {"roampost": "roampost", "place": "from the place", "postfix20": "Postfix, 20 connections",
         "postfix": "Postfix", "dma": "dma", "raw": "one raw connection"}
SMALL = ("W1", "W2")  # for more recipients dma takes longer than anybody waits


@dataclass(frozen=True)
class Case:
    title: str
    line: str
    load: str
    server: str
    machine: bool = False  # the machine's own speed counts, not only the line's and the server's


CASES = {
    "scan250": Case("each message scanned for 250 ms: 50 × 2 KB, 1 Mbit/s", "P3G", "W1", "chunking+scan250"),
    "scan250-lan": Case("the same on a LAN", "LAN", "W1", "chunking+scan250", True),
    "scan1000": Case("scanned for 1,000 ms, 1 Mbit/s", "P3G", "W1", "chunking+scan1000"),
    "scan1000-lan": Case("the same on a LAN", "LAN", "W1", "chunking+scan1000"),
    "scan250-conn5": Case("scanned for 250 ms, at most 5 connections: 50 × 2 KB, 1 Mbit/s", "P3G", "W1",
                          "chunking+scan250+conn5"),
    "close10": Case("421 after 10 messages a session: 200 × 5 KB × 3, 1 Mbit/s", "P3G", "W3", "chunking+close10"),
    "close25": Case("421 after 25", "P3G", "W3", "chunking+close25"),
    "close100": Case("421 after 100", "P3G", "W3", "chunking+close100"),
    "conn3": Case("at most 3 connections: 200 × 5 KB × 3, 1 Mbit/s", "P3G", "W3", "chunking+conn3"),
    "loss": Case("1.5 % loss, 20 ms jitter: 200 × 5 KB × 3, 1 Mbit/s", "MOB", "W3", "chunking"),
    "outage": Case("nothing for 4 s after 3 s: 200 × 5 KB × 3, 1 Mbit/s", "OUT", "W3", "chunking"),
    "buffer": Case("512 kbit/s with 12 s of buffer: 200 × 5 KB × 3", "BLO", "W3", "chunking"),
    "upload": Case("256 kbit/s with 3 s of buffer: 50 × 2 KB, 40 ms", "UPL", "W1", "chunking"),
    "gprs": Case("40 kbit/s, 700 ms: 50 × 2 KB", "GPR", "W1", "chunking"),
    "plain-dsl": Case("no CHUNKING: 200 × 5 KB × 3, 5 Mbit/s, 30 ms", "DSL", "W3", "plain"),
    "plain-3g": Case("no CHUNKING: 50 × 2 KB, 1 Mbit/s, 120 ms", "P3G", "W1", "plain"),
    "plain-sat": Case("no CHUNKING: 200 × 5 KB × 3, satellite", "SAT", "W3", "plain"),
    "plain-sat-small": Case("no CHUNKING: 50 × 2 KB, satellite", "SAT", "W1", "plain"),
    "turns": Case("no PIPELINING: 50 × 2 KB, 1 Mbit/s, 120 ms", "P3G", "W1", "plain+nopipe"),
    "jitter": Case("600 ms and 30 ms of jitter: 50 × 2 KB, 1 Mbit/s", "WEA", "W1", "chunking"),
    "mixed": Case("10 × 3 MB and 40 × 5 KB, 50 Mbit/s, 40 ms", "LTE", "MIX", "chunking", True),
    "few-sat": Case("10 × 30 KB, satellite", "SAT", "W2", "chunking"),
    "scan-sat": Case("scanned for 400 ms: 60 × 3 KB, satellite", "SAT", "60:3000:1", "chunking+scan400"),
    "lan": Case("200 × 5 KB × 3 on a LAN", "LAN", "W3", "chunking", True),
    "lan-small": Case("50 × 2 KB on a LAN", "LAN", "W1", "chunking", True),
    "grey": Case("greylisting for 20 s: 50 × 2 KB, 1 Mbit/s", "P3G", "W1", "chunking+grey20"),
}


def wants(client, case):
    """Nobody tells dma to try again."""
    return CLIENTS[client].is_here() and (client != "dma" or case.load in SMALL and "grey" not in case.server)


def measure(names, clients, rounds):
    for name in names:
        case = CASES[name]
        for seed, client in itertools.product(range(1, rounds + 1), clients):
            if wants(client, case):
                result = cells.run(case.line, case.load, client, case.server, str(PATIENCE), str(seed), program=HERE + "/flush.py")
                yield result and dict(result, what="case", case=name, seed=seed)


def median(results):
    """Of the middle one of the rounds; a round that did not end is the worst."""
    return sorted(results, key=lambda r: (r["accepted"] == r["of"], -r["seconds"]), reverse=True)[len(results) // 2]


def medians(results):
    """{case: {client: result}}"""
    return {name: {client: median(rounds) for client, rounds in clients.items()}
            for (name,), clients in cells.by_cell(results, "case").items()}


def has_floor(result):
    """A cable has none to speak of."""
    return result["floor"] > 0.05


def missing(result):
    """What no client may do."""
    lost = "%d of %d recipients" % (result["accepted"], result["of"]) if result["accepted"] != result["of"] else ""
    twice = "%d twice" % result["doubled"] if result["doubled"] else ""
    return ", ".join(filter(None, [lost, twice]))


def figure(result):
    return float("inf") if result["accepted"] != result["of"] else \
        result["over-floor"] if has_floor(result) else result["seconds"]


def show(results):
    """For script/bench: a line for each case."""
    for name, clients in medians(results).items():
        words = ["%s %.3f%s" % (client, figure(result), " (%s)" % missing(result) if missing(result) else "")
                 for client, result in clients.items()]
        one = next(iter(clients.values()))
        goal = "%g" % WITHIN if WORKLOADS[CASES[name].load].n >= 50 and has_floor(one) else "none"
        print("case %s (at least %.2f s; goal %s), %s: %s" % (
            name, one["floor"], goal, "times that" if has_floor(one) else "seconds", ", ".join(words)), flush=True)


def words_of(result):
    """A cell of the table."""
    if not result:
        return ""
    if result["accepted"] != result["of"]:
        return "not all: %s after %.0f s" % (missing(result), result["seconds"])
    twice = " (%s)" % missing(result) if missing(result) else ""
    times = ", %.2f" % result["over-floor"] if has_floor(result) else ""
    return "%.2f s%s%s" % (result["seconds"], times, twice)


def table(results):
    found = medians(results)
    clients = [name for name in NAMES if any(name in row for row in found.values())]
    lines = ["| case | at least | " + " | ".join(NAMES[name] for name in clients) + " | roampost's connections |",
             "| --- | --- |" + " --- |" * (len(clients) + 1)]
    for name, case in CASES.items():
        row = found.get(name)
        if row:
            one, own = next(iter(row.values())), row.get("roampost")
            lines.append("| %s%s | %s | %s | %s |" % (
                case.title, " †" if case.machine else "", "%.2f s" % one["floor"] if has_floor(one) else "",
                " | ".join(words_of(row.get(client)) for client in clients), own["sessions"] if own else ""))
    return "\n".join(lines)


def write_between(path, mark, text):
    with open(path) as page:
        old = page.read()
    new, count = re.subn(r"(<!-- %s -->\n).*?(<!-- /%s -->)" % (mark, mark), lambda m: m[1] + text + "\n" + m[2],
                         old, flags=re.S)
    if count != 1:
        sys.exit("%s has no lines <!-- %s --> and <!-- /%s -->" % (path, mark, mark))
    with open(path, "w") as page:
        page.write(new)


def read(paths):
    for path in paths:
        with open(path) as lines:
            yield from map(json.loads, lines)


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[1], allow_abbrev=False)

    def words(text):
        return text.split(",")
    parser.add_argument("--case", type=words, default=list(CASES), metavar="NAME,...", help=", ".join(CASES))
    parser.add_argument("--client", type=words, default=["roampost", "postfix20", "dma"])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--write", metavar="FILE")
    parser.add_argument("--from", dest="known", nargs="+", metavar="FILE")
    parser.add_argument("--readme", metavar="FILE")
    options = parser.parse_args()
    unknown = set(options.case) - set(CASES)
    if unknown:
        parser.error("no such case: " + ", ".join(sorted(unknown)))
    return options


def main():
    options = parse()
    if options.known:
        results, status = list(read(options.known)), 0
    else:
        with tempfile.TemporaryDirectory(prefix="cases-bench-") as directory:
            os.chmod(directory, 0o755)
            if "dma" in options.client:
                os.environ["ROAMPOST_DMA"] = peers.unpack("dma", directory) or ""
            results = list(measure(options.case, options.client, options.rounds))
        status = cells.finish(results, options, show)
    if options.readme:
        write_between(options.readme, "cases", table([result for result in results if result]))
    return status


if __name__ == "__main__":
    sys.exit(main())
