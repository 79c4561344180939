/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reply-private.h"

#include <string.h>

/* What a reply says, by words that stand together in one of its sentences, in whatever order and
 * form the server puts them. */

struct RpReplyWords {
	char *plain;      /* all of it, lower case */
	GPtrArray *words; /* of char * (owned), in their order; NULL ends a sentence */
};

static gboolean
is_word_character(char c)
{
	return g_ascii_isalnum(c) || (guchar)c >= 0x80;
}

/* Names of hosts, addresses and numbers say nothing: a server may be called relay.example. */
static gboolean
is_name(const char *piece, gsize length)
{
	for (gsize i = 0; i + 1 < length; i++) {
		if (piece[i] == '@' ||
			(i > 0 && piece[i] == '.' && is_word_character(piece[i + 1])))
			return TRUE;
	}
	return FALSE;
}

/* "don't", and with a typographer's apostrophe, is "dont". */
static gsize
apostrophe(const char *at)
{
	static const char typographic[] = "\xe2\x80\x99";

	if (*at == '\'')
		return 1;
	return strncmp(at, typographic, sizeof typographic - 1) == 0 ? sizeof typographic - 1 : 0;
}

static void
end_word(GPtrArray *words, GString *word)
{
	if (word->len)
		g_ptr_array_add(words, g_strdup(word->str));
	g_string_truncate(word, 0);
}

static void
end_sentence(GPtrArray *words)
{
	if (words->len && words->pdata[words->len - 1])
		g_ptr_array_add(words, NULL);
}

/* A piece has no blanks in it: "before", "pop-before-smtp:", "required." */
static void
add_piece(GPtrArray *words, const char *piece, gsize length)
{
	g_autoptr(GString) word = g_string_new(NULL);

	if (is_name(piece, length))
		return;
	for (gsize i = 0; i < length;) {
		gsize skip = apostrophe(piece + i);

		if (!skip && is_word_character(piece[i]))
			g_string_append_c(word, piece[i]);
		else if (!skip)
			end_word(words, word);
		i += MAX(skip, 1);
	}
	end_word(words, word);
	if (length && strchr(".;!?", piece[length - 1]))
		end_sentence(words);
}

/* One option's word: "relay*" is all that begins with it. */
static gboolean
is_word(const char *word, const char *want, gsize length)
{
	gboolean prefix = length && want[length - 1] == '*';

	length -= prefix;
	return strncmp(word, want, length) == 0 && (prefix || !word[length]);
}

/* Words joined by _ follow each other. */
static gboolean
stands_here(const char *const *words, const char *option, gsize length)
{
	while (length) {
		const char *joint = memchr(option, '_', length);
		gsize one = joint ? (gsize)(joint - option) : length;

		if (!*words || !is_word(*words++, option, one))
			return FALSE;
		option += one + (joint != NULL);
		length -= one + (joint != NULL);
	}
	return TRUE;
}

static gboolean
has_option(const char *const *sentence, const char *option, gsize length)
{
	for (const char *const *at = sentence; *at; at++) {
		if (stands_here(at, option, length))
			return TRUE;
	}
	return FALSE;
}

/* "a/b/c": one of them is there. */
static gboolean
has_term(const char *const *sentence, const char *term, gsize length)
{
	while (length) {
		const char *slash = memchr(term, '/', length);
		gsize one = slash ? (gsize)(slash - term) : length;

		if (has_option(sentence, term, one))
			return TRUE;
		term += one + (slash != NULL);
		length -= one + (slash != NULL);
	}
	return FALSE;
}

/* Terms are separated by blanks: all are there, but those with a ! before them, none of which is.
 */
static gboolean
sentence_has(const char *const *sentence, const char *terms, gsize length)
{
	while (length) {
		const char *blank = memchr(terms, ' ', length);
		gsize one = blank ? (gsize)(blank - terms) : length;
		gboolean unwanted = *terms == '!';

		if (has_term(sentence, terms + unwanted, one - unwanted) == unwanted)
			return FALSE;
		terms += one + (blank != NULL);
		length -= one + (blank != NULL);
	}
	return TRUE;
}

static gboolean
says_alternative(const RpReplyWords *said, const char *alternative, gsize length)
{
	const char *const *words = (const char *const *)said->words->pdata;
	guint begin = 0;

	if (*alternative == '~')
		return memmem(said->plain, strlen(said->plain), alternative + 1, length - 1) !=
		       NULL;
	for (guint i = 0; i < said->words->len; i++) {
		if (words[i])
			continue;
		if (begin < i && sentence_has(words + begin, alternative, length))
			return TRUE;
		begin = i + 1;
	}
	return FALSE;
}

RpReplyWords *
rp_reply_words_new(const char *text)
{
	RpReplyWords *words = g_new0(RpReplyWords, 1);
	const char *at;

	words->words = g_ptr_array_new_with_free_func(g_free);
	at = words->plain = g_ascii_strdown(text, -1);
	while (*at) {
		gsize length = strcspn(at, " \t\r\n,:()\"");

		add_piece(words->words, at, length);
		at += length + (at[length] != '\0');
	}
	g_ptr_array_add(words->words, NULL);
	return words;
}

void
rp_reply_words_free(RpReplyWords *words)
{
	g_ptr_array_unref(words->words);
	g_free(words->plain);
	g_free(words);
}

gboolean
rp_reply_words_say(const RpReplyWords *words, const char *pattern)
{
	while (*pattern) {
		gsize length = strcspn(pattern, "|");

		if (length && says_alternative(words, pattern, length))
			return TRUE;
		pattern += length + (pattern[length] == '|');
	}
	return FALSE;
}
