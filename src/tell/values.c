/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tell-private.h"

#include "roampost/decision-variant.h"

/* What methods and properties answer with. */

GVariant *
rp_tell_property(const RpTell *tell, const char *property)
{
	RpSituation situation;

	if (g_str_equal(property, "Links"))
		return rp_tell_links_value(tell);
	rp_ground_situation(tell->ground, &situation);
	return rp_sets_variant(&situation, tell->current_set, tell->queries->waiting, tell->user);
}

GVariant *
rp_tell_message(const RpTell *tell, const RpQueueMessage *message)
{
	return rp_message_view(tell->views, message, rp_ground_catalogue(tell->ground));
}

GVariant *
rp_tell_explanation(const RpTell *tell, const RpQueueMessage *message)
{
	g_autofree const char **scratch = NULL;
	g_autoptr(GArray) rows = NULL;
	RpSituation situation;
	RpMessageFacts facts;

	rp_ground_situation(tell->ground, &situation);
	rp_queue_message_facts(message, &facts, &scratch);
	rows = rp_policy_explain(&situation, &facts);
	return rp_explain_variant(&situation, &facts, rows);
}
