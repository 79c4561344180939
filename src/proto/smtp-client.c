/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smtp-client-private.h"

/* The SMTP client as its owner sees it: messages in, octets in
 * and out, events out, and how long to wait for what. */

/* RFC 5321 section 4.5.3.1.8: so many every server takes, or it says so. */
#define MAX_RECIPIENTS 100
/* Messages that are begun while nobody has seen BDAT work: one of them whole. */
#define OPEN_UNTRIED 2
/* With CHUNKING so many octets are put together at the least, a few segments, before they go out:
 * what lies in a session can go by no other, and goes in vain where the server closes it. */
#define TOP_UP 4096
/* Octets of empty lines before an answer. */
#define NOTHING_MOST 64

/* ---- messages ---- */

/* Copies; entries may be NULL, and so may all. */
static GPtrArray *
copy_strings(const char *const *strings, guint n)
{
	GPtrArray *copy = g_ptr_array_new_full(n, g_free);

	for (guint i = 0; i < n; i++)
		g_ptr_array_add(copy, g_strdup(strings ? strings[i] : NULL));
	return copy;
}

static RpSmtpTransaction *
transaction_new(const RpSmtpMessage *message)
{
	RpSmtpTransaction *t = g_new0(RpSmtpTransaction, 1);
	t->message = *message;
	t->recipients = g_new0(char *, message->n_recipients + 1);
	for (guint i = 0; i < message->n_recipients; i++)
		t->recipients[i] = g_strdup(message->recipients[i]);
	t->message.recipients = (const char *const *)t->recipients;
	t->message.sender = g_strdup(message->sender);
	t->message.dsn_ret = g_strdup(message->dsn_ret);
	t->message.dsn_envid = g_strdup(message->dsn_envid);
	t->dsn_notify = copy_strings(message->dsn_notify, message->n_recipients);
	t->message.dsn_notify = (const char *const *)t->dsn_notify->pdata;
	t->dsn_original = copy_strings(message->dsn_original, message->n_recipients);
	t->message.dsn_original = (const char *const *)t->dsn_original->pdata;
	t->results = g_new0(RpSmtpRecipientResult, message->n_recipients);
	t->has_result = g_new0(gboolean, message->n_recipients);
	t->round = g_new0(guint, message->n_recipients);
	t->in_round = g_new0(gboolean, message->n_recipients);
	t->replies = g_ptr_array_new_with_free_func((GDestroyNotify)rp_smtp_reply_free);
	return t;
}

/* ---- events ---- */

const RpSmtpEvent *
rp_smtp_client_next_event(RpSmtpClient *client)
{
	rp_smtp_event_free(client->current_event);
	client->current_event = g_queue_pop_head(&client->events);
	return client->current_event ? &client->current_event->event : NULL;
}

/* ---- the client ---- */

RpSmtpClient *
rp_smtp_client_new(const RpSmtpCapabilities *capabilities, const RpSmtpClientOptions *options)
{
	RpSmtpClient *client = g_new0(RpSmtpClient, 1);
	client->capabilities = *capabilities;
	client->options = *options;
	if (client->options.max_messages == 0)
		client->options.max_messages = 100;
	if (client->options.max_octets == 0)
		client->options.max_octets = 1024 * 1024;
	else if (client->options.max_octets < 0)
		client->options.max_octets = G_MAXINT64;
	if (client->options.chunk_size == 0)
		client->options.chunk_size = 64 * 1024;
	if (client->options.max_recipients == 0)
		client->options.max_recipients = MAX_RECIPIENTS;
	if (capabilities->max_recipients)
		client->options.max_recipients =
			MIN(client->options.max_recipients, capabilities->max_recipients);
	guint can = capabilities->can;
	client->in_turn = !options->pipelining || !(can & RP_SMTP_CAN_PIPELINING);
	client->use_bdat =
		!client->in_turn && !options->chunking_off && (can & RP_SMTP_CAN_CHUNKING);
	client->domains = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	client->out = g_byte_array_sized_new(256); /* so that its data is never NULL */
	rp_smtp_parser_init(&client->parser);
	return client;
}

void
rp_smtp_client_free(RpSmtpClient *client)
{
	if (!client)
		return;
	g_queue_clear_full(&client->backlog, (GDestroyNotify)rp_smtp_transaction_free);
	g_queue_clear_full(&client->open, (GDestroyNotify)rp_smtp_transaction_free);
	g_queue_clear_full(&client->pending, g_free);
	g_queue_clear_full(&client->events, (GDestroyNotify)rp_smtp_event_free);
	rp_smtp_event_free(client->current_event);
	g_hash_table_unref(client->domains);
	g_byte_array_unref(client->out);
	rp_smtp_parser_clear(&client->parser);
	rp_smtp_reply_free(client->enough);
	g_free(client->strange);
	g_free(client);
}

gboolean
rp_smtp_client_is_closed(const RpSmtpClient *client)
{
	return client->closed;
}

gboolean
rp_smtp_client_wants_message(const RpSmtpClient *client)
{
	const RpSmtpClientOptions *options = &client->options;
	guint open = g_queue_get_length((GQueue *)&client->open);
	if (client->closed || client->finishing || client->send == RP_SMTP_SEND_NOTHING)
		return FALSE;
	if (!g_queue_is_empty((GQueue *)&client->backlog) || !rp_smtp_client_has_room(client, NULL))
		return FALSE;
	if (options->await_rcpt && !client->rcpt_accepted)
		return open == 0;
	if (client->use_bdat && options->chunking_untried && client->chunking == RP_SEEN_UNTRIED)
		return open < OPEN_UNTRIED;
	return open == 0 ||
	       (open < options->max_messages && client->open_octets < options->max_octets);
}

gboolean
rp_smtp_client_push(RpSmtpClient *client, const RpSmtpMessage *message)
{
	g_return_val_if_fail(message->n_recipients > 0 && message->size >= 0, FALSE);
	if (client->closed || client->finishing)
		return FALSE;
	RpSmtpTransaction *t = transaction_new(message);
	client->open_octets += message->size;
	t->unfit = rp_smtp_message_fit(message, &client->capabilities);
	if (t->unfit == RP_SMTP_FIT) {
		g_queue_push_tail(&client->backlog, t);
		return TRUE;
	}
	rp_smtp_client_set_other_results(t, RP_SMTP_UNFIT, NULL);
	rp_smtp_client_report(client, t);
	return TRUE;
}

void
rp_smtp_client_do_not_await_rcpt(RpSmtpClient *client)
{
	client->options.await_rcpt = FALSE;
}

void
rp_smtp_client_trust_chunking(RpSmtpClient *client)
{
	client->options.chunking_untried = FALSE;
}

void
rp_smtp_client_finish(RpSmtpClient *client)
{
	client->finishing = TRUE;
}

/* Only when all was taken: what is being written must stay where it is. */
static void
refill(RpSmtpClient *client)
{
	if (client->out_taken < client->out->len)
		return;
	client->written += client->out->len;
	client->out_taken = 0;
	client->out_shown = FALSE;
	g_byte_array_set_size(client->out, 0);
	rp_smtp_client_fill(client);
}

/* An answer has written the content of a message, and let in another one: its MAIL belongs into the
 * segment in which the content ends. A server that reads both at once answers them at once; else
 * its TCP keeps the second answer back until the first is acknowledged (RFC 896), and each message
 * takes a round trip more. */
void
rp_smtp_client_top_up(RpSmtpClient *client)
{
	gboolean little = client->out->len < TOP_UP;

	if (!client->out_shown && (little || !client->use_bdat))
		rp_smtp_client_fill(client);
}

gsize
rp_smtp_client_output(RpSmtpClient *client, const guint8 **data)
{
	if (client->deaf)
		return 0;
	refill(client);
	rp_smtp_client_top_up(client);
	if (client->closed)
		return 0;
	client->out_shown = TRUE;
	*data = client->out->data + client->out_taken;
	return client->out->len - client->out_taken;
}

void
rp_smtp_client_sent(RpSmtpClient *client, gsize size)
{
	g_return_if_fail(size <= client->out->len - client->out_taken);
	client->out_taken += size;
}

void
rp_smtp_client_content_ready(RpSmtpClient *client)
{
	client->content_later = FALSE;
}

/* Some put an empty line before an answer, or behind one. In turn it can't be the answer to another
 * command than the next line is. */
static gboolean
is_nothing(const RpSmtpClient *client)
{
	return client->in_turn && !client->parser.line->len && client->parser.total < NOTHING_MOST;
}

gboolean
rp_smtp_client_input(RpSmtpClient *client, const guint8 *data, gsize size)
{
	gboolean any = FALSE;

	while (size > 0 && !client->closed) {
		gsize used = 0;
		RpSmtpParse parse = rp_smtp_parser_feed(&client->parser, data, size, &used);
		data += used;
		size -= used;
		if (parse == RP_SMTP_PARSE_BAD && !is_nothing(client)) {
			rp_smtp_client_receive_strange(client, client->parser.line->str);
			rp_smtp_parser_begin_anew(&client->parser);
		} else if (parse == RP_SMTP_PARSE_REPLY) {
			any = TRUE;
			rp_smtp_client_receive(
				client, client->parser.code, client->parser.text->str);
			rp_smtp_client_end_deaf(client);
		}
	}
	rp_smtp_client_report_done(client);
	refill(client); /* a message may have come to its end by not being sent on */
	return any;
}

/* The envelope was answered, and the line ends where the answer to BDAT should come. */
static gboolean
awaits_first_bdat(const RpSmtpClient *client, const RpSmtpPending *head)
{
	return client->chunking == RP_SEEN_UNTRIED &&
	       (head->cmd == RP_SMTP_CMD_CHUNK || head->cmd == RP_SMTP_CMD_LAST) &&
	       head->transaction->n_accepted > 0;
}

/* Commands were sent together, and some have no answer: it may have thrown them away, or closed
 * because of them. */
static gboolean
awaits_first_group(const RpSmtpClient *client, const RpSmtpPending *head)
{
	return client->pipelining == RP_SEEN_UNTRIED &&
	       (head->behind || g_queue_get_length((GQueue *)&client->pending) > 1);
}

void
rp_smtp_client_lost(RpSmtpClient *client, guint64 left)
{
	const RpSmtpPending *head = g_queue_peek_head(&client->pending);
	if (head && head->cmd == RP_SMTP_CMD_QUIT) {
		rp_smtp_client_end(client, RP_SMTP_END_QUIT, NULL, left);
		return;
	}
	if (client->strange) {
		rp_smtp_client_end_strange(client, left);
		return;
	}
	if (client->enough)
		; /* that is why */
	else if (head && awaits_first_bdat(client, head))
		client->chunking = RP_SEEN_DOUBTED;
	else if (head && awaits_first_group(client, head))
		client->pipelining = RP_SEEN_DOUBTED;
	else
		rp_smtp_client_doubt_content_group(client);
	rp_smtp_client_end(client, RP_SMTP_END_LOST, NULL, left);
}

RpSeen
rp_smtp_client_chunking(const RpSmtpClient *client)
{
	return client->chunking;
}

RpSeen
rp_smtp_client_pipelining(const RpSmtpClient *client)
{
	return client->pipelining;
}

RpSeen
rp_smtp_client_content_group(const RpSmtpClient *client)
{
	return client->content_group;
}

/* ---- time ---- */

RpSmtpWait
rp_smtp_client_wait(const RpSmtpClient *client)
{
	static const RpSmtpWait waits[RP_N_SMTP_CMDS] = {
		[RP_SMTP_CMD_MAIL] = RP_SMTP_WAIT_MAIL,
		[RP_SMTP_CMD_RCPT] = RP_SMTP_WAIT_RCPT,
		[RP_SMTP_CMD_DATA] = RP_SMTP_WAIT_DATA,
		[RP_SMTP_CMD_DOT] = RP_SMTP_WAIT_CONTENT,
		[RP_SMTP_CMD_CHUNK] = RP_SMTP_WAIT_CONTENT,
		[RP_SMTP_CMD_LAST] = RP_SMTP_WAIT_CONTENT,
		[RP_SMTP_CMD_RSET] = RP_SMTP_WAIT_MAIL,
		[RP_SMTP_CMD_QUIT] = RP_SMTP_WAIT_QUIT,
	};
	if (client->closed)
		return RP_SMTP_WAIT_NOTHING;
	if (client->out_taken < client->out->len && !client->deaf)
		return RP_SMTP_WAIT_BLOCK;
	const RpSmtpPending *head = g_queue_peek_head((GQueue *)&client->pending);
	if (client->strange)
		return RP_SMTP_WAIT_GROUP;
	if (head && head->joined && client->content_group == RP_SEEN_UNTRIED)
		return RP_SMTP_WAIT_GROUP;
	return head ? waits[head->cmd] : RP_SMTP_WAIT_NOTHING;
}

guint
rp_smtp_wait_seconds(RpSmtpWait wait)
{
	switch (wait) {
	case RP_SMTP_WAIT_NOTHING:
		return 0;
	case RP_SMTP_WAIT_MAIL:
	case RP_SMTP_WAIT_RCPT:
		return 5 * 60;
	case RP_SMTP_WAIT_DATA:
		return 2 * 60;
	case RP_SMTP_WAIT_BLOCK:
		return 3 * 60;
	case RP_SMTP_WAIT_CONTENT:
		return 10 * 60;
	case RP_SMTP_WAIT_GROUP:
		return 30;
	case RP_SMTP_WAIT_QUIT:
		return 5;
	}
	return 0;
}

const char *
rp_smtp_outcome_name(RpSmtpOutcome outcome)
{
	switch (outcome) {
	case RP_SMTP_ACCEPTED:
		return "accepted";
	case RP_SMTP_REFUSED:
		return "refused";
	case RP_SMTP_NOT_SENT:
		return "not-sent";
	case RP_SMTP_IN_DOUBT:
		return "in-doubt";
	case RP_SMTP_UNFIT:
		return "unfit";
	}
	return "";
}
