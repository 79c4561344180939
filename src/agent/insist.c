/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "agent-private.h"

/* A full disk is emptied sooner or later: first, and last, pause before it is tried again. */
#define PAUSE_FIRST G_USEC_PER_SEC
#define PAUSE_LAST (60 * G_USEC_PER_SEC)

typedef struct {
	RpAgent *agent;
	RpMakeChange make;
	RpQueueDone done;
	gpointer user;
	GError *error; /* of the last try */
} RpInsistence;

static void
finish(RpInsistence *insistence)
{
	insistence->done(insistence->error, insistence->user);
	g_clear_error(&insistence->error);
	g_free(insistence);
}

/* It is not the disk's fault, and will be no better later. */
static gboolean
is_final(const GError *error)
{
	return g_error_matches(error, RP_ERROR, RP_ERROR_STATE) ||
	       g_error_matches(error, RP_ERROR, RP_ERROR_NOT_FOUND);
}

static void
on_written(const GError *error, gpointer user)
{
	RpInsistence *insistence = user;
	RpAgent *agent = insistence->agent;

	g_clear_error(&insistence->error);
	if (error)
		insistence->error = g_error_copy(error);
	if (!error || is_final(error)) {
		agent->insist_pause = 0;
		finish(insistence);
		return;
	}
	g_queue_push_tail(&agent->unwritten, insistence);
	if (agent->insist_at == G_MAXINT64) {
		agent->insist_pause = CLAMP(agent->insist_pause * 2, PAUSE_FIRST, PAUSE_LAST);
		agent->insist_at = rp_agent_now(agent) + agent->insist_pause;
		rp_agent_schedule(agent);
	}
}

static void
try_write(RpInsistence *insistence)
{
	rp_agent_write(insistence->agent, insistence->make(insistence->agent, insistence->user),
		on_written, insistence);
}

void
rp_insist(RpAgent *agent, RpMakeChange make, RpQueueDone done, gpointer user)
{
	RpInsistence *insistence = g_new0(RpInsistence, 1);

	insistence->agent = agent;
	insistence->make = make;
	insistence->done = done;
	insistence->user = user;
	try_write(insistence);
}

void
rp_insist_due(RpAgent *agent, gboolean at_once)
{
	GQueue again = agent->unwritten;

	if (!at_once && agent->insist_at > rp_agent_now(agent))
		return;
	agent->insist_at = G_MAXINT64;
	g_queue_init(&agent->unwritten);
	while (again.length)
		try_write(g_queue_pop_head(&again));
}

void
rp_insist_clear(RpAgent *agent)
{
	if (agent->unwritten.length)
		g_warning("%u change(s) can't be written before the end: what was being sent will "
			  "be marked as maybe sent",
			agent->unwritten.length);
	while (agent->unwritten.length)
		finish(g_queue_pop_head(&agent->unwritten));
}
