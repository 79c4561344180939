#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of other programs, and what `roampost import` makes of them.

A case is a file NAME.case: first the source, then sections that begin with "=== ":

    # source: where the file is from
    === run msmtprc            the arguments behind `roampost import`; {} is the folder of the files,
                               which is the home directory, too
    === file .msmtprc          a file in that folder, as it is (more of them may follow)
    === want                   standard output: the configuration; `config check` has to be content
    === said                   standard error, line by line, without the folder's name
    === never                  text that is in neither of them, a line each
    === exit 1                 where it is not 0

To fill in want and said of a new case: ROAMPOST_REGENERATE=1, and read what came.

usage: run-import.py ROAMPOST [CASE...]"""

import glob
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROAMPOST = os.path.abspath(sys.argv[1])
CASES = sys.argv[2:] or sorted(glob.glob(os.path.join(HERE, "*.case")))


def read_case(path):
    """The head, and the sections as [title, text] in their order."""
    head, sections = [], []
    with open(path, encoding="utf-8", errors="surrogateescape", newline="") as case:
        for line in case:
            if line.startswith("=== "):
                sections.append([line[4:].strip(), ""])
            elif sections:
                sections[-1][1] += line
            else:
                head.append(line)
    return "".join(head), sections


def write_case(path, head, sections):
    with open(path, "w", encoding="utf-8", errors="surrogateescape", newline="") as case:
        case.write(head)
        for title, text in sections:
            case.write("=== %s\n%s" % (title, text))


def section(sections, word, fallback=""):
    """(rest of the title, text) of the first section that begins with the word."""
    for title, text in sections:
        if title.split(" ")[0] == word:
            return title[len(word):].strip(), text
    return fallback, ""


def run(arguments, home, config):
    environment = {"PATH": os.environ["PATH"], "HOME": home, "LC_ALL": "C.UTF-8",
                   "ROAMPOST_CONFIG": config, "ROAMPOST_PROVIDERS": "/nonexistent"}
    environment.update((k, v) for k, v in os.environ.items() if k.endswith("SAN_OPTIONS"))
    return subprocess.run([ROAMPOST] + arguments, env=environment, capture_output=True, timeout=60)


def prepare(sections, home):
    for title, text in sections:
        if title.split(" ")[0] == "file":
            path = os.path.join(home, title[len("file"):].strip())
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8", errors="surrogateescape", newline="") as out:
                out.write(text)


def check_config(text, home):
    """What `config check` says of the configuration, if it is not content."""
    path = os.path.join(home, "made.conf")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as out:
        out.write(text)
    done = run(["config", "check", path], home, path)
    return [] if done.returncode == 0 else ["config check: " + (done.stdout + done.stderr).decode()]


def try_case(path):
    """A list of what is wrong."""
    head, sections = read_case(path)
    with tempfile.TemporaryDirectory(prefix="roampost-field-import-") as home:
        prepare(sections, home)
        config = os.path.join(home, "own.conf")
        if not os.path.exists(config):
            open(config, "w").close()
        arguments = section(sections, "run")[0].replace("{}", home).split()
        done = run(["import"] + arguments, home, config)
        said = done.stderr.decode(errors="surrogateescape").replace(home + "/", "")
        out = done.stdout.decode(errors="surrogateescape")
        wrong = check_config(done.stdout, home) if done.stdout else []
    wrong += ["no “# source:” in the first line"] if not head.startswith("# source: ") else []
    if os.environ.get("ROAMPOST_REGENERATE"):
        kept = [s for s in sections if s[0] not in ("want", "said") and not s[0].startswith("exit")]
        at = next((i for i, s in enumerate(kept) if s[0] == "never"), len(kept))
        kept[at:at] = [["want", out], ["said", said]]
        kept += [["exit %d" % done.returncode, ""]] if done.returncode else []
        write_case(path, head, kept)
        return wrong
    for word, got in (("want", out), ("said", said)):
        want = section(sections, word)[1]
        if got != want:
            wrong.append("%s: came\n%s\ninstead of\n%s" % (word, got, want))
    if str(done.returncode) != section(sections, "exit", "0")[0]:
        wrong.append("exit status %d" % done.returncode)
    wrong += ["“%s” is shown" % text for text in section(sections, "never")[1].splitlines()
              if text and text in out + said]
    return wrong


def main():
    print("1..%d" % len(CASES))
    failures = 0
    for number, path in enumerate(CASES, 1):
        wrong = try_case(path)
        failures += bool(wrong)
        print("%s %d %s" % ("not ok" if wrong else "ok", number, os.path.basename(path)[:-len(".case")]))
        for line in "\n".join(wrong).splitlines():
            print("#   " + line)
    print("# cases: %d, failures: %d" % (len(CASES), failures))
    return failures > 0


sys.exit(main())
