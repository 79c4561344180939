/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/timer.h"
#include "roampost/writes.h"

/* Changes that must not be lost: what the disk can't take (it is full, say) is tried again, after
 * growing pauses, until it can. What a server has must not be sent again for want of a note. */
typedef struct RpDurable RpDurable;

/* Makes a change anew for each try. */
typedef RpQueueChange *(*RpDurableMake)(RpTime now, gpointer user);

/* All are borrowed. */
RpDurable *rp_durable_new(const RpClock *clock, RpWrites *writes, RpTimer *timer);
/* Nothing may wait any more. */
void rp_durable_free(RpDurable *durable);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpDurable, rp_durable_free)

/* `done` runs once, on the default main context: without an error when the change is on the disk,
 * with RP_ERROR_STATE or RP_ERROR_NOT_FOUND when it is not possible any more, with the last error
 * when the agent ends. */
void rp_durable_write(RpDurable *durable, RpDurableMake make, RpQueueDone done, gpointer user);
/* When what could not be written is tried again; G_MAXINT64: there is nothing. */
RpTime rp_durable_next_deadline(const RpDurable *durable);
/* Tries again what is due, or all. */
void rp_durable_due(RpDurable *durable, gboolean at_once);
/* The agent ends: tells those that wait. */
void rp_durable_give_up(RpDurable *durable);
