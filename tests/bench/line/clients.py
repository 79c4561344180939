# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that send: each is given a queue while nobody answers, and then told to flush it."""

import os
import shutil
import subprocess

import peers
from lab.manager import Bus
from lab.roampost import User, program

from measure import FAR, SENDER, world
from lab.postfix import Postfix


class Client:
    """prepare() gives it its queue, flush() has it sent: when it returns is the program's business."""

    @staticmethod
    def is_here():
        return True

    @staticmethod
    def acceptances(load):
        """How many messages the server is to take."""
        return load.n


class Roampost(Client):
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


class PostfixClient(Client):
    """As its documentation sets it up for a dial-up line: defer_transports and postqueue -f."""

    def __init__(self):
        self.postfix = Postfix(world.DIR + "/client", """\
inet_protocols = ipv4
myhostname = client.example
relayhost = [%s]
defer_transports = smtp
inet_interfaces = loopback-only
""" % FAR)

    def prepare(self, load, folder):
        self.postfix.start()
        etc, queue = self.postfix.etc, self.postfix.dir + "/queue/deferred"
        for number in range(load.n):
            with open("%s/%d.eml" % (folder, number)) as text:
                subprocess.run(["/usr/sbin/sendmail", "-C", etc, "-i", "-f", SENDER,
                                *load.recipients_of(number)], stdin=text, check=True)
        world.wait_for(lambda: sum(len(f) for _, _, f in os.walk(queue)) >= load.n,
                       "all deferred", 120, 0.2)

    def flush(self):
        world.run(["/usr/sbin/postqueue", "-c", self.postfix.etc, "-f"])

    def stop(self):
        self.postfix.stop()


class Dma(Client):
    """A process and a transaction for each recipient, all at once: `dma -q`."""

    @staticmethod
    def is_here():
        return bool(os.environ.get("ROAMPOST_DMA"))

    @staticmethod
    def acceptances(load):
        return load.n * load.recipients

    def prepare(self, load, folder):
        root, spool = os.environ["ROAMPOST_DMA"], "/var/spool/dma"
        self.program = root + "/usr/sbin/dma"
        world.run("mount -t tmpfs tmpfs /var/spool")
        os.makedirs(spool)
        shutil.chown(spool, "root", "mail")
        os.chmod(spool, 0o2775)
        etc = world.DIR + "/etc"
        os.makedirs(etc + "/dma")
        with open(etc + "/dma/dma.conf", "w") as out:
            out.write("SMARTHOST %s\nPORT 25\nDEFER\nNULLCLIENT\nMAILNAME client.example\n" % FAR)
        open(etc + "/dma/auth.conf", "w").close()
        peers.lay_over("/etc", etc)
        for number in range(load.n):
            with open("%s/%d.eml" % (folder, number)) as text:
                subprocess.run([self.program, "-i", "-f", SENDER, *load.recipients_of(number)],
                               stdin=text, check=True)

    def flush(self):
        world.run([self.program, "-q"])


class Curl(Client):
    """One process, one connection, one message after the other."""

    @staticmethod
    def is_here():
        return bool(shutil.which("curl"))

    def prepare(self, load, folder):
        self.config = folder + "/curl.conf"
        with open(self.config, "w") as out:
            for number in range(load.n):
                out.write("next\n" if number else "")
                out.write("url = smtp://%s/client.example\nmail-from = %s\n" % (FAR, SENDER))
                out.write("".join("mail-rcpt = %s\n" % r for r in load.recipients_of(number)))
                out.write("upload-file = %s/%d.eml\ncrlf\nsilent\n" % (folder, number))

    def flush(self):
        world.start(["curl", "-q", "-K", self.config], self.config + ".log")


class Msmtp(Client):
    """A process for each message, one after the other, as its queue's scripts do it."""

    @staticmethod
    def is_here():
        return bool(shutil.which("msmtp"))

    def prepare(self, load, folder):
        self.script = folder + "/queue.sh"
        words = "msmtp --file=/dev/null --host=%s --auth=off --tls=off --domain=client.example -f %s --" % (FAR, SENDER)
        with open(self.script, "w") as out:
            for number in range(load.n):
                out.write("%s %s <%s/%d.eml\n" % (words, " ".join(load.recipients_of(number)), folder, number))

    def flush(self):
        world.start(["sh", "-e", self.script], self.script + ".log")


CLIENTS = {"roampost": Roampost, "postfix": PostfixClient, "dma": Dma, "curl": Curl, "msmtp": Msmtp}
