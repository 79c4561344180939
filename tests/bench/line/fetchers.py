# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that fetch mail by POP3 into a maildir, and leave it on the server."""

import os
import shutil
import subprocess

from lab.dovecot import PASSWORD
from lab.maildrop import USER
from lab.manager import Bus
from lab.roampost import User

from measure import FAR, SENDER, world


class Roampost:
    """The agent runs already, as it does on a laptop."""

    CONFIG = """\
[agent]
maildir=%s
[server-set relay]
identities=%s
relay=anywhere
smtp=smtp://%s:25
smtp-tls=off
pop=pop3://%s
pop-tls=off
pop-user=%s
pop-password=%s
fetch=leave
"""

    def __init__(self, folder):
        self.maildir = folder + "/Maildir"
        self.bus = Bus("session")
        os.makedirs(folder + "/state", mode=0o700)
        self.user = User(self.CONFIG % (self.maildir, SENDER, FAR, FAR, USER, PASSWORD),
                         env={"ROAMPOST_LINKS": "kernel", "ROAMPOST_STATE": folder + "/state"})
        self.user.start_agent()
        world.wait_for(lambda: self.user.ask("status")["current-set"], "a set in use", 20, 0.05)

    def fetch(self):
        """Asks for it; the mail comes."""
        self.user.run("check")

    def fetch_all(self, seconds):
        """Returns when nothing more comes."""
        self.user.run("check", "--wait", timeout=seconds)

    def log(self):
        return self.user.log_path

    @staticmethod
    def is_here():
        return True


class Mpop:
    """As its documentation sets it up; pipelining where the server announces it."""

    CONFIG = """\
account default
host %s
user %s
password %s
tls off
auth plain
pipelining auto
keep on
delivery maildir %s
uidls_file %s/uidls
"""

    def __init__(self, folder):
        self.maildir, self.config = folder + "/Maildir", folder + "/mpoprc"
        for name in ("new", "cur", "tmp"):
            os.makedirs("%s/%s" % (self.maildir, name))
        with open(self.config, "w") as out:
            out.write(self.CONFIG % (FAR, USER, PASSWORD, self.maildir, folder))
        os.chmod(self.config, 0o600)
        self.path = folder + "/mpop.log"

    def fetch(self):
        with open(self.path, "ab") as log:
            self.process = subprocess.Popen(["mpop", "-C", self.config], stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL)

    def fetch_all(self, seconds):
        self.process.wait(seconds)
        self.fetch()
        if self.process.wait(seconds):
            raise RuntimeError("mpop: see %s" % self.path)

    def log(self):
        return self.path

    @staticmethod
    def is_here():
        return shutil.which("mpop") is not None


FETCHERS = {"roampost": Roampost, "mpop": Mpop}
