/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report-parts.h"

#include <gmime/gmime.h>
#include <gmodule.h>

/* Delivery reports by GMime, in a module of its own: few agents ever need it. */

G_MODULE_EXPORT void rp_module_init(void);
G_MODULE_EXPORT char *rp_module_compose_report(const RpReportParts *parts, gsize *size);

void
rp_module_init(void)
{
	g_mime_init();
}

/* What the message says of itself; it may be anything. */
static GMimeMessage *
parse_header(const RpReport *report)
{
	GMimeStream *stream =
		g_mime_stream_mem_new_with_buffer(report->header, report->header_size);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);

	g_object_unref(parser);
	g_object_unref(stream);
	return message;
}

static void
add_references(GMimeMessage *mail, const char *id)
{
	g_autofree char *brackets = id ? g_strdup_printf("<%s>", id) : NULL;

	if (!brackets)
		return;
	g_mime_object_set_header(GMIME_OBJECT(mail), "In-Reply-To", brackets, NULL);
	g_mime_object_set_header(GMIME_OBJECT(mail), "References", brackets, NULL);
}

static void
fill_header(GMimeMessage *mail, const RpReportParts *parts)
{
	const RpReport *report = parts->report;
	GMimeMessage *original = parse_header(report);
	const char *subject = original ? g_mime_message_get_subject(original) : NULL;
	g_autofree char *from = g_strconcat("MAILER-DAEMON@", report->host, NULL);
	g_autoptr(GString) about = g_string_new(parts->about);
	g_autoptr(GDateTime) now = g_date_time_new_from_unix_utc(report->now / G_USEC_PER_SEC);

	g_mime_message_add_mailbox(mail, GMIME_ADDRESS_TYPE_FROM, parts->from, from);
	g_mime_message_add_mailbox(mail, GMIME_ADDRESS_TYPE_TO, NULL, report->sender);
	g_string_replace(about, "{subject}", subject ? subject : "", 1);
	g_mime_message_set_subject(mail, about->str, NULL);
	g_mime_message_set_date(mail, now);
	g_mime_message_set_message_id(mail, parts->message_id);
	add_references(mail, original ? g_mime_message_get_message_id(original) : NULL);
	/* RFC 3834 section 5: nobody answers it. */
	g_mime_object_set_header(GMIME_OBJECT(mail), "Auto-Submitted", "auto-replied", NULL);
	if (original)
		g_object_unref(original);
}

/* Takes the part. */
static void
add_part(GMimeMultipart *whole, GMimePart *part, const char *data, gsize size)
{
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer(data, size);
	GMimeDataWrapper *content =
		g_mime_data_wrapper_new_with_stream(stream, GMIME_CONTENT_ENCODING_DEFAULT);

	g_mime_part_set_content(part, content);
	g_mime_multipart_add(whole, GMIME_OBJECT(part));
	g_object_unref(content);
	g_object_unref(stream);
	g_object_unref(part);
}

static void
add_text(GMimeMultipart *whole, const char *text)
{
	GMimeTextPart *part = g_mime_text_part_new_with_subtype("plain");

	g_mime_text_part_set_charset(part, "utf-8");
	g_mime_text_part_set_text(part, text);
	g_mime_multipart_add(whole, GMIME_OBJECT(part));
	g_object_unref(part);
}

/* RFC 6522 section 3; the lines of the header end in LF like all the others. */
static GMimeMultipart *
body_new(const RpReportParts *parts)
{
	const RpReport *report = parts->report;
	GMimeMultipart *whole = g_mime_multipart_new_with_subtype("report");
	GString *header = g_string_new_len(report->header, (gssize)report->header_size);

	g_string_replace(header, "\r\n", "\n", 0);
	g_mime_object_set_content_type_parameter(
		GMIME_OBJECT(whole), "report-type", "delivery-status");
	add_text(whole, parts->text);
	add_part(whole,
		g_mime_part_new_with_type("message",
			parts->status_utf8 ? "global-delivery-status" : "delivery-status"),
		parts->status, strlen(parts->status));
	add_part(whole,
		parts->header_utf8 ? g_mime_part_new_with_type("message", "global-headers")
				   : g_mime_part_new_with_type("text", "rfc822-headers"),
		header->str, header->len);
	g_string_free(header, TRUE);
	return whole;
}

char *
rp_module_compose_report(const RpReportParts *parts, gsize *size)
{
	GMimeMessage *mail = g_mime_message_new(FALSE);
	GMimeMultipart *body = body_new(parts);

	fill_header(mail, parts);
	g_mime_message_set_mime_part(mail, GMIME_OBJECT(body));
	g_mime_object_encode(GMIME_OBJECT(mail), GMIME_ENCODING_CONSTRAINT_8BIT);
	char *text = g_mime_object_to_string(GMIME_OBJECT(mail), NULL);

	*size = strlen(text);
	g_object_unref(body);
	g_object_unref(mail);
	return text;
}
