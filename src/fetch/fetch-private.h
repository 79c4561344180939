/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/clock.h"
#include "roampost/pop-client.h"
#include "roampost/queue.h"
#include "roampost/serverset.h"

/* ---- header-note.c ---- */

/* A header that stands for a whole message of `size` octets, with a note that says so; in wire
 * format. Its MIME fields are renamed: the note is what follows, not the content they speak of. */
GString *rp_fetch_note(const char *header, gsize length, gint64 size, const RpServerSet *set);

/* ---- fetch-plan.c ---- */

/* What names a POP server in the memory of what was fetched: its host, and its port where that is
 * not one of the two that every POP server has. */
char *rp_fetch_server(const RpEndpoint *pop);

/* One message of the maildrop in this session. */
typedef struct {
	guint number;
	gint64 size;
	char *uidl;
	gboolean header_only;
	char *path; /* where it is parked */
} RpMail;

void rp_mail_free(RpMail *mail);

/* What is to be done with a maildrop. */
typedef struct {
	GPtrArray *fetch;     /* of RpMail, in their order */
	GArray *delete;       /* guint: numbers of what was fetched before and is due */
	GPtrArray *forget;    /* of char *, borrowed from `known`: gone from the server */
	GPtrArray *missing;   /* likewise: gone, if it were believed */
	GPtrArray *back;      /* likewise: missed before, and there */
	guint n_without_uidl; /* messages that could not be told from others */
} RpFetchPlan;

/* `known` is an array of RpFetched. `trusted`: the server has proved who it is. */
void rp_fetch_plan_make(RpFetchPlan *plan, const RpServerSet *set, const RpPopListing *listing,
	const GPtrArray *known, gboolean trusted, RpTime now);
void rp_fetch_plan_clear(RpFetchPlan *plan);
