# SPDX-License-Identifier: GPL-3.0-or-later
"""The layers of the house: which folder may use which, and which libraries belong to which files."""

import re

BASE = {"base"}
CORE = BASE | {"core"}
MIDDLE = CORE | {"proto", "config", "dbusloop"}
ADAPTERS = {"link", "queue", "transport", "bus", "desktop"}
ALL = MIDDLE | ADAPTERS

# What each folder may include besides itself. proto, config and dbusloop stand side by side; adapters
# never include each other; agent/ joins them.
MAY_USE = {
    "base": set(),
    "core": BASE,
    "proto": CORE,
    "config": CORE,
    "dbusloop": CORE,
    **{adapter: MIDDLE for adapter in ADAPTERS},
    "submit": ALL,
    "listen": CORE | {"proto", "queue", "submit"},
    "ground": CORE | {"config", "queue"},
    "plan": CORE | {"config", "queue", "ground"},
    "local": CORE | {"ground", "config", "queue", "submit"},
    "fetch": CORE | {"ground", "local", "proto", "config", "queue", "submit", "transport"},
    "deliver": CORE | {"proto", "config", "queue", "submit", "transport", "ground", "plan"},
    "agent": ALL | {"ground", "plan", "deliver", "submit", "listen", "local", "fetch"},
    "cli": ALL | {"submit"},
}

# The folder whose contract each public header is.
OWNER = {
    "address.h": "core",
    "base.h": "base",
    "bus.h": "bus",
    "bussocket.h": "dbusloop",
    "checks.h": "fetch",
    "clock.h": "ground",
    "config.h": "config",
    "dbusloop.h": "dbusloop",
    "decision-json.h": "core",
    "durable.h": "ground",
    "ground.h": "ground",
    "records.h": "ground",
    "timer.h": "ground",
    "whereabouts.h": "ground",
    "writes.h": "ground",
    "link.h": "link",
    "local-delivery.h": "local",
    "mail-file.h": "submit",
    "lanes.h": "deliver",
    "mailbox.h": "core",
    "listen.h": "listen",
    "mend.h": "proto",
    "message.h": "proto",
    "notice.h": "core",
    "notifier.h": "desktop",
    "place.h": "core",
    "planner.h": "plan",
    "pop-client.h": "proto",
    "policy.h": "core",
    "queue.h": "queue",
    "reply.h": "core",
    "report.h": "submit",
    "reports.h": "local",
    "retry.h": "core",
    "serverset.h": "core",
    "dial.h": "link",
    "sleep.h": "bus",
    "smtp-client.h": "proto",
    "smtp-server.h": "proto",
    "submit.h": "submit",
    "transport.h": "transport",
}

# Libraries that stay inside some files: how their headers are told in a #include and in the path of
# a dependency record, and the sources that may see them.
LIBRARIES = {
    "libnm": (r"NetworkManager\.h|libnm/|nm-[a-z-]+\.h", r"/libnm/", r"src/link/networkmanager[^/]*\.[ch]$"),
    "libdbus": (
        r"dbus/",
        r"/dbus-1\.0/",
        r"(src/(dbusloop|bus|desktop)/|src/link/ppp[^/]*\.[ch]$|include/roampost/dbusloop\.h$)",
    ),
}

# core/ and proto/ decide with what they are given: no clock, no file, no loop.
PURE = {"core", "proto"}
IMPURE_HEADERS = re.compile(
    r"gio/|glib-unix|gmodule|time\.h|unistd\.h|fcntl\.h|stdio\.h|poll\.h|sys/|netdb\.h|pthread\.h|signal\.h"
)


def folder_of(path):
    """The folder a path of the tree belongs to, or None: src/X/..., include/roampost/X.h."""
    parts = path.split("/")
    if len(parts) >= 3 and parts[0] == "src":
        return parts[1]
    if len(parts) == 3 and parts[:2] == ["include", "roampost"]:
        return OWNER.get(parts[2], "?" + parts[2])
    return None


def complaint(path, used):
    """Why `path` may not use `used` (both relative to the tree's root), or None."""
    mine, other = folder_of(path), folder_of(used)
    if mine is None or other is None or mine == other:
        return None
    for folder in (mine, other):
        if folder.startswith("?"):
            return f"{folder[1:]} has no owner in tests/unit/house/layers.py"
    if mine not in MAY_USE:
        return f"src/{mine} has no layer in tests/unit/house/layers.py"
    if other not in MAY_USE[mine]:
        return f"{path}: {mine}/ may not use {other}/ ({used})"
    return None
