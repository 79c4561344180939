#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fails on an include that goes against the direction of dependencies: as written in the sources, and
as the compiler saw it (ninja's dependency records, which know what comes in by way of what).

usage: test-includes.py SOURCE-ROOT [BUILD-ROOT]"""

import pathlib
import re
import shutil
import subprocess
import sys

import layers

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


def check_text(root):
    complaints = []
    for path in sources(root):
        relative = str(path.relative_to(root))
        for kind, name in INCLUDE.findall(path.read_text(errors="replace")):
            used = resolve(root, path, name) if kind == '"' else None
            if used:
                complaints.append(layers.complaint(relative, used))
                continue
            for library, (header, _, allowed) in layers.LIBRARIES.items():
                if re.match(header, name) and not re.match(allowed, relative):
                    complaints.append(f"{relative}: includes {name}; {library} stays in {allowed}")
            if layers.folder_of(relative) in layers.PURE and layers.IMPURE_HEADERS.match(name):
                complaints.append(f"{relative}: {name} has no place in a pure folder")
    return [c for c in complaints if c]


def records(build):
    """(object's source, what it depends on), as ninja noted when it was last compiled."""
    output = subprocess.run(["ninja", "-C", str(build), "-t", "deps"], capture_output=True, text=True, check=True).stdout
    for block in output.split("\n\n"):
        lines = [line.strip() for line in block.splitlines() if not line.startswith("ninja:")]
        if len(lines) > 1 and "VALID" in lines[0]:
            yield [(build / line).resolve() for line in lines[1:]]


def check_records(root, build):
    complaints, n_records = [], 0
    for paths in records(build):
        inside = [str(p.relative_to(root)) for p in paths if p.is_relative_to(root)]
        source = next((p for p in inside if re.match(r"src/.*\.c$", p)), None)
        if not source:
            continue
        n_records += 1
        complaints += [layers.complaint(source, used) for used in inside]
        for library, (_, path_pattern, allowed) in layers.LIBRARIES.items():
            if not re.match(allowed, source) and any(re.search(path_pattern, str(p)) for p in paths):
                complaints.append(f"{source}: sees {library}'s headers; they stay in {allowed}")
    return n_records, [c for c in complaints if c]


def report(number, what, complaints):
    print(f"{'not ok' if complaints else 'ok'} {number} {what}")
    for complaint in sorted(set(complaints)):
        print(f"# {complaint}")
    return bool(complaints)


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    build = pathlib.Path(sys.argv[2]).resolve() if len(sys.argv) > 2 else None
    print("1..2")
    failed = report(1, "includes as written", check_text(root))
    if not build or not (build / "build.ninja").exists() or not shutil.which("ninja"):
        print("ok 2 includes as compiled # SKIP not built by ninja here")
        return failed
    n_records, complaints = check_records(root, build)
    if n_records == 0:
        print("ok 2 includes as compiled # SKIP nothing has been compiled here")
        return failed
    return report(2, f"includes as compiled, {n_records} sources", complaints) or failed


sys.exit(main())
