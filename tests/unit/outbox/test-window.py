#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The window of a real agent on an X server without a screen, read and driven as a screen reader does (AT-SPI):
held mail is in it with its reason, the button in it frees the mail, a server set is chosen, an agent that is
not there is said.

test-window.py WINDOW AGENT SENDMAIL [FOLDER FOR PICTURES]
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

NEEDS = ["Xvfb", "gdbus", "xdotool", "dbus-run-session",]
ICONS = Path(__file__).resolve().parents[3] / "data" / "icons"
CONFIG = """[agent]
notify=no
[provider odn]
name=ODN
ssids=odn
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
AGENT = ["org.roampost.Agent1", "/org/roampost/Agent1"]


def wait_for(what, seconds=20):
    """What it returns as soon as that is true: a window says to nobody that it is drawn."""
    until = time.monotonic() + seconds
    while True:
        got = what()
        if got or time.monotonic() > until:
            return got
        time.sleep(0.1)


def call(method, *args):
    return subprocess.run(["gdbus", "call", "--session", "-d", AGENT[0], "-o", AGENT[1], "-m", method, *args],
                          capture_output=True, text=True, timeout=20, check=False).stdout


class Reader:
    """What a screen reader sees of the window."""

    def __init__(self):
        import gi
        gi.require_version("Atspi", "2.0")
        from gi.repository import Atspi
        self.atspi = Atspi

    def nodes(self):
        desktop = self.atspi.get_desktop(0)
        todo = [desktop.get_child_at_index(i) for i in range(desktop.get_child_count())]
        while todo:
            node = todo.pop()
            if node is None:
                continue
            try:
                children = [node.get_child_at_index(i) for i in range(node.get_child_count())]
                yield node.get_role_name(), node.get_name() or "", node
            except Exception:  # it went while we looked
                continue
            todo += children

    def text(self):
        return "\n".join(name for _, name, _ in self.nodes() if name)

    def act(self, name):
        """Does what the first thing of this name that can do something does."""
        for _, own, node in self.nodes():
            if own == name and node.get_n_actions() > 0:
                return node.do_action(0)
        return False

    def press(self, name):
        return wait_for(lambda: self.act(name))


    def click(self, name):
        """With the mouse: GTK tells readers of no action of its check boxes. The window is in the corner."""
        for role, own, node in self.nodes():
            if own != name or role not in ("check box", "radio button"):
                continue
            box = node.get_extents(self.atspi.CoordType.WINDOW)
            if box.width <= 0:
                continue
            at = [str(box.x + box.width // 2), str(box.y + box.height // 2)]
            subprocess.run(["xdotool", "mousemove", *at, "click", "1"], check=True)
            return True
        return False


class Play:
    def __init__(self, window, agent, sendmail, pictures):
        self.home = Path(os.environ["HOME"])
        self.window, self.agent, self.sendmail, self.pictures = window, agent, sendmail, pictures
        self.n = 0

    def check(self, name, good, seen=""):
        self.n += 1
        shown = str(seen).replace("\n", " / ")[-600:]
        print(f"{'ok' if good else 'not ok'} {self.n} - {name}{'' if good else f' # {shown}'}", flush=True)

    def picture(self, name):
        if self.pictures:
            subprocess.run(["import", "-window", "root", f"{self.pictures}/{name}.png"], check=False)

    def submit(self, subject):
        mail = f"From: taro@work.example\nTo: boss@x.example\nSubject: {subject}\n\nx\n"
        subprocess.run([self.sendmail, "-f", "taro@work.example", "boss@x.example"], check=True,
                       input=mail.encode(), stdout=subprocess.DEVNULL)

    def ids(self):
        return re.findall(r"'id': <'(\w+)'>", call(f"{AGENT[0]}.List", "[]", "", "0"))

    def state(self):
        return call(f"{AGENT[0]}.List", "[]", "", "0")

    def play(self):
        print("1..8", flush=True)
        agent = subprocess.Popen([self.agent], stderr=open(self.home / "agent.log", "w"))
        subprocess.run(["gdbus", "wait", "--session", "-t", "20", AGENT[0]], check=True)
        self.submit("昼食 at noon")
        wait_for(lambda: "held" in self.state())
        call(f"{AGENT[0]}.Change", "hold", str(self.ids()), "{}")
        # The bus of what can be read is there before anybody looks for it: else there may be two.
        subprocess.run(["gdbus", "call", "--session", "-d", "org.a11y.Bus", "-o", "/org/a11y/bus", "-m",
                        "org.a11y.Bus.GetAddress"], check=True, stdout=subprocess.DEVNULL)
        window = subprocess.Popen([self.window], stderr=open(self.home / "window.log", "w"))
        reader = Reader()
        self.check("the message is there by its subject", wait_for(lambda: "昼食 at noon" in reader.text()),
                   reader.text())
        self.check("to whom, and why it waits",
                   wait_for(lambda: "To boss@x.example" in reader.text() and "hold" in reader.text()), reader.text())
        self.picture("window")
        pressed = reader.press("Release")
        self.check("a button lets it go", pressed and wait_for(lambda: "'user-hold': <true>" not in self.state()),
                   self.state())
        self.check("what else holds it is said then",
                   wait_for(lambda: "takes this mail only from inside ODN" in reader.text()), reader.text())
        call(f"{AGENT[0]}.Change", "delete", str(self.ids()), "{}")
        self.check("what is gone is gone from it", wait_for(lambda: "Nothing Waits" in reader.text()), reader.text())
        subprocess.run(["gdbus", "call", "--session", "-d", "org.roampost.Outbox", "-o",
                        "/org/roampost/Outbox/window/1", "-m", "org.gtk.Actions.Activate", "page", "[<'sets'>]",
                        "{}"], check=True, stdout=subprocess.DEVNULL)
        self.check("a server set is chosen",
                   wait_for(lambda: reader.click("work")) and
                   wait_for(lambda: "work" in call("org.freedesktop.DBus.Properties.Get", AGENT[0], "Override")),
                   reader.text())
        self.picture("sets")
        agent.terminate()
        agent.wait()
        self.check("an agent that is gone is said, with what to do",
                   wait_for(lambda: "systemctl --user start roampost" in reader.text()), reader.text())
        window.terminate()
        window.wait()
        log = (self.home / "window.log").read_text()
        self.check("the window has nothing to complain of", "CRITICAL" not in log, log)


def start_x():
    read, write = os.pipe()
    server = subprocess.Popen(["Xvfb", "-displayfd", str(write), "-screen", "0", "800x700x24", "-nolisten", "tcp"],
                              pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(write)
    with os.fdopen(read) as pipe:
        os.environ["DISPLAY"] = ":" + pipe.readline().strip()
    return server


def prepare(home):
    for kind in ["symbolic", "scalable"]:
        shutil.copytree(ICONS / kind, home / "data/icons/hicolor" / kind / "apps")
    (home / "roampost.conf").write_text(CONFIG)
    (home / "roampost.conf").chmod(0o600)
    (home / "state").mkdir(mode=0o700)
    os.environ |= {"HOME": str(home), "XDG_CONFIG_HOME": str(home / "config"), "XDG_DATA_HOME": str(home / "data"),
                   "XDG_RUNTIME_DIR": str(home), "XDG_CACHE_HOME": str(home / "cache"),
                   "ROAMPOST_CONFIG": str(home / "roampost.conf"), "ROAMPOST_STATE": str(home / "state"),
                   "GTK_A11Y": "atspi", "GSK_RENDERER": "cairo", "LIBGL_ALWAYS_SOFTWARE": "1",
                   "GSETTINGS_BACKEND": "memory", "LANG": "C.UTF-8",
                   "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={home}/none", "RP_WINDOW_INNER": "1"}
    os.environ.pop("NO_AT_BRIDGE", None)


def lacking():
    names = [tool for tool in NEEDS if not shutil.which(tool)]
    if not Path("/usr/share/dbus-1/services/org.a11y.Bus.service").exists():
        names.append("at-spi2-core")
    try:
        Reader()
    except (ImportError, ValueError):
        names.append("gir1.2-atspi-2.0")
    return names


def main():
    missing = lacking()
    if missing:
        print(f"1..0 # SKIP {', '.join(missing)} not installed")
        return 0
    if os.environ.get("RP_WINDOW_INNER"):
        Play(*sys.argv[1:4], sys.argv[4] if len(sys.argv) > 4 else None).play()
        return 0
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        home.chmod(0o700)
        prepare(home)
        server = start_x()
        status = subprocess.run(["timeout", "150", "dbus-run-session", "--", "/usr/bin/python3", __file__,
                                 *sys.argv[1:]], check=False).returncode
        server.terminate()
        server.wait()
        return status


if __name__ == "__main__":
    sys.exit(main())
