# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates of servers."""

import os

from . import world
from .provider import make_authority


def make_certificate(folder, *names):
    """Signed by the laboratory's authority; or by itself, where there are no names."""
    os.makedirs(folder, exist_ok=True)
    signed = ["-CA", make_authority(), "-CAkey", world.DIR + "/ca.key"] if names else []
    world.run(["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
               "/CN=server", "-keyout", folder + "/key.pem", "-x509", "-days", "2", *signed, "-addext",
               "subjectAltName=" + ",".join("DNS:" + name for name in names or ["nobody.example"]),
               "-addext", "keyUsage=critical,digitalSignature", "-out", folder + "/cert.pem"])
    return folder
