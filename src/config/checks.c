/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config-private.h"

#include "roampost/language.h"

#include <string.h>

/* What no single value can tell. A set that could never send is an error only where it can't even
 * be tried; rules that can't hold are warnings, since the policy says the same of every message. */

static gboolean
has_term(const RpServerSet *set, RpTerm term)
{
	for (guint i = 0; i < set->relay->len; i++) {
		const RpRule *rule = set->relay->pdata[i];

		for (guint j = 0; j < rule->n_terms; j++)
			if (rule->terms[j] == term)
				return TRUE;
	}
	return FALSE;
}

static void
check_provider(Reading *reading, const Group *group, const RpServerSet *set)
{
	g_autofree char *title = NULL;
	g_autoptr(GPtrArray) groups = NULL;
	g_autoptr(GPtrArray) names = NULL;

	if (!set->provider)
		return;
	title = g_strconcat("provider ", set->provider, NULL);
	if (g_hash_table_contains(reading->groups, title))
		return;
	groups = reading_groups(reading, GROUP_PROVIDER);
	names = g_ptr_array_new();
	for (guint i = 0; i < groups->len; i++)
		g_ptr_array_add(names, ((Group *)groups->pdata[i])->name);
	g_ptr_array_add(names, NULL);
	const char *nearest = rp_nearest(set->provider, (const char *const *)names->pdata);
	if (strpbrk(set->provider, " \t;"))
		problem_add_key(reading, RP_CONFIG_ERROR, group, "provider",
			_("“%s” is not a provider's name: that is one word (a comment must stand "
			  "on "
			  "a line of its own)"),
			set->provider);
	else if (nearest)
		problem_add_key(reading, RP_CONFIG_ERROR, group, "provider",
			_("there is no provider “%s”: did you mean “%s”?"), set->provider, nearest);
	else
		problem_add_key(reading, RP_CONFIG_ERROR, group, "provider",
			_("there is no provider “%s”; add a group [provider %s]"), set->provider,
			set->provider);
}

static void
check_rules(Reading *reading, const Group *group, const RpServerSet *set)
{
	const struct {
		RpTerm term;
		gboolean attainable;
		const char *lacks;
	} rows[] = {
		{RP_TERM_INSIDE, set->provider != NULL, N_("provider is not set")},
		{RP_TERM_SENDER_DOMAIN, set->domains[0] != NULL, N_("domains is empty")},
		{RP_TERM_RECIPIENT_DOMAIN, set->domains[0] != NULL, N_("domains is empty")},
		{RP_TERM_POP_LOGIN, set->pop != NULL, N_("pop is not set")},
		{RP_TERM_POP_LOGIN, !set->pop || set->pop_login.user, N_("pop-user is not set")},
		{RP_TERM_AUTH, set->smtp_login.user != NULL, N_("smtp-user is not set")},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		if (has_term(set, rows[i].term) && !rows[i].attainable)
			problem_add_key(reading, RP_CONFIG_WARNING, group, "relay",
				_("%s can never hold, because %s"), rp_term_name(rows[i].term),
				rp_text(rows[i].lacks));
}

/* One of the two logins of a set. */
typedef struct {
	const char *user_key, *password_key, *tls_key, *auth_key;
	const RpLogin *login;
	RpTls tls;
	RpAuth auth;
	gboolean in_clear_possible; /* a server of the set is reached without TLS from the start */
	gboolean without_password;  /* the mechanism needs none */
} LoginView;

/* A token lasts an hour, so what is written down for years is a password: it would be shown to a
 * server that asked for none. */
static void
check_token(Reading *reading, const Group *group, const LoginView *view)
{
	const char *token = view->auth == RP_AUTH_XOAUTH2       ? "=xoauth2"
			    : view->auth == RP_AUTH_OAUTHBEARER ? "=oauthbearer"
								: NULL;
	g_autofree char *mechanism = g_strconcat(view->auth_key, token, NULL);

	if (token && view->login->password)
		problem_add_key(reading, RP_CONFIG_ERROR, group, view->password_key,
			_("with %1$s the login is by a token, and a password would be sent in its "
			  "place: write %2$s-from=oauth:NAME, or %2$s-command with a command that "
			  "prints a token, instead of %2$s; or take out %1$s"),
			mechanism, view->password_key);
}

static void
check_login(Reading *reading, const Group *group, const LoginView *view)
{
	gboolean has_password = view->login->password || view->login->password_command ||
				view->login->from != RP_PASSWORD_FROM_NOWHERE;

	if (!view->login->user) {
		if (has_password)
			problem_add_key(reading, RP_CONFIG_WARNING, group, view->user_key,
				_("not set, so the password is never used"));
		return;
	}
	if (!has_password && !view->without_password)
		problem_add_key(reading, RP_CONFIG_WARNING, group, view->user_key,
			_("a login without a password: set %s-from, %s-command or %s"),
			view->password_key, view->password_key, view->password_key);
	if (!view->in_clear_possible)
		return;
	if (view->tls == RP_TLS_OPPORTUNISTIC)
		problem_add_key(reading, RP_CONFIG_ERROR, group, view->tls_key,
			_("opportunistic would give the password away wherever TLS is "
			  "suppressed: with %s write required (or off, on a network you trust)"),
			view->user_key);
	else if (view->tls == RP_TLS_OFF && has_password)
		problem_add_key(reading, RP_CONFIG_WARNING, group, view->tls_key,
			_("the password crosses the network in clear"));
}

static void
check_logins(Reading *reading, const Group *group, const RpServerSet *set)
{
	LoginView smtp = {"smtp-user", "smtp-password", "smtp-tls", "smtp-auth", &set->smtp_login,
		set->smtp_tls, set->smtp_auth, FALSE, set->smtp_auth == RP_AUTH_EXTERNAL};
	LoginView pop = {"pop-user", "pop-password", "pop-tls", "pop-auth", &set->pop_login,
		set->pop_tls, set->pop_auth, set->pop && !set->pop->implicit_tls,
		set->pop_auth == RP_AUTH_EXTERNAL};

	for (guint i = 0; i < set->smtp->len; i++)
		smtp.in_clear_possible |= !((RpEndpoint *)set->smtp->pdata[i])->implicit_tls;
	check_login(reading, group, &smtp);
	check_login(reading, group, &pop);
	check_token(reading, group, &smtp);
	check_token(reading, group, &pop);
}

/* Whether it has a value at all, be it good or broken. */
static gboolean
is_written(const Group *group, const char *key)
{
	const Entry *entry = group_entry(group, key);

	return entry && *entry->text != '\0';
}

/* What says how to fetch, where nothing is fetched like that. */
static void
check_fetch(Reading *reading, const Group *group, const RpServerSet *set)
{
	if (set->fetch != RP_FETCH_OFF && !set->pop)
		problem_add_key(reading, RP_CONFIG_WARNING, group, "fetch",
			_("pop is not set, so nothing is ever fetched"));
	if (set->fetch != RP_FETCH_DELETE && set->keep_days > 0)
		problem_add_key(reading, RP_CONFIG_WARNING, group, "keep-days",
			_("without effect: only fetch=delete deletes mail from the server"));
	if (set->fetch == RP_FETCH_OFF && set->max_size > 0)
		problem_add_key(reading, RP_CONFIG_WARNING, group, "max-size",
			_("without effect: fetch is off"));
}

void
check_network(Reading *reading, const Group *group, const RpProvider *provider)
{
	for (guint i = 0; i < provider->prefixes->len; i++) {
		const RpPrefix *prefix = &g_array_index(provider->prefixes, RpPrefix, i);
		g_autofree char *text = NULL;

		if (rp_prefix_is_global(prefix))
			continue;
		text = rp_prefix_format(prefix);
		problem_add_key(reading, RP_CONFIG_WARNING, group, "prefixes",
			_("%s holds private addresses, which are in use everywhere: in many a "
			  "hotel "
			  "the machine would be taken to be inside. nm-connections, ssids, "
			  "gateways "
			  "or dns-domains tell such networks apart"),
			text);
	}
	for (char **gateway = provider->gateways; *gateway; gateway++)
		if (rp_gateway_is_of_a_group(*gateway))
			problem_add_key(reading, RP_CONFIG_WARNING, group, "gateways",
				_("%s is the address of gateways in many networks (routers that "
				  "stand in for each other: VRRP, HSRP; clusters, virtual "
				  "networks): it tells none and does not count. nm-connections or "
				  "ssids tell such networks apart"),
				*gateway);
}

void
check_set(Reading *reading, const Group *group, const RpServerSet *set)
{
	if (!is_written(group, "smtp"))
		problem_add_key(reading, RP_CONFIG_ERROR, group, "smtp",
			_("required: the server's URL, as in smtp://mail.example.com"));
	check_provider(reading, group, set);
	check_rules(reading, group, set);
	check_logins(reading, group, set);
	check_fetch(reading, group, set);
	check_ports(reading, group, set);
	if (set->tls_client_key && !set->tls_client_cert)
		problem_add_key(reading, RP_CONFIG_ERROR, group, "tls-client-key",
			_("a key alone is shown to nobody: its certificate is named by "
			  "tls-client-cert"));
	if (set->carries == RP_CARRIES_ANY)
		problem_add_key(reading, RP_CONFIG_WARNING, group, "carries",
			_("mail of addresses that are not this provider's may be rejected or "
			  "taken for spam by its receivers (SPF, DMARC); list the domains you "
			  "mean, or see rewrite-sender"));
	if (!is_written(group, "identities") && set->carries == RP_CARRIES_OWN)
		problem_add_key(reading, RP_CONFIG_WARNING, group, "identities",
			_("empty, so the set carries nothing by itself (only what is pinned to "
			  "it)"));
	if (set->rewrite_sender != RP_REWRITE_NEVER &&
		(!set->identities[0] || set->identities[0][0] == '@'))
		problem_add_key(reading, RP_CONFIG_ERROR, group, "rewrite-sender",
			_("needs a full address as the first of identities"));
}

static void
check_identities(Reading *reading, const RpServerSet *set, const Group *group, GHashTable *owners)
{
	for (char **identity = set->identities; *identity; identity++) {
		g_autofree char *lower = g_ascii_strdown(*identity, -1);
		const char *owner = g_hash_table_lookup(owners, lower);

		if (!owner)
			g_hash_table_insert(owners, g_steal_pointer(&lower), set->name);
		else if (strcmp(owner, set->name) != 0)
			problem_add_key(reading, RP_CONFIG_WARNING, group, "identities",
				_("“%s” is in [server-set %s] too: both own it, and cost and "
				  "priority decide"),
				*identity, owner);
		else
			problem_add_key(reading, RP_CONFIG_WARNING, group, "identities",
				_("“%s” is there twice"), *identity);
	}
}

void
check_sets(Reading *reading, const GPtrArray *sets)
{
	g_autoptr(GHashTable) owners = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; i < sets->len; i++) {
		const RpServerSet *set = sets->pdata[i];
		g_autofree char *title = g_strconcat("server-set ", set->name, NULL);
		const Group *group = g_hash_table_lookup(reading->groups, title);

		check_identities(reading, set, group, owners);
	}
}

/* ---- loops ---- */

static gboolean
is_localhost(const char *host)
{
	return g_ascii_strcasecmp(host, "localhost") == 0 ||
	       g_ascii_strcasecmp(host, "localhost.localdomain") == 0;
}

static gboolean
is_default_loopback(const char *host)
{
	return g_str_equal(host, "127.0.0.1") || g_str_equal(host, "::1");
}

/* Both on loopback, or maybe; localhost stands for both of its addresses. */
static gboolean
is_same_host(const char *ours, const char *theirs)
{
	RpAddress a, b;

	if (is_localhost(ours) || is_localhost(theirs))
		return (is_localhost(ours) || is_default_loopback(ours)) &&
		       (is_localhost(theirs) || is_default_loopback(theirs));
	return rp_address_parse(ours, &a) && rp_address_parse(theirs, &b) &&
	       rp_address_equal(&a, &b);
}

static void
check_loop(
	Reading *reading, const RpServerSet *set, const char *host, guint port, const char *listen)
{
	g_autofree char *title = g_strconcat("server-set ", set->name, NULL);

	for (guint i = 0; i < set->smtp->len; i++) {
		const RpEndpoint *endpoint = set->smtp->pdata[i];

		if (endpoint->port == port && is_same_host(host, endpoint->host))
			problem_add_key(reading, RP_CONFIG_ERROR,
				g_hash_table_lookup(reading->groups, title), "smtp",
				_("that is roampost itself, which listens there (listen=%s), and "
				  "mail would come back for ever: write the provider's server, "
				  "and leave localhost to the mail program"),
				listen);
	}
}

void
check_loops(Reading *reading, const GPtrArray *sets, const char *listen)
{
	const char *colon = listen && *listen != '/' ? strrchr(listen, ':') : NULL;

	if (!colon)
		return;
	g_autofree char *host = g_strndup(listen, (gsize)(colon - listen));
	g_strdelimit(host, "[]", ' ');
	for (guint i = 0; i < sets->len; i++)
		check_loop(reading, sets->pdata[i], g_strstrip(host),
			(guint)g_ascii_strtoull(colon + 1, NULL, 10), listen);
}
