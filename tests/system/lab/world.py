# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Namespaces, cables and names.

A program that wants a laboratory calls enter() first: it runs the program again inside fresh
network, mount and PID namespaces, as root or as an ordinary user who has subordinate ids. The
program is then the first process there: when it ends, for whatever reason, the kernel ends every
daemon it started, and mounts, namespaces and files (all of them on a tmpfs) go with them.
"""

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

DIR = os.environ.get("ROAMPOST_LAB_DIR", "/run/lab")
HOSTS = DIR + "/hosts"
CORE = "internet"  # the namespace of the router between the providers
SLOW = int(os.environ.get("ROAMPOST_TEST_SLOW", "1"))  # script/test: how many times its time each test has

_MARK = "ROAMPOST_LAB_INSIDE"
_CLONE_NEWNET = 0x40000000
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def unshare_command():
    """The command that makes the namespaces; an ordinary user needs uidmap and /etc/subuid."""
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user", "--map-auto"]
    return ["unshare", *user, "--net", "--mount", "--pid", "--fork", "--kill-child",
            "--propagation", "private", "--mount-proc"]


def why_not():
    """Why no laboratory can be had here, in one sentence; None where it can."""
    if os.environ.get(_MARK) == "1":
        return None
    needed = ["unshare", "ip", "dnsmasq", "dbus-daemon", "NetworkManager", "nmcli", "postconf",
              "dovecot", "openssl"]
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    missing = [p for p in needed if not _which(p, path)]
    if missing:
        return "not installed: %s (script/setup installs them)" % ", ".join(missing)
    trial = subprocess.run(unshare_command() + ["true"], capture_output=True, text=True)
    if trial.returncode != 0:
        return "no namespaces for this user: %s" % (trial.stderr.strip() or "unshare failed")
    return None


def _which(program, path):
    return any(os.access(os.path.join(d, program), os.X_OK) for d in path.split(":") if d)


def enter(seconds=220):
    """Puts the program inside the namespaces and returns only there. The program outside waits
    for it, at most so long (times SLOW), and ends with its status; a signal to it ends the laboratory."""
    if os.environ.get(_MARK) != "1":
        _supervise(seconds * SLOW)
    # NetworkManager takes a read-only /sys for a container and then does without udev.
    run("mount -t sysfs -o ro sysfs /sys")
    run("mount -t tmpfs tmpfs /run")
    for directory in ("netns", "dbus", "lock", "NetworkManager"):
        os.makedirs("/run/" + directory)
    os.makedirs(DIR)
    with open(HOSTS, "w") as hosts:
        hosts.write("127.0.0.1 localhost\n::1 localhost\n")
    run("mount --bind %s /etc/hosts" % HOSTS)
    # A name that the hosts file does not have is answered at once, not after a timeout.
    if os.path.isfile("/etc/resolv.conf") and not os.path.islink("/etc/resolv.conf"):
        with open(DIR + "/resolv.conf", "w") as resolver:
            resolver.write("nameserver 127.0.0.1\n")
        run("mount --bind %s/resolv.conf /etc/resolv.conf" % DIR)
    run("ip link set lo up")


def _supervise(seconds):
    path = os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"
    child = subprocess.Popen(unshare_command() + [sys.executable, *sys.argv],
                             env=dict(os.environ, PATH=path, **{_MARK: "1"}),
                             preexec_fn=lambda: _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL))
    # unshare(1) itself ignores SIGTERM and SIGINT while it waits.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: child.kill())
    try:
        status = child.wait(seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
        print("the laboratory was ended after %d s" % seconds, file=sys.stderr)
        status = 1
    sys.exit(status if status >= 0 else 128 - status)


def enter_stage(seconds=220):
    """For a play without namespaces: a private folder, and the end of every daemon with the
    program's. Returns only inside."""
    if os.environ.get(_MARK) == "1":
        return
    folder = tempfile.mkdtemp(prefix="roampost-stage-")
    child = subprocess.Popen([sys.executable, *sys.argv], start_new_session=True,
                             env=dict(os.environ, ROAMPOST_LAB_DIR=folder, **{_MARK: "1"}))
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: os.killpg(child.pid, signal.SIGKILL))
    seconds *= SLOW
    try:
        status = child.wait(seconds)
    except subprocess.TimeoutExpired:
        print("the play was ended after %d s" % seconds, file=sys.stderr)
        status = 1
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(status if status >= 0 else 128 - status)


def run(command, **options):
    """Runs a command to its end; a failure is an exception that shows what it printed."""
    words = command.split() if isinstance(command, str) else command
    done = subprocess.run(words, stdin=options.pop("stdin", subprocess.DEVNULL),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode != 0:
        raise RuntimeError("%s: %s" % (" ".join(words), done.stdout.strip()))
    return done.stdout


def ip(netns, *lines):
    """Runs several ip(8) commands in a namespace (None: the laptop's) at the price of one."""
    command = ["ip"] + (["-n", netns] if netns else []) + ["-batch", "-"]
    done = subprocess.run(command, input="\n".join(lines) + "\n", stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise RuntimeError("ip in %s: %s\n%s" % (netns, done.stdout.strip(), "\n".join(lines)))


@contextlib.contextmanager
def inside(netns):
    """Moves this thread into a network namespace for the length of a `with`: sockets made there
    stay there."""
    if not netns:
        yield
        return
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open("/run/netns/" + netns, os.O_RDONLY)
    try:
        _setns(there)
        try:
            yield
        finally:
            _setns(before)
    finally:
        os.close(there)
        os.close(before)


def _setns(descriptor):
    if _libc.setns(descriptor, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def add_netns(name):
    """A namespace that forwards packets, as a router or a host of its own."""
    run(["ip", "netns", "add", name])
    with inside(name):
        for key in ("ipv4/ip_forward", "ipv6/conf/all/forwarding"):
            with open("/proc/sys/net/" + key, "w") as value:
                value.write("1")
    ip(name, "link set dev lo up")


def cable(netns_a, name_a, netns_b, name_b):
    """An Ethernet cable between two namespaces (None: the laptop's); both ends are up."""
    if netns_b is None:
        netns_a, name_a, netns_b, name_b = netns_b, name_b, netns_a, name_a
    peer = ["netns", netns_b] if netns_b else []
    words = ["ip"] + (["-n", netns_a] if netns_a else [])
    run(words + ["link", "add", name_a, "type", "veth", "peer", "name", name_b] + peer)
    ip(netns_a, "link set dev %s up" % name_a)
    ip(netns_b, "link set dev %s up" % name_b)


def wire_to_isp(near, far):
    """A network of its own, "isp", that has the address `far`, and the wire to it, on which all of the laptop's
    traffic goes: it is `near` there."""
    add_netns("isp")
    cable(None, "wire0", "isp", "wire0")
    ip("isp", "addr add %s peer %s dev wire0" % (far, near))
    plug_in(near, far)


def plug_in(near, far):
    """The laptop's end of it, whatever became of it."""
    ip(None, "link set wire0 up", "addr replace %s peer %s dev wire0" % (near, far),
       "route replace default via %s dev wire0" % far)


def name(host, *addresses):
    """Makes a name known to every program of the laboratory."""
    with open(HOSTS, "a") as hosts:
        for address in addresses:
            hosts.write("%s %s\n" % (address, host))


def start(command, log, netns=None, env=None, **options):
    """Starts a daemon with its output in a log file; it lives until the laboratory ends."""
    if netns:
        command = ["ip", "netns", "exec", netns, *command]
    with open(log, "ab") as out:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out,
                                stderr=subprocess.STDOUT, env=env, **options)


def wait_for(condition, what, seconds=60.0, step=0.01):
    """Waits until condition() is true and returns what it returned; for what announces itself by
    no event. Raises TimeoutError with `what` (a string, or a function that makes one)."""
    seconds *= SLOW
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise TimeoutError("after %.0f s still not: %s" % (seconds, what() if callable(what) else what))
        time.sleep(step)


def show_logs(lines=40):
    """Prints the ends of all logs of the laboratory, as comments of a test's output; the agent's
    whole and last, as it is the one to read first."""
    logs = [os.path.join(folder, log) for folder, _, names in os.walk(DIR) for log in names
            if (log.endswith("log") or log == "start") and "/queue" not in folder]
    for path in sorted(logs, key=lambda path: (path.endswith("agent.log"), path)):
        with open(path, errors="replace") as text:
            tail = text.read().splitlines()
        if not path.endswith("agent.log"):
            tail = tail[-lines:]
        if tail:
            print("# ---- %s" % os.path.relpath(path, DIR))
            print("\n".join("#   " + line for line in tail), flush=True)
