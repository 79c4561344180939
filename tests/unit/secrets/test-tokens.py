#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens: the login, renewal, and what the user reads where there is none. test-tokens.py ROAMPOSTD
ROAMPOST; the browser is curl, which follows where it is sent."""

import json
import pathlib
import re
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from agent import Agent  # noqa: E402
from authority import Authority  # noqa: E402
from cases import equal, main, test  # noqa: E402
from mailbox_of_tokens import Mailbox  # noqa: E402

PROGRAMS = sys.argv[1:3]
KEYS = "smtp-password-from=oauth:fake"


class Stage:
    """An authority, a mailbox and an agent."""

    def __init__(self, keyring=True, keys=KEYS, mechanisms="XOAUTH2", more=""):
        self.authority = Authority()
        self.revoked = set()
        self.mailbox = Mailbox(lambda token: token in self.authority.access - self.revoked, mechanisms)
        self.agent = Agent(PROGRAMS, keys, keyring=keyring, groups=self.authority.group(more=more))
        self.mailbox.serve(self.agent)
        self.agent.browse_by('exec curl -sSL -o /dev/null "$1"')

    def __enter__(self):
        self.agent.start()
        return self

    def __exit__(self, *_):
        self.mailbox.close()
        self.authority.close()
        log = self.agent.session.home / "log"
        said = log.read_text() if log.exists() else ""
        self.agent.__exit__()
        equal(re.findall(r"access-\d|refresh-\d", said), [], "logged")
        equal(self.authority.wrong, [])

    def log_in(self, *options, given=""):
        return self.agent.run("login", "odn", *options, given=given)

    def sent(self):
        self.agent.comes_to(self.agent.submit(), "sent")

    def grants(self):
        return [form["grant_type"] for form in self.authority.forms]


def has(text, *words):
    for word in words:
        if word not in text:
            raise AssertionError(f"“{word}” is not in: {text}")


@test
def by_browser_and_what_waited_goes():
    with Stage() as stage:
        number = stage.agent.submit()
        has(stage.agent.comes_to(number, "held"), "nobody has logged in")
        has(" ".join(stage.agent.run("queue").split()), "nobody has logged in. To free it: log in (roampost login odn).")
        stage.log_in()
        stage.agent.comes_to(number, "sent")
        equal(stage.mailbox.logins, [("XOAUTH2", "access-1", True)])
        equal((stage.agent.session.home / "state/tokens").exists(), False, "a file beside the keyring")


@test
def oauthbearer_where_that_is_all_there_is():
    with Stage(mechanisms="PLAIN OAUTHBEARER") as stage:
        stage.log_in()
        stage.sent()
        equal(stage.mailbox.logins, [("OAUTHBEARER", "access-1", True)])


@test
def without_a_keyring_a_file():
    with Stage(keyring=False) as stage:
        has(stage.log_in(), "there is no keyring")
        file = stage.agent.session.home / "state/tokens/fake:taro"
        equal(file.stat().st_mode & 0o777, 0o600)
        stage.sent()
        stage.authority.access = set()
        stage.sent()
        equal(json.loads(file.read_text())["refresh_token"], "refresh-2", "rotated")
        stage.agent.run("login", "odn", "--out")
        equal(file.exists(), False)


@test
def nowhere_to_store_is_said_before_the_login():
    with Stage(keyring=False) as stage:
        place = stage.agent.session.home / "state/tokens"
        place.write_text("")
        asked = len(stage.authority.codes)
        for options in ([], ["--device"]):
            said = stage.agent.run("login", "odn", *options, status=1)
            has(" ".join(said.split()), f"they can't be kept in {place} (", "see whose folder that is", "then log in again")
            equal("type this code" in said or "in a browser" in said, False, said)
        equal((len(stage.authority.codes), stage.authority.forms), (asked, []), "what the authority was asked")
        place.unlink()
        stage.log_in()
        equal([file.name for file in place.iterdir()], ["fake:taro"])


@test
def pasted_by_hand():
    with Stage() as stage:
        login = subprocess.Popen([PROGRAMS[1], "login", "odn", "--no-browser"], env=stage.agent.env, text=True,
                                 stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        url = ""
        while not url.startswith("http"):
            url = login.stderr.readline().strip()
        back = subprocess.run(["curl", "-sS", "-o", "/dev/null", "-w", "%{redirect_url}", url], text=True,
                              capture_output=True).stdout
        login.stdin.write(back.replace("state=", "state=x") + "\n" + back + "\n")
        login.stdin.flush()
        equal(login.wait(60), 0)
        has(login.stderr.read(), "that is not the address that this login leads to")
        login.stdin.close()
        login.stderr.close()
        stage.sent()


@test
def a_stranger_at_the_door_is_passed_over():
    with Stage() as stage:
        browser = stage.agent.session.home / "browser"
        browser.write_text('#!/bin/sh\nback=$(echo "$1" | sed "s/.*redirect_uri=http%3A%2F%2F127.0.0.1%3A\\([0-9]*\\).*/\\1/")\n'
                           'python3 -c "import socket,time; s=socket.create_connection((\\"127.0.0.1\\",$back)); time.sleep(30)" &\n'
                           'idle=$!; trap "kill $idle" EXIT\n'
                           'curl -sS "http://127.0.0.1:$back/?code=evil&state=guess" -o /dev/null\n'
                           'curl -sS "http://127.0.0.1:$back/favicon.ico" -o /dev/null\n'
                           'curl -sSL -o /dev/null "$1"\n')
        stage.log_in()
        equal([form["code"] for form in stage.authority.forms], ["c0"])


@test
def declined_in_the_browser():
    with Stage() as stage:
        browser = stage.agent.session.home / "browser"
        browser.write_text('#!/bin/sh\nback=$(echo "$1" | sed "s/.*redirect_uri=http%3A%2F%2F127.0.0.1%3A\\([0-9]*\\).*/\\1/")\n'
                           'state=$(echo "$1" | sed "s/.*[?&]state=\\([^&]*\\).*/\\1/")\n'
                           'exec curl -sS "http://127.0.0.1:$back/?error=access_denied&error_description=no+thanks&state=$state" '
                           '-o /dev/null\n')
        has(stage.agent.run("login", "odn", status=1), "the login was refused: access_denied: no thanks")


@test
def by_device():
    with Stage() as stage:
        login = subprocess.Popen([PROGRAMS[1], "login", "odn", "--device"], env=stage.agent.env, text=True,
                                 stderr=subprocess.PIPE)
        said = ""
        while "WXYZ-1234" not in said:
            said += login.stderr.readline()
        while not stage.authority.forms:
            login.poll()
        stage.authority.typed = True
        equal(login.wait(60), 0)
        login.stderr.close()
        has(said, stage.authority.url + "/type")
        stage.sent()


@test
def renewed_before_it_ends():
    with Stage() as stage:
        stage.authority.lasts = 60
        stage.log_in()
        stage.sent()
        equal(stage.mailbox.logins, [("XOAUTH2", "access-2", True)])


@test
def renewed_once_after_a_refusal():
    with Stage() as stage:
        stage.log_in()
        stage.revoked.add("access-1")
        stage.sent()
        equal(stage.mailbox.logins, [("XOAUTH2", "access-1", False), ("XOAUTH2", "access-2", True)])
        stage.revoked.update(f"access-{i}" for i in range(9))
        has(stage.agent.comes_to(stage.agent.submit(), "held"), "auth-failed: odn's server does not accept its token.")
        equal([good for _, _, good in stage.mailbox.logins[2:]], [False, False], "once, and not for ever")


@test
def a_refresh_token_that_is_refused_says_log_in_again():
    with Stage() as stage:
        stage.log_in()
        stage.authority.refresh, stage.authority.access = set(), set()
        number = stage.agent.submit()
        has(stage.agent.comes_to(number, "held"), "invalid_grant: Token has been expired or revoked.")
        has(" ".join(stage.agent.run("queue").split()), "To free it: log in (roampost login odn).")
        stage.log_in()
        stage.agent.comes_to(number, "sent")


@test
def a_login_while_a_renewal_is_refused():
    """What is stored then is newer than what was refused: it is taken, and not told to be no good."""
    with Stage() as stage:
        stage.log_in()
        stage.revoked.add("access-1")
        stage.authority.delay = threading.Event()
        number = stage.agent.submit()
        stage.mailbox.wait_for(1)
        stage.authority.wait_for(2)  # the renewal is on its way
        stage.log_in()
        stage.authority.delay.set()
        stage.agent.comes_to(number, "sent")
        equal(stage.mailbox.logins[-1], ("XOAUTH2", "access-2", True))


@test
def a_login_while_a_renewal_succeeds():
    """Neither overwrites the other's: the login counts."""
    with Stage(keyring=False) as stage:
        stage.authority.keeps = True
        stage.authority.rotates = False
        stage.log_in()
        stage.revoked.add("access-1")
        stage.authority.delay = threading.Event()
        number = stage.agent.submit()
        stage.authority.wait_for(2)
        stage.authority.rotates = True
        stage.authority.refresh.add("refresh-1")
        stage.log_in()
        stage.authority.refresh.add("refresh-1")  # the old grant stays good beside the new one
        stage.authority.rotates = False
        stage.authority.delay.set()
        stage.agent.comes_to(number, "sent")
        file = stage.agent.session.home / "state/tokens/fake:taro"
        equal(json.loads(file.read_text())["refresh_token"], "refresh-2", "that of the login")


@test
def a_rotated_token_is_stored_before_it_is_used():
    with Stage() as stage:
        stage.log_in()
        stage.revoked.add("access-1")
        stage.sent()
        # Another agent, with what the first has stored and nothing else.
        stage.agent.daemon.terminate()
        equal(stage.agent.daemon.wait(), 0)
        stage.agent.log.close()
        stage.agent.start()
        stage.revoked.add("access-2")
        stage.sent()
        equal([form.get("refresh_token") for form in stage.authority.forms[1:]], ["refresh-1", "refresh-2"])


@test
def who_can_not_be_asked_now_is_asked_later():
    with Stage() as stage:
        stage.log_in()
        stage.authority.access = set()
        stage.authority.answers = [(503, b"<html>busy</html>")]
        number = stage.agent.submit()
        stage.agent.comes_to(number, "deferred")
        stage.agent.run("retry", number)
        stage.agent.comes_to(number, "sent")


@test
def one_renewal_for_two_sessions():
    stage = Stage()
    config = stage.agent.config
    other = config.read_text().split("[server-set odn]")[1].replace("taro@odn.example", "taro@other.example")
    config.write_text(config.read_text() + "\n[server-set other]" + other)
    with stage:
        stage.log_in()
        stage.authority.delay = threading.Event()
        stage.revoked.add("access-1")
        first = stage.agent.submit()
        stage.authority.wait_for(2)  # the renewal is on its way
        second = stage.agent.run("submit", "-f", "taro@other.example", "hanako@friends.example",
                                 given="From: taro@other.example\nTo: hanako@friends.example\n\nx\n").strip()
        stage.agent.comes_to_say("other: idle -> connecting")
        stage.authority.delay.set()
        stage.agent.comes_to(first, "sent")
        stage.agent.comes_to(second, "sent")
        equal(stage.grants(), ["authorization_code", "refresh_token"])


@test
def a_client_that_is_not_known_names_the_group():
    with Stage() as stage:
        stage.log_in()
        stage.authority.access = set()
        stage.authority.answers = [(401, {"error": "invalid_client", "error_description": "no\nsuch\x1b client"})] * 9
        has(stage.agent.comes_to(stage.agent.submit(), "held"), "see [oauth fake]", "invalid_client: no such? client")


main(sys.argv[3:])
