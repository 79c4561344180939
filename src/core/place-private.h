/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/serverset.h"

/* The place key of a place whose network and inside are known. */
char *rp_place_make_key(const RpPlace *place, const RpCatalogue *catalogue);
