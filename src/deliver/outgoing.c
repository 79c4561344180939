/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "lane.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* A message on its way through a lane: to whom of its recipients it goes there, its octets, and how
 * the engine is given it. */

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
	/* One recipient of one message asks. */
	if (plan->probe && lane->asking)
		return FALSE;
	return plan->verdict == RP_VERDICT_SEND &&
	       g_str_equal(
		       rp_catalogue_set(situation->catalogue, plan->set)->name, lane->set_name) &&
	       g_strcmp0(interface, lane->interface) == 0 &&
	       plan->without_login == lane->without_login &&
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

static RpOutgoing *
outgoing_new(RpLane *lane, RpQueueMessage *message, guint n_most)
{
	RpOutgoing *outgoing = g_new0(RpOutgoing, 1);

	outgoing->lane = lane;
	outgoing->copy = -1;
	outgoing->id = message->id;
	outgoing->message = message;
	outgoing->numbers = g_new0(guint, n_most);
	outgoing->addresses = g_new0(const char *, n_most);
	outgoing->dsn_notify = g_new0(const char *, n_most);
	outgoing->dsn_original = g_new0(const char *, n_most);
	outgoing->rules = g_new0(char *, n_most);
	return outgoing;
}

static void
add_recipient(RpOutgoing *outgoing, const RpQueueRecipient *recipient, const RpRecipientPlan *plan)
{
	guint n = outgoing->n_recipients++;

	outgoing->numbers[n] = recipient->number;
	outgoing->addresses[n] = recipient->address;
	outgoing->dsn_notify[n] = recipient->dsn_notify;
	outgoing->dsn_original[n] = recipient->dsn_original;
	outgoing->was_put_off |= rp_put_off_is(outgoing->lane, recipient);
	outgoing->rules[n] = g_strdup(plan->rule);
	if (plan->probe)
		outgoing->asks = outgoing->lane->asking = TRUE;
}

/* The set of the last, or -1: none goes this way. */
static gint
add_recipients(RpOutgoing *outgoing, const RpSituation *situation, const RpDecision *decision,
	gboolean aside_too)
{
	RpLane *lane = outgoing->lane;
	guint pending = 0;
	gint set = -1;

	for (guint i = 0; i < outgoing->message->recipients->len; i++) {
		const RpQueueRecipient *recipient = outgoing->message->recipients->pdata[i];
		const RpRecipientPlan *plan;

		if (recipient->state != RP_RECIPIENT_PENDING)
			continue;
		plan = &decision->recipients[pending++];
		if ((!aside_too && rp_put_off_aside(lane, recipient->address)) ||
			!goes_this_way(lane, plan, situation))
			continue;
		set = (gint)plan->set;
		add_recipient(outgoing, recipient, plan);
	}
	return set;
}

RpOutgoing *
rp_outgoing_new(RpLane *lane, const RpSituation *situation, RpQueueMessage *message)
{
	g_autofree const char **scratch = NULL;
	g_autoptr(RpDecision) decision = NULL;
	RpMessageFacts facts;

	rp_queue_message_facts(message, &facts, &scratch);
	decision = rp_policy_decide(situation, &facts);
	RpOutgoing *outgoing = outgoing_new(lane, message, decision->n_recipients);
	gint set = add_recipients(outgoing, situation, decision, FALSE);
	if (set < 0)
		set = add_recipients(outgoing, situation, decision, TRUE);
	if (set >= 0)
		rewrite_sender(outgoing, rp_catalogue_set(situation->catalogue, (guint)set),
			rp_policy_new_sender(situation->catalogue, (guint)set, &facts));
	return outgoing;
}

void
rp_outgoing_free(RpOutgoing *outgoing)
{
	if (outgoing->asks)
		outgoing->lane->asking = FALSE;
	for (guint i = 0; i < outgoing->n_recipients; i++)
		g_free(outgoing->rules[i]);
	g_free(outgoing->rules);
	g_free(outgoing->numbers);
	g_free(outgoing->addresses);
	g_free(outgoing->dsn_notify);
	g_free(outgoing->dsn_original);
	rp_conversion_cancel(outgoing->conversion);
	rp_fd_clear(&outgoing->copy);
	g_free(outgoing->sender);
	g_free(outgoing->from);
	rp_queue_message_free(outgoing->message);
	g_free(outgoing);
}

/* ---- what the engine is given ---- */

gint64
rp_outgoing_size(const RpOutgoing *outgoing)
{
	return outgoing->copy >= 0 ? outgoing->copy_size : outgoing->message->size;
}

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
					 : rp_queue_read(outgoing->lane->lanes->ground->queue,
						   outgoing->id, offset, buffer, size, &error);

	if (got < 0) {
		g_warning("content can't be read: %s", error->message);
		return RP_SMTP_READ_FAILED;
	}
	return got;
}

static gboolean
needs(const RpOutgoing *outgoing, guint flags, guint converted)
{
	return (outgoing->message->flags & flags) && !(outgoing->converted & converted);
}

RpSmtpMessage
rp_outgoing_message(RpOutgoing *outgoing)
{
	return (RpSmtpMessage){
		.user = outgoing,
		.sender = outgoing->sender ? outgoing->sender : outgoing->message->sender,
		.recipients = outgoing->addresses,
		.n_recipients = outgoing->n_recipients,
		.size = rp_outgoing_size(outgoing),
		.needs_8bitmime = needs(outgoing, RP_MESSAGE_8BIT, RP_CONVERT_8BIT),
		.needs_smtputf8 = needs(outgoing, RP_MESSAGE_SMTPUTF8, RP_CONVERT_HEADER),
		.header_not_utf8 = needs(
			outgoing, RP_MESSAGE_NOT_UTF8, RP_CONVERT_HEADER | RP_CONVERT_NOT_UTF8),
		.raw_header = outgoing->raw_header,
		.as_it_is = outgoing->as_it_is,
		.needs_encoding =
			needs(outgoing, RP_MESSAGE_LONG_LINES | RP_MESSAGE_NUL, RP_CONVERT_LINES),
		.await_rcpt = outgoing->was_put_off || outgoing->asks,
		.dsn_ret = outgoing->message->dsn_ret,
		.dsn_envid = outgoing->message->dsn_envid,
		.dsn_notify = outgoing->dsn_notify,
		.dsn_original = outgoing->dsn_original,
		.read = read_content,
		.source = outgoing,
	};
}
