#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The window as narrow as a phone (360 pixels, on an X server that is no wider), with long names, in English and
Japanese: no page and no dialogue needs more, so that nothing is cut and nothing is scrolled sideways.

test-narrow.py WINDOW AGENT SENDMAIL LOCALE-DIR [FOLDER FOR PICTURES]
"""

import os
import subprocess
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[2] / "fakes"), str(Path(__file__).resolve().parents[1] / "po")]
import languages  # noqa: E402
from reader import SERVICES, Reader, lacking, wake  # noqa: E402
from screen import GTK4, Play, call, listed, main, show_page, wait_for  # noqa: E402

WIDTH, HEIGHT = 360, 720
# What is not laid out has any width in GTK 4.18.
UNREAL = 100000
OUTBOX, WINDOW = "org.roampost.Outbox", "/org/roampost/Outbox/window"
CONFIG = """[agent]
notify=no
[provider a-provider-with-a-long-name]
name=オープンデータネットワーク
ssids=odn
nm-connections=ODN dial-up
[server-set a-set-with-a-long-name-for-the-office]
provider=a-provider-with-a-long-name
identities=taro.yamada.of-the-second-office@a-domain-with-a-long-name.example
smtp=smtp://127.0.0.1:9
smtp-tls=off
smtp-user=taro
smtp-password=x
[server-set odn]
provider=a-provider-with-a-long-name
identities=taro@odn.example
smtp=smtp://127.0.0.1:9
smtp-tls=off
"""
LONG = "taro.yamada.of-the-second-office@a-domain-with-a-long-name.example"
SUBJECT = "To the whole office: what we have talked about at the meeting of the second of March"
PAGES = ("outbox", "sets", "history")
WORDS = {"en": {"again": "Try again", "delete": "Delete"},
         "ja": {"again": "再試行", "delete": "削除"}}
# In the place of `roampost setup`, which would look for the servers of an address.
SETUP = """#!/bin/sh
echo '{"kind": "note", "text": "Looking for the servers of '"$0"' at a-domain-with-a-very-long-name-of-its-own.example"}'
echo '{"kind": "failure", "text": "no server was found for a-domain-with-a-very-long-name-of-its-own.example: --smtp"}'
exit 1
"""


class Narrow(Play):
    TESTS = 14

    def __init__(self, window, locales, *rest):
        super().__init__(*rest)
        self.window, self.locales = window, locales

    @staticmethod
    def tells_places(node):
        """Since GTK 4.16 a node's place is told within its parent, less its padding: how wide it is stays to be seen."""
        return tuple(map(int, (node.get_application().get_toolkit_version() or "0.0").split(".")[:2])) < (4, 16)

    def wide(self):
        """What is shown beyond the edges, by what a screen reader is told."""
        atspi = self.reader.atspi
        found = []
        for role, name, node in self.reader.nodes():
            states = node.get_state_set()
            if not all(states.contains(state) for state in (atspi.StateType.VISIBLE, atspi.StateType.SHOWING)):
                continue
            box = node.get_extents(atspi.CoordType.WINDOW)
            left = box.x if self.tells_places(node) else 0
            if 0 < box.width < UNREAL and (left < 0 or left + box.width > WIDTH):
                found.append((role, name, box.x, box.width))
        return found

    def width(self, words):
        return max((node.get_extents(self.reader.atspi.CoordType.WINDOW).width
                    for role, name, node in self.reader.nodes() if role == "label" and name == words), default=0)

    def fits(self, what):
        wait_for(lambda: not self.wide(), 5)
        wide = self.wide()
        self.check(f"{self.language}: {what}", not wide, wide)
        self.picture(f"narrow-{self.language}-{what.replace(' ', '-')}")

    def narrow(self):
        """There is no window manager that would."""
        subprocess.run(["xdotool", "mousemove", str(WIDTH - 1), str(HEIGHT - 1), "search", "--sync", "--onlyvisible",
                        "--class", "outbox", "windowsize", "%@", str(WIDTH), str(HEIGHT)], check=False,
                       stderr=subprocess.DEVNULL)

    def dialogs(self):
        words = WORDS[self.language]
        show_page("outbox")
        wait_for(lambda: self.reader.click(SUBJECT, ["list item"]) and wait_for(lambda: self.reader.is_active(SUBJECT), 3))
        self.fits("explanation")
        self.key("Escape")
        self.reader.press(words["delete"])
        wait_for(lambda: self.n_windows() > 1)
        self.fits("deletion")
        self.key("Escape")
        call(OUTBOX, f"{WINDOW}/1", "org.gtk.Actions.Activate", "add-account", "[]", "{}")
        wait_for(lambda: self.n_windows() > 1)
        self.key("x", "Return")
        wait_for(lambda: self.reader.has("--smtp"))
        self.fits("account")
        self.key("Escape")

    def key(self, *keys):
        """To the window that is on top: there is no window manager that would give it the focus."""
        last = self.windows()[-1]
        subprocess.run(["xdotool", "windowfocus", "--sync", last, "key", *keys], check=True)
        if keys == ("Escape",):
            wait_for(lambda: self.n_windows() == 1)

    def windows(self):
        return subprocess.run(["xdotool", "search", "--onlyvisible", "--class", "outbox"], capture_output=True, text=True,
                              check=False).stdout.split()

    def n_windows(self):
        return len(self.windows())

    def look(self, language):
        self.language = language
        environment = languages.environment(str(self.home), self.locales, language)
        with open(self.home / f"window-{language}.log", "w") as log:
            window = subprocess.Popen([self.window], env=environment, stderr=log)
        wait_for(lambda: self.reader.has(SUBJECT) and self.reader.has(WORDS[language]["again"]))
        for page in PAGES:
            show_page(page)
            self.narrow()
            self.fits(page)
            if page == "outbox":
                self.check(f"{language}: a message's words have its row's width",
                           wait_for(lambda: self.width(SUBJECT) > WIDTH - 80), self.width(SUBJECT))
        self.dialogs()
        window.terminate()
        window.wait()

    def play(self):
        wake()
        self.reader = Reader()
        self.submit(SUBJECT, LONG)
        self.submit("昼ごはん、一緒にどうですか。駅の前の新しい店がいいと思いますが、ほかでもかまいません", "taro@odn.example")
        wait_for(lambda: listed().count("'held'") == 2)
        for language in ("en", "ja"):
            self.look(language)


def prepare(home):
    languages.make_locale(str(home))
    program = home / "bin" / "roampost"
    program.parent.mkdir()
    program.write_text(SETUP)
    program.chmod(0o700)
    os.environ["PATH"] = f"{home}/bin:{os.environ['PATH']}"
    os.environ |= {**languages.environment(str(home), sys.argv[4], "en"), **GTK4, "GTK_A11Y": "atspi"}
    os.environ.pop("NO_AT_BRIDGE", None)


if __name__ == "__main__":
    sys.exit(main(__file__, lambda: Narrow(sys.argv[1], sys.argv[4], *sys.argv[2:4], sys.argv[5] if len(sys.argv) > 5 else None),
                  CONFIG, needs=["import"], lacking=lacking(), size=f"{WIDTH}x{HEIGHT}", more=prepare, seconds=840,
                  services=SERVICES))
