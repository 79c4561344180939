#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Notifications by a real xfce4-notifyd, which the bus starts, on an X server without a screen: shown, replaced, gone
with their reason; and a real agent's of held mail, whose button frees it.

test-xfce-notifyd.py NOTIFY-LINES AGENT SENDMAIL [FOLDER FOR PICTURES]
"""

import glob
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "fakes"))
from reader import SERVICES, Reader, lacking, wake  # noqa: E402
from screen import ODN, Play, add_services, add_work, agent_property, call_agent, listed, main, wait_for  # noqa: E402

DAEMON = next(iter(glob.glob("/usr/lib/*/xfce4/notifyd/xfce4-notifyd")), None)
# A slow machine is to see them all.
STAYS = """<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-notifyd" version="1.0"><property name="expire-timeout" type="int" value="100"/></channel>
"""


class Desktop(Play):
    TESTS = 7

    def __init__(self, lines, *rest):
        super().__init__(*rest)
        self.lines = lines

    def bubbles(self):
        """Those on the screen: no window is left behind where one was replaced."""
        return subprocess.run(["xdotool", "search", "--onlyvisible", "--class", "xfce4-notifyd"], capture_output=True,
                              text=True, check=False).stdout.split()

    def shows(self, *words):
        return wait_for(lambda: all(word in self.reader.text() for word in words) and len(self.bubbles()) == 1)

    def seen(self):
        return f"{len(self.bubbles())} bubbles: {self.reader.text()}"

    def click(self, name):
        # As at-spi2 before 2.54, and since, calls it.
        return self.reader.click(name, roles=["push button", "button"], of="SCREEN")

    def play_lines(self):
        notifier, say = self.driver(self.lines)
        say("show Mail is waiting|To boss@x.example & <you>\\nTo free it: wait")
        self.check("a notice is on the screen", self.shows("Mail is waiting", "To boss@x.example & <you>"), self.seen())
        say("show Mail is waiting|To others")
        self.check("another text takes its place", self.shows("To others") and "boss" not in self.reader.text(),
                   self.seen())
        say("close")
        self.check("it goes with its reason", wait_for(lambda: not self.bubbles()), self.seen())
        self.end_driver(notifier)

    def play(self):
        wake()
        self.reader = Reader()
        self.play_lines()
        call_agent("org.roampost.Agent1.UseSet", "odn", "false")
        self.submit("Lunch & <more>")
        self.check("held mail is told of", self.shows("Mail is waiting", "To boss@x.example, “Lunch & <more>”"),
                   self.seen())
        self.picture("xfce-bubble")
        self.check("a click on its button is done", self.click("Let the place decide") and
                   wait_for(lambda: "odn" not in agent_property("Override")), self.seen())
        self.check("and the mail goes", wait_for(lambda: "boss@x.example" not in listed()), listed())
        self.check("which is told in its place", self.shows("Waiting mail has been sent") and
                   "Mail is waiting" not in self.reader.text(), self.seen())


def prepare(home):
    add_work(home)
    add_services(home, {"org.freedesktop.Notifications": DAEMON})
    os.environ |= {"GTK_MODULES": "gail:atk-bridge", "GSETTINGS_BACKEND": "memory"}
    os.environ.pop("NO_AT_BRIDGE", None)
    settings = home / "config/xfce4/xfconf/xfce-perchannel-xml"
    settings.mkdir(parents=True)
    (settings / "xfce4-notifyd.xml").write_text(STAYS)


def missing():
    if not DAEMON:
        yield "xfce4-notifyd"
    yield from lacking()


if __name__ == "__main__":
    sys.exit(main(__file__, lambda: Desktop(*sys.argv[1:4], sys.argv[4] if len(sys.argv) > 4 else None), ODN,
                  needs=["import"], lacking=missing(), more=prepare, services=[*SERVICES, "org.xfce.Xfconf"]))
