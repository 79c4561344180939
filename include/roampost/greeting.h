/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* In whose name a set's servers greet, as one text: "HOST:PORT=DOMAIN", one for each server, joined
 * by blanks. Of a server that is not among them nothing is known: one that the set has only now may
 * greet as it likes. "DOMAIN" alone is of any server (as it was written until 2026). Pure. */

/* The domain that this server is known to greet with, or NULL. `greetings` may be NULL. */
char *rp_greetings_find(const char *greetings, const char *host, guint port);
/* The same greetings, with this server's domain in the place of the one before. */
char *rp_greetings_note(const char *greetings, const char *host, guint port, const char *domain);
/* Whether one of these (RpEndpoint) is known. */
gboolean rp_greetings_know_any(const char *greetings, const GPtrArray *endpoints);
