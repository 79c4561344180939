#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""test_tokens.py [SCENARIO..]: logins by token, and what becomes of a mail where a token is good no more, at a
provider that is real throughout (lab/tokens.py)."""

import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import authority, tap, world  # noqa: E402
from lab.tokens import Provider, access_token, reasons, refresh_token, send  # noqa: E402


def do_remedy(test, user, identifier):
    """Does what the queue says would free it, word by word."""
    said = " ".join(user.run("queue").split())
    remedy = re.search(r"log in \(roampost (login \S+?)\)", said)
    if test.check(remedy, "the remedy is named", said):
        user.run(*remedy[1].split())
        user.wait_state(identifier, "sent")


# ---- the scenarios ----


def mechanisms(test, lab):
    """Both of them, at SMTP and at POP."""
    user = lab.user(("odn", "smtp-auth=xoauth2\npop=pop3s://smtp.odn.example\npop-user=taro\n"
                     "pop-password-from=oauth:lab\npop-auth=oauthbearer\nfetch=delete\n"),
                    ("club", "smtp-auth=oauthbearer\n"), "any")
    user.start_agent()
    test.check("nobody has logged in" in reasons(send(user, "held")), "before the login it is held")
    user.run("login", "odn")
    world.wait_for(lambda: lab.logins(), "the mail that was held")
    for sender in ("odn", "club", "any"):
        test.equal(send(user, sender=sender + "@odn.example")["state"], "sent", "sent by " + sender)
    test.equal(set(lab.logins()), {"XOAUTH2", "OAUTHBEARER"}, "by which mechanisms")
    user.run("check", "odn")
    world.wait_for(lambda: "method=OAUTHBEARER" in lab.pop_log(), "a POP login by token")
    test.check("user=<taro>" in lab.pop_log(), "and one at POP", lab.pop_log())


def refused(test, lab):
    """A token that is good no more: the JSON status, 535, one renewal, sent."""
    user = lab.user()
    user.start_agent()
    user.run("login", "odn")
    lab.authority.revoke(access_token(user))
    log, told = lab.mark()
    send(user)
    test.equal(lab.logins(log), [None, "XOAUTH2"], "refused, and then not")
    test.equal(lab.authority.renewals(told), ["end /token refresh_token 200"], "renewed once")


def revoked(test, lab):
    """The refresh token too: held, until the user does what the queue says."""
    user = lab.user()
    user.start_agent()
    user.run("login", "odn")
    lab.authority.revoke(refresh_token(user))
    message = send(user, "held")
    test.check("invalid_grant" in reasons(message), "held, with what was answered", reasons(message))
    do_remedy(test, user, message["id"])
    test.equal(user.message(message["id"])["state"], "sent", "and that frees it")


def killed_with_a_new_token(test, lab):
    """Killed between a rotation and the first login by it: what is new was stored before."""
    user = lab.user()
    user.start_agent()
    user.run("login", "odn")
    old = access_token(user)
    lab.authority.revoke(old)
    told = lab.mark()[1]
    lab.authority.say("keep /token")
    identifier = user.submit("odn@odn.example", "hanako@friends.example")
    lab.authority.wait_for("end /token refresh_token 200", told)
    # The answer is on its way; the next thing that is asked is whether the new token is good.
    lab.authority.say("go")
    lab.authority.say("hold /token/introspection")
    lab.authority.wait_for("begin /token/introspection held", told)
    user.stop_agent(kill=True)
    lab.authority.say("go")
    test.check(access_token(user) != old, "the new one is stored while the server has not answered yet")
    lab.authority.revoke(access_token(user))  # so that the refresh token is needed, too
    user.start_agent()
    user.wait_state(identifier, "sent")
    test.equal(lab.authority.renewals(told), ["end /token refresh_token 200"] * 2, "and so is its refresh token")


def killed_before_the_answer(test, lab):
    """Killed when the authority has rotated and nobody knows: no mail is lost, and one login is asked for."""
    user = lab.user()
    user.start_agent()
    user.run("login", "odn")
    lab.authority.revoke(access_token(user))
    told = lab.mark()[1]
    lab.authority.say("keep /token")
    identifier = user.submit("odn@odn.example", "hanako@friends.example")
    lab.authority.wait_for("end /token refresh_token 200", told)
    user.stop_agent(kill=True)
    lab.authority.say("go")
    user.start_agent()
    user.wait_state(identifier, "held")
    do_remedy(test, user, identifier)
    test.equal(user.message(identifier)["state"], "sent", "sent once, after that login")


def two_at_once(test, lab):
    """Two sets by one login, refused at the same time: one renewal."""
    user = lab.user("odn", "club")
    user.start_agent()
    user.run("login", "odn")
    lab.authority.revoke(access_token(user))
    log, told = lab.mark()
    lab.authority.say("hold /token/introspection")
    both = [user.submit(name + "@odn.example", "hanako@friends.example") for name in ("odn", "club")]
    # Refused only when both have logged in: after the first refusal the second would wait for the new token.
    lab.authority.wait_for("begin /token/introspection held", told, 2, 180)
    lab.authority.say("go\nhold /token")
    world.wait_for(lambda: lab.logins(log).count(None) == 2, "two refused logins")
    lab.authority.say("go")
    for identifier in both:
        user.wait_state(identifier, "sent")
    test.equal(lab.authority.renewals(told), ["end /token refresh_token 200"], "one renewal")
    test.equal(sorted(map(str, lab.logins(log))), ["None", "None", "XOAUTH2", "XOAUTH2"], "both are sent by it")


def offline(test, lab):
    """An agent that starts without a network renews at the first connection."""
    user = lab.user()
    user.run("login", "odn")
    lab.authority.revoke(access_token(user))
    told = lab.mark()[1]
    world.ip(None, "link set wire0 down")
    user.start_agent()
    identifier = user.submit("odn@odn.example", "hanako@friends.example")
    message = user.wait_state(identifier, "waiting", "deferred", "held")
    test.equal(reasons(message), "No link is up; mail waits for a network.", "the mail waits")
    test.equal(lab.authority.told[told:], [], "nobody is asked")
    lab.connect()
    user.wait_state(identifier, "sent")
    test.equal(lab.authority.renewals(told), ["end /token refresh_token 200"], "renewed")


def short_lives(test, lab):
    """Tokens that end before they are spare are renewed at each session; each is rotated."""
    lab.authority.say("last 60")
    user = lab.user()
    user.start_agent()
    user.run("login", "odn")
    log = lab.mark()[0]
    tokens = set()
    for _ in range(3):
        send(user)
        tokens.add(access_token(user))
    test.equal((lab.logins(log), len(tokens)), (["XOAUTH2"] * 3, 3), "three, and none is refused")


SCENARIOS = [mechanisms, refused, revoked, killed_with_a_new_token, killed_before_the_answer, two_at_once, offline,
             short_lives]


def main():
    reason = world.why_not() or authority.why_not()
    if reason:
        tap.skip_all(reason)
    world.enter()
    lab = Provider()
    tap.play(SCENARIOS, lab, failed=world.show_logs,
             after=lambda test, name: test.equal(lab.tidy(), 0, name + ": the agent ends well"))


main()
