/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smtp-client-private.h"

#include <string.h>

/* The sending cursor: one function a state, each writes what it may and moves on, or says that it
 * must wait for a reply, a message or its content. */

#define OUTPUT_SIZE (16 * 1024)
/* With MAIL and RCPT it is less than a segment. */
#define FIRST_CHUNK 512
/* Of a message that goes ahead of that. */
#define LAST_CHUNK 64

static void
await(RpSmtpClient *client, RpSmtpCmd cmd, guint recipient)
{
	const RpSmtpPending *last = g_queue_peek_tail(&client->pending);
	RpSmtpPending *pending = g_new0(RpSmtpPending, 1);
	pending->cmd = cmd;
	pending->recipient = recipient;
	pending->behind = last != NULL;
	pending->joined = last && (last->joined || last->cmd == RP_SMTP_CMD_DOT);
	pending->end = client->written + client->out->len;
	if (cmd != RP_SMTP_CMD_RSET && cmd != RP_SMTP_CMD_QUIT) {
		pending->transaction = client->sending;
		client->sending->n_waiting++;
	}
	g_queue_push_tail(&client->pending, pending);
}

static gboolean
must_wait(const RpSmtpClient *client)
{
	const RpSmtpPending *last = g_queue_peek_tail((GQueue *)&client->pending);
	gboolean alone = client->options.content_alone || client->content_group == RP_SEEN_BROKEN;

	return last && (client->in_turn || (alone && last->cmd == RP_SMTP_CMD_DOT));
}

/* The message has no recipient left that could be accepted: what of it was not written stays so. */
static gboolean
is_dead(const RpSmtpTransaction *transaction)
{
	return transaction->hopeless ||
	       (transaction->n_answered == transaction->n_round && transaction->n_accepted == 0);
}

/* Leaves it before its content; the server may have taken MAIL. */
static gboolean
abandon(RpSmtpClient *client)
{
	client->dirty = client->dirty || client->sending->mail_ok;
	rp_smtp_client_leave(client);
	return TRUE;
}

/* NULL: there is none. Where the session has no room for it, it is left for another one. */
static RpSmtpTransaction *
take_next(RpSmtpClient *client)
{
	RpSmtpTransaction *next = client->enough ? NULL : g_queue_peek_head(&client->backlog);

	if (!rp_smtp_client_has_room(client, next)) {
		client->finishing = TRUE;
		return NULL;
	}
	return next ? g_queue_pop_head(&client->backlog) : NULL;
}

static gboolean
send_next(RpSmtpClient *client)
{
	if (must_wait(client))
		return FALSE;
	rp_smtp_client_report_done(client); /* there may be a next transaction for one of them */
	RpSmtpTransaction *next = take_next(client);
	if (next) {
		rp_smtp_client_begin_round(client, next);
		g_queue_push_tail(&client->open, next);
		client->sending = next;
		client->send = RP_SMTP_SEND_MAIL;
		return TRUE;
	}
	if (!client->finishing || !g_queue_is_empty(&client->pending))
		return FALSE;
	rp_smtp_append(client->out, "QUIT\r\n");
	await(client, RP_SMTP_CMD_QUIT, 0);
	client->send = RP_SMTP_SEND_NOTHING;
	return TRUE;
}

/* The server has no RSET: what is next waits until the message before it is taken, and else it is
 * another session's. */
static gboolean
go_on_without_rset(RpSmtpClient *client)
{
	if (!g_queue_is_empty(&client->pending))
		return FALSE;
	if (client->last_taken) {
		client->dirty = FALSE;
		return TRUE;
	}
	client->finishing = TRUE;
	rp_smtp_client_set_other_results(client->sending, RP_SMTP_NOT_SENT, NULL);
	rp_smtp_client_leave(client);
	return TRUE;
}

/* While the outcome of the transaction before is unknown, RSET goes first: were it refused in the
 * middle, this message's recipients would join it and go out under its sender. */
static gboolean
send_mail(RpSmtpClient *client)
{
	if (must_wait(client))
		return FALSE;
	if (client->dirty && client->rset_refused)
		return go_on_without_rset(client);
	if (client->dirty) {
		client->dirty = FALSE;
		rp_smtp_append(client->out, "RSET\r\n");
		await(client, RP_SMTP_CMD_RSET, 0);
		return TRUE;
	}
	rp_smtp_append_mail(client->out, &client->sending->message, &client->capabilities);
	await(client, RP_SMTP_CMD_MAIL, 0);
	client->n_mail++;
	client->send = RP_SMTP_SEND_RCPT;
	return TRUE;
}

static gboolean
send_rcpt(RpSmtpClient *client)
{
	RpSmtpTransaction *t = client->sending;
	if (must_wait(client))
		return FALSE;
	if (t->hopeless)
		return abandon(client);
	guint recipient = t->round[t->n_rcpt_sent++];
	rp_smtp_append_rcpt(client->out, &t->message, recipient, &client->capabilities);
	await(client, RP_SMTP_CMD_RCPT, recipient);
	if (t->n_rcpt_sent == t->n_round)
		client->send = client->use_bdat ? RP_SMTP_SEND_CHUNK : RP_SMTP_SEND_DATA;
	return TRUE;
}

/* What may well be refused is not sent content with: the replies to its RCPT come first. */
static gboolean
must_wait_for_rcpt(const RpSmtpClient *client)
{
	const RpSmtpTransaction *t = client->sending;

	return t->message.await_rcpt && !t->n_accepted && !t->hopeless &&
	       t->n_answered < t->n_round;
}

static gboolean
send_data(RpSmtpClient *client)
{
	if (must_wait(client) || must_wait_for_rcpt(client))
		return FALSE;
	if (is_dead(client->sending))
		return abandon(client);
	rp_smtp_append(client->out, "DATA\r\n");
	await(client, RP_SMTP_CMD_DATA, 0);
	client->send = RP_SMTP_SEND_AWAIT_DATA;
	return TRUE;
}

static gboolean
send_await_data(RpSmtpClient *client)
{
	return FALSE;
}

/* The content can't be had to its end. The replies to what went before are still good to know; then
 * the connection is cut, so that the server drops what it has of this message. */
static gboolean
content_failed(RpSmtpClient *client)
{
	client->sending->unfit = RP_SMTP_READ_ERROR;
	client->send = RP_SMTP_SEND_NOTHING;
	return FALSE;
}

/* Reads the next piece, at most `limit`. -1: wait or give up, the state says which. */
static gssize
read_content(RpSmtpClient *client, guint8 *buffer, gsize limit)
{
	RpSmtpTransaction *t = client->sending;
	if (client->content_later)
		return -1;
	gsize want = (gsize)MIN((gint64)limit, t->message.size - t->n_read);
	gssize got = t->message.read(t->message.source, t->n_read, buffer, want);
	if (got == RP_SMTP_READ_LATER) {
		client->content_later = TRUE;
		return -1;
	}
	if (got <= 0 || (gsize)got > want) {
		content_failed(client);
		return -1;
	}
	t->n_read += got;
	return got;
}

static void
keep_tail(RpSmtpTransaction *t, const guint8 *data, gsize size)
{
	t->tail[0] = size > 1 ? data[size - 2] : t->tail[1];
	t->tail[1] = data[size - 1];
}

/* Doubles dots at the start of lines (RFC 5321 section 4.5.2), also behind a bare line feed, which
 * some servers take for a line's end. */
static void
append_stuffed(GByteArray *out, const guint8 *data, gsize size, gboolean line_start)
{
	while (size > 0) {
		if (line_start && *data == '.')
			g_byte_array_append(out, (const guint8 *)".", 1);
		const guint8 *feed = memchr(data, '\n', size);
		gsize length = feed ? (gsize)(feed - data) + 1 : size;
		g_byte_array_append(out, data, (guint)length);
		line_start = feed != NULL;
		data += length;
		size -= length;
	}
}

static gboolean
send_content(RpSmtpClient *client)
{
	RpSmtpTransaction *t = client->sending;
	guint8 buffer[OUTPUT_SIZE];
	if (t->n_read == t->message.size) {
		client->send = RP_SMTP_SEND_DOT;
		return TRUE;
	}
	gboolean line_start = t->n_read == 0 || t->tail[1] == '\n';
	gssize got = read_content(client, buffer, sizeof buffer);
	if (got < 0)
		return FALSE;
	append_stuffed(client->out, buffer, (gsize)got, line_start);
	keep_tail(t, buffer, (gsize)got);
	return TRUE;
}

/* Also the lone dot that RFC 2920 section 3.1 asks for when DATA was allowed without recipients. */
static gboolean
send_dot(RpSmtpClient *client)
{
	RpSmtpTransaction *t = client->sending;
	if (t->n_read > 0 && !(t->tail[0] == '\r' && t->tail[1] == '\n'))
		rp_smtp_append(client->out, "\r\n");
	rp_smtp_append(client->out, ".\r\n");
	await(client, RP_SMTP_CMD_DOT, 0);
	if (t->n_accepted > 0)
		t->end = client->written + client->out->len;
	rp_smtp_client_leave(client);
	return TRUE;
}

static gboolean
all_answered(const RpSmtpTransaction *t)
{
	return t->hopeless || t->n_answered == t->n_round;
}

/* Of the first message the first chunk is small, where nobody knows whether BDAT works: it is in
 * the first segments, and its answer comes with those to MAIL and RCPT. The answer to the message
 * may take a round trip longer: the server's TCP holds it back until those are acknowledged (RFC
 * 896). The message behind it goes ahead too, but for its end: as long as that was not said, no
 * server has it, whatever it does with BDAT. */
static guint
chunk_size(const RpSmtpClient *client, const RpSmtpTransaction *t)
{
	gint64 left = t->message.size - t->n_read, most = client->options.chunk_size;
	gboolean tries = client->options.chunking_untried && client->chunking == RP_SEEN_UNTRIED;

	if (!tries)
		return (guint)MIN(most, left);
	if (t != g_queue_peek_head((GQueue *)&client->open))
		return (guint)MIN(most, MAX(left - LAST_CHUNK, 0));
	return (guint)MIN(t->n_read == 0 && left >= 2 * FIRST_CHUNK ? FIRST_CHUNK : most, left);
}

static gboolean
send_chunk(RpSmtpClient *client)
{
	RpSmtpTransaction *t = client->sending;
	if (must_wait(client) || must_wait_for_rcpt(client))
		return FALSE;
	if (client->options.await_rcpt && !client->rcpt_accepted && !all_answered(t))
		return FALSE;
	if (is_dead(t))
		return abandon(client);
	gint64 left = t->message.size - t->n_read;
	t->chunk_left = chunk_size(client, t);
	if (!t->chunk_left && left)
		return FALSE; /* until BDAT is seen to work */
	t->chunk_is_last = t->chunk_left == left;
	g_autofree char *command =
		g_strdup_printf("BDAT %u%s\r\n", t->chunk_left, t->chunk_is_last ? " LAST" : "");
	rp_smtp_append(client->out, command);
	await(client, t->chunk_is_last ? RP_SMTP_CMD_LAST : RP_SMTP_CMD_CHUNK, 0);
	((RpSmtpPending *)client->pending.tail->data)->end = G_MAXUINT64;
	client->send = RP_SMTP_SEND_CHUNK_CONTENT;
	return TRUE;
}

static void
end_chunk(RpSmtpClient *client)
{
	RpSmtpTransaction *t = client->sending;
	guint64 end = client->written + client->out->len;
	/* An early refusal may have taken it off the list already. */
	for (GList *l = client->pending.tail; l; l = l->prev) {
		RpSmtpPending *pending = l->data;
		if (pending->transaction == t && pending->end == G_MAXUINT64)
			pending->end = end;
	}
	if (!t->chunk_is_last) {
		client->send = RP_SMTP_SEND_CHUNK;
		return;
	}
	t->end = end;
	client->dirty = TRUE;
	rp_smtp_client_leave(client);
}

/* The end is noted with the last octet: the reply to it may come before more is written. */
static gboolean
send_chunk_content(RpSmtpClient *client)
{
	RpSmtpTransaction *t = client->sending;
	guint8 buffer[OUTPUT_SIZE];
	if (t->chunk_left > 0) {
		gssize got = read_content(client, buffer, MIN(sizeof buffer, t->chunk_left));
		if (got < 0)
			return FALSE;
		g_byte_array_append(client->out, buffer, (guint)got);
		t->chunk_left -= (guint)got;
	}
	if (t->chunk_left == 0)
		end_chunk(client);
	return TRUE;
}

typedef gboolean (*SendStep)(RpSmtpClient *client);

static const SendStep send_steps[RP_N_SMTP_SENDS] = {
	[RP_SMTP_SEND_NEXT] = send_next,
	[RP_SMTP_SEND_MAIL] = send_mail,
	[RP_SMTP_SEND_RCPT] = send_rcpt,
	[RP_SMTP_SEND_DATA] = send_data,
	[RP_SMTP_SEND_AWAIT_DATA] = send_await_data,
	[RP_SMTP_SEND_CONTENT] = send_content,
	[RP_SMTP_SEND_DOT] = send_dot,
	[RP_SMTP_SEND_CHUNK] = send_chunk,
	[RP_SMTP_SEND_CHUNK_CONTENT] = send_chunk_content,
	[RP_SMTP_SEND_NOTHING] = send_await_data,
};

/* After the content of a message could not be read: is everything answered that can be? */
static gboolean
nothing_more_to_learn(const RpSmtpClient *client)
{
	const RpSmtpPending *head = g_queue_peek_head((GQueue *)&client->pending);
	return client->sending && client->sending->unfit == RP_SMTP_READ_ERROR &&
	       (!head || head->end == G_MAXUINT64);
}

void
rp_smtp_client_fill(RpSmtpClient *client)
{
	while (!client->closed && client->out->len < OUTPUT_SIZE &&
		send_steps[client->send](client))
		;
	rp_smtp_client_report_done(client);
	if (nothing_more_to_learn(client))
		rp_smtp_client_end(client, RP_SMTP_END_LOCAL, NULL, rp_smtp_client_offset(client));
}
