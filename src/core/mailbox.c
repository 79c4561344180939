/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mailbox-private.h"

#include "roampost/language.h"

#include <string.h>

/* One mail address: read, checked, and written as RFC 5321 wants it. */

/* RFC 5321 section 4.5.3.1.3 allows 256 for a path, with its brackets. */
#define MAX_ADDRESS 254

static const char *const result_texts[] = {
	[RP_MAILBOX_GOOD] = N_("it is an address"),
	[RP_MAILBOX_NAME] = N_("there is no domain"),
	[RP_MAILBOX_EMPTY] = N_("it is empty, there is no @ in it"),
	[RP_MAILBOX_CONTROL] = N_("a control character is in it"),
	[RP_MAILBOX_NOT_UTF8] = N_("it is neither ASCII nor UTF-8"),
	[RP_MAILBOX_INVISIBLE] = N_("a character that can't be seen is in it"),
	[RP_MAILBOX_TOO_LONG] = N_("it is too long"),
	[RP_MAILBOX_NO_AT] = N_("there is no @ in it"),
	[RP_MAILBOX_TWO_AT] = N_("there is more than one @ in it"),
	[RP_MAILBOX_NO_LOCAL] = N_("nothing is before the @"),
	[RP_MAILBOX_BAD_LOCAL] = N_("what is before the @ would need quotation marks"),
	[RP_MAILBOX_NO_DOMAIN] = N_("nothing is behind the @"),
	[RP_MAILBOX_BAD_DOMAIN] = N_("what is behind the @ is no domain"),
	[RP_MAILBOX_ENCODED] = N_("an encoded word is no address"),
	[RP_MAILBOX_OPEN_QUOTE] = N_("a quotation mark is not closed"),
	[RP_MAILBOX_OPEN_COMMENT] = N_("a parenthesis is not closed"),
	[RP_MAILBOX_OPEN_LITERAL] = N_("a bracket is not closed"),
	[RP_MAILBOX_OPEN_ANGLE] = N_("an angle bracket is not closed"),
	[RP_MAILBOX_OPEN_GROUP] = N_("a group is not closed by a semicolon"),
	[RP_MAILBOX_OPEN_CHARSET] = N_("a change of the character set is not taken back"),
	[RP_MAILBOX_NO_COMMA] = N_("something is missing in it, as a comma"),
	[RP_MAILBOX_AFTER_ANGLE] = N_("something follows the address without a comma"),
	[RP_MAILBOX_AT_IN_NAME] = N_("an @ is in the name, which would need quotation marks"),
	[RP_MAILBOX_SEMICOLON] =
		N_("the semicolon may be part of a name, or stand between addresses"),
	[RP_MAILBOX_COLON] = N_("a colon is in it"),
	[RP_MAILBOX_STRAY] = N_("a mark is in it that has no meaning there"),
};

const char *
rp_mailbox_result_text(RpMailboxResult result)
{
	return rp_text(result_texts[result]);
}

gboolean
rp_mailbox_is_atext(char c)
{
	return (guchar)c > 127 || g_ascii_isalnum(c) || (c && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

/* ---- local parts ---- */

/* Without its marks; moves behind them. */
static RpMailboxResult
read_quoted(const char **at, GString *local)
{
	const char *c = *at + 1;

	for (; *c && *c != '"'; c++) {
		if (*c == '\\' && c[1])
			c++;
		g_string_append_c(local, *c);
	}
	if (!*c)
		return RP_MAILBOX_OPEN_QUOTE;
	*at = c + 1;
	/* A whole word of the local part. */
	return **at && !strchr(".@", **at) ? RP_MAILBOX_BAD_LOCAL : RP_MAILBOX_GOOD;
}

/* Up to the @ or the end. */
static RpMailboxResult
read_words(const char **at, GString *local)
{
	while (**at && **at != '@') {
		if (**at == '"' && (local->len == 0 || (*at)[-1] == '.')) {
			RpMailboxResult result = read_quoted(at, local);

			if (result != RP_MAILBOX_GOOD)
				return result;
		} else if (**at == '.' || rp_mailbox_is_atext(**at)) {
			g_string_append_c(local, *(*at)++);
		} else {
			return g_ascii_iscntrl(**at) ? RP_MAILBOX_CONTROL : RP_MAILBOX_BAD_LOCAL;
		}
	}
	return RP_MAILBOX_GOOD;
}

/* Persian and Indian words, and pictures that are put together, are written with joiners and
 * selectors between their letters; Latin ones never are. */
static gboolean
joins(gunichar before, gunichar c, gunichar after)
{
	if (c >= 0xfe00 && c <= 0xfe0f)
		return before > 0x0590;
	return (c == 0x200c || c == 0x200d) && before > 0x0590 && after > 0x0590 &&
	       !rp_mailbox_is_invisible(after);
}

/* Nobody means what nobody sees: it came along from a web page or the head of a file, or is to make
 * one address look like another. */
static gboolean
is_unseen(gunichar before, gunichar c, gunichar after)
{
	if (c <= 127)
		return FALSE;
	if (g_unichar_type(c) == G_UNICODE_SPACE_SEPARATOR)
		return TRUE;
	return rp_mailbox_is_invisible(c) && !joins(before, c, after);
}

static RpMailboxResult
check_characters(const char *text)
{
	gunichar before = 0;

	if (!g_utf8_validate(text, -1, NULL))
		return RP_MAILBOX_NOT_UTF8;
	for (const char *c = text; *c; c = g_utf8_next_char(c)) {
		gunichar letter = g_utf8_get_char(c);

		if (g_unichar_iscntrl(letter) || letter == 0x2028 || letter == 0x2029)
			return RP_MAILBOX_CONTROL;
		if (is_unseen(before, letter, g_utf8_get_char(g_utf8_next_char(c))))
			return RP_MAILBOX_INVISIBLE;
		before = letter;
	}
	return RP_MAILBOX_GOOD;
}

/* RFC 2047 section 5 (3): in no part of an address. */
static gboolean
has_encoded_word(const char *text)
{
	const char *word = strstr(text, "=?");

	return word && strstr(word + 2, "?=");
}

/* RFC 5321 section 4.1.2: Dot-string. */
static gboolean
is_plain(const char *local)
{
	for (const char *c = local; *c; c++)
		if (*c == '.' ? c == local || c[1] == '.' || !c[1] : !rp_mailbox_is_atext(*c))
			return FALSE;
	return TRUE;
}

static char *
print(const char *local, const char *domain)
{
	g_autoptr(GString) address = g_string_new(NULL);

	if (is_plain(local))
		return g_strconcat(local, "@", domain, NULL);
	g_string_append_c(address, '"');
	for (; *local; local++) {
		if (strchr("\"\\", *local))
			g_string_append_c(address, '\\');
		g_string_append_c(address, *local);
	}
	g_string_append_printf(address, "\"@%s", domain);
	return g_strdup(address->str);
}

/* ---- names of users ---- */

static gboolean
is_name(const char *text)
{
	if (strchr("-.", *text)) /* the end, too */
		return FALSE;
	for (const char *c = text; *c; c = g_utf8_next_char(c)) {
		gunichar letter = g_utf8_get_char(c);

		if (!g_unichar_isalnum(letter) && !g_unichar_ismark(letter) &&
			(letter > 127 || !strchr("._-+$", (char)letter)))
			return FALSE;
	}
	return TRUE;
}

static RpMailboxResult
read_name(const char *text, char **address)
{
	if (!is_name(text))
		return has_encoded_word(text) ? RP_MAILBOX_ENCODED : RP_MAILBOX_NO_AT;
	if (strlen(text) > MAX_ADDRESS)
		return RP_MAILBOX_TOO_LONG;
	*address = g_strdup(text);
	return RP_MAILBOX_NAME;
}

/* ---- both ---- */

/* `local` has been read, and `domain` is what follows the @. */
static RpMailboxResult
join(const char *local, const char *domain, char **address)
{
	g_autofree char *ascii = NULL;

	if (!*local)
		return RP_MAILBOX_NO_LOCAL;
	if (has_encoded_word(local))
		return RP_MAILBOX_ENCODED;
	RpMailboxResult result =
		strchr(domain, '@') ? RP_MAILBOX_TWO_AT : rp_mailbox_read_domain(domain, &ascii);
	if (result != RP_MAILBOX_GOOD)
		return result;
	*address = print(local, ascii);
	if (strlen(*address) <= MAX_ADDRESS)
		return RP_MAILBOX_GOOD;
	g_clear_pointer(address, g_free);
	return RP_MAILBOX_TOO_LONG;
}

RpMailboxResult
rp_mailbox_read(const char *text, char **address)
{
	g_autoptr(GString) local = g_string_new(NULL);
	const char *at = text;

	*address = NULL;
	if (!*text)
		return RP_MAILBOX_EMPTY;
	RpMailboxResult result = read_words(&at, local);
	if (result == RP_MAILBOX_GOOD)
		result = check_characters(local->str);
	if (result == RP_MAILBOX_BAD_LOCAL && !strchr(text, '@'))
		return RP_MAILBOX_NO_AT;
	if (result != RP_MAILBOX_GOOD)
		return result;
	return *at ? join(local->str, at + 1, address) : read_name(local->str, address);
}

gboolean
rp_mailbox_equal(gconstpointer a, gconstpointer b)
{
	const char *at = strrchr(a, '@');
	gsize local = at ? (gsize)(at - (const char *)a) : strlen(a);

	return strncmp(a, b, local) == 0 &&
	       g_ascii_strcasecmp((const char *)a + local, (const char *)b + local) == 0;
}

guint
rp_mailbox_hash(gconstpointer address)
{
	const char *at = strrchr(address, '@');
	guint hash = 5381;

	for (const char *c = address; *c; c++)
		hash = hash * 33 + (guchar)(at && c > at ? g_ascii_tolower(*c) : *c);
	return hash;
}

/* ---- paths ---- */

/* Behind an address that begins here: at a > that no quotation marks hide, or at the next blank. */
static const char *
path_end(const char *at, gboolean in_brackets)
{
	gboolean quoted = FALSE;

	for (; *at; at++) {
		if (quoted && *at == '\\' && at[1])
			at++;
		else if (*at == '"')
			quoted = !quoted;
		else if (!quoted && *at == (in_brackets ? '>' : ' '))
			return at;
	}
	return in_brackets || quoted ? NULL : at;
}

RpMailboxResult
rp_mailbox_read_path(const char *text, const char **end, char **address)
{
	gboolean in_brackets = *text == '<';
	const char *start = text + in_brackets;
	const char *stop = path_end(start, in_brackets);

	*address = NULL;
	if (!stop)
		return in_brackets ? RP_MAILBOX_OPEN_ANGLE : RP_MAILBOX_OPEN_QUOTE;
	*end = stop + in_brackets;
	if (in_brackets && start == stop) {
		*address = g_strdup("");
		return RP_MAILBOX_EMPTY;
	}
	const char *route = *start == '@' ? memchr(start, ':', (gsize)(stop - start)) : NULL;
	if (route)
		start = route + 1;
	g_autofree char *alone = g_strndup(start, (gsize)(stop - start));
	return rp_mailbox_read(alone, address);
}
