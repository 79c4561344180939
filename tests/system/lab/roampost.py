# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""roampost as the laptop's user has it: configuration, agent, command line."""

import json
import os
import subprocess

from . import world
from .dovecot import PASSWORD


def build_root():
    return os.environ.get("ROAMPOST_BUILD", "build")


def program(name):
    """A program in the build tree, wherever its folder is."""
    for folder in ("cli", "agent", "submit", "link"):
        path = "%s/src/%s/%s" % (build_root(), folder, name)
        if os.access(path, os.X_OK):
            return os.path.abspath(path)
    raise FileNotFoundError("%s is not in the build tree %s" % (name, build_root()))


def describe(provider, **settings):
    """A provider and the server set of a customer of it, as configuration text. Settings replace
    or add keys of the set (`_` for `-`); None leaves a key out."""
    tls = "required" if provider.tls else "off"
    keys = {
        "provider": provider.name,
        "identities": "taro@" + provider.domain,
        "relay": provider.relay.replace(" ", ""),
        "domains": provider.domain,
        "local_domains": provider.domain,
        "smtp": provider.smtp_url,
        "smtp_tls": tls,
        "pop": provider.pop_url,
        "pop_tls": tls,
        "pop_user": "taro",
        "pop_password": PASSWORD,
        "pop_window": "%ds" % provider.window,
    }
    if provider.tls:
        keys["tls_ca_file"] = world.DIR + "/ca.pem"
    if any(term == "auth" for rule in provider.rules for term in rule):
        keys.update(smtp_user="taro", smtp_password=PASSWORD)
    keys.update(settings)
    lines = ["[provider %s]" % provider.name, "name=%s" % provider.title,
             "prefixes=%s" % ";".join(str(n) for n in provider.own),
             "ppp-peers=%s-dial" % provider.name, "",
             "[server-set %s]" % provider.name]
    lines += ["%s=%s" % (k.replace("_", "-"), v) for k, v in keys.items() if v is not None]
    return "\n".join(lines) + "\n\n"


class User:
    """A user of the laptop: a home with a configuration and a state folder."""

    def __init__(self, config, name="taro", env=None):
        self.dir = "%s/home-%s" % (world.DIR, name)
        os.makedirs(self.dir + "/state", mode=0o700)
        self.config = self.dir + "/roampost.conf"
        self.configure(config)
        self.env = dict(
            os.environ, HOME=self.dir, ROAMPOST_CONFIG=self.config, LC_ALL="C.UTF-8",
            ROAMPOST_STATE=self.dir + "/state", XDG_CONFIG_HOME=self.dir + "/config",
            G_DEBUG="fatal-criticals") | (env or {})
        self.agent, self.stopped = None, False

    def configure(self, config):
        # It holds a password, so others must not be able to read it.
        descriptor = os.open(self.config, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as out:
            out.write(config)

    def run(self, *words, check=True, text="", timeout=90):
        """Runs `roampost WORDS`; returns its output."""
        done = subprocess.run([program("roampost"), *words], input=text, env=self.env,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=timeout)
        if check and done.returncode != 0:
            raise RuntimeError("roampost %s: status %d: %s" % (
                " ".join(words), done.returncode, done.stderr.strip()))
        return done.stdout

    def ask(self, *words):
        """What a command prints with --json. An agent that died is not waited for."""
        if self.agent and self.agent.poll() is not None and not self.stopped:
            raise RuntimeError("the agent died, with status %d" % self.agent.returncode)
        return json.loads(self.run(*words, "--json"))

    def simulate(self, questions):
        """Answers of `simulate --batch`, in the order of the questions."""
        lines = "".join(json.dumps(question) + "\n" for question in questions)
        answers = self.run("simulate", "--batch", text=lines, timeout=60).splitlines()
        if len(answers) != len(questions):
            raise RuntimeError("%d answers to %d questions" % (len(answers), len(questions)))
        return [json.loads(answer) for answer in answers]

    def start_agent(self, wait=True):
        """Starts roampostd; with wait, returns when it is on the session bus."""
        self.log_path, self.stopped = self.dir + "/agent.log", False
        self.agent = world.start([program("roampostd")], self.log_path, env=self.env)
        if wait:
            world.run(["gdbus", "wait", "--session", "--timeout=60", "org.roampost.Agent1"])

    def stop_agent(self, kill=False):
        """Ends it by SIGTERM, or as a crash would; returns its exit status."""
        self.stopped = True
        if kill:
            self.agent.kill()
        else:
            self.agent.terminate()
        return self.agent.wait(60)

    def agent_log(self):
        with open(self.log_path) as log:
            return log.read()

    def submit(self, sender, *recipients, subject="", set=None):
        """Queues a message and returns its id."""
        text = "From: %s\nTo: %s\nSubject: %s\n\nHello.\n" % (sender, ", ".join(recipients), subject)
        pin = ["--set", set] if set else []
        return self.run("submit", "-f", sender, *pin, *recipients, text=text).strip()

    def message(self, identifier):
        """A message as `show` prints it; one that has left the queue, as its last record in the
        history: state `sent`, with the set."""
        for message in self.ask("queue"):
            if message["id"] == identifier:
                return message
        records = [r for r in self.ask("history") if r["id"] == identifier]
        return dict(records[-1], state=records[-1]["event"]) if records else {"state": "unknown"}

    def wait_state(self, identifier, *states, seconds=60):
        """Waits until a message is in one of the states; returns it as `show --json` prints it."""
        last = {}

        def reached():
            last.update(self.message(identifier))
            return last["state"] in states and last
        return world.wait_for(reached, lambda: "message %s, %s: %s" % (
            identifier, "/".join(states), json.dumps(last)), seconds, 0.02)

    def wait_set(self, name, seconds=60):
        """Waits until the current set is `name` ("" for none)."""
        return world.wait_for(lambda: (self.ask("status")["current-set"] or "") == name,
                              lambda: "current set %r: %s" % (name, self.run("status", "--json")),
                              seconds, 0.02)
