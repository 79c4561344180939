/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/password-keeper.h"

#include "secrets-private.h"

#include <gio/gio.h>

/* Who is asked, beside the main loop; and the word that it is worth asking again. */

struct RpPasswordKeeper {
	RpPasswords passwords;
	RpTokens *tokens;
	RpKeyringWatch *watch; /* from the first need of a keyring on */
	char *look_dir;        /* it only looks: where tokens are; NULL: it is the agent's */
	void (*changed)(gpointer user);
	gpointer user;
};

/* Of a password, or of a token. */
struct RpPasswordAsk {
	RpPasswordDone done; /* NULL: cancelled */
	gpointer user;
	RpTokenAsk *token; /* NULL: a password's */
};

/* What a thread is given. */
typedef struct {
	RpPasswordWish *wish;
	gboolean refused;
	char *look_dir;
} Question;

static void
question_free(gpointer data)
{
	Question *question = data;

	rp_password_wish_free(question->wish);
	g_free(question->look_dir);
	g_free(question);
}

static Question *
question_new(const RpPasswordKeeper *keeper, const RpPasswordWish *wish, gboolean refused)
{
	Question *question = g_new0(Question, 1);

	question->wish = rp_password_wish_copy(wish);
	question->refused = refused;
	question->look_dir = g_strdup(keeper->look_dir);
	return question;
}

static void
answer_free(gpointer answer)
{
	rp_password_answer_free(answer);
}

static void
read_beside(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
	const Question *question = data;

	g_task_return_pointer(task,
		question->look_dir
			? rp_password_look(question->wish, question->refused, question->look_dir)
			: rp_password_read(question->wish, question->refused),
		answer_free);
}

static void
on_read(GObject *source, GAsyncResult *result, gpointer user)
{
	RpPasswordAsk *ask = user;
	g_autoptr(GError) error = NULL;
	RpPasswordAnswer *answer = g_task_propagate_pointer(G_TASK(result), &error);

	if (ask->done)
		ask->done(answer->result, answer->secret, answer->why, ask->user);
	rp_password_answer_free(answer);
	g_free(ask);
}

/* What is unlocked between the question and its answer must be heard. */
static void
watch_keyring(RpPasswordKeeper *keeper, const RpPasswordWish *wish)
{
	gboolean may_be_there = wish->from == RP_PASSWORD_FROM_SECRET_SERVICE ||
				wish->from == RP_PASSWORD_FROM_OAUTH;

	if (may_be_there && keeper->changed && !keeper->watch)
		keeper->watch = rp_keyring_watch_new(keeper->changed, keeper->user);
}

static void
on_token(RpPasswordResult result, const char *secret, const char *why, gpointer user)
{
	RpPasswordAsk *ask = user;

	ask->done(result, secret, why, ask->user);
	g_free(ask);
}

static RpPasswordAsk *
ask_for(gpointer keeper, const RpPasswordWish *wish, const char *refused, RpPasswordDone done,
	gpointer user)
{
	RpPasswordKeeper *asked = keeper;
	RpPasswordAsk *ask = g_new0(RpPasswordAsk, 1);
	g_autoptr(GTask) task = NULL;

	ask->done = done;
	ask->user = user;
	watch_keyring(asked, wish);
	if (wish->from == RP_PASSWORD_FROM_OAUTH && !wish->oauth->online_accounts &&
		!asked->look_dir) {
		ask->token = rp_tokens_ask(asked->tokens, wish, refused, on_token, ask);
		return ask;
	}
	task = g_task_new(NULL, NULL, on_read, ask);
	g_task_set_task_data(task, question_new(asked, wish, refused != NULL), question_free);
	g_task_run_in_thread(task, read_beside);
	return ask;
}

static void
cancel(RpPasswordAsk *ask)
{
	ask->done = NULL;
	if (!ask->token)
		return; /* its thread ends when it ends */
	rp_tokens_cancel(ask->token);
	g_free(ask);
}

RpPasswordKeeper *
rp_password_keeper_new(const char *state_dir, void (*changed)(gpointer user), gpointer user)
{
	RpPasswordKeeper *keeper = g_new0(RpPasswordKeeper, 1);

	keeper->passwords = (RpPasswords){ask_for, cancel, keeper};
	keeper->tokens = rp_tokens_new(state_dir);
	keeper->changed = changed;
	keeper->user = user;
	return keeper;
}

RpPasswordKeeper *
rp_password_keeper_new_to_look(const char *state_dir)
{
	RpPasswordKeeper *keeper = rp_password_keeper_new(state_dir, NULL, NULL);

	keeper->look_dir = g_strdup(state_dir);
	return keeper;
}

void
rp_password_keeper_free(RpPasswordKeeper *keeper)
{
	if (!keeper)
		return;
	rp_tokens_free(keeper->tokens);
	rp_keyring_watch_free(keeper->watch);
	g_free(keeper->look_dir);
	g_free(keeper);
}

const RpPasswords *
rp_password_keeper_passwords(const RpPasswordKeeper *keeper)
{
	return &keeper->passwords;
}
