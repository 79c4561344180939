# SPDX-License-Identifier: GPL-3.0-or-later
"""roampost as the laptop's user has it: configuration, agent, command line."""

import json
import os
import subprocess

from . import world
from .provider import PASSWORD


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
        "smtp": "smtp://%s:25" % provider.host,
        "smtp_tls": tls,
        "pop": "pop3://" + provider.host,
        "pop_tls": tls,
        "pop_user": "taro",
        "pop_password": PASSWORD,
        "pop_window": "%ds" % provider.window,
    }
    if provider.tls:
        keys["tls_ca_file"] = world.DIR + "/ca.pem"
    if any(term == "auth" for rule in provider.rules for term in rule):
        keys.update(smtp_user="taro", smtp_password=PASSWORD, smtp="smtp://%s:587" % provider.host)
    keys.update(settings)
    lines = ["[provider %s]" % provider.name, "name=%s" % provider.title,
             "prefixes=%s" % ";".join(str(n) for n in provider.own), "",
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
            G_DEBUG="fatal-criticals", **(env or {}))
        self.agent = None

    def configure(self, config):
        # It holds a password, so others must not be able to read it.
        descriptor = os.open(self.config, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as out:
            out.write(config)

    def run(self, *words, check=True, text="", timeout=30):
        """Runs `roampost WORDS`; returns its output."""
        done = subprocess.run([program("roampost"), *words], input=text, env=self.env,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=timeout)
        if check and done.returncode != 0:
            raise RuntimeError("roampost %s: status %d: %s" % (
                " ".join(words), done.returncode, done.stderr.strip()))
        return done.stdout

    def ask(self, *words):
        return json.loads(self.run(*words, "--json"))

    def simulate(self, questions):
        """Answers of `simulate --batch`, in the order of the questions."""
        lines = "".join(json.dumps(question) + "\n" for question in questions)
        answers = self.run("simulate", "--batch", text=lines, timeout=60).splitlines()
        if len(answers) != len(questions):
            raise RuntimeError("%d answers to %d questions" % (len(answers), len(questions)))
        return [json.loads(answer) for answer in answers]
