/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "values-private.h"

/* The agent's properties as JSON: what `where` and `status` print. */

/* ---- where ---- */

static const RpCliField link_fields[] = {
	{"interface", rp_cli_write_text},
	{"kind", rp_cli_write_text},
	{"addresses", rp_cli_write_texts},
	{"nm-connection", rp_cli_write_text},
	{"ssid", rp_cli_write_text},
	{"ppp-peer", rp_cli_write_text},
	{"gateway", rp_cli_write_text},
	{"operator", rp_cli_write_text},
	{"roaming", rp_cli_write_flag},
	{"open", rp_cli_write_flag},
	{"metered", rp_cli_write_flag},
	{"connectivity", rp_cli_write_text},
	{"default-route", rp_cli_write_flag},
	{NULL},
};

static void
write_link(RpJson *json, GVariant *link)
{
	rp_json_begin_object(json, NULL);
	rp_cli_write_fields(json, link, link_fields);
	rp_json_end_object(json);
}

static const RpCliField evidence_fields[] = {
	{"provider", rp_cli_write_text},
	{"by", rp_cli_write_text},
	{"link", rp_cli_write_text},
	{"family", rp_cli_write_text},
	{NULL},
};

static void
write_evidence(RpJson *json, GVariant *evidence)
{
	rp_json_begin_object(json, NULL);
	rp_cli_write_fields(json, evidence, evidence_fields);
	rp_json_end_object(json);
}

static void
write_network(RpJson *json, GVariant *network)
{
	guint32 asn = 0;

	g_variant_lookup(network, "asn", "u", &asn);
	rp_json_begin_object(json, NULL);
	rp_cli_write_text(json, network, "link");
	rp_cli_write_text(json, network, "address");
	rp_json_int(json, "asn", asn);
	rp_cli_write_text(json, network, "name");
	rp_json_end_object(json);
}

char *
rp_cli_where_json(GVariant *properties)
{
	g_autoptr(GVariant) place = rp_cli_value_array(properties, "Place", "a{sv}");
	g_autoptr(GVariant) links = rp_cli_value_array(properties, "Links", "aa{sv}");
	g_autoptr(GVariant) evidence = rp_cli_value_array(place, "evidence", "aa{sv}");
	g_autoptr(GVariant) networks = rp_cli_value_array(place, "networks", "aa{sv}");
	GString *out = g_string_new(NULL);
	RpJson json;

	rp_json_init(&json, out);
	rp_json_begin_object(&json, NULL);
	rp_cli_write_text(&json, place, "state");
	rp_cli_write_each(&json, "links", links, write_link);
	rp_cli_write_texts(&json, place, "public-addresses");
	rp_cli_write_each(&json, "networks", networks, write_network);
	rp_cli_write_each(&json, "inside", evidence, write_evidence);
	rp_json_end_object(&json);
	return g_string_free(out, FALSE);
}

/* ---- status ---- */

static void
write_place(RpJson *json, GVariant *place)
{
	const char *key = rp_cli_value_text(place, "key");
	const char *state = rp_cli_value_text(place, "state");

	rp_json_begin_object(json, "place");
	rp_json_bool(json, "online", g_strcmp0(state, "online") == 0);
	rp_json_string(json, "state", state != NULL ? state : "");
	rp_cli_write_texts(json, place, "inside");
	rp_json_string(json, "key", key != NULL ? key : "");
	rp_json_end_object(json);
}

static void
write_counts(RpJson *json, GVariant *counts)
{
	GVariantIter iter;
	const char *state;
	guint32 n;

	rp_json_begin_object(json, "counts");
	g_variant_iter_init(&iter, counts);
	while (g_variant_iter_next(&iter, "{&su}", &state, &n))
		rp_json_int(json, state, n);
	rp_json_end_object(json);
}

/* The first of those that are being sent. */
static void
write_sending(RpJson *json, GVariant *active)
{
	g_autoptr(GVariant) first =
		g_variant_n_children(active) > 0 ? g_variant_get_child_value(active, 0) : NULL;

	rp_json_string(json, "sending", first != NULL ? rp_cli_value_text(first, "id") : NULL);
}

static guint64
number_of(GVariant *dict, const char *name)
{
	guint64 number = 0;

	g_variant_lookup(dict, name, "t", &number);
	return number;
}

/* All of these, with how fast they go where that was measured. */
static void
write_active(RpJson *json, GVariant *active, const RpMeter *meter)
{
	rp_json_begin_array(json, "active");
	for (gsize i = 0; i < g_variant_n_children(active); i++) {
		g_autoptr(GVariant) message = g_variant_get_child_value(active, i);
		const char *id = rp_cli_value_text(message, "id");

		rp_json_begin_object(json, NULL);
		rp_cli_write_text(json, message, "id");
		rp_cli_write_text(json, message, "set");
		rp_cli_write_text(json, message, "stage");
		rp_json_int(json, "done", (gint64)number_of(message, "done"));
		rp_json_int(json, "total", (gint64)number_of(message, "total"));
		if (meter != NULL && id != NULL)
			rp_json_int(
				json, "rate", (gint64)rp_meter_rate(meter, id, g_get_real_time()));
		else
			rp_json_null(json, "rate");
		rp_json_end_object(json);
	}
	rp_json_end_array(json);
}

static gboolean
is_of_config(GVariant *problem)
{
	const char *code = rp_cli_value_text(problem, "code");

	return g_strcmp0(code, RP_CLI_CONFIG) == 0 || g_strcmp0(code, RP_CLI_NO_CONFIG) == 0;
}

static void
write_problem(RpJson *json, GVariant *problem)
{
	g_autofree char *text = rp_cli_problem_text(problem);

	rp_json_string(json, NULL, text);
}

static void
write_refused(RpJson *json, GVariant *problems)
{
	gboolean lacking = FALSE;

	rp_json_begin_array(json, "config-refused");
	for (gsize i = 0; i < g_variant_n_children(problems); i++) {
		g_autoptr(GVariant) problem = g_variant_get_child_value(problems, i);

		if (is_of_config(problem))
			write_problem(json, problem);
		lacking |= g_strcmp0(rp_cli_value_text(problem, "code"), RP_CLI_NO_CONFIG) == 0;
	}
	rp_json_end_array(json);
	rp_json_bool(json, "config-lacking", lacking);
}

/* What is wrong beside the configuration. What the agent says of the disk is more than that it
 * takes no mail. */
static void
write_problems(RpJson *json, GVariant *problems, const char *disk)
{
	gboolean told = !disk;

	rp_json_begin_array(json, "problems");
	for (gsize i = 0; i < g_variant_n_children(problems); i++) {
		g_autoptr(GVariant) problem = g_variant_get_child_value(problems, i);

		told |= g_strcmp0(rp_cli_value_text(problem, "code"), "disk") == 0;
		if (!is_of_config(problem))
			write_problem(json, problem);
	}
	if (!told)
		rp_json_string(json, NULL, disk);
	rp_json_end_array(json);
}

/* The sets of which this is so, by name, each with what `write` says of it; nothing where there are
 * none. */
static void
write_sets(RpJson *json, const char *name, GVariant *properties, gboolean (*is_so)(GVariant *set),
	void (*write)(RpJson *json, GVariant *set))
{
	g_autoptr(GVariant) sets = rp_cli_value_array(properties, "Sets", "aa{sv}");
	gboolean any = FALSE;

	for (gsize i = 0; i < g_variant_n_children(sets); i++) {
		g_autoptr(GVariant) set = g_variant_get_child_value(sets, i);

		if (!is_so(set))
			continue;
		if (!any)
			rp_json_begin_array(json, name);
		any = TRUE;
		rp_json_begin_object(json, NULL);
		rp_json_string(json, "set", rp_cli_value_text(set, "name"));
		write(json, set);
		rp_json_end_object(json);
	}
	if (any)
		rp_json_end_array(json);
}

static void
write_waiting(RpJson *json, GVariant *set)
{
	rp_json_string(json, "text", rp_cli_value_text(set, "waiting"));
}

/* A set that can't send by something that wants mending: not where it merely is not inside, or is
 * not for such mail. */
static gboolean
is_trouble(GVariant *reason)
{
	static const char *const codes[] = {"pop-login-failed", "auth-missing", "auth-failed",
		"keyring-locked", "tls-unavailable", "intercepted", "refused-here", "unreachable",
		"server-rejected", NULL};
	const char *code = rp_cli_value_text(reason, "reason");

	return code != NULL && g_strv_contains(codes, code);
}

/* The first such reason; NULL: there is none. */
static GVariant *
find_trouble(GVariant *set)
{
	g_autoptr(GVariant) reasons = rp_cli_value_array(set, "reasons", "aa{sv}");

	for (gsize i = 0; i < g_variant_n_children(reasons); i++) {
		g_autoptr(GVariant) reason = g_variant_get_child_value(reasons, i);

		if (is_trouble(reason))
			return g_steal_pointer(&reason);
	}
	return NULL;
}

static gboolean
is_not_usable(GVariant *set)
{
	g_autoptr(GVariant) trouble = find_trouble(set);

	return trouble != NULL;
}

static void
write_trouble(RpJson *json, GVariant *set)
{
	g_autoptr(GVariant) trouble = find_trouble(set);

	rp_cli_write_text(json, trouble, "reason");
	rp_cli_write_text(json, trouble, "text");
	rp_cli_write_texts(json, trouble, "to-free");
}

static gint64
n_sets(GVariant *properties)
{
	g_autoptr(GVariant) sets = rp_cli_value_array(properties, "Sets", "aa{sv}");

	return (gint64)g_variant_n_children(sets);
}

char *
rp_cli_status_json(GVariant *properties, const RpMeter *meter, const char *disk)
{
	g_autoptr(GVariant) place = rp_cli_value_array(properties, "Place", "a{sv}");
	g_autoptr(GVariant) counts = rp_cli_value_array(properties, "Counts", "a{su}");
	g_autoptr(GVariant) active = rp_cli_value_array(properties, "Active", "aa{sv}");
	g_autoptr(GVariant) problems = rp_cli_value_array(properties, "Problems", "aa{sv}");
	GString *out = g_string_new(NULL);
	RpJson json;

	rp_json_init(&json, out);
	rp_json_begin_object(&json, NULL);
	write_place(&json, place);
	rp_json_string(&json, "current-set", rp_cli_value_text(properties, "CurrentSet"));
	rp_json_string(&json, "override", rp_cli_value_text(properties, "Override"));
	rp_json_int(&json, "sets", n_sets(properties));
	rp_json_bool(&json, "paused", rp_cli_value_flag(properties, "Paused"));
	write_counts(&json, counts);
	write_sending(&json, active);
	write_active(&json, active, meter);
	write_sets(&json, "waiting", properties, rp_cli_set_is_waiting, write_waiting);
	write_sets(&json, "not-usable", properties, is_not_usable, write_trouble);
	write_refused(&json, problems);
	write_problems(&json, problems, disk);
	rp_json_bool(&json, "agent", TRUE);
	rp_json_end_object(&json);
	return g_string_free(out, FALSE);
}
