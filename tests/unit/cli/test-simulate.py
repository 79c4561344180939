#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""usage: test-simulate.py PROGRAM

What servers have said to the agent is in its queue, and counts for what is simulated without it."""

import json
import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from cases import equal, main, test  # noqa: E402

PROGRAM = sys.argv[1]
DIRECTORY = tempfile.mkdtemp(dir=os.environ.get("RP_TEST_DIR"))
CONFIG = """[server-set lone]
identities=me@lone.example
smtp=smtp://mail.lone.example:25
smtp-tls=off
relay=auto
"""
HERE = "198.51.100.9"


def run(*arguments, text=None):
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "ROAMPOST_STATE": os.path.join(DIRECTORY, "state"),
                   "ROAMPOST_CONFIG": os.path.join(DIRECTORY, "roampost.conf")}
    return subprocess.run([PROGRAM, *arguments], env=environment, input=text, capture_output=True, text=True, check=True).stdout


def verdict(*arguments):
    asked = json.loads(run("simulate", "--json", "--at", *arguments, "--from", "me@lone.example", "--to", "you@x.example"))
    return asked["verdict"], [reason["reason"] for reason in asked["recipients"][0].get("reasons", [])]


def write(name, text):
    path = os.path.join(DIRECTORY, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, 0o600)


def hear(domain):
    now = int(time.time() * 1e6) - 3600 * 10**6
    with sqlite3.connect(os.path.join(DIRECTORY, "state", "queue.db")) as queue:
        queue.execute("INSERT INTO observations VALUES('lone', ?, 4, '198.51.100.0/24', '', '', 1, ?, 'refused', ?, ?, 1, "
                      "'550 5.7.1 Relaying denied')", ("mail.lone.example:25", domain, now, now))


@test
def what_was_heard_there_counts_there():
    write("roampost.conf", CONFIG)
    equal(verdict(HERE), ("send", []), "no queue")
    run("submit", "--hold", "--from", "me@lone.example", "you@x.example", text="Subject: x\n\nx\n")
    equal(verdict(HERE), ("send", []), "nothing heard")
    hear("x.example")
    hear("y.example")
    equal(verdict(HERE), ("hold", ["refused-here"]), "refused there")
    equal(verdict("203.0.113.9"), ("send", []), "elsewhere")
    line = json.dumps({"at": [HERE], "from": "me@lone.example", "to": ["you@x.example"]})
    equal(json.loads(run("simulate", "--batch", text=line + "\n"))["verdict"], "hold", "a line of many")


@test
def what_is_made_up_stands_in_its_place():
    equal(verdict(HERE, "--observed", "lone taken anywhere x.example 1h"), ("send", []))


@test
def another_server_has_said_nothing():
    write("roampost.conf", CONFIG.replace("mail.lone", "other.lone"))
    equal(verdict(HERE), ("send", []))


main()
