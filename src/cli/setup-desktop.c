/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ask.h"
#include "setup.h"

#include "roampost/language.h"
#include "roampost/online-accounts.h"

/* Accounts that GNOME's settings have already: an address that need not be typed, and tokens for
 * which nothing has to be registered at a provider. */

static gboolean
is_for_mail(const RpOnlineAccount *account)
{
	return account->has_mail && !account->is_off && account->has_smtp && account->address &&
	       *account->address;
}

GPtrArray *
rp_setup_desktop_addresses(void)
{
	g_autoptr(GPtrArray) accounts = rp_online_accounts_list(NULL);
	GPtrArray *addresses = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; accounts && i < accounts->len; i++) {
		const RpOnlineAccount *account = accounts->pdata[i];

		if (is_for_mail(account))
			g_ptr_array_add(addresses, g_strdup(account->address));
	}
	return addresses;
}

RpSetupDesktop
rp_setup_desktop_gives(const char *address)
{
	g_autoptr(GPtrArray) accounts = rp_online_accounts_list(NULL);

	for (guint i = 0; accounts && i < accounts->len; i++) {
		const RpOnlineAccount *account = accounts->pdata[i];

		if (is_for_mail(account) && account->has_token && account->takes_token &&
			g_ascii_strcasecmp(account->address, address) == 0)
			return account->is_lapsed ? RP_SETUP_DESKTOP_LAPSED
						  : RP_SETUP_DESKTOP_GIVES;
	}
	return accounts ? RP_SETUP_DESKTOP_MAY : RP_SETUP_DESKTOP_NONE;
}

/* ---- the question ---- */

static char *
numbered(const GPtrArray *addresses)
{
	GString *list = g_string_new(NULL);

	for (guint i = 0; i < addresses->len; i++)
		g_string_append_printf(list, "%s%u %s", i ? C_("list", ", ") : "", i + 1,
			(const char *)addresses->pdata[i]);
	return g_string_free(list, FALSE);
}

char *
rp_setup_ask_address(RpCli *cli, const GPtrArray *addresses)
{
	g_autofree char *list = numbered(addresses);
	g_autofree char *typed =
		addresses->len ? rp_cli_ask(cli,
					 _("Your mail address, or the number of one that GNOME's "
					   "settings have (%s):"),
					 list)
			       : rp_cli_ask(cli, _("Your mail address:"));
	guint64 number;

	if (typed && addresses->len &&
		g_ascii_string_to_unsigned(typed, 10, 1, addresses->len, &number, NULL))
		return g_strdup(addresses->pdata[number - 1]);
	return g_steal_pointer(&typed);
}
