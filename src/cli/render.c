/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "messages.h"
#include "reasons.h"

#include "roampost/language.h"
#include "roampost/remedy.h"

#include <string.h>

/* A decision, the server sets and explanations as tables and sentences. */

/* ---- a decision ---- */

/* To be freed. */
static char *
describe_way(const char *rule, gboolean pop_first)
{
	return g_strdup_printf(
		pop_first ? _("by rule %s, after a POP login") : _("by rule %s"), rule);
}

static void
add_plan(RpCliTable *table, const char *recipient, const RpSituation *situation,
	const RpRecipientPlan *plan)
{
	const RpServerSet *set = rp_catalogue_set(situation->catalogue, plan->set);
	g_autofree char *way = describe_way(plan->rule, plan->pop_login_first);
	g_autofree char *how = plan->family == RP_FAMILY_ANY
				       ? g_strdup(way)
				       : g_strdup_printf(_("%1$s, over %2$s"), way,
						 plan->family == RP_FAMILY_IPV4 ? "IPv4" : "IPv6");

	rp_cli_table_add(table, recipient, rp_cli_state_word("send"), set->name, how);
	rp_cli_table_colour(table, 1, RP_COLOUR_GOOD);
}

/* The reason's sentence, and what would free it. */
static char *
describe_reason(
	const RpHoldReason *reason, const RpCatalogue *catalogue, const RpMessageFacts *message)
{
	g_autofree char *sentence = rp_reason_sentence(reason, catalogue);
	g_autoptr(GPtrArray) ways = g_ptr_array_new_with_free_func(g_free);
	GString *text = g_string_new(sentence);

	for (guint i = 0; reason->unlock != NULL && i < reason->unlock->len; i++)
		g_ptr_array_add(ways, rp_unlock_sentence(reason->unlock->pdata[i], catalogue));
	g_autofree char *remedies = rp_cli_remedies_text(ways);
	rp_text_add_sentence(text, remedies);
	g_autofree char *general = g_string_free(text, FALSE);
	return rp_remedy_with_sender(general, message->header_from, message->sender);
}

static void
add_reasons(RpCliTable *table, const char *recipient, const RpSituation *situation,
	const RpMessageFacts *message, const RpRecipientPlan *plan)
{
	for (guint i = 0; plan->reasons != NULL && i < plan->reasons->len; i++) {
		const RpHoldReason *reason = plan->reasons->pdata[i];
		g_autofree char *utc = describe_reason(reason, situation->catalogue, message);
		g_autofree char *text = rp_cli_with_local_times(utc);

		rp_cli_table_add(table, i == 0 ? recipient : "",
			i == 0 ? rp_cli_state_word("hold") : "", reason->set, text);
		rp_cli_table_colour(table, 1, RP_COLOUR_WAIT);
	}
}

static void
print_inside(RpCli *cli, const RpSituation *situation)
{
	const GArray *shown = situation->place->shown;
	g_autoptr(GString) names = g_string_new(NULL);

	for (guint i = 0; i < shown->len; i++)
		g_string_append_printf(names, "%s%s", i > 0 ? ", " : "",
			rp_catalogue_provider(situation->catalogue, g_array_index(shown, guint, i))
				->title);
	rp_cli_print_line(
		cli, 0, _("Inside: %s\n"), names->len > 0 ? names->str : _("no known provider"));
}

void
rp_cli_render_decision(RpCli *cli, const RpSituation *situation, const RpMessageFacts *message,
	const RpDecision *decision)
{
	g_autoptr(RpCliTable) table =
		rp_cli_table_new(_("RECIPIENT"), _("VERDICT"), _("SET"), _("WHY"), NULL);

	print_inside(cli, situation);
	rp_cli_print_line(
		cli, 0, _("Sender: %s\n"), *message->sender != '\0' ? message->sender : "<>");
	if (message->header_from != NULL && g_strcmp0(message->header_from, message->sender) != 0)
		rp_cli_print_line(cli, 0, _("From:   %s\n"), message->header_from);
	rp_cli_print(cli, "\n");
	for (guint i = 0; i < decision->n_recipients; i++) {
		const RpRecipientPlan *plan = &decision->recipients[i];

		if (plan->verdict == RP_VERDICT_SEND)
			add_plan(table, message->recipients[i], situation, plan);
		else
			add_reasons(table, message->recipients[i], situation, message, plan);
	}
	if (decision->n_recipients > 0)
		rp_cli_table_print(cli, table);
}

/* ---- JSON texts ---- */

static JsonNode *
parse(JsonParser *parser, const char *json, GError **error)
{
	JsonNode *root;

	if (!json_parser_load_from_data(parser, json, -1, error))
		return NULL;
	root = json_parser_get_root(parser);
	if (root == NULL)
		g_set_error(error, RP_ERROR, RP_ERROR_INVALID, _("the agent's answer is empty"));
	return root;
}

/* The object at an index, or NULL. */
static JsonObject *
object_at(JsonArray *array, guint index)
{
	JsonNode *node = json_array_get_element(array, index);

	return JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

static guint
length(JsonArray *array)
{
	return array != NULL ? json_array_get_length(array) : 0;
}

/* ---- explain ---- */

static void
add_explain_row(RpCliTable *table, JsonObject *row, const char *last_set, const char *last_rule)
{
	const char *set = rp_cli_member_string(row, "set", "");
	const char *rule = rp_cli_member_string(row, "rule", "");
	const char *term = rp_cli_member_string(row, "term", NULL);
	gboolean holds = rp_cli_member_bool(row, "holds");
	gboolean same_set = g_strcmp0(set, last_set) == 0;
	gboolean same_rule = same_set && g_strcmp0(rule, last_rule) == 0;
	g_autofree char *indented = term != NULL ? g_strconcat("  ", term, NULL) : NULL;
	g_autofree char *why = rp_cli_with_local_times(rp_cli_member_string(row, "why", ""));

	rp_cli_table_add(table, rp_cli_member_bool(row, "chosen") && term == NULL ? "→" : "",
		same_set ? "" : set,
		term != NULL ? indented
		: same_rule  ? ""
			     : rule,
		holds ? _("yes") : _("no"), why);
	rp_cli_table_colour(table, 3, holds ? RP_COLOUR_GOOD : RP_COLOUR_WAIT);
}

static void
print_rows(RpCli *cli, const char *recipient, GPtrArray *rows)
{
	g_autoptr(RpCliTable) table =
		rp_cli_table_new(" ", _("SET"), _("RULE"), _("HOLDS"), _("WHY"), NULL);
	const char *set = NULL, *rule = NULL;

	for (guint i = 0; i < rows->len; i++) {
		add_explain_row(table, rows->pdata[i], set, rule);
		set = rp_cli_member_string(rows->pdata[i], "set", "");
		rule = rp_cli_member_string(rows->pdata[i], "rule", "");
	}
	rp_cli_print_line(cli, 0, "%s%s%s\n", rp_cli_colour(cli, RP_COLOUR_BOLD), recipient,
		rp_cli_colour(cli, RP_COLOUR_NONE));
	if (rows->len > 0)
		rp_cli_table_print(cli, table);
	else
		rp_cli_print_line(cli, 0, _("  no server set was considered\n"));
}

/* One array of rows that name their recipients: printed by recipient. */
static void
explain_rows(RpCli *cli, JsonArray *array)
{
	g_autoptr(GPtrArray) rows = g_ptr_array_new();
	const char *recipient = NULL;

	for (guint i = 0; i < length(array); i++) {
		JsonObject *row = object_at(array, i);
		const char *of = row != NULL ? rp_cli_member_string(row, "recipient", "") : NULL;

		if (row == NULL)
			continue;
		if (recipient != NULL && g_strcmp0(recipient, of) != 0) {
			print_rows(cli, recipient, rows);
			rp_cli_print(cli, "\n");
			g_ptr_array_set_size(rows, 0);
		}
		recipient = of;
		g_ptr_array_add(rows, row);
	}
	if (recipient != NULL)
		print_rows(cli, recipient, rows);
	else
		rp_cli_print_wrapped(cli, 0,
			_("No server set is left to decide about: none is configured, or every "
			  "recipient has been sent to or refused (“roampost show” tells). A "
			  "refused message can be edited, retried or deleted."));
}

static void
print_verdict(RpCli *cli, JsonObject *recipient)
{
	const char *verdict = rp_cli_member_string(recipient, "verdict", NULL);
	const char *set = rp_cli_member_string(recipient, "set", NULL);

	if (verdict == NULL)
		return;
	g_autofree char *coloured = g_strconcat(rp_cli_colour(cli, rp_cli_state_colour(verdict)),
		rp_cli_state_word(verdict), rp_cli_colour(cli, RP_COLOUR_NONE), NULL);
	if (set != NULL)
		/* TRANSLATORS: "send by odn". */
		rp_cli_print_line(cli, 0, _("%1$s by %2$s\n"), coloured, set);
	else
		rp_cli_print(cli, "%s\n", coloured);
}

/* Reasons in words, one a line. */
static void
print_reasons(RpCli *cli, JsonArray *reasons)
{
	for (guint i = 0; i < length(reasons); i++) {
		JsonObject *reason = object_at(reasons, i);

		if (reason != NULL)
			rp_cli_print_wrapped(cli, 2,
				rp_cli_member_string(reason, "text",
					rp_cli_member_string(reason, "reason", "")));
	}
}

static void
explain_recipient(RpCli *cli, JsonObject *recipient)
{
	JsonArray *array = rp_cli_member_array(recipient, "rows");
	g_autoptr(GPtrArray) rows = g_ptr_array_new();

	for (guint i = 0; i < length(array); i++)
		if (object_at(array, i) != NULL)
			g_ptr_array_add(rows, object_at(array, i));
	print_rows(cli, rp_cli_member_string(recipient, "address", ""), rows);
	print_verdict(cli, recipient);
	print_reasons(cli, rp_cli_member_array(recipient, "reasons"));
}

gboolean
rp_cli_render_explain(RpCli *cli, const char *json, GError **error)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	JsonNode *root = parse(parser, json, error);
	JsonArray *recipients;

	if (root == NULL)
		return FALSE;
	if (JSON_NODE_HOLDS_ARRAY(root)) {
		explain_rows(cli, json_node_get_array(root));
		return TRUE;
	}
	recipients = JSON_NODE_HOLDS_OBJECT(root)
			     ? rp_cli_member_array(json_node_get_object(root), "recipients")
			     : NULL;
	for (guint i = 0; i < length(recipients); i++) {
		if (i > 0)
			rp_cli_print(cli, "\n");
		if (object_at(recipients, i) != NULL)
			explain_recipient(cli, object_at(recipients, i));
	}
	return TRUE;
}

/* ---- sets ---- */

static char *
describe_use(JsonObject *set)
{
	JsonArray *reasons = rp_cli_member_array(set, "reasons");
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree char *steps = rp_cli_member_join(set, "steps", ", ");
	gboolean pop_first = strcmp(steps, "pop-login") == 0; /* the only step there is */

	g_autoptr(GPtrArray) ways = g_ptr_array_new_with_free_func(g_free);

	if (rp_cli_member_bool(set, "usable")) {
		g_autofree char *waiting =
			rp_cli_with_local_times(rp_cli_member_string(set, "waiting", ""));

		g_autofree char *way =
			describe_way(rp_cli_member_string(set, "rule", "?"), pop_first);
		return *waiting != '\0' ? g_strdup_printf(_("%1$s. %2$s"), way, waiting)
					: g_steal_pointer(&way);
	}
	for (guint i = 0; i < length(reasons); i++) {
		JsonObject *reason = object_at(reasons, i);

		if (reason != NULL)
			rp_text_add_sentence(
				text, rp_cli_member_string(reason, "text",
					      rp_cli_member_string(reason, "reason", "")));
		if (reason != NULL)
			rp_cli_add_remedies(ways, reason);
	}
	g_autofree char *free_text = rp_cli_remedies_text(ways);
	g_autofree char *done = rp_cli_of_no_message(free_text);
	rp_text_add_sentence(text, done);
	return g_string_free(g_steal_pointer(&text), FALSE);
}

/* What its rules were learned from. */
static void
print_learned(RpCli *cli, JsonObject *set)
{
	JsonArray *learned = rp_cli_member_array(set, "learned");

	if (learned == NULL)
		return;
	rp_cli_print_line(cli, 0,
		length(learned) > 0 ? _("\n%s learns its server's rules:\n")
				    : _("\n%s learns its server's rules: nothing was tried yet.\n"),
		rp_cli_member_string(set, "set", ""));
	for (guint i = 0; i < length(learned); i++) {
		g_autofree char *line =
			rp_cli_with_local_times(json_array_get_string_element(learned, i));
		rp_cli_print_wrapped(cli, 2, line);
	}
}

gboolean
rp_cli_render_sets_as_config(RpCli *cli, const char *json, GError **error)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	JsonNode *root = parse(parser, json, error);
	JsonArray *sets;
	guint n = 0;

	if (root == NULL)
		return FALSE;
	sets = JSON_NODE_HOLDS_ARRAY(root) ? json_node_get_array(root) : NULL;
	for (guint i = 0; i < length(sets); i++) {
		JsonObject *set = object_at(sets, i);
		JsonArray *lines = set != NULL ? rp_cli_member_array(set, "lines") : NULL;

		if (lines == NULL)
			continue;
		rp_cli_print(cli, "%s[server-set %s]\n", n++ > 0 ? "\n" : "",
			rp_cli_member_string(set, "set", ""));
		for (guint k = 0; k < length(lines); k++)
			rp_cli_print(cli, "%s\n", json_array_get_string_element(lines, k));
	}
	if (n == 0)
		rp_cli_print(cli, _("# No server set learns its rules: none has relay=auto.\n"));
	return TRUE;
}

gboolean
rp_cli_render_sets(RpCli *cli, const char *json, GError **error)
{
	g_autoptr(RpCliTable) table = rp_cli_table_new(
		" ", _("SET"), _("PROVIDER"), _("USABLE"), _("HOW, OR WHY NOT"), NULL);
	g_autoptr(JsonParser) parser = json_parser_new();
	JsonNode *root = parse(parser, json, error);
	JsonArray *sets;

	if (root == NULL)
		return FALSE;
	sets = JSON_NODE_HOLDS_ARRAY(root) ? json_node_get_array(root) : NULL;
	for (guint i = 0; i < length(sets); i++) {
		JsonObject *set = object_at(sets, i);

		if (set == NULL)
			continue;
		gboolean usable = rp_cli_member_bool(set, "usable");
		g_autofree char *how = describe_use(set);
		g_autofree char *provider =
			rp_cli_provider_titles(rp_cli_member_string(set, "provider", "-"));
		rp_cli_table_add(table, rp_cli_member_bool(set, "current") ? "*" : "",
			rp_cli_member_string(set, "set", ""), provider, usable ? _("yes") : _("no"),
			how);
		rp_cli_table_colour(table, 3, usable ? RP_COLOUR_GOOD : RP_COLOUR_WAIT);
	}
	if (rp_cli_table_size(table) > 0)
		rp_cli_table_print(cli, table);
	else
		rp_cli_print_wrapped(
			cli, 0, _("No server set is configured: “roampost setup” makes one."));
	for (guint i = 0; i < length(sets); i++)
		if (object_at(sets, i) != NULL)
			print_learned(cli, object_at(sets, i));
	return TRUE;
}
