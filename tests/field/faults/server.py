#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An SMTP server that takes its time at the end of a message: server.py PORT-FILE LOG SECONDS [ADDRESS PORT].
It greets in the name that GREETING has, or as server.example, and announces the SIZE of the environment.
Where that has GREETS so many connections at a time are greeted, and the others hear nothing."""

import os
import socket
import socketserver
import sys
import threading
import time

PORT_FILE, LOG, SECONDS = sys.argv[1], sys.argv[2], float(sys.argv[3])
ADDRESS = (sys.argv[4], int(sys.argv[5])) if len(sys.argv) > 5 else ("127.0.0.1", 0)
LET_IN = threading.Semaphore(int(os.environ.get("GREETS", "1000")))


def note(text):
    with open(LOG, "a") as log:
        log.write(text + "\n")


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def content(self):
        for line in self.rfile:
            if line.startswith(b"From:"):
                note(line.decode(errors="replace").strip())
            if line == b".\r\n":
                note("dot")
                time.sleep(SECONDS)
                self.say("250 taken")
                note("taken")
                return

    def handle(self):
        note("connection from %s" % self.client_address[0])
        if not LET_IN.acquire(blocking=False):
            note("not greeted")
            self.rfile.read()
            note("closed")
            return
        try:
            self.serve()
        finally:
            LET_IN.release()

    def serve(self):
        self.say("220 %s ESMTP" % os.environ.get("GREETING", "server.example"))
        try:
            for line in self.rfile:
                verb = line[:4].upper().strip()
                note(verb.decode(errors="replace"))
                if verb == b"DATA":
                    self.say("354 go on")
                    self.content()
                elif verb == b"EHLO" and os.environ.get("SIZE"):
                    self.say("250-server.example\r\n250 SIZE " + os.environ["SIZE"])
                else:
                    self.say("221 bye" if verb == b"QUIT" else "250 ok")
                if verb == b"QUIT":
                    break
        except OSError as error:
            note("broken: %s" % error)
        note("closed")


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 128  # none is left without a greeting
    allow_reuse_address = True
    address_family = socket.AF_INET6 if ":" in ADDRESS[0] else socket.AF_INET


with Server(ADDRESS, Session) as server:
    with open(PORT_FILE + ".new", "w") as port:
        port.write(str(server.server_address[1]))
    os.rename(PORT_FILE + ".new", PORT_FILE)
    server.serve_forever()
