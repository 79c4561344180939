/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-submit"
#include "smtp.h"

#include <errno.h>
#include <unistd.h>
#include "roampost/language.h"
#include "roampost/smtp-server.h"
#include "roampost/submit.h"

/* sendmail -bs: the SMTP server over standard input and output, one message after the other. */

typedef struct {
	RpSmtpServer *server;
	int in, out;
	RpSubmitRequest *request;
	RpSubmit *submit;
	GError *failure; /* of the message that is coming in */
	gboolean closed;
} Session;

static void
drop(Session *session)
{
	g_clear_pointer(&session->submit, rp_submit_free);
	g_clear_error(&session->failure);
	g_clear_pointer(&session->request, rp_submit_request_free);
}

static void
session_clear(Session *session)
{
	drop(session);
	rp_smtp_server_free(session->server);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Session, session_clear)

static void
begin(Session *session, const RpSmtpServerEnvelope *envelope)
{
	drop(session);
	session->request = rp_submit_request_new(envelope);
	session->submit = rp_submit_new(session->request, &session->failure);
}

static void
end(Session *session)
{
	char text[RP_MESSAGE_ID_SIZE];
	RpMessageId id = 0;

	if (!session->failure && rp_submit_finish(session->submit, &id, &session->failure))
		rp_smtp_server_answer(session->server, RP_SMTP_SERVER_STORED,
			id ? rp_message_id_format(id, text) : "delivered");
	else
		rp_smtp_server_answer(session->server, rp_submit_smtp_answer(session->failure),
			session->failure->message);
	drop(session);
}

static void
take(Session *session, const RpSmtpServerEvent *event)
{
	switch (event->kind) {
	case RP_SMTP_SERVER_BEGIN:
		begin(session, event->envelope);
		return;
	case RP_SMTP_SERVER_CONTENT:
		if (!session->failure)
			rp_submit_write(
				session->submit, event->data, event->size, &session->failure);
		return;
	case RP_SMTP_SERVER_END:
		end(session);
		return;
	case RP_SMTP_SERVER_ABORT:
		drop(session);
		return;
	case RP_SMTP_SERVER_CLOSE:
		session->closed = TRUE;
		return;
	}
}

static gboolean
send_output(Session *session, GError **error)
{
	const guint8 *data;
	gsize size;

	while ((size = rp_smtp_server_output(session->server, &data)) > 0) {
		if (!rp_write_all(session->out, data, size)) {
			rp_error_set_errno(error, errno, _("writing replies"));
			return FALSE;
		}
		rp_smtp_server_sent(session->server, size);
	}
	return TRUE;
}

/* All that follows from what has been read; output may hold the engine up, so: until nothing is
 * left. */
static gboolean
work(Session *session, GError **error)
{
	const RpSmtpServerEvent *event;

	for (gboolean again = TRUE; again;) {
		again = FALSE;
		while ((event = rp_smtp_server_next_event(session->server))) {
			take(session, event);
			again = TRUE;
		}
		const guint8 *data;
		again |= rp_smtp_server_output(session->server, &data) > 0;
		if (!send_output(session, error))
			return FALSE;
	}
	return TRUE;
}

/* The input is at its end. What was begun is not stored, and nobody reads replies any more. */
static gboolean
ended_in_order(const Session *session, GError **error)
{
	if (!session->request)
		return TRUE;
	g_set_error(error, RP_ERROR, RP_ERROR_INVALID,
		_("the input ended within a mail, which is not taken: a line with a dot ends it"));
	return FALSE;
}

gboolean
rp_sendmail_smtp(int in, int out, GError **error)
{
	const RpSmtpServerOptions options = {
		.name = g_get_host_name(),
		.max_size = RP_SUBMIT_MAX_SIZE,
		.max_recipients = 1000,
		.max_errors = 50,
		.refuse_recipient = rp_submit_refuse_recipient,
		.lf_ends = TRUE,
	};
	g_auto(Session) session = {.server = rp_smtp_server_new(&options), .in = in, .out = out};

	rp_submit_tell_config();
	while (work(&session, error) && !session.closed) {
		gsize space;
		guint8 *into = rp_smtp_server_space(session.server, &space);
		ssize_t n = read(session.in, into, space);
		if (n == 0)
			return ended_in_order(&session, error);
		if (n < 0 && errno != EINTR) {
			rp_error_set_errno(error, errno, _("reading commands"));
			return FALSE;
		}
		rp_smtp_server_received(session.server, MAX(n, 0));
	}
	return session.closed;
}
