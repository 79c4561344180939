#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What programs hand over: every *.case in this folder, through the real programs.

usage: run-submission.py ROAMPOST-SENDMAIL ROAMPOST ROAMPOSTD [WORD...]   (WORD: cases with it in their name)

A case is lines "key: value", then "input:", then the input as it is, its last line with a line end. In
the input and in the values of `body`, `field`, `lacks`, `says` and `received`, \\r \\n \\t \\0 \\\\ \\xHH are
octets; a backslash at the end of a line joins it to the next; \\{N*text} is the text N times. Lines with #
are comments, and the first of them says where the case is from. {node} is this host's short name, {hosts}
another name that /etc/hosts gives a loopback address (without one the case is skipped), {dir} a folder.

given
  via         sendmail (default): roampost-sendmail with the input
              submit: roampost submit
              bs: roampost-sendmail -bs; the input's lines end as they are written
              listen: the agent's SMTP server; the input's lines are commands, sent one by one with CRLF
              check: roampost config check
  arguments   default for sendmail: -t -i
  agent, set  a line of the configuration's group (as often as wanted); "config: broken" for one with errors
  handed-over "yes": the agent runs with a listening socket that systemd hands over, and the set's smtp= is that
  server      a JSON object for tests/fakes/smtp-server.py: the agent runs and sends there
  then        a roampost command for the mail once it is held, as "release"

wanted
  exit        of the program, 0 where nothing is said
  to          the recipients in the queue, in order; "-" none. Default with exit 0: looked at only if given
  from        the envelope sender, <> for none
  local       mails in the maildir, 0 where nothing is said
  mails       in the queue, 1 where `to` is given, 0 where the exit status is not 0
  field       a whole field of the stored header, "Name: value", unfolded by taking line ends out
  lacks       something the stored mail has nowhere, Bcc say
  body        the stored body, all of it
  says        words in what the program prints (or in the replies)
  replies     the codes of all replies (listen, bs)
  state       held, sent: of the mail, by the agent; with `reason`, the code of its first reason
  because     words in the text of that reason
  taken       with a server: the recipients of each transaction that it took, as "a@x,b@x | c@x"
  envelope    words of its MAIL command; with ! before: not there
  received    something in the mail that it took; with ! before: not there
  sessions    how many it saw
"""

import glob
import json
import os
import re
import shlex
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../fakes"))
from ports import handed_over, reserve  # noqa: E402

SENDMAIL, ROAMPOST, ROAMPOSTD = map(os.path.abspath, sys.argv[1:4])
WORDS = sys.argv[4:]
FAKE = os.path.join(HERE, "../../fakes/smtp-server.py")
CONF = """\
[agent]
default-identity=taro@odn.example
maildir={dir}/Maildir
notify=no
{agent}
[server-set odn]
identities=taro@odn.example
carries=any
relay=anywhere
smtp=smtp://127.0.0.1:{port}
smtp-tls=off
connections=1
{set}
"""
LONG = 60


def octets(text):
    text = re.sub(rb"\\\n", b"", text)
    text = re.sub(rb"\\\{(\d+)\*(.*?)\}", lambda m: int(m[1]) * m[2], text)
    plain = {b"r": b"\r", b"n": b"\n", b"t": b"\t", b"0": b"\0", b"\\": b"\\"}
    return re.sub(rb"\\(x[0-9a-fA-F]{2}|[rnt0\\])",
                  lambda m: bytes([int(m[1][1:], 16)]) if m[1][:1] == b"x" else plain[m[1]], text)


def other_host():
    with open("/etc/hosts") as hosts:
        for line in hosts:
            address, *names = line.split("#")[0].split() or [""]
            for name in names:
                if address.startswith("127.") and name.split(".")[0] not in (node(), "localhost"):
                    return name
    return None


def node():
    return socket.gethostname().split(".")[0]


class Case:
    def __init__(self, path):
        self.name = os.path.basename(path)[:-len(".case")]
        with open(path, "rb") as file:
            raw = file.read()
        self.skip = None
        if b"{hosts}" in raw and not other_host():
            self.skip = "/etc/hosts has no other name on loopback"
        raw = raw.replace(b"{node}", node().encode()).replace(b"{hosts}", (other_host() or "").encode())
        head, _, rest = raw.partition(b"\ninput:\n")
        if not head.startswith(b"# source: "):
            raise ValueError("the first line says where it is from: # source: ")
        self.input = rest
        self.values = {}
        for line in re.sub(rb"\\\n", b"", head).decode().split("\n"):
            if line and not line.startswith("#"):
                key, colon, value = line.partition(":")
                if not colon or key not in __doc__:
                    raise ValueError(f"what is “{line}”?")
                self.values.setdefault(key, []).append(value.strip())

    def all(self, key):
        return self.values.get(key, [])

    def get(self, key, default=None):
        return self.values.get(key, [default])[0]


class Server:
    """The scripted one."""

    def __init__(self, script):
        self.process = subprocess.Popen([sys.executable, FAKE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = self.ask(**script)["port"]

    def ask(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def log(self):
        answer = self.ask(log=self.port)
        return answer["log"], [mail.encode("latin-1") for mail in answer["mails"]]

    def close(self):
        self.process.stdin.close()
        self.process.wait(LONG)
        self.process.stdout.close()


class Run:
    def __init__(self, case, directory):
        self.case, self.dir = case, directory
        self.agent = self.server = None
        self.said, self.status = b"", 0
        self.state = directory + "/state"
        self.env = dict(os.environ, ROAMPOST_STATE=self.state, ROAMPOST_CONFIG=directory + "/conf", HOME=directory,
                        DBUS_SESSION_BUS_ADDRESS="unix:path=/nonexistent",
                        DBUS_SYSTEM_BUS_ADDRESS="unix:path=/nonexistent", LC_ALL="C.UTF-8")
        self.listen = reserve() if case.get("via") == "listen" else None
        self.socket = None
        if case.get("handed-over"):
            self.socket = socket.create_server(("127.0.0.1", 0))
        if case.get("server"):
            self.server = Server(json.loads(case.get("server")))

    def configure(self):
        agent = [line.replace("{dir}", self.dir) for line in self.case.all("agent")]
        if self.listen:
            agent.append(f"listen=127.0.0.1:{self.listen}")
        text = CONF.format(dir=self.dir, agent="\n".join(agent), set="\n".join(self.case.all("set")),
                           port=self.server.port if self.server else self.socket.getsockname()[1] if self.socket else 1)
        if self.case.get("config") == "broken":
            text += "[server-set x]\nsmtp=nonsense\n"
        with open(self.dir + "/conf", "w") as out:
            out.write(text)
        os.chmod(self.dir + "/conf", 0o600)

    def start_agent(self):
        self.log = open(self.dir + "/log", "w+")
        words = [ROAMPOSTD, "-v"]
        if self.socket:
            words = handed_over(self.socket) + words
        self.agent = subprocess.Popen(words, env=self.env, stderr=self.log, stdout=self.log,
                                      pass_fds=[self.socket.fileno()] if self.socket else [])
        self.wait("the agent is ready", lambda: "is ready" in self.read_log())

    def read_log(self):
        with open(self.dir + "/log", errors="replace") as log:
            return log.read()

    def wait(self, what, condition, seconds=LONG):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end or (self.agent and self.agent.poll() is not None):
                raise AssertionError(f"not within {seconds} s: {what}")
            time.sleep(0.02)  # there is no bus to hear it by

    def command(self, *words, text=b""):
        return subprocess.run(words, input=text, capture_output=True, env=self.env, timeout=LONG)

    def hand_over(self):
        via = self.case.get("via", "sendmail")
        words = shlex.split(self.case.get("arguments", "-t -i" if via == "sendmail" else "").replace("{dir}", self.dir))
        words = [os.fsdecode(octets(os.fsencode(word))) for word in words]
        if via == "listen":
            return self.dialogue()
        program = {"sendmail": [SENDMAIL], "bs": [SENDMAIL, "-bs"], "submit": [ROAMPOST, "submit"],
                   "check": [ROAMPOST, "config", "check"]}[via]
        done = self.command(*program, *words, text=octets(self.case.input))
        self.said, self.status = done.stdout + done.stderr, done.returncode

    def dialogue(self):
        with socket.create_connection(("127.0.0.1", self.listen), LONG) as sock:
            replies = sock.makefile("rb")

            def reply():
                line = replies.readline()
                self.said += line
                while line[3:4] == b"-":
                    line = replies.readline()
                    self.said += line
            reply()
            content = False
            for line in self.case.input.split(b"\n")[:-1]:
                sock.sendall(octets(line) + b"\r\n")
                if not content or line == b".":
                    reply()
                content = line != b"." and (content or line.upper() == b"DATA")

    def stored(self):
        path = self.state + "/queue.db"
        if not os.path.exists(path):
            return []
        database = sqlite3.connect(path)
        try:
            return [(sender,
                     [r[0] for r in database.execute("SELECT address FROM recipients WHERE message=? ORDER BY number",
                                                     (number,))],
                     b"".join(r[0] for r in database.execute("SELECT data FROM content WHERE id/8192=? ORDER BY id",
                                                             (number,))))
                    for number, sender in database.execute("SELECT id, sender FROM messages WHERE phase<>0 ORDER BY id")]
        finally:
            database.close()

    def maildir(self):
        return glob.glob(self.dir + "/Maildir/new/*")

    def queue(self):
        done = self.command(ROAMPOST, "queue", "--json")
        return json.loads(done.stdout or b"null") if done.returncode == 0 else None

    def mail_state(self):
        listed = self.queue() or []
        mails = listed if isinstance(listed, list) else listed.get("messages", [])
        return mails[0] if mails else None

    def wait_state(self, state):
        def reached():
            mail = self.mail_state()
            return (mail is None) if state == "sent" else (mail is not None and mail["state"] == state)
        self.wait(f"it is {state}; it is {self.mail_state()}\n{self.read_log()[-2500:]}", reached)

    def stop(self):
        if self.agent and self.agent.poll() is None:
            self.agent.send_signal(signal.SIGTERM)
            try:
                self.agent.wait(LONG)
            except subprocess.TimeoutExpired:
                self.agent.kill()
                self.agent.wait()
        if self.agent:
            self.log.close()
        if self.socket:
            self.socket.close()
        if self.server:
            self.server.close()


def unfolded(content):
    header = content.partition(b"\r\n\r\n")[0]
    return re.sub(rb"\r\n([ \t])", rb"\1", header).split(b"\r\n")


def check(what, got, want):
    if got != want:
        raise AssertionError(f"{what}\n     got {got!r}\n  wanted {want!r}")


def check_has(what, where, piece):
    absent = piece.startswith("!")
    text = octets(os.fsencode(piece.lstrip("!")))
    if (text in where) == absent:
        raise AssertionError(f"{what}: {'there is' if absent else 'no'} {text!r} in\n  {where!r}")


def check_stored(case, run):
    mails = run.stored()
    wanted = case.get("mails", "0" if run.status or case.get("to") == "-" else "1" if case.get("to") else None)
    if wanted is not None and case.get("state") != "sent":
        check("mails in the queue", len(mails), int(wanted))
    check("mails in the maildir", len(run.maildir()), int(case.get("local", "0")))
    content = mails[0][2] if mails else b""
    if not mails and run.maildir():
        with open(run.maildir()[0], "rb") as file:
            content = file.read().replace(b"\n", b"\r\n")
    if case.get("to") not in (None, "-"):
        check("recipients", mails[0][1], shlex.split(case.get("to").replace("\\", "\\\\").replace('"', '\\"')))
    if case.get("from") is not None:
        check("sender", mails[0][0], case.get("from").replace("<>", ""))
    for field in case.all("field"):
        if octets(field.encode()) not in unfolded(content):
            raise AssertionError(f"no field {octets(field.encode())!r} in\n  {unfolded(content)!r}")
    for piece in case.all("lacks"):
        check_has("stored", content, "!" + piece)
    if case.get("body") is not None:
        check("body", content.partition(b"\r\n\r\n")[2], octets(case.get("body").encode()))


def taken(log):
    """The recipients of each transaction that got content."""
    done, now = [], []
    for line in log.splitlines():
        if line.startswith("MAIL"):
            now = []
        elif line.startswith("RCPT"):
            now.append(re.search("<(.*)>", line)[1])
        elif line == "over":
            now.pop()
        elif re.fullmatch(r"\[\d+\]", line):
            done.append(now)
    return done


def check_sent(case, run):
    if case.get("state"):
        run.wait_state("held" if case.get("then") else case.get("state"))
    if case.get("reason") or case.get("because"):
        reason = run.mail_state()["recipients"][0]["reasons"][0]
        check("reason", reason["reason"], case.get("reason", reason["reason"]))
        for words in case.all("because"):
            check_has("reason", reason["text"].encode(), words)
    if case.get("then"):
        done = run.command(ROAMPOST, *case.get("then").split(), run.mail_state()["id"])
        check("roampost " + case.get("then"), done.returncode, 0)
        run.wait_state(case.get("state"))
    if not run.server:
        return
    log, mails = run.server.log()
    if case.get("taken"):
        counts = case.get("taken").split(" | ")
        given = taken(log)
        if re.fullmatch(r"[\d| ]+", case.get("taken")):
            check("recipients of each transaction", [len(t) for t in given], [int(n) for n in counts])
        else:
            check("recipients of each transaction", [",".join(t) for t in given], counts)
    if case.get("sessions"):
        check("sessions", log.count("<connection>"), int(case.get("sessions")))
    envelopes = "\n".join(line for line in log.splitlines() if line.startswith("MAIL"))
    for words in case.all("envelope"):
        check_has("MAIL", envelopes.encode("latin-1"), words)
    for piece in case.all("received"):
        check_has("received", mails[-1] if mails else b"", piece)


def play(case):
    directory = tempfile.mkdtemp(prefix="roampost-case-")
    run = Run(case, directory)
    try:
        run.configure()
        if run.listen:
            run.start_agent()
        run.hand_over()
        check("exit status, saying " + run.said.decode(errors="replace"), run.status, int(case.get("exit", "0")))
        for words in case.all("says"):
            check_has("said", run.said, words)
        if case.get("replies"):
            codes = re.findall(rb"^(\d{3})(?: |\r)", run.said, re.M)
            check("replies", b" ".join(codes).decode(), case.get("replies"))
        check_stored(case, run)
        if run.server or run.socket:
            if not run.agent:
                run.start_agent()
            check_sent(case, run)
    finally:
        run.stop()
        shutil.rmtree(directory)


def main():
    paths = [p for p in sorted(glob.glob(HERE + "/*.case")) if not WORDS or any(w in p for w in WORDS)]
    print(f"1..{len(paths)}", flush=True)
    failures = 0
    for number, path in enumerate(paths, 1):
        name = os.path.basename(path)
        try:
            case = Case(path)
            if case.skip:
                print(f"ok {number} {name} # SKIP {case.skip}", flush=True)
                continue
            play(case)
            print(f"ok {number} {name}", flush=True)
        except Exception as error:
            failures += 1
            print(f"not ok {number} {name}", flush=True)
            for line in f"{type(error).__name__}: {error}".splitlines():
                print("# " + line, flush=True)
    print(f"# cases: {len(paths)}, failures: {failures}", flush=True)
    sys.exit(failures > 0)


main()
