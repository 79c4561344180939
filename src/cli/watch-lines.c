/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "values.h"
#include "watch.h"

#include "roampost/language.h"

#include <string.h>

/* What the agent's signals say, in lines. */

char *
rp_watch_place(GVariant *place)
{
	const char *state = rp_cli_value_text(place, "state");
	g_autofree const char **inside = NULL;
	g_variant_lookup(place, "inside", "^a&s", &inside);
	g_autofree char *names =
		inside != NULL ? g_strjoinv(C_("list", ", "), (char **)inside) : NULL;
	return rp_cli_place_text(state != NULL ? state : "", names != NULL ? names : "");
}

char *
rp_watch_counts(GVariant *counts)
{
	GString *text = g_string_new(NULL);
	GVariantIter iter;
	const char *state;
	guint32 n;
	g_variant_iter_init(&iter, counts);
	while (g_variant_iter_next(&iter, "{&su}", &state, &n)) {
		if (n == 0)
			continue;
		g_autofree char *number = g_strdup_printf("%u", n);
		g_string_append(text, text->len > 0 ? C_("list", ", ") : "");
		g_string_append_printf(
			text, C_("count", "%1$s %2$s"), number, rp_cli_state_word(state));
	}
	return g_string_free(text->len > 0 ? text : g_string_assign(text, _("empty")), FALSE);
}

static char *
describe_set(GVariant *set)
{
	const char *name = g_variant_get_string(set, NULL);
	return *name != '\0' ? g_strdup_printf(_("server set: %s"), name)
			     : g_strdup(_("server set: none can send from here"));
}

static char *
describe_counts(GVariant *counts)
{
	g_autofree char *text = rp_watch_counts(counts);
	return g_strdup_printf(_("queue: %s"), text);
}

static const struct {
	const char *property;
	const char *type;
	const char *state;
	char *(*describe)(GVariant *value);
} properties[] = {
	{"Place", "a{sv}", "", rp_watch_place},
	{"CurrentSet", "s", "", describe_set},
	{"Counts", "a{su}", RP_WATCH_COUNTS, describe_counts},
};

static void
tell_properties(GVariant *arguments, RpWatchLine line, gpointer user)
{
	g_autoptr(GVariant) changed = g_variant_get_child_value(arguments, 1);
	for (gsize i = 0; i < G_N_ELEMENTS(properties); i++) {
		g_autoptr(GVariant) value = g_variant_lookup_value(
			changed, properties[i].property, G_VARIANT_TYPE(properties[i].type));
		g_autofree char *text = value != NULL ? properties[i].describe(value) : NULL;
		if (text != NULL)
			line(properties[i].state, text, user);
	}
}

static char *
describe_texts(const char *format, GVariant *arguments)
{
	const char *texts[3] = {"", "", ""};
	for (gsize i = 0; arguments != NULL && i < MIN(g_variant_n_children(arguments), 3); i++) {
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
	const char *format; /* %N: the Nth argument, in translations too */
} rows[] = {
	{"MessageQueued", "(s)", "", N_("%1 queued")},
	{"MessageSent", "(ss)", "sent", N_("%1 sent through %2")},
	{"MessageHeld", "(sss)", "held", N_("%1 held: %3")},
	{"MessageFailed", "(sss)", "failed", N_("%1 failed: %3 (%2)")},
	{"CheckDone", "(sus)", "", N_("%1 checked %3")},
	{"", NULL, "failed", N_("the agent has gone away")},
};

void
rp_watch_lines(const char *signal, GVariant *arguments, RpWatchLine line, gpointer user)
{
	if (strcmp(signal, "PropertiesChanged") == 0 &&
		g_variant_is_of_type(arguments, G_VARIANT_TYPE("(sa{sv}as)")))
		tell_properties(arguments, line, user);
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		if (strcmp(rows[i].signal, signal) != 0)
			continue;
		if (rows[i].type != NULL &&
			!g_variant_is_of_type(arguments, G_VARIANT_TYPE(rows[i].type)))
			return;
		g_autofree char *text = describe_texts(rp_text(rows[i].format), arguments);
		line(rows[i].state, text, user);
	}
}
