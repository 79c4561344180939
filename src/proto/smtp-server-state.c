/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smtp-server-private.h"

#include <string.h>

/* What a command may do to a session: reply, tell the owner, enter a phase, end the transaction or
 * the session. It knows neither input nor commands. */

/* ---- replies ---- */

static gboolean
is_at_fault(const char *reply)
{
	/* Commands that make no sense; not: this recipient, this size, not now. */
	return g_str_has_prefix(reply, "50") || g_str_has_prefix(reply, "52") ||
	       g_str_has_prefix(reply, "555");
}

void
rp_smtp_server_reply(RpSmtpServer *server, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_autofree char *line = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	if (is_at_fault(line))
		server->n_errors++;
	g_byte_array_append(server->out, (const guint8 *)line, strlen(line));
	g_byte_array_append(server->out, (const guint8 *)"\r\n", 2);
}

/* ---- phases and events ---- */

void
rp_smtp_server_push_event(RpSmtpServer *server, RpSmtpServerEventKind kind)
{
	g_queue_push_tail(&server->events, GUINT_TO_POINTER(kind + 1));
}

void
rp_smtp_server_enter(RpSmtpServer *server, RpSmtpPhase phase)
{
	if (server->phase != RP_SMTP_PHASE_CLOSED)
		server->phase = phase;
}

void
rp_smtp_server_mail_clear(RpSmtpServerMail *mail)
{
	g_free(mail->sender);
	g_free(mail->ret);
	g_free(mail->envid);
	g_clear_pointer(&mail->recipients, g_ptr_array_unref);
	g_clear_pointer(&mail->notify, g_ptr_array_unref);
	g_clear_pointer(&mail->original, g_ptr_array_unref);
	*mail = (RpSmtpServerMail){0};
}

void
rp_smtp_server_reset(RpSmtpServer *server)
{
	if (server->mail.begun)
		rp_smtp_server_push_event(server, RP_SMTP_SERVER_ABORT);
	rp_smtp_server_mail_clear(&server->mail);
	server->mail.recipients = g_ptr_array_new_with_free_func(g_free);
	server->mail.notify = g_ptr_array_new_with_free_func(g_free);
	server->mail.original = g_ptr_array_new_with_free_func(g_free);
}

void
rp_smtp_server_close(RpSmtpServer *server)
{
	if (server->phase == RP_SMTP_PHASE_CLOSED)
		return;
	if (server->phase != RP_SMTP_PHASE_WAITING)
		rp_smtp_server_reset(server);
	rp_smtp_server_enter(server, RP_SMTP_PHASE_CLOSED);
	rp_smtp_server_push_event(server, RP_SMTP_SERVER_CLOSE);
}
