/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "agent-private.h"

#include "roampost/queue-change.h"

/* Waiting for an agent to come to rest: for what happens, and not for the time that a change may
 * wait for others to share its commit, when none comes any more.
 * A header alone: test-check.c has another fixture. */

static inline gboolean
on_settle_over(gpointer data)
{
	*(gboolean *)data = TRUE;
	return G_SOURCE_REMOVE;
}

/* All that is left are writes, which may wait for company. */
static inline gboolean
is_only_writing(const RpAgent *agent)
{
	return !g_main_context_pending(NULL) && !rp_writes_is_idle(agent->ground.writes) &&
	       rp_lanes_are_idle(agent->lanes) && rp_planner_is_idle(agent->planner);
}

/* One that waits for nobody takes along all that came before it; where the disk is full they hear
 * it themselves. */
static inline void
write_now(const RpAgent *agent)
{
	rp_queue_apply(agent->parts.queue, rp_queue_change_new(0), NULL);
}

static inline void
say_what_is_left(const RpAgent *agent)
{
	g_test_message("left to do:%s%s%s%s%s%s", rp_planner_is_idle(agent->planner) ? "" : " plan",
		rp_writes_is_idle(agent->ground.writes) ? "" : " writes",
		rp_lanes_are_idle(agent->lanes) ? "" : " lanes",
		rp_reports_are_idle(agent->reports) ? "" : " reports",
		rp_checks_are_idle(agent->checks) ? "" : " checks",
		rp_locator_is_idle(agent->locator) ? "" : " locator");
}

/* Runs the loop until the agent has nothing more to do, for so many seconds at most. The bell of a
 * submission may still be on its way: whoever submits waits for `n` messages to be planned by
 * looking at the queue. */
static inline void
settle_agent(const RpAgent *agent, guint limit)
{
	gboolean over = FALSE;
	guint source = g_timeout_add_seconds(limit, on_settle_over, &over);

	while (!over && (g_main_context_pending(NULL) || !rp_agent_is_idle(agent))) {
		if (is_only_writing(agent))
			write_now(agent);
		g_main_context_iteration(NULL, TRUE);
	}
	if (over)
		say_what_is_left(agent);
	g_assert_false(over);
	g_source_remove(source);
}
