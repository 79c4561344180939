/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/oauth.h"

/* What a provider says of an error (RFC 6749 section 5.2), for the user: one line, bounded, and fit
 * for a terminal, whatever octets it has. The description may be NULL. */
char *rp_oauth_words(const char *error, const char *description);
