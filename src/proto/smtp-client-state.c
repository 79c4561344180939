/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smtp-client-private.h"

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

RpReply *
rp_smtp_client_keep_reply(RpSmtpTransaction *t, RpStage stage, guint code, const char *text)
{
	RpSmtpReply *reply = rp_smtp_reply_new(stage, code, text);
	g_ptr_array_add(t->replies, reply);
	return &reply->reply;
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
	client->open_octets -= t->message.size;
}

void
rp_smtp_client_report_done(RpSmtpClient *client)
{
	for (;;) {
		RpSmtpTransaction *t = g_queue_peek_head(&client->open);
		if (!t || !t->sent || t->n_waiting > 0)
			return;
		g_queue_pop_head(&client->open);
		rp_smtp_client_report(client, t);
	}
}

/* From here on each command waits for its reply, in what is left of this session. */
void
rp_smtp_client_suspect(RpSmtpClient *client)
{
	if (client->in_turn || client->suspect_told)
		return;
	client->suspect_told = TRUE;
	client->in_turn = TRUE;
	push_event(client, RP_SMTP_EVENT_PIPELINING_SUSPECT);
}

static void
report_unfinished(RpSmtpClient *client, RpSmtpTransaction *t, const RpReply *reply, guint64 left)
{
	const RpReply *kept =
		reply && reply->code == 421
			? rp_smtp_client_keep_reply(t, reply->stage, reply->code, reply->text)
			: NULL;
	RpSmtpOutcome outcome = RP_SMTP_NOT_SENT;
	if (t->unfit != RP_SMTP_FIT)
		outcome = RP_SMTP_UNFIT;
	else if (t->end > 0 && t->end <= left)
		outcome = RP_SMTP_IN_DOUBT;
	rp_smtp_client_set_other_results(t, outcome, kept);
	rp_smtp_client_report(client, t);
}

void
rp_smtp_client_end(RpSmtpClient *client, RpSmtpEnd end, const RpReply *reply, guint64 left)
{
	if (client->closed)
		return;
	client->closed = TRUE;
	rp_smtp_client_report_done(client);
	RpSmtpTransaction *t;
	while ((t = g_queue_pop_head(&client->open)))
		report_unfinished(client, t, reply, left);
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
