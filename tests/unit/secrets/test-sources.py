#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where an agent has a password from, and what the user reads where it has none: test-sources.py
ROAMPOSTD ROAMPOST."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from agent import SECRET, Agent  # noqa: E402
from cases import equal, main, test  # noqa: E402

PROGRAMS = sys.argv[1:3]


def has(text, *words):
    for word in words:
        if word not in text:
            raise AssertionError(f"“{word}” is not in: {text}")


@test
def a_locked_keyring_holds_and_unlocking_frees():
    with Agent(PROGRAMS, "smtp-password-from=secret-service") as agent:
        agent.run("password", "odn", given=SECRET + "\n")
        agent.session.lock()
        number = agent.submit()
        has(agent.comes_to(number, "held"), "keyring-locked: odn's password is in your keyring, which is locked.")
        has(agent.run("queue"), "unlock your keyring")
        equal(agent.message(number)["recipients"][0]["reasons"][0]["unlock"], [{"keyring": "unlock"}])
        agent.session.unlock()
        agent.comes_to(number, "sent")
        equal(agent.shows_secret(SECRET), [])


@test
def a_keyring_without_a_password_is_opened_without_a_word():
    """Such a one is locked too until it is asked for (omamail issue 258)."""
    with Agent(PROGRAMS, "smtp-password-from=secret-service", blank=True) as agent:
        agent.run("password", "odn", given=SECRET + "\n")
        agent.session.lock()
        agent.comes_to(agent.submit(), "sent")


@test
def storing_it_frees_what_waited_for_it():
    with Agent(PROGRAMS, "smtp-password-from=secret-service") as agent:
        number = agent.submit()
        has(agent.comes_to(number, "held"), "auth-failed: The password for odn could not be had",
            "no password with host 127.0.0.1, service smtp and user taro")
        has(agent.run("queue"), "roampost password odn")
        agent.run("password", "odn", given=SECRET + "\n")
        agent.comes_to(number, "sent")


@test
def a_keyring_that_comes_later_frees_too():
    with Agent(PROGRAMS, "smtp-password-from=secret-service", keyring=False) as agent:
        number = agent.submit()
        has(agent.comes_to(number, "held"), "there is no Secret Service on the session bus")
        agent.session.start_keyring()
        agent.run("password", "odn", given=SECRET + "\n")
        agent.comes_to(number, "sent")


@test
def what_the_server_refused_is_not_tried_for_a_signal():
    with Agent(PROGRAMS, "smtp-password-from=secret-service") as agent:
        agent.run("password", "odn", given="falsch\n")
        number = agent.submit()
        has(agent.comes_to(number, "held"), "does not accept its user name and password")
        agent.session.lock()
        agent.session.unlock()
        agent.run("status")
        equal(agent.server.ask(log=agent.port)["log"].count("AUTH"), 1, "logins")
        agent.run("password", "odn", given=SECRET + "\n")
        agent.comes_to(number, "sent")


@test
def credential():
    agent = Agent(PROGRAMS, "smtp-password-from=credential:odn", keyring=False)
    folder = agent.session.home / "credentials"
    folder.mkdir()
    agent.env["CREDENTIALS_DIRECTORY"] = str(folder)
    with agent:
        number = agent.submit()
        has(agent.comes_to(number, "held"), "the password is not among the unit's credentials", "No such file")
        (folder / "odn").write_text(SECRET + "\n")
        agent.run("retry", number)
        agent.comes_to(number, "sent")


@test
def no_credentials_at_all():
    with Agent(PROGRAMS, "smtp-password-from=credential:odn", keyring=False) as agent:
        has(agent.comes_to(agent.submit(), "held"), "LoadCredential=")


@test
def netrc():
    agent = Agent(PROGRAMS, "smtp-password-from=netrc:~/netrc", keyring=False)
    file = agent.session.home / "netrc"
    agent.config.write_text(agent.config.read_text().replace("~/netrc", str(file)))
    file.write_text(f"machine other.example login taro password no\nmachine 127.0.0.1\n login taro password {SECRET}\n")
    file.chmod(0o640)
    with agent:
        number = agent.submit()
        has(agent.comes_to(number, "held"), "others may read", "chmod 600")
        file.chmod(0o600)
        agent.run("retry", number)
        agent.comes_to(number, "sent")


@test
def what_the_command_complains_of_is_said():
    command = "echo 'gpg: decryption failed:\x1b[1m No secret key' >&2; exit 2"
    with Agent(PROGRAMS, f"smtp-password-command={command}", keyring=False) as agent:
        has(agent.comes_to(agent.submit(), "held"),
            "the password command failed (status 2): gpg: decryption failed:?[1m No secret key")


@test
def a_command_that_complains_for_ever_harms_nobody():
    with Agent(PROGRAMS, "smtp-password-command=(yes nonsense | head -c 10000000 >&2) 2>&2; exit 3",
               keyring=False) as agent:
        text = agent.comes_to(agent.submit(), "held")
        has(text, "(status 3): nonsense nonsense")
        equal(len(text) < 600, True, text)


main(sys.argv[3:])
