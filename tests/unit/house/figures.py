# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The house in figures: functions that are handed down, lengths, and what the agent's struct holds."""

import collections
import re

from layers import without_comments

# A member, a parameter or a typedef that is a pointer to a function.
HANDED_DOWN = re.compile(r"\(\s*\*\s*\w+\s*\)\s*\(")


def read(path):
    return path.read_text(errors="replace")


def callbacks(layers):
    """{folder: (in its public headers, in its private ones)}: types of functions that its users hand
    to it, and that its files hand to each other. The symbols say nothing of what is called by them."""
    found = collections.defaultdict(lambda: [0, 0])
    for pattern, which in (("include/roampost/*.h", 0), ("src/*/*.h", 1)):
        for path in sorted(layers.root.glob(pattern)):
            folder = layers.folder_of(str(path.relative_to(layers.root)))
            found[folder][which] += len(HANDED_DOWN.findall(without_comments(read(path))))
    return {folder: tuple(counts) for folder, counts in sorted(found.items(), key=lambda i: str(i[0]))}


def functions(path):
    """(name, lines from its name to its closing brace) of each. In .clang-format's style a function's
    name, and its braces, stand at the beginning of a line."""
    name, start = None, 0
    for number, line in enumerate(read(path).splitlines(), 1):
        named = re.match(r"([A-Za-z_]\w*)\(", line)
        if named and not line.rstrip().endswith(";"):
            name, start = named[1], number
        elif line == "}" and name:
            yield name, number - start + 1
            name = None


def longest(root):
    """((lines, file), (lines, function, file))"""
    sources = sorted(root.glob("src/*/*.[ch]"))
    of_files = [(len(read(path).splitlines()), str(path.relative_to(root))) for path in sources]
    of_functions = [(lines, name, str(path.relative_to(root))) for path in sources for name, lines in functions(path)]
    return max(of_files, default=(0, "")), max(of_functions, default=(0, "", ""))


def fields(root, struct):
    """How many members a struct has where it is defined, or None."""
    for path in sorted(root.glob("src/*/*.[ch]")):
        found = re.search(r"^struct %s \{\n(.*?)^\};" % struct, without_comments(read(path)), re.M | re.S)
        if found:
            members = re.sub(r"\([^()]*\)|\{[^{}]*\}|\[[^\]]*\]", "", found[1])
            return sum(1 + member.count(",") for member in members.split(";")[:-1])
    return None
