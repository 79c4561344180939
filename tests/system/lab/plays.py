# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A test of several plays, each in a laboratory of its own, that ends with a table of what came out."""

import concurrent.futures
import json
import re
import subprocess
import sys

from . import tap


def note_row(test, *cells):
    """A line of the table, from within a play."""
    test.note("row " + json.dumps(cells, ensure_ascii=False))


def run_all(script, names, heading, at_once=2):
    """Runs `script NAME` for each, so many at a time; their results as one test's, and the table."""
    test, rows = tap.Tap(), [heading]
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        outputs = pool.map(lambda name: subprocess.run([sys.executable, script, name], text=True,
                                                       stdout=subprocess.PIPE).stdout, names)
        for name, output in zip(names, outputs):
            rows += _take(test, name, output)
    widths = [max(len(row[i]) for row in rows) for i in range(len(heading))]
    for row in rows:
        test.note("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
    test.done()


def _take(test, name, output):
    """Its results and notes go into the test; its rows are returned."""
    rows = []
    results = [line for line in output.splitlines() if re.match(r"(not )?ok ", line)]
    for line in results:
        test.check(line.startswith("ok"), "%s: %s" % (name, line.partition(" - ")[2]))
    for line in output.splitlines():
        if line.startswith("# row "):
            rows.append(json.loads(line[6:]))
        elif line.startswith("#"):
            print(line, flush=True)
    plan = re.search(r"^1\.\.(\d+)", output, re.M)
    test.check(plan and int(plan[1]) == len(results) > 0, name + " came to its end")
    return rows
