# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An authorization server of our own, for what a real one can't be made to do: it checks what it is
asked as the RFCs say (6749, 7636, 8628), and fails as it is told."""

import base64
import hashlib
import http.server
import json
import threading
import urllib.parse


class Authority:
    def __init__(self):
        self.lock = threading.Lock()
        self.codes, self.refresh, self.access = {}, set(), set()
        self.forms = []      # what the token endpoint was asked
        self.asked = threading.Condition()
        self.wrong = []      # what was not as it should be
        self.answers = []    # (status, body) that are given first
        self.lasts = 3600
        self.rotates = True
        self.keeps = False   # old access tokens good
        self.delay = None    # an Event that a renewal waits for
        self.count = 0
        self.typed = False   # the user has typed the device's code
        authority = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                authority.authorize(self)

            def do_POST(self):
                form = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
                status, body = authority.device() if self.path == "/device" else authority.token(form)
                octets = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(octets)))
                self.end_headers()
                self.wfile.write(octets)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d" % self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def group(self, name="fake", more=""):
        return (f"[oauth {name}]\nclient-id=roampost-test\nauthorization-endpoint={self.url}/authorize\n"
                f"token-endpoint={self.url}/token\ndevice-endpoint={self.url}/device\nscopes=mail offline_access\n{more}\n")

    def authorize(self, handler):
        """Says yes at once: the browser is sent back."""
        asked = dict(urllib.parse.parse_qsl(urllib.parse.urlparse(handler.path).query))
        for key, want in (("response_type", "code"), ("client_id", "roampost-test"), ("code_challenge_method", "S256"),
                          ("scope", "mail offline_access"), ("login_hint", "taro")):
            if asked.get(key) != want:
                self.wrong.append(f"{key}={asked.get(key)}")
        code = "c%d" % len(self.codes)
        self.codes[code] = asked
        handler.send_response(302)
        handler.send_header("Location", asked["redirect_uri"] + "?" + urllib.parse.urlencode(
            {"code": code, "state": asked["state"]}))
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    def device(self):
        return 200, {"device_code": "d1", "user_code": "WXYZ-1234", "verification_uri": self.url + "/type",
                     "interval": 1, "expires_in": 60}

    def wait_for(self, number):
        """Until it was asked for tokens so often."""
        with self.asked:
            if not self.asked.wait_for(lambda: len(self.forms) >= number, 60):
                raise AssertionError(f"no more questions than {self.forms}")

    def give(self):
        with self.lock:
            self.count += 1
            access = f"access-{self.count}"
            self.access = {access} | (self.access if self.keeps else set())
            body = {"access_token": access, "token_type": "Bearer", "expires_in": self.lasts}
            if self.rotates or not self.refresh:
                self.refresh = {f"refresh-{self.count}"}
                body["refresh_token"] = f"refresh-{self.count}"
        return 200, body

    def token(self, form):
        with self.asked:
            self.forms.append(form)
            self.asked.notify_all()
        if self.answers:
            return self.answers.pop(0)
        if form.get("client_id") != "roampost-test":
            return 401, {"error": "invalid_client"}
        kind = form.get("grant_type")
        if kind == "authorization_code":
            return self.by_code(form)
        if kind == "urn:ietf:params:oauth:grant-type:device_code":
            return self.give() if self.typed else (400, {"error": "authorization_pending"})
        if self.delay:
            self.delay.wait(30)
        if form.get("refresh_token") not in self.refresh:
            return 400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
        return self.give()

    def by_code(self, form):
        asked = self.codes.pop(form.get("code"), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if not asked or base64.urlsafe_b64encode(digest).decode().rstrip("=") != asked["code_challenge"] or \
                form.get("redirect_uri") != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant", "error_description": "no such code"}
        return self.give()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
