#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns the interface document into a manual page, mdoc(7).

usage: interface-page.py DOCUMENT OUTPUT"""

import re
import sys
import textwrap
import xml.etree.ElementTree as ET

DOC = "{http://www.freedesktop.org/dbus/1.0/doc.dtd}"
OPTIONS = "org.roampost.Options"
EMITS = "org.freedesktop.DBus.Property.EmitsChangedSignal"
WIDTH = 78
HEAD = r""".\" Made from dbus/org.roampost.Agent1.xml by the build.
.\" What is typed is to be found and copied: groff has hyphens (U+2010) for "-" elsewhere than in Debian.
.tr -\-
.Dd November 28, 2026
.Dt ORG.ROAMPOST.AGENT1 5
.Os
.Sh NAME
.Nm org.roampost.Agent1
.Nd D-Bus interface of roampost's agent
.Sh DESCRIPTION
The object
.Li /org/roampost/Agent1
of the name
.Li org.roampost.Agent1
on the session bus.
.Pp
"""
TAIL = r""".Sh FILES
.Bl -tag -width Ds
.It Pa /usr/share/dbus-1/interfaces/org.roampost.Agent1.xml
The same for programs.
.El
.Sh EXAMPLES
.Dl busctl --user introspect org.roampost.Agent1 /org/roampost/Agent1
.Sh SEE ALSO
.Xr roampost 1 ,
.Xr roampost-policy 7 ,
.Xr roampostd 8
"""


def escaped(text):
    """For troff, in ASCII."""
    text = text.replace("\\", "\\e").replace('"', "\\(dq").replace("`", "\\(ga").replace("'", "\\(aq")
    text = re.sub(r"(^|\s)-", r"\1\\-", text)
    return "".join(c if ord(c) < 128 else "\\[u%04X]" % ord(c) for c in text)


def prose(text):
    """Lines that end where sentences do, none longer than WIDTH, none that troff takes for a request."""
    text = " ".join(text.split())
    lines = []
    for sentence in re.split(r"(?<=[A-Za-z0-9)][.;:])\s+(?=[A-Z(])", text):
        lines += textwrap.wrap(escaped(sentence), WIDTH, break_long_words=False, break_on_hyphens=False)
    return "".join(("\\&" if line[0] in ".'" else "") + line + "\n" for line in lines)


def paragraphs(element):
    paras = [p.text for p in element.findall(f"{DOC}doc/{DOC}description/{DOC}para")]
    return ".Pp\n".join(prose(p) for p in paras)


def summary(argument):
    found = argument.find(f"{DOC}doc/{DOC}summary")
    return found.text if found is not None else ""


def annotation(element, name):
    return next((a.get("value") for a in element.findall("annotation") if a.get("name") == name), None)


def signature(member):
    """Name and arguments as people read them."""
    ins = [a for a in member.findall("arg") if a.get("direction") != "out"]
    outs = [a for a in member.findall("arg") if a.get("direction") == "out"]
    words = [f'{a.get("type")} {a.get("name")}' for a in ins]
    text = f'.It Fn {member.get("name")}' + "".join(f' "{w}"' for w in words)
    if outs:
        text += " : " + " , ".join(f'Fa "{a.get("type")} {a.get("name")}"' for a in outs)
    return text + "\n"


def arguments(member):
    rows = []
    for argument in member.findall("arg"):
        options = annotation(argument, OPTIONS)
        words = summary(argument)
        if options:
            words += (": " if words else "Its options: ") + ", ".join(options.split(";"))
        if words:
            rows.append(f'.It Fa {argument.get("name")}\n' + prose(words[0].upper() + words[1:] + "."))
    return ".Bl -tag -width Ds\n" + "".join(rows) + ".El\n" if rows else ""


def errors(member):
    rows = [f'.It Li {e.get("name")}\n' + prose(e.text[0].upper() + e.text[1:] + ".")
            for e in member.findall(f"{DOC}doc/{DOC}errors/{DOC}error")]
    return ".Pp\nErrors:\n.Bl -tag -width Ds\n" + "".join(rows) + ".El\n" if rows else ""


def property_line(prop):
    told = {"const": "never changes", "false": "changes are not announced",
            "invalidates": "a change is announced without the value"}.get(annotation(prop, EMITS), "")
    return f'.It Va {prop.get("name")} : Li {prop.get("type")}' + (f" ({told})" if told else "") + "\n"


def main(source, target):
    interface = ET.parse(source).getroot().find("interface")
    with open(target, "w", encoding="ascii") as out:
        out.write(HEAD + paragraphs(interface))
        for title, tag in (("METHODS", "method"), ("SIGNALS", "signal")):
            out.write(f".Sh {title}\n.Bl -tag -width Ds\n")
            for member in interface.findall(tag):
                out.write(signature(member) + paragraphs(member) + arguments(member) + errors(member))
            out.write(".El\n")
        out.write(".Sh PROPERTIES\n.Bl -tag -width Ds\n")
        for prop in interface.findall("property"):
            out.write(property_line(prop) + paragraphs(prop))
        out.write(".El\n" + TAIL)


main(*sys.argv[1:])
