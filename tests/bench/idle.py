#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an idle agent costs: wake-ups and memory.

usage: idle.py BUILD [--seconds N] [--only nowhere|outside] [--trace FILE]

An agent with 10 held messages, on private buses where nothing happens: once without NetworkManager
and without a network (nowhere), once with the real one and a line that is inside no provider
(outside). Counts the context switches of all its threads, voluntary and not, over the time; prints
its private memory, and with it its share of what it shares with others (smaps_rollup). Where
NetworkManager is, the same once more while another program has it tell of a device's traffic every
second: libnm then wakes for all its clients, and there is nothing that this one could do.
"""
import argparse
import contextlib
import glob
import os
import shutil
import socket
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../system"))
from lab import world  # noqa: E402
from lab.manager import Bus, Manager  # noqa: E402
from lab.roampost import User  # noqa: E402

HELD = 10
# The start's own work has ended by then: a verdict on connectivity is waited for up to 5 s, and GLib
# keeps a thread of its pool 15 s after its last use.
START = 20
METERED = 5
CONFIG = """\
[agent]

[provider odn]
prefixes=203.0.113.0/24

[server-set odn]
provider=odn
identities=taro@odn.example
relay=inside
smtp=smtp://203.0.113.1
"""


class Line:
    """What a profile wants to know of a line."""
    interface = "wan0"


def bring_up_line():
    world.add_netns("elsewhere")
    world.cable("elsewhere", "ap0", None, "wan0")
    world.ip("elsewhere", "addr add 192.0.2.1/24 dev ap0")
    manager = Manager()
    manager.profile("elsewhere", Line, ipv4="method=manual\naddress1=192.0.2.66/24,192.0.2.1")
    manager.up("elsewhere")


def switches(pid):
    """Thread -> context switches so far."""
    counts = {}
    for path in glob.glob("/proc/%d/task/*/status" % pid):
        with open(path) as status:
            fields = dict(line.split(":", 1) for line in status)
        name = "%s %s" % (fields["Pid"].strip(), fields["Name"].strip())
        counts[name] = int(fields["voluntary_ctxt_switches"]) + int(fields["nonvoluntary_ctxt_switches"])
    return counts


def memory(pid):
    """Private and proportional memory, in KiB."""
    with open("/proc/%d/smaps_rollup" % pid) as rollup:
        fields = {words[0].rstrip(":"): int(words[1]) for words in map(str.split, rollup) if words[-1] == "kB"}
    return fields["Private_Clean"] + fields["Private_Dirty"], fields["Pss"]


def count(pid, seconds):
    """Context switches of each thread that had some, over the time."""
    before = switches(pid)
    time.sleep(seconds)
    after = switches(pid)
    # A thread that is gone was woken at least once.
    woken = {name: after.get(name, before.get(name, 0) + 1) - before.get(name, 0)
             for name in before.keys() | after.keys()}
    return {name: n for name, n in woken.items() if n}


def ask_for_statistics(interface):
    """What a traffic meter on the desktop does."""
    device = world.run(["nmcli", "-g", "GENERAL.DBUS-PATH", "device", "show", interface]).strip()
    world.run(["gdbus", "call", "--system", "--dest", "org.freedesktop.NetworkManager",
               "--object-path", device, "--method", "org.freedesktop.DBus.Properties.Set",
               "org.freedesktop.NetworkManager.Device.Statistics", "RefreshRateMs", "<uint32 1000>"])


@contextlib.contextmanager
def traffic(address):
    """A packet every tenth of a second: a meter tells only of what moves."""
    stop = threading.Event()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        def send():
            while not stop.wait(0.1):
                # Nobody listens there, and the kernel says so to the next packet.
                with contextlib.suppress(ConnectionRefusedError):
                    sender.sendto(b"x", (address, 9))
        thread = threading.Thread(target=send)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


def start_agent(place):
    """An agent that holds messages, and has come to rest."""
    state = os.path.join(os.environ["ROAMPOST_BUILD"], "bench-state/idle")
    shutil.rmtree(state, ignore_errors=True)
    os.makedirs(state, mode=0o700)
    user = User(CONFIG, name=place)
    user.env["ROAMPOST_STATE"] = state
    user.start_agent()
    held = [user.submit("taro@odn.example", "hanako@friends.example") for _ in range(HELD)]
    reasons = {r["reason"] for m in held for r in user.wait_state(m, "held")["recipients"][0]["reasons"]}
    if reasons != {"offline" if place == "nowhere" else "outside"}:
        raise RuntimeError("held for another reason: %s" % ", ".join(reasons))
    time.sleep(START)
    return user


def measure(place, seconds, trace):
    if place == "outside":
        bring_up_line()
    user = start_agent(place)
    pid = user.agent.pid
    if trace:
        tracer = subprocess.Popen(["strace", "-f", "-k", "-tt", "-o", trace, "-p", str(pid)])
        time.sleep(2)
    woken = count(pid, seconds)
    private, share = memory(pid)
    print("%-8s %d context switches of %d threads in %d s; memory: %.1f MB private, %.1f MB with its share" % (
        place, sum(woken.values()), len(switches(pid)), seconds, private / 1024, share / 1024), flush=True)
    for name, n in woken.items():
        print("           %s: %d" % (name, n))
    if place == "outside":
        ask_for_statistics("wan0")
        with traffic("192.0.2.1"):
            time.sleep(2)
            woken = count(pid, METERED)
        print("         with another program's traffic meter: %.1f a second" % (sum(woken.values()) / METERED))
    if trace:
        tracer.terminate()
        tracer.wait()
    user.stop_agent()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--only", choices=("nowhere", "outside"))
    parser.add_argument("--trace", metavar="FILE", help="strace writes there who wakes the agent")
    options = parser.parse_args()
    os.environ["ROAMPOST_BUILD"] = os.path.abspath(options.build)
    os.environ["ROAMPOST_SOURCE"] = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
    reason = world.why_not()
    if reason:
        sys.exit("not measured: %s" % reason)
    world.enter(80 + 2 * (options.seconds + START))
    for kind in ("system", "session"):
        Bus(kind)
    for place in [options.only] if options.only else ["nowhere", "outside"]:
        measure(place, options.seconds, options.trace)


if __name__ == "__main__":
    main()
