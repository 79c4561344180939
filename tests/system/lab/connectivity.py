# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What NetworkManager asks whether there is an internet: a web server between the providers, or,
until somebody has signed in, the portal in front of it."""

import http.server
import threading

from . import world

ADDRESS = "192.0.2.254"


class Server:
    def __init__(self):
        self.opened = True
        self.uri = "http://%s/check" % ADDRESS
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                if server.opened:
                    self.send_response(200)
                    self.send_header("X-NetworkManager-Status", "online")
                    self.end_headers()
                    self.wfile.write(b"online")
                else:
                    self.send_response(302)
                    self.send_header("Location", "http://portal.example/")
                    self.end_headers()

            def log_message(self, *_):
                pass

        world.add_netns(world.CORE)
        world.ip(world.CORE, "addr add %s/32 dev lo" % ADDRESS)
        with world.inside(world.CORE):
            listener = http.server.ThreadingHTTPServer((ADDRESS, 80), Handler)
        threading.Thread(target=listener.serve_forever, daemon=True).start()
