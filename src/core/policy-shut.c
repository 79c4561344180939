/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy-private.h"

#include "roampost/base.h"

#include <string.h>

/* What is refused although the POP login was made: as it is kept, and what may free it. Asking
 * again at the same place is not what does. */

#define WORDS "refused after the POP login at "

char *
rp_refused_after_pop(RpTime login, const char *said)
{
	g_autofree char *time = rp_time_format(login);

	return g_strdup_printf(WORDS "%s: %s", time, said ? said : "");
}

const char *
rp_read_refused_after_pop(const char *detail, char **time)
{
	const char *after =
		detail && g_str_has_prefix(detail, WORDS) ? detail + strlen(WORDS) : NULL;
	const char *said = after ? strstr(after, ": ") : NULL;

	*time = said ? g_strndup(after, (gsize)(said - after)) : NULL;
	return said ? said + strlen(": ") : NULL;
}

/* Being where its provider is would do. */
static gboolean
takes_inside(const RpServerSet *set)
{
	for (guint i = 0; i < set->relay->len; i++) {
		const RpRule *rule = set->relay->pdata[i];

		if (rule->n_terms == 1 && rule->terms[0] == RP_TERM_INSIDE)
			return set->provider != NULL;
	}
	return rp_set_learns(set);
}

/* Whatever the place and the mail are. */
static gboolean
takes_anywhere(const RpServerSet *set)
{
	for (guint i = 0; i < set->relay->len; i++) {
		const RpRule *rule = set->relay->pdata[i];
		gboolean any = rule->n_terms > 0;

		for (guint k = 0; k < rule->n_terms; k++)
			any &= rule->terms[k] == RP_TERM_ANYWHERE ||
			       (rule->terms[k] == RP_TERM_AUTH && set->smtp_login.user);
		if (any)
			return TRUE;
	}
	return FALSE;
}

const char *
rp_set_home(const RpServerSet *set)
{
	return set->provider ? set->provider : set->name;
}

guint
rp_deferral_ways(
	const char *set, const char *why, const RpCatalogue *catalogue, RpUnlock ways[RP_OWN_WAYS])
{
	g_autofree char *time = NULL;
	gint own = catalogue && set ? rp_catalogue_find_set(catalogue, set) : -1;
	guint n = 0;

	if (own < 0 || !rp_read_refused_after_pop(why, &time))
		return 0;
	if (takes_inside(rp_catalogue_set(catalogue, (guint)own)))
		ways[n++] = (RpUnlock){.kind = RP_UNLOCK_ENTER,
			.subject = (char *)rp_set_home(rp_catalogue_set(catalogue, (guint)own))};
	for (guint i = 0; i < rp_catalogue_n_sets(catalogue); i++) {
		const RpServerSet *other = rp_catalogue_set(catalogue, i);

		if (i == (guint)own || !takes_anywhere(other))
			continue;
		ways[n++] = (RpUnlock){.kind = RP_UNLOCK_PIN, .subject = other->name};
		break;
	}
	return n;
}
