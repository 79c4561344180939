#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""test_online_import.py: `roampost import online-accounts`, of GNOME's own daemon with accounts as its settings write
them; and, for what that daemon never says, of one made here with odd values."""

import os
import pathlib
import subprocess
import sys
import threading

from gi.repository import Gio, GLib

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "unit"), str(HERE.parent / "unit/secrets")]
from keyring import Session, connect, missing  # noqa: E402
from lab import tap  # noqa: E402
from lab.roampost import program  # noqa: E402

DAEMON = "/usr/libexec/goa-daemon"
NAME = "org.gnome.OnlineAccounts"
PREFIX = "roampost: GNOME Online Accounts: "
# Of its settings; the third is a group as github.com/zebreus/gnoeme-online-accounts-config has it.
ACCOUNTS = """\
[Account account_1_0]
Provider=google
Identity=taro@gmail.example
PresentationIdentity=taro@gmail.example
MailEnabled=true

[Account account_2_0]
Provider=imap_smtp
Identity=hanako@odn.example
PresentationIdentity=hanako@odn.example
Enabled=true
EmailAddress=hanako@odn.example
ImapHost=imap.odn.example
ImapUserName=hanako@odn.example
ImapUseSsl=true
SmtpHost=smtp.odn.example:2525
SmtpUseAuth=true
SmtpUserName=hanako
SmtpAuthPlain=true
SmtpUseTls=true
SmtpAcceptSslErrors=true

[Account gamma]
Provider=imap_smtp
Identity=lennart.eichhornsfsf@sonet.example
PresentationIdentity=lennart.eichhorn@sonet.example
Enabled=true
EmailAddress=lennart.eichhorn@sonet.example
SmtpHost=smtp.sonet.example
SmtpUseAuth=true
SmtpUserName=stlteich
SmtpAuthLogin=false
SmtpAuthPlain=true
SmtpUseSsl=true
SmtpUseTls=false
SmtpAcceptSslErrors=false

[Account account_4_0]
Provider=google
Identity=jiro@gmail.example
PresentationIdentity=jiro@gmail.example
MailEnabled=false

[Account account_5_0]
Provider=owncloud
Identity=saburo
PresentationIdentity=saburo@cloud.example
CalendarEnabled=true
Uri=https://cloud.example/

[Account account_6_0]
Provider=exchange
Identity=shiro@office.example
PresentationIdentity=shiro@office.example
MailEnabled=true
Host=mail.office.example
EmailAddress=shiro@office.example
"""
SETS = """\
[server-set gmail]
identities=taro@gmail.example
smtp=smtps://smtp.gmail.com
smtp-user=taro@gmail.example
smtp-password-from=oauth:online-accounts

[server-set odn]
identities=hanako@odn.example
smtp=smtp://smtp.odn.example:2525
smtp-user=hanako
smtp-password-from=secret-service

[server-set sonet]
identities=lennart.eichhorn@sonet.example
smtp=smtps://smtp.sonet.example
smtp-user=stlteich
smtp-password-from=secret-service
"""


class Desktop:
    """A session with the daemon, or with none."""

    def __init__(self, accounts=None):
        self.session = Session(keyring=False)
        self.env = dict(self.session.env, LC_ALL="C.UTF-8", XDG_CONFIG_HOME=str(self.session.home / "config"))
        self.env.pop("LANGUAGE", None)
        self.env["ROAMPOST_CONFIG"] = str(self.session.home / "roampost.conf")
        self.daemon = None
        if accounts is not None:
            folder = self.session.home / "config/goa-1.0"
            folder.mkdir(parents=True)
            (folder / "accounts.conf").write_text(accounts)
            self.daemon = subprocess.Popen([DAEMON], env=self.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            subprocess.run(["gdbus", "wait", "--session", "--timeout=60", NAME], env=self.env, check=True)

    def run(self, *args):
        done = subprocess.run([program("roampost"), *args], env=self.env, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=120)
        return done.returncode, done.stdout, done.stderr

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.daemon:
            self.daemon.terminate()
            self.daemon.wait()
        self.session.__exit__()


def of_the_daemon(test):
    with Desktop(ACCOUNTS) as desktop:
        status, out, err = desktop.run("import", "online-accounts")
        test.equal((status, out), (0, SETS), "tokens, passwords, ports and both kinds of TLS")
        test.equal(sorted(line.removeprefix(PREFIX) for line in err.splitlines()), sorted([
            "GNOME keeps the password of [server-set odn] for itself: once the set is written, “roampost password odn” asks for it anew",
            "GNOME keeps the password of [server-set sonet] for itself: once the set is written, “roampost password sonet” asks for it anew",
            "any certificate is taken there, and none is here that nobody vouches for: write tls-ca-file or tls-fingerprint into [server-set odn]",
            "jiro@gmail.example (Google) is not carried over: mail is switched off for it there (gnome-control-center online-accounts)",
            "saburo@cloud.example (Nextcloud) is not carried over: it is no account for mail",
            "shiro@office.example (Microsoft Exchange) is not carried over: it has no SMTP server",
            "the server imap.gmail.com (imap) is not carried over: only SMTP and POP are offered",
            "the server imap.odn.example (imap) is not carried over: only SMTP and POP are offered",
        ]), "what is not, or is to be done, is said")
        status, out, err = desktop.run("import", "online-accounts", "--write")
        test.check(status == 0 and out.startswith("3 server sets written to "), "they are written", out + err)
        test.equal(desktop.run("config", "check")[0], 0, "and are a good configuration")
        status, _, err = desktop.run("import", "online-accounts", "--write")
        test.check(status == 1 and "[server-set odn] is in" in err and "nothing was written" in err, "once", err)


def with_none(test):
    with Desktop("") as desktop:
        status, out, err = desktop.run("import", "online-accounts")
        test.check((status, out) == (1, "") and "there is no account: “gnome-control-center online-accounts” adds one" in err
                   and "“roampost setup” makes one from an address" in err, "no account", err)


def without(test):
    with Desktop() as desktop:
        status, out, err = desktop.run("import", "online-accounts")
        test.equal((status, out, err), (1, "", "roampost: GNOME Online Accounts is not there: “roampost setup” makes a "
                                        "server set from an address\n"), "no daemon")
        desktop.env["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=%s/none" % desktop.session.home
        status, out, err = desktop.run("import", "online-accounts")
        test.equal((status, out, err), (1, "", "roampost: there is no session bus to ask GNOME Online Accounts by: run this "
                                        "in a terminal of the desktop\n"), "no bus")


OBJECTS = """<node><interface name="org.freedesktop.DBus.ObjectManager"><method name="GetManagedObjects">
<arg type="a{oa{sa{sv}}}" direction="out"/></method></interface></node>"""


def as_variant(value):
    return value if isinstance(value, GLib.Variant) else GLib.Variant({bool: "b", str: "s", int: "i"}[type(value)], value)


def account(*kinds, lapsed=False, **mail):
    """What the daemon says of one; MAIL beside what most have."""
    mail = {"EmailAddress": "taro@odn.example", "SmtpSupported": True, "SmtpHost": "smtp.odn.example", "SmtpUseAuth": True,
            "SmtpAuthPlain": True, "SmtpUserName": "taro", "SmtpUseTls": True, **mail}
    return {"Account": {"ProviderName": "Mock", "Identity": "taro", "PresentationIdentity": "Taro", "AttentionNeeded": lapsed},
            "Mail": mail, **{kind: {} for kind in kinds}}


class Stand:
    """In the daemon's place: it answers with one account, or with an error."""

    def __init__(self, desktop, one=None, error=None):
        self.desktop, self.one, self.error, self.loop = desktop, one, error, GLib.MainLoop()
        self.bus = connect(desktop.env)
        self.bus.register_object("/org/gnome/OnlineAccounts", Gio.DBusNodeInfo.new_for_xml(OBJECTS).interfaces[0],
                                 self._on_call)
        self.bus.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName",
                           GLib.Variant("(su)", (NAME, 0)), None, Gio.DBusCallFlags.NONE, -1, None)

    def _on_call(self, _bus, _sender, _path, _interface, _method, _arguments, call):
        if self.error:
            call.return_dbus_error(*self.error)
            return
        there = {NAME + "." + kind: {key: as_variant(value) for key, value in values.items()}
                 for kind, values in self.one.items()}
        call.return_value(GLib.Variant("(a{oa{sa{sv}}})", ({"/org/gnome/OnlineAccounts/Accounts/account_1": there},)))

    def run(self):
        done = []

        def work():
            try:
                done.append(self.desktop.run("import", "online-accounts"))
            finally:
                GLib.idle_add(self.loop.quit)
        thread = threading.Thread(target=work)
        thread.start()
        self.loop.run()
        thread.join()
        self.bus.close_sync(None)
        return done[0]


TOKENS = ("OAuth2Based",)
# What is another than most; what its set has beside identities and the user, or that there is none; what is said.
ODD = [
    ("no encryption", account(SmtpUseTls=False), "smtp=smtp://smtp.odn.example\n", "it is said to have no TLS"),
    ("none to a program beside it", account(SmtpUseTls=False, SmtpHost="127.0.0.1:1025"), "smtp-tls=off\n", ""),
    ("no login", account(SmtpUseAuth=False), "relay=auto\n", "no login, and nothing says from where"),
    ("nor encryption", account(SmtpUseAuth=False, SmtpUseTls=False), "smtp-tls=off\n", "no login, and nothing says"),
    ("both kinds of TLS", account(SmtpUseSsl=True), "smtp=smtps://smtp.odn.example\n", ""),
    ("another's usual port", account(SmtpUseSsl=True, SmtpHost="smtp.odn.example:587"), "smtp=smtps://smtp.odn.example:587\n", ""),
    ("the usual port", account(SmtpHost="smtp.odn.example:587"), "smtp=smtp://smtp.odn.example\n", ""),
    ("IPv6", account(SmtpHost="2001:db8::25"), "smtp=smtp://[2001:db8::25]\n", ""),
    ("IPv6 with a port", account(SmtpHost="[2001:db8::25]:25"), "smtp=smtp://[2001:db8::25]:25\n", ""),
    ("a port too high", account(SmtpHost="smtp.odn.example:70000"), None, "its SMTP server can't be read: “smtp.odn.example:70000”"),
    ("a port and no host", account(SmtpHost=":587"), None, "is not carried over"),
    ("blanks", account(SmtpHost="smtp odn example"), None, "is not carried over"),
    ("an empty host", account(SmtpHost=""), None, "Taro (Mock) is not carried over: it has no SMTP server"),
    ("another type", account(SmtpHost=25), None, "Taro (Mock) is not carried over: it has no SMTP server"),
    ("no user", account(SmtpUserName=""), "smtp-user=taro@odn.example\n", ""),
    ("no address", account(EmailAddress=""), None, "Taro is not carried over: “Taro” is no mail address"),
    ("two addresses", account(EmailAddress="a@odn.example;b@odn.example"), None, "is no mail address"),
    ("tokens", account(*TOKENS, SmtpAuthXoauth2=True), "smtp-password-from=oauth:online-accounts\n", ""),
    ("tokens, but for other things", account(*TOKENS), "smtp-password-from=secret-service\n", "“roampost password odn”"),
    ("lapsed", account(*TOKENS, lapsed=True, SmtpAuthXoauth2=True), "smtp-password-from=oauth:online-accounts\n",
     "the login of [server-set odn] has lapsed there: “gnome-control-center online-accounts” opens the settings"),
    ("another group in the name", account(SmtpUserName="taro\n[agent]\npause=yes"), "smtp=smtp://smtp.odn.example\n",
     "smtp-user of [server-set odn] is not carried over: it has control characters in it"),
    ("a terminal's codes", account(EmailAddress="\x1b]0;x\x07"), None, "is no mail address"),
]


def odd(test):
    with Desktop() as desktop:
        for name, one, line, said in ODD:
            status, out, err = Stand(desktop, one).run()
            if line:
                test.check(status == 0 and line in out and out.startswith("[server-set odn]\nidentities=taro@odn.example\n")
                           and said in err, name, out + err)
            else:
                test.check((status, out) == (1, "") and said in err and "“roampost setup” makes one" in err
                           and "\x1b" not in err, name, out + err)


def failing(test):
    with Desktop() as desktop:
        status, out, err = Stand(desktop, error=("org.freedesktop.DBus.Error.Failed", "out of order")).run()
        test.check((status, out) == (1, "") and "does not say which accounts it has (out of order): try it again" in err,
                   "the daemon fails", err)


SCENARIOS = [of_the_daemon, with_none, without, odd, failing]


def main():
    reason = missing()
    if not reason and not os.access(DAEMON, os.X_OK):
        reason = "gnome-online-accounts is not installed"
    if reason:
        tap.skip_all(reason)
    tap.play(SCENARIOS)


main()
