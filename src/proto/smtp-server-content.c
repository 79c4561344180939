/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smtp-server-private.h"

#include <string.h>

/* DATA and BDAT: where the content ends, and what is passed on of it. */

#define NO_RECIPIENT "554 5.5.1 no recipient was taken"
#define TOO_BIG "552 5.3.4 the message is larger than what is announced"

static void
begin(RpSmtpServer *server)
{
	RpSmtpServerMail *mail = &server->mail;

	mail->envelope = (RpSmtpServerEnvelope){
		.sender = mail->sender,
		.n_recipients = mail->recipients->len,
		.eight_bit = mail->eight_bit,
		.utf8 = mail->utf8,
		.dsn_ret = mail->ret,
		.dsn_envid = mail->envid,
		.dsn_notify = (char *const *)mail->notify->pdata,
		.dsn_original = (char *const *)mail->original->pdata,
	};
	g_ptr_array_add(mail->recipients, NULL);
	mail->envelope.recipients = (const char *const *)mail->recipients->pdata;
	mail->begun = TRUE;
	rp_smtp_server_push_event(server, RP_SMTP_SERVER_BEGIN);
}

static void
end(RpSmtpServer *server)
{
	server->mail.begun = FALSE;
	rp_smtp_server_enter(server, RP_SMTP_PHASE_WAITING);
	rp_smtp_server_push_event(server, RP_SMTP_SERVER_END);
}

/* The rest is read and dropped; the reply comes at its end. */
static void
fail(RpSmtpServer *server)
{
	server->mail.failed = TRUE;
	if (server->mail.begun)
		rp_smtp_server_push_event(server, RP_SMTP_SERVER_ABORT);
	server->mail.begun = FALSE;
}

static void
pass_on(RpSmtpServer *server)
{
	RpSmtpServerMail *mail = &server->mail;

	mail->size += server->content->len;
	if (server->max_size > 0 && mail->size > server->max_size && !mail->failed)
		fail(server);
	if (server->content->len > 0 && !mail->failed)
		rp_smtp_server_push_event(server, RP_SMTP_SERVER_CONTENT);
}

/* ---- DATA: RFC 5321 sections 4.1.1.4 and 4.5.2 ---- */

void
rp_smtp_server_data(RpSmtpServer *server, char *arguments)
{
	if (!server->mail.open || server->mail.chunked) {
		rp_smtp_server_reply(server, "503 5.5.1 %s",
			server->mail.open ? "BDAT was begun with" : "say MAIL first");
		return;
	}
	if (server->mail.recipients->len == 0) {
		rp_smtp_server_reply(server, NO_RECIPIENT);
		return;
	}
	rp_smtp_server_reply(server, "354 go on; a line with a dot ends it");
	server->data = RP_SMTP_DATA_LINE;
	rp_smtp_server_enter(server, RP_SMTP_PHASE_DATA);
	begin(server);
}

static void
keep(RpSmtpServer *server, const void *data, gsize size)
{
	g_byte_array_append(server->content, data, size);
}

/* One octet of text; what was held back has been given. */
static RpSmtpDataState
take_text(RpSmtpServer *server, guint8 octet)
{
	keep(server, &octet, 1);
	return octet == '\r' ? RP_SMTP_DATA_CR : RP_SMTP_DATA_TEXT;
}

/* Whoever ends commands so does it to lines. In others' mail an LF hides no second one. */
static gboolean
lf_ends(const RpSmtpServer *server)
{
	return server->lf_ends && !server->line_had_cr;
}

/* Where it ends a line whatever is before it. FALSE: that was the end. */
static gboolean
take_lf(RpSmtpServer *server)
{
	if (server->data == RP_SMTP_DATA_DOT || server->data == RP_SMTP_DATA_DOT_CR)
		return FALSE;
	keep(server, "\n", 1);
	server->data = RP_SMTP_DATA_LINE;
	return TRUE;
}

/* FALSE: that was the end. */
static gboolean
take_octet(RpSmtpServer *server, guint8 octet)
{
	if (octet == '\n' && lf_ends(server))
		return take_lf(server);
	switch (server->data) {
	case RP_SMTP_DATA_LINE:
		server->data = octet == '.' ? RP_SMTP_DATA_DOT : take_text(server, octet);
		return TRUE;
	case RP_SMTP_DATA_TEXT:
		server->data = take_text(server, octet);
		return TRUE;
	case RP_SMTP_DATA_CR:
		server->data = take_text(server, octet);
		if (octet == '\n')
			server->data = RP_SMTP_DATA_LINE;
		return TRUE;
	case RP_SMTP_DATA_DOT:
		/* The dot itself is dropped: it was put there for us. */
		server->data = octet == '\r' ? RP_SMTP_DATA_DOT_CR : take_text(server, octet);
		return TRUE;
	case RP_SMTP_DATA_DOT_CR:
		if (octet == '\n')
			return FALSE;
		keep(server, "\r", 1);
		server->data = take_text(server, octet);
		return TRUE;
	}
	return TRUE;
}

/* Within a line nothing but a CR can matter, or what else ends lines. */
static gsize
take_run(RpSmtpServer *server, const guint8 *data, gsize size)
{
	const guint8 *cr = memchr(data, '\r', size);
	gsize n = cr ? (gsize)(cr - data) : size;
	const guint8 *lf = lf_ends(server) ? memchr(data, '\n', n) : NULL;

	n = lf ? (gsize)(lf - data) : n;

	keep(server, data, n);
	return n;
}

gboolean
rp_smtp_server_take_data(RpSmtpServer *server)
{
	gboolean more = TRUE;

	if (server->start == server->end)
		return FALSE;
	while (more && server->start < server->end) {
		if (server->data == RP_SMTP_DATA_TEXT)
			server->start += take_run(
				server, server->input + server->start, server->end - server->start);
		if (server->start < server->end)
			more = take_octet(server, server->input[server->start++]);
	}
	pass_on(server);
	if (more)
		return TRUE;
	if (!server->mail.failed) {
		end(server);
		return TRUE;
	}
	rp_smtp_server_reply(server, TOO_BIG);
	rp_smtp_server_reset(server);
	rp_smtp_server_enter(server, RP_SMTP_PHASE_COMMAND);
	return TRUE;
}

/* ---- BDAT: RFC 3030 section 2 ---- */

/* Why the chunk that now comes is not taken, or NULL. */
static const char *
chunk_refusal(const RpSmtpServer *server)
{
	const RpSmtpServerMail *mail = &server->mail;

	if (!server->greeted)
		return "503 5.5.1 say EHLO first";
	if (!mail->open)
		return "503 5.5.1 say MAIL first";
	if (mail->failed)
		return "503 5.5.1 an earlier chunk was refused: RSET";
	if (mail->recipients->len == 0)
		return NO_RECIPIENT;
	if (server->max_size > 0 && server->chunk_size > (guint64)(server->max_size - mail->size))
		return TOO_BIG;
	return NULL;
}

static gboolean
parse_chunk(RpSmtpServer *server, char *arguments)
{
	g_auto(GStrv) words = g_strsplit(arguments, " ", -1);
	const char *last = NULL;

	if (!words[0] || strspn(words[0], "0123456789") != strlen(words[0]) ||
		!g_ascii_string_to_unsigned(words[0], 10, 0, G_MAXINT64, &server->chunk_size, NULL))
		return FALSE;
	for (char **word = words + 1; *word; word++) {
		if (last && **word)
			return FALSE;
		if (**word)
			last = *word;
	}
	server->chunk_is_last = last != NULL;
	return !last || g_ascii_strcasecmp(last, "LAST") == 0;
}

static void
end_chunk(RpSmtpServer *server)
{
	rp_smtp_server_enter(server, RP_SMTP_PHASE_COMMAND);
	if (server->chunk_refusal) {
		rp_smtp_server_reply(server, "%s", server->chunk_refusal);
		/* What would have been the last one ends the transaction, as DATA would have. */
		if (server->chunk_is_last)
			rp_smtp_server_reset(server);
	} else if (server->chunk_is_last) {
		end(server);
	} else {
		rp_smtp_server_reply(
			server, "250 2.0.0 %" G_GUINT64_FORMAT " octets", server->chunk_size);
	}
}

void
rp_smtp_server_bdat(RpSmtpServer *server, char *arguments)
{
	if (!parse_chunk(server, arguments)) {
		/* How much follows can't be known, and it must not be read as commands. */
		rp_smtp_server_reply(server, "501 5.5.4 BDAT size [LAST]; closing");
		rp_smtp_server_close(server);
		return;
	}
	server->chunk_refusal = chunk_refusal(server);
	server->chunk_left = server->chunk_size;
	if (server->chunk_refusal && server->mail.open)
		fail(server);
	if (!server->chunk_refusal && !server->mail.chunked)
		begin(server);
	server->mail.chunked |= server->mail.open;
	rp_smtp_server_enter(server, RP_SMTP_PHASE_CHUNK);
	if (server->chunk_left == 0)
		end_chunk(server);
}

gboolean
rp_smtp_server_take_chunk(RpSmtpServer *server)
{
	gsize n = MIN(server->end - server->start, server->chunk_left);

	if (n == 0)
		return FALSE;
	if (!server->chunk_refusal)
		keep(server, server->input + server->start, n);
	server->start += n;
	server->chunk_left -= n;
	pass_on(server);
	if (server->chunk_left == 0)
		end_chunk(server);
	return TRUE;
}
