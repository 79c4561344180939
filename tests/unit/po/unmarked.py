# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sentences that are given to people without a mark for translation, found by the functions that say
them. What is not a sentence (a format, an option, a name of a file) is none by having no two letters
beside a blank, or stands in ALLOWED."""

import os
import re

# Function -> which of its arguments are for people.
SAYING = {
    "rp_cli_fail": (1,), "rp_cli_note": (1,), "rp_cli_usage": (1,), "rp_cli_confirm": (1,), "rp_cli_print": (1,),
    "rp_cli_print_wrapped": (2,), "rp_cli_print_labelled": (2,), "rp_cli_table_new": range(0, 12),
    "rp_cli_read_secret": (1,), "rp_cli_ask": (1,),
    "rp_bus_call_refuse": (2,),
}
# Errors of these folders are shown; those of others are kept and logged, and so are in English.
ERRORS = {"g_set_error": (3,), "g_set_error_literal": (3,), "g_error_new": (2,), "g_error_new_literal": (2,),
          "rp_error_set_errno": (2,), "g_prefix_error": (1,)}
ERRORS_SHOWN = ("asn", "base", "bus", "config", "queue", "setup", "submit", "agent", "doctor")
ALLOWED = {r"%s[server-set %s]\n"}
# Folders and files whose sentences are not all marked yet.
TO_DO = ()

LITERAL = r'"(?:[^"\\\n]|\\.)*"'
GROUP = re.compile(rf'{LITERAL}(?:\s*(?:[A-Z_]\w+\s*)?{LITERAL})*')
MARKED = re.compile(r"\b(?:N?C?_|rp_text\w*|strcmp|g_strcmp0|g_str_equal|rp_cli_member_\w+|rp_cli_value_\w+)"
                    r"\s*\((?:[^()\"]*,)?\s*(?:/\*.*?\*/\s*)?$", re.S)


def text_of(group):
    return "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', group))


def uncommented(text):
    return re.sub(r"/\*.*?\*/", "", text, flags=re.S)


def arguments(text, start):
    """(begin, end) of each argument of the call whose parenthesis is open at `start`."""
    depth, begin, at, found = 0, start, start, []
    while at < len(text):
        if text[at] in "\"'":
            at = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'', re.S).match(text, at).end()
            continue
        if text[at] in "([{":
            depth += 1
        elif text[at] in ")]}":
            if depth == 0:
                return found + [(begin, at)]
            depth -= 1
        elif text[at] == "," and depth == 0:
            found.append((begin, at))
            begin = at + 1
        at += 1
    return found


def is_marked(text, at):
    """Whether the literal stands in a call that marks it, or gives it to no people."""
    before = text[:at]
    while True:
        if MARKED.search(before):
            return True
        # the arguments before it: rp_text_n("one", "many", ...)
        shorter = re.sub(rf'(?:{LITERAL}\s*)+,\s*$', "", before)
        if shorter == before:
            return False
        before = shorter


def is_sentence(words):
    plain = re.sub(r"%[-0-9$.*]*[a-zA-Z]+|\\.", "", words)
    return re.search(r"[A-Za-z]{2}", plain) and words not in ALLOWED


def in_text(text, errors=True):
    text = uncommented(text)
    calls = dict(SAYING, **(ERRORS if errors else {}))
    found = []
    for call in re.finditer(r"\b(" + "|".join(calls) + r")\s*\(", text):
        for number, (begin, end) in enumerate(arguments(text, call.end())):
            if number not in calls[call.group(1)]:
                continue
            for group in GROUP.finditer(text[begin:end]):
                if is_sentence(text_of(group.group(0))) and not is_marked(text, begin + group.start()):
                    found.append(text_of(group.group(0)))
    return found


OPTION = re.compile(r'G_OPTION_ARG_\w+,\s*[^,]+,\s*(\w+\(?|")')


def options_in(text, texts):
    """Options whose text for --help is neither marked nor one of `texts`, names of texts that are."""
    return [word for word in OPTION.findall(uncommented(text)) if word not in {"N_(", "_(", "NULL", *texts}]


def marked_texts(folder):
    """Names that headers and sources give to marked texts."""
    found = set()
    for where, _, names in os.walk(folder):
        for name in names:
            if name.endswith((".c", ".h")):
                with open(os.path.join(where, name), encoding="utf-8") as file:
                    found |= set(re.findall(r"#define (\w+) N_\(", file.read()))
    return found


def sources(folder):
    for where, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            if name.endswith(".c"):
                yield os.path.join(where, name)


def find(folder):
    found = []
    for path in sources(folder):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        shown = path.split("/")[-2] in ERRORS_SHOWN
        if any(path.startswith(os.path.join(folder, one)) for one in TO_DO):
            continue
        found += [f"{path}: {words}" for words in in_text(text, shown)]
    return found


def literals(folder, but):
    for path in sources(folder):
        if path.endswith(but):
            continue
        with open(path, encoding="utf-8") as file:
            for group in re.finditer(rf"{LITERAL}(?:\s*{LITERAL})*", uncommented(file.read())):
                yield text_of(group.group(0))
