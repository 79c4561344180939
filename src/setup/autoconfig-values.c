/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "autoconfig-private.h"

#include "roampost/base.h"
#include "roampost/language.h"
#include "roampost/serverset.h"

#include <string.h>

/* What the values of a server's element mean, also those of older documents. */

struct RpServerDraft {
	gboolean outgoing;
	char *type;
	guint line;
	char *host, *port, *user, *tls_word;
	gboolean has_tls;
	RpMailTls tls;
	guint ways;
	char *unknown_way;
};

/* ---- tables ---- */

typedef struct {
	const char *word;
	guint value;
} Word;

static const Word tls_words[] = {{"SSL", RP_MAIL_TLS}, {"TLS", RP_MAIL_TLS},
	{"SSL/TLS", RP_MAIL_TLS}, {"STARTTLS", RP_MAIL_STARTTLS}, {"plain", RP_MAIL_PLAIN},
	{"none", RP_MAIL_PLAIN}, {NULL, 0}};

/* "plain" and "secure" are those of version 1.0. */
static const Word way_words[] = {{"password-cleartext", RP_MAIL_PASSWORD},
	{"plain", RP_MAIL_PASSWORD}, {"password-encrypted", RP_MAIL_PASSWORD},
	{"secure", RP_MAIL_PASSWORD}, {"OAuth2", RP_MAIL_TOKEN},
	{"TLS-client-cert", RP_MAIL_CERTIFICATE}, {"NTLM", RP_MAIL_FOREIGN},
	{"GSSAPI", RP_MAIL_FOREIGN}, {"none", RP_MAIL_NO_LOGIN},
	{"client-IP-address", RP_MAIL_BY_ADDRESS}, {"smtp-after-pop", RP_MAIL_AFTER_POP},
	{NULL, 0}};

static const Word *
find_word(const Word *words, const char *text)
{
	for (; words->word; words++)
		if (g_ascii_strcasecmp(words->word, text) == 0)
			return words;
	return NULL;
}

/* ---- placeholders ---- */

char *
rp_autoconfig_fill(const char *text, const char *address)
{
	const char *at = strrchr(address, '@');
	const char *domain = at ? at + 1 : address;
	g_autofree char *local = at > address ? g_strndup(address, (gsize)(at - address)) : NULL;
	const struct {
		const char *word, *value;
	} rows[] = {{"%EMAILADDRESS%", local ? address : NULL}, {"%EMAILLOCALPART%", local},
		{"%EMAILDOMAIN%", domain}};
	g_autoptr(GString) out = g_string_new(NULL);

	while (*text) {
		guint row = 0;

		while (row < G_N_ELEMENTS(rows) && !g_str_has_prefix(text, rows[row].word))
			row++;
		if (row < G_N_ELEMENTS(rows)) {
			if (!rows[row].value)
				return NULL;
			g_string_append(out, rows[row].value);
			text += strlen(rows[row].word);
			continue;
		}
		/* %REALNAME%, or what an <inputField> is to ask for. */
		gsize word = *text == '%'
				     ? strspn(text + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789")
				     : 0;
		if (word > 0 && text[word + 1] == '%')
			return NULL;
		g_string_append_c(out, *text++);
	}
	return g_string_free(g_steal_pointer(&out), FALSE);
}

/* ---- a draft ---- */

RpServerDraft *
rp_server_draft_new(gboolean outgoing, const char *type, guint line)
{
	RpServerDraft *draft = g_new0(RpServerDraft, 1);

	draft->outgoing = outgoing;
	draft->type = g_strdup(type ? type : outgoing ? "smtp" : "");
	draft->line = line;
	return draft;
}

void
rp_server_draft_free(RpServerDraft *draft)
{
	g_free(draft->type);
	g_free(draft->host);
	g_free(draft->port);
	g_free(draft->user);
	g_free(draft->tls_word);
	g_free(draft->unknown_way);
	g_free(draft);
}

gboolean
rp_server_draft_is_foreign(const RpServerDraft *draft)
{
	return g_ascii_strcasecmp(draft->type, draft->outgoing ? "smtp" : "pop3") != 0;
}

/* Of several the first that is known counts. */
static void
add_tls(RpServerDraft *draft, const char *text)
{
	const Word *word = find_word(tls_words, text);

	g_free(draft->tls_word);
	draft->tls_word = g_strdup(text);
	if (!word || draft->has_tls)
		return;
	draft->has_tls = TRUE;
	draft->tls = word->value;
}

static void
add_way(RpServerDraft *draft, const char *text)
{
	const Word *word = find_word(way_words, text);

	if (word) {
		draft->ways |= word->value;
		return;
	}
	g_free(draft->unknown_way);
	draft->unknown_way = g_strdup(text);
}

/* Beside a login: from where it is good, or after what. */
static void
add_restriction(RpServerDraft *draft, const char *text)
{
	const Word *word = find_word(way_words, text);

	if (word)
		draft->ways |= word->value & (RP_MAIL_BY_ADDRESS | RP_MAIL_AFTER_POP);
}

static void
replace(char **where, const char *text)
{
	if (*where || !*text)
		return;
	*where = g_strdup(text);
}

void
rp_server_draft_add(RpServerDraft *draft, const char *element, const char *text, guint line)
{
	if (g_ascii_strcasecmp(element, "hostname") == 0)
		replace(&draft->host, text);
	else if (g_ascii_strcasecmp(element, "port") == 0)
		replace(&draft->port, text);
	else if (g_ascii_strcasecmp(element, "username") == 0)
		replace(&draft->user, text);
	else if (g_ascii_strcasecmp(element, "socketType") == 0)
		add_tls(draft, text);
	else if (g_ascii_strcasecmp(element, "authentication") == 0)
		add_way(draft, text);
	else if (g_ascii_strcasecmp(element, "restriction") == 0)
		add_restriction(draft, text);
}

/* ---- what it comes to ---- */

static gboolean
complain(const RpServerDraft *draft, GError **error, const char *what, const char *text)
{
	g_autofree char *shown = rp_text_shown(text ? text : "");

	g_set_error(error, RP_ERROR,
		RP_ERROR_INVALID, /* TRANSLATORS: what is wrong, and with what. */
		_("line %u: the %s server is left out: %s%s"), draft->line,
		draft->outgoing ? "SMTP" : "POP3", what, shown);
	return FALSE;
}

static guint16
usual_port(const RpServerDraft *draft)
{
	if (draft->outgoing)
		return draft->tls == RP_MAIL_TLS ? 465 : 587;
	return draft->tls == RP_MAIL_TLS ? 995 : 110;
}

static gboolean
read_port(const RpServerDraft *draft, guint16 *port, GError **error)
{
	guint64 number = usual_port(draft);

	if (draft->port && !g_ascii_string_to_unsigned(draft->port, 10, 1, 65535, &number, NULL))
		return complain(
			draft, error, _("its port is no number from 1 to 65535: "), draft->port);
	*port = (guint16)number;
	return TRUE;
}

/* Without a word about logins it wants one, as nearly all do. */
static gboolean
read_ways(const RpServerDraft *draft, guint *ways, GError **error)
{
	*ways = draft->ways;
	if (!*ways && !draft->unknown_way)
		*ways = RP_MAIL_PASSWORD;
	if (!*ways)
		return complain(draft, error, _("its login is one that roampost does not have: "),
			draft->unknown_way);
	if (*ways == RP_MAIL_FOREIGN)
		return complain(draft, error,
			_("it takes NTLM or GSSAPI alone, which roampost has not"), NULL);
	return TRUE;
}

static gboolean
read_host(const RpServerDraft *draft, const char *address, char **host, GError **error)
{
	g_autofree char *filled = draft->host ? rp_autoconfig_fill(draft->host, address) : NULL;
	char *ascii = filled ? g_hostname_to_ascii(filled) : NULL;

	*host = ascii ? ascii : g_strdup(filled);
	if (*host)
		return TRUE;
	return complain(draft, error,
		draft->host ? _("its host is not known without more of you: ")
			    : _("it has no <hostname>"),
		draft->host);
}

/* It goes onto the terminal, into the configuration and to the server. */
static gboolean
check_user(const RpServerDraft *draft, const RpMailServer *server, GError **error)
{
	for (const char *at = server->user; at && *at; at = g_utf8_next_char(at))
		if (!rp_is_neutral(g_utf8_get_char(at)))
			return complain(draft, error,
				_("its <username> has control characters in it: "), server->user);
	return TRUE;
}

/* As the configuration reads it: what would not be taken there is none here. */
static gboolean
check_url(const RpServerDraft *draft, const RpMailServer *server, GError **error)
{
	g_autofree char *url = rp_mail_server_url(server);
	RpEndpoint *endpoint = rp_endpoint_parse(url, draft->outgoing ? "smtp" : "pop3", NULL);
	gboolean good = endpoint && strlen(server->host) <= 255 &&
			g_ascii_strcasecmp(endpoint->host, server->host) == 0;

	rp_endpoint_free(endpoint);
	return good || complain(draft, error, _("its host is none: "), server->host);
}

RpMailServer *
rp_server_draft_finish(const RpServerDraft *draft, const char *address, GError **error)
{
	g_autofree char *host = NULL;
	RpMailServer *server;
	guint16 port = 0;
	guint ways = 0;

	if (!draft->has_tls && draft->tls_word) {
		complain(draft, error, _("its <socketType> is not known: "), draft->tls_word);
		return NULL;
	}
	if (!draft->has_tls && !draft->port) {
		complain(draft, error, _("it says neither <port> nor <socketType>"), NULL);
		return NULL;
	}
	if (!read_host(draft, address, &host, error) || !read_port(draft, &port, error) ||
		!read_ways(draft, &ways, error))
		return NULL;
	server = rp_mail_server_new(draft->outgoing ? RP_MAIL_SMTP : RP_MAIL_POP, host, port,
		draft->has_tls               ? draft->tls
		: port == 465 || port == 995 ? RP_MAIL_TLS
					     : RP_MAIL_STARTTLS);
	server->ways = ways;
	server->user = draft->user ? rp_autoconfig_fill(draft->user, address) : NULL;
	server->line = draft->line;
	if (check_url(draft, server, error) && check_user(draft, server, error))
		return server;
	rp_mail_server_free(server);
	return NULL;
}
