/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/base.h"
#include "roampost/oauth.h"
#include "roampost/online-accounts.h"
#include "roampost/passwords.h"

#include <sys/types.h>

/* ---- secret-file.c ---- */

/* Blocks. In secret memory, followed by a NUL; free with rp_secret_free. `forbidden`: bits of the
 * mode that it must not have; 0: whoever's it is. */
char *rp_secret_file_read(const char *path, mode_t forbidden, GError **error);
/* systemd's (systemd.exec(5)): the first line of $CREDENTIALS_DIRECTORY/NAME. */
char *rp_credential_read(const char *name, GError **error);

/* ---- keyring-watch.c ---- */

typedef struct RpKeyringWatch RpKeyringWatch;
/* `changed`: what is stored, or whether it can be read, may be another; in the thread's context. */
RpKeyringWatch *rp_keyring_watch_new(void (*changed)(gpointer user), gpointer user);
void rp_keyring_watch_free(RpKeyringWatch *watch);

/* ---- online-account.c ---- */

/* Blocks. The token of the account in GNOME Online Accounts whose address or login `user` is;
 * `anew`: the last one was refused. GIVEN: free *secret with rp_secret_free. Else the error says
 * why. */
RpPasswordResult rp_online_account_read(
	const char *user, gboolean anew, char **secret, GError **error);

/* ---- online-list.c ---- */

/* Blocks. As rp_online_accounts_list, by a bus that is connected and in the bus's words: NULL, and
 * *name is the D-Bus error's. */
struct RpDBus;
GPtrArray *rp_online_accounts_ask(struct RpDBus *bus, char **name, GError **error);

/* ---- password-read.c ---- */

/* What a source says. `why` where there is no secret. */
typedef struct {
	RpPasswordResult result;
	char *secret;
	char *why;
} RpPasswordAnswer;

void rp_password_answer_free(RpPasswordAnswer *answer);
/* Blocks. Of every source but oauth with a provider of its own; `refused`: the last one was. */
RpPasswordAnswer *rp_password_read(const RpPasswordWish *wish, gboolean refused);
/* Likewise, of every source, as rp_password_keeper_new_to_look says. */
RpPasswordAnswer *rp_password_look(
	const RpPasswordWish *wish, gboolean refused, const char *state_dir);
/* What helps where a token is gone, because of that; NULL: there was none. */
char *rp_token_log_in_again(const char *provider, const char *because, const char *set);

/* ---- token-work.c ---- */

/* `tokens` may be taken out of; they are cleared afterwards. `why` may be NULL. In the thread's own
 * main context. */
typedef void (*RpTokenWorkDone)(
	RpPasswordResult result, RpOauthTokens *tokens, const char *why, gpointer user);
/* What rp_token_store_load says, from a thread of its own. */
void rp_token_work_load(const char *state_dir, const char *provider, const char *user,
	RpTokenWorkDone done, gpointer data);
/* GIVEN: they are stored for good, and handed back; or somebody has logged in since `instead_of`
 * was read, a refresh token: then what he stored stays, and is handed back. LACKING: not stored. */
void rp_token_work_save(const char *state_dir, const char *provider, const char *user,
	const RpOauthTokens *tokens, const char *instead_of, RpTokenWorkDone done, gpointer data);

/* ---- tokens.c ---- */

typedef struct RpTokens RpTokens;
typedef struct RpTokenAsk RpTokenAsk;
RpTokens *rp_tokens_new(const char *state_dir);
/* What is being stored is stored first: it turns the main context. All that was asked for must be
 * cancelled or over. */
void rp_tokens_free(RpTokens *tokens);
/* As RpPasswords has it, of a wish for a token. */
RpTokenAsk *rp_tokens_ask(RpTokens *tokens, const RpPasswordWish *wish, const char *refused,
	RpPasswordDone done, gpointer user);
void rp_tokens_cancel(RpTokenAsk *ask);
