# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An SMTP server whose logins are tokens, and which tells of those it does not take as Google does."""

import base64
import re
import socketserver
import threading


GOOGLE = {"status": '{"status":"400","schemes":"Bearer"}',
          "reply": "535-5.7.8 Username and Password not accepted.\r\n535 5.7.8 BadCredentials"}


class Mailbox(socketserver.ThreadingTCPServer):
    """`takes`: whether it takes a token. `logins` are (mechanism, token, taken). `refusal`: what it says
    otherwise, as `status` (the challenge; None: there is none) and `reply`; Google's, unless it is given."""
    daemon_threads, allow_reuse_address = True, True

    def __init__(self, takes, mechanisms="XOAUTH2", refusal=None):
        super().__init__(("127.0.0.1", 0), Talk)
        self.takes, self.mechanisms, self.logins = takes, mechanisms, []
        self.refusal = refusal or GOOGLE
        self.another = threading.Condition()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def serve(self, agent):
        """In place of the server that an Agent's configuration has."""
        config = agent.config
        config.write_text(config.read_text().replace("127.0.0.1:%d" % agent.port,
                                                     "127.0.0.1:%d" % self.server_address[1]))

    def close(self):
        self.shutdown()
        self.server_close()

    def note(self, login):
        with self.another:
            self.logins.append(login)
            self.another.notify_all()

    def wait_for(self, number):
        """Until there were so many logins."""
        with self.another:
            if not self.another.wait_for(lambda: len(self.logins) >= number, 60):
                raise AssertionError(f"no more logins than {self.logins}")


class Talk(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.say("220 mail.odn.example ESMTP")
        while line := self.rfile.readline().decode().strip():
            word = line.split()[0].upper()
            if word == "EHLO":
                self.say(f"250-mail.odn.example\r\n250 AUTH {self.server.mechanisms}")
            elif word == "AUTH":
                self.log_in(line)
            elif word == "DATA":
                self.say("354 go on")
                while self.rfile.readline() != b".\r\n":
                    pass
                self.say("250 2.0.0 taken")
            elif word == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 2.1.0 fine")

    def log_in(self, line):
        token = re.search(rb"auth=Bearer ([^\x01]*)\x01\x01", base64.b64decode(line.split()[2]))[1].decode()
        good = self.server.takes(token)
        self.server.note((line.split()[1], token, good))
        if good:
            self.say("235 2.7.0 accepted")
            return
        refusal = self.server.refusal
        if refusal["status"]:
            self.say("334 " + base64.b64encode(refusal["status"].encode()).decode())
            self.rfile.readline()
        self.say(refusal["reply"])
