#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""ppp1.py ADDRESS listen | ppp1.py ADDRESS up[,down] IFNAME LOCAL REMOTE IPPARAM

A listener to org.roampost.Ppp1, and a sender with all a forger could wish for: it stays connected
so that it can be asked who it is, until its standard input ends.
"""

import sys

from gi.repository import Gio, GLib

INTERFACE, PATH = "org.roampost.Ppp1", "/org/roampost/Ppp1"


def connect(address):
    flags = Gio.DBusConnectionFlags
    return Gio.DBusConnection.new_for_address_sync(
        address, flags.AUTHENTICATION_CLIENT | flags.MESSAGE_BUS_CONNECTION, None, None)


def listen(bus):
    def heard(_bus, sender, _path, _interface, member, arguments):
        print("%s %s" % (member, arguments.print_(False)), flush=True)

    bus.signal_subscribe(None, INTERFACE, None, PATH, None, Gio.DBusSignalFlags.NONE, heard)
    # A round trip: from here on the bus knows of the subscription.
    bus.call_sync("org.freedesktop.DBus", "/", "org.freedesktop.DBus", "GetId", None, None, 0, -1, None)
    print("listening", flush=True)
    GLib.MainLoop().run()


def send(bus, directions, interface, local, remote, ipparam):
    signals = {
        "up": ("LinkUp", GLib.Variant("(ssssass)", (interface, local, remote, ipparam, [remote], ""))),
        "down": ("LinkDown", GLib.Variant("(sss)", (interface, local, "")))}
    for direction in directions.split(","):
        bus.emit_signal(None, PATH, INTERFACE, *signals[direction])
    bus.flush_sync(None)
    print("sent", flush=True)
    sys.stdin.read()


bus = connect(sys.argv[1])
listen(bus) if sys.argv[2] == "listen" else send(bus, *sys.argv[2:])
