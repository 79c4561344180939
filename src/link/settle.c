/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "settle-private.h"

#include "merge-private.h"

struct RpSettle {
	gint64 started;
	gint64 looked; /* at the candidate: waits that ran out before are in it */
	gboolean settled;
	RpNetwork *network;   /* all that the sources say */
	GHashTable *awaited;  /* interface -> gint64*, since when */
	RpNetwork *candidate; /* without the links whose verdict is awaited */
	RpNetwork *delivered; /* NULL before the first */
	gboolean pending;     /* a burst of changes is going on */
	gint64 first_change;
	gint64 last_change;
	gboolean forced;
};

RpSettle *
rp_settle_new(gint64 now)
{
	RpSettle *settle = g_new0(RpSettle, 1);
	settle->started = now;
	settle->looked = now;
	settle->network = rp_network_new();
	settle->candidate = rp_network_new();
	settle->awaited = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return settle;
}

void
rp_settle_free(RpSettle *settle)
{
	if (!settle)
		return;
	rp_network_free(settle->network);
	rp_network_free(settle->candidate);
	rp_network_free(settle->delivered);
	g_hash_table_unref(settle->awaited);
	g_free(settle);
}

/* A link that was delivered stays while it is checked anew; one with another connection on the same
 * interface is another link. */
static gboolean
was_delivered(const RpSettle *settle, const RpLink *link)
{
	const RpLink *before =
		settle->delivered ? rp_network_find_link(settle->delivered, link->interface) : NULL;
	return before && g_strcmp0(before->connection_uuid, link->connection_uuid) == 0;
}

/* Until when the link is left out; 0: it is not. */
static gint64
hidden_until(const RpSettle *settle, const RpLink *link)
{
	const gint64 *since = g_hash_table_lookup(settle->awaited, link->interface);
	return since && !was_delivered(settle, link) ? *since + RP_SETTLE_VERDICT : 0;
}

/* When the next of the waits runs out; -1: none is left. */
static gint64
next_expiry(const RpSettle *settle)
{
	gint64 next = -1;
	for (guint i = 0; i < settle->network->links->len; i++) {
		gint64 until = hidden_until(settle, g_ptr_array_index(settle->network->links, i));
		if (until > settle->looked && (next < 0 || until < next))
			next = until;
	}
	return next;
}

static RpNetwork *
visible_network(const RpSettle *settle, gint64 now)
{
	RpNetwork *visible = rp_network_copy(settle->network);
	for (guint i = visible->links->len; i-- > 0;)
		if (hidden_until(settle, g_ptr_array_index(visible->links, i)) > now) {
			visible->checking = TRUE;
			g_ptr_array_remove_index(visible->links, i);
		}
	return visible;
}

/* Looks again at what is visible; a change counts from `when`. */
static void
update_candidate(RpSettle *settle, gint64 now, gint64 when)
{
	g_autoptr(RpNetwork) visible = visible_network(settle, now);
	settle->looked = now;
	if (rp_network_equal(visible, settle->candidate))
		return;
	rp_network_free(settle->candidate);
	settle->candidate = g_steal_pointer(&visible);
	if (!settle->pending) {
		settle->first_change = when;
		settle->last_change = when;
	}
	settle->pending = TRUE;
	settle->last_change = MAX(settle->last_change, when);
}

/* Returns when the oldest of the waits that are over now began, or `now` where none is. */
static gint64
update_awaited(RpSettle *settle, gint64 now, const GPtrArray *awaited)
{
	g_autoptr(GHashTable) before = g_steal_pointer(&settle->awaited);
	gint64 when = now;
	settle->awaited = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	for (guint i = 0; awaited && i < awaited->len; i++) {
		const char *interface = g_ptr_array_index(awaited, i);
		const gint64 *since = g_hash_table_lookup(before, interface);
		g_hash_table_insert(settle->awaited, g_strdup(interface),
			g_memdup2(since ? since : &now, sizeof now));
	}
	GHashTableIter iter;
	gpointer interface, since;
	g_hash_table_iter_init(&iter, before);
	while (g_hash_table_iter_next(&iter, &interface, &since))
		if (!g_hash_table_contains(settle->awaited, interface))
			when = MIN(when, *(gint64 *)since);
	return when;
}

/* A verdict that arrives is no new unrest: the link has been quiet since it came up. */
void
rp_settle_input(RpSettle *settle, gint64 now, const RpNetwork *network, const GPtrArray *awaited,
	gboolean settled)
{
	gint64 when = update_awaited(settle, now, awaited);
	rp_network_free(settle->network);
	settle->network = rp_network_copy(network);
	settle->settled = settled;
	update_candidate(settle, now, when);
}

void
rp_settle_force(RpSettle *settle, gint64 now)
{
	if (!settle->pending)
		settle->first_change = now;
	settle->pending = TRUE;
	settle->last_change = now;
	settle->forced = TRUE;
}

static gint64
first_due(const RpSettle *settle)
{
	gboolean waiting = next_expiry(settle) >= 0;
	if (settle->settled && !waiting)
		return settle->started;
	return settle->started + (waiting ? RP_SETTLE_VERDICT : RP_SETTLE_LONGEST);
}

/* When the candidate is due as it stands; -1: nothing is pending. */
static gint64
candidate_due(const RpSettle *settle)
{
	if (!settle->delivered)
		return first_due(settle);
	if (!settle->pending)
		return -1;
	return MIN(settle->last_change + RP_SETTLE_QUIET, settle->first_change + RP_SETTLE_LONGEST);
}

gint64
rp_settle_deadline(const RpSettle *settle)
{
	gint64 due = candidate_due(settle);
	gint64 expiry = settle->delivered ? next_expiry(settle) : -1;
	return due < 0 || (expiry >= 0 && expiry < due) ? expiry : due;
}

const RpNetwork *
rp_settle_take(RpSettle *settle, gint64 now)
{
	/* A wait that has run out shows its link at once: it was quiet all the time. */
	update_candidate(settle, now, now - RP_SETTLE_QUIET);
	gint64 due = candidate_due(settle);
	if (due < 0 || due > now)
		return NULL;
	settle->pending = FALSE;
	if (settle->delivered && !settle->forced &&
		rp_network_equal(settle->candidate, settle->delivered))
		return NULL;
	settle->forced = FALSE;
	rp_network_free(settle->delivered);
	settle->delivered = rp_network_copy(settle->candidate);
	return settle->delivered;
}

const RpNetwork *
rp_settle_delivered(const RpSettle *settle)
{
	return settle->delivered;
}
