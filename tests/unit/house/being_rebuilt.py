# SPDX-License-Identifier: GPL-3.0-or-later
# Folders whose circles and format are told and not yet refused, while they are taken apart.
BEING_REBUILT = {"agent"}
