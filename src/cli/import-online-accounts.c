/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import.h"

#include "roampost/address.h"
#include "roampost/language.h"
#include "roampost/mailbox.h"
#include "roampost/online-accounts.h"

#include <gio/gio.h>

/* The accounts in GNOME's settings, as server sets. The daemon says of each what its provider is
 * known to have, or what its user wrote there. */

enum { SMTPS_PORT = 465, SUBMISSION_PORT = 587 };

static gboolean
is_said(const char *text)
{
	return text && *text;
}

static const char *
label_of(const RpOnlineAccount *account)
{
	const char *names[] = {account->shown, account->address, account->identity};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		if (is_said(names[i]))
			return names[i];
	return account->path;
}

/* ---- which accounts ---- */

static gboolean
is_for_mail(RpImport *import, const RpOnlineAccount *account)
{
	const char *label = label_of(account);
	const char *provider = is_said(account->provider) ? account->provider : "?";

	if (account->is_off)
		rp_import_remark(import, 0,
			_("%1$s (%2$s) is not carried over: mail is switched off for it there "
			  "(gnome-control-center online-accounts)"),
			label, provider);
	else if (!account->has_mail)
		rp_import_remark(import, 0,
			_("%1$s (%2$s) is not carried over: it is no account for mail"), label,
			provider);
	else if (!account->has_smtp || !is_said(account->smtp_host))
		rp_import_remark(import, 0,
			_("%1$s (%2$s) is not carried over: it has no SMTP server"), label,
			provider);
	else
		return TRUE;
	return FALSE;
}

/* Its sender. Without one the set would be for everybody's mail, which it never was. */
static char *
read_address(RpImport *import, const RpOnlineAccount *account)
{
	const char *text = is_said(account->address) ? account->address : label_of(account);
	char *address = NULL;
	RpMailboxResult result = rp_mailbox_read(text, &address);

	if (result == RP_MAILBOX_GOOD)
		return address;
	g_free(address);
	rp_import_remark(import, 0, _("%1$s is not carried over: “%2$s” is no mail address (%3$s)"),
		label_of(account), text, rp_mailbox_result_text(result));
	return NULL;
}

/* ---- the server ---- */

static guint
usual_port(const RpOnlineAccount *account)
{
	return account->is_tls ? SMTPS_PORT : SUBMISSION_PORT;
}

/* As GNOME reads it: a name or an address, with a port if it likes. */
static GNetworkAddress *
read_server(RpImport *import, const RpOnlineAccount *account)
{
	g_autoptr(GError) error = NULL;
	GSocketConnectable *server =
		g_network_address_parse(account->smtp_host, (guint16)usual_port(account), &error);

	if (server)
		return G_NETWORK_ADDRESS(server);
	rp_import_remark(import, 0,
		_("%1$s is not carried over: its SMTP server can't be read: “%2$s” (%3$s)"),
		label_of(account), account->smtp_host, error->message);
	return NULL;
}

/* Where a password would go in clear to another machine, and so is asked for encryption that there
 * is none of now. */
static gboolean
is_in_clear(const RpOnlineAccount *account, const char *host)
{
	return account->wants_login && !account->is_tls && !account->is_starttls &&
	       !rp_host_is_loopback(host);
}

static RpImportTls
tls_of(const RpOnlineAccount *account, const char *host)
{
	if (account->is_tls)
		return RP_IMPORT_TLS;
	return account->is_starttls || is_in_clear(account, host) ? RP_IMPORT_STARTTLS
								  : RP_IMPORT_NO_TLS;
}

static void
carry_server(
	RpImport *import, RpImportSet *set, const RpOnlineAccount *account, GNetworkAddress *server)
{
	const char *host = g_network_address_get_hostname(server);
	guint port = g_network_address_get_port(server);

	rp_import_set_server(
		set, "smtp", host, port == usual_port(account) ? 0 : port, tls_of(account, host));
	if (is_in_clear(account, host))
		rp_import_remark(import, 0,
			_("it is said to have no TLS: [server-set %s] asks for it all the same, "
			  "since the password would go in clear; if it has none, look for "
			  "another server"),
			set->name);
	if (account->accepts_any)
		rp_import_remark(import, 0,
			_("any certificate is taken there, and none is here that nobody vouches "
			  "for: write tls-ca-file or tls-fingerprint into [server-set %s]"),
			set->name);
}

/* ---- the login ---- */

static void
carry_login(RpImport *import, RpImportSet *set, const RpOnlineAccount *account, const char *address)
{
	gboolean by_token = account->has_token && account->takes_token;

	if (!account->wants_login) {
		rp_import_no_login(import, set, 0);
		return;
	}
	rp_import_set(set, "smtp-user", is_said(account->smtp_user) ? account->smtp_user : address);
	rp_import_set(
		set, "smtp-password-from", by_token ? "oauth:online-accounts" : "secret-service");
	if (!by_token)
		rp_import_remark(import, 0,
			_("GNOME keeps the password of [server-set %1$s] for itself: once the set "
			  "is written, “roampost password %1$s” asks for it anew"),
			set->name);
	if (account->is_lapsed)
		rp_import_remark(import, 0,
			_("the login of [server-set %s] has lapsed there: “gnome-control-center "
			  "online-accounts” opens the settings, to log in again"),
			set->name);
}

static void
carry_account(RpImport *import, const RpOnlineAccount *account)
{
	if (!is_for_mail(import, account))
		return;
	g_autofree char *address = read_address(import, account);
	g_autoptr(GNetworkAddress) server = address ? read_server(import, account) : NULL;
	if (!server)
		return;
	RpImportSet *set = rp_import_add_set_for(import, address);
	rp_import_set(set, "identities", address);
	carry_server(import, set, account, server);
	carry_login(import, set, account, address);
	if (account->has_imap && is_said(account->imap_host))
		rp_import_remark(import, 0,
			_("the server %s (%s) is not carried over: only SMTP and POP are offered"),
			account->imap_host, "imap");
}

void
rp_import_online_accounts(RpImport *import, const GPtrArray *accounts)
{
	for (guint i = 0; i < accounts->len; i++)
		carry_account(import, accounts->pdata[i]);
	if (accounts->len == 0)
		rp_import_remark(import, 0,
			_("there is no account: “gnome-control-center online-accounts” adds one"));
}
