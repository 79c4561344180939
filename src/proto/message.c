/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "message-private.h"

#include <string.h>
#include "roampost/mailbox.h"

/* A message as it was handed over into wire format: line ends, fields that are missing or are
 * for us alone, and what the transport must know of its octets. */

/* RFC 5322 section 2.1.1, without the line end. */
#define MAX_LINE 998
/* A field that is larger is passed on in pieces, by its name alone. */
#define MAX_FIELD (1024 * 1024)

typedef enum {
	STATE_FIRST, /* no line has ended yet */
	STATE_HEADER,
	STATE_BODY,
	STATE_END,
} State;

/* What happens to the rest of a field that was too large to be kept. */
typedef enum { REST_NONE, REST_PASS, REST_DROP } Rest;

struct RpMessageScan {
	gboolean dot_ends;
	gboolean collect;
	char *date;
	char *unique;
	char *host;
	RpMessageFrom from;
	gboolean (*is_here)(const char *address, gpointer from_data);
	gpointer from_data;

	State state;
	GByteArray *head;  /* what came before it is known what ends lines; NULL: it is */
	gboolean cr_ends;  /* there is no LF: a CR does */
	gsize n_cr;        /* CRs at the end of what came: of the line end, if an LF follows */
	GByteArray *field; /* the header field so far, and the line that is not finished */
	gsize line;        /* where in it that line begins */
	Rest rest;
	gboolean in_rest; /* the unfinished line belongs to it */
	gsize length;     /* of the body's unfinished line, or the rest's */
	gboolean dot;     /* that is a dot, not yet written */
	gsize collected;
	GPtrArray *resent;
	RpMessageScanResult result;
	GByteArray *out;
};

RpMessageScan *
rp_message_scan_new(const RpMessageScanOptions *options)
{
	RpMessageScan *scan = g_new0(RpMessageScan, 1);

	scan->dot_ends = options->dot_ends;
	scan->collect = options->collect_recipients;
	scan->date = g_strdup(options->date);
	scan->unique = g_strdup(options->unique);
	scan->host = g_strdup(options->host ? options->host : "localhost");
	scan->from = options->from;
	scan->is_here = options->is_here;
	scan->from_data = options->from_data;
	scan->head = g_byte_array_new();
	scan->field = g_byte_array_sized_new(256); /* so that its data is never NULL */
	scan->resent = g_ptr_array_new_with_free_func((GDestroyNotify)rp_message_field_free);
	scan->result.recipient_fields =
		g_ptr_array_new_with_free_func((GDestroyNotify)rp_message_field_free);
	return scan;
}

void
rp_message_scan_free(RpMessageScan *scan)
{
	if (!scan)
		return;
	g_free(scan->date);
	g_free(scan->unique);
	g_free(scan->host);
	g_clear_pointer(&scan->head, g_byte_array_unref);
	g_byte_array_unref(scan->field);
	g_ptr_array_unref(scan->resent);
	g_ptr_array_unref(scan->result.recipient_fields);
	g_free(scan->result.header_from);
	g_free(scan);
}

static void
emit(RpMessageScan *scan, const void *data, gsize size)
{
	g_byte_array_append(scan->out, data, size);
	scan->result.size += size;
}

static void
emit_crlf(RpMessageScan *scan)
{
	emit(scan, "\r\n", 2);
}

static void
emit_field(RpMessageScan *scan, const char *name, const char *value)
{
	emit(scan, name, strlen(name));
	emit(scan, ": ", 2);
	emit(scan, value, strlen(value));
	emit_crlf(scan);
}

/* Notes what the octets mean for the transport. */
static void
note_octets(RpMessageScan *scan, const guint8 *data, gsize size, RpScanNotes eight_bit)
{
	guint8 all = 0;

	for (gsize i = 0; i < size; i++)
		all |= data[i];
	if (all & 0x80)
		scan->result.notes |= eight_bit;
	if (size > 0 && memchr(data, '\0', size))
		scan->result.notes |= RP_SCAN_HAS_NUL;
}

/* Of a field too large to be kept no piece can be told to be UTF-8 by itself. */
static void
note_header(RpMessageScan *scan, const guint8 *data, gsize size)
{
	guint before = scan->result.notes;

	scan->result.notes &= ~(guint)RP_SCAN_HAS_8BIT_HEADER;
	note_octets(scan, data, size, RP_SCAN_HAS_8BIT_HEADER);
	if ((scan->result.notes & RP_SCAN_HAS_8BIT_HEADER) &&
		!g_utf8_validate_len((const char *)data, size, NULL))
		scan->result.notes |= RP_SCAN_NOT_UTF8_HEADER;
	scan->result.notes |= before;
}

static void
note_length(RpMessageScan *scan, gsize length)
{
	if (length > MAX_LINE)
		scan->result.notes |= RP_SCAN_HAS_LONG_LINES;
}

/* ---- the header ---- */

static void
collect(RpMessageScan *scan, RpFieldKind kind)
{
	gboolean resent = kind == RP_FIELD_RESENT_RECIPIENTS || kind == RP_FIELD_RESENT_BCC;

	if (resent)
		scan->result.notes |= RP_SCAN_HAS_RESENT;
	if (!scan->collect)
		return;
	scan->collected += scan->line;
	if (scan->collected > MAX_FIELD) {
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
	note_header(scan, (const guint8 *)qualified, strlen(qualified));
	emit_field(scan, "From", qualified);
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

	scan->rest = REST_NONE;
	if (scan->line == 0)
		return;
	if (!take_field(scan, rp_field_kind(field, scan->line))) {
		note_header(scan, scan->field->data, scan->line);
		emit(scan, field, scan->line);
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
	note_header(scan, (const guint8 *)from, strlen(from));
	emit_field(scan, "From", from);
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
	emit_field(scan, "Message-ID", id);
}

static void
finish_header(RpMessageScan *scan)
{
	finish_field(scan);
	if (!(scan->result.notes & RP_SCAN_HAS_DATE) && scan->date)
		emit_field(scan, "Date", scan->date);
	if (!(scan->result.notes & RP_SCAN_HAS_FROM))
		add_from(scan);
	if (!(scan->result.notes & RP_SCAN_HAS_MESSAGE_ID) && scan->unique)
		add_message_id(scan);
	emit_crlf(scan);
	if (scan->result.notes & RP_SCAN_HAS_RESENT) {
		g_ptr_array_unref(scan->result.recipient_fields);
		scan->result.recipient_fields = g_ptr_array_ref(scan->resent);
	}
	scan->state = STATE_BODY;
	scan->length = 0;
}

const RpMessageScanResult *
rp_message_scan_header(const RpMessageScan *scan)
{
	return scan->state == STATE_BODY || scan->state == STATE_END ? &scan->result : NULL;
}

/* The unfinished line turned out to be the body's first. */
static void
move_line_to_body(RpMessageScan *scan)
{
	finish_header(scan);
	note_octets(scan, scan->field->data, scan->field->len, RP_SCAN_HAS_8BIT_BODY);
	emit(scan, scan->field->data, scan->field->len);
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

static gboolean
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* What can be said of a field that is too large to be read. */
static guint
notes_of_rest(RpFieldKind kind)
{
	switch (kind) {
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

	if (scan->rest == REST_NONE)
		scan->rest =
			kind == RP_FIELD_BCC || kind == RP_FIELD_RESENT_BCC ? REST_DROP : REST_PASS;
	scan->result.notes |= notes_of_rest(kind);
	if (scan->rest == REST_PASS) {
		note_header(scan, scan->field->data, scan->field->len);
		emit(scan, scan->field->data, scan->field->len);
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

	if (size > 0 && is_blank(*line) && (scan->line > 0 || scan->rest != REST_NONE)) {
		begin_rest(scan);
	} else if (rp_field_begins(line, size, NULL)) {
		finish_field(scan);
		if (scan->field->len > MAX_FIELD)
			begin_rest(scan);
	} else if (size > MAX_LINE) {
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
	if (scan->rest == REST_PASS) {
		note_length(scan, scan->length);
		emit_crlf(scan);
	}
	scan->in_rest = FALSE;
}

static void
end_header_line(RpMessageScan *scan)
{
	const char *line = (const char *)scan->field->data + scan->line;
	gsize size = scan->field->len - scan->line;
	gboolean first = scan->state == STATE_FIRST;

	if (first && is_mailbox_line(line, size)) { /* more of them may follow */
		g_byte_array_set_size(scan->field, 0);
		return;
	}
	scan->state = STATE_HEADER;
	if (scan->in_rest) {
		end_rest_line(scan);
	} else if (scan->dot_ends && size == 1 && *line == '.') {
		g_byte_array_set_size(scan->field, scan->line);
		finish_header(scan);
		scan->state = STATE_END;
	} else if (size == 0) {
		finish_header(scan);
	} else if (is_blank(*line) && scan->rest != REST_NONE) {
		begin_rest(scan);
		end_rest_line(scan);
	} else if (is_blank(*line) ? scan->line > 0 : rp_field_begins(line, size, NULL)) {
		if (!is_blank(*line))
			finish_field(scan);
		note_length(scan, size);
		g_byte_array_append(scan->field, (const guint8 *)"\r\n", 2);
		scan->line = scan->field->len;
	} else {
		move_line_to_body(scan);
		note_length(scan, size);
		emit_crlf(scan);
		scan->length = 0;
	}
}

static void
header_octet(RpMessageScan *scan, guint8 octet)
{
	if (!scan->in_rest) {
		g_byte_array_append(scan->field, &octet, 1);
		if (scan->field->len > MAX_FIELD)
			overflow(scan);
		return;
	}
	scan->length++;
	if (scan->rest == REST_PASS) {
		note_header(scan, &octet, 1);
		emit(scan, &octet, 1);
	}
}

/* ---- the body ---- */

static void
end_body_line(RpMessageScan *scan)
{
	if (scan->dot) {
		scan->dot = FALSE;
		scan->state = STATE_END;
		return;
	}
	note_length(scan, scan->length);
	scan->length = 0;
	emit_crlf(scan);
}

/* Octets of one line. */
static void
body_octets(RpMessageScan *scan, const char *data, gsize size)
{
	if (scan->dot) {
		scan->dot = FALSE;
		emit(scan, ".", 1);
		scan->length = 1;
	}
	note_octets(scan, (const guint8 *)data, size, RP_SCAN_HAS_8BIT_BODY);
	emit(scan, data, size);
	scan->length += size;
}

/* Octets up to the next line end; returns how many. */
static gsize
body_run(RpMessageScan *scan, const char *data, gsize size)
{
	gsize n = 0;

	while (n < size && data[n] != '\r' && data[n] != '\n')
		n++;
	if (scan->dot_ends && scan->length == 0 && !scan->dot && data[0] == '.') {
		scan->dot = TRUE;
		return 1;
	}
	body_octets(scan, data, n);
	return n;
}

/* ---- both ---- */

static void
end_line(RpMessageScan *scan)
{
	if (scan->state == STATE_BODY)
		end_body_line(scan);
	else
		end_header_line(scan);
}

/* CRs that no LF follows: blanks in the header, where they could make fields out of text; in the
 * body they are kept, and noted, since they can't go over the wire as they are (RFC 5321 section
 * 2.3.8). */
static void
take_lone_crs(RpMessageScan *scan)
{
	for (; scan->n_cr > 0; scan->n_cr--) {
		if (scan->state != STATE_BODY) {
			header_octet(scan, ' ');
			continue;
		}
		body_octets(scan, "\r", 1);
		scan->result.notes |= RP_SCAN_HAS_LONE_CR;
	}
}

/* Takes some of it; returns how much. */
static gsize
take_some(RpMessageScan *scan, const char *data, gsize size)
{
	if (*data == '\n' || (*data == '\r' && scan->cr_ends)) {
		scan->n_cr = 0;
		end_line(scan);
		return 1;
	}
	if (*data == '\r') {
		scan->n_cr++;
		return 1;
	}
	take_lone_crs(scan);
	if (scan->state == STATE_BODY)
		return body_run(scan, data, size);
	header_octet(scan, *data);
	return 1;
}

static void
take(RpMessageScan *scan, const char *data, gsize size)
{
	for (gsize at = 0; at < size && scan->state != STATE_END;)
		at += take_some(scan, data + at, size - at);
}

/* Whether a CR ends lines. */
static void
decide(RpMessageScan *scan, gboolean has_lf)
{
	g_autoptr(GByteArray) head = g_steal_pointer(&scan->head);

	scan->cr_ends = !has_lf && head->len > 0 && memchr(head->data, '\r', head->len);
	take(scan, (const char *)head->data, head->len);
}

/* The beginning, up to the first LF; returns how much was taken. */
static gsize
take_head(RpMessageScan *scan, const char *data, gsize size)
{
	const char *lf = memchr(data, '\n', size);
	gsize n = MIN(lf ? (gsize)(lf + 1 - data) : size, MAX_FIELD - scan->head->len);

	g_byte_array_append(scan->head, (const guint8 *)data, (guint)n);
	if (scan->head->len == MAX_FIELD || scan->head->data[scan->head->len - 1] == '\n')
		decide(scan, scan->head->data[scan->head->len - 1] == '\n');
	return n;
}

gboolean
rp_message_scan_feed(RpMessageScan *scan, const char *data, gsize size, GByteArray *out)
{
	scan->out = out;
	if (scan->head && size > 0) {
		gsize n = take_head(scan, data, size);

		data += n;
		size -= n;
	}
	if (size > 0)
		take(scan, data, size);
	return scan->state != STATE_END;
}

static gboolean
has_open_line(const RpMessageScan *scan)
{
	if (scan->state == STATE_BODY)
		return scan->length > 0 || scan->dot;
	return scan->in_rest || scan->field->len > scan->line;
}

const RpMessageScanResult *
rp_message_scan_finish(RpMessageScan *scan, GByteArray *out)
{
	scan->out = out;
	if (scan->head)
		decide(scan, FALSE);
	if (scan->state != STATE_END && (scan->n_cr > 0 || has_open_line(scan)))
		end_line(scan);
	if (scan->state == STATE_FIRST || scan->state == STATE_HEADER)
		finish_header(scan);
	scan->state = STATE_END;
	return &scan->result;
}

/* ---- editing ---- */

/* The extent of the From field, or an empty one at the start; FALSE: the header does not end here.
 */
static gboolean
find_from(const char *data, gsize size, gsize *start, gsize *end)
{
	gboolean inside = FALSE;

	*start = *end = 0;
	for (gsize at = 0; at < size;) {
		const char *line = data + at;
		const char *lf = memchr(line, '\n', size - at);
		if (!lf)
			return FALSE;
		gsize length = lf + 1 - line;
		if (length == 2)
			return TRUE;
		inside = is_blank(*line)
				 ? inside
				 : *end == 0 && rp_field_kind(line, length) == RP_FIELD_FROM;
		if (inside && !is_blank(*line))
			*start = at;
		at += length;
		if (inside)
			*end = at;
	}
	return FALSE;
}

gboolean
rp_message_replace_from(GByteArray *data, const char *address)
{
	gsize start, end;

	if (!find_from((const char *)data->data, data->len, &start, &end))
		return FALSE;
	g_autofree char *old = rp_field_unfold((const char *)data->data + start, end - start);
	g_autofree char *value = rp_field_replace_mailbox(old, address);
	g_autofree char *field = g_strdup_printf("From: %s\r\n", value);
	g_autoptr(GByteArray) tail = g_byte_array_new();

	g_byte_array_append(tail, data->data + end, data->len - end);
	g_byte_array_set_size(data, start);
	g_byte_array_append(data, (const guint8 *)field, strlen(field));
	g_byte_array_append(data, tail->data, tail->len);
	return TRUE;
}
