/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/checks.h"
#include "roampost/local-delivery.h"

/* Who calls whom:
 *
 *	checks.c         all checks: begins, cuts and ends them
 *	check-session.c  the POP session of one, and its login
 *	check-listing.c  what the server lists, and what is asked of it
 *	check-storing.c  what comes, on its way into the maildir
 *	check.c          what these share: what goes wrong, and the end
 *	fetch-plan.c     what is new, what is to go: a decision
 *	header-note.c    a header that stands for a message
 *	mail-head.c      the beginning of a mail, for who looks at its header */

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
	gint64 size; /* as it is listed */
	char *uidl;
	gboolean header_only;
	gboolean compare; /* it may be one that is here already: that its content says */
	gboolean beside;  /* the list has its id more than once */
	gboolean due;     /* to be deleted as soon as it is known to be safe */
	gboolean cut;     /* what came is not all of it */
	char *digest;     /* SHA-256 of what came */
	char *path;       /* where it is parked */
} RpMail;

void rp_mail_free(RpMail *mail);

/* What is to be done with a maildrop. */
typedef struct {
	GPtrArray *fetch;     /* of RpMail, in their order */
	GPtrArray *delete;    /* of RpMail: what was fetched before and is due */
	GPtrArray *forget;    /* of char *, borrowed from `known`: gone from the server */
	GPtrArray *missing;   /* likewise: gone, if it were believed */
	GPtrArray *back;      /* likewise: missed before, and there */
	GPtrArray *twice;     /* likewise: listed more than once */
	guint n_without_uidl; /* messages that could not be told from others */
	guint n_compare;      /* of those to be fetched */
} RpFetchPlan;

/* A mail is its unique id for as long as it exists, and in doubt its content (RFC 1939 section 7):
 * after its deletion was asked for, where a list has the id twice, or a size far from the one
 * before. `known` is an array of RpFetched, the last of an id last. `trusted`: the server has
 * proved who it is. */
void rp_fetch_plan_make(RpFetchPlan *plan, const RpServerSet *set, const RpPopListing *listing,
	const GPtrArray *known, gboolean trusted, RpTime now);
void rp_fetch_plan_clear(RpFetchPlan *plan);

/* ---- one check ---- */

struct RpChecks {
	const RpGround *ground;
	RpTransport *transport;
	const RpCheckEvents *events;
	gpointer user;
	GHashTable *running; /* set name -> RpCheck */
};

typedef struct {
	RpChecks *room;
	RpCatalogue *catalogue; /* keeps the set */
	const RpServerSet *set;
	char *server;
	RpMaildrop drop;
	char *interface;
	RpAddress source;
	char *error; /* the first thing that went wrong */
	guint end_source;

	/* its session */
	RpPopFetch *fetch; /* NULL: it is over */
	gboolean logged_in;
	gboolean verified;
	GPtrArray *deletions; /* of RpMail, the plan's: DELE was asked for */
	gboolean leaving;     /* no more is asked for */

	/* its list */
	RpFetchPlan plan;
	GPtrArray *known;     /* of RpFetched */
	GHashTable *contents; /* "UIDL DIGEST" of what is here, or comes */

	/* what comes */
	guint n_asked; /* messages that the server still owes */
	RpLocalDelivery *local;
	RpMail *coming;  /* the message that is coming in */
	GChecksum *sum;  /* of it */
	GString *header; /* of it, where the header alone is fetched */
	GString *head;   /* of it, or NULL: its first octets, at most RP_CHECK_HEAD */
	guint n_putting; /* messages on their way to the disk and into what is remembered */
	guint n_writes;  /* changes of that on their way */
	guint n_fetched;
	guint n_in_a_row;  /* failures to put away */
	RpMail *cut;       /* the plan's: it goes on behind its end, or NULL */
	gboolean mixed_up; /* which sending ahead may be the reason of */
	guint n_failed;
} RpCheck;

/* check.c */
/* Something went wrong: the log has all of it, and whoever asked for the check hears the first. */
void rp_check_fail(RpCheck *check, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Something was done: ends the session when nothing more is needed of it, and the check when the
 * session is over and all that came is put away. */
void rp_check_go_on(RpCheck *check);
/* Ends the session now: nothing is deleted. */
void rp_check_cut(RpCheck *check);
/* Writes what was found: the check goes on to its end when that is on the disk, so that the next
 * one knows it. Takes the change. */
void rp_check_write(RpCheck *check, RpQueueChange *change);
/* It is the mail that is remembered. Where others have its id that stays in doubt: the session may
 * end before they are here, and theirs is the id next time. */
void rp_check_recognise(RpCheck *check, const RpMail *mail);
/* Has the server delete it when the session ends in order. */
void rp_check_delete(RpCheck *check, RpMail *mail);
/* The server will not. */
void rp_check_not_deleted(RpCheck *check, RpMail *mail, const char *why);
void rp_check_free(RpCheck *check);

/* mail-head.c: of the mail that is coming */
void rp_check_head_begin(RpCheck *check);
void rp_check_head_data(RpCheck *check, const guint8 *data, gsize size);
void rp_check_head_tell(const RpCheck *check);
void rp_check_head_drop(RpCheck *check);

/* check-storing.c */
void rp_check_open_local(RpCheck *check);
void rp_check_on_data(RpCheck *check, const RpPopEvent *event);
void rp_check_on_message(RpCheck *check, const RpPopEvent *event);
/* What came of the mail is not all of it: it stays on the server. */
void rp_check_note_cut(RpCheck *check, RpMail *mail, gboolean mixed_up);

/* check-listing.c */
void rp_check_on_listed(RpCheck *check, const RpPopListing *listing);

/* check-session.c */
void rp_check_open_session(RpCheck *check, const RpRoute *route);
