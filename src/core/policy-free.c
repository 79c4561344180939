/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy-private.h"

#include <string.h>

/* What would free a recipient that is held: each way once, in the order in which they are added. */

void
rp_hold_reason_add(RpHoldReason *reason, RpUnlockKind kind, const char *subject, RpTime time)
{
	for (guint i = 0; i < reason->unlock->len; i++) {
		const RpUnlock *other = reason->unlock->pdata[i];

		if (other->kind == kind && g_strcmp0(other->subject, subject) == 0)
			return;
	}
	g_ptr_array_add(reason->unlock, rp_unlock_new(kind, subject, time));
}

/* Of a provider that nothing tells, and that we can't dial, who is there has to say so. */
static RpUnlockKind
way_inside(const RpQuestion *question, const RpCandidate *candidate)
{
	const RpCatalogue *catalogue = question->situation->catalogue;
	gint index = rp_catalogue_set_provider(catalogue, candidate->index);

	if (index < 0 ||
		!rp_place_lacks_evidence(question->situation->place, catalogue, (guint)index) ||
		rp_provider_can_be_dialled(rp_catalogue_provider(catalogue, (guint)index)))
		return RP_UNLOCK_ENTER;
	return RP_UNLOCK_TEACH;
}

/* What the user can bring about so that the term holds; FALSE: nothing. */
static gboolean
term_unlock(const RpQuestion *question, const RpCandidate *candidate, RpTerm term,
	RpUnlockKind *kind, const char **subject)
{
	const RpServerSet *set = candidate->set;

	switch (term) {
	case RP_TERM_INSIDE:
		*kind = way_inside(question, candidate);
		*subject = set->provider;
		return set->provider != NULL;
	case RP_TERM_SENDER_DOMAIN:
		*kind = RP_UNLOCK_CHANGE_SENDER;
		*subject = set->domains[0];
		return set->domains[0] != NULL;
	case RP_TERM_AUTH:
		*kind = RP_UNLOCK_CREDENTIALS;
		*subject = set->name;
		return TRUE;
	case RP_TERM_ANYWHERE:
	case RP_TERM_RECIPIENT_DOMAIN:
	case RP_TERM_POP_LOGIN:
		return FALSE;
	}
	return FALSE;
}

/* One entry for the alternative: its first term that does not hold, if the user could bring about
 * all that do not. */
static void
add_rule_unlock(RpHoldReason *reason, const RpQuestion *question, const RpCandidate *candidate,
	const RpRecipientFacts *recipient, const RpRule *rule)
{
	gboolean any = FALSE;
	RpUnlockKind first = 0;
	const char *first_subject = NULL;

	for (guint i = 0; i < rule->n_terms; i++) {
		RpUnlockKind kind;
		const char *subject;

		if (rp_term_check(candidate, recipient, rule->terms[i]).holds)
			continue;
		if (!term_unlock(question, candidate, rule->terms[i], &kind, &subject))
			return;
		if (!any) {
			first = kind;
			first_subject = subject;
		}
		any = TRUE;
	}
	if (any)
		rp_hold_reason_add(reason, first, first_subject, 0);
}

void
rp_hold_reason_add_rules(RpHoldReason *reason, const RpQuestion *question,
	const RpCandidate *candidate, const RpRecipientFacts *recipient)
{
	const GPtrArray *relay = candidate->set->relay;

	for (guint i = 0; i < relay->len; i++)
		add_rule_unlock(reason, question, candidate, recipient, relay->pdata[i]);
}

static const char *
domain_of(const char *address)
{
	const char *at = strrchr(address, '@');

	return at ? at + 1 : NULL;
}

/* Where the senders are that the set's server should take: its own domains, else those of another
 * address that is its own, of whom it logs in as, of the address that it refused. */
static const char *
senders_domain(const RpServerSet *set, const char *refused)
{
	const char *user = set->smtp_login.user;

	if (set->domains[0])
		return set->domains[0];
	for (char **own = set->identities; own && *own; own++)
		if (g_ascii_strcasecmp(*own, refused) != 0)
			return domain_of(*own);
	return user && domain_of(user) ? domain_of(user) : domain_of(refused);
}

void
rp_hold_reason_add_sender(RpHoldReason *reason, const RpServerSet *set, const char *refused)
{
	const char *domain = senders_domain(set, refused), *own = domain_of(refused);

	rp_hold_reason_add(reason,
		own && domain && g_ascii_strcasecmp(own, domain) == 0 ? RP_UNLOCK_OTHER_SENDER
								      : RP_UNLOCK_CHANGE_SENDER,
		domain, 0);
}

void
rp_hold_reason_add_carriers(RpHoldReason *reason, const RpQuestion *question,
	const RpRecipientFacts *recipient, gboolean one)
{
	RpQuestion all;

	rp_question_init(&all, question->situation, question->message, RP_SETS_ALL);
	for (guint i = 0; i < all.n_candidates; i++) {
		const RpCandidate *candidate = &all.candidates[i];
		RpWay way;

		if (!rp_candidate_best_way(&all, candidate, recipient, &way))
			continue;
		if (one)
			rp_hold_reason_add(reason, RP_UNLOCK_PIN, candidate->set->name, 0);
		if (!candidate->may_carry)
			rp_hold_reason_add(reason, RP_UNLOCK_ALLOW_CARRY, candidate->set->name, 0);
		if (one)
			break;
	}
	rp_question_clear(&all);
}
