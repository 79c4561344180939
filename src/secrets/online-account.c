/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "secrets-private.h"

#include "roampost/dbusloop.h"

/* Tokens of GNOME Online Accounts, which keeps and renews them itself: its daemon is asked for the
 * account whose mail address or login it is (goa-daemon(8); which it has: online-list.c). Blocks.
 */

#define SERVICE "org.gnome.OnlineAccounts"
#define ACCOUNT "org.gnome.OnlineAccounts.Account"
#define TOKENS "org.gnome.OnlineAccounts.OAuth2Based"

enum {
	CONNECT_MS = 2000,
	ANSWER_MS = 60000, /* it may ask a provider for another token */
};

/* ---- whose it is ---- */

static gboolean
is_of(const RpOnlineAccount *account, const char *user)
{
	const char *names[] = {
		account->address, account->smtp_user, account->identity, account->shown};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		if (names[i] && g_ascii_strcasecmp(names[i], user) == 0)
			return TRUE;
	return FALSE;
}

/* Of those that have tokens and are for mail. */
static const RpOnlineAccount *
find(const GPtrArray *accounts, const char *user)
{
	for (guint i = 0; i < accounts->len; i++) {
		const RpOnlineAccount *account = accounts->pdata[i];

		if (account->has_token && !account->is_off && is_of(account, user))
			return account;
	}
	return NULL;
}

/* ---- questions ---- */

static DBusMessage *
ask(RpDBus *bus, const char *path, const char *interface, const char *method, char **name,
	GError **error)
{
	return rp_dbus_call_sync(bus,
		dbus_message_new_method_call(SERVICE, path, interface, method), ANSWER_MS, name,
		error);
}

/* NotAuthorized alone is the user's: the rest is the network's, or its provider's. */
static RpPasswordResult
judge(const char *name)
{
	gboolean for_user = name && (g_str_has_suffix(name, ".NotAuthorized") ||
					    g_str_has_suffix(name, ".ServiceUnknown"));

	return for_user ? RP_PASSWORD_LACKING : RP_PASSWORD_LATER;
}

static RpPasswordResult
read_token(DBusMessage *reply, char **secret, GError **error)
{
	const char *token = NULL;
	dbus_int32_t lasts;

	if (dbus_message_get_args(reply, NULL, DBUS_TYPE_STRING, &token, DBUS_TYPE_INT32, &lasts,
		    DBUS_TYPE_INVALID)) {
		*secret = rp_secret_dup(token);
		return RP_PASSWORD_GIVEN;
	}
	g_set_error_literal(error, RP_ERROR, RP_ERROR_INVALID, "it answers without a token");
	return RP_PASSWORD_LATER;
}

static RpPasswordResult
fetch(RpDBus *bus, const char *path, gboolean anew, char **secret, GError **error)
{
	g_autofree char *name = NULL;
	g_autoptr(RpDBusMessage) ensured = NULL, reply = NULL;

	if (anew && !(ensured = ask(bus, path, ACCOUNT, "EnsureCredentials", &name, error)))
		return judge(name);
	reply = ask(bus, path, TOKENS, "GetAccessToken", &name, error);
	return reply ? read_token(reply, secret, error) : judge(name);
}

static RpPasswordResult
look_up(RpDBus *bus, const char *user, gboolean anew, char **secret, GError **error)
{
	g_autofree char *name = NULL;
	g_autoptr(GPtrArray) accounts = NULL;
	const RpOnlineAccount *account;

	if (!rp_dbus_connect_sync(bus, CONNECT_MS, error))
		return RP_PASSWORD_LACKING;
	accounts = rp_online_accounts_ask(bus, &name, error);
	if (!accounts)
		return judge(name);
	account = find(accounts, user);
	if (account)
		return fetch(bus, account->path, anew, secret, error);
	g_set_error(error, RP_ERROR, RP_ERROR_NOT_FOUND,
		"there is no account of %s that has tokens and is for mail", user);
	return RP_PASSWORD_LACKING;
}

RpPasswordResult
rp_online_account_read(const char *user, gboolean anew, char **secret, GError **error)
{
	/* The bus is this thread's. */
	g_autoptr(GMainContext) context = g_main_context_new();
	RpPasswordResult result;

	g_main_context_push_thread_default(context);
	{
		g_autoptr(RpDBus) bus = rp_dbus_new_session();

		result = look_up(bus, user, anew, secret, error);
	}
	g_main_context_pop_thread_default(context);
	return result;
}
