/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <gmime/gmime.h>

#include <string.h>

/* Header fields in ASCII and out of it by GMime, in a module of its own since loading GMime takes
 * longer than handing over a message. Lists of addresses are none of its business. */

G_MODULE_EXPORT void rp_module_init(void);
G_MODULE_EXPORT char *rp_module_encode_field(const char *name, const char *value);
G_MODULE_EXPORT char *rp_module_decode_text(const char *value);

/* GMime is asked by several threads. */
static GMutex one_at_a_time;

void
rp_module_init(void)
{
	g_mime_init();
}

static char *
encode_type(const char *value)
{
	GMimeContentType *type = g_mime_content_type_parse(NULL, value);
	char *encoded = type ? g_mime_content_type_encode(type, NULL) : NULL;

	g_clear_object(&type);
	return encoded;
}

static char *
encode_disposition(const char *value)
{
	GMimeContentDisposition *disposition = g_mime_content_disposition_parse(NULL, value);
	char *encoded = disposition ? g_mime_content_disposition_encode(disposition, NULL) : NULL;

	g_clear_object(&disposition);
	return encoded;
}

/* There is no place for encoded words in it. */
static char *
encode_nothing(const char *value)
{
	return NULL;
}

static char *
encode_text(const char *value)
{
	return g_mime_utils_header_encode_text(NULL, value, "utf-8");
}

typedef char *(*Encode)(const char *value);

static const struct {
	Encode encode;
	const char *fields[32];
} encoders[] = {
	{encode_type, {"Content-Type", NULL}},
	{encode_disposition, {"Content-Disposition", NULL}},
	{encode_nothing,
		{"Message-ID", "In-Reply-To", "References", "Date", "Resent-Date",
			"Resent-Message-ID", "Received", "Return-Path", "MIME-Version",
			"Content-Transfer-Encoding", "Content-ID", "Content-MD5", "DKIM-Signature",
			"ARC-Seal", "ARC-Message-Signature", "ARC-Authentication-Results",
			"Authentication-Results", "List-Unsubscribe", "List-Post", "List-Help",
			"List-Archive", "List-Owner", "List-Subscribe", "List-Unsubscribe-Post",
			"Autocrypt", NULL}},
};

static Encode
encoder_of(const char *name)
{
	for (gsize i = 0; i < G_N_ELEMENTS(encoders); i++)
		for (const char *const *field = encoders[i].fields; *field; field++)
			if (g_ascii_strcasecmp(name, *field) == 0)
				return encoders[i].encode;
	return encode_text;
}

/* RFC 2047 section 2: at most 75 octets, cut between characters. */
#define WORD_MAX 75
#define WORD_TEXT_MAX 45

static void
append_words(GString *into, const char *text)
{
	while (*text) {
		const char *end = text;

		while (*end && g_utf8_next_char(end) - text <= WORD_TEXT_MAX)
			end = g_utf8_next_char(end);
		g_autofree char *word = g_base64_encode((const guchar *)text, (gsize)(end - text));
		g_string_append_printf(into, "=?UTF-8?B?%s?=%s", word, *end ? " " : "");
		text = end;
	}
}

/* GMime counts characters where the standard counts octets. Line ends are left out. */
static char *
shorten_words(const char *encoded)
{
	GString *out = g_string_new(NULL);

	while (*encoded) {
		gsize word = strcspn(encoded, " \t\r\n");
		g_autofree char *text = g_strndup(encoded, word);

		if (word > WORD_MAX && g_str_has_prefix(text, "=?") &&
			g_str_has_suffix(text, "?=")) {
			g_autofree char *plain = g_mime_utils_header_decode_text(NULL, text);
			append_words(out, plain);
		} else {
			g_string_append(out, text);
		}
		for (encoded += word; *encoded && strchr(" \t\r\n", *encoded); encoded++)
			if (*encoded == ' ' || *encoded == '\t')
				g_string_append_c(out, *encoded);
	}
	return g_string_free(out, FALSE);
}

/* The value is UTF-8. */
char *
rp_module_encode_field(const char *name, const char *value)
{
	g_mutex_lock(&one_at_a_time);
	g_autofree char *ascii = encoder_of(name)(value);
	char *encoded = ascii ? shorten_words(g_strstrip(ascii)) : NULL;
	g_mutex_unlock(&one_at_a_time);
	return encoded;
}

/* ---- out of it ---- */

/* Words of base64 that follow each other, in one charset: a character may be cut between them, and
 * each may be padded. GMime up to 3.2.14 reads no further than the first padding: so they are made
 * one. */
typedef struct {
	char *charset;      /* NULL: there is none */
	GString *base64;    /* of the last word that is not whole by itself */
	GByteArray *octets; /* of those before */
} Run;

static void
run_add(Run *run, const char *base64)
{
	gsize size;

	g_string_append(run->base64, base64);
	if (run->base64->len % 4)
		return; /* cut in the middle of an octet: the next one goes on */
	g_autofree guchar *octets = g_base64_decode(run->base64->str, &size);
	g_byte_array_append(run->octets, octets, (guint)size);
	g_string_truncate(run->base64, 0);
}

static void
run_end(Run *run, GString *out)
{
	gsize size;

	if (!run->charset)
		return;
	g_autofree guchar *rest = g_base64_decode(run->base64->str, &size);
	g_byte_array_append(run->octets, rest, (guint)size);
	g_autofree char *all = g_base64_encode(run->octets->data, run->octets->len);
	g_string_append_printf(out, "=?%s?B?%s?=", run->charset, all);
	g_clear_pointer(&run->charset, g_free);
	g_string_truncate(run->base64, 0);
	g_byte_array_set_size(run->octets, 0);
}

/* What stands between two words of a run is not part of the text. */
static gboolean
goes_on(const Run *run, const char *charset, const char *between, gsize length)
{
	return run->charset && g_ascii_strcasecmp(run->charset, charset) == 0 &&
	       strspn(between, " \t\r\n") >= length;
}

static void
take_word(Run *run, GString *out, const GMatchInfo *match, const char *value, int *at)
{
	g_autofree char *charset = g_match_info_fetch(match, 1);
	g_autofree char *base64 = g_match_info_fetch(match, 2);
	int start = 0, end = 0;

	g_match_info_fetch_pos(match, 0, &start, &end);
	if (!goes_on(run, charset, value + *at, (gsize)(start - *at))) {
		run_end(run, out);
		g_string_append_len(out, value + *at, start - *at);
		run->charset = g_steal_pointer(&charset);
	}
	run_add(run, base64);
	*at = end;
}

static char *
join_words(const char *value)
{
	g_autoptr(GRegex) word =
		g_regex_new("=\\?([^?\\s]+)\\?[bB]\\?([A-Za-z0-9+/]*=*)\\?=", G_REGEX_RAW, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;
	g_autoptr(GString) base64 = g_string_new(NULL);
	g_autoptr(GByteArray) octets = g_byte_array_new();
	GString *out = g_string_new(NULL);
	Run run = {NULL, base64, octets};
	int at = 0;

	for (g_regex_match(word, value, 0, &match); g_match_info_matches(match);
		g_match_info_next(match, NULL))
		take_word(&run, out, match, value, &at);
	run_end(&run, out);
	g_string_append(out, value + at);
	return g_string_free(out, FALSE);
}

/* Of text with encoded words (RFC 2047); what can't be read stays as it is. */
char *
rp_module_decode_text(const char *value)
{
	g_autofree char *joined = join_words(value);

	g_mutex_lock(&one_at_a_time);
	char *decoded = g_mime_utils_header_decode_text(NULL, joined);
	g_mutex_unlock(&one_at_a_time);
	return decoded;
}
