# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
# For plays with real pppd, which want a kernel with PPP and the hooks in /etc/ppp: user-mode Linux has them
# (tests/system/uml/lines). What `story` says is printed though all is well.
[ -c /dev/ppp ] && [ -x /etc/ppp/ipv6-up.d/roampost ] || skip "no PPP in this kernel, or no hooks: tests/system/uml/lines has them"
export ROAMPOST_RUN=$PWD/run ROAMPOST_LINKS="ppp;kernel"
system_bus

story() { printf 'story: %4d s  %s\n' "$SECONDS" "$*"; }

# isp N ADDRESS...: a provider's namespace ispN, with a server at each address.
isp() {
	local n=$1 address
	shift
	[ -n "${own_netns:-}" ] || { mkdir -p /run/netns && mount -t tmpfs tmpfs /run/netns && own_netns=yes; }
	ip netns add "isp$n"
	ip -n "isp$n" link set lo up
	mkdir -p "/etc/netns/isp$n/ppp" # its own, without hooks
	: >"/etc/netns/isp$n/ppp/options"
	for address; do
		ip -n "isp$n" address add "$address" dev lo $([[ $address = *:* ]] && echo nodad)
		rm -f "port$n"
		server_at "$n" "$address"
	done
}

# answers N LOCAL:REMOTE [OPTION...]: what N's end does from the next call on; its process is in answer-N.pid
answers() {
	local n=$1 addresses=$2
	shift 2
	printf '#!/bin/sh\necho $$ >%s/answer-%s.pid\nexec ip netns exec isp%s pppd notty noauth nolock local nodefaultroute %s %s\n' \
		"$PWD" "$n" "$n" "$*" "$addresses" >"answer-$n"
	chmod 755 "answer-$n"
}

# dials N [OPTION...]: pppd calls N, whose peer is called pN; $line is its process. It asks for no echoes: where the
# machine is slow a line would be given up that is only late ($echoes, where they are what is played).
echoes="lcp-echo-interval 1 lcp-echo-failure 6"
dials() {
	local n=$1
	shift
	pppd nodetach noauth nolock debug ipparam "p$n" lcp-max-terminate 1 \
		set "DBUS_SYSTEM_BUS_ADDRESS=$DBUS_SYSTEM_BUS_ADDRESS" set "ROAMPOST_RUN=$ROAMPOST_RUN" "$@" \
		pty "exec $PWD/answer-$n" >>"pppd-$n.log" 2>&1 &
	line=$!
}
hangs_up() { kill "$1"; wait "$1" 2>/dev/null; true; }

# sets NAME=SERVER[:PEER]...: server sets; of those with a peer, inside its provider
sets() {
	local each name server peer
	for each; do
		name=${each%%=*} server=${each#*=} peer=
		[[ $server = *@* ]] && peer=${server#*@} server=${server%@*}
		printf '[server-set %s]\nidentities=taro@%s.example\nsmtp-tls=off\nsmtp=smtp://%s:2525\n' "$name" "$name" "$server"
		if [ -n "$peer" ]; then
			printf 'relay=inside\nprovider=of-%s\n[provider of-%s]\nppp-peers=%s\n' "$name" "$name" "$peer"
		else
			printf 'relay=anywhere\n'
		fi
	done >roampost.conf
	chmod 600 roampost.conf
}
mail() { printf 'From: taro@%s.example\nSubject: x\n\n%s\n' "$1" "${2:-x}" | "$SENDMAIL" -f "taro@$1.example" x@elsewhere.example || fail "mail $1"; }
inside() { where | grep -o '"provider":"of-[^"]*"' | sort | cut -d'"' -f4 | paste -sd ' '; }
# is_inside WHAT: waits for it, at leisure: to ask is much work for user-mode Linux
is_inside() {
	local end=$((SECONDS + 270))
	until [ "$(inside)" = "$1" ]; do
		[ $SECONDS -lt $end ] || fail "inside \"$(inside)\", not \"$1\": $(where)"
		sleep 0.4
	done
}
took() { grep -c taken "$1.log" 2>/dev/null || true; }
peers_of() { grep '^connection' "$1.log" | cut -d' ' -f3 | paste -sd ' '; }
held_as() { until_true "queue | grep -q '\"reason\": *\"$1\"'"; }
