/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy-private.h"

#include <string.h>

/* How one set takes one recipient: terms, alternatives, their cost, and what failed there already.
 */

enum { COST_FREE, COST_AUTH, COST_POP_FRESH, COST_POP_FIRST };

RpTermResult
rp_term_check(const RpCandidate *candidate, const RpRecipientFacts *recipient, RpTerm term)
{
	switch (term) {
	case RP_TERM_ANYWHERE:
		return (RpTermResult){TRUE, RP_REASON_OUTSIDE};
	case RP_TERM_INSIDE:
		return (RpTermResult){candidate->inside, RP_REASON_OUTSIDE};
	case RP_TERM_SENDER_DOMAIN:
		return (RpTermResult){candidate->sender_domain, RP_REASON_SENDER_DOMAIN};
	case RP_TERM_RECIPIENT_DOMAIN:
		return (RpTermResult){rp_set_list_has(recipient->domain_sets, candidate->index),
			RP_REASON_RECIPIENT_DOMAIN};
	case RP_TERM_POP_LOGIN:
		return (RpTermResult){candidate->set->pop != NULL, RP_REASON_POP_UNAVAILABLE};
	case RP_TERM_AUTH:
		return (RpTermResult){
			candidate->set->smtp_login.user != NULL, RP_REASON_AUTH_MISSING};
	}
	return (RpTermResult){FALSE, RP_REASON_OUTSIDE};
}

static gboolean
is_local(const RpCandidate *candidate, const RpRecipientFacts *recipient)
{
	return rp_set_list_has(recipient->local_sets, candidate->index);
}

static gboolean
source_fits(const RpQuestion *question, const RpPopLoginRecord *record, const RpWay *way)
{
	const GPtrArray *links = question->situation->place->network->links;

	if (record->source.family == RP_FAMILY_ANY)
		return TRUE;
	if (way->family && way->family != record->source.family)
		return FALSE;
	if (way->bind.family && !rp_address_equal(&way->bind, &record->source))
		return FALSE;
	for (guint i = 0; i < links->len; i++) {
		const RpLink *link = links->pdata[i];

		/* Where nothing is bound, by whatever link the kernel routes now. */
		if ((way->link < 0 ? rp_link_is_default(link, record->source.family)
				   : way->link == (gint)i) &&
			rp_link_has_address(link, &record->source))
			return TRUE;
	}
	return FALSE;
}

/* A login of this set, from this place and an address the session will use, inside the window. A
 * login from the future (the clock was put back) proves nothing. */
static gboolean
login_is_fresh(const RpQuestion *question, const RpCandidate *candidate,
	const RpPopLoginRecord *record, const RpWay *way)
{
	const RpSituation *situation = question->situation;
	RpSpan age = situation->now - record->at;
	RpSpan window = candidate->set->pop_window;

	if (rp_set_learns(candidate->set))
		window = MIN(
			window, rp_learning_window(situation->observations, candidate->set->name));
	return age >= 0 && age < window && g_strcmp0(record->set, candidate->set->name) == 0 &&
	       g_strcmp0(record->place_key, situation->place->key) == 0 &&
	       source_fits(question, record, way);
}

static void
look_for_login(const RpQuestion *question, const RpCandidate *candidate, RpWay *way)
{
	const GPtrArray *logins = question->situation->pop_logins;
	const RpPopLoginRecord *best = NULL;

	for (guint i = 0; logins && i < logins->len; i++) {
		const RpPopLoginRecord *record = logins->pdata[i];

		if (login_is_fresh(question, candidate, record, way) &&
			(!best || record->at > best->at ||
				(record->at == best->at &&
					rp_address_compare(&record->source, &best->source) < 0)))
			best = record;
	}
	way->pop_login_needed = TRUE;
	way->pop_login_first = best == NULL;
	if (best)
		way->source = best->source;
}

static guint8
rule_cost(const RpRule *rule, const RpWay *way)
{
	guint8 cost = COST_FREE;

	for (guint i = 0; i < rule->n_terms; i++) {
		if (rule->terms[i] == RP_TERM_AUTH)
			cost = MAX(cost, COST_AUTH);
		else if (rule->terms[i] == RP_TERM_POP_LOGIN)
			cost = MAX(cost, way->pop_login_first ? COST_POP_FIRST : COST_POP_FRESH);
	}
	return cost;
}

static gboolean
rule_names(const RpRule *rule, RpTerm term)
{
	for (guint i = 0; i < rule->n_terms; i++) {
		if (rule->terms[i] == term)
			return TRUE;
	}
	return FALSE;
}

static gint
find_link(const RpPlace *place, const char *interface)
{
	for (guint i = 0; i < place->network->links->len; i++)
		if (g_strcmp0(((const RpLink *)place->network->links->pdata[i])->interface,
			    interface) == 0)
			return (gint)i;
	return -1;
}

/* The link by which it would go: what it is bound to, or the kernel's choice, as far as that is
 * known here. */
static gint
expected_link(const RpQuestion *question, const RpCandidate *candidate, const RpWay *way)
{
	const RpPlace *place = question->situation->place;
	const char *interface;

	if (way->link >= 0)
		return way->link;
	if (rp_set_is_near(place, candidate->set, &interface))
		return find_link(place, interface);
	return question->default_link;
}

static gboolean
is_too_dear(const RpQuestion *question, const RpCandidate *candidate, const RpWay *way)
{
	const RpSituation *situation = question->situation;

	return situation->metered_limit > 0 && question->message->size > situation->metered_limit &&
	       rp_link_costs(situation->place, expected_link(question, candidate, way));
}

/* Where `inside` has no part the kernel routes, unless the set is to go around a VPN. */
static void
route_freely(const RpQuestion *question, const RpCandidate *candidate, RpWay *way)
{
	const RpPlace *place = question->situation->place;
	gint below = candidate->set->bypass_vpn ? rp_place_link_below(place) : -1;

	if (below >= 0 && rp_place_replaced_families(place, (guint)below))
		way->link = below;
	else
		way->family = question->default_family;
}

/* ---- what shows a password ---- */

static gboolean
logs_in_in_clear(const RpServerSet *set)
{
	return set->smtp_login.user && set->smtp_tls == RP_TLS_OFF &&
	       rp_is_in_clear_possible(set->smtp);
}

static gboolean
names_no_login(const RpServerSet *set)
{
	for (guint i = 0; i < set->relay->len; i++)
		if (rule_names(set->relay->pdata[i], RP_TERM_AUTH))
			return FALSE;
	return TRUE;
}

static gboolean
all_terms_hold(const RpCandidate *candidate, const RpRecipientFacts *recipient, const RpRule *rule)
{
	for (guint i = 0; i < rule->n_terms; i++)
		if (!rp_term_check(candidate, recipient, rule->terms[i]).holds)
			return FALSE;
	return TRUE;
}

/* By an alternative that stands on no place, so that the user wants the login wherever he is. */
static gboolean
logs_in_anywhere(const RpCandidate *candidate, const RpRecipientFacts *recipient)
{
	gboolean all_do = names_no_login(candidate->set);

	for (guint i = 0; i < candidate->set->relay->len; i++) {
		const RpRule *rule = candidate->set->relay->pdata[i];

		if (!rule_names(rule, RP_TERM_INSIDE) &&
			(all_do || rule_names(rule, RP_TERM_AUTH)) &&
			all_terms_hold(candidate, recipient, rule))
			return TRUE;
	}
	return FALSE;
}

/* What is routed freely has no other family to go by. */
static gboolean
goes_by_family(const RpQuestion *question, const RpWay *way, RpFamily family)
{
	RpFamily other = family == RP_FAMILY_IPV4 ? RP_FAMILY_IPV6 : RP_FAMILY_IPV4;

	if (family == RP_FAMILY_ANY || way->family == family)
		return TRUE;
	return way->family == RP_FAMILY_ANY &&
	       rp_place_default_link(question->situation->place, other) < 0;
}

static gboolean
leads_inside(const RpQuestion *question, const RpCandidate *candidate, const RpWay *way)
{
	return candidate->inside &&
	       expected_link(question, candidate, way) == candidate->inside_link &&
	       goes_by_family(question, way, candidate->inside_family);
}

/* A password that would be readable on the way is shown where an alternative that wants it holds,
 * or where the way leads inside: not for what needs no login, as `local`. */
static gboolean
goes_without_login(const RpQuestion *question, const RpCandidate *candidate,
	const RpRecipientFacts *recipient, const RpWay *way)
{
	return logs_in_in_clear(candidate->set) && !leads_inside(question, candidate, way) &&
	       !logs_in_anywhere(candidate, recipient);
}

gboolean
rp_rule_way(const RpQuestion *question, const RpCandidate *candidate,
	const RpRecipientFacts *recipient, gint index, RpWay *way)
{
	*way = (RpWay){.rule = index, .link = -1};
	route_freely(question, candidate, way);
	if (index == RP_RULE_LOCAL) {
		way->metered = is_too_dear(question, candidate, way);
		way->without_login = goes_without_login(question, candidate, recipient, way);
		return is_local(candidate, recipient);
	}
	const RpRule *rule = candidate->set->relay->pdata[index];
	if (!all_terms_hold(candidate, recipient, rule))
		return FALSE;
	if (rule_names(rule, RP_TERM_INSIDE)) {
		way->link = candidate->inside_link;
		way->family = candidate->inside_family;
		way->bind = candidate->inside_source;
	}
	way->without_login = goes_without_login(question, candidate, recipient, way);
	way->metered = is_too_dear(question, candidate, way);
	if (rule_names(rule, RP_TERM_POP_LOGIN))
		look_for_login(question, candidate, way);
	way->cost = rule_cost(rule, way);
	if (!rule->learned)
		return TRUE;
	if (candidate->set->smtp_login.user) /* in every session */
		way->cost = MAX(way->cost, COST_AUTH);
	rp_way_learn(question, candidate, recipient, way);
	return TRUE;
}

guint8
rp_way_rank(const RpWay *way)
{
	if (way->cost == RP_COST_NEVER)
		return RP_COST_NEVER;
	return (guint8)(way->cost + way->order * (COST_POP_FIRST + 1));
}

const char *
rp_rule_text(const RpCandidate *candidate, gint rule)
{
	if (rule == RP_RULE_LOCAL)
		return "local";
	return ((const RpRule *)candidate->set->relay->pdata[rule])->text;
}

static gboolean
refusal_concerns(const RpFailure *failure, const RpQuestion *question,
	const RpRecipientFacts *recipient, const char *rule)
{
	return failure->kind == RP_FAILURE_REFUSED && g_strcmp0(failure->rule, rule) == 0 &&
	       (!failure->sender ||
		       g_ascii_strcasecmp(failure->sender, question->sender.text) == 0) &&
	       (!failure->recipient_domain || g_ascii_strcasecmp(failure->recipient_domain,
						      recipient->address.domain) == 0);
}

static gboolean
is_the_way(const RpQuestion *question, const char *text, const RpWay *way)
{
	const GPtrArray *links = question->situation->place->network->links;
	const char *interface =
		way->link < 0 ? "-" : ((const RpLink *)links->pdata[way->link])->interface;
	gsize length = strlen(interface);

	return text && strncmp(text, interface, length) == 0 && text[length] == '/' &&
	       g_str_equal(text + length + 1, rp_family_name(way->family));
}

const RpFailure *
rp_way_failure(const RpQuestion *question, const RpCandidate *candidate,
	const RpRecipientFacts *recipient, const RpWay *way)
{
	const RpFailure *longest = NULL;
	const char *rule = rp_rule_text(candidate, way->rule);

	for (guint i = 0; candidate->refusals && i < question->n_failures; i++) {
		const RpFailure *failure = question->failures[i].failure;

		if (question->failures[i].set != candidate->index ||
			!(failure->kind == RP_FAILURE_UNREACHABLE
					? is_the_way(question, failure->rule, way)
					: refusal_concerns(failure, question, recipient, rule)))
			continue;
		if (!longest || failure->until > longest->until ||
			(failure->until == longest->until &&
				g_strcmp0(failure->detail, longest->detail) < 0))
			longest = failure;
	}
	return longest;
}

gboolean
rp_candidate_best_way(const RpQuestion *question, const RpCandidate *candidate,
	const RpRecipientFacts *recipient, RpWay *best)
{
	*best = (RpWay){.cost = RP_COST_NEVER};
	if (candidate->failure || candidate->shut >= 0)
		return FALSE;
	/* `local` is the alternative written before all others */
	for (gint rule = RP_RULE_LOCAL; rule < (gint)candidate->set->relay->len; rule++) {
		RpWay way;

		if (rp_rule_way(question, candidate, recipient, rule, &way) &&
			rp_way_rank(&way) < rp_way_rank(best) && !way.metered && !way.refused &&
			!rp_way_failure(question, candidate, recipient, &way))
			*best = way;
		if (rp_way_rank(best) == COST_FREE)
			break;
	}
	return best->cost != RP_COST_NEVER;
}

/* Of sending from inside its provider. Who is outside has no cost: so that all can be put in order.
 */
static gint
provider_cost(const RpQuestion *question, const RpCandidate *candidate)
{
	const RpCatalogue *catalogue = question->situation->catalogue;
	gint provider = rp_catalogue_set_provider(catalogue, candidate->index);

	return candidate->inside && provider >= 0
		       ? rp_catalogue_provider(catalogue, (guint)provider)->cost
		       : 0;
}

int
rp_candidate_compare(const RpQuestion *question, const RpCandidate *a, guint a_cost,
	const RpCandidate *b, guint b_cost)
{
	if (a->owns != b->owns)
		return a->owns ? -1 : 1;
	if (question->situation->choose == RP_CHOOSE_LOCATION_FIRST && a->inside != b->inside)
		return a->inside ? -1 : 1;
	if (a_cost != b_cost)
		return a_cost < b_cost ? -1 : 1;
	if (provider_cost(question, a) != provider_cost(question, b))
		return provider_cost(question, a) < provider_cost(question, b) ? -1 : 1;
	if (a->set->priority != b->set->priority)
		return a->set->priority > b->set->priority ? -1 : 1;
	/* the catalogue is in byte order of names */
	return a->index < b->index ? -1 : a->index > b->index;
}
