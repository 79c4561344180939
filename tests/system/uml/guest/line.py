# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Telephone lines: real pppd to real pppd, by hand or as NetworkManager's PPPoE.

A provider answers in its own namespace, where /etc/ppp is its own too (ip netns exec lays
/etc/netns/NAME/ppp over it): hooks and secrets of the two ends don't mix.
"""

import ctypes
import os
import shutil
import signal

from lab import world
from lab.world import run, wait_for

USER, PASSWORD = "taro", "kirameki"
DIR = "/run/line"
LOGS = "/mnt/log"
PATIENCE = 180  # seconds for anything to happen: on a busy host the guest is slow

_libc = ctypes.CDLL(None, use_errno=True)
_FINIT_MODULE = 313  # system call number; user-mode Linux is x86-64

_MODULES = ("drivers/net/slip/slhc", "drivers/net/ppp/ppp_generic", "lib/crc-ccitt",
            "drivers/net/ppp/ppp_async", "drivers/net/ppp/ppp_synctty", "drivers/net/ppp/pppox",
            "drivers/net/ppp/pppoe", "net/ipv6/ipv6", "net/ipv4/tunnel4", "net/ipv4/ip_tunnel", "net/ipv6/tunnel6",
            "net/ipv6/sit", "net/ipv6/ip6_tunnel", "drivers/net/tun", "drivers/net/veth", "net/sched/sch_netem")

# What every end agrees on. Echoes notice a line that died without a word.
_OPTIONS = "lcp-echo-interval 1\nlcp-echo-failure 6\nlcp-max-terminate 1\nnoipv6\nnolock\ndebug\n"
_SECRETS = "* * \"%s\" *\n" % PASSWORD

# Run by the caller's pppd after all other hooks, the shell's own commands only.
_UP = "#!/bin/sh\necho \"$PPP_IFACE $PPP_LOCAL $PPP_REMOTE $PPP_IPPARAM\" >" + DIR + "/$PPP_IFACE.up\n"
_DOWN = "#!/bin/sh\n: >" + DIR + "/$PPP_IFACE.down\n"


def load_modules():
    """What the guest's kernel keeps in modules; one that is missing is built in."""
    folder = "/usr/lib/uml/modules/%s/kernel/" % os.uname().release
    for module in _MODULES:
        if os.path.exists(folder + module + ".ko"):
            _load(folder + module + ".ko")
    if not os.path.exists("/dev/ppp"):
        raise RuntimeError("the guest's kernel has no PPP")


def _load(path):
    """insmod, without a process for each."""
    with open(path, "rb") as module:
        if _libc.syscall(_FINIT_MODULE, module.fileno(), b"", 0) != 0:
            raise OSError(ctypes.get_errno(), "cannot load " + path)


def install():
    """The caller's /etc/ppp: the distribution's own ip-up and ip-down with roampost's hooks, none of
    the host's."""
    os.makedirs(DIR, exist_ok=True)
    for program in ("pppd", "pppoe"):
        # Mode 4754, group dip: an ordinary user of the host may read them but not run them.
        shutil.copyfile("/usr/sbin/" + program, DIR + "/" + program)
        os.chmod(DIR + "/" + program, 0o755)
        run(["mount", "--bind", DIR + "/" + program, "/usr/sbin/" + program])
    scripts = {name: open("/etc/ppp/" + name).read() for name in ("ip-up", "ip-down", "ipv6-up", "ipv6-down")}
    run("mount -t tmpfs tmpfs /etc/ppp")
    for name, text in scripts.items():
        os.makedirs("/etc/ppp/%s.d" % name)
        _write("/etc/ppp/" + name, text, 0o755)
        shutil.copy("/mnt/install/ppp/%s.d/roampost" % name, "/etc/ppp/%s.d" % name)
    _write("/etc/ppp/ip-up.d/zz-laboratory", _UP, 0o755)
    _write("/etc/ppp/ip-down.d/zz-laboratory", _DOWN, 0o755)
    _ends("/etc/ppp")


def _ends(folder):
    _write(folder + "/options", _OPTIONS)
    for secrets in ("chap-secrets", "pap-secrets"):
        _write(folder + "/" + secrets, _SECRETS, 0o600)


def _write(path, text, mode=0o644):
    with open(path, "w") as out:
        out.write(text)
    os.chmod(path, mode)


class Line:
    """A way to call a provider; `address` is what it handed out last. Subclasses dial and hang up."""

    def __init__(self, provider):
        self.provider, self.name = provider, provider.name
        self.concentrator, self.first = str(provider.pool4[1]), str(provider.pool4[7])
        self.address = None
        self.interface = "ppp0"
        folder = "/etc/netns/%s/ppp" % self.name
        if not os.path.exists(folder):
            os.makedirs(folder)
            _ends(folder)

    def is_up(self):
        """The hooks have run; what they were told of the line."""
        try:
            with open("%s/%s.up" % (DIR, self.interface)) as event:
                told = event.read()
            return told.split() if told.endswith("\n") else None
        except FileNotFoundError:
            return None

    def _clear(self):
        for event in ("up", "down"):
            path = "%s/%s.%s" % (DIR, self.interface, event)
            if os.path.exists(path):
                os.unlink(path)

    def _wait_up(self):
        told = wait_for(self.is_up, lambda: "a line to %s\n%s" % (self.name, self.log()), PATIENCE, 0.05)
        self.address = told[1]

    def wait_down(self):
        path = "%s/%s.down" % (DIR, self.interface)
        wait_for(lambda: os.path.exists(path), "end of the line to %s" % self.name, PATIENCE, 0.05)
        self._clear()

    def slow(self, rate):
        """From now on the laptop's end sends at a modem's rate ("400kbit")."""
        run(["tc", "qdisc", "replace", "dev", self.interface, "root", "netem", "rate", rate])

    def sent(self):
        """Bytes that went into the line so far."""
        with open("/sys/class/net/%s/statistics/tx_bytes" % self.interface) as count:
            return int(count.read())

    def log(self):
        with open("%s/pppd-%s" % (LOGS, self.name)) as log:
            return log.read()


class HandLine(Line):
    """pppd started by hand; the other end is a pppd on its pseudo-terminal."""

    def __init__(self, provider):
        super().__init__(provider)
        self.peer_pid, self.pppd = "%s/%s.peer" % (DIR, self.name), None
        _write("%s/answer-%s" % (DIR, self.name), "\n".join((
            "#!/bin/sh", "echo $$ >%s" % self.peer_pid,
            "exec ip netns exec %s pppd notty noauth require-chap name isp local nodefaultroute"
            " ms-dns %s %s:%s" % (self.name, self.concentrator, self.concentrator, self.first),
            "")), 0o755)

    def dial(self):
        self._clear()
        self.pppd = world.start(
            ["pppd", "nodetach", "noauth", "user", USER, "remotename", "isp", "usepeerdns",
             "ipparam", self.name, "defaultroute", "pty", "exec %s/answer-%s" % (DIR, self.name)],
            "%s/pppd-%s" % (LOGS, self.name))
        self._wait_up()

    def hang_up(self):
        self.pppd.send_signal(signal.SIGTERM)
        self.wait_down()
        self.pppd.wait(PATIENCE)

    def end(self):
        if self.pppd and self.pppd.poll() is None:
            self.hang_up()

    def drop(self):
        """The carrier is lost: the other end is gone without a word of farewell."""
        with open(self.peer_pid) as pid:
            os.kill(int(pid.read()), signal.SIGKILL)
        self.wait_down()
        self.pppd.wait(PATIENCE)


class PppoeLine(Line):
    """A DSL line that NetworkManager dials: PPPoE over a cable to the provider's concentrator."""

    _PROFILE = """\
[connection]
id={id}
uuid={uuid}
type=pppoe
interface-name=ppp0
autoconnect=false
[pppoe]
parent={parent}
username={user}
password={password}
[ppp]
lcp-echo-interval=1
lcp-echo-failure=6
[ipv4]
method=auto
[ipv6]
method=disabled
"""

    def __init__(self, provider):
        super().__init__(provider)
        self.port, self.parent = "dsl", "dsl%d" % provider.number
        self.id = "DSL " + self.name
        world.cable(None, self.parent, self.name, self.port)
        _write("/etc/netns/%s/ppp/pppoe-server-options" % self.name,
               "require-chap\nname isp\nms-dns %s\n" % self.concentrator)
        world.start(["pppoe-server", "-F", "-I", self.port, "-L", self.concentrator,
                     "-R", self.first, "-N", "4", "-C", self.name],
                    "%s/pppoe-server-%s" % (LOGS, self.name), self.name)

    def profile(self):
        """NetworkManager's key file for this line."""
        return self._PROFILE.format(
            id=self.id, uuid="33333333-0000-0000-0000-%012d" % self.provider.number,
            parent=self.parent, user=USER, password=PASSWORD)

    def dial(self):
        self._clear()
        # NetworkManager renames pppd's device, and fails when the kernel has not let go of the last one:
        # a person would dial again.
        for last in (False, False, True):
            try:
                run(["nmcli", "--wait", str(PATIENCE), "connection", "up", self.id])
                break
            except RuntimeError:
                if last:
                    raise
        self._wait_up()

    def hang_up(self):
        run(["nmcli", "--wait", str(PATIENCE), "connection", "down", self.id])
        self.wait_down()

    def end(self):
        if self._active():
            self.hang_up()

    def drop(self):
        """Nothing comes through from the provider any more: only missing echoes tell."""
        self._silence("add", "netem", "loss", "100%")
        self.wait_down()
        wait_for(lambda: not self._active(), "NetworkManager to give up " + self.id, PATIENCE, 0.3)
        self._silence("del")

    def _silence(self, verb, *what):
        run(["ip", "netns", "exec", self.name, "tc", "qdisc", verb, "dev", self.port, "root", *what])

    def _active(self):
        return run(["nmcli", "--get-values", "GENERAL.STATE", "connection", "show", self.id]).strip()

    def log(self):
        return "(NetworkManager's log tells)"
