/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import-msmtp.h"
#include "roampost/language.h"

#include <string.h>

/* What msmtp can and roampost can't, or does another way. */

/* What has no counterpart, and why. Commands that are in neither table nor code are unknown. */
static const struct {
	const char *command;
	const char *why; /* NULL: nothing is lost without it */
} not_carried[] = {
	{"add_missing_date_header", NULL},
	{"add_missing_from_header", NULL},
	{"aliases", N_("roampost has no aliases")},
	{"allow_from_override", NULL},
	{"auth", NULL},
	{"auto_from", N_("list the addresses in identities")},
	{"connect_timeout", NULL},
	{"domain", NULL},
	{"dsn_notify", N_("delivery notices are asked for by the program that submits (-N)")},
	{"dsn_return", N_("delivery notices are asked for by the program that submits (-R)")},
	{"from", NULL},
	{"from_full_name", N_("the name of an added From is given with roampost-sendmail -F")},
	{"host", NULL},
	{"keepbcc", N_("Bcc is always removed")},
	{"logfile", N_("see “roampost history”")},
	{"logfile_time_format", NULL},
	{"maildomain", N_("see qualify-domain and default-identity in [agent]")},
	{"ntlmdomain", N_("NTLM is not offered")},
	{"password", NULL},
	{"passwordeval", NULL},
	{"port", NULL},
	{"protocol", NULL},
	{"proxy_host", N_("proxies are not offered")},
	{"proxy_port", N_("proxies are not offered")},
	{"remove_bcc_headers", NULL},
	{"set_date_header", NULL},
	{"set_from_header", N_("a From that is there is kept (see rewrite-sender)")},
	{"set_msgid_header", NULL},
	{"socket", N_("unix sockets of servers are not offered")},
	{"source_ip", N_("roampost binds to the address of the link it chose")},
	{"syslog", NULL},
	{"timeout", NULL},
	{"tls", NULL},
	{"tls_cert_file", NULL},
	{"tls_certcheck", NULL},
	{"tls_crl_file", N_("revocation lists are not read")},
	{"tls_fingerprint",
		N_("it is that of the certificate; tls-fingerprint is the SHA-256 of the "
		   "public key")},
	{"tls_host_override", N_("the certificate must be for the name in smtp=")},
	{"tls_key_file", NULL},
	{"tls_min_dh_prime_bits", NULL},
	{"tls_nocertcheck", NULL},
	{"tls_nostarttls", NULL},
	{"tls_priorities", N_("TLS's own defaults are used")},
	{"tls_starttls", NULL},
	{"tls_trust_file", NULL},
	{"undisclosed_recipients", N_("the To header is left as it is")},
	{"user", NULL},
};

static void
remark_setting(RpImport *import, const RpMsmtpSetting *setting)
{
	if (strcmp(setting->argument, "off") == 0)
		return;
	for (gsize i = 0; i < G_N_ELEMENTS(not_carried); i++) {
		if (strcmp(not_carried[i].command, setting->command) != 0)
			continue;
		if (not_carried[i].why != NULL)
			rp_import_remark(import, setting->line, _("%s is not carried over: %s"),
				setting->command, rp_text(not_carried[i].why));
		return;
	}
	rp_import_remark(
		import, setting->line, _("%s is not carried over: not known"), setting->command);
}

static int
by_line(gconstpointer a, gconstpointer b)
{
	const RpMsmtpSetting *left = *(RpMsmtpSetting *const *)a;
	const RpMsmtpSetting *right = *(RpMsmtpSetting *const *)b;

	return (left->line > right->line) - (left->line < right->line);
}

void
rp_msmtp_remark_rest(RpImport *import, const RpMsmtpAccount *account)
{
	g_autoptr(GPtrArray) settings = g_ptr_array_new();
	GHashTableIter iter;
	gpointer setting;

	g_hash_table_iter_init(&iter, account->settings);
	while (g_hash_table_iter_next(&iter, NULL, &setting))
		g_ptr_array_add(settings, setting);
	g_ptr_array_sort(settings, by_line);
	for (guint i = 0; i < settings->len; i++)
		remark_setting(import, settings->pdata[i]);
}
