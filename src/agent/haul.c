/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "lane-private.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Messages marked `sending` ahead of their turn: at least, at most. */
#define LOADS_AHEAD 8
#define LOADS_AHEAD_MOST 64

/* What is deferred by name when a server puts the whole set off. */
#define DEFERRED_AT_ONCE 200

void
rp_load_free(RpLoad *load)
{
	for (guint i = 0; i < load->n_recipients; i++)
		g_free(load->rules[i]);
	g_free(load->rules);
	g_free(load->numbers);
	g_free(load->addresses);
	g_free(load->dsn_notify);
	g_free(load->dsn_original);
	rp_load_stop_mending(load);
	rp_fd_clear(&load->copy);
	g_free(load->sender);
	g_free(load->from);
	rp_queue_message_free(load->message);
	g_free(load);
}

gint64
rp_load_size(const RpLoad *load)
{
	return load->copy >= 0 ? load->copy_size : load->message->size;
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
rewrite_sender(RpLoad *load, const RpServerSet *set, const char *sender)
{
	char text[RP_MESSAGE_ID_SIZE];

	if (!sender)
		return;
	load->sender = g_strdup(sender);
	if (set->rewrite_sender == RP_REWRITE_HEADER)
		load->from = g_strdup(sender);
	g_debug("%s: its sender is %s for %s", rp_message_id_format(load->id, text), sender,
		set->name);
}

/* Decides once more, for this very message and this very moment: nothing is sent that the policy
 * does not want sent now. NULL when it has no recipient for this lane. */
static RpLoad *
load_new(RpLane *lane, const RpSituation *situation, RpQueueMessage *message)
{
	g_autofree const char **scratch = NULL;
	g_autoptr(RpDecision) decision = NULL;
	RpMessageFacts facts;
	RpLoad *load;
	guint n = 0, pending = 0;
	gint set = -1;

	rp_queue_message_facts(message, &facts, &scratch);
	decision = rp_policy_decide(situation, &facts);
	load = g_new0(RpLoad, 1);
	load->lane = lane;
	load->copy = -1;
	load->id = message->id;
	load->numbers = g_new0(guint, decision->n_recipients);
	load->addresses = g_new0(const char *, decision->n_recipients);
	load->dsn_notify = g_new0(const char *, decision->n_recipients);
	load->dsn_original = g_new0(const char *, decision->n_recipients);
	load->rules = g_new0(char *, decision->n_recipients);
	for (guint i = 0; i < message->recipients->len; i++) {
		const RpQueueRecipient *recipient = message->recipients->pdata[i];
		const RpRecipientPlan *plan;

		if (recipient->state != RP_RECIPIENT_PENDING)
			continue;
		plan = &decision->recipients[pending++];
		if (!goes_this_way(lane, plan, situation))
			continue;
		set = (gint)plan->set;
		load->numbers[n] = recipient->number;
		load->addresses[n] = recipient->address;
		load->dsn_notify[n] = recipient->dsn_notify;
		load->dsn_original[n] = recipient->dsn_original;
		load->rules[n++] = g_strdup(plan->rule);
	}
	load->n_recipients = n;
	if (set >= 0)
		rewrite_sender(load, rp_catalogue_set(situation->catalogue, (guint)set),
			rp_policy_new_sender(situation->catalogue, (guint)set, &facts));
	load->message = message;
	return load;
}

/* ---- giving them to the session ---- */

static gssize
read_copy(const RpLoad *load, gint64 offset, guint8 *buffer, gsize size, GError **error)
{
	gssize got;

	do
		got = pread(load->copy, buffer, size, offset);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		rp_error_set_errno(error, errno, "the copy of a message");
	return got;
}

static gssize
read_content(gpointer source, gint64 offset, guint8 *buffer, gsize size)
{
	RpLoad *load = source;
	g_autoptr(GError) error = NULL;
	gssize got = load->copy >= 0 ? read_copy(load, offset, buffer, size, &error)
				     : rp_queue_read(load->lane->agent->queue, load->id, offset,
					       buffer, size, &error);

	if (got < 0) {
		g_warning("content can't be read: %s", error->message);
		return RP_SMTP_READ_FAILED;
	}
	return got;
}

static gboolean
needs(const RpLoad *load, guint flags, RpConvertWhat mended)
{
	return (load->message->flags & flags) && !(load->mended & mended);
}

static RpSmtpMessage
message_of(RpLoad *load)
{
	return (RpSmtpMessage){
		.user = load,
		.sender = load->sender ? load->sender : load->message->sender,
		.recipients = load->addresses,
		.n_recipients = load->n_recipients,
		.size = rp_load_size(load),
		.needs_8bitmime = needs(load, RP_MESSAGE_8BIT, RP_CONVERT_8BIT),
		.needs_smtputf8 = needs(load, RP_MESSAGE_SMTPUTF8, RP_CONVERT_HEADER),
		.needs_encoding =
			needs(load, RP_MESSAGE_LONG_LINES | RP_MESSAGE_NUL, RP_CONVERT_LINES),
		.dsn_ret = load->message->dsn_ret,
		.dsn_envid = load->message->dsn_envid,
		.dsn_notify = load->dsn_notify,
		.dsn_original = load->dsn_original,
		.read = read_content,
		.source = load,
	};
}

static void
push(RpTrain *train, RpLoad *load, const RpSmtpMessage *message)
{
	train->wants = FALSE;
	if (!rp_delivery_push(train->delivery, message))
		return; /* the session ends: `closed` will say why */
	g_queue_remove(&train->lane->loads, load);
	load->state = RP_LOAD_PUSHED;
	g_queue_push_tail(&train->loads, load);
}

/* Those too that soon are. */
static guint
count_ready(const RpLane *lane)
{
	guint count = 0;

	for (GList *link = lane->loads.head; link; link = link->next)
		count += ((RpLoad *)link->data)->state != RP_LOAD_MARKING;
	return count;
}

/* As many as the sessions hold on their way: then the line does not wait for the disk, whatever its
 * length, and little is in the wrong state after a crash. */
static guint
loads_ahead(const RpLane *lane)
{
	return CLAMP(rp_trains_count_loads(lane), LOADS_AHEAD, LOADS_AHEAD_MOST);
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

static RpLoad *
find_marking(RpLane *lane, RpMessageId id)
{
	for (GList *link = lane->loads.head; link; link = link->next) {
		RpLoad *load = link->data;

		if (load->id == id && load->state == RP_LOAD_MARKING)
			return load;
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
	rp_planner_request(back->agent, FALSE, "messages were put back");
	rp_announce_state(back->agent);
	g_array_unref(back->ids);
	g_free(back->set_name);
	g_free(back);
}

static RpQueueChange *
make_put_back(RpAgent *agent, gpointer user)
{
	const RpPutBack *back = user;
	RpQueueChange *change = rp_queue_change_new(rp_agent_now(agent));

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
	rp_insist(agent, make_put_back, on_put_back, back);
}

static void
settle_load(RpAgent *agent, RpLane *lane, RpMessageId id, gboolean written, GArray *orphans)
{
	g_autoptr(RpQueueMessage) now = rp_queue_get(agent->queue, id, NULL);
	gboolean marked = written && now && now->state == RP_MESSAGE_SENDING;
	RpLoad *load = lane ? find_marking(lane, id) : NULL;

	if (marked && load) {
		load->state = RP_LOAD_READY;
	} else if (marked) { /* the session ended meanwhile */
		g_array_append_val(orphans, id);
	} else { /* held, deleted or edited meanwhile */
		g_hash_table_remove(agent->busy, &id);
		if (load) {
			g_queue_remove(&lane->loads, load);
			rp_load_free(load);
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
		settle_load(
			agent, lane, g_array_index(marking->ids, RpMessageId, i), !error, orphans);
	if (orphans->len)
		put_back(agent, marking->set_name, orphans, 0);
	else
		g_array_unref(orphans);
	if (lane) {
		lane->fetching = FALSE;
		if (error)
			disk_failed(lane);
		rp_haul_next(lane);
	}
	rp_announce_state(agent);
	marking_free(marking);
}

/* Until the next plan reads it: what is counted as waiting is not counted twice. */
static void
count_out(const RpAgent *agent, const RpLoad *load)
{
	RpPlannedClass *planned = g_hash_table_lookup(agent->planned, &load->message->class_id);

	if (planned && planned->n_ready)
		planned->n_ready--;
}

/* Takes the message. */
static void
mark(RpMarking *marking, RpLane *lane, RpLoad *load, RpQueueChange *change)
{
	if (!load->n_recipients || g_hash_table_contains(lane->agent->busy, &load->id)) {
		rp_load_free(load);
		return;
	}
	load->state = RP_LOAD_MARKING;
	count_out(lane->agent, load);
	set_busy(lane->agent, load->id);
	g_queue_push_tail(&lane->loads, load);
	g_array_append_val(marking->ids, load->id);
	rp_change_sending_if_ready(change, load->id);
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
		messages = rp_queue_next(lane->agent->queue, (gint64 *)lane->classes->data,
			lane->classes->len, &lane->cursor, loads_ahead(lane), &error);
		if (!messages || !messages->len)
			lane->exhausted = TRUE;
		for (guint i = 0; messages && i < messages->len; i++) {
			RpQueueMessage *message = g_steal_pointer(&messages->pdata[i]);

			mark(marking, lane, load_new(lane, &situation, message), change);
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
rp_haul_prepare(RpLane *lane)
{
	if (lane->state == RP_LANE_CONNECTING && !lane->fetching && !lane->exhausted &&
		!lane->loads.length)
		fetch(lane);
}

/* Copies are on the queue's disk: not all that wait have one, or are getting one, at once. */
static gboolean
has_room_for_copy(const RpLane *lane, const RpLoad *load)
{
	gint64 octets = 0;

	for (GList *link = lane->loads.head; link; link = link->next) {
		const RpLoad *other = link->data;

		if (other->state == RP_LOAD_MENDING || other->copy >= 0)
			octets += rp_load_size(other);
	}
	return octets == 0 || octets + load->message->size <= lane->agent->copies_most;
}

/* The first one that the train's server can be given; of those before it copies are made meanwhile,
 * the first first: where there is no room for its copy, none that comes after it gets one, and
 * those that have one make room by going. One that is made anew takes its own's place. NULL: none
 * yet. */
static RpLoad *
find_servable(const RpTrain *train)
{
	gboolean full = FALSE;

	for (GList *link = train->lane->loads.head; link; link = link->next) {
		RpLoad *load = link->data;
		RpSmtpMessage message;
		guint mend;

		if (load->state != RP_LOAD_READY)
			continue;
		message = message_of(load);
		mend = rp_smtp_message_conversion(&message, &train->capabilities);
		if (!mend && (!load->from || load->copy >= 0))
			return load;
		full = full || (load->copy < 0 && !has_room_for_copy(train->lane, load));
		if (!full || load->copy >= 0)
			rp_load_mend(load, mend);
	}
	return NULL;
}

static void
serve(RpTrain *train)
{
	RpLoad *load;

	while (train->wants && (load = find_servable(train))) {
		const RpSmtpMessage message = message_of(load);

		push(train, load, &message);
	}
}

void
rp_haul_next(RpLane *lane)
{
	if (lane->state != RP_LANE_SENDING)
		return;
	for (guint i = 0; i < lane->trains->len; i++)
		serve(lane->trains->pdata[i]);
	if (!lane->fetching && !lane->exhausted && count_ready(lane) < loads_ahead(lane) / 2)
		fetch(lane);
	if (lane->exhausted && !lane->fetching && !lane->n_returning && !count_ready(lane)) {
		rp_lane_enter(lane, RP_LANE_LEAVING, "nothing more to send");
		rp_trains_finish(lane);
	}
}

/* ---- giving back ---- */

void
rp_haul_drop(RpLane *lane, RpTime defer_until)
{
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(RpMessageId));
	RpLoad *load;

	while ((load = g_queue_pop_head(&lane->loads))) {
		if (load->state != RP_LOAD_MARKING)
			g_array_append_val(ids, load->id);
		rp_load_free(load); /* one being marked is put back when that is written */
	}
	if (ids->len)
		put_back(lane->agent, lane->set_name, ids, defer_until);
	else
		g_array_unref(ids);
}

/* All that it has recipients for goes through this lane: others' waits are not lengthened. */
static gboolean
is_of_lane_alone(const RpLane *lane, const RpPlannedClass *planned)
{
	const RpCatalogue *catalogue = rp_agent_catalogue(lane->agent);
	guint n = 0;

	if (!planned->n_ready || !planned->decision)
		return FALSE;
	for (guint i = 0; i < planned->decision->n_recipients; i++) {
		const RpRecipientPlan *plan = &planned->decision->recipients[i];

		if (plan->verdict != RP_VERDICT_SEND)
			continue;
		if (!g_str_equal(rp_catalogue_set(catalogue, plan->set)->name, lane->set_name))
			return FALSE;
		n++;
	}
	return n > 0;
}

void
rp_haul_defer_waiting(RpLane *lane, RpTime until)
{
	g_autoptr(GArray) classes = g_array_new(FALSE, FALSE, sizeof(gint64));
	g_autoptr(GPtrArray) messages = NULL;
	RpQueueCursor cursor = RP_QUEUE_CURSOR_INIT;
	RpQueueChange *change = rp_queue_change_new(rp_agent_now(lane->agent));
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, lane->agent->planned);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		if (is_of_lane_alone(lane, value))
			g_array_append_val(classes, ((RpPlannedClass *)value)->id);
	if (classes->len)
		messages = rp_queue_next(lane->agent->queue, (gint64 *)classes->data, classes->len,
			&cursor, DEFERRED_AT_ONCE, NULL);
	for (guint i = 0; messages && i < messages->len; i++) {
		RpMessageId id = ((RpQueueMessage *)messages->pdata[i])->id;

		/* Another lane may be sending it for other recipients. */
		if (!g_hash_table_contains(lane->agent->busy, &id))
			rp_change_defer(change, id, until);
	}
	rp_agent_write(lane->agent, change, NULL, NULL);
}
