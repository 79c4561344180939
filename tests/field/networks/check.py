#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What NetworkManager asks whether there is an internet: check.py ADDRESS FILE. The file says what it does:
online, portal, broken, or silent (no answer, until it says something else)."""

import http.server
import sys
import time

ADDRESS, FILE = sys.argv[1:3]


def what():
    with open(FILE) as file:
        return file.read().strip()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        while what() == "silent":
            time.sleep(0.05)
        if what() == "portal":
            self.send_response(302)
            self.send_header("Location", "http://portal.example/")
            self.end_headers()
        elif what() == "online":
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"NetworkManager is online")

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer((ADDRESS, 80), Handler).serve_forever()
