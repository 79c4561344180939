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
	gpointer from_data;

	State state;
	gboolean cr;       /* the last octet was CR: an LF after it belongs to it */
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
	scan->from_data = options->from_data;
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

/* TRUE: the field was written in another form. */
static gboolean
take_from(RpMessageScan *scan)
{
	if (scan->result.notes & RP_SCAN_HAS_FROM)
		return FALSE;
	scan->result.notes |= RP_SCAN_HAS_FROM;
	g_autofree char *value = rp_field_unfold((const char *)scan->field->data, scan->line);
	scan->result.header_from = rp_mailbox_list_first(value, NULL, NULL);
	if (!scan->from || !scan->result.header_from || strchr(scan->result.header_from, '@'))
		return FALSE;
	g_autofree char *full = scan->from(TRUE, scan->from_data);
	if (!full)
		return FALSE;
	g_autofree char *qualified = rp_field_replace_mailbox(value, full);
	g_free(scan->result.header_from);
	scan->result.header_from = g_steal_pointer(&full);
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
		note_octets(scan, scan->field->data, scan->line, RP_SCAN_HAS_8BIT_HEADER);
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
	emit_field(scan, "From", from);
	scan->result.header_from = rp_mailbox_list_first(from, NULL, NULL);
}

static void
add_message_id(RpMessageScan *scan)
{
	const char *from = scan->result.header_from;
	const char *at = from ? strrchr(from, '@') : NULL;
	g_autofree char *id =
		g_strdup_printf("<%s@%s>", scan->unique, at && at[1] ? at + 1 : scan->host);

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
		note_octets(scan, scan->field->data, scan->field->len, RP_SCAN_HAS_8BIT_HEADER);
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
	} else if (first && is_mailbox_line(line, size)) {
		g_byte_array_set_size(scan->field, 0);
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
		note_octets(scan, &octet, 1, RP_SCAN_HAS_8BIT_HEADER);
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

/* Octets up to the next line end; returns how many. */
static gsize
body_run(RpMessageScan *scan, const char *data, gsize size)
{
	gsize n = 0;

	while (n < size && data[n] != '\r' && data[n] != '\n')
		n++;
	if (n == 0)
		return 0;
	if (scan->dot) {
		scan->dot = FALSE;
		emit(scan, ".", 1);
		scan->length = 1;
	} else if (scan->dot_ends && scan->length == 0 && data[0] == '.') {
		scan->dot = TRUE;
		return 1;
	}
	note_octets(scan, (const guint8 *)data, n, RP_SCAN_HAS_8BIT_BODY);
	emit(scan, data, n);
	scan->length += n;
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

/* Acts on a line end at `data`, or on a CR before it; returns how many octets that took. */
static gsize
take_line_end(RpMessageScan *scan, const char *data)
{
	if (scan->cr) {
		scan->cr = FALSE;
		end_line(scan);
		return *data == '\n';
	}
	if (*data == '\n')
		end_line(scan);
	else
		scan->cr = TRUE;
	return 1;
}

gboolean
rp_message_scan_feed(RpMessageScan *scan, const char *data, gsize size, GByteArray *out)
{
	scan->out = out;
	for (gsize at = 0; at < size && scan->state != STATE_END;) {
		if (scan->cr || data[at] == '\n' || data[at] == '\r')
			at += take_line_end(scan, data + at);
		else if (scan->state == STATE_BODY)
			at += body_run(scan, data + at, size - at);
		else
			header_octet(scan, data[at++]);
	}
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
	if (scan->state != STATE_END && (scan->cr || has_open_line(scan)))
		end_line(scan);
	if (scan->state == STATE_FIRST || scan->state == STATE_HEADER)
		finish_header(scan);
	scan->state = STATE_END;
	scan->cr = FALSE;
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
