#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""usage: test-failures.py PROGRAM

Each command's usual failures: the first line says what is wrong and where, it or what follows what to do, and
nothing else is said. Every command that `roampost help` lists has a row."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from cases import equal, main, test  # noqa: E402

PROGRAM = sys.argv[1]
GOOD = "[server-set odn]\nidentities=taro@odn.example\nrelay=anywhere\nsmtp=smtp://127.0.0.1:1\n"
BROKEN = "[server-set odn]\nnonsense=1\nsmtp=smtp://127.0.0.1:1\n"

# What there is no agent for, and no bus.
AGENT = (1, "there is no session bus to ask the agent by", "“roampost doctor” says what helps")
UNKNOWN_ID = (1, "there is no message zz in the queue", "“roampost queue” lists")
UNKNOWN_SET = (1, "there is no server set “nobody”", "“roampost sets” lists them")
NO_FILE = (1, "/nonexistent", "there is no such file: see how its name is written")
USAGE = "--help” says more"
# What is typed; the status, what is wrong, what to do.
ROWS = [
    *((line, AGENT) for line in (
        "where", "sets", "use odn", "explain zz", "flush", "check", "check nobody", "learn odn", "dial odn", "hangup",
        "forget odn", "watch")),
    *((line + " zz", UNKNOWN_ID) for line in ("hold", "release", "retry", "delete", "edit --from a@odn.example")),
    ("pin zz odn", UNKNOWN_ID),
    ("pin zz nobody", UNKNOWN_SET),
    ("password nobody", UNKNOWN_SET),
    ("login nobody", UNKNOWN_SET),
    ("password odo", (1, "there is no server set “odo”", "did you mean “odn”?")),
    ("password odn", (1, "odn has no such login", "set smtp-user in [server-set odn]")),
    ("login odn", (1, "odn logs in by a password", "smtp-password-from=oauth:NAME in [server-set odn]")),
    ("show zz", (1, "there is no message zz", "the queue is empty")),
    ("queue bogus", (2, "there is no state “bogus”", "there are queued, held, sending, deferred and failed")),
    ("submit", (2, "RCPT… is missing", USAGE)),
    ("submit taro@odn,example", (1, "“taro@odn,example” has a comma", "write taro@odn.example")),
    ("submit taro@", (1, "“taro@” can't be read as a mail address", "nothing is behind the @")),
    ("submit --set nobody a@b.example", UNKNOWN_SET),
    ("history --since x", (2, "“x” is not a time", "write a number and its unit")),
    ("simulate --at x", (2, "“x” is not an IP address", USAGE)),
    ("simulate --at 192.0.2.1 --use nobody", (2, "no server set “nobody”", USAGE)),
    ("submit --not-before tomorrow a@b.example", (2, "“tomorrow” is no time", "90min, 2h, 3d or 1w")),
    ("edit --to you@odn.example zz", (2, "edit: ID… is missing: --to takes all the words behind it", "so ID… stands before it")),
    ("edit --to you@odn.example", (2, "edit: ID… is missing", USAGE)),
    ("delete all", (1, "“all” is not a message id")),
    ("lookup x", (2, "“x” is not an IP address", "names are not resolved here")),
    ("providers update /nonexistent", NO_FILE),
    ("providers update /dev/zero", (1, "/dev/zero: it is larger than 256M, and is not read any further", "name the right file")),
    ("import msmtprc /dev/zero", (1, "/dev/zero: it is larger than 64M, and is not read any further", "name the right file")),
    ("setup --from-file /dev/zero", (1, "/dev/zero: it is larger than 64M, and is not read any further", "name the right file")),
    ("config check /dev/zero", (1, "/dev/zero: can't be read: ", "")),
    ("providers update /", (1, "/: it is a folder", "name a file in it")),
    ("providers update http://127.0.0.1:1/x", (1, "only https:// URLs are fetched", "by another program, and name that")),
    ("providers update https://127.0.0.1:1/x", (1, "it can't be fetched: ", "the table stays as it is: try it again later")),
    ("history --svg /nonexistent/x", (1, "/nonexistent/x: there is no such folder", "make it, or name another place")),
    ("sets --as-config --json", (2, "sets: either --as-config or --json", USAGE)),
    ("setup --from-file /dev/null", (1, "/dev/null has no address", "write a line [taro@odn.example] for each")),
    ("setup --name a]b taro@odn.example", (2, "--name is “a]b”", "a name must not contain [ or ]")),
    ("history --svg /", (1, "/: it is a folder", "name a file in it")),
    ("import msmtprc /", (1, "/: it is a folder", "name a file in it")),
    ("import autoconfig /dev/null", (1, "/dev/null: it is empty", "“roampost setup” makes a server set from an address")),
    ("setup --from-file /nonexistent", NO_FILE),
    ("setup --from-file /etc/passwd", (1, "/etc/passwd is no file of answers", "write a line [taro@odn.example] for each address")),
    ("setup --no-agent --smtp smtp://127.0.0.1:1 --password-file / a@odn.example", (1, "/: it is a folder", "name a file in it")),
    ("setup taro", (2, "“taro” is no mail address", "write it as taro@odn.example")),
    ("setup", (2, "say an address", "--from-file FILE")),
    ("setup --password-store wallet taro@odn.example", (1, "--password-store wallet", "valid are secret-service and file")),
    ("config check /nonexistent", (1, "/nonexistent: can't be read", "until the errors are gone")),
    *(("import %s /nonexistent" % kind, NO_FILE) for kind in ("autoconfig", "msmtprc", "postfix", "thunderbird")),
    ("import online-accounts", (1, "there is no session bus to ask GNOME Online Accounts by", "in a terminal of the desktop")),
    ("completion csh", (2, "not for “csh”", "bash, zsh and fish")),
    ("setup --paswd x", (2, "setup: there is no option “--paswd”", USAGE)),
    ("setup --untestet", (2, "setup: there is no option “--untestet”: did you mean “--untested”?", USAGE)),
    ("queue --verbos", (2, "queue: there is no option “--verbos”: did you mean “--verbose”?", USAGE)),
    ("queue -- --verbos", (2, "there is no state “--verbos”")),
    ("setup --remove", (2, "setup: its options can't be read (", USAGE)),
    ("help nobody", (2, "there is no command “nobody”", USAGE)),
    ("nobody", (2, "there is no command “nobody”", "“roampost help” lists them")),
    ("pause now", (2, "“now” is too much", USAGE)),
    ("resume now", (2, "“now” is too much", USAGE)),
    ("status now", (2, "“now” is too much", USAGE)),
    ("doctor now", (2, "“now” is too much", USAGE)),
    ("config show now", (2, "“now” is too much", USAGE)),
]
NEED_CONFIGURATION = [
    "simulate --at 192.0.2.1", "lookup 192.0.2.1", "pin zz odn", "password odn", "login odn", "config show",
    "submit --set odn a@b.example"]


def run(line, config):
    with tempfile.TemporaryDirectory(prefix="roampost-") as home:
        path = home + "/roampost.conf"
        if config is not None:
            with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as out:
                out.write(config)
        env = dict(os.environ, HOME=home, ROAMPOST_STATE=home + "/state", ROAMPOST_CONFIG=path, LC_ALL="C.UTF-8",
                   XDG_RUNTIME_DIR=home, DBUS_SESSION_BUS_ADDRESS="unix:path=%s/none" % home)
        env.pop("LANGUAGE", None)
        done = subprocess.run([PROGRAM, *line.split()], env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=60)
        return done.returncode, done.stdout, done.stderr, path


def fails(line, config, status, *said):
    got, out, err, path = run(line, config)
    every = out + err
    equal((line, got), (line, status), every)
    if not re.search(r"(?m)^roampost: ", err):
        raise AssertionError(f"{line}: no sentence of ours:\n{every}")
    for part in said:
        if part.replace("{path}", path) not in every:
            raise AssertionError(f"{line}: no {part!r} in:\n{every}")
    # One sentence, where it is no list of what is wrong in a file; no quotes but those of the house.
    lines = [row for row in err.splitlines() if row.startswith("roampost: ")]
    equal((line, len(lines)), (line, 1), err)
    equal((line, '"' in lines[0]), (line, False), err)


@test
def each_commands_failures():
    for line, (status, *said) in ROWS:
        fails(line, GOOD, status, *said)


@test
def no_configuration():
    for line in NEED_CONFIGURATION:
        fails(line, None, 1, "{path}: can't be read: No such file or directory")


@test
def broken_configuration():
    for line in NEED_CONFIGURATION + ["setup taro@odn.example"]:
        fails(line, BROKEN, 1, "“roampost config check” lists them", "{path}:2: [server-set odn] nonsense: unknown key",
              "roampost.conf(5) lists those")


@test
def none_is_left_out():
    """Of the commands that `roampost help` lists."""
    words = re.findall(r"(?m)^  ([a-z]+(?: [a-z]+)*)(?: [A-Z[]|  |$)", run("help", GOOD)[1])
    equal(len(words) > 30, True, words)
    rows = [line for line, _ in ROWS]
    equal([word for word in words if not any((line + " ").startswith(word + " ") for line in rows)], [])


main()
