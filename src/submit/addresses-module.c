/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <gmime/gmime.h>

#include <string.h>

/* Header fields in ASCII by GMime, in a module of its own since loading GMime takes longer than
 * handing over a message. Lists of addresses are none of its business. */

G_MODULE_EXPORT void rp_module_init(void);
G_MODULE_EXPORT char *rp_module_encode_field(const char *name, const char *value);

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
	static GMutex one_at_a_time;

	g_mutex_lock(&one_at_a_time);
	g_autofree char *ascii = encoder_of(name)(value);
	char *encoded = ascii ? shorten_words(g_strstrip(ascii)) : NULL;
	g_mutex_unlock(&one_at_a_time);
	return encoded;
}
