/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "lane.h"

/* A session that hangs while others are answered: the lane goes on without it. */

/* It may be the message that takes so long, whichever host has it: then it is waited for. */
#define MOVES_MOST 2
/* More than these are forgotten, all together. */
#define MOVED_MOST 4096

/* The message that it hangs with may go to another. */
static gboolean
may_move(const RpLaneSession *session)
{
	GHashTable *moved = session->lane->lanes->moved;
	const RpOutgoing *first = g_queue_peek_head((GQueue *)&session->outgoing);
	guint times;

	if (!first)
		return FALSE;
	times = GPOINTER_TO_UINT(g_hash_table_lookup(moved, &first->id));
	if (times >= MOVES_MOST)
		return FALSE;
	if (g_hash_table_size(moved) >= MOVED_MOST)
		g_hash_table_remove_all(moved);
	g_hash_table_insert(
		moved, g_memdup2(&first->id, sizeof first->id), GUINT_TO_POINTER(times + 1));
	return TRUE;
}

/* It may be the last one of its round, which is over then: what it is waited for concerns no other
 * mail. */
static void
leave(RpLaneSession *session)
{
	RpLane *lane = session->lane;

	g_message("%s: one session is silent, while others are answered: what it can't have goes "
		  "by another",
		lane->set_name);
	rp_concurrency_closed(session, RP_PACE_SILENT);
	session->wants = FALSE;
	session->finished = TRUE;
	g_ptr_array_remove_fast(lane->sessions, session);
	g_ptr_array_add(lane->silent, session);
	if (!lane->sessions->len)
		rp_lane_end_round(lane, "its last session is silent");
	rp_delivery_take_back(session->delivery);
}

/* Nothing was given to it. */
static void
drop(RpLaneSession *session)
{
	RpLane *lane = session->lane;

	g_message("%s: one session does not come up, while others did: another is begun for it",
		lane->set_name);
	rp_lane_session_cut(session, RP_PACE_SILENT);
	if (!lane->sessions->len)
		rp_lane_end_round(lane, "its last session did not come up");
}

void
rp_lane_sessions_leave_silent(RpLane *lane, RpTime now)
{
	RpLaneSession *session;

	while ((session = rp_concurrency_find_silent(lane, now)))
		if (!session->up)
			drop(session);
		else if (may_move(session))
			leave(session);
		else
			rp_pace_excuse(session->pace);
}
