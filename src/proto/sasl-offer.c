/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sasl-private.h"

#include <string.h>

/* What a server says of its logins, read in all the spellings that servers have. */

static const char *const names[RP_N_AUTHS] = {
	[RP_AUTH_PLAIN] = "PLAIN",
	[RP_AUTH_LOGIN] = "LOGIN",
	[RP_AUTH_CRAM_MD5] = "CRAM-MD5",
	[RP_AUTH_SCRAM_SHA_1] = "SCRAM-SHA-1",
	[RP_AUTH_SCRAM_SHA_256] = "SCRAM-SHA-256",
	[RP_AUTH_EXTERNAL] = "EXTERNAL",
	[RP_AUTH_XOAUTH2] = "XOAUTH2",
	[RP_AUTH_OAUTHBEARER] = "OAUTHBEARER",
	[RP_AUTH_USER] = "USER",
	[RP_AUTH_APOP] = "APOP",
};

const char *
rp_sasl_name(RpAuth auth)
{
	return names[auth];
}

static gboolean
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The next word of the line, if any; *at is behind it then. */
static gboolean
next_word(const char **at, const char *end, const char **word, gsize *length)
{
	while (*at < end && is_blank(**at))
		(*at)++;
	*word = *at;
	while (*at < end && !is_blank(**at))
		(*at)++;
	*length = (gsize)(*at - *word);
	return *length > 0;
}

static gboolean
is_word(const char *word, gsize length, const char *name)
{
	return strlen(name) == length && g_ascii_strncasecmp(word, name, length) == 0;
}

/* For people: names only, no control characters, as much as there is room for. */
static void
keep_word(RpSaslOffer *offer, const char *word, gsize length)
{
	gsize used = strlen(offer->words);
	if (used + length + 2 > sizeof offer->words)
		return;
	for (gsize i = 0; i < length; i++) {
		if (!g_ascii_isgraph(word[i]))
			return;
	}
	if (used > 0)
		offer->words[used++] = ' ';
	memcpy(offer->words + used, word, length);
	offer->words[used + length] = '\0';
}

static void
add_names(RpSaslOffer *offer, const char *at, const char *end)
{
	const char *word;
	gsize length;
	while (next_word(&at, end, &word, &length)) {
		keep_word(offer, word, length);
		for (guint auth = RP_AUTH_PLAIN; auth < RP_AUTH_USER; auth++) {
			if (is_word(word, length, names[auth]))
				offer->mechanisms |= 1u << auth;
		}
	}
}

static const char *
end_of_line(const char *line, gsize size)
{
	const char *end = memchr(line, '\n', size);
	if (!end)
		end = line + size;
	while (end > line && end[-1] == '\r')
		end--;
	return end;
}

void
rp_sasl_offer_add_ehlo(RpSaslOffer *offer, const char *line, gsize size)
{
	const char *end = end_of_line(line, size);
	const char *at = line + 4;
	offer->known = TRUE;
	if (end < at || strncmp(line, "250", 3) != 0)
		return;
	while (at < end && is_blank(*at))
		at++;
	if (end - at > 4 && g_ascii_strncasecmp(at, "AUTH", 4) == 0 &&
		(is_blank(at[4]) || at[4] == '='))
		add_names(offer, at + 5, end);
}

void
rp_sasl_offer_add_capa(RpSaslOffer *offer, const char *line, gsize size)
{
	const char *end = end_of_line(line, size);
	const char *at = line, *word;
	gsize length;
	offer->known = TRUE;
	if (!next_word(&at, end, &word, &length))
		return;
	if (is_word(word, length, "SASL"))
		add_names(offer, at, end);
	if (!is_word(word, length, "USER"))
		return;
	keep_word(offer, word, length);
	offer->mechanisms |= 1u << RP_AUTH_USER;
}

/* "<", printable characters with one "@" among them, ">". */
static gboolean
is_message_id(const char *id, gsize length)
{
	guint ats = 0;
	for (gsize i = 1; i + 1 < length; i++) {
		if (!g_ascii_isgraph(id[i]) || id[i] == '<')
			return FALSE;
		ats += id[i] == '@';
	}
	return ats == 1 && id[1] != '@' && id[length - 2] != '@';
}

void
rp_sasl_offer_greeting(RpSaslOffer *offer, const char *line, gsize size)
{
	const char *end = end_of_line(line, size);
	const char *open = memchr(line, '<', (gsize)(end - line));
	const char *close = open ? memchr(open, '>', (gsize)(end - open)) : NULL;
	offer->timestamp[0] = '\0';
	if (!close)
		return;
	gsize length = (gsize)(close - open) + 1;
	if (length >= sizeof offer->timestamp || !is_message_id(open, length))
		return;
	memcpy(offer->timestamp, open, length);
	offer->timestamp[length] = '\0';
}

void
rp_sasl_offer_forget(RpSaslOffer *offer)
{
	offer->known = FALSE;
	offer->mechanisms = 0;
	offer->words[0] = '\0';
}
