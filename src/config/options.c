/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config-private.h"

#include <string.h>

/* The one table: what it does not name does not exist. */

static const Choice choose_choices[] = {{"identity-first", RP_CHOOSE_IDENTITY_FIRST},
	{"location-first", RP_CHOOSE_LOCATION_FIRST}, {NULL, 0}};
static const Choice tls_choices[] = {{"required", RP_TLS_REQUIRED},
	{"opportunistic", RP_TLS_OPPORTUNISTIC}, {"off", RP_TLS_OFF}, {NULL, 0}};
/* clang-format off */
#define SASL_CHOICES                                                                                 \
	{"auto", RP_AUTH_AUTO}, {"plain", RP_AUTH_PLAIN}, {"login", RP_AUTH_LOGIN},                \
		{"cram-md5", RP_AUTH_CRAM_MD5}, {"scram-sha-1", RP_AUTH_SCRAM_SHA_1},              \
		{"scram-sha-256", RP_AUTH_SCRAM_SHA_256}, {"external", RP_AUTH_EXTERNAL},          \
		{"xoauth2", RP_AUTH_XOAUTH2}, {"oauthbearer", RP_AUTH_OAUTHBEARER}
/* clang-format on */
static const Choice smtp_auth_choices[] = {SASL_CHOICES, {NULL, 0}};
static const Choice pop_auth_choices[] = {
	SASL_CHOICES, {"user", RP_AUTH_USER}, {"apop", RP_AUTH_APOP}, {NULL, 0}};
static const Choice fetch_choices[] = {
	{"off", RP_FETCH_OFF}, {"leave", RP_FETCH_LEAVE}, {"delete", RP_FETCH_DELETE}, {NULL, 0}};
static const Choice rewrite_choices[] = {{"never", RP_REWRITE_NEVER},
	{"envelope", RP_REWRITE_ENVELOPE}, {"header", RP_REWRITE_HEADER}, {NULL, 0}};
static const Choice client_auth_choices[] = {{"form", FALSE}, {"header", TRUE}, {NULL, 0}};
static const Choice pipelining_choices[] = {{"auto", FALSE}, {"off", TRUE}, {NULL, 0}};

/* Rows for reading; and of macros that are a brace each version has other ideas. */
/* clang-format off */
#define AGENT(key, type, field, fallback, choices, flags, example, help) \
	{GROUP_AGENT, key, &type, G_STRUCT_OFFSET(RpAgentOptions, field), fallback, choices, flags, \
		example, help}
#define PROVIDER(key, type, field, fallback, choices, flags, example, help) \
	{GROUP_PROVIDER, key, &type, G_STRUCT_OFFSET(RpProvider, field), fallback, choices, flags, \
		example, help}
#define SET(key, type, field, fallback, choices, flags, example, help) \
	{GROUP_SET, key, &type, G_STRUCT_OFFSET(RpServerSet, field), fallback, choices, flags, \
		example, help}
#define SETUP(key, type, field, fallback, choices, flags, example, help) \
	{GROUP_SETUP, key, &type, G_STRUCT_OFFSET(RpSetupOptions, field), fallback, choices, flags, \
		example, help}
#define OAUTH(key, type, field, fallback, choices, flags, example, help) \
	{GROUP_OAUTH, key, &type, G_STRUCT_OFFSET(RpOauthProvider, field), fallback, choices, flags, \
		example, help}
#define REV OPTION_REVISION
#define LIST OPTION_LIST
#define PERSONAL OPTION_PERSONAL

const Option options[] = {
	AGENT("choose", type_choice, choose, "identity-first", choose_choices, 0, "location-first",
		"What comes first where several server sets could carry a message: the set that owns "
		"the sender (identity-first), or among those the set whose provider the machine is "
		"inside (location-first)."),
	AGENT("default-identity", type_address, default_identity, "", NULL, 0, "taro@odn.example",
		"The address for a missing From and for senders given as a bare name. Default: the "
		"first full address among the identities of the server set that has the highest "
		"priority, and among equal ones is written first."),
	AGENT("qualify-domain", type_domain, qualify_domain, "", NULL, 0, "odn.example",
		"The domain for recipients given as a bare name. Empty: those of this user, and "
		"of root and system accounts, go to the local maildir, and others are refused."),
	AGENT("system-mail-user", type_user, system_mail_user, "", NULL, OPTION_SYSTEM_ONLY, "taro",
		"Whose queue takes what root and the system accounts (www-data) submit by "
		"roampost-sendmail, for other accounts than root while that user's agent runs; and "
		"by SMTP, where that user's listen says, over TCP. Only in the system's own file. Empty: such submissions are refused with exit status 78."),
	AGENT("listen", type_listen, listen, "", NULL, 0, "127.0.0.1:2525",
		"Where the agent takes mail from this user's own programs by SMTP, without a login: "
		"127.0.0.1:PORT, [::1]:PORT, localhost:PORT for both, or the path of a unix socket. "
		"Empty: nowhere."),
	AGENT("metered-limit", type_size, metered_limit, "1M", NULL, 0, "256K",
		"Messages larger than this wait while the link that they would go by is metered. 0: no limit."),
	AGENT("history", type_time, history, "400d", NULL, 0, "90d",
		"How long it is remembered what became of mail (roampost history): when, to whom, its "
		"subject, the server's words. At least a day."),
	AGENT("notify", type_yes_no, notify, "yes", NULL, 0, "no",
		"Whether held and failed mail is announced on the desktop."),
	AGENT("tray", type_yes_no, tray, "yes", NULL, 0, "no",
		"Whether a panel that shows such icons shows ours, with the server sets and what waits "
		"in its menu."),
	AGENT("reports", type_reports, report_by_notify, "notify;maildir", NULL, LIST, "maildir",
		"How a permanent failure is reported: notify (a notification), maildir (a report in "
		"the maildir), or none."),
	AGENT("public-address", type_public_address, public_address, "gateway", NULL, LIST,
		"gateway;stun:stun.odn.example:3478",
		"How to learn the address behind a NAT: off, or the ways to try in turn: gateway (the "
		"own router, by NAT-PMP and PCP), upnp (the same by UPnP, which it is searched for by "
		"multicast, where roampost was built with miniupnpc), stun:HOST:PORT, or an https:// URL "
		"that answers with the address."),
	AGENT("asn-table", type_path, asn_table, "", NULL, 0, "/usr/share/GeoIP/GeoLite2-ASN.mmdb",
		"The table of AS numbers that asn of a provider is looked up in: one that roampost "
		"providers update made, or a MaxMind DB. Default: asn.table beside the queue."),
	AGENT("asn-source", type_table_sources, asn_source, "", NULL, LIST | OPTION_URLS,
		"https://tables.odn.example/asn.csv.gz",
		"What roampost providers update makes the table of: https:// URLs or files."),
	AGENT("asn-trust", type_table_anchors, asn_trust, "", NULL, LIST,
		"minisign:RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3",
		"What vouches for them, one for each: sha256:SUM, of the file as it is fetched, or "
		"minisign:KEY, a public key that signed it (the signature is URL.minisig). Without it "
		"nothing is taken from an https:// URL."),
	AGENT("maildir", type_path, maildir, "~/Maildir", NULL, OPTION_FOLDER, "~/Mail/inbox",
		"Where fetched mail and reports go."),
	AGENT("mda", type_command, mda, "", NULL, 0, "procmail -d taro",
		"A command that takes each fetched mail on its standard input, instead of the maildir."),

	PROVIDER("name", type_text, title, "", NULL, 0, "ODN",
		"The provider's proper name, as messages show it. Default: the name of the group."),
	PROVIDER("prefixes", type_prefixes, prefixes, "", NULL, LIST,
		"203.0.113.0/24;2001:db8:1::/48",
		"Address prefixes of its network, IPv4 and IPv6. Who has such an address is inside."),
	PROVIDER("asn", type_asns, asns, "", NULL, LIST, "64496",
		"Its autonomous system numbers. Who has a public address that one of them announces is "
		"inside; which one does is looked up in the table that asn-table names."),
	PROVIDER("nm-connections", type_texts, nm_connections, "", NULL, LIST | PERSONAL, "ODN dial-up",
		"NetworkManager connections that lead inside, by id or uuid. Personal: not for providers.d."),
	PROVIDER("ssids", type_texts, ssids, "", NULL, LIST, "odn-spot",
		"Names of wireless networks that are inside. Anybody can give his own network such a name: "
		"roampost-policy(7) says what it never opens."),
	PROVIDER("dns-domains", type_domains, dns_domains, "", NULL, LIST, "odn.example",
		"DNS domains that the network announces (DHCP) where one is inside. As weak as ssids."),
	PROVIDER("dhcp-options", type_dhcp_options, dhcp_options, "", NULL, LIST,
		"dhcp_server_identifier=203.0.113.1;private_224=6f:64:6e",
		"What its DHCP servers say, as NAME=VALUE in NetworkManager's names (nmcli -f "
		"DHCP4,DHCP6 device show): domain_name, domain_search, domain_name_servers, "
		"dhcp_server_identifier, routers, ntp_servers, nis_domain, wpad, dhcp6_domain_search, "
		"dhcp6_name_servers, dhcp6_server_id, or the number of a site's own option, "
		"whose value is in hexadecimal digits. Of a list one is enough. As weak as ssids."),
	PROVIDER("ppp-peers", type_texts, ppp_peers, "", NULL, LIST, "odn",
		"Names of PPP peers, as pppd's ipparam option gives them."),
	PROVIDER("operators", type_operators, operators, "", NULL, LIST, "44010",
		"Cellular operator codes (MCC and MNC together). A modem that is a guest in that network is "
		"not inside."),
	PROVIDER("gateways", type_hwaddrs, gateways, "", NULL, LIST | PERSONAL, "52:54:00:12:34:56",
		"Link-layer addresses of gateways that are inside. Personal: not for providers.d."),
	PROVIDER("reachable", type_hosts_ports, reachable, "", NULL, LIST, "10.64.0.53:53",
		"A host of its that answers only from inside, as HOST:PORT. Where nothing else tells, "
		"one connection is made to it by each link, once at each place, and closed at once. "
		"As weak as ssids."),
	PROVIDER("hang-up-after", type_time_or_never, hang_up_after, "never", NULL, 0, "30s",
		"A line of its that was dialled with roampost dial is hung up when for so long nothing "
		"was under way, and nothing waits that could go by it. never: by roampost hangup "
		"alone."),
	PROVIDER("cost", type_number, cost, "0", NULL, 0, "10",
		"What it costs to send from inside it, in units of your own: of sets that serve equally "
		"well, the one whose provider's number is lower is chosen, whatever their priority. A "
		"set that is inside none counts as 0."),

	SET("provider", type_text, provider, "", NULL, REV, "odn",
		"The provider whose network the rule term inside asks for. Empty: inside nowhere."),
	SET("priority", type_number, priority, "0", NULL, 0, "10",
		"Among sets that serve equally well the higher number is chosen."),
	SET("identities", type_identities, identities, "", NULL, LIST,
		"taro@odn.example;@odn.example",
		"The addresses this set owns, or @domain for all of a domain. Mail from them goes out "
		"here by preference. The first is the set's own address."),
	SET("carries", type_carries, carries, "own", NULL, LIST, "@club.example",
		"Whose mail the set may carry: own (its identities only), any, or a list of @domain. "
		"Receivers may reject mail that a foreign server carries (SPF, DMARC)."),
	SET("relay", type_relay, relay, "", NULL, LIST | REV, "inside;pop-login",
		"The rules under which the server takes mail for others: alternatives, of which one "
		"must hold; each is one or more terms joined by +. Terms: anywhere, inside, "
		"sender-domain, recipient-domain, pop-login, auth. Or auto alone: they are learned from "
		"the server's own answers. Default: auth where smtp-user is set, else inside where "
		"provider is, else auto."),
	SET("domains", type_domains, domains, "", NULL, LIST | REV, "odn.example",
		"The domains that sender-domain and recipient-domain ask for. Default with relay=auto: "
		"those of the identities."),
	SET("local-domains", type_domains, local_domains, "", NULL, LIST | REV, "odn.example",
		"Domains whose mail the server delivers itself: it takes that from anywhere, whatever "
		"the rules say. Only for a server that does so without a login."),
	SET("smtp", type_smtp_urls, smtp, "", NULL, LIST | REV, "smtp://mail.odn.example:587",
		"The SMTP server as smtp://HOST[:PORT] or smtps://HOST[:PORT] (TLS from the start), "
		"or several to try in this order. Ports default to 587 and 465. Required."),
	SET("smtp-tls", type_choice, smtp_tls, "required", tls_choices, REV, "off",
		"For smtp://: required (STARTTLS with a verified certificate), opportunistic (only "
		"without a login), or off."),
	SET("smtp-user", type_text, smtp_login.user, "", NULL, REV, "taro",
		"The user name of the SMTP login. Empty: no login."),
	SET("smtp-password", type_secret, smtp_login.password, "", NULL, REV | OPTION_SECRET,
		"secret", "The password itself; the file's mode must then be 0600."),
	SET("smtp-password-command", type_command, smtp_login.password_command, "", NULL, REV,
		"pass show odn",
		"A shell command whose first line of output is the password, or the token for xoauth2 "
		"and oauthbearer."),
	SET("smtp-password-from", type_password_from, smtp_login, "", NULL, REV, "secret-service",
		"Where else the password is: secret-service (the desktop's keyring; “roampost password” "
		"stores it there), credential:NAME (systemd's LoadCredential= of roampostd's unit), "
		"netrc or netrc:FILE (the file's mode must be 0600), or oauth:NAME (a token, by [oauth NAME], or of GNOME's by oauth:online-accounts; "
		"“roampost login” fetches the first one). Of smtp-password, "
		"smtp-password-command and this only one may be set."),
	SET("smtp-auth", type_choice, smtp_auth, "auto", smtp_auth_choices, REV, "plain",
		"The login mechanism: auto, plain, login, cram-md5, scram-sha-1, scram-sha-256, "
		"external, xoauth2 or oauthbearer. auto takes plain first under verified TLS and the "
		"strongest first without, and never shows the password where a mechanism that hides it "
		"was refused. With xoauth2 and oauthbearer the password is a token, which smtp-password-from "
		"or smtp-password-command gives: smtp-password is refused then; external has none."),
	SET("tls-ca-file", type_path, tls_ca_file, "", NULL, REV | OPTION_CERTIFICATES, "/etc/ssl/odn-ca.pem",
		"Certificates of the authorities to trust for this set, instead of the system's."),
	SET("tls-fingerprint", type_fingerprint, tls_fingerprint, "", NULL, REV,
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		"SHA-256 of the server's public key in hexadecimal digits; it is then trusted by this "
		"and not by an authority's certificate."),
	SET("tls-client-cert", type_certificate, tls_client_cert, "", NULL, REV,
		"~/.config/roampost/taro.pem",
		"The certificate that is shown to the server (for smtp-auth=external, say): a PEM file, or "
		"a pkcs11: URI where libcurl can."),
	SET("tls-client-key", type_certificate, tls_client_key, "", NULL, REV,
		"pkcs11:token=mail;object=taro",
		"Its private key, likewise. Default: in the certificate's file. A token's PIN is best "
		"kept in a file, by pin-source=file:PATH in the URI: what OpenSSL's PKCS#11 engine has "
		"to complain of goes to the agent's log with a pin-value= in it."),
	SET("ehlo-name", type_host, ehlo_name, "", NULL, REV, "laptop.odn.example",
		"The name to greet the server with. Default: the address of the connection as a "
		"literal."),
	SET("pop", type_pop_url, pop, "", NULL, REV, "pop3s://pop.odn.example",
		"The POP server as pop3://HOST[:PORT] or pop3s://HOST[:PORT]. Ports default to 110 and "
		"995."),
	SET("pop-tls", type_choice, pop_tls, "required", tls_choices, REV, "off",
		"As smtp-tls, for pop3://."),
	SET("pop-user", type_text, pop_login.user, "", NULL, REV, "taro",
		"The user name of the POP login."),
	SET("pop-password", type_secret, pop_login.password, "", NULL, REV | OPTION_SECRET, "secret",
		"As smtp-password."),
	SET("pop-password-command", type_command, pop_login.password_command, "", NULL, REV,
		"pass show odn", "As smtp-password-command."),
	SET("pop-password-from", type_password_from, pop_login, "", NULL, REV, "netrc",
		"As smtp-password-from."),
	SET("pop-auth", type_choice, pop_auth, "auto", pop_auth_choices, REV, "user",
		"As smtp-auth, and user (USER and PASS) or apop."),
	SET("pop-window", type_time, pop_window, "5min", NULL, REV, "10min",
		"How long a POP login opens the SMTP server."),
	SET("fetch", type_choice, fetch, "off", fetch_choices, 0, "leave",
		"What roampost check fetches: off (nothing), leave (and leaves it on the server), "
		"delete (and deletes it there once it is safely stored)."),
	SET("keep-days", type_count, keep_days, "0", NULL, 0, "14",
		"With fetch=delete: leave mail on the server for so many days after it was fetched. 0: no "
		"longer than needed."),
	SET("max-size", type_size, max_size, "0", NULL, 0, "500K",
		"Of larger mails only the headers are fetched, and they are never deleted. 0: no limit."),
	SET("rewrite-sender", type_choice, rewrite_sender, "never", rewrite_choices, REV, "envelope",
		"Whether mail of other identities gets this set's first identity as sender: never, "
		"envelope (only there), or header (in From too; the old one becomes Reply-To). What "
		"it was sent as is shown by roampost show and roampost history."),
	SET("connections", type_count, connections, "auto", NULL, 0, "2",
		"How many connections at most. auto: up to 20, more than 4 (15 on a long line) only while "
		"the server is what is waited for, fewer where it says so."),
	SET("pipelining", type_choice, pipelining_off, "auto", pipelining_choices, REV, "off",
		"off for a server that announces PIPELINING and cannot do it."),
	SET("bypass-vpn", type_yes_no, bypass_vpn, "no", NULL, REV, "yes",
		"Whether the set may use the link below while a VPN holds the default route."),

	SETUP("autoconfig", type_autoconfig, autoconfig,
		"https://autoconfig.%EMAILDOMAIN%/mail/config-v1.1.xml?emailaddress=%EMAILADDRESS%;"
		"https://%EMAILDOMAIN%/.well-known/autoconfig/mail/config-v1.1.xml?"
		"emailaddress=%EMAILADDRESS%;"
		"https://autoconfig.thunderbird.net/v1.1/%EMAILDOMAIN%",
		NULL, LIST, "https://autoconfig.club.example/%EMAILDOMAIN%.xml",
		"Where roampost setup and roampost import autoconfig look for a provider's servers, as "
		"https:// URLs in the order of preference; off: nowhere but in the DNS. %EMAILDOMAIN% "
		"stands for the domain of the address. A query with %EMAILADDRESS% is left out unless "
		"--tell-address is given."),
	OAUTH("client-id", type_text, client_id, "", NULL, REV, "0123456789.apps.example.com",
		"What the provider calls the program that asks: one registers with the provider for it. "
		"Required."),
	OAUTH("client-secret", type_secret, client_secret, "", NULL, REV | OPTION_SECRET, "secret",
		"What comes with the client id, at providers that demand it; the file's mode must then be "
		"0600."),
	OAUTH("client-auth", type_choice, secret_in_header, "form", client_auth_choices, REV, "header",
		"How the client secret is shown: in the form, or in a header of HTTP (client_secret_basic), "
		"where the provider takes it nowhere else."),
	OAUTH("authorization-endpoint", type_endpoint, authorization_endpoint, "", NULL, REV,
		"https://login.odn.example/authorize",
		"Where a browser is sent to log in. This, token-endpoint, device-endpoint, scopes and "
		"redirect-host are known for groups that are named google, microsoft, yahoo and fastmail."),
	OAUTH("token-endpoint", type_endpoint, token_endpoint, "", NULL, REV,
		"https://login.odn.example/token", "Where tokens are had from. Required."),
	OAUTH("device-endpoint", type_endpoint, device_endpoint, "", NULL, REV,
		"https://login.odn.example/device",
		"Where a code is had from that is typed on another device (roampost login --device)."),
	OAUTH("scopes", type_text, scopes, "", NULL, REV, "mail offline_access",
		"What the token is to be good for, with blanks between them; where the provider has a "
		"scope of its own for refresh tokens, that too."),
	OAUTH("redirect-host", type_text, redirect_host, "127.0.0.1", NULL, REV, "localhost",
		"The host in the address that the browser comes back to: 127.0.0.1, or localhost where "
		"the provider leaves the port open for that name alone (Microsoft)."),
	OAUTH("tls-ca-file", type_path, tls_ca_file, "", NULL, REV | OPTION_CERTIFICATES, "/etc/ssl/odn-ca.pem",
		"Certificates of the authorities to trust for these endpoints, instead of the system's."),
};
/* clang-format on */

const guint n_options = G_N_ELEMENTS(options);

const char *
group_kind_name(GroupKind kind)
{
	static const char *const names[N_GROUP_KINDS] = {
		"agent", "provider", "server-set", "setup", "oauth"};

	return names[kind];
}

gboolean
group_kind_is_named(GroupKind kind)
{
	return kind == GROUP_PROVIDER || kind == GROUP_SET || kind == GROUP_OAUTH;
}

const Option *
option_find(GroupKind group, const char *key)
{
	for (guint i = 0; i < n_options; i++)
		if (options[i].group == group && strcmp(options[i].key, key) == 0)
			return &options[i];
	return NULL;
}

const char *
option_nearest(GroupKind group, const char *key)
{
	const char *keys[G_N_ELEMENTS(options) + 1];
	guint n = 0;

	for (guint i = 0; i < n_options; i++)
		if (options[i].group == group)
			keys[n++] = options[i].key;
	keys[n] = NULL;
	return rp_nearest(key, keys);
}
