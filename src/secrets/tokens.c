/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-secrets"

#include "secrets-private.h"

#include "roampost/http-form.h"

#include <string.h>

/* Tokens while the agent runs. One account does one thing at a time, for all who wait for it: reads
 * what is stored, has it renewed, stores what is new; and only then is it given to anybody. */

/* A token that ends within a login is none. */
#define SPARE_SECONDS 120
/* For what is under way at the end. */
#define PATIENCE_SECONDS 5

typedef enum {
	ACCOUNT_IDLE,
	ACCOUNT_LOADING,
	ACCOUNT_RENEWING,
	ACCOUNT_SAVING,
} AccountState;

typedef struct {
	RpTokens *owner;
	RpOauthProvider *provider;
	char *user;
	char *set; /* for words: of who asked last */
	AccountState state;
	gboolean loaded; /* since somebody began to wait */
	RpOauthTokens tokens;
	char *refused; /* an access token that a server refused; secret */
	char *spent;   /* a refresh token that was refused now; secret; NULL: none */
	char *ended;   /* with it: why */
	RpHttpForm *form;
	GQueue waiting; /* of RpTokenAsk */
} Account;

struct RpTokens {
	char *state_dir;
	GHashTable *accounts; /* "PROVIDER\nUSER" -> Account */
};

struct RpTokenAsk {
	Account *account;
	RpPasswordDone done;
	gpointer user;
};

static void go_on(Account *account);

static void
enter_state(Account *account, AccountState state, const char *reason)
{
	static const char *const names[] = {"idle", "loading", "renewing", "saving"};

	g_debug("tokens of %s for %s: %s -> %s (%s)", account->provider->name, account->user,
		names[account->state], names[state], reason);
	account->state = state;
}

static gint64
now_seconds(void)
{
	return g_get_real_time() / G_USEC_PER_SEC;
}

/* ---- giving ---- */

/* Takes all who wait now: what they do then may make others wait. */
static void
answer_all(Account *account, RpPasswordResult result, const char *secret, const char *why)
{
	g_autoptr(RpSecret) copy = rp_secret_dup(secret);
	GQueue waiting = account->waiting;
	RpTokenAsk *ask;

	g_queue_init(&account->waiting);
	account->loaded = FALSE;
	g_clear_pointer(&account->spent, rp_secret_free);
	enter_state(account, ACCOUNT_IDLE, why ? why : "given");
	while ((ask = g_queue_pop_head(&waiting))) {
		if (ask->done)
			ask->done(result, copy, why, ask->user);
		g_free(ask);
	}
}

static void
fail(Account *account, RpPasswordResult result, char *words)
{
	g_autofree char *why = words;

	answer_all(account, result, NULL, why);
}

static char *
login_again(const Account *account, const char *because)
{
	return rp_token_log_in_again(account->provider->name, because, account->set);
}

static gboolean
lasts(const Account *account, gint64 seconds)
{
	const RpOauthTokens *tokens = &account->tokens;

	return tokens->access && g_strcmp0(tokens->access, account->refused) != 0 &&
	       (!tokens->ends || tokens->ends > now_seconds() + seconds);
}

static gboolean
is_good(const Account *account)
{
	return lasts(account, SPARE_SECONDS);
}

/* Where no other is to be had now. */
static gboolean
lasts_still(const Account *account)
{
	return lasts(account, 0);
}

/* Takes them out of `tokens`. */
static void
adopt(Account *account, RpOauthTokens *tokens)
{
	rp_oauth_tokens_clear(&account->tokens);
	account->tokens = *tokens;
	*tokens = (RpOauthTokens){0};
}

/* ---- storing ---- */

static void
on_saved(RpPasswordResult result, RpOauthTokens *tokens, const char *why, gpointer user)
{
	Account *account = user;

	if (result == RP_PASSWORD_GIVEN)
		adopt(account, tokens);
	else
		g_warning("the new token of %s for %s can't be stored, and is lost when roampostd "
			  "ends: %s",
			account->provider->name, account->user, why ? why : "unknown error");
	answer_all(account, RP_PASSWORD_GIVEN, account->tokens.access, NULL);
}

/* `instead_of`: the refresh token that gave them. */
static void
save(Account *account, const char *instead_of)
{
	enter_state(account, ACCOUNT_SAVING, "renewed");
	rp_token_work_save(account->owner->state_dir, account->provider->name, account->user,
		&account->tokens, instead_of, on_saved, account);
}

/* ---- reading ---- */

static void
on_loaded(RpPasswordResult result, RpOauthTokens *tokens, const char *why, gpointer user)
{
	Account *account = user;

	switch (result) {
	case RP_PASSWORD_GIVEN:
		adopt(account, tokens);
		if (account->spent && g_strcmp0(account->spent, account->tokens.refresh) == 0)
			fail(account, RP_PASSWORD_LACKING, login_again(account, account->ended));
		else
			go_on(account);
		return;
	case RP_PASSWORD_LOCKED:
		fail(account, RP_PASSWORD_LOCKED,
			g_strdup("the token is in the keyring, which is locked"));
		return;
	case RP_PASSWORD_LACKING:
	case RP_PASSWORD_LATER:
		fail(account, RP_PASSWORD_LACKING, login_again(account, why));
		return;
	}
}

/* Also what somebody else has stored meanwhile: roampost login. */
static void
load(Account *account, const char *reason)
{
	enter_state(account, ACCOUNT_LOADING, reason);
	account->loaded = TRUE;
	rp_token_work_load(account->owner->state_dir, account->provider->name, account->user,
		on_loaded, account);
}

/* Somebody may have logged in since it was read: what is refused is then the old one alone. */
static void
look_again(Account *account, const char *words)
{
	rp_secret_free(account->spent);
	account->spent = g_steal_pointer(&account->tokens.refresh);
	g_free(account->ended);
	account->ended = g_strdup(words);
	load(account, "what renews it is refused");
}

/* ---- renewing ---- */

static void
not_renewed_now(Account *account, const char *words)
{
	if (lasts_still(account))
		answer_all(account, RP_PASSWORD_GIVEN, account->tokens.access, NULL);
	else
		fail(account, RP_PASSWORD_LATER,
			g_strdup_printf("the token of %s can't be renewed now: %s",
				account->provider->name, words));
}

static void
on_answer(guint status, const char *body, const char *why, gpointer user)
{
	Account *account = user;
	g_autoptr(RpSecret) before = rp_secret_dup(account->tokens.refresh);
	g_autofree char *said = NULL;
	RpOauthAnswer answer =
		rp_oauth_read_answer(status, body, now_seconds(), &account->tokens, &said);
	g_autofree char *words = g_strdup(why ? why : said);

	g_clear_pointer(&account->form, rp_http_form_free);
	switch (answer) {
	case RP_OAUTH_GRANTED:
		g_message("the token of %s for %s is renewed", account->provider->name,
			account->user);
		save(account, before);
		return;
	case RP_OAUTH_ENDED:
		look_again(account, words);
		return;
	case RP_OAUTH_PENDING:
	case RP_OAUTH_SLOWER:
	case RP_OAUTH_MISTAKEN:
		fail(account, RP_PASSWORD_LACKING,
			g_strdup_printf("the token can't be renewed, see [oauth %s]: it says %s",
				account->provider->name, words));
		return;
	case RP_OAUTH_LATER:
	case RP_OAUTH_USELESS: /* a portal's page: another network has the provider */
		not_renewed_now(account, words);
		return;
	}
}

static void
renew(Account *account)
{
	const RpOauthProvider *provider = account->provider;
	g_autoptr(RpSecret) form = rp_oauth_refresh_form(provider, account->tokens.refresh);
	g_autoptr(RpSecret) header = rp_oauth_client_header(provider);
	const RpHttpQuestion question = {
		provider->token_endpoint, form, header, provider->tls_ca_file};

	enter_state(account, ACCOUNT_RENEWING, "it ends, or was refused");
	account->form = rp_http_form_send(&question, on_answer, account);
}

static void
go_on(Account *account)
{
	if (is_good(account) && account->loaded)
		answer_all(account, RP_PASSWORD_GIVEN, account->tokens.access, NULL);
	else if (!account->loaded)
		load(account, "asked for");
	else if (account->tokens.refresh)
		renew(account);
	else
		fail(account, RP_PASSWORD_LACKING,
			login_again(account, "it has ended, and nothing renews it"));
}

/* ---- who asks ---- */

static void
account_free(gpointer data)
{
	Account *account = data;
	RpTokenAsk *ask;

	while ((ask = g_queue_pop_head(&account->waiting)))
		g_free(ask);
	rp_http_form_free(account->form);
	rp_oauth_tokens_clear(&account->tokens);
	rp_secret_free(account->refused);
	rp_secret_free(account->spent);
	g_free(account->ended);
	rp_oauth_provider_unref(account->provider);
	g_free(account->user);
	g_free(account->set);
	g_free(account);
}

static Account *
find_account(RpTokens *tokens, const RpPasswordWish *wish)
{
	g_autofree char *key = g_strdup_printf("%s\n%s", wish->oauth->name, wish->user);
	Account *account = g_hash_table_lookup(tokens->accounts, key);

	if (!account) {
		account = g_new0(Account, 1);
		account->owner = tokens;
		account->user = g_strdup(wish->user);
		g_queue_init(&account->waiting);
		g_hash_table_insert(tokens->accounts, g_steal_pointer(&key), account);
	}
	/* As it is configured now. */
	rp_oauth_provider_unref(account->provider);
	account->provider = rp_oauth_provider_ref(wish->oauth);
	g_free(account->set);
	account->set = g_strdup(wish->set);
	return account;
}

RpTokenAsk *
rp_tokens_ask(RpTokens *tokens, const RpPasswordWish *wish, const char *refused,
	RpPasswordDone done, gpointer user)
{
	Account *account = find_account(tokens, wish);
	RpTokenAsk *ask = g_new0(RpTokenAsk, 1);

	ask->account = account;
	ask->done = done;
	ask->user = user;
	g_queue_push_tail(&account->waiting, ask);
	if (refused) {
		rp_secret_free(account->refused);
		account->refused = rp_secret_dup(refused);
	}
	if (account->state == ACCOUNT_IDLE)
		go_on(account);
	return ask;
}

void
rp_tokens_cancel(RpTokenAsk *ask)
{
	ask->done = NULL;
}

RpTokens *
rp_tokens_new(const char *state_dir)
{
	RpTokens *tokens = g_new0(RpTokens, 1);

	tokens->state_dir = g_strdup(state_dir);
	tokens->accounts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, account_free);
	return tokens;
}

/* A refresh token that is new may be the only one that is good. */
static gboolean
is_busy(const RpTokens *tokens)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, tokens->accounts);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		if (((const Account *)value)->state != ACCOUNT_IDLE)
			return TRUE;
	return FALSE;
}

static gboolean
on_late(gpointer user)
{
	*(gboolean *)user = TRUE;
	return G_SOURCE_CONTINUE;
}

void
rp_tokens_free(RpTokens *tokens)
{
	gboolean late = FALSE;
	guint timer;

	if (!tokens)
		return;
	timer = g_timeout_add_seconds(PATIENCE_SECONDS, on_late, &late);
	while (is_busy(tokens) && !late)
		g_main_context_iteration(NULL, TRUE);
	g_source_remove(timer);
	g_hash_table_unref(tokens->accounts);
	g_free(tokens->state_dir);
	g_free(tokens);
}
