/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "oauth-private.h"

#include <string.h>

/* What is asked of a provider of tokens, as URLs and forms. */

static char *
base64url(const guint8 *octets, gsize size)
{
	char *text = g_base64_encode(octets, size);

	g_strdelimit(g_strdelimit(text, "+", '-'), "/", '_');
	text[strcspn(text, "=")] = '\0';
	return text;
}

char *
rp_oauth_token_of(const guint8 random[RP_OAUTH_RANDOM])
{
	return rp_secret_take(base64url(random, RP_OAUTH_RANDOM));
}

char *
rp_oauth_challenge(const char *verifier)
{
	g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
	guint8 digest[32];
	gsize size = sizeof digest;

	g_checksum_update(checksum, (const guchar *)verifier, -1);
	g_checksum_get_digest(checksum, digest, &size);
	return base64url(digest, size);
}

/* NULL values are left out. */
static void
append(GString *form, const char *name, const char *value)
{
	g_autoptr(RpSecret) escaped = value ? g_uri_escape_string(value, NULL, FALSE) : NULL;

	if (escaped)
		g_string_append_printf(form, "%s%s=%s", form->len ? "&" : "", name, escaped);
}

/* A form without what it was made in. */
static char *
finish(GString *form)
{
	char *secret = rp_secret_dup(form->str);

	rp_wipe(form->str, form->len);
	g_string_free(form, TRUE);
	return secret;
}

/* So large that it never moves, and leaves no copy behind. */
static GString *
new_form(const char *grant)
{
	GString *form = g_string_sized_new(16 * 1024);

	append(form, "grant_type", grant);
	return form;
}

static gboolean
shows_in_header(const RpOauthProvider *provider)
{
	return provider->client_secret && provider->secret_in_header;
}

/* In one place alone: RFC 6749 section 2.3. */
static void
append_client(GString *form, const RpOauthProvider *provider)
{
	if (shows_in_header(provider))
		return;
	append(form, "client_id", provider->client_id);
	append(form, "client_secret", provider->client_secret);
}

/* Both are escaped as in a form, before they are joined. */
char *
rp_oauth_client_header(const RpOauthProvider *provider)
{
	g_autoptr(RpSecret) secret = NULL, both = NULL, encoded = NULL;
	g_autofree char *id = g_uri_escape_string(provider->client_id, NULL, FALSE);

	if (!shows_in_header(provider))
		return NULL;
	secret = rp_secret_take(g_uri_escape_string(provider->client_secret, NULL, FALSE));
	both = rp_secret_take(g_strconcat(id, ":", secret, NULL));
	encoded = rp_secret_take(g_base64_encode((const guchar *)both, strlen(both)));
	return rp_secret_take(g_strconcat("Authorization: Basic ", encoded, NULL));
}

char *
rp_oauth_login_url(const RpOauthProvider *provider, const char *redirect, const char *state,
	const char *challenge, const char *user)
{
	g_autoptr(GString) query = g_string_new(NULL);
	const char *endpoint = provider->authorization_endpoint;

	append(query, "response_type", "code");
	append(query, "client_id", provider->client_id);
	append(query, "redirect_uri", redirect);
	append(query, "scope", provider->scopes);
	append(query, "state", state);
	append(query, "code_challenge", challenge);
	append(query, "code_challenge_method", "S256");
	append(query, "login_hint", user);
	/* Google gives a refresh token only so, and once only without the second. */
	append(query, "access_type", "offline");
	append(query, "prompt", "consent");
	return g_strconcat(endpoint, strchr(endpoint, '?') ? "&" : "?", query->str, NULL);
}

char *
rp_oauth_code_form(const RpOauthProvider *provider, const char *code, const char *redirect,
	const char *verifier)
{
	GString *form = new_form("authorization_code");

	append(form, "code", code);
	append(form, "redirect_uri", redirect);
	append(form, "code_verifier", verifier);
	append_client(form, provider);
	return finish(form);
}

char *
rp_oauth_refresh_form(const RpOauthProvider *provider, const char *refresh)
{
	GString *form = new_form("refresh_token");

	append(form, "refresh_token", refresh);
	append_client(form, provider);
	return finish(form);
}

char *
rp_oauth_device_form(const RpOauthProvider *provider)
{
	GString *form = g_string_sized_new(4096);

	append(form, "scope", provider->scopes);
	append_client(form, provider);
	return finish(form);
}

char *
rp_oauth_device_code_form(const RpOauthProvider *provider, const char *device_code)
{
	GString *form = new_form("urn:ietf:params:oauth:grant-type:device_code");

	append(form, "device_code", device_code);
	append_client(form, provider);
	return finish(form);
}

/* ---- the redirection ---- */

static char *
value_of(const char *query, const char *name)
{
	gsize length = strlen(name);

	for (const char *at = query; at && *at; at += strcspn(at, "&"), at += *at == '&') {
		gsize size = strcspn(at, "&");
		g_autofree char *raw = NULL;

		if (strncmp(at, name, length) != 0 || at[length] != '=')
			continue;
		raw = g_strndup(at + length + 1, size - length - 1);
		return g_uri_unescape_string(g_strdelimit(raw, "+", ' '), NULL);
	}
	return NULL;
}

RpOauthRedirect
rp_oauth_read_redirect(const char *address, const char *state, char **code, char **words)
{
	const char *mark = strchr(address, '?');
	g_autofree char *query = g_strdup(mark ? mark + 1 : address);
	g_autofree char *theirs = NULL, *error = NULL, *description = NULL;

	*code = NULL;
	*words = NULL;
	query[strcspn(query, "#")] = '\0';
	theirs = value_of(query, "state");
	if (g_strcmp0(theirs, state) != 0)
		return RP_OAUTH_STRANGE;
	*code = rp_secret_take(value_of(query, "code"));
	if (*code && **code)
		return RP_OAUTH_CODE;
	g_clear_pointer(code, rp_secret_free);
	error = value_of(query, "error");
	description = value_of(query, "error_description");
	if (!error)
		return RP_OAUTH_STRANGE;
	*words = rp_oauth_words(error, description);
	return RP_OAUTH_DECLINED;
}
