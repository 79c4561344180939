#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""test_online_account.py: tokens of GNOME Online Accounts, by its own daemon with accounts as its settings write
them and their secrets in a real keyring. Without a network but loopback: nobody is asked for other tokens."""

import os
import pathlib
import subprocess
import sys
import time

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "unit"), str(HERE.parent / "unit/secrets")]
from lab import tap, world  # noqa: E402
from lab.roampost import program  # noqa: E402

DAEMON = "/usr/libexec/goa-daemon"
ACCOUNTS = """\
[Account account_1_0]
Provider=google
Identity=taro@odn.example
PresentationIdentity=taro@odn.example
MailEnabled={mail}

[Account account_2_0]
Provider=imap_smtp
Identity=hanako@odn.example
PresentationIdentity=hanako@odn.example
Enabled=true
EmailAddress=hanako@odn.example
SmtpHost=smtp.odn.example
SmtpUseAuth=true
SmtpUserName=hanako@odn.example
"""


class Desktop:
    """A session with the daemon, an agent and a mail server that takes one token."""

    def __init__(self, user="taro@odn.example", daemon=True, mail="true"):
        from agent import Agent
        from mailbox_of_tokens import Mailbox
        self.mailbox = Mailbox(lambda token: token == "good-token")
        self.agent = Agent([program("roampostd"), program("roampost")], "smtp-password-from=oauth:online-accounts")
        self.home, self.env = self.agent.session.home, self.agent.env
        config = self.agent.config
        config.write_text(config.read_text().replace("smtp-user=taro", "smtp-user=" + user))
        self.mailbox.serve(self.agent)
        accounts = self.home / "config/goa-1.0"
        accounts.mkdir(parents=True)
        (accounts / "accounts.conf").write_text(ACCOUNTS.format(mail=mail))
        self.daemon = self.start_daemon() if daemon else None

    def start_daemon(self):
        daemon = subprocess.Popen([DAEMON], env=self.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        subprocess.run(["gdbus", "wait", "--session", "--timeout=90", "org.gnome.OnlineAccounts"], env=self.env, check=True)
        return daemon

    def store(self, token):
        """As a login in its settings does; of whichever generation its credentials are."""
        value = ("{'access_token': <'%s'>, 'access_token_expires_at': <int64 %d>, 'refresh_token': <'r'>, "
                 "'authorization_code': <''>}" % (token, (time.time() + 3000) * 1000000))
        for generation in range(16):
            subprocess.run(["secret-tool", "store", "--label", "GOA", "xdg:schema", "org.gnome.OnlineAccounts",
                            "goa-identity", "google:gen%d:account_1_0" % generation], input=value, text=True,
                           env=self.env, check=True)

    def __enter__(self):
        self.agent.start()
        return self

    def __exit__(self, *_):
        if self.daemon:
            self.daemon.terminate()
            self.daemon.wait()
        self.mailbox.close()
        self.agent.__exit__()


def given(test):
    desktop = Desktop()
    desktop.store("good-token")
    with desktop:
        desktop.agent.comes_to(desktop.agent.submit(), "sent")
        test.equal(desktop.mailbox.logins, [("XOAUTH2", "good-token", True)], "its token is taken, and sends the mail")


def logged_in_again(test):
    """Nobody has logged in there; the remedy, as it is printed, opens its settings."""
    desktop = Desktop()
    settings = desktop.home / "bin"
    settings.mkdir()
    (settings / "gnome-control-center").write_text('#!/bin/sh\necho "$@" > %s/asked\n' % desktop.home)
    (settings / "gnome-control-center").chmod(0o755)
    desktop.env["PATH"] = "%s:%s" % (settings, desktop.env["PATH"])
    with desktop:
        number = desktop.agent.submit()
        why = desktop.agent.comes_to(number, "held")
        test.check("the token is not to be had of GNOME Online Accounts" in why, "held", why)
        said = " ".join(desktop.agent.run("queue").split())
        test.check("(gnome-control-center online-accounts)" in said, "what helps is named", said)
        (settings / "gnome-control-center").rename(settings / "elsewhere")
        (settings / "gnome-control-center").write_text("#!/bin/sh\nexit 1\n")
        (settings / "gnome-control-center").chmod(0o755)
        failed = subprocess.run([program("roampost"), "login", "odn"], env=desktop.agent.env, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        test.check(failed.returncode == 1 and "open Online Accounts by the menu of the desktop" in failed.stdout,
                   "where they can't be opened that is said, and what to do", failed.stdout)
        (settings / "elsewhere").rename(settings / "gnome-control-center")
        desktop.store("good-token")
        desktop.agent.run("login", "odn")
        test.equal((desktop.home / "asked").read_text(), "online-accounts\n", "its settings are opened")
        desktop.agent.comes_to(number, "sent")
        test.check(True, "and the mail goes")


def refused(test):
    """Its daemon is asked for another one, once; without a network it has none now."""
    desktop = Desktop()
    desktop.store("old-token")
    with desktop:
        why = desktop.agent.comes_to(desktop.agent.submit(), "deferred")
        test.check("GNOME Online Accounts" in why, "put off", why)
        test.equal([good for _, _, good in desktop.mailbox.logins], [False], "after one refused login")


def lacking(test):
    for name, desktop, words in (
            ("no such account", lambda: Desktop(user="jiro@odn.example"), "there is no account of jiro@odn.example"),
            ("a password and no token", lambda: Desktop(user="hanako@odn.example"), "there is no account of hanako@odn.example"),
            ("mail is switched off there", lambda: Desktop(mail="false"), "there is no account of taro@odn.example"),
            ("no daemon", lambda: Desktop(daemon=False), "GNOME Online Accounts")):
        with desktop() as stage:
            why = stage.agent.comes_to(stage.agent.submit(), "held")
            test.check(words in why, name, why)


SCENARIOS = [given, logged_in_again, refused, lacking]


def main():
    reason = world.why_not()
    if not reason and not os.access(DAEMON, os.X_OK):
        reason = "gnome-online-accounts is not installed"
    if reason:
        tap.skip_all(reason)
    world.enter()
    tap.play(SCENARIOS)


main()
