# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scenarios, in the order in which one boot can play them: NetworkManager, once started,
stays."""

import glob
import os
import poplib
import smtplib
import socket
import ssl
import subprocess
import threading

import desk
import line
from lab import dovecot, provider, roampost, world
from lab.notices import Notices
from lab.world import wait_for
from story import Story, Teller, cut_in_mid_message, expect, long_letter, witness

SMTP_TIMEOUT = "smtpd_timeout = 10s"  # a caller whose line dropped is given up soon, and logged


class Stage:
    """What all scenarios share: two providers joined by the internet, and the laptop."""

    def __init__(self, note):
        self.note, self.teller = note, Teller(open("/mnt/story", "a"))
        line.load_modules()
        line.install()
        desk.add_users()
        desk.install()
        self.note("modules, pppd, users")
        self.a = self._provider("a", "203.0.113.0/24", "2001:db8:a::/48", "inside")
        self.b = self._provider("b", "198.51.100.0/24", "2001:db8:b::/48", "inside+pop-login")
        self.note("two providers, their servers listen")
        self.hand = [line.HandLine(self.a), line.HandLine(self.b)]
        self.system = desk.system_bus("/mnt/install/org.roampost.Ppp1.conf")
        self.session = desk.session_bus()
        os.environ["DBUS_SESSION_BUS_ADDRESS"] = self.session.address
        self.notices = Notices(self.session)
        self.dsl, self.agents, self.senders = [], [], []
        self.note("buses")

    def _provider(self, name, net4, net6, relay):
        return provider.Provider(name, net4, net6, relay, tls=True, title=name.upper(),
                                 extra=SMTP_TIMEOUT).start()

    def tests(self):
        return [("lab", self.play_lab), ("alone", self.play_alone), ("hand", self.play_hand),
                ("forged-policy", self.play_forged_policy), ("forged-agent", self.play_forged_agent),
                ("pppoe", self.play_pppoe)]

    def demo(self):
        return [("demo", self.play_hand)]

    # -- with roampost ----------------------------------------------------------------------------

    def play_alone(self):
        self._play("alone", self.hand)

    def play_hand(self):
        """NetworkManager shows a ppp0 of somebody else's making without an active connection."""
        self._manager()
        self._play("hand", self.hand, self._strange_device)

    def play_pppoe(self):
        self._manager()
        self._play("pppoe", self.dsl, self._own_device)

    def _play(self, name, lines, look=lambda: None):
        config = "[agent]\ndefault-identity=taro@a.example\n\n" + "".join(
            roampost.describe(isp) for isp in (self.a, self.b))
        agent = self._agent(name, config)
        Story(lines, agent, self.notices, self.teller, look).play()
        agent.stop()

    def _agent(self, name, config, bus=None):
        self.agents.append(desk.Agent(name, config, self.session, bus))
        return self.agents[-1]

    def _manager(self):
        """Starts NetworkManager, once; from then on it stays."""
        if self.dsl:
            return
        self.dsl = [line.PppoeLine(self.a), line.PppoeLine(self.b)]
        desk.start_manager({"dsl-" + dsl.name: dsl.profile() for dsl in self.dsl})

    def _strange_device(self):
        desk.manager_says("ppp0", "ppp|30 (disconnected)||%s/32" % self.hand[0].address)

    def _own_device(self):
        desk.manager_says("ppp0", "ppp|100 (connected)|%s|%s/32" % (self.dsl[0].id, self.dsl[0].address))

    # -- forgery ----------------------------------------------------------------------------------

    def play_forged_policy(self):
        """The distribution's bus with roampost's policy file: what a stranger sends reaches nobody."""
        listener = self._listen(self.system)
        self._forgery("forged-policy", self.system)
        heard = listener()
        expect([h for h in heard if "forged" in h], [], "the stranger's signals on the bus")
        expect(any("honest" in h for h in heard), True, "root's signals are heard")

    def play_forged_agent(self):
        """A bus that lets everybody send anything: the agent asks who it was, and does not believe."""
        careless = desk.open_bus("/run/careless", "system", "root", "dbus-careless")
        listener = self._listen(careless)
        self._forgery("forged-agent", careless)
        heard = listener()
        expect([h.split()[0] for h in heard], ["LinkUp", "LinkDown", "LinkUp"], "all signals are on the bus")
        expect("forged" in heard[0], True, "the stranger's among them")
        careless.stop()

    def _forgery(self, name, bus):
        """The peer's name is all that tells where the line leads, so a believed forgery would show;
        that an honest one does show proves it. The line is up before the agent is."""
        self.hand[0].dial()
        agent = self._agent(name, desk.peers_config(("a", "forged", "honest")), bus)
        wait_for(lambda: agent.inside() == ["a"], "inside A by the peer's name", line.PATIENCE, 0.2)
        places = len(agent.changes_of("Place"))
        self._send(bus, desk.STRANGER, "up,down", "forged")
        self._send(bus, "root", "up", "honest")
        wait_for(lambda: agent.inside() == ["honest"], "inside by the honest word of root", line.PATIENCE, 0.2)
        # That it is inside A may be heard of only now.
        changes = [c for c in agent.changes_of("Place")[places:] if "<['a']>" not in c]
        expect([c for c in changes if "forged" in c or "honest" not in c], [], "other changes of place")
        self.hand[0].hang_up()
        agent.stop()

    def _send(self, bus, user, directions, peer):
        """Signals from somebody, who stays on the bus until the agent had time to ask."""
        sender = subprocess.Popen(
            desk.as_user(user, [desk.TOOLS + "/ppp1.py", bus.address, directions, "ppp0",
                                self.hand[0].address, self.hand[0].concentrator, peer]),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        expect(sender.stdout.readline().strip(), "sent", "%s says link %s, peer %s" % (user, directions, peer))
        self.senders.append(sender)

    def _listen(self, bus):
        """Listens as anybody on the bus could; the returned function ends it and tells what it heard."""
        listener = subprocess.Popen(desk.as_user(desk.OWNER, [desk.TOOLS + "/ppp1.py", bus.address, "listen"]),
                                    stdout=subprocess.PIPE, text=True)
        expect(listener.stdout.readline().strip(), "listening", "a listener on the bus")

        def end():
            listener.terminate()
            return listener.communicate()[0].splitlines()

        return end

    # -- the laboratory ---------------------------------------------------------------------------

    def play_lab(self):
        """Without roampost: the servers say yes and no where they should, and a line that is cut
        in the middle of a message is seen to be."""
        a, b = self.hand
        a.dial()
        expect(self._try(self.a), "sent", "at A, A's server relays")
        expect(self._try(self.b), 554, "at A, B's server does not")
        self._pop(self.b)
        expect(self._try(self.b), 554, "nor after a POP login, which it wants from inside")
        self.b.forget_logins()
        mark = cut_in_mid_message(a, lambda: threading.Thread(
            target=self._try, args=(self.a, long_letter()), daemon=True).start())
        b.dial()
        expect(self._try(self.b), 554, "at B, not without a POP login")
        self._pop(self.b)
        expect(self._try(self.b), "sent", "at B after a POP login")
        b.hang_up()
        witness(self.a, mark)
        wait_for(lambda: len(self.a.accepted()) == 1 and len(self.b.accepted()) == 1,
                 "exactly one message at each", line.PATIENCE, 0.1)
        expect(self.a.accepted()[0].client, a.address, "the address that A handed out")

    def _tls(self):
        return ssl.create_default_context(cafile=world.DIR + "/ca.pem")

    def _try(self, isp, text="hi\n"):
        """What comes of a message for others: "sent", or the code of the refusal."""
        try:
            with smtplib.SMTP(isp.host, timeout=line.PATIENCE, local_hostname="laptop.example") as smtp:
                smtp.starttls(context=self._tls())
                smtp.sendmail("x@elsewhere.example", ["y@else.example"], "Subject: x\n\n" + text)
            return "sent"
        except smtplib.SMTPRecipientsRefused as refused:
            return list(refused.recipients.values())[0][0]
        except (smtplib.SMTPException, socket.error) as error:
            return str(error)

    def _pop(self, isp):
        pop = poplib.POP3(isp.host, timeout=line.PATIENCE)
        pop.stls(self._tls())
        pop.user(line.USER)
        pop.pass_(dovecot.PASSWORD)
        pop.quit()

    def sweep(self):
        """After every scenario, whatever became of it: no agent, no line, no login, no mail, no notice."""
        for agent in self.agents:
            agent.kill()
        for sender in self.senders:
            sender.communicate()
        self.agents, self.senders = [], []
        os.truncate(self.notices.path, 0)
        for any_line in self.hand + self.dsl:
            any_line.end()
        for isp in (self.a, self.b):
            isp.forget_logins()
            for path in glob.glob(isp.dir + "/accepted/new/*"):
                os.unlink(path)
