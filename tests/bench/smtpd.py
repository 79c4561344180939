#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many messages a second local programs can hand over by SMTP, each on the disk before its 250:
the agent beside Postfix's smtpd, in turn, on the same disk, with Postfix's own smtp-source as the
client. Both keep the mail and send none: Postfix puts it on hold, which is the least it can do with
it; the agent plans it and finds no way. Goal: as many as Postfix from 8 connections.

usage: smtpd.py BUILD [--messages N] [--rounds N] [--connections N]...     (as root; a release build)"""

import argparse
import os
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../system"))
from lab.postfix import Holding  # noqa: E402

MORE = """\
myhostname = mail.odn.example
smtpd_client_connection_count_limit = 0
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(port):
    for _ in range(200):
        try:
            with socket.create_connection(("127.0.0.1", port), 5) as s:
                s.recv(100)
                s.sendall(b"QUIT\r\n")
                s.recv(100)
                return
        except ConnectionRefusedError:
            time.sleep(0.05)
    sys.exit(f"nobody listens on port {port}")


class Postfix(Holding):
    name = "Postfix's smtpd"

    def __init__(self, directory):
        super().__init__(os.path.join(directory, "postfix"), MORE)
        self.start()

    def count(self):
        return len(self.held())


class Agent:
    name = "roampostd"

    def __init__(self, directory, build):
        self.state = os.path.join(directory, "state")
        self.port = free_port()
        conf = os.path.join(directory, "roampost.conf")
        with open(conf, "w") as out:
            out.write(f"[agent]\nlisten=127.0.0.1:{self.port}\n[provider odn]\nprefixes=203.0.113.0/24\n"
                      "[server-set odn]\nprovider=odn\nidentities=taro@odn.example\nrelay=inside\n"
                      "smtp=smtp://mail.odn.example\n")
        env = dict(os.environ, ROAMPOST_STATE=self.state, ROAMPOST_CONFIG=conf,
                   DBUS_SESSION_BUS_ADDRESS="unix:path=/nonexistent")
        self.log = open(os.path.join(directory, "agent.log"), "w")
        self.process = subprocess.Popen([os.path.join(build, "src/agent/roampostd")], env=env, stderr=self.log)
        wait_for(self.port)

    def count(self):
        with sqlite3.connect(f"file:{self.state}/queue.db?mode=ro", uri=True) as database:
            return database.execute("SELECT count(*) FROM messages WHERE phase<>0").fetchone()[0]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        self.log.close()


def measure(server, n_messages, n_connections):
    before, start = server.count(), time.monotonic()
    subprocess.run(["smtp-source", "-d", "-s", str(n_connections), "-m", str(n_messages), "-l", "2048",
                    "-f", "taro@odn.example", "-t", "hanako@other.example", f"127.0.0.1:{server.port}"],
                   check=True, timeout=300)
    seconds = time.monotonic() - start
    stored = server.count() - before
    if stored != n_messages:
        sys.exit(f"{server.name}: {stored} of {n_messages} messages are stored")
    return n_messages / seconds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--messages", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, action="append")
    options = parser.parse_args()
    options.build = os.path.abspath(options.build)
    if os.geteuid() != 0 or not shutil.which("smtp-source") and not os.path.exists("/usr/sbin/smtp-source"):
        sys.exit("needs root, and Postfix with its smtp-source")
    os.environ["PATH"] += ":/usr/sbin"
    # Beside the build, as /tmp may be in memory.
    with tempfile.TemporaryDirectory(prefix="smtpd-bench-", dir=options.build) as directory:
        os.chmod(directory, 0o755)
        servers = [Postfix(directory), Agent(directory, options.build)]
        try:
            for n in options.connections or [8, 1]:
                rates = {server: [] for server in servers}
                for _ in range(options.rounds):
                    for server in servers:
                        rates[server].append(measure(server, options.messages, n))
                for server in servers:
                    print(f"{n} connections, {server.name}: {statistics.median(rates[server]):.0f} messages a second"
                          f" (of {' '.join('%.0f' % r for r in rates[server])})", flush=True)
                postfix, agent = (statistics.median(rates[s]) for s in servers)
                print(f"{n} connections: {agent / postfix:.2f} times Postfix", flush=True)
        finally:
            for server in servers:
                server.stop()


main()
