/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smtp-client-private.h"

/* What the reply to each command does to its message, and says of the server. Which command it is
 * for: smtp-client-receive.c. */

void
rp_smtp_client_protocol_error(RpSmtpClient *client, RpStage stage, guint code, const char *text)
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
void
rp_smtp_client_refuse_transaction(RpSmtpTransaction *t, RpStage stage, guint code, const char *text)
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

/* What was refused for its order alone goes again, each command in turn; and what was refused by
 * this session, by another one. */
static void
refuse(const RpSmtpAnswer *r, RpStage stage)
{
	if (!r->of_order && !r->of_session) {
		if (stage == RP_STAGE_MAIL)
			refuse_message(r->transaction, stage, r->code, r->text);
		else
			rp_smtp_client_refuse_transaction(r->transaction, stage, r->code, r->text);
		return;
	}
	r->transaction->hopeless = TRUE;
	rp_smtp_client_set_other_results(r->transaction, RP_SMTP_NOT_SENT, NULL);
}

/* Answers that can't be meant for a RCPT or DATA in its place: the server has lost commands. But
 * what comes before them may be a login: "503 AUTH first". */
static gboolean
is_out_of_step(const RpSmtpAnswer *r, RpStage stage)
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
suspect(const RpSmtpAnswer *r)
{
	if (r->joined)
		r->client->content_group = RP_SEEN_BROKEN;
	else
		rp_smtp_client_suspect(r->client);
}

/* It has lost MAIL, and this is what it says of the next command: for the last one it would say
 * nothing at all. */
static void
end_pipelining(const RpSmtpAnswer *r)
{
	g_autoptr(RpSmtpReply) reply = rp_smtp_reply_new(RP_STAGE_MAIL, r->code, r->text);

	suspect(r);
	rp_smtp_client_set_other_results(r->transaction, RP_SMTP_NOT_SENT, NULL);
	rp_smtp_client_end(
		r->client, RP_SMTP_END_PIPELINING, &reply->reply, rp_smtp_client_offset(r->client));
}

static void
receive_mail(const RpSmtpAnswer *r)
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
is_over_limit(const RpSmtpAnswer *r)
{
	RpSmtpTransaction *t = r->transaction;

	return !t->hopeless && !r->of_session && t->n_accepted > 1 &&
	       rp_smtp_speaks_of_limit(r->code, r->text) &&
	       rp_smtp_client_lower_limit(r->client, t->n_accepted / 2);
}

/* It goes in the next transaction, which it may be the first of. */
static gboolean
goes_without_these(const RpSmtpAnswer *r)
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
take_rcpt(const RpSmtpAnswer *r)
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
receive_rcpt(const RpSmtpAnswer *r)
{
	take_rcpt(r);
	if (r->transaction->n_answered == r->transaction->n_round)
		rp_smtp_client_settle_limit(r->client, r->transaction);
}

static void
receive_data(const RpSmtpAnswer *r)
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
denies_chunking(const RpSmtpAnswer *r)
{
	gboolean of_the_command =
		r->code == 501 || r->code == 504 || is_out_of_step(r, RP_STAGE_CONTENT);
	return of_the_command && !r->transaction->hopeless && r->transaction->n_accepted > 0;
}

static void
end_chunking(const RpSmtpAnswer *r)
{
	g_autoptr(RpSmtpReply) reply = rp_smtp_reply_new(RP_STAGE_CONTENT, r->code, r->text);
	r->client->chunking = RP_SEEN_BROKEN;
	/* It was the command that was refused: this message has not been taken. */
	rp_smtp_client_set_other_results(r->transaction, RP_SMTP_NOT_SENT, NULL);
	rp_smtp_client_end(
		r->client, RP_SMTP_END_CHUNKING, &reply->reply, rp_smtp_client_offset(r->client));
}

static void
receive_end(const RpSmtpAnswer *r)
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
receive_chunk(const RpSmtpAnswer *r)
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
receive_last(const RpSmtpAnswer *r)
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
receive_rset(const RpSmtpAnswer *r)
{
	if (r->of_session)
		rp_smtp_client_end(
			r->client, RP_SMTP_END_LOST, NULL, rp_smtp_client_offset(r->client));
	else if (r->code >= 300 && r->client->last_taken)
		r->client->rset_refused = TRUE;
	else if (r->code >= 300)
		rp_smtp_client_protocol_error(r->client, RP_STAGE_CONTENT, r->code, r->text);
}

static void (*const takes[RP_N_SMTP_CMDS])(const RpSmtpAnswer *received) = {
	[RP_SMTP_CMD_MAIL] = receive_mail,
	[RP_SMTP_CMD_RCPT] = receive_rcpt,
	[RP_SMTP_CMD_DATA] = receive_data,
	[RP_SMTP_CMD_DOT] = receive_end,
	[RP_SMTP_CMD_CHUNK] = receive_chunk,
	[RP_SMTP_CMD_LAST] = receive_last,
	[RP_SMTP_CMD_RSET] = receive_rset,
	/* RP_SMTP_CMD_QUIT: whatever is replied, it is the end */
};

/* It works where what follows the envelope has its own answer: until then the server may still cut
 * the session for what it was sent together. */
static void
note_pipelining(const RpSmtpAnswer *r, const RpSmtpPending *pending)
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

void
rp_smtp_client_take_answer(const RpSmtpAnswer *answer, const RpSmtpPending *pending)
{
	note_pipelining(answer, pending);
	if (answer->transaction)
		answer->transaction->n_waiting--;
	takes[pending->cmd](answer);
}
