/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/serverset.h"

/* Where a login's password comes from that is neither written in the configuration nor printed by a
 * command (smtp-password-from=, pop-password-from=): who needs one asks a keeper. */

/* What is asked for. Owns what it has. */
typedef struct {
	RpPasswordFrom from;
	char *name; /* of the credential or the [oauth] group; the netrc file, NULL: ~/.netrc */
	char *set;  /* for words */
	char *host; /* of the set's first server */
	const char *service; /* RP_SECRET_SMTP or RP_SECRET_POP */
	char *user;
	RpOauthProvider *oauth; /* of a token; a reference */
} RpPasswordWish;

/* Of one of the set's logins; NULL where it has no such source. */
RpPasswordWish *rp_password_wish_new(const RpServerSet *set, gboolean pop);
RpPasswordWish *rp_password_wish_copy(const RpPasswordWish *wish);
void rp_password_wish_free(RpPasswordWish *wish);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpPasswordWish, rp_password_wish_free)

typedef enum {
	RP_PASSWORD_GIVEN,
	RP_PASSWORD_LACKING, /* it is not there, and its user can do something about that */
	RP_PASSWORD_LOCKED,  /* it is in a keyring that is locked */
	RP_PASSWORD_LATER,   /* who gives tokens can't be asked now */
} RpPasswordResult;

/* `secret` is NULL when there is none; then `why` says so in one sentence for the user. Both are
 * gone after it returns. */
typedef void (*RpPasswordDone)(
	RpPasswordResult result, const char *secret, const char *why, gpointer user);
typedef struct RpPasswordAsk RpPasswordAsk;

/* The seam: what transport asks, and tests replace. */
typedef struct {
	/* `refused`: a token that a server has just refused: another one is fetched. NULL: any will
	 * do. The wish is borrowed for the call. `done` runs once, later, in the thread's own
	 * context, and not after `cancel`. */
	RpPasswordAsk *(*ask)(gpointer keeper, const RpPasswordWish *wish, const char *refused,
		RpPasswordDone done, gpointer user);
	void (*cancel)(RpPasswordAsk *ask);
	gpointer keeper;
} RpPasswords;
