/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "values-private.h"

#include "roampost/language.h"

#include <string.h>

/* Where a password is that the configuration does not say: the source, and what it is called there.
 */

typedef struct {
	const char *word;
	RpPasswordFrom from;
	gboolean takes_name, needs_name;
	const char *lacks;
} Source;

static const Source sources[] = {
	{"secret-service", RP_PASSWORD_FROM_SECRET_SERVICE, FALSE, FALSE, NULL},
	{"credential", RP_PASSWORD_FROM_CREDENTIAL, TRUE, TRUE,
		N_("credential has to name the credential, as in credential:odn")},
	{"netrc", RP_PASSWORD_FROM_NETRC, TRUE, FALSE, NULL},
	{"oauth", RP_PASSWORD_FROM_OAUTH, TRUE, TRUE,
		N_("oauth has to name the [oauth] group, as in oauth:google")},
};

static const Source *
find_source(const char *word, GError **error)
{
	const char *words[G_N_ELEMENTS(sources) + 1] = {NULL};
	const char *near;

	for (gsize i = 0; i < G_N_ELEMENTS(sources); i++) {
		words[i] = sources[i].word;
		if (g_str_equal(word, words[i]))
			return &sources[i];
	}
	near = rp_nearest(word, words);
	if (near)
		fail(error,
			_("“%s” is no place for a password (did you mean “%s”?): write "
			  "secret-service, credential:NAME, netrc, netrc:FILE or oauth:NAME"),
			word, near);
	else
		fail(error,
			_("“%s” is no place for a password: write secret-service, credential:NAME, "
			  "netrc, netrc:FILE or oauth:NAME"),
			word);
	return NULL;
}

/* A file's name as a path has it, others as they are. NULL with an error. */
static char *
read_name(const Source *source, const char *name, GError **error)
{
	if (source->from == RP_PASSWORD_FROM_CREDENTIAL && strchr(name, '/')) {
		fail(error, _("“%s” is no credential's name: it has a /"), name);
		return NULL;
	}
	if (source->from != RP_PASSWORD_FROM_NETRC || *name == '/')
		return g_strdup(name);
	if (g_str_has_prefix(name, "~/"))
		return rp_config_below_home(name);
	fail(error, _("“%s” is not a full path: begin it with / or ~/"), name);
	return NULL;
}

static gboolean
read_source(RpLogin *login, char *text, GError **error)
{
	char *name = strchr(text, ':');
	const Source *source;
	char *read = NULL;

	if (name)
		*name++ = '\0';
	source = find_source(text, error);
	if (!source)
		return FALSE;
	if (name && !source->takes_name)
		return fail(error, _("nothing may follow %s"), source->word);
	if (source->needs_name && (!name || !*name))
		return fail(error, "%s", rp_text(source->lacks));
	if (name && *name && !(read = read_name(source, name, error)))
		return FALSE;
	g_free(login->from_name);
	login->from_name = read;
	login->from = source->from;
	return TRUE;
}

static gboolean
parse_password_from(const Option *option, const Value *value, gpointer object, GError **error)
{
	g_autofree char *text = g_strstrip(g_strdup(value->text));

	return *text == '\0' || read_source(FIELD(RpLogin, option, object), text, error);
}

const OptionType type_password_from = {"source of a password", parse_password_from};

/* ---- where tokens are had from ---- */

/* What is sent there is a secret: only what never leaves the machine may do without TLS. */
static gboolean
is_fit(GUri *uri)
{
	static const char *const loopback[] = {"127.0.0.1", "localhost", "::1", NULL};
	const char *host = g_uri_get_host(uri);

	if (!host || !*host || g_uri_get_userinfo(uri) || g_uri_get_fragment(uri))
		return FALSE;
	if (g_str_equal(g_uri_get_scheme(uri), "https"))
		return TRUE;
	return g_str_equal(g_uri_get_scheme(uri), "http") && g_strv_contains(loopback, host);
}

static gboolean
parse_endpoint(const Option *option, const Value *value, gpointer object, GError **error)
{
	g_autofree char *text = g_strstrip(g_strdup(value->text));
	g_autoptr(GUri) uri = *text ? g_uri_parse(text, G_URI_FLAGS_NONE, NULL) : NULL;

	if (*text && (!uri || !is_fit(uri)))
		return fail(error,
			_("“%s” is no endpoint: write https://HOST/PATH, without a user and a #"),
			text);
	replace_string(FIELD(char *, option, object), *text ? g_steal_pointer(&text) : NULL);
	return TRUE;
}

const OptionType type_endpoint = {"https:// URL", parse_endpoint};
