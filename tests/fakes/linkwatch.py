# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A running linkwatch and what it has delivered; for tests in Python."""
import json
import queue
import signal
import subprocess
import threading
import time


class Watch:
    def __init__(self, program, **environment):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, **environment)
        self.lines = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.lines.put((time.monotonic(), json.loads(line)['links']))

    def next(self, seconds=60):
        """When the next network was delivered, and its links by interface."""
        when, links = self.lines.get(timeout=seconds)
        print('#', json.dumps({link['interface']: {k: v for k, v in link.items() if v and k != 'interface'} for link in links}))
        return when, {link['interface']: link for link in links}

    def until(self, condition, what, seconds=60):
        """How many were delivered until the condition held, when the last came, and its links."""
        end = time.monotonic() + seconds
        for number in range(1, 50):
            try:
                when, links = self.next(max(0.1, end - time.monotonic()))
            except queue.Empty:
                raise AssertionError('never delivered: ' + what)
            if condition(links):
                return number, when, links
        raise AssertionError('a storm, but never: ' + what)

    def drain(self, seconds=2):
        """What was delivered last, until nothing came for so long; None: nothing did."""
        links = None
        while True:
            try:
                links = self.next(seconds)[1]
            except queue.Empty:
                return links

    def quiet(self, seconds):
        try:
            _, links = self.next(seconds)
        except queue.Empty:
            return
        raise AssertionError(f'delivered without need: {links}')

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(60) == 0


def until_quick(attempt, what, tries=6):
    """What attempt() returns, a problem or None, is None once. For what shows in how soon, or in how few
    pieces, something comes: a busy machine puts pauses of its own in between, but not each time."""
    for _ in range(tries):
        problem = attempt()
        if problem is None:
            return
        print(f'# {what}: {problem}')
    raise AssertionError(f'{what}: {tries} times; {problem}')


def equal(got, want, what):
    assert got == want, f'{what}: got {got!r}, want {want!r}'


def fields(link, **want):
    for key, value in want.items():
        equal(link[key.replace('_', '-')], value, key)
