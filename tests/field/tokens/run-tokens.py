#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""run-tokens.py ROAMPOSTD ROAMPOST [CASE..]: what providers of tokens answer in the field, and mail servers to a
token, each played to the real programs. A case is a text. Its first line is `# source: `; then come sections:

[oauth]           keys of the group besides what a login needs
[set]             keys of the server set besides its login
[token]           answers of the token endpoint: `STATUS TYPE`, then the body up to the next such line, \\xNN
                  as in C (\\xNN*300: 300 times); the last one for ever. Without it: a token that is good, for an hour
[device]          likewise, of the endpoint for devices
[back]            the query that the browser comes back with; {state} stands for the login's
[mailbox]         what the mail server says to a token that does not begin with `good`: `335 JSON`, for the
                  challenge, and its reply
[do]              `login`, `login --device` (a browser says yes), `send` (a mail), `retry` (the last one). Without it:
                  `send`. Where there is no login, a token that has ended is stored, and a refresh token
[want]
    state=        of the mail: sent, held, deferred; a line for each `send` and `retry`
    login=        the exit status of the login
    user=         words that the user reads, of the login, in queue or show
    not=          words that are read nowhere
    page=         words that the browser shows at the end of the login
    asked=        how many questions the token endpoint had
    most=         likewise, how many at most
    form=         what one of them has: KEY=VALUE, or the header `Authorization: VALUE`
    token=        by which the last login was"""

import glob
import http.server
import json
import os
import pathlib
import queue
import re
import sys
import threading
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path[:0] = [str(HERE.parents[1] / "unit/secrets"), str(HERE.parents[1] / "unit"), str(HERE.parents[1] / "system")]
from agent import Agent  # noqa: E402
from cases import Skip  # noqa: E402
from lab import tap  # noqa: E402
from mailbox_of_tokens import Mailbox  # noqa: E402

GOOD = (200, "application/json", b'{"access_token": "good-1", "refresh_token": "refresh-2", "expires_in": 3600}')
DEVICE = (200, "application/json", b'{"device_code": "d1", "user_code": "WXYZ-1234", "interval": 1, "expires_in": 60,'
          b' "verification_uri": "https://login.example/"}')
STORED = {"access_token": "old", "refresh_token": "refresh-1", "ends": 1}


def octets(text):
    return re.sub(rb"\\x([0-9a-f]{2})(?:\*(\d+))?", lambda hex: bytes([int(hex[1], 16)]) * int(hex[2] or 1), text.encode())


def answers_of(lines, default):
    found = []
    for line in lines:
        if head := re.match(r"(\d{3}) ([a-z]+/[a-z-]+.*)$", line):
            found.append([int(head[1]), head[2], b""])
        else:
            found[-1][2] += octets(line) + b"\n"
    return found or [default]


def read_case(path):
    sections, name = {}, None
    with open(path) as text:
        lines = text.read().splitlines()
    if not lines[0].startswith("# source: "):
        raise ValueError("its first line is no # source:")
    for line in lines[1:]:
        if head := re.match(r"\[(\w+)\]$", line):
            name = head[1]
            sections[name] = []
        elif line and not line.startswith("#"):
            sections[name].append(line)
    return sections


class Provider:
    """Answers as it is written, in this order."""

    def __init__(self, case):
        self.answers = {"/token": answers_of(case.get("token", []), GOOD),
                        "/device": answers_of(case.get("device", []), DEVICE)}
        self.back = case.get("back", ["state={state}&code=c1"])[0]
        self.asked = []
        self.pages = queue.SimpleQueue()
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                asked = dict(urllib.parse.parse_qsl(urllib.parse.urlparse(self.path).query))
                self.give(302, "text/plain", b"", asked["redirect_uri"] + "?" + provider.back.replace("{state}", asked["state"]))

            def do_POST(self):
                form = self.rfile.read(int(self.headers["Content-Length"])).decode()
                if self.path == "/page":
                    provider.pages.put(form)
                    return self.give(200, "text/plain", b"")
                if self.path == "/token":
                    provider.asked.append(dict(urllib.parse.parse_qsl(form), Authorization=self.headers["Authorization"]))
                waiting = provider.answers[self.path]
                return self.give(*(waiting.pop(0) if len(waiting) > 1 else waiting[0]))

            def give(self, status, kind, body, where=None):
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                if where:
                    self.send_header("Location", where)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = "http://127.0.0.1:%d" % self.server.server_port

    def group(self, more):
        return "\n".join(["[oauth fake]", "client-id=roampost", "authorization-endpoint=%s/authorize" % self.url,
                          "token-endpoint=%s/token" % self.url, "device-endpoint=%s/device" % self.url,
                          "scopes=https://mail.example/ offline_access", *more, ""])

    def has_form(self, wanted):
        key, _, value = wanted.replace(": ", "=", 1).partition("=")
        return any((form.get(key) or "") == value for form in self.asked)

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Stage:
    def __init__(self, programs, case):
        self.provider = Provider(case)
        said = case.get("mailbox")
        self.mailbox = Mailbox(lambda token: token.startswith("good"), refusal=said and dict(
            status=said[0].partition(" ")[2] if said[0].startswith("335") else None, reply=said[-1]))
        self.agent = Agent(programs, "\n".join(["smtp-password-from=oauth:fake", *case.get("set", [])]), keyring=False,
                           groups=self.provider.group(case.get("oauth", [])))
        home = self.agent.session.home
        self.mailbox.serve(self.agent)
        self.agent.browse_by('curl -gsSL "$1" | curl -sS --data-binary @- %s/page' % self.provider.url)
        if not any(line.startswith("login") for line in case.get("do", [])):
            tokens = home / "state/tokens"
            tokens.mkdir(parents=True, mode=0o700)
            (home / "state").chmod(0o700)
            (tokens / "fake:taro").touch(0o600)
            (tokens / "fake:taro").write_text(json.dumps(STORED))

    def __enter__(self):
        self.agent.start()
        return self

    def __exit__(self, *_):
        self.mailbox.close()
        self.agent.__exit__()
        self.provider.close()


def play(stage, case):
    """(exit status of the login, all that was read)"""
    agent, status, read = stage.agent, None, ""
    wanted = [line.partition("=")[2] for line in case["want"] if line.startswith("state=")]
    for line in case.get("do", ["send"]):
        if line in ("send", "retry"):
            if line == "send":
                number = agent.submit()
            else:
                agent.run("retry", number)
            state = wanted.pop(0)
            read += " ".join([agent.comes_to(number, state), *agent.run("queue").split()])
            if state != "sent":
                read += " " + " ".join(agent.run("show", number).split())
        else:
            wanted_status = [int(line.partition("=")[2]) for line in case["want"] if line.startswith("login=")][0]
            read += " " + " ".join(agent.run("login", "odn", *line.split()[1:], status=wanted_status).split())
            status = wanted_status
    return status, read


def judge(stage, case, result):
    """What is not as it should be."""
    status, read = result
    wrong = []
    for line in case["want"]:
        key, _, value = line.partition("=")
        right = {
            "state": lambda: True,  # it has come to it
            "login": lambda: str(status) == value,
            "user": lambda: value in read,
            "not": lambda: value not in read,
            "page": lambda: value in stage.provider.pages.get(timeout=60),
            "asked": lambda: len(stage.provider.asked) == int(value),
            "most": lambda: 0 < len(stage.provider.asked) <= int(value),
            "form": lambda: stage.provider.has_form(value),
            "token": lambda: stage.mailbox.logins and stage.mailbox.logins[-1][1] == value,
        }[key]()
        if not right:
            wrong.append("%s: %s; %s; %s" % (line, read, stage.mailbox.logins, stage.provider.asked))
    if any(0x1b == ord(c) or 0x7f == ord(c) for c in read):
        wrong.append("control characters are shown: %r" % read)
    return wrong


def main():
    programs = sys.argv[1:3]
    cases = sys.argv[3:] or [str(HERE)]
    paths = [path for case in cases for path in (sorted(glob.glob(case + "/*.case")) if os.path.isdir(case) else [case])]
    test = tap.Tap()
    for path in paths:
        name = os.path.basename(path)[:-len(".case")]
        try:
            case = read_case(path)
            with Stage(programs, case) as stage:
                wrong = judge(stage, case, play(stage, case))
            test.check(not wrong, name, "\n".join(wrong))
        except Skip as reason:
            tap.skip_all(reason)
        except Exception:
            test.crash(name)
    test.note("cases: %d, failures: %d" % (test.number, test.failed))
    test.done()


main()
