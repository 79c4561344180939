/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cli.h"

#include "roampost/oauth.h"

/* Logging in at a provider of tokens, for a command that waits for it. */

/* A form to an endpoint, and its answer; *status is 0 and *body what went wrong where none came. */
char *rp_login_post(
	const RpOauthProvider *provider, const char *url, const char *form, guint *status);
/* Random, as rp_oauth_token_of has it. Free with rp_secret_free. */
char *rp_login_random(void);

/* By a browser, which is started where `start` says so; by hand where that fails or shows an error:
 * the address that it was redirected to is read from standard input. FALSE after saying why. */
gboolean rp_login_by_browser(RpCli *cli, const RpOauthProvider *provider, const char *user,
	gboolean start, RpOauthTokens *tokens);
/* By a code that is typed on another device. */
gboolean rp_login_by_device(RpCli *cli, const RpOauthProvider *provider, RpOauthTokens *tokens);
