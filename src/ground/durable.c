/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "roampost/durable.h"

#include "roampost/base.h"

/* What must get onto the disk in the end, however long the disk is full. */

/* A full disk is emptied sooner or later: first, and last, pause before it is tried again. */
#define PAUSE_FIRST G_USEC_PER_SEC
#define PAUSE_LAST (60 * G_USEC_PER_SEC)

struct RpDurable {
	const RpClock *clock;
	RpWrites *writes;
	RpTimer *timer;
	GQueue unwritten; /* of RpAttempt: changes that the disk did not take */
	RpTime retry_at;  /* when they are tried again; G_MAXINT64: there are none */
	RpSpan pause;
};

typedef struct {
	RpDurable *durable;
	RpDurableMake make;
	RpQueueDone done;
	gpointer user;
	GError *error; /* of the last try */
} RpAttempt;

static void
finish(RpAttempt *attempt)
{
	attempt->done(attempt->error, attempt->user);
	g_clear_error(&attempt->error);
	g_free(attempt);
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
	RpAttempt *attempt = user;
	RpDurable *durable = attempt->durable;

	g_clear_error(&attempt->error);
	if (error)
		attempt->error = g_error_copy(error);
	if (!error || is_final(error)) {
		durable->pause = 0;
		finish(attempt);
		return;
	}
	g_queue_push_tail(&durable->unwritten, attempt);
	if (durable->retry_at == G_MAXINT64) {
		durable->pause = CLAMP(durable->pause * 2, PAUSE_FIRST, PAUSE_LAST);
		durable->retry_at = rp_clock_now(durable->clock) + durable->pause;
		rp_timer_changed(durable->timer);
	}
}

static void
try_write(RpAttempt *attempt)
{
	RpDurable *durable = attempt->durable;

	rp_writes_apply(durable->writes, attempt->make(rp_clock_now(durable->clock), attempt->user),
		on_written, attempt);
}

void
rp_durable_write(RpDurable *durable, RpDurableMake make, RpQueueDone done, gpointer user)
{
	RpAttempt *attempt = g_new0(RpAttempt, 1);

	attempt->durable = durable;
	attempt->make = make;
	attempt->done = done;
	attempt->user = user;
	try_write(attempt);
}

void
rp_durable_due(RpDurable *durable, gboolean at_once)
{
	GQueue again = durable->unwritten;

	if (!at_once && durable->retry_at > rp_clock_now(durable->clock))
		return;
	durable->retry_at = G_MAXINT64;
	g_queue_init(&durable->unwritten);
	while (again.length)
		try_write(g_queue_pop_head(&again));
}

void
rp_durable_give_up(RpDurable *durable)
{
	if (durable->unwritten.length)
		g_warning("%u change(s) can't be written before the end: what was being sent will "
			  "be marked as maybe sent",
			durable->unwritten.length);
	while (durable->unwritten.length)
		finish(g_queue_pop_head(&durable->unwritten));
}

RpTime
rp_durable_next_deadline(const RpDurable *durable)
{
	return durable->retry_at;
}

/* ---- life ---- */

RpDurable *
rp_durable_new(const RpClock *clock, RpWrites *writes, RpTimer *timer)
{
	RpDurable *durable = g_new0(RpDurable, 1);

	durable->clock = clock;
	durable->writes = writes;
	durable->timer = timer;
	durable->retry_at = G_MAXINT64;
	g_queue_init(&durable->unwritten);
	return durable;
}

void
rp_durable_free(RpDurable *durable)
{
	g_free(durable);
}
