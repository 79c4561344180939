/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "lane.h"

/* What no session has goes back to the queue. */

/* What is deferred by name when a server puts the whole set off. */
#define DEFERRED_AT_ONCE 200

typedef struct {
	RpLanes *lanes;
	char *set_name;
	GArray *ids; /* RpMessageId */
	RpTime defer_until;
	char *why; /* it is deferred */
} RpPutBack;

static void
on_put_back(const GError *error, gpointer user)
{
	RpPutBack *back = user;
	RpLane *lane = rp_lanes_find(back->lanes, back->set_name);

	for (guint i = 0; i < back->ids->len; i++)
		g_hash_table_remove(back->lanes->busy, &g_array_index(back->ids, RpMessageId, i));
	if (lane)
		lane->n_returning--;
	rp_planner_request(back->lanes->planner, FALSE, "messages were put back");
	rp_lanes_tell_changed(back->lanes);
	g_array_unref(back->ids);
	g_free(back->set_name);
	g_free(back->why);
	g_free(back);
}

static RpQueueChange *
make_put_back(RpTime now, gpointer user)
{
	const RpPutBack *back = user;
	RpQueueChange *change = rp_queue_change_new(now);

	for (guint i = 0; i < back->ids->len; i++) {
		RpMessageId id = g_array_index(back->ids, RpMessageId, i);

		rp_change_put_back(change, id, FALSE);
		if (back->defer_until)
			rp_change_defer(change, id, back->defer_until, back->why);
	}
	return change;
}

void
rp_lanes_put_back(RpLanes *lanes, const char *set_name, GArray *ids, RpTime defer_until)
{
	RpPutBack *back = g_new(RpPutBack, 1);
	RpLane *lane = rp_lanes_find(lanes, set_name);

	*back = (RpPutBack){lanes, g_strdup(set_name), ids, defer_until,
		g_strdup(lane ? lane->wait_words : NULL)};
	if (lane)
		lane->n_returning++;
	rp_durable_write(lanes->ground->durable, make_put_back, on_put_back, back);
}

void
rp_feed_drop(RpLane *lane, RpTime defer_until)
{
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(RpMessageId));
	RpOutgoing *outgoing;

	while ((outgoing = g_queue_pop_head(&lane->outgoing))) {
		if (outgoing->state != RP_OUTGOING_MARKING)
			g_array_append_val(ids, outgoing->id);
		rp_outgoing_free(outgoing); /* one being marked is put back when that is written */
	}
	if (ids->len)
		rp_lanes_put_back(lane->lanes, lane->set_name, ids, defer_until);
	else
		g_array_unref(ids);
}

typedef struct {
	const RpLane *lane;
	GArray *classes; /* gint64 */
} RpOwnClasses;

/* Classes that have all their recipients go through this lane: others' waits are not lengthened. */
static gboolean
collect_own(gint64 class_id, const RpDecision *decision, guint n_ready, gpointer user)
{
	const RpOwnClasses *own = user;
	const RpCatalogue *catalogue = rp_ground_catalogue(own->lane->lanes->ground);
	guint n = 0;

	for (guint i = 0; n_ready && i < decision->n_recipients; i++) {
		const RpRecipientPlan *plan = &decision->recipients[i];

		if (plan->verdict != RP_VERDICT_SEND)
			continue;
		if (!g_str_equal(rp_catalogue_set(catalogue, plan->set)->name, own->lane->set_name))
			return TRUE;
		n++;
	}
	if (n)
		g_array_append_val(own->classes, class_id);
	return TRUE;
}

void
rp_feed_defer_waiting(RpLane *lane, RpTime until)
{
	g_autoptr(GArray) classes = g_array_new(FALSE, FALSE, sizeof(gint64));
	g_autoptr(GPtrArray) messages = NULL;
	RpQueueCursor cursor = RP_QUEUE_CURSOR_INIT;
	RpQueueChange *change = rp_queue_change_new(rp_ground_now(lane->lanes->ground));
	RpOwnClasses own = {lane, classes};

	rp_planner_foreach(lane->lanes->planner, collect_own, &own);
	if (classes->len)
		messages = rp_queue_next(lane->lanes->ground->queue, (gint64 *)classes->data,
			classes->len, &cursor, DEFERRED_AT_ONCE, NULL);
	for (guint i = 0; messages && i < messages->len; i++) {
		RpMessageId id = ((RpQueueMessage *)messages->pdata[i])->id;

		/* Another lane may be sending it for other recipients. */
		if (!g_hash_table_contains(lane->lanes->busy, &id))
			rp_change_defer(change, id, until, lane->wait_words);
	}
	rp_writes_apply(lane->lanes->ground->writes, change, NULL, NULL);
}
