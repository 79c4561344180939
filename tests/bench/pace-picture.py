#!/usr/bin/python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""pace-picture.py BUILD --svg FILE [--cases N]

A picture of how the concurrency controller does in the model of line and server: for so many of the
random cases of test-core-pace-model, the share that is done within so many times what could be known
to be best. Prints the shares that are asked for, too."""

import argparse
import os
import re
import subprocess
import sys
from xml.sax.saxutils import escape

CASE = re.compile(r"([\d.]+) of what could be known, ([\d.]+) of the best number, ([\d.]+) on a second visit; "
                  r"(\d+) sessions, (\d+) useful")
CURVES = (("beside what could be known", "#1f6f8b", (95, 1.3)),
          ("beside the best number in hindsight", "#c05621", (85, 1.3)),
          ("the same, on a second visit", "#7a9e3b", (95, 1.3)))
LEFT, TOP, WIDTH, HEIGHT, MOST, LEAST = 50, 34, 560, 300, 2.5, 50


def judged(build, n):
    """Of each case the three ratios, and whether its sessions were no more than four or twice the useful."""
    program = os.path.join(build, "tests/unit/core/test-core-pace-model")
    done = subprocess.run([program], env={**os.environ, "CASES": "1,%d,0.001" % n}, stdout=subprocess.PIPE,
                          text=True, check=True)
    rows = [[float(word) for word in match] for match in CASE.findall(done.stdout)]
    if len(rows) != n:
        raise RuntimeError("%d cases of %d were told" % (len(rows), n))
    return [row[:3] + [row[3] <= max(4, 2 * row[4])] for row in rows]


def share(values, most):
    return 100.0 * sum(value <= most for value in values) / len(values)


def x_of(ratio):
    return LEFT + (min(ratio, MOST) - 0.9) / (MOST - 0.9) * WIDTH


def y_of(percent):
    return TOP + HEIGHT - (max(percent, LEAST) - LEAST) / (100 - LEAST) * HEIGHT


def text(x, y, words, anchor="start", color="#333"):
    return '<text x="%g" y="%g" text-anchor="%s" fill="%s">%s</text>' % (x, y, anchor, color, escape(words))


def line(x1, y1, x2, y2, color):
    return '<line x1="%g" y1="%g" x2="%g" y2="%g" stroke="%s"/>' % (x1, y1, x2, y2, color)


def axes():
    for percent in range(LEAST, 101, 10):
        yield line(LEFT, y_of(percent), LEFT + WIDTH, y_of(percent), "#e4e4e4")
        yield text(LEFT - 6, y_of(percent) + 4, "%d %%" % percent, "end")
    for ratio in (1, 1.3, 1.5, 2, 2.5):
        yield line(x_of(ratio), TOP, x_of(ratio), TOP + HEIGHT, "#999" if ratio == 1.3 else "#e4e4e4")
        yield text(x_of(ratio), TOP + HEIGHT + 18, "%g" % ratio, "middle")


def curve(values, number):
    name, color, (percent, most) = CURVES[number]
    steps = [0.9 + i * (MOST - 0.9) / 320 for i in range(321)]
    points = " ".join("%.1f,%.1f" % (x_of(step), y_of(share(values, step))) for step in steps)
    row = TOP + HEIGHT - 64 + 20 * number
    yield '<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/>' % (points, color)
    yield '<circle cx="%g" cy="%g" r="4" fill="#fff" stroke="%s"/>' % (x_of(most), y_of(percent), color)
    yield text(LEFT + WIDTH - 8, row, "%s: %.1f %% (asked: %d %%), within 2: %.1f %%" % (
        name, share(values, most), percent, share(values, 2)), "end", color)


def picture(rows):
    parts = [text(LEFT, 20, "%d random queues, lines and servers: the share within so many times the best; the line: 1.3"
                  % len(rows))]
    parts += axes()
    for number in range(len(CURVES)):
        parts += curve([row[number] for row in rows], number)
    return ('<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="12">\n'
            '<rect width="100%%" height="100%%" fill="#fff"/>\n%s\n</svg>\n') % (
                LEFT + WIDTH + 20, TOP + HEIGHT + 30, "\n".join(parts))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[1])
    parser.add_argument("build")
    parser.add_argument("--svg", required=True)
    parser.add_argument("--cases", type=int, default=2000)
    options = parser.parse_args()
    rows = judged(options.build, options.cases)
    with open(options.svg, "w") as out:
        out.write(picture(rows))
    for number, (name, _, (percent, most)) in enumerate(CURVES):
        values = [row[number] for row in rows]
        print("%s: %.1f %% within %g (asked: %d %%), %.1f %% within 2, worst %.2f" % (
            name, share(values, most), most, percent, share(values, 2), max(values)))
    print("no more sessions than four, or twice the useful: %.1f %% (asked: all)" % (
        100.0 * sum(row[3] for row in rows) / len(rows)))


if __name__ == "__main__":
    sys.exit(main())
