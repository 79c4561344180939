/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "fold-private.h"
#include "roampost/serverset.h"

/* The catalogue's indexes. A list of sets is an array of guint in rising order, or NULL for none.
 */

/* Sets that own the identity: named with or without its +tag, or by its domain. At most three. */
typedef struct {
	const GArray *lists[3];
} RpOwners;

RpOwners rp_catalogue_owners(const RpCatalogue *catalogue, const RpFolded *identity);
/* Sets whose `carries` is any. */
const GArray *rp_catalogue_carry_any(const RpCatalogue *catalogue);
/* Sets whose `carries` lists the domain. Domains are in lower case from here on. */
const GArray *rp_catalogue_carry_domain(const RpCatalogue *catalogue, const char *domain);
const GArray *rp_catalogue_domain_sets(const RpCatalogue *catalogue, const char *domain);
const GArray *rp_catalogue_local_sets(const RpCatalogue *catalogue, const char *domain);
/* Some set has another sender for mail that is not its own. */
gboolean rp_catalogue_rewrites(const RpCatalogue *catalogue);
gboolean rp_set_list_has(const GArray *list, guint set);

/* Providers that name the value as evidence of that kind (not the kinds that go by address). */
const GArray *rp_catalogue_evidence(
	const RpCatalogue *catalogue, RpEvidence kind, const char *value);
/* Some provider is known by one. */
gboolean rp_catalogue_has_asns(const RpCatalogue *catalogue);
const GArray *rp_catalogue_asn(const RpCatalogue *catalogue, guint32 asn);
