/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/asn-rows.h"

/* One file or URL that the table of AS numbers is made of. */
typedef struct {
	const char *name; /* as it was given */
	char *shown;      /* without what may be a key: the URL's query and login */
	GByteArray *octets;
	char *etag; /* or NULL */
} RpTableSource;

void rp_table_source_free(gpointer source);

/* Fetches all of them, of RpTableSource. `trust` is as in RpAgentOptions, and each of what is
 * fetched by a URL is vouched for by one of it; so are files, where there is any. `note` is that of
 * the table that was made of them last, or NULL: *unchanged is set where it would become the same.
 * FALSE: what went wrong, with the source's name. */
gboolean rp_table_sources_fetch(char *const *names, char *const *trust, const char *note,
	GPtrArray *sources, gboolean *unchanged, GError **error);
/* The note to keep with the table. `sources` ends with NULL. */
char *rp_table_note(char *const *trust, RpTableSource *const *sources);
