/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/base.h"
#include "roampost/serverset.h"

/* Passwords and tokens in the Secret Service of the user's session: gnome-keyring, KWallet's or
 * KeePassXC's (https://specifications.freedesktop.org/secret-service/). libsecret speaks to it, and
 * stands in a module of its own (roampost/module.h): who asks for nothing does not load it.
 *
 * Everything here blocks until the service has answered, for as long as its user looks at its
 * dialogue where it shows one; the agent calls it in threads of its own. In any thread, by several
 * at once. Nothing that is secret is logged, or in an error. */
#define RP_SECRETSERVICE_MODULE "roampost-secretservice.so"

/* The attributes that an item is stored with and found by, of the schema org.roampost.Password.
 * They are those of msmtp and mpop, whose items are found too: the schema's name does not count
 * where one is looked up. By hand: secret-tool lookup host H service S user U. */
typedef struct {
	const char *host;    /* of the set's first server; of a token the name of its [oauth] */
	const char *service; /* RP_SECRET_SMTP, RP_SECRET_POP or RP_SECRET_OAUTH */
	const char *user;    /* the login's name */
} RpSecretKey;
#define RP_SECRET_SMTP "smtp"
#define RP_SECRET_POP "pop3"
#define RP_SECRET_OAUTH "oauth"

/* The keys of a set's logins, which must have a user (and, for POP, a server). Borrow from the set.
 */
RpSecretKey rp_secret_key_smtp(const RpServerSet *set);
RpSecretKey rp_secret_key_pop(const RpServerSet *set);

typedef enum {
	RP_SECRET_DONE,
	RP_SECRET_ABSENT,      /* nothing is stored under these attributes */
	RP_SECRET_LOCKED,      /* the keyring is, and was not opened */
	RP_SECRET_UNAVAILABLE, /* no session bus, no such service on it, or no module here */
	RP_SECRET_FAILED,      /* the service said so */
} RpSecretResult;

/* Stores it in the default collection, in place of what was there under the same attributes;
 * RP_SECRET_DONE means that the service has it. A locked collection is unlocked first, which asks
 * the user; one that does not exist yet is made. `label` is what people see in their keyring's
 * program. With all other results than RP_SECRET_DONE the error is one sentence for the user, with
 * what to do. */
RpSecretResult rp_secretservice_store(
	const RpSecretKey *key, const char *label, const char *secret, GError **error);
/* *secret is to be freed with rp_secret_free. Asks nobody: what is locked stays so
 * (RP_SECRET_LOCKED). */
RpSecretResult rp_secretservice_look_up(const RpSecretKey *key, char **secret, GError **error);
/* Removes what rp_secretservice_store has stored (RP_SECRET_ABSENT: nothing was), never what
 * another program did. Unlocks as that does. */
RpSecretResult rp_secretservice_clear(const RpSecretKey *key, GError **error);
/* Whether there is a service that would take a password: RP_SECRET_DONE, locked or not, or
 * RP_SECRET_UNAVAILABLE. Starts it where the bus can. */
RpSecretResult rp_secretservice_probe(GError **error);

/* ---- what the module has ---- */

#define RP_SECRETSERVICE_STORE "rp_module_secret_store"
#define RP_SECRETSERVICE_LOOK_UP "rp_module_secret_look_up"
#define RP_SECRETSERVICE_CLEAR "rp_module_secret_clear"
#define RP_SECRETSERVICE_PROBE "rp_module_secret_probe"
