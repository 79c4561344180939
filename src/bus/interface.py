#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns the interface document into C: the document without its documentation (what Introspect answers),
and tables of its methods, signals and properties.

usage: interface.py DOCUMENT OUTPUT"""
import sys
import xml.etree.ElementTree as ET

DOC = "{http://www.freedesktop.org/dbus/1.0/doc.dtd}"
DOCTYPE = (
    '<!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN"\n'
    ' "http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">\n'
)
EMITS = "org.freedesktop.DBus.Property.EmitsChangedSignal"
OPTIONS = "org.roampost.Options"


def strip(element):
    element.text = element.tail = None
    for child in list(element):
        if child.tag.startswith(DOC):
            element.remove(child)
        else:
            strip(child)


def annotation(element, name, otherwise=None):
    for child in element.findall("annotation"):
        if child.get("name") == name:
            return child.get("value")
    return otherwise


def signature(arguments):
    return "".join(argument.get("type") for argument in arguments)


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def method_row(method):
    ins = [a for a in method.findall("arg") if a.get("direction") == "in"]
    outs = [a for a in method.findall("arg") if a.get("direction") == "out"]
    options = [(i, annotation(a, OPTIONS)) for i, a in enumerate(ins) if a.get("type") == "a{sv}"]
    if any(known is None for _, known in options) or len(options) > 1:
        sys.exit(f"{method.get('name')}: one dictionary of options, with the annotation {OPTIONS}")
    at, known = options[0] if options else (0, None)
    return "{%s, %s, %s, %s, %d}" % (
        quoted(method.get("name")), quoted(signature(ins)), quoted("(%s)" % signature(outs)),
        "NULL" if known is None else quoted(known), at)


def property_row(prop):
    emits = {"true": "VALUE", "invalidates": "NAME", "const": "NEVER", "false": "NEVER"}
    return "{%s, %s, RP_BUS_EMITS_%s}" % (
        quoted(prop.get("name")), quoted(prop.get("type")), emits[annotation(prop, EMITS, "true")])


def signal_row(signal):
    return "{%s, %s}" % (quoted(signal.get("name")), quoted("(%s)" % signature(signal.findall("arg"))))


def write_table(out, declaration, rows):
    out.write(f"\nconst {declaration}[] = {{\n")
    for row in rows:
        out.write(f"\t{row},\n")
    out.write("\t{NULL},\n};\n")


def main(source, target):
    root = ET.parse(source).getroot()
    strip(root)
    interface = root.find("interface")
    ET.indent(root)
    text = DOCTYPE + ET.tostring(root, encoding="unicode") + "\n"
    with open(target, "w", encoding="utf-8") as out:
        out.write('#include "bus-private.h"\n\nconst char rp_bus_interface_xml[] =\n')
        for line in text.splitlines():
            out.write(f"\t{quoted(line)[:-1]}\\n\"\n")
        out.write("\t;\n")
        write_table(out, "RpBusMethod rp_bus_methods", map(method_row, interface.findall("method")))
        write_table(out, "RpBusSignal rp_bus_signals", map(signal_row, interface.findall("signal")))
        write_table(out, "RpBusProperty rp_bus_properties",
                    map(property_row, interface.findall("property")))


main(*sys.argv[1:])
