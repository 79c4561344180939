# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Other programs, to be measured beside roampost. Those which would take the place of an installed
Postfix are fetched by apt-get and unpacked, and only the benchmark sees them."""

import glob
import os
import subprocess


def _run(*words, **options):
    subprocess.run(words, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)


def unpack(name, directory):
    """A package's files, without installing it; None where it can't be had."""
    where = f"{directory}/{name}"
    os.makedirs(where)
    try:
        _run("apt-get", "download", "-q", "-o", "APT::Sandbox::User=root", name, cwd=where)
        package, = glob.glob(where + "/*.deb")
        _run("dpkg-deb", "-x", package, where + "/root")
        for command in glob.glob(where + "/root/usr/*/sendmail"):
            os.unlink(command)  # that of Postfix stays
    except (OSError, ValueError, subprocess.CalledProcessError):
        return None
    return where + "/root"


def lay_over(path, layer):
    """In a mount namespace of our own: nobody else sees it."""
    _run("mount", "-t", "overlay", "overlay", "-o", f"lowerdir={layer}:{path}", path)
