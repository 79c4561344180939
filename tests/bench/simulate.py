#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many questions a second `roampost simulate --batch` answers, end to end.

usage: simulate.py ROAMPOST [QUESTIONS] [--floor N]

50 server sets, a fifth of which may carry any message, and 1,000 prefixes; every question has its own
address, sender and recipients. Prints the figure; with --floor the exit status is 1 below it.
"""
import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time

SETS = 50
PREFIXES = 1000
RELAYS = ["inside", "inside; pop-login", "inside; sender-domain; recipient-domain",
          "inside+sender-domain; pop-login+sender-domain", "auth"]


def configuration():
    lines = ["[agent]", "choose=identity-first"]
    for i in range(SETS):
        own = [f"10.{i}.{j}.0/24" for j in range(PREFIXES // SETS - 5)]
        own += [f"2001:db8:{i:x}:{j:x}::/64" for j in range(5)]
        lines += [f"[provider p{i}]", "prefixes=" + ";".join(own), f"ssids=spot{i}"]
        lines += [f"[server-set s{i}]", f"provider=p{i}", f"priority={i % 3}",
                  f"identities=taro@p{i}.example;@q{i}.example",
                  f"carries={'any' if i % 5 == 0 else 'own'}",
                  f"relay={RELAYS[i % len(RELAYS)]}", f"domains=p{i}.example",
                  f"local-domains=p{i}.example", f"smtp=smtp://mail.p{i}.example",
                  f"pop=pop3s://pop.p{i}.example", "pop-user=taro", "pop-password-command=true",
                  "smtp-user=taro", "smtp-password-command=true"]
    return "\n".join(lines) + "\n"


def question(rng):
    i, k = rng.randrange(SETS + 10), rng.randrange(SETS)
    if rng.random() < 0.25:
        at = f"2001:db8:{i:x}:{rng.randrange(8):x}::{rng.randrange(65536):x}"
    else:
        at = f"10.{i}.{rng.randrange(20)}.{rng.randrange(1, 255)}"
    sender = rng.choice([f"taro@p{k}.example", f"hanako@q{k}.example", "someone@elsewhere.example"])
    to = [f"r{n}@{rng.choice([f'p{rng.randrange(SETS)}', 'other', 'club'])}.example"
          for n in range(rng.choice([1, 1, 1, 2, 3]))]
    line = {"at": [at], "from": sender, "to": to, "size": rng.randrange(1, 5000000)}
    if rng.random() < 0.2:
        line["pop-logins"] = {f"s{k}": rng.randrange(900)}
    if rng.random() < 0.1:
        line["metered"] = True
    return json.dumps(line)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("roampost")
    parser.add_argument("questions", nargs="?", type=int, default=200000)
    parser.add_argument("--floor", type=float, default=0)
    options = parser.parse_args()
    rng = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        config = os.path.join(folder, "roampost.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write(configuration())
        asked = os.path.join(folder, "questions")
        with open(asked, "w", encoding="utf-8") as file:
            file.writelines(question(rng) + "\n" for _ in range(options.questions))
        answers = os.path.join(folder, "answers")
        environment = dict(os.environ, ROAMPOST_CONFIG=config)
        with open(asked, encoding="utf-8") as source, open(answers, "w", encoding="utf-8") as sink:
            before, start = os.times(), time.monotonic()
            subprocess.run([options.roampost, "simulate", "--batch"], stdin=source, stdout=sink,
                           env=environment, check=True)
            elapsed, after = time.monotonic() - start, os.times()
        cpu = (after.children_user - before.children_user
               + after.children_system - before.children_system)
        with open(answers, encoding="utf-8") as file:
            verdicts = [json.loads(line).get("verdict") for line in file]
    assert len(verdicts) == options.questions and None not in verdicts
    counts = ", ".join(f"{verdicts.count(v)} {v}" for v in ("send", "hold", "split"))
    rate = options.questions / cpu
    print(f"simulate --batch: {rate:,.0f} questions a second of one core "
          f"({options.questions:,} in {cpu:.2f} s of processor time, {elapsed:.2f} s by the clock; "
          f"{SETS} sets, {PREFIXES:,} prefixes; {counts})")
    return 0 if rate >= options.floor else 1


if __name__ == "__main__":
    sys.exit(main())
