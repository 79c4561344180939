#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fails on a C file under src/ that does not open with its purpose: after the lines of the license,
the log domain and the includes a comment that stands alone and says what the file is for, before
anything that is declared or defined. A comment on the first function is none, a section mark is none,
and neither is one that only says the file's name again.

usage: test-purpose.py SOURCE-ROOT"""

import pathlib
import re
import sys

PREAMBLE = re.compile(r"/\* SPDX-.*\*/$|#\s*include\b|#\s*define (G_LOG_DOMAIN|_GNU_SOURCE)\b|\s*$")
SECTION = re.compile(r"/\* -{2,}")
FEWEST_WORDS = 4


def words_of(text):
    return re.findall(r"[^\W_]+", text.lower())


def complaint(name, text):
    """What is wrong with the file's beginning, or None."""
    lines = text.split("\n")
    first = next((i for i, line in enumerate(lines) if not PREAMBLE.match(line)), len(lines))
    rest = "\n".join(lines[first:])
    comment = re.match(r"/\*(.*?)\*/(.*)", rest, re.S)
    if not comment or SECTION.match(rest):
        return "it does not say what it is for"
    if not comment[2].startswith("\n\n"):
        return "its first comment is about what follows it, not about the file"
    own = set(words_of(name)) | {"the", "a", "file", "this"}
    if sum(word not in own for word in words_of(comment[1])) < FEWEST_WORDS:
        return "its first comment says hardly more than its name"
    return None


HEAD = '/* SPDX-License-Identifier: GPL-3.0-or-later */\n#define G_LOG_DOMAIN "x"\n\n#include "x.h"\n\n'
PURPOSE = "/* Fish are counted here, and none of them twice. */\n"
FUNCTION = "int\nrp_x(void)\n{\n\treturn 0;\n}\n"
# What is written, and what must be said of it.
MADE_UP = [
    (HEAD + PURPOSE + "\n" + FUNCTION, None),
    (HEAD + FUNCTION, "does not say"),
    (HEAD + FUNCTION + "\n" + PURPOSE + "\n" + FUNCTION, "does not say"),
    (HEAD + "/* ---- what fish do all day ---- */\n\n" + FUNCTION, "does not say"),
    (HEAD + PURPOSE + FUNCTION, "about what follows"),
    (HEAD + "/* The fish counter. */\n\n" + FUNCTION, "hardly more"),
    (HEAD, "does not say"),
]


def check_self():
    """What is made up and not judged as it should be."""
    judged = [(text, want, complaint("fish-counter.c", text)) for text, want in MADE_UP]
    return [f"{text!r}: {found}" for text, want, found in judged if (want or "") not in (found or "") or bool(want) != bool(found)]


def report(number, what, complaints):
    print(f"{'not ok' if complaints else 'ok'} {number} {what}")
    for line in complaints:
        print(f"# {line}")
    return bool(complaints)


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    paths = sorted(root.glob("src/**/*.c"))
    found = [(path, complaint(path.name, path.read_text(errors="replace"))) for path in paths]
    print("1..2")
    failed = report(1, "what is made up is judged", check_self())
    what = f"{len(paths)} files open with their purpose"
    return report(2, what, [f"{path.relative_to(root)}: {why}" for path, why in found if why] + ([] if paths else ["no files"])) or failed


if __name__ == "__main__":
    sys.exit(main())
