#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a local program waits for a message that it hands over by SMTP and pipelines: MAIL, RCPT and
BDAT with the content in one write, over TCP beside a Unix socket. Between them there is only what TCP
holds back. The agent finds no way for the mail, and keeps it.

usage: pipelined.py BUILD [--messages N] [--rounds N]"""

import argparse
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../fakes"))
from ports import reserve  # noqa: E402

CONTENT = b"From: <taro@odn.example>\r\nSubject: bench\r\n\r\n" + 28 * (b"x" * 70 + b"\r\n")
MAIL = b"MAIL FROM:<taro@odn.example>\r\nRCPT TO:<hanako@other.example>\r\nBDAT %d LAST\r\n" % len(CONTENT) + CONTENT
CONFIG = """\
[agent]
listen=%s
[provider odn]
prefixes=203.0.113.0/24
[server-set odn]
provider=odn
identities=taro@odn.example
relay=inside
smtp=smtp://mail.odn.example
"""


WAYS = {"TCP": lambda directory: ("127.0.0.1", reserve()), "a Unix socket": lambda directory: directory + "/socket"}


def connect(address):
    """Refused until the agent listens."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    for _ in range(200):
        client = socket.socket(family)
        try:
            client.connect(address)
            return client
        except OSError:
            client.close()
            time.sleep(0.05)
    sys.exit("nobody listens at %s" % (address,))


def answer(lines):
    line = lines.readline()
    while line[3:4] == b"-":
        line = lines.readline()
    if line[:1] != b"2":
        sys.exit("answered: %r" % line)


def measure(address, n):
    """Milliseconds of each message."""
    took = []
    with connect(address) as client, client.makefile("rb") as lines:
        answer(lines)
        client.sendall(b"EHLO bench.example\r\n")
        answer(lines)
        for _ in range(n):
            began = time.monotonic()
            client.sendall(MAIL)
            for _ in range(3):
                answer(lines)
            took.append(1000 * (time.monotonic() - began))
    return took


def with_agent(build, directory, address, n):
    path = address if isinstance(address, str) else "%s:%d" % address
    with open(directory + "/roampost.conf", "w") as out:
        out.write(CONFIG % path)
    env = dict(os.environ, ROAMPOST_STATE=directory + "/state", ROAMPOST_CONFIG=directory + "/roampost.conf",
               DBUS_SESSION_BUS_ADDRESS="unix:path=/nonexistent")
    with open(directory + "/log", "w") as log:
        agent = subprocess.Popen([build + "/src/agent/roampostd"], env=env, stderr=log)
        try:
            return measure(address, n)
        finally:
            agent.send_signal(signal.SIGTERM)
            agent.wait(60)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--messages", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    build = os.path.abspath(options.build)
    took = {way: [] for way in WAYS}
    for _ in range(options.rounds):
        for way in WAYS:
            with tempfile.TemporaryDirectory(prefix="pipelined-bench-", dir=build) as directory:
                took[way] += with_agent(build, directory, WAYS[way](directory), options.messages)
    for way, times in took.items():
        times.sort()
        print(f"a pipelining client over {way}: {statistics.median(times):.2f} ms a message, "
              f"nine of ten within {times[len(times) * 9 // 10]:.2f} ms")
    tcp, unix = (statistics.median(times) for times in took.values())
    print(f"TCP beside the Unix socket: {tcp / unix:.2f} times")


main()
