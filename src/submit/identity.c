/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-submit"
#include "own-host.h"
#include "submit-private.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "roampost/config.h"
#include "roampost/errand.h"
#include "roampost/language.h"

/* Who writes, where the message does not say it: from the
 * configuration, else from the system's users and its name. */

struct RpIdentity {
	char *full_name;
	gboolean asked;
	RpConfig *config; /* NULL: broken */
	char *address;
	gboolean hosts_read;
	char *hosts; /* what the system's hosts file says; NULL: nothing */
};

RpIdentity *
rp_identity_new(const char *full_name)
{
	RpIdentity *identity = g_new0(RpIdentity, 1);
	identity->full_name = g_strdup(full_name);
	return identity;
}

void
rp_identity_free(RpIdentity *identity)
{
	if (!identity)
		return;
	if (identity->config)
		rp_config_unref(identity->config);
	g_free(identity->full_name);
	g_free(identity->address);
	g_free(identity->hosts);
	g_free(identity);
}

gboolean
rp_submit_is_watched(void)
{
	return isatty(STDERR_FILENO) && !g_getenv(RP_ERRAND_ENV);
}

/* A program that calls takes any output for a failure; somebody at a terminal should know, once. */
static void
tell_broken(const char *why)
{
	static gboolean told;

	if (rp_submit_is_watched() && !told)
		fprintf(stderr, _("The mail is taken, but waits: %s\n"), why);
	else
		g_debug("going on without the configuration: %s", why);
	told = TRUE;
}

/* A configuration with errors is no reason to refuse a message: it is safe first, and who it is
 * from is settled when they are mended. */
static const RpAgentOptions *
options(RpIdentity *identity)
{
	g_autoptr(GError) error = NULL;

	if (!identity->asked) {
		identity->asked = TRUE;
		identity->config = rp_config_load_or_error(&error);
		if (!identity->config)
			tell_broken(error->message);
		else if (!rp_catalogue_n_sets(rp_config_catalogue(identity->config)))
			tell_broken(_("no server set is configured; roampost setup makes one"));
	}
	return identity->config ? rp_config_agent(identity->config) : NULL;
}

void
rp_identity_tell(RpIdentity *identity)
{
	if (rp_submit_is_watched())
		options(identity);
}

void
rp_submit_tell_config(void)
{
	RpIdentity *identity = rp_identity_new(NULL);

	rp_identity_tell(identity);
	rp_identity_free(identity);
}

static char *
system_address(void)
{
	g_autofree char *name = rp_account_name();

	return g_strdup_printf("%s@%s", name ? name : "nobody", g_get_host_name());
}

const char *
rp_identity_address(RpIdentity *identity)
{
	if (!identity->address) {
		const RpAgentOptions *agent = options(identity);
		const char *known = agent ? agent->default_identity : NULL;

		identity->address = known ? g_strdup(known) : system_address();
	}
	return identity->address;
}

/* RFC 2047: words of at most 75 octets, cut between characters. */
static void
append_encoded(GString *out, const char *name)
{
	while (*name) {
		const char *end = name;
		while (*end && g_utf8_next_char(end) - name <= 45)
			end = g_utf8_next_char(end);
		g_autofree char *word = g_base64_encode((const guchar *)name, end - name);
		g_string_append_printf(out, "=?UTF-8?B?%s?= ", word);
		name = end;
	}
}

static void
append_quoted(GString *out, const char *name)
{
	g_string_append_c(out, '"');
	for (; *name; name++) {
		if (*name == '"' || *name == '\\')
			g_string_append_c(out, '\\');
		g_string_append_c(out, *name);
	}
	g_string_append(out, "\" ");
}

/* As programs hand it over: what is not UTF-8 is Latin-1, as in the fields of a header, and a line
 * end or another control must not come out of an encoded word at the far end. */
static char *
clean_name(const char *name)
{
	g_autofree char *text =
		g_utf8_validate(name, -1, NULL)
			? g_strdup(name)
			: g_convert(name, -1, "UTF-8", "ISO-8859-1", NULL, NULL, NULL);
	GString *clean = g_string_new(NULL);

	for (const char *c = text ? text : ""; *c; c = g_utf8_next_char(c)) {
		gunichar letter = g_utf8_get_char(c);
		gboolean breaks = g_unichar_iscntrl(letter) || letter == 0x2028 || letter == 0x2029;

		g_string_append_unichar(clean, breaks ? ' ' : letter);
	}
	return g_strstrip(g_string_free(clean, FALSE));
}

char *
rp_identity_from(RpIdentity *identity, const char *address)
{
	GString *from = g_string_new(NULL);
	g_autofree char *name = clean_name(identity->full_name ? identity->full_name : "");

	if (!address)
		address = rp_identity_address(identity);
	if (*name && g_str_is_ascii(name))
		append_quoted(from, name);
	else if (*name)
		append_encoded(from, name);
	if (from->len > 0)
		g_string_append_printf(from, "<%s>", address);
	else
		g_string_append(from, address);
	return g_string_free(from, FALSE);
}

const char *
rp_identity_qualify_domain(RpIdentity *identity)
{
	const RpAgentOptions *agent = options(identity);
	return agent ? agent->qualify_domain : NULL;
}

gboolean
rp_identity_takes(RpIdentity *identity, const char *local_part, GError **error)
{
	const RpAgentOptions *agent = options(identity);

	return !agent || rp_local_name_is_ours(local_part, agent->system_mail_user, error);
}

/* ---- names of this machine ---- */

static const char *
hosts(RpIdentity *identity)
{
	if (!identity->hosts_read) {
		identity->hosts_read = TRUE;
		g_file_get_contents("/etc/hosts", &identity->hosts, NULL, NULL);
	}
	return identity->hosts;
}

/* The configuration is read only where it can matter: for most addresses the name settles it. */
gboolean
rp_identity_is_here(RpIdentity *identity, const char *address)
{
	const char *at = strrchr(address, '@');

	if (!at || !rp_own_host_is(at + 1, g_get_host_name(), hosts(identity)))
		return FALSE;
	if (options(identity))
		return !rp_catalogue_has_domain(rp_config_catalogue(identity->config), at + 1);
	/* While it is broken nobody knows which names the sets have: only those that none can. */
	return rp_own_host_is(at + 1, g_get_host_name(), NULL);
}

/* A name that the system's file has and some set may have too, nobody knows yet. */
static gboolean
may_be_here(RpIdentity *identity, const char *address)
{
	const char *at = strrchr(address, '@');

	return at && rp_own_host_is(at + 1, g_get_host_name(), hosts(identity));
}

gboolean
rp_identity_left_open(RpIdentity *identity, const char *address)
{
	if (!address || !*address || !identity->asked || identity->config)
		return FALSE;
	return g_strcmp0(identity->address, address) == 0 || may_be_here(identity, address);
}

const char *
rp_identity_mda(RpIdentity *identity)
{
	const RpAgentOptions *agent = options(identity);
	return agent ? agent->mda : NULL;
}

char *
rp_identity_maildir(RpIdentity *identity, GError **error)
{
	const RpAgentOptions *agent = options(identity);
	g_autofree char *home = NULL;

	if (agent && agent->maildir && g_path_is_absolute(agent->maildir))
		return g_strdup(agent->maildir);
	home = rp_account_home();
	if (home)
		return g_build_filename(home, "Maildir", NULL);
	g_set_error(error, RP_ERROR, RP_ERROR_CONFIG,
		_("no maildir for local mail: set maildir in the configuration"));
	return NULL;
}

char *
rp_identity_local_place(RpIdentity *identity)
{
	const char *mda = rp_identity_mda(identity);

	return mda ? g_strdup(mda) : rp_identity_maildir(identity, NULL);
}
