#!/bin/sh
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
# How long handing over a 2 KB message takes, process start included, beside a bare C program that
# opens an SQLite database and commits the same bytes. Goal: at most 2 times with recipients on the
# command line, 3 times with -t.
#
# usage: submit.sh BUILD [ROUNDS]     (a release build: meson setup BUILD -Dbuildtype=release)
set -eu
build=$1
rounds=${2:-200}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export ROAMPOST_STATE="$dir/state"
export ROAMPOST_CONFIG="$dir/roampost.conf"
bench=$build/tests/bench
sendmail=$build/src/submit/roampost-sendmail

{
	printf 'To: Hanako <hanako@other.example>\nFrom: Taro <taro@odn.example>\nSubject: bench\n\n'
	i=0
	while [ $i -lt 25 ]; do
		printf 'This is a line of the message that is handed over, %2d of 25, of 2 KB in all.\n' $i
		i=$((i + 1))
	done
} >"$dir/message"
cat >"$dir/roampost.conf" <<END
[provider odn]
prefixes=203.0.113.0/24

[server-set odn]
provider=odn
identities=taro@odn.example
smtp=smtp://mail.odn.example
END

compare() {
	"$bench/submit-timing" "$rounds" "$dir/message" "$bench/submit-bare" "$dir/bare.db" -- \
		"$sendmail" -i -f taro@odn.example hanako@other.example -- \
		"$sendmail" -i hanako@other.example -- \
		"$sendmail" -t -i
}

echo "message: $(wc -c <"$dir/message") octets; $rounds rounds in turn:"
echo "1. a bare program  2. with -f and recipient  3. with a recipient  4. with -t"
compare
# With an agent running, its open connection keeps the log in place for both.
if command -v sqlite3 >/dev/null; then
	echo "the same while other programs have both databases open:"
	mkfifo "$dir/a" "$dir/b"
	sqlite3 "$dir/bare.db" <"$dir/a" >/dev/null &
	sqlite3 "$ROAMPOST_STATE/queue.db" <"$dir/b" >/dev/null &
	exec 8>"$dir/a" 9>"$dir/b"
	echo "select count(*) from sqlite_master;" >&8
	echo "select count(*) from sqlite_master;" >&9
	compare
	exec 8>&- 9>&-
	wait
fi
