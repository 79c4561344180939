#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""test_login.py [SCENARIO..]: `roampost login` with a real browser at the pages of a real authorization server
(lab/tokens.py): Chromium, without a screen, types and clicks (lab/chromium.py)."""

import os
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import authority, chromium, tap, world  # noqa: E402
from lab.roampost import program  # noqa: E402
from lab.tokens import FILLER, Provider, send  # noqa: E402

BROWSER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lab/chromium.py")


class Login:
    """`roampost login` that waits for somebody."""

    def __init__(self, user, *options):
        self.process = subprocess.Popen([program("roampost"), "login", "odn", *options], env=user.env, text=True,
                                        stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        self.url = ""
        while not self.url.startswith("http"):
            self.url = self.process.stderr.readline().strip()

    def end(self, typed=""):
        """(status, what it said since)"""
        said = self.process.communicate(typed, timeout=60)[1]
        return self.process.returncode, " ".join(said.split())


def browse(lab, url, netns=None, user=None):
    """Somebody's browser, here or at another machine; (address, text) of where that ends."""
    command = ["ip", "netns", "exec", netns, BROWSER] if netns else [BROWSER]
    done = subprocess.run([*command, url], capture_output=True, text=True, timeout=90, env=user and user.env)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return tuple(done.stdout.split("\n", 1))


def by_browser(test, lab):
    """PKCE, and the redirection to loopback: what the browser shows at the end, and a mail."""
    user = lab.user(BROWSER=BROWSER)
    user.start_agent()
    user.run("login", "odn")
    test.equal(send(user)["state"], "sent", "logged in and sent")
    login = Login(user, "--no-browser")
    address, text = browse(lab, login.url)
    test.check("You are logged in" in text and address.startswith("http://127.0.0.1:"), "what the browser shows", text)
    test.equal(login.end(), (0, "roampost: there is no keyring to keep the tokens in: they are in a file that only you can"
                                " read, in %s/state/tokens" % user.dir), "and what roampost says")


def to_localhost(test, lab):
    """Where the authority leaves the port open for localhost alone, as Microsoft's does."""
    user = lab.user(client="roampost-localhost", oauth="redirect-host=localhost\n", BROWSER=BROWSER)
    user.start_agent()
    user.run("login", "odn")
    test.equal(send(user)["state"], "sent", "logged in and sent")


def pasted(test, lab):
    """A browser at another machine ends on a page that can't be shown; its address is pasted."""
    user = lab.user()
    user.start_agent()
    login = Login(user, "--no-browser")
    address = browse(lab, login.url, "isp")[0]
    test.check("code=" in address and address.startswith("http://127.0.0.1:"), "where the browser ends", address)
    test.equal(login.end(address + "\n")[0], 0, "pasted back")
    test.equal(send(user)["state"], "sent", "and sent")


def by_device(test, lab):
    """The code is typed at another machine."""
    user = lab.user()
    user.start_agent()
    login = Login(user, "--device")
    text = browse(lab, login.url, "isp")[1]
    test.check("success" in text.lower(), "what the other machine shows", text)
    test.equal(login.end()[0], 0, "logged in")
    test.equal(send(user)["state"], "sent", "and sent")


def cancelled(test, lab):
    """By the browser, and by the device."""
    user = lab.user(CANCEL="1")
    user.start_agent()
    for option, words in (("--no-browser", "the login was refused: access_denied"),
                          ("--device", "the login came to nothing: access_denied")):
        login = Login(user, option)
        browse(lab, login.url, user=user)
        status, said = login.end()
        test.check(status == 1 and words in said, option + " is cancelled", (status, said))


def by_secret(test, lab):
    """A client that has a secret."""
    user = lab.user(client="roampost-secret", oauth="client-secret=kagi+/= 1\n", BROWSER=FILLER)
    user.start_agent()
    user.run("login", "odn")
    test.equal(send(user)["state"], "sent", "logged in and sent")


SCENARIOS = [by_browser, to_localhost, pasted, by_device, cancelled, by_secret]


def main():
    reason = world.why_not() or authority.why_not() or (None if chromium.program() else "chromium is not installed")
    if reason:
        tap.skip_all(reason)
    world.enter()
    lab = Provider()
    tap.play(SCENARIOS, lab, after=lambda *_: lab.tidy(), failed=world.show_logs)


main()
