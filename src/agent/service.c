/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "service-private.h"

#include "roampost/base.h"
#include "roampost/language.h"
#include "roampost/message-view.h"

/* The table of methods, and those that read or check. */

#define PAGE_SIZE 1000

/* ---- reading ---- */

static void
handle_list(RpBusCall *call, GVariant *arguments, gpointer data)
{
	RpAgent *agent = data;
	g_autofree const char **states = NULL;
	g_autoptr(GPtrArray) messages = NULL;
	GVariantBuilder builder;
	RpMessageId after;
	GError *error = NULL;
	const char *text;
	guint32 limit;
	guint mask;

	g_variant_get(arguments, "(^a&s&su)", &states, &text, &limit);
	if (!rp_args_states(call, states, &mask) || !rp_args_after(call, text, &after))
		return;
	limit = limit && limit < PAGE_SIZE ? limit : PAGE_SIZE;
	messages = rp_queue_list(agent->ground.queue, mask, after, limit, &error);
	if (!messages) {
		rp_bus_call_fail(call, error);
		return;
	}
	g_variant_builder_init(&builder, G_VARIANT_TYPE("aa{sv}"));
	for (guint i = 0; i < messages->len; i++)
		g_variant_builder_add_value(
			&builder, rp_tell_message(agent->tell, messages->pdata[i]));
	rp_bus_call_return(call, g_variant_new("(aa{sv})", &builder));
}

/* The message in the queue, else what the history has of it; NULL with an error. */
static GVariant *
find_message(const RpAgent *agent, const char *id, GError **error)
{
	RpQueue *queue = agent->ground.queue;
	g_autoptr(RpQueueMessage) message = NULL;
	g_autoptr(GPtrArray) records = NULL;
	g_autoptr(GError) failure = NULL;
	RpHistoryQuery query = {0};
	RpMessageId number;

	if (rp_queue_resolve(queue, id, &number, &failure))
		message = rp_queue_get(queue, number, &failure);
	if (message)
		return rp_tell_message(agent->tell, message);
	if (!g_error_matches(failure, RP_ERROR, RP_ERROR_NOT_FOUND)) {
		g_propagate_error(error, g_steal_pointer(&failure));
		return NULL;
	}
	if (rp_queue_resolve_gone(queue, id, &query.id, error))
		records = rp_queue_load_history(queue, &query, error);
	return records ? rp_message_gone_view(records) : NULL;
}

static void
handle_get(RpBusCall *call, GVariant *arguments, gpointer data)
{
	GError *error = NULL;
	GVariant *message = find_message(data, rp_args_text(arguments), &error);

	if (message)
		rp_bus_call_return(call, g_variant_new("(@a{sv})", message));
	else
		rp_bus_call_fail(call, error);
}

static void
handle_explain(RpBusCall *call, GVariant *arguments, gpointer data)
{
	RpAgent *agent = data;
	g_autoptr(RpQueueMessage) message = rp_args_message(agent, call, rp_args_text(arguments));

	if (message)
		rp_bus_call_return(call,
			g_variant_new("(@aa{sv})", rp_tell_explanation(agent->tell, message)));
}

static void
add_name(GPtrArray *names, const RpCatalogue *catalogue, guint provider)
{
	char *name = rp_catalogue_provider(catalogue, provider)->name;

	if (!g_ptr_array_find(names, name, NULL))
		g_ptr_array_add(names, name);
}

/* Those whose AS announces the address, by the table. */
static void
add_by_asn(GPtrArray *names, const RpAgent *agent, const RpAddress *address)
{
	RpAsnTable *asns = rp_whereabouts_asns(agent->whereabouts);
	const RpCatalogue *catalogue = rp_agent_catalogue(agent);
	guint32 asn;

	if (!asns || !rp_address_is_global(address) ||
		rp_asn_table_look_up(asns, address, &asn) != RP_ASN_FOUND)
		return;
	for (guint i = 0; i < rp_catalogue_n_providers(catalogue); i++)
		if (rp_provider_has_asn(rp_catalogue_provider(catalogue, i), asn))
			add_name(names, catalogue, i);
}

static void
handle_lookup(RpBusCall *call, GVariant *arguments, gpointer data)
{
	const RpCatalogue *catalogue = rp_agent_catalogue(data);
	const char *address = rp_args_text(arguments);
	g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(RpPrefixEntry));
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	RpAddress parsed;

	if (!rp_address_parse(address, &parsed)) {
		rp_bus_call_refuse(call, RP_ERROR_INVALID, _("“%s” is no IP address"), address);
		return;
	}
	rp_catalogue_lookup(catalogue, &parsed, found);
	for (guint i = 0; i < found->len; i++)
		add_name(names, catalogue, g_array_index(found, RpPrefixEntry, i).value);
	add_by_asn(names, data, &parsed);
	g_ptr_array_add(names, NULL);
	rp_bus_call_return(call, g_variant_new("(^as)", names->pdata));
}

/* ---- checks ---- */

static gboolean
has_pop(RpAgent *agent, RpBusCall *call, const char *set)
{
	if (rp_agent_find_set(agent, set)->pop)
		return TRUE;
	rp_bus_call_refuse(
		call, RP_ERROR_STATE, _("the server set “%s” has no POP server to check"), set);
	return FALSE;
}

static gboolean
may_check_any(const RpAgent *agent, const char *const *sets)
{
	const RpCatalogue *catalogue = rp_whereabouts_catalogue(agent->ground.whereabouts);

	for (guint i = 0; i < rp_catalogue_n_sets(catalogue); i++) {
		const RpServerSet *set = rp_catalogue_set(catalogue, i);

		if (set->pop && (!sets[0] || g_strv_contains(sets, set->name)) &&
			rp_whereabouts_may_check(agent->ground.whereabouts, set))
			return TRUE;
	}
	return FALSE;
}

static gboolean
has_any_pop(const RpCatalogue *catalogue)
{
	for (guint i = 0; i < rp_catalogue_n_sets(catalogue); i++)
		if (rp_catalogue_set(catalogue, i)->pop)
			return TRUE;
	return FALSE;
}

/* FALSE: the call is answered. */
static gboolean
may_check(RpAgent *agent, RpBusCall *call, const char *const *sets)
{
	for (const char *const *name = sets; *name; name++)
		if (!rp_args_set(agent, call, *name) || !has_pop(agent, call, *name))
			return FALSE;
	if (!has_any_pop(rp_agent_catalogue(agent))) {
		rp_bus_call_refuse(
			call, RP_ERROR_STATE, "%s", _("no server set has a POP server to check"));
		return FALSE;
	}
	if (!rp_args_place_known(agent, call) || !rp_args_stays(agent, call))
		return FALSE;
	/* Not to a portal either: it would get the password. */
	if (may_check_any(agent, sets))
		return TRUE;
	rp_bus_call_refuse(call, RP_ERROR_STATE, "%s",
		rp_agent_is_at_portal(agent)
			? _("this network wants a log-in on its web page first; mail waits until "
			    "it lets traffic through")
			: _("no usable link is up"));
	return FALSE;
}

static void
handle_check(RpBusCall *call, GVariant *arguments, gpointer data)
{
	RpAgent *agent = data;
	const RpCatalogue *catalogue = rp_agent_catalogue(agent);
	g_autofree const char **sets = NULL;

	g_variant_get(arguments, "(^a&s)", &sets);
	if (!may_check(agent, call, sets))
		return;
	for (guint i = 0; i < rp_catalogue_n_sets(catalogue); i++) {
		const RpServerSet *set = rp_catalogue_set(catalogue, i);

		if (set->pop && (!sets[0] || g_strv_contains(sets, set->name)) &&
			!rp_lanes_check(agent->lanes, set))
			rp_bus_service_check_done(agent->bus, set->name, 0, "no usable link is up");
	}
	rp_tell_state(agent->tell);
	rp_bus_call_return(call, NULL);
}

/* ---- progress ---- */

static void
handle_watch(RpBusCall *call, GVariant *arguments, gpointer data)
{
	gboolean watches;

	g_variant_get(arguments, "(b)", &watches);
	rp_bus_service_watch(((RpAgent *)data)->bus, call, watches);
	rp_bus_call_return(call, NULL);
}

const RpBusHandler rp_service_handlers[] = {
	{"List", handle_list},
	{"Get", handle_get},
	{"Open", rp_service_open},
	{"Submit", rp_service_submit},
	{"Change", rp_service_change},
	{"Amend", rp_service_amend},
	{"Explain", handle_explain},
	{"Simulate", rp_service_simulate},
	{"Lookup", handle_lookup},
	{"Check", handle_check},
	{"Cancel", rp_service_cancel},
	{"Watch", handle_watch},
	{"Find", rp_service_find},
	{"History", rp_service_history},
	{"UseSet", rp_service_use_set},
	{"Pause", rp_service_pause},
	{"Learn", rp_service_learn},
	{"Forget", rp_service_forget},
	{"Dial", rp_service_dial},
	{"HangUp", rp_service_hang_up},
	{"Reload", rp_service_reload},
	{NULL},
};
