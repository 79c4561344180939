# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A provider's mail host: Postfix, and Dovecot with POP3 over TLS beside it."""

import os

from . import dovecot, world


def start_mail(postfix, address, **pop):
    """Both, in the network and the folder of `postfix`, which has the certificate; they take connections when this
    returns. `pop`: what else Dovecot is to be (dovecot.configuration)."""
    folder = postfix.dir
    for name in ("run", "box"):
        os.makedirs(folder + "/" + name, exist_ok=True)
    os.chmod(world.DIR, 0o755)
    world.run(["chown", "-R", "postfix:postfix", folder + "/box"])
    with open(folder + "/dovecot.conf", "w") as out:
        out.write(dovecot.configuration(folder, "odn", "box/{user}", listen=address, tls=True, **pop))
    starting = [world.start(["dovecot", "-c", folder + "/dovecot.conf"], folder + "/start", postfix.netns),
                postfix.begin()]
    if any(daemon.wait(60) for daemon in starting):
        raise RuntimeError("the mail servers do not start")
