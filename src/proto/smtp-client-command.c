/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smtp-client-private.h"

#include <string.h>
#include "roampost/mailbox.h"

/* MAIL and RCPT as this server understands them: its capabilities are read here, and what they
 * are too few for is told before anything is sent. */

static const struct {
	const char *keyword;
	RpSmtpCan can;
} capability_table[] = {
	{"PIPELINING", RP_SMTP_CAN_PIPELINING}, {"CHUNKING", RP_SMTP_CAN_CHUNKING},
	{"8BITMIME", RP_SMTP_CAN_8BITMIME}, {"SMTPUTF8", RP_SMTP_CAN_SMTPUTF8},
	{"SIZE", RP_SMTP_CAN_SIZE}, {"DSN", RP_SMTP_CAN_DSN},
	{"ENHANCEDSTATUSCODES", RP_SMTP_CAN_ENHANCED}, {"STARTTLS", RP_SMTP_CAN_STARTTLS},
	{"AUTH", RP_SMTP_CAN_AUTH},
	{"AUTH=LOGIN", RP_SMTP_CAN_AUTH}, /* an old form, still announced */
};

/* RFC 9422 section 3: NAME=NUMBER, of which those that are not known are none of ours. Of what is
 * said twice the smaller one holds. */
static void
add_limits(RpSmtpCapabilities *capabilities, const char *limits)
{
	const struct {
		const char *name;
		guint *limit;
	} table[] = {
		{"MAILMAX", &capabilities->max_messages},
		{"RCPTMAX", &capabilities->max_recipients},
		{"RCPTDOMAINMAX", &capabilities->max_domains},
	};
	g_auto(GStrv) words = g_strsplit_set(limits, " \t", -1);

	for (char **word = words; *word; word++) {
		char *value = strchr(*word, '=');
		guint64 number = 0;

		if (!value)
			continue;
		*value++ = '\0';
		for (gsize i = 0; i < G_N_ELEMENTS(table); i++)
			if (g_ascii_strcasecmp(*word, table[i].name) == 0 &&
				g_ascii_string_to_unsigned(value, 10, 1, 999999, &number, NULL))
				*table[i].limit = (guint)MIN(
					number, *table[i].limit ? *table[i].limit : number);
	}
}

void
rp_smtp_capabilities_add_line(RpSmtpCapabilities *capabilities, const char *line, gsize length)
{
	if (length <= 4 || strncmp(line, "250", 3) != 0)
		return;
	g_autofree char *words = g_strndup(line + 4, length - 4);
	g_strstrip(words);
	char *argument = strpbrk(words, " \t");
	if (argument)
		*argument++ = '\0';
	for (gsize i = 0; i < G_N_ELEMENTS(capability_table); i++) {
		if (g_ascii_strcasecmp(words, capability_table[i].keyword) == 0)
			capabilities->can |= capability_table[i].can;
	}
	if (argument && g_ascii_strcasecmp(words, "SIZE") == 0) {
		guint64 size = g_ascii_strtoull(argument, NULL, 10);
		capabilities->max_size = (gint64)MIN(size, (guint64)G_MAXINT64);
	}
	if (argument && g_ascii_strcasecmp(words, "LIMITS") == 0)
		add_limits(capabilities, argument);
}

/* As RFC 5321 section 4.1.2 has it, also where it was stored in another form; NULL: an address that
 * could end the path or the line, or is none. */
static char *
path_text(const char *address)
{
	char *text;

	if (*address == '\0')
		return g_strdup("");
	rp_mailbox_read(address, &text);
	return text;
}

static gboolean
is_utf8_address(const char *address)
{
	g_autofree char *text = g_str_is_ascii(address) ? NULL : path_text(address);

	return text && !g_str_is_ascii(text);
}

static gboolean
has_utf8_address(const RpSmtpMessage *message)
{
	if (is_utf8_address(message->sender))
		return TRUE;
	for (guint i = 0; i < message->n_recipients; i++) {
		if (is_utf8_address(message->recipients[i]))
			return TRUE;
	}
	return FALSE;
}

static gboolean
needs_smtputf8(const RpSmtpMessage *message)
{
	return message->needs_smtputf8 || has_utf8_address(message);
}

static gboolean
is_address(const char *address)
{
	g_autofree char *text = path_text(address);

	return text != NULL;
}

static gboolean
are_addresses(const RpSmtpMessage *message)
{
	if (!is_address(message->sender))
		return FALSE;
	for (guint i = 0; i < message->n_recipients; i++) {
		if (!*message->recipients[i] || !is_address(message->recipients[i]))
			return FALSE;
	}
	return TRUE;
}

static RpSmtpUnfit
content_fit(const RpSmtpMessage *message, guint can)
{
	if (message->needs_smtputf8 && !(can & RP_SMTP_CAN_SMTPUTF8))
		return RP_SMTP_NEEDS_SMTPUTF8;
	if (message->needs_8bitmime && !(can & RP_SMTP_CAN_8BITMIME))
		return RP_SMTP_NEEDS_8BITMIME;
	return message->needs_encoding ? RP_SMTP_NEEDS_ENCODING : RP_SMTP_FIT;
}

RpSmtpUnfit
rp_smtp_message_fit(const RpSmtpMessage *message, const RpSmtpCapabilities *capabilities)
{
	guint can = capabilities->can;

	if (!are_addresses(message))
		return RP_SMTP_BAD_ADDRESS;
	if (has_utf8_address(message) && !(can & RP_SMTP_CAN_SMTPUTF8))
		return RP_SMTP_UTF8_ADDRESS;
	RpSmtpUnfit unfit = message->as_it_is ? RP_SMTP_FIT : content_fit(message, can);
	if (unfit != RP_SMTP_FIT)
		return unfit;
	if (capabilities->max_size > 0 && message->size > capabilities->max_size)
		return RP_SMTP_TOO_BIG;
	return RP_SMTP_FIT;
}

guint
rp_smtp_message_conversion(const RpSmtpMessage *message, const RpSmtpCapabilities *capabilities)
{
	guint can = capabilities->can, convert = 0;
	gboolean utf8 = has_utf8_address(message);

	if (message->as_it_is || (utf8 && !(can & RP_SMTP_CAN_SMTPUTF8)))
		return 0;
	/* The next server may be without SMTPUTF8, and would have to send it back: that is worth
	 * it only where an address leaves no choice. */
	if (message->needs_smtputf8 &&
		!((can & RP_SMTP_CAN_SMTPUTF8) && (utf8 || message->raw_header)))
		convert |= RP_CONVERT_HEADER;
	else if (message->needs_smtputf8 && message->header_not_utf8)
		convert |= RP_CONVERT_NOT_UTF8;
	if (message->needs_8bitmime && !(can & RP_SMTP_CAN_8BITMIME))
		convert |= RP_CONVERT_8BIT;
	if (message->needs_encoding)
		convert |= RP_CONVERT_LINES;
	return convert;
}

void
rp_smtp_append(GByteArray *out, const char *text)
{
	g_byte_array_append(out, (const guint8 *)text, (guint)strlen(text));
}

static void
append_path(GByteArray *out, const char *command, const char *address)
{
	g_autofree char *text = path_text(address);

	g_return_if_fail(text); /* rp_smtp_message_fit() was asked */
	rp_smtp_append(out, command);
	rp_smtp_append(out, text);
	rp_smtp_append(out, ">");
}

/* RFC 3461 section 4: xtext. */
static void
append_xtext(GByteArray *out, const char *text)
{
	for (const char *p = text; *p; p++) {
		guchar c = (guchar)*p;
		char hex[4];
		if (c > ' ' && c < 0x7f && c != '+' && c != '=') {
			g_byte_array_append(out, (const guint8 *)p, 1);
			continue;
		}
		g_snprintf(hex, sizeof hex, "+%02X", c);
		rp_smtp_append(out, hex);
	}
}

void
rp_smtp_append_mail(
	GByteArray *out, const RpSmtpMessage *message, const RpSmtpCapabilities *capabilities)
{
	guint can = capabilities->can;
	append_path(out, "MAIL FROM:<", message->sender);
	if (can & RP_SMTP_CAN_SIZE) { /* RFC 1870 */
		g_autofree char *size = g_strdup_printf(" SIZE=%" G_GINT64_FORMAT, message->size);
		rp_smtp_append(out, size);
	}
	if (message->needs_8bitmime && (can & RP_SMTP_CAN_8BITMIME)) /* RFC 6152 */
		rp_smtp_append(out, " BODY=8BITMIME");
	if (needs_smtputf8(message) && (can & RP_SMTP_CAN_SMTPUTF8)) /* RFC 6531 */
		rp_smtp_append(out, " SMTPUTF8");
	if (message->dsn_ret && (can & RP_SMTP_CAN_DSN)) {
		gboolean full = g_ascii_strcasecmp(message->dsn_ret, "FULL") == 0;
		rp_smtp_append(out, full ? " RET=FULL" : " RET=HDRS");
	}
	if (message->dsn_envid && *message->dsn_envid && (can & RP_SMTP_CAN_DSN)) {
		rp_smtp_append(out, " ENVID=");
		append_xtext(out, message->dsn_envid);
	}
	rp_smtp_append(out, "\r\n");
}

/* Only the keywords of RFC 3461 section 4.1 get through. */
static void
append_notify(GByteArray *out, const char *notify)
{
	static const char *const words[] = {"NEVER", "SUCCESS", "FAILURE", "DELAY"};
	g_auto(GStrv) wanted = g_strsplit(notify, ",", -1);
	const char *separator = " NOTIFY=";
	for (gsize i = 0; wanted[i]; i++) {
		g_strstrip(wanted[i]);
		for (gsize k = 0; k < G_N_ELEMENTS(words); k++) {
			if (g_ascii_strcasecmp(wanted[i], words[k]) != 0)
				continue;
			rp_smtp_append(out, separator);
			rp_smtp_append(out, words[k]);
			separator = ",";
		}
	}
}

/* RFC 3461 section 4.2: the address's type, a word, and the address as xtext. */
static void
append_original(GByteArray *out, const char *original)
{
	const char *semicolon = strchr(original, ';');

	if (!semicolon || semicolon == original || !semicolon[1])
		return;
	for (const char *c = original; c < semicolon; c++)
		if (!g_ascii_isalnum(*c) && *c != '-')
			return;
	g_autofree char *type = g_strndup(original, (gsize)(semicolon - original));
	rp_smtp_append(out, " ORCPT=");
	rp_smtp_append(out, type);
	rp_smtp_append(out, ";");
	append_xtext(out, semicolon + 1);
}

void
rp_smtp_append_rcpt(GByteArray *out, const RpSmtpMessage *message, guint recipient,
	const RpSmtpCapabilities *capabilities)
{
	append_path(out, "RCPT TO:<", message->recipients[recipient]);
	if (capabilities->can & RP_SMTP_CAN_DSN) {
		if (message->dsn_notify && message->dsn_notify[recipient])
			append_notify(out, message->dsn_notify[recipient]);
		if (message->dsn_original && message->dsn_original[recipient])
			append_original(out, message->dsn_original[recipient]);
	}
	rp_smtp_append(out, "\r\n");
}
