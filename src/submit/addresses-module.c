/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <gmime/gmime.h>

#include <string.h>

/* Address lists and encoded words by GMime, in a module of its own since loading GMime takes longer
 * than handing over a message. */

G_MODULE_EXPORT void rp_module_init(void);
G_MODULE_EXPORT char *rp_module_encode_field(const char *name, const char *value);

void
rp_module_init(void)
{
	g_mime_init();
}

static void
collect(InternetAddressList *list, GPtrArray *into)
{
	for (int i = 0; i < internet_address_list_length(list); i++) {
		InternetAddress *one = internet_address_list_get_address(list, i);
		const char *address = NULL;

		internet_address_set_charset(one, "utf-8");
		if (INTERNET_ADDRESS_IS_GROUP(one))
			collect(internet_address_group_get_members(INTERNET_ADDRESS_GROUP(one)),
				into);
		else if (INTERNET_ADDRESS_IS_MAILBOX(one))
			/* The other getter turns A-labels into text. */
			address = internet_address_mailbox_get_idn_addr(
				INTERNET_ADDRESS_MAILBOX(one));
		if (address)
			g_ptr_array_add(into, g_strdup(address));
	}
}

/* Each of them, of groups too; the list is to be encoded as UTF-8. */
static char **
addresses_of(InternetAddressList *list)
{
	GPtrArray *addresses = g_ptr_array_new();

	if (list)
		collect(list, addresses);
	g_ptr_array_add(addresses, NULL);
	return (char **)g_ptr_array_free(addresses, FALSE);
}

/* ---- fields in ASCII ---- */

static char *
encode_addresses(const char *value)
{
	InternetAddressList *list = internet_address_list_parse(NULL, value);
	g_auto(GStrv) addresses = addresses_of(list);
	gboolean fits = list && internet_address_list_length(list) > 0;

	for (char **address = addresses; *address; address++)
		fits = fits && g_str_is_ascii(*address);
	char *encoded = fits ? internet_address_list_to_string(list, NULL, TRUE) : NULL;
	g_clear_object(&list);
	return encoded;
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
	{encode_addresses,
		{"From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Resent-From", "Resent-Sender",
			"Resent-Reply-To", "Resent-To", "Resent-Cc", "Resent-Bcc",
			"Mail-Followup-To", "Mail-Reply-To", "Disposition-Notification-To",
			"Return-Receipt-To", "Errors-To", NULL}},
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

char *
rp_module_encode_field(const char *name, const char *value)
{
	static GMutex one_at_a_time;
	/* What is not UTF-8 is most likely Latin-1: that is how others read it too. */
	g_autofree char *utf8 =
		g_utf8_validate(value, -1, NULL)
			? g_strdup(value)
			: g_convert(value, -1, "UTF-8", "ISO-8859-1", NULL, NULL, NULL);

	g_mutex_lock(&one_at_a_time);
	g_autofree char *ascii = utf8 ? encoder_of(name)(utf8) : NULL;
	char *encoded = ascii ? shorten_words(g_strstrip(ascii)) : NULL;
	g_mutex_unlock(&one_at_a_time);
	return encoded;
}
