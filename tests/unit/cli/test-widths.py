#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`status`, `sets`, `explain`, `queue`, `history`, `doctor` and `show` of a real agent on terminals of 40, 80 and 200 columns, in English
and Japanese: no line is wider than the terminal, columns begin below each other, whatever is in them.
test-widths.py ROAMPOST AGENT SENDMAIL LOCALE_DIR [--show]; runs itself again in dbus-run-session."""
import fcntl
import json
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unicodedata
from pathlib import Path

UNIT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(UNIT), str(UNIT / "po"), str(UNIT.parent / "fakes")]
import languages  # noqa: E402
import ownbus  # noqa: E402
from checks import check, done  # noqa: E402

roampost, agent, sendmail, locale_dir = (os.path.abspath(word) for word in sys.argv[1:5])
for program in ("dbus-run-session", "gdbus"):
    if not shutil.which(program):
        print(f"1..0 # SKIP {program} is not installed")
        sys.exit(0)
if "RP_TEST_DIR" not in os.environ:
    with tempfile.TemporaryDirectory() as directory:
        lacking = languages.make_locale(directory)
        if lacking:
            print(f"1..0 # SKIP {lacking}")
            sys.exit(0)
        environment = dict(languages.environment(directory, locale_dir, "en"), RP_TEST_DIR=directory, ROAMPOST_STATE=directory + "/state", TZ="UTC",
                           ROAMPOST_CONFIG=directory + "/roampost.conf", XDG_RUNTIME_DIR=directory,
                           DBUS_SYSTEM_BUS_ADDRESS=f"unix:path={directory}/none")
        environment.pop("NO_COLOR", None)
        sys.exit(subprocess.run(["timeout", "600", *ownbus.SESSION, sys.executable] + sys.argv,
                                env=environment).returncode)

HOME = os.environ["RP_TEST_DIR"]
CONFIG = """[agent]
notify=no
tray=no
[provider odn]
name=オープンデータネットワーク
ssids=odn
[provider a-provider-with-a-long-name]
ssids=long
[server-set odn]
provider=odn
identities=taro@odn.example
smtp=smtp://127.0.0.1:9
smtp-tls=off
[server-set a-set-with-a-long-name-for-the-office]
provider=a-provider-with-a-long-name
identities=taro@work.example
smtp=smtp://127.0.0.1:9
smtp-tls=off
[server-set mine]
identities=hanako@mine.example
relay=auto
smtp=smtp://127.0.0.1:9
smtp-tls=off
"""
MAILS = [
    ("taro@odn.example", ["boss@x.example"], "昼ごはん、一緒にどうですか。駅の前の店がいいと思います"),
    ("taro@work.example", [f"member-number-{i}@a-domain-with-a-long-name.example" for i in range(4)], "Slides"),
    ("taro@odn.example", ["boss@x.example"], "e\u0301te\u0301 👨‍👩‍👧 🇯🇵 ﾊﾝｶｸ half and family"),
    ("taro@odn.example", ["boss@x.example"], "☺️ ❤️ ⚠️ ✅ 1️⃣ 👍🏽 \u00ad\u200b wide by a selector"),
    ("", ["boss@x.example"], ""),
]


def columns(text):
    """As terminals count, which know nothing of what is joined."""
    return sum(0 if unicodedata.category(c) in ("Mn", "Me", "Cf") else 2 if unicodedata.east_asian_width(c) in "WF" else 1
               for c in text)


def run(width, language, *words, typed=None):
    """What is on a terminal that is so wide, without its colours; with what is typed there it is its input, too."""
    parent, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    with subprocess.Popen([roampost, *words], stdout=child, stderr=child, stdin=child if typed else subprocess.DEVNULL,
                          env=dict(os.environ, **{"ja": {"LC_ALL": languages.JAPANESE}}.get(language, {}), TERM="xterm")) as process:
        os.close(child)
        out = b""
        while True:
            try:
                more = os.read(parent, 65536)
            except OSError:
                break
            if not more:
                break
            out += more
            if typed and out.rstrip().endswith(b":"):  # what was typed before the question is thrown away
                os.write(parent, typed)
                typed = None
    os.close(parent)
    text = re.sub(r"\x1b\[\d*m", "", out.decode()).replace("\r\n", "\n")
    if process.returncode and words[0] not in ("doctor", "setup"):
        print(f"# {words}: {process.returncode}\n# {text}")
    return text


def ragged(text, heading):
    """The lines of a table whose last cell, of those that stand beside the others, begins elsewhere than its heading."""
    lines = text.split("\n")
    at = columns(lines[0][:lines[0].index(heading)])
    bad = []
    for line in lines[1:]:
        n = 0
        while n < len(line) and columns(line[:n]) < at:
            n += 1
        beside = columns(line) > at
        if beside and (columns(line[:n]) != at or line[n - 1] != " " or line[n] == " "):
            bad.append(line)
    return bad


os.makedirs(HOME + "/state", 0o700)
with open(HOME + "/roampost.conf", "w") as config:
    config.write(CONFIG)
os.chmod(HOME + "/roampost.conf", 0o600)
running = subprocess.Popen([agent], stderr=subprocess.DEVNULL)
subprocess.run(["gdbus", "wait", "--session", "-t", "20", "org.roampost.Agent1"], check=True)
for sender, to, subject in MAILS:
    subprocess.run([sendmail, "-f", sender or "<>", *to], check=True,
                   input=f"From: {sender or 'daemon@odn.example'}\nSubject: {subject}\n\nx\n".encode())
ids = []
until = time.monotonic() + 20
while len(ids) < len(MAILS) and time.monotonic() < until:
    listed = subprocess.run([roampost, "queue", "held", "--json"], capture_output=True, text=True).stdout
    ids = re.findall(r'"id":"(\w+)"', listed)
    time.sleep(0.05)
check("all of it is held", len(ids), len(MAILS))

REMEDIES = {finding["remedy"] for finding in json.loads(
    subprocess.run([roampost, "doctor", "--json"], capture_output=True, text=True).stdout)["findings"]}
COMMANDS = [("status",), ("where",), ("sets",), ("queue",), ("history",), *(("explain", id) for id in ids), *(("show", id) for id in ids)]
LAST = {"sets": {"en": "HOW, OR WHY NOT", "ja": "使い方、または使えない理由"}}
for language in ("en", "ja"):
    for width in (40, 80, 200):
        wide = []
        for words in COMMANDS + [("doctor",)] * (width == 40):
            text = run(width, language, *words)
            if "--show" in sys.argv:
                print(f"---- {' '.join(words)}, {width}, {language}\n{text}")
            wide += [(words[0], line) for line in text.split("\n") if columns(line) > width and line.strip() not in REMEDIES]
            if words[0] == "history":
                check(f"{width} columns, {language}: no time and no id is cut", len(re.findall(r"(?m)^\d\d-\d\d \d\d:\d\d  \w{10}  ", text)), len(MAILS))
            if words[0] in LAST and LAST[words[0]][language] in text:
                table = text.split("\n\n")[0]
                check(f"{width} columns, {language}: {words[0]} in columns", ragged(table, LAST[words[0]][language]), [])
        check(f"{width} columns, {language}: no line is wider", wide, [])
    asked = run(40, language, "setup", "--smtp", "smtps://127.0.0.1", "--untested", "--", "hanako.yamada@department.odn.example", typed=b"\x04")
    check(f"40 columns, {language}: the terminal breaks no question", ("hanako.yamada@department.odn.example" in asked,
          [line for line in asked.split("\n") if columns(line) > 40 and not line.startswith("roampost: ")]), (True, []))
    whole = set(re.findall(r"^ +(?:-\w, )?(--[\w-]+)", run(200, language, "setup", "--help"), re.M))
    text = run(40, language, "setup", "--help")
    check(f"40 columns, {language}: no option's name is cut in the help",
          (len(whole) > 20, set(re.findall(r"^ +(?:-\w, )?(--[\w-]+)", text, re.M))), (True, whole))
    check(f"40 columns, {language}: no line of its options is wider",
          [line for line in text.split("\n\n", 1)[1].split("\n") if columns(line) > 40], [])
with open(HOME + "/roampost.conf", "a") as config:
    config.write("[server-set odn]\nrelay=insde\n")
until = time.monotonic() + 20
while "insde" not in run(80, "en", "sets") and time.monotonic() < until:
    time.sleep(0.05)
for language in ("en", "ja"):
    text = run(60, language, "sets")
    check(f"{language}: nor is what stands above a table", ("insde" in text, [
        line for line in text.split("\n") if columns(line) > 60]), (True, []))
running.terminate()
running.wait()
done()
