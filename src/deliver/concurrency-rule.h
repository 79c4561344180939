/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* How many sessions a lane has at once: the rule by itself, without I/O and clock. */

typedef enum { RP_CHUNKING_UNKNOWN, RP_CHUNKING_NO, RP_CHUNKING_YES } RpChunking;

typedef struct {
	gint64 rtt;        /* of the line, in microseconds; 0: not known */
	gboolean is_modem; /* it carries little */
	RpChunking chunking;
	guint n_sessions; /* that there are */
	guint n_waiting;  /* messages that no session has yet */
	guint most;       /* that are allowed */
	guint worth;      /* what rp_concurrency_worth() said last; 0: nothing */
} RpConcurrencyFacts;

/* Never fewer than there are. */
guint rp_concurrency_decide(const RpConcurrencyFacts *facts);

/* What sessions without CHUNKING carried. */
typedef struct {
	guint n_sessions;
	guint n;       /* messages; 0: nothing was measured */
	gint64 octets; /* of these */
	gint64 span;   /* in which they were answered, microseconds */
	gint64 rtt;    /* the line's own, without what waits for it */
} RpConcurrencySample;

/* Sessions that fill the line; as many as there are where more do not pay. */
guint rp_concurrency_worth(const RpConcurrencySample *now, const RpConcurrencySample *before);
