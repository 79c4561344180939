# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
# What a play may call, beside what ../faults/prelude.sh has. Everything it starts ends with it.
. "$CASES/prelude.sh"
ip link set lo up

# provider N ADDRESS/LENGTH...: a namespace ispN with the link pN to it, and these addresses there.
provider() {
	local n=$1 address
	shift
	[ -n "${own_netns:-}" ] || { mkdir -p /run/netns && mount -t tmpfs tmpfs /run/netns && own_netns=yes; }
	ip netns add "isp$n"
	ip link add "p$n" address "02:00:00:00:00:0$n" type veth peer name wan netns "isp$n"
	ip -n "isp$n" link set wan address "02:00:00:00:01:0$n"
	for address; do
		ip -n "isp$n" address add "$address" dev wan $([[ $address = *:* ]] && echo nodad)
	done
	ip -n "isp$n" link set wan up
	ip -n "isp$n" link set lo up
}

# server_at N ADDRESS [SECONDS]: server.py at ADDRESS, port 2525, in the namespace ispN; its log is N.log.
server_at() {
	ip netns exec "isp$1" /usr/bin/python3 "$CASES/server.py" "port$1" "$1.log" "${3:-0}" "$2" 2525 &
	until_true "test -s port$1"
}

# sends_to ADDRESS [inside PROVIDER]: where the set a of `config` sends to, port 2525, and from where.
sends_to() {
	sed -i "s,^smtp=.*,smtp=smtp://$1:2525," roampost.conf
	[ $# -eq 1 ] || sed -i "s/^relay=anywhere/relay=$2\nprovider=$3/" roampost.conf
}

system_bus() {
	cat >bus.conf <<-END
		<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
		 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
		<busconfig><type>system</type><listen>$DBUS_SYSTEM_BUS_ADDRESS</listen>
		<policy context="default"><allow user="*"/><allow own="*"/><allow send_type="method_call"/>
		<allow send_type="signal"/><allow send_requested_reply="true" send_type="method_return"/>
		<allow send_requested_reply="true" send_type="error"/><allow receive_type="method_call"/>
		<allow receive_type="method_return"/><allow receive_type="error"/><allow receive_type="signal"/>
		</policy></busconfig>
	END
	dbus-daemon --config-file=bus.conf --nofork --nopidfile 2>bus.log &
	until_true 'test -S system-bus'
}

# manager [LINE...]: a real NetworkManager; the lines are of its [connectivity]. $manager is its process.
manager() {
	command -v NetworkManager >/dev/null && command -v nmcli >/dev/null || skip "NetworkManager is not installed"
	[ -S system-bus ] || system_bus
	if ! [ -d manager ]; then
		mkdir -p manager/profiles manager/conf.d manager/state
		# It takes a read-only /sys for a container, and then does without udev.
		mount -t sysfs -o ro sysfs /sys 2>/dev/null || mount -o remount,ro /sys || skip "no /sys of its own"
		for folder in /etc/NetworkManager /var/lib/NetworkManager; do mount -t tmpfs tmpfs $folder; done
		mkdir -p /run/NetworkManager && mount -t tmpfs tmpfs /run/NetworkManager
	fi
	{
		printf '[main]\nplugins=keyfile\ndhcp=internal\ndns=none\nrc-manager=unmanaged\nauth-polkit=false\n'
		printf 'no-auto-default=*\nsystemd-resolved=false\nhostname-mode=none\n'
		printf '[keyfile]\npath=%s/manager/profiles\n[connectivity]\n' "$PWD"
		if [ $# -eq 0 ]; then echo enabled=false; else printf '%s\n' enabled=true "$@"; fi
		printf '[logging]\nlevel=INFO\nbackend=syslog\n'
	} >manager/nm.conf
	NetworkManager --no-daemon --debug --config="$PWD/manager/nm.conf" --config-dir="$PWD/manager/conf.d" \
		--system-config-dir="$PWD/manager/conf.d" --intern-config="$PWD/manager/state/intern.conf" \
		--state-file="$PWD/manager/state/state" --pid-file="$PWD/manager/pid" >>manager.log 2>&1 </dev/null &
	manager=$!
	until_true 'nmcli -t -f RUNNING general 2>/dev/null | grep -q ^running'
	nm-online -s -q -t 60 || fail "NetworkManager does not come to rest"
}

# profile NAME INTERFACE ADDRESS/LENGTH GATEWAY [LINE...]: a connection, which comes up when it is told to;
# the lines are of its [ipv4].
profile() {
	local name=$1 interface=$2 address=$3 gateway=$4
	shift 4
	{
		printf '[connection]\nid=%s\nuuid=%s\ntype=ethernet\n' "$name" "$(uuid "$name")"
		printf 'interface-name=%s\nautoconnect=false\n[ipv4]\nmethod=manual\naddress1=%s,%s\n' "$interface" "$address" "$gateway"
		[ $# -eq 0 ] || printf '%s\n' "$@"
		printf '[ipv6]\nmethod=disabled\n'
	} >"manager/profiles/$name.nmconnection"
	chmod 600 "manager/profiles/$name.nmconnection"
	nmcli connection load "manager/profiles/$name.nmconnection" >/dev/null || fail "profile $name"
}

uuid() { /usr/bin/python3 -c 'import sys, uuid; print(uuid.uuid5(uuid.NAMESPACE_DNS, sys.argv[1]))' "$1"; }
up() { nmcli --wait 90 connection up "$1" >/dev/null || fail "$1 does not come up"; }
down() { nmcli --wait 90 connection down "$1" >/dev/null || fail "$1 does not go down"; }
active() { nmcli -t -f NAME connection show --active | grep -v '^lo$' | sort | paste -sd ' '; }

# says WORDS, says_not WORDS: what `roampost status` prints
says() { until_true "\"\$ROAMPOST\" status | grep -q \"$1\""; }

# check_at N ADDRESS WHAT: the server of NetworkManager's check, in the namespace ispN; `checks WHAT` changes
# what it does (check.py).
check_at() {
	checks "$3"
	ip netns exec "isp$1" /usr/bin/python3 "$PLAYS/check.py" "$2" check-says &
	until_true "ip netns exec isp$1 ss -Hltn | grep -q :80"
}
checks() { echo "$1" >check.new && mv check.new check-says; }

# logind: a logind on the system bus; `tell_logind sleep`, `tell_logind wake`; logind.log has "delayed" and
# "released" (and "asleep", once nobody delays it).
logind() {
	[ -S system-bus ] || system_bus
	mkfifo to-logind
	/usr/bin/python3 "$PLAYS/logind.py" <to-logind >>logind.log 2>&1 &
	exec 9>to-logind
	until_true 'grep -q ready logind.log'
}
tell_logind() { echo "$1" >&9; }

# hears_logind: once the agent is on the system bus, and what it asked there is answered.
hears_logind() {
	until_true 'grep -q "/system-bus.*greeting -> connected" agent.log'
	sleep 1
}
