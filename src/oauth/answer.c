/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "oauth-private.h"

#include <string.h>

/* What a provider of tokens says, and what follows from it. */

#define LONGEST_WORDS 300
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/* json-glib's texts end at a NUL, so that what stands behind one would be lost unseen. */
static void
show_nuls(char *json)
{
	for (char *at = strchr(json, '\\'); at && at[1]; at = strchr(at + 2, '\\'))
		if (strncmp(at + 1, "u0000", 5) == 0)
			memcpy(at + 1, "ufffd", 5);
}

/* Some begin with a byte order mark, and some have words in Latin-1 (what is no UTF-8 then becomes
 * U+FFFD, as a NUL does, and is in no token). */
JsonObject *
rp_oauth_object(JsonParser *parser, const char *body)
{
	g_autoptr(RpSecret) valid = NULL;
	const char *text;
	JsonNode *root = NULL;

	if (!body)
		return NULL;
	text = valid = rp_secret_take(g_utf8_make_valid(body, -1));
	show_nuls(valid);
	if (g_str_has_prefix(text, BYTE_ORDER_MARK))
		text += strlen(BYTE_ORDER_MARK);
	if (json_parser_load_from_data(parser, text, -1, NULL))
		root = json_parser_get_root(parser);
	return root && JSON_NODE_HOLDS_OBJECT(root) ? json_node_get_object(root) : NULL;
}

/* NULL where it is none. */
const char *
rp_oauth_text(JsonObject *object, const char *name)
{
	JsonNode *node = json_object_get_member(object, name);

	return node && JSON_NODE_HOLDS_VALUE(node) &&
			       json_node_get_value_type(node) == G_TYPE_STRING
		       ? json_node_get_string(node)
		       : NULL;
}

/* Some write numbers as strings (Microsoft did). */
gint64
rp_oauth_number(JsonObject *object, const char *name, gint64 fallback)
{
	JsonNode *node = json_object_get_member(object, name);
	const char *text = rp_oauth_text(object, name);

	if (text)
		return g_ascii_isdigit(*text) ? g_ascii_strtoll(text, NULL, 10) : fallback;
	return node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_int(node) : fallback;
}

/* ---- tokens ---- */

void
rp_oauth_tokens_clear(RpOauthTokens *tokens)
{
	rp_secret_free(tokens->access);
	rp_secret_free(tokens->refresh);
	g_free(tokens->granted);
	*tokens = (RpOauthTokens){0};
}

char *
rp_oauth_tokens_text(const RpOauthTokens *tokens)
{
	GString *out = g_string_sized_new(64 * 1024);
	char *text;
	RpJson json;

	rp_json_init(&json, out);
	rp_json_begin_object(&json, NULL);
	rp_json_string(&json, "access_token", tokens->access);
	rp_json_string(&json, "refresh_token", tokens->refresh);
	rp_json_int(&json, "ends", tokens->ends);
	rp_json_end_object(&json);
	text = rp_secret_dup(out->str);
	rp_wipe(out->str, out->len);
	g_string_free(out, TRUE);
	return text;
}

static void
replace(char **secret, const char *text)
{
	rp_secret_free(*secret);
	*secret = rp_secret_dup(text);
}

gboolean
rp_oauth_tokens_read(const char *text, RpOauthTokens *tokens)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	JsonObject *object = rp_oauth_object(parser, text);

	rp_oauth_tokens_clear(tokens);
	if (!object)
		return FALSE;
	replace(&tokens->access, rp_oauth_text(object, "access_token"));
	replace(&tokens->refresh, rp_oauth_text(object, "refresh_token"));
	tokens->ends = rp_oauth_number(object, "ends", 0);
	return tokens->access || tokens->refresh;
}

/* ---- errors ---- */

static const struct {
	const char *error; /* RFC 6749 section 5.2, RFC 8628 section 3.5 */
	RpOauthAnswer answer;
} errors[] = {
	{"invalid_grant", RP_OAUTH_ENDED},
	{"interaction_required",
		RP_OAUTH_ENDED}, /* Microsoft: a password or a second factor anew */
	/* OpenID Connect Core 1.0 section 3.1.2.6 */
	{"login_required", RP_OAUTH_ENDED},
	{"consent_required", RP_OAUTH_ENDED},
	{"INVALID_REFRESH_TOKEN", RP_OAUTH_ENDED}, /* Yahoo's invalid_grant */
	{"access_denied", RP_OAUTH_ENDED},
	{"authorization_declined", RP_OAUTH_ENDED}, /* Microsoft's word for it */
	{"expired_token", RP_OAUTH_ENDED},
	{"code_expired", RP_OAUTH_ENDED},
	{"authorization_pending", RP_OAUTH_PENDING},
	{"slow_down", RP_OAUTH_SLOWER},
	{"temporarily_unavailable", RP_OAUTH_LATER},
	{"server_error", RP_OAUTH_LATER},
};

char *
rp_oauth_words(const char *error, const char *description)
{
	g_autofree char *all = description && *description
				       ? g_strdup_printf("%s: %s", error, description)
				       : g_strdup(error);
	g_autofree char *clean = rp_text_neutral(g_strdelimit(all, "\r\n", ' '), -1);

	return g_strndup(clean,
		g_utf8_offset_to_pointer(clean, MIN(g_utf8_strlen(clean, -1), LONGEST_WORDS)) -
			clean);
}

/* A 4xx without a reason of the protocol's own is another server; but these are somebody in between
 * (a proxy, a content network that is attacked), or say when. */
static RpOauthAnswer
judge_status(guint status, char **words)
{
	static const guint passing[] = {403, 407, 408, 429};
	gboolean mistaken = status >= 400 && status < 500;

	for (gsize i = 0; i < G_N_ELEMENTS(passing); i++)
		mistaken = mistaken && status != passing[i];

	*words = status ? g_strdup_printf("it answers %u without a word that OAuth has", status)
			: g_strdup("no answer came");
	if (status && status < 400)
		return RP_OAUTH_USELESS;
	return mistaken ? RP_OAUTH_MISTAKEN : RP_OAUTH_LATER;
}

/* A text (RFC 6749 section 5.2), or what Google's other interfaces have: an object. NULL: none. */
static const char *
error_of(JsonObject *object, const char **description)
{
	JsonNode *node = object ? json_object_get_member(object, "error") : NULL;
	JsonObject *inner;

	*description = NULL;
	if (!node)
		return NULL;
	if (!JSON_NODE_HOLDS_OBJECT(node)) {
		*description = rp_oauth_text(object, "error_description");
		return rp_oauth_text(object, "error");
	}
	inner = json_node_get_object(node);
	*description = rp_oauth_text(inner, "message");
	return rp_oauth_text(inner, "status");
}

RpOauthAnswer
rp_oauth_error(guint status, JsonObject *object, char **words)
{
	const char *description;
	const char *error = error_of(object, &description);

	if (!error)
		return judge_status(status, words);
	*words = rp_oauth_words(error, description);
	for (gsize i = 0; i < G_N_ELEMENTS(errors); i++)
		if (g_str_equal(error, errors[i].error))
			return errors[i].answer;
	return status >= 500 || status == 429 ? RP_OAUTH_LATER : RP_OAUTH_MISTAKEN;
}

/* ---- answers ---- */

/* What could not be a token in a login is not. */
gboolean
rp_oauth_is_visible(const char *text)
{
	if (!text || !*text)
		return FALSE;
	for (; *text; text++)
		if (!g_ascii_isgraph(*text))
			return FALSE;
	return TRUE;
}

/* 0: nobody said, or nothing that could be meant (some say 0 or less for "never"). */
static gint64
end_of(JsonObject *object, const char *name, gint64 now)
{
	gint64 lasts = rp_oauth_number(object, name, 0);

	return lasts > 0 ? now + MIN(lasts, G_MAXINT32) : 0;
}

RpOauthAnswer
rp_oauth_read_answer(
	guint status, const char *body, gint64 now, RpOauthTokens *tokens, char **words)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	JsonObject *object = rp_oauth_object(parser, body);

	*words = NULL;
	/* GitHub's kind says errors with 200. */
	if (status != 200 || !object || rp_oauth_text(object, "error"))
		return rp_oauth_error(status, object, words);
	if (!rp_oauth_is_visible(rp_oauth_text(object, "access_token"))) {
		*words = g_strdup("its answer has no token");
		return RP_OAUTH_USELESS;
	}
	replace(&tokens->access, rp_oauth_text(object, "access_token"));
	if (rp_oauth_is_visible(rp_oauth_text(object, "refresh_token")))
		replace(&tokens->refresh, rp_oauth_text(object, "refresh_token"));
	tokens->ends = end_of(object, "expires_in", now);
	tokens->login_ends = end_of(object, "refresh_token_expires_in", now);
	g_free(tokens->granted);
	tokens->granted = g_strdup(rp_oauth_text(object, "scope"));
	return RP_OAUTH_GRANTED;
}

/* ---- scopes ---- */

/* What is no permission, and is left out of answers (Microsoft). */
static gboolean
is_for_mail(const char *scope)
{
	static const char *const others[] = {
		"offline_access", "openid", "profile", "email", "", NULL};

	return !g_strv_contains(others, scope);
}

char *
rp_oauth_lacking_scopes(const RpOauthProvider *provider, const char *granted)
{
	g_auto(GStrv) asked = g_strsplit(provider->scopes ? provider->scopes : "", " ", -1);
	g_auto(GStrv) given = granted ? g_strsplit(granted, " ", -1) : NULL;
	g_autoptr(GPtrArray) lacking = g_ptr_array_new();
	g_autofree char *text = NULL;

	for (gsize i = 0; given && asked[i]; i++)
		if (is_for_mail(asked[i]) && !g_strv_contains((const char *const *)given, asked[i]))
			g_ptr_array_add(lacking, asked[i]);
	if (!lacking->len)
		return NULL;
	g_ptr_array_add(lacking, NULL);
	text = g_strjoinv(" ", (char **)lacking->pdata);
	return rp_text_neutral(text, -1);
}
