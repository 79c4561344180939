#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the window costs with a long queue: until the first messages are on the screen, until it is at rest, its memory;
and what it and the agent spend while messages leave one after another and the window is open (and, to compare,
while it is not). On an X server without a screen.

window.py WINDOW AGENT SENDMAIL [MESSAGES...]
"""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fakes"))
from screen import AGENT, GTK4, ODN, Play, call_agent, listed_ids, main, show_page  # noqa: E402

CONFIG = "[agent]\nnotify=no\n" + ODN
LEAVE = 100
TICK = os.sysconf("SC_CLK_TCK")


def cpu_ms(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / TICK


def private_mb(pid):
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(n) for n in re.findall(r"^Private_\w+: +(\d+) kB", rollup, re.M)) / 1024


class Bench(Play):
    TESTS = 1

    def __init__(self, window, agent, sendmail, numbers):
        super().__init__(agent, sendmail, None)
        self.window, self.numbers = window, numbers

    def fill(self, n):
        have = int((re.search(r"'held': (?:uint32 )?(\d+)", call_agent("org.freedesktop.DBus.Properties.Get", AGENT[0],
                                                                      "Counts")) or [0, 0])[1])
        for i in range(have, n):
            self.submit(f"Message {i}", "taro@odn.example")

    def rest(self, pid):
        """When it has done nothing for half a second: how long that took, without the half second."""
        began = still = time.monotonic()
        spent = cpu_ms(pid)
        while time.monotonic() - still < 0.5:
            time.sleep(0.02)
            now = cpu_ms(pid)
            if now != spent:
                spent, still = now, time.monotonic()
        return still - began

    def leave(self, pids):
        """They go one after another, as they do when they are sent: what each of the processes spends."""
        before = [cpu_ms(pid) for pid in pids]
        ids = listed_ids(LEAVE)
        for one in ids:
            call_agent(f"{AGENT[0]}.Change", "delete", f"['{one}']", "{}")
        for pid in pids:
            self.rest(pid)
        return [(cpu_ms(pid) - ms) / len(ids) for pid, ms in zip(pids, before)]

    def measure(self, n):
        self.fill(n)
        alone, = self.leave([self.agent.pid])
        self.fill(n)
        began = time.monotonic()
        before = cpu_ms(self.agent.pid)
        window = self.start([self.window], "window.log")
        subprocess.run(["xdotool", "search", "--sync", "--onlyvisible", "--name", "^Inside no"], stdout=subprocess.DEVNULL,
                       check=True)
        shown = time.monotonic() - began
        rest = time.monotonic() - began + self.rest(window.pid)
        mb, spent, agent = private_mb(window.pid), cpu_ms(window.pid), cpu_ms(self.agent.pid) - before
        both = self.leave([self.agent.pid, window.pid])
        show_page("history")
        self.rest(window.pid)
        history = self.leave([self.agent.pid, window.pid])
        print(f"# {n}: window {shown:.2f} s, at rest {rest:.2f} s, {spent:.0f} ms of CPU, {mb:.0f} MB private; "
              f"agent {agent:.0f} ms", flush=True)
        print(f"# {n}: a message leaves: agent {alone:.2f} ms, with the window {both[0]:.2f} ms and {both[1]:.2f} ms "
              f"of the window's, on its page of the history {history[0]:.2f} ms and {history[1]:.2f} ms", flush=True)
        window.terminate()
        window.wait()

    def play(self):
        for n in self.numbers:
            self.measure(n)
        self.check("measured", True)


def prepare(home):
    os.environ |= {**GTK4, "GTK_A11Y": "none"}


if __name__ == "__main__":
    sys.exit(main(__file__, lambda: Bench(*sys.argv[1:4], [int(n) for n in sys.argv[4:]] or [300, 3000]), CONFIG,
                  size="800x700", more=prepare, seconds=1200))
