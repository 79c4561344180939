# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real authorization server: npm's oidc-provider, of the versions and with the digests of
package-lock.json, installed into the build tree once."""

import fcntl
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import threading
import urllib.parse
import urllib.request

from .. import world

HERE = pathlib.Path(__file__).resolve().parent
FILES = ("package.json", "package-lock.json")
CLIENT = "roampost-test"
# Whose question it is whether a token is good: Dovecot's.
INTROSPECTOR = "dovecot:kagi"


def folder():
    return pathlib.Path(os.environ.get("ROAMPOST_BUILD", "build")).resolve() / "tests/authority"


def _npm_ci(place):
    """None, or why it can't be had."""
    for name in FILES:
        shutil.copy(HERE / name, place)
    try:
        done = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"], cwd=place,
                              capture_output=True, text=True, timeout=180)
    except subprocess.TimeoutExpired:
        return "npm has not installed oidc-provider within three minutes"
    return None if done.returncode == 0 else "npm can't install oidc-provider here"


def why_not():
    """Installs it. Before a laboratory is entered, for there is no network in one."""
    if not shutil.which("node") or not shutil.which("npm"):
        return "node and npm are not installed"
    place = folder()
    place.mkdir(parents=True, exist_ok=True)
    wanted = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in FILES)).hexdigest()
    with open(place / "installed", "a+") as mark:
        fcntl.flock(mark, fcntl.LOCK_EX)  # tests run side by side
        mark.seek(0)
        if mark.read() != wanted:
            reason = _npm_ci(place)
            if reason:
                return reason
            mark.truncate(0)
            mark.write(wanted)
        program = place / "authority.mjs"
        if not program.exists() or program.read_bytes() != (HERE / program.name).read_bytes():
            shutil.copy(HERE / program.name, program)
    return None


class Authority:
    """`host`: where it listens by TLS too, with cert.pem and key.pem of `certificate`. `told` are the lines of what it was asked."""

    def __init__(self, netns=None, host=None, certificate=None):
        self.netns = netns
        command = ["ip", "netns", "exec", netns] if netns else []
        env = dict(os.environ)
        if host:
            env.update(HOST=host, CERT=str(certificate) + "/cert.pem", KEY=str(certificate) + "/key.pem")
        with open(folder() / "authority.log", "a") as log:
            self.process = subprocess.Popen([*command, "node", "authority.mjs"], cwd=folder(), stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE, stderr=log, text=True, env=env)
        port = self.process.stdout.readline().strip()
        if not port:
            raise RuntimeError("oidc-provider does not run with the node that is here: see %s/authority.log" % folder())
        self.port, self.url = int(port), "http://127.0.0.1:" + port
        self.introspection = "http://%s@127.0.0.1:%s/token/introspection" % (INTROSPECTOR, port)
        self.told, self.more = [], threading.Condition()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        for line in self.process.stdout:
            with self.more:
                self.told.append(line.strip())
                self.more.notify_all()

    def wait_for(self, line, since=0, count=1, seconds=60):
        """Until it was told so often, behind what was told before."""
        with self.more:
            if not self.more.wait_for(lambda: self.told[since:].count(line) >= count, seconds):
                raise TimeoutError("no %r in %s" % (line, self.told[since:]))

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def renewals(self, since=0):
        return [line for line in self.told[since:] if line.startswith("end /token refresh_token ")]

    def group(self, name, base=None, client=CLIENT, more=""):
        base = base or self.url
        return ("[oauth %s]\nclient-id=%s\nauthorization-endpoint=%s/auth\ntoken-endpoint=%s/token\n"
                "device-endpoint=%s/device/auth\nscopes=openid offline_access mail\n%s\n" % (
                    name, client, base, base, base, more))

    def _post(self, path, **form):
        body = urllib.parse.urlencode({"client_id": CLIENT, **form}).encode()
        with world.inside(self.netns), urllib.request.urlopen(self.url + path, body, timeout=90) as answer:
            return answer.read()

    def takes(self, token):
        return json.loads(self._post("/token/introspection", token=token))["active"]

    def revoke(self, token):
        since = len(self.told)
        self._post("/token/revocation", token=token)
        self.wait_for("end /token/revocation - 200", since)

    def close(self):
        self.process.stdin.close()
        self.process.wait()
