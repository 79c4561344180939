#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fails on an include that HACKING's table does not allow, or that looks into another folder: as
written in the sources, and as the compiler saw it (ninja's dependency records, which know what comes
in by way of what).

usage: test-includes.py SOURCE-ROOT [BUILD-ROOT]"""

import collections
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from circles import circles
from layers import IMPURE_HEADERS, LIBRARIES, PURE, Layers

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def sources(root):
    for pattern in ("src/**/*.[ch]", "include/roampost/*.h"):
        yield from sorted(root.glob(pattern))


def resolve(root, path, name):
    """The file of the tree that an include names, relative to the root, or None."""
    for base in (path.parent, root / "include", root):
        found = (base / name).resolve()
        if found.is_file() and found.is_relative_to(root):
            return str(found.relative_to(root))
    return None


def includes(root):
    """(source, kind, name, the file of the tree that it is or None), all of them."""
    for path in sources(root):
        for kind, name in INCLUDE.findall(path.read_text(errors="replace")):
            used = resolve(root, path, name) if kind == '"' else None
            yield str(path.relative_to(root)), kind, name, used


def check_text(layers):
    complaints = []
    graph = collections.defaultdict(set)
    for source, _, name, used in includes(layers.root):
        if used:
            graph[source].add(used)
            complaints.append(layers.complaint(source, used))
            continue
        for library, (header, _, allowed) in LIBRARIES.items():
            if re.match(header, name) and not re.match(allowed, source):
                complaints.append(f"{source}: includes {name}; {library} stays in {allowed}")
        if layers.folder_of(source) in PURE and IMPURE_HEADERS.match(name):
            complaints.append(f"{source}: {name} has no place in a pure folder")
    complaints += ["headers that include each other: " + ", ".join(c) for c in circles(graph)]
    return [c for c in complaints if c]


def records(build):
    """(object's source, what it depends on), as ninja noted when it was last compiled."""
    output = subprocess.run(["ninja", "-C", str(build), "-t", "deps"], capture_output=True, text=True, check=True).stdout
    for block in output.split("\n\n"):
        lines = [line.strip() for line in block.splitlines() if not line.startswith("ninja:")]
        if len(lines) > 1 and "VALID" in lines[0]:
            yield [(build / line).resolve() for line in lines[1:]]


def check_records(layers, build):
    complaints, n_records, root = [], 0, layers.root
    for paths in records(build):
        inside = [str(p.relative_to(root)) for p in paths if p.is_relative_to(root)]
        source = next((p for p in inside if re.match(r"src/.*\.c$", p)), None)
        if not source:
            continue
        n_records += 1
        complaints += [layers.complaint(source, used, along=True) for used in inside]
        for library, (_, path_pattern, allowed) in LIBRARIES.items():
            if not re.match(allowed, source) and any(re.search(path_pattern, str(p)) for p in paths):
                complaints.append(f"{source}: sees {library}'s headers; they stay in {allowed}")
    return n_records, [c for c in complaints if c]


# What is written, and what must be said of it.
MADE_UP = [
    ({"src/base/x.c": '#include "roampost/upper.h"'}, "base/ may not use core/"),
    ({"src/core/x.c": '#include "../base/own.h"', "src/base/own.h": ""}, "is a private header of base/"),
    ({"src/base/x.h": '#include "y.h"', "src/base/y.h": '#include "x.h"'}, "include each other"),
    ({"src/core/x.c": "#include <unistd.h>"}, "has no place in a pure folder"),
    ({"src/core/x.c": "#include <dbus/dbus.h>"}, "libdbus stays in"),
    ({"src/core/x.c": '#include "roampost/ground.h"'}, None),
]
TREE = {
    "HACKING.md": "| `src/base/` | ground | GLib |\n| `src/core/` | decisions | base |\n",
    "include/roampost/ground.h": "void rp_ground(void);\n",
    "include/roampost/upper.h": "void rp_upper(void);\n",
    "src/base/ground.c": "void\nrp_ground(void)\n{\n}\n",
    "src/core/upper.c": "void\nrp_upper(void)\n{\n}\n",
}


def check_self():
    """What is made up against each rule and not seen."""
    complaints = []
    for files, want in MADE_UP:
        with tempfile.TemporaryDirectory(prefix="roampost-house-") as directory:
            root = pathlib.Path(directory).resolve()
            for name, text in {**TREE, **files}.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text + "\n")
            layers = Layers(root)
            found = layers.complaints + check_text(layers)
            if len(found) != (want is not None) or want and want not in found[0]:
                complaints.append(f"{files}: {found}")
    return complaints


def report(number, what, complaints):
    print(f"{'not ok' if complaints else 'ok'} {number} {what}")
    for complaint in sorted(set(complaints)):
        print(f"# {complaint}")
    return bool(complaints)


def main():
    layers = Layers(pathlib.Path(sys.argv[1]).resolve())
    build = pathlib.Path(sys.argv[2]).resolve() if len(sys.argv) > 2 else None
    print("1..4")
    failed = report(1, "what is made up against each rule is seen", check_self())
    failed = report(2, "each folder has its row, each public header its folder", layers.complaints) or failed
    failed = report(3, "includes as written", check_text(layers)) or failed
    if not build or not (build / "build.ninja").exists() or not shutil.which("ninja"):
        print("ok 4 includes as compiled # SKIP not built by ninja here")
        return failed
    n_records, complaints = check_records(layers, build)
    if n_records == 0:
        print("ok 4 includes as compiled # SKIP nothing has been compiled here")
        return failed
    return report(4, f"includes as compiled, {n_records} sources", complaints) or failed


if __name__ == "__main__":
    sys.exit(main())
