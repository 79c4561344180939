# SPDX-License-Identifier: GPL-3.0-or-later
"""What every Dovecot of the tests has in its configuration: POP3 in a folder of its own, one password."""

PASSWORD = "kirameki"

_HEAD = """\
protocols = pop3
base_dir = {dir}/run
state_dir = {dir}/run
instance_name = {name}
log_path = {dir}/dovecot.log
auth_mechanisms = plain login
disable_plaintext_auth = no
auth_failure_delay = 0
mail_location = maildir:{dir}/{mails}
first_valid_uid = 1
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=postfix gid=postfix home={dir}/{mails}
}}
service pop3-login {{
  chroot =
  service_count = 0
}}
"""


def configuration(directory, name, mails, rest):
    """The whole of it; the mails are in a maildir of the folder, by users where its name has %u."""
    return _HEAD.format(dir=directory, name=name, mails=mails, password=PASSWORD) + rest
