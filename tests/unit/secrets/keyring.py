# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""gnome-keyring on a session bus of its own, with a home of its own: what the tests of passwords
lock and unlock."""

import os
import pathlib
import shutil
import subprocess
import tempfile

from gi.repository import Gio, GLib

MASTER = "the master password"
LOGIN = "/org/freedesktop/secrets/collection/login"
BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path={path}</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
<allow own="*"/></policy></busconfig>
"""


def connect(env):
    """A connection of one's own to the session's bus."""
    return Gio.DBusConnection.new_for_address_sync(
        env["DBUS_SESSION_BUS_ADDRESS"], Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT |
        Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)


def missing():
    """What is not installed of what a session needs, or None."""
    for program in ("dbus-daemon", "gnome-keyring-daemon", "gdbus"):
        if not shutil.which(program):
            return f"{program} is not installed"
    return None


def lost_by_libsecret(folder):
    """libsecret 0.21.7 (Debian 13) loses a GVariant when the keyring says that a collection has come: the handler of
    its own proxy's signal alone is on the stack. That is seen where stacks are followed through libraries without
    frame pointers."""
    path = folder / "lost-by-libsecret"
    path.write_text("leak:libsecret-1.so\n")
    options = os.environ.get("ASAN_OPTIONS", "")
    return {"ASAN_OPTIONS": ":".join(filter(None, [options, "fast_unwind_on_malloc=0"])),
            "LSAN_OPTIONS": f"suppressions={path}:print_suppressions=0"}


class Session:
    """A user's session: a bus, on which no service starts by itself, and a keyring where it is asked
    for. A context manager; `env` is for the programs in it."""

    def __init__(self, keyring=True, blank=False):
        self.master, self.collection = MASTER, LOGIN
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
            **lost_by_libsecret(self.home),
        )
        for name in ("DISPLAY", "WAYLAND_DISPLAY", "GNOME_KEYRING_CONTROL", "SSH_AUTH_SOCK"):
            self.env.pop(name, None)
        self.children = []
        self._start_bus()
        if keyring:
            self.start_keyring()
        if blank:
            self._make_blank()

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
        subprocess.run(["gdbus", "wait", "--session", "--timeout=90", "org.freedesktop.secrets"],
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
                  f"['{self.collection}']")

    def _internally(self, method, type_of, *arguments):
        """gnome-keyring's way around its dialogues, on a connection that has a session for secrets."""
        bus = connect(self.env)

        def call(interface, name, value):
            return bus.call_sync("org.freedesktop.secrets", "/org/freedesktop/secrets", interface, name, value, None,
                                 Gio.DBusCallFlags.NONE, -1, None)
        session = call("org.freedesktop.Secret.Service", "OpenSession",
                       GLib.Variant("(sv)", ("plain", GLib.Variant("s", ""))))[1]
        master = (session, b"", self.master.encode(), "text/plain")
        answer = call("org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface", method,
                      GLib.Variant(f"({type_of}(oayays))", (*arguments, master)))
        bus.close_sync(None)
        return answer

    def _make_blank(self):
        """A keyring without a password, as who logs in by himself has one; new items go there."""
        self.master = ""
        label = {"org.freedesktop.Secret.Collection.Label": GLib.Variant("s", "blank")}
        self.collection = self._internally("CreateWithMasterPassword", "a{sv}", label)[0]
        self.call("/org/freedesktop/secrets", "org.freedesktop.Secret.Service.SetAlias", "default", self.collection)

    def unlock(self):
        """As a dialogue does that was given the right password; none is shown."""
        self._internally("UnlockWithMasterPassword", "o", self.collection)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for child in reversed(self.children):
            child.terminate()
            child.wait()
            if child.stdout:
                child.stdout.close()
        shutil.rmtree(self.home, ignore_errors=True)
