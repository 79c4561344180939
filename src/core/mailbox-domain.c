/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mailbox-private.h"

#include <string.h>

/* Domains of mail addresses, into ASCII. GLib has the algorithm (g_hostname_to_ascii), but folds
 * case by the locale, drops what can't be seen and does not look at what comes out: so it is given
 * what is folded already, and its result is checked. */

/* RFC 5321 section 4.5.3.1.2, RFC 1035 section 2.3.4. */
#define MAX_DOMAIN 255
#define MAX_LABEL 63
#define MAX_UTF8 (MAX_DOMAIN * 4)

/* Letters, digits and hyphens; the underscore is in use. */
static gboolean
is_ascii_domain(const char *text)
{
	gsize label = 0;

	for (const char *c = text; *c; c++) {
		if (*c == '.' ? label == 0 : !g_ascii_isalnum(*c) && *c != '-' && *c != '_')
			return FALSE;
		label = *c == '.' ? 0 : label + 1;
		if (label > MAX_LABEL)
			return FALSE;
	}
	return label > 0;
}

/* RFC 5321 section 4.1.3. */
static gboolean
is_literal(const char *text)
{
	gsize length = strlen(text);

	for (gsize i = 1; i + 1 < length; i++)
		if (!g_ascii_isgraph(text[i]) || strchr("[]\\", text[i]))
			return FALSE;
	return length > 2 && text[length - 1] == ']';
}

/* Default_Ignorable_Code_Point of the Unicode Character Database, and what RFC 3454 table B.1 drops
 * besides. */
gboolean
rp_mailbox_is_invisible(gunichar c)
{
	static const struct {
		gunichar first, last;
	} ranges[] = {{0x00ad, 0x00ad}, {0x034f, 0x034f}, {0x061c, 0x061c}, {0x115f, 0x1160},
		{0x17b4, 0x17b5}, {0x1806, 0x1806}, {0x180b, 0x180f}, {0x200b, 0x200f},
		{0x202a, 0x202e}, {0x2060, 0x206f}, {0x3164, 0x3164}, {0xfe00, 0xfe0f},
		{0xfeff, 0xfeff}, {0xffa0, 0xffa0}, {0xfff0, 0xfff8}, {0x1bca0, 0x1bca3},
		{0x1d173, 0x1d17a}, {0xe0000, 0xe0fff}};

	for (gsize i = 0; i < G_N_ELEMENTS(ranges); i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return TRUE;
	return g_unichar_type(c) == G_UNICODE_FORMAT;
}

/* RFC 3490 section 3.1. */
static gboolean
is_dot(gunichar c)
{
	return c == '.' || c == 0x3002 || c == 0xff0e || c == 0xff61;
}

static guint
count_dots(const char *text)
{
	guint n = 0;

	for (; *text; text = g_utf8_next_char(text))
		n += is_dot(g_utf8_get_char(text));
	return n;
}

/* g_utf8_strdown folds i by the locale, and sigma by its place in the word. */
static char *
map(const char *text)
{
	g_autofree char *composed = g_utf8_normalize(text, -1, G_NORMALIZE_NFKC);
	g_autoptr(GString) small = g_string_new(NULL);

	for (const char *c = composed; *c; c = g_utf8_next_char(c)) {
		gunichar letter = g_utf8_get_char(c);

		if (is_dot(letter))
			g_string_append_c(small, '.');
		else if (letter == 0x130) /* RFC 3454 table B.2 */
			g_string_append(small, "i\xcc\x87");
		else
			g_string_append_unichar(small, g_unichar_tolower(letter));
	}
	return g_utf8_normalize(small->str, -1, G_NORMALIZE_NFKC);
}

static RpMailboxResult
read_international(const char *text, char **ascii)
{
	if (!g_utf8_validate(text, -1, NULL))
		return RP_MAILBOX_NOT_UTF8;
	for (const char *c = text; *c; c = g_utf8_next_char(c))
		if (rp_mailbox_is_invisible(g_utf8_get_char(c)))
			return RP_MAILBOX_INVISIBLE;
	g_autofree char *mapped = map(text);
	g_autofree char *domain = g_hostname_to_ascii(mapped);
	if (!domain || !is_ascii_domain(domain) || count_dots(domain) != count_dots(text))
		return RP_MAILBOX_BAD_DOMAIN;
	if (strlen(domain) > MAX_DOMAIN)
		return RP_MAILBOX_TOO_LONG;
	*ascii = g_steal_pointer(&domain);
	return RP_MAILBOX_GOOD;
}

RpMailboxResult
rp_mailbox_read_domain(const char *text, char **ascii)
{
	gboolean is_ascii = g_str_is_ascii(text);

	*ascii = NULL;
	if (!*text)
		return RP_MAILBOX_NO_DOMAIN;
	if (strlen(text) > (is_ascii ? MAX_DOMAIN : MAX_UTF8))
		return RP_MAILBOX_TOO_LONG;
	if (!is_ascii)
		return read_international(text, ascii);
	if (!(*text == '[' ? is_literal(text) : is_ascii_domain(text)))
		return RP_MAILBOX_BAD_DOMAIN;
	*ascii = g_strdup(text);
	return RP_MAILBOX_GOOD;
}
