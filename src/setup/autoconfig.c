/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "autoconfig-private.h"

#include "roampost/base.h"
#include "roampost/language.h"

#include <string.h>

/* The document: its elements, by GLib's reader, which knows no entities but XML's own and fetches
 * nothing. What a value means stands in autoconfig-values.c. */

enum { MOST_SERVERS = 32 };

/* Where a text belongs to. */
typedef struct {
	RpAutoconfig *config;
	const char *address;
	guint depth;
	gboolean is_ours; /* within <clientConfig> */
	RpServerDraft *draft;
	gboolean in_provider;
	GString *text;
} Reading;

static guint
line_of(GMarkupParseContext *context)
{
	gint line, column;

	g_markup_parse_context_get_position(context, &line, &column);
	return (guint)line;
}

static const char *
attribute(const char *const *names, const char *const *values, const char *wanted)
{
	for (guint i = 0; names[i]; i++)
		if (g_str_equal(names[i], wanted))
			return values[i];
	return NULL;
}

/* XML's own names have no case to be forgiven, but what people write has. */
static gboolean
is_named(const char *element, const char *name)
{
	return g_ascii_strcasecmp(element, name) == 0;
}

static void
begin_server(Reading *reading, const char *type, gboolean outgoing, guint line)
{
	if (reading->config->servers->len >= MOST_SERVERS)
		return;
	reading->draft = rp_server_draft_new(outgoing, type, line);
}

static void
on_start(GMarkupParseContext *context, const char *element, const char **names, const char **values,
	gpointer user, GError **error)
{
	Reading *reading = user;
	gboolean outgoing = is_named(element, "outgoingServer");

	reading->depth++;
	g_string_truncate(reading->text, 0);
	if (reading->depth == 1 && !is_named(element, "clientConfig")) {
		g_set_error(error, G_MARKUP_ERROR, G_MARKUP_ERROR_UNKNOWN_ELEMENT,
			_("line %u: it begins with <%.40s>, where autoconfig has <clientConfig>"),
			line_of(context), element);
		return;
	}
	if (reading->depth == 1)
		reading->is_ours = TRUE;
	if (reading->depth == 2)
		reading->in_provider = is_named(element, "emailProvider");
	if (reading->depth == 2 && reading->in_provider && !reading->config->name)
		reading->config->name = g_strdup(
			attribute((const char *const *)names, (const char *const *)values, "id"));
	if (reading->depth == 3 && reading->in_provider &&
		(outgoing || is_named(element, "incomingServer")))
		begin_server(reading,
			attribute((const char *const *)names, (const char *const *)values, "type"),
			outgoing, line_of(context));
}

static void
end_server(Reading *reading)
{
	RpAutoconfig *config = reading->config;
	g_autoptr(GError) error = NULL;
	RpMailServer *server;

	if (rp_server_draft_is_foreign(reading->draft)) {
		config->has_imap = TRUE;
	} else if ((server = rp_server_draft_finish(reading->draft, reading->address, &error))) {
		g_ptr_array_add(config->servers, server);
	} else {
		g_ptr_array_add(config->remarks, g_strdup(error->message));
	}
	g_clear_pointer(&reading->draft, rp_server_draft_free);
}

static void
on_end(GMarkupParseContext *context, const char *element, gpointer user, GError **error)
{
	Reading *reading = user;
	g_autofree char *text = g_strstrip(g_strdup(reading->text->str));

	if (reading->depth == 4 && reading->draft) {
		rp_server_draft_add(reading->draft, element, text, line_of(context));
	} else if (reading->depth == 3 && reading->draft) {
		end_server(reading);
	} else if (reading->depth == 3 && reading->in_provider && *text &&
		   is_named(element, "displayName")) {
		g_free(reading->config->name);
		reading->config->name = rp_text_shown(text);
	}
	g_string_truncate(reading->text, 0);
	reading->depth--;
}

static void
on_text(GMarkupParseContext *context, const char *text, gsize length, gpointer user, GError **error)
{
	Reading *reading = user;

	g_string_append_len(reading->text, text, (gssize)length);
}

/* ---- what is no such document ---- */

static const char *
skip_blanks(const char *text)
{
	while (g_ascii_isspace(*text))
		text++;
	return text;
}

/* A page for people: what portals and what sites that answer to everything send. */
static gboolean
is_page(const char *text)
{
	text = skip_blanks(text);
	while (g_str_has_prefix(text, "<!--") && strstr(text, "-->"))
		text = skip_blanks(strstr(text, "-->") + 3);
	return g_ascii_strncasecmp(text, "<!doctype html", 14) == 0 ||
	       g_ascii_strncasecmp(text, "<html", 5) == 0 ||
	       g_ascii_strncasecmp(text, "<head", 5) == 0;
}

/* GLib reads UTF-8 alone; the document may say that it is something else. */
static char *
to_utf8(const char *text, gsize length, GError **error)
{
	static const char mark[] = "\xef\xbb\xbf";
	g_autoptr(GRegex) declaration = g_regex_new(
		"^\\s*<\\?xml[^>]*encoding\\s*=\\s*[\"']([A-Za-z0-9._-]+)[\"']", 0, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;
	g_autofree char *head = g_strndup(text, MIN(length, 200));
	g_autofree char *plain = g_utf8_make_valid(head, -1);

	if (g_str_has_prefix(plain, mark))
		return g_strndup(text + 3, length - 3);
	if (!g_regex_match(declaration, plain, 0, &match))
		return g_strndup(text, length);
	g_autofree char *encoding = g_match_info_fetch(match, 1);
	if (g_ascii_strcasecmp(encoding, "utf-8") == 0)
		return g_strndup(text, length);
	return g_convert(text, (gssize)length, "UTF-8", encoding, NULL, NULL, error);
}

static gboolean
check_whole(const char *text, gsize length, GError **error)
{
	if (length > RP_AUTOCONFIG_LARGEST)
		g_set_error(error, RP_ERROR, RP_ERROR_INVALID,
			_("it has %.0f octets: no autoconfig is larger than %d"), (double)length,
			RP_AUTOCONFIG_LARGEST);
	else if (memchr(text, '\0', length) || !*skip_blanks(text))
		g_set_error_literal(error, RP_ERROR, RP_ERROR_INVALID,
			memchr(text, '\0', length) ? _("it is no text, and so no autoconfig")
						   : _("it is empty"));
	else if (is_page(text))
		g_set_error_literal(error, RP_ERROR, RP_ERROR_INVALID,
			_("it is a web page, not autoconfig: a portal of this network that wants "
			  "to "
			  "be signed in to (open any page in a browser), or a site that answers so "
			  "to everything"));
	else
		return TRUE;
	return FALSE;
}

/* ---- reading ---- */

static gboolean
parse(Reading *reading, const char *text, GError **error)
{
	static const GMarkupParser parser = {
		.start_element = on_start, .end_element = on_end, .text = on_text};
	GMarkupParseContext *context =
		g_markup_parse_context_new(&parser, G_MARKUP_TREAT_CDATA_AS_TEXT, reading, NULL);
	g_autoptr(GError) failure = NULL;
	gboolean good = g_markup_parse_context_parse(context, text, -1, &failure) &&
			g_markup_parse_context_end_parse(context, &failure);

	g_markup_parse_context_free(context);
	if (good)
		return TRUE;
	g_autofree char *shown = rp_text_shown(failure->message);
	if (g_error_matches(
		    failure, G_MARKUP_ERROR, G_MARKUP_ERROR_UNKNOWN_ELEMENT)) /* on_start's */
		g_set_error_literal(error, RP_ERROR, RP_ERROR_INVALID, shown);
	else
		g_set_error(error, RP_ERROR, RP_ERROR_INVALID,
			_("it is no XML that can be read (%s)"), shown);
	return FALSE;
}

static gboolean
has_smtp(const RpAutoconfig *config)
{
	for (guint i = 0; i < config->servers->len; i++)
		if (((const RpMailServer *)config->servers->pdata[i])->kind == RP_MAIL_SMTP)
			return TRUE;
	return FALSE;
}

static gboolean
check_servers(const RpAutoconfig *config, GError **error)
{
	if (has_smtp(config))
		return TRUE;
	if (config->remarks->len)
		g_set_error(error, RP_ERROR, RP_ERROR_INVALID,
			_("it names no SMTP server that can be used: %s"),
			(const char *)config->remarks->pdata[0]);
	else
		g_set_error_literal(
			error, RP_ERROR, RP_ERROR_INVALID, _("it names no SMTP server"));
	return FALSE;
}

RpAutoconfig *
rp_autoconfig_read(const char *text, gsize length, const char *address, GError **error)
{
	g_autoptr(RpAutoconfig) config = g_new0(RpAutoconfig, 1);
	Reading reading = {.config = config, .address = address};
	g_autofree char *utf8 = NULL;
	gboolean good;

	config->servers = g_ptr_array_new_with_free_func((GDestroyNotify)rp_mail_server_free);
	config->remarks = g_ptr_array_new_with_free_func(g_free);
	if (!check_whole(text, length, error) || !(utf8 = to_utf8(text, length, error)))
		return NULL;
	reading.text = g_string_new(NULL);
	good = parse(&reading, utf8, error) && check_servers(config, error);
	g_clear_pointer(&reading.draft, rp_server_draft_free);
	g_string_free(reading.text, TRUE);
	return good ? g_steal_pointer(&config) : NULL;
}

void
rp_autoconfig_free(RpAutoconfig *config)
{
	if (!config)
		return;
	g_free(config->name);
	g_ptr_array_unref(config->servers);
	g_ptr_array_unref(config->remarks);
	g_free(config);
}
