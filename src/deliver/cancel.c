/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "lane.h"

/* The user wants a message not to be sent after all. SMTP has no word for that: the connection is
 * cut, which is certain only as long as nothing that it carries has left to its end. */

/* Those that are being marked are not there yet: the queue says that they are being sent. */
static gboolean
has(const GQueue *outgoings, RpMessageId id)
{
	for (const GList *link = outgoings->head; link; link = link->next) {
		const RpOutgoing *outgoing = link->data;

		if (outgoing->id == id && outgoing->state != RP_OUTGOING_MARKING)
			return TRUE;
	}
	return FALSE;
}

static gboolean
carries(const RpLane *lane, RpMessageId id)
{
	for (guint i = 0; i < lane->sessions->len; i++)
		if (has(&((RpLaneSession *)lane->sessions->pdata[i])->outgoing, id))
			return TRUE;
	for (guint i = 0; i < lane->silent->len; i++)
		if (has(&((RpLaneSession *)lane->silent->pdata[i])->outgoing, id))
			return TRUE;
	return FALSE;
}

/* No session has it yet. */
static RpLanesCancelled
put_back(RpLane *lane)
{
	rp_feed_drop(lane, 0);
	lane->exhausted = lane->state == RP_LANE_LEAVING;
	lane->cursor = RP_QUEUE_CURSOR_INIT;
	return RP_LANES_CANCELLED;
}

typedef struct {
	RpMessageId id;
	gboolean late, others_late;
} Looked;

static void
look(gpointer message, const RpSmtpProgress *progress, gpointer user)
{
	Looked *looked = user;

	if (progress->at != RP_SMTP_AT_ANSWER)
		return;
	if (((RpOutgoing *)message)->id == looked->id)
		looked->late = TRUE;
	else
		looked->others_late = TRUE;
}

static RpLanesCancelled
cut(RpLane *lane, RpMessageId id)
{
	Looked looked = {id};

	for (guint i = 0; i < lane->sessions->len; i++)
		rp_delivery_each_progress(
			((RpLaneSession *)lane->sessions->pdata[i])->delivery, look, &looked);
	for (guint i = 0; i < lane->silent->len; i++)
		rp_delivery_each_progress(
			((RpLaneSession *)lane->silent->pdata[i])->delivery, look, &looked);
	if (looked.late)
		return RP_LANES_TOO_LATE;
	if (looked.others_late)
		return RP_LANES_SHARED;
	rp_lane_cut(lane);
	rp_lane_enter(lane, RP_LANE_IDLE, "the user has cancelled a message");
	rp_planner_request(lane->lanes->planner, FALSE, "a message was cancelled");
	return RP_LANES_CANCELLED;
}

RpLanesCancelled
rp_lanes_cancel(RpLanes *lanes, RpMessageId id)
{
	for (guint i = 0; i < lanes->all->len; i++) {
		RpLane *lane = lanes->all->pdata[i];

		if (has(&lane->outgoing, id))
			return put_back(lane);
		if (carries(lane, id))
			return cut(lane, id);
	}
	return RP_LANES_NOT_SENDING;
}
