/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/base.h"
#include "roampost/oauth-provider.h"

/* OAuth 2 as a mail program needs it (RFC 6749, 7636, 8252, 8628): what is asked, and what the
 * answers mean. Pure: randomness and time are arguments, and who calls speaks HTTP. What is secret
 * is to be freed with rp_secret_free, and is in no word for the user. */

/* ---- the login by a browser ---- */

#define RP_OAUTH_RANDOM 32

/* 43 characters: a code verifier (RFC 7636 section 4.1), or a state. */
char *rp_oauth_token_of(const guint8 random[RP_OAUTH_RANDOM]);
/* S256 of a verifier. */
char *rp_oauth_challenge(const char *verifier);
/* Where the browser is sent. `user`: whom the provider is to suggest. Free with g_free. */
char *rp_oauth_login_url(const RpOauthProvider *provider, const char *redirect, const char *state,
	const char *challenge, const char *user);
typedef enum {
	RP_OAUTH_CODE,     /* *code is to be freed with rp_secret_free */
	RP_OAUTH_STRANGE,  /* not the answer to this login: another state, or none */
	RP_OAUTH_DECLINED, /* *words says why, to be freed */
} RpOauthRedirect;
/* The address that the browser was redirected to: whole, or from its path or its query on. */
RpOauthRedirect rp_oauth_read_redirect(
	const char *address, const char *state, char **code, char **words);

/* ---- requests: forms to be sent to the token endpoint, or for device_form to the device's ---- */

char *rp_oauth_code_form(const RpOauthProvider *provider, const char *code, const char *redirect,
	const char *verifier);
char *rp_oauth_refresh_form(const RpOauthProvider *provider, const char *refresh);
char *rp_oauth_device_form(const RpOauthProvider *provider);
char *rp_oauth_device_code_form(const RpOauthProvider *provider, const char *device_code);
/* A header of HTTP to go with each of them; NULL: none. */
char *rp_oauth_client_header(const RpOauthProvider *provider);

/* ---- answers ---- */

typedef struct {
	char *access;  /* secret; NULL: none */
	char *refresh; /* secret; NULL: none */
	gint64 ends;   /* of the access token, in seconds since the Epoch; 0: nobody said */
	/* Of the answer they came with; not stored. */
	gint64 login_ends; /* of the refresh token; Google says it of clients in testing */
	char *granted;     /* the scopes that were given; NULL: as they were asked for */
} RpOauthTokens;

void rp_oauth_tokens_clear(RpOauthTokens *tokens);
/* As they are stored, and back (FALSE: it is not that). Secret. */
char *rp_oauth_tokens_text(const RpOauthTokens *tokens);
gboolean rp_oauth_tokens_read(const char *text, RpOauthTokens *tokens);

typedef enum {
	RP_OAUTH_GRANTED,
	RP_OAUTH_PENDING, /* the user of a device has not answered yet: ask again after its interval
			   */
	RP_OAUTH_SLOWER,  /* likewise, and ask less often: RFC 8628 section 3.5 adds 5 s */
	RP_OAUTH_ENDED,   /* a grant that is no more, or was declined: log in again */
	RP_OAUTH_MISTAKEN, /* the client, the scopes, the endpoint: the configuration */
	RP_OAUTH_LATER,    /* no answer, or one that says to come back */
	RP_OAUTH_USELESS, /* no error, and no token: a page, a redirection, an empty token. Somebody
			     else's answer, as a portal's, or a provider that will not do better */
} RpOauthAnswer;

/* `status`: of HTTP; 0: no answer came. `now`: seconds since the Epoch. A token that is left out of
 * an answer stays as it is in `tokens`. *words is to be freed; NULL with GRANTED. */
RpOauthAnswer rp_oauth_read_answer(
	guint status, const char *body, gint64 now, RpOauthTokens *tokens, char **words);

/* Scopes for mail that were asked for and are not in `granted` (a user may leave some out), blanks
 * between them, to be freed; NULL: none. */
char *rp_oauth_lacking_scopes(const RpOauthProvider *provider, const char *granted);

typedef struct {
	char *code;      /* secret */
	char *user_code; /* what the user types, at `uri`: a line that is fit to be shown */
	char *uri;       /* https, or http of this machine; visible ASCII alone */
	char *whole_uri; /* likewise, with the code in it, or NULL */
	guint interval;  /* seconds between questions */
	gint64 ends;     /* seconds since the Epoch */
} RpOauthDevice;

void rp_oauth_device_clear(RpOauthDevice *device);
RpOauthAnswer rp_oauth_read_device(
	guint status, const char *body, gint64 now, RpOauthDevice *device, char **words);
