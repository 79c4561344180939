#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""usage: test-setup.py PROGRAM

`roampost setup` and `roampost import --write` on the user's file: what somebody else wrote meanwhile stays, nobody's
set becomes another's, and what is wrong with the answers is said before anything is asked or written."""

import json
import os
import pathlib
import pty
import select
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from cases import equal, main, test  # noqa: E402

PROGRAM = sys.argv[1]
SERVER = ["--smtp", "smtps://127.0.0.1:1", "--password-command", "echo secret", "--untested"]
SETUP = ["setup", "--no-agent", "--sendmail-of", "none"]
OTHERS = "[agent]\nnotify=no\n\n[server-set odn]\nidentities=q@odn.example\nsmtp=smtps://mail.odn.example\nrelay=anywhere\n"


class Home:
    """A user of its own, without a bus."""

    def __init__(self, folder):
        self.folder, self.path = folder, folder + "/roampost.conf"
        self.write("")
        self.env = dict(os.environ, HOME=folder, ROAMPOST_STATE=folder + "/state", ROAMPOST_CONFIG=self.path,
                        LC_ALL="C.UTF-8", XDG_RUNTIME_DIR=folder, TERM="dumb",
                        DBUS_SESSION_BUS_ADDRESS="unix:path=%s/none" % folder)
        self.env.pop("LANGUAGE", None)

    def write(self, text, name=None):
        path = self.folder + "/" + name if name else self.path
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
            out.write(text)
        return path

    def config(self):
        with open(self.path, encoding="utf-8") as config:
            return config.read()

    def begin(self, *words):
        return subprocess.Popen([PROGRAM, *words], env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, cwd=self.folder)

    def run(self, *words, stdin=b""):
        done = subprocess.run([PROGRAM, *words], env=self.env, input=stdin, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=60, cwd=self.folder)
        return done.returncode, done.stdout.decode()

    def terminal(self, *words):
        pid, self.fd = pty.fork()
        if pid == 0:
            os.execve(PROGRAM, [PROGRAM, *words], self.env)
        self.pid, self.text = pid, ""

    def wait_for(self, words, times=1):
        deadline = time.monotonic() + 60
        while self.text.count(words) < times:
            ready = select.select([self.fd], [], [], max(0, deadline - time.monotonic()))[0]
            if not ready or not self.read():
                raise AssertionError("no %r in %s" % (words, self.text))

    def read(self):
        try:
            more = os.read(self.fd, 4096)
        except OSError:
            more = b""
        self.text += more.decode(errors="replace").replace("\r\n", "\n")
        return more

    def type(self, line):
        os.write(self.fd, line.encode() + b"\n")

    def end_input(self):
        os.write(self.fd, b"\x04")

    def end(self):
        while self.read():
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def at_home(case):
    """A test that gets a home."""
    def run():
        with tempfile.TemporaryDirectory(prefix="roampost-") as folder:
            case(Home(folder))
    run.__name__ = case.__name__
    return test(run)


def has(text, *parts):
    for part in parts:
        if part not in text:
            raise AssertionError("no %r in:\n%s" % (part, text))


def set_of(name, address):
    return ("[server-set %s]\nidentities=%s\nsmtp=smtps://127.0.0.1:1\nsmtp-user=%s\nsmtp-password-command=echo secret\n"
            % (name, address, address))


# ---- somebody else writes ----


@at_home
def what_an_editor_wrote_meanwhile_stays(home):
    """It is asked again, with what is put into the file as it is now: another's set has the name by then."""
    home.terminal(*SETUP, *SERVER, "u@odn.example")
    home.wait_for("Write this?")
    home.write(OTHERS)
    home.type("y")
    home.wait_for("Write this?", 2)
    has(home.text, "roampost.conf has changed meanwhile", "+[server-set odn-2]")
    home.type("y")
    home.wait_for("Send a test mail to u@odn.example?")
    home.type("n")
    equal(home.end(), 0)
    equal(home.config(), OTHERS + "\n" + set_of("odn-2", "u@odn.example"))


@at_home
def a_file_that_became_bad_meanwhile_stays(home):
    home.terminal(*SETUP, *SERVER, "u@odn.example")
    home.wait_for("Write this?")
    home.write("nonsense=1\n")
    home.type("y")
    equal(home.end(), 1)
    has(home.text, "the configuration has errors")
    equal(home.config(), "nonsense=1\n")


@at_home
def several_at_once(home):
    """All of those that end well are there; so are the sets of imports."""
    users = ["u%d" % i for i in range(5)]
    rc = home.write("account m\nhost mail.odn.example\nfrom m@odn.example\n", "rc")
    running = [home.begin(*SETUP, *SERVER, "--yes", "%s@odn.example" % user) for user in users]
    running.append(home.begin("import", "msmtprc", "--write", rc))
    said = [one.communicate(timeout=60)[0] for one in running]
    equal([one.returncode for one in running], [0] * 6, said)
    for user in [*users, "m"]:
        has(home.config(), "identities=%s@odn.example\n" % user)
    equal(home.config().count("[server-set "), 6)
    equal(sorted(os.listdir(home.folder)), ["rc", "roampost.conf"])


@at_home
def import_writes_over_nothing_that_it_can_not_read(home):
    os.unlink(home.path)
    os.mkdir(home.path)
    rc = home.write("account m\nhost 127.0.0.1\nfrom m@odn.example\n", "rc")
    status, said = home.run("import", "msmtprc", "--write", rc)
    equal(status, 1)
    has(said, "it is a folder")


# ---- whose set it is ----


@at_home
def a_name_that_is_anothers(home):
    """Two mailboxes are two sets."""
    answers = home.write("[v@v.example]\nname=one\nsmtp=smtps://127.0.0.1:1\npassword-command=echo v\nuntested=yes\n"
                         "[w@w.example]\nname=one\nsmtp=smtps://127.0.0.1:2\npassword-command=echo w\nuntested=yes\n", "f")
    status, said = home.run(*SETUP, "--yes", "--from-file", answers)
    equal(status, 1, said)
    has(said, "w@w.example: the set one belongs to v@v.example", "v@v.example is set up, as the server set one.",
        "w@w.example is not set up")
    has(home.config(), "identities=v@v.example\nsmtp=smtps://127.0.0.1:1\nsmtp-user=v@v.example\n")
    before = home.config()
    status, said = home.run(*SETUP, *SERVER, "--yes", "--name", "one", "x@x.example")
    equal((status, home.config()), (1, before), said)
    has(said, "x@x.example: the set one belongs to v@v.example")


@at_home
def a_mailbox_with_two_addresses(home):
    """Is one set, by the same server and login."""
    for address in ("v@v.example", "alias@v.example"):
        equal(home.run(*SETUP, *SERVER, "--yes", "--name", "one", "--user", "v", address)[0], 0)
    has(home.config(), "identities=v@v.example;alias@v.example\n", "smtp-user=v\n")


# ---- what is said first ----


@at_home
def a_password_that_is_not_utf8(home):
    status, said = home.run(*SETUP, "--smtp", "smtps://127.0.0.1:1", "--password-file", "-", "u@odn.example", stdin=b"p\xe4\n")
    equal((status, home.config()), (1, ""), said)
    has(said, "the password is not UTF-8")


@at_home
def an_end_of_the_input_agrees_to_nothing(home):
    """Wherever Ctrl-D is typed: at the address, the password, another address, before and after what is shown."""
    questions = ["Your mail address:", "Another address", "Write this? [Y/n]"]
    answers = {"Your mail address:": "u@odn.example", "Another address": ""}
    for last in questions:
        home.terminal("setup", *SERVER)
        for question in questions:
            home.wait_for(question)
            if question == last:
                break
            home.type(answers[question])
        home.end_input()
        equal((home.end(), home.config()), (2 if last == questions[0] else 1, ""), home.text)
        equal(os.path.exists(home.folder + "/.config/autostart"), False, home.text)
        has(home.text, {"Write": "nothing is written", "Anoth": "before all was answered", "Your ": "say an address"}[last[:5]])
        equal(home.text.count("Your mail address:"), 1, home.text)
    home.terminal("setup", "--smtp", "smtps://127.0.0.1:1", "--untested", "u@odn.example")
    home.wait_for("Password of u@odn.example")
    home.end_input()
    equal((home.end(), home.config()), (1, ""), home.text)
    has(home.text, "no password was given")


@at_home
def an_end_of_the_input_after_it_was_written(home):
    """What was agreed to is done; what was not is not."""
    home.terminal(*SETUP, *SERVER, "u@odn.example")
    home.wait_for("Write this?")
    home.type("")
    home.wait_for("Send a test mail")
    home.end_input()
    equal(home.end(), 0, home.text)
    has(home.config(), "identities=u@odn.example")
    equal("u@odn.example" in home.run("queue")[1], False)


@at_home
def a_domain_whose_name_means_something(home):
    """“auto” is a word of `roampost use`."""
    status, said = home.run(*SETUP, *SERVER, "--yes", "taro@auto.example")
    equal(status, 0, said)
    has(home.config(), "[server-set auto-2]\nidentities=taro@auto.example\n")
    status, said = home.run(*SETUP, *SERVER, "--yes", "--name", "auto", "u@odn.example")
    equal(status, 2, said)
    has(said, "--name is “auto”: “auto” can't be a set's name")
    answers = home.write("[u@odn.example]\nname=auto\npassword-command=touch %s/asked\n" % home.folder, "f")
    status, said = home.run(*SETUP, "--yes", "--from-file", answers)
    equal(status, 1, said)
    has(said, "/f: [u@odn.example] name is “auto”: “auto” can't be")
    equal(os.path.exists(home.folder + "/asked"), False)


@at_home
def a_set_that_names_what_another_file_has(home):
    """Is no error, and what is one is said of the file itself, not of one that is gone by then."""
    os.makedirs(home.folder + "/etc/providers.d")
    home.write("[provider odn]\nprefixes=203.0.113.0/24\n", "etc/providers.d/odn.conf")
    del home.env["ROAMPOST_CONFIG"]
    home.env.update(ROAMPOST_SYSCONF=home.folder + "/etc", XDG_CONFIG_HOME=home.folder)
    os.mkdir(home.folder + "/roampost")
    home.path = home.folder + "/roampost/roampost.conf"
    old = "[server-set a]\nprovider=odn\nidentities=a@a.example\nsmtp=smtps://x.example\n"
    home.write(old)
    status, said = home.run(*SETUP, *SERVER, "--yes", "u@odn.example")
    equal((status, home.config()), (0, old + "\n" + set_of("odn", "u@odn.example")), said)
    rc = home.write("account m\nhost mail.odn.example\nfrom m@odn.example\n", "rc")
    home.write("[agent]\nnonsense=1\n")
    status, said = home.run("import", "msmtprc", "--write", rc)
    equal(status, 1, said)
    has(said, home.path + ":2: [agent] nonsense: ")


@at_home
def a_home_that_takes_nothing(home):
    """It is said what names another place."""
    del home.env["ROAMPOST_CONFIG"]
    for folder in ("/proc/self", home.path):
        home.env.update(XDG_CONFIG_HOME=folder)
        status, said = home.run(*SETUP, *SERVER, "--yes", "u@odn.example")
        equal(status, 1, said)
        has(said, "XDG_CONFIG_HOME=/path for the configuration")
    home.env.update(XDG_CONFIG_HOME=home.folder + "/other")
    equal(home.run(*SETUP, *SERVER, "--yes", "u@odn.example")[0], 0)
    equal(os.path.exists(home.folder + "/other/roampost/roampost.conf"), True)


@at_home
def an_interrupt_at_the_password(home):
    """In a script nobody puts the terminal right but the program that made it blind."""
    for signal in ("INT", "TERM"):
        program, home.pid = "trap : INT; %s setup --no-agent --untested --smtp smtps://127.0.0.1:1 u@odn.example; stty -a" % PROGRAM, 0
        home.pid, home.fd = pty.fork()
        if home.pid == 0:
            os.execve("/bin/sh", ["sh", "-c", program], home.env)
        home.text = ""
        home.wait_for("Password of u@odn.example")
        if signal == "INT":
            os.write(home.fd, b"\x03")
        else:
            children = "/proc/%d/task/%d/children" % (home.pid, home.pid)
            with open(children, encoding="ascii") as child:
                os.kill(int(child.read().split()[0]), 15)
        home.end()
        equal((signal, " echo " in home.text, " -echo " in home.text), (signal, True, False), home.text)


@at_home
def the_same_password_once_more(home):
    """Nothing is another one then."""
    server = ["--smtp", "smtps://127.0.0.1:1", "--password-store", "file"]
    account = ["--untested", "--yes", "--password-file", "-", "u@odn.example"]
    status, said = home.run(*SETUP, *server, *account, stdin=b"x y\n")
    equal(status, 0, said)
    for password, other in ((b"x y\n", False), (b"z\n", True)):
        before = home.config()
        status, said = home.run(*SETUP, "--new-password", *account, stdin=password)
        equal((status, "another one than before" in said, home.config() != before), (0, other, other), said)


@at_home
def a_server_beside_a_new_password(home):
    """It would be dropped without a word: the servers stay as they are."""
    server = ["--smtp", "smtps://127.0.0.1:1", "--password-store", "file"]
    account = ["--untested", "--yes", "--password-file", "-"]
    status, said = home.run(*SETUP, *server, *account, "u@odn.example", stdin=b"x\n")
    equal(status, 0, said)
    before = home.config()
    answers = home.write("[u@odn.example]\npop=pop3s://127.0.0.1:2\n", "f")
    status, said = home.run(*SETUP, "--new-password", *account, "--from-file", answers, stdin=b"y\n")
    equal((status, home.config()), (1, before), said)
    has(said, "u@odn.example: --new-password changes the password alone, and nothing would come of pop3s://127.0.0.1:2")
    status, said = home.run(*SETUP, "--new-password", *account, "--no-login", "u@odn.example", stdin=b"y\n")
    equal((status, home.config()), (1, before), said)
    has(said, "and nothing would come of --no-login: leave one of them out")


@at_home
def a_known_address_whose_servers_are_not_found(home):
    """Its set is there: the address is not mistyped."""
    home.write("[server-set odn]\nidentities=u@nowhere.invalid\nsmtp=smtp://127.0.0.1:2525\npop=pop3s://[::1]:1995\n"
               "pop-user=u\npop-password=x\ntls-ca-file=/etc/our own.pem\n")
    before = home.config()
    home.terminal("setup", "u@nowhere.invalid", "--no-agent", "--sendmail-of", "none")
    home.wait_for("to go on with its servers")
    status = home.end()
    equal((status, home.config()), (1, before), home.text)
    has(" ".join(home.text.split()), "odn stays as it is; to go on with its servers: roampost setup u@nowhere.invalid "
        "--smtp smtp://127.0.0.1:2525 --pop pop3s://[::1]:1995 --user 'u' --tls-ca-file '/etc/our own.pem'")
    equal("mistyped (Enter" in home.text, False, home.text)


@at_home
def a_new_password_asks_of_no_program(home):
    """Whose sendmail roampost is was asked when the address came."""
    home.write("[server-set odn]\nidentities=u@odn.example\nsmtp=smtps://127.0.0.1:1\nsmtp-user=u\nsmtp-password=old\n")
    home.terminal("setup", "--no-agent", "--untested", "--password-store", "file", "--new-password", "u@odn.example")
    home.wait_for("Password of u@odn.example")
    home.type("new")
    home.wait_for("Write this?")
    home.type("y")
    home.wait_for("[y/N]")
    has(home.text, "Send a test mail to u@odn.example?")
    equal("through roampost?" in home.text, False, home.text)
    home.type("n")
    equal(home.end(), 0, home.text)


@at_home
def two_servers_with_a_password_each(home):
    """One is asked for: which is typed next is not the way out, and that is said."""
    fakes = pathlib.Path(__file__).resolve().parents[2] / "fakes/smtp-server.py"
    with subprocess.Popen([sys.executable, fakes], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as servers:
        def ask(script):
            servers.stdin.write(json.dumps(script) + "\n")
            servers.stdin.flush()
            return json.loads(servers.stdout.readline())
        authority = ask({"certs": home.folder})["good"]
        smtp = "smtps://localhost:%d" % ask({"tls": "implicit", "auth": ["PLAIN"], "replies": {"AUTH": "535 5.7.8 no"}})["port"]
        pop = "pop3s://localhost:%d" % ask({"tls": "implicit", "proto": "pop", "auth": ["PLAIN"]})["port"]
        account = ["--yes", "--password-file", "-", "--password-store", "file", "--user", "taro", "u@odn.example"]
        status, said = home.run(*SETUP, "--smtp", smtp, "--pop", pop, "--tls-ca-file", authority, *account, stdin=b"geheim\n")
        equal(status, 1, said)
        has(said, smtp + ": localhost", "its POP server takes this password; where SMTP has another, set it up without POP")
        home.write("[server-set odn]\nidentities=u@odn.example\nsmtp=%s\nsmtp-user=taro\nsmtp-password=old\npop=%s\n"
                   "pop-user=taro\npop-password=other\ntls-ca-file=%s\n" % (smtp, pop, authority))
        for password in (b"geheim\n", b"wrong\n"):  # the POP server's, and nobody's
            status, said = home.run(*SETUP, "--new-password", *account[:3], "u@odn.example", stdin=password)
            equal(status, 1, said)
            has(said, "written as smtp-password= or pop-password= into [server-set odn]; “roampost password odn” with --smtp",
                "u@odn.example stays as it is: nothing is changed")
            equal("is not set up" in said, False, said)
        servers.stdin.close()


@at_home
def enter_at_the_password_means_no_login(home):
    home.terminal(*SETUP, "--smtp", "smtp://127.0.0.1:1", "--untested", "u@odn.example")
    home.wait_for("Password of u@odn.example")
    home.type("")
    home.wait_for("Write this?")
    home.type("")
    home.wait_for("Send a test mail")
    home.type("")
    equal(home.end(), 0, home.text)
    equal(home.config(), "[server-set odn]\nidentities=u@odn.example\nrelay=auto\nsmtp=smtp://127.0.0.1:1\n")
    status, said = home.run(*SETUP, "--smtp", "smtp://127.0.0.1:1", "--untested", "--no-login", "--yes", "v@odn.example")
    equal(status, 0, said)
    has(home.config(), "[server-set odn-2]\nidentities=v@odn.example\nrelay=auto\nsmtp=smtp://127.0.0.1:1\n")


@at_home
def each_set_that_may_carry_it_is_offered(home):
    """Which provider takes another's sender the user alone knows: one after the other, until one is taken."""
    login = "smtp=smtps://mail.%s.example\nsmtp-user=u\nsmtp-password-command=echo secret\n"
    home.write("".join("[server-set %s]\nidentities=u@%s.example\n" % (name, name) + login % name for name in ("one", "two", "three")))
    home.terminal(*SETUP, "--smtp", "smtp://127.0.0.1:1", "--untested", "--no-login", "u@odn.example")
    for name, answer in (("one", "n"), ("two", "y")):
        home.wait_for("Shall %s carry the mail of @odn.example" % name)
        home.type(answer)
    home.wait_for("Write this?")
    home.type("y")
    home.wait_for("Send a test mail")
    home.type("")
    equal((home.end(), "Shall three" in home.text, home.config().count("carries=@odn.example\n")), (0, False, 1), home.text)
    has(home.config().split("[server-set two]")[1].split("[server-set three]")[0], "carries=@odn.example\n")


@at_home
def one_that_carries_other_mail_is_offered_and_a_taught_provider_is_named(home):
    """Whose mail a set carries already says nothing of this address; a provider that was taught is the set's again."""
    home.write("[provider odn]\nname=odn\n"
               "[server-set one]\nidentities=u@one.example\nsmtp=smtps://mail.one.example\nsmtp-user=u\n"
               "smtp-password-command=echo secret\ncarries=@nowhere.example\n")
    home.terminal(*SETUP, "--smtp", "smtp://127.0.0.1:1", "--untested", "--no-login", "u@odn.example")
    home.wait_for("Shall one carry the mail of @odn.example")
    home.type("y")
    home.wait_for("Write this?")
    home.type("y")
    home.wait_for("Send a test mail")
    home.type("")
    equal(home.end(), 0, home.text)
    has(home.config(), "carries=@nowhere.example;@odn.example\n")
    has(home.config().split("[server-set odn]")[1], "provider=odn\n")


@at_home
def a_name_that_is_none(home):
    answers = home.write("[u@odn.example]\nname=a]b\n", "f")
    status, said = home.run(*SETUP, "--yes", "--from-file", answers)
    equal((status, home.config()), (1, ""), said)
    has(said, "/f: [u@odn.example] name is “a]b”: a name must not contain [ or ]")


@at_home
def a_sender_that_is_none_is_said_before_the_login(home):
    """Nobody is asked for a password, and no server is, for what can't be written afterwards."""
    server = ["--smtp", "smtps://127.0.0.1:1", "--password-command", "touch %s/asked" % home.folder]
    status, said = home.run(*SETUP, *server, "--yes", "u@odn.example", "--carries", "club.example")
    equal((status, home.config()), (2, ""), said)
    has(said, "--carries: “club.example” is not known: write @club.example for a domain")
    answers = home.write("[u@odn.example]\ncarries=@good.example;any\n", "f")
    status, said = home.run(*SETUP, *server, "--yes", "--from-file", answers)
    equal((status, home.config()), (1, ""), said)
    has(said, "/f: [u@odn.example] carries: “any” is not known; valid: own, any, or a list of @domain")
    equal(os.path.exists(home.folder + "/asked"), False)


@at_home
def an_address_or_a_name_that_is_taken_is_said_before_the_login(home):
    """Nobody is asked for a password for a set that is another's, nor twice for one address."""
    server = ["--smtp", "smtps://127.0.0.1:1", "--password-command", "touch %s/asked" % home.folder]
    status, said = home.run(*SETUP, *server, "--yes", "u@odn.example", "U@odn.example")
    equal((status, home.config()), (2, ""), said)
    has(said, "“U@odn.example” is there twice: say each address once")
    answers = home.write("[u@odn.example]\n[U@odn.example]\n", "f")
    status, said = home.run(*SETUP, *server, "--yes", "--from-file", answers)
    equal((status, home.config()), (1, ""), said)
    home.write("[server-set old]\nidentities=x@old.example\nsmtp=smtps://old.example\nsmtp-user=x\nsmtp-password-command=true\n")
    before = home.config()
    status, said = home.run(*SETUP, *server, "--yes", "--name", "old", "u@odn.example")
    equal((status, home.config()), (1, before), said)
    has(said, "u@odn.example: the set old belongs to x@old.example, with another server or login")
    home.write(before.replace("smtps://old.example", "smtps://127.0.0.1:1"))
    status, said = home.run(*SETUP, *server, "--yes", "--name", "old", "--user", "u", "u@odn.example")
    has(said, "u@odn.example: the set old belongs to x@old.example, with another server or login")
    equal(os.path.exists(home.folder + "/asked"), False)


@at_home
def a_set_that_takes_all_takes_more(home):
    """“any” takes the place of a list, and “own” adds nothing to one."""
    home.write(OTHERS + "carries=@club.example\n")
    equal(home.run(*SETUP, *SERVER, "--yes", "--name", "new", "u@new.example", "--carries", "own")[0], 0)
    equal("carries" in home.config().split("[server-set new]")[1], False)
    status, said = home.run(*SETUP, *SERVER, "--yes", "--name", "new", "u@new.example", "--carries", "@a.example")
    equal(status, 0, said)
    status, said = home.run(*SETUP, *SERVER, "--yes", "--name", "new", "u@new.example", "--carries", "any")
    equal(status, 0, said)
    has(home.config().split("[server-set new]")[1], "carries=any\n")


@at_home
def an_authority_that_is_named_from_here(home):
    home.write("none", "ca.pem")
    equal(home.run(*SETUP, *SERVER, "--yes", "--tls-ca-file", "ca.pem", "u@odn.example")[0], 0)
    has(home.config(), "tls-ca-file=%s/ca.pem\n" % home.folder)


def serve(greeting, answers):
    """A server that greets, and answers each line by its first word; its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def speak(peer):
        with peer, peer.makefile("rwb") as stream:
            stream.write(greeting)
            stream.flush()
            for line in stream:
                stream.write(answers.get(line.split()[0].upper(), b"-ERR no\r\n" if greeting[:1] == b"+" else b"250 ok\r\n"))
                stream.flush()

    def run():
        while True:
            threading.Thread(target=speak, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=run, daemon=True).start()
    return listener.getsockname()[1]


@at_home
def a_pop_server_without_tls_is_named_by_its_own_option(home):
    smtp = serve(b"220 mail.odn.example ESMTP\r\n", {b"EHLO": b"250 mail.odn.example\r\n"})
    for capabilities in (b"+OK\r\nUSER\r\n.\r\n", b"-ERR no\r\n"):
        pop = serve(b"+OK\r\n", {b"CAPA": capabilities})
        said = home.run("setup", "--no-agent", "--sendmail-of", "none", "--smtp", "smtp://127.0.0.1:%d" % smtp, "--no-login",
                        "--pop", "pop3://127.0.0.1:%d" % pop, "--password-command", "echo x", "--yes", "u@odn.example")[1]
        has(said, "--pop pop3s://HOST")
        equal(("said:;" in said, "with --smtp" in said), (False, False), said)


@at_home
def a_test_mail_without_a_bus(home):
    """It waits in the queue, as any other mail."""
    status, said = home.run(*SETUP, *SERVER, "--yes", "--test-mail", "u@odn.example")
    equal(status, 0, said)
    has(said, "the test mail is in the queue as ")
    has(home.run("queue")[1], "u@odn.example")


@at_home
def git_with_an_identity(home):
    """What an identity says goes before what all say: written beside it, it would be no word to git."""
    home.write("[sendemail]\n\tidentity = work\n[sendemail \"work\"]\n\tsendmailCmd = msmtp -a work\n", ".gitconfig")
    status, said = home.run("setup", "--no-agent", "--yes", *SERVER, "--sendmail-of", "git", "--", "taro@odn.example")
    equal((status, "git send-email uses roampost (sendemail.work.sendmailcmd; before: msmtp -a work)." in said), (0, True), said)
    git = subprocess.run(["git", "config", "--global", "sendemail.work.sendmailcmd"], env=home.env, capture_output=True, text=True, check=True)
    equal(git.stdout.rstrip().endswith("/roampost-sendmail"), True, git.stdout)


@at_home
def mutt_that_sends_by_itself(home):
    """With smtp_url mutt asks no sendmail; the line, which may have a password, is not shown."""
    muttrc = "set from = taro@odn.example\nset smtp_url = smtps://taro:secret@smtp.odn.example:465\n"
    home.write(muttrc, ".muttrc")
    status, said = home.run("setup", "--no-agent", "--yes", *SERVER, "--sendmail-of", "mutt", "--", "taro@odn.example")
    said = " ".join(said.split())
    equal((status, ".muttrc has “set smtp_url”, by which mutt sends by itself: take that line out" in said, "secret@" in said),
          (1, True, False), said)
    with open(home.folder + "/.muttrc", encoding="utf-8") as now:
        equal(now.read(), muttrc)


@at_home
def mail_that_waits_for_who_is_taken_out(home):
    home.write(OTHERS + "[server-set two]\nidentities=k@two.example\ncarries=any\nsmtp=smtps://mail.two.example\nrelay=anywhere\n")
    submit = ["submit", "b@x.example", "--from"]
    for sender in ("q@odn.example", "q@odn.example", "k@two.example"):
        equal(home.run(*submit, sender, stdin=b"Subject: x\n\nx\n")[0], 0)
    status, said = home.run(*SETUP, "--yes", "--remove", "q@odn.example")
    equal((status, "no server set any more" in said), (0, False), said)  # another set may carry it
    home.write(OTHERS)
    equal(home.run(*submit, "q@odn.example", "--set", "odn", stdin=b"Subject: x\n\nx\n")[0], 0)
    home.terminal(*SETUP, "--remove", "q@odn.example")
    home.wait_for("Write this?")
    has(" ".join(home.text.split()), "Once this is written, 3 mails in the queue have no server set any more")
    home.type("n")
    home.end()
    status, said = home.run(*SETUP, "--yes", "--remove", "q@odn.example")
    equal((status, "3 mails in the queue have no server set any more, and wait until one may carry them: “roampost queue” says "
           "what would free them" in " ".join(said.split())), (0, True), said)


main()
