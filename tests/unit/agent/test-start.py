#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""roampostd where it can't begin as it should. A disk without room is played by a limit of the size of
files, which can be lifted while the program runs.

usage: test-start.py ROAMPOSTD ROAMPOST-SENDMAIL ROAMPOST"""

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile

UNIT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [UNIT, os.path.join(UNIT, "../fakes")]
from cases import Skip, equal, main, test  # noqa: E402
import ownbus  # noqa: E402
from running import NO_BUS, Running  # noqa: E402

ROAMPOSTD, SENDMAIL, ROAMPOST = map(os.path.abspath, sys.argv[1:4])
NAME = "org.roampost.Agent1"
NO_LIMIT = resource.RLIM_INFINITY


class Agent(Running):
    """One that starts where no file may grow, beside a queue with a message."""

    def __init__(self, limit=1, bus=NO_BUS["DBUS_SESSION_BUS_ADDRESS"], more=""):
        self.dir = tempfile.TemporaryDirectory(prefix="roampost-start-")
        self.state = os.path.join(self.dir.name, "state")
        self.conf = os.path.join(self.dir.name, "conf")
        self.configure(more)
        self.env = {**os.environ, **NO_BUS, "ROAMPOST_STATE": self.state, "ROAMPOST_CONFIG": self.conf,
                    "DBUS_SESSION_BUS_ADDRESS": bus}
        equal(self.sendmail(), 0)

        def set_limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, NO_LIMIT))
        self.run([ROAMPOSTD, "-v"], self.env, preexec_fn=set_limit)
        self.expected = 0

    def configure(self, more):
        with open(self.conf + ".new", "w") as out:
            out.write("# as it may be\n[server-set odn]\nidentities=taro@odn.example\n"
                      "smtp=smtp://127.0.0.1:1\nsmtp-tls=off\n" + more)
        os.chmod(self.conf + ".new", 0o600)
        os.rename(self.conf + ".new", self.conf)

    def sendmail(self):
        return subprocess.run([SENDMAIL, "-f", "taro@odn.example", "a@b.example"], input="Subject: x\n\n",
                              env=self.env, text=True, timeout=90).returncode

    def lift(self):
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (NO_LIMIT, NO_LIMIT))

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            status = self.end()
            if kind is None:
                equal(status, self.expected, self.said())
        finally:
            self.kill()
            self.dir.cleanup()


@test
def no_room_for_the_queue():
    with Agent() as agent:
        agent.wait_for("no room")
        agent.lift()
        agent.wait_for("is ready")
        equal(agent.sendmail(), 0)


@test
def told_to_end_while_it_waits():
    with Agent() as agent:
        agent.wait_for("no room")


def taken_away(name, what):
    def run():
        with Agent(limit=NO_LIMIT) as agent:
            agent.wait_for("is ready")
            what(agent)
            agent.wait_for("moved, removed or replaced")
            equal(agent.ended(), 1, agent.said())
            agent.expected = 1
            equal(agent.sendmail(), 0)
    run.__name__ = name
    test(run)


def replace_database(agent):
    path = os.path.join(agent.state, "queue.db")
    shutil.copy(path, path + ".copy")
    os.rename(path + ".copy", path)


taken_away("folder_moved", lambda agent: os.rename(agent.state, agent.state + ".old"))
taken_away("folder_removed", lambda agent: shutil.rmtree(agent.state))
taken_away("database_replaced", replace_database)
taken_away("database_removed", lambda agent: os.remove(os.path.join(agent.state, "queue.db")))
taken_away("log_removed", lambda agent: os.remove(os.path.join(agent.state, "queue.db-wal")))


def all_say_so(agent):
    """Each command whose answer the configuration would be says what is wrong with it."""
    def roampost(*words):
        done = subprocess.run([ROAMPOST, *words], env=agent.env, capture_output=True, text=True, timeout=90)
        return " ".join((done.stdout + done.stderr).split())
    message = json.loads(roampost("queue", "--json"))[0]["id"]
    for words in (["status"], ["queue"], ["show", message], ["explain", message], ["history"], ["sets"],
                  ["sets", "--json"], ["sets", "--as-config"], ["where"], ["check"], ["check", "odn"], ["use", "odn"],
                  ["learn", "odn"], ["dial", "odn"], ["forget", "odn"], ["lookup", "192.0.2.1"],
                  ["simulate", "--at", "192.0.2.1"], ["pin", message, "odn"]):
        said = roampost(*words)
        equal(":6: [server-set odn] cache" in said and "config check" in said, True, " ".join(words) + ": " + said)
        equal("is configured" in said or "There is no" in said or "no server set ha" in said or "owns" in said, False,
              " ".join(words) + ": " + said)


@test
def broken_configuration_is_a_problem():
    """It has no server set then, and says why to those who ask."""
    if not shutil.which("dbus-daemon") or not shutil.which("gdbus"):
        raise Skip("dbus-daemon or gdbus is not installed")
    bus = subprocess.Popen([*ownbus.DAEMON, "--print-address"], stderr=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, text=True)
    try:
        with Agent(limit=NO_LIMIT, bus=bus.stdout.readline().strip(), more="cache=no\n") as agent:
            agent.wait_for("is ours")

            def problems():
                return subprocess.run(
                    ["gdbus", "call", "--session", "-d", NAME, "-o", "/org/roampost/Agent1", "-m",
                     "org.freedesktop.DBus.Properties.Get", NAME, "Problems"],
                    env=agent.env, capture_output=True, text=True, timeout=90).stdout
            said = problems()
            equal(said.count("'code': <'no-config'>") == 1 and ":6: [server-set odn] cache" in said, True, said)
            all_say_so(agent)
            agent.configure("")
            agent.wait_for("configuration: 1 server set")
            equal(problems(), "(<@aa{sv} []>,)\n")
    finally:
        bus.terminate()
        bus.stdout.close()
        bus.wait(20)


@test
def without_its_bus_it_is_not_said_to_be_gone():
    with Agent(limit=NO_LIMIT, more="cache=no\n") as agent:
        def status():
            return subprocess.run([ROAMPOST, "status"], env=agent.env, capture_output=True, text=True,
                                  timeout=90).stdout
        agent.wait_for("is ready")
        said = status()
        equal("Agent       runs; there is no session bus to ask it by" in said, True, said)
        equal("the newest is not in force" in said and "nothing is sent" not in said, True, said)
        agent.end()
        said = status()
        equal("Agent       not running" in said and "nothing is sent" in said, True, said)


@test
def other_files_come_and_go():
    with Agent(limit=NO_LIMIT) as agent:
        agent.wait_for("is ready")
        path = os.path.join(agent.state, "notes")
        with open(path, "w"):
            pass
        os.remove(path)
        for _ in range(3):
            equal(agent.sendmail(), 0)
        agent.wait_for("plan: ")


main()
