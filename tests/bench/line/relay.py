# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Postfix at the other end of the line, and when it had accepted what."""

import os
import threading
import time

from measure import NEAR, world
from lab.postfix import Postfix

_RELAY = """\
inet_protocols = ipv4
myhostname = relay.example
mynetworks = {near}/32
default_transport = discard
smtpd_client_connection_count_limit = 0
smtpd_error_sleep_time = 0
smtpd_junk_command_limit = 100000
"""


class Relay(Postfix):
    """Takes everything from the near end, and notes when."""

    def __init__(self, chunking=True, extra="", ports=("25",)):
        off = "" if chunking else "smtpd_discard_ehlo_keywords = chunking\n"
        super().__init__(world.DIR + "/relay", _RELAY + off + extra, ports, "relay", near=NEAR)
        os.chmod(world.DIR, 0o755)
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
