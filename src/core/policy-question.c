/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy-private.h"

#include <string.h>

/* What a question needs before recipients are looked at: the links that can be used, the failures
 * that count, and the sets that may carry the message. */

static const RpLink *
link_at(const RpPlace *place, guint index)
{
	return place->network->links->pdata[index];
}

static gboolean
link_is_usable(const RpQuestion *question, guint link)
{
	return rp_link_is_usable(link_at(question->situation->place, link));
}

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

/* ---- servers that need no way out ---- */

gboolean
rp_endpoint_is_near(const RpPlace *place, const RpEndpoint *endpoint, const char **interface)
{
	RpAddress address;

	*interface = NULL;
	if (g_ascii_strcasecmp(endpoint->host, "localhost") == 0)
		return TRUE;
	if (!rp_address_parse(endpoint->host, &address))
		return FALSE;
	if (rp_address_is_loopback(&address) || rp_network_holds(place->network, NULL, &address))
		return TRUE;
	*interface = rp_network_route_to(place->network, &address);
	return *interface != NULL;
}

gboolean
rp_set_is_near(const RpPlace *place, const RpServerSet *set, const char **interface)
{
	*interface = NULL;
	for (guint i = 0; i < set->smtp->len; i++)
		if (rp_endpoint_is_near(place, set->smtp->pdata[i], interface))
			return TRUE;
	return FALSE;
}

/* ---- what shuts a set ---- */

RpReason
rp_place_no_way_out(const RpPlace *place)
{
	for (guint i = 0; i < place->network->links->len; i++)
		if (link_at(place, i)->connectivity == RP_CONNECTIVITY_PORTAL)
			return RP_REASON_PORTAL;
	return RP_REASON_OFFLINE;
}

static gint
shut_reason(const RpQuestion *question, const RpCandidate *candidate)
{
	const RpPlace *place = question->situation->place;
	const char *interface;

	if (question->way_out || candidate->inside ||
		rp_set_is_near(place, candidate->set, &interface))
		return -1;
	return (gint)rp_place_no_way_out(place);
}

gint
rp_question_shut(const RpQuestion *question)
{
	gint shut = -1;

	if (question->n_candidates == 0)
		return question->way_out ? -1
					 : (gint)rp_place_no_way_out(question->situation->place);
	shut = question->candidates[0].shut;
	for (guint i = 1; i < question->n_candidates; i++)
		if (question->candidates[i].shut != shut)
			return -1;
	return shut;
}

gboolean
rp_link_costs(const RpPlace *place, gint link)
{
	return link >= 0 && (link_at(place, (guint)link)->metered ||
				    link_at(place, rp_place_carrier(place, (guint)link))->metered);
}

/* ---- failures ---- */

static gboolean
failure_counts(const RpSituation *situation, const RpFailure *failure, gint set)
{
	if (set < 0 || failure->until <= situation->now)
		return FALSE;
	const RpServerSet *of = rp_catalogue_set(situation->catalogue, (guint)set);
	if (g_strcmp0(failure->revision, of->revision) != 0)
		return FALSE;
	return failure->kind == RP_FAILURE_AUTH_FAILED ||
	       g_strcmp0(failure->place_key, situation->place->key) == 0;
}

gboolean
rp_policy_failure_counts(const RpSituation *situation, const RpFailure *failure)
{
	return failure_counts(
		situation, failure, rp_catalogue_find_set(situation->catalogue, failure->set));
}

static void
gather_failures(RpQuestion *question)
{
	const RpSituation *situation = question->situation;
	const GPtrArray *all = situation->failures;

	question->failures = question->few_failures;
	if (all && all->len > RP_FEW_FAILURES)
		question->failures = question->failures_heap = g_new(RpActiveFailure, all->len);
	for (guint i = 0; all && i < all->len; i++) {
		const RpFailure *failure = all->pdata[i];
		gint set = rp_catalogue_find_set(situation->catalogue, failure->set);

		if (failure_counts(situation, failure, set))
			question->failures[question->n_failures++] =
				(RpActiveFailure){failure, (guint)set};
	}
}

/* Of several failures of one set the one to name: what concerns most, then what lasts longest. No
 * two that differ in what is shown are equal, so that the order they were stored in never counts.
 */
static gboolean
failure_outranks(const RpFailure *a, const RpFailure *b)
{
	static const guint8 weight[] = {
		[RP_FAILURE_AUTH_FAILED] = 5,
		[RP_FAILURE_INTERCEPTED] = 4,
		[RP_FAILURE_TLS_UNAVAILABLE] = 3,
		[RP_FAILURE_POP_LOGIN_FAILED] = 2,
		[RP_FAILURE_UNREACHABLE] = 1,
		[RP_FAILURE_REJECTED] = 0,
		[RP_FAILURE_REFUSED] = 0,
	};

	if (!b || weight[a->kind] != weight[b->kind])
		return !b || weight[a->kind] > weight[b->kind];
	if (a->until != b->until)
		return a->until > b->until;
	return g_strcmp0(a->detail, b->detail) < 0;
}

static void
attach_failures(const RpQuestion *question, RpCandidate *candidate)
{
	for (guint i = 0; i < question->n_failures; i++) {
		const RpFailure *failure = question->failures[i].failure;

		if (question->failures[i].set != candidate->index)
			continue;
		if (failure->kind == RP_FAILURE_REFUSED ||
			(failure->kind == RP_FAILURE_UNREACHABLE && failure->rule))
			candidate->refusals = TRUE;
		else if (failure_outranks(failure, candidate->failure))
			candidate->failure = failure;
	}
}

/* ---- being inside ---- */

typedef struct {
	gint link;
	guint families; /* that count */
	gboolean any;   /* by what names no address, and nothing is replaced */
} InsideLink;

static RpFamily
inside_family(const InsideLink *inside)
{
	if (inside->any || inside->families == RP_FAMILIES_BOTH)
		return RP_FAMILY_ANY;
	return inside->families == RP_FAMILIES_IPV4 ? RP_FAMILY_IPV4 : RP_FAMILY_IPV6;
}

static gboolean
is_in_clear_possible(const GPtrArray *endpoints)
{
	for (guint i = 0; i < endpoints->len; i++)
		if (!((const RpEndpoint *)endpoints->pdata[i])->implicit_tls)
			return TRUE;
	return FALSE;
}

static gboolean
joins_pop_login(const RpRule *rule)
{
	guint found = 0;

	for (guint i = 0; i < rule->n_terms; i++)
		found += rule->terms[i] == RP_TERM_INSIDE || rule->terms[i] == RP_TERM_POP_LOGIN;
	return found == 2;
}

/* Who is inside would show it a password without TLS that has proved itself. */
static gboolean
shows_password(const RpServerSet *set)
{
	if (set->smtp_login.user && set->smtp_tls != RP_TLS_REQUIRED &&
		is_in_clear_possible(set->smtp))
		return TRUE;
	for (guint i = 0; i < set->relay->len; i++)
		if (joins_pop_login(set->relay->pdata[i]))
			return set->pop && set->pop_tls != RP_TLS_REQUIRED &&
			       !set->pop->implicit_tls;
	return FALSE;
}

/* Evidence that anybody there can make up: whoever answers for the gateway or a STUN server, or
 * gives his own network another's name. */
static gboolean
is_hearsay(RpEvidence evidence)
{
	return evidence == RP_EVIDENCE_PUBLIC_ADDRESS || evidence == RP_EVIDENCE_ASN ||
	       evidence == RP_EVIDENCE_SSID;
}

/* Of the entry: those by which the set may be inside. What a wrong answer can bring about is one
 * attempt that is refused: it never shows a password. */
static guint
inside_families(const RpQuestion *question, const RpCandidate *candidate, const RpInside *inside)
{
	const RpPlace *place = question->situation->place;

	if (is_hearsay(inside->evidence) && shows_password(candidate->set))
		return RP_FAMILIES_NONE;
	return candidate->set->bypass_vpn ? rp_place_bypass_families(place, inside)
					  : rp_place_inside_families(place, inside);
}

static gboolean
failed_by(const RpQuestion *question, const RpCandidate *candidate, const InsideLink *inside)
{
	g_autofree char *way = NULL;

	if (!question->n_failures)
		return FALSE;
	way = rp_way_text(link_at(question->situation->place, (guint)inside->link)->interface,
		inside_family(inside));
	for (guint i = 0; i < question->n_failures; i++)
		if (question->failures[i].set == candidate->index &&
			question->failures[i].failure->kind == RP_FAILURE_UNREACHABLE &&
			g_strcmp0(question->failures[i].failure->rule, way) == 0)
			return TRUE;
	return FALSE;
}

/* `a` comes first by name. */
static InsideLink
better_inside(const RpQuestion *question, const RpCandidate *candidate, const InsideLink *a,
	const InsideLink *b)
{
	if (a->link < 0 || b->link < 0)
		return a->link < 0 ? *b : *a;
	gboolean a_failed = failed_by(question, candidate, a);
	if (a_failed != failed_by(question, candidate, b))
		return a_failed ? *b : *a;
	return question->default_link == b->link ? *b : *a;
}

/* Link and family. Of several links that are inside: one by which the server could be reached
 * before one by which it could not, then the default route's, then the first by name. */
static InsideLink
find_inside_link(const RpQuestion *question, const RpCandidate *candidate, guint provider)
{
	const RpPlace *place = question->situation->place;
	InsideLink best = {.link = -1}, here = {.link = -1};

	for (guint i = 0; i < place->inside->len; i++) {
		const RpInside *inside = &g_array_index(place->inside, RpInside, i);
		guint families = inside->provider == provider
					 ? inside_families(question, candidate, inside)
					 : 0u;

		if (!families || !link_is_usable(question, inside->link))
			continue;
		if (here.link != (gint)inside->link) {
			best = better_inside(question, candidate, &best, &here);
			here = (InsideLink){.link = (gint)inside->link};
		}
		here.families |= families;
		here.any |= inside->family == RP_FAMILY_ANY &&
			    families == rp_place_bypass_families(place, inside);
	}
	return better_inside(question, candidate, &best, &here);
}

static gboolean
is_of_provider(const RpCatalogue *catalogue, guint provider, const RpAddress *address)
{
	g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(RpPrefixEntry));

	rp_catalogue_lookup(catalogue, address, found);
	for (guint i = 0; i < found->len; i++)
		if (g_array_index(found, RpPrefixEntry, i).value == provider)
			return TRUE;
	return FALSE;
}

static const RpAddress *
first_of_provider(
	const RpQuestion *question, guint provider, RpFamily family, const GArray *addresses)
{
	for (guint i = 0; i < addresses->len; i++) {
		const RpAddress *address = &g_array_index(addresses, RpAddress, i);

		if (address->family == family &&
			is_of_provider(question->situation->catalogue, provider, address))
			return address;
	}
	return NULL;
}

/* Of the addresses that the provider's prefixes name, the one that the kernel would prefer; where
 * they name none, of all. */
static RpAddress
inside_source(const RpQuestion *question, guint provider, const RpLink *link, RpFamily family)
{
	RpAddress preferred = rp_link_source(link, family, NULL);
	const RpAddress *named;

	if (family == RP_FAMILY_ANY || link->addresses->len < 2)
		return family == RP_FAMILY_ANY ? (RpAddress){.family = RP_FAMILY_ANY} : preferred;
	if (is_of_provider(question->situation->catalogue, provider, &preferred))
		return preferred;
	named = first_of_provider(question, provider, family, link->preferred);
	if (!named || !rp_link_has_address(link, named))
		named = first_of_provider(question, provider, family, link->addresses);
	return named ? *named : preferred;
}

static void
find_inside(const RpQuestion *question, RpCandidate *candidate)
{
	gint provider = rp_catalogue_set_provider(question->situation->catalogue, candidate->index);
	InsideLink best;

	candidate->inside_link = -1;
	if (provider < 0)
		return;
	best = find_inside_link(question, candidate, (guint)provider);
	if (best.link < 0)
		return;
	candidate->inside = TRUE;
	candidate->inside_link = best.link;
	candidate->inside_family = inside_family(&best);
	candidate->inside_source = inside_source(question, (guint)provider,
		link_at(question->situation->place, (guint)best.link), candidate->inside_family);
}

/* ---- who may carry it ---- */

static const char *
identity_of(const RpMessageFacts *message)
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
may_carry(const RpQuestion *question, const RpServerSet *set, guint index)
{
	switch (set->carries) {
	case RP_CARRIES_OWN:
		return FALSE;
	case RP_CARRIES_ANY:
		return TRUE;
	case RP_CARRIES_LIST:
		return rp_set_list_has(rp_catalogue_carry_domain(question->situation->catalogue,
					       question->identity.domain),
			index);
	}
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
	rp_folded_init(&identity, identity_of(message));
	RpOwners owners = rp_catalogue_owners(catalogue, &identity);
	return new_sender(rewriting, owns_identity(&owners, set), &sender);
}

static void
add_candidate(RpQuestion *question, guint index, const RpOwners *owners)
{
	RpCandidate *candidate = &question->candidates[question->n_candidates++];
	const RpServerSet *set = rp_catalogue_set(question->situation->catalogue, index);
	gboolean owns = owns_identity(owners, index);

	*candidate = (RpCandidate){
		.set = set,
		.index = index,
		.owns = owns,
		.may_carry = owns || may_carry(question, set, index),
		.new_sender = new_sender(set, owns, &question->sender),
		.sender_domain = rp_set_list_has(question->sender_sets, index),
	};
	if (candidate->new_sender)
		candidate->sender_domain =
			has_domain(question->situation->catalogue, index, candidate->new_sender);
	find_inside(question, candidate);
	candidate->shut = shut_reason(question, candidate);
	if (question->n_failures > 0)
		attach_failures(question, candidate);
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
	rp_folded_init(&question->identity, identity_of(message));
	question->sender_sets =
		rp_catalogue_domain_sets(situation->catalogue, question->sender.domain);
	find_ways_out(question);
	question->chosen = message->pin ? message->pin : situation->override;
	gather_failures(question);
}

void
rp_question_init(RpQuestion *question, const RpSituation *situation, const RpMessageFacts *message,
	RpSetScope scope)
{
	const RpCatalogue *catalogue = situation->catalogue;

	prepare(question, situation, message);
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
