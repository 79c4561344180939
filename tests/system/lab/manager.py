# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The laptop's buses and its NetworkManager, both real and both private."""

import os
import subprocess
import uuid

from . import world
from .world import DIR, run

SYSTEM_BUS = "unix:path=%s/system_bus_socket" % DIR
SESSION_BUS = "unix:path=%s/session_bus_socket" % DIR

_BUS_CONF = """\
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>%s</type>
  <listen>%s</listen>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
  </policy>
  <include ignore_missing="yes">%s</include>
</busconfig>
"""

_NM_CONF = """\
[main]
plugins=keyfile
dhcp=internal
dns=none
rc-manager=unmanaged
auth-polkit=false
no-auto-default=*
systemd-resolved=false
hostname-mode=none
[keyfile]
path=%(dir)s/profiles
unmanaged-devices=interface-name:ppp*
[connectivity]
%(connectivity)s
[logging]
level=INFO
backend=syslog
"""

_PROFILE = """\
[connection]
id=%(name)s
uuid=%(uuid)s
type=ethernet
interface-name=%(interface)s
autoconnect=false
%(metered)s
[ipv4]
%(ipv4)s
[ipv6]
%(ipv6)s
"""


class Bus:
    """A message bus of the laboratory: "system" or "session"."""

    def __init__(self, kind):
        self.kind = kind
        self.address = SYSTEM_BUS if kind == "system" else SESSION_BUS
        self.conf = "%s/%s-bus.conf" % (DIR, kind)
        self._configure(os.path.join(os.environ.get("ROAMPOST_SOURCE", "."), "dbus/org.roampost.Ppp1.conf"))
        os.environ["DBUS_%s_BUS_ADDRESS" % kind.upper()] = self.address
        self.start()

    def _configure(self, policy):
        with open(self.conf, "w") as conf:
            conf.write(_BUS_CONF % (self.kind, self.address, policy))

    def drop_policy(self):
        """As if roampost's policy file had not been installed."""
        self._configure("/nonexistent")
        run(["gdbus", "call", "--" + self.kind, "--dest", "org.freedesktop.DBus", "--object-path",
             "/org/freedesktop/DBus", "--method", "org.freedesktop.DBus.ReloadConfig"])

    def start(self):
        socket = self.address.split("=", 1)[1]
        if os.path.exists(socket):
            os.unlink(socket)
        reader, writer = os.pipe()
        # It prints its address once it listens.
        self.daemon = subprocess.Popen(
            ["dbus-daemon", "--config-file=" + self.conf, "--nofork", "--nopidfile",
             "--print-address=%d" % writer], stdin=subprocess.DEVNULL, pass_fds=[writer],
            stdout=subprocess.DEVNULL, stderr=open("%s/%s-bus.log" % (DIR, self.kind), "ab"))
        os.close(writer)
        with os.fdopen(reader) as announced:
            if not announced.readline():
                raise RuntimeError("dbus-daemon did not start")
        os.chmod(socket, 0o666)

    def stop(self):
        self.daemon.kill()
        self.daemon.wait()

    def wait_for_name(self, name, seconds=60):
        run(["gdbus", "wait", "--" + self.kind, "--timeout=%d" % seconds, name])


class Manager:
    """NetworkManager. Profiles are made by profile() and are never activated by themselves."""

    def __init__(self, connectivity_uri=None):
        self.dir = DIR + "/nm"
        for directory in ("profiles", "conf.d", "state"):
            os.makedirs("%s/%s" % (self.dir, directory))
        for directory in ("/etc/NetworkManager", "/var/lib/NetworkManager"):
            run(["mount", "-t", "tmpfs", "tmpfs", directory])
        check = "enabled=false"
        if connectivity_uri:
            check = "enabled=true\nuri=%s\nresponse=online\ninterval=30" % connectivity_uri
        with open(self.dir + "/nm.conf", "w") as conf:
            conf.write(_NM_CONF % {"dir": self.dir, "connectivity": check})
        self.start()

    def start(self):
        self.daemon = world.start(
            ["NetworkManager", "--no-daemon", "--config=%s/nm.conf" % self.dir,
             "--config-dir=%s/conf.d" % self.dir, "--system-config-dir=%s/conf.d" % self.dir,
             "--intern-config=%s/state/intern.conf" % self.dir, "--debug",
             "--state-file=%s/state/NetworkManager.state" % self.dir,
             "--pid-file=%s/pid" % self.dir], self.dir + "/log")
        run(["gdbus", "wait", "--system", "--timeout=60", "org.freedesktop.NetworkManager"])
        run(["nm-online", "-s", "-q", "-t", "60"])

    def stop(self):
        """Ends it as a crash would: what it configured stays."""
        self.daemon.kill()
        self.daemon.wait()

    def profile(self, name, line, ipv4="method=auto", ipv6="method=disabled", metered=False):
        """A connection profile for a line; the texts are a keyfile's sections. "static" gives the
        line's own address."""
        if ipv4 == "static":
            ipv4 = "method=manual\naddress1=%s/%d,%s" % (line.address4, line.net4.prefixlen, line.gateway4)
        if ipv6 == "static":
            ipv6 = "method=manual\naddress1=%s/64,%s" % (line.address6, line.gateway6)
        path = "%s/profiles/%s.nmconnection" % (self.dir, name)
        with open(path, "w") as out:
            out.write(_PROFILE % {
                "name": name, "uuid": uuid.uuid5(uuid.NAMESPACE_DNS, name), "ipv4": ipv4,
                "ipv6": ipv6, "interface": line.interface, "metered": "metered=1" if metered else ""})
        os.chmod(path, 0o600)
        run(["nmcli", "connection", "load", path])

    def up(self, name):
        """Activates a profile; its addresses are there when this returns."""
        return run(["nmcli", "--wait", "60", "connection", "up", "id", name])

    def down(self, name):
        return run(["nmcli", "--wait", "60", "connection", "down", "id", name])

    def log(self):
        with open(self.dir + "/log") as log:
            return log.read()
