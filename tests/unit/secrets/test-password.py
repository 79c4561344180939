#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`roampost password` with a real keyring: test-password.py ROAMPOST."""

import os
import pathlib
import pty
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from cases import Skip, equal, main, test  # noqa: E402
from keyring import Session, missing  # noqa: E402

ROAMPOST = sys.argv[1]
SECRET = "pa ss wörd ;#"
CONFIG = """[server-set odn]
smtp=smtps://mail.odn.example
smtp-user=taro
smtp-password-from=secret-service
identities=taro@odn.example
pop=pop3s://pop.odn.example
pop-user=taro-pop
pop-password-from=secret-service

[server-set netrc]
smtp=smtps://mail.netrc.example
smtp-user=taro
smtp-password-from=netrc:/none
identities=taro@netrc.example
pop=pop3s://pop.netrc.example
pop-user=taro-pop
pop-password-command=true

[server-set half]
smtp=smtps://mail.half.example
smtp-user=taro
smtp-password-from=credential:half
identities=taro@half.example
pop=pop3s://pop.half.example
pop-user=taro-pop
pop-password-from=secret-service

[server-set plain]
smtp=smtps://mail.other.example
identities=taro@other.example
"""


def session(**options):
    if missing():
        raise Skip(missing())
    made = Session(**options)
    config = made.home / "roampost.conf"
    config.write_text(CONFIG)
    return made


def roampost(made, *arguments, given=SECRET + "\n"):
    done = subprocess.run([ROAMPOST, *arguments], env=made.env, input=given, text=True, capture_output=True)
    if SECRET in done.stdout + done.stderr:
        raise AssertionError("the password was shown")
    return done.returncode, done.stdout + done.stderr


def looked_up(made, service, host, user):
    """What another program finds: libsecret's own tool, in its own words."""
    path = made.call("/org/freedesktop/secrets", "org.freedesktop.Secret.Service.SearchItems",
                     str({"host": host, "service": service, "user": user}))
    return path.count("/org/freedesktop/secrets/collection/")


@test
def stored_for_both_logins_and_cleared():
    with session() as made:
        done = (0, "The password of taro at mail.odn.example is in the keyring; the next login tries it.\n"
                   "The password of taro-pop at pop.odn.example is in the keyring; the next login tries it.\n")
        equal(roampost(made, "password", "odn"), done)
        equal(looked_up(made, "smtp", "mail.odn.example", "taro"), 1, "SMTP")
        equal(looked_up(made, "pop3", "pop.odn.example", "taro-pop"), 1, "POP")
        equal(roampost(made, "password", "odn"), done, "once more")
        equal(looked_up(made, "smtp", "mail.odn.example", "taro"), 1, "and not twice")
        equal(roampost(made, "password", "odn", "--pop", "--clear"), (0, ""))
        equal(looked_up(made, "pop3", "pop.odn.example", "taro-pop"), 0, "POP, cleared")
        equal(looked_up(made, "smtp", "mail.odn.example", "taro"), 1, "SMTP stays")
        equal(roampost(made, "password", "odn", "--clear"), (0, ""))
        equal(roampost(made, "password", "odn", "--clear"),
              (1, "roampost: the keyring has no password of odn that roampost stored\n"))


@test
def not_shown_on_a_terminal():
    with session() as made:
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(ROAMPOST, [ROAMPOST, "password", "odn", "--smtp"], made.env)
        shown = b""
        while b"Password of taro at mail.odn.example: " not in shown:
            shown += os.read(terminal, 1000)
        os.write(terminal, SECRET.encode() + b"\n")
        try:
            while more := os.read(terminal, 1000):
                shown += more
        except OSError:
            pass
        equal(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0, shown.decode())
        equal(SECRET.encode() in shown, False, "shown")
        equal(looked_up(made, "smtp", "mail.odn.example", "taro"), 1)


@test
def a_password_that_nobody_would_use_is_not_stored():
    """The login has it from elsewhere; nothing is asked for. What was stored before can be cleared."""
    refused = "roampost: what would be stored is not used: [server-set %s] has %s; change the password there, or write %s-from=secret-service in its place\n"
    with session() as made:
        equal(roampost(made, "password", "netrc"), (1, refused % ("netrc", "smtp-password-from=netrc:/none", "smtp-password")))
        equal(roampost(made, "password", "netrc", "--pop"), (1, refused % ("netrc", "pop-password-command", "pop-password")))
        equal(looked_up(made, "smtp", "mail.netrc.example", "taro"), 0)
        equal(roampost(made, "password", "half", "--smtp"),
              (1, refused % ("half", "smtp-password-from=credential:half", "smtp-password")))
        equal(roampost(made, "password", "half"),
              (0, "The password of taro-pop at pop.half.example is in the keyring; the next login tries it.\n"),
              "the login that does use it")
        equal(looked_up(made, "smtp", "mail.half.example", "taro"), 0, "and that alone")
        equal(looked_up(made, "pop3", "pop.half.example", "taro-pop"), 1)
        equal(roampost(made, "password", "netrc", "--clear"),
              (1, "roampost: the keyring has no password of netrc that roampost stored\n"))


@test
def what_can_not_be_done_is_said():
    with session() as made:
        equal(roampost(made, "password", "odm"),
              (1, "roampost: there is no server set “odm”: did you mean “odn”?\n"))
        equal(roampost(made, "password", "plain"),
              (1, "roampost: plain has no such login: set smtp-user in [server-set plain]\n"))
        equal(roampost(made, "password", "odn", given=""),
              (1, "roampost: no password was given: nothing is stored\n"))
        made.lock()
        status, said = roampost(made, "password", "odn")
        equal((status, said.startswith("roampost: the keyring ")), (1, True), said)
    with session(keyring=False) as made:
        status, said = roampost(made, "password", "odn")
        equal((status, "there is no Secret Service on the session bus" in said), (1, True), said)
        made.env["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={made.run}/none"
        status, said = roampost(made, "password", "odn")
        equal((status, "there is no session bus here" in said), (1, True), said)


main(sys.argv[2:])
