/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/serverset.h"

/* The prefix that a public address stands for where no provider's is narrower. */
enum { RP_PLACE_BITS_IPV4 = 24, RP_PLACE_BITS_IPV6 = 48 };

/* The place key of a place whose network and inside are known. */
char *rp_place_make_key(const RpPlace *place, const RpCatalogue *catalogue);

/* place-ways.c: of guint, the providers that `learned` (of RpLearned, or NULL) names. */
GArray *rp_place_list_taught(const RpCatalogue *catalogue, const GPtrArray *learned);

gboolean rp_link_equal(const RpLink *a, const RpLink *b);

/* place-origins.c: asks the table for all of the network's global addresses. */
void rp_place_find_origins(RpPlace *place, RpAsnTable *asns);
