/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mailbox-private.h"

#include <string.h>

/* Address lists (RFC 5322 section 3.4), element by element: every word and mark of the text is
 * used, or the list can't be read. */

/* ---- tokens ---- */

static const RpMailboxToken *
token_at(const RpMailboxList *list, guint i)
{
	return &g_array_index(list->tokens, RpMailboxToken, i);
}

#define WORD 'a'
#define BAD '!'

/* The mark; WORD; BAD; NUL at the end. */
static char
mark_at(const RpMailboxList *list, guint i)
{
	const RpMailboxToken *token = token_at(list, i);

	if (token->kind == RP_TOKEN_END)
		return '\0';
	if (token->kind == RP_TOKEN_BAD)
		return BAD;
	return token->kind == RP_TOKEN_MARK ? list->text[token->start] : WORD;
}

static gboolean
is_separator(char mark)
{
	return mark == ',' || mark == ';' || mark == '\0';
}

static gboolean
has_mark(const RpMailboxList *list, guint first, guint n, char mark)
{
	for (guint i = first; i < first + n; i++)
		if (mark_at(list, i) == mark)
			return TRUE;
	return FALSE;
}

static gboolean
are_joined(const RpMailboxList *list, guint i)
{
	return token_at(list, i)->end == token_at(list, i + 1)->start;
}

static void
add_part(RpMailboxList *list, RpPartKind kind, guint first, guint n)
{
	const RpMailboxPart part = {kind, first, n};

	if (n > 0)
		g_array_append_val(list->parts, part);
}

/* ---- addresses ---- */

/* The tokens without blanks and comments between them; NULL: what can be no address. */
static char *
joined(RpMailboxList *list, guint first, guint n, RpMailboxResult *why)
{
	g_autoptr(GString) text = g_string_new(NULL);
	gboolean has_at = has_mark(list, first, n, '@');

	for (guint i = first; i < first + n; i++) {
		const RpMailboxToken *token = token_at(list, i);
		char mark = mark_at(list, i);

		*why = token->kind == RP_TOKEN_PAIR ? RP_MAILBOX_BAD_LOCAL : RP_MAILBOX_STRAY;
		if (token->kind == RP_TOKEN_PAIR || (mark != WORD && mark != '.' && mark != '@'))
			return NULL;
		*why = has_at ? RP_MAILBOX_NO_COMMA : RP_MAILBOX_NO_AT;
		if (i > first && mark == WORD && mark_at(list, i - 1) == WORD)
			return NULL;
		for (gsize at = token->start; at < token->end; at++)
			if (!strchr("\r\n", list->text[at])) /* folded, in quotation marks */
				g_string_append_c(text, list->text[at]);
	}
	return g_strdup(text->str);
}

static void
add_address(RpMailboxList *list, guint first, guint n, char *address)
{
	guint domain = first;

	list->start = token_at(list, first)->start;
	list->end = token_at(list, first + n - 1)->end;
	g_ptr_array_add(list->addresses, address);
	while (domain < first + n && mark_at(list, domain) != '@')
		domain++;
	add_part(list, RP_PART_LOCAL, first, domain - first);
	if (domain < first + n)
		add_part(list, RP_PART_DOMAIN, domain + 1, first + n - domain - 1);
}

static RpMailboxResult
read_address(RpMailboxList *list, guint first, guint n)
{
	RpMailboxResult result = RP_MAILBOX_EMPTY;
	g_autofree char *text = joined(list, first, n, &result);
	char *address;

	if (!text)
		return result;
	result = rp_mailbox_read(text, &address);
	if (result == RP_MAILBOX_NAME) {
		gsize length =
			token_at(list, first + n - 1)->end - (gsize)token_at(list, first)->start;

		list->name_in_group |= list->in_group;
		if (length != strlen(text)) { /* "Foo. Bar" */
			g_free(address);
			return RP_MAILBOX_NO_AT;
		}
	}
	if (address)
		add_address(list, first, n, address);
	return address ? RP_MAILBOX_GOOD : result;
}

/* "mailto:a@b", as it is copied from web pages: moves behind the colon. What is encoded in it (RFC
 * 6068) would be another address. */
static RpMailboxResult
skip_mailto(const RpMailboxList *list, guint *first)
{
	const RpMailboxToken *word = token_at(list, *first);

	if (word->kind != RP_TOKEN_ATOM || word->end - word->start != 6 ||
		g_ascii_strncasecmp(list->text + word->start, "mailto", 6) != 0 ||
		mark_at(list, *first + 1) != ':')
		return RP_MAILBOX_GOOD;
	*first += 2;
	for (guint i = *first; mark_at(list, i) == WORD || mark_at(list, i) == '.'; i++)
		if (memchr(list->text + token_at(list, i)->start, '%',
			    token_at(list, i)->end - token_at(list, i)->start))
			return RP_MAILBOX_BAD_LOCAL;
	return RP_MAILBOX_GOOD;
}

/* ---- names with an address in angle brackets ---- */

/* RFC 5322 section 4.4: "@a,@b:" before the address. */
static guint
behind_route(const RpMailboxList *list, guint first, guint end)
{
	guint i = first;

	while (i < end && mark_at(list, i) == ',')
		i++;
	if (mark_at(list, i) != '@')
		return first;
	while (i < end && strchr("@.,a", mark_at(list, i)))
		i++;
	return i < end && mark_at(list, i) == ':' ? i + 1 : first;
}

/* "taro@x.example <taro@x.example>": it is nobody else's. */
static gboolean
is_same_address(const RpMailboxList *list, guint first, guint n)
{
	gsize start = token_at(list, first)->start;
	gsize end = token_at(list, first + n - 1)->end;
	gsize length = list->end - list->start;

	if (end - start == length + 2 && list->text[start] == '\'' && list->text[end - 1] == '\'') {
		start++;
		end--;
	}
	return end - start == length &&
	       g_ascii_strncasecmp(list->text + start, list->text + list->start, length) == 0;
}

static RpMailboxResult
check_phrase(const RpMailboxList *list, guint first, guint n)
{
	for (guint i = first; i < first + n; i++)
		if (!strchr("a.];@", mark_at(list, i)))
			return RP_MAILBOX_STRAY;
	return RP_MAILBOX_GOOD;
}

/* What is between < and >; moves behind it. */
static RpMailboxResult
read_angle(RpMailboxList *list)
{
	guint first = list->at + 1, end = first;

	while (mark_at(list, end) && !strchr("<>!", mark_at(list, end)))
		end++;
	if (mark_at(list, end) == BAD)
		return token_at(list, end)->why;
	if (mark_at(list, end) != '>')
		return mark_at(list, end) ? RP_MAILBOX_STRAY : RP_MAILBOX_OPEN_ANGLE;
	list->at = end + 1;
	RpMailboxResult result = skip_mailto(list, &first);
	if (result != RP_MAILBOX_GOOD)
		return result;
	first = behind_route(list, first, end);
	return first < end ? read_address(list, first, end - first) : RP_MAILBOX_EMPTY;
}

/* `n` words, and then <. */
static RpMailboxResult
read_named(RpMailboxList *list, guint first, guint n)
{
	RpMailboxResult result = check_phrase(list, first, n);

	add_part(list, RP_PART_PHRASE, first, n);
	if (result == RP_MAILBOX_GOOD)
		result = read_angle(list);
	if (result != RP_MAILBOX_GOOD)
		return result;
	if (has_mark(list, first, n, '@') && !is_same_address(list, first, n))
		return RP_MAILBOX_AT_IN_NAME;
	return is_separator(mark_at(list, list->at)) ? RP_MAILBOX_GOOD : RP_MAILBOX_AFTER_ANGLE;
}

/* ---- elements ---- */

static RpMailboxResult
open_group(RpMailboxList *list, guint first, guint n)
{
	if (n == 0 || list->in_group || has_mark(list, first, n, '@'))
		return RP_MAILBOX_COLON;
	add_part(list, RP_PART_PHRASE, first, n);
	list->in_group = TRUE;
	list->name_in_group = FALSE;
	list->at++;
	return check_phrase(list, first, n);
}

/* "Foo;Bar <a@b>": the words before it have no @, and those behind it are a name's. */
static gboolean
is_semicolon_in_name(RpMailboxList *list, guint first)
{
	guint i = list->at;

	if (list->in_group || i == first)
		return FALSE;
	if (i < list->semicolons_until)
		return list->semicolons_in_name;
	if (has_mark(list, first, i - first, '@'))
		return FALSE;
	while (mark_at(list, i) && strchr("a.];", mark_at(list, i)))
		i++;
	list->semicolons_until = i;
	list->semicolons_in_name = mark_at(list, i) == '<';
	return list->semicolons_in_name;
}

/* On to the mark that ends the words. */
static RpMailboxResult
skip_words(RpMailboxList *list, guint first)
{
	for (; !strchr("<,:!", mark_at(list, list->at)); list->at++) {
		if (mark_at(list, list->at) != ';')
			continue;
		if (!is_semicolon_in_name(list, first))
			break;
		if (mark_at(list, list->at + 1) == '<' || !are_joined(list, list->at - 1) ||
			!are_joined(list, list->at)) {
			list->at = list->semicolons_until;
			return RP_MAILBOX_SEMICOLON;
		}
	}
	return mark_at(list, list->at) == BAD ? token_at(list, list->at)->why : RP_MAILBOX_GOOD;
}

/* Up to the mark that separates it from the next one, or behind the colon of a group. */
static RpMailboxResult
read_element(RpMailboxList *list, guint begin)
{
	guint first = begin;
	RpMailboxResult result = skip_mailto(list, &first);

	list->at = first;
	if (result == RP_MAILBOX_GOOD)
		result = skip_words(list, first);
	if (result != RP_MAILBOX_GOOD)
		return result;
	guint n = list->at - first;
	if (n == 0 && mark_at(list, first) != '<' && first > begin) /* "mailto:" alone */
		return RP_MAILBOX_EMPTY;
	if (mark_at(list, list->at) == '<')
		return read_named(list, first, n);
	if (mark_at(list, list->at) == ':')
		return open_group(list, first, n);
	return n > 0 ? read_address(list, first, n) : RP_MAILBOX_GOOD;
}

static void
take_separator(RpMailboxList *list)
{
	char mark = mark_at(list, list->at);

	if (mark == ';')
		list->in_group = FALSE;
	list->at += mark == ',' || mark == ';';
}

/* The element that began at this token, up to what may separate it from the next one. */
static void
note_bad(RpMailboxList *list, guint first, RpMailboxResult why)
{
	guint i = MAX(first, list->at);

	while (!is_separator(mark_at(list, i)))
		i++;
	list->why = why;
	list->bad_start = token_at(list, first)->start;
	list->bad_end = token_at(list, i)->start;
	list->at = i;
}

RpMailboxResult
rp_mailbox_list_parse(RpMailboxList *list)
{
	guint first = 0;

	list->at = 0;
	while (mark_at(list, list->at)) {
		first = list->at;
		RpMailboxResult result = read_element(list, first);
		if (result != RP_MAILBOX_GOOD) {
			note_bad(list, first, result);
			return result;
		}
		take_separator(list);
	}
	/* "undisclosed-recipients:" leaves nothing open; "host:user" was not meant as a group. */
	if (!list->in_group || !list->name_in_group)
		return RP_MAILBOX_GOOD;
	note_bad(list, first, RP_MAILBOX_OPEN_GROUP);
	return RP_MAILBOX_OPEN_GROUP;
}

void
rp_mailbox_list_parse_first(RpMailboxList *list)
{
	list->at = 0;
	while (mark_at(list, list->at) && list->addresses->len == 0) {
		guint first = list->at;
		RpMailboxResult result = read_element(list, first);

		if (result != RP_MAILBOX_GOOD)
			note_bad(list, first, result);
		take_separator(list);
	}
}
