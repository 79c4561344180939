#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One agent, in the locale C, asked in two languages. test-languages.py ROAMPOSTD ROAMPOST
ROAMPOST-SENDMAIL LOCALE-DIR; runs itself again in dbus-run-session."""

import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import unicodedata

UNIT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [UNIT, os.path.join(UNIT, "../fakes")]
from cases import Skip, equal, main, test  # noqa: E402
import ownbus  # noqa: E402
from languages import environment, make_locale  # noqa: E402

ROAMPOSTD, ROAMPOST, SENDMAIL, LOCALES = map(os.path.abspath, sys.argv[1:5])
CONF = """[provider odn]
name=ODN
prefixes=203.0.113.0/24
nm-connections=dial-up
[server-set odn]
provider=odn
identities=taro@odn.example
relay=sender-domain
domains=odn.example
smtp=smtp://mail.odn.example
smtp-tls=off
"""
# A server on this machine is tried without a network too.
UNREACHABLE = """[server-set here]
identities=taro@odn.example
relay=anywhere
smtp=smtp://127.0.0.1:1
smtp-tls=off
"""
JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")

if not shutil.which("dbus-run-session"):
    print("1..0 # SKIP dbus-run-session is not installed")
    sys.exit(0)
if "RP_TEST_DIR" not in os.environ:
    with tempfile.TemporaryDirectory(prefix="roampost-languages-") as made:
        problem = make_locale(made)
        if problem:
            print(f"1..0 # SKIP {problem}")
            sys.exit(0)
        with open(os.path.join(made, "conf"), "w") as out:
            out.write(CONF)
        sys.exit(subprocess.run(
            ["timeout", "330", *ownbus.SESSION, sys.executable] + sys.argv,
            env=dict(os.environ, RP_TEST_DIR=made, ROAMPOST_STATE=os.path.join(made, "state"),
                     ROAMPOST_CONFIG=os.path.join(made, "conf"), XDG_DATA_DIRS=made, ROAMPOST_LINKS="ppp",
                     DBUS_SYSTEM_BUS_ADDRESS="unix:path=/nonexistent")).returncode)

DIRECTORY = os.environ["RP_TEST_DIR"]


def run(language, *arguments, program=ROAMPOST, text=None, **more):
    done = subprocess.run([program, *arguments], input=text, capture_output=True, text=True, timeout=60,
                          env=dict(environment(DIRECTORY, LOCALES, language), **more))
    return done.stdout + done.stderr


def run_on_terminal(language, command, key):
    """What it writes to one of 40 columns and 12 lines until the key ends it, once it has counted what has no room."""
    terminal, other = pty.openpty()
    fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 12, 40, 0, 0))
    program = subprocess.Popen([ROAMPOST, command], stdin=other, stdout=other, stderr=other,
                               env=dict(environment(DIRECTORY, LOCALES, language), TERM="xterm"))
    os.close(other)
    written = b""
    try:
        while select.select([terminal], [], [], 20)[0]:
            written += os.read(terminal, 65536)
            if "ほか".encode() in written and key:
                os.write(terminal, key.encode())
                key = None
    except OSError:  # EIO: nobody has it open any more
        pass
    finally:
        os.close(terminal)
        program.kill()
        program.wait()
    return written.decode(errors="replace")


def flat(text):
    """Without what wrapping has put in: Japanese has no blanks of its own."""
    return re.sub(r"\s+", "" if JAPANESE.search(text) else " ", text)


def wants(text, *parts):
    for part in parts:
        if flat(part) not in flat(text):
            raise AssertionError(f"no “{part}” in:\n{text}")


def columns(text):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
               for c in text)


def start_agent(language, **more):
    agent = subprocess.Popen([ROAMPOSTD, "-v"], stderr=subprocess.PIPE, text=True,
                             env=dict(environment(DIRECTORY, LOCALES, language), **more))
    log = []
    for line in agent.stderr:
        log.append(line)
        if "the name org.roampost.Agent1 is ours" in line:
            return agent, log
    raise AssertionError("".join(log))


def stop_agent(agent):
    agent.send_signal(signal.SIGTERM)
    log = agent.stderr.read()
    equal(agent.wait(90), 0, log)
    return log


@test
def why_no_agent_can_be_asked_is_in_the_language_of_the_rest():
    said = run("ja", "where", DBUS_SESSION_BUS_ADDRESS="unix:path=/nonexistent/bus")
    wants(said, "エージェントに尋ねるためのセッションバスがありません: unix:path=/nonexistent/bus のメッセージバスから応答がありません")


@test
def what_the_agent_says_is_in_the_asker_s_language():
    agent, log = start_agent("en")
    try:
        message = run("en", "-f", "taro@odn.example", "a@b.example", program=SENDMAIL, text="Subject: x\n\n")
        equal(message, "")
        identity = json.loads(run("en", "queue", "--json"))[0]["id"]
        for language, parts in (("en", ("SET", "mail waits for a network")), ("ja", ("ネットワークを待っています",)),
                                ("en", ("mail waits for a network",))):
            wants(run(language, "sets"), *parts)
            wants(run(language, "queue"), *parts[-1:])
            wants(run(language, "explain", identity), {"en": "the sender's domain", "ja": "差出人のドメイン"}[language])
        wants(run("ja", "show", identity), "ネットワークを待っています")
        # Said when the call is over for the agent, and in the words of another one.
        wants(run("ja", "dial", "odn"), "システムバスがありません")
        wants(run("en", "dial", "odn"), "there is no system bus")
        wants(run("ja", "use", "nope"), "「nope」というサーバーセットはありません")
    finally:
        log = "".join(log) + stop_agent(agent)
    if JAPANESE.search(log):
        raise AssertionError(f"the log is not in English:\n{log}")


@test
def codes_and_stored_words_are_in_none():
    agent, _ = start_agent("ja")
    try:
        english, japanese = (json.loads(run(language, "queue", "--json")) for language in ("en", "ja"))
    finally:
        stop_agent(agent)
    reasons = [one[0]["recipients"][0]["reasons"][0] for one in (english, japanese)]
    equal([one["reason"] for one in reasons], ["offline", "offline"])
    equal(bool(JAPANESE.search(reasons[0]["text"])), False)
    equal(bool(JAPANESE.search(reasons[1]["text"])), True)
    for name in os.listdir(os.environ["ROAMPOST_STATE"]):
        path = os.path.join(os.environ["ROAMPOST_STATE"], name)
        if os.path.isfile(path):
            with open(path, "rb") as data:
                equal("ネットワーク".encode() in data.read(), False, name)


@test
def an_error_of_the_configuration_is_said_in_the_asker_s_language():
    """It is kept in English, as why mail is held, and said anew: what stands in it, and of what it is made."""
    path = os.path.join(DIRECTORY, "bad")
    own = {"ROAMPOST_LINKS": "kernel", "ROAMPOST_CONFIG": path, "ROAMPOST_STATE": os.path.join(DIRECTORY, "bad-state")}
    for line, japanese, english in (
            ("priority=x # y", "「x # y」は整数ではありません (コメントは独立した行に書いてください)", "“x # y” is not a whole number"),
            ("provider=odn", "「odn」というプロバイダーはありません。グループ [provider odn] を追加してください", "there is no provider “odn”; add a group"),
            ("smpt=x", "不明なキーです。「smtp」ではありませんか?", "did you mean “smtp”?")):
        with open(path, "w") as out:
            out.write(f"[server-set odn]\nidentities=taro@odn.example\nsmtp=smtp://mail.odn.example\n{line}\n")
        agent, _ = start_agent("en", **own)
        try:
            run("en", "-f", "taro@odn.example", "a@b.example", program=SENDMAIL, text="Subject: x\n\n", **own)
            said = run("ja", "queue", "held", **own)
            if "リンクがありません" in said:
                raise Skip("there is no network here, which is said first")
            wants(said, f"{path}:4:[server-set", japanese)
            wants(run("en", "queue", "held", **own), english)
        finally:
            stop_agent(agent)


@test
def nothing_is_said_as_nothing():
    """Not as the header of the catalogue, which is the translation of an empty text."""
    agent, _ = start_agent("en")
    try:
        for _ in range(5):
            run("en", "-f", "taro@odn.example", "a@b.example", program=SENDMAIL, text="Subject: x\n\n")
        screen = run_on_terminal("ja", "watch", "q")
    finally:
        stop_agent(agent)
    wants(screen, "サーバーセット", "ほか")
    equal("Project-Id" in screen, False, screen)


@test
def daemons_say_their_options_in_the_caller_s_language():
    wants(run("ja", "--help", program=ROAMPOSTD), "すべての判断と手順をログに書く")
    wants(run("en", "--help", program=ROAMPOSTD), "Log every decision and every step")
    wants(run("ja", "--nonsense", program=ROAMPOSTD), "不明なオプションです。roampostd --help")


def ask_for_sets():
    """By a program that says no language."""
    return subprocess.run(["dbus-send", "--session", "--print-reply", "--dest=org.roampost.Agent1",
                           "/org/roampost/Agent1", "org.freedesktop.DBus.Properties.Get",
                           "string:org.roampost.Agent1", "string:Sets"],
                          capture_output=True, text=True, check=True).stdout


@test
def who_says_no_language_is_answered_in_the_session_s():
    agent, _ = start_agent("ja")
    try:
        wants(ask_for_sets(), "ネットワークを待っています")
        wants(run("en", "sets"), "mail waits for a network")
        wants(ask_for_sets(), "ネットワークを待っています")
    finally:
        stop_agent(agent)


@test
def what_happened_to_a_session_is_said_in_both():
    path = os.path.join(DIRECTORY, "unreachable")
    with open(path, "w") as out:
        out.write(UNREACHABLE)
    other = {"ROAMPOST_CONFIG": path, "ROAMPOST_STATE": os.path.join(DIRECTORY, "unreachable-state")}
    agent, _ = start_agent("ja", **other)
    try:
        run("en", "-f", "taro@odn.example", "a@b.example", program=SENDMAIL, text="Subject: x\n\n", **other)
        run("en", "flush", "--wait", **other)
        for command in ("queue", "history"):
            wants(run("en", command, **other), "here's server can't be reached", "127.0.0.1:1: Connection refused")
            wants(run("ja", command, **other), "here のサーバーに接続できません", "127.0.0.1:1: 接続を拒否されました")
    finally:
        stop_agent(agent)


@test
def notifications_are_in_the_session_s_language():
    told = subprocess.Popen(["/usr/bin/python3", os.path.join(os.path.dirname(__file__), "notifications.py")],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        if told.stdout.readline() != "ready\n":
            raise Skip("python3-dbus or python3-gi is not installed")
        agent, _ = start_agent("ja")  # in English: tests/unit/agent/test-notices.c
        try:
            notice = json.loads(told.stdout.readline())
        finally:
            stop_agent(agent)
        equal(notice["summary"], "メールが待っています")
        wants(notice["body"], "ネットワークを待っています")
    finally:
        told.kill()
        told.wait()


@test
def columns_stand_below_each_other():
    for command in ("queue", "help"):
        lines = run("ja", command).splitlines()
        text = "\n".join(lines)
        if not JAPANESE.search(text):
            raise AssertionError(text)
        for line in lines:
            if columns(line) > 80 and " → " not in line and "roampost" not in line:
                raise AssertionError(f"{columns(line)} columns: {line}")
    header, row = run("ja", "queue").splitlines()[:2]
    equal(columns(header[:header.index("差出人")]), columns(row[:row.index("taro@")]), header + "\n" + row)
    label = run("ja", "status").splitlines()
    values = {columns(re.match(r"\S+ +", line).group(0)) for line in label if re.match(r"\S+  +\S", line)}
    equal(len(values), 1, "\n".join(label))


@test
def names_of_no_locale_change_nothing():
    """As a daemon of dnf's died of (rpm-software-management/dnf5, pull request 2643)."""
    agent, _ = start_agent("en")
    try:
        for names in ([], [""], ["../../../../etc/passwd"], ["x" * 5000], ["xx_YY.UTF-8"] * 3, ["日本語"], ["%s%n"]):
            answer = subprocess.run(
                ["gdbus", "call", "--session", "--dest", "org.roampost.Agent1", "--object-path",
                 "/org/roampost/Agent1", "--method", "org.roampost.Agent1.SetLanguages",
                 json.dumps(names, ensure_ascii=False) if names else "@as []"],
                capture_output=True, text=True, timeout=90)
            equal(answer.returncode, 0, f"{names}: {answer.stderr}")
        wants(run("ja", "sets"), "ネットワークを待っています")
    finally:
        stop_agent(agent)


@test
def language_in_the_agent_s_environment_is_its_session_s_alone():
    """LANGUAGE stands above every locale, for all threads (inverse-inc/packetfence, pull request 1496)."""
    for own, settings in (("ネットワークを待っています", {"LANGUAGE": "xx:ja"}),
                          ("mail waits for a network", {"LANGUAGE": "ja", "LC_ALL": "C"}),
                          ("mail waits for a network", {"LANGUAGE": "en"})):
        agent, _ = start_agent("ja", **settings)
        try:
            wants(ask_for_sets(), own)
            wants(run("en", "sets"), "mail waits for a network")
            wants(run("ja", "sets"), "ネットワークを待っています")
            # In the locale C it does not count (owncloud/client, issue 6650).
            wants(run("en", "sets", LC_ALL="C", LANGUAGE="ja"), "mail waits for a network")
        finally:
            stop_agent(agent)


@test
def another_character_set_gets_english():
    if make_locale(DIRECTORY, "EUC-JP"):
        raise Skip("localedef does not make ja_JP.EUC-JP")
    wants(run("ja", "status", LC_ALL="ja_JP.EUC-JP"), "Queue")


@test
def numbers_and_dates_for_programs_are_in_none():
    """Dates in the locale's words made headers that nobody reads (nagios-plugins-contrib, issue 83)."""
    other = {"ROAMPOST_STATE": os.path.join(DIRECTORY, "dates-state")}
    run("ja", "-f", "taro@odn.example", "a@b.example", program=SENDMAIL, text="Subject: x\n\n", **other)
    identity = json.loads(run("ja", "queue", "--json", **other))[0]["id"]
    raw = run("ja", "show", identity, "--raw", **other)
    if not re.search(r"^Date: (Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d+ [A-Z][a-z]{2} \d{4} ", raw, re.M):
        raise AssertionError(raw)


@test
def language_alone_says_it_too():
    # LANGUAGE stands above the locale, which must not be C.
    wants(run("ja", "status", LANGUAGE="en"), "Queue")
    wants(run("ja", "status", LANGUAGE="xx:ja"), "キュー")
    wants(run("en", "status"), "Queue")


main()
