/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reasons.h"

#include "values.h"

#include "roampost/language.h"

#include <string.h>

/* Why mail waits for a recipient, and what would free it, in sentences. What else there is to say
 * of a message: message-text.c. */

void
rp_cli_add_sentence(GPtrArray *sentences, const char *text)
{
	if (*text != '\0' && !g_ptr_array_find_with_equal_func(sentences, text, g_str_equal, NULL))
		g_ptr_array_add(sentences, g_strdup(text));
}

/* A server's words end as they like. */
static void
end_sentence(GString *text)
{
	if (text->len && g_ascii_isalnum(text->str[text->len - 1]))
		g_string_append_c(text, '.');
}

char *
rp_cli_join_sentences(const GPtrArray *sentences)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < sentences->len; i++) {
		end_sentence(text);
		rp_text_add_sentence(text, sentences->pdata[i]);
	}
	return g_string_free(text, FALSE);
}

void
rp_cli_add_remedies(GPtrArray *ways, JsonObject *reason)
{
	JsonArray *array = rp_cli_member_array(reason, "to-free");
	for (guint i = 0; array != NULL && i < json_array_get_length(array); i++) {
		JsonNode *node = json_array_get_element(array, i);
		if (JSON_NODE_HOLDS_VALUE(node) && json_node_get_string(node) != NULL)
			rp_cli_add_sentence(ways, json_node_get_string(node));
	}
}

static gboolean
is_same_day(GDateTime *a, GDateTime *b)
{
	return g_date_time_get_day_of_year(a) == g_date_time_get_day_of_year(b) &&
	       g_date_time_get_year(a) == g_date_time_get_year(b);
}

/* "2026-11-24T13:31:27Z" as people here read it: with the day only where it is another one. */
static gboolean
replace_time(const GMatchInfo *match, GString *out, gpointer user)
{
	g_autofree char *text = g_match_info_fetch(match, 0);
	g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(text, NULL);
	g_autoptr(GDateTime) local = time != NULL ? g_date_time_to_local(time) : NULL;
	g_autoptr(GDateTime) now = g_date_time_new_now_local();
	const char *form = local != NULL && is_same_day(local, now) ? "%H:%M:%S" : "%F %H:%M";
	g_autofree char *shown = local != NULL ? g_date_time_format(local, form) : NULL;
	g_string_append(out, shown != NULL ? shown : text);
	return FALSE;
}

char *
rp_cli_with_local_times(const char *text)
{
	g_autoptr(GRegex) times =
		g_regex_new("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ", 0, 0, NULL);
	char *shown = g_regex_replace_eval(times, text, -1, 0, 0, replace_time, NULL, NULL);
	return shown != NULL ? shown : g_strdup(text);
}

char *
rp_cli_remedies_text(const GPtrArray *ways)
{
	g_autofree char *all = ways->len > 0 ? rp_cli_with_local_times(ways->pdata[0]) : NULL;
	for (guint i = 1; i < ways->len; i++) {
		g_autofree char *before = all;
		g_autofree char *way = rp_cli_with_local_times(ways->pdata[i]);
		/* TRANSLATORS: lists: "connect to ODN, or release it". */
		all = g_strdup_printf(C_("remedies", "%1$s, or %2$s"), before, way);
	}
	return all ? g_strdup_printf(_("To free it: %s."), all) : g_strdup("");
}

char *
rp_cli_of_no_message(const char *remedies)
{
	g_auto(GStrv) parts = g_strsplit(remedies, "roampost retry ID", -1);
	return g_strjoinv("roampost forget failures", parts);
}

static void
add_ways(GPtrArray *ways, GVariant *reason)
{
	g_autoptr(GVariant) array = rp_cli_value_array(reason, "to-free", "as");
	GVariantIter iter;
	const char *way;
	g_variant_iter_init(&iter, array);
	while (g_variant_iter_next(&iter, "&s", &way))
		rp_cli_add_sentence(ways, way);
}

void
rp_cli_add_reasons(GPtrArray *sentences, GPtrArray *ways, GVariant *recipient)
{
	g_autoptr(GVariant) reasons = rp_cli_value_array(recipient, "reasons", "aa{sv}");
	for (gsize i = 0; i < g_variant_n_children(reasons); i++) {
		g_autoptr(GVariant) reason = g_variant_get_child_value(reasons, i);
		const char *text = rp_cli_value_text(reason, "text");
		const char *code = rp_cli_value_text(reason, "reason");
		g_autofree char *local = rp_cli_with_local_times(text != NULL   ? text
								 : code != NULL ? code
										: "");
		rp_cli_add_sentence(sentences, local);
		add_ways(ways, reason);
	}
}

char *
rp_cli_recipient_text(GVariant *recipient)
{
	g_autoptr(GPtrArray) sentences = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) ways = g_ptr_array_new_with_free_func(g_free);
	rp_cli_add_reasons(sentences, ways, recipient);
	g_autofree char *free_text = rp_cli_remedies_text(ways);
	rp_cli_add_sentence(sentences, free_text);
	return rp_cli_join_sentences(sentences);
}
