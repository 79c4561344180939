#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`roampost watch` on real terminals (tmux) of several sizes, at an agent whose words are written here.
test-watch.py ROAMPOST; runs itself again in dbus-run-session."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unicodedata

UNIT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [UNIT, os.path.join(UNIT, "../fakes")]
import checks  # noqa: E402
import ownbus  # noqa: E402
from checks import check  # noqa: E402

roampost = os.path.abspath(sys.argv[1])
for program in ("dbus-run-session", "tmux"):
    if not shutil.which(program):
        print(f"1..0 # SKIP {program} is not installed")
        sys.exit(0)
try:
    import dbus
    import dbus.mainloop.glib
    import dbus.service
    from gi.repository import GLib
except ImportError as error:
    print(f"1..0 # SKIP {error}")
    sys.exit(0)
if "RP_TEST_DIR" not in os.environ:
    with tempfile.TemporaryDirectory() as directory:
        environment = dict(os.environ, RP_TEST_DIR=directory, ROAMPOST_STATE=directory + "/state",
                           LC_ALL="C.UTF-8", TMUX_TMPDIR=directory)
        environment.pop("NO_COLOR", None)
        environment.pop("TMUX", None)
        sys.exit(subprocess.run(["timeout", "300", *ownbus.SESSION, sys.executable] + sys.argv,
                                env=environment).returncode)

NAME, PATH, INTERFACE = "org.roampost.Agent1", "/org/roampost/Agent1", "org.roampost.Agent1"


def message(id, subject, state="held", reason="", n=1, **more):
    recipients = [{"address": f"hanako{i}@example.net", "state": state, "reply": "",
                   "reasons": dbus.Array([{"set": "odn", "reason": "outside", "text": reason}] if reason and not i
                                         else [], "a{sv}")} for i in range(n)]
    return dbus.Dictionary({"id": id, "state": state, "subject": subject,
                            "recipients": dbus.Array(recipients, "a{sv}"), **more}, "sv")


class Agent(dbus.service.Object):
    def __init__(self):
        self.messages, self.watched, self.lists = [], [], 0
        self.properties = {
            "Version": "0", "CurrentSet": "odn", "Override": "auto", "Paused": False,
            "Place": dbus.Dictionary({"state": "online", "inside": ["odn"]}, "sv"),
            "Counts": dbus.Dictionary({"held": dbus.UInt32(2), "queued": dbus.UInt32(0)}, "su"),
            "Active": dbus.Array([], "a{sv}"), "Problems": dbus.Array([], "a{sv}"),
            "Sets": dbus.Array([], "a{sv}"),
        }
        self.name = dbus.service.BusName(NAME, bus)
        super().__init__(bus, PATH)

    @dbus.service.method(dbus.PROPERTIES_IFACE, "s", "a{sv}")
    def GetAll(self, interface):
        return self.properties

    @dbus.service.method(dbus.PROPERTIES_IFACE, "ss", "v")
    def Get(self, interface, name):
        return self.properties[name]

    @dbus.service.method(INTERFACE, "b", "")
    def Watch(self, watch):
        self.watched.append(bool(watch))

    @dbus.service.method(INTERFACE, "assu", "aa{sv}")
    def List(self, states, after, limit):
        self.lists += 1
        return dbus.Array([m for m in self.messages if m["state"] in states], "a{sv}")

    @dbus.service.signal(dbus.PROPERTIES_IFACE, "sa{sv}as")
    def PropertiesChanged(self, interface, changed, invalidated):
        pass

    @dbus.service.signal(INTERFACE, "aa{sv}ast")
    def MessagesChanged(self, changed, removed, revision):
        pass

    @dbus.service.signal(INTERFACE, "ss")
    def MessageSent(self, id, through):
        pass

    @dbus.service.signal(INTERFACE, "sss")
    def MessageHeld(self, id, reason, text):
        pass

    def tell(self, **changed):
        self.properties.update(changed)
        self.PropertiesChanged(INTERFACE, dbus.Dictionary(changed, "sv"), dbus.Array([], "s"))

    def list_anew(self, messages):
        self.messages = messages
        self.MessagesChanged(dbus.Array([], "a{sv}"), dbus.Array([], "s"), dbus.UInt64(1))

    def active(self, *rows):
        self.tell(Active=dbus.Array([
            {"id": id, "set": "odn", "stage": stage, "done": dbus.UInt64(done), "total": dbus.UInt64(total)}
            for id, stage, done, total in rows], "a{sv}"))


# ---- terminals ----

def tmux(*words):
    return subprocess.run(["tmux", "-L", "watch", "-f", "/dev/null", *words], stdout=subprocess.PIPE,
                          text=True, check=True).stdout


def columns(line):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


class Terminal:
    """A shell, and the command in it, so that what is left behind is seen."""

    def __init__(self, name, width, height, command):
        self.name = name
        tmux("new-session", "-d", "-s", name, "-x", str(width), "-y", str(height), "env PS1='$ ' sh")
        # its status line would take a row
        tmux("set-option", "-t", name, "status", "off")
        tmux("resize-window", "-t", name, "-x", str(width), "-y", str(height))
        self.keys(command, "Enter")

    def keys(self, *keys):
        tmux("send-keys", "-t", self.name, *keys)

    def screen(self):
        return tmux("capture-pane", "-p", "-t", self.name)

    def is_other_screen(self):
        return tmux("display", "-p", "-t", self.name, "#{alternate_on}#{cursor_flag}").strip()

    def until(self, *wanted, gone=(), seconds=60):
        """The screen as soon as it has all these, and none of those."""
        end = time.monotonic() + seconds
        while True:
            for _ in range(20):
                context.iteration(False)
            screen = self.screen()
            if all(re.search(w, screen, re.M) for w in wanted) and not any(re.search(g, screen, re.M) for g in gone):
                return screen
            if time.monotonic() > end:
                print("# " + screen.replace("\n", "\n# "))
                raise SystemExit(f"not ok {checks.number + 1} - {self.name}: no {wanted}, or {gone}")
            time.sleep(0.02)


dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
bus = dbus.SessionBus()
context = GLib.MainContext.default()
agent = Agent()
OUTSIDE = "ODN takes mail from inside ODN alone, and this place is inside So-net."
agent.messages = [message("m1", "昼ごはん、一緒にどうですか。駅の前の店がいいと思います", reason=OUTSIDE),
                  message("m2", "Reports", reason=OUTSIDE, n=3),
                  message("m3", "Slides \x1b[2J", "sending")]
# Of a line that was typed before it came nothing else stands behind it.
PROMPT = r"^\$( |$)"
SIZES = {"small": (40, 12), "usual": (80, 24), "large": (200, 50)}
terminals = {name: Terminal(name, *size, f"{roampost} watch") for name, size in SIZES.items()}

# ---- at rest ----
for name, (width, height) in SIZES.items():
    terminal = terminals[name]
    screen = terminal.until(r"inside odn", "“昼ごはん", "“Reports” to hanako0")
    lines = screen.split("\n")
    check(f"{name}: no line is too wide", [l for l in lines if columns(l) > width], [])
    check(f"{name}: the other screen, without a cursor", terminal.is_other_screen(), "10")
    check(f"{name}: set and queue", [w for w in (r"^Server set  odn, chosen autom", r"^Queue       2 held", r"q ends")
                                     if not re.search(w, screen, re.M)], [])
    check(f"{name}: reasons", "ODN takes mail from inside ODN" in screen, True)
check("headings where there is room", ["WAITING" in terminals[n].screen() for n in SIZES], [False, True, True])
check("it asked to be told how far things are", agent.watched, [True] * 3)

# Wide characters: columns stand where they should.
large = terminals["large"].screen().split("\n")
rows = [l for l in large if l.startswith("held")]
check("columns are aligned", len({columns(l[:l.index("ODN takes")]) for l in rows}), 1)
check("and the reason has room", all(l.endswith("inside So-net.") for l in rows), True)

# ---- under way ----
agent.active(("m3", "content", 1_000_000, 5_000_000))
for name in SIZES:
    terminals[name].until(r"Slides", r"\[#+\.+\] 1\.0.MB of 5\.0.MB" if name != "small" else r"20% of 5\.0.MB")
check("what a subject brings does nothing", "x1b[2J" in terminals["large"].screen(), True)
began = time.monotonic()
for done in range(1, 9):
    agent.active(("m3", "content", 1_000_000 + done * 50_000, 5_000_000))
    while time.monotonic() < began + done * 0.25:
        context.iteration(False)
        time.sleep(0.01)
screen = terminals["usual"].until(r"1\.4.MB of 5\.0.MB, [0-9.]+.kB/s, \d+ s left")
rate = float(re.search(r"([0-9.]+).kB/s", screen)[1])
check("the rate is what it was", 120 < rate < 240, True)

# `status` measures as well, for a moment: the agent tells how far it is to who asked for that.
agent.watched.clear()
done = 2_000_000
with subprocess.Popen([roampost, "status"], stdout=subprocess.PIPE, text=True) as status:
    while status.poll() is None:
        for _ in range(20):
            context.iteration(False)
        if agent.watched:
            done += 2_000
            agent.active(("m3", "content", done, 5_000_000))
        time.sleep(0.02)
    out = status.stdout.read()
check("status", (agent.watched, bool(re.search(
    r"^Sending     m3 through odn: 2\.[0-9].MB of 5\.0.MB, [0-9.]+.kB/s,\s+\d+ (s|min) left$", out, re.M)) or out), ([True], True))
agent.active(("m3", "answer", 5_000_000, 5_000_000))
terminals["usual"].until("the server is to answer")
agent.messages = agent.messages[:2]
agent.active()
agent.MessageSent("m3", "odn")
for name in SIZES:
    terminals[name].until(r"^\d\d:\d\d:\d\d +“Slides .*sent" if name != "small" else r"“Slides")

# ---- another size ----
tmux("resize-window", "-t", "small", "-x", "120", "-y", "30")
wide = terminals["small"].until(r"^held +“Reports” to hanako0@example.net and 2 more +ODN takes mail")
tmux("resize-window", "-t", "small", "-x", "40", "-y", "12")
narrow = terminals["small"].until(r"^  ODN takes mail from inside")
check("the size is followed", [l for l in narrow.split("\n") if columns(l) > 40], [])
agent.list_anew([message(f"q{i}", f"Mail {i}", reason=OUTSIDE) for i in range(100)])
agent.tell(Counts=dbus.Dictionary({"held": dbus.UInt32(100)}, "su"))
screen = terminals["usual"].until(r"and 9\d more", "100 held")
check("no more than there is room for", len(screen.rstrip("\n").split("\n")) <= 24, True)
check("what waits has the lines that nothing happened in",
      [len(terminals[name].until(r"and \d+ more$").rstrip().split("\n")) for name in ("small", "usual")], [12, 24])
check("the number of the rest stands as the rest does",
      bool(re.search(r"^  and \d+ more$", terminals["small"].screen(), re.M)), True)
lists = agent.lists
for i in range(100):
    agent.list_anew([])
terminals["usual"].until(gone=["Mail"])
check("a burst is one reading or two", agent.lists - lists <= 3 * 2 * 4, True)

# ---- the agent goes, and comes back ----
agent.remove_from_connection()
del agent.name
bus.release_name(NAME)
terminals["usual"].until(r"^Agent +has gone away")
agent = Agent()
agent.tell(CurrentSet="sonet")
terminals["usual"].until("sonet, chosen", gone=["has gone away: mail waits"])
check("it asks the new one to be told", agent.watched[:1], [True])

# ---- the end ----
check("still the other screen", terminals["usual"].is_other_screen(), "10")
terminals["usual"].keys("q")
screen = terminals["usual"].until(PROMPT, gone=["Server set"])
check("q: the shell is back as it was", terminals["usual"].is_other_screen(), "01")
terminals["usual"].keys("echo status $? raw $(stty -a | grep -c -e '-ic[a]non')", "Enter")
terminals["usual"].until(r"status 0 raw 0$")
terminals["large"].keys("C-c")
terminals["large"].until(PROMPT, gone=["Server set"])
terminals["large"].keys("echo status $?", "Enter")
terminals["large"].until(r"status 130$")
check("Ctrl-C: too", terminals["large"].is_other_screen(), "01")
terminals["small"].keys("C-z")
terminals["small"].until(PROMPT, gone=["Server set"])
check("Ctrl-Z: too", terminals["small"].is_other_screen(), "01")
terminals["small"].keys("fg", "Enter")
terminals["small"].until("Server set")
check("and it goes on", terminals["small"].is_other_screen(), "10")
terminals["small"].keys("q")
terminals["small"].until(PROMPT, gone=["Server set"])

# ---- no terminal, or none that can be drawn on ----
for name, command in (("lines", f"{roampost} watch --lines"), ("dumb", f"TERM=dumb {roampost} watch")):
    terminal = Terminal(name, 80, 24, command)
    terminal.until("Server set +sonet")
    agent.MessageSent("m9", "sonet")
    terminal.until(r"^\d\d:\d\d:\d\d  m9 sent through sonet$")
    check(f"{name}: it is the shell's screen", terminal.is_other_screen(), "01")
tmux("kill-server")
checks.done()
