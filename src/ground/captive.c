/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "captive-private.h"

/* For how long a place is taken for a captive portal's though nobody says that it is one, and which
 * of its links are. */

/* How often it is tried whether what looked like a portal lets us through: a minute, doubled each
 * time, at most so much. */
#define MOST_PATIENCE (15 * G_TIME_SPAN_MINUTE)

/* NetworkManager's "limited" is no verdict on a portal. */
static gboolean
is_unchecked(const RpLink *link)
{
	return rp_link_is_default(link, RP_FAMILY_ANY) && link->kind != RP_LINK_VPN &&
	       (link->connectivity == RP_CONNECTIVITY_UNKNOWN ||
		       link->connectivity == RP_CONNECTIVITY_LIMITED);
}

guint
rp_captive_links(RpNetwork *network, gboolean mark)
{
	guint n = 0;

	for (guint i = 0; i < network->links->len; i++) {
		RpLink *link = network->links->pdata[i];

		if (!is_unchecked(link))
			continue;
		if (mark)
			link->connectivity = RP_CONNECTIVITY_PORTAL;
		n++;
	}
	return n;
}

void
rp_captive_suspect(RpCaptive *captive, const char *key, const char *heard, RpTime now)
{
	RpSpan wait = G_TIME_SPAN_MINUTE << MIN(captive->n, 4);

	captive->key = g_strdup(key);
	g_free(captive->heard);
	captive->heard = g_strdup(heard);
	/* Whoever had it tried before its time waits no longer for that. */
	if (now >= captive->until || captive->until - now > MOST_PATIENCE) {
		captive->until = now + MIN(wait, MOST_PATIENCE);
		captive->n++;
	}
}

gboolean
rp_captive_clear(RpCaptive *captive)
{
	gboolean was = captive->key != NULL;

	g_clear_pointer(&captive->key, g_free);
	captive->until = 0;
	captive->n = 0;
	return was;
}

gboolean
rp_captive_end(RpCaptive *captive, RpTime due)
{
	/* A clock that was put back does not keep it longer. */
	if (!captive->key || (due < captive->until && captive->until - due <= MOST_PATIENCE))
		return FALSE;
	g_clear_pointer(&captive->key, g_free);
	return TRUE;
}

gboolean
rp_captive_is_at(RpCaptive *captive, const char *key)
{
	if (captive->key && g_str_equal(captive->key, key))
		return TRUE;
	g_clear_pointer(&captive->key, g_free);
	return FALSE;
}

void
rp_captive_moved(RpCaptive *captive)
{
	captive->n = 0;
	if (!captive->key)
		captive->until = 0;
}

void
rp_captive_free_members(RpCaptive *captive)
{
	g_free(captive->key);
	g_free(captive->heard);
}
