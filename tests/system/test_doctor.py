#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`roampost doctor`: every line's remedy is tried as it is printed.

Everything happens on a machine of its own: the real one's files below a layer that is thrown away, with a bus,
a Postfix and what else a case wants. There sudo is whoever is root already."""

import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import time

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "unit"), str(HERE.parent / "fakes")]
import ownbus  # noqa: E402
from cases import Skip, equal, main, test  # noqa: E402

BUILD, SOURCE = os.environ["ROAMPOST_BUILD"], os.environ["ROAMPOST_SOURCE"]
ROOM = "/tmp/roampost-doctor"
HOME = ROOM + "/home"
CONFIG = HOME + "/.config/roampost/roampost.conf"
STATE = HOME + "/.local/state/roampost"
PATH = ROOM + "/bin:" + os.environ["PATH"] + ":/usr/sbin:/sbin"

# Only what a case is about is not as it should be.
SOUND = """
[server-set odn]
identities=taro@odn.example
relay=anywhere
smtp=smtp://127.0.0.1:{port}
smtp-tls=off
"""


# ---- the machine ----

def enter():
    """Starts this program again on the machine that is thrown away."""
    script = """
        set -e
        mkdir -p {room}; mount -t tmpfs none {room}; mkdir {room}/upper {room}/work {room}/root
        mount -t overlay none -o lowerdir=/,upperdir={room}/upper,workdir={room}/work {room}/root
        cd {room}/root
        mount --rbind /dev dev; mount --rbind /proc proc; mount --rbind /sys sys
        mount -t tmpfs none run; mount -t tmpfs none tmp; mkdir tmp/old
        for dir in {kept}; do mkdir -p ."$dir"; mount --rbind "$dir" ."$dir"; done
        pivot_root . tmp/old; umount -l /tmp/old
        ip link set lo up
        exec "$@"
    """.format(room=ROOM, kept=" ".join((BUILD, SOURCE)))
    words = ["unshare", "--map-root-user"] if os.geteuid() else ["unshare"]
    os.execvp(words[0], words + ["--mount", "--net", "--pid", "--fork", "--mount-proc", "--kill-child", "--propagation",
                                 "private", "sh", "-c", script, "enter", "env", "DOCTOR_INSIDE=1", sys.executable,
                                 str(HERE / "test_doctor.py"), *sys.argv[1:]])


def possible():
    probe = subprocess.run(["unshare", *(["--map-root-user"] if os.geteuid() else []), "--mount", "--net", "sh", "-c",
                            "mkdir -p /tmp/rp-probe && mount -t tmpfs none /tmp/rp-probe && cd /tmp/rp-probe && "
                            "mkdir u w r && mount -t overlay none -o lowerdir=/,upperdir=u,workdir=w r"],
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return "" if probe.returncode == 0 else probe.stdout.strip()


def write(path, text, mode=0o600):
    pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
    pathlib.Path(path).write_text(text)
    os.chmod(path, mode)


def program(name):
    return next(str(p) for p in pathlib.Path(BUILD, "src").glob("*/" + name) if os.access(p, os.X_OK))


STARTED = []


def start(words, **more):
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more)
    STARTED.append(process)
    return process


def wait_for(what, condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("not in time: " + what)
        time.sleep(0.02)


class Machine:
    """A home, and what a case adds. What runs, runs until the case is over."""

    def __enter__(self):
        shutil.rmtree(ROOM, ignore_errors=True)
        os.makedirs(HOME, 0o700)
        os.makedirs(ROOM + "/bin")
        write(ROOM + "/bin/sudo", '#!/bin/sh\nexec "$@"\n', 0o755)
        for name in ("roampost", "roampostd", "roampost-sendmail"):
            os.symlink(program(name), f"{ROOM}/bin/{name}")
        self.env = {"HOME": HOME, "PATH": PATH, "LC_ALL": "C.UTF-8", "XDG_CONFIG_HOME": HOME + "/.config",
                    "ROAMPOST_STATE": STATE, "ROAMPOST_SYSCONF": "/etc/roampost", "ROAMPOST_LINKS": "kernel", "SHELL": "/bin/sh",
                    "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={ROOM}/system", "ASAN_OPTIONS": "detect_leaks=0",
                    "DBUS_SESSION_BUS_ADDRESS": f"unix:path={ROOM}/session"}
        return self

    def __exit__(self, *why):
        while STARTED:
            STARTED[-1].kill()
            STARTED.pop().wait()
        subprocess.run(["pkill", "-9", "-x", "roampostd"], check=False)  # of this PID namespace: there are no others

    def bus(self, name):
        start([*ownbus.DAEMON, f"--address=unix:path={ROOM}/{name}"], env=self.env)
        wait_for("the bus", lambda: os.path.exists(f"{ROOM}/{name}"))

    def mock(self, name, properties, methods=()):
        """What is on the system bus by this name: dbusmock's object with boolean properties, and methods."""
        path = "/" + name.replace(".", "/")
        start([sys.executable, "-m", "dbusmock", "--system", name, path, name], env=self.env)
        self.run(f"gdbus wait --system --timeout 20 {name}")
        call = f"gdbus call --system --dest {name} --object-path {path} --method org.freedesktop.DBus.Mock."
        for key, value in properties.items():
            self.said(f"{call}AddProperty {name} {key} '<{str(value).lower()}>'")
        for method, signature, code in methods:
            self.said(f"{call}AddMethod {name} {method} {signature} '' \"{code}\"")

    def said(self, command):
        done = self.run(command)
        equal(done.returncode, 0, command + "\n" + done.stdout)

    def server(self, script, program=None):
        """A server of SMTP that says these lines, one for each line that comes; its port."""
        done = subprocess.Popen([sys.executable, "-c", program or SERVER, script], stdout=subprocess.PIPE, text=True, env=self.env)
        STARTED.append(done)
        return int(done.stdout.readline())

    def configure(self, text):
        write(CONFIG, text)

    # Root may read and write whatever its mode is; this root is held to it, as a user is.
    BARE = ["setpriv", "--inh-caps=-all", "--bounding-set=-all"]
    USER = ["setpriv", "--reuid=4711", "--regid=4711", "--clear-groups"]
    as_whom = ()

    def doctor(self):
        """Its findings, by check or subject; and its status fits them."""
        done = subprocess.run([*self.as_whom, "roampost", "doctor", "--json"], env=self.env, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=60)
        if not done.stdout:
            raise AssertionError(f"status {done.returncode}: {done.stderr}")
        said = json.loads(done.stdout)
        verdicts = [finding["verdict"] for finding in said["findings"]]
        equal(done.returncode, 1 if "bad" in verdicts else 0, done.stdout + done.stderr)
        self.findings = said["findings"]
        return self

    def find(self, name):
        """The worst finding of this name."""
        found = [f for f in self.findings if name in (f["check"], f["subject"])]
        order = ["good", "warning", "bad"]
        return max(found, key=lambda finding: order.index(finding["verdict"]))

    def run(self, command, **more):
        return subprocess.run(["bash", "-c", command], env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=60, **more)

    def mends(self, name, verdict, text, **more):
        """The finding is this; its remedy, run as it is, makes it a good one."""
        found = self.doctor().find(name)
        if found["verdict"] != verdict or text not in found["text"]:
            raise AssertionError(f"{name}: {found}")
        done = self.run(found["remedy"], **more)
        equal(done.returncode, 0, f"{found['remedy']}\n{done.stdout}")
        wait_for(f"{name} is good: {self.find(name)}", lambda: self.doctor().find(name)["verdict"] == "good")

    def shows(self, name, verdict, text, shown):
        """Its remedy shows what has to be mended."""
        found = self.doctor().find(name)
        if found["verdict"] != verdict or text not in found["text"]:
            raise AssertionError(f"{name}: {found}")
        output = self.run(found["remedy"]).stdout
        if not re.search(shown, output):
            raise AssertionError(f"{found['remedy']}:\n{output}\nwant {shown}")


SERVER = r"""
import os, socket, sys, threading
lines = dict(pair.replace("|", "\r\n").split("=", 1) for pair in sys.argv[1].split(";") if pair)
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
def answer(verb): # @FILE: what is in it, as long as it is there
    # @FILE: what is in it, as long as it is there
    said = lines.get(verb, "354 go on" if verb == "DATA" else "250 ok")
    if said[0] != "@": return said
    return open(said[1:]).read() if os.path.exists(said[1:]) else "250 ok"
def serve(peer):
    stream = peer.makefile("rw", newline="\r\n")
    def say(text):
        stream.write(text + "\r\n"); stream.flush()
    say(lines.get("greeting", "220 mail.odn.example ESMTP"))
    for line in stream:
        verb = line.split()[0].upper() if line.split() else ""
        if verb == "EHLO": say(lines.get("EHLO", "250 mail.odn.example"))
        else: say(answer(verb))
        if verb == "DATA":
            while stream.readline() not in (".\r\n", ""): pass
            say("250 taken")
        if verb == "QUIT": break
    peer.close()
while True:
    peer, _ = listener.accept()
    threading.Thread(target=serve, args=(peer,), daemon=True).start()
"""


def sound(machine):
    return SOUND.format(port=machine.server(""))


# ---- the cases ----

@test
def it_needs_nothing_and_changes_nothing():
    with Machine() as machine:
        before = sorted(str(path) for path in pathlib.Path(HOME).rglob("*"))
        machine.doctor()
        equal(machine.find("configuration")["remedy"], "roampost setup")
        equal(machine.find("agent")["verdict"], "bad")
        equal(machine.find("session bus")["verdict"], "warning")
        equal(machine.find("queue")["text"], "there is none yet")
        equal(sorted(str(path) for path in pathlib.Path(HOME).rglob("*")), before)
        page = subprocess.run(["roampost", "doctor"], env=machine.env, stdout=subprocess.PIPE, text=True)
        equal(page.returncode, 1)
        for finding in machine.findings:
            if finding["remedy"] and finding["remedy"] not in page.stdout:
                raise AssertionError(f"not on the page, or cut: {finding['remedy']}\n{page.stdout}")


@test
def the_agent_is_started_where_there_is_no_systemd():
    with Machine() as machine:
        machine.bus("session")
        machine.configure(sound(machine))
        machine.mends("agent", "bad", "none runs")
        # And all that mail needs is good.
        equal([f for f in machine.findings if f["verdict"] == "bad"], [])
        equal(machine.find("odn")["verdict"], "good")


@test
def an_agent_without_a_bus_is_replaced():
    with Machine() as machine:
        machine.configure(sound(machine))
        machine.bus("session")
        first = subprocess.Popen(["roampostd"], env=dict(machine.env, DBUS_SESSION_BUS_ADDRESS="unix:path=/nowhere"))
        STARTED.append(first)
        wait_for("it is sure", lambda: (machine.doctor().find("agent")["remedy"] or "").startswith("setsid -f /"))
        machine.mends("agent", "warning", "not on this session's bus")
        equal(first.wait(60), 0)


@test
def an_agent_on_another_bus_is_replaced():
    with Machine() as machine:
        machine.configure(sound(machine))
        machine.bus("session")
        machine.bus("other")
        other = f"unix:path={ROOM}/other"
        first = subprocess.Popen(["roampostd"], env=dict(machine.env, DBUS_SESSION_BUS_ADDRESS=other))
        STARTED.append(first)
        machine.said(f"DBUS_SESSION_BUS_ADDRESS={other} gdbus wait --session --timeout 20 org.roampost.Agent1")
        machine.mends("agent", "warning", "not on this session's bus")
        equal(first.wait(60), 0)


@test
def a_bus_that_the_shell_does_not_know_of_is_found():
    with Machine() as machine:
        machine.bus("session")
        machine.configure(sound(machine))
        start(["roampostd"], env=machine.env)
        machine.run("gdbus wait --session --timeout 20 org.roampost.Agent1")
        address = machine.env.pop("DBUS_SESSION_BUS_ADDRESS")
        start(["sleep", "60"], env=dict(machine.env, DBUS_SESSION_BUS_ADDRESS=address))
        found = machine.doctor().find("session bus")
        equal(found["verdict"], "warning", found["text"])
        equal(machine.find("agent")["verdict"], "good")
        done = machine.run(found["remedy"] + " && roampost doctor --json")
        equal([f["verdict"] for f in json.loads(done.stdout)["findings"] if f["check"] == "session bus"], ["good"])


@test
def the_unit_is_enabled():
    if not shutil.which("systemctl"):
        raise Skip("there is no systemctl")
    with Machine() as machine:
        os.makedirs("/run/systemd/system")
        try:
            shutil.copy(BUILD + "/conf/roampost.service", "/etc/systemd/user/roampost.service")
            machine.env["SYSTEMD_OFFLINE"] = "1"
            machine.mends("start", "warning", "nothing starts the agent")
        finally:
            shutil.rmtree("/run/systemd")
            os.unlink("/etc/systemd/user/roampost.service")


@test
def the_desktop_starts_it_where_no_file_is_installed():
    with Machine() as machine:
        machine.run("rm -f /etc/xdg/autostart/roampost.desktop " + installed_prefix() + "/etc/xdg/autostart/roampost.desktop")
        machine.mends("start", "warning", "nothing starts the agent")
        text = pathlib.Path(HOME + "/.config/autostart/roampost.desktop").read_text()
        command = re.search("^Exec=(.*)$", text, re.M)[1]
        machine.said(command.replace(" --autostart", " --version"))


@test
def errors_of_the_configuration_are_shown():
    with Machine() as machine:
        machine.configure("[server-set odn]\nsmpt=smtp://mail.odn.example\n")
        machine.shows("configuration", "bad", "smtp: required", "smpt.*did you mean")


@test
def servers_of_a_broken_configuration_are_not_said_to_be_none():
    with Machine() as machine:
        machine.configure(sound(machine) + "nonsense=1\n")
        found = machine.doctor().find("servers")
        equal((found["verdict"], found["remedy"]), ("warning", "roampost config check"), found["text"])
        equal("not looked at" in machine.find("keyring")["text"], True, machine.find("keyring"))
        machine.configure("")
        equal(machine.doctor().find("servers")["text"], "none is configured")


class Network:
    """A link with a router that never answers; without one all mail waits."""

    def __init__(self, machine):
        self.machine = machine

    def __enter__(self):
        self.machine.said("ip link add eth7 type veth peer name eth8 && ip link set eth8 up && "
                          "ip addr add 192.168.7.2/24 dev eth7 && ip link set eth7 up && ip route add default via "
                          "192.168.7.1 && ip neigh add 192.168.7.1 lladdr 02:00:00:12:34:56 dev eth7")

    def __exit__(self, *why):
        self.machine.run("ip link del eth7")


@test
def a_place_that_was_taught_is_known():
    with Machine() as machine, Network(machine):
        machine.bus("session")
        machine.configure(sound(machine) + "provider=dorm\n[provider dorm]\nname=The Dormitory\nssids=dorm\n")
        agent = start(["roampostd"], env=machine.env)
        machine.said("gdbus wait --session --timeout 20 org.roampost.Agent1")
        wait_for("it is learned", lambda: machine.run("roampost learn dorm").returncode == 0)
        equal(machine.doctor().find("place")["text"], "inside The Dormitory")
        agent.terminate()
        agent.wait()
        equal(machine.doctor().find("place")["text"], "inside The Dormitory", "without an agent")


@test
def a_pause_is_told():
    with Machine() as machine:
        machine.configure(sound(machine))
        submit(machine)
        machine.said("roampost pause")
        machine.mends("queue", "warning", "sending is paused")


@test
def mail_that_does_not_go_is_told():
    with Machine() as machine, Network(machine):
        machine.bus("session")
        machine.configure(SOUND.format(port=machine.server("RCPT=550 5.1.1 no such user here")))
        start(["roampostd"], env=machine.env)
        machine.said("gdbus wait --session --timeout 20 org.roampost.Agent1")
        submit(machine)
        wait_for("it has failed", lambda: '"failed"' in machine.run("roampost queue --json").stdout)
        machine.shows("queue", "warning", "1 message in it has failed", "no such user here")
        machine.said("roampost delete $(roampost queue --json | grep -o '\"id\": *\"[^\"]*' | cut -d'\"' -f4)")
        equal(machine.doctor().find("queue")["verdict"], "good")
        machine.said("printf 'Subject: x\\n\\nx\\n' | roampost submit -f taro@other.example b@other.example")
        wait_for("it is held", lambda: '"no-set-for-sender"' in machine.run("roampost queue --json").stdout)
        machine.shows("queue", "warning", "1 message in it goes from no place as it is", "taro@other.example")


@test
def mail_that_was_refused_for_a_moment_is_tried_again():
    with Machine() as machine, Network(machine):
        machine.bus("session")
        write(HOME + "/refusal", "553 5.7.1 Sender address rejected: not owned by user")
        machine.configure(SOUND.format(port=machine.server(f"MAIL=@{HOME}/refusal")))
        start(["roampostd"], env=machine.env)
        machine.said("gdbus wait --session --timeout 20 org.roampost.Agent1")
        submit(machine)
        wait_for("it is held", lambda: '"refused-here"' in machine.run("roampost queue --json").stdout)
        os.remove(HOME + "/refusal")
        machine.mends("queue", "warning", "1 message in it waits since a server refused it")
        equal("sound; 0 messages" in machine.find("queue")["text"], True, machine.find("queue"))


@test
def the_queue_is_checked_and_recovered():
    if not shutil.which("sqlite3"):
        raise Skip("there is no sqlite3 (package sqlite3)")
    with Machine() as machine:
        machine.configure(sound(machine))
        for _ in range(30):
            machine.run("printf 'Subject: x\\n\\n%s\\n' \"$(seq 2000)\" | roampost submit -f taro@odn.example b@other.example")
        machine.run(f"sqlite3 {STATE}/queue.db 'PRAGMA wal_checkpoint(TRUNCATE)'")
        equal(machine.doctor().find("queue")["text"], "sound; 30 messages in it")
        # A page in the middle of one table's tree becomes another one's.
        root = int(machine.run(f"sqlite3 {STATE}/queue.db \"SELECT rootpage FROM sqlite_schema WHERE name = 'history'\"").stdout)
        with open(STATE + "/queue.db", "r+b") as queue:
            queue.seek((root - 1) * 4096)
            queue.write(b"\xff" * 64)
        machine.mends("queue", "bad", "damaged")
        equal(machine.find("queue")["text"], "sound; 30 messages in it")
        equal(len(json.loads(machine.run("roampost queue --json").stdout)), 30)


@test
def a_queue_that_others_can_read_is_closed():
    with Machine() as machine:
        machine.configure(sound(machine))
        machine.run("echo x | roampost submit -f taro@odn.example b@other.example")
        os.chmod(STATE, 0o755)
        machine.mends("queue", "bad", "")


def submit(machine, n=1):
    for _ in range(n):
        machine.said("printf 'Subject: x\\n\\nx\\n' | roampost submit -f taro@odn.example b@other.example")


@test
def a_queue_that_can_not_be_written_is_opened_and_never_called_damaged():
    with Machine() as machine:
        machine.configure(sound(machine))
        machine.as_whom = machine.BARE
        submit(machine)
        # By who last closed it there is no log, and none can be made.
        machine.said(f"sqlite3 {STATE}/queue.db 'PRAGMA wal_checkpoint(TRUNCATE)'; rm -f {STATE}/queue.db-*")
        for path, mode in ((STATE, 0o500), (STATE, 0o000), (STATE + "/queue.db", 0o000), (STATE + "/queue.db", 0o400),
                           (STATE + "/turn", 0o400)):
            os.chmod(path, mode)
            machine.mends("queue", "bad", f"{path} can't be read and written")
            equal(machine.find("queue")["text"], "sound; 1 message in it", path)
        shutil.rmtree(STATE)
        os.mkdir(STATE, 0o500)  # empty: nothing is good where nothing can be taken
        machine.mends("queue", "bad", "mail is not taken")
        submit(machine)


@test
def what_stands_where_the_queue_should_be_is_put_aside():
    with Machine() as machine:
        machine.configure(sound(machine))
        write(STATE, "notes\n")
        machine.mends("queue", "bad", "is not a directory")
        equal(pathlib.Path(STATE + ".aside").read_text(), "notes\n")
        os.symlink(ROOM + "/elsewhere/queue", STATE)
        machine.mends("queue", "bad", "a symbolic link to what is not there")
        submit(machine)
        equal(sorted(os.listdir(ROOM + "/elsewhere/queue"))[-1], "turn")
        os.unlink(STATE)
        machine.as_whom = machine.BARE
        os.chmod(os.path.dirname(STATE), 0o500)
        machine.mends("queue", "bad", "is no folder that you may write to")


@test
def a_queue_of_root_is_given_back():
    if "4294967295" not in pathlib.Path("/proc/self/uid_map").read_text():
        raise Skip("there is one user only where this was not begun as root")
    with Machine() as machine:
        machine.configure(sound(machine))
        submit(machine)
        machine.said(f"sqlite3 {STATE}/queue.db 'PRAGMA wal_checkpoint(TRUNCATE)'; rm -f {STATE}/queue.db-*")
        machine.said(f"chown -R 4711:4711 {HOME}")
        machine.as_whom = machine.USER
        for path in (STATE, STATE + "/queue.db", STATE + "/turn"):
            os.chown(path, 0, 0)
            machine.mends("queue", "bad", f"{path} belongs to user 0, not to 4711")
            equal(machine.find("queue")["text"], "sound; 1 message in it", path)
        # The other way round root is told to ask as that user, and takes nothing from him.
        machine.as_whom = ()
        machine.shows("queue", "bad", "belongs to user 4711", "sound; 1 message in it")
        equal(os.stat(STATE).st_uid, 4711)


@test
def a_folder_beside_the_home_is_not_taken_from_its_owner():
    if "4294967295" not in pathlib.Path("/proc/self/uid_map").read_text():
        raise Skip("there is one user only where this was not begun as root")
    users = pathlib.Path("/etc/passwd")
    before = users.read_text()
    with Machine() as machine:
        machine.configure(sound(machine))
        machine.said(f"chown -R 4711:4711 {HOME}")
        machine.as_whom = machine.USER
        # Its name begins with the home's.
        for folder, home, remedy in ((HOME + "/state", HOME, "chown 4711:4711 "), (HOME + "-of-another", HOME, "install -d -m 700 -o 4711 -g 4711 "),
                                     (HOME + "/other", HOME + "/", "chown 4711:4711 "), ("/srv/mail", "/", "install -d -m 700 -o 4711 -g 4711 ")):
            os.makedirs(folder, 0o755)
            machine.env["ROAMPOST_STATE"] = folder + "/roampost"
            users.write_text(before + f"taro:x:4711:4711::{home}:/bin/sh\n")
            try:
                found = machine.doctor().find("queue")
            finally:
                users.write_text(before)
            equal((found["verdict"], remedy + folder in found["remedy"]), ("bad", True), found)


@test
def who_keeps_others_from_the_queue_is_named():
    with Machine() as machine:
        machine.configure(sound(machine))
        submit(machine)
        code = ("import sqlite3, time; d = sqlite3.connect(%r); d.execute('PRAGMA locking_mode=EXCLUSIVE'); "
                "d.execute('BEGIN EXCLUSIVE'); print(flush=True); time.sleep(60)" % (STATE + "/queue.db"))
        holder = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        STARTED.append(holder)
        holder.stdout.readline()
        machine.shows("queue", "bad", f"process {holder.pid} keeps", "PRAGMA locking_mode")


@test
def what_can_not_be_read_is_moved_only_where_it_is_said():
    if not shutil.which("sqlite3"):
        raise Skip("there is no sqlite3 (package sqlite3)")
    with Machine() as machine:
        machine.configure(sound(machine))
        submit(machine, 30)
        machine.said(f"sqlite3 {STATE}/queue.db 'PRAGMA wal_checkpoint(TRUNCATE)'; rm -f {STATE}/queue.db-*")
        # The first page is lost, but for the header: nothing can be dumped.
        with open(STATE + "/queue.db", "r+b") as queue:
            queue.seek(100)
            queue.write(b"\xff" * 3996)
        damaged = pathlib.Path(STATE + "/queue.db").read_bytes()
        found = machine.doctor().find("queue")
        equal((found["verdict"], "damaged" in found["text"]), ("bad", True), found["text"])
        equal(machine.run(found["remedy"]).returncode != 0, True)
        equal(pathlib.Path(STATE + "/queue.db").read_bytes() == damaged, True)
        for path in pathlib.Path(STATE).rglob("*"):
            if path.stat().st_mode & 0o077:
                raise AssertionError(f"open to others: {path}")
        # Nor is a database left of it: then an empty queue is begun, and that is said.
        write(STATE + "/queue.db", "garbage " * 4096)
        machine.mends("queue", "bad", "begin an empty queue")
        submit(machine)


@test
def a_full_disk_is_told():
    with Machine() as machine:
        os.makedirs(STATE, 0o700)
        machine.run(f"mount -t tmpfs -o size=4M,mode=700 none {STATE}")
        try:
            machine.shows("disk", "bad", "free where the queue is", "/home")
            machine.run(f"mount -o remount,ro {STATE}")
            found = machine.doctor().find("disk")
            equal((found["verdict"], "is read-only" in found["text"]), ("bad", True), found)
            machine.said(found["remedy"])
            machine.shows("disk", "bad", "free where the queue is", "/home")
        finally:
            machine.run(f"umount {STATE}")


@test
def sendmail_is_taken_over():
    with Machine() as machine:
        machine.configure(sound(machine))
        machine.run("rm -f /usr/sbin/sendmail /usr/lib/sendmail; ln -s /bin/true /usr/sbin/sendmail")
        machine.mends("sendmail", "warning", "another program")
        os.unlink("/usr/sbin/sendmail")
        equal(machine.doctor().find("cron")["verdict"], "warning")
        machine.mends("sendmail", "warning", "there is no /usr/sbin/sendmail")
        machine.run("echo x | /usr/sbin/sendmail -i -f taro@odn.example b@other.example")
        equal(machine.doctor().find("queue")["text"], "sound; 1 message in it")


@test
def cron_mail_of_root_gets_an_owner():
    with Machine() as machine:
        machine.configure(sound(machine) + "[agent]\nqualify-domain=odn.example\n")
        machine.run("ln -sf $(command -v roampost-sendmail) /usr/sbin/sendmail")
        found = machine.doctor().find("cron")
        equal(found["verdict"], "warning", found["text"])
        # Nobody but the administrator knows the name.
        for text in ("", "[agent]\nchoose=location-first\n"):
            shutil.rmtree("/etc/roampost", ignore_errors=True)
            if text:
                write("/etc/roampost/roampost.conf", text, 0o644)
            found = machine.doctor().find("cron")
            equal(found["verdict"], "warning", found["text"])
            remedy = found["remedy"].replace("NAME", "daemon")
            equal(machine.run(remedy).stdout, "")
            equal([f for f in machine.doctor().findings if f["check"] == "cron" and f["verdict"] != "good"], [])
            said = " ".join(f["text"] for f in machine.findings if f["check"] == "cron")
            for words in ("root's mail is daemon's: what its crontab says goes where bare names go", "nobody) say goes the same way"):
                equal(words in said, True, said)
        shutil.rmtree("/etc/roampost")


@test
def mail_of_root_that_is_refused_is_no_good_news():
    with Machine() as machine:
        machine.run("ln -sf $(command -v roampost-sendmail) /usr/sbin/sendmail")
        for text, verdict, words in (
                ("[agent]\nsystem-mail-user=daemon\nnonsense=1\n", "good", "taken, whatever the configuration says"),
                ("[agent]\nsystm-mail-user=daemon\n", "warning", "whose it is can't be read"),
                ("[agent]\nsystem-mail-user=daemonn\n", "warning", "there is no user “daemonn”"),
                ("[agent]\nsystem-mail-user=daemonn\nnonsense=1\n", "warning", "there is no user “daemonn”")):
            write("/etc/roampost/roampost.conf", text, 0o644)
            found = machine.doctor().find("cron")
            equal((found["verdict"], words in found["text"]), (verdict, True), (text, machine.findings))
        write("/etc/roampost/roampost.conf", "[agent]\nsystem-mail-user=daemonn\n", 0o644)
        remedy = machine.doctor().find("cron")["remedy"].replace("NAME", "daemon")
        equal(machine.run(remedy).stdout, "")
        equal([f for f in machine.doctor().findings if f["check"] == "cron" and f["verdict"] != "good"], [])
        os.chmod("/etc/roampost/roampost.conf", 0o600)  # openwrt/packages#9846: root can read it, daemons can't
        machine.mends("cron", "warning", "they can't read /etc/roampost/roampost.conf")
        with open("/etc/roampost/roampost.conf", "a", encoding="utf-8") as file:
            file.write("[server-set shared]\nsmtp=smtp://127.0.0.1\nsmtp-user=u\nsmtp-password=sakura\n")
        os.chmod("/etc/roampost/roampost.conf", 0o600)
        equal([f["text"].count("take its passwords out of it") for f in machine.doctor().findings
               if f["check"] == "cron" and f["verdict"] == "warning"], [1])
        shutil.rmtree("/etc/roampost")


@test
def setup_asks_whose_roots_mail_is_and_nobody_else():
    with Machine() as machine:
        machine.run("ln -sf $(command -v roampost-sendmail) /usr/sbin/sendmail")
        for owner in ("daemon", "root"):
            write("/etc/roampost/roampost.conf", f"[agent]\nsystem-mail-user={owner}\n", 0o644)
            said = machine.run("yes '' | head -20 | python3 -c 'import pty, sys; pty.spawn(sys.argv[1:])' roampost setup --no-agent "
                               "--smtp smtp://127.0.0.1:9 --untested --no-login taro@odn.example").stdout
            equal(("[server-set odn]" in said, "Shall that mail go out by" in said), (True, owner == "root"), said)
            os.unlink(CONFIG)
        shutil.rmtree("/etc/roampost")


# Types what stands behind "=" wherever the words before it come, in whatever lines; at last the exit status.
TYPIST = r"""
import os, pty, sys
pid, fd = pty.fork()
if pid == 0: os.execvp("roampost", ["roampost", *sys.argv[2:]])
answers, text, seen = [a.rsplit("=", 1) for a in sys.argv[1].split(";")], "", 0
while True:
    try: more = os.read(fd, 4096)
    except OSError: more = b""
    if not more: break
    text += more.decode()
    flat = " ".join(text.split())
    for words, line in answers:
        at = flat.find(words, seen)
        if at >= 0: os.write(fd, line.encode() + b"\n"); seen = at + len(words)
print(" ".join(text.split()), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


@test
def root_is_set_up_where_its_mail_is_taken():
    """What root's programs hand over is refused until somebody is named: nothing is made to call such a sendmail."""
    with Machine() as machine:
        machine.env.pop("ROAMPOST_STATE")
        write(ROOM + "/bin/mutt", "#!/bin/sh\n", 0o755)
        options = ["setup", "--no-agent", "--smtp", "smtp://127.0.0.1:9", "--untested", "--no-login", "--", "taro@odn.example"]

        def typed(answers):
            done = subprocess.run([sys.executable, "-c", TYPIST, answers, *options], env=machine.env, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, timeout=60)
            return done.stdout.strip()

        def sendmail():
            return machine.run("roampost-sendmail -f taro@odn.example b@other.example </etc/hostname").returncode

        # Who says no is told what it would take, and no program is offered.
        machine.run("ln -sf $(command -v roampost-sendmail) /usr/sbin/sendmail")
        said = typed("all system accounts=n;as its sender=y;Write this?=y;Shall mutt=y;Shall git=y;Send a test mail=n")
        equal("as its sender" in said, False, said)
        equal(("What programs send as root (cron, mutt, git) is refused" in said, "Shall mutt" in said, "Shall git" in said,
               "write system-mail-user=root under [agent] into /etc/roampost/roampost.conf" in said, said[-2:]),
              (True, False, False, True, " 0"), said)
        equal((sendmail(), os.path.exists("/etc/roampost/roampost.conf"), os.path.exists(HOME + "/.muttrc")), (78, False, False))
        # Without a terminal it is said, and what is asked for is not done by halves.
        os.unlink(CONFIG)
        done = machine.run("roampost " + " ".join(options[:-2]) + " --sendmail-of mutt -- taro@odn.example")
        equal((done.returncode, "its mail would be refused" in " ".join(done.stdout.split()), os.path.exists(CONFIG)), (1, True, False), done.stdout)
        # Who says yes has it.
        said = typed("all system accounts=y;as its sender=n;Write this?=y;Shall mutt=y;Shall git=n;Send a test mail=n")
        equal(("mutt uses roampost" in said, said[-2:]), (True, " 0"), said)
        with open("/etc/roampost/roampost.conf", encoding="utf-8") as config:
            equal((config.read(), os.stat(config.name).st_mode & 0o777), ("[agent]\nsystem-mail-user=root\n", 0o644))
        equal(sendmail(), 0)
        equal("b@other.example" in machine.run("roampost queue").stdout, True)
        # Another's is set up as that user.
        write("/etc/roampost/roampost.conf", "[agent]\nsystem-mail-user=daemon\n", 0o644)
        os.unlink(CONFIG)
        said = typed("Write this?=y")
        equal(("goes into the queue of daemon" in said, 'su - daemon -c "roampost setup"' in said, said[-2:], os.path.exists(CONFIG)),
              (True, True, " 1", False), said)
        shutil.rmtree("/etc/roampost")


@test
def root_whose_mail_is_anothers_needs_no_agent():
    with Machine() as machine:
        machine.run("ln -sf $(command -v roampost-sendmail) /usr/sbin/sendmail")
        write("/etc/roampost/roampost.conf", "[agent]\nsystem-mail-user=daemon\n", 0o644)
        machine.env.pop("ROAMPOST_STATE")
        machine.doctor()
        for name, words in (("configuration", "goes into the queue of daemon"), ("session bus", "the agent of daemon"),
                            ("agent", "the agent of daemon"), ("start", "the agent of daemon"),
                            ("log-out", "the agent of daemon")):
            equal((machine.find(name)["verdict"], words in machine.find(name)["text"]), ("good", True), machine.find(name))
        # A queue of its own is one.
        machine.env["ROAMPOST_STATE"] = STATE
        equal(machine.doctor().find("agent")["verdict"], "bad")
        shutil.rmtree("/etc/roampost")


@test
def what_programs_send_as_root_is_carried():
    with Machine() as machine:
        machine.configure(sound(machine))
        machine.run("ln -sf $(command -v roampost-sendmail) /usr/sbin/sendmail")
        write("/etc/roampost/roampost.conf", "[agent]\nsystem-mail-user=root\n", 0o644)
        question = f"roampost simulate --at 192.0.2.1 --from root@{socket.gethostname()} --to b@other.example"
        equal("No server set owns" in machine.run(question).stdout, True, machine.run(question).stdout)
        machine.mends("cron", "warning", f"as root@{socket.gethostname()} would wait: no server set carries it")
        equal("by rule anywhere" in machine.run(question).stdout, True, machine.run(question).stdout)
        # Where the set has a list of its own, its file is shown: there is no telling where the line is.
        with open(CONFIG, encoding="utf-8") as config:
            text = config.read().replace("carries=@" + socket.gethostname(), "carries=@other.example")
        write(CONFIG, text)
        machine.env["EDITOR"] = "cat"
        machine.shows("cron", "warning", "would wait: no server set", "carries=@other.example")
        shutil.rmtree("/etc/roampost")


@test
def hooks_are_put_where_pppd_looks():
    with Machine() as machine:
        machine.configure(sound(machine))
        write("/usr/sbin/pppd", "#!/bin/sh\n", 0o755)
        for path in ("/usr/sbin/roampost-ppp-hook", "/usr/local/sbin/roampost-ppp-hook"):
            machine.run("rm -f " + path)
        machine.run("rm -rf /etc/ppp/*/roampost /etc/dbus-1/system.d/org.roampost* /usr/share/dbus-1/system.d/org.roampost*")
        machine.run("mkdir -p /etc/ppp /etc/dbus-1/system.d")
        # Installed below the prefix of this build.
        prefix = pathlib.Path(installed_prefix())
        for hook in ("ip-up.d", "ip-down.d", "ipv6-up.d", "ipv6-down.d"):
            write(f"{prefix}/etc/ppp/{hook}/roampost", "#!/bin/sh\n", 0o755)
        write(f"{prefix}/share/dbus-1/system.d/org.roampost.Ppp1.conf", "<busconfig/>\n", 0o644)
        write(f"{prefix}/sbin/elsewhere", "", 0o644)
        found = machine.doctor().find("pppd")
        equal((found["verdict"], "don't find the program" in found["text"]), ("warning", True), found["text"])
        equal(found["remedy"].startswith("ls -l "), True, found["remedy"])
        write(f"{prefix}/sbin/roampost-ppp-hook", "#!/bin/sh\n", 0o644)
        found = machine.doctor().find("pppd")
        machine.said(found["remedy"])
        if not os.access("/usr/local/sbin/roampost-ppp-hook", os.X_OK):  # of another prefix: a link
            found = machine.doctor().find("pppd")
            machine.said(found["remedy"])
        found = machine.doctor().find("pppd")
        equal("has no hook of roampost's" in found["text"], True, found["text"])
        equal(machine.run(found["remedy"]).stdout, "")
        machine.mends("pppd", "warning", "no rule who may tell")


def installed_prefix():
    options = subprocess.run(["meson", "introspect", "--buildoptions", BUILD], stdout=subprocess.PIPE, text=True).stdout
    return next(option["value"] for option in json.loads(options) if option["name"] == "prefix")


@test
def networkmanager_checks_connectivity_again():
    with Machine() as machine:
        machine.configure(sound(machine))
        machine.bus("system")
        machine.mock("org.freedesktop.NetworkManager",
                     {"ConnectivityCheckAvailable": True, "ConnectivityCheckEnabled": False})
        machine.mends("NetworkManager", "warning", "check is off")


@test
def the_clock_is_set_again():
    with Machine() as machine:
        machine.configure(sound(machine))
        machine.bus("system")
        name = "org.freedesktop.timedate1"
        machine.mock(name, {"NTPSynchronized": False},
                     [("SetNTP", "bb", f"self.Set('{name}', 'NTPSynchronized', args[0])")])
        os.makedirs("/run/systemd/system")
        try:
            machine.mends("clock", "warning", "nobody sets it")
        finally:
            shutil.rmtree("/run/systemd")


@test
def a_blocked_port_25_is_left_for_587():
    with Machine() as machine:
        machine.configure("[server-set odn]\nidentities=taro@odn.example\nrelay=anywhere\nsmtp=smtp://127.0.0.1:25\n"
                          "smtp-tls=off\n")
        # 587 answers here, 25 does not.
        start([sys.executable, "-c", SERVER.replace('("127.0.0.1", 0)', '("127.0.0.1", 587)'), ""], env=machine.env)
        wait_for("the server", lambda: machine.run("</dev/tcp/127.0.0.1/587").returncode == 0)
        machine.mends("odn", "bad", "25")


@test
def a_name_that_nobody_knows_is_shown():
    with Machine() as machine:
        machine.configure(ELSEWHERE)
        with Network(machine):
            machine.shows("odn", "bad", "mail.odn.invalid", "^$")


ELSEWHERE = "[server-set odn]\nidentities=taro@odn.example\nrelay=anywhere\nsmtp=smtp://mail.odn.invalid\nsmtp-tls=off\n"


@test
def servers_elsewhere_are_not_looked_at_where_no_mail_can_go():
    with Machine() as machine:
        machine.configure(ELSEWHERE)
        machine.doctor()
        equal([f for f in machine.findings if f["subject"] == "odn"], [], "that there is no network is said once")
        equal(machine.find("servers")["text"], "not looked at: no mail can go from this place")
        equal((machine.find("place")["verdict"], machine.find("place")["text"]), ("warning", "there is no network: mail waits for one"))


@test
def a_server_is_named_once():
    with Machine() as machine:
        machine.configure(SOUND.format(port=9))
        equal(machine.doctor().find("odn")["text"], "127.0.0.1:9: Connection refused")


@test
def a_server_that_turns_away_is_told():
    with Machine() as machine:
        port = machine.server("greeting=554 go away")
        machine.configure(SOUND.format(port=port))
        machine.shows("odn", "bad", "go away", "Connected|220|554")


@test
def a_certificate_that_ends_soon_is_shown_with_its_day():
    with Machine() as machine:
        machine.said(f"openssl req -x509 -newkey rsa:2048 -nodes -days 7 -subj /CN=mail.odn.example -keyout {ROOM}/key.pem "
                     f"-addext subjectAltName=IP:127.0.0.1 -out {ROOM}/cert.pem")
        tls = (f"import ssl\ncontext = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)\n"
               f"context.load_cert_chain('{ROOM}/cert.pem', '{ROOM}/key.pem')\n")
        wrap = "def serve(peer):\n    peer = context.wrap_socket(peer, server_side=True)"
        port = machine.server("", tls + SERVER.replace("def serve(peer):", wrap))
        machine.configure("[server-set odn]\nidentities=taro@odn.example\nrelay=anywhere\n"
                          f"smtp=smtps://127.0.0.1:{port}\ntls-ca-file={ROOM}/cert.pem\n")
        machine.shows("odn", "warning", "it ends in less than", "^notAfter=")


LOGIN = SOUND + """smtp-user=taro
smtp-auth=plain
"""


def login_server(machine):
    return machine.server("EHLO=250-mail.odn.example|250 AUTH PLAIN;AUTH=235 ok")


@test
def a_password_is_had_from_where_the_agent_has_it():
    with Machine() as machine:
        # Nobody asks the keyring for it: to store it there would change nothing.
        machine.configure(LOGIN.format(port=login_server(machine)))
        write(ROOM + "/bin/editor", f'#!/bin/sh\necho "smtp-password-from=netrc:{HOME}/netrc" >>$2\n', 0o755)
        machine.env["EDITOR"] = "editor"
        found = machine.doctor().find("odn")
        equal((found["verdict"], "the password is not configured" in found["text"]), ("bad", True), found["text"])
        machine.said(found["remedy"])
        write(ROOM + "/bin/editor", '#!/bin/sh\numask 077\necho machine 127.0.0.1 login taro password x >$1\n', 0o755)
        machine.mends("odn", "bad", "netrc")
        equal("logged in" in machine.find("odn")["text"], True, machine.find("odn")["text"])
        # One that is wrong is mended by what mail that waits for it names.
        port = machine.server("EHLO=250-mail.odn.example|250 AUTH PLAIN;AUTH=535 5.7.8 authentication failed")
        for source, remedy in (("smtp-password=x", "roampost setup taro@odn.example --new-password"),
                               (f"smtp-password-from=netrc:{HOME}/netrc", f"${{EDITOR:-vi}} {HOME}/netrc")):
            machine.configure(LOGIN.format(port=port) + source + "\n")
            found = machine.doctor().find("odn")
            equal((found["verdict"], found["remedy"]), ("bad", remedy), found["text"])


@test
def a_token_is_looked_at_and_not_renewed():
    with Machine() as machine:
        oauth = ("smtp-password-from=oauth:them\n[oauth them]\nauthorization-endpoint=https://127.0.0.1:9/login\n"
                 "token-endpoint=https://127.0.0.1:9/token\nclient-id=x\nscopes=mail\n")
        port = machine.server("EHLO=250-mail.odn.example|250 AUTH XOAUTH2;AUTH=235 ok")
        machine.configure(LOGIN.format(port=port).replace("smtp-auth=plain\n", "") + oauth)
        submit(machine)
        found = machine.doctor().find("odn")
        equal((found["verdict"], found["remedy"]), ("bad", "roampost login odn"), found["text"])
        # Where one is stored that has ended, what a renewal brings would be the agent's.
        for ends, verdict in ((4102444800, "good"), (1, "warning")):
            write(STATE + "/tokens/them:taro", TOKENS % ends)
            found = machine.doctor().find("odn")
            equal(found["verdict"], verdict, found["text"])
        equal("the agent renews it" in found["text"], True, found["text"])
        equal(pathlib.Path(STATE + "/tokens/them:taro").read_text(), TOKENS % 1)
        done = machine.run("echo secret | roampost password odn")
        equal((done.returncode, "roampost login odn" in done.stdout), (1, True), done.stdout)


TOKENS = '{"access_token":"at","refresh_token":"rt","ends":%d}'


@test
def a_password_command_that_does_not_end_is_told():
    with Machine() as machine:
        machine.configure(LOGIN.format(port=login_server(machine)) + "smtp-password-command=sleep 100\n")
        found = machine.doctor().find("odn")
        equal((found["verdict"], found["remedy"]), ("bad", "sleep 100"), found["text"])
        equal("the password command did not end" in found["text"], True, found["text"])


@test
def an_agent_with_another_queue_does_not_count():
    with Machine() as machine:
        machine.bus("session")
        machine.configure(sound(machine))
        start(["roampostd"], env=dict(machine.env, ROAMPOST_STATE=ROOM + "/theirs"))
        machine.run("gdbus wait --session --timeout 20 org.roampost.Agent1")
        machine.mends("agent", "bad", f"has another queue than {STATE}")


if os.environ.get("DOCTOR_INSIDE"):
    main(sys.argv[1:])
elif possible():
    print("1..0 # SKIP no machine of its own can be made here: " + possible())
else:
    enter()
