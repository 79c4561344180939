/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smtp-client-private.h"

#include "roampost/base.h"

#include <string.h>

/* The receiving cursor: the command whose reply comes next, and what each reply does to its
 * message. */

/* Of a line that is no reply. */
#define STRANGE_KEPT 200
/* Of them, before an answer. */
#define STRANGE_MOST 8

static void
protocol_error(RpSmtpClient *client, RpStage stage, guint code, const char *text)
{
	g_autoptr(RpSmtpReply) reply = rp_smtp_reply_new(stage, code, text);
	/* More answers than commands, or one meant for another: pipelining may be to blame. */
	rp_smtp_client_suspect(client);
	rp_smtp_client_end(
		client, RP_SMTP_END_PROTOCOL, &reply->reply, rp_smtp_client_offset(client));
}

/* MAIL was refused: it names no recipient, and would be the same for all. */
static void
refuse_message(RpSmtpTransaction *t, RpStage stage, guint code, const char *text)
{
	t->hopeless = TRUE;
	rp_smtp_client_set_other_results(
		t, RP_SMTP_REFUSED, rp_smtp_client_keep_reply(t, stage, code, text));
}

/* Whether a transaction with others in it would be told the same. Words that say nothing known may
 * be about those who were in this one. */
static gboolean
is_of_all(const RpReply *reply)
{
	return rp_reply_classify(reply, NULL).class != RP_REPLY_UNKNOWN;
}

/* DATA or the content was refused: for who was accepted in this transaction. Where nobody was, each
 * has an answer of its own already, and this one ("no valid recipients") is of nobody. Who is not
 * in it goes in the next; or in none, where that would only hear the same. */
static void
refuse_transaction(RpSmtpTransaction *t, RpStage stage, guint code, const char *text)
{
	const RpReply *reply = NULL;

	if (t->hopeless || t->n_accepted == 0)
		return;
	t->hopeless = TRUE;
	reply = rp_smtp_client_keep_reply(t, stage, code, text);
	rp_smtp_client_set_round_results(t, RP_SMTP_REFUSED, reply);
	if (is_of_all(reply))
		rp_smtp_client_set_other_results(t, RP_SMTP_NOT_SENT, NULL);
}

typedef struct {
	RpSmtpClient *client;
	RpSmtpTransaction *transaction;
	guint recipient;
	guint code;
	const char *text;
	gboolean together;   /* the command was sent with others, before their answers */
	gboolean joined;     /* among them a message's content */
	gboolean of_order;   /* refused for that, and for nothing else */
	gboolean of_session; /* it had enough: likewise */
} Received;

/* What was refused for its order alone goes again, each command in turn; and what was refused by
 * this session, by another one. */
static void
refuse(const Received *r, RpStage stage)
{
	if (!r->of_order && !r->of_session) {
		if (stage == RP_STAGE_MAIL)
			refuse_message(r->transaction, stage, r->code, r->text);
		else
			refuse_transaction(r->transaction, stage, r->code, r->text);
		return;
	}
	r->transaction->hopeless = TRUE;
	rp_smtp_client_set_other_results(r->transaction, RP_SMTP_NOT_SENT, NULL);
}

/* Answers that can't be meant for a RCPT or DATA in its place: the server has lost commands. But
 * what comes before them may be a login: "503 AUTH first". */
static gboolean
is_out_of_step(const Received *r, RpStage stage)
{
	RpReply reply = rp_reply_make(stage, r->code, r->text);
	if (r->code != 500 && r->code != 502 && r->code != 503)
		return FALSE;
	return rp_reply_classify(&reply, NULL).about != RP_REFUSAL_AUTH;
}

/* What a command that was sent so says of the server. */
static RpSeen *
seen_of(RpSmtpClient *client, gboolean joined)
{
	return joined ? &client->content_group : &client->pipelining;
}

static void
suspect(const Received *r)
{
	if (r->joined)
		r->client->content_group = RP_SEEN_BROKEN;
	else
		rp_smtp_client_suspect(r->client);
}

/* It has lost MAIL, and this is what it says of the next command: for the last one it would say
 * nothing at all. */
static void
end_pipelining(const Received *r)
{
	g_autoptr(RpSmtpReply) reply = rp_smtp_reply_new(RP_STAGE_MAIL, r->code, r->text);

	suspect(r);
	rp_smtp_client_set_other_results(r->transaction, RP_SMTP_NOT_SENT, NULL);
	rp_smtp_client_end(
		r->client, RP_SMTP_END_PIPELINING, &reply->reply, rp_smtp_client_offset(r->client));
}

static void
receive_mail(const Received *r)
{
	if (r->code < 300)
		r->transaction->mail_ok = TRUE;
	else if (r->together && !r->of_session && *seen_of(r->client, r->joined) != RP_SEEN_WORKS &&
		 is_out_of_step(r, RP_STAGE_MAIL))
		end_pipelining(r);
	else
		refuse(r, RP_STAGE_MAIL);
}

/* ---- limits of recipients: RFC 5321 section 4.5.3.1.10 ---- */

/* All of the transaction was refused for their number: half of them may do. */
static gboolean
is_over_limit(const Received *r)
{
	RpSmtpTransaction *t = r->transaction;

	return !t->hopeless && !r->of_session && t->n_accepted > 1 &&
	       rp_smtp_speaks_of_limit(r->code, r->text) &&
	       rp_smtp_client_lower_limit(r->client, t->n_accepted / 2);
}

/* It goes in the next transaction, which it may be the first of. */
static gboolean
goes_without_these(const Received *r)
{
	RpSmtpTransaction *t = r->transaction;
	gboolean of_fellows = rp_smtp_speaks_of_fellows(r->code, r->text);

	if (t->n_accepted == 0 || r->of_session ||
		!(of_fellows || rp_smtp_speaks_of_limit(r->code, r->text)))
		return FALSE;
	if (!of_fellows && !t->limit)
		t->limit = t->n_accepted;
	return TRUE;
}

static void
take_rcpt(const Received *r)
{
	RpSmtpTransaction *t = r->transaction;
	t->n_answered++;
	if (t->hopeless)
		return;
	if (r->code < 300) {
		t->n_accepted++;
		r->client->rcpt_accepted = TRUE;
		return;
	}
	if (is_out_of_step(r, RP_STAGE_RCPT))
		rp_smtp_client_suspect(r->client);
	if (goes_without_these(r)) {
		t->in_round[r->recipient] = FALSE;
		return;
	}
	/* A server that puts one off may do so with those that come next. */
	if (r->code < 500 && t->n_accepted == 0) {
		r->client->options.await_rcpt = TRUE;
		r->client->rcpt_accepted = FALSE;
	}
	if (r->of_order || r->of_session)
		rp_smtp_client_set_result(t, r->recipient, RP_SMTP_NOT_SENT, NULL);
	else
		rp_smtp_client_set_result(t, r->recipient, RP_SMTP_REFUSED,
			rp_smtp_client_keep_reply(t, RP_STAGE_RCPT, r->code, r->text));
}

static void
receive_rcpt(const Received *r)
{
	take_rcpt(r);
	if (r->transaction->n_answered == r->transaction->n_round)
		rp_smtp_client_settle_limit(r->client, r->transaction);
}

static void
receive_data(const Received *r)
{
	RpSmtpClient *client = r->client;
	RpSmtpTransaction *t = r->transaction;
	if (r->code == 354) {
		gboolean wanted = !t->hopeless && t->n_accepted > 0;
		client->send = wanted ? RP_SMTP_SEND_CONTENT : RP_SMTP_SEND_DOT;
		return;
	}
	if (!t->hopeless && t->n_accepted > 0 && is_out_of_step(r, RP_STAGE_DATA))
		rp_smtp_client_suspect(client);
	client->dirty = client->dirty || t->mail_ok;
	if (!is_over_limit(r))
		refuse(r, RP_STAGE_DATA);
	rp_smtp_client_leave(client);
}

/* The command is not known, whatever EHLO said: what comes behind it may be taken for commands. */
static gboolean
denies_chunking(const Received *r)
{
	gboolean of_the_command =
		r->code == 501 || r->code == 504 || is_out_of_step(r, RP_STAGE_CONTENT);
	return of_the_command && !r->transaction->hopeless && r->transaction->n_accepted > 0;
}

static void
end_chunking(const Received *r)
{
	g_autoptr(RpSmtpReply) reply = rp_smtp_reply_new(RP_STAGE_CONTENT, r->code, r->text);
	r->client->chunking = RP_SEEN_BROKEN;
	/* It was the command that was refused: this message has not been taken. */
	rp_smtp_client_set_other_results(r->transaction, RP_SMTP_NOT_SENT, NULL);
	rp_smtp_client_end(
		r->client, RP_SMTP_END_CHUNKING, &reply->reply, rp_smtp_client_offset(r->client));
}

static void
receive_end(const Received *r)
{
	RpSmtpTransaction *t = r->transaction;
	if (t->hopeless || t->n_accepted == 0)
		return;
	if (r->code >= 300) {
		if (!is_over_limit(r))
			refuse(r, RP_STAGE_CONTENT);
		return;
	}
	RpReply *reply = rp_smtp_client_keep_reply(t, RP_STAGE_CONTENT, r->code, r->text);
	rp_smtp_client_set_round_results(t, RP_SMTP_ACCEPTED, reply);
	/* Nothing was written behind it: the server is between transactions. */
	if (!r->client->sending && g_queue_is_empty(&r->client->pending))
		r->client->dirty = FALSE;
}

static void
receive_chunk(const Received *r)
{
	if (denies_chunking(r)) {
		end_chunking(r);
		return;
	}
	if (r->code >= 300 && !r->transaction->hopeless)
		refuse(r, RP_STAGE_CONTENT);
	if (r->code < 300)
		rp_smtp_client_chunking_works(r->client);
}

static void
receive_last(const Received *r)
{
	if (denies_chunking(r)) {
		end_chunking(r);
		return;
	}
	if (r->code < 300)
		rp_smtp_client_chunking_works(r->client);
	receive_end(r);
}

/* Without it the next message could join the transaction before: go no further. But where that was
 * taken it is over, and what went behind it has answers to come. */
static void
receive_rset(const Received *r)
{
	if (r->of_session)
		rp_smtp_client_end(
			r->client, RP_SMTP_END_LOST, NULL, rp_smtp_client_offset(r->client));
	else if (r->code >= 300 && r->client->last_taken)
		r->client->rset_refused = TRUE;
	else if (r->code >= 300)
		protocol_error(r->client, RP_STAGE_CONTENT, r->code, r->text);
}

static const struct {
	void (*receive)(const Received *received);
	RpStage stage;
	guint8 good;       /* the first digit of a positive reply */
	gboolean early_no; /* a refusal may come before the command is written to its end */
} receive_table[RP_N_SMTP_CMDS] = {
	[RP_SMTP_CMD_MAIL] = {receive_mail, RP_STAGE_MAIL, 2, FALSE},
	[RP_SMTP_CMD_RCPT] = {receive_rcpt, RP_STAGE_RCPT, 2, FALSE},
	[RP_SMTP_CMD_DATA] = {receive_data, RP_STAGE_DATA, 3, FALSE},
	[RP_SMTP_CMD_DOT] = {receive_end, RP_STAGE_CONTENT, 2, FALSE},
	[RP_SMTP_CMD_CHUNK] = {receive_chunk, RP_STAGE_CONTENT, 2, TRUE},
	[RP_SMTP_CMD_LAST] = {receive_last, RP_STAGE_CONTENT, 2, TRUE},
	[RP_SMTP_CMD_RSET] = {receive_rset, RP_STAGE_CONTENT, 2, FALSE},
	/* RP_SMTP_CMD_QUIT: whatever is replied, it is the end */
};

static gboolean
is_possible(const RpSmtpClient *client, const RpSmtpPending *pending, guint code)
{
	gboolean good = code < 400;
	if (good && code / 100 != receive_table[pending->cmd].good)
		return FALSE;
	if (pending->end <= rp_smtp_client_offset(client))
		return TRUE;
	return !good && receive_table[pending->cmd].early_no;
}

/* It works where what follows the envelope has its own answer: until then the server may still cut
 * the session for what it was sent together. */
static void
note_pipelining(const Received *r, const RpSmtpPending *pending)
{
	RpSmtpClient *client = r->client;
	RpSeen *seen = seen_of(client, pending->joined);

	client->piped = client->piped || pending->behind;
	if (r->of_order)
		suspect(r);
	else if (client->piped && *seen == RP_SEEN_UNTRIED && pending->cmd != RP_SMTP_CMD_MAIL &&
		 pending->cmd != RP_SMTP_CMD_RCPT &&
		 !(pending->joined && pending->cmd == RP_SMTP_CMD_RSET))
		*seen = RP_SEEN_WORKS;
}

static gboolean
is_of_session(
	const RpSmtpClient *client, const RpSmtpPending *pending, guint code, const char *text)
{
	if (pending->cmd == RP_SMTP_CMD_MAIL && client->n_mail > 1 &&
		rp_smtp_speaks_of_nesting(code, text))
		return TRUE;
	return rp_smtp_speaks_of_session(pending->cmd, pending->transaction != NULL, code, text);
}

static void
receive_expected(RpSmtpClient *client, RpSmtpPending *pending, guint code, const char *text)
{
	gboolean together = pending->behind || !g_queue_is_empty(&client->pending);
	/* As a policy of its own, or because it has none: some announce it all the same. */
	gboolean of_order = together && code >= 400 && rp_smtp_speaks_of_pipelining(text);
	gboolean of_session = is_of_session(client, pending, code, text);
	Received received = {client, pending->transaction, pending->recipient, code, text, together,
		pending->joined, of_order, of_session};

	if (of_session)
		rp_smtp_client_has_enough(client, receive_table[pending->cmd].stage, code, text);
	note_pipelining(&received, pending);
	if (pending->transaction)
		pending->transaction->n_waiting--;
	receive_table[pending->cmd].receive(&received);
	client->last_taken =
		code < 300 && (pending->cmd == RP_SMTP_CMD_DOT || pending->cmd == RP_SMTP_CMD_LAST);
}

/* Some say twice that they have taken a message. In turn, with DATA, what comes before the next
 * command went is no answer to it; and what came later would not pass for the one to DATA. */
static gboolean
is_said_twice(RpSmtpClient *client, guint code)
{
	gboolean twice = client->last_taken && client->in_turn && !client->use_bdat &&
			 g_queue_is_empty(&client->pending) && code >= 200 && code < 300;

	client->last_taken = FALSE;
	return twice;
}

/* A refusal in the middle of the content after DATA concerns this message; whether the server reads
 * on to the dot can't be known, so the session can't go on. */
static void
note_early_refusal(RpSmtpClient *client, const RpSmtpPending *head, guint code, const char *text)
{
	RpSmtpTransaction *t = NULL;
	if (head && head->cmd == RP_SMTP_CMD_DOT)
		t = head->transaction;
	else if (!head &&
		 (client->send == RP_SMTP_SEND_CONTENT || client->send == RP_SMTP_SEND_DOT))
		t = client->sending;
	if (t && code >= 400)
		refuse_transaction(t, RP_STAGE_CONTENT, code, text);
}

void
rp_smtp_client_receive(RpSmtpClient *client, guint code, const char *text)
{
	RpSmtpPending *pending = g_queue_peek_head(&client->pending);
	RpStage stage = pending ? receive_table[pending->cmd].stage : RP_STAGE_MAIL;
	g_clear_pointer(&client->strange, g_free);
	client->n_strange = 0;
	if (pending && pending->cmd == RP_SMTP_CMD_QUIT) {
		rp_smtp_client_end(client, RP_SMTP_END_QUIT, NULL, rp_smtp_client_offset(client));
	} else if (code == 421) {
		g_autoptr(RpSmtpReply) reply = rp_smtp_reply_new(stage, code, text);
		if (rp_smtp_speaks_of_pipelining(text))
			rp_smtp_client_suspect(client);
		rp_smtp_client_doubt_content_group(client);
		client->limit_closed =
			pending && pending->cmd == RP_SMTP_CMD_RCPT &&
			rp_smtp_closes_for_limit(text, pending->transaction->n_accepted) &&
			rp_smtp_client_lower_limit(client, pending->transaction->n_accepted);
		rp_smtp_client_end(client, RP_SMTP_END_421, &reply->reply, 0);
	} else if (!pending && is_said_twice(client, code)) {
		return;
	} else if (!pending || !is_possible(client, pending, code)) {
		note_early_refusal(client, pending, code, text);
		protocol_error(client, stage, code, text);
	} else {
		g_queue_pop_head(&client->pending);
		receive_expected(client, pending, code, text);
		g_free(pending);
	}
}

/* Somebody between us and the server may add lines of his own. In turn the answer can still be
 * known behind them, and is waited for a little: what stands in its place may be all that comes. */
static gboolean
may_be_beside(const RpSmtpClient *client, const RpSmtpPending *pending, const char *text)
{
	return *text && client->in_turn && g_queue_get_length((GQueue *)&client->pending) == 1 &&
	       pending->cmd != RP_SMTP_CMD_QUIT && client->n_strange < STRANGE_MOST;
}

void
rp_smtp_client_end_strange(RpSmtpClient *client, guint64 left)
{
	const RpSmtpPending *pending = g_queue_peek_head(&client->pending);
	RpStage stage = pending ? receive_table[pending->cmd].stage : RP_STAGE_MAIL;
	g_autoptr(RpSmtpReply) reply = rp_smtp_reply_new(stage, 0, client->strange);

	rp_smtp_client_end(client, RP_SMTP_END_PROTOCOL, &reply->reply, left);
}

void
rp_smtp_client_receive_strange(RpSmtpClient *client, const char *line)
{
	const RpSmtpPending *pending = g_queue_peek_head(&client->pending);
	RpStage stage = pending ? receive_table[pending->cmd].stage : RP_STAGE_MAIL;
	g_autofree char *text = rp_text_neutral(line, (gssize)MIN(strlen(line), STRANGE_KEPT));
	g_autoptr(RpSmtpReply) reply = rp_smtp_reply_new(stage, 0, text);

	if (may_be_beside(client, pending, text)) {
		client->n_strange++;
		g_free(client->strange);
		client->strange = g_steal_pointer(&text);
		return;
	}
	if (*text || client->in_turn) {
		protocol_error(client, stage, 0, text);
		return;
	}
	/* An empty line among several answers may be one of them: which is which shows in turn. */
	rp_smtp_client_suspect(client);
	rp_smtp_client_end(
		client, RP_SMTP_END_PIPELINING, &reply->reply, rp_smtp_client_offset(client));
}
