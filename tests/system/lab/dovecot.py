# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration of every Dovecot of the tests, from one description: POP3 in a folder of its own, one
password. 2.4 reads nothing of what 2.3 reads, so the words are those of the version that is here."""

import os
import re
import subprocess

PASSWORD = "kirameki"
# What its log says of a login: 2.3, 2.4.
LOGIN = re.compile(r"Login: user=|Logged in: user=")

# What both read alike. Without the penalty wrong passwords are answered later and later.
_COMMON = """\
base_dir = {dir}/run
state_dir = {dir}/run
instance_name = {name}
log_path = {dir}/dovecot.log
auth_failure_delay = 0
auth_mechanisms = {mechanisms}
first_valid_uid = 1
protocols = pop3
listen = {listen}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""

_OLD = _COMMON + """\
disable_plaintext_auth = no
mail_location = maildir:{mails}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=postfix gid=postfix home={mails}
}}
"""

_NEW = """\
dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
""" + _COMMON + """\
auth_allow_cleartext = yes
mail_driver = maildir
mail_path = {mails}
passdb static {{
  password = {password}
}}
userdb static {{
  fields {{
    uid = postfix
    gid = postfix
    home = {mails}
  }}
}}
"""

# The names that differ: old, new.
_NAMES = {
    "user": ("%u", "%{user}"),
    "count": ("service_count = 0", "restart_request_count = unlimited"),
    "certificate": ("ssl_cert = <", "ssl_server_cert_file = "),
    "key": ("ssl_key = <", "ssl_server_key_file = "),
    "address": ("address", "listen"),
    "clients": ("ssl_ca = <", "ssl_server_ca_file = "),
    "ask": ("ssl_verify_client_cert", "ssl_server_request_client_cert"),
    "revocations": ("ssl_require_crl", "ssl_server_require_crl"),
}

_TLS = """\
ssl = yes
{certificate}{dir}/cert.pem
{key}{dir}/key.pem
"""

# Logins by tokens, about which their authority is asked; a file of its own with 2.3.
_TOKENS_OLD = """\
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {dir}/tokens.conf
}}
"""
_TOKENS_NEW = """\
oauth2 {{
  !include {dir}/tokens.conf
}}
"""
_TOKENS = """\
introspection_mode = post
introspection_url = %s
username_attribute = sub
active_attribute = active
active_value = true
"""

# Nobody logs in without a certificate of that authority.
_CLIENTS = """\
{clients}{authority}
{ask} = yes
{revocations} = no
auth_ssl_require_client_cert = yes
"""

_POSTLOGIN = """\
service pop3 {{
  executable = pop3 postlogin
}}
service postlogin {{
  executable = script-login {program}
  unix_listener postlogin {{
  }}
}}
"""


def version():
    """Of the Dovecot that is installed, as (2, 4); None where there is none."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    try:
        told = subprocess.run(["dovecot", "--version"], env=dict(os.environ, PATH=path),
                              capture_output=True, text=True).stdout
    except OSError:
        return None
    found = re.match(r"(\d+)\.(\d+)", told)
    return (int(found[1]), int(found[2])) if found else None


def _listener(names, kind, **settings):
    lines = "".join("    %s = %s\n" % (names.get(key, key), value) for key, value in settings.items())
    return "  %s {\n%s  }\n" % (kind, lines)


def configuration(directory, name, mails, listen="*", tls=False, mechanisms="plain login", password=PASSWORD,
                  ports=(), auth="", postlogin=None, introspection=None, clients=None):
    """The whole of it. The mails are in the maildir `mails` of the folder, by users where it has {user}.
    TLS by cert.pem and key.pem of the folder. `ports`: those of POP3 and of POP3 within TLS, where they are
    not the usual ones. `auth`: where logins of others are asked about, a socket's path or ADDRESS:PORT.
    `postlogin`: the program that is run after a login. `introspection`: the URL that says which tokens are
    good (RFC 7662), with Dovecot's own name and secret there; the mechanisms have to name xoauth2 and
    oauthbearer then. `clients`: the authority whose certificates clients have to show."""
    new = version() >= (2, 4)
    names = {key: both[new] for key, both in _NAMES.items()}
    text = (_NEW if new else _OLD).format(
        dir=directory, name=name, listen=listen, mechanisms=mechanisms, password=password,
        mails="%s/%s" % (directory, mails.replace("{user}", names["user"])))
    if introspection:
        with open(directory + "/tokens.conf", "w") as out:
            out.write(_TOKENS % introspection)
        text += (_TOKENS_NEW if new else _TOKENS_OLD).format(dir=directory)
    text += _TLS.format(dir=directory, **names) if tls else "ssl = no\n"
    text += _CLIENTS.format(authority=clients, **names) if clients else ""
    text += "service pop3-login {\n  chroot =\n  %s\n" % names["count"]
    for kind, port, ssl in zip(("pop3", "pop3s"), ports, ("no", "yes")):
        text += _listener(names, "inet_listener " + kind, address=listen, port=port, ssl=ssl)
    text += "}\n"
    if auth:
        address, _, port = auth.rpartition(":")
        text += "service auth {\n%s}\n" % (
            _listener(names, "inet_listener asked", address=address, port=port) if address
            else _listener(names, "unix_listener " + auth, mode="0666"))
    return text + (_POSTLOGIN.format(program=postlogin) if postlogin else "")
