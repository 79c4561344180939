/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "lane.h"

#include "roampost/reply.h"
#include "roampost/retry.h"

/* How long a lane waits after a session, and how that is done. */

/* After a bind failed: the network's news are on their way. It doubles up to the other. */
#define BIND_PAUSE (2 * G_USEC_PER_SEC)
#define BIND_PAUSE_MOST (120 * G_USEC_PER_SEC)
/* A session that ended after it had carried something is begun again soon; so is, once, one that
 * broke before that: a line may break at any time. */
#define LOST_PAUSE (5 * G_USEC_PER_SEC)
/* Behind the time that a server names. */
#define NAMED_SLACK G_USEC_PER_SEC
/* The queue could not be read or written: doubles up to the other. */
#define DISK_PAUSE G_USEC_PER_SEC
#define DISK_PAUSE_MOST (60 * G_USEC_PER_SEC)

/* Goes on not before the time; what the lane still has goes back. */
static void
wait_until(RpLane *lane, RpTime until, const char *reason, const char *words)
{
	rp_lane_set_wait_words(lane, words ? words : reason);
	rp_feed_drop(lane, 0);
	lane->retry_at = until;
	rp_lane_enter(lane, RP_LANE_WAITING, reason);
	rp_timer_changed(lane->lanes->ground->timer);
}

static RpSpan
growing_pause(RpLane *lane, gboolean lost)
{
	guint before = lane->failures++;

	if (lost && !before)
		return LOST_PAUSE;
	return rp_retry_deferred_wait(lost ? before : before + 1, g_random_int());
}

void
rp_lane_defer_all(RpLane *lane, RpTime until, const char *reason, const char *words)
{
	g_message("%s: %s, tried again later: %s", lane->set_name, reason, words ? words : "");
	rp_lane_set_wait_words(lane, words ? words : reason);
	rp_feed_drop(lane, until);
	rp_feed_defer_waiting(lane, until);
	wait_until(lane, until, reason, lane->wait_words);
	rp_lane_waits_save(lane);
}

void
rp_lane_put_off(RpLane *lane, const RpSessionReport *report, RpTime until)
{
	rp_lane_defer_all(lane, until, rp_session_result_name(report->result), report->detail);
}

/* A server that says when it can be tried again knows best; one that says so again and again is not
 * asked in a circle. */
static RpSpan
told_pause(RpLane *lane, gboolean lost, const char *words)
{
	RpSpan pause = growing_pause(lane, lost);
	guint seconds = words ? rp_reply_wait_seconds(words) : 0;
	RpSpan named = (RpSpan)seconds * G_USEC_PER_SEC + NAMED_SLACK;

	if (!seconds)
		return pause;
	return lane->failures > 1 ? MAX(named, pause) : named;
}

static RpSpan
session_pause(RpLane *lane, const RpSessionReport *report)
{
	return told_pause(lane, report->result == RP_SESSION_LOST || report->hung_up,
		report->reply ? report->reply->text : NULL);
}

gboolean
rp_lane_is_to_slow_down(const RpSessionReport *report)
{
	return report->reply &&
	       (rp_reply_classify(report->reply, NULL).class == RP_REPLY_SLOW_DOWN ||
		       rp_reply_wait_seconds(report->reply->text));
}

void
rp_lane_wait_as_told(RpLane *lane)
{
	RpTime now = rp_ground_now(lane->lanes->ground);

	if (lane->n_accepted)
		lane->failures = 0; /* it takes what it takes at a time */
	lane->probing = !lane->n_accepted;
	rp_lane_defer_all(lane, rp_retry_time(now, told_pause(lane, FALSE, lane->wait_words)),
		"it was too much at a time", lane->wait_words);
}

/* Where nothing was answered the server may have had all of it: one message at a time finds out
 * whether it does answer, so that no more than that one comes twice. */
void
rp_lane_wait_growing(RpLane *lane, const RpSessionReport *report)
{
	if (lane->n_accepted)
		lane->failures = 0;
	lane->probing |= !lane->n_accepted && lane->n_in_doubt;
	rp_lane_put_off(lane, report,
		rp_retry_time(rp_ground_now(lane->lanes->ground), session_pause(lane, report)));
}

static RpSpan
doubled(RpSpan first, guint times, RpSpan most)
{
	return MIN(first << MIN(times, 16), most);
}

void
rp_lane_wait_for_network(RpLane *lane, const RpSessionReport *report, RpFailureKind kind)
{
	RpSpan pause = doubled(BIND_PAUSE, lane->failures++, BIND_PAUSE_MOST);

	lane->lanes->events.rescan(lane->lanes->user);
	wait_until(lane, rp_ground_now(lane->lanes->ground) + pause, "its link is gone", NULL);
}

void
rp_lane_wait_for_disk(RpLane *lane)
{
	RpSpan pause = doubled(DISK_PAUSE, lane->n_disk_failed++, DISK_PAUSE_MOST);

	wait_until(lane, rp_ground_now(lane->lanes->ground) + pause, "the queue can't be written",
		NULL);
	rp_lanes_tell_changed(lane->lanes);
}

void
rp_lane_begin_again_soon(RpLane *lane, const RpSessionReport *report)
{
	lane->failures = 0;
	rp_lane_waits_save(lane);
	wait_until(lane, rp_ground_now(lane->lanes->ground) + LOST_PAUSE,
		rp_session_result_name(report->result), report->detail);
}
