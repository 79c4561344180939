/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"

#include <string.h>

static char **
list(const char *text)
{
	return g_strsplit(text, ",", -1);
}

static void
replace(char ***field, const char *text)
{
	g_strfreev(*field);
	*field = list(text);
}

static void
provider_key(RpProvider *provider, const char *key, const char *value)
{
	const struct {
		const char *key;
		char ***field;
	} lists[] = {
		{"nm", &provider->nm_connections},
		{"ssid", &provider->ssids},
		{"dns", &provider->dns_domains},
		{"dhcp", &provider->dhcp_options},
		{"peer", &provider->ppp_peers},
		{"op", &provider->operators},
		{"gw", &provider->gateways},
		{"reach", &provider->reachable},
	};
	g_auto(GStrv) values = list(value);

	for (guint i = 0; i < G_N_ELEMENTS(lists); i++) {
		if (g_str_equal(lists[i].key, key)) {
			replace(lists[i].field, value);
			return;
		}
	}
	for (guint i = 0; values[i]; i++) {
		if (g_str_equal(key, "net")) {
			RpPrefix prefix;
			g_assert_true(rp_prefix_parse(values[i], &prefix, NULL));
			g_array_append_val(provider->prefixes, prefix);
		} else if (g_str_equal(key, "cost")) {
			provider->cost = atoi(values[i]);
		} else if (g_str_equal(key, "asn")) {
			guint32 asn = (guint32)g_ascii_strtoull(values[i], NULL, 10);
			g_array_append_val(provider->asns, asn);
		} else {
			g_assert_cmpstr(key, ==, "title");
			g_free(provider->title);
			provider->title = g_strdup(value);
		}
	}
}

static void
set_relay(RpServerSet *set, const char *value)
{
	g_auto(GStrv) rules = g_strsplit(value, ";", -1);

	for (guint i = 0; rules[i]; i++) {
		g_autoptr(GError) error = NULL;
		RpRule *rule =
			g_str_has_prefix(rules[i], RP_RULE_AUTO)
				? rp_rule_new_learned(g_str_equal(rules[i], RP_RULE_AUTO_POP))
				: rp_rule_parse(rules[i], &error);
		g_assert_no_error(error);
		g_ptr_array_add(set->relay, rule);
	}
}

static void
set_carries(RpServerSet *set, const char *value)
{
	if (g_str_equal(value, "any")) {
		set->carries = RP_CARRIES_ANY;
		return;
	}
	set->carries = RP_CARRIES_LIST;
	replace(&set->carries_domains, value);
}

static void
set_key(RpServerSet *set, const char *key, const char *value)
{
	if (g_str_equal(key, "provider"))
		set->provider = g_strdup(value);
	else if (g_str_equal(key, "ids"))
		replace(&set->identities, value);
	else if (g_str_equal(key, "carries"))
		set_carries(set, value);
	else if (g_str_equal(key, "relay"))
		set_relay(set, value);
	else if (g_str_equal(key, "domains"))
		replace(&set->domains, value);
	else if (g_str_equal(key, "local"))
		replace(&set->local_domains, value);
	else if (g_str_equal(key, "pop"))
		set->pop = rp_endpoint_parse(value, "pop3", NULL);
	else if (g_str_equal(key, "smtp"))
		g_ptr_array_add(set->smtp, rp_endpoint_parse(value, "smtp", NULL));
	else if (g_str_equal(key, "user"))
		set->smtp_login.user = g_strdup(value);
	else if (g_str_equal(key, "tls"))
		set->smtp_tls = g_str_equal(value, "off") ? RP_TLS_OFF : RP_TLS_OPPORTUNISTIC;
	else if (g_str_equal(key, "pop-tls"))
		set->pop_tls = g_str_equal(value, "off") ? RP_TLS_OFF : RP_TLS_OPPORTUNISTIC;
	else if (g_str_equal(key, "priority"))
		set->priority = atoi(value);
	else if (g_str_equal(key, "window"))
		set->pop_window = atoi(value) * G_TIME_SPAN_SECOND;
	else if (g_str_equal(key, "bypass"))
		set->bypass_vpn = g_str_equal(value, "yes");
	else if (g_str_equal(key, "rewrite"))
		set->rewrite_sender =
			g_str_equal(value, "header") ? RP_REWRITE_HEADER : RP_REWRITE_ENVELOPE;
	else if (g_str_equal(key, "revision")) {
		g_free(set->revision);
		set->revision = g_strdup(value);
	} else
		g_assert_not_reached();
}

RpCatalogue *
fx_catalogue(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	GPtrArray *providers = g_ptr_array_new_with_free_func((GDestroyNotify)rp_provider_free);
	GPtrArray *sets = g_ptr_array_new_with_free_func((GDestroyNotify)rp_server_set_free);

	for (guint i = 0; lines[i]; i++) {
		g_auto(GStrv) words = g_strsplit(lines[i], " ", -1);
		gboolean is_set = g_strcmp0(words[0], "set") == 0;

		if (!words[0] || !words[1])
			continue;
		if (is_set)
			g_ptr_array_add(sets, rp_server_set_new(words[1]));
		else
			g_ptr_array_add(providers, rp_provider_new(words[1]));
		for (guint k = 2; words[k]; k++) {
			char *equals = strchr(words[k], '=');

			if (!*words[k])
				continue;
			g_assert_nonnull(equals);
			*equals = '\0';
			if (is_set)
				set_key(sets->pdata[sets->len - 1], words[k], equals + 1);
			else
				provider_key(
					providers->pdata[providers->len - 1], words[k], equals + 1);
		}
	}
	return rp_catalogue_new(providers, sets);
}

static gboolean
link_flag(RpLink *link, const char *word)
{
	RpConnectivity connectivity;

	if (rp_connectivity_from_name(word, &connectivity)) {
		link->connectivity = connectivity;
		return TRUE;
	}
	const struct {
		const char *word;
		gboolean *field;
	} flags[] = {
		{"metered", &link->metered},
		{"extends", &link->extends},
		{"idle", &link->idle},
		{"roaming", &link->roaming},
		{"open", &link->open},
	};
	for (guint i = 0; i < G_N_ELEMENTS(flags); i++) {
		if (g_str_equal(word, flags[i].word)) {
			*flags[i].field = TRUE;
			return TRUE;
		}
	}
	if (!g_str_has_prefix(word, "default"))
		return FALSE;
	link->default_route_ipv4 = word[7] != '6';
	link->default_route_ipv6 = word[7] != '4';
	return TRUE;
}

static void
link_key(RpNetwork *network, RpLink *link, const char *key, const char *value)
{
	const struct {
		const char *key;
		char **field;
	} strings[] = {
		{"nm", &link->connection_id},
		{"uuid", &link->connection_uuid},
		{"ssid", &link->ssid},
		{"gw", &link->gateway_hwaddr},
		{"peer", &link->ppp_peer},
		{"op", &link->operator_code},
		{"carrier", &link->carrier},
	};
	RpAddress address;
	RpPrefix prefix;

	for (guint i = 0; i < G_N_ELEMENTS(strings); i++) {
		if (g_str_equal(strings[i].key, key)) {
			*strings[i].field = g_strdup(value);
			return;
		}
	}
	if (g_str_equal(key, "dns") || g_str_equal(key, "dhcp")) {
		*(key[1] == 'n' ? &link->dns_domains : &link->dhcp_options) = list(value);
		return;
	}
	if (g_str_equal(key, "route")) {
		g_assert_true(rp_prefix_parse(value, &prefix, NULL));
		rp_network_add_route(network, &prefix, link->interface);
		return;
	}
	if (g_str_equal(key, "pref") || g_str_equal(key, "held")) {
		g_auto(GStrv) where = g_strsplit(value, "@", 2);
		g_assert_true(rp_address_parse(where[0], &address));
		if (*key == 'p')
			rp_link_add_preferred(link, &address);
		else
			rp_network_add_held(
				network, &address, where[1] ? where[1] : link->interface);
		return;
	}
	if (g_str_equal(key, "reached")) { /* HOST:PORT/FAMILY */
		g_auto(GStrv) where = g_strsplit(value, "/", 2);
		rp_network_add_reached(network, link->interface, where[0],
			g_str_equal(where[1], "ipv6") ? RP_FAMILY_IPV6 : RP_FAMILY_IPV4);
		return;
	}
	g_assert_cmpstr(key, ==, "public");
	g_auto(GStrv) parts = g_strsplit(value, "/", 2); /* ADDRESS or ADDRESS/ASN */
	g_assert_true(rp_address_parse(parts[0], &address));
	rp_network_add_public_address_asn(network, link->interface, &address,
		parts[1] ? (guint32)g_ascii_strtoull(parts[1], NULL, 10) : 0);
}

static RpLink *
parse_link(RpNetwork *network, const char *text)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	RpLinkKind kind;

	g_assert_true(rp_link_kind_from_name(words[1], &kind));
	RpLink *link = rp_link_new(words[0], kind);
	for (guint i = 2; words[i]; i++) {
		char *equals = strchr(words[i], '=');
		RpAddress address;

		if (link_flag(link, words[i]))
			continue;
		if (rp_address_parse(words[i], &address)) {
			rp_link_add_address(link, &address);
			continue;
		}
		g_assert_nonnull(equals);
		*equals = '\0';
		link_key(network, link, words[i], equals + 1);
	}
	return link;
}

RpNetwork *
fx_network(const char *text)
{
	g_auto(GStrv) links = g_strsplit(text, ";", -1);
	RpNetwork *network = rp_network_new();
	gboolean any_default = strstr(text, "default") != NULL;

	for (guint i = 0; links[i]; i++) {
		g_strstrip(links[i]);
		RpLink *link = parse_link(network, links[i]);
		if (i == 0 && !any_default)
			link->default_route_ipv4 = link->default_route_ipv6 = TRUE;
		rp_network_add_link(network, link);
	}
	return network;
}

RpPlace *
fx_place(const char *text, const RpCatalogue *catalogue)
{
	g_autoptr(RpNetwork) network = fx_network(text);

	return rp_place_new(network, catalogue);
}

GPtrArray *
fx_logins(const char *text, const char *place_key, RpTime now)
{
	GPtrArray *logins =
		g_ptr_array_new_with_free_func((GDestroyNotify)rp_pop_login_record_free);
	g_auto(GStrv) words = g_strsplit(text ? text : "", " ", -1);

	for (guint i = 0; words[i]; i++) {
		RpPopLoginRecord *record = g_new0(RpPopLoginRecord, 1);
		char *equals = strchr(words[i], '=');
		char *source = strchr(words[i], '@'), *place = strchr(words[i], '!');

		record->set = g_strndup(words[i], (gsize)(equals - words[i]));
		record->at = now - g_ascii_strtoll(equals + 1, NULL, 10) * G_USEC_PER_SEC;
		if (source)
			g_assert_true(rp_address_parse(source + 1, &record->source));
		record->place_key = g_strdup(place ? place + 1 : place_key);
		g_ptr_array_add(logins, record);
	}
	return logins;
}

static void
failure_key(RpFailure *failure, const char *key, const char *value, RpTime now)
{
	const struct {
		const char *key;
		char **field;
	} strings[] = {
		{"rule", &failure->rule},
		{"sender", &failure->sender},
		{"domain", &failure->recipient_domain},
		{"place", &failure->place_key},
		{"revision", &failure->revision},
		{"detail", &failure->detail},
	};

	for (guint i = 0; i < G_N_ELEMENTS(strings); i++) {
		if (g_str_equal(strings[i].key, key)) {
			g_free(*strings[i].field);
			*strings[i].field = g_strdup(value);
			return;
		}
	}
	g_assert_cmpstr(key, ==, "until");
	failure->until = now + atoi(value) * G_USEC_PER_SEC;
}

GPtrArray *
fx_failures(const char *text, const char *place_key, RpTime now)
{
	GPtrArray *failures = g_ptr_array_new_with_free_func((GDestroyNotify)rp_failure_free);
	g_auto(GStrv) items = g_strsplit(text ? text : "", ";", -1);

	for (guint i = 0; items[i]; i++) {
		g_auto(GStrv) words = g_strsplit(g_strstrip(items[i]), " ", -1);
		RpFailure *failure = g_new0(RpFailure, 1);

		g_assert_true(rp_failure_kind_from_name(words[0], &failure->kind));
		failure->set = g_strdup(words[1]);
		failure->revision = g_strdup("");
		failure->place_key =
			failure->kind == RP_FAILURE_AUTH_FAILED ? NULL : g_strdup(place_key);
		failure->at = now;
		failure->until = G_MAXINT64;
		for (guint k = 2; words[k]; k++) {
			char *equals = strchr(words[k], '=');
			*equals = '\0';
			failure_key(failure, words[k], equals + 1, now);
		}
		g_ptr_array_add(failures, failure);
	}
	return failures;
}

void
fx_case_init(FxCase *c, const FxRow *row)
{
	c->catalogue = fx_catalogue(row->config);
	c->place = fx_place(row->place, c->catalogue);
	c->logins = fx_logins(row->logins, c->place->key, FX_NOW);
	c->failures = fx_failures(row->failures, c->place->key, FX_NOW);
	c->recipients = g_strsplit(row->to, " ", -1);
	c->situation = (RpSituation){
		.place = c->place,
		.catalogue = c->catalogue,
		.pop_logins = c->logins,
		.failures = c->failures,
		.override = row->override,
		.choose = row->choose,
		.metered_limit = row->metered_limit,
		.paused = row->paused,
		.now = FX_NOW,
	};
	c->message = (RpMessageFacts){
		.sender = row->from,
		.header_from = row->header_from,
		.recipients = (const char *const *)c->recipients,
		.n_recipients = g_strv_length(c->recipients),
		.size = row->size,
		.pin = row->pin,
	};
}

void
fx_case_clear(FxCase *c)
{
	g_clear_pointer(&c->place, rp_place_free);
	g_clear_pointer(&c->logins, g_ptr_array_unref);
	g_clear_pointer(&c->failures, g_ptr_array_unref);
	g_clear_pointer(&c->catalogue, rp_catalogue_unref);
	g_clear_pointer(&c->recipients, g_strfreev);
}

static void
add_reason(GString *text, const RpHoldReason *reason)
{
	g_string_append_printf(
		text, " %s:%s", reason->set ? reason->set : "-", rp_reason_name(reason->reason));
	for (guint i = 0; i < reason->unlock->len; i++) {
		const RpUnlock *unlock = reason->unlock->pdata[i];

		g_string_append(text, i ? " " : "(");
		g_string_append(text, rp_unlock_kind_name(unlock->kind));
		if (unlock->subject)
			g_string_append_printf(text, "=%s", unlock->subject);
		if (unlock->kind == RP_UNLOCK_RETRY_AFTER)
			g_string_append_printf(
				text, "=%d", (int)((unlock->time - FX_NOW) / G_USEC_PER_SEC));
	}
	if (reason->unlock->len)
		g_string_append(text, ")");
	if (reason->detail)
		g_string_append_printf(text, "[%s]", reason->detail);
}

static void
add_plan(GString *text, const RpRecipientPlan *plan, const RpCatalogue *catalogue,
	const RpPlace *place)
{
	if (plan->verdict == RP_VERDICT_HOLD) {
		g_string_append(text, "hold");
		for (guint i = 0; i < plan->reasons->len; i++)
			add_reason(text, plan->reasons->pdata[i]);
		return;
	}
	g_assert_null(plan->reasons);
	g_string_append_printf(text, "%s/%s/%s", rp_catalogue_set(catalogue, plan->set)->name,
		plan->rule, rp_family_name(plan->family));
	if (place->network->links->len > 1)
		g_string_append_printf(text, "/%s",
			plan->link < 0
				? "?"
				: ((RpLink *)place->network->links->pdata[plan->link])->interface);
	if (plan->pop_login_first)
		g_string_append(text, "+pop");
	if (plan->without_login)
		g_string_append(text, "+no-login");
	if (plan->source.family) {
		g_autofree char *source = rp_address_format(&plan->source);
		g_string_append_printf(text, "@%s", source);
	}
}

char *
fx_decision_text(const RpDecision *decision, const RpCatalogue *catalogue, const RpPlace *place)
{
	GString *text = g_string_new(rp_verdict_name(decision->verdict));

	for (guint i = 0; i < decision->n_recipients; i++) {
		g_string_append(text, i ? " | " : " ");
		add_plan(text, &decision->recipients[i], catalogue, place);
	}
	return g_string_free(text, FALSE);
}

char *
fx_decide(const FxRow *row)
{
	FxCase c;

	fx_case_init(&c, row);
	g_autoptr(RpDecision) decision = rp_policy_decide(&c.situation, &c.message);
	char *text = fx_decision_text(decision, c.catalogue, c.place);
	fx_case_clear(&c);
	return text;
}
