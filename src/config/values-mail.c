/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "values-private.h"

#include <string.h>
#include "roampost/language.h"
#include "roampost/mailbox.h"

/* The types of values that are about mail: domains, addresses, rules, servers. */

static gboolean
is_domain(const char *text)
{
	g_autofree char *ascii = NULL;

	return rp_mailbox_read_domain(text, &ascii) == RP_MAILBOX_GOOD;
}

/* In A-labels, as addresses are stored with. */
char *
read_domain(const char *text, GError **error)
{
	char *ascii;

	if (rp_mailbox_read_domain(text, &ascii) == RP_MAILBOX_GOOD)
		return ascii;
	if (text[0] == '@' && is_domain(text + 1))
		fail(error, _("“%s”: domains are written without the @ here: %s"), text, text + 1);
	else if (g_str_has_prefix(text, "*.") || text[0] == '.')
		fail(error, _("“%s”: domains match exactly, so name every subdomain by itself"),
			text);
	else
		fail(error, _("“%s” is not a domain"), text);
	return NULL;
}

static gboolean
parse_domain(const Option *option, const Value *value, gpointer object, GError **error)
{
	g_autofree char *text = g_strstrip(g_strdup(value->text));
	g_autofree char *domain = *text == '\0' ? NULL : read_domain(text, error);

	if (!domain && *text != '\0')
		return FALSE;
	replace_string(FIELD(char *, option, object), g_steal_pointer(&domain));
	return TRUE;
}

const OptionType type_domain = {"domain", parse_domain};

static gboolean
parse_domains(const Option *option, const Value *value, gpointer object, GError **error)
{
	return read_list(FIELD(char **, option, object), value->list, read_domain, error);
}

const OptionType type_domains = {"list of domains", parse_domains};

static gboolean
parse_host(const Option *option, const Value *value, gpointer object, GError **error)
{
	if (strpbrk(value->text, "_"))
		return fail(error, _("“%s” is not a host name"), value->text);
	return parse_domain(option, value, object, error);
}

/* In one spelling: it is looked up as text. */
static char *
read_host_port(const char *text, GError **error)
{
	g_autofree char *lower = g_ascii_strdown(text, -1);
	g_autofree char *url = g_strconcat("smtp://", lower, NULL);
	const char *colon = strrchr(text, ':'), *bracket = strrchr(text, ']');
	RpEndpoint *endpoint = colon && colon > bracket && !strchr(text, '/')
				       ? rp_endpoint_parse(url, "smtp", NULL)
				       : NULL;
	char *told;

	if (!endpoint) {
		fail(error, _("“%s” is not HOST:PORT"), text);
		return NULL;
	}
	told = g_strdup_printf(
		strchr(endpoint->host, ':') ? "[%s]:%u" : "%s:%u", endpoint->host, endpoint->port);
	rp_endpoint_free(endpoint);
	return told;
}

static gboolean
parse_hosts_ports(const Option *option, const Value *value, gpointer object, GError **error)
{
	return read_list(FIELD(char **, option, object), value->list, read_host_port, error);
}

const OptionType type_hosts_ports = {"list of HOST:PORT", parse_hosts_ports};

const OptionType type_host = {"host name", parse_host};

/* user@domain; a name of this machine is none. NULL: it is something else. */
static char *
read_address(const char *text)
{
	char *address;

	if (rp_mailbox_read(text, &address) == RP_MAILBOX_GOOD)
		return address;
	g_free(address);
	return NULL;
}

static char *
read_identity(const char *text, GError **error)
{
	char *address = read_address(text);
	g_autofree char *domain = NULL;

	if (address)
		return address;
	if (text[0] == '@' && rp_mailbox_read_domain(text + 1, &domain) == RP_MAILBOX_GOOD)
		return g_strconcat("@", domain, NULL);
	if (is_domain(text) && strchr(text, '.'))
		fail(error, _("“%s” is not an address: write @%s for every address of the domain"),
			text, text);
	else
		fail(error,
			_("“%s” is not an address: write user@domain, or @domain for all of it"),
			text);
	return NULL;
}

static gboolean
parse_identities(const Option *option, const Value *value, gpointer object, GError **error)
{
	return read_list(FIELD(char **, option, object), value->list, read_identity, error);
}

const OptionType type_identities = {"list of addresses", parse_identities};

static gboolean
parse_address(const Option *option, const Value *value, gpointer object, GError **error)
{
	g_autofree char *text = g_strstrip(g_strdup(value->text));
	char *address = read_address(text);

	if (*text != '\0' && !address)
		return fail(error, _("“%s” is not an address: write user@domain, without a name"),
			text);
	replace_string(FIELD(char *, option, object), address);
	return TRUE;
}

const OptionType type_address = {"address", parse_address};

static char *
read_carried(const char *text, GError **error)
{
	if (text[0] == '@' && is_domain(text + 1))
		return read_domain(text + 1, error);
	if (is_domain(text) && strchr(text, '.'))
		fail(error, _("“%s” is not known: write @%s for a domain"), text, text);
	else
		fail(error, _("“%s” is not known; valid: own, any, or a list of @domain"), text);
	return NULL;
}

static gboolean
parse_carries(const Option *option, const Value *value, gpointer object, GError **error)
{
	RpServerSet *set = object;
	char *none[] = {NULL};
	gboolean alone = !value->list[0] || !value->list[1];
	const char *first = value->list[0] ? value->list[0] : "own";

	if (strcmp(first, "own") == 0 && alone)
		set->carries = RP_CARRIES_OWN;
	else if (strcmp(first, "any") == 0 && alone)
		set->carries = RP_CARRIES_ANY;
	else if (!read_list(&set->carries_domains, value->list, read_carried, error))
		return FALSE;
	else {
		set->carries = RP_CARRIES_LIST;
		return TRUE;
	}
	return read_list(&set->carries_domains, none, read_carried, error);
}

const OptionType type_carries = {"own, any or a list of @domain", parse_carries};

static gboolean
parse_reports(const Option *option, const Value *value, gpointer object, GError **error)
{
	RpAgentOptions *agent = object;
	gboolean by_notify = FALSE, by_maildir = FALSE;

	for (char **way = value->list; *way; way++) {
		if (strcmp(*way, "notify") == 0)
			by_notify = TRUE;
		else if (strcmp(*way, "maildir") == 0)
			by_maildir = TRUE;
		else if (strcmp(*way, "none") != 0 || way[1] || way != value->list)
			return fail(error,
				_("“%s” is not known; valid: notify, maildir, or none alone"),
				*way);
	}
	agent->report_by_notify = by_notify;
	agent->report_by_maildir = by_maildir;
	return TRUE;
}

const OptionType type_reports = {"list", parse_reports};

static gboolean
parse_relay(const Option *option, const Value *value, gpointer object, GError **error)
{
	g_autoptr(GPtrArray) rules = g_ptr_array_new_with_free_func((GDestroyNotify)rp_rule_free);
	GPtrArray **field = FIELD(GPtrArray *, option, object);

	/* Which alternatives it stands for depends on the set's other keys: build.c. */
	if (strcmp(value->list[0] ? value->list[0] : "", RP_RULE_AUTO) == 0 && !value->list[1])
		g_ptr_array_add(rules, rp_rule_new_learned(FALSE));
	for (char **element = rules->len ? NULL : value->list; element && *element; element++) {
		RpRule *rule = rp_rule_parse(*element, error);

		if (!rule)
			return FALSE;
		g_ptr_array_add(rules, rule);
	}
	g_clear_pointer(field, g_ptr_array_unref);
	*field = g_steal_pointer(&rules);
	return TRUE;
}

const OptionType type_relay = {"list of rules", parse_relay};

/* The same as rp_endpoint_parse, but a password that stands in the URL must not get into a message.
 */
static RpEndpoint *
read_endpoint(const char *text, const char *scheme, GError **error)
{
	if (!strchr(text, '@'))
		return rp_endpoint_parse(text, scheme, error);
	fail(error, _("write the server only: user and password have keys of their own"));
	return NULL;
}

static gboolean
parse_smtp_urls(const Option *option, const Value *value, gpointer object, GError **error)
{
	g_autoptr(GPtrArray) servers =
		g_ptr_array_new_with_free_func((GDestroyNotify)rp_endpoint_free);
	GPtrArray **field = FIELD(GPtrArray *, option, object);

	for (char **element = value->list; *element; element++) {
		RpEndpoint *endpoint = read_endpoint(*element, "smtp", error);

		if (!endpoint)
			return FALSE;
		g_ptr_array_add(servers, endpoint);
	}
	g_clear_pointer(field, g_ptr_array_unref);
	*field = g_steal_pointer(&servers);
	return TRUE;
}

const OptionType type_smtp_urls = {"list of URLs", parse_smtp_urls};

static gboolean
parse_pop_url(const Option *option, const Value *value, gpointer object, GError **error)
{
	g_autofree char *text = g_strstrip(g_strdup(value->text));
	RpEndpoint **field = FIELD(RpEndpoint *, option, object);
	RpEndpoint *endpoint = *text == '\0' ? NULL : read_endpoint(text, "pop3", error);

	if (!endpoint && *text != '\0')
		return FALSE;
	g_clear_pointer(field, rp_endpoint_free);
	*field = endpoint;
	return TRUE;
}

const OptionType type_pop_url = {"URL", parse_pop_url};

static gboolean
parse_fingerprint(const Option *option, const Value *value, gpointer object, GError **error)
{
	g_autofree char *text = g_strstrip(g_ascii_strdown(value->text, -1));
	g_auto(GStrv) pairs = NULL;

	if (g_str_has_prefix(text, "sha256:"))
		memmove(text, text + 7, strlen(text + 7) + 1);
	pairs = g_strsplit(text, ":", -1);
	g_autofree char *digits = g_strjoinv("", pairs);
	if (*digits != '\0' && !g_regex_match_simple("^[0-9a-f]{64}$", digits, 0, 0))
		return fail(error,
			_("“%s” is not the SHA-256 of a public key: that has 64 hexadecimal "
			  "digits"),
			value->text);
	replace_string(
		FIELD(char *, option, object), *digits == '\0' ? NULL : g_steal_pointer(&digits));
	return TRUE;
}

const OptionType type_fingerprint = {"64 hexadecimal digits", parse_fingerprint};
