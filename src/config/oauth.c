/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config-private.h"

#include "roampost/language.h"

#include <string.h>

/* Providers of tokens: what is known of those that everybody has, and what a login needs of them.
 */

#define ONLINE_ACCOUNTS "online-accounts"

static const struct {
	const char *name, *key, *value;
} known[] = {
	{"google", "authorization-endpoint", "https://accounts.google.com/o/oauth2/v2/auth"},
	{"google", "token-endpoint", "https://oauth2.googleapis.com/token"},
	/* Its device flow has no scope for mail. */
	{"google", "scopes", "https://mail.google.com/"},
	{"microsoft", "authorization-endpoint",
		"https://login.microsoftonline.com/common/oauth2/v2.0/authorize"},
	{"microsoft", "token-endpoint",
		"https://login.microsoftonline.com/common/oauth2/v2.0/token"},
	{"microsoft", "device-endpoint",
		"https://login.microsoftonline.com/common/oauth2/v2.0/devicecode"},
	{"microsoft", "scopes",
		"offline_access https://outlook.office.com/SMTP.Send "
		"https://outlook.office.com/POP.AccessAsUser.All"},
	{"microsoft", "redirect-host", "localhost"},
	{"yahoo", "authorization-endpoint", "https://api.login.yahoo.com/oauth2/request_auth"},
	{"yahoo", "token-endpoint", "https://api.login.yahoo.com/oauth2/get_token"},
	{"yahoo", "scopes", "mail-w"},
	{"fastmail", "authorization-endpoint", "https://api.fastmail.com/oauth/authorize"},
	{"fastmail", "token-endpoint", "https://api.fastmail.com/oauth/refresh"},
	{"fastmail", "scopes",
		"https://www.fastmail.com/dev/protocol-smtp "
		"https://www.fastmail.com/dev/protocol-pop"},
};

/* As if it were written, and nowhere. */
void
oauth_add_known(Group *group)
{
	for (gsize i = 0; i < G_N_ELEMENTS(known); i++) {
		const Option *option = option_find(GROUP_OAUTH, known[i].key);
		Entry *entry;

		if (!g_str_equal(known[i].name, group->name) || group_entry(group, known[i].key))
			continue;
		entry = g_new0(Entry, 1);
		entry->text = g_strdup(known[i].value);
		g_hash_table_insert(group->entries, (gpointer)option, entry);
	}
}

void
oauth_check(Reading *reading, const Group *group, const RpOauthProvider *provider)
{
	if (!provider->client_id)
		problem_add_key(reading, RP_CONFIG_ERROR, group, "client-id",
			_("required: what the provider calls the program that asks for tokens; "
			  "register one with it"));
	if (!provider->token_endpoint)
		problem_add_key(reading, RP_CONFIG_ERROR, group, "token-endpoint",
			_("required (known for google, microsoft, yahoo and fastmail)"));
	if (!provider->authorization_endpoint && !provider->device_endpoint)
		problem_add_key(reading, RP_CONFIG_ERROR, group, "authorization-endpoint",
			_("required, or device-endpoint: without one nobody can log in"));
	if (!provider->redirect_host || (strcmp(provider->redirect_host, "127.0.0.1") != 0 &&
						strcmp(provider->redirect_host, "localhost") != 0))
		problem_add_key(reading, RP_CONFIG_ERROR, group, "redirect-host",
			_("must be 127.0.0.1 or localhost: the browser comes back to this "
			  "machine"));
}

static const RpOauthProvider *
find(const GPtrArray *providers, const char *name, const char **nearest)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	for (guint i = 0; i < providers->len; i++) {
		const RpOauthProvider *provider = providers->pdata[i];

		if (g_str_equal(provider->name, name))
			return provider;
		g_ptr_array_add(names, provider->name);
	}
	g_ptr_array_add(names, NULL);
	*nearest = rp_nearest(name, (const char *const *)names->pdata);
	return NULL;
}

/* No group is needed: what there is to know the desktop knows. */
static RpOauthProvider *
new_online_accounts(void)
{
	RpOauthProvider *provider = rp_oauth_provider_new(ONLINE_ACCOUNTS);

	provider->online_accounts = TRUE;
	provider->revision = g_strdup(ONLINE_ACCOUNTS);
	return provider;
}

void
oauth_link(Reading *reading, const Group *group, const char *key, RpLogin *login,
	const GPtrArray *providers)
{
	const char *nearest = NULL;
	const RpOauthProvider *found;

	if (login->from != RP_PASSWORD_FROM_OAUTH)
		return;
	found = find(providers, login->from_name, &nearest);
	if (found)
		login->oauth = rp_oauth_provider_ref((RpOauthProvider *)found);
	else if (g_str_equal(login->from_name, ONLINE_ACCOUNTS))
		login->oauth = new_online_accounts();
	else if (nearest)
		problem_add_key(reading, RP_CONFIG_ERROR, group, key,
			_("there is no group [oauth %s]: did you mean “%s”?"), login->from_name,
			nearest);
	else
		problem_add_key(reading, RP_CONFIG_ERROR, group, key,
			_("there is no group [oauth %s]: add one, with client-id"),
			login->from_name);
}
