#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""picture.py RESULTS... --svg FILE [--table FILE]

A picture of what flush.py and check.py wrote with --write: for each queue and line the time over the
physical limit, roampost's and the others'. And the same as a table in Markdown: written into FILE
between its lines <!-- speed --> and <!-- /speed -->."""

import argparse
import json
import math
import re
import statistics
from xml.sax.saxutils import escape

LINES = {"P56": "56 kbit/s, 200 ms", "P3G": "1 Mbit/s, 120 ms", "SAT": "5 Mbit/s, 600 ms"}
# what, load, server -> title
QUEUES = {
    ("flush", "W3", "chunking"): "Sending 200 mails of 5 KB, 3 recipients each",
    ("flush", "W1", "chunking"): "Sending 50 mails of 2 KB",
    ("flush", "W3", "plain"): "Sending 200 × 5 KB × 3 to a server without CHUNKING",
    ("check", None, None): "Fetching 200 mails of 5 KB by POP3",
}
NAMES = {"roampost": "roampost", "place": "from place", "postfix": "Postfix", "postfix20": "Postfix, 20",
         "dma": "dma", "mpop": "mpop", "curl": "curl", "msmtp": "msmtp"}

PANEL, GAP, BAR, TOP, LEFT = 270, 20, 16, 24, 14
HEAD = 22                  # of a panel: the line's name
NAME, FIGURE = 72, 38      # room for a client's name and for a figure
MOST = 12.0                # the end of the scale; a longer bar is cut


def medians(paths):
    """{(what, load, server): {line: {client: ratio}}}"""
    found = {}
    for path in paths:
        with open(path) as lines:
            for row in map(json.loads, lines):
                queue = (row["what"], row.get("load"), row.get("server"))
                queue = queue if queue in QUEUES else (row["what"], None, None)
                if queue not in QUEUES or row["line"] not in LINES:
                    continue
                whole = row.get("accepted", 1) == row.get("of", 1)
                found.setdefault(queue, {}).setdefault(row["line"], {}).setdefault(row["client"], []).append(
                    row["ratio"] if whole else math.inf)
    return {queue: {line: {client: statistics.median(ratios) for client, ratios in clients.items()}
                    for line, clients in lines.items()} for queue, lines in found.items()}


def figure(ratio):
    return "%.*f" % (2 if ratio < 10 else 1, ratio) if ratio < math.inf else "not all"


def text(x, y, words, **style):
    style = " ".join('%s="%s"' % (name.replace("_", "-"), value) for name, value in style.items())
    return '<text x="%g" y="%g" %s>%s</text>' % (x, y, style, escape(words))


def bars(x, y, clients, order):
    """Of one panel. The scale is logarithmic and begins at the limit."""
    room = PANEL - NAME - FIGURE
    for place, name in enumerate(n for n in order if n in clients):
        ratio, top = clients[name], y + HEAD + place * (BAR + 4)
        length = max(2, room * math.log(min(ratio, MOST)) / math.log(MOST))
        own = name in ("roampost", "place")
        yield text(x + NAME - 6, top + 12, NAMES.get(name, name), text_anchor="end", fill="#222",
                   font_weight="bold" if own else "normal")
        yield '<rect x="%g" y="%g" width="%.1f" height="%g" fill="%s"/>' % (
            x + NAME, top, length, BAR, "#1f6feb" if own else "#b4bcc6")
        yield text(x + NAME + length + 5, top + 12, figure(ratio), fill="#222",
                   font_weight="bold" if own else "normal")
    yield '<line x1="%g" y1="%g" x2="%g" y2="%g" stroke="#222"/>' % (
        x + NAME, y + HEAD - 3, x + NAME, y + HEAD + len(clients) * (BAR + 4))


def draw(found):
    parts, y = [], TOP
    width = LEFT * 2 + len(LINES) * PANEL + (len(LINES) - 1) * GAP
    parts.append(text(LEFT, y, "Time over what the line itself needs (1 is the limit; scale logarithmic)",
                      font_size=15, font_weight="bold", fill="#111"))
    for queue, title in QUEUES.items():
        if queue not in found:
            continue
        order = [name for name in NAMES if any(name in clients for clients in found[queue].values())]
        y += 26
        parts.append(text(LEFT, y, title, font_size=13, font_weight="bold", fill="#111"))
        for column, (line, name) in enumerate(LINES.items()):
            x = LEFT + column * (PANEL + GAP)
            parts.append(text(x + NAME, y + 24, name, fill="#555"))
            parts += bars(x, y + 10, found[queue].get(line, {}), order)
        y += HEAD + 10 + len(order) * (BAR + 4)
    return ('<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" '
            'font-family="sans-serif" font-size="12" role="img" aria-label="Time over the limit of the line">\n'
            '<rect width="100%%" height="100%%" fill="#fff"/>\n%s\n</svg>\n') % (
                width, y + 16, width, y + 16, "\n".join(parts))


def table(found):
    rows = ["| queue | line | " + " | ".join(NAMES[n] for n in present(found)) + " |",
            "| --- | --- |" + " --- |" * len(present(found))]
    for queue, title in QUEUES.items():
        for line, name in LINES.items():
            clients = found.get(queue, {}).get(line)
            if clients:
                rows.append("| %s | %s | %s |" % (title, name, " | ".join(
                    figure(clients[n]) if n in clients else "" for n in present(found))))
    return "\n".join(rows)


def present(found):
    return [n for n in NAMES if any(n in clients for lines in found.values() for clients in lines.values())]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[1])
    parser.add_argument("results", nargs="+")
    parser.add_argument("--svg", required=True)
    parser.add_argument("--table")
    options = parser.parse_args()
    found = medians(options.results)
    with open(options.svg, "w") as out:
        out.write(draw(found))
    if options.table:
        with open(options.table) as page:
            old = page.read()
        new, count = re.subn(r"(<!-- speed -->\n).*?(<!-- /speed -->)",
                             lambda m: m[1] + table(found) + "\n" + m[2], old, flags=re.S)
        if count != 1:
            parser.error("%s has no lines <!-- speed --> and <!-- /speed -->" % options.table)
        with open(options.table, "w") as page:
            page.write(new)


main()
