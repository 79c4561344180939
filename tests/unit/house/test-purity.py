#!/usr/bin/env python3
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""core/ and proto/ do no I/O, read no clock and hold no globals: shown by the symbols their libraries
leave undefined, against a list of what is allowed, and by what they would put into writable memory.

usage: test-purity.py BUILD-ROOT"""

import pathlib
import re
import subprocess
import sys

# Values in memory, and nothing else. Families of GLib that are pure as a whole, then single names.
ALLOWED = re.compile(
    r"""^(
    g_(malloc|malloc0|malloc_n|malloc0_n|realloc|realloc_n|try_malloc|try_malloc_n|free|free_sized|memdup2|
       aligned_alloc)
  | g_(clear_pointer|clear_error|error_free|error_copy|error_matches|error_new|error_new_literal|set_error|
       set_error_literal|propagate_error|prefix_error|propagate_prefixed_error)
  | g_(array|byte_array|bytes|ptr_array|hash_table|list|slist|queue|sequence|tree|variant)_\w+
  | g_(direct|int|int64|str)_(hash|equal)
  | g_(string|strv|str|ascii|utf8|unichar|base64)_\w+
  | g_(strdup|strdelimit|strndup|strdup_printf|strdup_vprintf|strdupv|strconcat|strjoin|strjoinv|strsplit|strsplit_set|
       strfreev|strcmp0|strchomp|strchug|strstr_len|strrstr|strrstr_len|strreverse|strcanon|strescape|strnfill|
       snprintf|vsnprintf|strlcpy|strlcat|stpcpy)
  | g_(qsort_with_data|sort_array|ascii_table|uri_\w+|hostname_\w+|checksum_\w+|compute_\w+|hmac_\w+)
  | g_(atomic_ref_count|ref_count|atomic_rc_box|rc_box)_\w+
  | g_(quark_from_static_string|intern_static_string)
  | g_(return_if_fail_warning|assertion_message\w*|assert_warning)
  | g_date_time_(new_utc|new_from_unix_utc|format|unref|to_unix|ref|add\w*|get_\w+)
  | g_time_zone_(new_utc|unref)
  | bcmp|mem(chr|rchr|cmp|cpy|move|set|mem|pcpy)|str(chr|rchr|chrnul|cmp|ncmp|len|nlen|spn|cspn|pbrk|str|casestr|
       casecmp|ncasecmp|toul|toull|tol|toll)|qsort|bsearch|abs|inet_pton|inet_ntop|explicit_bzero
  | isoc23_str(toul|toull|tol|toll)
  | (v?snprintf)
    )$""",
    re.X,
)
# What the compiler adds by itself.
COMPILER = re.compile(r"^(_GLOBAL_OFFSET_TABLE_|__stack_chk_fail(_local)?|__(asan|ubsan|gcov|sanitizer)_\w+|__tls_get_addr|"
                      r"__u?(div|mod|divmod)di[34])$")  # 64 bits where a processor has 32
# Of base/: texts, JSON, dictionaries, secrets in memory; not the log, descriptors or errno.
BASE = re.compile(
    r"^rp_(text_neutral|is_neutral|json_\w+|dict_\w+|nearest|error_quark|secret_(alloc|dup|free)|wipe|span_(parse|format|format_human)|"
    # In which language the thread is is no argument: it changes no decision, and comes with every sentence.
    r"size_(parse|format)|time_format|text|text_meant|text_n|remedy_with_(id|sender))$"
)
LIBRARIES = {"core": ["core"], "proto": ["proto", "core"]}


def archive(build, folder):
    return build / "src" / folder / f"librp-{folder}.a"


def symbols(path, *options):
    output = subprocess.run(["nm", *options, str(path)], capture_output=True, text=True, check=True).stdout
    return {line.split()[-1].split("@")[0] for line in output.splitlines() if len(line.split()) >= 2 and not line.endswith(":")}


def undefined(build, folder, own):
    defined = set()
    for name in own:
        if archive(build, name).exists():
            defined |= symbols(archive(build, name), "--defined-only", "--extern-only")
    return symbols(archive(build, folder), "--undefined-only") - defined


def plain(symbol):
    """The name behind a fortified or a versioned one: __memcpy_chk, __isoc23_strtoul."""
    return re.sub(r"^__(\w+?)(_chk)?$", r"\1", symbol)


def impure(build, folder, own):
    return sorted(
        s
        for s in undefined(build, folder, own)
        if not (ALLOWED.match(s) or ALLOWED.match(plain(s)) or COMPILER.match(s) or BASE.match(s))
    )


def writable(build, folder):
    """Objects in .data, .bss or common: globals. Tables of constants with addresses in them are in
    .data.rel.ro, which is read-only once the program runs."""
    output = subprocess.run(["objdump", "-t", str(archive(build, folder))], capture_output=True, text=True, check=True).stdout
    found = []
    for line in output.splitlines():
        match = re.match(r"^[0-9a-f]+ (.{7}) (\S+)\s+([0-9a-f]+) (.*)$", line)
        if not match or not int(match[3], 16) or "O" not in match[1] and match[2] != "*COM*":
            continue
        if re.match(r"^(\*COM\*|\.t?bss\b|\.t?data(?!\.rel\.ro))", match[2]):
            found.append(f"{match[4].strip()} in {match[2]}")
    return sorted(found)


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    failed = False
    print(f"1..{2 * len(LIBRARIES)}")
    for number, (folder, own) in enumerate(LIBRARIES.items()):
        if not archive(build, folder).exists():
            print(f"not ok {2 * number + 1} {folder}: its library is not built")
            print(f"not ok {2 * number + 2} {folder}: its library is not built")
            failed = True
            continue
        sanitized = any(s.startswith("__asan") for s in symbols(archive(build, folder), "--undefined-only"))
        for step, what, found in (
            (1, "undefined symbols", impure(build, folder, own)),
            (2, "globals", [] if sanitized else writable(build, folder)),
        ):
            note = " # SKIP the sanitizer adds its own" if step == 2 and sanitized else ""
            print(f"{'not ok' if found else 'ok'} {2 * number + step} {folder}: {what}{note}")
            for name in found:
                print(f"# {folder}: {name}")
            failed |= bool(found)
    return failed


sys.exit(main())
