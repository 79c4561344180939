#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands that talk to an agent, against one of canned answers on a private bus; and those that
work on the queue alone. test-commands.py ROAMPOST FAKE-AGENT; runs itself again in dbus-run-session."""
import json
import os
import pathlib
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import xml.etree.ElementTree as ET

UNIT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [UNIT, os.path.join(UNIT, "../fakes")]
import ownbus  # noqa: E402
from checks import check, done  # noqa: E402

roampost, fake_agent = map(os.path.abspath, sys.argv[1:3])

if not shutil.which("dbus-run-session"):
    print("1..0 # SKIP dbus-run-session is not installed")
    sys.exit(0)
if "RP_TEST_DIR" not in os.environ:
    with tempfile.TemporaryDirectory() as directory:
        on_bus = ownbus.session_with(os.path.join(directory, "data"))
        services = os.path.join(directory, "data", "dbus-1", "services")
        with open(os.path.join(services, "org.roampost.Agent1.service"), "w") as out:
            out.write(f"[D-BUS Service]\nName=org.roampost.Agent1\n"
                      f"Exec=/bin/sh -c 'exec {fake_agent} >/dev/null'\n")
        with open(os.path.join(directory, "conf"), "w") as out:
            out.write("[server-set odn]\nidentities=taro@odn.example\nrelay=anywhere\n"
                      "smtp=smtp://mail.odn.example\nsmtp-tls=off\n")
        environment = dict(os.environ, RP_TEST_DIR=directory, ROAMPOST=roampost,
                           XDG_DATA_DIRS=os.path.join(directory, "data"),
                           ROAMPOST_STATE=os.path.join(directory, "state"),
                           ROAMPOST_CONFIG=os.path.join(directory, "conf"))
        environment.pop("NO_COLOR", None)
        sys.exit(subprocess.run(["timeout", "510", *on_bus, sys.executable] +
                                sys.argv, env=environment).returncode)


def run(*arguments, text=None, env=None):
    done = subprocess.run([roampost, *arguments], input=text, capture_output=True, text=True,
                          timeout=60, env=env)
    return done.returncode, done.stdout, done.stderr


def start_agent():
    agent = subprocess.Popen([fake_agent], stdout=subprocess.PIPE, text=True)
    assert agent.stdout.readline() == "state owned\n"
    return agent


def asked(agent):
    return agent.stdout.readline().strip()


def tell(what):
    """What becomes of the next flush or check."""
    subprocess.run(["dbus-send", "--session", "--print-reply", "--dest=org.roampost.Agent1",
                    "/org/roampost/Agent1", "org.roampost.Agent1.Open", "string:" + what],
                   capture_output=True)


def stop(agent):
    """The bus, too, knows when this returns that it has gone."""
    agent.wait()
    while "true" in subprocess.run(["dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.DBus", "/",
                                    "org.freedesktop.DBus.NameHasOwner", "string:org.roampost.Agent1"],
                                   capture_output=True, text=True, check=True).stdout:
        pass


# ---- no agent, and no bus ----
no_bus = dict(os.environ, DBUS_SESSION_BUS_ADDRESS="unix:path=/nonexistent/bus")
for name, env in (("no bus", no_bus), ("no agent", None)):
    code, out, err = run("status", "--json", env=env)
    status = json.loads(out)
    check(f"status, {name}", (code, status["agent"], status["counts"]["held"], err),
          (0, False, 0, ""))
code, out, err = run("where", env=no_bus)
check("where, no bus", (code, out, "there is no session bus" in err), (1, "", True))
check("the queue is empty", run("queue"), (0, "The queue is empty.\n", ""))
check("the queue is empty, as JSON", run("queue", "--json"), (0, "[]\n", ""))

# ---- the queue alone ----
code, out, err = run("submit", "-f", "taro@odn.example", "b@other.example", "c@other.example",
                     text="Subject: hello\n\nbody\n", env=no_bus)
message = out.strip()
check("submit prints an id", (code, len(message), err), (0, 10, ""))
code, out, err = run("show", message, "--json")
shown = json.loads(out)
check("its members", sorted(shown), ["created", "id", "maybe-sent", "next-try", "pin", "recipients",
                                     "sender", "set", "size", "state", "subject"])
check("a recipient's members", sorted(shown["recipients"][0]),
      ["address", "from-as", "reasons", "reply", "sent-as", "set", "state"])
check("its values", (shown["id"], shown["state"], shown["sender"], shown["set"], shown["next-try"],
                     shown["maybe-sent"], shown["subject"], [r["address"] for r in shown["recipients"]]),
      (message, "queued", "taro@odn.example", None, None, False, "hello",
       ["b@other.example", "c@other.example"]))
check("the array has the same", json.loads(run("queue", "--json")[1]), [shown])
code, out, err = run("show", message, "--raw")
check("raw", ("Subject: hello\n" in out, out.endswith("\n\nbody\n"), "\r" in out),
      (True, True, False))
check("hold", run("hold", message[:5]), (0, "", ""))
held = json.loads(run("queue", "held", "--json")[1])
check("is held, and why", [(m["id"], [x["reason"] for r in m["recipients"] for x in r["reasons"]])
                           for m in held], [(message, ["user", "user"])])
lines = run("queue")[1].splitlines()
check("a line each where no terminal is, and nothing cut", (lines[1].startswith(message), lines[1].endswith(
    "taro@odn.example → b@other.example, c@other.example  “hello”")), (True, True))
check("below it why", lines[2].strip().startswith("It is on hold"), True)
check("release", run("release", message), (0, "", ""))
code, out, err = run("release", message)
check("what no release helps says what it is", (code, out, "is queued, and that is nothing that a release ends" in err),
      (1, "", True))
check("pin", run("pin", message, "odn"), (0, "", ""))
check("pinned", json.loads(run("show", message, "--json")[1])["pin"], "odn")
check("unpin", run("pin", message, "auto"), (0, "", ""))
check("a set that is not there", run("pin", message, "nope")[0], 1)
check("edit", run("edit", message, "--from", "<>", "--to", "d@e.example"), (0, "", ""))
edited = json.loads(run("show", message, "--json")[1])
check("edited", (edited["sender"], [r["address"] for r in edited["recipients"]]),
      ("", ["d@e.example"]))
code, out, err = run("edit", message, "--from", "taro@sonet.example")
froms = re.findall("(?m)^From: .*$", run("show", message, "--raw")[1])
check("a sender is edited in the header too", (code, froms), (0, ["From: taro@sonet.example"]))
check("edit with lists and other letters",
      run("edit", message, "--from", "Taro <a..b@docomo.example>", "--to", "H <h@bücher.example>, g@e.example",
          "--to", '"q r"@e.example'), (0, "", ""))
edited = json.loads(run("show", message, "--json")[1])
check("edited into one form", (edited["sender"], [r["address"] for r in edited["recipients"]]),
      ('"a..b"@docomo.example', ["h@xn--bcher-kva.example", "g@e.example", '"q r"@e.example']))
for words in (("--to", "nobody"), ("--to", "a@b@c"), ("--to", "a@b\nX-Injected: yes"), ("--to", "a@b, \"c"), ("--to", ""),
              ("--from", "a@b, c@d"), ("--from", "nobody"), ("--to", "a@b", "--from", "a@x\u200dy.example")):
    check(f"edit refuses {words!r}", run("edit", message, *words)[0], 2)
check("and changes nothing", json.loads(run("show", message, "--json")[1])["sender"], '"a..b"@docomo.example')
check("edit needs something to do", run("edit", message)[0], 2)
check("two at once, one of them unknown: nothing is done",
      (run("hold", message, "zzzzzzzzzz")[0], json.loads(run("queue", "--json")[1])[0]["state"]),
      (1, "queued"))
check("retry without an agent", run("retry", message, env=no_bus), (0, "", ""))
check("pause without an agent", (run("pause", env=no_bus), "Paused" in run("status", env=no_bus)[1],
                                 run("resume", env=no_bus), "Paused" in run("status", env=no_bus)[1]),
      ((0, "", ""), True, (0, "", ""), False))
for words, reason in ((("--hold",), "user"), (("--not-before", "1h30m"), "not-before"), (("--not-before", "23:59:59"), "not-before"), (("--not-before", "00:00"), "not-before")):
    code, out, err = run("submit", *words, "-f", "taro@odn.example", "b@other.example", text="Subject: later\n\n", env=no_bus)
    later = json.loads(run("show", out.strip(), "--json")[1])
    check(f"submit {words}", (code, later["state"], [x["reason"] for x in later["recipients"][0]["reasons"]]),
          (0, "held", [reason]))
    check("and its remedy", run("release", later["id"], env=no_bus), (0, "", ""))
    check("frees it", json.loads(run("show", later["id"], "--json")[1])["state"], "queued")
    run("delete", later["id"])
for bad in ("yesterday", "2020-01-01", "25:00", "", "2099-13-01T10:00Z", "2099-12-01T10:30+9", "2099-12-01T10:30 JST"):
    check(f"submit --not-before {bad!r}", run("submit", "--not-before", bad, "b@other.example", text="\n\n")[0], 2)
for written, meant in (("2099-12-01T10:30Z", "2099-12-01T10:30:00Z"), ("2099-12-01T10:30+09:00", "2099-12-01T01:30:00Z"),
                       ("2099-12-01T10:30:15+0900", "2099-12-01T01:30:15Z"), ("2099-12-01 10:30 +09", "2099-12-01T01:30:00Z"),
                       ("2099-12-01t10:30z", "2099-12-01T10:30:00Z"), ("2099-12-01 10:30:00-05:30", "2099-12-01T16:00:00Z"),
                       ("2099-12-01T10:30", "2099-12-01T07:30:00Z"), ("2099-12-01", "2099-11-30T21:00:00Z")):
    code, out, err = run("submit", "--not-before", written, "b@other.example", text="Subject: later\n\n", env=dict(no_bus, TZ="UTC-3"))
    check(f"submit --not-before {written!r}", (code, err), (0, ""))
    check("is until then", json.loads(run("show", out.strip(), "--json")[1])["next-try"], meant)
    run("delete", out.strip())
two = [run("submit", "-f", "taro@odn.example", "b@other.example", text="Subject: later\n\n", env=no_bus)[1].strip() for _ in range(2)]
check("two get another sender at once", run("edit", *two, "--from", "ki@odn.example"), (0, "", ""))
check("and have it", [json.loads(run("show", one, "--json")[1])["sender"] for one in two], ["ki@odn.example"] * 2)
code, out, err = run("edit", *two, "--to", "x@y.example")
check("but not the same recipients", (code, "edit: --to gives one message its recipients: name one ID" in err), (2, True))
for one in two:
    run("delete", one)
check("delete", run("delete", message), (0, "", ""))
check("its content is gone", run("show", message, "--raw")[0], 1)
code, out, err = run("show", message[:8])
check("what became of it is not", (code, "Subject     hello" in out, "g@e.example: deleted" in out), (0, True, True))
gone = json.loads(run("show", message, "--json")[1])
check("in the same form", (sorted(gone) == sorted(shown), gone["state"], gone["subject"],
                           [r["address"] for r in gone["recipients"]]),
      (True, "deleted", "hello", ["h@xn--bcher-kva.example", "g@e.example", '"q r"@e.example']))
check("one that never was", run("show", "zzzzzzzzzz")[0], 1)
check("history", [(r["event"], r["id"], r["subject"], r["recipients"], r["n-recipients"])
                  for r in json.loads(run("history", "--json")[1]) if r["subject"] != "later"],
      [("held", message, "hello", ["b@other.example", "c@other.example"], 2),
       ("deleted", message, "hello", ["h@xn--bcher-kva.example", "g@e.example", '"q r"@e.example'], 3)])
for find, n in (("HELLO", 2), ("c@other", 1), ("g@e.ex", 1), ("nothing", 0)):
    check(f"history of {find}", len(json.loads(run("history", "--find", find, "--json")[1])), n)
code, out, err = run("history", "--svg", "-")
check("history as a picture", (code, err, ET.fromstring(out).tag, "“hello” to" in out, "deleted" in out),
      (0, "", "{http://www.w3.org/2000/svg}svg", True, True))
picture = pathlib.Path(os.environ["RP_TEST_DIR"], "week.svg")
check("in a file", (run("history", "--svg", picture, "--find", "nothing"), "No mail in this time" in picture.read_text()),
      ((0, "", ""), True))
check("in none", run("history", "--svg", pathlib.Path(os.environ["RP_TEST_DIR"], "no", "week.svg"))[0], 1)
check("as two things at once", run("history", "--svg", "-", "--json")[0], 2)
check("no such state", run("queue", "nope")[0], 2)

# ---- an agent ----
agent = start_agent()
code, out, err = run("status")
check("status", (code, out.splitlines(), err),
      (0, ["Agent       runs", "Config      the newest is not in force, the last good one is:", "            roampost.conf:3: no",
           "            and 1 more: see “roampost config check”", "Problem     full", "Place       inside odn",
           "Server set  odn, chosen automatically", "Queue       2 held"],
       ""))
code, out, err = run("where")
check("where", (code, "ODN dial-up" in out and "Inside odn on ppp0, by prefix, for IPv4" in out and
                "Seen from outside as 203.0.113.7" in out and
                "The network of 203.0.113.7 on ppp0 is ODN (AS64496)" in out, max(map(len, out.splitlines())) <= 80),
      (0, True, True))
check("where, as JSON", json.loads(run("where", "--json")[1])["links"][0]["interface"], "ppp0")
code, out, err = run("sets")
check("sets", (code, "So-net takes mail only" in " ".join(out.split())), (0, True))
code, out, err = run("explain", "m1")
check("explain", (code, "this place is not inside ODN" in " ".join(out.split())), (0, True))
check("it was asked", asked(agent), "Explain m1")
# The form that programs rely on, whatever the bus has.
check("status, as JSON", json.loads(run("status", "--json")[1]), {
    "place": {"online": True, "state": "online", "inside": ["odn"], "key": "k"}, "current-set": "odn", "override": "auto", "sets": 2, "paused": False,
    "counts": {"queued": 0, "held": 2, "sending": 0, "deferred": 0, "failed": 0}, "sending": None, "active": [],
    "config-refused": ["roampost.conf:3: no", "roampost.conf:4: no"], "config-lacking": False, "problems": ["full"],
    "agent": True})
check("where, as JSON", json.loads(run("where", "--json")[1]), {
    "state": "online",
    "links": [{"interface": "ppp0", "kind": "ppp", "addresses": ["203.0.113.7", "2001:db8::7"],
               "nm-connection": "ODN dial-up", "ssid": None, "ppp-peer": None, "gateway": None,
               "operator": None, "roaming": False, "open": False,
               "metered": True, "connectivity": "full", "default-route": True}],
    "public-addresses": ["203.0.113.7"],
    "networks": [{"link": "ppp0", "address": "203.0.113.7", "asn": 64496, "name": "ODN"}],
    "inside": [{"provider": "odn", "by": "prefix", "link": "ppp0", "family": "ipv4"}]})
check("sets, as JSON", json.loads(run("sets", "--json")[1]), [
    {"set": "odn", "provider": "odn", "identities": ["taro@odn.example"], "usable": True, "rule": "inside", "steps": [],
     "reasons": [], "current": True, "pop": True},
    {"set": "sonet", "provider": "sonet", "identities": [], "usable": False, "rule": None, "steps": [],
     "reasons": [{"set": "sonet", "reason": "outside", "text": "So-net takes mail only from its own network.",
                  "unlock": [{"enter": "sonet"}, {"retry-after": "2025-11-24T16:00:00Z"}],
                  "to-free": ["connect to So-net", "wait until 2025-11-24T16:00:00Z"]}],
     "current": False, "pop": True}])
check("explain, as JSON", json.loads(run("explain", "m1", "--json")[1]), [
    {"recipient": "b@other.example", "set": "odn", "rule": "inside", "term": "inside", "holds": False,
     "may-carry": True, "owns": True, "chosen": False, "why": "this place is not inside ODN"}])
check("it was asked", asked(agent), "Explain m1")
code, out, err = run("retry", "m1", "m9")
check("some are refused", (code, out, err), (1, "", "roampost: message m9 is being sent\n"))
check("the others are not", asked(agent), "Change retry m1 m9")
for command, want in ((("use", "odn"), "UseSet odn"), (("use", "auto"), "UseSet auto"),
                      (("use", "odn", "--keep"), "UseSet odn kept"),
                      (("forget", "failures"), "Forget failures"),
                      (("retry", "m1"), "Change retry m1"), (("flush", "m1", "m2"), "Change flush m1 m2"),
                      (("check", "odn"), "Check odn"), (("check",), "Check odn sonet")):
    check(" ".join(command), (run(*command), asked(agent)), ((0, "", ""), want))
code, out, err = run("submit", "--hold", "-f", "taro@odn.example", "b@other.example", text="Subject: stays\n\n")
stays = out.strip()
check("flush says what stays", (run("flush"), asked(agent)),
      ((0, "1 message stays held: “roampost queue held” says why\n", ""), "Change flush"))
code, out, err = run("flush", stays)
check("of one, why", (code, out.startswith(stays + " is held. It is on hold because you said so."), asked(agent)),
      (0, True, "Change flush " + stays))
run("delete", stays)
# Under the user's word other senders' mail goes by the set too, but for what is kept from it.
others = [run("submit", *words, "-f", sender, "b@other.example", text=f"From: {sender}\n\n", env=no_bus)[1].strip() for sender, *words in
          (("ki@sonet.example",), ("ki@sonet.example", "--hold"), ("ki@sonet.example", "--not-before", "1h"), ("taro@odn.example",))]
said = "1 mail of another sender waits (ki@sonet.example), and goes through “odn” too where its rules allow it; “roampost use auto” ends that.\n"
check("use of a set says whose mail goes by it too", (run("use", "odn"), asked(agent)), ((0, said, ""), "UseSet odn"))
run("release", others[1], env=no_bus)
code, out, err = run("use", "odn", "--keep")
check("of two", (code, out.startswith("2 mails of other senders wait (ki@sonet.example, for one), and go"), asked(agent)),
      (0, True, "UseSet odn kept"))
check("use auto has nothing to say", (run("use", "auto"), asked(agent)), ((0, "", ""), "UseSet auto"))
run("delete", *others)
code, out, err = run("use", "nope")
check("use nope", (code, "there is no server set" in err, asked(agent)), (1, True, "UseSet nope"))
check("use auto --keep", run("use", "auto", "--keep")[0], 2)
code, out, err = run("config", "--help")
check("config --help", (code, "config check" in out and "config show" in out, err), (0, True, ""))
check("help config", run("help", "config"), (0, out, ""))
code, out, err = run("explain", stays)
check("explain of mail that is gone names what tells of it", (code, f"“roampost show {stays}” says" in err), (1, True))

# Flushes that were not waited for may still be under way.
check("flush --wait", run("flush", "--wait")[::2], (0, ""))
code, out, err = run("flush", "--wait")
check("tells what is sent", (code, out), (0, "m1 sent through odn\n"))
tell("asked")
check("tells what is sent before it hears that nothing is left", run("flush", "--wait"), (0, "m1 sent through odn\n", ""))
tell("failed")
code, out, err = run("flush", "--wait")
check("flush --wait, a failure", (code, out), (1, "m1 failed: no such user\n"))
code, out, err = run("check", "--wait")
check("check --wait, a failure", (code, out, err), (
    1, "odn checked, 0 fetched\nm1 failed: no such user\n",
    "roampost: sonet could not be checked: the password was refused\n"))
tell("starting")
check("check waits for an agent that does not know yet where it is", run("check", "odn", "--wait")[::2],
      (0, ""))
tell("sent")
check("check --wait, until all is sent", run("check", "--wait"),
      (0, "odn checked, 0 fetched\nsonet checked, 0 fetched\nm1 sent through odn\n", ""))

tell("looking")
code, out, err = run("sets")
check("sets waits for an agent that has just been started", (code, "No link is up" in out, "So-net takes mail only" in " ".join(out.split())),
      (0, False, True))
tell("looking")
check("where, too", json.loads(run("where", "--json")[1])["state"], "online")
tell("looking")
check("and explain", (run("explain", "m1")[0], run("status", "--json")[1].count('"state":"online"')), (0, 1))
tell("busy")
check("what is the same in words is said once", run("where")[1].count("Inside odn on ppp0, by prefix"), 1)
check("and what is so for both families, without them", [line for line in run("where")[1].splitlines() if "gmail" in line],
      ["Inside gmail on ppp0, by prefix", "Inside gmail on ppp1, by prefix, for IPv6"])
code, out, err = run("sets")
check("what would free a set is a command as it is", ("roampost retry" in out, "roampost forget failures" in " ".join(out.split())), (False, True))
code, out, err = run("status")
check("while something is sent the queue is not empty", ("Sending     m1 through odn" in out, "empty" in out), (True, False))

conf = os.path.join(os.environ["RP_TEST_DIR"], "conf-of-setup")
pathlib.Path(conf).touch(0o600)
tell("quick")
code, out, err = run("setup", "--no-agent", "--sendmail-of", "none", "--smtp", "smtps://127.0.0.1:1", "--untested", "--yes",
                     "--password-command", "echo secret", "--test-mail", "u@odn.example", env=dict(os.environ, ROAMPOST_CONFIG=conf))
check("a test mail that was sent before its flush came was sent", (code, " sent through odn\n" in out, "no message" in err),
      (0, True, False))

watch = subprocess.Popen([roampost, "watch", "--json"], stdout=subprocess.PIPE, text=True)
people = subprocess.Popen([roampost, "watch"], stdout=subprocess.PIPE, text=True)
status_lines = [people.stdout.readline() for _ in range(3)]
tell("sent")  # one has subscribed, it has asked for the status; the other will see this flush, or one of the next
events = queue.Queue()
threading.Thread(target=lambda: [events.put(json.loads(line)) for line in watch.stdout], daemon=True).start()
event = {"signal": None}
while event["signal"] != "MessageSent":
    run("flush", "--wait")
    while event["signal"] != "MessageSent" and not events.empty():
        event = events.get()
check("watch --json", (event["signal"], event["arguments"]), ("MessageSent", ["m1", "odn"]))
line = people.stdout.readline()
while "sent through" not in line:
    line = people.stdout.readline()
check("watch", line[8:].strip(), "m1 sent through odn")
for process in (watch, people):
    process.send_signal(signal.SIGINT)
    process.wait()

tell("gone")
code, out, err = run("flush", "--wait")
check("the agent goes away while it is waited for", (code, "gone" in err or "sent" in out), (
    code, True))
stop(agent)

# ---- an agent that the bus starts ----
check("status starts none", json.loads(run("status", "--json")[1])["agent"], False)
check("where starts one", run("where")[0], 0)
check("now there is one", json.loads(run("status", "--json")[1])["agent"], True)
done()
