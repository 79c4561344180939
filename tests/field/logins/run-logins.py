#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""run-logins.py [-v] CASE..: logins and maildrops as servers in the field have them, each played by a
server on loopback, word by word, to the real program. A folder stands for all cases in it. With -v
all that was said is shown.

A case is a text. Its first line is `# source: `; then come sections:

[set]             keys of the server set besides those of SET below; an empty value leaves a key out
[agent]           keys of the agent
[session smtp]    a connection, in this order; `smtps`, `pop`, `pops` likewise. With `*` every later one too
    S: line       the server says; \\r, \\n, \\0, \\xNN as in C; a \\ at the end: no line end follows
    C: word       a line is awaited that begins so, in whatever case; empty: any line
    C1: word      likewise, and nothing comes behind it before it is answered
    CC            everything up to the final dot
    X: 100 text   the server says this line a hundred times
    W             waits until the client closes
                  at the end the connection is closed
[do]              what the user does: `send` (a mail, and waits for it), `check`, `check again`
[want]
    state=        of the mail: sent, held, deferred
    user=         words that the user reads, in queue, show, explain, sets, status or check
    not=          words that are read nowhere, nor logged
    given=        a line that the server was given; what is base64 is decoded, NUL is `|`
    never=        a line that it was not given
    stored=       how many mails came
    mail=         a text that a mail has
    checked=      the exit status of the last `check`
    sessions=     how many connections there were

The password, however it is encoded, may be read nowhere, whatever the server says: that is looked at in
every case."""

import base64
import glob
import ipaddress
import os
import re
import select
import socket
import ssl
import subprocess
import sys
import threading
import types

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(HERE, "../../system"))
from lab import tap, world  # noqa: E402
from lab.manager import Bus  # noqa: E402
from lab.roampost import User, program  # noqa: E402
from lab.small import MockManager, Stage  # noqa: E402

ALONE = 0.2  # seconds without anything behind a command
ME, FRIEND, SECRET = "taro@odn.example", "hanako@friends.example", "geh3im-Wort"
SET = {
    "identities": ME, "carries": "any", "relay": "anywhere", "smtp": "smtp://127.0.0.1:{smtp}", "smtp-tls": "off",
    "pop": "pop3://127.0.0.1:{pop}", "pop-tls": "off", "pop-user": "taro", "pop-password": SECRET,
    "connections": "1",
}
SECURE = {"smtps": ("smtp", "smtps://localhost:{smtps}", "smtp-tls"), "pops": ("pop", "pop3s://localhost:{pops}", "pop-tls")}
SCHEMES = ("smtp", "smtps", "pop", "pops")


# ---- cases ----

class Case:
    def __init__(self, path):
        self.name = os.path.basename(path)[:-len(".case")]
        self.set, self.agent, self.sessions, self.do, self.want = {}, [], [], [], []
        with open(path, encoding="utf-8") as text:
            lines = text.read().splitlines()
        if not lines[0].startswith("# source: "):
            raise ValueError(path + ": has no source")
        section = None
        for line in lines:
            if line.startswith("[") and line.endswith("]"):
                section = line[1:-1].split()
                if section[0] == "session":
                    if section[1] not in SCHEMES:
                        raise ValueError("%s: %s" % (path, line))
                    self.sessions.append((section[1], "*" in section[2:], []))
            elif not line.strip() or line.startswith("#"):
                continue
            elif section[0] == "session":
                self.sessions[-1][2].append(line)
            elif section[0] == "set":
                self.set.update([line.split("=", 1)])
            elif section[0] == "want":
                self.want.append(line.split("=", 1))
            else:
                getattr(self, section[0]).append(line)
        if not self.want:
            raise ValueError(path + ": wants nothing")


def octets(text):
    """What a line of the server is, octet by octet."""
    end = b"\r\n"
    if text.endswith("\\"):
        text, end = text[:-1], b""
    out = re.sub(r"\\(x[0-9a-f]{2}|[rn0\\])", lambda m: {
        "r": "\r", "n": "\n", "0": "\0", "\\": "\\"}.get(m[1]) or chr(0xdc00 + int(m[1][1:], 16)), text)
    return out.encode("utf-8", "surrogateescape") + end if "\udc00" not in out else \
        b"".join(bytes([ord(c) - 0xdc00]) if 0xdc00 <= ord(c) <= 0xdcff else c.encode() for c in out) + end


# ---- the server ----

class Server:
    """Plays a case; each connection takes the next of its sessions."""

    def __init__(self, case, tls):
        self.case, self.tls = case, tls
        self.left = list(case.sessions)
        self.given, self.transcript, self.count, self.wrong = [], [], 0, []
        self.lock, self.ports, self.listeners, self.talks = threading.Lock(), {}, [], []
        for scheme in SCHEMES:
            listener = socket.create_server(("127.0.0.1", 0))
            self.listeners.append(listener)
            self.ports[scheme] = listener.getsockname()[1]
            threading.Thread(target=self._listen, args=(listener, scheme), daemon=True).start()

    def close(self):
        """The other ends have gone: what they said last is read."""
        for listener in self.listeners:
            listener.close()
        for talk in self.talks:
            talk.join(60)

    def _take(self, scheme):
        with self.lock:
            for session in self.left:
                if session[0] == scheme:
                    if not session[1]:
                        self.left.remove(session)
                    self.count += 1
                    return session[2]
        return None

    def _listen(self, listener, scheme):
        while True:
            try:
                connection = listener.accept()[0]
            except OSError:
                return
            lines = self._take(scheme)
            if lines is None:
                self.transcript.append("-- a connection to %s that the case does not have" % scheme)
                connection.close()
            else:
                self.talks.append(threading.Thread(target=self._serve, args=(connection, scheme, lines), daemon=True))
                self.talks[-1].start()

    def _serve(self, connection, scheme, lines):
        self.transcript.append("-- " + scheme)
        try:
            connection.settimeout(60)
            if scheme.endswith("s"):
                connection = self.tls.wrap_socket(connection, server_side=True)
            with connection, connection.makefile("rb", buffering=0) as reader:
                for line in lines:
                    self._play(connection, reader, line)
        except (OSError, ssl.SSLError) as error:
            self.transcript.append("-- %s" % error)

    def _play(self, connection, reader, line):
        word, _, rest = line.partition(":")
        rest = rest.removeprefix(" ")
        if word == "S":
            self.transcript.append("S: " + rest)
            connection.sendall(octets(rest))
        elif word == "X":
            count, _, rest = rest.partition(" ")
            connection.sendall(octets(rest) * int(count))
        elif word == "C":
            self._await(reader, rest)
        elif word == "C1":
            self._await(reader, rest)
            if select.select([connection], [], [], ALONE)[0]:
                self.wrong.append("more came behind %r, before an answer" % rest)
        elif word == "CC":
            while (content := reader.readline()) not in (b".\r\n", b""):
                self.transcript.append("C: " + content.decode(errors="replace").rstrip())
        elif word == "W":
            while reader.readline():
                pass
        else:
            raise ValueError(line)

    def _await(self, reader, wanted):
        got = reader.readline()
        if not got:
            raise OSError("closed, where %r was awaited" % wanted)
        text = plain(got.rstrip(b"\r\n"))
        self.given.append(text)
        self.transcript.append("C: " + text)
        if not text.upper().startswith(wanted.upper()):
            self.wrong.append("%r came for %r" % (text, wanted))


def plain(line):
    """A line with what is base64 in it decoded."""
    words = []
    for word in line.split(b" "):
        if len(word) >= 8 and len(word) % 4 == 0 and re.fullmatch(rb"[A-Za-z0-9+/]+={0,2}", word):
            decoded = base64.b64decode(word)
            if re.fullmatch(rb"[\x00\x01\x20-\x7e]+", decoded):
                word = decoded.replace(b"\0", b"|").replace(b"\1", b"^A")
        words.append(word)
    return b" ".join(words).decode(errors="replace")


# ---- the user ----

def secrets(secret):
    """The password in every form that may be on the line."""
    forms = {secret.encode()}
    for text in (secret, "\0taro\0" + secret, "taro\0taro\0" + secret):
        forms.add(base64.b64encode(text.encode()).rstrip(b"="))
    return forms


class Play:
    def __init__(self, case, tls, ca):
        self.case, self.server = case, Server(case, tls)
        self.user = User("", case.name, {"ROAMPOST_LINKS": "networkmanager", "G_MESSAGES_DEBUG": "all"})
        self.maildir = self.user.dir + "/mail"
        keys = dict(SET)
        for scheme in {session[0] for session in case.sessions} & SECURE.keys():
            key, url, tls_key = SECURE[scheme]
            keys.update({key: url, tls_key: "required", "tls-ca-file": ca})
        keys.update(case.set)
        self.secret = keys.get("smtp-password") or keys["pop-password"]
        self.give_tokens(keys)
        lines = ["[agent]", "notify=no", "maildir=" + self.maildir, *case.agent, "", "[server-set odn]"]
        lines += ["%s=%s" % item for item in keys.items() if item[1]]
        text = "\n".join(lines) + "\n"
        for scheme, port in self.server.ports.items():
            text = text.replace("{%s}" % scheme, str(port))
        self.user.configure(text)
        self.read, self.message, self.status = [], None, None

    def give_tokens(self, keys):
        """A token is never written into the configuration: a command prints it."""
        for scheme in ("smtp", "pop"):
            token = keys.get(scheme + "-password")
            if not token or keys.get(scheme + "-auth") not in ("xoauth2", "oauthbearer"):
                continue
            path = "%s/%s-token" % (self.user.dir, scheme)
            with open(path, "w", encoding="utf-8") as out:
                out.write(token + "\n")
            del keys[scheme + "-password"]
            keys[scheme + "-password-command"] = "cat " + path

    def command(self, *words):
        env = {key: value for key, value in self.user.env.items() if key != "G_MESSAGES_DEBUG"}
        done = subprocess.run([program("roampost"), *words], env=env, text=True, errors="replace",
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=90)
        self.read.append("$ roampost %s (%d)\n%s" % (" ".join(words), done.returncode, done.stdout))
        return done

    def check(self):
        self.status = self.command("check", "--wait").returncode

    def send(self):
        self.message = self.user.submit(ME, FRIEND, subject="hello")
        self.user.wait_state(self.message, "sent", "held", "deferred", "blocked", "uncertain", seconds=60)

    def run(self):
        self.user.start_agent()
        try:
            world.wait_for(lambda: self.user.ask("status")["current-set"], "a set in use", 60, 0.02)
            for line in self.case.do or ["send"]:
                getattr(self, line.split()[0])()
            self.look()
        finally:
            self.end = self.user.stop_agent()
            self.server.close()
            self.log = self.user.agent_log()

    def look(self):
        for words in (["queue"], ["sets"], ["status"], ["history"]):
            self.command(*words)
        if self.message:
            self.state = self.user.message(self.message)["state"]
            for word in ("show", "explain"):
                self.command(word, self.message)

    def mails(self):
        mails = []
        for path in glob.glob(self.maildir + "/new/*"):
            with open(path, "rb") as mail:
                mails.append(mail.read().decode(errors="replace"))
        return mails

    # ---- what was wanted ----

    def faults(self):
        self.text = " ".join("\n".join(self.read).split())  # whatever was put onto which line
        yield from self.server.wrong
        if self.end != 0:
            yield "the agent ended with status %d" % self.end
        for key, value in self.case.want:
            fault = getattr(self, "want_" + key)(value)
            if fault:
                yield "%s=%s: %s" % (key, value, fault)
        octets_read = (self.text + self.text.replace(" ", "") + self.log).encode(errors="replace")
        for path in glob.glob(self.user.dir + "/state/*"):
            if os.path.isfile(path):
                with open(path, "rb") as file:
                    octets_read += file.read()
        for form in secrets(self.secret):
            if form in octets_read:
                yield "the password is shown, as %r" % form

    def want_state(self, value):
        return None if self.state == value else "it is " + self.state

    def want_user(self, value):
        return None if value in self.text else "not read"

    def want_not(self, value):
        return "it is there" if value in self.text + self.log else None

    def want_given(self, value):
        return None if value in self.server.given else "not among %s" % self.server.given

    def want_never(self, value):
        return "it was given" if any(value in line for line in self.server.given) else None

    def want_stored(self, value):
        return None if len(self.mails()) == int(value) else "%d came" % len(self.mails())

    def want_mail(self, value):
        return None if any(value in mail for mail in self.mails()) else "no such mail"

    def want_checked(self, value):
        return None if self.status == int(value) else "it is %d" % self.status

    def want_sessions(self, value):
        return None if self.server.count == int(value) else "there were %d" % self.server.count


def make_certificate():
    path = world.DIR + "/cert.pem"
    world.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
               "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
               "-addext", "keyUsage=critical,digitalSignature,keyCertSign", "-keyout", world.DIR + "/key.pem",
               "-out", path])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, world.DIR + "/key.pem")
    return context, path


def main():
    verbose = "-v" in sys.argv[1:]
    paths = []
    for word in [w for w in sys.argv[1:] if w != "-v"] or [HERE]:
        paths += sorted(glob.glob(word + "/*.case")) if os.path.isdir(word) else [word]
    t = tap.Tap()
    tls, ca = make_certificate()
    for kind in ("system", "session"):
        Bus(kind)
    line = types.SimpleNamespace(title="ODN", own=[ipaddress.ip_network("203.0.113.0/24")], address4="203.0.113.66")
    MockManager(Stage(), [line]).up("ODN")
    for path in paths:
        case = Case(path)
        play = Play(case, tls, ca)
        try:
            play.run()
            faults = list(play.faults())
        except Exception as error:  # told as the case's, and the others go on
            faults = ["%s: %s" % (type(error).__name__, error)]
        t.check(not faults, case.name, "\n".join(faults))
        if faults or verbose:
            t.note("\n".join(play.server.transcript))
            t.note("\n".join(play.read))
            t.note("\n".join(l for l in play.log.splitlines() if verbose or "DEBUG" not in l))
    t.note("cases: %d, failures: %d" % (t.number, t.failed))
    t.done()


if __name__ == "__main__":
    os.environ["ROAMPOST_BUILD"] = os.path.abspath(os.environ.get("ROAMPOST_BUILD", "build"))
    world.enter_stage(580)
    main()
