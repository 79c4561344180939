#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The icon is offered again to a panel that owns its name before it answers to it, as xfce4-panel does now and
then when it starts; and to one that drops it, as Waybar does with all when a screen goes.

test-tray-host.py AGENT SENDMAIL
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "fakes"))
from screen import Play, listed_ids, main  # noqa: E402

lacking = []
try:
    import dbus
    import dbus.mainloop.glib
    import dbus.service
    from gi.repository import GLib
except ImportError as error:
    lacking.append(str(error))

WATCHER = "org.kde.StatusNotifierWatcher"
CONFIG = """[server-set work]
identities=taro@work.example
smtp=smtp://127.0.0.1:9
smtp-tls=off
"""


def watcher_class():
    class Watcher(dbus.service.Object):
        """Refuses, does not answer, and takes the icon, in this order."""

        asked = []

        @dbus.service.method(WATCHER, "s", "", async_callbacks=("answer", "refuse"))
        def RegisterStatusNotifierItem(self, item, answer, refuse):
            self.asked.append((time.monotonic(), str(item)))
            if len(self.asked) == 1:
                refuse(dbus.exceptions.DBusException("not yet", name="org.freedesktop.DBus.Error.UnknownMethod"))
            elif len(self.asked) > 2:
                answer()

        @dbus.service.signal(WATCHER, "s")
        def StatusNotifierItemUnregistered(self, service):
            pass
    return Watcher


class Panel(Play):
    TESTS = 9

    def until(self, condition, seconds):
        """Whether it came true; the bus is served meanwhile."""
        end = time.monotonic() + seconds
        tick = GLib.timeout_add(50, lambda: True)
        while not condition() and time.monotonic() < end:
            GLib.MainContext.default().iteration(True)
        GLib.source_remove(tick)
        return condition()

    def menu(self, menu):
        """Methods that few hosts call, and ids that there are not any more."""
        self.check("one property of an item is told alone", menu.GetProperty(0, "children-display") == "submenu")
        unknown = [list(part) for part in menu.AboutToShowGroup([0, 999])], list(menu.EventGroup(
            dbus.Array([(999, "clicked", "", 0), (0, "opened", "", 0)], "(isvu)")))
        self.check("and which items there are not", unknown == ([[], [999]], [999]), unknown)
        self.submit("Whose", "taro@nowhere.example")
        self.check("what is to be done about a held message is said with its id",
                   self.until(lambda: f"roampost edit {listed_ids()[0]} --from" in str(menu.GetLayout(0, -1, [])), 20),
                   str(menu.GetLayout(0, -1, [])))

    def play(self):
        dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
        bus = dbus.SessionBus()
        watcher = watcher_class()(bus, "/StatusNotifierWatcher")
        name = dbus.service.BusName(WATCHER, bus)
        self.check("a watcher that comes is told of the icon", self.until(lambda: watcher.asked, 20))
        self.check("one that refuses is asked again", self.until(lambda: len(watcher.asked) > 1, 20), watcher.asked)
        self.check("and one that does not answer", self.until(lambda: len(watcher.asked) > 2, 30), watcher.asked)
        self.check("but not once it has the icon", not self.until(lambda: len(watcher.asked) > 3, 5), watcher.asked)
        watcher.StatusNotifierItemUnregistered(watcher.asked[0][1] + "0/StatusNotifierItem")
        self.check("nor when another one's is dropped", not self.until(lambda: len(watcher.asked) > 3, 6), watcher.asked)
        watcher.StatusNotifierItemUnregistered(watcher.asked[0][1] + "/StatusNotifierItem")
        self.check("one that drops it is asked again", self.until(lambda: len(watcher.asked) > 3, 20), watcher.asked)
        self.menu(dbus.Interface(bus.get_object(f"org.kde.StatusNotifierItem-{self.agent.pid}-1",
                                                "/StatusNotifierItem/Menu"), "com.canonical.dbusmenu"))
        del name
        self.end_agent()


if __name__ == "__main__":
    sys.exit(main(__file__, lambda: Panel(*sys.argv[1:3], None), CONFIG, lacking=lacking))
