/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/clock.h"

/* The agent's one timer. It stands on a timerfd of CLOCK_REALTIME with TFD_TIMER_CANCEL_ON_SET
 * (timerfd_create(2)): a deadline that passed during a suspend is due on waking, and it is noticed
 * when the clock is set.
 *
 * Nobody sets it: whoever has deadlines keeps them, and says when they may have changed; the
 * timer's owner then says which comes first. */
typedef struct RpTimer RpTimer;

/* Both run on the default main context. */
typedef struct {
	/* The earliest time at which something is due; G_MAXINT64: nothing is, and nothing wakes.
	 */
	RpTime (*next)(gpointer user);
	/* Runs once for each time that was set, and when the clock was set once a time was: `jump`
	 * is by how much, 0 when it was not. */
	void (*due)(RpSpan jump, gpointer user);
} RpTimerEvents;

/* The clock is borrowed. */
RpTimer *rp_timer_new(const RpClock *clock, const RpTimerEvents *events, gpointer user);
void rp_timer_free(RpTimer *timer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpTimer, rp_timer_free)

/* What is due first may be another time: `next` is asked at once. */
void rp_timer_changed(RpTimer *timer);
