/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/base.h"
#include "roampost/mailbox.h"

#include <string.h>

/* An address as people write it: xn--bcher-kva.example is bücher.example. What could be taken for
 * another domain stays as it goes over the wire: letters of several scripts in a label, unless
 * they are written together anyway, and words of letters that look like Latin ones below a
 * top-level domain that is Latin. */

/* Scripts that one label may have beside each other, as UTS 39 section 5.2 has it. */
enum {
	LATIN = 1 << 0,
	HAN = 1 << 1,
	KANA = 1 << 2,
	HANGUL = 1 << 3,
	BOPOMOFO = 1 << 4,
	OTHER = 1 << 5,
};

static const guint together[] = {
	LATIN | HAN | KANA, LATIN | HAN | HANGUL, LATIN | HAN | BOPOMOFO, OTHER};

static guint
script_bit(GUnicodeScript script)
{
	switch ((guint)script) {
	case G_UNICODE_SCRIPT_COMMON:
	case G_UNICODE_SCRIPT_INHERITED:
		return 0;
	case G_UNICODE_SCRIPT_LATIN:
		return LATIN;
	case G_UNICODE_SCRIPT_HAN:
		return HAN;
	case G_UNICODE_SCRIPT_HIRAGANA:
	case G_UNICODE_SCRIPT_KATAKANA:
		return KANA;
	case G_UNICODE_SCRIPT_HANGUL:
		return HANGUL;
	case G_UNICODE_SCRIPT_BOPOMOFO:
		return BOPOMOFO;
	default:
		return OTHER;
	}
}

static gboolean
is_written_together(guint scripts)
{
	for (guint i = 0; i < G_N_ELEMENTS(together); i++)
		if (!(scripts & ~together[i]))
			return TRUE;
	return FALSE;
}

static gboolean
looks_latin(GUnicodeScript script)
{
	return script == G_UNICODE_SCRIPT_CYRILLIC || script == G_UNICODE_SCRIPT_GREEK ||
	       script == G_UNICODE_SCRIPT_ARMENIAN || script == G_UNICODE_SCRIPT_CHEROKEE;
}

static gboolean
is_plain_label(const char *label, gboolean below_latin)
{
	GUnicodeScript other = G_UNICODE_SCRIPT_COMMON;
	guint scripts = 0;

	for (; *label; label = g_utf8_next_char(label)) {
		gunichar c = g_utf8_get_char(label);
		guint bit = script_bit(g_unichar_get_script(c));

		if (!rp_is_neutral(c))
			return FALSE;
		if (bit == OTHER && scripts & OTHER && g_unichar_get_script(c) != other)
			return FALSE;
		if (bit == OTHER)
			other = g_unichar_get_script(c);
		scripts |= bit;
	}
	return is_written_together(scripts) && !(below_latin && looks_latin(other));
}

/* NULL: it stays as it is. */
static char *
people_write(const char *domain)
{
	g_autofree char *shown = g_hostname_to_unicode(domain);
	g_autofree char *back = shown ? g_hostname_to_ascii(shown) : NULL;
	g_auto(GStrv) labels = NULL;

	/* Some labels are of no domain that there can be. */
	if (!back || g_ascii_strcasecmp(back, domain) != 0)
		return NULL;
	labels = g_strsplit(shown, ".", -1);
	for (guint i = 0; labels[i]; i++)
		if (!is_plain_label(labels[i], g_str_is_ascii(labels[g_strv_length(labels) - 1])))
			return NULL;
	return g_steal_pointer(&shown);
}

char *
rp_mailbox_shown(const char *address)
{
	const char *at = strrchr(address, '@');
	g_autofree char *domain = at && strstr(at, "xn--") ? people_write(at + 1) : NULL;

	return domain ? g_strdup_printf("%.*s%s", (int)(at + 1 - address), address, domain)
		      : g_strdup(address);
}
