#!/bin/bash
# SPDX-FileCopyrightText: The roampost authors
# SPDX-License-Identifier: GPL-3.0-or-later
# real-servers.sh TEST-PROGRAM: runs it beside a real Postfix and a real Dovecot, in a network and PID
# namespace of their own. Exit 77 (skipped) where they can't be.
set -eu
skip() { echo "1..0 # SKIP $1"; exit 0; }
[ "$(id -u)" = 0 ] || skip "not root"
[ -x /usr/lib/postfix/sbin/master ] || skip "no Postfix"
command -v dovecot >/dev/null || skip "no Dovecot"
if [ -z "${RP_REAL_DIR:-}" ]; then
	unshare -n -p -f true 2>/dev/null || skip "no namespaces here"
	RP_REAL_DIR=$(mktemp -d /tmp/roampost-real-XXXXXX)
	export RP_REAL_DIR
	rc=0
	unshare -n -p -f --mount-proc --kill-child bash "$0" "$@" || rc=$?
	rm -rf "$RP_REAL_DIR"
	exit $rc
fi
D=$RP_REAL_DIR
ip link set lo up
chmod 755 "$D"
mkdir -p "$D"/{pf,q,data,popok,mail,run}
chown postfix "$D/data"
chmod 1777 "$D/popok" "$D/mail"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
	-addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout "$D/key.pem" -out "$D/cert.pem" 2>/dev/null

cat > "$D/pf/main.cf" <<EOF
compatibility_level = 3.6
queue_directory = $D/q
data_directory = $D/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file_prefixes = $D
maillog_file = $D/maillog
myhostname = smtp.fake.example
mydestination =
mynetworks = 127.0.0.255/32
inet_interfaces = all
inet_protocols = ipv4
alias_maps =
local_recipient_maps =
default_transport = discard
smtpd_banner = \$myhostname ESMTP
smtpd_tls_cert_file = $D/cert.pem
smtpd_tls_key_file = $D/key.pem
smtpd_tls_security_level = may
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:2703
smtpd_relay_restrictions = permit_sasl_authenticated, check_policy_service { unix:private/popok, timeout=10s }, reject_unauth_destination
smtpd_recipient_restrictions =
smtpd_soft_error_limit = 100
smtpd_hard_error_limit = 200
smtp_dns_support_level = disabled
disable_dns_lookups = yes
EOF
cat > "$D/pf/master.cf" <<EOF
127.0.0.1:2601 inet n - n - - smtpd
127.0.0.1:2602 inet n - n - - smtpd -o smtpd_discard_ehlo_keywords=chunking
127.0.0.1:2603 inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
popok unix - n n - 0 spawn user=nobody argv=$D/popok.sh
EOF
cat > "$D/popok.sh" <<EOF
#!/bin/sh
while read -r l; do case \$l in
client_address=*) ip=\${l#*=};;
'') a=DUNNO; [ -e $D/popok/\$ip ] && a=OK; printf 'action=%s\n\n' \$a;;
esac; done
EOF
printf '#!/bin/sh\ntouch %s/popok/$IP\nexec "$@"\n' "$D" > "$D/postlogin.sh"
chmod 755 "$D/popok.sh" "$D/postlogin.sh"
PYTHONPATH=$(dirname "$0")/../../system PYTHONDONTWRITEBYTECODE=1 python3 - "$D" > "$D/dovecot.conf" <<'EOF'
import sys
from lab import dovecot
folder = sys.argv[1]
print(dovecot.configuration(
    folder, "roampost-test", "mail/all", listen="127.0.0.1", tls=True,
    mechanisms="plain login cram-md5 scram-sha-1 scram-sha-256 apop", password="geheim",
    ports=(2701, 2702), auth="127.0.0.1:2703", postlogin=folder + "/postlogin.sh"))
EOF
# Postfix waits 2 s before it trusts a younger file; its own start script takes 4 s.
touch -d '-1 minute' "$D/pf/main.cf" "$D/pf/master.cf"
for d in active bounce corrupt defer deferred flush hold incoming private saved trace; do
	install -d -o postfix -m 700 "$D/q/$d"
done
mkdir "$D/q/pid"
install -d -o postfix -g postdrop -m 1730 "$D/q/maildrop"
install -d -o postfix -g postdrop -m 2710 "$D/q/public"
dovecot -c "$D/dovecot.conf" >/dev/null 2>&1 </dev/null
/usr/lib/postfix/sbin/master -c "$D/pf" -w >/dev/null 2>&1 </dev/null
rc=0
"$@" || rc=$?
if [ $rc != 0 ]; then tail -n 30 "$D/maillog" "$D/dovecot.log" | sed 's/^/# /'; fi
exit $rc
