#!/bin/sh
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
# fast-open.sh PROGRAM: runs it in a network of its own whose kernel serves TCP Fast Open.
set -eu
unshare -rn true 2>/dev/null || { echo "1..0 # SKIP no user namespaces here"; exit 0; }
exec unshare -rn sh -euc '
	ip link set lo up
	echo 3 > /proc/sys/net/ipv4/tcp_fastopen 2>/dev/null ||
		{ echo "1..0 # SKIP /proc/sys cannot be written here"; exit 0; }
	exec "$1"' - "$1"
