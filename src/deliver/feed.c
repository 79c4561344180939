/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "lane.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* The next messages for a lane's sessions: decided once more, marked on the disk, converted
 * where they must be, and pushed in, so far ahead that the line never waits. */

/* Messages marked `sending` ahead of their turn: at least, at most. */
#define AHEAD 8
#define AHEAD_MOST 64

/* ---- which messages ---- */

static gboolean
goes_this_way(const RpLane *lane, const RpRecipientPlan *plan, const RpSituation *situation)
{
	const GPtrArray *links = situation->place->network->links;
	const char *interface =
		plan->link >= 0 ? ((RpLink *)links->pdata[plan->link])->interface : NULL;

	/* The session has nothing more to try. */
	if (rp_lane_stops(lane))
		return FALSE;
	/* A login that ran out in mid-session: this session ends, and the next one begins with a
	 * login. */
	if (plan->pop_login_first && !rp_lane_has_fresh_login(lane))
		return FALSE;
	return plan->verdict == RP_VERDICT_SEND &&
	       g_str_equal(
		       rp_catalogue_set(situation->catalogue, plan->set)->name, lane->set_name) &&
	       g_strcmp0(interface, lane->interface) == 0 &&
	       (plan->family == lane->family || plan->family == RP_FAMILY_ANY ||
		       lane->family == RP_FAMILY_ANY);
}

/* The set's own identity in the place of another's. */
static void
rewrite_sender(RpOutgoing *outgoing, const RpServerSet *set, const char *sender)
{
	char text[RP_MESSAGE_ID_SIZE];

	if (!sender)
		return;
	outgoing->sender = g_strdup(sender);
	if (set->rewrite_sender == RP_REWRITE_HEADER)
		outgoing->from = g_strdup(sender);
	g_debug("%s: its sender is %s for %s", rp_message_id_format(outgoing->id, text), sender,
		set->name);
}

/* Decides once more, for this very message and this very moment: nothing is sent that the policy
 * does not want sent now. NULL when it has no recipient for this lane. */
static RpOutgoing *
outgoing_new(RpLane *lane, const RpSituation *situation, RpQueueMessage *message)
{
	g_autofree const char **scratch = NULL;
	g_autoptr(RpDecision) decision = NULL;
	RpMessageFacts facts;
	RpOutgoing *outgoing;
	guint n = 0, pending = 0;
	gint set = -1;

	rp_queue_message_facts(message, &facts, &scratch);
	decision = rp_policy_decide(situation, &facts);
	outgoing = g_new0(RpOutgoing, 1);
	outgoing->lane = lane;
	outgoing->copy = -1;
	outgoing->id = message->id;
	outgoing->numbers = g_new0(guint, decision->n_recipients);
	outgoing->addresses = g_new0(const char *, decision->n_recipients);
	outgoing->dsn_notify = g_new0(const char *, decision->n_recipients);
	outgoing->dsn_original = g_new0(const char *, decision->n_recipients);
	outgoing->rules = g_new0(char *, decision->n_recipients);
	for (guint i = 0; i < message->recipients->len; i++) {
		const RpQueueRecipient *recipient = message->recipients->pdata[i];
		const RpRecipientPlan *plan;

		if (recipient->state != RP_RECIPIENT_PENDING)
			continue;
		plan = &decision->recipients[pending++];
		if (!goes_this_way(lane, plan, situation))
			continue;
		set = (gint)plan->set;
		outgoing->numbers[n] = recipient->number;
		outgoing->addresses[n] = recipient->address;
		outgoing->dsn_notify[n] = recipient->dsn_notify;
		outgoing->dsn_original[n] = recipient->dsn_original;
		outgoing->was_put_off |= rp_put_off_is(lane, recipient);
		outgoing->rules[n++] = g_strdup(plan->rule);
	}
	outgoing->n_recipients = n;
	if (set >= 0)
		rewrite_sender(outgoing, rp_catalogue_set(situation->catalogue, (guint)set),
			rp_policy_new_sender(situation->catalogue, (guint)set, &facts));
	outgoing->message = message;
	return outgoing;
}

/* ---- giving them to the session ---- */

static void
push(RpLaneSession *session, RpOutgoing *outgoing, const RpSmtpMessage *message)
{
	session->wants = FALSE;
	if (!rp_delivery_push(session->delivery, message))
		return; /* the session ends: `closed` will say why */
	g_queue_remove(&session->lane->outgoing, outgoing);
	outgoing->state = RP_OUTGOING_PUSHED;
	g_queue_push_tail(&session->outgoing, outgoing);
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
 * length, and little is in the wrong state after a crash. */
static guint
count_ahead(const RpLane *lane)
{
	return CLAMP(rp_lane_sessions_count_outgoing(lane), AHEAD, AHEAD_MOST);
}

/* ---- fetching ---- */

typedef struct {
	RpLanes *lanes;
	char *set_name;
	GArray *ids; /* RpMessageId */
} RpMarking;

static RpMarking *
marking_new(const RpLane *lane)
{
	RpMarking *marking = g_new0(RpMarking, 1);

	marking->lanes = lane->lanes;
	marking->set_name = g_strdup(lane->set_name);
	marking->ids = g_array_new(FALSE, FALSE, sizeof(RpMessageId));
	return marking;
}

static void
marking_free(RpMarking *marking)
{
	g_array_unref(marking->ids);
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
	lane->disk_failed = TRUE;
	lane->exhausted = TRUE;
}

static void
on_marked(const GError *error, gpointer user)
{
	RpMarking *marking = user;
	RpLanes *lanes = marking->lanes;
	RpLane *lane = rp_lanes_find(lanes, marking->set_name);
	GArray *orphans = g_array_new(FALSE, FALSE, sizeof(RpMessageId));

	for (guint i = 0; i < marking->ids->len; i++)
		on_marked_one(
			lanes, lane, g_array_index(marking->ids, RpMessageId, i), !error, orphans);
	if (orphans->len)
		rp_lanes_put_back(lanes, marking->set_name, orphans, 0);
	else
		g_array_unref(orphans);
	if (lane) {
		lane->fetching = FALSE;
		if (error)
			disk_failed(lane);
		rp_feed_next(lane);
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
	rp_planner_count_out(lane->lanes->planner, outgoing->message->class_id);
	set_busy(lane->lanes, outgoing->id);
	g_queue_push_tail(&lane->outgoing, outgoing);
	g_array_append_val(marking->ids, outgoing->id);
	rp_change_sending_if_ready(change, outgoing->id);
}

static void
fetch(RpLane *lane)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) messages = NULL;
	RpMarking *marking = marking_new(lane);
	RpQueueChange *change = rp_queue_change_new(rp_ground_now(lane->lanes->ground));
	RpSituation situation;

	rp_ground_situation(lane->lanes->ground, &situation);
	while (!marking->ids->len && !lane->exhausted) {
		g_clear_pointer(&messages, g_ptr_array_unref);
		messages = rp_queue_next(lane->lanes->ground->queue, (gint64 *)lane->classes->data,
			lane->classes->len, &lane->cursor, lane->probing ? 1 : count_ahead(lane),
			&error);
		if (!messages || !messages->len)
			lane->exhausted = TRUE;
		for (guint i = 0; messages && i < messages->len; i++) {
			RpQueueMessage *message = g_steal_pointer(&messages->pdata[i]);

			mark(marking, lane, outgoing_new(lane, &situation, message), change);
		}
	}
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

static gboolean
wants_more(const RpLane *lane)
{
	if (lane->probing)
		return !lane->outgoing.length && !rp_lane_sessions_count_outgoing(lane);
	return count_ready(lane) < count_ahead(lane) / 2;
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

		if (outgoing->state != RP_OUTGOING_READY)
			continue;
		message = rp_outgoing_message(outgoing);
		what = rp_smtp_message_conversion(&message, &session->capabilities);
		if (!what && (!outgoing->from || outgoing->copy >= 0))
			return outgoing;
		full = full || (outgoing->copy < 0 && !has_room_for_copy(session->lane, outgoing));
		if (!full || outgoing->copy >= 0)
			convert(outgoing, what);
	}
	return NULL;
}

static void
serve(RpLaneSession *session)
{
	RpOutgoing *outgoing;

	while (session->wants && (outgoing = find_servable(session))) {
		const RpSmtpMessage message = rp_outgoing_message(outgoing);

		push(session, outgoing, &message);
	}
}

void
rp_feed_next(RpLane *lane)
{
	if (lane->state != RP_LANE_SENDING)
		return;
	for (guint i = 0; i < lane->sessions->len; i++)
		serve(lane->sessions->pdata[i]);
	lane->exhausted = lane->exhausted || rp_lane_stops(lane);
	if (!lane->fetching && !lane->exhausted && wants_more(lane))
		fetch(lane);
	if (lane->exhausted && !lane->fetching && !lane->n_returning && !count_ready(lane)) {
		rp_lane_enter(lane, RP_LANE_LEAVING, "nothing more to send");
		rp_lane_sessions_finish(lane);
	}
}
