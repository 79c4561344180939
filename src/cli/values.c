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

static void
write_time(RpJson *json, GVariant *dict, const char *name)
{
	gint64 time = rp_cli_value_time(dict, name);
	g_autofree char *text = time != 0 ? rp_time_format(time) : NULL;

	rp_json_string(json, name, text);
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

void
rp_cli_reasons_write_json(RpJson *json, const char *name, GVariant *reasons)
{
	rp_json_begin_array(json, name);
	for (gsize i = 0; i < g_variant_n_children(reasons); i++) {
		g_autoptr(GVariant) reason = g_variant_get_child_value(reasons, i);

		rp_json_begin_object(json, NULL);
		write_text(json, reason, "set");
		write_text(json, reason, "reason");
		write_text(json, reason, "text");
		write_unlocks(json, reason);
		rp_json_end_object(json);
	}
	rp_json_end_array(json);
}

/* ---- messages ---- */

static void
write_recipient(RpJson *json, GVariant *recipient)
{
	g_autoptr(GVariant) reasons = rp_cli_value_array(recipient, "reasons", "aa{sv}");

	rp_json_begin_object(json, NULL);
	write_text(json, recipient, "address");
	write_text(json, recipient, "state");
	write_text(json, recipient, "set");
	rp_cli_reasons_write_json(json, "reasons", reasons);
	write_text(json, recipient, "reply");
	rp_json_end_object(json);
}

void
rp_cli_message_value_write_json(RpJson *json, GVariant *message)
{
	g_autoptr(GVariant) recipients = rp_cli_value_array(message, "recipients", "aa{sv}");
	const char *sender = rp_cli_value_text(message, "sender");
	guint64 size = 0;

	g_variant_lookup(message, "size", "t", &size);
	rp_json_begin_object(json, NULL);
	write_text(json, message, "id");
	write_text(json, message, "state");
	rp_json_string(json, "sender", sender != NULL ? sender : ""); /* the empty one is one */
	rp_json_int(json, "size", (gint64)size);
	write_time(json, message, "created");
	write_text(json, message, "set");
	write_text(json, message, "pin");
	write_time(json, message, "next-try");
	write_flag(json, message, "maybe-sent");
	rp_json_begin_array(json, "recipients");
	for (gsize i = 0; i < g_variant_n_children(recipients); i++) {
		g_autoptr(GVariant) recipient = g_variant_get_child_value(recipients, i);

		write_recipient(json, recipient);
	}
	rp_json_end_array(json);
	rp_json_end_object(json);
}

/* ---- decisions ---- */

static void
write_explain_row(RpJson *json, GVariant *row)
{
	rp_json_begin_object(json, NULL);
	write_text(json, row, "recipient");
	write_text(json, row, "set");
	write_text(json, row, "rule");
	write_text(json, row, "term");
	write_flag(json, row, "holds");
	write_flag(json, row, "may-carry");
	write_flag(json, row, "owns");
	write_flag(json, row, "chosen");
	write_text(json, row, "why");
	rp_json_end_object(json);
}

void
rp_cli_explain_write_json(RpJson *json, const char *name, GVariant *rows)
{
	rp_json_begin_array(json, name);
	for (gsize i = 0; i < g_variant_n_children(rows); i++) {
		g_autoptr(GVariant) row = g_variant_get_child_value(rows, i);

		write_explain_row(json, row);
	}
	rp_json_end_array(json);
}

static void
write_set(RpJson *json, GVariant *set)
{
	g_autoptr(GVariant) reasons = rp_cli_value_array(set, "reasons", "aa{sv}");

	rp_json_begin_object(json, NULL);
	rp_json_string(json, "set", rp_cli_value_text(set, "name"));
	write_text(json, set, "provider");
	write_flag(json, set, "usable");
	write_text(json, set, "rule");
	write_texts(json, set, "steps");
	rp_cli_reasons_write_json(json, "reasons", reasons);
	write_flag(json, set, "current");
	write_flag(json, set, "pop");
	rp_json_end_object(json);
}

char *
rp_cli_sets_json(GVariant *sets)
{
	GString *out = g_string_new(NULL);
	RpJson json;

	rp_json_init(&json, out);
	rp_json_begin_array(&json, NULL);
	for (gsize i = 0; i < g_variant_n_children(sets); i++) {
		g_autoptr(GVariant) set = g_variant_get_child_value(sets, i);

		write_set(&json, set);
	}
	rp_json_end_array(&json);
	return g_string_free(out, FALSE);
}
