# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The laptop: its users, its buses, NetworkManager, and roampost as one of its users has it.

The system bus is the real thing: the distribution's own configuration at its own address, with
roampost's policy file beside NetworkManager's.
"""

import os
import pwd
import re
import shutil
import signal
import subprocess

from lab import world
from lab.roampost import User
from lab.world import run, wait_for
from line import PATIENCE

LOGS = "/mnt/log"
TOOLS = "/run/tools"
NAME = "org.roampost.Agent1"
SYSTEM_BUS = "/run/dbus/system_bus_socket"
OWNER, STRANGER = "taro", "mallory"

_SESSION_BUS_CONF = """\
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>{type}</type><listen>unix:path={path}</listen>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_type="method_call"/>
<allow send_type="signal"/><allow send_requested_reply="true" send_type="method_return"/>
<allow send_requested_reply="true" send_type="error"/><allow receive_type="method_call"/>
<allow receive_type="method_return"/><allow receive_type="error"/><allow receive_type="signal"/>
</policy></busconfig>
"""

_MANAGER_CONF = """\
[main]
plugins=keyfile
dhcp=internal
dns=none
rc-manager=unmanaged
auth-polkit=false
no-auto-default=*
hostname-mode=none
systemd-resolved=false
[connectivity]
enabled=false
"""


def add_users():
    """Two people: the laptop's owner, and somebody with an account and bad intentions."""
    with open("/etc/passwd", "a") as passwd, open("/etc/group", "a") as group:
        for number, name in enumerate((OWNER, STRANGER), 61001):
            passwd.write("%s:x:%d:%d::/home/%s:/bin/sh\n" % (name, number, number, name))
            group.write("%s:x:%d:\n" % (name, number))
    for name in (OWNER, STRANGER):
        for folder in (home(name), "/run/user/" + name):
            os.makedirs(folder, 0o700)
            own(folder, name)


def install():
    """Programs where an installation puts them: the users may not look into the host's folders."""
    os.makedirs(TOOLS)
    for name, folder in (("install/roampostd", "/usr/bin"), ("install/roampost", "/usr/bin"), ("install/roampost-sendmail", "/usr/bin"),
                         ("install/roampost-ppp-hook", "/usr/sbin"), ("guest/ppp1.py", TOOLS)):
        shutil.copy("/mnt/" + name, folder)


def home(user):
    return "/home/" + user


def own(path, user):
    entry = pwd.getpwnam(user)
    os.chown(path, entry.pw_uid, entry.pw_gid)


def as_user(user, command):
    """The command that runs `command` as somebody, in the same process."""
    return ["setpriv", "--reuid", user, "--regid", user, "--clear-groups", *command]


class Bus:
    """A dbus-daemon; it is killed, not asked, when it has to go."""

    def __init__(self, command, path, log):
        self.path, self.address = path, "unix:path=" + path
        self.daemon = world.start(command, "%s/%s" % (LOGS, log))
        wait_for(lambda: os.path.exists(path), "bus " + path, PATIENCE, 0.05)

    def wait_for_name(self, name):
        run(["gdbus", "wait", "--address", self.address, "--timeout", str(PATIENCE), name])

    def stop(self):
        self.daemon.kill()
        self.daemon.wait()
        os.unlink(self.path)


def system_bus(policy):
    """The distribution's system bus with a policy file; nothing of the host is activated."""
    for folder in ("/usr/share/dbus-1/system-services", "/etc/dbus-1/system.d"):
        os.makedirs(folder, exist_ok=True)
        run(["mount", "-t", "tmpfs", "tmpfs", folder])
    shutil.copy(policy, "/etc/dbus-1/system.d")
    return Bus(["dbus-daemon", "--system", "--nofork", "--nopidfile", "--nosyslog"],
               SYSTEM_BUS, "dbus-system")


def open_bus(path, kind, user, log):
    """A bus on which everybody may do everything: a session bus, or a careless system bus."""
    conf = path + ".conf"
    with open(conf, "w") as out:
        out.write(_SESSION_BUS_CONF.format(type=kind, path=path))
    return Bus(as_user(user, ["dbus-daemon", "--config-file=" + conf, "--nofork", "--nopidfile"]),
               path, log)


def session_bus():
    return open_bus("/run/user/%s/bus" % OWNER, "session", OWNER, "dbus-session")


def start_manager(profiles):
    """A real NetworkManager with these key files (name: text)."""
    run("mount -t tmpfs tmpfs /etc/NetworkManager")
    run("mount -t tmpfs tmpfs /var/lib/NetworkManager")
    os.makedirs("/etc/NetworkManager/system-connections")
    files = {"NetworkManager.conf": _MANAGER_CONF}
    files.update({"system-connections/%s.nmconnection" % n: t for n, t in profiles.items()})
    for name, text in files.items():
        with open("/etc/NetworkManager/" + name, "w") as out:
            out.write(text)
        os.chmod("/etc/NetworkManager/" + name, 0o600)
    daemon = world.start(["NetworkManager", "-n", "--debug"], LOGS + "/NetworkManager")
    run(["gdbus", "wait", "--system", "--timeout", str(PATIENCE), "org.freedesktop.NetworkManager"])
    return daemon


def manager_says(device, want):
    """Waits until NetworkManager shows a device as `want`: type|state|connection|address."""
    fields = "GENERAL.TYPE,GENERAL.STATE,GENERAL.CONNECTION,IP4.ADDRESS"
    got = [""]

    def shown():
        got[0] = subprocess.run(["nmcli", "--get-values", fields, "device", "show", device],
                                stdout=subprocess.PIPE, text=True).stdout.strip().replace("\n", "|")
        return got[0] == want

    wait_for(shown, lambda: "NetworkManager shows %s, not %s" % (got[0], want), PATIENCE, 0.3)


def peers_config(peers):
    """Providers that are known by the name of pppd's peer alone."""
    return "".join("[provider %s]\nppp-peers=%s\n" % (peer, peer) for peer in peers)


class Agent(User):
    """roampostd as the owner runs it, and what it tells the session bus."""

    def __init__(self, name, config, session, system=None):
        env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "NO_COLOR": "1",
               "DBUS_SESSION_BUS_ADDRESS": session.address}
        if system:
            env["DBUS_SYSTEM_BUS_ADDRESS"] = system.address
        super().__init__(config, name, env)
        for path in (self.dir, self.dir + "/state", self.config):
            own(path, OWNER)
        self.subjects = {}
        self.log = "%s/roampostd-%s" % (LOGS, name)
        self.events = "%s/signals-%s" % (LOGS, name)
        self.monitor = self._start(["gdbus", "monitor", "--session", "--dest", NAME], self.events)
        self.daemon = self._start(["/usr/bin/roampostd"], self.log)
        self.wait_event("The name %s is owned" % NAME)

    def _start(self, command, log):
        return world.start(as_user(OWNER, command), log, env=self.env, cwd=self.dir)

    def stop(self):
        """Ends it; anything but a clean exit is an error."""
        for process in (self.daemon, self.monitor):
            process.terminate()
        status = self.daemon.wait(PATIENCE)
        self.monitor.wait(PATIENCE)
        if status not in (0, -signal.SIGTERM):
            raise RuntimeError("roampostd ended with status %d" % status)

    def kill(self):
        """After a failure: out of the next scenario's way."""
        for process in (self.daemon, self.monitor):
            process.kill()
            process.wait()

    def run(self, *words, text="", **_):
        done = subprocess.run(as_user(OWNER, ["/usr/bin/roampost", *words]), env=self.env, input=text,
                              cwd=self.dir, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=PATIENCE)
        if done.returncode != 0:
            raise RuntimeError("roampost %s: status %d: %s" % (
                " ".join(words), done.returncode, done.stderr.strip()))
        return done.stdout

    def submit(self, sender, recipient, subject, body="Good evening.\n"):
        """Hands a message over; its id."""
        message = "From: %s\nTo: %s\nSubject: %s\n\n%s" % (sender, recipient, subject, body)
        identifier = self.run("submit", "-f", sender, recipient, text=message).strip()
        self.subjects[identifier] = subject
        return identifier

    def events_so_far(self):
        """The agent's signals, in order, each as text: Name (arguments)."""
        with open(self.events) as events:
            return [re.sub(r"^\S+: (org\.roampost\.Agent1\.)?", "", line.strip()) for line in events]

    def changes_of(self, name):
        """The changes of properties among which this one was, with its value."""
        return [event for event in self.events_so_far() if "'%s': <" % name in event]

    def wait_event(self, text):
        """Waits until a signal that has `text` in it was seen."""
        def seen():
            if self.daemon.poll() is not None:
                raise RuntimeError("roampostd ended with status %d" % self.daemon.returncode)
            return [event for event in self.events_so_far() if text in event]

        return wait_for(seen,
                        lambda: "the agent's signal %s; seen: %s" % (text, self.events_so_far()),
                        PATIENCE, 0.05)[-1]

    def inside(self):
        """The providers the agent believes to be inside, sorted."""
        return sorted(entry["provider"] for entry in self.ask("where")["inside"])

    def state(self, message):
        return self.ask("show", message)["state"]

    def subject(self, message):
        return self.subjects[message]
