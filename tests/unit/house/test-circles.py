#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fails on a circle of files or of folders, and on a call that HACKING's table does not allow, by the
symbols of the build's objects. Prints the house in figures. Two files with a circle and with a call
upwards are made and must be refused, so that a test that sees nothing any more is seen.

usage: test-circles.py SOURCE-ROOT BUILD-ROOT [COMPILER...]"""

import json
import pathlib
import subprocess
import sys
import tempfile

import figures
from circles import NotBuilt, arrows, between_folders, circles
from layers import Layers


def check_circles(graph):
    return [f"{len(c)} files in a circle: {', '.join(c)}" for c in circles(graph)]


def check_folders(layers, graph):
    complaints = []
    for source, used in graph.items():
        for other, names in used.items():
            complaint = layers.complaint(source, other)
            if complaint:
                complaints.append(f"{complaint}: {', '.join(sorted(names))}")
    found = circles(between_folders(graph, layers.folder_of))
    return complaints + [f"folders in a circle: {', '.join(c)}" for c in found]


# ---- seeing that it sees ----

TABLE = "| `src/base/` | ground | GLib |\n| `src/core/` | decisions | base |\n"
GOOD = {
    "src/base/ground.c": "int rp_ground(void);\nint\nrp_ground(void)\n{\n\treturn 1;\n}\n",
    "src/core/upper.c": "int rp_ground(void);\nint rp_upper(void);\nint\nrp_upper(void)\n{\n\treturn rp_ground();\n}\n",
}
CALLS_UP = {
    "src/base/ground.c": "int rp_upper(void);\nint rp_ground(void);\nint\nrp_ground(void)\n{\n\treturn rp_upper();\n}\n",
    "src/core/upper.c": "int rp_upper(void);\nint\nrp_upper(void)\n{\n\treturn 1;\n}\n",
}
IN_A_CIRCLE = {
    "src/core/one.c": "int rp_two(void);\nint rp_one(void);\nint\nrp_one(void)\n{\n\treturn rp_two();\n}\n",
    "src/core/two.c": "int rp_two(void);\nint rp_one(void);\nint\nrp_two(void)\n{\n\treturn rp_one();\n}\n",
}


def judge(files, compiler):
    """(complaints about circles, about folders) of a tree of these files."""
    with tempfile.TemporaryDirectory(prefix="roampost-house-") as directory:
        root = pathlib.Path(directory).resolve()
        build = root / "build"
        build.mkdir()
        (root / "include" / "roampost").mkdir(parents=True)
        (root / "HACKING.md").write_text(TABLE)
        commands = []
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (build / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
            command = [*compiler, "-c", str(root / name), "-o", str(build / (name + ".o"))]
            subprocess.run(command, check=True)
            commands.append(
                {"directory": str(build), "file": "../" + name, "output": name + ".o", "command": " ".join(command)}
            )
        (build / "compile_commands.json").write_text(json.dumps(commands))
        layers = Layers(root)
        graph = arrows(root, build)
        return check_circles(graph), check_folders(layers, graph)


def check_self(compiler):
    complaints = []
    if judge(GOOD, compiler) != ([], []):
        complaints.append("two files that are as they should be are refused")
    if len(judge(IN_A_CIRCLE, compiler)[0]) != 1:
        complaints.append("two files that call each other are not seen")
    of_circles, of_folders = judge(CALLS_UP, compiler)
    if of_circles or len(of_folders) != 1 or "base/ may not use core/" not in of_folders[0]:
        complaints.append("a call upwards is not seen")
    both = judge({**CALLS_UP, "src/core/upper.c": GOOD["src/core/upper.c"]}, compiler)
    if not both[0] or not any("folders in a circle" in c for c in both[1]):
        complaints.append("two folders that call each other are not seen")
    return complaints


# ---- the house ----


def print_figures(layers, graph):
    found = circles(graph)
    print(f"# {len(graph)} files, {sum(map(len, graph.values()))} arrows")
    print(f"# circles: {len(found)}, of {sum(map(len, found))} files")
    for component in found:
        print(f"#   {len(component)} in {', '.join(sorted({layers.folder_of(c) or '?' for c in component}))}")
    print("# callbacks, those of its users and those within:")
    for folder, (public, private) in figures.callbacks(layers).items():
        print(f"#   {folder}: {public} and {private}")
    (lines, path), (length, name, where) = figures.longest(layers.root)
    print(f"# longest file: {path}, {lines} lines; longest function: {name} in {where}, {length} lines")
    print(f"# struct RpAgent: {figures.fields(layers.root, 'RpAgent')} fields")


def report(number, what, complaints):
    print(f"{'not ok' if complaints else 'ok'} {number} {what}")
    for complaint in sorted(set(complaints)):
        print(f"# {complaint}")
    return bool(complaints)


def main():
    root, build = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
    layers = Layers(root)
    print("1..3")
    failed = report(1, "a circle and a call upwards would be seen", check_self(sys.argv[3:] or ["cc"]))
    try:
        graph = arrows(root, build)
    except NotBuilt as why:
        for number in (2, 3):
            print(f"ok {number} # SKIP {why}")
        return failed
    failed = report(2, "no circle of files", check_circles(graph)) or failed
    failed = report(3, "folders as in HACKING's table", check_folders(layers, graph)) or failed
    print_figures(layers, graph)
    return failed


if __name__ == "__main__":
    sys.exit(main())
