/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/module.h"
#include "report-parts.h"
#include "roampost/base.h"
#include "roampost/language.h"
#include "roampost/reply.h"

#include <string.h>

/* A delivery report (RFC 3464): what it says to people, and the same for programs. */

/* Longest field of a status: RFC 5322 section 2.1.1 allows 998, and its name comes before it. */
#define MAX_WORDS 900

/* One line without control characters, valid UTF-8. */
static char *
one_line(const char *text)
{
	char *line = g_utf8_make_valid(text, -1);

	for (char *c = line; *c; c++)
		if (g_ascii_iscntrl(*c))
			*c = ' ';
	return line;
}

/* ---- for people ---- */

static void
add_refusal(GString *text, const RpReportRecipient *recipient)
{
	g_autofree char *reply = one_line(recipient->reply ? recipient->reply : _("no reason"));

	g_string_append_printf(text, "%s\n", recipient->address);
	if (recipient->set)
		g_string_append_printf(
			text, _("    %s's server said: %s\n\n"), recipient->set, reply);
	else
		g_string_append_printf(text, _("    The server said: %s\n\n"), reply);
}

static char *
text_part(const RpReport *report)
{
	GString *text = g_string_new(rp_text_n(
		"Your mail could not be delivered to this recipient, whose server refused it for "
		"good.\n\n",
		"Your mail could not be delivered to these recipients, whose server refused them "
		"for "
		"good.\n\n",
		report->n_recipients));

	for (guint i = 0; i < report->n_recipients; i++)
		add_refusal(text, &report->recipients[i]);
	g_string_append_printf(text,
		_("The message stays in the queue until you decide:\n\n"
		  "    roampost edit %1$s --to ADDRESS   sends it to another address\n"
		  "    roampost retry %1$s               tries it again\n"
		  "    roampost delete %1$s              removes it\n"),
		report->id);
	return g_string_free(text, FALSE);
}

/* ---- for programs: RFC 3464 ---- */

static void
add_date(GString *status, const char *name, RpTime time)
{
	g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(time / G_USEC_PER_SEC);
	/* Not by %a and %b, which are the locale's. */
	static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
	static const char *const months[] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

	g_string_append_printf(status, "%s: %s, %02d %s %d %02d:%02d:%02d +0000\n", name,
		days[g_date_time_get_day_of_week(utc) - 1], g_date_time_get_day_of_month(utc),
		months[g_date_time_get_month(utc) - 1], g_date_time_get_year(utc),
		g_date_time_get_hour(utc), g_date_time_get_minute(utc),
		g_date_time_get_second(utc));
}

/* RFC 3463: what the server said, or "permanent failure, undefined". */
static void
add_status(GString *status, const char *reply)
{
	RpEnhancedCode code = {0};
	const char *words = reply ? strchr(reply, ' ') : NULL;

	if (words && rp_enhanced_code_parse(words + 1, 0, &code, NULL) && code.class == 5)
		g_string_append_printf(status, "Status: 5.%u.%u\n", code.subject, code.detail);
	else
		g_string_append(status, "Status: 5.0.0\n");
}

static void
add_diagnostic(GString *status, const char *reply)
{
	g_autofree char *line = one_line(reply);

	if (strlen(line) > MAX_WORDS)
		line[MAX_WORDS] = '\0';
	for (char *c = line; *c; c++) /* RFC 3464 section 2.1.2: ASCII */
		if (*c & 0x80)
			*c = '?';
	g_string_append_printf(status, "Diagnostic-Code: smtp; %s\n", line);
}

static void
add_recipient(GString *status, const RpReportRecipient *recipient)
{
	g_autofree char *address = one_line(recipient->address);

	g_string_append_c(status, '\n');
	if (recipient->original) {
		g_autofree char *original = one_line(recipient->original);

		g_string_append_printf(status, "Original-Recipient: %s\n", original);
	}
	g_string_append_printf(status, "Final-Recipient: %s; %s\nAction: failed\n",
		g_str_is_ascii(address) ? "rfc822" : "utf-8", address);
	add_status(status, recipient->reply);
	if (recipient->reply)
		add_diagnostic(status, recipient->reply);
	add_date(status, "Last-Attempt-Date", recipient->time);
}

static char *
status_part(const RpReport *report)
{
	GString *status = g_string_new(NULL);

	if (report->envelope_id) {
		g_autofree char *id = one_line(report->envelope_id);

		g_string_append_printf(status, "Original-Envelope-Id: %s\n", id);
	}
	g_string_append_printf(status, "Reporting-MTA: dns; %s\n", report->host);
	g_string_append_printf(status, "X-Roampost-Id: %s\n", report->id);
	add_date(status, "Arrival-Date", report->created);
	for (guint i = 0; i < report->n_recipients; i++)
		add_recipient(status, &report->recipients[i]);
	return g_string_free(status, FALSE);
}

/* The same refusal has the same id: a report that a delivery command got twice can be told. */
static char *
message_id(const RpReport *report)
{
	const RpReportRecipient *first = &report->recipients[0];

	return g_strdup_printf("%s.%" G_GINT64_FORMAT ".%08x.report@%s", report->id, first->time,
		g_str_hash(first->address), report->host);
}

static gboolean
is_ascii(const char *data, gsize size)
{
	for (gsize i = 0; i < size; i++)
		if (data[i] & 0x80)
			return FALSE;
	return TRUE;
}

GString *
rp_report_compose(const RpReport *report, GError **error)
{
	RpReportCompose compose =
		(RpReportCompose)rp_module_function(RP_REPORT_MODULE, RP_REPORT_FUNCTION);
	g_autofree char *id = message_id(report);
	g_autofree char *text = text_part(report);
	g_autofree char *status = status_part(report);
	RpReportParts parts = {
		.report = report,
		.message_id = id,
		.text = text,
		.from = _("Mail delivery (roampost)"),
		.about = _("Not delivered: {subject}"),
		.status = status,
		.status_utf8 = !g_str_is_ascii(status),
		.header_utf8 = !is_ascii(report->header, report->header_size),
	};
	gsize size;

	if (!compose) {
		g_set_error(error, RP_ERROR, RP_ERROR_UNAVAILABLE,
			_("%s can't be loaded: is roampost installed completely?"),
			RP_REPORT_MODULE);
		return NULL;
	}
	g_autofree char *mail = compose(&parts, &size);
	GString *whole = g_string_new("Return-Path: <>\n");

	return g_string_append_len(whole, mail, (gssize)size);
}
