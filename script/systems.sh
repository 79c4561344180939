# shellcheck shell=bash
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Other Debians than this one, made by debootstrap in a folder, and commands inside them: for script/distro and
# script/package, which read this file. Who does has set `here` (the tree), `name_of_script` (its own, for messages) and,
# with at_end, what goes before the folder does.

shares=/usr/share/debootstrap/scripts keyrings=/usr/share/keyrings
# Seconds that making a system may take.
limit_making=1800
mirror=
personality=()

say() { printf '%s\n' "$*"; }
die() {
	printf 'script/%s: %s\n' "$name_of_script" "$*" >&2
	exit 2
}

# ---- what is under way, and its end ----

step=      # the process id of the step
kept=no    # whether the folder stays
folder=

# The step's namespaces die with its first process, and what is mounted in them with them.
end_step() {
	[ -z "$step" ] || { kill "$step" && wait "$step"; } 2>/dev/null || true
	step=
}

at_end() { :; }

clean_up() {
	end_step
	at_end
	[ $kept = yes ] || [ -z "$folder" ] || rm -rf --one-file-system "$folder"
}
trap clean_up EXIT
trap 'exit 143' TERM
trap 'exit 130' INT
trap 'exit 129' HUP

# bounded SECONDS COMMAND..: in a mount and PID namespace, and nowhere else.
bounded() {
	local seconds=$1 status=0
	shift
	timeout --kill-after=2 "$seconds" unshare --mount --pid --fork --kill-child --propagation private \
		"$@" </dev/null &
	step=$!
	wait $step || status=$?
	step=
	return $status
}

# Inside the namespaces: makes $1 the root, with the kernel's own folders, and runs the rest there. Not by
# chroot: who is in one can make no user namespace.
# shellcheck disable=SC2016
enter='
	root=$1
	shift
	mount --bind "$root" "$root"
	mount --rbind /dev "$root/dev"
	mount -t proc proc "$root/proc"
	mount -t sysfs sysfs "$root/sys"
	cp -L /etc/resolv.conf "$root/etc/resolv.conf"
	mkdir -p "$root/mnt/outside"
	cd "$root"
	pivot_root . mnt/outside
	umount --lazy /mnt/outside
	exec "$@"'

# within SECONDS COMMAND..: in the system at $root.
within() {
	local seconds=$1 proxies=()
	shift
	[ -z "${http_proxy:-}" ] || proxies+=("http_proxy=$http_proxy")
	bounded "$seconds" bash -euc "$enter" enter "$root" env -i "${proxies[@]}" \
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
		DEBIAN_FRONTEND=noninteractive "${personality[@]}" "$@"
}

# quiet WHAT COMMAND..: its output is shown only when it fails.
quiet() {
	local what=$1 started=$SECONDS
	shift
	if "$@" >"$log" 2>&1; then
		say "  $what: $((SECONDS - started)) s"
		return
	fi
	tail -n 60 "$log"
	say "  $what failed"
	return 1
}

# ---- one system ----

# The address that apt's own sources have for a distribution.
# shellcheck disable=SC2016
mirror_of() {
	apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 2>/dev/null |
		grep -E "/$1/?\$" | head -n 1
}

# Sets what is known of a suite; says on standard output why it can't be had.
look_up() {
	distribution=debian components=main maker=sid
	case $suite in
	jammy | noble) distribution=ubuntu components=main,universe maker=gutsy ;;
	esac
	[ ! -e "$shares/$suite" ] || maker=$suite
	keyring=$keyrings/$distribution-archive-keyring.gpg
	source=${mirror:-$(mirror_of $distribution)} || true
	[ -n "$source" ] || { say "this machine's apt has no mirror of ${distribution^}; --mirror=URL names one" && return 1; }
	[ -e "$keyring" ] || { say "no $keyring (package $distribution-keyring or $distribution-archive-keyring)" && return 1; }
}

make_system() {
	[ ! -e "$root/made" ] || return 0
	rm -rf --one-file-system "$root"
	bounded $limit_making debootstrap --variant=minbase --arch="$built_for" --components="$components" \
		--keyring="$keyring" "$suite" "$root" "$source" "$shares/$maker" || return
	touch "$root/made"
}

# The tree as it stands here, without what git ignores.
copy_source() {
	rm -rf "$root/src"
	mkdir "$root/src"
	cd "$here"
	git -c safe.directory="$here" ls-files -z --cached --others --exclude-standard |
		while IFS= read -r -d '' file; do [ ! -e "$file" ] || printf '%s\0' "$file"; done |
		tar --create --null --files-from=- | tar --extract --directory="$root/src"
}

# Where the systems are: --folder's, which stays, or one that goes at the end.
choose_folder() {
	[ "$(id -u)" = 0 ] || die "needs root: debootstrap makes devices, and the systems are entered as root"
	command -v debootstrap >/dev/null || die "debootstrap is not installed"
	native=$(dpkg --print-architecture)
	if [ $kept = yes ]; then
		mkdir -p "$folder"
		folder=$(cd "$folder" && pwd)
	else
		folder=$(mktemp -d "${TMPDIR:-/var/tmp}/roampost-$name_of_script-XXXXXX")
	fi
}
