#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""test_other_user.py: another user of the machine can't hand mail over by TCP, by the unix socket or
over the bus, and can't read the queue. It is tried as that user; the owner, who tries the same
things, succeeds."""

import os
import stat
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lab import tap, world  # noqa: E402
from lab.roampost import program  # noqa: E402
import outbox  # noqa: E402

OTHER = 65534

BY_SMTP = """
import socket, sys
where = sys.argv[1]
s = socket.socket(socket.AF_UNIX if where[0] == "/" else socket.AF_INET)
s.settimeout(60)
s.connect(where if where[0] == "/" else ("127.0.0.1", int(where)))
s.sendall(b"EHLO me\\r\\nMAIL FROM:<taro@odn.example>\\r\\nRCPT TO:<a@x.example>\\r\\nDATA\\r\\nSubject: x\\r\\n\\r\\nx\\r\\n.\\r\\nQUIT\\r\\n")
answers = s.makefile().read()
print(answers, end="")
sys.exit(0 if "\\n250 2.0.0" in answers else 9)
"""
# Every method of the agent, of which the first would be enough; with the bus's own words for no.
OVER_BUS = """
import os, sys, gi
from gi.repository import Gio, GLib
bus = Gio.DBusConnection.new_for_address_sync(sys.argv[1], Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT |
    Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
mail = os.memfd_create("mail")
os.write(mail, b"Subject: x\\n\\nx\\n")
os.lseek(mail, 0, os.SEEK_SET)
fds = Gio.UnixFDList.new()
calls = {"Submit": GLib.Variant("(hsasa{sv})", (fds.append(mail), "taro@odn.example", ["a@x.example"], {})),
         "List": GLib.Variant("(assu)", ([], "", 10)), "Change": GLib.Variant("(sasa{sv})", ("flush", [], {}))}
done = 0
for method, arguments in calls.items():
    try:
        bus.call_with_unix_fd_list_sync("org.roampost.Agent1", "/org/roampost/Agent1", "org.roampost.Agent1", method,
                                        arguments, None, Gio.DBusCallFlags.NONE, 10000, fds if method == "Submit" else None, None)
        done += 1
    except GLib.Error as error:
        print(method, error.message)
sys.exit(0 if done == len(calls) else 9 if done == 0 else 1)
"""
READ = """
import os, sys
read = []
for path in sys.argv[1:]:
    try:
        (os.listdir if os.path.isdir(path) else open)(path)
        read.append(path)
    except OSError as error:
        print(path, error.strerror)
sys.exit(0 if len(read) == len(sys.argv) - 1 else 9 if not read else 1)
"""


def try_it(box, uid, code, *arguments):
    """The status, 0 for all of it and 9 for nothing, and what was said."""
    who = ["setpriv", "--reuid=%d" % uid, "--regid=%d" % uid, "--clear-groups", "--"] if uid else []
    env = {k: v for k, v in box.env.items() if not k.startswith(("ROAMPOST", "XDG"))} if uid else box.env
    done = subprocess.run([*who, "/usr/bin/python3", "-c", code, *map(str, arguments)], env=env, cwd="/", timeout=60,
                          capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def hands_over(t, box, ways):
    for what, code, where in ways:
        before = len(box.queued())
        status, said = try_it(box, OTHER, code, where)
        t.note(said.replace("\r", "").strip()[-400:])
        t.equal((status != 0, len(box.queued())), (True, before), "another user: no mail " + what)
        status, said = try_it(box, 0, code, where)
        t.equal((status, len(box.queued())), (0, before + 1), "the owner: mail " + what)


def main():
    if os.geteuid() != 0 or not outbox.find("setpriv"):
        tap.skip_all("only root can be another user")
    world.enter_stage(220)
    t = tap.Tap()
    try:
        box = outbox.Outbox()
        # All that is on the way is open, so that it is the agent itself that refuses.
        for path in (world.DIR, box.user.dir):
            os.chmod(path, 0o755)
        by_tcp = [("by TCP", BY_SMTP, box.port)]
        by_bus = [("over the bus", OVER_BUS, box.env["DBUS_SESSION_BUS_ADDRESS"])]
        hands_over(t, box, by_tcp + by_bus)
        status, said = try_it(box, OTHER, BY_SMTP, box.port)
        t.check("554 5.7.1" in said and "250" not in said, "TCP: refused before MAIL", said)

        socket = world.DIR + "/smtp"
        with open(box.user.config) as config:
            text = config.read()
        box.user.configure(text.replace("listen=127.0.0.1:%d" % box.port, "listen=" + socket))
        world.wait_for(lambda: os.path.exists(socket), "the unix socket")
        hands_over(t, box, [("by the unix socket", BY_SMTP, socket)])
        t.check("Permission denied" in try_it(box, OTHER, BY_SMTP, socket)[1], "its mode keeps others out")
        os.chmod(socket, 0o666)
        hands_over(t, box, [("by a unix socket that somebody opened", BY_SMTP, socket)])

        files = [box.state] + ["%s/%s" % (box.state, name) for name in os.listdir(box.state)
                               if stat.S_ISREG(os.stat("%s/%s" % (box.state, name)).st_mode)]
        status, said = try_it(box, OTHER, READ, *files)
        t.equal(status, 9, "another user can't read anything of the queue")
        t.equal(try_it(box, 0, READ, *files)[0], 0, "the owner can")
        modes = {path: oct(stat.S_IMODE(os.stat(path).st_mode) & 0o077) for path in files}
        t.equal([path for path, mode in modes.items() if mode != "0o0"], [], "nothing of it is open to others by its own mode")
        for name in ("roampost-sendmail", "roampost"):
            words = {"roampost-sendmail": ["-bp"], "roampost": ["queue"]}[name]
            done = subprocess.run(["setpriv", "--reuid=%d" % OTHER, "--regid=%d" % OTHER, "--clear-groups", "--", program(name), *words],
                                  env=box.env, capture_output=True, text=True, cwd="/", timeout=60)
            t.check(done.returncode != 0 and "a@x.example" not in done.stdout, name + " does not show it to another user",
                    done.stdout + done.stderr)
        t.equal(box.user.stop_agent(), 0, "the agent ends well")
    except Exception:
        t.crash("another user")
        world.show_logs()
    t.done()


if __name__ == "__main__":
    main()
