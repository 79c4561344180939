#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A running agent's SMTP server and real clients: what was stored is compared octet for octet with
what the client meant. Another user is refused (as root only, who can become one).

usage: test-clients.py ROAMPOSTD ROAMPOST"""

import concurrent.futures
import ctypes
import errno
import json
import os
import pwd
import shutil
import signal
import smtplib
import socket
import sqlite3
import stat
import subprocess
import sys
import tempfile

UNIT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [UNIT, os.path.join(os.path.dirname(UNIT), "fakes")]
from cases import Skip, equal, main, test  # noqa: E402
from running import NO_BUS, Running  # noqa: E402
from ports import handed_over, reserve  # noqa: E402

ROAMPOSTD, ROAMPOST = map(os.path.abspath, sys.argv[1:3])
OTHER_UID = 65534


class Agent(Running):
    def __init__(self, listen, more="", prefix=(), fds=()):
        self.dir = tempfile.TemporaryDirectory(prefix="roampost-listen-")
        os.chmod(self.dir.name, 0o755)
        self.state = os.path.join(self.dir.name, "state")
        self.conf = os.path.join(self.dir.name, "roampost.conf")
        self.configure(listen, more)
        self.env = {**os.environ, **NO_BUS, "ROAMPOST_STATE": self.state, "ROAMPOST_CONFIG": self.conf}
        self.start(prefix, fds)

    def start(self, prefix=(), fds=()):
        self.run([*prefix, ROAMPOSTD], self.env, pass_fds=fds)
        self.wait_for("is ready")

    def configure(self, listen, more=""):
        with open(self.conf + ".new", "w") as out:
            out.write(f"[agent]\nlisten={listen}\ndefault-identity=taro@odn.example\n"
                      f"maildir={self.dir.name}/Maildir\n{more}\n")
        os.rename(self.conf + ".new", self.conf)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            status = self.end() if self.process.poll() is None else self.process.returncode
            if kind is None and status not in (0, -signal.SIGKILL):
                raise AssertionError(f"the agent's exit status is {status}: {self.said()}")
        finally:
            self.kill()
            self.dir.cleanup()

    def roampost(self, *arguments):
        return subprocess.run([ROAMPOST, *arguments], env=self.env, capture_output=True, timeout=90, check=True).stdout

    def queue(self):
        return json.loads(self.roampost("queue", "--json"))

    def last(self):
        """(sender, recipients, content) of the youngest message."""
        message = self.queue()[-1]
        return message["sender"], [r["address"] for r in message["recipients"]], self.content()

    def content(self):
        """Of the youngest message, as it will go over the wire; `show --raw` has other line ends."""
        database = sqlite3.connect(f"file:{self.state}/queue.db?mode=ro", uri=True)
        try:
            number, = database.execute("SELECT max(id) FROM messages").fetchone()
            rows = database.execute("SELECT data FROM content WHERE id/8192=? ORDER BY id", (number,))
            return b"".join(row[0] for row in rows)
        finally:
            database.close()


class Raw:
    """A client that says exactly what it is told."""

    def __init__(self, address):
        self.socket = socket.socket(socket.AF_UNIX if isinstance(address, str) else
                                    socket.AF_INET6 if ":" in address[0] else socket.AF_INET)
        self.socket.settimeout(20)
        self.socket.connect(address)
        self.file = self.socket.makefile("rb")

    def send(self, data):
        self.socket.sendall(data)

    def reply(self):
        while True:
            line = self.file.readline().decode()
            if line[3:4] != "-":
                return line.rstrip("\r\n")

    def codes(self, n):
        return " ".join(self.reply()[:3] for _ in range(n))

    def close(self):
        self.file.close()
        self.socket.close()


HELLO = b"EHLO me\r\n"
OPEN = HELLO + b"MAIL FROM:<taro@odn.example>\r\nRCPT TO:<a@x.example>\r\n"
HEADER = (b"From: Taro <taro@odn.example>\r\nTo: a@x.example\r\nSubject: s\r\n"
          b"Date: Tue, 24 Nov 2026 00:00:00 +0000\r\nMessage-ID: <1@odn.example>\r\n")
BODY = b"\r\n.\r\n..\r\nx.\r\n\r\n.dot\r\n" + "八ビット ü\r\n".encode() + b"=20\r\n \r\nend\r\n\r\n"


def by_hand(address, n=1):
    client = Raw(address)
    client.send(OPEN + b"DATA\r\n")
    equal(client.codes(5), "220 250 250 250 354")
    client.send((HEADER + BODY).replace(b"\r\n.", b"\r\n..") + b".\r\nQUIT\r\n")
    equal(client.codes(2), "250 221")
    client.close()


@test
def smtplib_data():
    port = reserve()
    with Agent(f"127.0.0.1:{port}") as agent:
        with smtplib.SMTP("127.0.0.1", port, timeout=90) as client:
            client.login("anybody", "anything")
            equal(client.has_extn("chunking"), True)
            client.sendmail("taro@odn.example", ["a@x.example", "b@y.example"], HEADER + BODY,
                            mail_options=["BODY=8BITMIME", "RET=HDRS", "ENVID=x"],
                            rcpt_options=["NOTIFY=FAILURE"])
        equal(agent.last(), ("taro@odn.example", ["a@x.example", "b@y.example"], HEADER + BODY))
        agent.end()
        equal([line for line in agent.log if "anything" in line or "YW55" in line], [], "secrets in the log")


@test
def a_name_that_is_nobodys():
    """A client hears at RCPT of which recipient, and sends the mail to the others."""
    port = reserve()
    with Agent(f"127.0.0.1:{port}") as agent:
        client = Raw(("127.0.0.1", port))
        client.send(HELLO + b"MAIL FROM:<taro@odn.example>\r\n")
        equal(client.codes(3), "220 250 250")
        for name in (b"nobody-knows", b"nobody-knows@localhost", b"Nobody-knows+x"):
            client.send(b"RCPT TO:<" + name + b">\r\n")
            said = client.reply()
            equal((said[:9], "is no user of this machine: write a whole address" in said), ("550 5.1.1", True), said)
        client.send(b"DATA\r\nRCPT TO:<a@x.example>\r\nRCPT TO:<root>\r\nDATA\r\n")
        equal(client.codes(4), "554 250 250 354")
        client.send(HEADER + b"\r\nx\r\n.\r\n")
        equal(client.codes(1), "250")
        equal(agent.last()[1], ["a@x.example"])
        client.close()
        agent.configure(f"127.0.0.1:{port}", "qualify-domain=odn.example\n")
        with smtplib.SMTP("127.0.0.1", port, timeout=20) as qualified:
            qualified.sendmail("taro@odn.example", ["nobody-knows"], HEADER + b"\r\nx\r\n")
        equal(agent.last()[1], ["nobody-knows@odn.example"])


@test
def large_message():
    port = reserve()
    body = b"\r\n" + b"".join(b"%070d\r\n" % i for i in range(100000))
    with Agent(f"127.0.0.1:{port}") as agent:
        with smtplib.SMTP("127.0.0.1", port, timeout=60) as client:
            client.sendmail("taro@odn.example", ["a@x.example"], HEADER + body)
        if agent.last()[2] != HEADER + body:
            raise AssertionError("the content differs")


@test
def headers_are_added_and_bcc_removed():
    port = reserve()
    with Agent(f"127.0.0.1:{port}") as agent:
        with smtplib.SMTP("127.0.0.1", port, timeout=90) as client:
            client.sendmail("taro", ["a@x.example"], b"Subject: s\r\nBcc: secret@x.example\r\n\r\nx\r\n")
        sender, _, content = agent.last()
        equal(sender, "taro@odn.example")
        for name in (b"Date: ", b"From: taro@odn.example", b"Message-ID: <"):
            equal(content.count(b"\r\n" + name), 1, name)
        equal(b"Bcc" in content or b"secret" in content, False)


@test
def another_program_meanwhile():
    """One that has just stored a large mail would take a long log away, were it alone."""
    port = reserve()
    large = HEADER + b"\r\n" + b"%070d\r\n" % 0 * 20000
    with Agent(f"127.0.0.1:{port}") as agent:
        with smtplib.SMTP("127.0.0.1", port, timeout=90) as client:
            for _ in range(2):
                client.sendmail("taro@odn.example", ["a@x.example"], HEADER + BODY)
                subprocess.run([ROAMPOST, "submit", "-f", "taro@odn.example", "b@x.example"], env=agent.env,
                               input=large, stdout=subprocess.DEVNULL, timeout=90, check=True)
            client.sendmail("taro@odn.example", ["a@x.example"], HEADER + BODY)
        equal([m["size"] for m in agent.queue()], [len(HEADER + BODY), len(large)] * 2 + [len(HEADER + BODY)])
        equal(agent.content(), HEADER + BODY)


@test
def local_recipients():
    port = reserve()
    with Agent(f"127.0.0.1:{port}") as agent:
        with smtplib.SMTP("127.0.0.1", port, timeout=90) as client:
            client.sendmail("taro@odn.example", ["root"], HEADER + b"\r\nlocal\r\n")
            equal(agent.queue(), [])
            name, = os.listdir(f"{agent.dir.name}/Maildir/new")
            with open(f"{agent.dir.name}/Maildir/new/{name}", "rb") as mail:
                equal(mail.read(), b"Return-Path: <taro@odn.example>\n" +
                      HEADER.replace(b"\r\n", b"\n") + b"\nlocal\n")
            agent.configure(f"127.0.0.1:{port}", "qualify-domain=odn.example")
            agent.wait_for("configuration:")
            client.sendmail("taro@odn.example", ["root"], HEADER + b"\r\nlocal\r\n")
            equal(agent.last()[1], ["root@odn.example"])


@test
def smuggling():
    port = reserve()
    with Agent(f"127.0.0.1:{port}") as agent:
        client = Raw(("127.0.0.1", port))
        client.send(OPEN + b"DATA\r\n")
        equal(client.codes(5), "220 250 250 250 354")
        client.send(HEADER + b"\r\nx\n.\r\nMAIL FROM:<evil@x.example>\r\nRCPT TO:<v@x.example>\r\n"
                    b"DATA\r\ny\n.\nz\r.\rw\r\n.\r\nQUIT\r\n")
        equal(client.codes(2), "250 221")
        client.close()
        equal(len(agent.queue()), 1)
        equal(agent.last()[2], HEADER + b"\r\nx\r\n.\r\nMAIL FROM:<evil@x.example>\r\n"
              b"RCPT TO:<v@x.example>\r\nDATA\r\ny\r\n.\r\nz\r.\rw\r\n")


@test
def everything_in_one_packet():
    port = reserve()
    message = HEADER + b"\r\nx\r\n"
    with Agent(f"127.0.0.1:{port}") as agent:
        client = Raw(("127.0.0.1", port))
        one = (b"MAIL FROM:<taro@odn.example>\r\nRCPT TO:<a@x.example>\r\nBDAT %d\r\n%sBDAT 0 LAST\r\n"
               % (len(message), message))
        client.send(HELLO + 20 * one + b"QUIT\r\n")
        equal(client.codes(2 + 4 * 20 + 1), " ".join(["220"] + ["250"] * 81 + ["221"]))
        client.close()
        equal(len(agent.queue()), 20)
        equal(agent.last()[2], message)


def sockets_of(pid):
    """Copies of the sockets that another process has open."""
    process = os.pidfd_open(pid)
    try:
        for name in os.listdir(f"/proc/{pid}/fd"):
            try:
                what = os.readlink(f"/proc/{pid}/fd/{name}")
            except FileNotFoundError:  # closed meanwhile
                continue
            if what.startswith("socket:"):
                copy = ctypes.CDLL(None, use_errno=True).syscall(438, process, int(name), 0)  # pidfd_getfd
                if copy < 0 and ctypes.get_errno() == errno.EBADF:
                    continue
                if copy < 0:
                    raise Skip(f"pidfd_getfd: {os.strerror(ctypes.get_errno())}")
                yield socket.socket(fileno=copy)
    finally:
        os.close(process)


@test
def replies_are_not_held_back():
    """Else each waits for the acknowledgement of the one before, which a client puts off for 40 ms."""
    port = reserve()
    with Agent(f"127.0.0.1:{port}") as agent:
        client = Raw(("127.0.0.1", port))
        equal(client.reply()[:3], "220")
        ours = client.socket.getsockname()
        options = []
        for theirs in sockets_of(agent.process.pid):
            with theirs:
                if theirs.family == socket.AF_INET and theirs.type == socket.SOCK_STREAM:
                    try:
                        peer = theirs.getpeername()
                    except OSError:  # it listens
                        continue
                    if peer == ours:
                        options.append(theirs.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0)
        equal(options, [True])
        client.close()


@test
def eight_connections():
    port = reserve()
    with Agent(f"127.0.0.1:{port}") as agent:
        def send(number):
            with smtplib.SMTP("127.0.0.1", port, timeout=60) as client:
                for i in range(20):
                    client.sendmail("taro@odn.example", [f"r{number}-{i}@x.example"], HEADER + b"\r\nx\r\n")
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(send, range(8)))
        got = sorted(m["recipients"][0]["address"] for m in agent.queue())
        equal(got, sorted(f"r{n}-{i}@x.example" for n in range(8) for i in range(20)))


@test
def stored_before_250():
    port = reserve()
    with Agent(f"127.0.0.1:{port}") as agent:
        by_hand(("127.0.0.1", port))
        agent.end(signal.SIGKILL)
        equal(agent.last()[2], HEADER + BODY)


@test
def a_removed_directory_takes_no_mail():
    """Its end comes while the agent, which has stored others, has not yet seen that the folder is gone."""
    port = reserve()
    with Agent(f"127.0.0.1:{port}") as agent:
        for take in (shutil.rmtree, lambda state: os.rename(state, state + ".old")):
            by_hand(("127.0.0.1", port))
            client = Raw(("127.0.0.1", port))
            client.send(OPEN + b"DATA\r\n")
            equal(client.codes(5), "220 250 250 250 354")
            agent.process.send_signal(signal.SIGSTOP)
            take(agent.state)
            client.send(HEADER + b"\r\nx\r\n.\r\n")
            agent.process.send_signal(signal.SIGCONT)
            code = client.reply()[:3]
            equal(code in ("451", "421", ""), True, code)
            client.close()
            equal(agent.process.wait(90), 1)
            agent.start()
        client = smtplib.SMTP("127.0.0.1", port, timeout=90)
        client.sendmail("taro@odn.example", ["a@x.example"], HEADER + BODY)
        client.quit()
        equal(agent.last()[1], ["a@x.example"])


@test
def the_end_is_said():
    port = reserve()
    with Agent(f"127.0.0.1:{port}") as agent:
        client = Raw(("127.0.0.1", port))
        client.send(OPEN + b"BDAT 3\r\nabc")
        equal(client.codes(5), "220 250 250 250 250")
        equal(agent.end(), 0)
        equal(client.reply()[:9], "421 4.3.2")
        client.close()
        equal(agent.queue(), [])


@test
def ipv6_and_localhost():
    try:
        port = reserve("::1", "127.0.0.1")
    except OSError:
        raise Skip("no IPv6 here")
    with Agent(f"[::1]:{port}") as agent:
        by_hand(("::1", port))
        agent.configure(f"localhost:{port}")
        agent.wait_for("by SMTP on localhost")
        by_hand(("::1", port))
        by_hand(("127.0.0.1", port))
        equal(len(agent.queue()), 3)


@test
def unix_socket():
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "smtp")
        stale = socket.socket(socket.AF_UNIX)
        stale.bind(path)  # left by a program that is no more
        stale.close()
        with Agent(path) as agent:
            equal(stat.S_IMODE(os.stat(path).st_mode), 0o600)
            by_hand(path)
            equal(agent.last()[2], HEADER + BODY)
            agent.end()
            equal(os.path.exists(path), False, "the socket's path")


@test
def reload_opens_and_closes():
    port, other = reserve(), reserve()
    with Agent("") as agent:
        agent.configure(f"127.0.0.1:{port}")
        agent.wait_for("by SMTP on")
        old = Raw(("127.0.0.1", port))
        equal(old.codes(1), "220")
        agent.configure(f"127.0.0.1:{other}")
        agent.wait_for("by SMTP on")
        by_hand(("127.0.0.1", other))
        try:
            Raw(("127.0.0.1", port))
            raise AssertionError("the old port is still open")
        except ConnectionRefusedError:
            pass
        old.send(HELLO + b"QUIT\r\n")
        equal(old.codes(2), "250 221")  # who is connected may go on
        old.close()


@test
def a_taken_port_is_a_warning():
    port = reserve()
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        agent = Agent(f"127.0.0.1:{port}")
    with agent:
        equal(any(f"cannot listen on 127.0.0.1:{port}" in line for line in agent.log), True)
        agent.process.send_signal(signal.SIGHUP)  # free now
        agent.wait_for("by SMTP on")
        by_hand(("127.0.0.1", port))


@test
def systemd_socket():
    port = reserve()
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
        listening.listen()
        agent = Agent("", prefix=handed_over(listening), fds=(listening.fileno(),))
    with agent:
        by_hand(("127.0.0.1", port))
        agent.configure(f"127.0.0.1:{port}")  # the same once more is no conflict
        agent.wait_for("configuration:")
        by_hand(("127.0.0.1", port))
        equal(len(agent.queue()), 2)


@test
def too_many_connections():
    port = reserve()
    with Agent(f"127.0.0.1:{port}"):
        clients = [Raw(("127.0.0.1", port)) for _ in range(64)]
        equal({c.codes(1) for c in clients}, {"220"})
        more = Raw(("127.0.0.1", port))
        equal(more.reply()[:9], "421 4.7.0")
        more.close()
        for client in clients:
            client.send(b"QUIT\r\n")
            equal(client.codes(1), "221")
            equal(client.file.read(), b"")
            client.close()
        by_hand(("127.0.0.1", port))


AS_OTHER = """
import socket, sys
s = socket.socket(socket.AF_UNIX if sys.argv[1][0] == "/" else socket.AF_INET)
try:
    s.connect(sys.argv[1] if sys.argv[1][0] == "/" else ("127.0.0.1", int(sys.argv[1])))
except PermissionError:
    sys.exit("not even connected")
s.sendall(b"EHLO me\\r\\nMAIL FROM:<taro@odn.example>\\r\\nRCPT TO:<a@x.example>\\r\\n")
print(s.makefile().read(), end="")
"""


# A program that was let in, and waits for each answer.
AS_SYSTEM = """
import smtplib, sys
smtplib.SMTP("127.0.0.1", int(sys.argv[1])).sendmail("taro@odn.example", ["a@x.example"], "Subject: x\\n\\nx\\n")
"""


def as_other(where, program=None):
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        raise Skip("only root can be another user")
    return subprocess.run(["setpriv", f"--reuid={OTHER_UID}", f"--regid={OTHER_UID}", "--clear-groups", "--",
                           "/usr/bin/python3", "-c", program or AS_OTHER, str(where)],
                          capture_output=True, text=True, timeout=90)


@test
def another_user_over_tcp():
    port = reserve()
    with Agent(f"127.0.0.1:{port}") as agent:
        lines = as_other(port).stdout.splitlines()
        equal([line[:9] for line in lines], ["554 5.7.1", "503 5.7.1", "503 5.7.1", "503 5.7.1", "421 4.7.0"])
        equal(f"you are {pwd.getpwuid(OTHER_UID).pw_name}" in lines[0], True, lines)
        equal(agent.queue(), [])
        by_hand(("127.0.0.1", port))


@test
def a_system_account_whose_mail_is_this_users():
    """www-data and its like can't become the user, as root's sendmail does: they hand over by SMTP."""
    port = reserve()
    with Agent(f"127.0.0.1:{port}", f"system-mail-user={pwd.getpwuid(os.geteuid()).pw_name}\n") as agent:
        done = as_other(port, AS_SYSTEM)
        equal((done.returncode, done.stderr), (0, ""))
        equal(len(agent.queue()), 1)


@test
def another_user_on_the_unix_socket():
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        path = os.path.join(directory, "smtp")
        with Agent(path) as agent:
            equal(as_other(path).stderr.strip(), "not even connected")
            os.chmod(path, 0o666)  # and if somebody opens it
            lines = as_other(path).stdout.splitlines()
            equal([line[:9] for line in lines][:2], ["554 5.7.1", "503 5.7.1"])
            equal(agent.queue(), [])


def program(name, *arguments, text=None, env=None):
    if not shutil.which(name):
        raise Skip(f"{name} is not installed")
    done = subprocess.run([name, *arguments], input=text, capture_output=True, timeout=60,
                          env=dict(os.environ, **(env or {})))
    equal(done.returncode, 0, done.stdout.decode(errors="replace") + done.stderr.decode(errors="replace"))
    return done.stdout.decode(errors="replace")


@test
def swaks():
    port = reserve()
    with Agent(f"127.0.0.1:{port}") as agent:
        for extra in ((), ("--pipeline",), ("--auth", "PLAIN", "--auth-user", "u", "--auth-password", "p"),
                      ("--auth", "LOGIN", "--auth-user", "u", "--auth-password", "p"),
                      ("--auth-optional", "--auth-user", "u", "--auth-password", "p", "--pipeline"),
                      ("--protocol", "SMTP"), ("--protocol", "ESMTP")):
            program("swaks", "--server", "127.0.0.1", "--port", str(port), "--from", "taro@odn.example",
                    "--to", "a@x.example,b@x.example", "--data", "-", *extra,
                    text=(HEADER + BODY).replace(b"\r\n", b"\n"))
            sender, recipients, content = agent.last()
            equal((sender, recipients), ("taro@odn.example", ["a@x.example", "b@x.example"]), extra)
            # What it is given on standard input it ends with a line of its own.
            equal(content.rstrip(b"\r\n"), (HEADER + BODY).rstrip(b"\r\n"), extra)
        equal(len(agent.queue()), 7)
        out = program("swaks", "--server", "127.0.0.1", "--port", str(port), "--quit-after", "EHLO")
        equal("CHUNKING" in out, True)


@test
def swaks_on_the_unix_socket():
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "smtp")
        with Agent(path) as agent:
            program("swaks", "--socket", path, "--from", "taro@odn.example", "--to", "a@x.example")
            equal(agent.last()[:2], ("taro@odn.example", ["a@x.example"]))


@test
def curl():
    port = reserve()
    with Agent(f"127.0.0.1:{port}") as agent:
        for login in ((), ("--user", "u:p")):
            program("curl", "-sS", f"smtp://127.0.0.1:{port}", "--mail-from", "taro@odn.example",
                    "--mail-rcpt", "a@x.example", *login, "-T", "-", text=HEADER + BODY)
            equal(agent.last(), ("taro@odn.example", ["a@x.example"], HEADER + BODY))


@test
def msmtp():
    port = reserve()
    with Agent(f"127.0.0.1:{port}") as agent:
        program("msmtp", "--host=127.0.0.1", f"--port={port}", "--tls=off", "--auth=off", "-C", "/dev/null",
                "--from=taro@odn.example", "a@x.example", text=(HEADER + BODY).replace(b"\r\n", b"\n"))
        equal(agent.last(), ("taro@odn.example", ["a@x.example"], HEADER + BODY))


@test
def s_nail():
    port = reserve()
    with Agent(f"127.0.0.1:{port}") as agent:
        program("s-nail", "-:/", "-S", "v15-compat", "-S", f"mta=smtp://127.0.0.1:{port}",
                "-S", "smtp-auth=none", "-S", "DEAD=/dev/null", "-r", "taro@odn.example", "-s", "hello", "a@x.example",
                text=b"one\n.\ntwo\n", env={"MAILRC": "/dev/null"})
        sender, recipients, content = agent.last()
        equal((sender, recipients), ("taro@odn.example", ["a@x.example"]))
        equal(content.split(b"\r\n\r\n", 1)[1], b"one\r\n.\r\ntwo\r\n")


main()
