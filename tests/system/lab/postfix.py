# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Postfix of the tests' own, with all its files in one folder."""

import glob
import os
import shutil
import sys
import time

from . import world

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../fakes"))
from ports import reserve  # noqa: E402

# What every one has in its main.cf.
_HEAD = """\
compatibility_level = 3.6
queue_directory = {dir}/queue
data_directory = {dir}/data
command_directory = /usr/sbin
daemon_directory = {daemons}
mail_owner = postfix
setgid_group = postdrop
maillog_file_prefixes = {dir}
maillog_file = {dir}/maillog
alias_maps =
alias_database =
mydestination =
local_recipient_maps =
smtpd_peername_lookup = no
in_flow_delay = 0
disable_dns_lookups = yes
biff = no
"""

# And in its master.cf, after what listens. What nobody asks for is not started.
_SERVICES = """\
cleanup unix n - n - 0 cleanup
pickup unix n - n 60 1 pickup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
smtp unix - - n - - smtp
scache unix - - n - 1 scache
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""

_OWNED = ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved", "trace")

_HOLDING = """\
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_client_restrictions = static:HOLD
smtpd_relay_restrictions = permit_mynetworks, reject
"""


def _daemon_directory():
    return "/usr/lib/postfix/sbin" if os.path.isdir("/usr/lib/postfix/sbin") else "/usr/libexec/postfix"


class Postfix:
    """`rest` of its main.cf is a format of the values, which may name the folder as {dir}; it
    listens at ports, each "[ADDRESS:]PORT[ OPTIONS OF SMTPD]"."""

    def __init__(self, directory, rest, ports=(), netns=None, **values):
        self.dir, self.etc, self.netns = directory, directory + "/etc", netns
        for folder in ("etc", "data"):
            os.makedirs("%s/%s" % (directory, folder), exist_ok=True)
        shutil.chown(directory + "/data", "postfix")
        self._write("main.cf", _HEAD.format(dir=directory, daemons=_daemon_directory()) +
                    rest.format(dir=directory, **values))
        self._write("master.cf", "".join("%s inet n - n - - smtpd %s\n" % port.partition(" ")[::2] for port in ports) +
                    _SERVICES)
        self._make_queue()

    def _write(self, name, text):
        path = "%s/%s" % (self.etc, name)
        with open(path, "w") as out:
            out.write(text)
        # Postfix waits two seconds before it trusts a configuration younger than that.
        os.utime(path, (time.time() - 60, time.time() - 60))

    def _make_queue(self):
        """What `postfix start` would do, without the four seconds of its checks."""
        os.makedirs(self.dir + "/queue/pid")
        for names, group, mode in ((_OWNED, None, 0o700), (["maildrop"], "postdrop", 0o1730),
                                   (["public"], "postdrop", 0o2710)):
            for path in ("%s/queue/%s" % (self.dir, name) for name in names):
                os.mkdir(path)
                shutil.chown(path, "postfix", group)
                os.chmod(path, mode)

    def begin(self):
        """It puts itself in the background once it listens."""
        return world.start([_daemon_directory() + "/master", "-c", self.etc, "-w"], self.dir + "/start", self.netns)

    def start(self):
        """It listens when this returns."""
        if self.begin().wait(60):
            raise RuntimeError("Postfix does not start: see %s/maillog" % self.dir)
        return self

    def stop(self):
        world.run(["/usr/sbin/postfix", "-c", self.etc, "stop"])


class Holding(Postfix):
    """At a port of its own of 127.0.0.1: holds what it takes."""

    def __init__(self, directory, extra):
        self.port = reserve()
        super().__init__(directory, _HOLDING + extra, ["127.0.0.1:%d" % self.port])

    def held(self):
        return [path for path in glob.glob(self.dir + "/queue/hold/**", recursive=True) if os.path.isfile(path)]
