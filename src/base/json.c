/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/base.h"

#include <string.h>

/* JSON written straight into a text, without a tree of it in memory. */

/* RFC 8259 section 7: only these must be escaped. */
static gboolean
needs_escape(guchar c)
{
	return c < 0x20 || c == '"' || c == '\\';
}

static void
append_escape(GString *out, guchar c)
{
	static const char short_form[0x20] = {
		['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};

	if (c == '"' || c == '\\') {
		g_string_append_c(out, '\\');
		g_string_append_c(out, (char)c);
	} else if (short_form[c] != '\0') {
		g_string_append_c(out, '\\');
		g_string_append_c(out, short_form[c]);
	} else {
		g_string_append_printf(out, "\\u%04x", c);
	}
}

/* The first character that can't be copied as it is: one to be escaped, one beyond ASCII where
 * those have not been looked at yet, or the end. */
static const char *
plain_end(const char *p, gboolean is_valid)
{
	while (*p != '\0' && !needs_escape((guchar)*p) && (is_valid || (guchar)*p < 0x80))
		p++;
	return p;
}

static void
append_valid(GString *out, const char *text)
{
	g_string_append_c(out, '"');
	for (;;) {
		const char *end = plain_end(text, TRUE);

		g_string_append_len(out, text, end - text);
		if (*end == '\0')
			break;
		append_escape(out, (guchar)*end);
		text = end + 1;
	}
	g_string_append_c(out, '"');
}

static void
append_text(GString *out, const char *text)
{
	const char *end = plain_end(text, FALSE);

	if (*end == '\0') { /* nearly always */
		g_string_append_c(out, '"');
		g_string_append_len(out, text, end - text);
		g_string_append_c(out, '"');
	} else if (g_utf8_validate(end, -1, NULL)) {
		append_valid(out, text);
	} else {
		g_autofree char *valid = g_utf8_make_valid(text, -1);

		append_valid(out, valid);
	}
}

/* Comma, name and colon: what stands before every value. */
static void
start_value(RpJson *json, const char *name)
{
	if (json->comma)
		g_string_append_c(json->out, ',');
	if (name) {
		append_text(json->out, name);
		g_string_append_c(json->out, ':');
	}
	json->comma = TRUE;
}

static void
begin(RpJson *json, const char *name, char bracket)
{
	start_value(json, name);
	g_string_append_c(json->out, bracket);
	json->depth++;
	json->comma = FALSE;
}

static void
end(RpJson *json, char bracket)
{
	g_return_if_fail(json->depth > 0);
	g_string_append_c(json->out, bracket);
	json->depth--;
	json->comma = TRUE;
}

void
rp_json_init(RpJson *json, GString *out)
{
	*json = (RpJson){.out = out};
}

void
rp_json_begin_object(RpJson *json, const char *name)
{
	begin(json, name, '{');
}

void
rp_json_end_object(RpJson *json)
{
	end(json, '}');
}

void
rp_json_begin_array(RpJson *json, const char *name)
{
	begin(json, name, '[');
}

void
rp_json_end_array(RpJson *json)
{
	end(json, ']');
}

void
rp_json_string(RpJson *json, const char *name, const char *value)
{
	start_value(json, name);
	if (!value)
		g_string_append(json->out, "null");
	else
		append_text(json->out, value);
}

void
rp_json_int(RpJson *json, const char *name, gint64 value)
{
	char digits[24];

	start_value(json, name);
	g_snprintf(digits, sizeof digits, "%" G_GINT64_FORMAT, value);
	g_string_append(json->out, digits);
}

void
rp_json_bool(RpJson *json, const char *name, gboolean value)
{
	rp_json_raw(json, name, value ? "true" : "false");
}

void
rp_json_null(RpJson *json, const char *name)
{
	rp_json_raw(json, name, "null");
}

void
rp_json_strv(RpJson *json, const char *name, const char *const *values)
{
	rp_json_begin_array(json, name);
	for (gsize i = 0; values && values[i]; i++)
		rp_json_string(json, NULL, values[i]);
	rp_json_end_array(json);
}

void
rp_json_raw(RpJson *json, const char *name, const char *value)
{
	start_value(json, name);
	g_string_append(json->out, value);
}
