#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""chance.py [--from N] [--cases N] [--client roampost,postfix20] [--write FILE]

Lines, queues and servers that nobody chose: each case is drawn from its number, 64 kbit/s to 20 Mbit/s, 10 ms to
0.8 s, lossy or not, slower or faster on the way back, and a server that may look at each message, answer late, limit connections or messages a
session, want TLS, or know neither CHUNKING nor PIPELINING. It is measured as flush.py does it, which takes the same
words and shows one again. Says where one of the clients is behind another, and where anything is missing or came
twice: the table in README.md has only what somebody thought of. Needs root, or a user with subordinate ids."""

import os
import random
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, HERE + "/line"]
import cells  # noqa: E402
from cases import missing  # noqa: E402
from clients import CLIENTS  # noqa: E402

SECONDS = (0.5, 25)  # that the line needs by itself
# How often a server is so, and by how much.
MANNERS = {
    "scan": (.3, (50, 150, 400, 700, 1500)), "rcpt": (.2, (20, 100, 300)), "mail": (.1, (50, 200)),
    "data": (.1, (50, 200)), "greet": (.1, (300, 1000, 3000)), "close": (.15, (1, 3, 7, 10, 20, 50)),
    "conn": (.25, (1, 2, 4, 8, 12)),
}


def draw_line(chance):
    rate, rtt = int(10 ** chance.uniform(4.8, 7.3)), round(10 ** chance.uniform(-2, -0.1), 3)
    room = int(rate * rtt / 8 / 1500 * chance.choice([0.5, 1, 2, 6]))
    loss, jitter = chance.choice([0, 0, 0, 0, 0.005, 0.015]), chance.choice([0, 0, 0, int(rtt * 200)])
    back = int(rate * chance.choice([1, 1, 1, 0.25, 4, 10]))
    return rate, "%d:%s:%d:%s:%d:%d" % (rate, rtt, min(max(room, 20), 500), loss, jitter, back)


def draw_load(chance, rate):
    while True:
        n, size = chance.choice([10, 20, 50, 50, 100, 200]), int(10 ** chance.uniform(3, 4.9))
        if SECONDS[0] < n * size * 8 / rate < SECONDS[1]:
            return "%d:%d:%d" % (n, size, chance.choice([1, 1, 1, 3]))


def draw_server(chance):
    words = [chance.choice(["chunking", "chunking", "plain"]), *chance.choice([[], [], ["tls"], ["smtps"]])]
    if chance.random() < .15:
        words.append("nopipe")
    for name, (often, numbers) in MANNERS.items():
        if chance.random() < often:
            words.append("%s%d" % (name, chance.choice(numbers)))
    return "+".join(words)


def draw(number):
    chance = random.Random(number)
    rate, line = draw_line(chance)
    return line, draw_load(chance, rate), draw_server(chance)


def words_of(result):
    if not result:
        return "nothing"
    fault = missing(result)
    return "%.2f s, %.2f times the least, %d sessions%s" % (
        result["seconds"], result["over-floor"], result["sessions"], " (%s)" % fault if fault else "")


def measure(numbers, clients):
    for number in numbers:
        line, load, server = draw(number)
        found = [cells.run(line, load, client, server, program=HERE + "/flush.py") for client in clients]
        own, others = found[0], [result["seconds"] for result in found[1:] if result]
        behind = own and others and own["seconds"] > min(others)
        print("%d: --line %s --load %s --server %s: %s%s" % (
            number, line, load, server, "; ".join("%s %s" % pair for pair in zip(clients, map(words_of, found))),
            "  BEHIND" if behind else ""), flush=True)
        yield from (result and dict(result, what="chance", case=number) for result in found)


def show(results):
    print("%d measured; missing or twice in %d" % (len(results), sum(bool(missing(r)) for r in results)), flush=True)


def main():
    parser = cells.options_of(__doc__, 1, client=["roampost", "postfix20"])
    parser.add_argument("--from", type=int, default=1, dest="first")
    parser.add_argument("--cases", type=int, default=20)
    options = parser.parse_args()
    clients = [client for client in options.client if CLIENTS[client].is_here()]
    numbers = range(options.first, options.first + options.cases)
    return cells.finish(list(measure(numbers, clients)), options, show)


if __name__ == "__main__":
    sys.exit(main())
