/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy-private.h"

/* What a set could do from here for its own mail. */

/* Has no domain, so it is local to nobody and in nobody's list. */
static const char *const outside_recipient[] = {"outside"};

/* A message of the set's own first identity; `sender` keeps its text. For "@domain" somebody there.
 */
static RpMessageFacts
own_message(const RpServerSet *set, char **sender)
{
	const char *identity = set->identities[0];

	*sender = !identity ? g_strdup("")
			    : g_strconcat(*identity == '@' ? "user" : "", identity, NULL);
	return (RpMessageFacts){
		.sender = *sender,
		.recipients = outside_recipient,
		.n_recipients = G_N_ELEMENTS(outside_recipient),
	};
}

RpDecision *
rp_policy_try_set(const RpSituation *situation, guint set)
{
	g_autofree char *sender = NULL;
	RpMessageFacts message = own_message(rp_catalogue_set(situation->catalogue, set), &sender);
	RpQuestion question;

	rp_question_init_set(&question, situation, &message, set);
	RpDecision *decision = rp_question_decide(&question);
	rp_question_clear(&question);
	return decision;
}

typedef struct {
	gint set;
	gboolean inside;
	guint cost;
	gint priority;
} Standing;

/* Those that come later in the order of names win only by being better. */
static gboolean
stands_above(const Standing *a, const Standing *b)
{
	if (b->set < 0 || a->inside != b->inside)
		return b->set < 0 || a->inside;
	if (a->cost != b->cost)
		return a->cost < b->cost;
	return a->priority > b->priority;
}

static gboolean
standing_of(const RpSituation *situation, guint index, Standing *standing)
{
	const RpServerSet *set = rp_catalogue_set(situation->catalogue, index);
	g_autofree char *sender = NULL;
	RpRecipientFacts facts;
	RpQuestion question;
	RpWay way;

	if (!set->identities[0])
		return FALSE; /* it has no mail of its own */
	RpMessageFacts message = own_message(set, &sender);
	rp_question_init_set(&question, situation, &message, index);
	rp_recipient_facts_init(&facts, &question, outside_recipient[0]);
	gboolean sends = rp_candidate_best_way(&question, &question.candidates[0], &facts, &way);
	if (sends)
		*standing = (Standing){(gint)index, question.candidates[0].inside,
			rp_way_rank(&way), set->priority};
	rp_recipient_facts_clear(&facts);
	rp_question_clear(&question);
	return sends;
}

gint
rp_policy_current_set(const RpSituation *situation)
{
	Standing best = {.set = -1};

	if (situation->override)
		return rp_catalogue_find_set(situation->catalogue, situation->override);
	for (guint i = 0; i < rp_catalogue_n_sets(situation->catalogue); i++) {
		Standing standing;

		if (standing_of(situation, i, &standing) && stands_above(&standing, &best))
			best = standing;
	}
	return best.set;
}
