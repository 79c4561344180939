# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The laboratory: an internet of the late nineties in namespaces, with real parts.

    world     namespaces, cables, names; everything dies with the PID namespace
    provider  an Internet provider: network, access points, LANs, real Postfix and Dovecot
              that enforce exactly the policy they are given
    manager   a real NetworkManager on a private system bus
    maildrop  a real Dovecot with mail to fetch
    roampost  the agent and its command line, as a user of the laptop has them
    tokens    a provider whose customers log in by tokens; authority gives them (npm's oidc-provider),
              form_filler and chromium are somebody who logs in at its pages
    notices   a notification daemon that remembers what it was asked to show
    tap       test results for the build's test runner
"""
