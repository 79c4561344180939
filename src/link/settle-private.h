/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/link.h"

/* When a network counts: the rules of rp_link_monitor without the clock. Times are microseconds of
 * any one clock. */
typedef struct RpSettle RpSettle;

enum {
	RP_SETTLE_QUIET = 300 * 1000,
	RP_SETTLE_LONGEST = 1000 * 1000,
	RP_SETTLE_VERDICT = 5000 * 1000,
};

RpSettle *rp_settle_new(gint64 now);
void rp_settle_free(RpSettle *settle);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpSettle, rp_settle_free)

/* What the sources now say, merged. `awaited` (of char*) are interfaces whose verdict is on its
 * way; `settled`: every source has looked. */
void rp_settle_input(RpSettle *settle, gint64 now, const RpNetwork *network,
	const GPtrArray *awaited, gboolean settled);
/* Deliver when it has settled, changed or not. */
void rp_settle_force(RpSettle *settle, gint64 now);
/* When rp_settle_take may have something; -1: not before the next input. */
gint64 rp_settle_deadline(const RpSettle *settle);
/* The network to be delivered now, or NULL. It stays the settle's, until the next one. */
const RpNetwork *rp_settle_take(RpSettle *settle, gint64 now);
/* What was taken last, or NULL. */
const RpNetwork *rp_settle_delivered(const RpSettle *settle);
