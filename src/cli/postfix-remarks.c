/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import-postfix.h"

#include <string.h>

/* What Postfix can and roampost can't, or does another way. */

void
rp_postfix_remark_level(RpPostfixConf *conf)
{
	static const struct {
		const char *level;
		const char *what;
	} rows[] = {
		{"encrypt", "encrypt becomes required, which also verifies the certificate"},
		{"dane", "dane is not offered: it becomes required, verified by certificate"},
		{"dane-only", "dane-only is not offered: it becomes required, verified by "
			      "certificate"},
		{"fingerprint", "Postfix's fingerprint is of the certificate by default: write "
				"tls-fingerprint, the SHA-256 of the public key"},
	};
	g_autofree char *level = rp_postfix_get(conf, "smtp_tls_security_level");

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		if (strcmp(rows[i].level, level) == 0)
			rp_import_remark(conf->import,
				rp_postfix_line_of(conf, "smtp_tls_security_level"),
				"smtp_tls_security_level: %s", rows[i].what);
}

/* What changes how mail leaves, and has no counterpart. */
static const struct {
	const char *name;
	const char *why;
	const char *fallback; /* Postfix's own default says nothing; NULL: it is empty */
} not_carried[] = {
	{"smtp_tls_policy_maps", "set smtp-tls in each server set", NULL},
	{"smtp_tls_per_site", "set smtp-tls in each server set", NULL},
	{"smtp_tls_fingerprint_cert_match", "write tls-fingerprint, the SHA-256 of the public key",
		NULL},
	{"smtp_tls_CApath", "write tls-ca-file where a server's CA is not the system's", NULL},
	{"smtp_tls_cert_file", "client certificates are not offered", NULL},
	{"smtp_sasl_mechanism_filter", "see smtp-auth", NULL},
	{"smtp_generic_maps", "see rewrite-sender", NULL},
	{"sender_canonical_maps", "see rewrite-sender", NULL},
	{"canonical_maps", "see rewrite-sender", NULL},
	{"recipient_canonical_maps", "recipients are not rewritten", NULL},
	{"masquerade_domains", "see rewrite-sender", NULL},
	{"myorigin", "see default-identity and qualify-domain in [agent]", "$myhostname"},
	{"transport_maps", "server sets are chosen by sender and place, not by recipient", NULL},
	{"default_transport", "server sets go by SMTP", "smtp"},
	{"relay_transport", "server sets go by SMTP", "relay"},
	{"sender_dependent_default_transport_maps", "write a server set for these senders", NULL},
	{"smtp_fallback_relay", "write a server set with carries=any and a lower priority", NULL},
	{"fallback_relay", "write a server set with carries=any and a lower priority", NULL},
	{"smtp_bind_address", "roampost binds to the address of the link it chose", NULL},
	{"smtp_bind_address6", "roampost binds to the address of the link it chose", NULL},
	{"inet_protocols", "the kernel and the plan choose the family", "all"},
	{"always_bcc", "copies are added by the program that submits (Bcc)", NULL},
	{"sender_bcc_maps", "copies are added by the program that submits (Bcc)", NULL},
	{"recipient_bcc_maps", "copies are added by the program that submits (Bcc)", NULL},
	{"smtp_header_checks", "headers are not changed", NULL},
	{"smtp_body_checks", "mail is not changed", NULL},
	{"header_checks", "headers are not changed, nor is mail refused by them", NULL},
	{"body_checks", "mail is not changed, nor refused by it", NULL},
	{"content_filter", "there are no filters", NULL},
	{"virtual_alias_maps", "roampost has no aliases", NULL},
};

void
rp_postfix_remark_rest(const RpPostfixConf *conf)
{
	for (gsize i = 0; i < G_N_ELEMENTS(not_carried); i++) {
		const char *text = rp_postfix_text(conf, not_carried[i].name);

		if (text != NULL && *text != '\0' && g_strcmp0(text, not_carried[i].fallback) != 0)
			rp_import_remark(conf->import,
				rp_postfix_line_of(conf, not_carried[i].name),
				"%s is not carried over: %s", not_carried[i].name,
				not_carried[i].why);
	}
}
