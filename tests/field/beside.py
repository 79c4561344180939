# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cases of a sort that are scripts, run beside each other and told as TAP in their order.

They wait for servers, buses and clocks most of the time. A case that a machine with other things to do is too slow for
says so in a line “# alone: WHY”, and runs when the others have run."""

import concurrent.futures
import os

SKIPPED = 77
# One on one processor, as in user-mode Linux. No more than two anywhere: an agent has six of the kernel's 128 inotify
# instances of a user, its bus and a NetworkManager have theirs, and other tests run beside these.
AT_ONCE = min(2, os.cpu_count() or 1)


def told(run, path):
    """RUN's (exit status, output) of the case at PATH."""
    with open(path) as case:
        if not case.readline().startswith("# source: "):
            return 1, "no “# source:” in the first line\n"
    try:
        return run(path)
    except Exception as error:  # whatever it is, it is this case's fault
        return 1, f"{type(error).__name__}: {error}"


def is_alone(path):
    with open(path) as case:
        return "\n# alone: " in case.read()


def say(number, name, status, output):
    good = status in (0, SKIPPED)
    reason = " # SKIP " + (output.strip().splitlines() or ["no reason given"])[-1] if status == SKIPPED else ""
    lines = [f"{'ok' if good else 'not ok'} {number} {name}{reason}"]
    lines += ["# " + line for line in output.splitlines() if not good or line.startswith("story: ")]
    print("\n".join(lines if good else [*lines, f"# exit status {status}"]), flush=True)


def run_all(run, paths):
    """Runs each of PATHS by RUN(path), which gives (exit status, output), and tells of it: of one that failed all it
    printed, of others the lines that begin with “story: ”. The exit status of all."""
    print("1..%d" % len(paths), flush=True)
    failures = 0
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        beside = {path: pool.submit(told, run, path) for path in paths if not is_alone(path)}
        for number, path in enumerate(paths, 1):
            if path not in beside:
                concurrent.futures.wait(beside.values())
            status, output = beside[path].result() if path in beside else told(run, path)
            failures += status not in (0, SKIPPED)
            say(number, os.path.splitext(os.path.basename(path))[0], status, output)
    print("# cases: %d, failures: %d" % (len(paths), failures))
    return failures > 0
