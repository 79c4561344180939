/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/registrable.h"

#include <glib.h>
#include <gmodule.h>
#include <libpsl.h>

/* libpsl, with the list that it has built in. */

G_MODULE_EXPORT char *
rp_module_registrable(const char *host)
{
	g_autofree char *lower = g_ascii_strdown(host, -1);
	const psl_ctx_t *list = psl_builtin();
	const char *found = NULL;

	if (list && !g_hostname_is_ip_address(lower))
		found = psl_registrable_domain(list, lower);
	return g_strdup(found);
}
