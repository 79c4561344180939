#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""roampost-sendmail has the session bus start the agent where none runs, and loses no time by it.

usage: test-wake.py ROAMPOSTD ROAMPOST-SENDMAIL"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from cases import Skip, equal, main, test  # noqa: E402

ROAMPOSTD, SENDMAIL = map(os.path.abspath, sys.argv[1:3])
CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path={dir}/bus</listen><servicedir>{dir}/services</servicedir>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
</policy></busconfig>
"""


class World:
    def __init__(self):
        self.room = tempfile.TemporaryDirectory(prefix="roampost-wake-")
        self.dir = self.room.name
        os.chmod(self.dir, 0o755)
        self.env = dict(os.environ, ROAMPOST_STATE=self.dir + "/state", ROAMPOST_CONFIG=self.dir + "/conf",
                        ROAMPOST_LINKS="kernel", DBUS_SESSION_BUS_ADDRESS=f"unix:path={self.dir}/bus",
                        DBUS_SYSTEM_BUS_ADDRESS="unix:path=/nonexistent")
        self.write("conf", "[agent]\ndefault-identity=taro@odn.example\n")
        self.bus = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pid = self.started()
        if pid:
            os.kill(pid, signal.SIGKILL)
        if self.bus:
            self.bus.kill()
            self.bus.wait()
        self.room.cleanup()

    def write(self, name, text, mode=0o600):
        path = os.path.join(self.dir, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as out:
            out.write(text)
        os.chmod(path, mode)
        return path

    def start_bus(self, then=ROAMPOSTD):
        """One that can start the agent."""
        start = self.write("start", f"#!/bin/sh\necho $$ >{self.dir}/pid.new; mv {self.dir}/pid.new {self.dir}/pid\n"
                                    f"exec {then}\n", 0o755)
        self.write("services/org.roampost.Agent1.service", f"[D-BUS Service]\nName=org.roampost.Agent1\nExec={start}\n")
        config = self.write("bus.conf", CONFIG.format(dir=self.dir))
        self.bus = subprocess.Popen(["dbus-daemon", "--nofork", "--print-address", f"--config-file={config}"],
                                    env=self.env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.bus.stdout.readline()

    def started(self):
        try:
            with open(self.dir + "/pid") as text:
                return int(text.read())
        except FileNotFoundError:
            return None

    def hand_over(self):
        """How long it took. It never says anything."""
        begun = time.monotonic()
        done = subprocess.run([SENDMAIL, "-f", "taro@odn.example", "a@x.example"], env=self.env, text=True,
                              input="Subject: x\n\nx\n", stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        equal((done.returncode, done.stdout), (0, ""))
        return time.monotonic() - begun

    def wake(self):
        """How long it took, until one of a few was in time to have the agent started: on a machine with much to do
        the bus may not answer in the 20 ms that it is given."""
        for _ in range(20):
            took = self.hand_over()
            try:
                wait_for("it was begun", self.started, 3)
                return took
            except AssertionError:
                pass
        raise AssertionError("nothing was started by twenty messages")

    def is_heard(self):
        try:
            os.close(os.open(self.dir + "/state/bell", os.O_WRONLY | os.O_NONBLOCK))
            return True
        except OSError:
            return False


def wait_for(what, condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("never came true: " + what)
        time.sleep(0.02)


@test
def the_agent_is_started_and_hears():
    with World() as world:
        world.start_bus()
        world.wake()
        wait_for("the agent listens", world.is_heard)
        first = world.started()
        os.unlink(world.dir + "/pid")
        world.hand_over()  # to the one that runs
        subprocess.run(["dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.DBus", "/",
                        "org.freedesktop.DBus.GetId"], env=world.env, stdout=subprocess.DEVNULL, check=True)
        equal(world.started(), None)
        world.write("pid", str(first))


@test
def with_an_environment_of_somebody_else():
    """As root's program that has become a user: the bus that is named is another's."""
    if os.geteuid() != 0:
        raise Skip("only root can make a socket another user's")
    with World() as world:
        world.start_bus()
        os.chown(world.dir + "/bus", 65534, 65534)
        world.hand_over()
        subprocess.run(["dbus-send", f"--bus=unix:path={world.dir}/bus", "--print-reply", "--dest=org.freedesktop.DBus",
                        "/", "org.freedesktop.DBus.GetId"], stdout=subprocess.DEVNULL, check=True)
        equal(world.started(), None)


@test
def a_bus_that_says_nothing_is_not_waited_for():
    with World() as world:
        without = min(world.hand_over() for _ in range(3))
        silent = socket.socket(socket.AF_UNIX)
        silent.bind(world.dir + "/bus")
        silent.listen(20)
        with_it = min(world.hand_over() for _ in range(3))
        print(f"# {1000 * without:.1f} ms without a bus, {1000 * with_it:.1f} ms with one that is silent")
        connection = silent.accept()[0]
        equal(connection.recv(4096)[:5], b"\0AUTH")
        silent.close()
        # 20 ms and the loading of libdbus; what waits for an answer waits for 25 s.
        equal(with_it - without < 10, True, (with_it, without))


@test
def an_agent_that_is_slow_to_start_is_not_waited_for():
    with World() as world:
        world.start_bus(then="sleep 1000")
        equal(world.wake() < 20, True)


@test
def a_bus_that_can_start_nothing():
    with World() as world:
        world.start_bus()
        os.unlink(world.dir + "/services/org.roampost.Agent1.service")
        world.hand_over()


main()
