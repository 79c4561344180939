/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "encode-structured.h"

#include <glib.h>
#include <string.h>
#include "roampost/mailbox.h"

/* ASCII for fields in which encoded words have no place of their own: word by word. */

/* RFC 2047 section 2. */
#define WORD_MAX 75
#define WORD_AROUND 12 /* =?UTF-8?Q??= */

static const char *const url_fields[] = {"List-Unsubscribe", "List-Post", "List-Help",
	"List-Archive", "List-Owner", "List-Subscribe", NULL};
static const char *const word_fields[] = {"Message-ID", "In-Reply-To", "References",
	"Resent-Message-ID", "Date", "Resent-Date", "Received", "Return-Path", "MIME-Version",
	"Authentication-Results", "List-Unsubscribe-Post", NULL};

static gboolean
is_one_of(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (g_ascii_strcasecmp(name, *names) == 0)
			return TRUE;
	return FALSE;
}

static gboolean
is_ascii(const char *text, gsize size)
{
	for (gsize i = 0; i < size; i++)
		if ((guchar)text[i] > 127)
			return FALSE;
	return TRUE;
}

static void
append_octets(GString *out, const char *text, gsize size, char mark, const char *plain)
{
	for (gsize i = 0; i < size; i++) {
		guchar c = (guchar)text[i];

		if (g_ascii_isalnum(c) || (c < 128 && c && strchr(plain, c)))
			g_string_append_c(out, (char)c);
		else
			g_string_append_printf(out, "%c%02X", mark, c);
	}
}

/* Words are cut between characters; those of an id stay whole, since a blank would break it. */
static void
append_words(GString *out, const char *text, gsize size, gboolean whole)
{
	const char *end = text + size;

	while (text < end) {
		g_autoptr(GString) word = g_string_new(NULL);
		const char *next = text;

		while (next < end) {
			g_autoptr(GString) more = g_string_new(NULL);
			gsize length = (gsize)(g_utf8_next_char(next) - next);

			append_octets(more, next, length, '=', "-.!*+/");
			if (!whole && word->len + more->len > WORD_MAX - WORD_AROUND)
				break;
			g_string_append(word, more->str);
			next += length;
		}
		g_string_append_printf(out, "=?UTF-8?Q?%s?=%s", word->str, next < end ? " " : "");
		text = next;
	}
}

/* A word with letters beyond ASCII: an address, a domain, or whatever else. */
static void
append_word(GString *out, const char *text, gsize size, gboolean in_id)
{
	const char *at = memrchr(text, '@', size);
	const char *domain = at ? at + 1 : text;
	g_autofree char *name = g_strndup(domain, (gsize)(text + size - domain));
	g_autofree char *ascii = NULL;

	if (!(at || strchr(name, '.')) || rp_mailbox_read_domain(name, &ascii) != RP_MAILBOX_GOOD) {
		append_words(out, text, size, in_id);
		return;
	}
	if (at && is_ascii(text, (gsize)(at - text)))
		g_string_append_len(out, text, at - text);
	else if (at)
		append_words(out, text, (gsize)(at - text), TRUE);
	if (at)
		g_string_append_c(out, '@');
	g_string_append(out, ascii);
}

/* Between two encoded words white space is not shown (RFC 2047 section 6.2): it goes into the
 * second. */
static gsize
blanks_before(const char *value, const char *from, const char *word)
{
	const char *at = word;

	while (at > from && (at[-1] == ' ' || at[-1] == '\t'))
		at--;
	return at == from && from > value ? (gsize)(word - at) : 0;
}

char *
rp_encode_structured(const char *name, const char *value)
{
	gboolean urls = is_one_of(name, url_fields);
	GString *out = g_string_new(NULL);
	const char *encoded = value; /* behind the last encoded word */
	gboolean in_angle = FALSE;

	if (!urls && !is_one_of(name, word_fields)) {
		g_string_free(out, TRUE);
		return NULL;
	}
	for (const char *c = value; *c;) {
		gsize size = strcspn(c, " \t<>()\"[];,");

		if (size == 0) {
			in_angle = *c == '<' || (in_angle && *c != '>');
			g_string_append_c(out, *c++);
			continue;
		}
		gsize blanks = in_angle ? 0 : blanks_before(value, encoded, c);
		if (is_ascii(c, size)) {
			g_string_append_len(out, c, (gssize)size);
		} else if (urls && in_angle) {
			append_octets(out, c, size, '%', "-._~:/?#@!$&'*+=%");
		} else {
			/* The first of them stays, as what parts the two. */
			append_word(out, c - (blanks ? blanks : 0), size + blanks, in_angle);
			encoded = c + size;
		}
		c += size;
	}
	return g_string_free(out, FALSE);
}
