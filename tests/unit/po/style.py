# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one way in which sentences for people are written (HACKING.md, “What people read”): what in them is
quoted, with what they begin, and how they end. Each function gives what is written otherwise."""

import re

import unmarked

# What stands behind "roampost: " or a place, or within another sentence: it begins small, and has no full stop.
PARTS = {"rp_cli_fail": (1,), "rp_cli_note": (1,), "rp_cli_usage": (1,), "rp_bus_call_refuse": (2,),
         "rp_import_remark": (2,), "problem_add": (5,), "refuse": (2,), **unmarked.ERRORS}
# Names that are written with a capital wherever they stand, and some that never are.
NAMES = r"NetworkManager|ModemManager|Thunderbird|Postfix|Secret Service|[A-Z][A-Z0-9]|[A-Z]\+"
SMALL = r"roampost|git|mutt|asn=|usage:|not-before"
MARKED = re.compile(rf"\b(?:N?_|rp_text_n|ngettext)\s*\(\s*({unmarked.LITERAL}(?:\s*,?\s*{unmarked.LITERAL})*)")
QUOTED = re.compile(r"(?<![\w}])'[^']*'(?!\w)")


def ends(words):
    return words.replace("\\n", "").rstrip().endswith(".")


def parts_in(text):
    """Errors and notes that look like sentences which stand alone."""
    text = unmarked.uncommented(text)
    for call in re.finditer(r"\b(" + "|".join(PARTS) + r")\s*\(", text):
        for number, (begin, end) in enumerate(unmarked.arguments(text, call.end()) or []):
            if number not in PARTS[call.group(1)]:
                continue
            for group in unmarked.GROUP.finditer(text[begin:end]):
                words = unmarked.text_of(group.group(0))
                if unmarked.is_sentence(words) and (ends(words) or re.match(rf"(?!{NAMES})[A-Z]", words)):
                    yield words


def quotes_in(text):
    """Words that are quoted by anything but “ ”."""
    for group in unmarked.GROUP.finditer(unmarked.uncommented(text)):
        words = unmarked.text_of(group.group(0))
        if re.search(r"`[^`]*`", words):
            yield words
    for message in MARKED.finditer(unmarked.uncommented(text)):
        if QUOTED.search(unmarked.text_of(message.group(1))):
            yield message.group(1)


def ends_in(text):
    """What ends as a sentence and does not begin as one."""
    for message in MARKED.finditer(unmarked.uncommented(text)):
        words = unmarked.text_of(message.group(1)).replace("\\n", "")
        if ends(words) and re.match(rf"(?!{SMALL})[a-z]", words):
            yield words


def find(check, folder, but=()):
    found = []
    for path in unmarked.sources(folder):
        if not path.endswith(but):
            with open(path, encoding="utf-8") as file:
                found += [f"{path}: {words}" for words in check(file.read())]
    return found
