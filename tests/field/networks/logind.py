#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""As much of logind as a suspend needs: Inhibit, PrepareForSleep. Reads "sleep" and "wake"; prints "delayed"
when somebody has an inhibitor, "released" when it is given back, "asleep" once there is none."""

import os
import sys

import dbus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

NAME, PATH = "org.freedesktop.login1", "/org/freedesktop/login1"


def say(text):
    print(text, flush=True)


class Logind(dbus.service.Object):
    def __init__(self, bus):
        super().__init__(bus, PATH)
        self.inhibitors, self.going = 0, False

    @dbus.service.method(NAME + ".Manager", in_signature="ssss", out_signature="h")
    def Inhibit(self, what, who, why, mode):
        ours, theirs = os.pipe()
        self.inhibitors += 1
        say(f"delayed {what} {mode} by {who}")
        GLib.io_add_watch(ours, GLib.PRIORITY_DEFAULT, GLib.IO_HUP, self.released)
        given = dbus.types.UnixFd(theirs)   # its own copy
        os.close(theirs)
        return given

    def released(self, ours, _condition):
        os.close(ours)
        self.inhibitors -= 1
        say("released")
        self.look()
        return False

    @dbus.service.signal(NAME + ".Manager", signature="b")
    def PrepareForSleep(self, going):
        pass

    def look(self):
        if self.going and not self.inhibitors:
            self.going = False
            say("asleep")

    def told(self, source, _condition):
        for word in os.read(source, 100).decode().split():
            self.going = word == "sleep"
            self.PrepareForSleep(self.going)
            say(word)
            self.look()
        return True


dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
bus = dbus.SystemBus()
logind = Logind(bus)
name = dbus.service.BusName(NAME, bus)
GLib.io_add_watch(sys.stdin.fileno(), GLib.PRIORITY_DEFAULT, GLib.IO_IN, logind.told)
say("ready")
GLib.MainLoop().run()
