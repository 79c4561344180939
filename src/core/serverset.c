/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/serverset.h"

#include "names-private.h"
#include "roampost/base.h"
#include "roampost/language.h"

#include <string.h>

/* A provider and a server set as the configuration has them:
 * their rules and endpoints read from text. */

static char **
empty_list(void)
{
	return g_new0(char *, 1);
}

RpProvider *
rp_provider_new(const char *name)
{
	RpProvider *provider = g_new0(RpProvider, 1);

	provider->name = g_strdup(name);
	provider->title = g_strdup(name);
	provider->prefixes = g_array_new(FALSE, FALSE, sizeof(RpPrefix));
	provider->asns = g_array_new(FALSE, FALSE, sizeof(guint32));
	provider->nm_connections = empty_list();
	provider->ssids = empty_list();
	provider->dns_domains = empty_list();
	provider->dhcp_options = empty_list();
	provider->ppp_peers = empty_list();
	provider->operators = empty_list();
	provider->reachable = empty_list();
	provider->hang_up_after = -1;
	provider->gateways = empty_list();
	return provider;
}

gboolean
rp_provider_has_asn(const RpProvider *provider, guint32 asn)
{
	for (guint i = 0; i < provider->asns->len; i++)
		if (g_array_index(provider->asns, guint32, i) == asn)
			return TRUE;
	return FALSE;
}

gboolean
rp_provider_can_be_dialled(const RpProvider *provider)
{
	return provider->nm_connections[0] != NULL;
}

void
rp_provider_free(RpProvider *provider)
{
	if (!provider)
		return;
	g_free(provider->name);
	g_free(provider->title);
	g_array_unref(provider->prefixes);
	g_array_unref(provider->asns);
	g_strfreev(provider->nm_connections);
	g_strfreev(provider->ssids);
	g_strfreev(provider->dns_domains);
	g_strfreev(provider->dhcp_options);
	g_strfreev(provider->ppp_peers);
	g_strfreev(provider->operators);
	g_strfreev(provider->gateways);
	g_strfreev(provider->reachable);
	g_free(provider);
}

static const char *const term_names[RP_N_TERMS + 1] = {
	"anywhere",
	"inside",
	"sender-domain",
	"recipient-domain",
	"pop-login",
	"auth",
	NULL,
};

const char *
rp_term_name(RpTerm term)
{
	return rp_names_get(term_names, RP_N_TERMS, term);
}

static gboolean
term_from_name(const char *name, RpTerm *term)
{
	guint value;

	if (!rp_names_find(term_names, RP_N_TERMS, name, &value))
		return FALSE;
	*term = (RpTerm)value;
	return TRUE;
}

static void
fail_unknown(const char *word, const char *rule, GError **error)
{
	g_autofree char *terms = g_strjoinv(", ", (char **)term_names);

	/* TRANSLATORS: a word, the rule that it stands in, and the words there are. */
	g_set_error(error, RP_ERROR, RP_ERROR_INVALID,
		_("unknown term “%s” in relay rule “%s”: there are %s, and auto alone"), word, rule,
		terms);
}

static gboolean
term_parse(const char *word, const char *rule, RpTerm *term, GError **error)
{
	if (!*word) {
		g_set_error(error, RP_ERROR, RP_ERROR_INVALID,
			*rule ? _("empty term in relay rule “%s”") : _("empty relay rule%s"), rule);
		return FALSE;
	}
	if (term_from_name(word, term))
		return TRUE;
	if (g_str_equal(word, RP_RULE_AUTO)) {
		g_set_error(error, RP_ERROR, RP_ERROR_INVALID,
			_("“auto” stands alone in relay=, and is joined with nothing (in “%s”): "
			  "with it the server's own answers are the rules"),
			rule);
		return FALSE;
	}
	const char *near = rp_nearest(word, term_names);
	if (near)
		g_set_error(error, RP_ERROR, RP_ERROR_INVALID,
			_("unknown term “%s” in relay rule “%s”: did you mean “%s”?"), word, rule,
			near);
	else
		fail_unknown(word, rule, error);
	return FALSE;
}

RpRule *
rp_rule_parse(const char *text, GError **error)
{
	g_auto(GStrv) words = g_strsplit(text, "+", -1);
	g_autoptr(GString) joined = g_string_new(NULL);
	RpRule rule = {0};

	for (guint i = 0; words[i]; i++)
		g_string_append_printf(joined, i ? "+%s" : "%s", g_strstrip(words[i]));
	for (guint i = 0; words[i] || i == 0; i++) {
		RpTerm term;

		if (!term_parse(words[i] ? words[i] : "", joined->str, &term, error))
			return NULL;
		for (guint k = 0; k < rule.n_terms; k++) {
			if (rule.terms[k] == term) {
				g_set_error(error, RP_ERROR, RP_ERROR_INVALID,
					_("term “%s” stands twice in relay rule “%s”"), words[i],
					joined->str);
				return NULL;
			}
		}
		rule.terms[rule.n_terms++] = term;
	}
	rule.text = g_strdup(joined->str);
	return g_memdup2(&rule, sizeof rule);
}

RpRule *
rp_rule_new_learned(gboolean pop_login)
{
	RpRule *rule = g_new0(RpRule, 1);

	rule->text = g_strdup(pop_login ? RP_RULE_AUTO_POP : RP_RULE_AUTO);
	rule->learned = TRUE;
	if (pop_login)
		rule->terms[rule->n_terms++] = RP_TERM_POP_LOGIN;
	return rule;
}

void
rp_rule_free(RpRule *rule)
{
	if (!rule)
		return;
	g_free(rule->text);
	g_free(rule);
}

static guint16
default_port(gboolean pop, gboolean implicit_tls)
{
	if (pop)
		return implicit_tls ? 995 : 110;
	return implicit_tls ? 465 : 587;
}

static gboolean
endpoint_fail(GError **error, const char *text, const char *scheme, const char *why)
{
	g_set_error(error, RP_ERROR, RP_ERROR_INVALID,
		_("“%s” is no server: %s; write it like %s://mail.example or "
		  "%ss://mail.example:%u"),
		text, why, scheme, scheme, default_port(g_str_equal(scheme, "pop3"), TRUE));
	return FALSE;
}

/* g_uri_split says of a port that can't be one that there is no host. */
static gboolean
has_bad_port(const char *text)
{
	const char *host = strstr(text, "://");
	const char *colon = host ? strrchr(host + 3, ':') : NULL;

	if (!colon || strpbrk(colon, "]@"))
		return FALSE;
	g_autofree char *port = g_strndup(colon + 1, strcspn(colon + 1, "/?#"));
	return !g_ascii_string_to_unsigned(port, 10, 1, 65535, NULL, NULL);
}

/* g_uri_split looks into addresses in brackets only, and lets blanks through elsewhere. */
static gboolean
is_host(const char *text)
{
	for (const char *p = text; *p && !strchr(text, ':'); p++)
		if (!g_ascii_isalnum(*p) && !strchr("-._", *p) && (guchar)*p < 0x80)
			return FALSE;
	return TRUE;
}

static gboolean
endpoint_read(const char *text, const char *scheme, RpEndpoint *out, GError **error)
{
	g_autofree char *got_scheme = NULL;
	g_autofree char *user = NULL;
	g_autofree char *host = NULL;
	g_autofree char *path = NULL;
	g_autofree char *query = NULL;
	g_autofree char *fragment = NULL;
	int port = -1;
	gsize length = strlen(scheme);

	if (has_bad_port(text))
		return endpoint_fail(error, text, scheme, _("the port goes from 1 to 65535"));
	if (!g_uri_split(text, G_URI_FLAGS_NONE, &got_scheme, &user, &host, &port, &path, &query,
		    &fragment, NULL) ||
		!got_scheme || !host || !*host)
		return endpoint_fail(error, text, scheme, _("it is no URL with a host"));
	if (g_ascii_strncasecmp(got_scheme, scheme, length) != 0 ||
		(got_scheme[length] && g_ascii_strcasecmp(got_scheme + length, "s") != 0))
		return endpoint_fail(error, text, scheme, _("the scheme is another one"));
	if (user)
		return endpoint_fail(
			error, text, scheme, _("user and password have keys of their own"));
	if ((path && *path && !g_str_equal(path, "/")) || query || fragment)
		return endpoint_fail(error, text, scheme, _("nothing may follow host and port"));
	if (!is_host(host))
		return endpoint_fail(error, text, scheme, _("its host is no host name"));
	out->implicit_tls = got_scheme[length] != '\0';
	out->port = port > 0 ? (guint16)port
			     : default_port(g_str_equal(scheme, "pop3"), out->implicit_tls);
	out->host = g_steal_pointer(&host);
	return TRUE;
}

RpEndpoint *
rp_endpoint_parse(const char *text, const char *scheme, GError **error)
{
	RpEndpoint endpoint = {0};

	return endpoint_read(text, scheme, &endpoint, error) ? g_memdup2(&endpoint, sizeof endpoint)
							     : NULL;
}

void
rp_endpoint_free(RpEndpoint *endpoint)
{
	if (!endpoint)
		return;
	g_free(endpoint->host);
	g_free(endpoint);
}

RpServerSet *
rp_server_set_new(const char *name)
{
	RpServerSet *set = g_new0(RpServerSet, 1);

	set->name = g_strdup(name);
	set->identities = empty_list();
	set->carries_domains = empty_list();
	set->relay = g_ptr_array_new_with_free_func((GDestroyNotify)rp_rule_free);
	set->domains = empty_list();
	set->local_domains = empty_list();
	set->smtp = g_ptr_array_new_with_free_func((GDestroyNotify)rp_endpoint_free);
	set->pop_window = 5 * G_TIME_SPAN_MINUTE;
	set->revision = g_strdup("");
	return set;
}

gboolean
rp_set_learns(const RpServerSet *set)
{
	return set->relay->len > 0 && ((const RpRule *)set->relay->pdata[0])->learned;
}

static void
login_clear(RpLogin *login)
{
	g_free(login->user);
	rp_secret_free(login->password);
	g_free(login->password_command);
	g_free(login->from_name);
	rp_oauth_provider_unref(login->oauth);
}

void
rp_server_set_free(RpServerSet *set)
{
	if (!set)
		return;
	g_free(set->name);
	g_free(set->provider);
	g_strfreev(set->identities);
	g_strfreev(set->carries_domains);
	g_ptr_array_unref(set->relay);
	g_strfreev(set->domains);
	g_strfreev(set->local_domains);
	g_ptr_array_unref(set->smtp);
	login_clear(&set->smtp_login);
	g_free(set->tls_ca_file);
	g_free(set->tls_fingerprint);
	g_free(set->tls_client_cert);
	g_free(set->tls_client_key);
	g_free(set->ehlo_name);
	rp_endpoint_free(set->pop);
	login_clear(&set->pop_login);
	g_free(set->revision);
	g_free(set);
}
