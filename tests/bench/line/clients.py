# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that send: each is given a queue while nobody answers, and then told to flush it."""

import os
import subprocess

from lab.manager import Bus
from lab.roampost import User, program

from measure import FAR, SENDER, world
from relay import Postfix


class Roampost:
    """One set that takes everything; mail is held because its server could not be reached."""

    CONFIG = """\
[agent]
[server-set relay]
identities=%s
relay=anywhere
smtp=%s
%s
"""

    def __init__(self, url="smtp://%s:25" % FAR, more="smtp-tls=off\n", links="kernel"):
        self.bus = Bus("session")
        self.user = User(self.CONFIG % (SENDER, url, more), env={"ROAMPOST_LINKS": links})

    def submit(self, load, folder):
        for number in range(load.n):
            with open("%s/%d.eml" % (folder, number)) as text:
                subprocess.run([program("roampost-sendmail"), "-i", "-f", SENDER,
                                *load.recipients_of(number)], stdin=text, env=self.user.env, check=True)

    def prepare(self, load, folder):
        self.submit(load, folder)
        self.user.start_agent()
        world.wait_for(lambda: self.user.ask("status")["counts"]["held"] == load.n, "all held", 30, 0.1)

    def flush(self):
        self.user.run("flush")

    def stop(self):
        self.user.stop_agent()


class PostfixClient:
    """As its documentation sets it up for a dial-up line: defer_transports and postqueue -f."""

    def __init__(self):
        self.postfix = Postfix("client", """\
myhostname = client.example
relayhost = [%s]
defer_transports = smtp
inet_interfaces = loopback-only
""" % FAR)

    def prepare(self, load, folder):
        self.postfix.start()
        etc, queue = self.postfix.dir + "/etc", self.postfix.dir + "/queue/deferred"
        for number in range(load.n):
            with open("%s/%d.eml" % (folder, number)) as text:
                subprocess.run(["/usr/sbin/sendmail", "-C", etc, "-i", "-f", SENDER,
                                *load.recipients_of(number)], stdin=text, check=True)
        world.wait_for(lambda: sum(len(f) for _, _, f in os.walk(queue)) >= load.n,
                       "all deferred", 120, 0.2)

    def flush(self):
        world.run(["/usr/sbin/postqueue", "-c", self.postfix.dir + "/etc", "-f"])

    def stop(self):
        world.run(["/usr/sbin/postfix",
                   "-c", self.postfix.dir + "/etc", "stop"])


CLIENTS = {"roampost": Roampost, "postfix": PostfixClient}
