#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""ROWS beside this file lists what was found in the field, and which cases show it. A test a row: it has
cases, they are there, and a word that is named is in its file.

usage: run-rows.py [ROWS]"""

import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SORTS = ("submission", "servers", "networks", "faults")


def read_rows(path):
    """[(sort, number, words, cases)]"""
    rows = []
    with open(path) as lines:
        for line in lines:
            if not line.strip() or line.startswith("#"):
                continue
            key, words, cases = (part.strip() for part in line.split("|"))
            sort, number = key.split()
            rows.append((sort, int(number), words, cases.split()))
    return rows


def what_lacks(case):
    """Why a case is none, or None."""
    name, _, word = case.partition("#")
    path = os.path.join(HERE, name if "." in os.path.basename(name) and os.path.exists(os.path.join(HERE, name))
                        else name + ".case")
    if not os.path.isfile(path):
        return f"there is no {name}"
    with open(path, errors="replace") as file:
        if word and not re.search(rf"\b{re.escape(word)}\b", file.read()):
            return f"{name} has no {word}"
    return None


def lacking(row, numbers):
    sort, number, words, cases = row
    problems = [what for what in map(what_lacks, cases) if what]
    if sort not in SORTS or numbers[sort] != number:
        problems.append(f"the rows of {sort} are not counted in their order")
    return problems or ([] if cases and words else ["it has no case"])


def main():
    rows = read_rows(sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "ROWS"))
    numbers = {}
    without = 0
    print(f"1..{len(rows)}")
    for n, row in enumerate(rows, 1):
        numbers[row[0]] = numbers.get(row[0], 0) + 1
        problems = lacking(row, numbers)
        without += bool(problems)
        print(f"{'not ' if problems else ''}ok {n} - {row[0]} {row[1]}, {row[2]}")
        for problem in problems:
            print(f"# {problem}")
    missing = [sort for sort in SORTS if sort not in numbers]
    print(f"# rows of the four documents without a case: {without + len(missing)}")
    return 1 if without or missing else 0


sys.exit(main())
