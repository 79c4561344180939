/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "locate-private.h"

/* What all questions have: one answer, and an end. */

void
rp_ask_answer(RpAsk *ask, const RpAddress *address, const char *why)
{
	static const RpAddress none = {.family = RP_FAMILY_ANY};

	ask->done(address ? address : &none, why, ask->user);
}

void
rp_ask_free(RpAsk *ask)
{
	if (!ask)
		return;
	if (ask->kept)
		ask->way->free(ask->kept);
	g_clear_handle_id(&ask->refused, g_source_remove);
	g_free(ask);
}
