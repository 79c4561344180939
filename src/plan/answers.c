/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "planner-private.h"

#include "roampost/decision-json.h"
#include "roampost/language.h"

#include <string.h>

/* Decisions, each made once for all classes that are alike, and what is written down of it. Which
 * classes are alike does not depend on where one is: at another place their kinds are still good,
 * and only these are decided anew. */

static const RpClassVerdict class_verdicts[] = {
	[RP_VERDICT_SEND] = RP_CLASS_SEND,
	[RP_VERDICT_HOLD] = RP_CLASS_HOLD,
	[RP_VERDICT_SPLIT] = RP_CLASS_SPLIT,
};

struct RpAnswers {
	const RpGround *ground;
	const RpCatalogue *catalogue;
	RpSituation situation;
	GHashTable *kinds; /* likeness -> RpKind */
	char *basis;       /* of the likenesses; NULL: there is none */
	GString *key;
	guint64 plan;
};

char *
rp_verdict_text(RpClassVerdict verdict, const char *sets, const char *reasons)
{
	g_autofree char *text = g_strdup_printf(
		"%d\t%s\n%s", (int)verdict, sets ? sets : "", reasons ? reasons : "");

	return g_ref_string_new_intern(text);
}

static void
answer_free(RpAnswer *answer)
{
	g_ref_string_release(answer->text);
	g_free(answer->reasons);
	g_free(answer->sets);
	rp_decision_free(answer->decision);
	g_free(answer);
}

static void
kind_free(gpointer data)
{
	RpKind *kind = data;

	g_clear_pointer(&kind->answer, answer_free);
	g_ptr_array_unref(kind->texts);
	g_free((gpointer)kind->facts.recipients);
	g_free(kind);
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

/* Kept for all classes of the kind: whose domain a line is about is said by a recipient's place. */
static char *
class_text(const RpAnswers *answers, const RpDecision *decision, const RpMessageFacts *facts)
{
	guint n = decision->n_recipients;
	g_autofree RpClassSaid *said = g_new0(RpClassSaid, n);
	g_autoptr(GPtrArray) reasons = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < n; i++) {
		const RpRecipientPlan *plan = &decision->recipients[i];
		const char *at = strrchr(facts->recipients[i], '@');

		g_ptr_array_add(reasons, reasons_json(answers->catalogue, plan->reasons));
		said[i] = (RpClassSaid){
			.set = plan->verdict == RP_VERDICT_SEND
				       ? rp_catalogue_set(answers->catalogue, plan->set)->name
				       : NULL,
			.reasons_json = reasons->pdata[i],
			.told_apart = rp_policy_names_recipient_domain(answers->catalogue,
				answers->situation.failures, answers->situation.observations,
				at ? at + 1 : ""),
		};
	}
	return rp_class_text_write(said, n);
}

static RpAnswer *
make(const RpAnswers *answers, const RpMessageFacts *facts)
{
	RpAnswer *answer = g_new0(RpAnswer, 1);
	RpDecision *decision = rp_policy_decide(&answers->situation, facts);

	answer->decision = decision;
	answer->stands_on_login = stands_on_login(decision);
	answer->sets = sets_text(answers->catalogue, decision);
	answer->reasons = class_text(answers, decision, facts);
	answer->verdict = class_verdicts[decision->verdict];
	answer->text = rp_verdict_text(answer->verdict, answer->sets, answer->reasons);
	return answer;
}

void
rp_answers_make(RpAnswers *answers, RpKind *kind)
{
	if (kind->answer && kind->planned == answers->plan)
		return;
	g_clear_pointer(&kind->answer, answer_free);
	kind->answer = make(answers, &kind->facts);
	kind->planned = answers->plan;
}

/* ---- kinds ---- */

static const char *
keep(RpKind *kind, const char *text)
{
	if (!text)
		return NULL;
	g_ptr_array_add(kind->texts, g_strdup(text));
	return kind->texts->pdata[kind->texts->len - 1];
}

static RpKind *
kind_new(const RpMessageFacts *facts)
{
	RpKind *kind = g_new0(RpKind, 1);
	const char **recipients = g_new0(const char *, facts->n_recipients + 1);

	kind->texts = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < facts->n_recipients; i++)
		recipients[i] = keep(kind, facts->recipients[i]);
	kind->facts = (RpMessageFacts){
		.sender = keep(kind, facts->sender),
		.header_from = keep(kind, facts->header_from),
		.recipients = recipients,
		.n_recipients = facts->n_recipients,
		.size = facts->size,
		.pin = keep(kind, facts->pin),
	};
	return kind;
}

RpKind *
rp_answers_kind(RpAnswers *answers, const RpMessageFacts *facts)
{
	RpKind *kind;

	rp_policy_likeness(answers->key, &answers->situation, facts);
	kind = g_hash_table_lookup(answers->kinds, answers->key->str);
	if (!kind) {
		kind = kind_new(facts);
		g_hash_table_insert(answers->kinds, g_strdup(answers->key->str), kind);
	}
	return kind;
}

gboolean
rp_answers_begin(RpAnswers *answers, guint64 plan)
{
	answers->catalogue = rp_ground_catalogue(answers->ground);
	answers->plan = plan;
	rp_ground_situation(answers->ground, &answers->situation);
	rp_policy_likeness_basis(answers->key, &answers->situation);
	if (g_strcmp0(answers->basis, answers->key->str) == 0)
		return TRUE;
	rp_answers_forget(answers);
	answers->basis = g_strdup(answers->key->str);
	return FALSE;
}

void
rp_answers_drop(RpAnswers *answers)
{
	GHashTableIter iter;
	gpointer kind;

	g_hash_table_iter_init(&iter, answers->kinds);
	while (g_hash_table_iter_next(&iter, NULL, &kind))
		g_clear_pointer(&((RpKind *)kind)->answer, answer_free);
}

static gboolean
is_unused(gpointer key, gpointer kind, gpointer answers)
{
	return ((const RpKind *)kind)->used != ((const RpAnswers *)answers)->plan;
}

void
rp_answers_end(RpAnswers *answers)
{
	g_hash_table_foreach_remove(answers->kinds, is_unused, answers);
}

void
rp_answers_forget(RpAnswers *answers)
{
	g_hash_table_remove_all(answers->kinds);
	g_clear_pointer(&answers->basis, g_free);
}

RpAnswers *
rp_answers_new(const RpGround *ground)
{
	RpAnswers *answers = g_new0(RpAnswers, 1);

	answers->ground = ground;
	answers->kinds = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, kind_free);
	answers->key = g_string_new(NULL);
	return answers;
}

void
rp_answers_free(RpAnswers *answers)
{
	g_hash_table_unref(answers->kinds);
	g_string_free(answers->key, TRUE);
	g_free(answers->basis);
	g_free(answers);
}
