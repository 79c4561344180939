/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "message-scan.h"

#include <string.h>

/* A message as it was handed over into wire format: what ends its lines, its body, and its end. The
 * header is message-header.c's. */

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
	g_free(scan->result.subject);
	g_free(scan);
}

const RpMessageScanResult *
rp_message_scan_header(const RpMessageScan *scan)
{
	return scan->state == RP_SCAN_AT_BODY || scan->state == RP_SCAN_AT_END ? &scan->result
									       : NULL;
}

/* ---- the body ---- */

static void
end_body_line(RpMessageScan *scan)
{
	if (scan->dot) {
		scan->dot = FALSE;
		scan->state = RP_SCAN_AT_END;
		return;
	}
	rp_scan_note_length(scan, scan->length);
	scan->length = 0;
	rp_scan_emit_crlf(scan);
}

/* Octets of one line. */
static void
body_octets(RpMessageScan *scan, const char *data, gsize size)
{
	if (scan->dot) {
		scan->dot = FALSE;
		rp_scan_emit(scan, ".", 1);
		scan->length = 1;
	}
	rp_scan_note_octets(scan, (const guint8 *)data, size, RP_SCAN_HAS_8BIT_BODY);
	rp_scan_emit(scan, data, size);
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
	if (scan->state == RP_SCAN_AT_BODY)
		end_body_line(scan);
	else
		rp_scan_end_header_line(scan);
}

/* CRs that no LF follows: blanks in the header, where they could make fields out of text; in the
 * body they are kept, and noted, since they can't go over the wire as they are (RFC 5321 section
 * 2.3.8). */
static void
take_lone_crs(RpMessageScan *scan)
{
	for (; scan->n_cr > 0; scan->n_cr--) {
		if (scan->state != RP_SCAN_AT_BODY) {
			rp_scan_header_octet(scan, ' ');
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
	if (scan->state == RP_SCAN_AT_BODY)
		return body_run(scan, data, size);
	rp_scan_header_octet(scan, *data);
	return 1;
}

static void
take(RpMessageScan *scan, const char *data, gsize size)
{
	for (gsize at = 0; at < size && scan->state != RP_SCAN_AT_END;)
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
	gsize n = MIN(lf ? (gsize)(lf + 1 - data) : size, RP_SCAN_MAX_FIELD - scan->head->len);

	g_byte_array_append(scan->head, (const guint8 *)data, (guint)n);
	if (scan->head->len == RP_SCAN_MAX_FIELD || scan->head->data[scan->head->len - 1] == '\n')
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
	return scan->state != RP_SCAN_AT_END;
}

static gboolean
has_open_line(const RpMessageScan *scan)
{
	if (scan->state == RP_SCAN_AT_BODY)
		return scan->length > 0 || scan->dot;
	return scan->in_rest || scan->field->len > scan->line;
}

const RpMessageScanResult *
rp_message_scan_finish(RpMessageScan *scan, GByteArray *out)
{
	scan->out = out;
	if (scan->head)
		decide(scan, FALSE);
	if (scan->state != RP_SCAN_AT_END && (scan->n_cr > 0 || has_open_line(scan)))
		end_line(scan);
	if (scan->state == RP_SCAN_AT_FIRST || scan->state == RP_SCAN_AT_HEADER)
		rp_scan_finish_header(scan);
	scan->state = RP_SCAN_AT_END;
	return &scan->result;
}
