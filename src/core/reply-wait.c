/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/reply.h"

#include <string.h>

/* When a server that puts mail off wants it again, where it says so: a duration in one of its
 * sentences, behind a word of waiting. "try again in 300 seconds", "come back in 00:04:59",
 * "Greylisted for 5 minutes", "retry after 1h 30min", "wait 4m32s".
 *
 *	sentence = ... wait-word ... [cue] duration ...  |  ... duration left-word ...
 *	duration = count unit *([","] ["and"] count unit)  |  [hh ":"] mm ":" ss
 *
 * A rate ("more than 100 messages in 60 minutes") has no word of waiting before it, or a number of
 * something; a time of day has no cue. */

/* More than this is no wait for a moment. */
#define LONGEST (7 * 24 * 3600)

typedef enum { WORD, NUMBER, MARK } Kind;

typedef struct {
	Kind kind;
	char text[16]; /* lower case; longer words are none of ours */
	gint64 number;
} Token;

/* ---- tokens of a sentence ---- */

static const char *
add_token(GArray *tokens, const char *at, const char *end)
{
	Token token = {.kind = MARK};
	const char *from = at;

	if (g_ascii_isdigit(*at)) {
		token.kind = NUMBER;
		for (; at < end && g_ascii_isdigit(*at); at++)
			token.number = MIN(token.number * 10 + (*at - '0'), LONGEST + 1);
	} else if (g_ascii_isalpha(*at)) {
		token.kind = WORD;
		while (at < end && g_ascii_isalpha(*at))
			at++;
	} else {
		at++;
	}
	for (gsize i = 0; from + i < at && i < sizeof token.text - 1; i++)
		token.text[i] = g_ascii_tolower(from[i]);
	g_array_append_val(tokens, token);
	return at;
}

/* Addresses, names of hosts and of pages, codes: "4.7.1", "<a@b.example>". */
static gboolean
is_name(const char *piece, gsize length)
{
	if (memchr(piece, '@', length) || memchr(piece, '/', length))
		return TRUE;
	for (gsize i = 1; i + 1 < length; i++)
		if (piece[i] == '.' && g_ascii_isalnum(piece[i - 1]) &&
			g_ascii_isalnum(piece[i + 1]))
			return TRUE;
	return FALSE;
}

/* Up to the end of a sentence; returns where the next one begins. */
static const char *
read_sentence(GArray *tokens, const char *text)
{
	while (*text) {
		gsize length = strcspn(text, " \t\r\n");
		const char *end = text + length;
		gboolean last = length && strchr(".;!?|", end[-1]) != NULL;

		if (!is_name(text, length))
			for (const char *at = text; at < end;)
				at = add_token(tokens, at, end);
		text = end + strspn(end, " \t\r\n");
		if (last)
			break;
	}
	return text;
}

/* ---- words ---- */

static const Token *
token_at(const GArray *tokens, guint i)
{
	return i < tokens->len ? &g_array_index(tokens, Token, i) : NULL;
}

static gboolean
is_mark(const GArray *tokens, guint i, char mark)
{
	const Token *token = token_at(tokens, i);

	return token && token->kind == MARK && token->text[0] == mark;
}

static gboolean
is_one_of(const GArray *tokens, guint i, const char *const *words)
{
	const Token *token = token_at(tokens, i);

	return token && token->kind == WORD && g_strv_contains(words, token->text);
}

static gboolean
speaks_of_waiting(const Token *token)
{
	static const char *const words[] = {"again", "retry", "retrying", "retries", "back", "wait",
		"waiting", "deferred", "deferring", "delayed", "delay", "later", "resend",
		"reconnect", "blocked", "suspended", NULL};
	static const char *const beginnings[] = {"greylist", "graylist", "throttl"};

	if (token->kind != WORD)
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(beginnings); i++)
		if (g_str_has_prefix(token->text, beginnings[i]))
			return TRUE;
	return g_strv_contains(words, token->text);
}

/* ---- durations ---- */

/* Seconds of a unit; 0: it is none. */
static gint64
unit_of(const Token *token)
{
	static const struct {
		const char *const names[6];
		gint64 seconds;
	} units[] = {
		{{"s", "sec", "secs", "second", "seconds", NULL}, 1},
		{{"m", "min", "mins", "minute", "minutes", NULL}, 60},
		{{"h", "hr", "hrs", "hour", "hours", NULL}, 3600},
		{{"d", "day", "days", NULL}, 86400},
	};

	for (guint i = 0; token && token->kind == WORD && i < G_N_ELEMENTS(units); i++)
		if (g_strv_contains(units[i].names, token->text))
			return units[i].seconds;
	return 0;
}

/* A number in digits or in words; -1: it is none. */
static gint64
count_of(const Token *token)
{
	static const struct {
		const char *name;
		gint64 count;
	} names[] = {{"a", 1}, {"an", 1}, {"one", 1}, {"two", 2}, {"three", 3}, {"four", 4},
		{"five", 5}, {"six", 6}, {"ten", 10}, {"fifteen", 15}, {"twenty", 20},
		{"thirty", 30}, {"sixty", 60}};

	if (!token || token->kind == MARK)
		return -1;
	if (token->kind == NUMBER)
		return token->number;
	for (guint i = 0; i < G_N_ELEMENTS(names); i++)
		if (g_str_equal(names[i].name, token->text))
			return names[i].count;
	return -1;
}

/* mm:ss or hh:mm:ss; moves behind it. */
static gboolean
read_clock(const GArray *tokens, guint *i, gint64 *seconds)
{
	guint at = *i;

	*seconds = 0;
	for (guint n = 0;; at += 2) {
		const Token *token = token_at(tokens, at);

		if (!token || token->kind != NUMBER || n++ == 3)
			return FALSE;
		*seconds = *seconds * 60 + token->number;
		if (is_mark(tokens, at + 1, ':'))
			continue;
		if (n > 1)
			*i = at + 1;
		return n > 1;
	}
}

/* "minute(s)" */
static guint
skip_plural(const GArray *tokens, guint at)
{
	static const char *const plural[] = {"s", NULL};

	return is_mark(tokens, at, '(') && is_one_of(tokens, at + 1, plural) &&
			       is_mark(tokens, at + 2, ')')
		       ? at + 3
		       : at;
}

static guint
skip_joint(const GArray *tokens, guint at)
{
	static const char *const joint[] = {"and", NULL};

	at += is_mark(tokens, at, ',');
	return at + is_one_of(tokens, at, joint);
}

static gboolean
read_units(const GArray *tokens, guint *i, gint64 *seconds)
{
	gint64 last = G_MAXINT64;
	guint at = *i;

	*seconds = 0;
	for (;;) {
		gint64 count = count_of(token_at(tokens, at));
		gint64 unit = unit_of(token_at(tokens, at + 1));

		if (count < 0 || !unit || unit >= last)
			return last != G_MAXINT64;
		*seconds += MIN(count, LONGEST) * unit;
		last = unit;
		*i = skip_plural(tokens, at + 2);
		at = skip_joint(tokens, *i);
	}
}

/* ---- which of them is meant ---- */

/* "100 messages in": so many of something, and no wait. */
static gboolean
ends_rate(const GArray *tokens, guint at)
{
	static const char *const joints[] = {"in", "within", NULL};
	const Token *thing = at > 1 ? token_at(tokens, at - 1) : NULL;

	return thing && is_one_of(tokens, at, joints) && thing->kind == WORD &&
	       !speaks_of_waiting(thing) && token_at(tokens, at - 2)->kind == NUMBER;
}

/* The word before, past marks and "about", "at least". */
static gboolean
has_cue(const GArray *tokens, guint at)
{
	static const char *const cues[] = {"in", "for", "after", "within", "another", "wait", NULL};
	static const char *const fillers[] = {"at", "least", "about", "approximately", "approx",
		"around", "the", "next", "up", "to", NULL};

	while (at > 0 &&
		(token_at(tokens, at - 1)->kind == MARK || is_one_of(tokens, at - 1, fillers)))
		at--;
	return at > 0 && !ends_rate(tokens, at - 1) &&
	       (is_one_of(tokens, at - 1, cues) || speaks_of_waiting(token_at(tokens, at - 1)));
}

static gboolean
is_what_is_left(const GArray *tokens, guint behind)
{
	static const char *const words[] = {"left", "remaining", "remain", "more", NULL};

	return is_one_of(tokens, behind, words);
}

static gint64
find_in_sentence(const GArray *tokens)
{
	gboolean waits = FALSE;

	for (guint i = 0; i < tokens->len; i++) {
		guint behind = i;
		gint64 seconds;

		waits = waits || speaks_of_waiting(token_at(tokens, i));
		if (!read_clock(tokens, &behind, &seconds) &&
			!read_units(tokens, &behind, &seconds))
			continue;
		if (seconds > 0 && seconds <= LONGEST &&
			((waits && has_cue(tokens, i)) || is_what_is_left(tokens, behind)))
			return seconds;
		i = MAX(behind, i + 1) - 1;
	}
	return 0;
}

guint
rp_reply_wait_seconds(const char *text)
{
	g_autoptr(GArray) tokens = g_array_new(FALSE, FALSE, sizeof(Token));

	while (*text) {
		gint64 seconds;

		g_array_set_size(tokens, 0);
		text = read_sentence(tokens, text);
		seconds = find_in_sentence(tokens);
		if (seconds)
			return (guint)seconds;
	}
	return 0;
}

gboolean
rp_reply_is_greylisting(const char *text)
{
	static const char *const words[] = {
		"greylist", "graylist", "grey list", "gray list", "grey-list", "gray-list"};
	g_autofree char *lower = g_ascii_strdown(text, -1);

	for (guint i = 0; i < G_N_ELEMENTS(words); i++)
		if (strstr(lower, words[i]))
			return TRUE;
	return FALSE;
}
