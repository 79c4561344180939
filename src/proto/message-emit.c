/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "message-scan.h"

#include <string.h>

/* What leaves a scan, and what is noted of it for the transport. */

void
rp_scan_emit(RpMessageScan *scan, const void *data, gsize size)
{
	g_byte_array_append(scan->out, data, size);
	scan->result.size += size;
}

void
rp_scan_emit_crlf(RpMessageScan *scan)
{
	rp_scan_emit(scan, "\r\n", 2);
}

void
rp_scan_emit_field(RpMessageScan *scan, const char *name, const char *value)
{
	rp_scan_emit(scan, name, strlen(name));
	rp_scan_emit(scan, ": ", 2);
	rp_scan_emit(scan, value, strlen(value));
	rp_scan_emit_crlf(scan);
}

void
rp_scan_note_octets(RpMessageScan *scan, const guint8 *data, gsize size, RpScanNotes eight_bit)
{
	guint8 all = 0;

	for (gsize i = 0; i < size; i++)
		all |= data[i];
	if (all & 0x80)
		scan->result.notes |= eight_bit;
	if (size > 0 && memchr(data, '\0', size))
		scan->result.notes |= RP_SCAN_HAS_NUL;
}

void
rp_scan_note_header(RpMessageScan *scan, const guint8 *data, gsize size)
{
	guint before = scan->result.notes;

	scan->result.notes &= ~(guint)RP_SCAN_HAS_8BIT_HEADER;
	rp_scan_note_octets(scan, data, size, RP_SCAN_HAS_8BIT_HEADER);
	if ((scan->result.notes & RP_SCAN_HAS_8BIT_HEADER) &&
		!g_utf8_validate_len((const char *)data, size, NULL))
		scan->result.notes |= RP_SCAN_NOT_UTF8_HEADER;
	scan->result.notes |= before;
}

void
rp_scan_note_length(RpMessageScan *scan, gsize length)
{
	if (length > RP_SCAN_MAX_LINE)
		scan->result.notes |= RP_SCAN_HAS_LONG_LINES;
}
