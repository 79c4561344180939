#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""chromium.py URL [PICTURE]: somebody at a real browser, without a screen: Chromium opens the page, and on each
that has a form what is asked is typed into it, and its button is clicked with the mouse; the end is a page
without one: its address is printed, and its text. With CANCEL in the environment the login is cancelled where
consent is asked for. PICTURE: a PNG of each page, numbered, for who wants to look.

It is spoken to by its own protocol over two pipes, so that nothing more than the browser is needed."""

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile

NAME = "taro"
PATIENCE = 60
FLAGS = ["--headless=new", "--remote-debugging-pipe", "--no-first-run", "--disable-gpu", "--disable-dev-shm-usage",
         "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-proxy-server",
         # Its authority is the laboratory's own; and root has no sandbox.
         "--ignore-certificate-errors", "--no-sandbox"]

# What is to be typed into, what is to be clicked, and where.
LOOK = """(() => {
  const place = (e) => { e.scrollIntoView({block: 'center'}); const r = e.getBoundingClientRect();
    return {x: r.x + r.width / 2, y: r.y + r.height / 2}; };
  const form = document.querySelector('form');
  const fields = form ? [...form.querySelectorAll('input:not([type=hidden]):not([type=submit])')] : [];
  const no = /cancel|abort/i;
  const button = form && [...document.querySelectorAll('button, input[type=submit]')].find((e) => !no.test(e.innerText));
  const cancel = [...document.querySelectorAll('a, button')].find((e) => no.test(e.innerText));
  return {url: location.href, text: document.body && document.body.innerText,
    fields: fields.map((e) => ({...place(e), value: e.value, type: e.type})), button: button ? place(button) : null,
    cancel: cancel ? place(cancel) : null};
})()"""


def program():
    return shutil.which("chromium") or shutil.which("chromium-browser")


class Chromium:
    """A context manager."""

    def __enter__(self):
        self.profile = tempfile.mkdtemp(prefix="roampost-chromium-")
        theirs, mine = os.pipe(), os.pipe()

        def wire():
            # 3: what it reads, 4: what it writes.
            reader, writer = os.dup(theirs[0]), os.dup(mine[1])
            os.dup2(reader, 3)
            os.dup2(writer, 4)

        self.process = subprocess.Popen(
            [program(), *FLAGS, "--user-data-dir=" + self.profile, "about:blank"], preexec_fn=wire, close_fds=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=dict(os.environ, HOME=self.profile))
        os.close(theirs[0])
        os.close(mine[1])
        self.out, self.into = theirs[1], os.fdopen(mine[0], "rb")
        self.rest, self.count, self.loads, self.session = b"", 0, 0, None
        page = [t for t in self.ask("Target.getTargets")["targetInfos"] if t["type"] == "page"][0]
        self.session = self.ask("Target.attachToTarget", targetId=page["targetId"], flatten=True)["sessionId"]
        self.ask("Page.enable")
        return self

    def __exit__(self, *_):
        try:
            self.session = None
            self.ask("Browser.close")
            self.process.wait(20)
        except (OSError, EOFError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        os.close(self.out)
        self.into.close()
        shutil.rmtree(self.profile, ignore_errors=True)

    def _read(self):
        while b"\0" not in self.rest:
            if not select.select([self.into], [], [], PATIENCE)[0]:
                raise TimeoutError("nothing happens in the browser")
            more = os.read(self.into.fileno(), 65536)
            if not more:
                raise EOFError("Chromium has ended")
            self.rest += more
        text, self.rest = self.rest.split(b"\0", 1)
        message = json.loads(text)
        self.loads += message.get("method") == "Page.loadEventFired"
        return message

    def ask(self, method, **parameters):
        self.count += 1
        question = {"id": self.count, "method": method, "params": parameters}
        if self.session:
            question["sessionId"] = self.session
        os.write(self.out, json.dumps(question).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self.count:
                if "error" in answer:
                    raise RuntimeError("%s: %s" % (method, answer["error"]))
                return answer["result"]

    def wait_for_load(self, before):
        """Until a page is there that was not when `loads` was so."""
        while self.loads == before:
            self._read()

    def look(self):
        page = self.ask("Runtime.evaluate", expression=LOOK, returnByValue=True)["result"]["value"]
        frame = self.ask("Page.getFrameTree")["frameTree"]["frame"]
        return dict(page, url=frame.get("unreachableUrl", page["url"]))

    def click(self, at):
        for kind in ("mousePressed", "mouseReleased"):
            self.ask("Input.dispatchMouseEvent", type=kind, x=at["x"], y=at["y"], button="left", clickCount=1)

    def type(self, text):
        self.ask("Input.insertText", text=text)

    def picture(self, path):
        with open(path, "wb") as out:
            out.write(base64.b64decode(self.ask("Page.captureScreenshot")["data"]))


def walk(browser, url, picture=None):
    """From page to page; returns the last one."""
    before = browser.loads
    browser.ask("Page.navigate", url=url)
    for step in range(1, 9):
        browser.wait_for_load(before)
        page = browser.look()
        if picture:
            browser.picture("%s%d.png" % (picture, step))
        if not page["button"]:
            return page
        for field in page["fields"]:
            if not field["value"]:
                browser.click(field)
                browser.type(NAME)
        before = browser.loads
        asks_consent = not any(field["type"] == "password" for field in page["fields"])
        cancel = os.environ.get("CANCEL") and asks_consent and page["cancel"]
        browser.click(cancel or page["button"])
        if cancel:
            browser.wait_for_load(before)
            return browser.look()
    raise RuntimeError("a form on each of eight pages: %s" % page)


if __name__ == "__main__":
    with Chromium() as browser:
        last = walk(browser, *sys.argv[1:3])
        print(last["url"])
        print(last["text"])
