# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
# What a case may call. Everything it starts ends with it.
set -u
trap 'code=$?; for pid in $(jobs -p); do kill -KILL "$pid" 2>/dev/null; done; exit $code' EXIT

fail() { echo "$*"; exit 1; }
skip() { echo "$*"; exit 77; }

# config [LINE...]: the set a, at the server of `server` (or at a port where nobody is), and more of it.
config() {
	{
		printf '[server-set a]\nidentities=taro@a.example\nrelay=anywhere\nsmtp-tls=off\n'
		printf 'smtp=smtp://127.0.0.1:%s\n' "$(cat port 2>/dev/null || echo 1)"
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} >roampost.conf
	chmod 600 roampost.conf
}

# server [SECONDS]: a server that answers the end of a message after so long; server.log has a line for
# each thing that happens.
server() {
	/usr/bin/python3 "$CASES/server.py" port server.log "${1:-0}" &
	until_true 'test -s port'
}

# free_port: one where nobody listens and to which no connection belongs.
free_port() {
	/usr/bin/python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

# scripted JSON [FILE]: one more of the servers of fakes/smtp-server.py; its port is in FILE (port).
scripted() {
	if [ ! -p scripts ]; then
		mkfifo scripts answers
		/usr/bin/python3 "$CASES/../../fakes/smtp-server.py" <scripts >answers 2>scripted.log &
		exec 7>scripts 8<answers
	fi
	echo "$1" >&7
	read -r answer <&8
	echo "$answer" | tr -dc 0-9 >"${2:-port}"
}

# agent [VARIABLE=VALUE...]: starts one, and waits until it is ready; $agent is its process, agent.log
# what it says.
agent() {
	: >agent.log
	env "$@" "$ROAMPOSTD" -v 2>agent.log &
	agent=$!
	until_true 'grep -q "is ready" agent.log || ! kill -0 $agent 2>/dev/null'
	grep -q "is ready" agent.log || fail "the agent did not begin"
}

# submit [ARGUMENT...]: a mail of taro's to x@b.example.
submit() { printf 'Subject: x\n\nx\n' | "$SENDMAIL" -f taro@a.example "$@" x@b.example; }

# until_true CONDITION [SECONDS]: as many times so long as script/test gives each test.
until_true() {
	local most=$((${2:-60} * ${ROAMPOST_TEST_SLOW:-1}))
	local end=$((SECONDS + most))
	until eval "$1" 2>/dev/null; do
		[ $SECONDS -lt $end ] || fail "after $most s still not: $1"
		sleep 0.05
	done
}

# may_trace: strace works here; what it runs looks for no leaks, which can't be done beside it.
may_trace() {
	command -v strace >/dev/null || skip "strace is not installed"
	strace -o /dev/null true 2>out || skip "nothing can be traced here: $(head -1 out)"
	export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0"
	export LSAN_OPTIONS="${LSAN_OPTIONS:+$LSAN_OPTIONS:}detect_leaks=0"
}

# own_bus SOCKET: a bus there, on which none of the machine's services is; its process is $!.
own_bus() {
	dbus-daemon --config-file="$CASES/../../fakes/bus.conf" --address="unix:path=$1" --nofork 2>/dev/null &
	until_true "test -S '$1'"
}

# queue: the queue, from the disk.
queue() { "$ROAMPOST" queue --json; }

# ppp_lab: a network of its own, with an interface ppp0 (a veth), and a system bus.
ppp_lab() {
	[ "$(id -u)" = 0 ] || skip "only root's hooks count"
	hook=$(dirname "$ROAMPOSTD")/../link/roampost-ppp-hook
	[ -x "$hook" ] || skip "no hook"
	ip link add ppp0 type veth peer name far 2>/dev/null || skip "no veth interfaces"
	ip link set far addrgenmode none
	ip link set ppp0 addrgenmode none
	ip link set far up
	ip link set lo up
	ip link set ppp0 up
	export ROAMPOST_RUN=$PWD/run ROAMPOST_LINKS="ppp;kernel"
	export DBUS_SYSTEM_BUS_ADDRESS="unix:path=$PWD/system-bus"
	own_bus "$PWD/system-bus"
}

# hook up|down INTERFACE LOCAL PEER [VARIABLE=VALUE...]: as pppd calls it
hook() {
	local what=$1 interface=$2 local=$3 peer=$4
	shift 4
	env "$@" "$hook" "$what" "$interface" "" "" "$local" 192.0.2.1 "$peer"
}

where() { "$ROAMPOST" where --json | tr -d ' '; }
