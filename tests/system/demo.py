#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job as a story to watch: a laptop with two accounts goes from one provider to another
and back. Run by script/demo."""

import os
import sys
import textwrap
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import world  # noqa: E402
from lab.laptop import Laptop  # noqa: E402

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
        self.mails = {}
        self.notices_told = 0

    def place(self):
        """Where roampost thinks it is, and the server set that is in force there."""
        where = self.user.ask("where")
        addresses = [a for link in where["links"] for a in link["addresses"]]
        inside = sorted({i["provider"] for i in where["inside"]})
        if not addresses:
            line("place", "nowhere: no network")
            return
        line("place", "%s, inside %s" % (addresses[0], ", ".join(inside) or "no provider we know"))
        line("set", self.user.ask("status")["current-set"] or "none")

    def write(self, sender, recipient, subject):
        identifier = self.user.submit(sender, recipient, subject=subject)
        self.mails[subject] = identifier
        line("written", '"%s" from %s to %s' % (subject, sender, recipient))

    def tell(self, subject):
        """What became of a mail: sent by which set, as its server saw it, or held and why."""
        message = self.user.wait_state(self.mails[subject], "sent", "held")
        if message["state"] == "held":
            reasons = message["recipients"][0]["reasons"]
            line("held", '"%s": %s' % (subject, " ".join(r["text"] for r in reasons)))
            return None
        provider = {"odn": self.lab.odn, "so-net": self.lab.so_net}[message["set"]]
        mail = self.lab.delivered(provider, subject)
        login = provider.logged_in(mail.client)
        how = ", after a POP login" if "pop-login" in provider.relay and login is not None else ""
        line("sent", '"%s" through %s%s (%s saw %s)' % (
            subject, provider.title, how, provider.host, mail.client))
        return mail

    def notices(self):
        """What came up on the screen since the last time."""
        events = self.lab.notices.events()
        for event in events[self.notices_told:]:
            if event["event"] == "close":
                line("notice", "(taken off the screen)")
                continue
            line("notice", event["summary"])
            for paragraph in event["body"].splitlines():
                line("", paragraph)
        self.notices_told = len(events)

    def run(self):
        lab = self.lab
        act("On the train, without a network")
        self.place()
        self.write(ODN, FRIEND, "See you on Sunday")
        self.tell("See you on Sunday")

        act("At home, dialled in to ODN")
        lab.go("ODN")
        self.user.wait_set("odn")
        self.place()
        self.tell("See you on Sunday")

        act("At a friend's, whose provider is So-net")
        lab.go("So-net")
        self.user.wait_set("so-net")
        self.place()
        self.write(SO_NET, FRIEND, "From here")
        self.write(WORK, FRIEND, "Minutes of the meeting")
        self.write(ODN, HOME, "Feed the cat")
        self.write(ODN, FRIEND, "The recipe")
        for subject in ("From here", "Minutes of the meeting", "Feed the cat", "The recipe"):
            self.tell(subject)
        world.wait_for(lab.notices.shown, "a notification")
        self.notices()

        act("Back home at ODN")
        lab.go("ODN")
        there = time.time()
        self.user.wait_set("odn")
        self.place()
        mail = self.tell("The recipe")
        line("", "%.1f s after the line was up" % max(mail.at - there, 0))
        world.wait_for(lambda: not lab.notices.shown(), "the notification closed")
        self.notices()

        act("In the end")
        left = [m for m in self.user.ask("queue") if m["state"] != "sent"]
        refused = lab.odn.refused() + lab.so_net.refused()
        accepted = len(lab.odn.accepted()) + len(lab.so_net.accepted())
        line("queue", "empty" if not left else "%d messages left" % len(left))
        line("servers", "took %d mails, refused %d attempts" % (accepted, len(refused)))
        return not left and not refused and accepted == len(self.mails)


def main():
    # Made before anything is printed, so that a place without namespaces can say so.
    world.enter(180)
    print("Two accounts on one laptop. ODN's server takes mail for others only from its")
    print("own lines. So-net's takes it from anywhere, after a POP login; that account")
    print("may carry mail from work.example too.")
    print("NetworkManager, Postfix and Dovecot are the real ones, on a private network.")
    try:
        lab = Laptop()
        done = Play(lab).run()
        status = lab.user.stop_agent()
    except Exception as error:
        print("\nThe story broke off: %s" % error, flush=True)
        world.show_logs()
        sys.exit(1)
    sys.exit(0 if done and status == 0 else 1)


if __name__ == "__main__":
    main()
