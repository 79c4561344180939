/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "debounce-private.h"

#include "merge-private.h"

/* When the network has been quiet for long enough to be
 * believed: links that come and go within a moment are no news. */

struct RpDebounce {
	gint64 started;
	gint64 looked; /* at the candidate: waits that ran out before are in it */
	gboolean complete;
	RpNetwork *network;   /* all that the sources say */
	GHashTable *awaited;  /* interface -> gint64*, since when */
	RpNetwork *candidate; /* without the links whose verdict is awaited */
	RpNetwork *delivered; /* NULL before the first */
	gboolean pending;     /* a burst of changes is going on */
	gint64 first_change;
	gint64 last_change;
	gboolean forced;
};

RpDebounce *
rp_debounce_new(gint64 now)
{
	RpDebounce *debounce = g_new0(RpDebounce, 1);
	debounce->started = now;
	debounce->looked = now;
	debounce->network = rp_network_new();
	debounce->candidate = rp_network_new();
	debounce->awaited = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return debounce;
}

void
rp_debounce_free(RpDebounce *debounce)
{
	if (!debounce)
		return;
	rp_network_free(debounce->network);
	rp_network_free(debounce->candidate);
	rp_network_free(debounce->delivered);
	g_hash_table_unref(debounce->awaited);
	g_free(debounce);
}

/* A link that was delivered stays while it is checked anew; one with another connection on the same
 * interface is another link. */
static gboolean
was_delivered(const RpDebounce *debounce, const RpLink *link)
{
	const RpLink *before = debounce->delivered
				       ? rp_network_find_link(debounce->delivered, link->interface)
				       : NULL;
	return before && g_strcmp0(before->connection_uuid, link->connection_uuid) == 0;
}

/* Until when the link is left out; 0: it is not. */
static gint64
hidden_until(const RpDebounce *debounce, const RpLink *link)
{
	const gint64 *since = g_hash_table_lookup(debounce->awaited, link->interface);
	return since && !was_delivered(debounce, link) ? *since + RP_DEBOUNCE_VERDICT : 0;
}

/* When the next of the waits runs out; -1: none is left. */
static gint64
next_expiry(const RpDebounce *debounce)
{
	gint64 next = -1;
	for (guint i = 0; i < debounce->network->links->len; i++) {
		gint64 until =
			hidden_until(debounce, g_ptr_array_index(debounce->network->links, i));
		if (until > debounce->looked && (next < 0 || until < next))
			next = until;
	}
	return next;
}

static RpNetwork *
visible_network(const RpDebounce *debounce, gint64 now)
{
	RpNetwork *visible = rp_network_copy(debounce->network);
	for (guint i = visible->links->len; i-- > 0;)
		if (hidden_until(debounce, g_ptr_array_index(visible->links, i)) > now) {
			visible->checking = TRUE;
			g_ptr_array_remove_index(visible->links, i);
		}
	return visible;
}

gboolean
rp_debounce_hides(const RpDebounce *debounce, gint64 now)
{
	for (guint i = 0; i < debounce->network->links->len; i++)
		if (hidden_until(debounce, g_ptr_array_index(debounce->network->links, i)) > now)
			return TRUE;
	return FALSE;
}

/* Looks again at what is visible; a change counts from `when`. */
static void
update_candidate(RpDebounce *debounce, gint64 now, gint64 when)
{
	g_autoptr(RpNetwork) visible = visible_network(debounce, now);
	debounce->looked = now;
	if (rp_network_equal(visible, debounce->candidate))
		return;
	rp_network_free(debounce->candidate);
	debounce->candidate = g_steal_pointer(&visible);
	if (!debounce->pending) {
		debounce->first_change = when;
		debounce->last_change = when;
	}
	debounce->pending = TRUE;
	debounce->last_change = MAX(debounce->last_change, when);
}

/* Returns when the oldest of the waits that are over now began, or `now` where none is. */
static gint64
update_awaited(RpDebounce *debounce, gint64 now, const GPtrArray *awaited)
{
	g_autoptr(GHashTable) before = g_steal_pointer(&debounce->awaited);
	gint64 when = now;
	debounce->awaited = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	for (guint i = 0; awaited && i < awaited->len; i++) {
		const char *interface = g_ptr_array_index(awaited, i);
		const gint64 *since = g_hash_table_lookup(before, interface);
		g_hash_table_insert(debounce->awaited, g_strdup(interface),
			g_memdup2(since ? since : &now, sizeof now));
	}
	GHashTableIter iter;
	gpointer interface, since;
	g_hash_table_iter_init(&iter, before);
	while (g_hash_table_iter_next(&iter, &interface, &since))
		if (!g_hash_table_contains(debounce->awaited, interface))
			when = MIN(when, *(gint64 *)since);
	return when;
}

/* A verdict that arrives is no new unrest: the link has been quiet since it came up. */
void
rp_debounce_input(RpDebounce *debounce, gint64 now, const RpNetwork *network,
	const GPtrArray *awaited, gboolean complete)
{
	gint64 when = update_awaited(debounce, now, awaited);
	rp_network_free(debounce->network);
	debounce->network = rp_network_copy(network);
	debounce->complete = complete;
	update_candidate(debounce, now, when);
}

void
rp_debounce_force(RpDebounce *debounce, gint64 now)
{
	if (!debounce->pending)
		debounce->first_change = now;
	debounce->pending = TRUE;
	debounce->last_change = now;
	debounce->forced = TRUE;
}

static gint64
first_due(const RpDebounce *debounce)
{
	gboolean waiting = next_expiry(debounce) >= 0;
	if (debounce->complete && !waiting)
		return debounce->started;
	return debounce->started + (waiting ? RP_DEBOUNCE_VERDICT : RP_DEBOUNCE_LONGEST);
}

/* When the candidate is due as it stands; -1: nothing is pending. */
static gint64
candidate_due(const RpDebounce *debounce)
{
	if (!debounce->delivered)
		return first_due(debounce);
	if (!debounce->pending)
		return -1;
	return MIN(debounce->last_change + RP_DEBOUNCE_QUIET,
		debounce->first_change + RP_DEBOUNCE_LONGEST);
}

gint64
rp_debounce_deadline(const RpDebounce *debounce)
{
	gint64 due = candidate_due(debounce);
	gint64 expiry = debounce->delivered ? next_expiry(debounce) : -1;
	return due < 0 || (expiry >= 0 && expiry < due) ? expiry : due;
}

const RpNetwork *
rp_debounce_take(RpDebounce *debounce, gint64 now)
{
	/* A wait that has run out shows its link at once: it was quiet all the time. */
	update_candidate(debounce, now, now - RP_DEBOUNCE_QUIET);
	gint64 due = candidate_due(debounce);
	if (due < 0 || due > now)
		return NULL;
	debounce->pending = FALSE;
	if (debounce->delivered && !debounce->forced &&
		rp_network_equal(debounce->candidate, debounce->delivered))
		return NULL;
	debounce->forced = FALSE;
	rp_network_free(debounce->delivered);
	debounce->delivered = rp_network_copy(debounce->candidate);
	return debounce->delivered;
}
