/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/queue-change.h"

/* The agent's way of writing to the queue: changes are handed over and written in their order by
 * the queue's own thread; how many are on their way is known here. */
typedef struct RpWrites RpWrites;

/* Both run on the default main context. */
typedef struct {
	/* A change that makes messages ready is on the disk, or (with an error) is not. */
	void (*ready)(const GError *error, gpointer user);
	/* Nothing is on its way to the disk any more. */
	void (*idle)(gpointer user);
} RpWritesEvents;

/* The queue is borrowed. */
RpWrites *rp_writes_new(RpQueue *queue, const RpWritesEvents *events, gpointer user);
/* Only when it is idle. */
void rp_writes_free(RpWrites *writes);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpWrites, rp_writes_free)

/* Takes the change. `done` (or NULL) runs as rp_queue_apply_async says; errors are logged here. An
 * empty change that nobody waits for is no change. */
void rp_writes_apply(RpWrites *writes, RpQueueChange *change, RpQueueDone done, gpointer user);
/* The same for a change that makes messages ready, unless it is empty: `ready` follows. */
void rp_writes_apply_ready(RpWrites *writes, RpQueueChange *change);
gboolean rp_writes_is_idle(const RpWrites *writes);
/* Runs the default main context until nothing is on its way: for the end of the agent. */
void rp_writes_wait(RpWrites *writes);
