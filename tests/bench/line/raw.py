#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""raw.py HOST SENDER [FILE RECIPIENT[,RECIPIENT]...]...

Sends files over one connection to port 25. With CHUNKING all of them in one stream without waiting for
anything but EHLO's answer; without it a message's content, the next one's MAIL, RCPT and DATA at once.
Any answer that says no is its end."""

import socket
import sys
import threading


class Session:
    def __init__(self, host):
        self.socket = socket.create_connection((host, 25), 60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.answers = self.socket.makefile("rb")

    def answer(self):
        lines = [self.answers.readline()]
        while lines[-1][3:4] == b"-":
            lines.append(self.answers.readline())
        if lines[-1][:1] not in (b"2", b"3"):
            sys.exit("answered: %r" % lines[-1])
        return lines


def chunked(session, mails):
    def send():
        for envelope, content in mails:
            session.socket.sendall(b"%sBDAT %d LAST\r\n%s" % (b"".join(envelope), len(content), content))
        session.socket.sendall(b"QUIT\r\n")
    threading.Thread(target=send, daemon=True).start()
    for envelope, _ in mails:
        for _ in range(len(envelope) + 1):
            session.answer()
    session.answer()


def plain(session, mails):
    begun = [b"".join(envelope) + b"DATA\r\n" for envelope, _ in mails] + [b"QUIT\r\n"]
    session.socket.sendall(begun[0])
    for number, (envelope, content) in enumerate(mails):
        for _ in range(len(envelope) + 1):
            session.answer()
        dotted = (b"\r\n" + content).replace(b"\r\n.", b"\r\n..")[2:]
        session.socket.sendall(dotted + b".\r\n" + begun[number + 1])
        session.answer()
    session.answer()


def main(host, sender, *words):
    mails = []
    for path, recipients in zip(words[::2], words[1::2]):
        with open(path, "rb") as file:
            content = file.read().replace(b"\n", b"\r\n")
        envelope = [b"MAIL FROM:<%s> SIZE=%d\r\n" % (sender.encode(), len(content))]
        envelope += [b"RCPT TO:<%s>\r\n" % r.encode() for r in recipients.split(",")]
        mails.append((envelope, content))
    session = Session(host)
    session.answer()
    session.socket.sendall(b"EHLO client.example\r\n")
    extensions = b"".join(session.answer()).upper()
    (chunked if b"CHUNKING" in extensions else plain)(session, mails)


main(*sys.argv[1:])
