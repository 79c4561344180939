/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy-private.h"

#include <string.h>

/* Alternatives that nobody wrote (`auto`): what is known of them from the server's own answers
 * (core/learning*.c), for one recipient from here. */

#define CHEAPER_AGAIN (7 * G_TIME_SPAN_DAY)

/* ---- as what its server sees us ---- */

static gint
find_link(const RpPlace *place, const char *interface)
{
	for (guint i = 0; i < place->network->links->len; i++)
		if (g_strcmp0(rp_place_link(place, i)->interface, interface) == 0)
			return (gint)i;
	return -1;
}

/* By which link the kernel leads there; -1: none that is a link of ours. */
static gint
link_to(const RpPlace *place, const RpServerSet *set, RpFamily family)
{
	gint below = set->bypass_vpn ? rp_place_link_below(place) : -1;
	const char *interface;

	if (below >= 0 && rp_place_replaced_families(place, (guint)below))
		return below;
	if (rp_set_is_near(place, set, &interface))
		return find_link(place, interface);
	return rp_place_default_link(place, family);
}

static void
add_vantage(const RpQuestion *question, RpCandidate *candidate, gint link, RpFamily family)
{
	rp_vantage_init(&candidate->vantages[candidate->n_vantages++], question->situation->place,
		link, family);
}

void
rp_candidate_find_vantages(const RpQuestion *question, RpCandidate *candidate)
{
	static const RpFamily families[] = {RP_FAMILY_IPV4, RP_FAMILY_IPV6};
	const RpPlace *place = question->situation->place;

	if (!question->situation->observations || !rp_set_learns(candidate->set))
		return;
	for (guint i = 0; i < G_N_ELEMENTS(families); i++) {
		gint link = link_to(place, candidate->set, families[i]);

		if (link >= 0 && rp_link_has_family(rp_place_link(place, (guint)link), families[i]))
			add_vantage(question, candidate, link, families[i]);
	}
	if (!candidate->n_vantages) /* it is on this machine, or nobody knows */
		add_vantage(question, candidate, -1, RP_FAMILY_IPV4);
}

void
rp_policy_vantage(
	const RpPlace *place, const RpServerSet *set, const RpAddress *local, RpVantage *vantage)
{
	gint link = -1;

	for (guint i = 0; i < place->network->links->len && link < 0; i++)
		if (rp_link_has_address(rp_place_link(place, i), local))
			link = (gint)i;
	if (link < 0)
		link = link_to(place, set, local->family);
	rp_vantage_init(vantage, place, link, link < 0 ? RP_FAMILY_IPV4 : local->family);
}

void
rp_candidate_clear_vantages(RpCandidate *candidate)
{
	while (candidate->n_vantages)
		rp_vantage_clear(&candidate->vantages[--candidate->n_vantages]);
}

/* ---- what is known of a way ---- */

guint
rp_candidate_vector(
	const RpCandidate *candidate, const RpRecipientFacts *recipient, gboolean pop_login)
{
	guint vector = pop_login ? RP_VECTOR_POP_LOGIN : RP_VECTOR_NONE;

	if (candidate->sender_domain)
		vector |= RP_VECTOR_SENDER_DOMAIN;
	if (rp_set_list_has(recipient->domain_sets, candidate->index))
		vector |= RP_VECTOR_RECIPIENT_DOMAIN;
	if (candidate->set->smtp_login.user)
		vector |= RP_VECTOR_AUTH;
	return vector;
}

static gboolean
is_of_set(const RpCatalogue *catalogue, guint set, const RpFolded *address)
{
	return rp_set_list_has(rp_catalogue_domain_sets(catalogue, address->domain), set);
}

RpObservation *
rp_policy_observation(const RpCatalogue *catalogue, guint set, const char *sender,
	const char *recipient, const char *rule)
{
	const RpServerSet *of = rp_catalogue_set(catalogue, set);
	RpObservation *observation = g_new0(RpObservation, 1);
	g_auto(RpFolded) from;
	g_auto(RpFolded) to;

	rp_folded_init(&from, sender);
	rp_folded_init(&to, recipient);
	observation->set = g_strdup(of->name);
	observation->server = rp_learning_server(of);
	observation->domain = g_strdup(to.domain);
	if (is_of_set(catalogue, set, &from))
		observation->vector |= RP_VECTOR_SENDER_DOMAIN;
	if (is_of_set(catalogue, set, &to))
		observation->vector |= RP_VECTOR_RECIPIENT_DOMAIN;
	if (rp_rule_needs_pop_login(rule))
		observation->vector |= RP_VECTOR_POP_LOGIN;
	if (of->smtp_login.user)
		observation->vector |= RP_VECTOR_AUTH;
	return observation;
}

/* Of the families by which it may go; one by which the server was never spoken to says nothing
 * where another was. */
static guint
families_that_count(const RpQuestion *question, const RpCandidate *candidate, const RpWay *way,
	const RpVantage **found)
{
	const RpObservations *observations = question->situation->observations;
	guint n = 0;

	for (guint i = 0; i < candidate->n_vantages; i++)
		if (way->family == RP_FAMILY_ANY || way->family == candidate->vantages[i].family)
			found[n++] = &candidate->vantages[i];
	if (n < 2)
		return n;
	gboolean saw_first =
		rp_learning_saw_family(observations, candidate->set->name, found[0]->family);
	gboolean saw_second =
		rp_learning_saw_family(observations, candidate->set->name, found[1]->family);
	if (saw_first && saw_second)
		return n;
	if (saw_second)
		found[0] = found[1];
	return 1;
}

static gboolean
is_better(const RpKnowledge *a, const RpKnowledge *b)
{
	static const guint8 rank[] = {
		[RP_KNOWN_TAKEN] = 2,
		[RP_KNOWN_UNTRIED] = 1,
		[RP_KNOWN_REFUSED] = 0,
	};

	if (rank[a->known] != rank[b->known])
		return rank[a->known] > rank[b->known];
	return a->known == RP_KNOWN_REFUSED && a->retry < b->retry;
}

/* By the better of two families, which it is then bound to. */
static RpKnowledge
judge(const RpQuestion *question, const RpCandidate *candidate, const RpRecipientFacts *recipient,
	RpWay *way)
{
	const RpVantage *found[G_N_ELEMENTS(candidate->vantages)];
	guint n = families_that_count(question, candidate, way, found);
	guint vector = rp_candidate_vector(candidate, recipient, way->pop_login_needed);
	RpKnowledge best = {.known = RP_KNOWN_UNTRIED};

	for (guint i = 0; i < n; i++) {
		RpKnowledge one = rp_learning_judge(question->situation->observations,
			candidate->set->name, found[i], vector, recipient->address.domain);

		if (i > 0 && one.known == best.known)
			continue;
		if (i > 0)
			way->family = found[is_better(&one, &best) ? i : 0]->family;
		if (i == 0 || is_better(&one, &best))
			best = one;
	}
	return best;
}

/* By the family that was found better, or the first. */
static RpKnowledge
hint(const RpQuestion *question, const RpCandidate *candidate, const RpRecipientFacts *recipient,
	RpWay *way)
{
	const RpVantage *found[G_N_ELEMENTS(candidate->vantages)];
	guint n = families_that_count(question, candidate, way, found);

	if (!n)
		return (RpKnowledge){.known = RP_KNOWN_UNTRIED};
	return rp_learning_hint(question->situation->observations, candidate->set->name, found[0],
		rp_candidate_vector(candidate, recipient, way->pop_login_needed),
		recipient->address.domain);
}

static gboolean
is_largest(const RpCandidate *candidate, gint rule)
{
	return rule == (gint)candidate->set->relay->len - 1;
}

/* What needs less is asked for once in a while, where what needs more is known to be taken. */
static gboolean
cheaper_is_due(const RpQuestion *question, const RpCandidate *candidate,
	const RpRecipientFacts *recipient, const RpWay *way, const RpKnowledge *refused)
{
	RpWay dearest = *way;

	if (question->situation->now < refused->said_at + CHEAPER_AGAIN)
		return FALSE;
	dearest.pop_login_needed = TRUE;
	return judge(question, candidate, recipient, &dearest).known == RP_KNOWN_TAKEN;
}

/* The same AS is no reason to hold anything: it is tried in another order. What needs less, and was
 * refused there, is asked for once in a while, as if that had been here. */
static void
follow_hint(const RpQuestion *question, const RpCandidate *candidate,
	const RpRecipientFacts *recipient, RpWay *way)
{
	static const RpWayOrder orders[] = {
		[RP_KNOWN_TAKEN] = RP_WAY_HINTED,
		[RP_KNOWN_UNTRIED] = RP_WAY_UNTRIED,
		[RP_KNOWN_REFUSED] = RP_WAY_DOUBTFUL,
	};

	way->hint = hint(question, candidate, recipient, way);
	way->order = orders[way->hint.known];
	if (way->hint.known == RP_KNOWN_REFUSED && !is_largest(candidate, way->rule) &&
		cheaper_is_due(question, candidate, recipient, way, &way->hint))
		way->order = RP_WAY_KNOWN;
}

void
rp_way_learn(const RpQuestion *question, const RpCandidate *candidate,
	const RpRecipientFacts *recipient, RpWay *way)
{
	way->knowledge = judge(question, candidate, recipient, way);
	switch (way->knowledge.known) {
	case RP_KNOWN_TAKEN:
		break;
	case RP_KNOWN_UNTRIED:
		way->probe = TRUE;
		follow_hint(question, candidate, recipient, way);
		break;
	case RP_KNOWN_REFUSED:
		if (!is_largest(candidate, way->rule)) {
			way->probe = cheaper_is_due(
				question, candidate, recipient, way, &way->knowledge);
		} else {
			way->probe = question->situation->now >= way->knowledge.retry;
			way->order = way->probe ? RP_WAY_UNTRIED : RP_WAY_KNOWN;
		}
		way->refused = !way->probe;
		break;
	}
}
