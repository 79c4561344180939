/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/serverset.h"

#include <string.h>

/* Whose a domain is: a set's that names it anywhere, and this machine's no longer. */

static gboolean
is_in(char *const *domains, const char *domain)
{
	for (; *domains; domains++) {
		const char *at = strrchr(*domains, '@'); /* of an identity */

		if (g_ascii_strcasecmp(at ? at + 1 : *domains, domain) == 0)
			return TRUE;
	}
	return FALSE;
}

gboolean
rp_catalogue_has_domain(const RpCatalogue *catalogue, const char *domain)
{
	for (guint i = 0; i < rp_catalogue_n_sets(catalogue); i++) {
		const RpServerSet *set = rp_catalogue_set(catalogue, i);

		if (is_in(set->domains, domain) || is_in(set->local_domains, domain) ||
			is_in(set->identities, domain))
			return TRUE;
	}
	return FALSE;
}
