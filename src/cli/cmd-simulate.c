/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-cli"
#include "commands.h"
#include "question.h"
#include "roampost/decision-json.h"
#include "roampost/decision-variant.h"
#include "roampost/language.h"
#include "values.h"

#include <string.h>

/* The agent's decision without the agent: reads the configuration and what servers have said,
 * prints, touches nothing. */

static struct {
	char **at, **pop_logins, **observed, **to;
	char *nm_connection, *ssid, *from, *header_from, *size, *use;
	gboolean metered, portal, explain, sets, batch;
} given;

const GOptionEntry rp_cmd_simulate_options[] = {
	{"at", 0, 0, G_OPTION_ARG_STRING_ARRAY, &given.at, N_("the addresses the machine has"),
		"ADDRESS…"},
	{"nm-connection", 0, 0, G_OPTION_ARG_STRING, &given.nm_connection,
		N_("the NetworkManager connection that is up"), "CONNECTION"},
	{"ssid", 0, 0, G_OPTION_ARG_STRING, &given.ssid, N_("the wireless network"), "SSID"},
	{"pop-login", 0, 0, G_OPTION_ARG_STRING_ARRAY, &given.pop_logins,
		N_("a POP login of SET was made from there so long ago: 120 (seconds) or 2min"),
		"SET=AGE"},
	{"observed", 0, 0, G_OPTION_ARG_STRING_ARRAY, &given.observed,
		N_("what a set with relay=auto has heard from its server, “SET SAID WITH DOMAIN "
		   "AGE "
		   "[ADDRESS]”, as in “odn refused sender-domain x.example 2h”: SAID is taken, "
		   "refused or unclear; WITH is what was brought, terms of a rule joined by + "
		   "(pop-login, auth, sender-domain, recipient-domain), or anywhere for none; "
		   "DOMAIN "
		   "is the recipient's (one that was refused speaks for itself, two for all); AGE "
		   "is "
		   "how long ago (90s, 2h, 3d); ADDRESS is where one was, if not at --at"),
		"OBSERVATION…"},
	{"from", 0, 0, G_OPTION_ARG_STRING, &given.from,
		N_("sender, in envelope and From; <> is the empty one (default: default-identity)"),
		"ADDRESS"},
	{"header-from", 0, 0, G_OPTION_ARG_STRING, &given.header_from,
		N_("the address in From, where it is another than the envelope's"), "ADDRESS"},
	{"to", 0, 0, G_OPTION_ARG_STRING_ARRAY, &given.to, N_("recipients"), "ADDRESS…"},
	{"size", 0, 0, G_OPTION_ARG_STRING, &given.size, N_("the message's size: 2048, 512K, 10M"),
		"SIZE"},
	{"metered", 0, 0, G_OPTION_ARG_NONE, &given.metered, N_("the link is metered"), NULL},
	{"portal", 0, 0, G_OPTION_ARG_NONE, &given.portal, N_("the link ends at a captive portal"),
		NULL},
	{"use", 0, 0, G_OPTION_ARG_STRING, &given.use, N_("with this server set chosen by hand"),
		"SET"},
	{"explain", 0, 0, G_OPTION_ARG_NONE, &given.explain,
		N_("show the whole decision: every set, rule and term"), NULL},
	{"sets", 0, 0, G_OPTION_ARG_NONE, &given.sets,
		N_("of no message: show every server set, usable there and how, or why not"), NULL},
	{"batch", 0, 0, G_OPTION_ARG_NONE, &given.batch,
		N_("read a JSON object a line from standard input, print one a line"), NULL},
	G_OPTION_ENTRY_NULL};

/* ---- one question from the command line ---- */

static gboolean
parse_age(const char *text, RpSpan *age, GError **error)
{
	guint64 seconds;

	if (!g_ascii_string_to_unsigned(text, 10, 0, 1000000000, &seconds, NULL))
		return rp_span_parse(text, age, error);
	*age = (RpSpan)seconds * G_USEC_PER_SEC;
	return TRUE;
}

static gboolean
read_pop_login(RpQuestion *question, const char *text, GError **error)
{
	const char *equals = strrchr(text, '=');
	g_autofree char *set = NULL;
	RpSpan age;

	if (equals == NULL || equals == text) {
		g_set_error(error, RP_ERROR, RP_ERROR_INVALID,
			_("--pop-login %s: write SET=AGE, as in odn=2min"), text);
		return FALSE;
	}
	if (!parse_age(equals + 1, &age, error))
		return FALSE;
	set = g_strndup(text, (gsize)(equals - text));
	rp_question_add_pop_login(question, set, age);
	return TRUE;
}

static gboolean
read_options(RpQuestion *question, GError **error)
{
	for (char **address = given.at; address != NULL && *address != NULL; address++)
		if (!rp_question_add_address(question, *address, error))
			return FALSE;
	for (char **login = given.pop_logins; login != NULL && *login != NULL; login++)
		if (!read_pop_login(question, *login, error))
			return FALSE;
	for (char **seen = given.observed; seen != NULL && *seen != NULL; seen++)
		if (!rp_question_add_observed(question, *seen, error))
			return FALSE;
	for (char **to = given.to; to != NULL && *to != NULL; to++)
		g_ptr_array_add(question->to, g_strdup(*to));
	if (given.size != NULL && !rp_size_parse(given.size, &question->size, error))
		return FALSE;
	question->nm_connection = g_strdup(given.nm_connection);
	question->ssid = g_strdup(given.ssid);
	question->from = g_strdup(given.from);
	question->header_from = g_strdup(given.header_from);
	question->metered = given.metered;
	question->portal = given.portal;
	if (given.use != NULL && strcmp(given.use, "auto") != 0)
		question->use = g_strdup(given.use);
	return TRUE;
}

static void
print_json(RpCli *cli, const RpSituation *situation, const RpMessageFacts *message,
	const RpDecision *decision, const GArray *rows)
{
	g_autoptr(GString) out = g_string_new(NULL);
	RpJson json;

	rp_json_init(&json, out);
	if (rows != NULL)
		rp_json_begin_object(&json, NULL);
	rp_decision_write_json(
		&json, rows != NULL ? "decision" : NULL, situation, message, decision);
	if (rows != NULL) {
		g_autoptr(GVariant) value =
			g_variant_ref_sink(rp_explain_variant(situation, message, rows));
		rp_cli_explain_write_json(&json, "rows", value);
		rp_json_end_object(&json);
	}
	rp_cli_print_json(cli, out->str);
}

static void
print_sets(RpCli *cli, const RpSituation *situation)
{
	gint current = rp_policy_current_set(situation);
	g_autoptr(GVariant) sets = g_variant_ref_sink(rp_sets_variant(situation,
		current < 0 ? NULL : rp_catalogue_set(situation->catalogue, (guint)current)->name,
		NULL, NULL));
	g_autofree char *text = rp_cli_sets_json(sets);
	g_autoptr(GError) error = NULL;

	if (cli->json)
		rp_cli_print_json(cli, text);
	else if (!rp_cli_render_sets(cli, text, &error))
		g_critical("%s", error->message);
}

static void
print_table(RpCli *cli, const RpSituation *situation, const RpMessageFacts *message,
	const RpDecision *decision, const GArray *rows)
{
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	RpJson json;

	rp_cli_render_decision(cli, situation, message, decision);
	if (message->n_recipients == 0) /* then what could be sent by is all there is to say */
		print_sets(cli, situation);
	if (rows == NULL)
		return;
	g_autoptr(GVariant) value =
		g_variant_ref_sink(rp_explain_variant(situation, message, rows));
	rp_json_init(&json, out);
	rp_cli_explain_write_json(&json, NULL, value);
	rp_cli_print(cli, "\n");
	if (!rp_cli_render_explain(cli, out->str, &error))
		g_critical("%s", error->message);
}

static int
answer_one(RpCli *cli, RpConfig *config, RpTime now)
{
	g_autoptr(RpAsnFile) asns = rp_cli_asn_file(config);
	g_auto(RpCliHeard) heard = {NULL};
	rp_cli_heard_load(&heard, config, asns, now);
	const RpSimulatorGround ground = rp_cli_simulator_ground(config, asns, &heard, now);
	g_autoptr(RpSimulator) simulator = rp_simulator_new(&ground);
	g_autoptr(RpQuestion) question = rp_question_new();
	g_autoptr(GError) error = NULL;
	g_autoptr(RpDecision) decision = NULL;
	g_autoptr(GArray) rows = NULL;
	RpSituation situation;
	RpMessageFacts message;

	if (!read_options(question, &error) ||
		!rp_cli_question_check(question, rp_config_catalogue(config), &error))
		return rp_cli_usage(cli, "%s", error->message);
	if (question->at->len == 0)
		return rp_cli_usage(cli, _("where? Say it with --at ADDRESS"));
	rp_simulator_ask(simulator, question, &situation, &message);
	if (given.sets) {
		print_sets(cli, &situation);
		return RP_EXIT_DONE;
	}
	decision = rp_policy_decide(&situation, &message);
	if (given.explain)
		rows = rp_policy_explain(&situation, &message);
	(cli->json ? print_json : print_table)(cli, &situation, &message, decision, rows);
	return RP_EXIT_DONE;
}

int
rp_cmd_simulate(RpCli *cli, int argc, char **argv)
{
	g_autoptr(RpConfig) config = rp_cli_load_config(cli);
	RpTime now = g_get_real_time();

	if (config == NULL)
		return RP_EXIT_FAILED;
	return given.batch ? rp_cli_answer_batch(cli, config, now) : answer_one(cli, config, now);
}
