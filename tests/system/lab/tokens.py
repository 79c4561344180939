# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A mail provider whose customers log in by tokens, all of it real: npm's oidc-provider gives them, Postfix and
a POP server ask Dovecot, and Dovecot asks who gave them (RFC 7662)."""

import json
import os
import re

from . import world
from .authority import CLIENT, Authority
from .certificates import make_certificate
from .mail import start_mail
from .manager import Bus
from .postfix import Postfix
from .provider import make_authority
from .roampost import User

NEAR, FAR = "203.0.113.7", "203.0.113.1"
LOGIN, SMTP = "login.odn.example", "smtp.odn.example"
FILLER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "form_filler.py")

POSTFIX = """\
myhostname = smtp.odn.example
inet_protocols = ipv4
mynetworks = 192.0.2.0/24
smtpd_tls_cert_file = {dir}/cert.pem
smtpd_tls_key_file = {dir}/key.pem
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {dir}/auth
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_error_sleep_time = 0
smtpd_client_restrictions = static:HOLD
"""

SET = """\
[server-set {set}]
identities={set}@odn.example
smtp=smtps://smtp.odn.example
smtp-user=taro
smtp-password-from=oauth:lab
tls-ca-file={dir}/ca.pem
{more}
"""


class Provider:
    """The provider's servers, in a network of their own: a host for the tokens and one for the mail."""

    def __init__(self):
        Bus("session")
        world.wire_to_isp(NEAR, FAR)
        for name in (LOGIN, SMTP):
            world.name(name, FAR)
        make_authority()
        self.folder = make_certificate(world.DIR + "/mail", LOGIN, SMTP)
        self.authority, self.users = None, []
        self.start_mail()

    def connect(self):
        world.plug_in(NEAR, FAR)

    def start_mail(self):
        folder = self.folder
        self.authority = Authority("isp", FAR, folder)
        self.postfix = Postfix(folder, POSTFIX, ["%s:465 -o smtpd_tls_wrappermode=yes" % FAR], "isp")
        start_mail(self.postfix, FAR, auth=folder + "/auth", mechanisms="plain xoauth2 oauthbearer",
                   introspection=self.authority.introspection)

    def user(self, *sets, client=CLIENT, oauth="", **more):
        """One of the laptop; each set is a name, or one with what else it has. `client`: what the authority
        knows us as, `oauth`: what else its group has."""
        config = self.authority.group("lab", "https://" + LOGIN, client,
                                      "tls-ca-file=%s/ca.pem\n%s" % (world.DIR, oauth))
        for name, rest in (one if isinstance(one, tuple) else (one, "") for one in sets or ["odn"]):
            config += SET.format(set=name, dir=world.DIR, more=rest)
        user = User(config, "user%d" % len(self.users), {
            "ROAMPOST_LINKS": "kernel", "BROWSER": FILLER, "SSL_CERT_FILE": world.DIR + "/ca.pem", **more})
        user.env.pop("XDG_RUNTIME_DIR", None)
        self.users.append(user)
        return user

    def tidy(self):
        """For the next scenario; what the last agent ended with."""
        self.authority.say("go")
        self.authority.say("last 3600")
        self.connect()
        return self.users[-1].stop_agent()

    def logins(self, since=0):
        """What became of each at Postfix: its mechanism, or None where it was refused."""
        with open(self.folder + "/maillog") as log:
            lines = log.read().splitlines()[since:]
        return [(re.search(r"sasl_method=(\w+)", line) or [None, None])[1] for line in lines
                if "sasl_method=" in line and "client=" in line or "authentication failed" in line]

    def pop_log(self):
        with open(self.folder + "/dovecot.log") as log:
            return log.read()

    def mark(self):
        """For what comes after it: of Postfix's log, of what the authority told."""
        with open(self.folder + "/maillog") as log:
            return len(log.read().splitlines()), len(self.authority.told)


def _stored(user):
    """Where there is no keyring."""
    with open(user.dir + "/state/tokens/lab:taro") as tokens:
        return json.load(tokens)


def access_token(user):
    return _stored(user)["access_token"]


def refresh_token(user):
    return _stored(user)["refresh_token"]


def reasons(message):
    return " ".join(reason["text"] for to in message["recipients"] for reason in to["reasons"] or [])


def send(user, state="sent", sender="odn@odn.example"):
    return user.wait_state(user.submit(sender, "hanako@friends.example"), state)
