/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "planner-private.h"

/* When a plan is made, and who waits for it. */

/* What could not be written is tried again after a second, at first. */
#define LONGEST_RETRY (60 * G_TIME_SPAN_SECOND)

typedef struct {
	RpPlannedFunc done;
	gpointer user;
} RpWaiter;

void
rp_planner_request(RpPlanner *planner, gboolean all, const char *reason)
{
	if (all && !planner->all)
		g_debug("everything is planned anew: %s", reason);
	planner->all |= all;
	if (!rp_whereabouts_is_known(planner->ground->whereabouts))
		return;
	/* What is without a class is not looked for in a plan that follows the classes at once. */
	if (planner->writing || (planner->source && planner->all_classified))
		planner->again = TRUE;
	else if (!planner->source)
		planner->source = g_idle_add_full(G_PRIORITY_DEFAULT, planner->run, planner, NULL);
}

void
rp_planner_wait(RpPlanner *planner, RpPlannedFunc done, gpointer user)
{
	RpWaiter *waiter = g_new(RpWaiter, 1);

	waiter->done = done;
	waiter->user = user;
	planner->all_classified = FALSE;
	rp_planner_request(planner, FALSE, "somebody waits for it");
	g_ptr_array_add(planner->waiters, waiter);
}

GPtrArray *
rp_planner_take_waiters(RpPlanner *planner)
{
	GPtrArray *waiters = planner->waiters;

	planner->waiters = g_ptr_array_new_with_free_func(g_free);
	return waiters;
}

void
rp_planner_tell_waiters(const GPtrArray *waiters)
{
	for (guint i = 0; i < waiters->len; i++) {
		RpWaiter *waiter = waiters->pdata[i];

		waiter->done(waiter->user);
	}
}

/* ---- what could not be written ---- */

void
rp_planner_retry(RpPlanner *planner)
{
	RpSpan wait = G_TIME_SPAN_SECOND << MIN(planner->failures, 6);

	planner->failures++;
	planner->retry_at = rp_ground_now(planner->ground) + MIN(wait, LONGEST_RETRY);
	rp_timer_changed(planner->ground->timer);
	planner->events.failed(planner->user);
}

gboolean
rp_planner_fails(const RpPlanner *planner)
{
	return planner->failures > 0;
}

RpTime
rp_planner_next_deadline(const RpPlanner *planner)
{
	return planner->retry_at;
}

void
rp_planner_due(RpPlanner *planner)
{
	RpTime now = rp_ground_now(planner->ground);

	/* A clock that was put back does not make it later. */
	if (planner->retry_at == G_MAXINT64 ||
		(planner->retry_at > now && planner->retry_at - now <= LONGEST_RETRY))
		return;
	planner->retry_at = G_MAXINT64;
	rp_planner_request(planner, FALSE, "it could not be written before");
}

void
rp_planner_note_written(RpPlanner *planner)
{
	planner->failures = 0;
	planner->retry_at = G_MAXINT64;
}

gboolean
rp_planner_is_idle(const RpPlanner *planner)
{
	return !planner->source && !planner->writing;
}
