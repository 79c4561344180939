/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "service-private.h"

#include "roampost/decision-variant.h"
#include "roampost/language.h"
#include "roampost/simulate.h"

/* Simulate: what the policy would say of a message, here as everything is now, or at a place that
 * the caller describes. */

#define RECIPIENTS_MOST 1000

/* ---- what is asked ---- */

static gboolean
has(GVariant *options, const char *name)
{
	g_autoptr(GVariant) value = g_variant_lookup_value(options, name, NULL);

	return value != NULL;
}

/* What only a made-up place has. */
static const char *const of_places[] = {
	"nm-connection", "ssid", "pop-logins", "observed", "metered", "portal"};

static gboolean
says_where(RpBusCall *call, GVariant *options)
{
	for (guint i = 0; !has(options, "at") && i < G_N_ELEMENTS(of_places); i++) {
		if (!has(options, of_places[i]))
			continue;
		rp_bus_call_refuse(call, RP_ERROR_INVALID,
			_("“%s” is of a place that the option at describes; without that the "
			  "question is about here"),
			of_places[i]);
		return FALSE;
	}
	return TRUE;
}

typedef gboolean (*AddText)(RpQuestion *question, const char *text, GError **error);

/* Each text of the option, where there is one. */
static gboolean
read_texts(RpBusCall *call, GVariant *options, const char *name, RpQuestion *question, AddText add)
{
	g_autofree const char **texts = NULL;
	GError *error = NULL;

	g_variant_lookup(options, name, "^a&s", &texts);
	if (texts && !rp_args_named(call, texts, RP_ARGS_ADDRESS_LONGEST))
		return FALSE;
	for (guint i = 0; texts && texts[i]; i++) {
		if (add(question, texts[i], &error))
			continue;
		rp_bus_call_fail(call, error);
		return FALSE;
	}
	return TRUE;
}

static gboolean
read_pop_logins(RpAgent *agent, RpBusCall *call, GVariant *options, RpQuestion *question)
{
	g_autoptr(GVariant) ages =
		g_variant_lookup_value(options, "pop-logins", G_VARIANT_TYPE("a{sx}"));
	GVariantIter iter;
	const char *set;
	gint64 age;

	if (!ages)
		return TRUE;
	g_variant_iter_init(&iter, ages);
	while (g_variant_iter_next(&iter, "{&sx}", &set, &age)) {
		if (!rp_args_set(agent, call, set))
			return FALSE;
		if (age < 0) {
			rp_bus_call_refuse(call, RP_ERROR_INVALID,
				_("the POP login of “%s” has not been made yet"), set);
			return FALSE;
		}
		rp_question_add_pop_login(question, set, age);
	}
	return TRUE;
}

static gboolean
read_place(RpAgent *agent, RpBusCall *call, GVariant *options, RpQuestion *question)
{
	if (!says_where(call, options) ||
		!read_texts(call, options, "at", question, rp_question_add_address) ||
		!read_pop_logins(agent, call, options, question) ||
		!read_texts(call, options, "observed", question, rp_question_add_observed))
		return FALSE;
	for (guint i = 0; i < question->observed->len; i++)
		if (!rp_args_set(agent, call,
			    g_array_index(question->observed, RpQuestionObserved, i).set))
			return FALSE;
	g_variant_lookup(options, "nm-connection", "s", &question->nm_connection);
	g_variant_lookup(options, "ssid", "s", &question->ssid);
	g_variant_lookup(options, "metered", "b", &question->metered);
	g_variant_lookup(options, "portal", "b", &question->portal);
	return TRUE;
}

static gboolean
read_address(RpBusCall *call, GVariant *options, const char *name, char **address)
{
	const char *text = NULL;

	g_variant_lookup(options, name, "&s", &text);
	return !text || rp_args_sender(call, text, address);
}

static gboolean
read_recipients(RpBusCall *call, GVariant *options, RpQuestion *question)
{
	g_autofree const char **texts = NULL;
	g_auto(GStrv) addresses = NULL;

	g_variant_lookup(options, "to", "^a&s", &texts);
	if (!texts || !texts[0])
		return TRUE;
	if (g_strv_length((char **)texts) > RECIPIENTS_MOST) {
		rp_bus_call_refuse(call, RP_ERROR_INVALID,
			_("a question has at most %u recipients"), RECIPIENTS_MOST);
		return FALSE;
	}
	if (!rp_args_recipients(call, texts, &addresses))
		return FALSE;
	for (guint i = 0; addresses[i]; i++)
		g_ptr_array_add(question->to, g_strdup(addresses[i]));
	return TRUE;
}

static gboolean
read_message(RpAgent *agent, RpBusCall *call, GVariant *options, RpQuestion *question)
{
	const char *use = NULL;
	guint64 size = 0;

	if (!read_address(call, options, "from", &question->from) ||
		!read_address(call, options, "header-from", &question->header_from) ||
		!read_recipients(call, options, question))
		return FALSE;
	g_variant_lookup(options, "size", "t", &size);
	question->size = (gint64)MIN(size, (guint64)G_MAXINT64);
	g_variant_lookup(options, "use", "&s", &use);
	if (!use || g_str_equal(use, "auto"))
		return TRUE;
	question->use = g_strdup(use);
	return rp_args_set(agent, call, use);
}

/* ---- what is answered ---- */

static GVariant *
answer_of(const RpSituation *situation, const RpMessageFacts *message)
{
	g_autoptr(RpDecision) decision = rp_policy_decide(situation, message);
	gint current = rp_policy_current_set(situation);
	g_autoptr(GVariant) decided =
		g_variant_ref_sink(rp_decision_variant(situation, message, decision));
	GVariantDict answer;

	g_variant_dict_init(&answer, decided);
	g_variant_dict_insert_value(&answer, "sets",
		rp_sets_variant(situation,
			current < 0 ? NULL
				    : rp_catalogue_set(situation->catalogue, (guint)current)->name,
			NULL, NULL));
	return g_variant_new("(@a{sv})", g_variant_dict_end(&answer));
}

static GVariant *
answer_here(RpAgent *agent, const RpQuestion *question, gboolean says_use)
{
	const RpAgentOptions *options = rp_ground_options(&agent->ground);
	RpMessageFacts message = rp_question_message(question, options->default_identity);
	RpSituation situation;

	rp_ground_situation(&agent->ground, &situation);
	if (says_use)
		situation.override = question->use;
	return answer_of(&situation, &message);
}

static GVariant *
answer_there(RpAgent *agent, const RpQuestion *question)
{
	const RpAgentOptions *options = rp_ground_options(&agent->ground);
	const RpSimulatorGround ground = {
		.catalogue = rp_agent_catalogue(agent),
		.asns = rp_whereabouts_asns(agent->whereabouts),
		.default_identity = options->default_identity,
		.choose = options->choose,
		.metered_limit = options->metered_limit,
		.observations = rp_records_observations(agent->ground.records),
		.failures = rp_records_failures(agent->ground.records),
		.now = rp_agent_now(agent),
	};
	g_autoptr(RpSimulator) simulator = rp_simulator_new(&ground);
	RpMessageFacts message;
	RpSituation situation;

	rp_simulator_ask(simulator, question, &situation, &message);
	return answer_of(&situation, &message);
}

void
rp_service_simulate(RpBusCall *call, GVariant *arguments, gpointer data)
{
	RpAgent *agent = data;
	g_autoptr(GVariant) options = g_variant_get_child_value(arguments, 0);
	g_autoptr(RpQuestion) question = rp_question_new();

	if (!read_place(agent, call, options, question) ||
		!read_message(agent, call, options, question))
		return;
	if (has(options, "at"))
		rp_bus_call_return(call, answer_there(agent, question));
	else if (rp_args_place_known(agent, call))
		rp_bus_call_return(call, answer_here(agent, question, has(options, "use")));
}
