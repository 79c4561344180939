/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "roampost/writes.h"

/* Changes on their way to the disk, counted. */

struct RpWrites {
	RpQueue *queue;
	RpWritesEvents events;
	gpointer user;
	guint n_writes; /* handed over and not yet on the disk */
};

typedef struct {
	RpWrites *writes;
	RpQueueDone done;
	gpointer user;
} RpWrite;

static void
on_written(const GError *error, gpointer data)
{
	RpWrite *write = data;
	RpWrites *writes = write->writes;

	writes->n_writes--;
	/* That a message is being sent, or gone, is an answer. */
	if (error && !g_error_matches(error, RP_ERROR, RP_ERROR_STATE) &&
		!g_error_matches(error, RP_ERROR, RP_ERROR_NOT_FOUND))
		g_warning("the queue can't be written: %s", error->message);
	if (write->done)
		write->done(error, write->user);
	if (!writes->n_writes)
		writes->events.idle(writes->user);
}

void
rp_writes_apply(RpWrites *writes, RpQueueChange *change, RpQueueDone done, gpointer user)
{
	RpWrite *write;

	if (!done && rp_queue_change_is_empty(change)) {
		rp_queue_change_free(change);
		return;
	}
	write = g_new0(RpWrite, 1);
	write->writes = writes;
	write->done = done;
	write->user = user;
	writes->n_writes++;
	rp_queue_apply_async(writes->queue, change, on_written, write, g_free);
}

static void
on_ready(const GError *error, gpointer user)
{
	RpWrites *writes = user;

	writes->events.ready(error, writes->user);
}

void
rp_writes_apply_ready(RpWrites *writes, RpQueueChange *change)
{
	if (rp_queue_change_is_empty(change))
		rp_queue_change_free(change);
	else
		rp_writes_apply(writes, change, on_ready, writes);
}

gboolean
rp_writes_is_idle(const RpWrites *writes)
{
	return writes->n_writes == 0;
}

void
rp_writes_wait(RpWrites *writes)
{
	while (writes->n_writes)
		g_main_context_iteration(NULL, TRUE);
}

RpWrites *
rp_writes_new(RpQueue *queue, const RpWritesEvents *events, gpointer user)
{
	RpWrites *writes = g_new0(RpWrites, 1);

	writes->queue = queue;
	writes->events = *events;
	writes->user = user;
	return writes;
}

void
rp_writes_free(RpWrites *writes)
{
	g_free(writes);
}
