# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Dovecot that holds mail, and what was taken of it."""

import os
import re

from . import dovecot, world

USER = "taro"

_TAKEN = re.compile(r"pop3\((\w+)\).*top=(\d+)/(\d+), retr=(\d+)/(\d+), del=(\d+)/")


class Maildrop:
    """A Dovecot of its own, with all its files in one folder; POP3 at port 110."""

    def __init__(self, name="maildrop", netns=None):
        self.dir, self.netns = "%s/%s" % (world.DIR, name), netns
        for folder in ("run", "mail"):
            os.makedirs("%s/%s" % (self.dir, folder))
        os.chmod(world.DIR, 0o755)
        os.chmod(self.dir + "/run", 0o755)
        with open(self.dir + "/dovecot.conf", "w") as out:
            out.write(dovecot.configuration(self.dir, name, "mail/{user}"))

    def put(self, mails, user=USER):
        """Mails as (number, text with LF lines); they are listed in the order of their numbers."""
        box = "%s/mail/%s" % (self.dir, user)
        for folder in ("new", "cur", "tmp"):
            os.makedirs("%s/%s" % (box, folder), exist_ok=True)
        for number, text in mails:
            with open("%s/new/%d.M%dP1.maildrop" % (box, 1790000000 + number, number), "w") as out:
                out.write(text)
        world.run(["chown", "-R", "postfix:postfix", self.dir + "/mail"])

    def left(self, user=USER):
        """How many mails it holds."""
        return sum(len(os.listdir("%s/mail/%s/%s" % (self.dir, user, part))) for part in ("new", "cur"))

    def start(self):
        """It listens when this returns."""
        starting = world.start(["dovecot", "-c", self.dir + "/dovecot.conf"], self.dir + "/start",
                               self.netns)
        if starting.wait(60):
            raise RuntimeError("Dovecot does not start: see %s/dovecot.log" % self.dir)
        return self

    def sessions(self, user=USER):
        """Of each that is over: commands TOP, RETR and DELE that were done, and their octets."""
        if not os.path.exists(self.dir + "/dovecot.log"):
            return []
        with open(self.dir + "/dovecot.log", errors="replace") as log:
            found = [_TAKEN.search(line) for line in log]
        return [{"top": int(m[2]), "retr": int(m[4]), "octets": int(m[3]) + int(m[5]), "dele": int(m[6])}
                for m in found if m and m[1] == user]
