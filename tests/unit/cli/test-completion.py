#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""usage: test-completion.py bash|zsh|fish PROGRAM FOLDER

Types into the real shell, at a terminal, with the completion that the build made, and looks at the line
that comes of it. FOLDER has the scripts."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from cases import Skip, equal, main, test  # noqa: E402

try:
    import pexpect
except ImportError:
    pexpect = None

SHELL, PROGRAM, FOLDER = sys.argv[1:4]
READY, LINE = "ready>", re.compile(r"LINE<(.*?)>END", re.S)
CONFIG = """
[provider odn]
name=ODN
prefixes=203.0.113.0/24
[server-set odn]
provider=odn
identities=taro@odn.example
smtp=smtp://mail.odn.example
[server-set so-net]
identities=taro@so-net.example
smtp=smtp://mail.so-net.example
"""
# What is typed before a TAB, and what stands there after it. {ID} is the message's, {ID:4} its beginning.
ROWS = [
    ("roampost exp", "roampost explain "),
    ("roampost sim", "roampost simulate "),
    ("roampost --json que", "roampost --json queue "),
    ("roampost config sh", "roampost config show "),
    ("roampost simulate --ba", "roampost simulate --batch "),
    ("roampost queue --js", "roampost queue --json "),
    ("roampost queue def", "roampost queue deferred "),
    ("roampost queue held fai", "roampost queue held failed "),
    ("roampost use so", "roampost use so-net "),
    ("roampost use au", "roampost use auto "),
    ("roampost learn o", "roampost learn odn "),
    ("roampost forget fai", "roampost forget failures "),
    ("roampost submit --set so", "roampost submit --set so-net "),
    ("roampost simulate --use so", "roampost simulate --use so-net "),
    ("roampost show {ID:4}", "roampost show {ID} "),
    ("roampost show --json {ID:4}", "roampost show --json {ID} "),
    ("roampost hold {ID} {ID:4}", "roampost hold {ID} {ID} "),
    ("roampost pin {ID} so", "roampost pin {ID} so-net "),
    ("roampost submit --set odn --js", "roampost submit --set odn --json "),
    ("roampost help expl", "roampost help explain "),
    ("roampost completion fi", "roampost completion fish "),
    ("roampost config check FILE", "roampost config check FILE.conf "),
    ("roampost import postfix DIR", "roampost import postfix DIRectory/"),
    # Nobody knows: the line stays as it is.
    ("roampost lookup 192.0.2.", "roampost lookup 192.0.2."),
    ("roampost use nowhere", "roampost use nowhere"),
    ("roampost hangup x", "roampost hangup x"),
]

BASH = """
PS1='%s'
bind 'set enable-bracketed-paste off'
bind -x '"\\C-xl": printf "LINE<%%s>END" "$READLINE_LINE"'
source %s/roampost
"""
ZSH = """
PS1='%s' PROMPT_EOL_MARK=
unsetopt zle_bracketed_paste beep prompt_sp
fpath=(%s $fpath)
autoload -Uz compinit && compinit -u -D
tell() { print -n -r -- "LINE<$BUFFER>END" }
zle -N tell
bindkey -e '^Xl' tell
"""
FISH = """
function fish_prompt; printf '%s'; end
function fish_greeting; end
set -g fish_autosuggestion_enabled 0
bind \\cxl 'printf "LINE<%%s>END" (commandline)'
source %s/roampost.fish
"""


class Typist:
    """A shell at a terminal."""

    def __init__(self, directory):
        start = pathlib.Path(directory, "start")
        text = {"bash": BASH, "zsh": ZSH, "fish": FISH}[SHELL]
        start.write_text(text % (READY, FOLDER))
        pathlib.Path(directory, ".zshrc").write_text(start.read_text())
        words = {"bash": ["--noprofile", "--rcfile", str(start), "-i"], "zsh": ["-d", "-i"],
                 "fish": ["--no-config", "-i", "-C", "source " + str(start)]}[SHELL]
        self.shell = pexpect.spawn(SHELL, words, cwd=directory, encoding="utf-8", timeout=90, dimensions=(40, 200),
                                   env=dict(ENV, HOME=directory, ZDOTDIR=directory, TERM="xterm", PATH=PATH))
        self.shell.delaybeforesend = None
        self.shell.expect_exact(READY)

    def line(self, keys):
        """What the line is when the keys were typed, and it is empty again."""
        self.shell.send(keys + "\x18l")
        self.shell.expect(LINE)
        line = self.shell.match.group(1)
        self.shell.send("\x15")  # kills the line
        return line

    def close(self):
        self.shell.close(force=True)


def set_up():
    """A home with a configuration and a message; its id."""
    global ENV, PATH, DIRECTORY, TEMPORARY
    TEMPORARY = tempfile.TemporaryDirectory()
    DIRECTORY = TEMPORARY.name
    os.mkdir(DIRECTORY + "/bin")
    os.symlink(PROGRAM, DIRECTORY + "/bin/roampost")
    os.makedirs(DIRECTORY + "/DIRectory")
    pathlib.Path(DIRECTORY, "FILE.conf").touch()
    pathlib.Path(DIRECTORY, "config").write_text(CONFIG)
    PATH = DIRECTORY + "/bin:" + os.environ["PATH"]
    ENV = dict(os.environ, ROAMPOST_CONFIG=DIRECTORY + "/config", ROAMPOST_STATE=DIRECTORY + "/state",
               LC_ALL="C.UTF-8", XDG_CONFIG_HOME=DIRECTORY + "/.config", XDG_DATA_HOME=DIRECTORY + "/.local")
    os.mkdir(DIRECTORY + "/state", 0o700)
    return subprocess.run([PROGRAM, "submit", "-f", "taro@odn.example", "b@other.example"], env=ENV,
                          input="Subject: x\n\nx\n", text=True, check=True, stdout=subprocess.PIPE).stdout.strip()


@test
def what_is_typed_is_completed():
    if not pexpect:
        raise Skip("python3-pexpect is not installed")
    if not shutil.which(SHELL):
        raise Skip(f"{SHELL} is not installed")
    identifier = set_up()
    typist = Typist(DIRECTORY)
    try:
        for typed, wanted in ROWS:
            typed = typed.replace("{ID:4}", identifier[:4]).replace("{ID}", identifier)
            wanted = wanted.replace("{ID}", identifier)
            equal(typist.line(typed + "\t"), wanted, repr(typed))
    finally:
        typist.close()
        TEMPORARY.cleanup()


main()
