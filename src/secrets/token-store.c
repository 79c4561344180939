/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/token-store.h"

#include "roampost/language.h"
#include "roampost/secretservice.h"
#include "secrets-private.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where tokens are between two runs: in the Secret Service, else in a file of one's own. */

static char *
folder_of(const char *state_dir)
{
	return g_build_filename(state_dir, "tokens", NULL);
}

static char *
file_of(const char *state_dir, const char *provider, const char *user)
{
	g_autofree char *folder = folder_of(state_dir);
	g_autofree char *escaped = g_uri_escape_string(user, "@", FALSE);
	g_autofree char *name = g_strdup_printf("%s:%s", provider, escaped);

	return g_build_filename(folder, name, NULL);
}

static void
set_unwritable(GError **error, const char *folder, const char *why)
{
	g_set_error(error, RP_ERROR, RP_ERROR_IO,
		_("there is no keyring that takes tokens, and they can't be kept in %1$s (%2$s): "
		  "see whose folder that is, and whether its disk has room, or unlock a keyring; "
		  "then log in again"),
		folder, why);
}

/* By writing there: permissions alone do not tell of a full disk, nor of one that is read-only. */
static gboolean
check_folder(const char *state_dir, GError **error)
{
	g_autofree char *folder = folder_of(state_dir);
	g_autofree char *trial = g_build_filename(folder, ".trial-XXXXXX", NULL);
	g_auto(RpFd) fd = g_mkdir_with_parents(folder, 0700) == 0 ? g_mkstemp(trial) : -1;

	if (fd >= 0 && write(fd, trial, strlen(trial)) >= 0) {
		g_unlink(trial);
		return TRUE;
	}
	set_unwritable(error, folder, rp_text_errno(errno));
	if (fd >= 0)
		g_unlink(trial);
	return FALSE;
}

gboolean
rp_token_store_check(const char *state_dir, GError **error)
{
	return rp_secretservice_probe(NULL) == RP_SECRET_DONE || check_folder(state_dir, error);
}

/* Synced before it is there under its name. */
static gboolean
save_file(const char *state_dir, const char *path, const char *text, GError **error)
{
	g_autoptr(GError) failure = NULL;
	g_autofree char *folder = folder_of(state_dir);

	if (!check_folder(state_dir, error))
		return FALSE;
	if (g_file_set_contents_full(path, text, -1,
		    G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600, &failure))
		return TRUE;
	set_unwritable(error, folder, failure->message);
	return FALSE;
}

/* As keyring programs list it: in the session's language, whoever renews it. */
static char *
label_of(const char *provider, const char *user)
{
	const RpLanguage *own = rp_language_own();
	g_auto(RpLanguageScope) scope = own ? rp_language_enter(own) : (RpLanguageScope)0;

	/* TRANSLATORS: a provider's name, a login's. */
	return g_strdup_printf(_("Token of %1$s for %2$s (roampost)"), provider, user);
}

RpTokenPlace
rp_token_store_save(const char *state_dir, const char *provider, const char *user,
	const RpOauthTokens *tokens, GError **error)
{
	const RpSecretKey key = {provider, RP_SECRET_OAUTH, user};
	g_autofree char *label = label_of(provider, user);
	g_autofree char *path = file_of(state_dir, provider, user);
	g_autoptr(RpSecret) text = rp_oauth_tokens_text(tokens);

	if (rp_secretservice_store(&key, label, text, NULL) == RP_SECRET_DONE) {
		g_unlink(path); /* from a time without a keyring: it would count first */
		return RP_TOKEN_IN_KEYRING;
	}
	return save_file(state_dir, path, text, error) ? RP_TOKEN_IN_FILE : RP_TOKEN_NOWHERE;
}

/* TRUE: there was a file, whatever is in it. */
static gboolean
load_file(const char *path, RpOauthTokens *tokens, GError **error)
{
	g_autoptr(RpSecret) text = NULL;

	if (!g_file_test(path, G_FILE_TEST_EXISTS))
		return FALSE;
	text = rp_secret_file_read(path, S_IRWXG | S_IRWXO, error);
	if (text && !rp_oauth_tokens_read(text, tokens))
		g_set_error(error, RP_ERROR, RP_ERROR_INVALID, "%s holds no tokens", path);
	return TRUE;
}

RpPasswordResult
rp_token_store_load(const char *state_dir, const char *provider, const char *user,
	RpOauthTokens *tokens, GError **error)
{
	const RpSecretKey key = {provider, RP_SECRET_OAUTH, user};
	g_autofree char *path = file_of(state_dir, provider, user);
	g_autoptr(RpSecret) text = NULL;
	RpSecretResult result;

	rp_oauth_tokens_clear(tokens);
	if (load_file(path, tokens, error))
		return tokens->access || tokens->refresh ? RP_PASSWORD_GIVEN : RP_PASSWORD_LACKING;
	result = rp_secretservice_look_up(&key, &text, error);
	if (result == RP_SECRET_LOCKED)
		return RP_PASSWORD_LOCKED;
	if (result == RP_SECRET_DONE && rp_oauth_tokens_read(text, tokens))
		return RP_PASSWORD_GIVEN;
	g_clear_error(error);
	return RP_PASSWORD_LACKING;
}

void
rp_token_store_clear(const char *state_dir, const char *provider, const char *user)
{
	const RpSecretKey key = {provider, RP_SECRET_OAUTH, user};
	g_autofree char *path = file_of(state_dir, provider, user);

	g_unlink(path);
	rp_secretservice_clear(&key, NULL);
}
