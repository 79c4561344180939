# SPDX-License-Identifier: GPL-3.0-or-later
"""What every Postfix of the tests has in its main.cf: it lives in a folder of its own."""

import os

_HEAD = """\
compatibility_level = 3.6
queue_directory = {dir}/queue
data_directory = {dir}/data
command_directory = /usr/sbin
daemon_directory = {daemons}
mail_owner = postfix
setgid_group = postdrop
maillog_file_prefixes = {dir}
maillog_file = {dir}/maillog
alias_maps =
alias_database =
"""


def daemon_directory():
    return "/usr/lib/postfix/sbin" if os.path.isdir("/usr/lib/postfix/sbin") else "/usr/libexec/postfix"


def main_cf(directory, rest, **values):
    """The whole of it: `rest` is a format of the values, which may name the folder as {dir}."""
    return _HEAD.format(dir=directory, daemons=daemon_directory()) + rest.format(dir=directory, **values)
