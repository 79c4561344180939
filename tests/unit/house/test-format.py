#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fails on a C file that clang-format would change, by the tree's own .clang-format. Only by versions
that were seen to agree about the whole tree: each new one has some ideas of its own about the same settings.

usage: test-format.py SOURCE-ROOT"""

import pathlib
import re
import shutil
import subprocess
import sys

VERSIONS = range(14, 20)  # 14: Debian 12, 18: Ubuntu 24.04, 19: Debian 13
PATTERNS = ("src/**/*.[ch]", "include/roampost/*.h", "tests/**/*.[ch]")


def formatter():
    for name in ("clang-format", *(f"clang-format-{version}" for version in VERSIONS)):
        if shutil.which(name):
            told = subprocess.run([name, "--version"], capture_output=True, text=True).stdout
            version = re.search(r"version (\d+)\.", told)
            if version and int(version[1]) in VERSIONS:
                return name
    return None


def unformatted(name, root, paths):
    """{path: the first line that would change}."""
    found = {}
    command = [name, "--dry-run", "--style=file", *map(str, paths)]
    told = subprocess.run(command, cwd=root, capture_output=True, text=True)
    for path, line in re.findall(r"^([^:\n]+):(\d+):\d+: warning: code should be clang-formatted", told.stderr, re.M):
        found.setdefault(path, line)
    if told.returncode:
        found[name] = told.stderr.strip().splitlines()[-1] if told.stderr.strip() else str(told.returncode)
    return found


def check_self(name, root):
    """Whether a badly formatted text is seen at all."""
    told = subprocess.run(
        [name, "--dry-run", "--style=file", "--assume-filename=src/x.c"],
        cwd=root, input="int  main(void){return 0;}\n", capture_output=True, text=True,
    )
    return "code should be clang-formatted" in told.stderr


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    name = formatter()
    if not name:
        print(f"1..0 # SKIP no clang-format from {VERSIONS[0]} to {VERSIONS[-1]} is installed")
        return False
    paths = sorted(path.relative_to(root) for pattern in PATTERNS for path in root.glob(pattern))
    seen = check_self(name, root)
    print(f"1..2\n{'ok' if seen else 'not ok'} 1 a text that is not formatted would be seen")
    found = unformatted(name, root, paths)
    print(f"{'not ok' if found else 'ok'} 2 {len(paths)} files are as {name} has them")
    for path, line in sorted(found.items()):
        print(f"# {path}:{line}: {name} -i {path}")
    return bool(found) or not seen


if __name__ == "__main__":
    sys.exit(main())
