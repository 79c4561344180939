#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job as a story to watch: a laptop with two accounts goes from one provider to another
and back. Run by script/demo. With --mock, and by itself where no namespaces can be had, a mock of
NetworkManager and small servers on loopback play the others' parts."""

import os
import sys
import textwrap
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import world  # noqa: E402
from lab.laptop import Laptop, StageLaptop  # noqa: E402

ODN, SO_NET, WORK = "taro@odn.example", "taro@so-net.example", "taro@work.example"
FRIEND, HOME = "hanako@friends.example", "jiro@odn.example"
WIDTH = 78


def act(title):
    """A new place in the story, with time to read the last one where somebody watches."""
    if sys.stdout.isatty():
        time.sleep(4)
    print("\n%s" % title, flush=True)


def line(label, text):
    lines = textwrap.wrap(text, WIDTH - 12) or [""]
    for n, part in enumerate(lines):
        print("  %-8s  %s" % ("" if n else label, part), flush=True)


class Play:
    def __init__(self, lab):
        self.lab, self.user = lab, lab.user
        self.providers = {"odn": lab.odn, "so-net": lab.so_net}
        self.mails = {}
        self.told = 0  # events of the notification daemon

    def place(self):
        """Where roampost thinks it is, and the server set that is in force there."""
        where = self.user.ask("where")
        addresses = [a for link in where["links"] for a in link["addresses"]]
        if not addresses:
            line("place", "nowhere: no network")
            return
        inside = sorted({self.providers[i["provider"]].title for i in where["inside"]})
        line("place", "inside %s, with the address %s" % (" and ".join(inside) or "no provider", addresses[0]))
        line("set", self.user.ask("status")["current-set"] or "none")

    def write(self, sender, recipient, subject):
        identifier = self.user.submit(sender, recipient, subject=subject)
        self.mails[subject] = identifier, sender, recipient

    def tell(self, subject):
        """A mail and what became of it: sent by which set, as its server saw it, or held and why.
        Returns the copy that the server has."""
        identifier, sender, recipient = self.mails[subject]
        message = self.user.wait_state(identifier, "sent", "held")
        line("mail", '"%s"' % subject)
        line("", "%s to %s" % (sender, recipient))
        if message["state"] == "held":
            line("held", " ".join(r["text"] for r in message["recipients"][0]["reasons"]))
            return None
        provider = self.providers[message["set"]]
        mail = self.lab.delivered(provider, subject)
        login = "pop-login" in provider.relay and provider.logged_in(mail.client) is not None
        line("sent", "through %s%s, which saw %s" % (
            provider.title, " after a POP login" if login else "", mail.client))
        return mail

    def notices(self, wanted):
        """Waits for a notification, or for its end, and tells what came up on the screen."""
        world.wait_for(lambda: bool(self.lab.notices.shown()) == wanted, "the notification", 30)
        events = self.lab.notices.events()
        for event in events[self.told:]:
            if event["event"] == "close":
                line("notice", "(closed)")
                continue
            line("notice", event["summary"])
            for paragraph in event["body"].splitlines():
                line("", paragraph)
        self.told = len(events)

    def run(self):
        lab = self.lab
        act("On the train, without a network")
        self.place()
        self.write(ODN, FRIEND, "See you on Sunday")
        self.tell("See you on Sunday")
        self.notices(True)

        act("At home, on a line of ODN's")
        lab.go("ODN")
        self.user.wait_set("odn")
        self.place()
        self.tell("See you on Sunday")
        self.notices(False)

        act("At a friend's, on a line of So-net's")
        lab.go("So-net")
        self.user.wait_set("so-net")
        self.place()
        here = (SO_NET, FRIEND, "Arrived"), (WORK, FRIEND, "Minutes of the meeting"), (
            ODN, HOME, "Please feed the cat"), (ODN, FRIEND, "The recipe")
        for mail in here:
            self.write(*mail)
        for _, _, subject in here:
            self.tell(subject)
        self.notices(True)

        act("Back home")
        lab.go("ODN")
        there = time.time()
        self.user.wait_set("odn")
        self.place()
        mail = self.tell("The recipe")
        line("", "%.1f s after the line was up" % max(mail.at - there, 0))
        self.notices(False)

        act("In the end")
        left = [m for m in self.user.ask("queue") if m["state"] != "sent"]
        refused = lab.odn.refused() + lab.so_net.refused()
        accepted = len(lab.odn.accepted()) + len(lab.so_net.accepted())
        line("queue", "empty" if not left else "%d messages left" % len(left))
        line("servers", "took %d mails, refused %d attempts" % (accepted, len(refused)))
        return not left and not refused and accepted == len(self.mails)


def main():
    mock = "--mock" in sys.argv
    reason = "asked for" if mock else world.why_not()
    if reason:
        world.enter_stage()
    else:
        world.enter(180)
    print("Two accounts on one laptop. ODN's server takes mail for others only from its")
    print("own lines. So-net's takes it from anywhere, after a POP login; that account")
    print("may carry mail from work.example too.")
    if reason:
        print("The real parts need namespaces (%s)," % reason)
        print("so a mock of NetworkManager and small servers on loopback play here.")
    else:
        print("NetworkManager, Postfix and Dovecot are the real ones, on a private network.")
    try:
        lab = StageLaptop() if reason else Laptop()
        done = Play(lab).run()
        status = lab.user.stop_agent()
    except Exception as error:
        print("\nThe story broke off: %s" % error, flush=True)
        world.show_logs()
        sys.exit(1)
    sys.exit(0 if done and status == 0 else 1)


if __name__ == "__main__":
    main()
