/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smtp-client-private.h"

#include <string.h>

/* What sending and receiving both do to a session: give recipients their results, report messages
 * that have come to their end, and end the session. It knows neither commands nor input. */

guint64
rp_smtp_client_offset(const RpSmtpClient *client)
{
	return client->written + client->out_taken;
}

void
rp_smtp_client_leave(RpSmtpClient *client)
{
	client->sending->sent = TRUE;
	client->sending = NULL;
	client->send = RP_SMTP_SEND_NEXT;
}

/* ---- events ---- */

static RpSmtpEventItem *
push_event(RpSmtpClient *client, RpSmtpEventKind kind)
{
	RpSmtpEventItem *item = g_new0(RpSmtpEventItem, 1);
	item->event.kind = kind;
	g_queue_push_tail(&client->events, item);
	return item;
}

/* ---- messages ---- */

void
rp_smtp_transaction_free(RpSmtpTransaction *t)
{
	if (!t)
		return;
	g_free((char *)t->message.sender);
	g_free((char *)t->message.dsn_ret);
	g_free((char *)t->message.dsn_envid);
	g_ptr_array_unref(t->dsn_notify);
	g_ptr_array_unref(t->dsn_original);
	g_strfreev(t->recipients);
	g_free(t->results);
	g_free(t->has_result);
	g_free(t->round);
	g_free(t->in_round);
	g_ptr_array_unref(t->replies);
	g_free(t);
}

void
rp_smtp_client_set_result(
	RpSmtpTransaction *t, guint recipient, RpSmtpOutcome outcome, const RpReply *reply)
{
	if (t->has_result[recipient])
		return;
	t->has_result[recipient] = TRUE;
	t->results[recipient] = (RpSmtpRecipientResult){outcome, reply};
}

void
rp_smtp_client_set_other_results(RpSmtpTransaction *t, RpSmtpOutcome outcome, const RpReply *reply)
{
	for (guint i = 0; i < t->message.n_recipients; i++)
		rp_smtp_client_set_result(t, i, outcome, reply);
}

void
rp_smtp_client_set_round_results(RpSmtpTransaction *t, RpSmtpOutcome outcome, const RpReply *reply)
{
	for (guint i = 0; i < t->message.n_recipients; i++)
		if (t->in_round[i])
			rp_smtp_client_set_result(t, i, outcome, reply);
}

/* ---- transactions of a message ---- */

static gboolean
has_all_results(const RpSmtpTransaction *t)
{
	for (guint i = 0; i < t->message.n_recipients; i++)
		if (!t->has_result[i])
			return FALSE;
	return TRUE;
}

void
rp_smtp_client_begin_round(RpSmtpClient *client, RpSmtpTransaction *t)
{
	t->n_round = 0;
	for (guint i = 0; i < t->message.n_recipients; i++) {
		t->in_round[i] = !t->has_result[i] && t->n_round < client->options.max_recipients &&
				 rp_smtp_client_take_domain(client, t->message.recipients[i]);
		if (t->in_round[i])
			t->round[t->n_round++] = i;
	}
	t->n_accepted = t->n_answered = t->n_rcpt_sent = t->limit = 0;
	t->mail_ok = t->hopeless = t->sent = FALSE;
	t->end = 0;
	t->n_read = 0;
}

gboolean
rp_smtp_client_lower_limit(RpSmtpClient *client, guint limit)
{
	if (limit == 0 || limit >= client->options.max_recipients)
		return FALSE;
	client->options.max_recipients = limit;
	push_event(client, RP_SMTP_EVENT_RECIPIENT_LIMIT)->event.limit = limit;
	return TRUE;
}

void
rp_smtp_client_settle_limit(RpSmtpClient *client, const RpSmtpTransaction *t)
{
	if (t->limit == t->n_accepted)
		rp_smtp_client_lower_limit(client, t->limit);
}

RpReply *
rp_smtp_client_keep_reply(RpSmtpTransaction *t, RpStage stage, guint code, const char *text)
{
	RpSmtpReply *reply = rp_smtp_reply_new(stage, code, text);
	g_ptr_array_add(t->replies, reply);
	return &reply->reply;
}

/* ---- telling ---- */

void
rp_smtp_event_free(RpSmtpEventItem *item)
{
	if (!item)
		return;
	rp_smtp_transaction_free(item->transaction);
	rp_smtp_reply_free(item->reply);
	g_free(item);
}

void
rp_smtp_client_report(RpSmtpClient *client, RpSmtpTransaction *t)
{
	RpSmtpEventItem *item = push_event(client, RP_SMTP_EVENT_MESSAGE);
	item->transaction = t;
	item->event.message.user = t->message.user;
	item->event.message.unfit = t->unfit;
	item->event.message.recipients = t->results;
	item->event.message.n_recipients = t->message.n_recipients;
	item->event.message.end = t->end;
	client->open_octets -= t->message.size;
}

/* Recipients are left: they go before anything else; or in another session, where none of them may
 * be named in this one. */
static void
put_back(RpSmtpClient *client, RpSmtpTransaction *t)
{
	if (!rp_smtp_client_fits_domains(client, t)) {
		rp_smtp_client_set_other_results(t, RP_SMTP_NOT_SENT, NULL);
		rp_smtp_client_report(client, t);
		return;
	}
	t->end = 0; /* nothing of what is left is in doubt */
	memset(t->in_round, 0, t->message.n_recipients * sizeof *t->in_round);
	g_queue_push_head(&client->backlog, t);
}

/* Of a session that had enough they come with its end: then all that is left of it is there for
 * the next one. */
void
rp_smtp_client_report_done(RpSmtpClient *client)
{
	while (!client->enough || client->closed) {
		RpSmtpTransaction *t = g_queue_peek_head(&client->open);
		if (!t || !t->sent || t->n_waiting > 0)
			return;
		gboolean done = has_all_results(t);
		if (!done && client->closed)
			return; /* what is left of it was not sent */
		g_queue_pop_head(&client->open);
		if (done)
			rp_smtp_client_report(client, t);
		else
			put_back(client, t);
	}
}

/* From here on each command waits for its reply, in what is left of this session. */
void
rp_smtp_client_suspect(RpSmtpClient *client)
{
	if (client->in_turn || client->suspect_told)
		return;
	client->suspect_told = TRUE;
	client->pipelining = RP_SEEN_BROKEN;
	client->in_turn = TRUE;
	push_event(client, RP_SMTP_EVENT_PIPELINING_SUSPECT);
}

/* Commands were sent behind the content of a message: which is answered, or is not because of them.
 */
static gboolean
awaits_content_group(const RpSmtpClient *client, const RpSmtpPending *head)
{
	return client->content_group == RP_SEEN_UNTRIED &&
	       (head->joined || (head->cmd == RP_SMTP_CMD_DOT &&
					g_queue_get_length((GQueue *)&client->pending) > 1));
}

void
rp_smtp_client_doubt_content_group(RpSmtpClient *client)
{
	const RpSmtpPending *head = g_queue_peek_head(&client->pending);

	if (head && awaits_content_group(client, head))
		client->content_group = RP_SEEN_DOUBTED;
}

void
rp_smtp_client_chunking_works(RpSmtpClient *client)
{
	if (client->chunking == RP_SEEN_WORKS)
		return;
	client->chunking = RP_SEEN_WORKS;
	if (client->options.chunking_untried)
		push_event(client, RP_SMTP_EVENT_CHUNKING_WORKS);
}

/* A 421 is all messages' that are left, unless it was only about the number of recipients; what is
 * no answer came in the place of this one's. */
static const RpReply *
reply_to_unfinished(const RpSmtpClient *client, RpSmtpTransaction *t, const RpReply *reply)
{
	const RpSmtpPending *head = g_queue_peek_head((GQueue *)&client->pending);
	gboolean of_all = reply && reply->code == 421 && !client->limit_closed;
	gboolean strange = reply && reply->code < 400 && head && head->transaction == t;

	return of_all || strange
		       ? rp_smtp_client_keep_reply(t, reply->stage, reply->code, reply->text)
		       : NULL;
}

static void
report_unfinished(RpSmtpClient *client, RpSmtpTransaction *t, const RpReply *reply, guint64 left)
{
	const RpReply *kept = reply_to_unfinished(client, t, reply);
	RpSmtpOutcome outcome = RP_SMTP_NOT_SENT;
	if (t->unfit != RP_SMTP_FIT)
		outcome = RP_SMTP_UNFIT;
	else if (t->end > 0 && t->end <= left)
		outcome = RP_SMTP_IN_DOUBT;
	if (outcome != RP_SMTP_IN_DOUBT && kept && kept->code != 421)
		kept = NULL; /* it decides nothing */
	rp_smtp_client_set_round_results(t, outcome, kept);
	rp_smtp_client_set_other_results(
		t, outcome == RP_SMTP_UNFIT ? RP_SMTP_UNFIT : RP_SMTP_NOT_SENT, kept);
	rp_smtp_client_report(client, t);
}

void
rp_smtp_client_has_enough(RpSmtpClient *client, RpStage stage, guint code, const char *text)
{
	if (!client->enough)
		client->enough = rp_smtp_reply_new(stage, code, text);
	client->finishing = TRUE;
}

void
rp_smtp_client_end(RpSmtpClient *client, RpSmtpEnd end, const RpReply *reply, guint64 left)
{
	if (client->closed)
		return;
	client->closed = TRUE;
	if (client->enough && (end == RP_SMTP_END_QUIT || end == RP_SMTP_END_LOST)) {
		end = RP_SMTP_END_421;
		reply = &client->enough->reply;
	}
	rp_smtp_client_report_done(client);
	RpSmtpTransaction *t;
	while ((t = g_queue_pop_head(&client->open))) {
		rp_smtp_client_settle_limit(client, t);
		report_unfinished(client, t, reply, left);
	}
	while ((t = g_queue_pop_head(&client->backlog)))
		report_unfinished(client, t, reply, left);
	client->sending = NULL;
	client->send = RP_SMTP_SEND_NOTHING;
	g_queue_clear_full(&client->pending, g_free);
	RpSmtpEventItem *item = push_event(client, RP_SMTP_EVENT_CLOSED);
	item->event.end = end;
	if (reply) {
		item->reply = rp_smtp_reply_new(reply->stage, reply->code, reply->text);
		item->event.reply = &item->reply->reply;
	}
}
