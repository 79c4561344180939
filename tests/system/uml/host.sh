# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# What `run` and `demo-ppp` share on the host: a work folder, what the guest needs in it, and its end.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source_root=$(cd "$here/../../.." && pwd)
PATH=$PATH:/usr/sbin:/sbin

# Why the guest cannot be had here, on standard output; fails when it can.
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
	work=$(mktemp -d "${ROAMPOST_UML_WORK:-/tmp}/roampost-uml.XXXXXX")
	mkdir "$work"/{install,log,result}
	cp -r "$here/guest" "$work/guest"
	cp -r "$here/../lab" "$work/guest/lab"
}

# The address sanitizer wants memory where user-mode Linux has none: beside a build with it, a plain one.
plain_build() {
	local build=$1 daemon
	daemon=$(find "$build" -name roampostd -type f -print -quit)
	if [ -n "$daemon" ] && ! ldd "$daemon" | grep -q libasan; then
		echo "$build"
		return
	fi
	[ -f "$build/uml-plain/build.ninja" ] ||
		meson setup -Dtests=false -Db_sanitize=none "$build/uml-plain" "$source_root" >&2 || return
	ninja -C "$build/uml-plain" >&2 || return
	echo "$build/uml-plain"
}

# What an installation would put in place, under $work/install; says on standard output what is missing.
install_to_work() {
	local build=$1 program path
	for program in roampostd roampost roampost-ppp-hook; do
		path=$(find "$build" -name "$program" -type f -perm -u+x -print -quit)
		[ -n "$path" ] || { echo "not built: $program" && return 1; }
		install -m 755 "$path" "$work/install/"
	done
	cp -r "$source_root/conf/ppp" "$work/install/ppp"
	cp "$source_root"/dbus/org.roampost.Ppp1.conf "$work/install/"
}
