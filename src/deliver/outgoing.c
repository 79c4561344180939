/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "lane.h"

#include <errno.h>
#include <unistd.h>

/* A message on its way through a lane: its octets, and how the engine is given it. */

void
rp_outgoing_free(RpOutgoing *outgoing)
{
	for (guint i = 0; i < outgoing->n_recipients; i++)
		g_free(outgoing->rules[i]);
	g_free(outgoing->rules);
	g_free(outgoing->numbers);
	g_free(outgoing->addresses);
	g_free(outgoing->dsn_notify);
	g_free(outgoing->dsn_original);
	rp_conversion_cancel(outgoing->conversion);
	rp_fd_clear(&outgoing->copy);
	g_free(outgoing->sender);
	g_free(outgoing->from);
	rp_queue_message_free(outgoing->message);
	g_free(outgoing);
}

gint64
rp_outgoing_size(const RpOutgoing *outgoing)
{
	return outgoing->copy >= 0 ? outgoing->copy_size : outgoing->message->size;
}

static gssize
read_copy(const RpOutgoing *outgoing, gint64 offset, guint8 *buffer, gsize size, GError **error)
{
	gssize got;

	do
		got = pread(outgoing->copy, buffer, size, offset);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		rp_error_set_errno(error, errno, "the copy of a message");
	return got;
}

static gssize
read_content(gpointer source, gint64 offset, guint8 *buffer, gsize size)
{
	RpOutgoing *outgoing = source;
	g_autoptr(GError) error = NULL;
	gssize got = outgoing->copy >= 0 ? read_copy(outgoing, offset, buffer, size, &error)
					 : rp_queue_read(outgoing->lane->lanes->ground->queue,
						   outgoing->id, offset, buffer, size, &error);

	if (got < 0) {
		g_warning("content can't be read: %s", error->message);
		return RP_SMTP_READ_FAILED;
	}
	return got;
}

static gboolean
needs(const RpOutgoing *outgoing, guint flags, guint converted)
{
	return (outgoing->message->flags & flags) && !(outgoing->converted & converted);
}

RpSmtpMessage
rp_outgoing_message(RpOutgoing *outgoing)
{
	return (RpSmtpMessage){
		.user = outgoing,
		.sender = outgoing->sender ? outgoing->sender : outgoing->message->sender,
		.recipients = outgoing->addresses,
		.n_recipients = outgoing->n_recipients,
		.size = rp_outgoing_size(outgoing),
		.needs_8bitmime = needs(outgoing, RP_MESSAGE_8BIT, RP_CONVERT_8BIT),
		.needs_smtputf8 = needs(outgoing, RP_MESSAGE_SMTPUTF8, RP_CONVERT_HEADER),
		.header_not_utf8 = needs(
			outgoing, RP_MESSAGE_NOT_UTF8, RP_CONVERT_HEADER | RP_CONVERT_NOT_UTF8),
		.raw_header = outgoing->raw_header,
		.as_it_is = outgoing->as_it_is,
		.needs_encoding =
			needs(outgoing, RP_MESSAGE_LONG_LINES | RP_MESSAGE_NUL, RP_CONVERT_LINES),
		.await_rcpt = outgoing->was_put_off,
		.dsn_ret = outgoing->message->dsn_ret,
		.dsn_envid = outgoing->message->dsn_envid,
		.dsn_notify = outgoing->dsn_notify,
		.dsn_original = outgoing->dsn_original,
		.read = read_content,
		.source = outgoing,
	};
}
