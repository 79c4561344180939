/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "lane-private.h"

/* ---- fetch-store.c: puts fetched mail away, in a thread of its own ---- */

typedef struct RpMailroom RpMailroom;

typedef enum {
	RP_MAILROOM_PARKED,    /* on the disk, and not yet visible: `path` */
	RP_MAILROOM_SHOWN,     /* visible after rp_mailroom_show */
	RP_MAILROOM_DELIVERED, /* the mail delivery command has taken it */
	RP_MAILROOM_FAILED,    /* `error` */
	RP_MAILROOM_ROOM,      /* what is waiting has become little again */
} RpMailroomKind;

typedef struct {
	RpMailroomKind kind;
	gpointer message;
	char *path;
	char *error;
} RpMailroomNews;

typedef void (*RpMailroomFunc)(const RpMailroomNews *news, gpointer user);

/* `mda` NULL: into the maildir. `func` runs in the main context that is the thread's default now.
 */
RpMailroom *rp_mailroom_new(
	const char *maildir, const char *mda, RpMailroomFunc func, gpointer user);
/* Waits for what the thread is at; what it parked and was not told to show goes. Not from `func`.
 */
void rp_mailroom_free(RpMailroom *room);
/* One message after another: begin, data.., end (then news comes of it) or drop. */
void rp_mailroom_begin(RpMailroom *room, gpointer message);
void rp_mailroom_data(RpMailroom *room, const void *data, gsize size);
void rp_mailroom_end(RpMailroom *room);
void rp_mailroom_drop(RpMailroom *room);
void rp_mailroom_show(RpMailroom *room, gpointer message, const char *path);
/* So much is waiting that no more should come: RP_MAILROOM_ROOM follows. */
gboolean rp_mailroom_is_full(RpMailroom *room);
/* Ends a delivery command that runs, and starts no more. */
void rp_mailroom_hurry(RpMailroom *room);

/* ---- fetch-note.c ---- */

/* A header that stands for a whole message of `size` octets, with a note that says so; in wire
 * format. Its MIME fields are renamed: the note is what follows, not the content they speak of. */
GString *rp_fetch_note(const char *header, gsize length, gint64 size, const RpServerSet *set);

/* ---- fetch-list.c ---- */

/* What names a POP server in the memory of what was fetched: its host, and its port where that is
 * not one of the two that every POP server has. */
char *rp_fetch_server(const RpEndpoint *pop);

/* One message of the maildrop in this session. */
typedef struct {
	struct RpCheck *check;
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
