#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dialogues with servers, and what comes of them: the real agent and the real roampost, against a server
on loopback that says what the case says.

usage: run-servers.py ROAMPOSTD ROAMPOST-SENDMAIL ROAMPOST [CASE...]

A case is a file *.case; its first line is "# source: ...". Sections, in this order:
  [set]            lines of the server set "t". {smtp}, {smtp2}, {pop} are ports, {good}, {expired}, {future}, {name},
                   {self} certificate files. Without relay=, smtp= and smtp-tls= they are anywhere,
                   smtp://127.0.0.1:{smtp} and off
  [names]          "NAME ADDRESS ADDRESS...": a name with these addresses, by /etc/hosts of a namespace of the case's own
  [mail]           to=ADDRESS (default a@x.example), count=N, size=OCTETS; also=ADDRESS: one more, the first of all
  [session WHICH]  a connection to the server WHICH (smtp, smtp2, pop), in the order in which they come;
                   [session WHICH *]: all further ones too. Each line is
                     S: TEXT     says TEXT and CR LF; \\xNN and \\t are octets
                     S~ TEXT     says TEXT alone
                     D: TEXT     drips TEXT, an octet each 0.1 s, for ever
                     C: WORDS    a line must come that begins with WORDS
                     C1: WORDS   likewise, and nothing comes behind it before it is answered
                     CB          BDAT must come, with as many octets as it says
                     CC, CC1     everything up to the lone dot comes; likewise, and nothing behind it
                     P: SECONDS  pause
                     T: CERT     TLS begins, with good, expired, future, name (another's) or self;
                     T1: CERT    TLS 1.0 and no other
                     X, R        closes; resets
                     W           waits for the other end to close
                   Behind the last line QUIT is answered, and anything else by 421.
  [pool WHICH]     in the place of such dialogues: hosts that speak for themselves, see pool.py
  [want]           what must come to be, within `within` seconds (40: less than a deferral's shortest wait):
                     state=gone, queued, deferred, held (of all messages), or e.g. gone,deferred
                     gone=N         so many messages at the least
                     next=MIN-MAX   seconds until the next try of the first message
                     sessions=smtp:N pop:N      connections; smtp@ADDRESS:N of those to that address
                     taken=N        contents that 250 was said to: more than there are messages, and some came twice
                     queue=, show=, explain=, sets=, status=TEXT    it is in what that command prints; {id} is
                                    the first message's
                     not=TEXT       it is not, in any of them; \\uNNNN is a character
  [do]             commands: roampost's arguments, one line each; "submit TO" hands over one more mail
More of [want] and [do] may follow."""

import concurrent.futures
import glob
import json
import os
import re
import select
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
import warnings

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../fakes"))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True
import ownbus  # noqa: E402
import pool  # noqa: E402

ROAMPOSTD, SENDMAIL, ROAMPOST = map(os.path.abspath, sys.argv[1:4])
SLOW = int(os.environ.get("ROAMPOST_TEST_SLOW", "1"))  # script/test: how many times its time each test has
warnings.simplefilter("ignore", DeprecationWarning)


# ---- cases

def read_case(path):
    with open(path) as file:
        lines = file.read().splitlines()
    if not lines or not lines[0].startswith("# source: "):
        raise ValueError("its first line names no source")
    sections = []
    for line in lines:
        if line.startswith("[") and line.endswith("]"):
            sections.append((line[1:-1].split(), []))
        elif line.strip() and not line.startswith("#"):
            if not sections:
                raise ValueError(f"before the first section: {line}")
            sections[-1][1].append(line)
    return sections


def pairs(lines):
    return [re.sub(r"\\u(....)", lambda m: chr(int(m[1], 16)), line).split("=", 1) for line in lines]


# ---- certificates

def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=60)


def make_certificates(folder):
    key = os.path.join(folder, "key.pem")
    openssl("ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", key)
    for name, names in (("good", "IP:127.0.0.1"), ("name", "DNS:mail.other.example"), ("self", "IP:127.0.0.1")):
        openssl("req", "-x509", "-new", "-key", key, "-days", "2", "-subj", f"/CN={name}",
                "-addext", f"subjectAltName={names}", "-out", os.path.join(folder, name + ".pem"))
    for name, text in (("index.txt", ""), ("serial", "01\n"), ("ca.cnf", f"""[ca]
default_ca=c
[c]
database={folder}/index.txt
serial={folder}/serial
new_certs_dir={folder}
default_md=sha256
policy=p
x509_extensions=x
[p]
commonName=supplied
[x]
subjectAltName=IP:127.0.0.1
basicConstraints=CA:TRUE
""")):
        with open(os.path.join(folder, name), "w") as out:
            out.write(text)
    for name, begin, end in (("expired", 2020, 2021), ("future", 2045, 2049)):
        openssl("req", "-new", "-key", key, "-subj", f"/CN={name}", "-out", os.path.join(folder, "csr.pem"))
        openssl("ca", "-batch", "-selfsign", "-config", os.path.join(folder, "ca.cnf"), "-keyfile", key,
                "-in", os.path.join(folder, "csr.pem"), "-startdate", f"{begin}0101000000Z",
                "-enddate", f"{end}0201000000Z", "-notext", "-out", os.path.join(folder, name + ".pem"))
    return key


# ---- the server

class Server:
    def __init__(self, certificates):
        self.certificates = certificates
        self.scripts, self.rest, self.n, self.faults, self.given = [], None, 0, [], []
        self.taken, self.hosts, self.n_at = 0, {}, {}
        self.sockets = []
        self.port = self.listen("127.0.0.1", 0)

    def listen(self, address, port):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.sockets.append(socket.create_server((address, port), family=family, backlog=100))
        threading.Thread(target=self.accept, args=(self.sockets[-1], address), daemon=True).start()
        return self.sockets[-1].getsockname()[1]

    def set_hosts(self, hosts):
        self.hosts = hosts
        for address in hosts:
            self.n_at[address] = 0
            if address != "127.0.0.1":
                self.listen(address, self.port)

    def close(self):
        for listening in self.sockets:
            listening.close()

    def accept(self, listening, address):
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            if self.hosts:
                self.n += 1
                self.n_at[address] = self.n_at.get(address, 0) + 1
                threading.Thread(target=self.serve_as_pool, args=(connection, address, self.n_at[address]),
                                 daemon=True).start()
                continue
            script = self.scripts[self.n] if self.n < len(self.scripts) else self.rest
            self.n += 1
            threading.Thread(target=self.serve, args=(connection, script, self.n), daemon=True).start()

    def serve_as_pool(self, connection, address, number):
        if self.hosts.get(address):
            pool.Host(connection, self, self.hosts[address], number).run()
        connection.close()

    def serve(self, connection, script, number):
        if script is None:
            self.faults.append(f"connection {number} was not expected")
            connection.close()
            return
        play = Play(connection, self)
        try:
            for line in script:
                if play.step(line):
                    return
            play.leave()
        except AssertionError as fault:
            self.faults.append(f"connection {number}: {fault}")
        except OSError as error:
            self.faults.append(f"connection {number}, at “{line}”: {error}")
        finally:
            play.connection.close()


class Play:
    def __init__(self, connection, server):
        self.connection, self.server, self.input = connection, server, b""
        self.certificates, self.given, self.has_content = server.certificates, server.given, False
        connection.settimeout(60)

    def more(self):
        data = self.connection.recv(65536)
        if not data:
            raise AssertionError("the client closed")
        self.input += data

    def line(self):
        while b"\r\n" not in self.input:
            self.more()
        line, self.input = self.input.split(b"\r\n", 1)
        self.given.append(line.decode("utf-8", "replace"))
        return self.given[-1]

    def octets(self, n):
        while len(self.input) < n:
            self.more()
        self.input = self.input[n:]

    def expect_nothing_behind(self, got):
        if self.input or select.select([self.connection], [], [], 0.2)[0]:
            raise AssertionError(f"more came behind “{got}”, before an answer")

    def step(self, line):
        what, _, text = line.partition(" ")
        if what in ("S:", "S~"):
            data = re.sub(rb"\\x(..)", lambda m: bytes([int(m[1], 16)]), text.encode().replace(b"\\t", b"\t"))
            self.server.taken += self.has_content and data.startswith(b"250")
            self.has_content = self.has_content and not data
            self.connection.sendall(data + (b"\r\n" if what == "S:" else b""))
        elif what in ("C:", "C1:"):
            got = self.line()
            if not got.upper().startswith(text.upper()):
                raise AssertionError(f"“{text}” was due, and “{got}” came")
            if what == "C1:":
                self.expect_nothing_behind(got)
        elif what == "CB":
            command = self.line().split()
            if command[0] != "BDAT":
                raise AssertionError(f"BDAT was due, and “{command}” came")
            self.octets(int(command[1]))
            self.has_content = command[-1].upper() == "LAST"
        elif what in ("CC", "CC1"):
            while self.line() != ".":
                pass
            self.has_content = True
            if what == "CC1":
                self.expect_nothing_behind("the content")
        elif what == "P:":
            time.sleep(float(text))
        elif what == "D:":
            self.drip(text.encode())
            return True
        elif what in ("T:", "T1:"):
            self.secure(text, what == "T1:")
        elif what == "X":
            return True
        elif what == "R":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return True
        elif what == "W":
            self.wait()
            return True
        else:
            raise AssertionError(f"a line that says nothing: {line}")
        return False

    def drip(self, data):
        try:
            while True:
                for octet in data:
                    self.connection.sendall(bytes([octet]))
                    time.sleep(0.1)
        except OSError:
            pass

    def secure(self, name, old):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if old:
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1
        folder, key = self.certificates
        context.load_cert_chain(os.path.join(folder, name + ".pem"), key)
        try:
            self.connection = context.wrap_socket(self.connection, server_side=True)
        except (ssl.SSLError, OSError):
            self.connection = Closed()

    def wait(self):
        try:
            while self.connection.recv(65536):
                pass
        except OSError:
            pass

    def leave(self):
        """Commands may be behind the last line that nobody cares for."""
        try:
            while True:
                line = self.line()
                if line.upper() == "QUIT":
                    self.connection.sendall(b"+OK\r\n" if self.given[0].startswith("CAPA") else b"221 bye\r\n")
                else:
                    self.connection.sendall(b"421 4.3.2 no more in this session\r\n")
                    return
        except (AssertionError, OSError):
            pass


class Closed:
    """The handshake was refused by the other end, as it was to be."""

    def recv(self, _):
        return b""

    def sendall(self, _):
        pass

    def close(self):
        pass


# ---- one case, in a session bus of its own

class Bench:
    def __init__(self, path, certificates):
        self.sections = read_case(path)
        self.dir = tempfile.mkdtemp(prefix="roampost-servers-")
        self.servers = {name: Server(certificates) for name in ("smtp", "smtp2", "pop")}
        self.env = dict(os.environ, ROAMPOST_STATE=os.path.join(self.dir, "state"), LC_ALL="C.UTF-8",
                        ROAMPOST_CONFIG=os.path.join(self.dir, "conf"), COLUMNS="1000", HOME=self.dir)
        self.configure(certificates[0])
        self.agent, self.begun = None, time.monotonic()

    def named(self, *name):
        return [lines for words, lines in self.sections if words == list(name)]

    def configure(self, folder):
        lines = (self.named("set") or [[]])[0]
        keys = {line.split("=")[0] for line in lines}
        names = {name: server.port for name, server in self.servers.items()}
        names.update({name: os.path.join(folder, name + ".pem") for name in ("good", "expired", "future", "name", "self")})
        for key, line in (("relay", "relay=anywhere"), ("smtp", "smtp=smtp://127.0.0.1:{smtp}"),
                          ("smtp-tls", "smtp-tls=off")):
            if key not in keys:
                lines = [*lines, line]
        text = "\n".join(["[server-set t]", "identities=taro@t.example", *lines]) + "\n"
        for name, value in names.items():
            text = text.replace("{%s}" % name, str(value))
        with open(self.env["ROAMPOST_CONFIG"], "w") as out:
            out.write(text)
        os.chmod(self.env["ROAMPOST_CONFIG"], 0o600)
        for words, lines in self.sections:
            if words[0] == "pool":
                self.servers[words[1]].set_hosts(pool.read_hosts(lines))
            if words[0] == "session":
                server = self.servers[words[1]]
                server.scripts.append(lines)
                if words[2:] == ["*"]:
                    server.rest = lines

    def submit(self, to, size=0):
        text = f"From: taro@t.example\nSubject: x\n\n{'y' * 70}\n" + ("z" * 71 + "\n") * (size // 72)
        subprocess.run([SENDMAIL, "-f", "taro@t.example", to], input=text, env=self.env, text=True,
                       timeout=60, check=True, stderr=subprocess.DEVNULL)

    def roampost(self, *arguments):
        done = subprocess.run([ROAMPOST, *arguments], env=self.env, capture_output=True, text=True, timeout=60)
        return done.stdout + done.stderr

    def queue(self):
        return json.loads(self.roampost("queue", "--json") or "[]")

    def states(self, n):
        states = [message["state"] for message in self.queue()]
        return ["gone"] * (n - len(states)) + states

    def run(self):
        mail = dict(pairs((self.named("mail") or [[]])[0]))
        self.n = int(mail.get("count", 1)) + ("also" in mail)
        if "also" in mail:
            self.submit(mail["also"])
        for _ in range(int(mail.get("count", 1))):
            self.submit(mail.get("to", "a@x.example"), int(mail.get("size", 0)))
        self.agent = subprocess.Popen([ROAMPOSTD, "-v"], env=self.env, stderr=open(self.dir + "/log", "w"))
        for words, lines in self.sections:
            if words == ["want"]:
                self.want(lines)
            elif words == ["do"]:
                for line in lines:
                    if line.startswith("submit "):
                        self.submit(line[7:])
                        self.n += 1
                    else:
                        self.roampost(*line.split())
        return [f"{name}: {fault}" for name, server in self.servers.items() for fault in server.faults]

    def reached(self, wanted):
        for key, value in wanted:
            if key == "state":
                states = self.states(self.n)
                if sorted(states) != sorted(value.split(",")) if "," in value else set(states) != {value}:
                    return f"state: {','.join(states)}, not {value}"
            if key == "gone" and (n := self.states(self.n).count("gone")) < int(value):
                return f"gone: {n}, not {value}"
            if key == "sessions":
                for part in value.split():
                    name, n = part.rsplit(":", 1)
                    server, _, address = name.partition("@")
                    seen = self.servers[server].n_at[address] if address else self.servers[server].n
                    if seen != int(n):
                        return f"sessions with {name}: {seen}, not {n}"
            if key == "taken" and (n := sum(server.taken for server in self.servers.values())) != int(value):
                return f"taken: {n}, not {value}"
        return None

    def want(self, lines):
        wanted = pairs(lines)
        begun, within = time.monotonic(), float(dict(wanted).get("within", 40))
        # Of what is not deferred nothing else comes to be later: a slow machine has more time for it.
        while (fault := self.reached(wanted) or self.lacking(wanted)) and time.monotonic() < begun + within * (
                1 if "deferred" in self.states(self.n) else SLOW):
            time.sleep(0.2)
        if fault:
            raise AssertionError(fault)

    def lacking(self, wanted):
        queue = self.queue()
        first = queue[0]["id"] if queue else None
        commands = {"queue": ["queue"], "sets": ["sets"], "status": ["status"]}
        if first:
            commands.update({"show": ["show", first], "explain": ["explain", first]})
        printed = {}
        for key, value in wanted:
            if key in commands:
                printed.setdefault(key, self.roampost(*commands[key]))
                value = value.replace("{id}", first or "")
                if value not in " ".join(printed[key].split()):
                    return f"{key}: no “{value}” in: {printed[key]}"
            elif key == "next":
                least, most = map(int, value.split("-"))
                span = queue and queue[0]["next-try"] and seconds_until(queue[0]["next-try"])
                # It was put off at some time since the case began.
                if not span or not least - (time.monotonic() - self.begun) <= span <= most:
                    return f"next try in {span} s, not {value}"
            elif key == "given":
                given = [line for server in self.servers.values() for line in server.given]
                if not any(line.startswith(value) for line in given):
                    return f"“{value}” was not given: {given}"
        for text in (value for key, value in wanted if key == "not"):
            for key, command in commands.items():
                said = self.roampost(*command)
                if text in " ".join(said.split()):
                    return f"{key}: “{text}” in: {said}"
        return None

    def close(self):
        if self.agent:
            self.agent.terminate()
            try:
                self.agent.wait(60)
            except subprocess.TimeoutExpired:
                self.agent.kill()
        for server in self.servers.values():
            server.close()
        with open(self.dir + "/log") as log:
            tail = log.read()[-4000:]
        shutil.rmtree(self.dir, ignore_errors=True)
        return tail


def seconds_until(text):
    import datetime
    then = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return round(then.timestamp() - time.time())


def play(path, folder):
    bench = Bench(path, (folder, os.path.join(folder, "key.pem")))
    faults = []
    try:
        faults = bench.run()
    except Exception as error:  # whatever it is, it is this case's fault
        faults = [f"{type(error).__name__}: {error}",
                  *(f"{name}: {fault}" for name, server in bench.servers.items() for fault in server.faults)]
    log = bench.close()
    for fault in faults:
        print(fault)
    if faults and os.environ.get("RP_LOG"):
        print(log)
    return bool(faults)


# ---- all of them

def take_names(path, folder):
    """In a mount namespace of our own."""
    names = [line.split() for words, lines in read_case(path) if words == ["names"] for line in lines]
    hosts = os.path.join(folder, os.path.basename(path) + ".hosts")
    with open(hosts, "w") as out:
        out.write("127.0.0.1 localhost\n")
        out.writelines(f"{address} {name}\n" for name, *addresses in names for address in addresses)
    if names:
        subprocess.run(["mount", "--bind", hosts, "/etc/hosts"], check=True)


def has_names(path):
    return any(words == ["names"] for words, _ in read_case(path))


def apart(path, folder):
    """In a process and on a bus of its own."""
    namespace = ["unshare", "-rm"] if has_names(path) else []
    if namespace and subprocess.run([*namespace, "true"], stderr=subprocess.DEVNULL).returncode:
        return subprocess.CompletedProcess(path, 0, "", "")  # this machine lets nobody have one
    return subprocess.run(["timeout", "750", *namespace, *ownbus.SESSION, sys.executable, __file__, *sys.argv[1:4],
                           "--play", path, folder], capture_output=True, text=True, errors="replace",
                          env=dict(os.environ, DBUS_SYSTEM_BUS_ADDRESS="unix:path=/nonexistent"))


def main():
    if sys.argv[4:5] == ["--play"]:
        take_names(*sys.argv[5:7])
        sys.exit(play(*sys.argv[5:7]))
    if not shutil.which("dbus-run-session") or not shutil.which("openssl"):
        print("1..0 # SKIP dbus-run-session or openssl is not installed")
        return
    paths = [os.path.join(HERE, name + ".case") for name in sys.argv[4:]] or sorted(glob.glob(HERE + "/*.case"))
    failures = 0
    with tempfile.TemporaryDirectory(prefix="roampost-certificates-") as folder:
        make_certificates(folder)
        print(f"1..{len(paths)}", flush=True)
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            for number, (path, done) in enumerate(
                    zip(paths, pool.map(lambda path: apart(path, folder), paths)), 1):
                name = os.path.basename(path)[:-5]
                good = done.returncode == 0
                failures += not good
                print(f"{'ok' if good else 'not ok'} {number} - {name}", flush=True)
                for line in (done.stdout + done.stderr).splitlines() if not good else ():
                    print("# " + line, flush=True)
    print(f"# cases: {len(paths)}, failures: {failures}", flush=True)
    sys.exit(failures != 0)


main()
