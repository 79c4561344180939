#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""browser.py URL: somebody who logs in, and says yes, at the pages of an authorization server: fills in and
sends each form that comes, until a page has none."""

import html.parser
import http.cookiejar
import sys
import urllib.parse
import urllib.request


class Form(html.parser.HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.action, self.fields = None, {}
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "form" and self.action is None:
            self.action = given.get("action", "")
        elif tag == "input" and given.get("name"):
            self.fields[given["name"]] = given.get("value") or "taro"


def main():
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    answer = opener.open(sys.argv[1], timeout=90)
    for _ in range(6):
        form = Form(answer.read().decode())
        if form.action is None:
            return
        answer = opener.open(urllib.parse.urljoin(answer.url, form.action),
                             urllib.parse.urlencode(form.fields).encode(), timeout=90)


main()
