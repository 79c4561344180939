# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that call sendmail. Each function hands its mail over and returns what it means by it:
a list of Meant, in order. `body` is the text after decoding, where the program may encode it."""

import email
import email.policy
import os
import pwd
import subprocess
from typing import NamedTuple

from outbox import FRIEND, ME, OTHER, SECRET, find

TEXT = "One.\n.\n..\nFrom the beginning of a line\n八ビット ü\nlast\n"


class Meant(NamedTuple):
    sender: str
    recipients: list
    subject: str
    body: str  # with LF; None: not text alone
    attached: bytes = None
    exact: bool = True  # recipients in this order


def write(path, text):
    with open(path, "w") as out:
        out.write(text)
    return path


def git_send_email(box):
    """a series of three"""
    needs("git", "/usr/lib/git-core/git-send-email", "perl")
    if subprocess.run(["perl", "-MMail::Address", "-e1"], capture_output=True).returncode:
        raise Missing("perl's Mail::Address is not installed, which git send-email wants")
    repository = box.dir + "/repository"
    env = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
    for name in ("AUTHOR", "COMMITTER"):
        env.update({"GIT_%s_NAME" % name: "Tarō Yamada", "GIT_%s_EMAIL" % name: ME})
    box.run("git", "init", "-q", repository, env=env)
    for number in range(1, 4):
        write(repository + "/file", TEXT * number)
        box.run("git", "add", "file", cwd=repository, env=env)
        box.run("git", "commit", "-q", "-m", "Change %d: größer" % number, "-m", "What it is for.\n\n.\n\nThe end.", cwd=repository, env=env)
    box.run("git", "format-patch", "-q", "--root", "-o", "patches", cwd=repository, env=env)
    patches = sorted(os.listdir(repository + "/patches"))
    box.run("git", "-c", "sendemail.smtpserver=" + box.recorder, "send-email", "--quiet", "--confirm=never", "--suppress-cc=all",
            "--to", "Hanako <%s>" % FRIEND, "--cc", OTHER, "--bcc", SECRET, "--envelope-sender", ME, "--8bit-encoding=UTF-8",
            "--transfer-encoding=8bit", *("patches/" + p for p in patches), cwd=repository, env=env)
    bodies = []
    for patch in patches:
        with open("%s/patches/%s" % (repository, patch)) as text:
            bodies.append(text.read().split("\n\n", 1)[1])
    return [Meant(ME, [FRIEND, OTHER, SECRET], "[PATCH %d/3] Change %d: größer" % (n, n), body, exact=False)
            for n, body in enumerate(bodies, 1)]


def mutt_like(box, name):
    needs(name)
    muttrc = write(box.dir + "/muttrc", 'set sendmail="%s -oem -oi"\nset from="%s"\nset realname="Tarō"\nset use_envelope_from=yes\n'
                   'set copy=no\nset record=""\nset charset=utf-8\nset send_charset="utf-8"\n' % (box.recorder, ME))
    more = write(box.dir + "/muttrc2", 'set use_8bitmime=yes\nset allow_8bit=yes\nset dsn_notify="failure,delay"\nset dsn_return=hdrs\n')
    data = bytes(range(256)) * 30
    with open(box.dir + "/data.bin", "wb") as out:
        out.write(data)
    options = [name, "-F", muttrc, "-n"]
    env = {"LC_ALL": "C.UTF-8", "TERM": "dumb"}
    box.run(*options, "-s", "plain: größer", "-c", OTHER, "-b", SECRET, "--", FRIEND, text=TEXT.encode(), env=env)
    box.run(*options, "-e", "source " + more, "-s", "8bit", "--", FRIEND, text=TEXT.encode(), env=env)
    box.run(*options, "-s", "attached", "-a", box.dir + "/data.bin", "--", FRIEND, text=b"See there.\n", env=env)
    return [Meant(ME, [FRIEND, OTHER, SECRET], "plain: größer", TEXT, exact=False),
            Meant(ME, [FRIEND], "8bit", TEXT), Meant(ME, [FRIEND], "attached", None, data)]


def mutt(box):
    """text, 8-bit with DSN, an attachment"""
    return mutt_like(box, "mutt")


def neomutt(box):
    """text, 8-bit with DSN, an attachment"""
    return mutt_like(box, "neomutt")


def bsd_mailx(box):
    """text, with -v, to several"""
    needs("bsd-mailx")
    env = {"MAILRC": write(box.dir + "/mailrc", "set sendmail=%s\nset ask\nset dot=0\nunset dot\n" % box.recorder), "LC_ALL": "C.UTF-8"}
    box.run("bsd-mailx", "-n", "-s", "hello", "-c", OTHER, "-b", SECRET, FRIEND, text=TEXT.encode(), env=env)
    box.run("bsd-mailx", "-n", "-v", "-s", "hello again", FRIEND, text=b"x\n", env=env)
    return [Meant(ME, [FRIEND, OTHER, SECRET], "hello", TEXT, exact=False), Meant(ME, [FRIEND], "hello again", "x\n")]


def s_nail(box):
    """text, an attachment"""
    needs("s-nail")
    env = {"MAILRC": "/dev/null", "LC_ALL": "C.UTF-8"}
    options = ["s-nail", "-:/", "-S", "v15-compat", "-S", "mta=" + box.recorder, "-S", "ttycharset=utf-8", "-S", "sendcharsets=utf-8",
               "-S", "DEAD=/dev/null", "-S", "from=Taro <%s>" % ME]
    data = bytes(range(256)) * 30
    with open(box.dir + "/data.bin", "wb") as out:
        out.write(data)
    box.run(*options, "-r", ME, "-s", "größer", "-c", OTHER, "-b", SECRET, FRIEND, text=TEXT.encode(), env=env)
    box.run(*options, "-v", "-s", "attached", "-a", box.dir + "/data.bin", FRIEND, text=b"See there.\n", env=env)
    return [Meant(ME, [FRIEND, OTHER, SECRET], "größer", TEXT, exact=False), Meant(ME, [FRIEND], "attached", None, data)]


def mailutils(box):
    """text, from and to several"""
    mail = needs("mail.mailutils")
    options = [mail, "--no-config", "-E", "set sendmail=sendmail:%s" % box.recorder, "-E", "set nodot"]
    box.run(*options, "-r", ME, "-s", "hello", FRIEND, OTHER, text=TEXT.encode(), env={"LC_ALL": "C.UTF-8"})
    box.run(*options, "-a", "From: Taro <%s>" % ME, "-a", "Content-Type: text/plain; charset=utf-8", "-s", "again", FRIEND,
            text=TEXT.encode(), env={"LC_ALL": "C.UTF-8"})
    return [Meant(ME, [FRIEND, OTHER], "hello", TEXT), Meant(ME, [FRIEND], "again", TEXT)]


EMACS = """\
(progn (require 'message) (require 'sendmail)
 (setq user-mail-address "%(me)s" user-full-name "Tarō" sendmail-program "%(sendmail)s" mail-specify-envelope-from t
       mail-envelope-from 'header message-send-mail-function 'message-send-mail-with-sendmail message-interactive t
       message-default-charset 'utf-8 message-confirm-send nil message-fcc-handler-function nil)
 (message-mail "%(friend)s" "größer") (message-goto-cc) (insert "%(other)s") (message-goto-bcc) (insert "%(secret)s")
 (message-goto-body) (insert-file-contents "%(body)s")
 (message-send))
"""


def emacs(box):
    """message-mode, in batch"""
    needs("emacs")
    body = write(box.dir + "/body", TEXT)
    script = write(box.dir + "/send.el", EMACS % {"me": ME, "sendmail": box.recorder, "friend": FRIEND, "other": OTHER,
                                                  "secret": SECRET, "body": body})
    box.run("emacs", "--batch", "-Q", "-l", script, env={"LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"})
    return [Meant(ME, [FRIEND, OTHER, SECRET], "größer", TEXT, exact=False)]


PHP = r"""
$text = file_get_contents('php://stdin');
$sent = mail('%(friend)s', '=?UTF-8?B?' . base64_encode('größer') . '?=', $text,
  "From: %(me)s\r\nCc: %(other)s\r\nBcc: %(secret)s\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit", '-f%(me)s')
  && mail('%(friend)s', 'array', "x\n", ['From' => 'Web <%(me)s>', 'X-Mailer' => 'PHP']);
exit($sent ? 0 : 1);
"""


def php(box):
    """mail(), with its parameters, and with headers in an array"""
    needs("php")
    box.run("php", "-n", "-d", "sendmail_path=%s -t -i" % box.recorder, "-r", PHP % {
        "me": ME, "friend": FRIEND, "other": OTHER, "secret": SECRET}, text=TEXT.encode())
    # PHP ends a mail with a line end of its own.
    return [Meant(ME, [FRIEND, OTHER, SECRET], "größer", TEXT + "\n", exact=False), Meant(ME, [FRIEND], "array", "x\n\n")]


CRON = """\
From: root (Cron Daemon)
To: %s
Subject: Cron <taro@laptop> run-parts
MIME-Version: 1.0
Content-Type: text/plain; charset=UTF-8
Content-Transfer-Encoding: 8bit
X-Cron-Env: <SHELL=/bin/sh>

"""


# Who calls: a name that is nobody's would be refused.
OWN = pwd.getpwuid(os.getuid()).pw_name
# Anacron gives no -i, so that a lone dot would end its mail, whatever sendmail it calls.
CRON_CALLS = [(["-FCronDaemon", "-i", "-B8BITMIME", "-oem"], TEXT), (["-FAnacron", "-odi"], TEXT.replace("\n.\n", "\n")), (["-i"], TEXT)]


def cron(box):
    """calls as cron, anacron and at make them, to an address and to who calls"""
    for words, text in CRON_CALLS:
        box.run(box.recorder, *words, FRIEND, text=(CRON % FRIEND + text).encode())
        box.run(box.sendmail, *words, OWN, text=(CRON % OWN + text).encode())
    return [Meant(ME, [FRIEND], "Cron <taro@laptop> run-parts", text) for _, text in CRON_CALLS]


class Missing(Exception):
    pass


def needs(*names):
    for name in names:
        if not find(name):
            raise Missing("%s is not installed" % name)
    return find(names[0])


def decoded(content):
    """(subject, text, attachment) of a mail."""
    message = email.message_from_bytes(content, policy=email.policy.default)
    text, attached = None, None
    for part in message.walk():
        if part.get_content_maintype() == "multipart":
            continue
        if part.get_content_disposition() == "attachment" or part.get_content_maintype() == "application":
            attached = part.get_payload(decode=True)
        elif text is None:
            text = part.get_payload(decode=True).decode(part.get_content_charset() or "utf-8").replace("\r\n", "\n")
    return message["subject"], text, attached


PROGRAMS = {f.__name__.replace("_", "-"): f for f in (
    git_send_email, mutt, neomutt, bsd_mailx, s_nail, mailutils, emacs, php, cron)}
