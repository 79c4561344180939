/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/words.h"

#include "words-private.h"

#include <string.h>

/* Sentences with {names} in them: filled in the thread's language, and found again in what was
 * stored in English, to be said anew. */

#define N_PLACES (sizeof(RpWordsNames) / sizeof(char *) + 4)
/* A word in a word: no deeper. */
#define DEEPEST 4

typedef struct {
	struct {
		const char *name; /* in the sentence */
		gsize length;     /* of that */
		char *value;
	} places[N_PLACES];
	guint n;
} Filling;

static void
filling_clear(Filling *filling)
{
	for (guint i = 0; i < filling->n; i++)
		g_free(filling->places[i].value);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Filling, filling_clear)

static char *say(const char *english, guint depth);

/* ---- filling ---- */

/* Octets up to the next place, or the end. */
static gsize
plain_length(const char *sentence)
{
	return strcspn(sentence, "{");
}

static gsize
name_length(const char *place)
{
	return strcspn(place + 1, "}");
}

static gboolean
is_called(const char *name, gsize length, const char *wanted)
{
	return strlen(wanted) == length && strncmp(name, wanted, length) == 0;
}

/* "a.example or b.example or c.example" as a list in the thread's language. */
static char *
list(const char *english)
{
	g_auto(GStrv) all = g_strsplit(english, RP_WORDS_AND, -1);
	g_autofree char *text = g_strdup(all[0] ? all[0] : "");

	for (guint i = 1; i && all[0] && all[i]; i++) {
		char *longer = g_strdup_printf(
			/* TRANSLATORS: lists: "a.example, b.example or c.example". */
			all[i + 1] ? C_("list", "%1$s, %2$s") : C_("list", "%1$s or %2$s"), text,
			all[i]);

		g_free(text);
		text = longer;
	}
	return g_steal_pointer(&text);
}

static char *
stand_in(const char *value)
{
	for (guint i = 0; rp_policy_stand_ins[i]; i++)
		if (strcmp(rp_policy_stand_ins[i], value) == 0)
			return g_strdup(rp_text(value));
	return NULL;
}

/* What fills the place. A server's words, and names, are as they are. */
static char *
shown(const char *name, gsize length, const char *value, guint depth)
{
	char *own = value ? stand_in(value) : NULL;

	if (!value)
		return g_strdup("?");
	if (own)
		return own;
	if (is_called(name, length, "domains"))
		return list(value);
	return is_called(name, length, "detail") ? say(value, depth + 1) : g_strdup(value);
}

static const char *
value_of(const Filling *filling, const char *name, gsize length)
{
	for (guint i = 0; i < filling->n; i++)
		if (filling->places[i].length == length &&
			strncmp(filling->places[i].name, name, length) == 0)
			return filling->places[i].value;
	return NULL;
}

static char *
fill(const char *sentence, const Filling *filling, guint depth)
{
	g_autoptr(GString) out = g_string_new(NULL);

	while (*sentence) {
		gsize plain = plain_length(sentence);

		g_string_append_len(out, sentence, (gssize)plain);
		sentence += plain;
		if (!*sentence)
			break;
		gsize length = name_length(sentence);
		g_autofree char *value =
			shown(sentence + 1, length, value_of(filling, sentence + 1, length), depth);
		g_string_append(out, value);
		sentence += 1 + length + (sentence[1 + length] == '}');
	}
	return g_string_free(g_steal_pointer(&out), FALSE);
}

static void
put(Filling *filling, const char *name, gsize length, const char *value, gsize size)
{
	if (filling->n >= N_PLACES)
		return;
	filling->places[filling->n].name = name;
	filling->places[filling->n].length = length;
	filling->places[filling->n++].value = g_strndup(value, size);
}

static void
put_name(Filling *filling, const char *name, const char *value)
{
	if (value)
		put(filling, name, strlen(name), value, strlen(value));
}

char *
rp_words_fill(const char *english, const RpWordsNames *names)
{
	g_auto(Filling) filling = {0};

	put_name(&filling, "set", names->set);
	put_name(&filling, "provider", names->provider);
	put_name(&filling, "domains", names->domains);
	put_name(&filling, "time", names->time);
	put_name(&filling, "detail", names->detail);
	return fill(rp_text(english), &filling, 0);
}

gboolean
rp_words_are_reply(const char *detail)
{
	return g_ascii_isdigit(detail[0]) && g_ascii_isdigit(detail[1]) &&
	       g_ascii_isdigit(detail[2]) && (detail[3] == ' ' || detail[3] == '-');
}

char *
rp_words_with_detail(const char *sentence, const char *detail, gboolean is_reply)
{
	g_autofree char *own = is_reply ? g_strdup(detail) : rp_words_shown(detail);

	/* TRANSLATORS: a whole sentence, and a server's words or what happened. */
	return g_strdup_printf(
		is_reply ? _("%1$s (It said: %2$s)") : _("%1$s (%2$s)"), sentence, own);
}

/* ---- finding ---- */

/* Where in the text the plain piece begins that follows a place; what stands last ends the text. */
static const char *
find_plain(const char *text, const char *plain, gsize length, gboolean is_last)
{
	gsize rest = strlen(text);

	if (!is_last)
		return length > 0 ? g_strstr_len(text, (gssize)rest, plain) : NULL;
	if (rest < length || strncmp(text + rest - length, plain, length) != 0)
		return NULL;
	return text + rest - length;
}

/* HOST:PORT, which a server's words are not. */
static gboolean
is_server(const char *value, gsize size)
{
	const char *colon = g_strrstr_len(value, (gssize)size, ":");

	if (memchr(value, ' ', size) || !colon || colon + 1 == value + size)
		return FALSE;
	for (const char *digit = colon + 1; digit < value + size; digit++)
		if (!g_ascii_isdigit(*digit))
			return FALSE;
	return TRUE;
}

/* A place that stands twice says the same twice. */
static gboolean
agrees(const Filling *filling, const char *name, gsize length, const char *value, gsize size)
{
	const char *before = value_of(filling, name, length);

	if (is_called(name, length, "server") && !is_server(value, size))
		return FALSE;
	return !before || (strlen(before) == size && strncmp(before, value, size) == 0);
}

/* Whether the text is the sentence, and with what in its places. */
static gboolean
matches(const char *sentence, const char *text, Filling *filling)
{
	gsize plain = plain_length(sentence);

	if (strncmp(text, sentence, plain) != 0)
		return FALSE;
	text += plain;
	sentence += plain;
	while (*sentence) {
		const char *name = sentence + 1;
		gsize length = name_length(sentence);

		sentence = name + length + 1;
		plain = plain_length(sentence);
		g_autofree char *next = g_strndup(sentence, plain);
		const char *end = find_plain(text, next, plain, sentence[plain] == '\0');

		if (!end || end == text ||
			!agrees(filling, name, length, text, (gsize)(end - text)))
			return FALSE;
		put(filling, name, length, text, (gsize)(end - text));
		text = end + plain;
		sentence += plain;
	}
	return *text == '\0';
}

/* Up to NULL, or `n` of them. NULL: it is none of these sentences. */
static char *
say_one_of(const char *const *sentences, guint n, const char *english, guint depth)
{
	for (guint i = 0; i < n && sentences[i]; i++) {
		g_auto(Filling) filling = {0};

		if (matches(sentences[i], english, &filling))
			return fill(rp_text(sentences[i]), &filling, depth);
	}
	return NULL;
}

static char *
say_sentence(const char *english, guint depth)
{
	char *own = say_one_of(rp_policy_words, RP_N_POLICY_WORDS, english, depth);

	if (!own)
		own = say_one_of(rp_words, G_MAXUINT, english, depth);
	if (!own)
		own = say_one_of(rp_words_of_curl, G_MAXUINT, english, depth);
	return own ? own : say_one_of(rp_words_of_server, G_MAXUINT, english, depth);
}

/* "SENTENCE (It said: REPLY)", "SENTENCE (DETAIL)". */
static char *
say_with_detail(const char *english, guint depth)
{
	static const char it_said[] = "It said: ";

	if (!g_str_has_suffix(english, ")"))
		return NULL;
	for (const char *at = strstr(english, " ("); at; at = strstr(at + 1, " (")) {
		g_autofree char *before = g_strndup(english, (gsize)(at - english));
		g_autofree char *detail = g_strndup(at + 2, strlen(at + 2) - 1);
		g_autofree char *sentence = say_sentence(before, depth + 1);
		gboolean is_reply = g_str_has_prefix(detail, it_said);

		if (sentence)
			return rp_words_with_detail(
				sentence, is_reply ? detail + strlen(it_said) : detail, is_reply);
	}
	return NULL;
}

/* ---- what is wrong with a configuration: "/FILE:LINE: [GROUP] KEY: MESSAGE" ---- */

/* printf's places as {1}, {2}; "%2$s" has its number already. */
static char *
numbered(const char *format)
{
	g_autoptr(GString) out = g_string_new(NULL);
	guint n = 0;

	for (const char *mark; (mark = strchr(format, '%')) != NULL;) {
		gsize size = strcspn(mark + 1, "su%o");
		const char *end = mark + 1 + size, *dollar = memchr(mark + 1, '$', size);

		g_string_append_len(out, format, mark - format);
		g_string_append_printf(
			out, "{%u}", dollar ? (guint)g_ascii_strtoull(mark + 1, NULL, 10) : ++n);
		format = end + (*end != '\0');
	}
	g_string_append(out, format);
	return g_string_free(g_steal_pointer(&out), FALSE);
}

/* "%s can never hold, because %s": the second is one of them. */
static void
translate_values(Filling *filling)
{
	for (guint i = 0; i < filling->n; i++)
		if (g_strv_contains(rp_words_of_config, filling->places[i].value)) {
			char *own = g_strdup(rp_text(filling->places[i].value));

			g_free(filling->places[i].value);
			filling->places[i].value = own;
		}
}

static char *
say_message(const char *english)
{
	for (guint i = 0; rp_words_of_config[i]; i++) {
		g_autofree char *sentence = numbered(rp_words_of_config[i]);
		g_auto(Filling) filling = {0};

		if (!matches(sentence, english, &filling))
			continue;
		g_autofree char *own = numbered(rp_text(rp_words_of_config[i]));
		translate_values(&filling);
		return fill(own, &filling, DEEPEST);
	}
	return NULL;
}

/* The message is the longest end of the text that is one; what stands before it stays. */
static char *
say_problem(const char *english)
{
	for (const char *at = english; at; at = strchr(at, ' ')) {
		at += *at == ' ';
		g_autofree char *own = say_message(at);
		if (own)
			return g_strdup_printf("%.*s%s", (int)(at - english), english, own);
	}
	return NULL;
}

static char *
say_of_config(const char *english)
{
	if (*english != '/')
		return NULL;
	for (guint i = 0; rp_words_of_config_hints[i]; i++) {
		const char *hint = rp_words_of_config_hints[i];

		if (!g_str_has_suffix(english, hint))
			continue;
		g_autofree char *before = g_strndup(english, strlen(english) - strlen(hint));
		g_autofree char *own = say_problem(before);
		return own ? g_strconcat(own, rp_text(hint), NULL) : NULL;
	}
	return say_problem(english);
}

/* ---- all of it ---- */

static char *
say(const char *english, guint depth)
{
	char *own = say_of_config(english);

	if (!own && depth < DEEPEST)
		own = say_sentence(english, depth);
	if (!own && depth < DEEPEST)
		own = say_with_detail(english, depth);
	return own ? own : g_strdup(english);
}

char *
rp_words_shown(const char *english)
{
	/* English is not looked for. */
	if (!english || rp_text(rp_policy_words[0]) == rp_policy_words[0])
		return g_strdup(english);
	return say(english, 0);
}
