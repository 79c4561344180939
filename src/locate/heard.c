/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-locate"
#include "locate-private.h"

#include "roampost/base.h"

/* Where no way tells the public address, a server does: in mail of our own that comes back. */

/* No way has told of its link, though some could. */
static gboolean
is_open(const RpLocator *locator, const RpAsked *asked)
{
	return *asked->ways && rp_asked_stands(asked) &&
	       (asked->heard || rp_locator_find_address(locator, asked->link->interface) < 0);
}

static RpAsked *
find_open(const RpLocator *locator, const RpAddress *local)
{
	for (guint i = 0; i < locator->asked->len; i++) {
		RpAsked *asked = locator->asked->pdata[i];

		if (rp_link_has_address(asked->link, local) && is_open(locator, asked))
			return asked;
	}
	return NULL;
}

gboolean
rp_locator_wants_taken(RpLocator *locator, const RpAddress *local)
{
	return find_open(locator, local) != NULL;
}

void
rp_locator_taken(RpLocator *locator, const RpTaken *taken)
{
	const RpAsked *asked = find_open(locator, &taken->local);

	if (asked)
		rp_sent_mail_note(asked->sent, taken, rp_ground_now(locator->ground));
}

gboolean
rp_locator_wants_headers(RpLocator *locator)
{
	for (guint i = 0; i < locator->asked->len; i++) {
		const RpAsked *asked = locator->asked->pdata[i];

		if (is_open(locator, asked) &&
			rp_sent_mail_waits(asked->sent, rp_ground_now(locator->ground)))
			return TRUE;
	}
	return FALSE;
}

/* What follows may drop it. */
static void
hear(RpAsked *asked, const RpAddress *seen_as)
{
	g_autofree char *text = rp_address_format(seen_as);
	gboolean global = rp_address_is_global(seen_as) && seen_as->family == RP_FAMILY_IPV4;

	g_message("%s: the public address by mail of our own that came back: %s",
		asked->link->interface, global ? text : "none of the internet's");
	if (!global)
		return;
	asked->heard = TRUE;
	rp_asked_take(asked, seen_as);
}

void
rp_locator_header(RpLocator *locator, const char *octets, gsize length)
{
	RpTime now = rp_ground_now(locator->ground);

	for (guint i = 0; i < locator->asked->len; i++) {
		RpAsked *asked = locator->asked->pdata[i];
		RpAddress seen_as;

		if (!is_open(locator, asked) ||
			!rp_sent_mail_find(asked->sent, octets, length, now, &seen_as))
			continue;
		hear(asked, &seen_as);
		return;
	}
}
