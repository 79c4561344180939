#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The window of a real agent on an X server without a screen, read and driven as a screen reader does (AT-SPI):
held mail is in it with its reason, the button in it frees the mail, a server set is chosen, an account is set up,
gets another password and is taken out, an agent that is not there is said.

test-window.py WINDOW AGENT SENDMAIL ROAMPOST [FOLDER FOR PICTURES]
"""

import os
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "fakes"))
from reader import SERVICES, Reader, lacking, wake  # noqa: E402
from screen import (AGENT, GTK4, ODN, Play, agent_property, call_agent, listed, listed_ids, main, serve,  # noqa: E402
                    show_page, wait_for)

CONFIG = "[agent]\nnotify=no\n" + ODN + """[server-set work]
provider=odn
identities=taro@work.example
smtp=smtp://127.0.0.1:9
smtp-tls=off
"""


class Window(Play):
    TESTS = 30

    def __init__(self, window, *rest):
        super().__init__(*rest)
        self.window = window

    def n_colours(self, where):
        return int(subprocess.run(["import", "-window", "root", "-crop", where, "-format", "%k", "info:"],
                                  capture_output=True, text=True, check=True).stdout)

    def config(self):
        return (self.home / "roampost.conf").read_text()

    def keys(self, title, *what):
        """To the window of this title, as a window manager gives it the focus: there is none here."""
        subprocess.run(["xdotool", "search", "--sync", "--onlyvisible", "--name", f"^{title}", "windowfocus", "--sync"],
                       capture_output=True, check=False)
        wait_for(lambda: self.reader.is_active(title))
        subprocess.run(["xdotool", *what], check=True)

    def answer(self, reader, title, question, text):
        """By the keyboard alone: the field for the answer has the focus."""
        wait_for(lambda: question in reader.text())
        self.keys(title, "type", text)
        self.keys(title, "key", "Return")

    def add_account(self, reader):
        self.keys("Inside no provider", "key", "ctrl+n")
        self.answer(reader, "Add an account", "Your mail address:", "taro")
        self.check("where that leads nowhere the server can be said",
                   wait_for(lambda: reader.is_visible("Server for sending (--smtp)")), reader.text())
        self.picture("fields")
        self.keys("Add an account", "key", "Tab", "Tab", "Tab")
        self.keys("Add an account", "type", "taro")
        self.keys("Add an account", "key", "shift+Tab", "shift+Tab", "shift+Tab")
        self.answer(reader, "Add an account", "Your mail address:", "taro@new.example")
        self.answer(reader, "Add an account", "Password of taro@new.example", "falsch")
        self.check("a wrong password is said as setup says it, and asked for once more",
                   wait_for(lambda: "look at the password, and at the login's name" in reader.text()), reader.text())
        self.picture("account")
        self.keys("Add an account", "key", "ctrl+a")
        self.answer(reader, "Add an account", "Password of taro@new.example", "geheim")
        wait_for(lambda: "Send a test mail to taro@new.example?" in reader.text())
        self.check("an account is set up by the keyboard alone", reader.press("No") and
                   wait_for(lambda: "Done." in reader.text()) and "identities=taro@new.example" in self.config(),
                   self.config() + reader.text())
        self.check("with what was said of it by a field", "smtp-user=taro\n" in self.config(), self.config())
        self.close_dialog(reader, "Add an account")
        self.check("and is among the accounts", wait_for(lambda: "Remove taro@new.example" in reader.text()), reader.text())
        self.picture("accounts")

    def close_dialog(self, reader, title):
        self.keys(title, "key", "Escape")
        wait_for(lambda: "Done." not in reader.text())

    def change_account(self, reader):
        conf = self.home / "roampost.conf"
        conf.write_text(self.config().replace("smtp-password=geheim", "# kept\nsmtp-password=alt\nmax-size=1M") +
                        "#" * 2000)
        self.check("what logs in nowhere has no password to change", "New password for taro@odn.example" not in
                   reader.text() and "Remove taro@odn.example" in reader.text(), reader.text())
        (self.home / "full").touch()
        reader.press("New password for taro@new.example")
        self.answer(reader, "New password", "Password of taro@new.example", "geheim")
        self.check("where it can't be written down, that is said with what to do, and it can be tried again",
                   wait_for(lambda: "a limit on the size of files is in the way" in reader.text() and "Try again" in reader.text()), reader.text())
        self.picture("not-written")
        (self.home / "full").unlink()
        reader.press("Try again")
        reader.press("No")
        self.check("gets another password, and keeps all else",
                   wait_for(lambda: "Done." in reader.text()) and
                   "# kept\nsmtp-password=geheim\nmax-size=1M" in self.config(), self.config() + reader.text())
        self.close_dialog(reader, "New password")
        reader.press("Remove taro@new.example")
        asked = wait_for(lambda: "Write this?" in reader.text())
        self.picture("remove")
        self.check("what would be taken out is asked for", asked and "taro@new.example" in self.config(), reader.text())
        self.check("and is taken out", reader.press("Yes") and wait_for(lambda: "Done." in reader.text()) and
                   "taro@new.example" not in self.config(), self.config())
        self.close_dialog(reader, "Remove an account")

    def long_queue(self, reader):
        """As many rows as it takes to see what goes first; the next ones when they are asked for."""
        show_page("outbox")
        for n in range(102):
            self.submit(f"Message {n}", "taro@odn.example")
        wait_for(lambda: reader.has("2 more messages wait"))
        text = reader.text()
        self.check("of a long queue the first ones are there",
                   "Message 99" in text and "Message 100" not in text and "2 more messages wait" in text, text)
        self.check("and no button connects to what can't be dialled", "Connect to" not in text, text)
        subprocess.run(["xdotool", "mousemove", "200", "300", "click", "--repeat", "150", "--delay", "5", "5"], check=True)
        wait_for(lambda: self.n_colours("2x2+540+620") == 1)  # it has come to the end
        self.picture("long")
        self.check("the next ones by a click", wait_for(lambda: reader.click("2 more messages wait", ["list item"])) and
                   wait_for(lambda: reader.has("Message 101")), text)
        call_agent(f"{AGENT[0]}.Change", "delete", str(listed_ids()), "{}")
        wait_for(lambda: "Nothing Waits" in reader.text())

    def says_nothing_of_mail(self, reader):
        """One message waits."""
        return wait_for(lambda: "systemctl" in reader.text() and not any(
            words in reader.text()
            for words in ("Slides of today", "Nothing Waits", "Looking at", "Inside no provider", "Offline")))

    def play(self):
        self.submit("昼食 at noon")
        wait_for(lambda: "held" in listed())
        call_agent(f"{AGENT[0]}.Change", "hold", str(listed_ids()), "{}")
        wake()
        window = self.start([self.window], "window.log")
        reader = self.reader = Reader()
        self.check("the message is there by its subject", wait_for(lambda: "昼食 at noon" in reader.text()),
                   reader.text())
        self.check("to whom, and why it waits",
                   wait_for(lambda: "To boss@x.example" in reader.text() and "hold" in reader.text()), reader.text())
        self.picture("window")
        pressed = reader.press("Release")
        self.check("a button lets it go", pressed and wait_for(lambda: "'user-hold': <true>" not in listed()),
                   listed())
        self.check("what else holds it is said then",
                   wait_for(lambda: "takes this mail only from inside ODN" in reader.text()), reader.text())
        call_agent(f"{AGENT[0]}.Change", "delete", str(listed_ids()), "{}")
        self.check("what is gone is gone from it", wait_for(lambda: "Nothing Waits" in reader.text()), reader.text())
        self.submit("Whose", "taro@nowhere.example")
        wait_for(lambda: "held" in listed())
        self.check("what is to be done about a message is said with its id",
                   wait_for(lambda: f"roampost edit {listed_ids()[0]} --from" in reader.text()), reader.text())
        call_agent(f"{AGENT[0]}.Change", "delete", str(listed_ids()), "{}")
        wait_for(lambda: "Nothing Waits" in reader.text())
        self.submit("Strong words", "taro@picky.example")
        self.check("what one server refuses goes by another, by the button that says so",
                   wait_for(lambda: reader.press("Send through other")) and wait_for(lambda: "Nothing Waits" in reader.text()),
                   reader.text())
        self.long_queue(reader)
        show_page("sets")
        self.check("a server set is chosen",
                   wait_for(lambda: reader.click("work")) and
                   wait_for(lambda: "work" in agent_property("Override")),
                   reader.text())
        self.picture("sets")
        self.check("why no mail can be checked is said as it is", reader.press("Check mail (F5)") and
                   wait_for(lambda: "No server set has a POP server to check" in reader.text()), reader.text())
        call_agent(f"{AGENT[0]}.UseSet", "auto", "false")
        self.add_account(reader)
        self.change_account(reader)
        show_page("outbox")
        self.submit("Slides of today", "taro@slow.example", ("x" * 70 + "\n") * 150000)
        self.check("of what is being sent it says how far it is",
                   wait_for(lambda: re.search(r"[0-9.]+.[kM]?B of 10\.[0-9].MB", reader.text())), reader.text())
        self.picture("progress")
        show_page("history")
        self.check("what became of mail is a picture, which says so to who can't see it",
                   wait_for(lambda: "Mail, " in reader.text()), reader.text())
        self.check("its description has the numbers",
                   wait_for(lambda: "Waiting still: 1" in reader.descriptions()), reader.descriptions())
        self.check("and is drawn", wait_for(lambda: self.n_colours("540x120+10+85") > 4), self.n_colours("540x120+10+85"))
        self.picture("history")
        self.agent.kill()  # asked to go it would wait for the slow server's answer, as long as it may
        self.agent.wait()
        self.check("an agent that is gone is said, with what to do",
                   wait_for(lambda: "systemctl --user start roampost" in reader.text()), reader.text())
        show_page("outbox")
        self.check("and nothing is said of what it alone knows", self.says_nothing_of_mail(reader), reader.text())
        window.terminate()
        window.wait()
        window = self.start([self.window], "window-2.log")
        wait_for(lambda: "systemctl --user start roampost" in reader.text())
        self.check("nor is it by a window that never had one", self.says_nothing_of_mail(reader), reader.text())
        window.terminate()
        window.wait()
        log = (self.home / "window.log").read_text()
        self.check("the window has nothing to complain of", "CRITICAL" not in log, log)


def start_servers(home):
    """One that takes the first octets of a mail, and then no more; one that likes no mail, and one that does; one with
    an account, and a `roampost` whose setup finds it without asking the world."""
    picky, other = serve(replies={".": "554 5.6.0 not with such words"})["port"], serve()["port"]
    slow = serve(hold=["CONTENT"])["port"]
    good = serve(certs=str(home))["good"]
    account = serve(auth=["PLAIN"], tls="starttls")["port"]
    with (home / "roampost.conf").open("a") as config:
        config.write("[server-set slow]\nidentities=taro@slow.example\nrelay=anywhere\n"
                     f"smtp=smtp://127.0.0.1:{slow}\nsmtp-tls=off\n"
                     "[server-set picky]\nidentities=taro@picky.example\nrelay=anywhere\n"
                     f"smtp=smtp://127.0.0.1:{picky}\nsmtp-tls=off\n"
                     "[server-set other]\nidentities=taro@other.example\ncarries=@picky.example\nrelay=anywhere\n"
                     f"smtp=smtp://127.0.0.1:{other}\nsmtp-tls=off\n")
    program = home / "bin" / "roampost"
    program.parent.mkdir()
    program.write_text(f"""#!/bin/sh
command=$1
shift
[ ! -e "$HOME/full" ] || ulimit -f 2  # times 512 octets: less than the configuration has
case " $* " in
    *" --new-password "*) set -- --password-store file "$@" ;;  # its server is known
    *) set -- --smtp smtp://localhost:{account} --tls-ca-file "{good}" --password-store file "$@" ;;
esac
exec "{Path(sys.argv[4]).resolve()}" "$command" --no-agent "$@"
""")
    program.chmod(0o700)


def prepare(home):
    start_servers(home)
    os.environ["PATH"] = f"{home}/bin:{os.environ['PATH']}"
    os.environ |= {**GTK4, "GTK_A11Y": "atspi"}
    os.environ.pop("NO_AT_BRIDGE", None)


if __name__ == "__main__":
    sys.exit(main(__file__, lambda: Window(*sys.argv[1:4], sys.argv[5] if len(sys.argv) > 5 else None), CONFIG,
                  needs=["import"], lacking=lacking(), size="800x700", more=prepare, seconds=840,
                  services=SERVICES))
