#!/bin/bash
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
# One notification by a real dunst on an X server without a screen: shown, replaced, closed, closed by
# the user, shown again by a restarted dunst. test-dunst.sh DRIVER [SCREENSHOT]
set -u
driver=$1
shot=${2:-}
for tool in Xvfb dunst dunstctl dbus-run-session; do
	command -v "$tool" >/dev/null || { echo "1..0 # SKIP $tool is not installed"; exit 0; }
done

if [ -z "${RP_DUNST_INNER:-}" ]; then
	home=$(mktemp -d)
	chmod 700 "$home"
	export RP_DUNST_INNER=$home HOME=$home XDG_RUNTIME_DIR=$home XDG_CONFIG_HOME=$home
	export XDG_CACHE_HOME=$home XDG_DATA_HOME=$home
	# A number of our own: the lowest free one may be of a server that is ending, and takes the socket with it.
	# -noreset: a server whose last client goes begins anew, and turns away who comes meanwhile.
	Xvfb ":$((100 + $$ % 50000))" -displayfd 3 -screen 0 800x600x24 -nolisten tcp -noreset 3>"$home/display" \
		2>/dev/null &
	xvfb=$!
	for _ in $(seq 100); do [ -s "$home/display" ] && break; sleep 0.05; done
	DISPLAY=:$(cat "$home/display")
	export DISPLAY
	timeout 300 dbus-run-session --config-file="$(dirname "$0")/../../fakes/bus.conf" -- "$0" "$@"
	rc=$?
	kill "$xvfb"
	wait "$xvfb" 2>/dev/null
	rm -rf "$home"
	exit $rc
fi

printf '[global]\nwidth = 400\norigin = top-right\nmarkup = full\nformat = "<b>%%s</b>\\n%%b"\n[urgency_normal]\ntimeout = 0\n' \
	>"$HOME/dunstrc"
start_dunst() {
	dunst -conf "$HOME/dunstrc" >"$HOME/dunst.log" 2>&1 5>&- &
	dunst=$!
	gdbus wait --session -t 60 org.freedesktop.Notifications
}
n=0
check() { # NAME WANT COMMAND...: waits up to 30 s for the command's output
	local name=$1 want=$2 got=
	shift 2
	n=$((n + 1))
	for _ in $(seq 300); do
		got=$("$@" 2>/dev/null)
		[ "$got" = "$want" ] && { echo "ok $n - $name"; return; }
		sleep 0.1
	done
	echo "not ok $n - $name # got '$got', want '$want'"
}
newest() { # SUMMARY and BODY of the newest that has left the screen
	dunstctl history | python3 -c '
import json, sys
m = json.load(sys.stdin)["data"][0][0]
print(m["summary"]["data"], m["body"]["data"], sep="|")'
}
displayed() { dunstctl count displayed; }

echo 1..10
start_dunst
mkfifo "$HOME/lines"
PATH=$HOME/bin:$PATH "$driver" <"$HOME/lines" &
pid=$!
exec 5>"$HOME/lines"
echo 'show 2 messages are held|To boss@work.example <b> & 1 more:\nODN takes mail only from inside ODN\nTo free it: connect to ODN' >&5
check "shown" 1 displayed
[ -n "$shot" ] && import -window root "$shot"
echo 'show 3 messages are held|other text & <more>' >&5
sleep 0.3
check "replaced, not stacked" 1 displayed
echo 'close' >&5
check "closed" 0 displayed
check "the text was the second, its markup escaped" \
	'3 messages are held|other text &amp; &lt;more&gt;' newest
echo 'show 4 messages are held|x' >&5
check "shown anew" 1 displayed
dunstctl close
check "the user closed it" 0 displayed
echo 'show 4 messages are held|x' >&5
sleep 0.3
check "and it does not come back" 0 displayed
echo 'show 5 messages are held|y' >&5
check "another text does" 1 displayed
kill "$dunst"
wait "$dunst" 2>/dev/null
start_dunst
check "a restarted dunst shows it again" 1 displayed
mkdir "$HOME/bin"
printf '#!/bin/sh\necho "$1" >>"%s/opened"\n' "$HOME" >"$HOME/bin/xdg-open"
chmod +x "$HOME/bin/xdg-open"
echo 'page Behind a portal|http://portal.example/' >&5
for _ in $(seq 50); do # another daemon is asked what it can do before
	dunstctl action 0
	[ -e "$HOME/opened" ] && break
	sleep 0.1
done
check "a click opens the page" http://portal.example/ head -1 "$HOME/opened"
exec 5>&-
wait "$pid"
kill "$dunst"
