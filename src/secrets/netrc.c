/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/netrc.h"

#include <string.h>

/* The grammar of netrc files: words, and what they say of whom. */

typedef struct {
	const char *at;
	guint line;
	char *word; /* the last one; secret memory as large as the text */
} Reader;

typedef enum { WORD, END, BROKEN } Token;

static void
next_char(Reader *reader)
{
	if (*reader->at == '\n')
		reader->line++;
	reader->at++;
}

static void
skip_blanks(Reader *reader)
{
	while (*reader->at && strchr(" \t\r\n\f\v", *reader->at))
		next_char(reader);
}

static void
skip_comments(Reader *reader)
{
	for (skip_blanks(reader); *reader->at == '#'; skip_blanks(reader))
		while (*reader->at && *reader->at != '\n')
			next_char(reader);
}

static char
unescape(char c)
{
	return c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c;
}

static Token
read_quoted(Reader *reader)
{
	char *out = reader->word;

	for (next_char(reader); *reader->at != '"'; next_char(reader)) {
		gboolean escaped = *reader->at == '\\';

		if (escaped)
			reader->at++;
		if (!*reader->at || *reader->at == '\n')
			return BROKEN;
		*out++ = escaped ? unescape(*reader->at) : *reader->at;
	}
	next_char(reader);
	*out = '\0';
	return WORD;
}

static Token
read_word(Reader *reader)
{
	gsize length;

	skip_blanks(reader);
	if (*reader->at == '"')
		return read_quoted(reader);
	length = strcspn(reader->at, " \t\r\n\f\v");
	memcpy(reader->word, reader->at, length);
	reader->word[length] = '\0';
	reader->at += length;
	return length ? WORD : END;
}

/* Up to an empty line, or the end. */
static void
skip_macro(Reader *reader)
{
	gboolean empty = FALSE;

	while (*reader->at && *reader->at != '\n')
		next_char(reader);
	while (*reader->at && !empty) {
		next_char(reader);
		empty = *reader->at == '\n' || (*reader->at == '\r' && reader->at[1] == '\n');
		while (!empty && *reader->at && *reader->at != '\n')
			next_char(reader);
	}
}

/* ---- entries ---- */

typedef struct {
	const char *host, *user; /* that are looked for */
	gboolean in_entry;       /* of the host */
	gboolean other_login;
	char *password;
} Search;

/* TRUE: the entry that ends here is the one. */
static gboolean
entry_matches(const Search *search)
{
	return search->in_entry && !search->other_login && search->password;
}

static void
begin_entry(Search *search, gboolean is_hosts)
{
	search->in_entry = is_hosts;
	search->other_login = FALSE;
	g_clear_pointer(&search->password, rp_secret_free);
}

static void
take_value(Search *search, const char *key, const char *value)
{
	if (g_str_equal(key, "login"))
		search->other_login = strcmp(value, search->user) != 0;
	if (!g_str_equal(key, "password") || !search->in_entry)
		return;
	g_clear_pointer(&search->password, rp_secret_free);
	search->password = rp_secret_dup(value);
}

/* One keyword and what belongs to it. */
static Token
read_clause(Reader *reader, Search *search)
{
	static const char *const keys[] = {"login", "password", "account", NULL};
	gsize i = 0;

	if (g_str_equal(reader->word, "default")) {
		begin_entry(search, TRUE);
		return WORD;
	}
	if (g_str_equal(reader->word, "macdef")) {
		skip_macro(reader);
		return WORD;
	}
	if (g_str_equal(reader->word, "machine")) {
		Token token = read_word(reader);

		begin_entry(search,
			token == WORD && g_ascii_strcasecmp(reader->word, search->host) == 0);
		return token == WORD ? WORD : BROKEN;
	}
	while (keys[i] && !g_str_equal(reader->word, keys[i]))
		i++;
	if (!keys[i] || read_word(reader) != WORD)
		return BROKEN;
	take_value(search, keys[i], reader->word);
	return WORD;
}

static gboolean
begins_entry(const char *word)
{
	return g_str_equal(word, "machine") || g_str_equal(word, "default");
}

RpNetrcResult
rp_netrc_find(const char *text, const char *host, const char *user, char **password, guint *line)
{
	g_autoptr(RpSecret) word = rp_secret_alloc(strlen(text) + 1);
	Reader reader = {.at = text, .line = 1, .word = word};
	Search search = {.host = host, .user = user};
	Token token = WORD;

	*password = NULL;
	while (token == WORD) {
		skip_comments(&reader);
		token = read_word(&reader);
		if (token == WORD && begins_entry(reader.word) && entry_matches(&search))
			token = END;
		else if (token == WORD)
			token = read_clause(&reader, &search);
	}
	*line = reader.line;
	if (token == END && entry_matches(&search)) {
		*password = search.password;
		return RP_NETRC_FOUND;
	}
	rp_secret_free(search.password);
	return token == END ? RP_NETRC_ABSENT : RP_NETRC_BROKEN;
}
