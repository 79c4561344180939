/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import-postfix.h"

#include "roampost/language.h"

#include <string.h>

/* What Postfix can and roampost can't, or does another way. */

void
rp_postfix_remark_level(RpPostfixConf *conf)
{
	static const struct {
		const char *level;
		const char *what;
	} rows[] = {
		{"encrypt", N_("encrypt becomes required, which also verifies the certificate")},
		{"dane", N_("dane is not offered: it becomes required, verified by certificate")},
		{"dane-only", N_("dane-only is not offered: it becomes required, verified by "
				 "certificate")},
		{"fingerprint", N_("Postfix's fingerprint is of the certificate by default: write "
				   "tls-fingerprint, the SHA-256 of the public key")},
	};
	g_autofree char *level = rp_postfix_get(conf, "smtp_tls_security_level");

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		if (strcmp(rows[i].level, level) == 0)
			rp_import_remark(conf->import,
				rp_postfix_line_of(conf, "smtp_tls_security_level"),
				_("smtp_tls_security_level: %s"), rp_text(rows[i].what));
}

/* Root's alone, most often: a set that can't read it would send nothing. */
#define CERTIFICATE                                                                                \
	N_("where the server asks for it, write tls-client-cert and tls-client-key of copies "     \
	   "that you can read")

/* What changes how mail leaves, and has no counterpart. */
static const struct {
	const char *name;
	const char *why;
	const char *fallback; /* Postfix's own default says nothing; NULL: it is empty */
} not_carried[] = {
	{"smtp_tls_policy_maps", N_("set smtp-tls in each server set"), NULL},
	{"smtp_tls_per_site", N_("set smtp-tls in each server set"), NULL},
	{"smtp_tls_fingerprint_cert_match",
		N_("write tls-fingerprint, the SHA-256 of the public key"), NULL},
	{"smtp_tls_CApath", N_("write tls-ca-file where a server's CA is not the system's"), NULL},
	{"smtp_tls_cert_file", CERTIFICATE, NULL},
	{"smtp_tls_chain_files", CERTIFICATE, NULL},
	{"smtp_sasl_mechanism_filter", N_("see smtp-auth"), NULL},
	{"smtp_generic_maps", N_("see rewrite-sender"), NULL},
	{"sender_canonical_maps", N_("see rewrite-sender"), NULL},
	{"canonical_maps", N_("see rewrite-sender"), NULL},
	{"recipient_canonical_maps", N_("recipients are not rewritten"), NULL},
	{"masquerade_domains", N_("see rewrite-sender"), NULL},
	{"myorigin", N_("see default-identity and qualify-domain in [agent]"), "$myhostname"},
	{"transport_maps", N_("server sets are chosen by sender and place, not by recipient"),
		NULL},
	{"default_transport", N_("server sets go by SMTP"), "smtp"},
	{"relay_transport", N_("server sets go by SMTP"), "relay"},
	{"sender_dependent_default_transport_maps", N_("write a server set for these senders"),
		NULL},
	{"smtp_fallback_relay", N_("write a server set with carries=any and a lower priority"),
		NULL},
	{"fallback_relay", N_("write a server set with carries=any and a lower priority"), NULL},
	{"smtp_bind_address", N_("roampost binds to the address of the link it chose"), NULL},
	{"smtp_bind_address6", N_("roampost binds to the address of the link it chose"), NULL},
	{"inet_protocols", N_("the kernel and the plan choose the family"), "all"},
	{"always_bcc", N_("copies are added by the program that submits (Bcc)"), NULL},
	{"sender_bcc_maps", N_("copies are added by the program that submits (Bcc)"), NULL},
	{"recipient_bcc_maps", N_("copies are added by the program that submits (Bcc)"), NULL},
	{"smtp_header_checks", N_("headers are not changed"), NULL},
	{"smtp_body_checks", N_("mail is not changed"), NULL},
	{"header_checks", N_("headers are not changed, nor is mail refused by them"), NULL},
	{"body_checks", N_("mail is not changed, nor refused by it"), NULL},
	{"content_filter", N_("there are no filters"), NULL},
	{"virtual_alias_maps", N_("roampost has no aliases"), NULL},
};

void
rp_postfix_remark_rest(const RpPostfixConf *conf)
{
	for (gsize i = 0; i < G_N_ELEMENTS(not_carried); i++) {
		const char *text = rp_postfix_text(conf, not_carried[i].name);

		if (text != NULL && *text != '\0' && g_strcmp0(text, not_carried[i].fallback) != 0)
			rp_import_remark(conf->import,
				rp_postfix_line_of(conf, not_carried[i].name),
				_("%s is not carried over: %s"), not_carried[i].name,
				rp_text(not_carried[i].why));
	}
}
