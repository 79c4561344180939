# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A relay of TCP connections that sees what is said, and can stop or cut what the server says."""

import contextlib
import socket
import threading

from . import world


class Session:
    """A connection: its commands (a login's secrets apart), and what the server said."""

    def __init__(self):
        self.commands, self.said, self.said_before = [], b"", []
        self.over = threading.Event()


class Proxy:
    """`cut_after` and `stop_after` are octets from the server, in a session: then it is cut, or
    nothing more passes until `go`. Either holds for one session."""

    def __init__(self, address, port, target, netns=None):
        self.target, self.netns = target, netns
        self.sessions = []
        self.cut_after = self.stop_after = None
        self.stopped, self.go = threading.Event(), threading.Event()
        self.on_command = lambda command: None
        with world.inside(netns):
            self.listener = socket.create_server((address, port))
        threading.Thread(target=self._accept, daemon=True).start()

    def stop_at(self, octets):
        self.stop_after = octets
        self.stopped.clear()
        self.go.clear()

    def _accept(self):
        with world.inside(self.netns):
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection(self.target)
                session = Session()
                self.sessions.append(session)
                for pump in (self._up, self._down):
                    threading.Thread(target=self._run, args=(pump, session, client, server),
                                     daemon=True).start()

    def _run(self, pump, session, client, server):
        with contextlib.suppress(OSError):
            pump(session, client, server)
        session.over.set()
        for end in (client, server):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _up(self, session, client, server):
        rest = b""
        while data := client.recv(65536):
            lines = (rest + data).split(b"\r\n")
            rest = lines.pop()
            for line in lines:
                command = line.decode(errors="replace")
                self.on_command(command)
                session.commands.append(command.split()[0] if command.startswith("AUTH") else command)
                session.said_before.append(len(session.said))
            server.sendall(data)

    def _limit(self, session, data, limit):
        """How much of the data may pass."""
        return len(data) if limit is None else max(0, min(len(data), limit - len(session.said)))

    def _down(self, session, client, server):
        while data := server.recv(65536):
            while data:
                size = min(self._limit(session, data, self.cut_after),
                           self._limit(session, data, self.stop_after))
                session.said += data[:size]  # before it can be answered
                client.sendall(data[:size])
                data = data[size:]
                if data and self.cut_after is not None and len(session.said) >= self.cut_after:
                    self.cut_after = None
                    return
                if data:
                    self.stop_after = None
                    self.stopped.set()
                    self.go.wait()
