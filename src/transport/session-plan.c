/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transport-private.h"

/* What a session needs of a set and of a route, as copies of its own. */

RpEndpoint *
rp_endpoint_clone(const RpEndpoint *endpoint)
{
	RpEndpoint *copy = g_new0(RpEndpoint, 1);
	copy->host = g_strdup(endpoint->host);
	copy->port = endpoint->port;
	copy->implicit_tls = endpoint->implicit_tls;
	return copy;
}

void
rp_session_plan_set_route(RpSessionPlan *plan, const RpRoute *route)
{
	plan->interface = g_strdup(route->interface);
	plan->route = *route;
	plan->route.interface = plan->interface;
}

void
rp_session_plan_fill(
	RpSessionPlan *plan, const RpServerSet *set, const RpLogin *login, const RpRoute *route)
{
	plan->user = g_strdup(login->user);
	plan->password = rp_secret_dup(login->password);
	plan->password_command = g_strdup(login->password_command);
	plan->ca_file = set->tls_ca_file && *set->tls_ca_file ? g_strdup(set->tls_ca_file) : NULL;
	plan->fingerprint = g_strdup(set->tls_fingerprint);
	plan->client_cert = g_strdup(set->tls_client_cert);
	plan->client_key = g_strdup(set->tls_client_key);
	plan->wish = rp_password_wish_new(set, plan->pop);
	rp_session_plan_set_route(plan, route);
}

void
rp_session_plan_fill_smtp(RpSessionPlan *plan, const RpWiredTransport *transport,
	const RpServerSet *set, const RpRoute *route, const RpDeliveryOptions *options)
{
	static const RpLogin none = {0};

	plan->endpoints = g_ptr_array_new_with_free_func((GDestroyNotify)rp_endpoint_free);
	for (guint i = 0; i < set->smtp->len; i++) {
		const RpEndpoint *endpoint = g_ptr_array_index(set->smtp, i);
		g_ptr_array_add(plan->endpoints, rp_endpoint_clone(endpoint));
	}
	plan->tls = set->smtp_tls;
	plan->auth = set->smtp_auth;
	plan->ehlo_name = g_strdup(set->ehlo_name);
	rp_session_plan_fill(
		plan, set, options && options->without_login ? &none : &set->smtp_login, route);
	plan->scram = transport->scram;
	plan->passwords = transport->passwords;
	plan->shunned = transport->shunned;
	if (!options)
		return;
	plan->greetings = g_strdup(options->greetings);
	plan->chunking_off = options->chunking_off;
	plan->certificate = options->certificate;
	plan->elsewhere = options->elsewhere;
}

void
rp_session_plan_fill_pop(RpSessionPlan *plan, const RpWiredTransport *transport,
	const RpServerSet *set, const RpRoute *route, const RpPopLoginOptions *options)
{
	plan->pop = TRUE;
	plan->tls = set->pop_tls;
	plan->auth = set->pop_auth;
	plan->endpoints = g_ptr_array_new_with_free_func((GDestroyNotify)rp_endpoint_free);
	g_ptr_array_add(plan->endpoints, rp_endpoint_clone(set->pop));
	plan->greetings = g_strdup(options ? options->greetings : NULL);
	rp_session_plan_fill(plan, set, &set->pop_login, route);
	plan->scram = transport->scram;
	plan->passwords = transport->passwords;
	plan->shunned = transport->shunned;
}

void
rp_session_plan_clear(RpSessionPlan *plan)
{
	g_clear_pointer(&plan->endpoints, g_ptr_array_unref);
	g_clear_pointer(&plan->user, g_free);
	g_clear_pointer(&plan->password, rp_secret_free);
	g_clear_pointer(&plan->password_command, g_free);
	g_clear_pointer(&plan->ca_file, g_free);
	g_clear_pointer(&plan->fingerprint, g_free);
	g_clear_pointer(&plan->client_cert, g_free);
	g_clear_pointer(&plan->client_key, g_free);
	g_clear_pointer(&plan->wish, rp_password_wish_free);
	g_clear_pointer(&plan->ehlo_name, g_free);
	g_clear_pointer(&plan->greetings, g_free);
	g_clear_pointer(&plan->expected_domain, g_free);
	g_clear_pointer(&plan->interface, g_free);
}

gboolean
rp_session_plan_verifies(const RpSessionPlan *plan)
{
	return plan->tls == RP_TLS_REQUIRED || (plan->tls == RP_TLS_OPPORTUNISTIC && plan->user);
}

/* A TLS peer has to prove who it is, by a CA or by its key. */
static gboolean
checks_peer(const RpSessionPlan *plan, const RpEndpoint *endpoint)
{
	return rp_session_plan_verifies(plan) || plan->ca_file || plan->fingerprint ||
	       (endpoint->implicit_tls && plan->user);
}

/* With a login STARTTLS is never optional: the password would go in clear where it is missing. */
RpWireTls
rp_session_plan_tls(const RpSessionPlan *plan, const RpEndpoint *endpoint)
{
	RpWireTls tls = {
		.mode = plan->tls,
		.check_peer = checks_peer(plan, endpoint),
		.ca_file = plan->ca_file,
		.fingerprint = plan->fingerprint,
		.client_cert = plan->client_cert,
		.client_key = plan->client_key,
	};
	if (tls.mode == RP_TLS_OPPORTUNISTIC && plan->user)
		tls.mode = RP_TLS_REQUIRED;
	return tls;
}
