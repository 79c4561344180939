#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes an interface document as a C string, without its documentation: what Introspect answers."""
import sys
import xml.etree.ElementTree as ET

DOC = "{http://www.freedesktop.org/dbus/1.0/doc.dtd}"
DOCTYPE = (
    '<!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN"\n'
    ' "http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">\n'
)


def strip(element):
    element.text = element.tail = None
    for child in list(element):
        if child.tag.startswith(DOC):
            element.remove(child)
        else:
            strip(child)


def main(source, target, symbol, header):
    root = ET.parse(source).getroot()
    strip(root)
    ET.indent(root)
    text = DOCTYPE + ET.tostring(root, encoding="unicode") + "\n"
    with open(target, "w", encoding="utf-8") as out:
        out.write(f'#include "{header}"\n\nconst char {symbol}[] =\n')
        for line in text.splitlines():
            quoted = line.replace("\\", "\\\\").replace('"', '\\"')
            out.write(f'\t"{quoted}\\n"\n')
        out.write("\t;\n")


main(*sys.argv[1:])
