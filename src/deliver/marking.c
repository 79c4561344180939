/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "lane.h"

/* Messages are marked `sending` on the disk before a session gets them: so nothing that may have
 * been sent looks as if it had not been. */

typedef struct {
	RpLanes *lanes;
	char *set_name;
	GArray *ids;     /* RpMessageId */
	GArray *classes; /* of each: gint64 */
	RpLaneFunc go_on;
} RpMarking;

static RpMarking *
marking_new(const RpLane *lane, RpLaneFunc go_on)
{
	RpMarking *marking = g_new0(RpMarking, 1);

	marking->lanes = lane->lanes;
	marking->set_name = g_strdup(lane->set_name);
	marking->ids = g_array_new(FALSE, FALSE, sizeof(RpMessageId));
	marking->classes = g_array_new(FALSE, FALSE, sizeof(gint64));
	marking->go_on = go_on;
	return marking;
}

static void
marking_free(RpMarking *marking)
{
	g_array_unref(marking->ids);
	g_array_unref(marking->classes);
	g_free(marking->set_name);
	g_free(marking);
}

static RpOutgoing *
find_marking(RpLane *lane, RpMessageId id)
{
	for (GList *link = lane->outgoing.head; link; link = link->next) {
		RpOutgoing *outgoing = link->data;

		if (outgoing->id == id && outgoing->state == RP_OUTGOING_MARKING)
			return outgoing;
	}
	return NULL;
}

static void
set_busy(RpLanes *lanes, RpMessageId id)
{
	g_hash_table_add(lanes->busy, g_memdup2(&id, sizeof id));
}

static void
on_marked_one(RpLanes *lanes, RpLane *lane, RpMessageId id, gboolean written, GArray *orphans)
{
	g_autoptr(RpQueueMessage) now = rp_queue_get(lanes->ground->queue, id, NULL);
	gboolean marked = written && now && now->state == RP_MESSAGE_SENDING;
	RpOutgoing *outgoing = lane ? find_marking(lane, id) : NULL;

	if (marked && outgoing) {
		outgoing->state = RP_OUTGOING_READY;
	} else if (marked) { /* the session ended meanwhile */
		g_array_append_val(orphans, id);
	} else { /* held, deleted or edited meanwhile */
		g_hash_table_remove(lanes->busy, &id);
		if (outgoing) {
			g_queue_remove(&lane->outgoing, outgoing);
			rp_outgoing_free(outgoing);
		}
	}
}

/* The lane sends what it has, and waits. */
static void
disk_failed(RpLane *lane)
{
	lane->disk_failed = lane->disk_fails = TRUE;
	lane->exhausted = TRUE;
}

static void
on_marked(const GError *error, gpointer user)
{
	RpMarking *marking = user;
	RpLanes *lanes = marking->lanes;
	RpLane *lane = rp_lanes_find(lanes, marking->set_name);
	GArray *orphans = g_array_new(FALSE, FALSE, sizeof(RpMessageId));

	for (guint i = 0; i < marking->ids->len; i++) {
		on_marked_one(
			lanes, lane, g_array_index(marking->ids, RpMessageId, i), !error, orphans);
		rp_planner_counted_out(lanes->planner, g_array_index(marking->classes, gint64, i));
	}
	if (orphans->len)
		rp_lanes_put_back(lanes, marking->set_name, orphans, 0);
	else
		g_array_unref(orphans);
	if (lane) {
		lane->fetching = FALSE;
		if (error) {
			disk_failed(lane);
		} else {
			lane->disk_fails = FALSE;
			lane->n_disk_failed = 0;
		}
		marking->go_on(lane);
	}
	rp_lanes_tell_changed(lanes);
	marking_free(marking);
}

/* Takes the message. */
static void
mark(RpMarking *marking, RpLane *lane, RpOutgoing *outgoing, RpQueueChange *change)
{
	if (!outgoing->n_recipients || g_hash_table_contains(lane->lanes->busy, &outgoing->id)) {
		rp_outgoing_free(outgoing);
		return;
	}
	outgoing->state = RP_OUTGOING_MARKING;
	rp_concurrency_count_out(lane, outgoing->message->class_id);
	set_busy(lane->lanes, outgoing->id);
	g_queue_push_tail(&lane->outgoing, outgoing);
	g_array_append_val(marking->ids, outgoing->id);
	g_array_append_val(marking->classes, outgoing->message->class_id);
	rp_change_sending_if_ready(change, outgoing->id);
}

/* Up to the first that has any for this lane. */
static void
take_next(RpMarking *marking, RpLane *lane, guint most, RpQueueChange *change, GError **error)
{
	RpQueue *queue = lane->lanes->ground->queue;
	RpSituation situation;

	rp_ground_situation(lane->lanes->ground, &situation);
	while (!marking->ids->len && !lane->exhausted) {
		g_autoptr(GPtrArray) messages = rp_queue_next(queue, (gint64 *)lane->classes->data,
			lane->classes->len, &lane->cursor, most, error);

		if (!messages || !messages->len)
			lane->exhausted = TRUE;
		for (guint i = 0; messages && i < messages->len; i++) {
			RpQueueMessage *message = g_steal_pointer(&messages->pdata[i]);

			mark(marking, lane, rp_outgoing_new(lane, &situation, message), change);
		}
	}
}

void
rp_lane_mark_next(RpLane *lane, guint most, RpLaneFunc go_on)
{
	g_autoptr(GError) error = NULL;
	RpMarking *marking = marking_new(lane, go_on);
	RpQueueChange *change = rp_queue_change_new(rp_ground_now(lane->lanes->ground));

	take_next(marking, lane, most, change, &error);
	if (error) {
		g_warning("the queue can't be read: %s", error->message);
		disk_failed(lane);
	}
	if (marking->ids->len) {
		lane->fetching = TRUE;
		rp_writes_apply(lane->lanes->ground->writes, change, on_marked, marking);
	} else {
		rp_queue_change_free(change);
		marking_free(marking);
	}
}
