/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smtp-server-private.h"

#include <string.h>
#include "roampost/mailbox.h"

/* MAIL and RCPT with their parameters: whose message it is,
 * for whom, and what they want to hear of it. */

/* RFC 3461 sections 4.2 and 4.4. */
#define MAX_ENVID 100
#define MAX_ORCPT 500

/* ---- paths ---- */

/* Reads "FROM:<path>" and moves behind it. NULL: it is none, `*result` says why no address; of an
 * empty one it is EMPTY. */
static char *
take_path(char **arguments, const char *keyword, RpMailboxResult *result)
{
	gsize length = strlen(keyword);
	const char *at = *arguments, *end;
	char *address = NULL;

	*result = RP_MAILBOX_OPEN_ANGLE;
	if (g_ascii_strncasecmp(at, keyword, length) != 0)
		return NULL;
	at += length;
	at += strspn(at, " ");
	*result = rp_mailbox_read_path(at, &end, &address);
	if (*result == RP_MAILBOX_OPEN_ANGLE || *result == RP_MAILBOX_OPEN_QUOTE)
		return NULL;
	*arguments += end - *arguments;
	if (!**arguments || **arguments == ' ')
		return address;
	*result = RP_MAILBOX_OPEN_ANGLE; /* "<a@b>x" */
	g_free(address);
	return NULL;
}

/* Not even the marks of a path are there. */
static gboolean
is_no_path(RpMailboxResult result, const char *address)
{
	return result == RP_MAILBOX_OPEN_ANGLE || result == RP_MAILBOX_OPEN_QUOTE ||
	       (result == RP_MAILBOX_EMPTY && !address);
}

/* ---- parameters ---- */

/* RFC 3461 section 4: "+" and two hexadecimal digits stand for an octet. NULL: not xtext. */
static char *
decode_xtext(const char *text, gsize max)
{
	g_autoptr(GString) out = g_string_new(NULL);

	if (strlen(text) > max)
		return NULL;
	for (; *text; text++) {
		if (*text != '+') {
			g_string_append_c(out, *text);
			continue;
		}
		int high = g_ascii_xdigit_value(text[1]);
		int low = high < 0 ? -1 : g_ascii_xdigit_value(text[2]);
		if (low < 0 || high * 16 + low < 32 || high * 16 + low == 127)
			return NULL;
		g_string_append_c(out, (char)(high * 16 + low));
		text += 2;
	}
	return g_utf8_validate(out->str, -1, NULL) ? g_strdup(out->str) : NULL;
}

/* NULL when all is well, or the reply. A missing value is "". */
typedef const char *(*ParameterFunc)(RpSmtpServer *server, const char *value);

static const char *
take_size(RpSmtpServer *server, const char *value)
{
	guint64 size;

	/* RFC 1870 section 3: up to 20 digits. */
	if (!*value || strspn(value, "0123456789") != strlen(value) ||
		!g_ascii_string_to_unsigned(value, 10, 0, G_MAXUINT64, &size, NULL))
		return "501 5.5.4 SIZE is a number of octets";
	if (server->max_size > 0 && size > (guint64)server->max_size)
		return "552 5.3.4 the message is larger than what is announced";
	return NULL;
}

static const char *
take_body(RpSmtpServer *server, const char *value)
{
	server->mail.eight_bit = g_ascii_strcasecmp(value, "8BITMIME") == 0;
	return server->mail.eight_bit || g_ascii_strcasecmp(value, "7BIT") == 0
		       ? NULL
		       : "501 5.5.4 BODY is 7BIT or 8BITMIME";
}

static const char *
take_smtputf8(RpSmtpServer *server, const char *value)
{
	server->mail.utf8 = TRUE;
	return *value ? "501 5.5.4 SMTPUTF8 has no value" : NULL;
}

static const char *
take_ret(RpSmtpServer *server, const char *value)
{
	server->mail.ret = g_ascii_strup(value, -1);
	return strcmp(server->mail.ret, "FULL") == 0 || strcmp(server->mail.ret, "HDRS") == 0
		       ? NULL
		       : "501 5.5.4 RET is FULL or HDRS";
}

static const char *
take_envid(RpSmtpServer *server, const char *value)
{
	server->mail.envid = decode_xtext(value, MAX_ENVID);
	return server->mail.envid && *value ? NULL : "501 5.5.4 ENVID is not xtext";
}

/* RFC 4954 section 5: who was logged in at an earlier hop is of no interest here. */
static const char *
take_auth(RpSmtpServer *server, const char *value)
{
	return *value ? NULL : "501 5.5.4 AUTH needs a value";
}

static const char *
take_notify(RpSmtpServer *server, const char *value)
{
	g_autofree char *upper = g_ascii_strup(value, -1);
	g_auto(GStrv) words = g_strsplit(upper, ",", -1);
	gboolean never = strcmp(upper, "NEVER") == 0;

	for (char **word = words; *word && !never; word++)
		if (strcmp(*word, "SUCCESS") != 0 && strcmp(*word, "FAILURE") != 0 &&
			strcmp(*word, "DELAY") != 0)
			return "501 5.5.4 NOTIFY is NEVER, or of SUCCESS, FAILURE and DELAY";
	if (!*upper)
		return "501 5.5.4 NOTIFY needs a value";
	g_ptr_array_add(server->mail.notify, g_steal_pointer(&upper));
	return NULL;
}

static const char *
take_orcpt(RpSmtpServer *server, const char *value)
{
	g_autofree char *text = decode_xtext(value, MAX_ORCPT);
	const char *semicolon = text ? strchr(text, ';') : NULL;

	if (!semicolon || semicolon == text || !semicolon[1])
		return "501 5.5.4 ORCPT is a type, a semicolon, and xtext";
	g_ptr_array_add(server->mail.original, g_steal_pointer(&text));
	return NULL;
}

typedef struct {
	const char *keyword;
	ParameterFunc take;
} Parameter;

#define MAX_PARAMETERS 6
static const Parameter mail_parameters[MAX_PARAMETERS + 1] = {
	{"SIZE", take_size},
	{"BODY", take_body},
	{"SMTPUTF8", take_smtputf8},
	{"RET", take_ret},
	{"ENVID", take_envid},
	{"AUTH", take_auth},
};
static const Parameter rcpt_parameters[MAX_PARAMETERS + 1] = {
	{"NOTIFY", take_notify},
	{"ORCPT", take_orcpt},
};

static const char *
take_parameter(RpSmtpServer *server, const Parameter *table, char *word, guint *seen)
{
	char *value = strchr(word, '=');

	if (value)
		*value++ = '\0';
	for (guint i = 0; table[i].keyword; i++) {
		if (g_ascii_strcasecmp(word, table[i].keyword) != 0)
			continue;
		if (*seen & 1u << i)
			return "501 5.5.4 a parameter is there twice";
		*seen |= 1u << i;
		return table[i].take(server, value ? value : "");
	}
	return "555 5.5.4 there is no such parameter";
}

static const char *
take_parameters(RpSmtpServer *server, const Parameter *table, char *text)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	const char *refusal = NULL;
	guint seen = 0;

	for (char **word = words; *word && !refusal; word++)
		if (**word)
			refusal = take_parameter(server, table, *word, &seen);
	return refusal;
}

/* ---- MAIL ---- */

/* Letters beyond ASCII are taken without SMTPUTF8 too (RFC 6531 section 3.5 wants it): there are
 * clients that never ask for it, and often only the domain has them, which is stored in ASCII. */
static const char *
open_mail(RpSmtpServer *server, char *arguments, const char **why)
{
	RpMailboxResult result;
	g_autofree char *address = take_path(&arguments, "FROM:", &result);
	const char *refusal;

	if (is_no_path(result, address))
		return "501 5.5.4 MAIL FROM:<address>";
	if (!address) {
		*why = rp_mailbox_result_text(result);
		return "553 5.1.7 that can't be an address";
	}
	if ((refusal = take_parameters(server, mail_parameters, arguments)))
		return refusal;
	server->mail.sender = g_steal_pointer(&address);
	server->mail.open = TRUE;
	return NULL;
}

static void
reply_to_path(RpSmtpServer *server, const char *text, const char *why)
{
	rp_smtp_server_reply(server, "%s%s%.400s", text, why ? ": " : "", why ? why : "");
}

void
rp_smtp_server_mail(RpSmtpServer *server, char *arguments)
{
	const char *refusal, *why = NULL;

	if (server->mail.open) {
		rp_smtp_server_reply(server, "503 5.5.1 a transaction is open: RSET ends it");
		return;
	}
	refusal = open_mail(server, arguments, &why);
	if (refusal)
		rp_smtp_server_reset(server); /* parameters may have been taken */
	reply_to_path(server, refusal ? refusal : "250 2.1.0 sender taken", why);
}

/* ---- RCPT ---- */

/* Said here, a client has the address at hand that it is about, and has sent no mail yet. */
static const char *
refusal_of(const RpSmtpServer *server, const char *address, char **why)
{
	*why = server->refuse_recipient ? server->refuse_recipient(address) : NULL;
	return *why ? "550 5.1.1 not taken" : NULL;
}

static const char *
add_recipient(RpSmtpServer *server, char *arguments, char **why)
{
	RpMailboxResult result;
	g_autofree char *address = take_path(&arguments, "TO:", &result);
	const char *refusal;

	if (is_no_path(result, address))
		return "501 5.5.4 RCPT TO:<address>";
	if (!address || !*address) {
		*why = g_strdup(rp_mailbox_result_text(result));
		return "553 5.1.3 that can't be an address";
	}
	if (server->mail.recipients->len >= server->max_recipients)
		/* RFC 5321 section 4.5.3.1.10. */
		return "452 4.5.3 too many recipients; send it to the others once more";
	if ((refusal = take_parameters(server, rcpt_parameters, arguments)) ||
		(refusal = refusal_of(server, address, why)))
		return refusal;
	g_ptr_array_add(server->mail.recipients, g_steal_pointer(&address));
	return NULL;
}

void
rp_smtp_server_rcpt(RpSmtpServer *server, char *arguments)
{
	RpSmtpServerMail *mail = &server->mail;

	if (!mail->open || mail->chunked) {
		rp_smtp_server_reply(server, "503 5.5.1 %s",
			mail->open ? "content has come already" : "say MAIL first");
		return;
	}
	g_autofree char *why = NULL;
	const char *refusal = add_recipient(server, arguments, &why);
	/* One entry a recipient, and none of a refused one. */
	g_ptr_array_set_size(mail->notify, mail->recipients->len);
	g_ptr_array_set_size(mail->original, mail->recipients->len);
	reply_to_path(server, refusal ? refusal : "250 2.1.5 recipient taken", why);
}
