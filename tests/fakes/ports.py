# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ports of this machine for programs that are told where to listen. A port that is merely seen to be free
may be another's a moment later, above all where tests run side by side."""

import socket
import sys

_KEPT = []


def _bind(host, port):
    keeper = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        keeper.bind((host, port))
    except OSError:
        keeper.close()
        raise
    return keeper


def reserve(host="127.0.0.1", *others):
    """A port at all these addresses that nobody gets by chance until this program ends. It is kept by a
    socket that does not listen: who asks for just this port, with SO_REUSEADDR, may listen there
    (Linux, inet_csk_bind_conflict), and until somebody does connections are refused."""
    while True:
        first = _bind(host, 0)
        port = first.getsockname()[1]
        try:
            _KEPT.extend([first] + [_bind(other, port) for other in others])
            return port
        except OSError:  # another's, there
            first.close()


_HAND_OVER = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.execve(sys.argv[2], sys.argv[2:], dict(os.environ, LISTEN_PID=str(os.getpid()), LISTEN_FDS="1"))
"""


def handed_over(listening):
    """What stands before a program's name to give it the socket as systemd does, sd_listen_fds(3); the
    socket is passed on (pass_fds). No shell: dash takes a descriptor of one digit alone."""
    return [sys.executable, "-c", _HAND_OVER, str(listening.fileno())]
