# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""gnome-keyring on a session bus of its own, with a home of its own: what the tests of passwords
lock and unlock."""

import os
import pathlib
import shutil
import subprocess
import tempfile

MASTER = "the master password"
BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path={path}</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
<allow own="*"/></policy></busconfig>
"""


def missing():
    """What is not installed of what a session needs, or None."""
    for program in ("dbus-daemon", "gnome-keyring-daemon", "gdbus"):
        if not shutil.which(program):
            return f"{program} is not installed"
    return None


class Session:
    """A user's session: a bus, on which no service starts by itself, and a keyring where it is asked
    for. A context manager; `env` is for the programs in it."""

    def __init__(self, keyring=True):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="roampost-session-"))
        self.run = self.home / "run"
        self.run.mkdir(mode=0o700)
        self.env = dict(
            os.environ,
            HOME=str(self.home),
            XDG_RUNTIME_DIR=str(self.run),
            XDG_DATA_HOME=str(self.home / "data"),
            XDG_CONFIG_HOME=str(self.home / "config"),
            DBUS_SESSION_BUS_ADDRESS=f"unix:path={self.run}/bus",
            ROAMPOST_STATE=str(self.home / "state"),
            ROAMPOST_CONFIG=str(self.home / "roampost.conf"),
        )
        for name in ("DISPLAY", "WAYLAND_DISPLAY", "GNOME_KEYRING_CONTROL", "SSH_AUTH_SOCK"):
            self.env.pop(name, None)
        self.children = []
        self._start_bus()
        if keyring:
            self.start_keyring()

    def _start_bus(self):
        config = self.home / "bus.conf"
        config.write_text(BUS.format(path=self.run / "bus"))
        # It says its address when it listens.
        bus = subprocess.Popen(
            ["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address"],
            env=self.env, stdout=subprocess.PIPE, text=True)
        self.children.append(bus)
        bus.stdout.readline()

    def start_keyring(self):
        daemon = subprocess.Popen(
            ["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"],
            env=self.env, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            text=True)
        self.children.append(daemon)
        daemon.stdin.write(MASTER)
        daemon.stdin.close()
        subprocess.run(["gdbus", "wait", "--session", "--timeout=20", "org.freedesktop.secrets"],
                       env=self.env, check=True)

    def call(self, path, method, *arguments):
        done = subprocess.run(
            ["gdbus", "call", "--session", "-d", "org.freedesktop.secrets", "-o", path, "-m", method,
             *arguments], env=self.env, text=True, capture_output=True)
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        return done.stdout.strip()

    def lock(self):
        self.call("/org/freedesktop/secrets", "org.freedesktop.Secret.Service.Lock",
                  "['/org/freedesktop/secrets/collection/login']")

    def unlock(self):
        """As a login does: no dialogue is shown."""
        done = subprocess.run(["gnome-keyring-daemon", "--unlock"], input=MASTER, env=self.env, text=True,
                              capture_output=True)
        if done.returncode != 0:
            raise AssertionError(done.stderr)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for child in reversed(self.children):
            child.terminate()
            child.wait()
            if child.stdout:
                child.stdout.close()
        shutil.rmtree(self.home, ignore_errors=True)
