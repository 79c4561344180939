# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The windows on a screen as a screen reader has them (AT-SPI), for tests of what people see."""

import subprocess
from pathlib import Path

from screen import wait_for


def lacking():
    if not Path("/usr/share/dbus-1/services/org.a11y.Bus.service").exists():
        yield "at-spi2-core"
    try:
        Reader()
    except (ImportError, ValueError):
        yield "gir1.2-atspi-2.0"


# What the bus starts for it, on a screen that has one (screen.main).
SERVICES = ["org.a11y.Bus"]


def wake():
    """The bus of what can be read is there before anybody looks for it: else there may be two."""
    subprocess.run(["gdbus", "call", "--session", "-d", "org.a11y.Bus", "-o", "/org/a11y/bus", "-m",
                    "org.a11y.Bus.GetAddress"], check=True, stdout=subprocess.DEVNULL)


class Reader:
    """What a screen reader sees of the window."""

    def __init__(self):
        import gi
        gi.require_version("Atspi", "2.0")
        from gi.repository import Atspi
        self.atspi = Atspi

    def nodes(self):
        desktop = self.atspi.get_desktop(0)
        todo = [desktop.get_child_at_index(i) for i in range(desktop.get_child_count())]
        while todo:
            node = todo.pop()
            if node is None:
                continue
            try:
                children = [node.get_child_at_index(i) for i in range(node.get_child_count())]
                yield node.get_role_name(), node.get_name() or "", node
            except Exception:  # it went while we looked
                continue
            todo += children

    def text(self):
        return "\n".join(name for _, name, _ in self.nodes() if name)

    def has(self, words):
        """Sooner than all of the text."""
        return any(words in name for _, name, _ in self.nodes())

    def descriptions(self):
        return "\n".join(node.get_description() or "" for _, _, node in self.nodes())

    def is_active(self, title):
        return any(name.startswith(title) and node.get_state_set().contains(self.atspi.StateType.ACTIVE)
                   for _, name, node in self.nodes())

    def is_visible(self, title):
        return any(name.startswith(title) and node.get_state_set().contains(self.atspi.StateType.VISIBLE)
                   for _, name, node in self.nodes())

    def act(self, name):
        """Does what the first thing of this name that can do something does."""
        for _, own, node in self.nodes():
            if own == name and node.get_n_actions() > 0:
                return node.do_action(0)
        return False

    def press(self, name):
        return wait_for(lambda: self.act(name))

    def click(self, name, roles=("check box", "radio button"), of="WINDOW"):
        """With the mouse: GTK 4 tells readers of no action of its check boxes, nor where its window is, which has to be
        in the corner; GTK 3 does (`of` "SCREEN")."""
        for role, own, node in self.nodes():
            if own != name or role not in roles:
                continue
            box = node.get_extents(getattr(self.atspi.CoordType, of))
            if box.width <= 0:
                continue
            at = [str(box.x + box.width // 2), str(box.y + box.height // 2)]
            subprocess.run(["xdotool", "mousemove", *at, "click", "1"], check=True)
            return True
        return False
