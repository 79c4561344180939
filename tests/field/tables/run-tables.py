#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables of AS numbers as their makers wrote them. A case begins with `# source: `, and has

    === table [NAME]     a file, its text as it stands; several make one table
    === asks             lines ADDRESS AS [NAME]: what `roampost lookup` says; AS 0: nothing
    === refuses          a part of what `roampost providers update` says then, in place of asks
    === notes            a part of what it says beside its success

usage: run-tables.py ROAMPOST [CASE..]"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROAMPOST = os.path.abspath(sys.argv[1])


def read_case(path):
    text = open(path, encoding="utf-8", newline="").read()
    assert text.startswith("# source: "), path + " names no source"
    parts = re.split(r"^=== (\w+) ?(\S*)\n", text, flags=re.M)[1:]
    return [(parts[i], parts[i + 1], parts[i + 2]) for i in range(0, len(parts), 3)]


def run(folder, *words):
    env = dict(os.environ, HOME=folder, ROAMPOST_STATE=folder, ROAMPOST_CONFIG=folder + "/roampost.conf", LC_ALL="C.UTF-8")
    return subprocess.run([ROAMPOST, *words], env=env, capture_output=True, text=True, timeout=60)


def check_asks(folder, lines):
    wanted = [line.split(" ", 2) for line in lines.splitlines()]
    answers = json.loads(run(folder, "lookup", "--json", *(w[0] for w in wanted)).stdout)
    for want, answer in zip(wanted, answers):
        got = [want[0], str(answer.get("asn", 0))] + ([answer.get("as-name") or ""] if len(want) > 2 else [])
        if got != want:
            return "wanted %r, got %r" % (want, got)
    return None


def what_fails(path):
    folder = tempfile.mkdtemp(prefix="roampost-tables-")
    try:
        open(folder + "/roampost.conf", "w").close()
        files, case = [], read_case(path)
        for number, (kind, name, text) in enumerate(case):
            if kind == "table":
                files.append("%s/%d-%s" % (folder, number, name or "table.csv"))
                with open(files[-1], "w", encoding="utf-8", newline="") as out:
                    out.write(text)
        done = run(folder, "providers", "update", *files)
        said = " ".join(done.stderr.split())
        for kind, _, text in case:
            if kind in ("refuses", "notes") and " ".join(text.split()) not in said:
                return "it says %r" % said
            if kind == "refuses" and done.returncode != 1:
                return "it is taken"
            if kind == "asks" and done.returncode != 0:
                return "it is refused: %s" % said
            fault = check_asks(folder, text) if kind == "asks" else None
            if fault:
                return fault
        return None
    finally:
        shutil.rmtree(folder)


def main():
    cases = sys.argv[2:] or sorted(os.path.join(HERE, n) for n in os.listdir(HERE) if n.endswith(".case"))
    failures = 0
    for number, path in enumerate(cases, 1):
        fault = what_fails(path)
        failures += fault is not None
        print("%s %d - %s" % ("not ok" if fault else "ok", number, os.path.basename(path)[:-5]))
        if fault:
            print("# " + fault)
    print("# cases: %d, failures: %d\n1..%d" % (len(cases), failures, len(cases)))


main()
