#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several programs hand mail over while the agent is killed, stopped and started: what ended with 0 is
in the queue, once. And what the agent takes over shares its syncs.

usage: test-handover.py ROAMPOSTD ROAMPOST-SENDMAIL"""

import concurrent.futures
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from cases import equal, main, test  # noqa: E402
from running import NO_BUS, Running  # noqa: E402

ROAMPOSTD, SENDMAIL = map(os.path.abspath, sys.argv[1:3])
WRITERS, EACH = 8, 12


class World(Running):
    def __init__(self):
        self.dir = tempfile.TemporaryDirectory(prefix="roampost-handover-")
        self.state = self.dir.name + "/state"
        with open(self.dir.name + "/conf", "w") as out:
            out.write("[agent]\ndefault-identity=taro@odn.example\n")
        self.env = {**os.environ, **NO_BUS, "ROAMPOST_STATE": self.state, "ROAMPOST_CONFIG": self.dir.name + "/conf"}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        self.dir.cleanup()

    def start(self):
        self.run([ROAMPOSTD], self.env)
        self.wait_for("is ready")
        self.read_on()

    def submit(self, name):
        return subprocess.run([SENDMAIL, "-i", f"{name}@x.example"], env=self.env, timeout=60,
                              input=f"Subject: {name}\n\n{'x' * 2000}\n", text=True).returncode

    def stored(self):
        with sqlite3.connect(f"file:{self.state}/queue.db?mode=ro", uri=True) as database:
            return sorted(row[0].split("@")[0] for row in database.execute("SELECT address FROM recipients"))

    def submit_all(self):
        """From several programs at once; the names of those that ended with 0."""
        names = [f"r{writer}-{i}" for writer in range(WRITERS) for i in range(EACH)]
        with concurrent.futures.ThreadPoolExecutor(WRITERS) as pool:
            return sorted(name for name, status in zip(names, pool.map(self.submit, names)) if status == 0)


def disturbed(how):
    """Hands over while `how` is done to the agent, again and again."""
    with World() as world:
        world.start()
        over = threading.Event()

        def disturb():
            while not over.wait(0.15):
                how(world)
        thread = threading.Thread(target=disturb)
        thread.start()
        try:
            done = world.submit_all()
        finally:
            over.set()
            thread.join()
        equal(len(done), WRITERS * EACH)
        world.end()  # it has written what it has taken
        equal(world.stored(), done)


@test
def killed():
    def kill(world):
        world.end(signal.SIGKILL)
        world.start()
    disturbed(kill)


@test
def ended():
    def end(world):
        world.end(signal.SIGTERM)
        world.start()
    disturbed(end)


@test
def stopped():
    """In the middle of anything, and for longer than a program waits for an answer."""
    def stop(world):
        world.process.send_signal(signal.SIGSTOP)
        time.sleep(2.5)
        world.process.send_signal(signal.SIGCONT)
    disturbed(stop)


@test
def no_agent():
    with World() as world:
        equal(world.submit("first"), 0)
        done = world.submit_all()
        equal(len(done), WRITERS * EACH)
        equal(world.stored(), sorted(done + ["first"]))


if __name__ == "__main__":
    main(sys.argv[3:])
