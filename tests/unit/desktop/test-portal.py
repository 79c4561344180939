#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Notifications where nobody but the notification portal takes them: a real xdg-desktop-portal on a bus of its own,
with a backend that notes what it is to show, and clicks. Then a daemon comes.

test-portal.py NOTIFY-LINES
"""
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from checks import check, done  # noqa: E402

PORTAL = "/usr/libexec/xdg-desktop-portal"
IMPL, IMPL_PATH = "org.freedesktop.impl.portal.Notification", "/org/freedesktop/portal/desktop"
BACKEND = "org.freedesktop.impl.portal.desktop.mock"
DAEMON, DAEMON_PATH = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"
# The services of this machine would start daemons.
BUS = """<busconfig><type>session</type><listen>unix:dir={folder}</listen><servicedir>{folder}/services</servicedir>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>
"""

missing = [name for name in ("dbus-daemon",) if not shutil.which(name)]
if not os.path.exists(PORTAL):
    missing.append("xdg-desktop-portal")
try:
    import dbus
    import dbus.mainloop.glib
    import dbus.service
    from gi.repository import GLib
except ImportError as error:
    missing.append(str(error))
if missing:
    print(f"1..0 # SKIP {', '.join(missing)} not installed")
    sys.exit(0)


class Backend(dbus.service.Object):
    """What a desktop does for the portal."""

    shown = {}

    @dbus.service.method(IMPL, "ssa{sv}", "")
    def AddNotification(self, app, id, notification):
        self.shown[str(id)] = notification

    @dbus.service.method(IMPL, "ss", "")
    def RemoveNotification(self, app, id):
        self.shown.pop(str(id), None)

    @dbus.service.signal(IMPL, "sssav")
    def ActionInvoked(self, app, id, action, parameter):
        pass


class Agent(dbus.service.Object):
    paused = None

    @dbus.service.method("org.roampost.Agent1", "b", "")
    def Pause(self, pause):
        self.paused = bool(pause)


class Daemon(dbus.service.Object):
    shown = []

    @dbus.service.method(DAEMON, "", "as")
    def GetCapabilities(self):
        return ["body", "actions"]

    @dbus.service.method(DAEMON, "susssasa{sv}i", "u")
    def Notify(self, app, replaces, icon, summary, body, actions, hints, timeout):
        self.shown.append(str(summary))
        return 7

    @dbus.service.method(DAEMON, "u", "")
    def CloseNotification(self, id):
        pass




def until(what, seconds=60):
    end = time.monotonic() + seconds
    while not what() and time.monotonic() < end:
        if not GLib.MainContext.default().iteration(False):
            time.sleep(0.01)
    return what()


def start_bus(folder):
    (folder / "services").mkdir()
    (folder / "services/portal.service").write_text(
        f"[D-BUS Service]\nName=org.freedesktop.portal.Desktop\nExec={PORTAL}\n")
    (folder / "mock.portal").write_text(f"[portal]\nDBusName={BACKEND}\nInterfaces={IMPL}\nUseIn=mock\n")
    (folder / "mock-portals.conf").write_text("[preferred]\ndefault=mock\n")  # of later versions
    (folder / "bus.conf").write_text(BUS.format(folder=folder))
    os.environ |= {"XDG_DESKTOP_PORTAL_DIR": str(folder), "XDG_CURRENT_DESKTOP": "mock", "HOME": str(folder),
                   "XDG_CONFIG_HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), "XDG_DATA_HOME": str(folder),
                   "GSETTINGS_BACKEND": "memory", "GIO_USE_VFS": "local", "LC_ALL": "C.UTF-8"}
    bus = subprocess.Popen(["dbus-daemon", "--nofork", "--print-address=1", f"--config-file={folder}/bus.conf"],
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    os.environ["DBUS_SESSION_BUS_ADDRESS"] = bus.stdout.readline().strip()
    return bus


def play(lines):
    bus = dbus.SessionBus()
    names = [dbus.service.BusName(name, bus) for name in (BACKEND, "org.roampost.Agent1")]
    backend, agent = Backend(bus, IMPL_PATH), Agent(bus, "/org/roampost/Agent1")
    notifier = subprocess.Popen([lines], stdin=subprocess.PIPE, text=True)

    def say(line):
        print(line, file=notifier.stdin, flush=True)

    say("resume Mail waits|You paused it: a <b> & c")
    until(lambda: "held" in backend.shown)
    shown = backend.shown.get("held", {})
    check("it is shown by the portal", [shown.get("title"), shown.get("body"), shown.get("priority")],
          ["Mail waits", "You paused it: a <b> & c", "normal"])
    check("with its button", [(b["label"], b["action"]) for b in shown.get("buttons", [])],
          [("Resume sending", "resume")])
    backend.ActionInvoked("", "held", "resume", dbus.Array([], "v"))
    until(lambda: agent.paused is not None)
    check("which does what it says", agent.paused, False)
    say("show Two wait|b")
    until(lambda: backend.shown.get("held", {}).get("title") == "Two wait")
    check("another text takes its place", {k: v["title"] for k, v in backend.shown.items()}, {"held": "Two wait"})
    say("close")
    until(lambda: not backend.shown)
    check("it goes with its cause", backend.shown, {})
    say("announce Sent|What waited is gone")
    until(lambda: backend.shown)
    check("what is over is told once", [v["title"] for v in backend.shown.values()], ["Sent"])
    backend.shown.clear()
    say("show Three wait|c")
    until(lambda: backend.shown)
    daemon = Daemon(bus, DAEMON_PATH)
    names.append(dbus.service.BusName(DAEMON, bus))
    until(lambda: daemon.shown and not backend.shown)
    check("a daemon that comes has it instead", (daemon.shown, dict(backend.shown)), (["Three wait"], {}))
    notifier.stdin.close()
    notifier.wait()
    portal = bus.get_object("org.freedesktop.DBus", "/").GetConnectionUnixProcessID("org.freedesktop.portal.Desktop")
    os.kill(portal, 15)
    done()


with tempfile.TemporaryDirectory() as directory:
    server = start_bus(Path(directory))
    try:
        dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
        play(sys.argv[1])
    finally:
        server.terminate()
        server.wait()
