/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy-private.h"

#include <string.h>

/* What ends a hold that is a message's own: a plan has no part in it, but another server set may.
 */

/* One for 8BITMIME is sent as it is then, one for SMTPUTF8 can't be. */
static gboolean
ends_by_release(RpReason reason)
{
	return reason == RP_REASON_USER || reason == RP_REASON_NOT_BEFORE ||
	       reason == RP_REASON_SERVER_REJECTED || reason == RP_REASON_NEEDS_8BITMIME;
}

/* What one server said of the mail is true of that server alone. */
static gboolean
is_of_a_server(RpReason reason)
{
	return reason == RP_REASON_SERVER_REJECTED || reason == RP_REASON_TOO_LARGE ||
	       reason == RP_REASON_NEEDS_8BITMIME || reason == RP_REASON_NEEDS_SMTPUTF8;
}

static const char *
other_set(const RpHoldReason *reason, const RpCatalogue *catalogue, const char *sender)
{
	for (guint i = 0; reason->set && i < rp_catalogue_n_sets(catalogue); i++) {
		const char *name = rp_catalogue_set(catalogue, i)->name;

		if (strcmp(name, reason->set) != 0 && rp_policy_may_carry(catalogue, i, sender))
			return name;
	}
	return NULL;
}

guint
rp_reason_own_ways(const RpHoldReason *reason, RpTime until, const RpCatalogue *catalogue,
	const char *sender, RpUnlock ways[RP_OWN_WAYS])
{
	const char *other = is_of_a_server(reason->reason) && catalogue
				    ? other_set(reason, catalogue, sender)
				    : NULL;
	guint n = 0;

	if (other)
		ways[n++] = (RpUnlock){.kind = RP_UNLOCK_PIN, .subject = (char *)other};
	if (ends_by_release(reason->reason)) {
		ways[n++] = (RpUnlock){.kind = RP_UNLOCK_USER_RELEASE};
		if (until)
			ways[n++] = (RpUnlock){.kind = RP_UNLOCK_RETRY_AFTER, .time = until};
	} else if (reason->reason == RP_REASON_TOO_LARGE) {
		/* The server would say the same again. */
		ways[n++] = (RpUnlock){.kind = RP_UNLOCK_SMALLER, .subject = reason->set};
	}
	return n;
}
