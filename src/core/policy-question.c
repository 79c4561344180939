/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy-private.h"

#include <string.h>

/* What a question needs before recipients are looked at: the ways out, and the sets that may carry
 * the message. */

/* Families whose default route can be used, and those that have one at all: where one of two ends
 * in a portal, nothing goes by it. */
static void
find_ways_out(RpQuestion *question)
{
	static const RpFamily families[] = {RP_FAMILY_IPV4, RP_FAMILY_IPV6};
	const RpPlace *place = question->situation->place;
	gboolean open[2] = {FALSE}, closed = FALSE;

	question->default_link = -1;
	for (guint i = 0; i < G_N_ELEMENTS(families); i++) {
		gint link = rp_place_default_link(place, families[i]);

		open[i] = link >= 0 && rp_place_is_way_out(place, (guint)link);
		closed |= link >= 0 && !open[i];
		if (open[i] && question->default_link < 0)
			question->default_link = link;
	}
	question->way_out = open[0] || open[1];
	if (closed && question->way_out)
		question->default_family = families[open[0] ? 0 : 1];
}

/* ---- what shuts a set ---- */

RpReason
rp_place_no_way_out(const RpPlace *place)
{
	for (guint i = 0; i < place->network->links->len; i++)
		if (rp_place_link(place, i)->connectivity == RP_CONNECTIVITY_PORTAL)
			return RP_REASON_PORTAL;
	return RP_REASON_OFFLINE;
}

static gint
shut_reason(const RpQuestion *question, const RpCandidate *candidate)
{
	const RpPlace *place = question->situation->place;
	const char *interface;

	if (question->paused)
		return RP_REASON_PAUSED;
	if (question->way_out || candidate->inside ||
		rp_set_is_near(place, candidate->set, &interface))
		return -1;
	return (gint)rp_place_no_way_out(place);
}

gint
rp_question_shut(const RpQuestion *question)
{
	gint shut = -1;

	if (question->paused)
		return RP_REASON_PAUSED;
	if (question->n_candidates == 0)
		return question->way_out ? -1
					 : (gint)rp_place_no_way_out(question->situation->place);
	shut = question->candidates[0].shut;
	for (guint i = 1; i < question->n_candidates; i++)
		if (question->candidates[i].shut != shut)
			return -1;
	return shut;
}

/* ---- who may carry it ---- */

const char *
rp_policy_identity(const RpMessageFacts *message)
{
	return message->header_from && *message->header_from ? message->header_from
							     : message->sender;
}

static gboolean
owns_identity(const RpOwners *owners, guint set)
{
	for (guint i = 0; i < G_N_ELEMENTS(owners->lists); i++) {
		if (rp_set_list_has(owners->lists[i], set))
			return TRUE;
	}
	return FALSE;
}

/* By `carries`, whose default is what no other set owns. */
static gboolean
carries(const RpCatalogue *catalogue, guint index, const char *domain)
{
	const RpServerSet *set = rp_catalogue_set(catalogue, index);

	switch (set->carries) {
	case RP_CARRIES_OWN:
		return FALSE;
	case RP_CARRIES_ANY:
		return TRUE;
	case RP_CARRIES_LIST:
		return rp_set_list_has(rp_catalogue_carry_domain(catalogue, domain), index);
	}
	return FALSE;
}

gboolean
rp_policy_may_carry(const RpCatalogue *catalogue, guint set, const char *identity)
{
	g_auto(RpFolded) folded;

	rp_folded_init(&folded, identity);
	RpOwners owners = rp_catalogue_owners(catalogue, &folded);
	return owns_identity(&owners, set) || carries(catalogue, set, folded.domain);
}

gboolean
rp_policy_is_own(const RpCatalogue *catalogue, const char *address)
{
	g_auto(RpFolded) folded;

	rp_folded_init(&folded, address);
	RpOwners owners = rp_catalogue_owners(catalogue, &folded);
	for (guint set = 0; set < rp_catalogue_n_sets(catalogue); set++)
		if (owns_identity(&owners, set))
			return TRUE;
	return FALSE;
}

/* Never in the place of the empty sender, which reports have. */
static const char *
new_sender(const RpServerSet *set, gboolean owns, const RpFolded *sender)
{
	gboolean rewrites = set->rewrite_sender != RP_REWRITE_NEVER && !owns && *sender->text;

	return rewrites ? set->identities[0] : NULL;
}

static gboolean
has_domain(const RpCatalogue *catalogue, guint set, const char *address)
{
	g_auto(RpFolded) folded;

	rp_folded_init(&folded, address);
	return rp_set_list_has(rp_catalogue_domain_sets(catalogue, folded.domain), set);
}

const char *
rp_policy_new_sender(const RpCatalogue *catalogue, guint set, const RpMessageFacts *message)
{
	const RpServerSet *rewriting = rp_catalogue_set(catalogue, set);

	if (rewriting->rewrite_sender == RP_REWRITE_NEVER)
		return NULL;
	g_auto(RpFolded) identity;
	g_auto(RpFolded) sender;
	rp_folded_init(&sender, message->sender);
	rp_folded_init(&identity, rp_policy_identity(message));
	RpOwners owners = rp_catalogue_owners(catalogue, &identity);
	return new_sender(rewriting, owns_identity(&owners, set), &sender);
}

static void
add_candidate(RpQuestion *question, guint index, const RpOwners *owners)
{
	RpCandidate *candidate = &question->candidates[question->n_candidates++];
	const RpCatalogue *catalogue = question->situation->catalogue;
	const RpServerSet *set = rp_catalogue_set(catalogue, index);
	gboolean owns = owns_identity(owners, index);

	*candidate = (RpCandidate){
		.set = set,
		.index = index,
		.owns = owns,
		.may_carry = owns || carries(catalogue, index, question->identity.domain),
		.new_sender = new_sender(set, owns, &question->sender),
		.sender_domain = rp_set_list_has(question->sender_sets, index),
	};
	if (candidate->new_sender)
		candidate->sender_domain = has_domain(catalogue, index, candidate->new_sender);
	rp_candidate_find_inside(question, candidate);
	candidate->shut = shut_reason(question, candidate);
	rp_candidate_find_vantages(question, candidate);
	if (question->n_failures > 0)
		rp_candidate_attach_failures(question, candidate);
}

static void
reserve_candidates(RpQuestion *question, guint most)
{
	question->candidates = question->few_candidates;
	if (most > RP_FEW_CANDIDATES)
		question->candidates = question->candidates_heap = g_new(RpCandidate, most);
}

static const guint no_set = G_MAXUINT;

static guint
list_at(const GArray *list, guint at)
{
	return list && at < list->len ? g_array_index(list, guint, at) : no_set;
}

/* Merges the lists of those that own the identity and those that carry it, all in rising order, so
 * that sets which have nothing to do with the message cost nothing. */
static void
add_carrying(RpQuestion *question, const RpOwners *owners)
{
	const RpCatalogue *catalogue = question->situation->catalogue;
	const GArray *lists[] = {
		owners->lists[0],
		owners->lists[1],
		owners->lists[2],
		rp_catalogue_carry_any(catalogue),
		rp_catalogue_carry_domain(catalogue, question->identity.domain),
	};
	guint at[G_N_ELEMENTS(lists)] = {0};
	guint most = 0;

	for (guint i = 0; i < G_N_ELEMENTS(lists); i++)
		most += lists[i] ? lists[i]->len : 0;
	reserve_candidates(question, most);
	for (;;) {
		guint next = no_set;

		for (guint i = 0; i < G_N_ELEMENTS(lists); i++)
			next = MIN(next, list_at(lists[i], at[i]));
		if (next == no_set)
			return;
		for (guint i = 0; i < G_N_ELEMENTS(lists); i++)
			at[i] += list_at(lists[i], at[i]) == next;
		add_candidate(question, next, owners);
	}
}

static void
prepare(RpQuestion *question, const RpSituation *situation, const RpMessageFacts *message)
{
	/* not the two arrays for few: they are large, and filled before they are read */
	memset(question, 0, G_STRUCT_OFFSET(RpQuestion, few_candidates));
	question->situation = situation;
	question->message = message;
	rp_folded_init(&question->sender, message->sender);
	rp_folded_init(&question->identity, rp_policy_identity(message));
	question->sender_sets =
		rp_catalogue_domain_sets(situation->catalogue, question->sender.domain);
	find_ways_out(question);
	question->chosen = message->pin ? message->pin : situation->override;
	rp_question_gather_failures(question);
}

void
rp_question_init(RpQuestion *question, const RpSituation *situation, const RpMessageFacts *message,
	RpSetScope scope)
{
	const RpCatalogue *catalogue = situation->catalogue;

	prepare(question, situation, message);
	question->paused = situation->paused;
	RpOwners owners = rp_catalogue_owners(catalogue, &question->identity);
	if (scope == RP_SETS_ALL) {
		reserve_candidates(question, rp_catalogue_n_sets(catalogue));
		for (guint i = 0; i < rp_catalogue_n_sets(catalogue); i++)
			add_candidate(question, i, &owners);
		return;
	}
	if (!question->chosen) {
		add_carrying(question, &owners);
		return;
	}
	gint chosen = rp_catalogue_find_set(catalogue, question->chosen);
	reserve_candidates(question, 1);
	if (chosen >= 0)
		add_candidate(question, (guint)chosen, &owners);
}

void
rp_question_init_set(RpQuestion *question, const RpSituation *situation,
	const RpMessageFacts *message, guint set)
{
	prepare(question, situation, message);
	RpOwners owners = rp_catalogue_owners(situation->catalogue, &question->identity);
	question->chosen = NULL;
	reserve_candidates(question, 1);
	add_candidate(question, set, &owners);
}

void
rp_question_clear(RpQuestion *question)
{
	for (guint i = 0; i < question->n_candidates; i++)
		rp_candidate_clear_vantages(&question->candidates[i]);
	rp_folded_clear(&question->sender);
	rp_folded_clear(&question->identity);
	g_clear_pointer(&question->candidates_heap, g_free);
	g_clear_pointer(&question->failures_heap, g_free);
}

void
rp_recipient_facts_init(RpRecipientFacts *facts, const RpQuestion *question, const char *address)
{
	const RpCatalogue *catalogue = question->situation->catalogue;

	rp_folded_init(&facts->address, address);
	facts->domain_sets = rp_catalogue_domain_sets(catalogue, facts->address.domain);
	facts->local_sets = rp_catalogue_local_sets(catalogue, facts->address.domain);
}

void
rp_recipient_facts_clear(RpRecipientFacts *facts)
{
	rp_folded_clear(&facts->address);
}
