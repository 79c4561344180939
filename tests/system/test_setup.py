#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""test_setup.py [SCENARIO..]: `roampost setup` from an address to the first delivered mail, at a terminal
that the test types at, and by options; against autoconfig over HTTPS, SRV and MX records of a real dnsmasq,
a real Postfix with Dovecot's logins. The names, and what their servers say, are those of DOCUMENTS."""

import http.server
import json
import os
import pty
import re
import select
import signal
import ssl
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import tap, world  # noqa: E402
from lab.certificates import make_certificate  # noqa: E402
from lab.dovecot import PASSWORD  # noqa: E402
from lab.mail import start_mail  # noqa: E402
from lab.manager import Bus  # noqa: E402
from lab.postfix import Postfix  # noqa: E402
from lab.provider import make_authority  # noqa: E402
from lab.roampost import User, program  # noqa: E402

NEAR, FAR = "203.0.113.7", "203.0.113.1"
GOA_DAEMON = "/usr/libexec/goa-daemon"

POSTFIX = """\
myhostname = smtp.odn.example
inet_protocols = ipv4
mynetworks = 192.0.2.0/24
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_tls_cert_file = {dir}/cert.pem
smtpd_tls_key_file = {dir}/key.pem
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {auth}
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_error_sleep_time = 0
default_transport = hold:
smtpd_client_restrictions = static:HOLD
"""

# Where no user is asked for, the network counts.
INSIDE = "-o mynetworks=%s -o smtpd_relay_restrictions=permit_mynetworks,reject" % NEAR

DOCUMENT = """<?xml version="1.0" encoding="UTF-8"?>
<clientConfig version="1.1">
 <emailProvider id="odn.example"><domain>odn.example</domain><displayName>ODN</displayName>
  <incomingServer type="imap"><hostname>imap.odn.example</hostname><port>993</port>
   <socketType>SSL</socketType></incomingServer>
  <outgoingServer type="smtp"><hostname>smtp.odn.example</hostname><port>465</port>
   <socketType>SSL</socketType><username>%EMAILADDRESS%</username>
   <authentication>password-cleartext</authentication></outgoingServer>
 </emailProvider></clientConfig>
"""
AFTER_POP = """<clientConfig version="1.1"><emailProvider id="odn.example">
 <incomingServer type="pop3"><hostname>smtp.odn.example</hostname><port>995</port><socketType>SSL</socketType>
  <username>%EMAILLOCALPART%</username></incomingServer>
 <outgoingServer type="smtp"><hostname>smtp.odn.example</hostname><port>587</port><socketType>STARTTLS</socketType>
  <authentication>none</authentication><restriction>SMTP-after-POP</restriction></outgoingServer>
 </emailProvider></clientConfig>
"""
INSIDE_ONLY = AFTER_POP.replace("<port>587", "<port>26").replace("SMTP-after-POP", "client-IP-address")
# By host: what it answers; a number is a status, a URL a redirection.
DOCUMENTS = {
    "autoconfig.odn.example": DOCUMENT,
    "autoconfig.page.example": "<!DOCTYPE html><html><body>Sign in, please</body></html>",
    "autoconfig.http.example": "http://autoconfig.odn.example/mail/config-v1.1.xml",
    "autoconfig.moved.example": "https://autoconfig.odn.example/mail/config-v1.1.xml",
    "autoconfig.huge.example": " " * 300000,
    "autoconfig.cut.example": DOCUMENT[:200],
    "autoconfig.broken.example": DOCUMENT,
    "autoconfig.after-pop.example": AFTER_POP,
    "autoconfig.inside.example": INSIDE_ONLY,
    "autoconfig.strict.example": DOCUMENT,  # where the address is told
    "autoconfig.plain.example": DOCUMENT.replace("465", "587").replace("SSL", "plain"),
    "autoconfig.never-tls.example": DOCUMENT.replace("465", "588").replace("SSL", "plain"),
    "autoconfig.xn--bcher-kva.example": DOCUMENT.replace("%EMAILADDRESS%", "%EMAILLOCALPART%@odn.example"),
    "autoconfig.token.example": DOCUMENT.replace("password-cleartext", "OAuth2"),
    "autoconfig.gmail.example": DOCUMENT.replace("password-cleartext", "OAuth2").replace("smtp.odn.example", "smtp.gmail.com"),
    "autoconfig.red.example": DOCUMENT.replace("%EMAILADDRESS%", "\x1b[31mx&#10;y").replace("\x1b", "\u009b"),
    "autoconfig.many.example": re.sub(r"(?s)(<outgoingServer.*</outgoingServer>)", lambda m: m[1] * 12,
                                      DOCUMENT.replace("465", "1")),
    "autoconfig.gmail.com": DOCUMENT,
    "wild.example": "<!DOCTYPE html><html><body>Welcome</body></html>",
}
DNS = [
    "--local=/com/", "--address=/gmail.com/" + FAR,
    "--address=/odn.example/" + FAR, "--address=/srv.example/" + FAR, "--address=/usual.example/" + FAR,
    *("--address=/autoconfig.%s.example/%s" % (name, FAR) for name in (
        "page", "http", "moved", "huge", "cut", "broken", "strict", "plain", "never-tls", "after-pop", "inside", "token", "gmail", "red", "many")),
    "--srv-host=_submissions._tcp.srv.example,smtp.srv.example,465,10,5",
    "--srv-host=_submission._tcp.srv.example,smtp.srv.example,587,10,5",
    "--srv-host=_submissions._tcp.elsewhere.example,smtp.odn.example,465,0,0",
    "--srv-host=_submissions._tcp.never.example", "--srv-host=_submission._tcp.never.example",
    "--mx-host=hosted.example,mx1.odn.example,10",
    # all that nobody has named leads to the web site of the domain, as a wildcard of its DNS says
    "--address=/wild.example/" + FAR, "--srv-host=_submissions._tcp.wild.example,smtp.odn.example,465,0,0",
    "--address=/autoconfig.xn--bcher-kva.example/" + FAR, "--mx-host=loud.example,MX1.ODN.EXAMPLE,10",
    # one of them is said not to be offered (RFC 6186 section 3.4)
    "--srv-host=_submissions._tcp.half.example", "--srv-host=_submission._tcp.half.example,smtp.odn.example,587,0,0",
]


class Handler(http.server.BaseHTTPRequestHandler):
    asked = []

    def do_GET(self):
        host = self.headers["Host"]
        self.asked.append("https://" + host + self.path)
        answer = DOCUMENTS.get(host, "")
        if "strict" in host and "emailaddress=" not in self.path:
            self.send_response(400)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        status = 302 if answer.startswith("http") else 200 if answer else 404
        body = b"" if status == 302 else answer.encode()
        self.send_response(status)
        if status == 302:
            self.send_header("Location", answer)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Lab:
    """One provider's servers, in a network of their own."""

    def __init__(self):
        Bus("session")
        world.wire_to_isp(NEAR, FAR)
        world.run(["mount", "--bind", make_authority(), "/etc/ssl/certs/ca-certificates.crt"])
        world.start(["dnsmasq", "--keep-in-foreground", "--no-resolv", "--no-hosts", "--conf-file=/dev/null",
                     "--listen-address=127.0.0.1", "--bind-interfaces", "--user=root", "--pid-file=",
                     "--local=/example/", "--local=/net/", *DNS], world.DIR + "/dnsmasq.log")
        self.start_https()
        self.start_mail()

    def start_https(self):
        good = make_certificate(world.DIR + "/https", *(h for h in DOCUMENTS if "broken" not in h))
        bad = make_certificate(world.DIR + "/https-bad")
        contexts = []
        for folder in (good, bad):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(folder + "/cert.pem", folder + "/key.pem")
            contexts.append(context)

        def choose(socket, name, _):
            if name and "broken" in name:
                socket.context = contexts[1]

        contexts[0].sni_callback = choose
        with world.inside("isp"):
            server = http.server.ThreadingHTTPServer((FAR, 443), Handler)
        server.socket = contexts[0].wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()

    def start_mail(self):
        folder = make_certificate(world.DIR + "/mail", "smtp.odn.example", "smtp.srv.example", "mail.usual.example", "mail.odn.example")
        self.postfix = Postfix(folder, POSTFIX, [
            "%s:465 -o smtpd_tls_wrappermode=yes -o smtpd_tls_security_level=encrypt" % FAR,
            # a provider's that asks nobody who he is: without TLS, and with it
            "%s:25 -o smtpd_tls_security_level=none -o smtpd_sasl_auth_enable=no %s" % (FAR, INSIDE),
            "%s:26 -o smtpd_sasl_auth_enable=no %s" % (FAR, INSIDE),
            "%s:587" % FAR, "%s:588 -o smtpd_tls_security_level=none -o smtpd_tls_auth_only=no" % FAR], "isp", auth=folder + "/auth")
        start_mail(self.postfix, FAR, auth=folder + "/auth")

    def held(self):
        folder = self.postfix.dir + "/queue/hold"
        return [os.path.join(top, name) for top, _, names in os.walk(folder) for name in names]


class Terminal:
    """roampost at a terminal; what is typed is said by what is on it."""

    def __init__(self, user, *words):
        pid, self.fd = pty.fork()
        if pid == 0:
            os.execve(program("roampost"), ["roampost", *words], dict(user.env, TERM="dumb"))
        self.pid, self.text, self.seen = pid, "", 0

    def wait_for(self, words, seconds=180):
        """Until they come, behind what was waited for before."""
        deadline = time.monotonic() + seconds
        while words not in self.text[self.seen:]:
            if not select.select([self.fd], [], [], max(0, deadline - time.monotonic()))[0]:
                raise TimeoutError("no %r in: %s" % (words, self.text))
            try:
                more = os.read(self.fd, 4096)
            except OSError:
                more = b""
            if not more:
                raise EOFError("no %r in: %s" % (words, self.text))
            self.text += more.decode(errors="replace").replace("\r\n", "\n")
        self.seen = self.text.index(words, self.seen) + len(words)

    def type(self, words, line):
        self.wait_for(words)
        os.write(self.fd, line.encode() + b"\n")

    def end(self):
        """Its exit status, once it has ended."""
        while True:
            try:
                more = os.read(self.fd, 4096)
            except OSError:
                break
            if not more:
                break
            self.text += more.decode(errors="replace").replace("\r\n", "\n")
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def new_user(name, config=""):
    user = User(config, name, {"ROAMPOST_LINKS": "kernel"})
    user.env.pop("XDG_RUNTIME_DIR", None)
    return user


def run(user, *words, text="", without_network=False):
    """(status, standard output, standard error without its line breaks)"""
    alone = ["unshare", "--net"] if without_network else []
    done = subprocess.run([*alone, program("roampost"), *words], input=text, env=user.env, capture_output=True, text=True,
                          timeout=270)
    return done.returncode, done.stdout, " ".join(done.stderr.split())


def config_of(user):
    with open(user.config) as config:
        return config.read()


# ---- the scenarios ----


def first_mail(test, lab):
    """An address, one password, and what is asked at the end."""
    user = new_user("hanako")
    begun = time.monotonic()
    terminal = Terminal(user, "setup")
    terminal.type("Your mail address:", "hanako@odn.example")
    terminal.type("Password of hanako@odn.example", PASSWORD)
    terminal.type("Another address (Enter where there is none):", "")
    terminal.type("Write this? [Y/n]", "")
    terminal.wait_for("The agent runs.")
    terminal.type("Shall git send its mail through roampost? [y/N]", "y")
    terminal.type("Shall mutt send its mail through roampost? [y/N]", "y")
    terminal.type("Send a test mail to hanako@odn.example? [y/N]", "y")
    status, took = terminal.end(), time.monotonic() - begun
    test.equal(status, 0, "from the address to the first mail")
    test.check(took < 60, "in less than a minute", "%.1f s" % took)
    test.note("%.1f s" % took)
    test.check("sent through odn" in terminal.text, "it says that it is sent", terminal.text)
    test.equal(len(lab.held()), 1, "and it is there")
    test.check(PASSWORD not in terminal.text and "+smtp-password=****" in terminal.text,
               "the password is never shown", terminal.text)
    test.equal(config_of(user), "[server-set odn]\nidentities=hanako@odn.example\nsmtp=smtps://smtp.odn.example\n"
               "smtp-user=hanako@odn.example\nsmtp-password=%s\n" % PASSWORD, "what it wrote")
    test.equal(oct(os.stat(user.config).st_mode & 0o777), "0o600", "for the user alone")
    test.check(os.path.exists(user.dir + "/config/autostart/roampost.desktop"), "it starts at each login")
    git = subprocess.run(["git", "config", "--global", "sendemail.sendmailcmd"], env=user.env, capture_output=True, text=True)
    test.check(git.stdout.strip().endswith("/roampost-sendmail"), "git knows it", git.stdout)
    with open(user.dir + "/.muttrc") as muttrc:
        test.check(re.match(r'set sendmail=".*/roampost-sendmail -oem -oi"\n$', muttrc.read()), "mutt knows it")
    test.equal([url for url in Handler.asked if "hanako" in url], [], "nobody was told the address")
    run(user, "setup", "--remove", "hanako@odn.example")
    test.equal(config_of(user), "", "taken out again, nothing is left")


def by_options(test, lab):
    """Run again, with a second address: what is there stays as it was written."""
    old = "# mine\n[agent]\nnotify=no\n\n# the set of the club\n[server-set odn]\nidentities=a@odn.example\n" \
          "smtp=smtps://smtp.odn.example\nsmtp-user=a@odn.example\n# a comment\nsmtp-password-command=echo x\n"
    user = new_user("taro", old)
    said = run(user, "setup", "--no-agent", "--password-file", "-", "b@odn.example", text=PASSWORD + "\n")
    test.equal(said[0], 0, "a second address of the same domain, by options")
    test.equal(config_of(user), old + "\n[server-set odn-2]\nidentities=b@odn.example\nsmtp=smtps://smtp.odn.example\n"
               "smtp-user=b@odn.example\nsmtp-password=%s\n" % PASSWORD, "what was there stays")
    said = run(user, "setup", "--no-agent", "--password-command", "echo " + PASSWORD, "a@odn.example")
    test.equal(said[0], 0, "the first once more, by a command")
    test.check("smtp-password-command=echo %s\n" % PASSWORD in config_of(user) and "# a comment\n" in config_of(user),
               "its command is another one now", config_of(user))
    test.check("-smtp-password-command=echo x\n+smtp-password-command=echo" in said[1], "the difference is shown", said[1])
    before = config_of(user)
    said = run(user, "setup", "--no-agent", "--dry-run", "--password-command", "echo " + PASSWORD, "c@odn.example")
    test.equal((said[0], config_of(user)), (0, before), "--dry-run writes nothing")
    said = run(user, "setup", "--remove", "a@odn.example", "b@odn.example")
    test.equal((said[0], config_of(user)), (0, "# mine\n[agent]\nnotify=no\n\n"), "both taken out")
    said = run(user, "setup", "--remove", "a@odn.example")
    test.check(said[0] == 1 and "no server set of" in said[2] and "a@odn.example" in said[2], "there is none any more", said)
    said = run(user, "setup", "--no-agent", "--password-file", "-", "e@after-pop.example", text=PASSWORD)
    test.check(said[0] == 0 and "[server-set after-pop]\nidentities=e@after-pop.example\nrelay=pop-login\n"
               "smtp=smtp://smtp.odn.example\npop=pop3s://smtp.odn.example\npop-user=e\npop-password=%s\n" % PASSWORD
               in config_of(user), "SMTP after POP", said + (config_of(user),))
    said = run(user, "setup", "--no-agent", "--password-file", "-", "e@after-pop.example", text="wrong\n")
    test.check(said[0] == 1 and "pop3s://smtp.odn.example:995: " in said[2], "where the POP login is refused", said)
    with open(user.dir + "/answers", "w") as out:
        out.write("[d@odn.example]\npassword-command=echo %s\nname=club\n" % PASSWORD)
    said = run(user, "setup", "--no-agent", "--from-file", user.dir + "/answers")
    test.check(said[0] == 0 and "[server-set club]" in config_of(user), "from a file", said)


def without_login(test, lab):
    """A provider's server that takes mail from inside, of whoever asks; its POP server wants a password."""
    user = new_user("ichiro")
    terminal = Terminal(user, "setup", "--sendmail-of", "none", "--smtp", "smtp://smtp.odn.example:25", "--pop", "smtp.odn.example",
                        "--", "ichiro@odn.example")
    terminal.type("Password of ichiro@odn.example", PASSWORD)
    terminal.wait_for("pop3s://smtp.odn.example:995: the login is good")
    terminal.wait_for("smtp://smtp.odn.example:25: it offers neither a login nor encryption, and is set up without")
    terminal.type("Write this?", "y")
    terminal.type("Send a test mail", "y")
    test.check(terminal.end() == 0, "a server without a login is set up, and takes mail", terminal.text)
    # The POP login that setup tried may be why it takes it: the agent makes one of its own, and knows of that.
    with open(lab.postfix.dir + "/dovecot.log") as log:
        logins = len(re.findall(r"(?:Login|Logged in): user=<ichiro", log.read()))
    test.equal(logins, 2, "setup logs in, and the agent before it sends")
    test.equal(config_of(user), "[server-set odn]\nidentities=ichiro@odn.example\nrelay=auto\nsmtp=smtp://smtp.odn.example:25\n"
               "smtp-tls=opportunistic\npop=pop3s://smtp.odn.example\npop-user=ichiro@odn.example\npop-password=%s\n" % PASSWORD,
               "the POP login is kept")
    words = ["setup", "--no-agent", "--sendmail-of", "none", "--dry-run"]
    for url, tls in (("smtp://smtp.odn.example:25", "+smtp-tls=opportunistic\n"), ("smtp://smtp.odn.example:26", "")):
        for answer in ("", PASSWORD):
            terminal = Terminal(new_user("ichiro" + url[-2:] + answer[:1]), *words, "--smtp", url, "ichiro@odn.example")
            terminal.type("Password of ichiro@odn.example", answer)
            test.equal(terminal.end(), 0, "%s with %s typed" % (url, answer and "a password" or "nothing"))
            test.check("+relay=auto\n+smtp=%s\n%s" % (url, tls) in terminal.text and "user" not in terminal.text,
                       "is written without a login", terminal.text)
    terminal = Terminal(new_user("ichiro3"), *words, "--smtp", "smtps://smtp.odn.example", "ichiro@odn.example")
    terminal.type("Password of ichiro@odn.example", "")
    terminal.wait_for("it offers a login: give the password")
    terminal.type("Password of ichiro@odn.example", PASSWORD)
    test.check(terminal.end() == 0 and "+smtp-user=ichiro@odn.example" in terminal.text, "one that offers a login is asked for it", terminal.text)
    user = new_user("ichiro5", "[server-set post]\nidentities=taro@post.example\nrelay=auto\nsmtp=smtp://smtp.odn.example:25\n")
    said = run(user, "setup", "--no-agent", "--sendmail-of", "none", "--yes", "--smtp", "smtp://smtp.odn.example:25", "--no-login", "ichiro@odn.example")
    test.check(said[0] == 0 and
               [line.split()[2] for line in run(user, "config", "show")[1].splitlines() if line.startswith("default-identity ")] == ["taro@post.example"],
               "mail without a sender keeps its address", (said, config_of(user)))
    for answer, kept in ((PASSWORD, True), ("", False)):
        terminal = Terminal(new_user("ichiro6" + answer[:1]), *words, "ichiro@inside.example")
        terminal.type("Password of ichiro@inside.example", answer)
        test.equal((terminal.end(), "+pop=pop3s://smtp.odn.example\n+pop-user=ichiro\n" in terminal.text, "+relay=auto" in terminal.text),
                   (0, kept, True), "the POP server that its provider names beside it, where a password is typed: %r" % answer)
    user = new_user("ichiro4")
    said = run(user, *words, "--smtp", "smtp://smtp.odn.example:588", "--password-command", "echo " + PASSWORD, "ichiro@odn.example")
    test.check(said[0] == 1 and "it offers a login, but no encryption" in said[2] and "say --no-login" in said[2],
               "one that would see the password in clear", said)
    said = run(user, *words, "--smtp", "smtp://smtp.odn.example:588", "--no-login", "ichiro@odn.example")
    test.check(said[0] == 0 and "+smtp=smtp://smtp.odn.example:588\n+smtp-tls=opportunistic\n" in said[1], "is set up without a login by --no-login", said)
    said = run(user, *words, "--smtp", "smtp.odn.example", "--no-login", "ichiro@odn.example")
    test.check(said[0] == 0 and "+smtp=smtp://smtp.odn.example:25\n" in said[1], "a host alone is tried at port 25 too", said)
    said = run(user, *words, "--password-command", "echo " + PASSWORD, "ichiro@never-tls.example")
    test.check(said[0] == 1 and "set up without" not in said[2], "nobody but the user says that encryption is not needed", said)


def five_minutes(test, lab):
    """What README says, word for word, typed by somebody who has these two accounts."""
    user = new_user("taro2")
    with open(os.path.join(os.environ["ROAMPOST_SOURCE"], "README.md"), encoding="utf-8") as readme:
        text = readme.read().split("### Five minutes on a laptop")[1].split("\n### ")[0]
    lines = [line.split("#")[0].strip() for line in re.search(r"(?s)```sh\n(.*?)```", text).group(1).splitlines()]
    answers = [("Password of", PASSWORD), ("Shall gmail carry the mail of @odn.example", "y"), ("Write this?", "y"),
               ("Shall git send", "n"), ("Shall mutt send", "n"), ("Send a test mail", "n"), ("There is no provider “odn” yet.", "y")]
    os.makedirs(user.dir + "/bin", exist_ok=True)
    for name in ("roampost",):
        os.symlink(program(name), user.dir + "/bin/" + name)
    user.env["PATH"] = user.dir + "/bin:" + user.env["PATH"]
    shown = {}
    for line in lines:
        status, shown[line] = typed(user, line, answers)
        test.equal(status, 0, line)
    for address, server in (("taro@gmail.com", "smtps://smtp.odn.example"), ("taro@odn.example", "smtp://mail.odn.example:25")):
        test.check("identities=%s\n" % address in config_of(user) and "smtp=%s\n" % server in config_of(user), address, config_of(user))
    test.check("carries=@odn.example\n" in config_of(user) and "[provider odn]\nname=odn\n" in config_of(user) and "provider=odn\n" in config_of(user), "and what was asked", config_of(user))
    where = run(user, "where")
    test.check(where[0] == 0 and "odn" in where[1] and "no provider" not in where[1], "it is known where it is", where)
    test.check(wait_until(lambda: "you@example.org" in run(user, "history")[1]), "the mail is gone", run(user, "queue"))


def wait_until(holds, seconds=90):
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.1)
    return holds()


def typed(user, line, answers):
    """A line in a shell at a terminal, its questions answered."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execve("/bin/sh", ["sh", "-c", line], dict(user.env, TERM="dumb"))
    text, seen = "", 0
    while True:
        try:
            more = os.read(fd, 4096)
        except OSError:
            more = b""
        if not more:
            break
        text += more.decode(errors="replace").replace("\r\n", "\n")
        for words, answer in answers:
            if words in text[seen:] and re.search(r"(\]|: ?|\)\:) ?$", text):
                os.write(fd, answer.encode() + b"\n")
                seen = len(text)
                break
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), text


def shown_to(user, answers):
    """What stands on the terminal, typed answers with it; with hanako's home, and one id for all."""
    terminal = Terminal(user, "setup")
    for words, line in answers:
        terminal.type(words, line)
    status = terminal.end()
    text = "$ roampost setup\n" + terminal.text
    text = text.replace(user.dir + "/config/autostart", "/home/hanako/.config/autostart").replace(
        user.config, "/home/hanako/.config/roampost/roampost.conf").replace(user.dir, "/home/hanako")
    return status, re.sub(r"(?m)^[0-9a-z]{10}(?= )", "37zcf2m120", text)


def compare_with_readme(test, name, user, waits):
    """The guide shows what a user sees, line by line."""
    daemon = start_keyring("--unlock")
    status, text = shown_to(user, [
        (waits[0], "hanako@odn.example"), (waits[1], PASSWORD), (waits[2], ""), ("[Y/n]", ""), ("git", "y"), ("mutt", "y"),
        ("hanako@odn.example", "y")])
    with open(os.path.join(os.environ["ROAMPOST_SOURCE"], name), encoding="utf-8") as readme:
        block = re.search(r"```\n(\$ roampost setup\n.*?)```", readme.read(), re.S)
    shown = "\n".join(line.rstrip() for line in text.splitlines() if line.strip()) + "\n"
    if "ROAMPOST_REGENERATE" in os.environ:
        print(shown)
    test.equal((status, block and block.group(1)), (0, shown), "the guide in " + name)
    stop_keyring(daemon)


def in_readme(test, lab):
    compare_with_readme(test, "README.md", new_user("hanako"), ("mail address:", "not shown):", "Another address"))


def in_readme_ja(test, lab):
    sys.path.insert(0, os.path.join(os.environ["ROAMPOST_SOURCE"], "tests/unit/po"))
    from languages import environment, make_locale
    os.makedirs(world.DIR + "/locale", exist_ok=True)
    problem = make_locale(world.DIR + "/locale")
    if problem:
        test.note("not looked at: " + problem)
        return
    user = new_user("hanako")
    said = environment(world.DIR + "/locale", os.environ["ROAMPOST_BUILD"] + "/po", "ja")
    user.env.update({key: said[key] for key in ("LC_ALL", "LOCPATH", "ROAMPOST_LOCALE_DIR", "LSAN_OPTIONS")})
    compare_with_readme(test, "README.ja.md", user, ("アドレス:", "表示されません", "ほかのアドレス"))


def several(test, lab):
    """Addresses one after the other, typed; what one is said wrong of takes nothing from the others."""
    user = new_user("nana", "[agent]\nsystem-mail-user=%s\n" % os.environ.get("USER", "root"))
    terminal = Terminal(user, "setup", "--no-agent", "-y", "--sendmail-of", "none")
    terminal.type("Your mail address:", "nana")
    terminal.wait_for("“nana” is no mail address")
    terminal.type("Your mail address:", "nana@odn.example")
    terminal.type("Password of nana@odn.example", PASSWORD)
    terminal.type("Another address (Enter where there is none):", "nana@none.example")
    terminal.wait_for("no servers were found for none.example")
    terminal.type("Another address (Enter where there is none):", "odn.example")
    terminal.type("Another address (Enter where there is none):", "e@after-pop.example")
    terminal.type("Password of e@after-pop.example", PASSWORD)
    terminal.type("Another address (Enter where there is none):", "")
    terminal.type("Shall odn carry the mail of @after-pop.example where it does not?", "y")
    terminal.type("Shall that mail go out by odn, with nana@odn.example as its sender? [y/N]", "y")
    terminal.type("Send a test mail to nana@odn.example?", "n")
    terminal.type("Send a test mail to e@after-pop.example?", "n")
    test.equal(terminal.end(), 0, "two of three addresses are set up")
    host = os.uname().nodename
    test.check("identities=nana@odn.example\nsmtp=smtps://smtp.odn.example\nsmtp-user=nana@odn.example\nsmtp-password=%s\n"
               "carries=@after-pop.example;@%s\nrewrite-sender=header\n\n[server-set after-pop]\n" % (PASSWORD, host)
               in config_of(user), "and whose mail they carry besides", config_of(user))
    with open(user.dir + "/answers", "w") as out:
        out.write("[b@odn.example]\npassword-command=echo %s\nname=odn\nuser=nana@odn.example\ncarries=@club.example;@odn.example\n"
                  "machine-mail=no\nuntested=yes\n" % PASSWORD)
    said = run(user, "setup", "--no-agent", "--from-file", user.dir + "/answers")
    test.check(said[0] == 0 and "carries=@after-pop.example;@%s;@club.example;@odn.example\n" % host in config_of(user) and
               "identities=nana@odn.example;b@odn.example\n" in config_of(user), "another one of the same set", said)
    with open(user.dir + "/answers", "w") as out:
        out.write("[b@odn.example]\nmachine-mail=on\n")
    said = run(user, "setup", "--no-agent", "--from-file", user.dir + "/answers")
    test.check(said[0] == 1 and "[b@odn.example] machine-mail is “on”: write yes or no" in said[2], "what is no answer", said)
    run(user, "setup", "--no-agent", "--name", "odn", "--user", "nana@odn.example", "--password-command", "echo " + PASSWORD, "c@odn.example")
    said = run(user, "setup", "--remove", "b@odn.example", "nana@odn.example")
    test.check(said[0] == 0 and "identities=c@odn.example\n" in config_of(user), "two of one set taken out at once", said)
    said = run(user, "setup", "--remove", "C@odn.example", "--no-agent", "--password-command", "echo " + PASSWORD, "--",
               "d@odn.example")
    test.check(said[0] == 0 and "[server-set odn]\nidentities=d@odn.example\n" in config_of(user) and
               "c@odn" not in config_of(user), "one in another's place", said + (config_of(user),))
    with open(user.config, "a") as out:
        out.write("nonsense=1\n")
    said = run(user, "setup", "--no-agent", "--password-command", "echo x", "e@odn.example")
    test.check(said[0] == 1 and "the configuration has errors" in said[2] and "looking up" not in said[2],
               "a configuration with errors is said before anything is asked", said)


def many_servers(test, lab):
    """A document may name more than anybody would wait for."""
    said = run(new_user("tao"), "setup", "--no-agent", "--password-file", "-", "tao@many.example", text=PASSWORD + "\n")
    test.check(said[0] == 1 and said[2].count("smtps://smtp.odn.example:1: ") == 8 and
               "the other servers (4) are not tried" in said[2], "eight are tried", said)
    said = run(new_user("tao2"), "setup", "--no-agent", "--password-command", "sleep 1000", "tao@odn.example")
    test.check(said[0] == 1 and "the password command did not end in time" in said[2] and "network" not in said[2],
               "a command that hangs is not the network's fault", said)


def user_manager(test, lab):
    """Where systemd's user manager is there, it starts the agent. What it is asked is seen by a systemctl
    of the test's own; the unit itself is another test's (field-faults, unit-file)."""
    user = new_user("rokuro")
    os.makedirs(user.dir + "/bin")
    os.makedirs(user.dir + "/run/systemd")
    open(user.dir + "/run/systemd/private", "w").close()
    user.env.update(XDG_RUNTIME_DIR=user.dir + "/run", PATH=user.dir + "/bin:" + user.env["PATH"])
    systemctl = user.dir + "/bin/systemctl"

    def answer(lines):
        with open(systemctl, "w") as out:
            out.write("#!/bin/sh\n" + lines)
        os.chmod(systemctl, 0o755)

    words = ["setup", "--password-command", "echo " + PASSWORD, "rokuro@odn.example"]
    answer("echo \"$@\" > %s/asked\n" % user.dir)
    said = run(user, *words)
    with open(user.dir + "/asked") as asked:
        test.equal((said[0], asked.read()), (0, "--user enable --now roampost.service\n"), "systemd starts the agent")
    test.check(not os.path.exists(user.dir + "/config/autostart"), "and the desktop does not")
    answer("echo 'Failed to enable unit: Unit file roampost.service does not exist.' >&2; exit 1\n")
    said = run(user, *words)
    test.check(said[0] == 1 and "Unit file roampost.service does not exist." in said[2], "why it does not is said", said)


def tokens_of_the_desktop(test):
    """An account that GNOME's settings have is chosen there, and its token is used: nobody registers anything."""
    user = new_user("gnome")
    os.makedirs(user.dir + "/config/goa-1.0")
    with open(user.dir + "/config/goa-1.0/accounts.conf", "w") as out:
        out.write("[Account account_1_0]\nProvider=google\nIdentity=toku@gmail.example\n"
                  "PresentationIdentity=toku@gmail.example\nMailEnabled=true\n")
    daemon = subprocess.Popen([GOA_DAEMON], env=user.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    subprocess.run(["gdbus", "wait", "--session", "--timeout=60", "org.gnome.OnlineAccounts"], env=user.env, check=True)
    said = run(user, "setup", "--no-agent", "--sendmail-of", "none", "--yes", "jiro@gmail.example")
    test.check(said[0] == 1 and "log in as jiro@gmail.example in GNOME's settings" in said[2], "one that it has not is to be added there", said)
    terminal = Terminal(user, "setup", "--no-agent", "--sendmail-of", "none")
    terminal.wait_for("GNOME's settings")
    terminal.type("(1 toku@gmail.example):", "1")
    terminal.type("Another address", "")
    terminal.type("Write this?", "y")
    terminal.type("Send a test mail to toku@gmail.example?", "n")
    test.equal(terminal.end(), 0, "an account of GNOME's settings")
    test.check("Password" not in terminal.text and "roampost login" not in terminal.text, "with nothing typed but its number", terminal.text)
    test.check("smtp-password-from=oauth:online-accounts\n" in config_of(user), "its token is used", config_of(user))
    daemon.terminate()
    daemon.wait()


def tokens(test, lab):
    """Where a token is wanted no password is asked for, nor given."""
    user = new_user("toku")
    words = ["setup", "--no-agent", "--sendmail-of", "none", "--yes"]
    said = run(user, *words, "--password-file", "-", "toku@token.example", text=PASSWORD + "\n")
    test.check(said[0] == 1 and "smtp.odn.example takes a token (OAuth2) and no password" in said[2] and
               "who gives the token is not known" in said[2] and "write [oauth token] with its authorization-endpoint" in said[2] and
               config_of(user) == "", "of a provider that is not known", said)
    with open(user.config, "w") as out:
        out.write("[oauth token]\nclient-id=x\nauthorization-endpoint=https://a.example/\ntoken-endpoint=https://a.example/t\n")
    said = run(user, *words, "toku@token.example")
    test.check(said[0] == 0 and "smtp-password-from=oauth:token\n" in config_of(user), "then that is done, and helps", said)
    said = run(user, *words, "toku@gmail.example")
    test.check(said[0] == 1 and "write [oauth google] with client-id into" in said[2], "of one that is, what is missing", said)
    with open(user.config, "w") as out:
        out.write("[oauth google]\nclient-id=x\n")
    terminal = Terminal(user, *words, "toku@gmail.example")
    test.equal(terminal.end(), 0, "and then nothing")
    test.check("Password" not in terminal.text and "“roampost login gmail” logs in for toku@gmail.example." in terminal.text,
               "it says how to log in", terminal.text)
    test.equal(config_of(user), "[oauth google]\nclient-id=x\n\n[server-set gmail]\nidentities=toku@gmail.example\n"
               "smtp=smtps://smtp.gmail.com\nsmtp-user=toku@gmail.example\nsmtp-auth=xoauth2\n"
               "smtp-password-from=oauth:google\n", "the set names who gives the token")
    if os.path.exists(GOA_DAEMON):
        tokens_of_the_desktop(test)
    said = run(user, *words, "--new-password", "--password-file", "-", "toku@gmail.example", text=PASSWORD + "\n")
    test.check(said[0] == 1 and "logs in by a token" in said[2], "and takes no password later either", said)


def by_dns(test, lab):
    user = new_user("jiro")
    options = ["setup", "--no-agent", "--password-command", "echo " + PASSWORD]
    said = run(user, *options, "jiro@srv.example")
    test.equal(said[0], 0, "by SRV records")
    test.check("found by SRV records of srv.example" in said[2] and "smtp=smtps://smtp.srv.example\n" in config_of(user),
               "which are within the domain", said)
    said = run(user, *options, "jiro@elsewhere.example")
    test.check(said[0] == 1 and "add --accept-host smtp.odn.example" in said[2], "one to another domain is not taken", said)
    said = run(user, *options, "--accept-host", "smtp.odn.example", "--", "jiro@elsewhere.example")
    test.equal(said[0], 0, "unless it is confirmed")
    said = run(user, *options, "--accept-host", "smtp.odn.example", "--", "jiro@hosted.example")
    test.check(said[0] == 0 and "found by https://autoconfig.odn.example/" in said[2], "by who takes its mail", said)
    said = run(user, *options, "jiro@never.example")
    test.check(said[0] == 1 and "the domain says by DNS that it has no server to send through" in said[2],
               "a domain that has none, and says so", said)
    said = run(user, *options, "jiro@usual.example")
    test.check(said[0] == 0 and "smtp=smtps://mail.usual.example\n" in config_of(user), "by the usual names", said)
    terminal = Terminal(new_user("saburo"), "setup", "jiro@elsewhere.example")
    terminal.type("Is it the right one? [y/N]", "")
    test.equal((terminal.end(), "Password" in terminal.text), (1, False), "no is what nothing typed means, and then no "
               "password is asked for")


class Conversation:
    """`roampost setup --converse`, as the window leads it."""

    def __init__(self, user, *words):
        self.program = subprocess.Popen([program("roampost"), "setup", "--converse", "--no-agent", *words], env=user.env,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.said = []

    def wait_for(self, kind):
        """What is said or asked next of this kind."""
        for line in self.program.stdout:
            self.said.append(json.loads(line))
            if self.said[-1]["kind"] == kind:
                return self.said[-1]["text"]
        return None

    def answer(self, kind, line):
        text = self.wait_for(kind)
        print(line, file=self.program.stdin, flush=True)
        return text

    def end(self):
        self.program.stdin.close()
        while self.wait_for("") is not None:
            pass
        return self.program.wait(60)


def conversation(test, lab):
    """With a program that shows what is said and asked, a line of JSON each."""
    user = new_user("goro")
    talk = Conversation(user, "--sendmail-of", "none", "--", "goro@elsewhere.example")
    asked = talk.answer("confirm", "n")
    test.check("DNS says that the server is smtp.odn.example" in asked, "a foreign server is asked for", asked)
    test.equal((talk.end(), config_of(user)), (1, ""), "and not taken without a yes")
    test.equal(talk.said[-1], {"kind": "failure", "text": "no server is left: nothing is written"}, "which is said")
    talk = Conversation(user, "--sendmail-of", "none", "--", "goro@odn.example")
    test.check("goro@odn.example" in talk.answer("secret", "wrong"), "the password is asked for")
    test.check("look at the password" in talk.wait_for("failure"), "what was wrong is said", talk.said)
    talk.answer("secret", PASSWORD)
    test.equal(talk.wait_for("proceed"), "Write this?", "what is written is asked for")
    test.check("+smtp-password=****" in talk.said[-2]["text"], "after it was shown", talk.said)
    test.equal((talk.end(), config_of(user)), (1, ""), "a program that has gone has agreed to nothing")
    talk = Conversation(user, "--yes", "--sendmail-of", "none", "--", "goro@odn.example")
    talk.answer("secret", PASSWORD)
    test.equal(talk.answer("confirm", "n"), "Send a test mail to goro@odn.example?", "a test mail is offered")
    test.check(talk.end() == 0 and PASSWORD in config_of(user), "the account is set up", talk.said)
    test.check(PASSWORD not in str(talk.said), "the password is not said back", talk.said)


def new_password(test, lab):
    """Everything but the password stays as somebody wrote it."""
    config = "[server-set mine]\n# by hand\nidentities=goro@odn.example;ume@odn.example\nsmtp=smtp://smtp.odn.example\n" \
             "smtp-user=goro@odn.example\nsmtp-password=%s\nmax-size=1M\n"
    user = new_user("goro2", config % "old")
    words = ["setup", "--no-agent", "--new-password", "--password-file", "-", "ume@odn.example"]
    said = run(user, *words, text="wrong\n")
    test.check(said[0] == 1 and "look at the password" in said[2], "one that is wrong is refused", said)
    test.equal(config_of(user), config % "old", "and not written")
    said = run(user, *words, text=PASSWORD + "\n")
    test.equal((said[0], config_of(user)), (0, config % PASSWORD), "the right one is, and nothing else")
    test.check("The new password of ume@odn.example is in %s, which you alone can read." % user.config in said[1], "and it is said where", said)
    test.check("looking up" not in said[2], "nobody is asked for servers", said)
    said = run(user, *words[:-1], "nobody@odn.example", text=PASSWORD + "\n")
    test.check(said[0] == 1 and "has the address nobody@odn.example" in said[2], "of an address that is not there", said)
    user = new_user("goro3", "[server-set bare]\nidentities=goro@odn.example\nrelay=anywhere\nsmtp=smtp://smtp.odn.example\n")
    said = run(user, *words[:-1], "goro@odn.example", text=PASSWORD + "\n")
    test.check(said[0] == 1 and "bare logs in nowhere" in said[2], "of a set without a login", said)


def new_pop_password(test, lab):
    """Where the POP login alone has a password: what helps is typed as it is printed, and the mail goes."""
    user, address, before = new_user("nami"), "nami@odn.example", len(lab.held())
    server = ["--smtp", "smtp://smtp.odn.example:25", "--pop", "smtp.odn.example", "--password-store", "file"]
    said = run(user, "setup", "--no-agent", "--yes", "--sendmail-of", "none", "--password-file", "-", *server, "--", address, text=PASSWORD + "\n")
    test.check(said[0] == 0 and "smtp-user" not in config_of(user), "a set that logs in at its POP server alone", said)
    good = config_of(user).replace("relay=auto", "relay=pop-login")
    user.configure(good.replace(PASSWORD, "an-old-one"))
    user.start_agent()
    run(user, "submit", "--from", address, "you@example.org", text="Subject: x\n\nx\n")
    printed = "roampost setup %s --new-password" % address
    test.check(wait_until(lambda: printed in " ".join(run(user, "queue")[1].split())), "its password is another one: what helps is said", run(user, "queue"))
    terminal = Terminal(user, *printed.split()[1:])
    terminal.type("Password of " + address, "wrong")
    terminal.type("Password of " + address, PASSWORD)
    terminal.wait_for("pop3s://smtp.odn.example:995: the login is good")
    terminal.type("Write this?", "y")
    terminal.type("Send a test mail", "n")
    test.equal((terminal.end(), config_of(user)), (0, good), "and helps, though its SMTP server has neither a login nor encryption")
    test.check(wait_until(lambda: len(lab.held()) > before), "the mail is gone", run(user, "queue"))


def unescaped(config):
    """The password, by the rules of key files."""
    value = re.search(r"(?m)^smtp-password=(.*)$", config).group(1)
    return re.sub(r"\\(.)", lambda m: {"s": " ", "n": "\n", "t": "\t"}.get(m[1], m[1]), value)


def in_the_field(test, lab):
    """Domains, addresses and mistakes as people have them (tests/field/SOURCES.md)."""
    user = new_user("ume")
    options = ["setup", "--no-agent", "--dry-run", "--password-command", "echo " + PASSWORD]
    rows = [
        ("wild.example", ["--accept-host", "smtp.odn.example", "--"], "found by SRV records of wild.example"),
        ("bücher.example", [], "found by https://autoconfig.xn--bcher-kva.example/"),
        ("Bücher.example", [], "found by https://autoconfig.xn--bcher-kva.example/"),
        ("loud.example", ["--accept-host", "smtp.odn.example", "--"], "found by https://autoconfig.odn.example/"),
        ("ODN.EXAMPLE", [], "found by https://autoconfig.odn.example/"),
        ("half.example", ["--accept-host", "smtp.odn.example", "--"], "smtp://smtp.odn.example:587: the login is good"),
    ]
    for domain, words, found in rows:
        said = run(user, *options, *words, "ume@" + domain)
        test.check(said[0] == 0 and found in said[2], domain, said)
    for address, login in (("ume+list@odn.example", "ume@odn.example"), ("Ume@odn.example", "Ume@odn.example")):
        said = run(user, *options, address)
        test.check(said[0] == 0 and "+identities=%s\n" % address in said[1] and "+smtp-user=%s\n" % login in said[1], address, said)
    for copied in ("Ume <ume@odn.example>", "<ume@odn.example>", "mailto:ume@odn.example", " ume@odn.example "):
        said = run(user, *options, copied)
        test.check(said[0] == 0 and "+identities=ume@odn.example\n" in said[1], "an address as it is copied: " + copied, said)
    said = run(user, *options, "ume@odn,example")
    test.check(said[0] == 2 and "is no mail address" in said[2], "and what is none", said)
    for password in ("|{~y~#8¿g;j{", "&sixteen", "#lead$", "xxx'xxx", 'a"b"c', "back\\slash\\n", " lead ", "%25%%", "[x]", "\\sx"):
        other = new_user("ume%x" % abs(hash(password)))
        said = run(other, "setup", "--no-agent", "--password-store", "file", "--untested", "--password-file", "-", "ume@odn.example", text=password + "\n")
        shown = run(other, "config", "show", "--json") if said[0] == 0 else said
        test.check(said[0] == 0 and unescaped(config_of(other)) == password, "a password as it is typed: " + password, (said, shown))
    for url, written in (("smtps://smtp.odn.example:587", "smtp://smtp.odn.example"), ("smtp.odn.example:587", "smtp://smtp.odn.example"),
                         ("smtp://smtp.odn.example:465", "smtps://smtp.odn.example"), ("smtp.odn.example", "smtps://smtp.odn.example")):
        said = run(user, *options, "--smtp", url, "ume@odn.example")
        test.check(said[0] == 0 and "+smtp=%s\n" % written in said[1], url, said)
    said = run(user, *options, "--smtp", "smtps://smtp.odn.example", "--tls-ca-file", "/nonexistent", "ume@odn.example")
    test.equal(said[2], "roampost: /nonexistent: there is no such file: see how its name is written", "a file that is not there")
    for copied in (PASSWORD + " ", "abcd efgh ijkl mnop"):
        said = run(user, "setup", "--no-agent", "--dry-run", "--password-file", "-", "ume@odn.example", text=copied + "\n")
        test.check(said[0] == 1 and "there are blanks in the password" in said[2] and copied.strip() not in said[2], "blanks are told of", said)


def failures(test, lab):
    user = new_user("shiro")
    rows = [
        ("none", "no servers were found for none.example", "the DNS knows no domain none.example, and no mail goes to it: is it mistyped? If not, say its "
         "provider's server with --smtp smtps://HOST"),
        ("page", "it is a web page, not autoconfig: a portal of this network", "--smtp"),
        ("http", "it leads to a URL that is not https://", "--smtp"),
        ("huge", "it is larger than 262144 octets", "--smtp"),
        ("cut", "Document ended unexpectedly", "--smtp"),
        ("broken", "its certificate ", "Thunderbird would ask the provider without HTTPS too"),
    ]
    for domain, what, remedy in rows:
        said = run(user, "setup", "--no-agent", "--password-command", "echo x", "shiro@%s.example" % domain)
        test.check(said[0] == 1 and what in said[2] and remedy in said[2], "%s: %s" % (domain, what), said)
    said = run(user, "import", "autoconfig", "shiro@moved.example")
    test.check(said[0] == 0 and "smtp=smtps://smtp.odn.example\n" in said[1], "a redirection by HTTPS is followed", said)
    said = run(user, "import", "autoconfig", "shiro@strict.example")
    test.check(said[0] == 1 and "answers 400" in said[2] and "--tell-address tells it" in said[2],
               "a server that wants to know the address", said)
    said = run(user, "import", "autoconfig", "--tell-address", "shiro@strict.example")
    test.check(said[0] == 0 and "smtp=smtps://smtp.odn.example\n" in said[1], "and is told", said)
    said = run(user, "setup", "--no-agent", "--dry-run", "--password-command", "echo " + PASSWORD, "shiro@plain.example")
    test.check(said[0] == 0 and "+smtp=smtp://smtp.odn.example\n" in said[1] and "smtp-tls" not in said[1],
               "a server that is said to have no TLS, and has it", said)
    said = run(user, "setup", "--no-agent", "--password-command", "echo " + PASSWORD, "shiro@never-tls.example")
    test.check(said[0] == 1 and "supported; the password is not shown to who offers no encryption" in said[2],
               "one that has none gets no password", said)
    said = run(user, "setup", "--no-agent", "--password-command", "echo wrong", "shiro@odn.example")
    test.check(said[0] == 1 and "look at the password" in said[2] and "nothing of it is written" in said[2], "a wrong password", said)
    said = run(user, "setup", "--no-agent", "shiro@odn.example")
    test.check(said[0] == 1 and "--password-file FILE" in said[2], "no password", said)
    said = run(user, "setup", "--no-agent", "--smtp", "smtp://smtp.odn.example:2525", "--password-command", "echo x",
               "shiro@odn.example")
    test.check(said[0] == 1 and "Connection refused; the port may be another one (--smtp HOST:PORT), or this network" in said[2]
               and "--untested" in said[2], "a port where nobody is", said)
    for words in (["shiro@odn.example"], ["--smtp", "smtps://smtp.odn.example", "shiro@odn.example"]):
        said = run(user, "setup", "--no-agent", "--password-command", "echo x", *words, without_network=True)
        test.check(said[0] == 1 and "this machine has no network: connect, and run it again" in said[2] and "--smtp smtps" not in said[2],
                   "no network, and nothing else to be thought of", said)
    said = run(user, "import", "autoconfig", "odn.example", without_network=True)
    test.check(said[0] == 1 and "this machine has no network" in said[2], "which a look-up says as well", said)
    said = run(user, "setup", "--no-agent", "--smtp", "smtps://pop.odn.example", "--password-command", "echo x",
               "shiro@odn.example")
    test.check(said[0] == 1 and "no password was given" in said[2], "a server that can't prove its name", said)
    test.equal(config_of(user), "", "nothing was written by all that")
    said = run(user, "setup", "--no-agent", "--untested", "--password-command", "echo x", "shiro@odn.example")
    test.check(said[0] == 0 and "smtp-user=shiro@odn.example" in config_of(user), "without the test it is written", said)
    said = run(user, "setup")
    test.check(said[0] == 2 and "say an address" in said[2], "without a terminal nothing is asked", said)
    terminal = Terminal(user, "setup", "--no-agent", "-y", "--sendmail-of", "none", "--", "shiro@odn.example")
    terminal.type("Password of", "wrong")
    terminal.type("Password of", PASSWORD)
    terminal.type("Send a test mail", "n")
    test.equal(terminal.end(), 0, "a wrong password, and then the right one")
    other = new_user("shiro2")
    terminal = Terminal(other, "setup", "--no-agent", "-y", "--sendmail-of", "none")
    terminal.type("Your mail address:", "shiro@none.example")
    terminal.type("You typed “shiro@none.example”. Your mail address, if that is mistyped (Enter ends):", "nobody")
    terminal.type("You typed “shiro@none.example”. Your mail address, if that is mistyped (Enter ends):", "shiro@odn.example")
    terminal.type("Password of", PASSWORD)
    terminal.type("Another address", "")
    terminal.type("Send a test mail", "n")
    test.check(terminal.end() == 0 and "identities=shiro@odn.example\n" in config_of(other), "a mistyped domain is asked for again", terminal.text)
    terminal = Terminal(new_user("shiro3"), "setup", "--no-agent", "-y")
    terminal.type("Your mail address:", "shiro@none.example")
    terminal.type("Enter ends", "")
    test.check(terminal.end() == 1 and "Password" not in terminal.text, "until there is none", terminal.text)
    fourth = new_user("shiro4")
    terminal = Terminal(fourth, "setup", "--no-agent", "--sendmail-of", "none", "--", "shiro@none.example")
    terminal.type("You typed “shiro@none.example”. Your mail address, if that is mistyped (Enter ends):", "")
    test.check(terminal.end() == 1 and "the DNS knows no domain none.example" in " ".join(terminal.text.split()),
               "one that is named with the command is asked for again too", terminal.text)
    said = run(fourth, "setup", "--no-agent", "--password-command", "echo x", "shiro@none.example")
    test.check(said[0] == 1 and "the DNS knows no domain none.example" in " ".join(said[2].split()),
               "and without a terminal it is said that there is none", said)


def start_keyring(*options):
    """gnome-keyring with a home of its own and no display, on the laboratory's bus."""
    home = world.DIR + "/keyring%d" % len(options)
    os.makedirs(home + "/run", 0o700)
    env = dict(os.environ, HOME=home, XDG_RUNTIME_DIR=home + "/run", XDG_DATA_HOME=home + "/data")
    daemon = subprocess.Popen(["gnome-keyring-daemon", "--foreground", "--components=secrets", *options], env=env,
                              stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)
    daemon.stdin.write("the master password")
    daemon.stdin.close()
    world.run(["gdbus", "wait", "--session", "--timeout=90", "org.freedesktop.secrets"])
    return daemon


def stop_keyring(daemon):
    daemon.terminate()
    daemon.wait(20)


def keyring(test, lab):
    """Where there is a keyring the password is there, and the agent has it from there."""
    daemon = start_keyring("--unlock")
    user, before = new_user("goro"), len(lab.held())
    said = run(user, "setup", "--dry-run", "--password-file", "-", "goro@odn.example", text=PASSWORD)
    looked_up = subprocess.run(["secret-tool", "lookup", "user", "goro@odn.example"], stdout=subprocess.PIPE, check=False)
    test.check(said[0] == 0 and "smtp-password-from=secret-service" in said[1] and looked_up.stdout == b"",
               "a dry run stores nothing", said)
    said = run(user, "setup", "--password-file", "-", "--test-mail", "--", "goro@odn.example", text=PASSWORD)
    test.check(said[0] == 0 and "into the configuration" not in said[2], "the password goes into the keyring", said)
    test.equal(config_of(user), "[server-set odn]\nidentities=goro@odn.example\nsmtp=smtps://smtp.odn.example\n"
               "smtp-user=goro@odn.example\nsmtp-password-from=secret-service\n", "and is not in the configuration")
    test.equal(len(lab.held()) - before, 1, "a test mail goes with it")
    said = run(user, "setup", "--no-agent", "--password-file", "-", "--password-store", "file", "goro@odn.example",
               text=PASSWORD)
    test.check(said[0] == 0 and "-smtp-password-from=secret-service\n" in said[1] and
               "smtp-password=%s\n" % PASSWORD in config_of(user), "unless that is said", said)
    test.check("The password of goro@odn.example at smtp.odn.example is no longer in the keyring." in said[1] and
               not in_keyring("goro@odn.example"), "and then the keyring has it no more", said)
    taken_out(test, user)
    new_password_stays(test)
    stop_keyring(daemon)
    said = run(user, "setup", "--remove", "hachiro@odn.example")
    test.check(said[0] == 1 and "hachiro" not in config_of(user) and "is still in the keyring" in said[2] and
               "secret-tool clear host smtp.odn.example service smtp user hachiro@odn.example" in said[2],
               "without the keyring it is said what stays there", said)
    without_keyring(test)


def in_keyring(name):
    return subprocess.run(["secret-tool", "lookup", "user", name], stdout=subprocess.PIPE, check=False).stdout.decode()


def new_password_stays(test):
    """Where the old one is: nobody has asked for it to be elsewhere."""
    user = new_user("kyuro")
    words = ["setup", "--no-agent", "--sendmail-of", "none", "--password-file", "-"]
    run(user, *words, "--untested", "--password-store", "file", "kyuro@odn.example", text="old\n")
    before = config_of(user)
    for store in ([], ["--password-store", "secret-service"]):
        said = run(user, *words, "--new-password", *store, "kyuro@odn.example", text=PASSWORD + "\n")
        kept = "smtp-password-from=secret-service" if store else "smtp-password=" + PASSWORD
        test.equal((said[0], config_of(user), in_keyring("kyuro@odn.example")),
                   (0, before.replace("smtp-password=old", kept), PASSWORD if store else ""),
                   "a new password stays in the configuration, unless something else is said: %r" % store)
    before = config_of(user)
    said = run(user, *words, "--new-password", "kyuro@odn.example", text=PASSWORD + "\n")
    test.check(said[0] == 0 and config_of(user) == before and "The new password of kyuro@odn.example is in the keyring." in said[1],
               "and so it does in the keyring", said)
    both = ("[server-set odn]\nidentities={0}@odn.example\nsmtp=smtps://smtp.odn.example\nsmtp-user={0}-smtp\n"
            "{1}\npop=pop3s://smtp.odn.example\npop-user={0}-pop\n{2}\n")
    for name, smtp, pop in (("kazuro", "smtp-password=old", "pop-password-from=secret-service"),
                            ("mitsuro", "smtp-password-from=secret-service", "pop-password=old")):
        before = both.format(name, smtp, pop)
        user = new_user(name, before)
        said = run(user, *words, "--untested", "--new-password", name + "@odn.example", text=PASSWORD + "\n")
        kept = [in_keyring(name + "-smtp"), in_keyring(name + "-pop")]
        test.equal((said[0], config_of(user), kept), (0, before.replace("=old", "=" + PASSWORD),
                   ["" if "=old" in line else PASSWORD for line in (smtp, pop)]), "and each of two where its own old one is: " + smtp)
        test.check("is in the keyring and in" in said[1], "which is said", said)


def new_password_asks(config, answer):
    """What is on the terminal up to its end, and what was written."""
    user = new_user("juro" + answer, config)
    terminal = Terminal(user, "setup", "--no-agent", "--sendmail-of", "none", "--new-password", "juro@odn.example")
    terminal.type("Password of", PASSWORD)
    terminal.type("Write this?", answer)
    if answer == "y":
        terminal.type("Send a test mail", "n")
    return terminal.end(), terminal.text, config_of(user)


JURO = "[server-set odn]\nidentities=juro@odn.example\nsmtp=smtps://smtp.odn.example\nsmtp-user=juro@odn.example\n"


def taken_out(test, user):
    """What `setup` put into the keyring goes with the address; what somebody else put there stays."""
    words = ["setup", "--no-agent", "--password-file", "-"]
    for name in ("goro", "hachiro", "kuro"):
        run(user, *words, "--name", name, "%s@odn.example" % name, text=PASSWORD)
    run(user, *words, "--name", "goro2", "--user", "goro@odn.example", "g@odn.example", text=PASSWORD)
    test.check(all(in_keyring(name + "@odn.example") == PASSWORD for name in ("goro", "hachiro", "kuro")), "three are in it")
    subprocess.run(["secret-tool", "store", "--label=mine", "user", "kuro@odn.example", "for", "mutt"], input=b"of mutt",
                   check=True)
    said = run(user, "setup", "--remove", "goro@odn.example")  # it is in the set odn too
    test.check(said[0] == 0 and "identities=goro" not in config_of(user) and in_keyring("goro@odn.example") == PASSWORD, "one that another set has too stays", said)
    said = run(user, "setup", "--dry-run", "--remove", "kuro@odn.example")
    test.check(said[0] == 0 and in_keyring("kuro@odn.example") != "", "a dry run takes none out", said)
    said = run(user, "setup", "--remove", "kuro@odn.example", "g@odn.example")
    test.equal((said[0], said[1].count("is no longer in the keyring"), in_keyring("goro@odn.example"),
                in_keyring("kuro@odn.example")), (0, 2, "", "of mutt"), "then it goes, and ours alone")


def without_keyring(test):
    """None, and one that can't ask for the password that it is to have (over SSH, without a display)."""
    explicit = ["setup", "--no-agent", "--password-file", "-", "--password-store", "secret-service"]
    user = new_user("rokuro")
    said = run(user, *explicit, "rokuro@odn.example", text=PASSWORD)
    test.check(said[0] == 1 and "there is no Secret Service" in said[2] and "login" not in said[2] and
               config_of(user) == "", "without one it can't be there", said)
    said = run(user, "setup", "--password-store", "wallet", "rokuro@odn.example")
    test.equal(said[2], "roampost: --password-store wallet: valid are secret-service and file", "nor elsewhere")
    daemon = start_keyring()
    said = run(user, *explicit, "rokuro@odn.example", text=PASSWORD)
    test.check(said[0] == 1 and "the keyring does not take the password (" in said[2] and "--password-store file keeps" in said[2] and
               config_of(user) == "", "a keyring that takes nothing fails where it was said", said)
    for words in (["--password-file", "-"], ["--yes", "--password-file", "-"]):
        said = run(user, "setup", "--no-agent", *words, "rokuro@odn.example", text=PASSWORD)
        test.check(said[0] == 1 and config_of(user) == "" and "--password-store file keeps" in said[2],
                   "nobody having said so, the password is not written in clear", said)
    status, text, written = new_password_asks(JURO + "smtp-password=old\n", "y")
    test.check(status == 0 and written == JURO + "smtp-password=%s\n" % PASSWORD and "keyring" not in text,
               "a new password that stays in the configuration is none of the keyring's", text)
    asked_twice(test, user)
    said = run(user, "password", "odn", text=PASSWORD)
    test.check(said[0] == 1 and "write smtp-password-from=secret-service" in said[2], "it is there, and not in the keyring", said)
    with open(user.config, "w") as out:
        out.write("[server-set odn]\nidentities=rokuro@odn.example\nsmtp=smtps://smtp.odn.example\n"
                  "smtp-user=rokuro@odn.example\nsmtp-password-from=secret-service\n")
    said = run(user, "password", "odn", text=PASSWORD)
    test.check(said[0] == 1 and "“roampost setup rokuro@odn.example --new-password --password-store file”" in said[2],
               "what helps is said by `password` too", said)
    stop_keyring(daemon)
    before = JURO + "smtp-password-from=secret-service\n"
    status, text, written = new_password_asks(before, "n")
    test.check((status, written) == (1, before) and "The password is in it now, not in the keyring. Write this?" in text,
               "one that would leave the keyring is asked for by that name", text)
    before = config_of(user)
    said = run(user, "setup", "--no-agent", "--yes", "--password-file", "-", "rokuro@odn.example", text=PASSWORD)
    test.equal((said[0], config_of(user)), (1, before), "nor does one that was in a keyring leave it because there is none now")
    said = run(user, "setup", "--no-agent", "--new-password", "--password-store", "file", "--password-file", "-",
               "rokuro@odn.example", text=PASSWORD)
    test.check("smtp-password=%s\n" % PASSWORD in config_of(user), "and that helps", said)


def asked_twice(test, user):
    """At a terminal it is shown, and asked: an end of the input is no yes."""
    for answer, status in (("\x04", 1), ("y", 0)):
        terminal = Terminal(user, "setup", "--no-agent", "--sendmail-of", "none", "--", "rokuro@odn.example")
        terminal.type("Password of", PASSWORD)
        terminal.type("Write this?", "y")
        terminal.wait_for("the password goes into the configuration, which you alone can read: ")
        terminal.wait_for("Write this?")
        os.write(terminal.fd, (answer if status else answer + "\n").encode())
        if not status:
            terminal.type("Send a test mail", "n")
        test.equal((terminal.end(), PASSWORD in config_of(user)), (status, not status), "in clear by a yes alone")
    user = new_user("rokuro2")
    with subprocess.Popen(["dbus-monitor", "--session", "type=method_call,interface=org.freedesktop.Secret.Service,member=CreateCollection"],
                          stdout=subprocess.PIPE, text=True) as monitor:
        terminal = Terminal(user, "setup", "--no-agent", "--sendmail-of", "none", "--", "rokuro@odn.example", "nana@odn.example")
        for words, line in (("Password of rokuro", PASSWORD), ("Password of nana", PASSWORD), ("Write this?", "y"), ("Write this?", "y"),
                            ("Send a test mail", "n"), ("Send a test mail", "n")):
            terminal.type(words, line)
        status = terminal.end()
        time.sleep(0.5)
        monitor.terminate()
        asked = monitor.stdout.read().count("member=CreateCollection")
    test.equal((status, asked, terminal.text.count("the password goes into the configuration"), config_of(user).count(PASSWORD)),
               (0, 1, 1, 2), "of two addresses the keyring is asked once, and it is said once")


SCENARIOS = [first_mail, in_readme, in_readme_ja, without_login, five_minutes, by_options, several, user_manager, tokens, many_servers, by_dns, in_the_field, conversation, new_password, new_pop_password, failures,
             keyring]


def bus(method, name):
    done = subprocess.run(["gdbus", "call", "--session", "--dest", "org.freedesktop.DBus", "--object-path", "/", "--method",
                           "org.freedesktop.DBus." + method, name], capture_output=True, text=True, check=False)
    return done.stdout.strip("(), \n") if done.returncode == 0 else None


def end_agent(_test, _name):
    """The next user has an agent of its own: one bus has one."""
    owner = bus("GetConnectionUnixProcessID", "org.roampost.Agent1")
    if owner:
        os.kill(int(owner.split()[-1]), signal.SIGTERM)
        wait_until(lambda: bus("NameHasOwner", "org.roampost.Agent1") == "false")


def main():
    reason = world.why_not()
    if reason:
        tap.skip_all(reason)
    world.enter()
    tap.play(SCENARIOS, Lab(), after=end_agent, failed=world.show_logs)


main()
