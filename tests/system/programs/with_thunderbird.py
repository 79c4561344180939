# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Thunderbird, without a display: driven by Marionette (the protocol of its own tests), with an
account whose outgoing server is the agent. What it says on the wire is recorded on its way."""

import json
import os
import socket
import subprocess
import threading

from outbox import FRIEND, ME, OTHER, SECRET, reserve, world
from with_sendmail import TEXT, decoded, needs
from with_smtp import Meant

ACCOUNT = {
    "mail.accountmanager.accounts": "account1", "mail.account.account1.server": "server1",
    "mail.account.account1.identities": "id1", "mail.accountmanager.localfoldersserver": "server1",
    "mail.server.server1.type": "none", "mail.server.server1.hostname": "Local Folders",
    "mail.server.server1.userName": "nobody", "mail.server.server1.name": "Local Folders",
    "mail.identity.id1.useremail": ME, "mail.identity.id1.fullName": "Tarō Yamada", "mail.identity.id1.valid": True,
    "mail.identity.id1.smtpServer": "smtp1", "mail.identity.id1.doFcc": False,
    "mail.smtpservers": "smtp1", "mail.smtp.defaultserver": "smtp1", "mail.smtpserver.smtp1.hostname": "127.0.0.1",
    "mail.smtpserver.smtp1.authMethod": 1, "mail.smtpserver.smtp1.try_ssl": 0,
    "mail.shell.checkDefaultClient": False, "mailnews.start_page.enabled": False, "app.update.enabled": False,
    "datareporting.policy.bypassNotification": True, "toolkit.telemetry.enabled": False,
}

SEND = """\
const [to, cc, bcc, subject, body, attached, done] = arguments;
const {MailServices} = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const make = (name, kind) => Cc["@mozilla.org/messengercompose/" + name + ";1"].createInstance(Ci[kind]);
const finish = words => done(String(words));
(async () => {
  const identity = MailServices.accounts.getIdentity("id1");
  const fields = make("composefields", "nsIMsgCompFields");
  Object.assign(fields, {from: `${identity.fullName} <${identity.email}>`, to, cc, bcc, subject});
  if (attached) {
    const file = make("attachment", "nsIMsgAttachment");
    Object.assign(file, {url: "file://" + attached, name: "größer.bin", contentType: "application/octet-stream"});
    fields.addAttachment(file);
  }
  const listener = {
    QueryInterface: ChromeUtils.generateQI(["nsIMsgSendListener"]),
    onStartSending() {}, onProgress() {}, onStatus() {}, onGetDraftFolderURI() {},
    onTransportSecurityError() {}, onSendNotPerformed() { finish("not performed"); },
    onStopSending(id, status, message) { finish(status === 0 ? "sent" : `${status} ${message}`); },
  };
  await make("send", "nsIMsgSend").createAndSendMessage(null, identity, "account1", fields, false, false,
    Ci.nsIMsgCompDeliverMode.Now, null, "text/plain", body, null, null, listener, "", "", Ci.nsIMsgCompType.New);
})().catch(finish);
"""


class Recorder:
    """A port that leads to the agent's, and what was said through it to the server."""

    def __init__(self, port):
        self.listener, self.target, self.said = socket.create_server(("127.0.0.1", 0)), port, []
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            near, far = self.listener.accept()[0], socket.create_connection(("127.0.0.1", self.target))
            self.said.append(b"")
            for one, other, heard in ((near, far, len(self.said) - 1), (far, near, None)):
                threading.Thread(target=self._pass_on, args=(one, other, heard), daemon=True).start()

    def _pass_on(self, one, other, heard):
        try:
            while data := one.recv(65536):
                if heard is not None:
                    self.said[heard] += data
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # a side has gone

    def contents(self):
        """What came after each DATA, without its dots."""
        for said in self.said:
            for part in said.split(b"\r\nDATA\r\n")[1:]:
                lines = part.split(b"\r\n.\r\n")[0].split(b"\r\n")
                yield b"".join((line[1:] if line.startswith(b"..") else line) + b"\r\n" for line in lines)


class Marionette:
    """[0, number, command, parameters] there and [1, number, error, result] back, each as JSON after
    its length and a colon."""

    def __init__(self, port):
        self.socket, self.number = socket.create_connection(("127.0.0.1", port), 60), 0
        self.stream = self.socket.makefile("rb")
        self._receive()
        self.ask("WebDriver:NewSession", capabilities={})
        self.ask("Marionette:SetContext", value="chrome")

    def _receive(self):
        length = b""
        while (digit := self.stream.read(1)) != b":":
            if not digit:
                raise RuntimeError("Thunderbird has gone")
            length += digit
        return json.loads(self.stream.read(int(length)))

    def ask(self, command, **parameters):
        self.number += 1
        text = json.dumps([0, self.number, command, parameters]).encode()
        self.socket.sendall(b"%d:%s" % (len(text), text))
        _, _, error, result = self._receive()
        if error:
            raise RuntimeError("Thunderbird, %s: %s" % (command, error))
        return result.get("value")


def start(box, port):
    profile, control = box.dir + "/thunderbird", reserve()
    os.makedirs(profile)
    with open(profile + "/user.js", "w") as out:
        for name, value in {**ACCOUNT, "mail.smtpserver.smtp1.port": port, "marionette.port": control}.items():
            out.write("user_pref(%s, %s);\n" % (json.dumps(name), json.dumps(value)))
    process = subprocess.Popen(
        ["thunderbird", "--headless", "--marionette", "-remote-allow-system-access", "--no-remote", "--profile", profile],
        # What GTK finds wrong with itself is not to end it.
        env={n: v for n, v in dict(box.env, HOME=box.dir).items() if n != "G_DEBUG"}, stdin=subprocess.DEVNULL,
        stdout=open(box.dir + "/thunderbird.log", "wb"), stderr=subprocess.STDOUT)

    def answers():
        if process.poll() is not None:
            raise RuntimeError("Thunderbird ended at once, with status %d" % process.returncode)
        return socket.socket().connect_ex(("127.0.0.1", control)) == 0
    world.wait_for(answers, "Thunderbird's Marionette", 90, 0.1)
    return process, control, profile


def thunderbird(box):
    """a text, and one with an attachment and a blind copy; its profile is imported"""
    needs("thunderbird")
    recorder = Recorder(box.port)
    process, control, profile = start(box, recorder.port)
    data = bytes(range(256)) * 30
    with open(box.dir + "/data.bin", "wb") as out:
        out.write(data)
    client = Marionette(control)
    for words in ((FRIEND, "", "", "größer", TEXT, ""), (FRIEND, OTHER, SECRET, "attached", TEXT, box.dir + "/data.bin")):
        said = client.ask("WebDriver:ExecuteAsyncScript", script=SEND, args=list(words), scriptTimeout=30000)
        if said != "sent":
            raise RuntimeError("Thunderbird says: %s" % said)
    client.ask("Marionette:Quit", flags=["eForceQuit"])
    process.wait(60)
    imported = box.run(box.roampost, "import", "thunderbird", profile)
    if "smtp=smtp://127.0.0.1:%d" % recorder.port not in imported:
        raise RuntimeError("its account is not imported:\n" + imported)

    def parts(t, what, content):
        subject, text, attached = decoded(content)
        t.equal((subject, text.rstrip("\n"), attached), ("attached", TEXT.rstrip("\n"), data), what + ": its parts")
    plain, attached = recorder.contents()
    return [Meant(ME, [FRIEND], plain, "a text"), Meant(ME, [FRIEND, OTHER, SECRET], attached, "attached", False, parts)]


PROGRAMS = {"thunderbird": thunderbird}
