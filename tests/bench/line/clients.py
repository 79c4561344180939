# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that send: each is given a queue while there is no line, and then told to flush it. None has
ever tried the server, so none knows anything of it or of the line."""

import os
import shutil
import subprocess
import sys
import threading

import peers
from lab.manager import Bus
from lab.roampost import User, program

from measure import FAR, SENDER, world
from lab.postfix import Postfix


class Client:
    """prepare() gives it its queue, without a line; online() waits until it can do nothing before it is
    told; flush() tells it to send all: when that returns is the program's business. `near` is a folder
    on the disk, for its queue."""

    FROM_PLACE = False  # sends by itself when the line comes up

    @staticmethod
    def is_here():
        return True

    def know(self, manner):
        """Before prepare(): what its user knows of the server, and can set up."""

    def online(self):
        pass

    def stop(self):
        pass


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


class FreshRoampost(Roampost):
    """Every message is held by hand, so that the agent comes online without a connection to anywhere."""

    def know(self, manner):
        url = "smtps://%s:465" if "smtps" in manner.flags else "smtp://%s:25"
        tls = "smtp-tls=required\ntls-ca-file=%s/cert.pem\n" % world.DIR
        self.user.configure(self.CONFIG % (SENDER, url % FAR, tls if manner.has_tls else "smtp-tls=off\n"))

    def __init__(self, near):
        super().__init__()
        self.user.env["ROAMPOST_STATE"] = near + "/state"
        os.makedirs(near + "/state", mode=0o700)

    def prepare(self, load, folder):
        super().prepare(load, folder)
        self.ids = [message["id"] for message in self.user.ask("queue")]
        self.user.run("hold", *self.ids)

    def online(self):
        self.user.wait_set("relay")

    def flush(self):
        self.user.run("release", *self.ids)


class PlacedRoampost(FreshRoampost):
    """The mail is held for want of a line, and goes when there is one: what is measured begins with it."""

    FROM_PLACE = True

    def prepare(self, load, folder):
        Roampost.prepare(self, load, folder)

    def online(self):
        pass

    def flush(self):
        pass


class PostfixClient(Client):
    """As its documentation sets it up for a dial-up line: defer_transports and postqueue -f."""

    MORE = ""

    def __init__(self, near):
        os.chmod(near, 0o755)
        self.postfix = Postfix(near + "/client", """\
inet_protocols = ipv4
myhostname = client.example
relayhost = [%s]
defer_transports = smtp
inet_interfaces = loopback-only
""" % FAR + self.MORE)

    def set(self, *values):
        world.run(["/usr/sbin/postconf", "-c", self.postfix.etc, "-e", *values])

    def know(self, manner):
        if manner.has_tls:
            self.set("smtp_tls_security_level=encrypt")
        if "smtps" in manner.flags:
            self.set("smtp_tls_wrappermode=yes", "relayhost=[%s]:465" % FAR)

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


class WidePostfix(PostfixClient):
    """Twenty connections at once, or as many as the server allows, from the first moment, and asked again
    every ten seconds for what was put off: as somebody sets it up who knows his server."""

    MORE = """\
default_destination_concurrency_limit = 20
initial_destination_concurrency = 20
"""
    AGAIN, timer = 10, None

    def know(self, manner):
        super().know(manner)
        if manner.connections:
            self.set(*("%s=%d" % (name, manner.connections) for name in
                       ("default_destination_concurrency_limit", "initial_destination_concurrency")))

    def flush(self):
        super().flush()
        self.timer = threading.Timer(self.AGAIN, self.flush)
        self.timer.daemon = True
        self.timer.start()

    def stop(self):
        if self.timer:
            self.timer.cancel()
        super().stop()


class Dma(Client):
    """A process and a transaction for each recipient, all at once: `dma -q`."""

    @staticmethod
    def is_here():
        return bool(os.environ.get("ROAMPOST_DMA"))

    def __init__(self, near):
        self.near = near

    def prepare(self, load, folder):
        root, spool = os.environ["ROAMPOST_DMA"], "/var/spool/dma"
        self.program = root + "/usr/sbin/dma"
        os.makedirs(self.near + "/spool")
        world.run(["mount", "--bind", self.near + "/spool", "/var/spool"])
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

    def __init__(self, near):
        pass

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

    def __init__(self, near):
        pass

    def prepare(self, load, folder):
        self.script = folder + "/queue.sh"
        words = "msmtp --file=/dev/null --host=%s --auth=off --tls=off --domain=client.example -f %s --" % (FAR, SENDER)
        with open(self.script, "w") as out:
            for number in range(load.n):
                out.write("%s %s <%s/%d.eml\n" % (words, " ".join(load.recipients_of(number)), folder, number))

    def flush(self):
        world.start(["sh", "-e", self.script], self.script + ".log")


class Raw(Client):
    """No program that anybody uses: one connection, and all that the server allows to be sent ahead is
    (raw.py). What it takes is what a single connection can reach."""

    def __init__(self, near):
        self.log = near + "/raw.log"

    def prepare(self, load, folder):
        self.command = [sys.executable, os.path.dirname(os.path.abspath(__file__)) + "/raw.py", FAR, SENDER]
        for number in range(load.n):
            self.command += ["%s/%d.eml" % (folder, number), ",".join(load.recipients_of(number))]

    def flush(self):
        world.start(self.command, self.log)


CLIENTS = {"roampost": FreshRoampost, "place": PlacedRoampost, "postfix": PostfixClient, "postfix20": WidePostfix,
           "dma": Dma, "curl": Curl, "msmtp": Msmtp, "raw": Raw}
