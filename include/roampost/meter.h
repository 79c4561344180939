/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/base.h"

/* How fast things go of which one hears from time to time how far they are, in octets; and how that
 * is said to people. Times are of any clock that goes on, in microseconds. */

typedef struct RpMeter RpMeter;

RpMeter *rp_meter_new(void);
void rp_meter_free(RpMeter *meter);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpMeter, rp_meter_free)

/* It is so far now. One that is less far than it was began anew. */
void rp_meter_note(RpMeter *meter, const char *key, guint64 done, gint64 now);
void rp_meter_forget(RpMeter *meter, const char *key);
/* Octets a second over the last seconds up to now; 0: it stands still, or that is not known yet. */
guint64 rp_meter_rate(const RpMeter *meter, const char *key, gint64 now);

/* What a message under way is at, as Active's stage names it: a clause, as long as none of its
 * content goes. NULL: its content does, and how far that is rp_progress_text says; so for a stage
 * of another version. */
const char *rp_progress_stage_text(const char *stage);
/* "2.1 MB of 4.6 MB, 35.0 kB/s, 2 min left"; the sizes alone with a rate of 0, or when all is done.
 * Free with g_free. */
char *rp_progress_text(guint64 done, guint64 total, guint64 rate);
/* "45% of 4.6 MB, 35.0 kB/s, 2 min left". */
char *rp_progress_text_short(guint64 done, guint64 total, guint64 rate);
