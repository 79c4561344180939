/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "message-scan.h"

#include <string.h>
#include "roampost/mailbox.h"

/* The header of a message that is handed over: field by field as it comes, those that are for us
 * alone left out, those that are missing added at its end. */

static void
collect(RpMessageScan *scan, RpFieldKind kind)
{
	gboolean resent = kind == RP_FIELD_RESENT_RECIPIENTS || kind == RP_FIELD_RESENT_BCC;

	if (resent)
		scan->result.notes |= RP_SCAN_HAS_RESENT;
	if (!scan->collect)
		return;
	scan->collected += scan->line;
	if (scan->collected > RP_SCAN_MAX_FIELD) {
		scan->result.notes |= RP_SCAN_TOO_MANY_RECIPIENTS;
		return;
	}
	g_ptr_array_add(resent ? scan->resent : scan->result.recipient_fields,
		rp_message_field_new((const char *)scan->field->data, scan->line));
}

static gboolean
has_domain(const RpMessageScan *scan, const char *address)
{
	return strchr(address, '@') && !(scan->is_here && scan->is_here(address, scan->from_data));
}

/* TRUE: the field was written in another form. */
static gboolean
take_from(RpMessageScan *scan)
{
	if (scan->result.notes & RP_SCAN_HAS_FROM)
		return FALSE;
	g_autofree char *value = rp_field_unfold((const char *)scan->field->data, scan->line);
	if (!*value && scan->from)
		return TRUE; /* none at all: one is added */
	scan->result.notes |= RP_SCAN_HAS_FROM;
	scan->result.header_from = rp_mailbox_list_first(value, NULL, NULL);
	if (!scan->from || !scan->result.header_from || has_domain(scan, scan->result.header_from))
		return FALSE;
	g_autofree char *full = scan->from(TRUE, scan->from_data);
	if (!full)
		return FALSE;
	g_autofree char *qualified = rp_field_replace_mailbox(value, full);
	g_free(scan->result.header_from);
	scan->result.header_from = g_steal_pointer(&full);
	rp_scan_note_header(scan, (const guint8 *)qualified, strlen(qualified));
	rp_scan_emit_field(scan, "From", qualified);
	return TRUE;
}

/* TRUE: written already, or not to be written at all. */
static gboolean
take_field(RpMessageScan *scan, RpFieldKind kind)
{
	switch (kind) {
	case RP_FIELD_FROM:
		return take_from(scan);
	case RP_FIELD_DATE:
		scan->result.notes |= RP_SCAN_HAS_DATE;
		return FALSE;
	case RP_FIELD_MESSAGE_ID:
		scan->result.notes |= RP_SCAN_HAS_MESSAGE_ID;
		return FALSE;
	case RP_FIELD_SUBJECT:
		if (!scan->result.subject)
			scan->result.subject =
				rp_field_unfold((const char *)scan->field->data, scan->line);
		return FALSE;
	case RP_FIELD_RECIPIENTS:
	case RP_FIELD_RESENT_RECIPIENTS:
		collect(scan, kind);
		return FALSE;
	case RP_FIELD_BCC:
	case RP_FIELD_RESENT_BCC:
		collect(scan, kind);
		return TRUE;
	case RP_FIELD_OTHER:
		return FALSE;
	}
	return FALSE;
}

/* The lines before the unfinished one are a whole field. */
static void
finish_field(RpMessageScan *scan)
{
	const char *field = (const char *)scan->field->data;

	scan->rest = RP_SCAN_REST_NONE;
	if (scan->line == 0)
		return;
	if (!take_field(scan, rp_field_kind(field, scan->line))) {
		rp_scan_note_header(scan, scan->field->data, scan->line);
		rp_scan_emit(scan, field, scan->line);
	}
	g_byte_array_remove_range(scan->field, 0, scan->line);
	scan->line = 0;
}

static void
add_from(RpMessageScan *scan)
{
	g_autofree char *from = scan->from ? scan->from(FALSE, scan->from_data) : NULL;

	if (!from)
		return;
	rp_scan_note_header(scan, (const guint8 *)from, strlen(from));
	rp_scan_emit_field(scan, "From", from);
	scan->result.header_from = rp_mailbox_list_first(from, NULL, NULL);
}

static void
add_message_id(RpMessageScan *scan)
{
	const char *from = scan->result.header_from;
	const char *at = from ? strrchr(from, '@') : NULL;
	g_autofree char *domain = NULL;

	/* RFC 5322 section 3.6.4: in ASCII, or every server would have to know SMTPUTF8. */
	if (rp_mailbox_read_domain(at && at[1] ? at + 1 : scan->host, &domain) != RP_MAILBOX_GOOD)
		domain = g_strdup("localhost");
	g_autofree char *id = g_strdup_printf("<%s@%s>", scan->unique, domain);
	rp_scan_emit_field(scan, "Message-ID", id);
}

void
rp_scan_finish_header(RpMessageScan *scan)
{
	finish_field(scan);
	if (!(scan->result.notes & RP_SCAN_HAS_DATE) && scan->date)
		rp_scan_emit_field(scan, "Date", scan->date);
	if (!(scan->result.notes & RP_SCAN_HAS_FROM))
		add_from(scan);
	if (!(scan->result.notes & RP_SCAN_HAS_MESSAGE_ID) && scan->unique)
		add_message_id(scan);
	rp_scan_emit_crlf(scan);
	if (scan->result.notes & RP_SCAN_HAS_RESENT) {
		g_ptr_array_unref(scan->result.recipient_fields);
		scan->result.recipient_fields = g_ptr_array_ref(scan->resent);
	}
	scan->state = RP_SCAN_AT_BODY;
	scan->length = 0;
}

/* The unfinished line turned out to be the body's first. */
static void
move_line_to_body(RpMessageScan *scan)
{
	rp_scan_finish_header(scan);
	rp_scan_note_octets(scan, scan->field->data, scan->field->len, RP_SCAN_HAS_8BIT_BODY);
	rp_scan_emit(scan, scan->field->data, scan->field->len);
	scan->length = scan->field->len;
	g_byte_array_set_size(scan->field, 0);
}

/* What a mailbox file puts before a message. */
static gboolean
is_mailbox_line(const char *line, gsize size)
{
	if (size > 0 && *line == '>') {
		line++;
		size--;
	}
	return size >= 5 && memcmp(line, "From ", 5) == 0;
}

/* What can be said of a field that is too large to be read. */
static guint
notes_of_rest(RpFieldKind kind)
{
	switch (kind) {
	case RP_FIELD_SUBJECT:
	case RP_FIELD_OTHER:
		return 0;
	case RP_FIELD_FROM:
		return RP_SCAN_HAS_FROM;
	case RP_FIELD_DATE:
		return RP_SCAN_HAS_DATE;
	case RP_FIELD_MESSAGE_ID:
		return RP_SCAN_HAS_MESSAGE_ID;
	case RP_FIELD_RECIPIENTS:
	case RP_FIELD_BCC:
		return RP_SCAN_TOO_MANY_RECIPIENTS;
	case RP_FIELD_RESENT_RECIPIENTS:
	case RP_FIELD_RESENT_BCC:
		return RP_SCAN_TOO_MANY_RECIPIENTS | RP_SCAN_HAS_RESENT;
	}
	return 0;
}

/* The field's beginning, which is all that is kept of it, decides about the rest. */
static void
begin_rest(RpMessageScan *scan)
{
	RpFieldKind kind = rp_field_kind((const char *)scan->field->data, scan->field->len);

	if (scan->rest == RP_SCAN_REST_NONE)
		scan->rest = kind == RP_FIELD_BCC || kind == RP_FIELD_RESENT_BCC
				     ? RP_SCAN_REST_DROP
				     : RP_SCAN_REST_PASS;
	scan->result.notes |= notes_of_rest(kind);
	if (scan->rest == RP_SCAN_REST_PASS) {
		rp_scan_note_header(scan, scan->field->data, scan->field->len);
		rp_scan_emit(scan, scan->field->data, scan->field->len);
	}
	scan->length = scan->field->len - scan->line;
	scan->line = 0;
	g_byte_array_set_size(scan->field, 0);
	scan->in_rest = TRUE;
}

/* The field has grown too large, in the middle of a line. */
static void
overflow(RpMessageScan *scan)
{
	const char *line = (const char *)scan->field->data + scan->line;
	gsize size = scan->field->len - scan->line;

	if (size > 0 && rp_field_goes_on(*line) &&
		(scan->line > 0 || scan->rest != RP_SCAN_REST_NONE)) {
		begin_rest(scan);
	} else if (rp_field_begins(line, size, NULL)) {
		finish_field(scan);
		if (scan->field->len > RP_SCAN_MAX_FIELD)
			begin_rest(scan);
	} else if (size > RP_SCAN_MAX_LINE) {
		move_line_to_body(scan);
	} else if (scan->line > 0) {
		/* Too little of the line to know it; the field before it is complete or goes on. */
		gsize before = scan->line;
		g_autoptr(GByteArray) tail = g_byte_array_new();
		g_byte_array_append(tail, scan->field->data + before, size);
		g_byte_array_set_size(scan->field, before);
		scan->line = 0;
		begin_rest(scan);
		scan->in_rest = FALSE;
		g_byte_array_append(scan->field, tail->data, tail->len);
	}
}

/* A whole line of the rest of a large field. */
static void
end_rest_line(RpMessageScan *scan)
{
	if (scan->rest == RP_SCAN_REST_PASS) {
		rp_scan_note_length(scan, scan->length);
		rp_scan_emit_crlf(scan);
	}
	scan->in_rest = FALSE;
}

void
rp_scan_end_header_line(RpMessageScan *scan)
{
	const char *line = (const char *)scan->field->data + scan->line;
	gsize size = scan->field->len - scan->line;
	gboolean first = scan->state == RP_SCAN_AT_FIRST;

	if (first && is_mailbox_line(line, size)) { /* more of them may follow */
		g_byte_array_set_size(scan->field, 0);
		return;
	}
	scan->state = RP_SCAN_AT_HEADER;
	if (scan->in_rest) {
		end_rest_line(scan);
	} else if (scan->dot_ends && size == 1 && *line == '.') {
		g_byte_array_set_size(scan->field, scan->line);
		rp_scan_finish_header(scan);
		scan->state = RP_SCAN_AT_END;
	} else if (size == 0) {
		rp_scan_finish_header(scan);
	} else if (rp_field_goes_on(*line) && scan->rest != RP_SCAN_REST_NONE) {
		begin_rest(scan);
		end_rest_line(scan);
	} else if (rp_field_goes_on(*line) ? scan->line > 0 : rp_field_begins(line, size, NULL)) {
		if (!rp_field_goes_on(*line))
			finish_field(scan);
		rp_scan_note_length(scan, size);
		g_byte_array_append(scan->field, (const guint8 *)"\r\n", 2);
		scan->line = scan->field->len;
	} else {
		move_line_to_body(scan);
		rp_scan_note_length(scan, size);
		rp_scan_emit_crlf(scan);
		scan->length = 0;
	}
}

void
rp_scan_header_octet(RpMessageScan *scan, guint8 octet)
{
	if (!scan->in_rest) {
		g_byte_array_append(scan->field, &octet, 1);
		if (scan->field->len > RP_SCAN_MAX_FIELD)
			overflow(scan);
		return;
	}
	scan->length++;
	if (scan->rest == RP_SCAN_REST_PASS) {
		rp_scan_note_header(scan, &octet, 1);
		rp_scan_emit(scan, &octet, 1);
	}
}
