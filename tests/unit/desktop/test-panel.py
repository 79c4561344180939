#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The icon in a real panel (xfce4-panel, on an X server without a screen), from a real agent: there is one
when the panel comes, and again when it comes anew; its menu is opened with the mouse, and a server set is
chosen in it, as a user would.

test-panel.py AGENT SENDMAIL [FOLDER FOR PICTURES]
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

NEEDS = ["Xvfb", "xfce4-panel", "xdotool", "gdbus", "dbus-run-session", "import"]
ICONS = Path(__file__).resolve().parents[3] / "data" / "icons"
PANEL = """<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array"><value type="int" value="1"/>
    <property name="dark-mode" type="bool" value="false"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=8;x=400;y=580"/>
      <property name="length" type="uint" value="100"/>
      <property name="position-locked" type="bool" value="true"/>
      <property name="size" type="uint" value="36"/>
      <property name="plugin-ids" type="array"><value type="int" value="1"/></property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="systray">
      <property name="square-icons" type="bool" value="true"/></property>
  </property>
</channel>
"""
CONFIG = """[provider odn]
name=ODN
ssids=odn
nm-connections=ODN dial-up
[server-set odn]
provider=odn
identities=taro@odn.example
smtp=smtp://127.0.0.1:9
smtp-tls=off
[server-set work]
provider=odn
identities=taro@work.example
smtp=smtp://127.0.0.1:9
smtp-tls=off
"""
WATCHER = ["org.kde.StatusNotifierWatcher", "/StatusNotifierWatcher"]


def wait_for(what, seconds=20):
    """What it returns as soon as that is true. The panel sends no event when it has drawn."""
    until = time.monotonic() + seconds
    while True:
        got = what()
        if got or time.monotonic() > until:
            return got
        time.sleep(0.1)


def call(name, path, method, *args):
    done = subprocess.run(["gdbus", "call", "--session", "-d", name, "-o", path, "-m", method, *args],
                          capture_output=True, text=True, timeout=20)
    return done.stdout


class Desktop:
    """Runs inside dbus-run-session; plays the user."""

    def __init__(self, agent, sendmail, pictures):
        self.home = Path(os.environ["HOME"])
        self.pictures = pictures
        self.n = 0
        self.agent = subprocess.Popen([agent], stderr=open(self.home / "agent.log", "w"))
        self.sendmail = sendmail
        self.panel = None

    def check(self, name, good, seen=""):
        self.n += 1
        print(f"{'ok' if good else 'not ok'} {self.n} - {name}{'' if good else f' # {seen}'}", flush=True)

    def picture(self, name):
        if self.pictures:
            subprocess.run(["import", "-window", "root", f"{self.pictures}/{name}.png"], check=False)

    def start_panel(self):
        self.panel = subprocess.Popen(["xfce4-panel", "--disable-wm-check"], stdout=subprocess.DEVNULL,
                                      stderr=subprocess.DEVNULL)

    def end_panel(self):
        self.panel.terminate()
        self.panel.wait()

    def item(self):
        """Ours, where the panel has it."""
        items = call(*WATCHER, "org.freedesktop.DBus.Properties.Get", WATCHER[0],
                     "RegisteredStatusNotifierItems")
        return re.search(rf"org\.kde\.StatusNotifierItem-{self.agent.pid}-1", items)

    def property(self, name):
        return call(f"org.kde.StatusNotifierItem-{self.agent.pid}-1", "/StatusNotifierItem",
                    "org.freedesktop.DBus.Properties.Get", "org.kde.StatusNotifierItem", name)

    def menu(self):
        return call(f"org.kde.StatusNotifierItem-{self.agent.pid}-1", "/StatusNotifierItem/Menu",
                    "com.canonical.dbusmenu.GetLayout", "0", "--", "-1", "[]")

    def override(self):
        return call("org.roampost.Agent1", "/org/roampost/Agent1", "org.freedesktop.DBus.Properties.Get",
                    "org.roampost.Agent1", "Override")

    def submit(self):
        subprocess.run([self.sendmail, "-f", "taro@work.example", "boss@x.example"], check=True,
                       input=b"From: taro@work.example\nTo: boss@x.example\nSubject: Lunch\n\nx\n",
                       stdout=subprocess.DEVNULL)

    def click(self, button, *keys):
        subprocess.run(["xdotool", "mousemove", "18", "580", "click", str(button)], check=True)
        time.sleep(1)  # a menu grabs the keyboard when it is drawn, and says so to nobody
        self.picture("menu")
        for key in keys:
            subprocess.run(["xdotool", "key", key], check=True)
            time.sleep(0.1)

    def choose_second_set(self):
        """Of the items that can be chosen: automatic, odn, work."""
        for _ in range(3):  # the panel may still have been drawing
            self.click(3, "Down", "Down", "Down", "Return")
            if wait_for(lambda: "work" in self.override(), 3):
                return True
            subprocess.run(["xdotool", "key", "Escape"], check=True)
        return False

    def play(self):
        print("1..8", flush=True)
        subprocess.run(["gdbus", "wait", "--session", "-t", "20", "org.roampost.Agent1"], check=True)
        self.submit()
        self.start_panel()
        self.check("a panel that comes later has the icon", wait_for(self.item))
        self.check("it says that mail waits", wait_for(lambda: "waiting" in self.property("IconName")),
                   self.property("IconName"))
        wait_for(lambda: "boss@x.example" in self.menu())
        menu = self.menu()
        self.check("the menu has the held mail, and what can be done with it",
                   all(word in menu for word in ["Waiting mail (1)", "boss@x.example", "Try again", "Delete"]),
                   menu)
        self.check("and the provider to connect to", "Connect to ODN" in menu, menu)
        self.check("no window is installed, and none is offered", "Show outbox" not in menu, menu)
        self.check("a set is chosen in the menu", self.choose_second_set(), self.override())
        radio = re.search(r"'label': <'work'>, 'toggle-type': <'radio'>, 'toggle-state': <1>", self.menu())
        self.check("and is marked there", radio, self.menu())
        self.end_panel()
        self.start_panel()
        self.check("the panel's successor has the icon too", wait_for(self.item))
        self.picture("panel")
        self.end_panel()
        self.agent.terminate()
        self.agent.wait()


def start_x(home):
    read, write = os.pipe()
    server = subprocess.Popen(["Xvfb", "-displayfd", str(write), "-screen", "0", "800x600x24", "-nolisten", "tcp"],
                              pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(write)
    with os.fdopen(read) as pipe:
        os.environ["DISPLAY"] = ":" + pipe.readline().strip()
    return server


def prepare(home):
    panel = home / "config/xfce4/xfconf/xfce-perchannel-xml"
    panel.mkdir(parents=True)
    (panel / "xfce4-panel.xml").write_text(PANEL)
    icons = home / "data/icons/hicolor"
    for kind in ["symbolic", "scalable"]:
        shutil.copytree(ICONS / kind, icons / kind / "apps")
    (home / "roampost.conf").write_text(CONFIG)
    (home / "roampost.conf").chmod(0o600)
    (home / "state").mkdir(mode=0o700)
    os.environ |= {"HOME": str(home), "XDG_CONFIG_HOME": str(home / "config"),
                   "XDG_DATA_HOME": str(home / "data"), "XDG_RUNTIME_DIR": str(home),
                   "XDG_CACHE_HOME": str(home / "cache"), "NO_AT_BRIDGE": "1",
                   "ROAMPOST_CONFIG": str(home / "roampost.conf"), "ROAMPOST_STATE": str(home / "state"),
                   "RP_PANEL_INNER": "1"}
    # No network of this machine's: mail is held, whatever it is attached to.
    os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = f"unix:path={home}/none"


def main():
    lacking = [tool for tool in NEEDS if not shutil.which(tool)]
    if lacking:
        print(f"1..0 # SKIP {', '.join(lacking)} not installed")
        return 0
    if os.environ.get("RP_PANEL_INNER"):
        Desktop(sys.argv[1], sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else None).play()
        return 0
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        home.chmod(0o700)
        prepare(home)
        server = start_x(home)
        status = subprocess.run(["timeout", "120", "dbus-run-session", "--", sys.executable, __file__,
                                 *sys.argv[1:]], check=False).returncode
        server.terminate()
        server.wait()
        return status


if __name__ == "__main__":
    sys.exit(main())
