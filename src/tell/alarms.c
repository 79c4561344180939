/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tell-private.h"

/* Server sets that stopped as a whole: the login was refused, or somebody poses as the server. Each
 * is a notice for as long as the failure is remembered and counts here. */

static gboolean
is_alarm(const RpTell *tell, const RpFailure *failure)
{
	RpSituation situation;

	if (failure->kind != RP_FAILURE_INTERCEPTED &&
		(failure->kind != RP_FAILURE_AUTH_FAILED || rp_failure_is_of_password(failure)))
		return FALSE;
	/* Behind a portal somebody always does, and that is said. */
	if (failure->kind == RP_FAILURE_INTERCEPTED && rp_tell_is_at_portal(tell))
		return FALSE;
	rp_ground_situation(tell->ground, &situation);
	return rp_policy_failure_counts(&situation, failure);
}

/* That is tried again now and then, which is not worth another word each time. */
static void
add_suspects(const RpTell *tell, GPtrArray *screen)
{
	const RpCatalogue *catalogue = rp_ground_catalogue(tell->ground);

	for (guint i = 0; i < rp_catalogue_n_sets(catalogue); i++) {
		const char *set = rp_catalogue_set(catalogue, i)->name, *detail;

		if (!rp_tell_is_at_portal(tell) &&
			rp_records_is_suspect(tell->ground->records, set, &detail))
			g_ptr_array_add(
				screen, rp_notice_set_failed(RP_FAILURE_INTERCEPTED, set, detail));
	}
}

static gboolean
is_suspect(const RpTell *tell, const RpFailure *failure)
{
	return failure->kind == RP_FAILURE_INTERCEPTED &&
	       rp_records_is_suspect(tell->ground->records, failure->set, NULL);
}

void
rp_tell_add_alarms(const RpTell *tell, GPtrArray *screen)
{
	const GPtrArray *failures = rp_records_failures(tell->ground->records);

	for (guint i = 0; i < failures->len; i++) {
		const RpFailure *failure = failures->pdata[i];

		if (is_alarm(tell, failure) && !is_suspect(tell, failure))
			g_ptr_array_add(screen,
				rp_notice_set_failed(failure->kind, failure->set, failure->detail));
	}
	add_suspects(tell, screen);
}

gboolean
rp_tell_has_alarm(const RpTell *tell, const RpHoldReason *reason)
{
	const GPtrArray *failures = rp_records_failures(tell->ground->records);

	if (reason->reason != RP_REASON_AUTH_FAILED && reason->reason != RP_REASON_INTERCEPTED)
		return FALSE;
	for (guint i = 0; i < failures->len; i++) {
		const RpFailure *failure = failures->pdata[i];

		if (g_strcmp0(failure->set, reason->set) == 0 && is_alarm(tell, failure))
			return TRUE;
	}
	return FALSE;
}
