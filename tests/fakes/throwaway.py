# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders of a test case."""

import contextlib
import os
import shutil
import tempfile


@contextlib.contextmanager
def folder(prefix):
    """A folder for a while. What can't be taken away (somebody has mounted there, or still writes) is told and left:
    it takes no other case with it."""
    path = tempfile.mkdtemp(prefix=prefix)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        if os.path.lexists(path):
            print(f"# left behind: {path}", flush=True)
