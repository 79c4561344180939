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
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "fakes"))
from screen import ODN, Play, agent_property, call, call_agent, main, wait_for  # noqa: E402

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
CONFIG = ODN.replace("ssids=odn\n", "ssids=odn\nnm-connections=ODN dial-up\n") + """[server-set work]
provider=odn
identities=taro@work.example
smtp=smtp://127.0.0.1:9
smtp-tls=off
"""
WATCHER = ["org.kde.StatusNotifierWatcher", "/StatusNotifierWatcher"]


class Desktop(Play):
    TESTS = 11
    panel = None

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
        return agent_property("Override")

    def click(self, button, *keys):
        subprocess.run(["xdotool", "mousemove", "18", "580", "click", str(button)], check=True)
        time.sleep(1)  # a menu grabs the keyboard when it is drawn, and says so to nobody
        self.picture("menu")
        for key in keys:
            subprocess.run(["xdotool", "key", key], check=True)
            time.sleep(0.1)

    def choose_pause(self):
        """By its name on the bus: what the panel does with a click, without counting items."""
        number = re.search(r"\((\d+), \{[^}]*'label': <'Pause sending'>", self.menu())
        if number:
            call(f"org.kde.StatusNotifierItem-{self.agent.pid}-1", "/StatusNotifierItem/Menu",
                 "com.canonical.dbusmenu.Event", number[1], "clicked", "<''>", "0")
        return wait_for(lambda: "true" in agent_property("Paused"), 5)

    def choose_second_set(self):
        """Of the items that can be chosen: automatic, odn, work."""
        for _ in range(3):  # the panel may still have been drawing
            self.click(3, "Down", "Down", "Down", "Return")
            if wait_for(lambda: "work" in self.override(), 3):
                return True
            subprocess.run(["xdotool", "key", "Escape"], check=True)
        return False

    def play(self):
        self.submit("Lunch")
        self.start_panel()
        self.check("a panel that comes later has the icon", wait_for(self.item))
        self.check("it says that mail waits", wait_for(lambda: "waiting" in self.property("IconName")),
                   self.property("IconName"))
        wait_for(lambda: "boss@x.example" in self.menu())
        menu = self.menu()
        self.check("the menu has the held mail, and what can be done with it",
                   all(word in menu for word in ["Waiting mail (1)", "boss@x.example", "Try again", "Delete"]),
                   menu)
        self.check("all of it can be paused", self.choose_pause(), agent_property("Paused"))
        self.check("and the menu has the way back", wait_for(lambda: "Resume sending" in self.menu()), self.menu())
        call_agent("org.roampost.Agent1.Pause", "false")
        wait_for(lambda: "Pause sending" in self.menu())
        self.check("and the provider to connect to", "Connect to ODN" in menu, menu)
        self.check("no window is installed, and none is offered", "Show outbox" not in menu, menu)
        # Hosts that know an item don't all ask for it anew when the layout is another.
        monitor = subprocess.Popen(["gdbus", "monitor", "--session", "-d", f"org.kde.StatusNotifierItem-{self.agent.pid}-1"],
                                   stdout=open(self.home / "monitor.log", "w"))
        wait_for(lambda: "is owned by" in (self.home / "monitor.log").read_text())
        self.check("a set is chosen in the menu", self.choose_second_set(), self.override())
        radio = re.search(r"'label': <'work'>, 'toggle-type': <'radio'>, 'toggle-state': <1>", self.menu())
        self.check("and is marked there", radio, self.menu())
        chosen = r"ItemsPropertiesUpdated .*'label': <'work'>, 'toggle-type': <'radio'>, 'toggle-state': <1>"
        self.check("which is told of the item itself, too",
                   wait_for(lambda: re.search(chosen, (self.home / "monitor.log").read_text())),
                   (self.home / "monitor.log").read_text())
        monitor.terminate()
        monitor.wait()
        self.end_panel()
        self.start_panel()
        self.check("the panel's successor has the icon too", wait_for(self.item))
        self.picture("panel")
        self.end_panel()
        self.end_agent()


def prepare(home):
    panel = home / "config/xfce4/xfconf/xfce-perchannel-xml"
    panel.mkdir(parents=True)
    (panel / "xfce4-panel.xml").write_text(PANEL)
    os.environ["NO_AT_BRIDGE"] = "1"


if __name__ == "__main__":
    sys.exit(main(__file__, lambda: Desktop(*sys.argv[1:3], sys.argv[3] if len(sys.argv) > 3 else None), CONFIG,
                  needs=["xfce4-panel", "import"], more=prepare, services=["org.xfce.Xfconf"]))
