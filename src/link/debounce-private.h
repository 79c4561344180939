/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/link.h"

/* When a network counts: the rules of rp_link_monitor without the clock. Times are microseconds of
 * any one clock. */
typedef struct RpDebounce RpDebounce;

enum {
	RP_DEBOUNCE_QUIET = 300 * 1000,
	RP_DEBOUNCE_LONGEST = 1000 * 1000,
	RP_DEBOUNCE_VERDICT = 5000 * 1000,
};

RpDebounce *rp_debounce_new(gint64 now);
void rp_debounce_free(RpDebounce *debounce);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpDebounce, rp_debounce_free)

/* What the sources now say, merged. `awaited` (of char*) are interfaces whose verdict is on its
 * way; `complete`: every source has looked. */
void rp_debounce_input(RpDebounce *debounce, gint64 now, const RpNetwork *network,
	const GPtrArray *awaited, gboolean complete);
/* Links are left out of what is delivered, since a verdict on them is on its way. */
gboolean rp_debounce_hides(const RpDebounce *debounce, gint64 now);
/* Deliver when it has settled, changed or not. */
void rp_debounce_force(RpDebounce *debounce, gint64 now);
/* When rp_debounce_take may have something; -1: not before the next input. */
gint64 rp_debounce_deadline(const RpDebounce *debounce);
/* The network to be delivered now, or NULL. It stays the debounce's, until the next one. */
const RpNetwork *rp_debounce_take(RpDebounce *debounce, gint64 now);
