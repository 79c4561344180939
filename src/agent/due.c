/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "agent-private.h"

/* The one timer: what is due first, and what is done when its time has come. */

/* What is deferred, and what is not to go before a time. */
static RpTime
next_message(const RpAgent *agent)
{
	RpTime deferred = G_MAXINT64, put_off = G_MAXINT64;

	rp_queue_next_deadline(agent->ground.queue, &deferred, NULL);
	rp_queue_next_not_before(agent->ground.queue, &put_off, NULL);
	return MIN(deferred, put_off);
}

/* It matters to what is held alone. */
static gboolean
is_anything_held(const RpAgent *agent)
{
	RpQueueCounts counts;

	return rp_queue_counts(agent->ground.queue, &counts, NULL) &&
	       counts.by_state[RP_MESSAGE_HELD] > 0;
}

static RpTime
next_question(const RpAgent *agent)
{
	RpTime next = rp_locator_next_deadline(agent->locator);

	return next < G_MAXINT64 && is_anything_held(agent) ? next : G_MAXINT64;
}

/* The earliest thing that is to happen in any room. */
static RpTime
next_deadline(gpointer user)
{
	const RpAgent *agent = user;
	RpTime next = MIN(rp_durable_next_deadline(agent->ground.durable),
		MIN(rp_records_next_deadline(agent->ground.records),
			rp_lanes_next_deadline(agent->lanes)));
	next = MIN(next, rp_whereabouts_next_deadline(agent->whereabouts));
	next = MIN(next, rp_agent_coming_deadline(agent));
	next = MIN(next, rp_agent_dial_deadline(agent));
	next = MIN(next, rp_planner_next_deadline(agent->planner));
	next = MIN(next, rp_tell_next_deadline(agent->tell));
	next = MIN(next, rp_tell_screen_deadline(agent->tell));
	if (agent->reports)
		next = MIN(next, rp_reports_next_deadline(agent->reports));
	next = MIN(next, next_question(agent));
	next = MIN(next, next_message(agent));
	return next;
}

static void
undefer_due(RpAgent *agent)
{
	RpQueueChange *change;

	if (next_message(agent) > rp_agent_now(agent))
		return;
	change = rp_queue_change_new(rp_agent_now(agent));
	rp_change_undefer_due(change);
	rp_agent_write_and_plan(agent, change);
}

/* Of no set: when it was last looked for what is too old. */
#define RP_FACT_PRUNED_AT "history-pruned-at"

/* A clock that is this much later than yesterday may be wrong: it is believed a day later, before
 * what a right one keeps is lost. Kept over restarts, for laptops that are shut down each night. */
#define LEAP (30 * G_TIME_SPAN_DAY)

void
rp_agent_prune_history(RpAgent *agent)
{
	RpRecords *records = agent->ground.records;
	const char *fact = rp_records_fact(records, "", RP_FACT_PRUNED_AT);
	RpTime now = rp_agent_now(agent), last = fact ? g_ascii_strtoll(fact, NULL, 10) : 0;
	g_autofree char *value = g_strdup_printf("%" G_GINT64_FORMAT, now);
	RpQueueChange *change;

	if (ABS(now - last) < G_TIME_SPAN_DAY)
		return;
	rp_records_note_fact(records, "", RP_FACT_PRUNED_AT, value);
	if (now - last > LEAP)
		return;
	change = rp_queue_change_new(now);
	/* What is handed over is known by it for a while: that it is there already. */
	rp_change_prune_history(
		change, now - MAX(rp_ground_options(&agent->ground)->history, G_TIME_SPAN_DAY));
	rp_agent_write(agent, change, NULL, NULL);
}

static void
on_due(RpSpan jump, gpointer user)
{
	RpAgent *agent = user;

	if (jump < 0) /* times that were set by the old clock may be years away */
		rp_agent_try_now(agent);
	rp_durable_due(agent->ground.durable, jump < 0);
	if (rp_records_expire(agent->ground.records))
		rp_planner_request(agent->planner, TRUE, "what failed may be tried again");
	rp_agent_place_due(agent);
	rp_agent_coming_due(agent);
	rp_agent_dial_due(agent);
	rp_planner_due(agent->planner);
	rp_reports_due(agent->reports);
	rp_lanes_due(agent->lanes);
	rp_tell_due(agent->tell, jump < 0);
	rp_tell_screen_due(agent->tell);
	if (next_question(agent) < G_MAXINT64)
		rp_locator_due(agent->locator);
	undefer_due(agent);
	rp_agent_prune_history(agent);
	/* Not here: a deferral still on the disk would be due at once, in a circle. The plan's
	 * end schedules. */
	if (rp_writes_is_idle(agent->ground.writes))
		rp_agent_schedule(agent);
}

const RpTimerEvents rp_agent_timer_events = {.next = next_deadline, .due = on_due};

void
rp_agent_clock_changed(RpAgent *agent, RpSpan jump)
{
	on_due(jump, agent);
}

/* ---- sleep ---- */

static void
count_active(const RpActive *active, gpointer user)
{
	++*(guint *)user;
}

gboolean
rp_agent_is_sending(const RpAgent *agent)
{
	guint n = 0;

	rp_lanes_each_active(agent->lanes, count_active, &n);
	return n > 0;
}

/* A suspend is to wait while a server has part of a message; once it is announced nothing else
 * counts. */
void
rp_agent_tell_busy(RpAgent *agent)
{
	gboolean busy =
		agent->suspends ? rp_agent_is_sending(agent) : !rp_lanes_are_idle(agent->lanes);

	rp_agent_look_quiet(agent);
	if (busy == agent->busy)
		return;
	agent->busy = busy;
	if (agent->parts.busy)
		agent->parts.busy(busy, agent->parts.user);
}

void
rp_agent_suspends(RpAgent *agent)
{
	agent->suspends = TRUE;
	rp_whereabouts_forget_network(agent->whereabouts);
	rp_lanes_leave(agent->lanes, "the machine goes to sleep");
	rp_agent_tell_busy(agent);
}

void
rp_agent_resumed(RpAgent *agent)
{
	agent->suspends = FALSE;
	/* A session whose address is still there may live: the kernel soon knows of one that does
	 * not. Nothing is planned until the network has told where we woke up. */
	rp_whereabouts_forget_network(agent->whereabouts);
	rp_locator_forget(agent->locator);
	rp_tell_place(agent->tell);
	agent->parts.rescan(agent->parts.user);
	rp_tell_woke(agent->tell);
	on_due(0, agent);
	rp_agent_try_now(agent);
}
