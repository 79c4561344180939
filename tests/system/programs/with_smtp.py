# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that speak SMTP to the agent. Each function hands its mail over and returns what it
means by it: a list of Meant, in order."""

import email.generator
import email.message
import email.policy
import io
import smtplib
from typing import Callable, NamedTuple

from outbox import FRIEND, ME, OTHER, SECRET
from with_sendmail import TEXT, decoded, needs

FULL = ("From: Taro <%s>\r\nTo: %s\r\nSubject: s\r\nDate: Tue, 24 Nov 2026 00:00:00 +0000\r\nMessage-ID: <1@odn.example>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n" % (ME, FRIEND)).encode()
BODY = b"\r\n.\r\n..\r\nx.\r\n\r\n.dot\r\n" + "八ビット ü\r\n".encode() + b"=20\r\n \r\nFrom here\r\n" + b"l" * 998 + b"\r\nend\r\n"
BARE = b"To: %s\r\nSubject: bare\r\nBcc: %s\r\n\r\nx\r\n" % (FRIEND.encode(), SECRET.encode())


class Meant(NamedTuple):
    sender: str
    recipients: list
    content: bytes  # as it was given; None: `check` says
    note: str = ""
    exact: bool = True
    check: Callable = None


def msmtp(box):
    """with recipients, with -t, with a login, one large mail"""
    needs("msmtp")
    options = ["msmtp", "-C", "/dev/null", "--host=127.0.0.1", "--port=%d" % box.port, "--tls=off", "--from=" + ME]
    lf = (FULL + BODY).replace(b"\r\n", b"\n")
    large = FULL.replace(b"\r\n", b"\n") + b"\n" + b"".join(b"%070d\n" % n for n in range(100000))
    box.run(*options, "--auth=off", FRIEND, OTHER, text=lf)
    box.run(*options, "--auth=off", "-t", text=b"Bcc: %s\n" % SECRET.encode() + lf)
    for how in ("plain", "login"):
        box.run(*options, "--auth=" + how, "--user=u", "--passwordeval=echo p", "--tls-certcheck=off", FRIEND, text=lf, good=True)
    box.run(*options, "--auth=off", "--dsn-notify=failure", "--dsn-return=headers", FRIEND, text=large)
    return [Meant(ME, [FRIEND, OTHER], lf), Meant(ME, [FRIEND, SECRET], lf, "-t", False), Meant(ME, [FRIEND], lf, "plain"),
            Meant(ME, [FRIEND], lf, "login"), Meant(ME, [FRIEND], large, "large")]


def swaks(box):
    """every kind of login, with and without pipelining, by ESMTP and SMTP"""
    needs("swaks")
    lf = (FULL + BODY).replace(b"\r\n", b"\n")
    with open(box.dir + "/data", "wb") as out:
        out.write(lf)
    options = ["swaks", "--server", "127.0.0.1", "--port", str(box.port), "--from", ME, "--to", "%s,%s" % (FRIEND, OTHER),
               "--data", "@" + box.dir + "/data", "--hide-all"]
    login = ["--auth-user", "u", "--auth-password", "p"]
    modes = [(["--protocol", "SMTP"], "SMTP"), (["--protocol", "ESMTP"], "ESMTP"), (["--protocol", "ESMTPA", *login], "ESMTPA")]
    for pipelining in ([], ["--pipeline"]):
        for auth in ([], ["--auth", "PLAIN", *login], ["--auth", "LOGIN", *login], ["--auth", *login], ["--auth-optional", *login],
                     ["--auth-optional-strict", *login], ["--auth", "PLAIN", "--auth-plaintext", *login]):
            modes.append((pipelining + auth, " ".join(pipelining + auth[:2]) or "plain"))
    meant = []
    for words, note in modes:
        box.run(*options, *words)
        meant.append(Meant(ME, [FRIEND, OTHER], None, note, check=without_final_lines(lf)))
    # Wrong commands and a connection that is given up store nothing.
    for after in ("MAIL", "RCPT"):
        box.run(*options, "--quit-after", after)
        box.run(*options, "--drop-after", after)
    box.run(*options, "--drop-after", "DATA")
    return meant


def without_final_lines(text):
    """swaks ends what it is given with an empty line of its own."""
    def check(t, what, content):
        t.equal(content.rstrip(b"\r\n"), text.replace(b"\n", b"\r\n").rstrip(b"\r\n"), what + ": the content")
    return check


def curl(box):
    """a file, standard input, a login, a form as MIME, what lacks a header"""
    needs("curl")
    with open(box.dir + "/data", "wb") as out:
        out.write(FULL + BODY)
    options = ["curl", "-sS", "smtp://127.0.0.1:%d" % box.port, "--mail-from", ME, "--mail-rcpt", FRIEND]
    box.run(*options, "-T", box.dir + "/data")
    box.run(*options, "-T", "-", "--crlf", text=(FULL + BODY).replace(b"\r\n", b"\n"))
    box.run(*options, "--mail-rcpt", OTHER, "--user", "u:p", "-T", "-", text=FULL + BODY)
    box.run(*options, "--user", "u:p", "--login-options", "AUTH=LOGIN", "-T", "-", text=FULL + BODY)
    box.run(*options, "-T", "-", text=BARE)
    data = bytes(range(256)) * 30
    with open(box.dir + "/data.bin", "wb") as out:
        out.write(data)
    box.run(*options, "-H", "From: " + ME, "-H", "To: " + FRIEND, "-H", "Subject: form", "-F", "=(;type=multipart/mixed",
            "-F", "=%s;encoder=quoted-printable" % "See there: größer.", "-F", "file=@%s/data.bin;encoder=base64" % box.dir, "-F", "=)")

    def form(t, what, content):
        subject, text, attached = decoded(content)
        t.equal((subject, text.rstrip(), attached), ("form", "See there: größer.", data), what + ": its parts")
    return [Meant(ME, [FRIEND], FULL + BODY, "a file"), Meant(ME, [FRIEND], FULL + BODY, "--crlf"),
            Meant(ME, [FRIEND, OTHER], FULL + BODY, "PLAIN"), Meant(ME, [FRIEND], FULL + BODY, "LOGIN"), Meant(ME, [FRIEND], BARE, "bare"),
            Meant(ME, [FRIEND], None, "form", check=form)]


def python_smtplib(box):
    """sendmail and send_message, several in a session, SMTPUTF8, DSN, wrong recipients"""
    international = "花子@例え.example"
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"], message["Bcc"], message["Subject"] = "Tarō <%s>" % ME, FRIEND, SECRET, "größer"
    message["Message-ID"], message["Date"] = "<2@odn.example>", "Tue, 24 Nov 2026 00:00:00 +0000"
    message.set_content(TEXT, cte="8bit")
    message.add_attachment(bytes(range(256)), "application", "octet-stream", filename="größer.bin")
    message.set_boundary("=-boundary")
    with smtplib.SMTP("127.0.0.1", box.port, timeout=60) as client:
        client.sendmail(ME, [FRIEND, OTHER], FULL + BODY, mail_options=["BODY=8BITMIME", "RET=HDRS", "ENVID=x+2By"],
                        rcpt_options=["NOTIFY=FAILURE,DELAY"])
        client.login("anybody", "anything")
        client.send_message(message)
        client.sendmail("", [FRIEND], FULL + BODY)
        client.sendmail("tarō@例え.example", [international], FULL + BODY, mail_options=["SMTPUTF8", "BODY=8BITMIME"])
        refused = client.sendmail(ME, ["a b@x.example", FRIEND], FULL + BODY)
        assert list(refused) == ["a b@x.example"], refused
        client.sendmail(ME, [FRIEND], BARE)

    def sent(t, what, content):
        # smtplib itself writes a “From ” so, as in a mailbox file.
        t.equal(decoded(content), ("größer", TEXT.replace("\nFrom ", "\n>From "), bytes(range(256))), what + ": its parts")
    del message["Bcc"]
    flat = io.BytesIO()
    email.generator.BytesGenerator(flat).flatten(message, linesep="\r\n")
    return [Meant(ME, [FRIEND, OTHER], FULL + BODY, "DSN"), Meant(ME, [FRIEND, SECRET], flat.getvalue(), "send_message", check=sent),
            Meant("", [FRIEND], FULL + BODY, "no sender"),
            Meant("tarō@xn--r8jz45g.example", ["花子@xn--r8jz45g.example"], FULL + BODY, "SMTPUTF8"),
            Meant(ME, [FRIEND], FULL + BODY, "one refused"), Meant(ME, [FRIEND], BARE, "bare")]


PROGRAMS = {f.__name__.replace("_", "-"): f for f in (msmtp, swaks, curl, python_smtplib)}
