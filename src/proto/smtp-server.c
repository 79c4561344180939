/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smtp-server-private.h"

#include <string.h>
#include "roampost/base.h"

/* The SMTP server as its owner sees it: octets in and out,
 * events out, the owner's answers in between. */

/* ---- output ---- */

gsize
rp_smtp_server_output(RpSmtpServer *server, const guint8 **data)
{
	*data = server->out->data + server->out_taken;
	return server->out->len - server->out_taken;
}

void
rp_smtp_server_sent(RpSmtpServer *server, gsize size)
{
	server->out_taken += MIN(size, server->out->len - server->out_taken);
	if (server->out_taken == server->out->len) {
		g_byte_array_set_size(server->out, 0);
		server->out_taken = 0;
	}
}

/* ---- the owner ---- */

gboolean
rp_smtp_server_is_waiting(const RpSmtpServer *server)
{
	return server->phase == RP_SMTP_PHASE_WAITING;
}

void
rp_smtp_server_answer(RpSmtpServer *server, RpSmtpServerAnswer answer, const char *words)
{
	static const struct {
		const char *reply;
		const char *words; /* where the owner has none */
	} table[] = {
		[RP_SMTP_SERVER_STORED] = {"250 2.0.0", "queued"},
		[RP_SMTP_SERVER_NO_ROOM] = {"452 4.3.1", "no room for it now"},
		[RP_SMTP_SERVER_TOO_BIG] = {"552 5.3.4", "the message is too big"},
		[RP_SMTP_SERVER_BAD] = {"554 5.6.0", "the message is not taken"},
		[RP_SMTP_SERVER_NO_USER] = {"550 5.1.1", "there is no such user"},
		[RP_SMTP_SERVER_NOT_STORED] = {"451 4.3.0", "it could not be stored"},
	};

	if (server->phase != RP_SMTP_PHASE_WAITING)
		return;
	g_autofree char *line =
		g_strdelimit(g_strdup(words && *words ? words : table[answer].words), "\r\n", ' ');
	rp_smtp_server_reply(server, "%s %.400s", table[answer].reply, line);
	if (answer == RP_SMTP_SERVER_STORED)
		server->n_errors = 0;
	rp_smtp_server_reset(server);
	rp_smtp_server_enter(server, RP_SMTP_PHASE_COMMAND);
}

void
rp_smtp_server_stop(RpSmtpServer *server, RpSmtpServerStop reason)
{
	static const struct {
		const char *code;
		const char *words;
	} table[] = {
		[RP_SMTP_SERVER_SILENCE] = {"4.4.2", "nothing came for too long; closing"},
		[RP_SMTP_SERVER_SHUTDOWN] = {"4.3.2", "is shutting down"},
		[RP_SMTP_SERVER_BUSY] = {"4.7.0", "has too many connections; try again later"},
	};

	if (server->phase == RP_SMTP_PHASE_CLOSED)
		return;
	/* What stands in the output was meant for a client that was served. */
	if (reason == RP_SMTP_SERVER_BUSY && server->out_taken == 0)
		g_byte_array_set_size(server->out, 0);
	rp_smtp_server_reply(
		server, "421 %s %s %s", table[reason].code, server->name, table[reason].words);
	rp_smtp_server_close(server);
}

/* ---- input ---- */

guint8 *
rp_smtp_server_space(RpSmtpServer *server, gsize *size)
{
	if (server->start > 0) {
		gsize left = server->end - server->start;

		memmove(server->input, server->input + server->start, left);
		/* Nothing of what was moved stays behind as a copy. */
		rp_wipe(server->input + left, server->end - left);
		server->start = 0;
		server->end = left;
	}
	*size = server->phase == RP_SMTP_PHASE_CLOSED ? 0 : RP_SMTP_SERVER_INPUT - server->end;
	return server->input + server->end;
}

void
rp_smtp_server_received(RpSmtpServer *server, gsize size)
{
	g_return_if_fail(size <= RP_SMTP_SERVER_INPUT - server->end);
	server->end += size;
}

static gsize
line_limit(const RpSmtpServer *server)
{
	const char *line = (const char *)server->input + server->start;
	gboolean login =
		server->phase == RP_SMTP_PHASE_LOGIN ||
		(server->end - server->start >= 5 && g_ascii_strncasecmp(line, "AUTH ", 5) == 0);

	return login ? RP_SMTP_SERVER_LOGIN_LINE : RP_SMTP_SERVER_LINE;
}

static void
act_on_line(RpSmtpServer *server, char *line, gsize length)
{
	gboolean login = server->phase == RP_SMTP_PHASE_LOGIN;

	server->line_had_cr = length > 0 && line[length - 1] == '\r';
	if (server->line_had_cr)
		length--;
	line[length] = '\0'; /* over the CR or the LF */
	rp_smtp_server_enter(server, RP_SMTP_PHASE_COMMAND);
	if (strlen(line) != length || strchr(line, '\r'))
		rp_smtp_server_reply(server, "500 5.5.2 a NUL or a lone CR in a command");
	else if (login)
		rp_smtp_server_login(server, line);
	else
		rp_smtp_server_command(server, line);
	if (server->n_errors >= server->max_errors && server->phase != RP_SMTP_PHASE_CLOSED) {
		rp_smtp_server_reply(server, "421 4.7.0 %s too many errors", server->name);
		rp_smtp_server_close(server);
	}
}

/* RFC 8446 section 5.1: with it a client begins that wants TLS at once. It would wait for ever. */
#define TLS_HANDSHAKE 22

static gboolean
take_line(RpSmtpServer *server)
{
	char *line = (char *)server->input + server->start;
	gsize have = server->end - server->start, limit = line_limit(server);
	char *lf = memchr(line, '\n', MIN(have, limit));

	if (have > 0 && *line == TLS_HANDSHAKE) {
		rp_smtp_server_foreign(server);
		return TRUE;
	}
	if (!lf && have < limit)
		return FALSE;
	if (!lf) {
		rp_smtp_server_reply(server, "500 5.5.2 the line is too long");
		rp_smtp_server_enter(server, RP_SMTP_PHASE_LONG_LINE);
		return TRUE;
	}
	server->start += lf + 1 - line;
	act_on_line(server, line, lf - line);
	rp_wipe(line, lf + 1 - line);
	return TRUE;
}

static gboolean
skip_long_line(RpSmtpServer *server)
{
	guint8 *from = server->input + server->start;
	gsize have = server->end - server->start;
	guint8 *lf = memchr(from, '\n', have);
	gsize n = lf ? (gsize)(lf + 1 - from) : have;

	rp_wipe(from, n);
	server->start += n;
	if (lf)
		rp_smtp_server_enter(server, RP_SMTP_PHASE_COMMAND);
	return n > 0;
}

/* FALSE: nothing can be done before more input, an answer, or room in the output. */
static gboolean
step(RpSmtpServer *server)
{
	if (server->out->len - server->out_taken > RP_SMTP_SERVER_OUTPUT)
		return FALSE;
	switch (server->phase) {
	case RP_SMTP_PHASE_COMMAND:
	case RP_SMTP_PHASE_LOGIN:
		return take_line(server);
	case RP_SMTP_PHASE_LONG_LINE:
		return skip_long_line(server);
	case RP_SMTP_PHASE_DATA:
		return rp_smtp_server_take_data(server);
	case RP_SMTP_PHASE_CHUNK:
		return rp_smtp_server_take_chunk(server);
	case RP_SMTP_PHASE_WAITING:
	case RP_SMTP_PHASE_CLOSED:
		return FALSE;
	}
	return FALSE;
}

const RpSmtpServerEvent *
rp_smtp_server_next_event(RpSmtpServer *server)
{
	g_byte_array_set_size(server->content, 0);
	while (g_queue_is_empty(&server->events))
		if (!step(server))
			return NULL;
	server->event = (RpSmtpServerEvent){
		.kind = GPOINTER_TO_UINT(g_queue_pop_head(&server->events)) - 1,
		.envelope = &server->mail.envelope,
		.data = server->content->data,
		.size = server->content->len,
	};
	return &server->event;
}

/* ---- life ---- */

RpSmtpServer *
rp_smtp_server_new(const RpSmtpServerOptions *options)
{
	RpSmtpServer *server = g_new0(RpSmtpServer, 1);

	server->name = g_strdup(options->name);
	server->refused = options->refusal != NULL;
	server->lf_ends = options->lf_ends;
	server->max_size = options->max_size;
	server->max_recipients = options->max_recipients;
	server->refuse_recipient = options->refuse_recipient;
	/* Who is refused has little to say. */
	server->max_errors = server->refused ? 3 : options->max_errors;
	server->input = g_malloc(RP_SMTP_SERVER_INPUT);
	server->content = g_byte_array_new();
	server->out = g_byte_array_new();
	g_queue_init(&server->events);
	rp_smtp_server_reset(server);
	if (server->refused)
		rp_smtp_server_reply(server, "554 5.7.1 %s %s", server->name, options->refusal);
	else
		rp_smtp_server_reply(server, "220 %s ESMTP roampost", server->name);
	return server;
}

void
rp_smtp_server_free(RpSmtpServer *server)
{
	if (!server)
		return;
	rp_smtp_server_mail_clear(&server->mail);
	rp_wipe(server->input, RP_SMTP_SERVER_INPUT);
	g_free(server->input);
	g_byte_array_unref(server->content);
	g_byte_array_unref(server->out);
	g_queue_clear(&server->events);
	g_free(server->name);
	g_free(server);
}
