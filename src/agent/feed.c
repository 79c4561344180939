/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "lane.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Messages marked `sending` ahead of their turn: at least, at most. */
#define AHEAD 8
#define AHEAD_MOST 64

/* What is deferred by name when a server puts the whole set off. */
#define DEFERRED_AT_ONCE 200

void
rp_outgoing_free(RpOutgoing *outgoing)
{
	for (guint i = 0; i < outgoing->n_recipients; i++)
		g_free(outgoing->rules[i]);
	g_free(outgoing->rules);
	g_free(outgoing->numbers);
	g_free(outgoing->addresses);
	g_free(outgoing->dsn_notify);
	g_free(outgoing->dsn_original);
	rp_outgoing_stop_converting(outgoing);
	rp_fd_clear(&outgoing->copy);
	g_free(outgoing->sender);
	g_free(outgoing->from);
	rp_queue_message_free(outgoing->message);
	g_free(outgoing);
}

gint64
rp_outgoing_size(const RpOutgoing *outgoing)
{
	return outgoing->copy >= 0 ? outgoing->copy_size : outgoing->message->size;
}

/* ---- which messages ---- */

static gboolean
goes_this_way(const RpLane *lane, const RpRecipientPlan *plan, const RpSituation *situation)
{
	const GPtrArray *links = situation->place->network->links;
	const char *interface =
		plan->link >= 0 ? ((RpLink *)links->pdata[plan->link])->interface : NULL;

	/* Asked for a POP login, the session has nothing more to try: the next one begins with it.
	 */
	if (lane->pop_refused)
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

static gssize
read_copy(const RpOutgoing *outgoing, gint64 offset, guint8 *buffer, gsize size, GError **error)
{
	gssize got;

	do
		got = pread(outgoing->copy, buffer, size, offset);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		rp_error_set_errno(error, errno, "the copy of a message");
	return got;
}

static gssize
read_content(gpointer source, gint64 offset, guint8 *buffer, gsize size)
{
	RpOutgoing *outgoing = source;
	g_autoptr(GError) error = NULL;
	gssize got = outgoing->copy >= 0 ? read_copy(outgoing, offset, buffer, size, &error)
					 : rp_queue_read(outgoing->lane->agent->ground.queue,
						   outgoing->id, offset, buffer, size, &error);

	if (got < 0) {
		g_warning("content can't be read: %s", error->message);
		return RP_SMTP_READ_FAILED;
	}
	return got;
}

static gboolean
needs(const RpOutgoing *outgoing, guint flags, RpMendWhat converted)
{
	return (outgoing->message->flags & flags) && !(outgoing->converted & converted);
}

static RpSmtpMessage
message_of(RpOutgoing *outgoing)
{
	return (RpSmtpMessage){
		.user = outgoing,
		.sender = outgoing->sender ? outgoing->sender : outgoing->message->sender,
		.recipients = outgoing->addresses,
		.n_recipients = outgoing->n_recipients,
		.size = rp_outgoing_size(outgoing),
		.needs_8bitmime = needs(outgoing, RP_MESSAGE_8BIT, RP_MEND_8BIT),
		.needs_smtputf8 = needs(outgoing, RP_MESSAGE_SMTPUTF8, RP_MEND_HEADER),
		.needs_encoding =
			needs(outgoing, RP_MESSAGE_LONG_LINES | RP_MESSAGE_NUL, RP_MEND_LINES),
		.dsn_ret = outgoing->message->dsn_ret,
		.dsn_envid = outgoing->message->dsn_envid,
		.dsn_notify = outgoing->dsn_notify,
		.dsn_original = outgoing->dsn_original,
		.read = read_content,
		.source = outgoing,
	};
}

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
	RpAgent *agent;
	char *set_name;
	GArray *ids; /* RpMessageId */
} RpMarking;

static RpMarking *
marking_new(const RpLane *lane)
{
	RpMarking *marking = g_new0(RpMarking, 1);

	marking->agent = lane->agent;
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
set_busy(RpAgent *agent, RpMessageId id)
{
	g_hash_table_add(agent->busy, g_memdup2(&id, sizeof id));
}

typedef struct {
	RpAgent *agent;
	char *set_name;
	GArray *ids; /* RpMessageId */
	RpTime defer_until;
} RpPutBack;

static void
on_put_back(const GError *error, gpointer user)
{
	RpPutBack *back = user;
	RpLane *lane = rp_lanes_find(back->agent, back->set_name);

	for (guint i = 0; i < back->ids->len; i++)
		g_hash_table_remove(back->agent->busy, &g_array_index(back->ids, RpMessageId, i));
	if (lane)
		lane->n_returning--;
	rp_planner_request(back->agent->planner, FALSE, "messages were put back");
	rp_announce_state(back->agent);
	g_array_unref(back->ids);
	g_free(back->set_name);
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
			rp_change_defer(change, id, back->defer_until);
	}
	return change;
}

/* Takes the ids. They are busy until this is on the disk. The lane may have gone. */
static void
put_back(RpAgent *agent, const char *set_name, GArray *ids, RpTime defer_until)
{
	RpPutBack *back = g_new(RpPutBack, 1);
	RpLane *lane = rp_lanes_find(agent, set_name);

	*back = (RpPutBack){agent, g_strdup(set_name), ids, defer_until};
	if (lane)
		lane->n_returning++;
	rp_durable_write(agent->ground.durable, make_put_back, on_put_back, back);
}

static void
settle_outgoing(RpAgent *agent, RpLane *lane, RpMessageId id, gboolean written, GArray *orphans)
{
	g_autoptr(RpQueueMessage) now = rp_queue_get(agent->ground.queue, id, NULL);
	gboolean marked = written && now && now->state == RP_MESSAGE_SENDING;
	RpOutgoing *outgoing = lane ? find_marking(lane, id) : NULL;

	if (marked && outgoing) {
		outgoing->state = RP_OUTGOING_READY;
	} else if (marked) { /* the session ended meanwhile */
		g_array_append_val(orphans, id);
	} else { /* held, deleted or edited meanwhile */
		g_hash_table_remove(agent->busy, &id);
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
	RpAgent *agent = marking->agent;
	RpLane *lane = rp_lanes_find(agent, marking->set_name);
	GArray *orphans = g_array_new(FALSE, FALSE, sizeof(RpMessageId));

	for (guint i = 0; i < marking->ids->len; i++)
		settle_outgoing(
			agent, lane, g_array_index(marking->ids, RpMessageId, i), !error, orphans);
	if (orphans->len)
		put_back(agent, marking->set_name, orphans, 0);
	else
		g_array_unref(orphans);
	if (lane) {
		lane->fetching = FALSE;
		if (error)
			disk_failed(lane);
		rp_feed_next(lane);
	}
	rp_announce_state(agent);
	marking_free(marking);
}

/* Takes the message. */
static void
mark(RpMarking *marking, RpLane *lane, RpOutgoing *outgoing, RpQueueChange *change)
{
	if (!outgoing->n_recipients || g_hash_table_contains(lane->agent->busy, &outgoing->id)) {
		rp_outgoing_free(outgoing);
		return;
	}
	outgoing->state = RP_OUTGOING_MARKING;
	rp_planner_count_out(lane->agent->planner, outgoing->message->class_id);
	set_busy(lane->agent, outgoing->id);
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
	RpQueueChange *change = rp_queue_change_new(rp_agent_now(lane->agent));
	RpSituation situation;

	rp_agent_situation(lane->agent, &situation);
	while (!marking->ids->len && !lane->exhausted) {
		g_clear_pointer(&messages, g_ptr_array_unref);
		messages = rp_queue_next(lane->agent->ground.queue, (gint64 *)lane->classes->data,
			lane->classes->len, &lane->cursor, count_ahead(lane), &error);
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
		rp_agent_write(lane->agent, change, on_marked, marking);
	} else {
		rp_queue_change_free(change);
		marking_free(marking);
	}
}

void
rp_feed_prepare(RpLane *lane)
{
	if (lane->state == RP_LANE_CONNECTING && !lane->fetching && !lane->exhausted &&
		!lane->outgoing.length)
		fetch(lane);
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
	return octets == 0 || octets + outgoing->message->size <= lane->agent->copies_most;
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
		guint mend;

		if (outgoing->state != RP_OUTGOING_READY)
			continue;
		message = message_of(outgoing);
		mend = rp_smtp_message_mend(&message, &session->capabilities);
		if (!mend && (!outgoing->from || outgoing->copy >= 0))
			return outgoing;
		full = full || (outgoing->copy < 0 && !has_room_for_copy(session->lane, outgoing));
		if (!full || outgoing->copy >= 0)
			rp_outgoing_convert(outgoing, mend);
	}
	return NULL;
}

static void
serve(RpLaneSession *session)
{
	RpOutgoing *outgoing;

	while (session->wants && (outgoing = find_servable(session))) {
		const RpSmtpMessage message = message_of(outgoing);

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
	if (!lane->fetching && !lane->exhausted && count_ready(lane) < count_ahead(lane) / 2)
		fetch(lane);
	if (lane->exhausted && !lane->fetching && !lane->n_returning && !count_ready(lane)) {
		rp_lane_enter(lane, RP_LANE_LEAVING, "nothing more to send");
		rp_lane_sessions_finish(lane);
	}
}

/* ---- giving back ---- */

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
		put_back(lane->agent, lane->set_name, ids, defer_until);
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
	const RpCatalogue *catalogue = rp_agent_catalogue(own->lane->agent);
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
	RpQueueChange *change = rp_queue_change_new(rp_agent_now(lane->agent));
	RpOwnClasses own = {lane, classes};

	rp_planner_foreach(lane->agent->planner, collect_own, &own);
	if (classes->len)
		messages = rp_queue_next(lane->agent->ground.queue, (gint64 *)classes->data,
			classes->len, &cursor, DEFERRED_AT_ONCE, NULL);
	for (guint i = 0; messages && i < messages->len; i++) {
		RpMessageId id = ((RpQueueMessage *)messages->pdata[i])->id;

		/* Another lane may be sending it for other recipients. */
		if (!g_hash_table_contains(lane->agent->busy, &id))
			rp_change_defer(change, id, until);
	}
	rp_agent_write(lane->agent, change, NULL, NULL);
}
