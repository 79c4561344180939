# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A program of ours that runs beside a test, and what it says meanwhile."""

import signal
import subprocess
import threading

NO_BUS = {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent", "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nonexistent"}


class Running:
    """One process at a time; `log` has the lines that were read of its standard error, of all that there were."""

    process = reader = None

    def run(self, command, env, **more):
        if self.process:
            self.process.stderr.close()
        else:
            self.log = []
        self.reader = None
        self.process = subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True, **more)

    def wait_for(self, text):
        """The line that has it."""
        for line in self.process.stderr:
            self.log.append(line)
            if text in line:
                return line
        raise AssertionError(f"it ended without “{text}”: {self.said()}")

    def read_on(self):
        """By a thread, where nobody waits for anything more: a pipe that is full would stop the program."""
        self.reader = threading.Thread(target=self.log.extend, args=[self.process.stderr], daemon=True)
        self.reader.start()

    def said(self):
        return "".join(self.log)[-3000:]

    def end(self, how=signal.SIGTERM):
        """Its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.ended()

    def ended(self):
        """The same of one that ends by itself."""
        self.read_rest()
        return self.process.wait(90)

    def read_rest(self):
        if self.reader:
            self.reader.join()
        else:
            self.log += self.process.stderr.readlines()

    def kill(self):
        """Whatever becomes of it."""
        if self.process:
            self.process.kill()
            self.process.wait()
            if self.reader:
                self.reader.join()
            self.process.stderr.close()
