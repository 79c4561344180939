/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smtp-client-private.h"

#include <string.h>

/* What the server says it takes in one session (LIMITS, RFC 9422): how much of it is used up. A
 * message with several transactions counts as often as it has MAIL, and what is refused counts. */

/* Lower case; owned by nobody else. */
static char *
domain_of(const char *address)
{
	const char *at = strrchr(address, '@');

	return g_ascii_strdown(at ? at + 1 : "", -1);
}

static gboolean
fits_domain(const RpSmtpClient *client, const char *address)
{
	g_autofree char *domain = domain_of(address);

	return !client->capabilities.max_domains ||
	       g_hash_table_contains(client->domains, domain) ||
	       g_hash_table_size(client->domains) < client->capabilities.max_domains;
}

gboolean
rp_smtp_client_take_domain(RpSmtpClient *client, const char *address)
{
	if (!fits_domain(client, address))
		return FALSE;
	if (client->capabilities.max_domains)
		g_hash_table_add(client->domains, domain_of(address));
	return TRUE;
}

gboolean
rp_smtp_client_fits_domains(const RpSmtpClient *client, const RpSmtpTransaction *t)
{
	for (guint i = 0; i < t->message.n_recipients; i++)
		if (!t->has_result[i] && fits_domain(client, t->message.recipients[i]))
			return TRUE;
	return FALSE;
}

gboolean
rp_smtp_client_has_room(const RpSmtpClient *client, const RpSmtpTransaction *next)
{
	guint most = client->capabilities.max_messages;

	if (most && client->n_mail >= most)
		return FALSE;
	return !next || rp_smtp_client_fits_domains(client, next);
}
