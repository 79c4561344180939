/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/clock.h"

/* The agent's one timer. It stands on a timerfd of CLOCK_BOOTTIME (timerfd_create(2)), which goes
 * on counting while the machine sleeps: a deadline that passed during a suspend is due on waking.
 */
typedef struct RpDeadline RpDeadline;

/* `due` runs on the default main context, once for each time that was set. */
RpDeadline *rp_deadline_new(const RpClock *clock, void (*due)(gpointer user), gpointer user);
void rp_deadline_free(RpDeadline *deadline);
/* Replaces what was set before. G_MAXINT64 sets none: the timer is disarmed and wakes nothing. */
void rp_deadline_set(RpDeadline *deadline, RpTime when);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpDeadline, rp_deadline_free)
