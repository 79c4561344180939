/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "values-private.h"

#include "roampost/policy.h"

/* Values of the bus as JSON: messages, decisions and server sets. The agent's own properties are
 * next door (values-agent.c). */

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

void
rp_cli_write_text(RpJson *json, GVariant *dict, const char *name)
{
	rp_json_string(json, name, rp_cli_value_text(dict, name));
}

void
rp_cli_write_flag(RpJson *json, GVariant *dict, const char *name)
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

void
rp_cli_write_texts(RpJson *json, GVariant *dict, const char *name)
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

void
rp_cli_write_each(
	RpJson *json, const char *name, GVariant *array, void (*write)(RpJson *, GVariant *))
{
	rp_json_begin_array(json, name);
	for (gsize i = 0; i < g_variant_n_children(array); i++) {
		g_autoptr(GVariant) one = g_variant_get_child_value(array, i);

		write(json, one);
	}
	rp_json_end_array(json);
}

void
rp_cli_write_fields(RpJson *json, GVariant *dict, const RpCliField *fields)
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
		rp_cli_write_texts(json, reason, "to-free");
}

static const RpCliField reason_fields[] = {
	{"set", rp_cli_write_text},
	{"reason", rp_cli_write_text},
	{"text", rp_cli_write_text},
	{NULL},
};

static void
write_reason(RpJson *json, GVariant *reason)
{
	rp_json_begin_object(json, NULL);
	rp_cli_write_fields(json, reason, reason_fields);
	write_unlocks(json, reason);
	rp_json_end_object(json);
}

void
rp_cli_reasons_write_json(RpJson *json, const char *name, GVariant *reasons)
{
	rp_cli_write_each(json, name, reasons, write_reason);
}

static void
write_reasons(RpJson *json, GVariant *dict, const char *name)
{
	g_autoptr(GVariant) reasons = rp_cli_value_array(dict, name, "aa{sv}");

	rp_cli_reasons_write_json(json, name, reasons);
}

/* ---- messages ---- */

static const RpCliField recipient_fields[] = {
	{"address", rp_cli_write_text},
	{"state", rp_cli_write_text},
	{"set", rp_cli_write_text},
	{"reasons", write_reasons},
	{"reply", rp_cli_write_text},
	{"sent-as", rp_cli_write_text},
	{"from-as", rp_cli_write_text},
	{NULL},
};

static void
write_recipient(RpJson *json, GVariant *recipient)
{
	rp_json_begin_object(json, NULL);
	rp_cli_write_fields(json, recipient, recipient_fields);
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

	rp_cli_write_each(json, name, recipients, write_recipient);
}

static const RpCliField message_fields[] = {
	{"id", rp_cli_write_text},
	{"state", rp_cli_write_text},
	{"sender", write_sender},
	{"subject", rp_cli_write_text},
	{"size", write_size},
	{"created", write_time},
	{"set", rp_cli_write_text},
	{"pin", rp_cli_write_text},
	{"next-try", write_time},
	{"maybe-sent", rp_cli_write_flag},
	{"recipients", write_recipients},
	{NULL},
};

void
rp_cli_message_value_write_json(RpJson *json, GVariant *message)
{
	rp_json_begin_object(json, NULL);
	rp_cli_write_fields(json, message, message_fields);
	rp_json_end_object(json);
}

/* ---- decisions ---- */

static const RpCliField explain_fields[] = {
	{"recipient", rp_cli_write_text},
	{"set", rp_cli_write_text},
	{"rule", rp_cli_write_text},
	{"term", rp_cli_write_text},
	{"holds", rp_cli_write_flag},
	{"may-carry", rp_cli_write_flag},
	{"owns", rp_cli_write_flag},
	{"chosen", rp_cli_write_flag},
	{"why", rp_cli_write_text},
	{NULL},
};

static void
write_explain_row(RpJson *json, GVariant *row)
{
	rp_json_begin_object(json, NULL);
	rp_cli_write_fields(json, row, explain_fields);
	rp_json_end_object(json);
}

void
rp_cli_explain_write_json(RpJson *json, const char *name, GVariant *rows)
{
	rp_cli_write_each(json, name, rows, write_explain_row);
}

gboolean
rp_cli_set_is_waiting(GVariant *set)
{
	const char *text = rp_cli_value_text(set, "waiting");

	return text != NULL && *text != '\0';
}

static const RpCliField set_fields[] = {
	{"provider", rp_cli_write_text},
	{"identities", rp_cli_write_texts},
	{"usable", rp_cli_write_flag},
	{"rule", rp_cli_write_text},
	{"steps", rp_cli_write_texts},
	{"reasons", write_reasons},
	{"current", rp_cli_write_flag},
	{"pop", rp_cli_write_flag},
	{NULL},
};

static void
write_set(RpJson *json, GVariant *set)
{
	rp_json_begin_object(json, NULL);
	rp_json_string(json, "set", rp_cli_value_text(set, "name"));
	rp_cli_write_fields(json, set, set_fields);
	if (rp_cli_set_is_waiting(set))
		rp_cli_write_text(json, set, "waiting");
	if (g_variant_lookup(set, "learned", "as", NULL)) {
		rp_cli_write_texts(json, set, "learned");
		rp_cli_write_texts(json, set, "lines");
	}
	rp_json_end_object(json);
}

char *
rp_cli_sets_json(GVariant *sets)
{
	GString *out = g_string_new(NULL);
	RpJson json;

	rp_json_init(&json, out);
	rp_cli_write_each(&json, NULL, sets, write_set);
	return g_string_free(out, FALSE);
}
