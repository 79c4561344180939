/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "agent-private.h"

/* Other programs change the queue too: new mail, a user's word. */

void
rp_agent_reload_records(RpAgent *agent)
{
	gboolean was_paused = rp_ground_is_paused(&agent->ground);
	guint n_failures = rp_records_failures(agent->ground.records)->len,
	      n_learned = rp_records_learned(agent->ground.records)->len;

	agent->bell_rang = FALSE;
	rp_records_load(agent->ground.records);
	if (rp_records_failures(agent->ground.records)->len != n_failures)
		rp_planner_request(agent->planner, TRUE, "failures were forgotten");
	if (rp_ground_is_paused(&agent->ground) != was_paused)
		rp_agent_pause_changed(agent);
	if (rp_records_learned(agent->ground.records)->len != n_learned)
		rp_agent_place_taught(agent);
}

/* Somebody has changed the queue: new mail, or a user's word, which may have been that what failed
 * is to be forgotten. */
void
rp_agent_bell(gpointer user)
{
	RpAgent *agent = user;

	/* What is being written is newer than what is on the disk. */
	if (!rp_writes_is_idle(agent->ground.writes))
		agent->bell_rang = TRUE;
	else
		rp_agent_reload_records(agent);
	if (agent->parts.bell)
		agent->parts.bell(agent->parts.user);
	rp_yielding_rung(agent->yielding);
	rp_tell_refused(agent->tell, rp_queue_refused(agent->ground.queue));
	rp_planner_request(agent->planner, FALSE, "the queue was changed");
	rp_tell_state(agent->tell);
}
