#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""GNOME's way, by a real gnome-shell without a screen (its own virtual monitor, Wayland): there is no tray, which is
no error; a click on the notification of held mail opens the window, which the bus starts; a button of it frees the
mail; what has lost its reason is gone from the list too. Clicks are those of a virtual mouse.

gnome-shell is hundreds of megabytes, so script/setup does not bring it: without it this test is skipped. With it
(apt-get install --no-install-recommends gnome-shell gjs): script/test outbox-gnome.

test-gnome.py WINDOW NOTIFY-LINES AGENT SENDMAIL [FOLDER FOR PICTURES]
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "fakes"))
from reader import Reader, lacking  # noqa: E402
import ownbus  # noqa: E402
from screen import (GTK4, ODN, Play, add_services, add_work, agent_property, call, call_agent, listed, main,  # noqa: E402
                    wait_for)

MONITOR = "1024x768"


def ask_shell(script):
    """What it is, as gnome-shell's own language has it."""
    try:
        answer = call("org.gnome.Shell", "/org/gnome/Shell", "org.gnome.Shell.Eval", script, seconds=5).strip()
    except subprocess.TimeoutExpired:
        return None
    if not answer.startswith("(true, "):
        return None
    text = answer[len("(true, '"):-len("')")].replace('\\\\', '\\').replace("\\'", "'")
    return json.loads(text) if text else True


class Gnome(Play):
    TESTS = 11

    def __init__(self, window, lines, *rest):
        self.lines = lines
        self.home = Path(os.environ["HOME"])
        self.started = []
        self.start_logind()
        self.start_shell()
        super().__init__(*rest)

    def start_logind(self):
        """gnome-shell does not start without one."""
        bus = os.environ["DBUS_SYSTEM_BUS_ADDRESS"]
        self.started.append(self.start([*ownbus.DAEMON, f"--address={bus}"], "system-bus.log"))
        wait_for((self.home / "none").exists)
        self.started.append(self.start([sys.executable, "-m", "dbusmock", "--template", "logind"], "logind.log"))
        subprocess.run(["gdbus", "wait", "--system", "-t", "20", "org.freedesktop.login1"], check=True)

    def start_shell(self):
        # Who is started by the bus is to be on its screen; it is nobody's guest.
        display = os.environ.pop("WAYLAND_DISPLAY")
        for _ in range(3):  # once in twenty times a child of it hangs before it becomes what it is to start
            self.shell = subprocess.Popen(["gnome-shell", "--headless", "--wayland", "--no-x11", "--unsafe-mode",
                                           "--wayland-display", display, "--virtual-monitor", MONITOR],
                                          stderr=open(self.home / "gnome-shell.log", "w"), start_new_session=True)
            if wait_for(lambda: ask_shell("Main.layoutManager._startingUp") is False, 20):
                break
            self.end_shell()
        ask_shell("Main.overview.hide()")
        # root is warned of itself.
        ask_shell("Main.messageTray.getSources().forEach(source => source.destroy())")

    def end_shell(self):
        os.killpg(self.shell.pid, signal.SIGKILL)
        self.shell.wait()

    def end(self):
        self.end_shell()
        for process in reversed(self.started):
            process.terminate()
            process.wait()

    def picture(self, name):
        if self.pictures:
            call("org.gnome.Shell.Screenshot", "/org/gnome/Shell/Screenshot", "org.gnome.Shell.Screenshot.Screenshot",
                 "false", "false", f"{self.pictures}/{name}.png")

    def bubble(self):
        """What is on the screen: not what slides in or out."""
        return ask_shell("const tray = Main.messageTray; tray._banner && tray._notificationState === 2 ?"
                         "[tray._notification.title, tray._notification.bannerBodyText].join(' / ') : ''") or ""

    def listed(self):
        """In the list of the clock's menu, too."""
        return ask_shell("Main.messageTray.getSources().flatMap(source => source.notifications.map(one => one.title))")

    def listed_bodies(self):
        return ask_shell("Main.messageTray.getSources().flatMap(source => source.notifications.map("
                         "one => one.bannerBodyText))")

    def click(self, where):
        """Into the middle of that actor; that it moves, or takes no clicks yet, is told to nobody."""
        return ask_shell(
            f"const actor = {where}; const [x, y] = actor.get_transformed_position();"
            "const [width, height] = actor.get_transformed_size();"
            "const {Clutter} = imports.gi;"
            "global.mouse ??= Clutter.get_default_backend().get_default_seat().create_virtual_device("
            "Clutter.InputDeviceType.POINTER_DEVICE);"
            "global.mouse.notify_absolute_motion(0, x + width / 2, y + height / 2);"
            "global.mouse.notify_button(0, Clutter.BUTTON_PRIMARY, Clutter.ButtonState.PRESSED);"
            "global.mouse.notify_button(0, Clutter.BUTTON_PRIMARY, Clutter.ButtonState.RELEASED);")

    def click_until(self, where, done):
        return wait_for(lambda: done() or (self.click(where) and wait_for(done, 1)))

    def focused(self):
        return ask_shell("global.display.focus_window?.title ?? ''")

    def offers(self):
        """The buttons, which the bubble has while the mouse is above it."""
        return ask_shell("Main.messageTray._updateNotificationTimeout(0); Main.messageTray._banner.expand(false);"
                         "Main.messageTray._banner._buttonBox?.get_children().map(button => button.label) ?? []") or []

    def play_lines(self):
        notifier, say = self.driver(self.lines)
        say("show Mail is waiting|To free it: wait")
        self.check("a notice is on the screen", wait_for(lambda: "wait" in self.bubble()), self.bubble())
        say("close")
        self.check("it goes with its reason, from the list too", wait_for(lambda: not self.listed()), self.listed())
        say("over Sent|once")
        wait_for(lambda: self.listed() == ["Sent"])
        say("over Sent|twice")
        self.check("what is over is there once", wait_for(lambda: self.listed_bodies() == ["twice"]), self.listed_bodies())
        self.end_driver(notifier)

    def play(self):
        self.play_lines()
        reader = Reader()
        call_agent("org.roampost.Agent1.UseSet", "odn", "false")
        self.submit("Lunch")
        self.check("held mail is told of", wait_for(lambda: "“Lunch”" in self.bubble()), self.bubble())
        self.picture("gnome-bubble")
        self.click_until("Main.messageTray._banner", lambda: not self.bubble())
        self.check("a click on it opens the window, which has the focus",
                   wait_for(lambda: self.focused() == "Inside no provider"), self.focused())
        self.check("with the mail in it", wait_for(lambda: "To boss@x.example" in reader.text()), reader.text())
        self.picture("gnome-window")
        self.submit("Dinner")
        self.check("another text is told of", wait_for(lambda: "and others" in self.bubble()), self.bubble())
        offers = self.offers()
        self.check("with buttons", offers == ["Let the place decide", "Show outbox"], offers)
        self.picture("gnome-buttons")
        self.check("a click on one is done", self.click_until(
            "Main.messageTray._banner._buttonBox.get_child_at_index(0)",
            lambda: "odn" not in agent_property("Override")), self.bubble())
        self.check("and the mail goes", wait_for(lambda: "boss@x.example" not in listed()), listed())
        log = (self.home / "agent.log").read_text()
        self.check("that there is no tray is no matter", "StatusNotifier" not in log and "WARNING" not in log, log)

    def show_logs(self):
        super().show_logs()
        self.picture("gnome-failed")

    def run(self):
        try:
            super().run()
        finally:
            self.end()


def prepare(home):
    add_work(home)
    add_services(home, {"org.roampost.Outbox": f"{Path(sys.argv[1]).resolve()} --gapplication-service",
                        "org.freedesktop.portal.Documents": "/bin/false"})  # it would mount something
    os.environ |= {**GTK4, "WAYLAND_DISPLAY": "wayland-roampost", "GTK_A11Y": "atspi"}
    for name in ("DISPLAY", "NO_AT_BRIDGE"):
        os.environ.pop(name, None)


if __name__ == "__main__":
    sys.exit(main(__file__, lambda: Gnome(*sys.argv[1:5], sys.argv[5] if len(sys.argv) > 5 else None), ODN,
                  needs=["gnome-shell", "gjs"], lacking=lacking(), size=None, more=prepare,
                  services=None))  # GNOME is made of services
