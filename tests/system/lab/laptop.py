# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A laptop with a customer's account at two providers: what the roaming scenarios share."""

from . import world
from .manager import Bus, Manager
from .notices import Notices
from .provider import Provider
from .roampost import User, describe
from .small import MockManager, SmallProvider, Stage


class Laptop:
    """ODN takes mail from inside only. So-net, wherever one is, wants a POP login first; the
    account there may also carry mail from work.example, which has no server of its own. Both are
    wired to the laptop, and NetworkManager has a profile for each, named like its provider."""

    def __init__(self, odn=None, so_net=None, manager=True, agent=True, connectivity_uri=None,
                 **profile):
        self.system_bus, self.session_bus = Bus("system"), Bus("session")
        self.notices = Notices(self.session_bus)
        self.odn = Provider("odn", "203.0.113.0/24", "2001:db8:1::/48", **dict(
            dict(relay="inside", title="ODN"), **(odn or {})))
        self.so_net = Provider("so-net", "198.51.100.0/24", "2001:db8:2::/48", **dict(
            dict(relay="pop-login", tls=True, title="So-net"), **(so_net or {})))
        self.lines = {}
        for n, provider in enumerate((self.odn, self.so_net)):
            self.lines[provider.title] = provider.access_point("wan%d" % n)
            provider.start()
        self.manager = None
        if manager:
            self.start_manager(connectivity_uri, **profile)
        self.user = User(self._config())
        if agent:
            self.user.start_agent()

    def _config(self):
        return "[agent]\n\n" + describe(self.odn) + describe(self.so_net, carries="@work.example")

    def start_manager(self, connectivity_uri=None, **profile):
        self.manager = Manager(connectivity_uri)
        for title, line in self.lines.items():
            self.manager.profile(title, line, **profile)

    def go(self, title):
        """Leaves wherever the laptop is and connects to a provider."""
        for other in self.lines:
            if other != title and ("GENERAL.STATE:activated" in world.run(
                    ["nmcli", "-t", "-f", "GENERAL.STATE", "connection", "show", other])):
                self.manager.down(other)
        self.manager.up(title)

    def delivered(self, provider, subject, seconds=60):
        """Waits for a mail at a provider and returns the copy."""
        def copies():
            return [mail for mail in provider.accepted() if mail.subject == subject]
        return world.wait_for(copies, lambda: "%r delivered at %s; accepted: %s; agent:\n%s" % (
            subject, provider.title, [m.subject for m in provider.accepted()],
            self.user.agent_log()), seconds, 0.02)[0]

    def refused(self):
        return self.odn.refused() + self.so_net.refused()


class StageLaptop(Laptop):
    """The same laptop where no namespaces can be had: a mock of NetworkManager, small servers."""

    def __init__(self):
        self.system_bus, self.session_bus = Bus("system"), Bus("session")
        self.notices = Notices(self.session_bus)
        stage = Stage()
        self.odn = SmallProvider(stage, "odn", "ODN", "203.0.113.0/24", "inside")
        self.so_net = SmallProvider(stage, "so-net", "So-net", "198.51.100.0/24", "pop-login")
        self.lines = {p.title: p for p in (self.odn, self.so_net)}
        self.manager = MockManager(stage, self.lines.values())
        # The host's own network is no part of the play.
        self.user = User(self._config(), env={"ROAMPOST_LINKS": "networkmanager"})
        self.user.start_agent()

    def go(self, title):
        if self.manager.is_up:
            self.manager.down(self.manager.is_up)
        self.manager.up(title)
