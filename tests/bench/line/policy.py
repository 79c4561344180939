#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""policy.py scan|mail|rcpt|data|greet|ehlo|close|grey NUMBER PORT

What makes a Postfix a server of another kind: it answers smtpd's questions (SMTPD_POLICY_README) at
127.0.0.1:PORT. `scan` answers only after so many milliseconds, as a content filter at the end of each
message; so do `mail`, `rcpt`, `data`, `greet` and `ehlo` where they are asked; `close` says 421 to a session's
messages after so many, whereupon Postfix hangs up; `grey` puts a client, sender and recipient off until so many
seconds after the first try. Prints "ready"."""

import asyncio
import sys
import time


class Policy:
    def __init__(self, kind, number):
        self.kind, self.number, self.seen = kind, number, {}

    async def action(self, asked):
        if self.kind in ("scan", "mail", "rcpt", "data", "greet", "ehlo"):
            await asyncio.sleep(self.number / 1000)
        elif self.kind == "close":
            session = (asked["client_address"], asked["client_port"])
            self.seen[session] = self.seen.get(session, 0) + 1
            if self.seen[session] > self.number:
                return "421 4.7.0 Too many messages in this session"
        else:
            mail = (asked["client_address"], asked["sender"], asked["recipient"])
            if time.monotonic() - self.seen.setdefault(mail, time.monotonic()) < self.number:
                return "451 4.7.1 Greylisted, please try again in %d seconds" % self.number
        return "DUNNO"

    async def serve(self, reader, writer):
        asked = {}
        while line := (await reader.readline()).decode():
            if line != "\n":
                name, _, value = line.rstrip("\n").partition("=")
                asked[name] = value
                continue
            writer.write(b"action=%s\n\n" % (await self.action(asked)).encode())
            asked = {}
        writer.close()


async def main(kind, number, port):
    server = await asyncio.start_server(Policy(kind, int(number)).serve, "127.0.0.1", int(port))
    print("ready", flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
