# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Buses of a test's own, by bus.conf: none of the machine's services is on them unless the test names it."""

import os
import shutil

CONF = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bus.conf")
MACHINE = "/usr/share/dbus-1/services"
# The words that begin a command: DAEMON's may add --address=, behind SESSION comes what runs on the bus.
DAEMON = ["dbus-daemon", "--config-file=" + CONF, "--nofork", "--nopidfile"]
SESSION = ["dbus-run-session", "--config-file=" + CONF, "--"]


def session_with(folder, services=()):
    """SESSION's words for a bus that starts what is in FOLDER/dbus-1/services: what the test has put there, and those
    of the machine's services that are named (one that is not installed is left out)."""
    own = os.path.join(folder, "dbus-1", "services")
    os.makedirs(own, exist_ok=True)
    for name in services:
        if os.path.exists(f"{MACHINE}/{name}.service"):
            shutil.copy(f"{MACHINE}/{name}.service", own)
    config = os.path.join(folder, "dbus-1", "bus.conf")
    with open(config, "w") as out:
        out.write(f"<busconfig><include>{CONF}</include><servicedir>{own}</servicedir></busconfig>\n")
    return ["dbus-run-session", "--config-file=" + config, "--"]
