/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fetch-private.h"

#include "roampost/base.h"

#include <string.h>

/* A header that is fetched instead of its message, and says so. */

/* Whether this line begins a MIME field (RFC 2045 section 3). */
static gboolean
is_mime(const char *line, gsize length)
{
	static const char *const names[] = {"Content-", "MIME-Version:"};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		if (length >= strlen(names[i]) &&
			g_ascii_strncasecmp(line, names[i], strlen(names[i])) == 0)
			return TRUE;
	return FALSE;
}

static const char *
next_line(const char *line, const char *end)
{
	const char *lf = memchr(line, '\n', (gsize)(end - line));

	return lf ? lf + 1 : end;
}

static void
append_header(GString *out, const char *header, gsize length)
{
	const char *end = header + length, *next;

	for (const char *line = header; line < end && *line != '\r' && *line != '\n'; line = next) {
		next = next_line(line, end);
		if (is_mime(line, (gsize)(next - line)))
			g_string_append(out, "X-Original-");
		g_string_append_len(out, line, next - line);
	}
	if (out->len && out->str[out->len - 1] != '\n')
		g_string_append(out, "\r\n");
}

GString *
rp_fetch_note(const char *header, gsize length, gint64 size, const RpServerSet *set)
{
	g_autofree char *whole = g_format_size_full((guint64)size, G_FORMAT_SIZE_IEC_UNITS);
	g_autofree char *limit = rp_size_format(set->max_size);
	GString *out = g_string_new(NULL);

	append_header(out, header, length);
	g_string_append_printf(out,
		"X-Roampost-Note: header only; the message of %" G_GINT64_FORMAT
		" octets is on the server of %s\r\n"
		"\r\n"
		"[ Only the header of this message was fetched. The whole has %s, more than\r\n"
		"max-size=%s allows, and stays on the server. To get it, raise max-size in\r\n"
		"[server-set %s] and run: roampost check %s ]\r\n",
		size, set->name, whole, limit, set->name, set->name);
	/* The size's unit is written with a space that is not ASCII. */
	g_string_replace(out, "\302\240", " ", 0);
	return out;
}
