/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "lane.h"

/* The next messages for a lane's sessions: marked on the disk, converted where they must be, and
 * pushed in, so far ahead that the line never waits. */

/* Messages marked `sending` ahead of their turn: at least, at most. */
#define AHEAD 8
/* Before the line has carried any: what is marked with the plan costs no commit of its own. */
#define AHEAD_FIRST 16
#define AHEAD_MOST 64
/* Where they are gone sooner than this, more are marked by the next commit. */
#define AHEAD_LASTS G_TIME_SPAN_SECOND

/* ---- giving them to the session ---- */

static gboolean
push(RpLaneSession *session, RpOutgoing *outgoing, const RpSmtpMessage *message)
{
	session->wants = FALSE;
	if (!rp_delivery_push(session->delivery, message)) {
		/* The session ends: `closed` will say why. */
		rp_pace_could_take(session->pace, FALSE);
		return FALSE;
	}
	rp_session_take_domains(session, outgoing);
	g_queue_remove(&session->lane->outgoing, outgoing);
	outgoing->state = RP_OUTGOING_PUSHED;
	g_queue_push_tail(&session->outgoing, outgoing);
	rp_concurrency_given(session, rp_outgoing_size(outgoing));
	/* It was marked before the session was up, and that was told when no session had it. */
	if (session->outgoing.length == 1)
		rp_lanes_tell_changed(session->lane->lanes);
	return TRUE;
}

/* Those too that soon are. */
static guint
count_ready(const RpLane *lane)
{
	guint count = 0;

	for (GList *link = lane->outgoing.head; link; link = link->next)
		count += ((RpOutgoing *)link->data)->state != RP_OUTGOING_MARKING;
	return count;
}

/* As many as the sessions hold on their way: then the line does not wait for the disk, whatever its
 * length, and little is in the wrong state after a crash. And as many as soon are gone: then a fast
 * line costs no commit for every eight. */
static guint
count_ahead(const RpLane *lane)
{
	guint wanted = MAX(rp_lane_sessions_count_outgoing(lane), lane->ahead);

	return CLAMP(wanted, AHEAD, AHEAD_MOST);
}

/* As many as last so long, as fast as those that have gone. */
static void
adapt_ahead(RpLane *lane)
{
	RpSpan took = rp_ground_now(lane->lanes->ground) - lane->fetched_at;
	guint ready = count_ready(lane);
	RpSpan gone = lane->ahead > ready ? lane->ahead - ready : 0;

	lane->ahead = (guint)CLAMP(gone * AHEAD_LASTS / MAX(took, 1), AHEAD, AHEAD_MOST);
}

static void
fetch(RpLane *lane)
{
	if (lane->state == RP_LANE_CONNECTING)
		lane->ahead = AHEAD_FIRST;
	else
		adapt_ahead(lane);
	lane->fetched_at = rp_ground_now(lane->lanes->ground);
	rp_lane_mark_next(lane, lane->probing ? 1 : count_ahead(lane), rp_feed_next);
}

static gboolean
wants_more(const RpLane *lane)
{
	if (lane->probing)
		return !lane->outgoing.length && !rp_lane_sessions_count_outgoing(lane);
	if (count_ready(lane) >= AHEAD_MOST)
		return FALSE;
	return rp_lane_count_suited(lane) < count_ahead(lane) / 2 || rp_lane_any_lacks(lane);
}

void
rp_feed_prepare(RpLane *lane)
{
	if (lane->state == RP_LANE_CONNECTING && !lane->fetching && !lane->exhausted &&
		!lane->outgoing.length)
		fetch(lane);
}

/* ---- copies for servers that can't be given a message as it is ---- */

static RpReason
reason_for(RpConvertWhat about)
{
	switch (about) {
	case RP_CONVERT_8BIT:
		return RP_REASON_NEEDS_8BITMIME;
	case RP_CONVERT_HEADER:
	case RP_CONVERT_NOT_UTF8:
		return RP_REASON_NEEDS_SMTPUTF8;
	case RP_CONVERT_LINES:
		return RP_REASON_SERVER_REJECTED;
	}
	return RP_REASON_SERVER_REJECTED;
}

static void
refuse(RpOutgoing *outgoing, const RpConverted *converted)
{
	g_autofree char *text =
		converted->about == RP_CONVERT_LINES
			? g_strdup_printf(
				  "it has lines longer than servers take, and %s; released, it "
				  "goes as it is",
				  converted->trouble)
			: g_strdup_printf("%s; released, it goes as it is", converted->trouble);

	rp_outcome_not_converted(outgoing->lane, outgoing, reason_for(converted->about), text);
}

/* It can't be changed as it would have to be. Is there another way? By SMTPUTF8 a header goes raw;
 * and what the user has released since goes as it is. */
static gboolean
take_trouble(RpOutgoing *outgoing, const RpConverted *converted)
{
	if (converted->about == RP_CONVERT_HEADER && !outgoing->raw_header)
		outgoing->raw_header = TRUE;
	else if ((outgoing->message->flags & RP_MESSAGE_RELEASED) && !outgoing->as_it_is)
		outgoing->as_it_is = TRUE;
	else
		return FALSE;
	outgoing->state = RP_OUTGOING_READY;
	return TRUE;
}

static void
take_copy(RpOutgoing *outgoing, RpConverted *converted)
{
	char text[RP_MESSAGE_ID_SIZE];

	g_message("%s: a copy is made for %s: %" G_GINT64_FORMAT " octets, of %" G_GINT64_FORMAT,
		rp_message_id_format(outgoing->id, text), outgoing->lane->set_name, converted->size,
		outgoing->message->size);
	outgoing->copy = rp_fd_steal(&converted->copy);
	outgoing->copy_size = converted->size;
	outgoing->converted |= converted->what;
	outgoing->state = RP_OUTGOING_READY;
}

static void
on_converted(RpConverted *converted, const GError *error, gpointer user)
{
	RpOutgoing *outgoing = user;
	RpLane *lane = outgoing->lane;
	char text[RP_MESSAGE_ID_SIZE];

	outgoing->conversion = NULL;
	if (!error && !converted->trouble) {
		take_copy(outgoing, converted);
		rp_feed_next(lane);
		return;
	}
	if (!error && take_trouble(outgoing, converted)) {
		rp_feed_next(lane);
		return;
	}
	g_queue_remove(&lane->outgoing, outgoing);
	if (error) {
		g_warning("%s: a copy for %s can't be made: %s",
			rp_message_id_format(outgoing->id, text), lane->set_name, error->message);
		rp_outcome_not_converted(lane, outgoing, -1, error->message);
	} else {
		refuse(outgoing, converted);
	}
	rp_outgoing_free(outgoing);
	rp_feed_next(lane);
}

/* It waits in its lane until the copy is made, with so much changed beside what was changed in the
 * one before. */
static void
convert(RpOutgoing *outgoing, guint what)
{
	rp_fd_clear(&outgoing->copy);
	outgoing->state = RP_OUTGOING_CONVERTING;
	outgoing->conversion = rp_conversion_start(
		rp_queue_dir(outgoing->lane->lanes->ground->queue), outgoing->id,
		outgoing->converted | what, outgoing->from, on_converted, outgoing);
}

/* Copies are on the queue's disk: not all that wait have one, or are getting one, at once. */
static gboolean
has_room_for_copy(const RpLane *lane, const RpOutgoing *outgoing)
{
	gint64 octets = 0;

	for (GList *link = lane->outgoing.head; link; link = link->next) {
		const RpOutgoing *other = link->data;

		if (other->state == RP_OUTGOING_CONVERTING || other->copy >= 0)
			octets += rp_outgoing_size(other);
	}
	return octets == 0 || octets + outgoing->message->size <= lane->lanes->copies_most;
}

/* A host that takes less than the one beside it leaves it what is too large for itself; it may
 * still be coming up. */
static gboolean
fits_elsewhere(const RpLaneSession *session, const RpSmtpMessage *message)
{
	const GPtrArray *all = session->lane->sessions;

	if (rp_smtp_message_fit(message, &session->capabilities) == RP_SMTP_FIT)
		return FALSE;
	for (guint i = 0; i < all->len; i++) {
		const RpLaneSession *other = all->pdata[i];

		if (other != session &&
			(!other->up ||
				rp_smtp_message_fit(message, &other->capabilities) == RP_SMTP_FIT))
			return TRUE;
	}
	return FALSE;
}

/* The first one that the session's server can be given; of those before it copies are made
 * meanwhile, the first first: where there is no room for its copy, none that comes after it gets
 * one, and those that have one make room by going. One that is made anew takes its own's place.
 * NULL: none yet. */
static RpOutgoing *
find_servable(const RpLaneSession *session)
{
	gboolean full = FALSE;

	for (GList *link = session->lane->outgoing.head; link; link = link->next) {
		RpOutgoing *outgoing = link->data;
		RpSmtpMessage message;
		guint what;

		if (outgoing->state != RP_OUTGOING_READY || !rp_session_suits(session, outgoing))
			continue;
		message = rp_outgoing_message(outgoing);
		what = rp_smtp_message_conversion(&message, &session->capabilities);
		if (!what && fits_elsewhere(session, &message))
			continue;
		if (!what && (!outgoing->from || outgoing->copy >= 0))
			return outgoing;
		full = full || (outgoing->copy < 0 && !has_room_for_copy(session->lane, outgoing));
		if (!full || outgoing->copy >= 0)
			convert(outgoing, what);
	}
	return NULL;
}

static gboolean
serve_one(RpLaneSession *session)
{
	RpOutgoing *outgoing = find_servable(session);

	if (!outgoing)
		return FALSE;
	const RpSmtpMessage message = rp_outgoing_message(outgoing);
	return push(session, outgoing, &message);
}

/* Where there is nothing for the one whose turn it is, there may be for another, whose server takes
 * more. */
static void
serve(RpLane *lane)
{
	RpLaneSession *session;

	while ((session = rp_concurrency_choose(lane)) && serve_one(session))
		;
	for (guint i = 0; session && i < lane->sessions->len; i++) {
		RpLaneSession *other = lane->sessions->pdata[i];

		while (rp_concurrency_may_take(other) && serve_one(other))
			;
	}
}

void
rp_feed_next(RpLane *lane)
{
	if (lane->state != RP_LANE_SENDING)
		return;
	serve(lane);
	lane->exhausted = lane->exhausted || rp_lane_stops(lane);
	if (!lane->fetching && !lane->exhausted && !lane->asking && wants_more(lane))
		fetch(lane);
	if (!lane->fetching)
		rp_lane_end_lacking(lane);
	rp_lane_end_for_others(lane);
	if (lane->exhausted && !lane->fetching && !lane->n_returning && !count_ready(lane)) {
		rp_lane_enter(lane, RP_LANE_LEAVING, "nothing more to send");
		rp_lane_sessions_finish(lane);
	}
}
