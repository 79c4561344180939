# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Postfix at the other end of the line, and when it had accepted what."""

import os
import threading
import time

from measure import NEAR, world
from lab.postfix import daemon_directory, main_cf

POSTFIX_DIRECTORIES = ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold",
                       "incoming", "private", "saved", "trace", "maildrop")

_MAIN_CF = """\
mydestination =
local_recipient_maps =
inet_protocols = ipv4
biff = no
in_flow_delay = 0
disable_dns_lookups = yes
{extra}
"""

_MASTER_CF = """\
{listener}cleanup unix n - n - 0 cleanup
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
smtp unix - - n - - smtp
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""

_RELAY = """\
myhostname = relay.example
mynetworks = {near}/32
default_transport = discard
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
smtpd_error_sleep_time = 0
smtpd_junk_command_limit = 100000
"""


class Postfix:
    """A Postfix of its own, with all its files in one folder."""

    def __init__(self, name, extra, listener="", netns=None):
        self.dir, self.netns = "%s/%s" % (world.DIR, name), netns
        os.makedirs(self.dir + "/etc")
        os.makedirs(self.dir + "/data")
        os.chmod(world.DIR, 0o755)
        self._write("main.cf", main_cf(self.dir, _MAIN_CF, extra=extra))
        self._write("master.cf", _MASTER_CF.format(listener=listener))
        self._make_queue()

    def _write(self, name, text):
        path = "%s/etc/%s" % (self.dir, name)
        with open(path, "w") as out:
            out.write(text)
        # Postfix waits two seconds before it trusts a configuration younger than that.
        os.utime(path, (time.time() - 60, time.time() - 60))

    def _make_queue(self):
        folders = ["%s/queue/%s" % (self.dir, d) for d in POSTFIX_DIRECTORIES]
        shared = [self.dir + "/queue/" + d for d in ("maildrop", "public")]
        for folder in folders + [self.dir + "/queue/pid", shared[1]]:
            os.makedirs(folder, exist_ok=True)
        world.run(["chown", "postfix", self.dir + "/data", *folders, shared[1]])
        world.run(["chgrp", "postdrop", *shared])
        for folder in folders:
            os.chmod(folder, 0o700)
        os.chmod(shared[0], 0o1730)
        os.chmod(shared[1], 0o2710)

    def start(self):
        """It listens when this returns."""
        starting = world.start([daemon_directory() + "/master", "-c", self.dir + "/etc", "-w"],
                               self.dir + "/start", self.netns)
        if starting.wait(20):
            raise RuntimeError("Postfix does not start: see %s/maillog" % self.dir)
        return self


class Relay(Postfix):
    """Takes everything from the near end, and notes when."""

    def __init__(self, chunking=True, extra="", listener="25 inet n - n - - smtpd\n"):
        off = "" if chunking else "smtpd_discard_ehlo_keywords = chunking\n"
        super().__init__("relay", _RELAY.format(near=NEAR) + off + extra, listener, "relay")
        self.accepted, self.sessions, self.ended = [], 0, 0  # times; connections so far

    def start(self):
        super().start()
        threading.Thread(target=self._follow, daemon=True).start()
        return self

    def _follow(self):
        """Its log has a line when a message was put into its queue, just before its answer."""
        rest = b""
        path = self.dir + "/maillog"
        while not os.path.exists(path):
            time.sleep(0.01)
        with open(path, "rb", buffering=0) as log:
            while True:
                data = log.read(1 << 20)
                if not data:
                    time.sleep(0.005)
                    continue
                lines = (rest + data).split(b"\n")
                rest = lines.pop()
                self.take(lines)

    def take(self, lines):
        self.sessions += sum(b"]: connect from" in line for line in lines)
        self.ended += sum(b"]: disconnect from" in line for line in lines)
        new = sum(b"(queue active)" in line for line in lines)
        self.accepted += [time.monotonic()] * new

    def wait(self, n, seconds):
        """Waits for the n-th acceptance; its time, or None."""
        deadline = time.monotonic() + seconds
        while len(self.accepted) < n and time.monotonic() < deadline:
            time.sleep(0.005)
        return self.accepted[n - 1] if len(self.accepted) >= n else None
