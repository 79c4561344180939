# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# What `run` and `demo-ppp` share on the host: a work folder, what the guest needs in it, and its end.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source_root=$(cd "$here/../../.." && pwd)
PATH=$PATH:/usr/sbin:/sbin

# Why the guest cannot be had here, on standard output; fails where it can.
why_not() {
	local missing=() program
	for program in linux.uml pppd pppoe pppoe-server NetworkManager nmcli dbus-daemon gdbus postconf \
		dovecot openssl tc insmod busybox setpriv; do
		command -v "$program" >/dev/null || missing+=("$program")
	done
	/usr/bin/python3 -c 'from gi.repository import Gio' 2>/dev/null || missing+=(python3-gi)
	[ ${#missing[@]} != 0 ] && echo "not installed: ${missing[*]} (script/setup installs them)"
}

# The guest's root sees this machine's files, but not /dev; so the work folder is never there.
make_work() {
	work=$(mktemp -d "${ROAMPOST_UML_WORK:-/tmp}/roampost-uml.XXXXXX") || return
	trap clean_up EXIT
	trap 'exit 143' TERM
	trap 'exit 130' INT
	trap 'exit 129' HUP
	mkdir "$work"/{install,log,result}
	cp -r "$here/guest" "$work/guest"
	cp -r "$here/../lab" "$work/guest/lab"
	cp "$here/../../fakes/ports.py" "$work/guest/"
	mkdir "$work/guest/fakes"
	cp "$here"/../../fakes/{bus.conf,ownbus.py,throwaway.py} "$work/guest/fakes/"
	cp -r "$here/../../field" "$work/guest/field"
}

# Whatever happens: the guest is stopped, and nothing is left behind (KEEP=1: but the work folder).
# shellcheck disable=SC2317
clean_up() {
	[ -z "${booted:-}" ] || { kill "$booted" && wait "$booted"; } 2>/dev/null
	if [ "${KEEP:-}" ]; then echo "# kept: $work"; else rm -rf "$work"; fi
}

# play JOB SECONDS [STORY]: boots, and shows what is written into the file STORY meanwhile. Sets status
# to boot's exit status; the reason of a 90 is in $work/refusal. The seconds are as many times these as
# script/test gives each test.
# shellcheck disable=SC2034
play() {
	"$here/boot" "$work" "$1" $(($2 * ${ROAMPOST_TEST_SLOW:-1})) 2>"$work/refusal" &
	booted=$!
	[ -z "${3:-}" ] || tail -n +1 -f --pid=$booted "$3" 2>/dev/null
	wait "$booted"
	status=$?
	booted=
}

# The address sanitizer wants memory where user-mode Linux has none: beside a build with it, a plain one
# (or that in ROAMPOST_PLAIN_BUILD, which is up to date).
plain_build() {
	local build=$1 daemon
	if [ -n "${ROAMPOST_PLAIN_BUILD:-}" ]; then
		echo "$ROAMPOST_PLAIN_BUILD"
		return
	fi
	daemon=$(find "$build" -name roampostd -type f -print -quit)
	if [ -n "$daemon" ] && ! ldd "$daemon" 2>/dev/null | grep -q libasan; then
		echo "$build"
		return
	fi
	(
		flock 9 # the tests run beside each other
		[ -f "$build/uml-plain/build.ninja" ] ||
			meson setup -Dtests=false -Db_sanitize=none "$build/uml-plain" "$source_root" >&2 || exit
		ninja -C "$build/uml-plain" >&2
	) 9>"$build/uml-plain.lock" || return
	echo "$build/uml-plain"
}

# What an installation would put in place, under $work/install; says on standard output what is missing.
install_to_work() {
	local build=$1 program path
	for program in roampostd roampost roampost-sendmail roampost-ppp-hook; do
		path=$(find "$build" -name "$program" -type f -perm -u+x -print -quit)
		[ -n "$path" ] || { echo "not built: $program" && return 1; }
		install -m 755 "$path" "$work/install/"
	done
	cp -r "$source_root/conf/ppp" "$work/install/ppp"
	cp "$source_root"/dbus/org.roampost.Ppp1.conf "$work/install/"
}
