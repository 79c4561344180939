/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "values.h"

#include "roampost/policy.h"

#include <string.h>

/* Values of the bus as JSON. */

const char *
rp_cli_value_text(GVariant *dict, const char *name)
{
	const char *text = NULL;

	return g_variant_lookup(dict, name, "&s", &text) && *text != '\0' ? text : NULL;
}

gboolean
rp_cli_value_flag(GVariant *dict, const char *name)
{
	gboolean flag = FALSE;

	return g_variant_lookup(dict, name, "b", &flag) && flag;
}

gint64
rp_cli_value_time(GVariant *dict, const char *name)
{
	gint64 time = 0;

	return g_variant_lookup(dict, name, "x", &time) ? time : 0;
}

GVariant *
rp_cli_value_array(GVariant *dict, const char *name, const char *type)
{
	GVariant *value = g_variant_lookup_value(dict, name, G_VARIANT_TYPE(type));

	return value != NULL
		       ? value
		       : g_variant_ref_sink(g_variant_new_array(G_VARIANT_TYPE(type + 1), NULL, 0));
}

/* ---- pieces ---- */

static void
write_text(RpJson *json, GVariant *dict, const char *name)
{
	rp_json_string(json, name, rp_cli_value_text(dict, name));
}

static void
write_flag(RpJson *json, GVariant *dict, const char *name)
{
	rp_json_bool(json, name, rp_cli_value_flag(dict, name));
}

void
rp_cli_time_write_json(RpJson *json, const char *name, gint64 time)
{
	g_autofree char *text = time != 0 ? rp_time_format(time) : NULL;

	rp_json_string(json, name, text);
}

static void
write_time(RpJson *json, GVariant *dict, const char *name)
{
	rp_cli_time_write_json(json, name, rp_cli_value_time(dict, name));
}

static void
write_texts(RpJson *json, GVariant *dict, const char *name)
{
	g_autoptr(GVariant) array = rp_cli_value_array(dict, name, "as");
	GVariantIter iter;
	const char *text;

	rp_json_begin_array(json, name);
	g_variant_iter_init(&iter, array);
	while (g_variant_iter_next(&iter, "&s", &text))
		rp_json_string(json, NULL, text);
	rp_json_end_array(json);
}

static void
write_each(RpJson *json, const char *name, GVariant *array, void (*write)(RpJson *, GVariant *))
{
	rp_json_begin_array(json, name);
	for (gsize i = 0; i < g_variant_n_children(array); i++) {
		g_autoptr(GVariant) one = g_variant_get_child_value(array, i);

		write(json, one);
	}
	rp_json_end_array(json);
}

typedef struct {
	const char *name;
	void (*write)(RpJson *json, GVariant *dict, const char *name);
} Field;

/* Up to the row without a name. */
static void
write_fields(RpJson *json, GVariant *dict, const Field *fields)
{
	for (; fields->name != NULL; fields++)
		fields->write(json, dict, fields->name);
}

/* ---- reasons ---- */

/* The two kinds without a subject that have a value of their own in JSON. */
static void
write_unlock(RpJson *json, const char *kind, const char *subject, gint64 retry_after)
{
	RpUnlockKind known;

	rp_json_begin_object(json, NULL);
	if (!rp_unlock_kind_from_name(kind, &known) || *subject != '\0') {
		rp_json_string(json, kind, subject);
	} else if (known == RP_UNLOCK_RETRY_AFTER) {
		g_autofree char *time = rp_time_format(retry_after);
		rp_json_string(json, kind, time);
	} else if (known == RP_UNLOCK_UNMETERED) {
		rp_json_bool(json, kind, TRUE);
	} else {
		rp_json_string(json, kind, known == RP_UNLOCK_USER_RELEASE ? "release" : NULL);
	}
	rp_json_end_object(json);
}

static void
write_unlocks(RpJson *json, GVariant *reason)
{
	g_autoptr(GVariant) unlocks =
		g_variant_lookup_value(reason, "unlock", G_VARIANT_TYPE("a(ss)"));
	const char *kind;
	const char *subject;
	GVariantIter iter;

	if (unlocks == NULL)
		return;
	rp_json_begin_array(json, "unlock");
	g_variant_iter_init(&iter, unlocks);
	while (g_variant_iter_next(&iter, "(&s&s)", &kind, &subject))
		write_unlock(json, kind, subject, rp_cli_value_time(reason, "retry-after"));
	rp_json_end_array(json);
	/* In words, where there is something to say. */
	if (g_variant_n_children(unlocks) > 0)
		write_texts(json, reason, "to-free");
}

static const Field reason_fields[] = {
	{"set", write_text},
	{"reason", write_text},
	{"text", write_text},
	{NULL},
};

static void
write_reason(RpJson *json, GVariant *reason)
{
	rp_json_begin_object(json, NULL);
	write_fields(json, reason, reason_fields);
	write_unlocks(json, reason);
	rp_json_end_object(json);
}

void
rp_cli_reasons_write_json(RpJson *json, const char *name, GVariant *reasons)
{
	write_each(json, name, reasons, write_reason);
}

static void
write_reasons(RpJson *json, GVariant *dict, const char *name)
{
	g_autoptr(GVariant) reasons = rp_cli_value_array(dict, name, "aa{sv}");

	rp_cli_reasons_write_json(json, name, reasons);
}

/* ---- messages ---- */

static const Field recipient_fields[] = {
	{"address", write_text},
	{"state", write_text},
	{"set", write_text},
	{"reasons", write_reasons},
	{"reply", write_text},
	{NULL},
};

static void
write_recipient(RpJson *json, GVariant *recipient)
{
	rp_json_begin_object(json, NULL);
	write_fields(json, recipient, recipient_fields);
	rp_json_end_object(json);
}

/* The empty one is one. */
static void
write_sender(RpJson *json, GVariant *message, const char *name)
{
	const char *sender = rp_cli_value_text(message, name);

	rp_json_string(json, name, sender != NULL ? sender : "");
}

static void
write_size(RpJson *json, GVariant *message, const char *name)
{
	guint64 size = 0;

	g_variant_lookup(message, name, "t", &size);
	rp_json_int(json, name, (gint64)size);
}

static void
write_recipients(RpJson *json, GVariant *message, const char *name)
{
	g_autoptr(GVariant) recipients = rp_cli_value_array(message, name, "aa{sv}");

	write_each(json, name, recipients, write_recipient);
}

static const Field message_fields[] = {
	{"id", write_text},
	{"state", write_text},
	{"sender", write_sender},
	{"subject", write_text},
	{"size", write_size},
	{"created", write_time},
	{"set", write_text},
	{"pin", write_text},
	{"next-try", write_time},
	{"maybe-sent", write_flag},
	{"recipients", write_recipients},
	{NULL},
};

void
rp_cli_message_value_write_json(RpJson *json, GVariant *message)
{
	rp_json_begin_object(json, NULL);
	write_fields(json, message, message_fields);
	rp_json_end_object(json);
}

/* ---- decisions ---- */

static const Field explain_fields[] = {
	{"recipient", write_text},
	{"set", write_text},
	{"rule", write_text},
	{"term", write_text},
	{"holds", write_flag},
	{"may-carry", write_flag},
	{"owns", write_flag},
	{"chosen", write_flag},
	{"why", write_text},
	{NULL},
};

static void
write_explain_row(RpJson *json, GVariant *row)
{
	rp_json_begin_object(json, NULL);
	write_fields(json, row, explain_fields);
	rp_json_end_object(json);
}

void
rp_cli_explain_write_json(RpJson *json, const char *name, GVariant *rows)
{
	write_each(json, name, rows, write_explain_row);
}

static gboolean
is_waiting(GVariant *set)
{
	const char *text = rp_cli_value_text(set, "waiting");

	return text != NULL && *text != '\0';
}

static const Field set_fields[] = {
	{"provider", write_text},
	{"identities", write_texts},
	{"usable", write_flag},
	{"rule", write_text},
	{"steps", write_texts},
	{"reasons", write_reasons},
	{"current", write_flag},
	{"pop", write_flag},
	{NULL},
};

static void
write_set(RpJson *json, GVariant *set)
{
	rp_json_begin_object(json, NULL);
	rp_json_string(json, "set", rp_cli_value_text(set, "name"));
	write_fields(json, set, set_fields);
	if (is_waiting(set))
		write_text(json, set, "waiting");
	if (g_variant_lookup(set, "learned", "as", NULL)) {
		write_texts(json, set, "learned");
		write_texts(json, set, "lines");
	}
	rp_json_end_object(json);
}

char *
rp_cli_sets_json(GVariant *sets)
{
	GString *out = g_string_new(NULL);
	RpJson json;

	rp_json_init(&json, out);
	write_each(&json, NULL, sets, write_set);
	return g_string_free(out, FALSE);
}

/* ---- the agent's properties ---- */

static const Field link_fields[] = {
	{"interface", write_text},
	{"kind", write_text},
	{"addresses", write_texts},
	{"nm-connection", write_text},
	{"ssid", write_text},
	{"ppp-peer", write_text},
	{"gateway", write_text},
	{"operator", write_text},
	{"roaming", write_flag},
	{"open", write_flag},
	{"metered", write_flag},
	{"connectivity", write_text},
	{"default-route", write_flag},
	{NULL},
};

static void
write_link(RpJson *json, GVariant *link)
{
	rp_json_begin_object(json, NULL);
	write_fields(json, link, link_fields);
	rp_json_end_object(json);
}

static const Field evidence_fields[] = {
	{"provider", write_text},
	{"by", write_text},
	{"link", write_text},
	{"family", write_text},
	{NULL},
};

static void
write_evidence(RpJson *json, GVariant *evidence)
{
	rp_json_begin_object(json, NULL);
	write_fields(json, evidence, evidence_fields);
	rp_json_end_object(json);
}

static void
write_network(RpJson *json, GVariant *network)
{
	guint32 asn = 0;

	g_variant_lookup(network, "asn", "u", &asn);
	rp_json_begin_object(json, NULL);
	write_text(json, network, "link");
	write_text(json, network, "address");
	rp_json_int(json, "asn", asn);
	write_text(json, network, "name");
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
	write_text(&json, place, "state");
	write_each(&json, "links", links, write_link);
	write_texts(&json, place, "public-addresses");
	write_each(&json, "networks", networks, write_network);
	write_each(&json, "inside", evidence, write_evidence);
	rp_json_end_object(&json);
	return g_string_free(out, FALSE);
}

static void
write_place(RpJson *json, GVariant *place)
{
	const char *key = rp_cli_value_text(place, "key");
	const char *state = rp_cli_value_text(place, "state");

	rp_json_begin_object(json, "place");
	rp_json_bool(json, "online", g_strcmp0(state, "online") == 0);
	rp_json_string(json, "state", state != NULL ? state : "");
	write_texts(json, place, "inside");
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
		write_text(json, message, "id");
		write_text(json, message, "set");
		write_text(json, message, "stage");
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

/* What is wrong beside the configuration. */
static void
write_problems(RpJson *json, GVariant *problems)
{
	rp_json_begin_array(json, "problems");
	for (gsize i = 0; i < g_variant_n_children(problems); i++) {
		g_autoptr(GVariant) problem = g_variant_get_child_value(problems, i);

		if (!is_of_config(problem))
			write_problem(json, problem);
	}
	rp_json_end_array(json);
}

/* Of the sets that wait for something: which, and what for. */
static void
write_waiting(RpJson *json, GVariant *properties)
{
	g_autoptr(GVariant) sets = rp_cli_value_array(properties, "Sets", "aa{sv}");
	gboolean any = FALSE;

	for (gsize i = 0; i < g_variant_n_children(sets); i++) {
		g_autoptr(GVariant) set = g_variant_get_child_value(sets, i);

		if (!is_waiting(set))
			continue;
		if (!any)
			rp_json_begin_array(json, "waiting");
		any = TRUE;
		rp_json_begin_object(json, NULL);
		rp_json_string(json, "set", rp_cli_value_text(set, "name"));
		rp_json_string(json, "text", rp_cli_value_text(set, "waiting"));
		rp_json_end_object(json);
	}
	if (any)
		rp_json_end_array(json);
}

static gint64
n_sets(GVariant *properties)
{
	g_autoptr(GVariant) sets = rp_cli_value_array(properties, "Sets", "aa{sv}");

	return (gint64)g_variant_n_children(sets);
}

char *
rp_cli_status_json(GVariant *properties, const RpMeter *meter)
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
	write_waiting(&json, properties);
	write_refused(&json, problems);
	write_problems(&json, problems);
	rp_json_bool(&json, "agent", TRUE);
	rp_json_end_object(&json);
	return g_string_free(out, FALSE);
}
