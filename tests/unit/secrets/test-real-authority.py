#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens of a real authorization server, npm's oidc-provider, which is installed beside the test where
npm can: test-real-authority.py ROAMPOSTD ROAMPOST FOLDER."""

import json
import pathlib
import shutil
import subprocess
import sys
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
from agent import Agent  # noqa: E402
from cases import Skip, equal, main, test  # noqa: E402
from mailbox_of_tokens import Mailbox  # noqa: E402

PROGRAMS = sys.argv[1:3]
FOLDER = pathlib.Path(sys.argv[3])
PACKAGE = "oidc-provider@9"


def install():
    """npm's package with what it needs; a skip says why there is none."""
    if not shutil.which("node") or not shutil.which("npm"):
        raise Skip("node and npm are not installed")
    if not (FOLDER / "node_modules/oidc-provider/package.json").exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / "package.json").write_text('{"type": "module", "private": true}')
        try:
            done = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", PACKAGE], cwd=FOLDER,
                                  capture_output=True, text=True, timeout=240)
        except subprocess.TimeoutExpired as error:
            raise Skip("npm has not installed oidc-provider within four minutes") from error
        if done.returncode != 0:
            raise Skip("npm can't install oidc-provider here")
    shutil.copy(HERE / "authority.mjs", FOLDER)


class Authority:
    def __init__(self, lasts=3600):
        install()
        self.process = subprocess.Popen(["node", "authority.mjs"], cwd=FOLDER, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "LASTS": str(lasts)})
        port = self.process.stdout.readline().strip()
        if not port:
            raise Skip("oidc-provider does not run with the node that is here")
        self.url = "http://127.0.0.1:" + port

    def group(self):
        return (f"[oauth fake]\nclient-id=roampost-test\nauthorization-endpoint={self.url}/auth\n"
                f"token-endpoint={self.url}/token\ndevice-endpoint={self.url}/device/auth\n"
                "scopes=openid offline_access mail\n")

    def _post(self, path, **form):
        body = urllib.parse.urlencode({"client_id": "roampost-test", **form}).encode()
        with urllib.request.urlopen(self.url + path, body, timeout=30) as answer:
            return answer.read()

    def takes(self, token):
        return json.loads(self._post("/token/introspection", token=token))["active"]

    def revoke(self, token):
        self._post("/token/revocation", token=token)

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


class Stage:
    def __init__(self, **options):
        self.authority = Authority(**options)
        self.mailbox = Mailbox(self.authority.takes)
        self.agent = Agent(PROGRAMS, "smtp-password-from=oauth:fake", groups=self.authority.group())
        config = self.agent.config
        config.write_text(config.read_text().replace(f"127.0.0.1:{self.agent.port}",
                                                     "127.0.0.1:%d" % self.mailbox.server_address[1]))
        self.agent.env["BROWSER"] = str(HERE / "browser.py")

    def __enter__(self):
        self.agent.start()
        return self

    def __exit__(self, *_):
        self.mailbox.shutdown()
        self.mailbox.server_close()
        self.agent.__exit__()
        self.authority.close()

    def sent(self):
        self.agent.comes_to(self.agent.submit(), "sent")

    def results(self):
        return [good for _, _, good in self.mailbox.logins]


@test
def by_browser():
    with Stage() as stage:
        stage.agent.run("login", "odn")
        stage.sent()
        # With a token it takes back all that came of that login.
        stage.authority.revoke(stage.mailbox.logins[-1][1])
        number = stage.agent.submit()
        reasons = stage.agent.comes_to(number, "held")
        for words in "invalid_grant", "log in again: roampost login odn":
            equal(words in reasons, True, reasons)
        stage.agent.run("login", "odn")
        stage.agent.comes_to(number, "sent")
        equal(stage.results(), [True, False, True])


@test
def rotated_each_time_and_still_good():
    with Stage(lasts=60) as stage:  # ends before it is spare: renewed at each session
        stage.agent.run("login", "odn")
        for _ in range(3):
            stage.sent()
        equal(stage.results(), [True] * 3)
        equal(len({token for _, token, _ in stage.mailbox.logins}), 3, "tokens")


@test
def by_device():
    with Stage() as stage:
        login = subprocess.Popen([PROGRAMS[1], "login", "odn", "--device"], env=stage.agent.env, text=True,
                                 stderr=subprocess.PIPE)
        url = ""
        while not url.startswith("http"):
            url = login.stderr.readline().strip()
        subprocess.run([HERE / "browser.py", url], check=True)
        equal(login.wait(60), 0, login.stderr.read())
        login.stderr.close()
        stage.sent()


main(sys.argv[4:])
