/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent.h"
#include "commands.h"
#include "values.h"

#include <stdio.h>
#include <string.h>

/* What the agent does, as it does it: a line a signal, until interrupted. */

static void
print_line(RpCli *cli, const char *state, const char *text)
{
	g_autoptr(GDateTime) now = g_date_time_new_now_local();
	g_autofree char *time = g_date_time_format(now, "%H:%M:%S");
	rp_cli_print(cli, "%s%s%s  %s%s%s\n", rp_cli_colour(cli, RP_COLOUR_DIM), time,
		rp_cli_colour(cli, RP_COLOUR_NONE), rp_cli_colour(cli, rp_cli_state_colour(state)),
		text, rp_cli_colour(cli, RP_COLOUR_NONE));
}

static char *
describe_place(GVariant *place)
{
	const char *state = rp_cli_value_text(place, "state");
	g_autofree const char **inside = NULL;
	g_variant_lookup(place, "inside", "^a&s", &inside);
	if (g_strcmp0(state, "online") != 0)
		return g_strdup(state != NULL ? state : "offline");
	if (inside == NULL || *inside == NULL)
		return g_strdup("online, inside no provider that is known");
	g_autofree char *names = g_strjoinv(", ", (char **)inside);
	return g_strdup_printf("inside %s", names);
}

static char *
describe_set(GVariant *set)
{
	const char *name = g_variant_get_string(set, NULL);
	return g_strdup_printf("server set: %s", *name != '\0' ? name : "none");
}

static char *
describe_counts(GVariant *counts)
{
	GString *text = g_string_new(NULL);
	GVariantIter iter;
	const char *state;
	guint32 n;
	g_variant_iter_init(&iter, counts);
	while (g_variant_iter_next(&iter, "{&su}", &state, &n))
		if (n > 0)
			g_string_append_printf(
				text, "%s%u %s", text->len > 0 ? ", " : "queue: ", n, state);
	if (text->len == 0)
		g_string_append(text, "queue: empty");
	return g_string_free(text, FALSE);
}

static const struct {
	const char *property;
	const char *type;
	char *(*describe)(GVariant *value);
} properties[] = {
	{"Place", "a{sv}", describe_place},
	{"CurrentSet", "s", describe_set},
	{"Counts", "a{su}", describe_counts},
};

static void
tell_properties(RpCli *cli, GVariant *arguments)
{
	g_autoptr(GVariant) changed = g_variant_get_child_value(arguments, 1);
	for (gsize i = 0; i < G_N_ELEMENTS(properties); i++) {
		g_autoptr(GVariant) value = g_variant_lookup_value(
			changed, properties[i].property, G_VARIANT_TYPE(properties[i].type));
		g_autofree char *text = value != NULL ? properties[i].describe(value) : NULL;
		if (text != NULL)
			print_line(cli, "", text);
	}
}

static char *
describe_texts(const char *format, GVariant *arguments)
{
	const char *texts[3] = {"", "", ""};
	for (gsize i = 0; i < MIN(g_variant_n_children(arguments), 3); i++) {
		g_autoptr(GVariant) child = g_variant_get_child_value(arguments, i);
		if (g_variant_is_of_type(child, G_VARIANT_TYPE_STRING))
			texts[i] = g_variant_get_string(child, NULL); /* lives in `arguments` */
	}
	g_auto(GStrv) parts = g_strsplit(format, "%", -1);
	GString *text = g_string_new(parts[0]);
	for (char **part = parts + 1; *part != NULL; part++)
		g_string_append_printf(text, "%s%s", texts[(*part)[0] - '1'], *part + 1);
	return g_string_free(text, FALSE);
}

static const struct {
	const char *signal;
	const char *type;
	const char *state;  /* for the colour */
	const char *format; /* %N: the Nth argument */
} rows[] = {
	{"MessageQueued", "(s)", "", "%1 queued"},
	{"MessageSent", "(ss)", "sent", "%1 sent through %2"},
	{"MessageHeld", "(sss)", "held", "%1 held: %3"},
	{"MessageFailed", "(sss)", "failed", "%1 failed: %3 (%2)"},
	{"CheckDone", "(sus)", "", "%1 checked %3"},
	{"", NULL, "failed", "the agent has gone away"},
};

static void
tell(RpCli *cli, const char *signal, GVariant *arguments)
{
	g_autoptr(GVariant) none = g_variant_ref_sink(g_variant_new("()"));
	if (strcmp(signal, "PropertiesChanged") == 0 &&
		g_variant_is_of_type(arguments, G_VARIANT_TYPE("(sa{sv}as)")))
		tell_properties(cli, arguments);
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		if (strcmp(rows[i].signal, signal) != 0)
			continue;
		if (rows[i].type != NULL &&
			!g_variant_is_of_type(arguments, G_VARIANT_TYPE(rows[i].type)))
			return;
		g_autofree char *text =
			describe_texts(rows[i].format, arguments != NULL ? arguments : none);
		print_line(cli, rows[i].state, text);
	}
}

static void
tell_json(RpCli *cli, const char *signal, GVariant *arguments)
{
	g_autoptr(GString) out = g_string_new(NULL);
	g_autofree char *time = rp_time_format(g_get_real_time());
	g_autofree char *values =
		arguments != NULL ? json_gvariant_serialize_data(arguments, NULL) : NULL;
	RpJson json;
	rp_json_init(&json, out);
	rp_json_begin_object(&json, NULL);
	rp_json_string(&json, "time", time);
	rp_json_string(&json, "signal", *signal != '\0' ? signal : "AgentGone");
	rp_json_raw(&json, "arguments", values != NULL ? values : "[]");
	rp_json_end_object(&json);
	rp_cli_print_json(cli, out->str);
}

int
rp_cmd_watch(RpCli *cli, int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(RpBusClient) client = rp_cli_connect(cli);
	if (client == NULL)
		return RP_EXIT_FAILED;
	rp_bus_client_subscribe(client);
	g_autoptr(GVariant) version = rp_bus_client_get(client, "Version", "s", &error);
	if (version == NULL)
		return rp_cli_fail_error(cli, error);
	if (!cli->json)
		rp_cmd_status(cli, 1, argv);
	for (;;) {
		fflush(stdout);
		g_autoptr(GVariant) arguments = NULL;
		g_autofree char *signal = rp_bus_client_next(client, -1, &arguments, &error);
		if (signal == NULL)
			return rp_cli_fail_error(cli, error);
		(cli->json ? tell_json : tell)(cli, signal, arguments);
	}
}
