# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cells of a comparison over slow lines: a program measures each in a process of its own, one after
another, and shows the medians beside the physical limit."""

import argparse
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

from measure import PROFILES, world

PATIENCE = 12   # times the limit, and a minute
ONCE = 60       # seconds: what the line itself needs longer for is measured once
_DISK = "ROAMPOST_BENCH_DISK"


def options_of(doc, n_words, **choices):
    """A parser with a list for each of the choices; a cell is so many words."""
    parser = argparse.ArgumentParser(description=doc.split("\n\n")[1])
    for name, values in choices.items():
        parser.add_argument("--" + name, default=",".join(values), metavar=",".join(values),
                            type=lambda text: text.split(","))
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--write", metavar="FILE")
    parser.add_argument("--cell", nargs=n_words, help=argparse.SUPPRESS)
    return parser


def turns(options, least, clients):
    """The clients that are here, round after round; `least` is what the line itself needs."""
    here = [client for client in options.client if clients[client].is_here()]
    return here * (1 if least > ONCE else options.rounds)


def inside(measure, *words):
    """In the process of a cell: measures it in namespaces of its own."""
    world.enter(2400)
    try:
        print(json.dumps(measure(*words)), flush=True)
    except Exception:
        world.show_logs()
        raise


def _beside_build():
    return os.path.abspath(os.environ.get("ROAMPOST_BUILD", "build"))


@contextlib.contextmanager
def on_disk(client):
    """A folder of the cell's own beside the build: what a program writes there costs what it costs."""
    folder = tempfile.mkdtemp(prefix=client + "-", dir=os.environ.get(_DISK) or _beside_build())
    try:
        yield os.path.abspath(folder)
    finally:
        # Here, not outside: an ordinary user's cell has files of other ids in it.
        shutil.rmtree(folder, ignore_errors=True)


def run(*words, program=None):
    """The cell in a process of its own; what it measured, or None."""
    with tempfile.TemporaryDirectory(prefix="bench-", dir=_beside_build(), ignore_cleanup_errors=True) as disk:
        os.chmod(disk, 0o755)
        done = subprocess.run([sys.executable, program or sys.argv[0], "--cell", *words], stdout=subprocess.PIPE,
                              text=True, env=dict(os.environ, **{_DISK: disk}))
    print(done.stdout, end="", flush=True)
    found = [text for text in done.stdout.splitlines() if text.startswith("{")]
    return json.loads(found[0]) if found and done.returncode == 0 else None


def figure(result):
    """Infinite: it did not bring everything through."""
    if result["accepted"] != result["of"]:
        return float("inf")
    return result["ratio"] if PROFILES[result["line"]].rate else result["seconds"]


def by_cell(results, *keys):
    """The results by what they have for the keys; of each cell by client."""
    cells = {}
    for result in results:
        cells.setdefault(tuple(result[key] for key in keys), {}).setdefault(result["client"], []).append(result)
    return cells


def show(title, rows, goal, clients):
    """The medians of a cell, for script/bench too."""
    at_most = " (at most %g)" % goal if goal else ""
    line = next(iter(rows.values()))[0]["line"]
    print("%s, %s: %s" % (title, "times the limit" if PROFILES[line].rate else "seconds", ", ".join(
        "%s %.3f%s" % (name, statistics.median(map(figure, rows[name])), at_most if name == "roampost" else "")
        for name in clients if name in rows)), flush=True)


def finish(results, options, show_all):
    """Shows and writes what was measured; the program's status: nothing may be missing."""
    good = [result for result in results if result]
    show_all(good)
    if options.write:
        with open(options.write, "w") as out:
            out.write("".join(json.dumps(result) + "\n" for result in good))
    return len(good) < len(results)
