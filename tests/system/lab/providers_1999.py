# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What nine providers said of themselves in March 1999, as ARENA's own document has it, and a
combination of all it describes.

The LAN. Its hosts have routed addresses of the provider's own, but not an access point's. Where the
document speaks of "outside" or of "another provider", such a LAN is inside: it is the provider's
network. Where it speaks of access points (IIJ4U, ASAHI Net, Tokai Internet) or names LANs (Dream
Net: "neither through other providers' access points nor through a LAN"), the LAN is outside. So
the servers take for their own either the whole network or the access points' pool, and so does
the configuration's `prefixes`.
"""

from collections import namedtuple

Said = namedtuple("Said", "name title own relay takes")
# What the server sees of a mail: `network` and `access_point`, where it comes from; `me` and `you`,
# whether sender and recipient are the provider's own; `login`, a POP login inside the window. Mail
# to the provider's own domain ends there, which no provider restricts.
SAID = [
    Said("odn", "ODN", "network", "inside",
         lambda m: m.network or m.you),
    Said("so-net", "So-net", "network", "inside; pop-login",
         lambda m: m.network or m.login or m.you),
    Said("dti", "DTI", "network", "inside",
         lambda m: m.network or m.you),
    Said("iij4u", "IIJ4U", "access-points", "inside; pop-login",
         lambda m: m.access_point or m.login or m.you),
    Said("asahi-net", "ASAHI Net", "access-points", "inside",
         lambda m: m.access_point or m.you),
    Said("dream-net", "Dream Net", "access-points", "inside",
         lambda m: m.access_point or m.you),
    Said("jah", "Internet Jah", "network", "inside; sender-domain; recipient-domain",
         lambda m: m.network or m.me or m.you),
    Said("tokai", "Tokai Internet", "access-points", "inside",
         lambda m: m.access_point or m.you),
    Said("at-m", "at-m", "network", "inside; sender-domain; recipient-domain",
         lambda m: m.network or m.me or m.you),
    Said("combined", "(combined)", "network", "inside+sender-domain; pop-login+sender-domain",
         lambda m: (m.network or m.login) and m.me or m.you),
]
Facts = namedtuple("Facts", "network access_point me you login")
PLACES = ("inside", "elsewhere", "lan")
MAILS = ((True, True), (True, False), (False, True), (False, False))  # (own sender, own recipient)
