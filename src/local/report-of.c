/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report-of.h"

#include "roampost/language.h"
#include "roampost/report.h"

#include <string.h>

/* What a delivery report says, as the queue has it. */

#define MAX_HEADER (256 * 1024)

/* Up to the empty line; what is longer than any header is cut at a line's end. */
static GString *
read_header(RpQueue *queue, RpMessageId id, GError **error)
{
	g_autoptr(GString) header = g_string_new(NULL);
	g_autofree char *buffer = g_malloc(65536);
	const char *last;

	while (header->len < MAX_HEADER) {
		gssize n = rp_queue_read(queue, id, (gint64)header->len, buffer, 65536, error);
		char *end;

		if (n < 0)
			return NULL;
		g_string_append_len(header, buffer, n);
		end = memmem(header->str, header->len, "\r\n\r\n", 4);
		if (end)
			g_string_truncate(header, (gsize)(end - header->str) + 2);
		if (end || n == 0)
			return g_steal_pointer(&header);
	}
	last = memrchr(header->str, '\n', MAX_HEADER);
	g_string_truncate(header, last ? (gsize)(last - header->str) + 1 : 0);
	return g_steal_pointer(&header);
}

static gboolean
is_among(const GArray *refusals, guint recipient)
{
	for (guint i = 0; i < refusals->len; i++)
		if (g_array_index(refusals, RpRefusal, i).recipient == recipient)
			return TRUE;
	return FALSE;
}

static guint
collect(const GArray *refusals, const RpQueueMessage *message, RpReportRecipient *into)
{
	guint n = 0;

	for (guint i = 0; i < message->recipients->len; i++) {
		const RpQueueRecipient *recipient = message->recipients->pdata[i];

		if (recipient->state != RP_RECIPIENT_DEAD || !is_among(refusals, recipient->number))
			continue;
		into[n++] = (RpReportRecipient){
			.address = recipient->address,
			.original = recipient->dsn_original,
			.set = recipient->set,
			.reply = recipient->reply,
			.time = recipient->time,
		};
	}
	return n;
}

GString *
rp_report_of(const RpGround *ground, RpMessageId id, const GArray *refusals, GError **error)
{
	g_autoptr(RpQueueMessage) message = rp_queue_get(ground->queue, id, error);
	g_autofree RpReportRecipient *recipients = NULL;
	g_autoptr(GString) header = NULL;
	char text[RP_MESSAGE_ID_SIZE];
	RpReport report;

	if (!message)
		return NULL;
	recipients = g_new0(RpReportRecipient, message->recipients->len);
	report = (RpReport){
		.id = rp_message_id_format(id, text),
		.sender = message->sender,
		.envelope_id = message->dsn_envid,
		.host = g_get_host_name(),
		.created = message->created,
		.now = rp_ground_now(ground),
		.recipients = recipients,
		.n_recipients = collect(refusals, message, recipients),
	};
	if (report.n_recipients == 0)
		return NULL;
	header = read_header(ground->queue, id, error);
	if (!header)
		return NULL;
	report.header = header->str;
	report.header_size = header->len;
	g_auto(RpLanguageScope) scope = rp_language_enter(rp_language_own());
	return rp_report_compose(&report, error);
}
