/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy-private.h"

/* The decision about one message: what each set would take for each recipient, and who takes
 * whom (roampost-policy(7), the fifth of its choices). */

/* What every candidate would take for every recipient: costs, one row a candidate. */
typedef struct {
	guint8 *costs;
	guint n_recipients;
	guint8 few[512];
	gpointer heap;
} Costs;

static guint8 *
cost_at(const Costs *costs, guint candidate, guint recipient)
{
	return &costs->costs[(gsize)candidate * costs->n_recipients + recipient];
}

static void
costs_init(Costs *costs, guint n_candidates, guint n_recipients)
{
	gsize size = (gsize)n_candidates * n_recipients;

	costs->heap = size > sizeof costs->few ? g_malloc(size) : NULL;
	costs->costs = costs->heap ? costs->heap : costs->few;
	costs->n_recipients = n_recipients;
}

/* The user is to decide whether mail goes by it; until then it keeps what it would take. */
static gboolean
waits_for_user(const RpCandidate *candidate)
{
	return candidate->failure && candidate->failure->kind == RP_FAILURE_REJECTED;
}

static guint8
cost_for(const RpQuestion *question, const RpCandidate *candidate, const RpRecipientFacts *facts)
{
	RpWay way;

	if (waits_for_user(candidate)) {
		RpCandidate as_if = *candidate;

		as_if.failure = NULL;
		rp_candidate_best_way(question, &as_if, facts, &way);
	} else {
		rp_candidate_best_way(question, candidate, facts, &way);
	}
	return rp_way_rank(&way);
}

static void
fill_recipient(Costs *costs, const RpQuestion *question, guint recipient)
{
	RpRecipientFacts facts;

	rp_recipient_facts_init(&facts, question, question->message->recipients[recipient]);
	for (guint i = 0; i < question->n_candidates; i++)
		*cost_at(costs, i, recipient) =
			cost_for(question, &question->candidates[i], &facts);
	rp_recipient_facts_clear(&facts);
}

/* The best candidate for one recipient, or -1. */
static gint
best_for_one(const RpQuestion *question, const Costs *costs, guint recipient)
{
	gint best = -1;

	for (guint i = 0; i < question->n_candidates; i++) {
		guint8 cost = *cost_at(costs, i, recipient);

		if (cost != RP_COST_NEVER &&
			(best < 0 || rp_candidate_compare(question, &question->candidates[i], cost,
					     &question->candidates[best],
					     *cost_at(costs, (guint)best, recipient)) < 0))
			best = (gint)i;
	}
	return best >= 0 && waits_for_user(&question->candidates[best]) ? -1 : best;
}

/* The dearest cost of the recipients that any set can take (`best` is not negative for them);
 * RP_COST_NEVER when this candidate can't take them all. */
static guint8
cost_of_all(const Costs *costs, guint candidate, const gint *best)
{
	guint8 dearest = 0;

	for (guint i = 0; i < costs->n_recipients; i++) {
		if (best[i] >= 0)
			dearest = MAX(dearest, *cost_at(costs, candidate, i));
	}
	return dearest;
}

/* Recipients of one message stay together: the best ranked of the sets that can take all that can
 * be taken, or -1. */
static gint
best_for_all(const RpQuestion *question, const Costs *costs, const gint *best)
{
	gint all = -1;
	guint8 all_cost = 0;

	for (guint i = 0; i < question->n_candidates; i++) {
		guint8 cost = cost_of_all(costs, i, best);

		if (cost == RP_COST_NEVER || waits_for_user(&question->candidates[i]) ||
			(all >= 0 && rp_candidate_compare(question, &question->candidates[i], cost,
					     &question->candidates[all], all_cost) > 0))
			continue;
		all = (gint)i;
		all_cost = cost;
	}
	return all;
}

static RpDecision *
new_decision(guint n_recipients)
{
	/* one block: a decision is made for every question of a batch */
	RpDecision *decision = g_malloc0(sizeof *decision + n_recipients * sizeof(RpRecipientPlan));

	decision->recipients = (RpRecipientPlan *)(decision + 1);
	decision->n_recipients = n_recipients;
	return decision;
}

static void
plan_send(RpRecipientPlan *plan, const RpQuestion *question, const RpCandidate *candidate,
	const RpRecipientFacts *facts)
{
	RpWay way;

	rp_candidate_best_way(question, candidate, facts, &way);
	*plan = (RpRecipientPlan){
		.verdict = RP_VERDICT_SEND,
		.set = candidate->index,
		.rule = rp_rule_text(candidate, way.rule),
		.pop_login_first = way.pop_login_first,
		.pop_login_needed = way.pop_login_needed,
		.without_login = way.without_login,
		.cost = way.cost,
		.probe = way.probe,
		.link = way.link,
		.family = way.family,
		.source = way.source,
		.bind = way.bind,
	};
}

static void
plan_recipient(
	RpRecipientPlan *plan, const RpQuestion *question, const char *address, gint candidate)
{
	RpRecipientFacts facts;

	rp_recipient_facts_init(&facts, question, address);
	if (candidate >= 0) {
		plan_send(plan, question, &question->candidates[candidate], &facts);
	} else {
		plan->verdict = RP_VERDICT_HOLD;
		plan->link = -1;
		plan->reasons = rp_question_reasons(question, &facts);
	}
	rp_recipient_facts_clear(&facts);
}

static RpVerdict
overall(const gint *taken, guint n_recipients)
{
	guint held = 0;
	gboolean one_set = TRUE;

	for (guint i = 0; i < n_recipients; i++) {
		held += taken[i] < 0;
		one_set &= taken[i] == taken[0];
	}
	if (held == n_recipients)
		return RP_VERDICT_HOLD;
	return one_set ? RP_VERDICT_SEND : RP_VERDICT_SPLIT;
}

/* For every recipient the candidate that takes it, or -1. */
static void
assign(const RpQuestion *question, gint *taken)
{
	guint n_recipients = question->message->n_recipients;
	Costs costs;

	costs_init(&costs, question->n_candidates, n_recipients);
	for (guint i = 0; i < n_recipients; i++) {
		fill_recipient(&costs, question, i);
		taken[i] = best_for_one(question, &costs, i);
	}
	gint all = n_recipients > 1 ? best_for_all(question, &costs, taken) : -1;
	for (guint i = 0; i < n_recipients && all >= 0; i++) {
		if (taken[i] >= 0)
			taken[i] = all;
	}
	g_free(costs.heap);
}

RpDecision *
rp_question_decide(const RpQuestion *question)
{
	const RpMessageFacts *message = question->message;
	RpDecision *decision = new_decision(message->n_recipients);
	gint few[16];
	g_autofree gint *many = message->n_recipients > G_N_ELEMENTS(few)
					? g_new(gint, message->n_recipients)
					: NULL;
	gint *taken = many ? many : few;

	assign(question, taken);
	for (guint i = 0; i < message->n_recipients; i++)
		plan_recipient(
			&decision->recipients[i], question, message->recipients[i], taken[i]);
	decision->verdict = overall(taken, message->n_recipients);
	return decision;
}

RpDecision *
rp_policy_decide(const RpSituation *situation, const RpMessageFacts *message)
{
	RpQuestion question;

	rp_question_init(&question, situation, message, RP_SETS_CARRYING);
	RpDecision *decision = rp_question_decide(&question);
	rp_question_clear(&question);
	return decision;
}
