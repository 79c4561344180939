#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every message for people is marked, translated, and translated with the same places in it.
test-translations.py SOURCE-ROOT"""

import glob
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from cases import Skip, equal, main, test  # noqa: E402
import style  # noqa: E402
import unmarked  # noqa: E402

ROOT = os.path.abspath(sys.argv[1])
os.chdir(ROOT)


def languages():
    with open("po/LINGUAS", encoding="utf-8") as lines:
        return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def entries(language):
    """(msgid, msgstr) of a catalogue; of plural forms the last."""
    with open(f"po/{language}.po", encoding="utf-8") as file:
        blocks = file.read().split("\n\n")
    for block in blocks[1:]:
        found = {}
        for line in block.splitlines():
            start = re.match(r'(msg\w+)(?:\[\d+\])? "(.*)"$', line)
            if start:
                name = start.group(1)
                found[name] = start.group(2)
            elif line.startswith('"'):
                found[name] += line[1:-1]
        if "msgid" in found:
            yield found.get("msgid_plural", found["msgid"]), found["msgstr"]


@test
def all_is_translated_and_up_to_date():
    if not shutil.which("xgettext"):
        raise Skip("gettext is not installed")
    done = subprocess.run(["script/po", "--check"], capture_output=True, text=True)
    equal((done.returncode, done.stdout), (0, ""), done.stderr)


@test
def places_in_braces_are_the_same():
    places = re.compile(r"\{\w+\}")
    for language in languages():
        for english, own in entries(language):
            equal(set(places.findall(own)), set(places.findall(english)), f"{language}: {english}")


def of_source(language, source):
    """As entries(), of what stands in one source file."""
    text = subprocess.run(["msggrep", "--no-wrap", f"--location={source}", f"po/{language}.po"],
                          capture_output=True, text=True, check=True).stdout
    for block in text.split("\n\n")[1:]:
        found = dict(re.findall(r'^(msgid|msgstr) "(.*)"$', block, re.M))
        if len(found) == 2:
            yield found["msgid"], found["msgstr"]


PARTICLES = r"(?:から|まで|より|[でにへをはがて]|(?<!あ)と)"
TWICE = re.compile(PARTICLES + r" +" + PARTICLES + r"(?![ぁ-ん])")


@test
def what_was_learned_has_no_particle_twice():
    """Of every way in which its sentences are put together: "at ODN, from its own domain" is the place of another."""
    if not shutil.which("msggrep"):
        raise Skip("gettext is not installed")
    parts = dict(of_source("ja", "src/core/learning-text.c"))
    tried = ["ODN"]
    for english in [text for text in parts if "{before}" in text]:
        tried += [parts[english].replace("{before}", before) for before in tried]
    whole = [own for own in parts.values() if "%1$s" in own]
    equal((len(tried), len(whole) > 5), (16, True), "the fragments and the sentences are there")
    for own in whole:
        for where in tried:
            said = own.replace("%1$s", where)
            equal(TWICE.findall(said), [], said)


@test
def what_is_places_alone_says_what_they_are():
    """A number and a state are put into another order than a day and a time."""
    for language in languages():
        with open(f"po/{language}.po", encoding="utf-8") as file:
            for block in file.read().split("\n\n"):
                if "\nmsgctxt" not in block:
                    equal(re.findall(r'^msgid "((?:%[\d$]*[a-z]|\s|\\n)+)"$', block, re.M), [], language)


@test
def commands_and_options_stay_as_they_are_typed():
    with open("src/cli/commands.c", encoding="utf-8") as file:
        names = "|".join(sorted({name.split()[0] for name in re.findall(r'\n\t\{"([^"]+)"', file.read())}))
    typed = re.compile(rf"--[a-z][a-z-]+|roampost (?:{names})\b|\b[a-z]+-[a-z]+=|\b[A-Z]+_[A-Z_]+\b")
    for language in languages():
        for english, own in entries(language):
            missing = [word for word in typed.findall(english) if word not in own]
            equal(missing, [], f"{language}: {english}")


@test
def stored_sentences_are_those_that_are_made():
    """core/words-table.c repeats what is said elsewhere."""
    with open("src/core/words-table.c", encoding="utf-8") as file:
        own = file.read().split("rp_words_of_curl", 1)[0]
    table = [unmarked.text_of(one) for one in re.findall(r'N_\(((?:\s*"(?:[^"\\]|\\.)*")+)\)', own)]
    made = " ".join(unmarked.literals("src", but="words-table.c"))
    # Where it is put together of two, the halves.
    halves = r"\{\w+\}|^the password (?=is not)|(?<=^its token is refused)[ :]"
    pieces = {piece.strip(" :;,()") for sentence in table for piece in re.split(halves, sentence)}
    pieces = {piece for piece in pieces if len(piece) > 3}
    equal(sorted(piece for piece in pieces if piece not in made), [])


@test
def stored_errors_of_the_configuration_are_those_that_are_said():
    """core/words-config.c repeats what src/config says."""
    marked = r'(?<![A-Z])N?_\(\s*((?:"(?:[^"\\]|\\.)*"\s*)+)\)'

    def messages(path):
        with open(path, encoding="utf-8") as file:
            return {unmarked.text_of(one) for one in re.findall(marked, file.read())}

    # What named-files.c says is for who checks, and is never stored.
    said = set().union(*(messages(path) for path in glob.glob("src/config/*.c") if not path.endswith("/named-files.c")))
    equal(messages("src/core/words-config.c") ^ said, {"the configuration has errors:", "warning: "})


@test
def what_is_said_of_downloads_is_stored_too():
    with open("src/core/words-table.c", encoding="utf-8") as file:
        table = " ".join(unmarked.text_of(one) for one in re.findall(r'N_\(((?:\s*"(?:[^"\\]|\\.)*")+)\)', file.read()))
    with open("src/transport/curl-download.c", encoding="utf-8") as file:
        made = unmarked.in_text(file.read())
    equal(len(made) > 4, True)
    pieces = {piece for words in made for piece in re.split(r"%\w*", words) if len(piece) > 3}
    equal([piece for piece in pieces if piece.strip() not in table], [])


@test
def what_options_do_is_marked():
    texts = unmarked.marked_texts("src")
    for path in unmarked.sources("src"):
        with open(path, encoding="utf-8") as file:
            equal(unmarked.options_in(file.read(), texts), [], path)


@test
def what_is_printed_is_marked():
    equal(unmarked.find("src"), [])


@test
def an_unmarked_sentence_would_be_seen():
    equal(unmarked.in_text('rp_cli_fail(cli, "it is %s", x);'), ["it is %s"])
    equal(unmarked.in_text('rp_cli_fail(cli, _("it is %s"), x);'), [])
    equal(unmarked.in_text('rp_cli_fail(cli, n ? "one is" : _("two are"), x);'), ["one is"])
    row = '{"x", 0, 0, G_OPTION_ARG_NONE, &given.x, %s, NULL},'
    equal([unmarked.options_in(row % text, {"X_TEXT"}) for text in ('"do it"', 'N_("do it")', "X_TEXT", "Y_TEXT")],
          [['"'], [], [], ["Y_TEXT"]])
    equal(unmarked.in_text('g_debug("it is %s", x);'), [])


@test
def what_is_quoted_is_quoted_in_one_way():
    # The scripts of shells and their comments are no messages.
    equal(style.find(style.quotes_in, "src", but=("completion-bash.c", "completion-zsh.c", "completion-fish.c")), [])


@test
def errors_and_notes_are_parts_of_a_sentence():
    equal(style.find(style.parts_in, "src"), [])


@test
def what_ends_as_a_sentence_begins_as_one():
    equal(style.find(style.ends_in, "src"), [])


@test
def another_style_would_be_seen():
    equal(list(style.quotes_in('x(_("say `roampost use`"));')), ["say `roampost use`"])
    equal(len(list(style.quotes_in("x(_(\"it is 'odn'\"), 'a', 'b');"))), 1)
    equal(list(style.quotes_in("x(_(\"odn's server, and its owner's\"));")), [])
    equal(list(style.parts_in('rp_cli_fail(cli, _("It is %s"), x);')), ["It is %s"])
    equal(list(style.parts_in('rp_bus_call_refuse(call, CODE, _("it is %s."), x);')), ["it is %s."])
    equal(list(style.parts_in('rp_cli_fail(cli, _("SMTP is %s"), x);')), [])
    equal(list(style.ends_in('x(_("it is %s.\\n"));')), ["it is %s."])


@test
def desktop_entries_have_every_language():
    for folder in ("data", "conf/desktop"):
        for name in sorted(os.listdir(folder)):
            path = os.path.join(folder, name)
            if not re.search(r"\.desktop(\.in)?$|\.metainfo\.xml$", name):
                continue
            with open(path, encoding="utf-8") as file:
                text = file.read()
            for language in languages():
                if name.endswith(".xml"):
                    equal(len(re.findall(rf'<(?:name|summary|p|caption|li) xml:lang="{language}"', text)),
                          len(re.findall(r"<(?:name|summary|p|caption|li)>", text)), path)
                    continue
                for key in re.findall(r"^(Name|Comment|GenericName|Keywords)=", text, re.M):
                    equal(f"\n{key}[{language}]=" in text, True, f"{path}: {key}")


main()
