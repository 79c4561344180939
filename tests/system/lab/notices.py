# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A notification daemon that shows nothing and remembers everything.

Run as a program it owns org.freedesktop.Notifications on the session bus and writes one JSON line
for everything it is asked. Notices is the laboratory's handle on it.
"""

import json
import os
import sys
import time

INTERFACE = """
<node><interface name="org.freedesktop.Notifications">
  <method name="GetCapabilities"><arg type="as" direction="out"/></method>
  <method name="GetServerInformation">
    <arg type="s" direction="out"/><arg type="s" direction="out"/>
    <arg type="s" direction="out"/><arg type="s" direction="out"/>
  </method>
  <method name="Notify">
    <arg type="s" direction="in"/><arg type="u" direction="in"/><arg type="s" direction="in"/>
    <arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="as" direction="in"/>
    <arg type="a{sv}" direction="in"/><arg type="i" direction="in"/><arg type="u" direction="out"/>
  </method>
  <method name="CloseNotification"><arg type="u" direction="in"/></method>
  <signal name="NotificationClosed"><arg type="u"/><arg type="u"/></signal>
  <signal name="ActionInvoked"><arg type="u"/><arg type="s"/></signal>
</interface></node>
"""
NAME, PATH = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"


def serve(log):
    import gi
    gi.require_version("Gio", "2.0")
    from gi.repository import Gio, GLib
    loop = GLib.MainLoop()
    last = 0

    def write(**event):
        log.write(json.dumps(dict(event, at=time.time())) + "\n")
        log.flush()

    def on_call(connection, _sender, _path, _interface, method, arguments, invocation):
        nonlocal last
        values = arguments.unpack()
        if method == "GetCapabilities":
            answer = GLib.Variant("(as)", (["body", "actions", "persistence"],))
        elif method == "GetServerInformation":
            answer = GLib.Variant("(ssss)", ("laboratory", "roampost", "1", "1.2"))
        elif method == "Notify":
            _app, replaces, _icon, summary, body, actions, _hints, timeout = values
            last += not replaces
            number = replaces or last
            write(event="notify", id=number, replaces=replaces, summary=summary, body=body, actions=actions,
                  timeout=timeout)
            answer = GLib.Variant("(u)", (number,))
        else:
            write(event="close", id=values[0])
            connection.emit_signal(None, PATH, NAME, "NotificationClosed", GLib.Variant("(uu)", (values[0], 3)))
            answer = None
        invocation.return_value(answer)

    connection = Gio.DBusConnection.new_for_address_sync(
        os.environ["DBUS_SESSION_BUS_ADDRESS"],
        Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION)
    connection.register_object(PATH, Gio.DBusNodeInfo.new_for_xml(INTERFACE).interfaces[0], on_call)
    Gio.bus_own_name_on_connection(connection, NAME, Gio.BusNameOwnerFlags.NONE, None, lambda *_: loop.quit())
    loop.run()


class Notices:
    def __init__(self, session_bus):
        from . import world
        self.path = world.DIR + "/notices.jsonl"
        open(self.path, "w").close()
        world.start([sys.executable, __file__, self.path], world.DIR + "/notices.log")
        session_bus.wait_for_name(NAME)

    def events(self):
        with open(self.path) as log:
            return [json.loads(line) for line in log if line.endswith("\n")]

    def shown(self):
        """The notifications on the screen now, as the last one with each number says, without those
        that go by themselves."""
        screen = {}
        for event in self.events():
            if event["event"] == "notify":
                if event["timeout"] <= 0:
                    screen[event["id"]] = event
            else:
                screen.pop(event["id"], None)
        return list(screen.values())


if __name__ == "__main__":
    serve(open(sys.argv[1], "a"))
