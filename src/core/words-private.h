/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/language.h"
#include "roampost/policy.h"

/* Sentences that are stored in English, with {names} where something is filled in. */

/* ---- words-table.c: what happened to sessions ----
 * The longer stand before those that they could be taken for; each ends with NULL. {detail} is such
 * a sentence itself, {server} is HOST:PORT. */
extern const char *const rp_words[];
extern const char *const rp_words_of_curl[];
extern const char *const rp_words_of_server[];

/* ---- words-config.c: what is wrong with a configuration, with printf's places; and what may stand
 * behind it ---- */
extern const char *const rp_words_of_config[];
extern const char *const rp_words_of_config_hints[];

/* ---- policy-words.c: reasons, remedies, and what is said in their place in particular ---- */
enum {
	RP_WORDS_UNLOCK = RP_N_REASONS, /* and on */
	RP_WORDS_LINK_NOT_YET = RP_WORDS_UNLOCK + RP_N_UNLOCK_KINDS,
	RP_WORDS_NOT_BEFORE_TIME,
	RP_WORDS_PUT_OFF,
	RP_WORDS_SERVER_PUT_OFF,
	RP_WORDS_A_SERVER_PUT_OFF,
	RP_WORDS_DEFERRED_REMEDY,
	RP_WORDS_SERVER_REFUSED_NOW,
	RP_WORDS_A_SERVER_REFUSED_NOW,
	RP_WORDS_NOT_OPEN,
	RP_WORDS_A_SERVER_NOT_OPEN,
	RP_WORDS_STAYS_SHUT,
	RP_WORDS_ENTER_OWN,
	RP_WORDS_WITHOUT_TLS,
	RP_WORDS_WITHOUT_POP,
	RP_WORDS_ANOTHER_GREETING,
	RP_WORDS_NOT_VALID_NOW,
	RP_WORDS_ANOTHER_SERVER,
	RP_WORDS_TOKEN_REFUSED,
	RP_WORDS_OWN_PASSWORD,
	RP_WORDS_NEW_TOKEN,
	RP_WORDS_NEW_PASSWORD,
	RP_WORDS_KEYRING_PASSWORD,
	RP_WORDS_NEW_LOGIN,
	RP_WORDS_DESKTOP_LOGIN,
	RP_WORDS_NETRC_PASSWORD,
	RP_WORDS_CREDENTIAL_PASSWORD,
	RP_WORDS_NO_LOGIN,
	RP_WORDS_PASSWORD_MISSING,
	RP_WORDS_TOKEN_MISSING,
	RP_WORDS_OWN_CERTIFICATE,
	RP_WORDS_AUTHORITIES,
	RP_WORDS_HANGS_UP,
	RP_WORDS_ENCRYPTION_FAILED,
	RP_WORDS_TURNED_AWAY,
	RP_WORDS_NOT_TO_BE_GIVEN,
	RP_WORDS_OUTSIDE_NOWHERE,
	RP_WORDS_OUTSIDE_UNKNOWN,
	RP_WORDS_OUTSIDE_ANYWHERE,
	RP_WORDS_OUTSIDE_HEARSAY,
	RP_WORDS_OUTSIDE_OPEN,
	RP_WORDS_PINNED_TO_NOTHING,
	RP_WORDS_CONFIG_REFUSED,
	RP_WORDS_NO_SETS,
	RP_WORDS_LIKE_PORTAL,
	RP_WORDS_LIKE_PORTAL_NAME, /* where a name tells */
	RP_WORDS_PASSWORD_GIVEN,
	RP_WORDS_UNPROVEN_NAME,
	RP_WORDS_UNPROVEN_TLS,
	RP_WORDS_ENTER_GATEWAY,
	RP_WORDS_ENTER_PREFIX,
	RP_N_POLICY_WORDS,
};
extern const char *const rp_policy_words[RP_N_POLICY_WORDS];

#define RP_WORDS_THE_SET N_("the set")
#define RP_WORDS_ITS_PROVIDER N_("its provider")
#define RP_WORDS_ITS_DOMAINS N_("the provider's own domains")
extern const char *const rp_policy_stand_ins[];
/* Between the last names of a list, and between those before, while it is English. */
#define RP_WORDS_AND " or "

/* ---- words.c ---- */

/* What fills the places of these names, in English; NULL: a question mark. */
typedef struct {
	const char *set;
	const char *provider;
	const char *domains; /* several, with RP_WORDS_AND between them */
	const char *time;
	const char *detail;
} RpWordsNames;

/* The sentence in the thread's language, filled, to be freed. */
char *rp_words_fill(const char *english, const RpWordsNames *names);
/* A server's reply and nothing else: "550 no". */
gboolean rp_words_are_reply(const char *detail);
/* A sentence that is in the thread's language, with what happened behind it, in English: a server's
 * reply, or words of ours. To be freed. */
char *rp_words_with_detail(const char *sentence, const char *detail, gboolean is_reply);
