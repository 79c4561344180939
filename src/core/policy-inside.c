/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy-private.h"

/* By which link and family a set is inside its provider, and the address that mail has to come from
 * there. */

gboolean
rp_link_costs(const RpPlace *place, gint link)
{
	return link >= 0 &&
	       (rp_place_link(place, (guint)link)->metered ||
		       rp_place_link(place, rp_place_carrier(place, (guint)link))->metered);
}

static gboolean
link_is_usable(const RpQuestion *question, guint link)
{
	return rp_link_is_usable(rp_place_link(question->situation->place, link));
}

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

gboolean
rp_is_in_clear_possible(const GPtrArray *endpoints)
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
		rp_is_in_clear_possible(set->smtp))
		return TRUE;
	for (guint i = 0; i < set->relay->len; i++)
		if (joins_pop_login(set->relay->pdata[i]))
			return set->pop && set->pop_tls != RP_TLS_REQUIRED &&
			       !set->pop->implicit_tls;
	return FALSE;
}

/* Of the entry: those that are not replaced. */
static guint
entry_families(const RpQuestion *question, const RpCandidate *candidate, const RpInside *inside)
{
	const RpPlace *place = question->situation->place;

	return candidate->set->bypass_vpn ? rp_place_bypass_families(place, inside)
					  : rp_place_inside_families(place, inside);
}

/* Of the entry: those by which the set may be inside. What a wrong answer can bring about is one
 * attempt that is refused: it never shows a password. */
static guint
inside_families(const RpQuestion *question, const RpCandidate *candidate, const RpInside *inside)
{
	if (inside->hearsay && shows_password(candidate->set))
		return RP_FAMILIES_NONE;
	return entry_families(question, candidate, inside);
}

static gboolean
failed_by(const RpQuestion *question, const RpCandidate *candidate, const InsideLink *inside)
{
	g_autofree char *way = NULL;

	if (!question->n_failures)
		return FALSE;
	way = rp_way_text(rp_place_link(question->situation->place, (guint)inside->link)->interface,
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
	const RpPlace *place = question->situation->place;
	gboolean a_costs = rp_link_costs(place, a->link);
	if (a_costs != rp_link_costs(place, b->link))
		return a_costs ? *b : *a;
	return question->default_link == b->link ? *b : *a;
}

/* Link and family. Of several links that are inside: one by which the server could be reached
 * before one by which it could not, then one that is not metered, then the default route's, then
 * the first by name. */
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
is_of_provider(const RpQuestion *question, guint provider, const RpAddress *address)
{
	const RpCatalogue *catalogue = question->situation->catalogue;
	g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(RpPrefixEntry));

	rp_catalogue_lookup(catalogue, address, found);
	for (guint i = 0; i < found->len; i++)
		if (g_array_index(found, RpPrefixEntry, i).value == provider)
			return TRUE;
	guint32 asn = rp_place_origin(question->situation->place, address);
	return asn && rp_provider_has_asn(rp_catalogue_provider(catalogue, provider), asn);
}

static const RpAddress *
first_of_provider(
	const RpQuestion *question, guint provider, RpFamily family, const GArray *addresses)
{
	for (guint i = 0; i < addresses->len; i++) {
		const RpAddress *address = &g_array_index(addresses, RpAddress, i);

		if (address->family == family && is_of_provider(question, provider, address))
			return address;
	}
	return NULL;
}

/* Of the addresses that are the provider's by its prefixes or AS numbers, the one that the kernel
 * would prefer; where none is, of all. */
static RpAddress
inside_source(const RpQuestion *question, guint provider, const RpLink *link, RpFamily family)
{
	RpAddress preferred = rp_link_source(link, family, NULL);
	const RpAddress *named;

	if (family == RP_FAMILY_ANY || link->addresses->len < 2)
		return family == RP_FAMILY_ANY ? (RpAddress){.family = RP_FAMILY_ANY} : preferred;
	if (is_of_provider(question, provider, &preferred))
		return preferred;
	named = first_of_provider(question, provider, family, link->preferred);
	if (!named || !rp_link_has_address(link, named))
		named = first_of_provider(question, provider, family, link->addresses);
	return named ? *named : preferred;
}

void
rp_candidate_find_inside(const RpQuestion *question, RpCandidate *candidate)
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
		rp_place_link(question->situation->place, (guint)best.link),
		candidate->inside_family);
}

/* It is inside by what is not enough to show a password: by what. */
static const char *
hearsay_doubt(const RpQuestion *question, const RpCandidate *candidate, guint provider)
{
	const RpPlace *place = question->situation->place;
	const char *doubt = NULL;

	for (guint i = 0; i < place->inside->len; i++) {
		const RpInside *inside = &g_array_index(place->inside, RpInside, i);

		if (inside->provider != provider || !inside->hearsay ||
			!link_is_usable(question, inside->link) ||
			!entry_families(question, candidate, inside))
			continue;
		if (!rp_place_link(place, inside->link)->open)
			return RP_DETAIL_HEARSAY;
		doubt = RP_DETAIL_OPEN_WIFI;
	}
	return doubt;
}

const char *
rp_candidate_doubt(const RpQuestion *question, const RpCandidate *candidate)
{
	const RpSituation *situation = question->situation;
	gint provider = rp_catalogue_set_provider(situation->catalogue, candidate->index);

	if (provider < 0)
		return NULL;
	const char *doubt = hearsay_doubt(question, candidate, (guint)provider);
	if (doubt)
		return doubt;
	if (rp_place_lacks_address(situation->place, situation->catalogue, (guint)provider))
		return RP_DETAIL_NO_ADDRESS;
	return rp_place_lacks_evidence(situation->place, situation->catalogue, (guint)provider)
		       ? RP_DETAIL_NO_EVIDENCE
		       : NULL;
}
