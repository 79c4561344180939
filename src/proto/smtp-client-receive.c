/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smtp-client-private.h"

#include "roampost/base.h"

#include <string.h>

/* The receiving cursor: the command whose reply comes next, what can be that, and lines that can't.
 * What a reply does to its message: smtp-client-answer.c. */

/* Of a line that is no reply. */
#define STRANGE_KEPT 200
/* Of them, before an answer. */
#define STRANGE_MOST 8

static const struct {
	RpStage stage;
	guint8 good;       /* the first digit of a positive reply */
	gboolean early_no; /* a refusal may come before the command is written to its end */
} answers[RP_N_SMTP_CMDS] = {
	[RP_SMTP_CMD_MAIL] = {RP_STAGE_MAIL, 2, FALSE},
	[RP_SMTP_CMD_RCPT] = {RP_STAGE_RCPT, 2, FALSE},
	[RP_SMTP_CMD_DATA] = {RP_STAGE_DATA, 3, FALSE},
	[RP_SMTP_CMD_DOT] = {RP_STAGE_CONTENT, 2, FALSE},
	[RP_SMTP_CMD_CHUNK] = {RP_STAGE_CONTENT, 2, TRUE},
	[RP_SMTP_CMD_LAST] = {RP_STAGE_CONTENT, 2, TRUE},
	[RP_SMTP_CMD_RSET] = {RP_STAGE_CONTENT, 2, FALSE},
	/* RP_SMTP_CMD_QUIT: whatever is replied, it is the end */
};

static gboolean
is_possible(const RpSmtpClient *client, const RpSmtpPending *pending, guint code)
{
	gboolean good = code < 400;
	if (good && code / 100 != answers[pending->cmd].good)
		return FALSE;
	if (pending->end <= rp_smtp_client_offset(client))
		return TRUE;
	return !good && answers[pending->cmd].early_no;
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
	const RpSmtpAnswer answer = {client, pending->transaction, pending->recipient, code, text,
		together, pending->joined, of_order, of_session};

	if (of_session)
		rp_smtp_client_has_enough(client, answers[pending->cmd].stage, code, text);
	rp_smtp_client_take_answer(&answer, pending);
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
		rp_smtp_client_refuse_transaction(t, RP_STAGE_CONTENT, code, text);
}

void
rp_smtp_client_receive(RpSmtpClient *client, guint code, const char *text)
{
	RpSmtpPending *pending = g_queue_peek_head(&client->pending);
	RpStage stage = pending ? answers[pending->cmd].stage : RP_STAGE_MAIL;
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
		rp_smtp_client_protocol_error(client, stage, code, text);
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
	RpStage stage = pending ? answers[pending->cmd].stage : RP_STAGE_MAIL;
	g_autoptr(RpSmtpReply) reply = rp_smtp_reply_new(stage, 0, client->strange);

	rp_smtp_client_end(client, RP_SMTP_END_PROTOCOL, &reply->reply, left);
}

void
rp_smtp_client_receive_strange(RpSmtpClient *client, const char *line)
{
	const RpSmtpPending *pending = g_queue_peek_head(&client->pending);
	RpStage stage = pending ? answers[pending->cmd].stage : RP_STAGE_MAIL;
	g_autofree char *text = rp_text_neutral(line, (gssize)MIN(strlen(line), STRANGE_KEPT));
	g_autoptr(RpSmtpReply) reply = rp_smtp_reply_new(stage, 0, text);

	if (may_be_beside(client, pending, text)) {
		client->n_strange++;
		g_free(client->strange);
		client->strange = g_steal_pointer(&text);
		return;
	}
	if (*text || client->in_turn) {
		rp_smtp_client_protocol_error(client, stage, 0, text);
		return;
	}
	/* An empty line among several answers may be one of them: which is which shows in turn. */
	rp_smtp_client_suspect(client);
	rp_smtp_client_end(
		client, RP_SMTP_END_PIPELINING, &reply->reply, rp_smtp_client_offset(client));
}
