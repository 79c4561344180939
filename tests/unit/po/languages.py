# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Japanese locale of a test's own: few machines have made one, and nobody needs to be root for it."""

import os
import shutil
import subprocess

JAPANESE = "ja_JP.UTF-8"


def make_locale(directory, charset="UTF-8"):
    """Makes the locale in the directory; what is wrong, or None. It is found by LOCPATH."""
    target = os.path.join(directory, f"ja_JP.{charset}")
    if not shutil.which("localedef") or not os.path.exists("/usr/share/i18n/locales/ja_JP"):
        return "the sources of locales (package locales) are not installed"
    made = subprocess.run(["localedef", "--no-archive", "-i", "ja_JP", "-f", charset, target],
                          capture_output=True, text=True)
    # 1: with warnings
    return None if made.returncode in (0, 1) and os.path.exists(target) else made.stderr


def environment(directory, locale_dir, language):
    """As a user of that language ("ja", "en") has it."""
    chosen = {key: value for key, value in os.environ.items()
              if not key.startswith("LC_") and key not in ("LANG", "LANGUAGE")}
    # glibc's newlocale() loses what it makes of LOCPATH, in a function that has two underscores before its name where
    # there are symbols for debuggers.
    suppressions = os.path.join(directory, "lost-by-newlocale")
    with open(suppressions, "w", encoding="utf-8") as out:
        out.write("leak:argz_add_sep\nleak:argz_create_sep\n")
    return dict(chosen, LSAN_OPTIONS=f"suppressions={suppressions}:print_suppressions=0", LOCPATH=directory,
                ROAMPOST_LOCALE_DIR=locale_dir, LC_ALL=JAPANESE if language == "ja" else "C.UTF-8")
