/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "agent-private.h"
#include "roampost/greeting.h"

/* Places where something else answers for every server: nobody says so, and they are a portal's. */

static gboolean
knows_its_server(const RpAgent *agent, const char *name)
{
	const RpServerSet *set = rp_agent_find_set(agent, name);

	return set &&
	       rp_greetings_know_any(
		       rp_records_fact(agent->ground.records, name, RP_FACT_GREETINGS), set->smtp);
}

/* One server alone may have got another name; where all that are known are others, it is the place.
 * One that never was known may have a certificate of its own making; an old one is an old one, and
 * all of them are old, or of the future, where our clock is wrong.
 */
void
rp_agent_intercepted(RpAgent *agent, const char *set, const char *detail)
{
	RpRecords *records = agent->ground.records;

	rp_records_suspect(records, set, detail);
	if (!knows_its_server(agent, set) || rp_tells_of_dates(detail))
		return;
	if (rp_records_all_suspect(records) &&
		rp_whereabouts_suspect_portal(agent->whereabouts, detail, rp_agent_now(agent))) {
		g_message("the place looks like a portal: somebody answers for %s's server", set);
		rp_agent_place_taught(agent);
	}
}

void
rp_agent_proven(RpAgent *agent, const char *set)
{
	const RpServerSet *its = rp_agent_find_set(agent, set);
	const char *near;

	/* One on this machine, or behind a route of its own, says nothing of the place. */
	if (its && rp_set_is_near(rp_whereabouts_place(agent->whereabouts), its, &near))
		return;
	rp_records_prove(agent->ground.records, set);
	if (!rp_whereabouts_clear_portal(agent->whereabouts))
		return;
	g_message("the place is no portal: %s's server answers as it should", set);
	rp_agent_place_taught(agent);
	rp_agent_came_back(agent);
}

gboolean
rp_agent_portal_over(RpAgent *agent, RpTime due)
{
	if (!rp_whereabouts_end_portal(agent->whereabouts, due))
		return FALSE;
	rp_agent_forget_intercepted(agent);
	rp_agent_place_taught(agent);
	rp_agent_came_back(agent);
	return TRUE;
}

void
rp_agent_place_due(RpAgent *agent)
{
	RpTime now = rp_agent_now(agent);

	if (rp_whereabouts_next_deadline(agent->whereabouts) > now)
		return;
	if (!rp_agent_portal_over(agent, now))
		rp_agent_place_taught(agent);
}
