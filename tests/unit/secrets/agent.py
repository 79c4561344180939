# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An agent in a session, with a server to log in to, and what it tells: read as it comes."""

import json
import pathlib
import subprocess

from gi.repository import Gio, GLib
from keyring import Session, connect, missing

from cases import Skip

FAKES = pathlib.Path(__file__).resolve().parents[2] / "fakes"
MAIL = "From: taro@odn.example\nTo: hanako@friends.example\nSubject: hello\n\nhello\n"
SECRET = "geheim"  # that of the fake server
PATIENCE = 60


class Server:
    """tests/fakes/smtp-server.py; its script is a row of JSON."""

    def __init__(self):
        self.process = subprocess.Popen(["python3", FAKES / "smtp-server.py"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def ask(self, **row):
        self.process.stdin.write(json.dumps(row) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


class Agent:
    """roampostd with one server set, odn. A context manager."""

    def __init__(self, programs, keys, keyring=True, groups="", server=None, **session):
        if missing():
            raise Skip(missing())
        self.roampostd, self.roampost = programs
        self.session = Session(keyring=keyring, **session)
        self.env = self.session.env
        self.env["DBUS_SYSTEM_BUS_ADDRESS"] = f"unix:path={self.session.run}/no-system-bus"
        self.server = Server()
        self.port = self.server.ask(**(server or {"auth": ["PLAIN"]}))["port"]
        self.config = self.session.home / "roampost.conf"
        self.config.write_text(
            f"{groups}\n[server-set odn]\nsmtp=smtp://127.0.0.1:{self.port}\nsmtp-tls=off\n"
            f"identities=taro@odn.example\nsmtp-user=taro\n{keys}\n")
        self.config.chmod(0o600)
        self.daemon = self.bus = None

    def browse_by(self, script):
        """What the shell is to do where a browser is opened; "$1" is the page."""
        browser = self.session.home / "browser"
        browser.write_text(f"#!/bin/sh\n{script}\n")
        browser.chmod(0o700)
        self.env["BROWSER"] = str(browser)

    def start(self):
        self.log = open(self.session.home / "log", "w+")
        self.daemon = subprocess.Popen([self.roampostd, "-v"], env=self.env, stderr=self.log)
        subprocess.run(["gdbus", "wait", "--session", "--timeout=60", "org.roampost.Agent1"], env=self.env,
                       check=True)
        self.bus = connect(self.env)
        self.told = 0
        self.bus.signal_subscribe(None, "org.roampost.Agent1", None, None, None, Gio.DBusSignalFlags.NONE,
                                  self._on_signal)
        # The bus does one thing after the other: with its answer the subscription is there.
        self.bus.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetId",
                           None, None, Gio.DBusCallFlags.NONE, -1, None)
        return self

    def _on_signal(self, *_):
        self.told += 1

    def _wait(self):
        """For the agent's next signal, whatever it is."""
        before, late = self.told, []
        timer = GLib.timeout_add_seconds(PATIENCE, lambda: late.append(True) or GLib.SOURCE_REMOVE)
        while self.told == before and not late:
            GLib.MainContext.default().iteration(True)
        if late:
            raise AssertionError("nothing happens:\n" + self.said()[-2000:])
        GLib.source_remove(timer)

    def run(self, *words, given="", status=0):
        done = subprocess.run([self.roampost, *words], env=self.env, input=given, text=True,
                              capture_output=True, timeout=PATIENCE)
        if done.returncode != status:
            raise AssertionError(f"roampost {words}: {done.returncode} {done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def submit(self):
        return self.run("submit", "-f", "taro@odn.example", "hanako@friends.example", given=MAIL).strip()

    def message(self, number):
        return json.loads(self.run("show", number, "--json"))

    def comes_to(self, number, state):
        """Waits, signal by signal, until the message is in that state; its reasons, one a line."""
        while True:
            try:
                message = self.message(number)
            except AssertionError as error:  # what is sent has gone
                if state == "sent" and "no message" in str(error) or "sent" in str(error):
                    return ""
                raise
            if message["state"] == state:
                return "\n".join(f'{r["reason"]}: {r["text"]}' for to in message["recipients"]
                                 for r in to["reasons"] or [])
            self._wait()

    def comes_to_say(self, text):
        """The same, until its log has that."""
        while text not in self.said():
            self._wait()

    def said(self):
        self.log.flush()
        return (self.session.home / "log").read_text()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        if self.bus:
            self.bus.close_sync(None)
        status = 0
        if self.daemon:
            self.daemon.terminate()
            status = self.daemon.wait()
            self.log.close()
        said = (self.session.home / "log").read_text() if self.daemon else ""
        self.server.close()
        self.session.__exit__()
        if SECRET in said.replace("geheim.example", ""):
            raise AssertionError("the password was logged")
        if status != 0 or "Sanitizer" in said:
            raise AssertionError(f"the agent ended with {status}:\n{said[-3000:]}")

    def shows_secret(self, secret):
        """Where anybody could read it who may look at the process."""
        folder = pathlib.Path(f"/proc/{self.daemon.pid}")
        return [name for name in ("environ", "cmdline") if secret.encode() in (folder / name).read_bytes()]

