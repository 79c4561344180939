/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "planner-private.h"

#include "roampost/decision-json.h"
#include "roampost/language.h"

#include <string.h>

/* Decisions, each made once a plan: classes that lead to the same sets share one, and what is
 * written down of it. */

struct RpAnswers {
	const RpCatalogue *catalogue;
	RpSituation situation;
	GHashTable *known; /* likeness -> RpAnswer */
	GString *key;
};

static void
answer_clear(gpointer data)
{
	RpAnswer *answer = data;

	for (guint i = 0; i < answer->decision->n_recipients; i++)
		g_free(answer->reasons[i]);
	g_free(answer->reasons);
	g_free(answer->sets);
	rp_decision_free(answer->decision);
}

void
rp_answer_unref(RpAnswer *answer)
{
	g_rc_box_release_full(answer, answer_clear);
}

/* The chosen sets, each once, in the order of the recipients. */
static char *
sets_text(const RpCatalogue *catalogue, const RpDecision *decision)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	for (guint i = 0; i < decision->n_recipients; i++) {
		const RpRecipientPlan *plan = &decision->recipients[i];
		const RpServerSet *set;

		if (plan->verdict != RP_VERDICT_SEND)
			continue;
		set = rp_catalogue_set(catalogue, plan->set);
		if (!g_ptr_array_find_with_equal_func(names, set->name, g_str_equal, NULL))
			g_ptr_array_add(names, set->name);
	}
	if (!names->len)
		return NULL;
	g_ptr_array_add(names, NULL);
	return g_strjoinv(";", (char **)names->pdata);
}

/* Kept, and so in English whoever asked for the plan. */
static char *
reasons_json(const RpCatalogue *catalogue, const GPtrArray *reasons)
{
	g_auto(RpLanguageScope) scope = rp_language_enter(NULL);
	g_autoptr(GString) text = g_string_new(NULL);
	RpJson json;

	rp_json_init(&json, text);
	rp_hold_reasons_write_json(
		&json, NULL, reasons, catalogue, RP_REASON_JSON_TEXT | RP_REASON_JSON_UNLOCK);
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static gboolean
stands_on_login(const RpDecision *decision)
{
	for (guint i = 0; i < decision->n_recipients; i++)
		if (decision->recipients[i].verdict == RP_VERDICT_SEND &&
			decision->recipients[i].pop_login_needed)
			return TRUE;
	return FALSE;
}

static RpAnswer *
make(const RpAnswers *answers, const RpMessageFacts *facts)
{
	RpAnswer *answer = g_rc_box_new0(RpAnswer);
	RpDecision *decision = rp_policy_decide(&answers->situation, facts);

	answer->decision = decision;
	answer->stands_on_login = stands_on_login(decision);
	answer->sets = sets_text(answers->catalogue, decision);
	answer->reasons = g_new0(char *, decision->n_recipients);
	for (guint i = 0; i < decision->n_recipients; i++)
		answer->reasons[i] =
			reasons_json(answers->catalogue, decision->recipients[i].reasons);
	return answer;
}

RpAnswer *
rp_answers_get(RpAnswers *answers, const RpMessageFacts *facts)
{
	RpAnswer *answer;

	rp_policy_likeness(answers->key, &answers->situation, facts);
	answer = g_hash_table_lookup(answers->known, answers->key->str);
	if (!answer) {
		answer = make(answers, facts);
		g_hash_table_insert(answers->known, g_strdup(answers->key->str), answer);
	}
	return g_rc_box_acquire(answer);
}

RpAnswers *
rp_answers_new(const RpGround *ground)
{
	RpAnswers *answers = g_new0(RpAnswers, 1);

	answers->catalogue = rp_ground_catalogue(ground);
	rp_ground_situation(ground, &answers->situation);
	answers->known = g_hash_table_new_full(
		g_str_hash, g_str_equal, g_free, (GDestroyNotify)rp_answer_unref);
	answers->key = g_string_new(NULL);
	return answers;
}

void
rp_answers_free(RpAnswers *answers)
{
	g_hash_table_unref(answers->known);
	g_string_free(answers->key, TRUE);
	g_free(answers);
}
