#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many messages a second programs can hand over by the sendmail command, each on the disk before
the command ends: roampost-sendmail beside Postfix's sendmail, dma and nullmailer-inject, from 1 and
from 8 writers, in turn, on the same disk. And the queue alone, without the start of processes,
beside files that are written with two fsyncs. No daemon sends: all that is measured is handing over.

dma and nullmailer would take the place of an installed Postfix: their packages are fetched by
apt-get and unpacked, and only this program sees them. Then roampost-sendmail once more while an agent
runs, which stores what it is handed. Goal: twice Postfix, ahead of the others; with an agent ahead of that.

usage: writers.py BUILD [--messages N] [--rounds N]     (as root; a release build)"""

import argparse
import contextlib
import glob
import os
import pwd
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../system"))
from lab.postfix import Postfix  # noqa: E402
from peers import lay_over, unpack  # noqa: E402

MAIN_CF = """\
myhostname = mail.odn.example
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
"""
MESSAGE = "To: Hanako <hanako@other.example>\nFrom: Taro <taro@odn.example>\nSubject: bench\n\n" + "".join(
    "This is a line of the message that is handed over, %2d of 25, of 2 KB in all.\n" % n for n in range(25))
TO = "hanako@other.example"


def run(*words, **options):
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options).stdout


def files_below(directory, pattern="**/*"):
    return sum(os.path.isfile(path) for path in glob.glob(f"{directory}/{pattern}", recursive=True))


class Way:
    """A way to hand over: its name, what submit-writers is told, and how many messages are stored."""

    def __init__(self, name, words, count, each=1, **env):
        self.name, self.words, self.count, self.more, self.rates = name, words, count, each, {}
        self.env = dict(os.environ, **env)

    def measure(self, bench, message, writers, messages):
        before, n = self.count(), max(1, messages * self.more // writers)
        rate = float(run(bench, str(writers), str(n), message, *self.words, env=self.env).split()[-1])
        stored = self.count() - before
        if stored != n * writers:
            sys.exit(f"{self.name}: {stored} of {n * writers} messages are stored")
        self.rates.setdefault(writers, []).append(rate)


def roampost(build, directory, name="roampost-sendmail"):
    """From nowhere the mail could be sent from here."""
    state, conf = directory + "/state", directory + "/roampost.conf"
    os.makedirs(directory, exist_ok=True)
    with open(conf, "w") as out:
        out.write("[provider odn]\nprefixes=203.0.113.0/24\n[server-set odn]\nprovider=odn\n"
                  "identities=taro@odn.example\nsmtp=smtp://mail.odn.example\nrelay=inside\n")
    return Way(name, ["run", build + "/src/submit/roampost-sendmail", "-i", TO], lambda: in_queue(state),
               ROAMPOST_STATE=state, ROAMPOST_CONFIG=conf)


@contextlib.contextmanager
def agent(build, directory):
    """The same while one runs."""
    way = roampost(build, directory, "roampost-sendmail and an agent")
    with open(directory + "/log", "w") as log:
        process = subprocess.Popen([build + "/src/agent/roampostd"], stderr=log,
                                   env=dict(way.env, DBUS_SESSION_BUS_ADDRESS="unix:path=/nonexistent"))
        try:
            while "is ready" not in open(directory + "/log").read():
                if process.poll() is not None:
                    sys.exit("the agent does not start")
                time.sleep(0.05)
            yield way
        finally:
            process.terminate()
            process.wait(60)


def in_queue(state):
    if not os.path.exists(state + "/queue.db"):
        return 0
    database = sqlite3.connect(f"file:{state}/queue.db?mode=ro", uri=True)
    try:
        return database.execute("SELECT count(*) FROM messages WHERE phase<>0").fetchone()[0]
    finally:
        database.close()


def postfix(directory):
    if not os.access("/usr/sbin/postdrop", os.X_OK):
        return None
    server = Postfix(directory + "/postfix", MAIN_CF)
    return Way("Postfix's sendmail", ["run", "/usr/sbin/sendmail", "-C", server.etc, "-i", TO],
               lambda: files_below(server.dir + "/queue/maildrop"))


def dma(directory):
    root = unpack("dma", directory)
    if not root:
        return None
    spool = directory + "/spool/dma"
    os.makedirs(spool)
    shutil.chown(spool, "root", "mail")
    os.chmod(spool, 0o2775)
    os.makedirs(root + "/etc/dma", exist_ok=True)
    with open(root + "/etc/dma/dma.conf", "w") as out:
        out.write("DEFER\n")  # only handing over
    return root, Way("dma", ["run", root + "/usr/sbin/dma", "-i", "-f", "taro@odn.example", TO], lambda: files_below(spool, "**/M*"))


def nullmailer(directory):
    root = unpack("nullmailer", directory)
    if not root:
        return None
    spool = directory + "/spool/nullmailer"
    for name in ("queue", "tmp", "failed"):
        os.makedirs(f"{spool}/{name}")
    os.mkfifo(spool + "/trigger")
    if "mail" in [entry.pw_name for entry in pwd.getpwall()]:
        for folder in [spool] + glob.glob(spool + "/*"):
            shutil.chown(folder, "mail", "mail")
    os.makedirs(root + "/etc/nullmailer", exist_ok=True)
    for name, text in (("mailname", "mail.odn.example"), ("nullmailer/defaultdomain", "odn.example"),
                       ("nullmailer/remotes", "mail.odn.example")):
        with open(f"{root}/etc/{name}", "w") as out:
            out.write(text + "\n")
    return root, Way("nullmailer-inject", ["run", "/usr/bin/nullmailer-inject", "-f", "taro@odn.example", TO],
                     lambda: files_below(spool + "/queue"))


def make_ways(build, directory):
    ways, layers = [roampost(build, directory), postfix(directory)], []
    os.makedirs(directory + "/spool")
    for make in (dma, nullmailer):
        made = make(directory)
        if made:
            layers.append(made[0])
            ways.append(made[1])
    if layers:  # in a mount namespace of our own: nobody else sees it
        run("mount", "--bind", directory + "/spool", "/var/spool")
        for layer in layers:
            lay_over("/etc", layer + "/etc")
            lay_over("/usr", layer + "/usr")
    return [way for way in ways if way]


def bare_ways(directory):
    os.makedirs(directory + "/files")
    return [Way("the queue alone", ["queue", directory + "/bare"], lambda: in_queue(directory + "/bare"), 4),
            Way("files, two fsyncs", ["files", directory + "/files"], lambda: files_below(directory + "/files", "new.*"), 4)]


def compare(ways, bench, message, writers, options):
    for _ in range(options.rounds):
        for way in ways:
            way.measure(bench, message, writers, options.messages)
    first = statistics.median(ways[0].rates[writers])
    own = [way for way in ways if way.name.endswith("an agent")]
    for way in ways:
        rates = way.rates[writers]
        print(f"{writers} writers, {way.name}: {statistics.median(rates):.0f} messages a second"
              f" (of {' '.join('%.0f' % r for r in rates)})", flush=True)
    for way in ways[1:]:
        other = statistics.median(way.rates[writers])
        if way in own:
            print(f"{writers} writers, with an agent: {other / first:.2f} times without", flush=True)
            continue
        print(f"{writers} writers: {first / other:.2f} times {way.name}", flush=True)
        for beside in own:
            print(f"{writers} writers, with an agent: {statistics.median(beside.rates[writers]) / other:.2f} times {way.name}",
                  flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--messages", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("needs root")
    if "ROAMPOST_WRITERS" not in os.environ:
        os.execvpe("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable, *sys.argv],
                   dict(os.environ, ROAMPOST_WRITERS="1", PATH=os.environ["PATH"] + ":/usr/sbin"))
    build = os.path.abspath(options.build)
    bench = build + "/tests/bench/submit-writers"
    # Beside the build, as /tmp may be in memory.
    with tempfile.TemporaryDirectory(prefix="writers-bench-", dir=build) as directory:
        os.chmod(directory, 0o755)
        message = directory + "/message"
        with open(message, "w") as out:
            out.write(MESSAGE)
        bare = bare_ways(directory)
        ways = make_ways(build, directory)
        with agent(build, directory + "/agent") as beside:
            for writers in (1, 8):
                compare([*ways, beside], bench, message, writers, options)
        for writers in (1, 8):
            compare(bare, bench, message, writers, options)


main()
