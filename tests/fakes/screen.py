# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A desktop for tests of what people see: an X server without a screen, a session bus, a home of its own with the
icons and a configuration, an agent that no network reaches. A test is a subclass of Play; main() runs it, again
inside of all that."""

import functools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import ownbus

NEEDS = ["gdbus", "dbus-run-session"]
NEEDS_X = ["Xvfb", "xdotool"]
ICONS = Path(__file__).resolve().parents[2] / "data" / "icons"
AGENT = ["org.roampost.Agent1", "/org/roampost/Agent1"]
INNER = "RP_SCREEN_INNER"
# A provider and its server set: mail of that is held where nobody is.
ODN = """[provider odn]
name=ODN
ssids=odn
[server-set odn]
provider=odn
identities=taro@odn.example
smtp=smtp://127.0.0.1:9
smtp-tls=off
"""
# What GTK 4 is to draw with, on a screen that is none.
GTK4 = {"GSK_RENDERER": "cairo", "LIBGL_ALWAYS_SOFTWARE": "1", "GSETTINGS_BACKEND": "memory"}


def wait_for(what, seconds=60):
    """What it returns as soon as that is true: who draws tells nobody that it is drawn."""
    until = time.monotonic() + seconds
    while True:
        got = what()
        if got or time.monotonic() > until:
            return got
        time.sleep(0.1)


def call(name, path, method, *args, seconds=60):
    return subprocess.run(["gdbus", "call", "--session", "-d", name, "-o", path, "-m", method, *args],
                          capture_output=True, text=True, timeout=seconds, check=False).stdout


def call_agent(method, *args):
    return call(*AGENT, method, *args)


def listed(limit=0):
    """What waits, the oldest first; 0: all."""
    return call_agent(f"{AGENT[0]}.List", "[]", "", str(limit))


def listed_ids(limit=0):
    return re.findall(r"'id': <'(\w+)'>", listed(limit))


def show_page(name):
    """Of the window."""
    call("org.roampost.Outbox", "/org/roampost/Outbox/window/1", "org.gtk.Actions.Activate", "page", f"[<'{name}'>]", "{}")


def agent_property(name):
    return call_agent("org.freedesktop.DBus.Properties.Get", AGENT[0], name)


class Play:
    """Plays the user. `pictures` is a folder for what is seen; NULL: nobody wants to see it."""

    TESTS = 0

    def __init__(self, agent, sendmail, pictures):
        self.home = Path(os.environ["HOME"])
        self.sendmail, self.pictures, self.n, self.all_good = sendmail, pictures, 0, True
        self.agent = self.start([agent], "agent.log")

    def start(self, command, log):
        return subprocess.Popen(command, stderr=open(self.home / log, "w"))

    def check(self, name, good, seen=""):
        self.n += 1
        self.all_good = self.all_good and good
        shown = str(seen).replace("\n", " / ")[-600:]
        print(f"{'ok' if good else 'not ok'} {self.n} - {name}{'' if good else f' # {shown}'}", flush=True)

    def picture(self, name, *geometry):
        if self.pictures:
            subprocess.run(["import", "-window", "root", *geometry, f"{self.pictures}/{name}.png"], check=False)

    def submit(self, subject, sender="taro@work.example", body="x"):
        mail = f"From: {sender}\nTo: boss@x.example\nSubject: {subject}\n\n{body}\n"
        subprocess.run([self.sendmail, "-f", sender, "boss@x.example"], check=True, input=mail.encode(),
                       stdout=subprocess.DEVNULL)

    def driver(self, program):
        """A notifier without an agent, and what tells it a line: at once, where an agent waits whether it lasts."""
        notifier = subprocess.Popen([program], stdin=subprocess.PIPE, text=True)
        return notifier, lambda line: print(line, file=notifier.stdin, flush=True)

    def end_driver(self, notifier):
        notifier.stdin.close()
        notifier.wait()

    def end_agent(self):
        self.agent.terminate()
        self.agent.wait()

    def show_logs(self):
        for log in sorted(self.home.glob("*.log")):
            print("".join(f"# {log.name}: {line}\n" for line in log.read_text().splitlines()[-20:]), flush=True)

    def run(self):
        print(f"1..{self.TESTS}", flush=True)
        subprocess.run(["gdbus", "wait", "--session", "-t", "60", AGENT[0]], check=True)
        try:
            self.play()
        finally:
            self.end_agent()
            if not self.all_good:
                self.show_logs()


@functools.cache
def servers():
    """They end with this process."""
    return subprocess.Popen([sys.executable, Path(__file__).parent / "smtp-server.py"], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, text=True)


def serve(**what):
    """As smtp-server.py is asked, and answers."""
    print(json.dumps(what), file=servers().stdin, flush=True)
    return json.loads(servers().stdout.readline())


def add_services(home, commands):
    """Names on the bus, and what it starts for them."""
    services = home / "data/dbus-1/services"
    services.mkdir(parents=True, exist_ok=True)
    for name, command in commands.items():
        (services / f"{name}.service").write_text(f"[D-BUS Service]\nName={name}\nExec={command}\n")


def add_work(home):
    """A server set that takes all mail."""
    with (home / "roampost.conf").open("a") as config:
        config.write("[server-set work]\nidentities=taro@work.example\nrelay=anywhere\n"
                     f"smtp=smtp://127.0.0.1:{serve()['port']}\nsmtp-tls=off\n")


def start_x(size):
    # A number of our own: the lowest free one may be of a server that is ending, and takes the socket with it.
    # -noreset: a server whose last client goes begins anew, and turns away who comes meanwhile.
    number = f":{100 + os.getpid() % 50000}"
    read, write = os.pipe()
    server = subprocess.Popen(["Xvfb", number, "-displayfd", str(write), "-screen", "0", f"{size}x24", "-noreset",
                               "-nolisten", "tcp"], pass_fds=[write], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    os.close(write)
    with os.fdopen(read) as pipe:
        os.environ["DISPLAY"] = ":" + pipe.readline().strip()
    return server


def prepare(home, config):
    home.chmod(0o700)
    for kind in ["symbolic", "scalable"]:
        shutil.copytree(ICONS / kind, home / "data/icons/hicolor" / kind / "apps")
    (home / "roampost.conf").write_text(config)
    (home / "roampost.conf").chmod(0o600)
    (home / "state").mkdir(mode=0o700)
    # No network of this machine's: mail is held, whatever it is attached to.
    os.environ |= {"HOME": str(home), "XDG_CONFIG_HOME": str(home / "config"), "XDG_DATA_HOME": str(home / "data"),
                   "XDG_RUNTIME_DIR": str(home), "XDG_CACHE_HOME": str(home / "cache"),
                   "ROAMPOST_CONFIG": str(home / "roampost.conf"), "ROAMPOST_STATE": str(home / "state"),
                   "LANG": "C.UTF-8", "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={home}/none", INNER: "1"}


def main(script, inner, config, needs=(), lacking=(), size="800x600", more=None, seconds=360, services=()):
    """The exit status of the test in the file `script`. `inner` makes the Play, of sys.argv; `more` prepares what
    else it needs in the home; `lacking` names what is missing beside programs. `size` None: no X server.
    `services` are those of the machine's that the bus may start, beside what add_services() has; None: all."""
    tools = [*NEEDS, *(NEEDS_X if size else ()), *needs]
    missing = [tool for tool in tools if not shutil.which(tool)] + list(lacking)
    if missing:
        print(f"1..0 # SKIP {', '.join(missing)} not installed")
        return 0
    if os.environ.get(INNER):
        inner().run()
        return 0
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder), config)
        if more:
            more(Path(folder))
        server = start_x(size) if size else None
        on_bus = ["dbus-run-session", "--"] if services is None else ownbus.session_with(f"{folder}/data", services)
        status = subprocess.run(["timeout", str(seconds), *on_bus, "/usr/bin/python3", script,
                                 *sys.argv[1:]], check=False).returncode
        if server:
            server.terminate()
            server.wait()
        return status
