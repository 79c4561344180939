/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <gmime/gmime.h>

#include <string.h>

/* Address lists and encoded words by GMime, in a module of its own since loading GMime takes longer
 * than handing over a message. */

G_MODULE_EXPORT void rp_module_init(void);
G_MODULE_EXPORT char **rp_module_parse_list(const char *list);
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

char **
rp_module_parse_list(const char *list)
{
	GPtrArray *addresses = g_ptr_array_new();

	InternetAddressList *parsed = internet_address_list_parse(NULL, list);
	if (parsed) {
		collect(parsed, addresses);
		g_object_unref(parsed);
	}
	g_ptr_array_add(addresses, NULL);
	return (char **)g_ptr_array_free(addresses, FALSE);
}

/* ---- fields in ASCII ---- */

static gboolean
is_one_of(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (g_ascii_strcasecmp(name, *names) == 0)
			return TRUE;
	return FALSE;
}

/* Its words are addresses, or there is no place for encoded words in it. */
static const char *const address_fields[] = {"From", "Sender", "Reply-To", "To", "Cc", "Bcc",
	"Resent-From", "Resent-Sender", "Resent-Reply-To", "Resent-To", "Resent-Cc", "Resent-Bcc",
	"Mail-Followup-To", "Mail-Reply-To", "Disposition-Notification-To", "Return-Receipt-To",
	"Errors-To", NULL};
static const char *const bare_fields[] = {"Message-ID", "In-Reply-To", "References", "Date",
	"Resent-Date", "Resent-Message-ID", "Received", "Return-Path", "MIME-Version",
	"Content-Transfer-Encoding", "Content-ID", "Content-MD5", "DKIM-Signature", "ARC-Seal",
	"ARC-Message-Signature", "ARC-Authentication-Results", "Authentication-Results",
	"List-Unsubscribe", "List-Post", "List-Help", "List-Archive", "List-Owner",
	"List-Subscribe", "List-Unsubscribe-Post", "Autocrypt", NULL};

static gboolean
all_local_parts_are_ascii(InternetAddressList *list)
{
	for (int i = 0; i < internet_address_list_length(list); i++) {
		InternetAddress *one = internet_address_list_get_address(list, i);
		const char *address = NULL;

		internet_address_set_charset(one, "utf-8");
		if (INTERNET_ADDRESS_IS_GROUP(one) &&
			!all_local_parts_are_ascii(
				internet_address_group_get_members(INTERNET_ADDRESS_GROUP(one))))
			return FALSE;
		if (INTERNET_ADDRESS_IS_MAILBOX(one))
			address = internet_address_mailbox_get_idn_addr(
				INTERNET_ADDRESS_MAILBOX(one));
		if (address && !g_str_is_ascii(address))
			return FALSE;
	}
	return TRUE;
}

static char *
encode_addresses(const char *value)
{
	InternetAddressList *list = internet_address_list_parse(NULL, value);
	char *encoded = NULL;

	if (list && internet_address_list_length(list) > 0 && all_local_parts_are_ascii(list))
		encoded = internet_address_list_to_string(list, NULL, TRUE);
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

static char *
encode_utf8(const char *name, const char *value)
{
	if (is_one_of(name, bare_fields))
		return NULL;
	if (is_one_of(name, address_fields))
		return encode_addresses(value);
	if (g_ascii_strcasecmp(name, "Content-Type") == 0)
		return encode_type(value);
	if (g_ascii_strcasecmp(name, "Content-Disposition") == 0)
		return encode_disposition(value);
	return g_mime_utils_header_encode_text(NULL, value, "utf-8");
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
	g_autofree char *ascii = utf8 ? encode_utf8(name, utf8) : NULL;
	char *encoded = ascii ? shorten_words(g_strstrip(ascii)) : NULL;
	g_mutex_unlock(&one_at_a_time);
	return encoded;
}
