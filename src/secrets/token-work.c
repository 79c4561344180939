/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "secrets-private.h"

#include "roampost/token-store.h"

#include <gio/gio.h>

/* The store of tokens, which blocks, in a thread; and who wins where two have stored. */

typedef struct {
	char *state_dir, *provider, *user;
	RpOauthTokens tokens;
	char *instead_of; /* secret */
	GError *error;
	RpTokenWorkDone done;
	gpointer data;
} Work;

static void
work_free(gpointer data)
{
	Work *work = data;

	g_free(work->state_dir);
	g_free(work->provider);
	g_free(work->user);
	rp_oauth_tokens_clear(&work->tokens);
	rp_secret_free(work->instead_of);
	g_clear_error(&work->error);
	g_free(work);
}

static void
on_done(GObject *source, GAsyncResult *result, gpointer user)
{
	Work *work = g_task_get_task_data(G_TASK(result));
	RpPasswordResult outcome = (RpPasswordResult)g_task_propagate_int(G_TASK(result), NULL);

	work->done(outcome, &work->tokens, work->error ? work->error->message : NULL, work->data);
}

static void
begin(Work *work, GTaskThreadFunc function, RpTokenWorkDone done, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, NULL, on_done, NULL);

	work->done = done;
	work->data = data;
	g_task_set_task_data(task, work, work_free);
	g_task_run_in_thread(task, function);
}

static Work *
work_new(const char *state_dir, const char *provider, const char *user)
{
	Work *work = g_new0(Work, 1);

	work->state_dir = g_strdup(state_dir);
	work->provider = g_strdup(provider);
	work->user = g_strdup(user);
	return work;
}

/* ---- reading ---- */

static void
load_beside(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
	Work *work = data;

	g_task_return_int(task, rp_token_store_load(work->state_dir, work->provider, work->user,
					&work->tokens, &work->error));
}

void
rp_token_work_load(const char *state_dir, const char *provider, const char *user,
	RpTokenWorkDone done, gpointer data)
{
	begin(work_new(state_dir, provider, user), load_beside, done, data);
}

/* ---- writing ---- */

/* Another refresh token than that which was used is of a login since. */
static gboolean
take_newer(Work *work)
{
	RpOauthTokens now = {0};
	gboolean newer = rp_token_store_load(work->state_dir, work->provider, work->user, &now,
				 NULL) == RP_PASSWORD_GIVEN &&
			 now.access && now.refresh && g_strcmp0(now.refresh, work->instead_of) != 0;

	if (newer) {
		rp_oauth_tokens_clear(&work->tokens);
		work->tokens = now;
		return TRUE;
	}
	rp_oauth_tokens_clear(&now);
	return FALSE;
}

static void
save_beside(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
	Work *work = data;
	gboolean stored =
		take_newer(work) || rp_token_store_save(work->state_dir, work->provider, work->user,
					    &work->tokens, &work->error) != RP_TOKEN_NOWHERE;

	g_task_return_int(task, stored ? RP_PASSWORD_GIVEN : RP_PASSWORD_LACKING);
}

void
rp_token_work_save(const char *state_dir, const char *provider, const char *user,
	const RpOauthTokens *tokens, const char *instead_of, RpTokenWorkDone done, gpointer data)
{
	Work *work = work_new(state_dir, provider, user);

	work->tokens = (RpOauthTokens){.access = rp_secret_dup(tokens->access),
		.refresh = rp_secret_dup(tokens->refresh),
		.ends = tokens->ends};
	work->instead_of = rp_secret_dup(instead_of);
	begin(work, save_beside, done, data);
}
