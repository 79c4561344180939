/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/passwords.h"

/* The agent's keeper of passwords: reads them, each time one is needed, from the keyring, a
 * credential or a netrc file, in threads of its own; keeps none of them. Tokens it renews before
 * they end, and keeps. */
typedef struct RpPasswordKeeper RpPasswordKeeper;

/* `state_dir`: where tokens are for which there is no keyring. `changed`: a keyring was unlocked,
 * has appeared, or has got a new item, so that what was lacking may be there; in the default main
 * context, from the first time that something was asked of a keyring. */
RpPasswordKeeper *rp_password_keeper_new(
	const char *state_dir, void (*changed)(gpointer user), gpointer user);
/* Of a program beside the agent, which wants to know whether the agent would get them: a token is
 * given as it is stored, and never renewed, since what a renewal brings is the agent's to keep
 * (RP_PASSWORD_LATER where it would be needed); so is a credential told of that the agent's unit
 * alone is given. */
RpPasswordKeeper *rp_password_keeper_new_to_look(const char *state_dir);
/* Nothing may be under way any more that was asked for, except by a keeper that only looks. */
void rp_password_keeper_free(RpPasswordKeeper *keeper);
/* As those who need one see it; the keeper's own. */
const RpPasswords *rp_password_keeper_passwords(const RpPasswordKeeper *keeper);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpPasswordKeeper, rp_password_keeper_free)
