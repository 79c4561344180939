/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/oauth.h"
#include "roampost/passwords.h"

/* The tokens of (provider, user) where they outlive us: in the Secret Service; where there is none,
 * or it takes none, in STATE/tokens/PROVIDER:USER, a file with mode 0600. Everything blocks. */

typedef enum {
	RP_TOKEN_IN_KEYRING,
	RP_TOKEN_IN_FILE,
	RP_TOKEN_NOWHERE, /* the error says why */
} RpTokenPlace;

/* Whether tokens could be stored now: before somebody logs in for nothing. FALSE: the error says
 * what is in the way, and what to do. */
gboolean rp_token_store_check(const char *state_dir, GError **error);
/* With the first two they are stored for good: on the disk, or in the service's hands. */
RpTokenPlace rp_token_store_save(const char *state_dir, const char *provider, const char *user,
	const RpOauthTokens *tokens, GError **error);
/* GIVEN: one token at least. LACKING, LOCKED: the error says why. */
RpPasswordResult rp_token_store_load(const char *state_dir, const char *provider, const char *user,
	RpOauthTokens *tokens, GError **error);
/* From both. */
void rp_token_store_clear(const char *state_dir, const char *provider, const char *user);
