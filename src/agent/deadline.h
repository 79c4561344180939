/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/clock.h"

/* The agent's one timer. It stands on a timerfd of CLOCK_REALTIME with TFD_TIMER_CANCEL_ON_SET
 * (timerfd_create(2)): a deadline that passed during a suspend is due on waking, and it is noticed
 * when the clock is set. */
typedef struct RpDeadline RpDeadline;

/* Runs on the default main context, once for each time that was set, and when the clock was set
 * once a time was: `jump` is by how much, 0 when it was not. */
typedef void (*RpDeadlineFunc)(RpSpan jump, gpointer user);
RpDeadline *rp_deadline_new(const RpClock *clock, RpDeadlineFunc due, gpointer user);
void rp_deadline_free(RpDeadline *deadline);
/* Replaces what was set before. G_MAXINT64 sets none: the timer is disarmed and wakes nothing. */
void rp_deadline_set(RpDeadline *deadline, RpTime when);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpDeadline, rp_deadline_free)
