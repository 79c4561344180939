/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "secrets-private.h"

#include "roampost/dbusloop.h"
#include "roampost/language.h"

#include <string.h>

/* The accounts of GNOME Online Accounts, out of what its daemon's ObjectManager says:
 * a{oa{sa{sv}}}. Their tokens are next door (online-account.c). */

#define SERVICE "org.gnome.OnlineAccounts"
#define MANAGER "/org/gnome/OnlineAccounts"

enum {
	CONNECT_MS = 2000,
	ANSWER_MS = 25000, /* the bus may have to start it */
};

static void
account_free(gpointer data)
{
	RpOnlineAccount *account = data;

	g_free(account->path);
	g_free(account->provider);
	g_free(account->identity);
	g_free(account->shown);
	g_free(account->address);
	g_free(account->smtp_host);
	g_free(account->smtp_user);
	g_free(account->imap_host);
	g_free(account);
}

/* ---- a{oa{sa{sv}}} ---- */

#define FIELD(field) G_STRUCT_OFFSET(RpOnlineAccount, field)

/* An interface that counts by being there. */
static const struct {
	const char *interface;
	gsize offset;
} kinds[] = {
	{SERVICE ".OAuth2Based", FIELD(has_token)},
	{SERVICE ".Mail", FIELD(has_mail)},
};

static const struct {
	const char *interface, *name;
	int type;
	gsize offset;
} values[] = {
	{SERVICE ".Account", "ProviderName", DBUS_TYPE_STRING, FIELD(provider)},
	{SERVICE ".Account", "Identity", DBUS_TYPE_STRING, FIELD(identity)},
	{SERVICE ".Account", "PresentationIdentity", DBUS_TYPE_STRING, FIELD(shown)},
	{SERVICE ".Account", "MailDisabled", DBUS_TYPE_BOOLEAN, FIELD(is_off)},
	{SERVICE ".Account", "AttentionNeeded", DBUS_TYPE_BOOLEAN, FIELD(is_lapsed)},
	{SERVICE ".Mail", "EmailAddress", DBUS_TYPE_STRING, FIELD(address)},
	{SERVICE ".Mail", "SmtpSupported", DBUS_TYPE_BOOLEAN, FIELD(has_smtp)},
	{SERVICE ".Mail", "SmtpHost", DBUS_TYPE_STRING, FIELD(smtp_host)},
	{SERVICE ".Mail", "SmtpUserName", DBUS_TYPE_STRING, FIELD(smtp_user)},
	{SERVICE ".Mail", "SmtpUseAuth", DBUS_TYPE_BOOLEAN, FIELD(wants_login)},
	{SERVICE ".Mail", "SmtpAuthXoauth2", DBUS_TYPE_BOOLEAN, FIELD(takes_token)},
	{SERVICE ".Mail", "SmtpUseSsl", DBUS_TYPE_BOOLEAN, FIELD(is_tls)},
	{SERVICE ".Mail", "SmtpUseTls", DBUS_TYPE_BOOLEAN, FIELD(is_starttls)},
	{SERVICE ".Mail", "SmtpAcceptSslErrors", DBUS_TYPE_BOOLEAN, FIELD(accepts_any)},
	{SERVICE ".Mail", "ImapSupported", DBUS_TYPE_BOOLEAN, FIELD(has_imap)},
	{SERVICE ".Mail", "ImapHost", DBUS_TYPE_STRING, FIELD(imap_host)},
};

static void
read_value(RpOnlineAccount *account, gsize offset, DBusMessageIter *value)
{
	gpointer field = G_STRUCT_MEMBER_P(account, offset);
	const char *text;
	dbus_bool_t truth;

	if (dbus_message_iter_get_arg_type(value) == DBUS_TYPE_BOOLEAN) {
		dbus_message_iter_get_basic(value, &truth);
		*(gboolean *)field = truth != FALSE;
		return;
	}
	dbus_message_iter_get_basic(value, &text);
	g_free(*(char **)field);
	*(char **)field = g_strdup(text);
}

static void
read_interface(RpOnlineAccount *account, const char *interface, DBusMessageIter *properties)
{
	DBusMessageIter value;
	const char *name;

	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (g_str_equal(kinds[i].interface, interface))
			G_STRUCT_MEMBER(gboolean, account, kinds[i].offset) = TRUE;
	while (rp_dbus_dict_next(properties, &name, &value))
		for (gsize i = 0; i < G_N_ELEMENTS(values); i++)
			if (g_str_equal(values[i].interface, interface) &&
				g_str_equal(values[i].name, name) &&
				dbus_message_iter_get_arg_type(&value) == values[i].type)
				read_value(account, values[i].offset, &value);
}

static void
read_object(GPtrArray *accounts, const char *path, DBusMessageIter *interfaces)
{
	RpOnlineAccount *account = g_new0(RpOnlineAccount, 1);
	gboolean is_account = FALSE;
	DBusMessageIter properties;
	const char *interface;

	account->path = g_strdup(path);
	while (rp_dbus_dict_next(interfaces, &interface, &properties)) {
		read_interface(account, interface, &properties);
		is_account |= g_str_equal(interface, SERVICE ".Account");
	}
	if (is_account)
		g_ptr_array_add(accounts, account);
	else
		account_free(account); /* the daemon's own object */
}

static gint
by_path(gconstpointer a, gconstpointer b)
{
	return strcmp((*(RpOnlineAccount *const *)a)->path, (*(RpOnlineAccount *const *)b)->path);
}

static GPtrArray *
read_objects(DBusMessage *reply)
{
	GPtrArray *accounts = g_ptr_array_new_with_free_func(account_free);
	DBusMessageIter objects, interfaces;
	const char *path;

	if (!rp_dbus_objects_begin(reply, &objects))
		return accounts;
	while (rp_dbus_dict_next(&objects, &path, &interfaces))
		read_object(accounts, path, &interfaces);
	g_ptr_array_sort(accounts, by_path);
	return accounts;
}

/* ---- asking ---- */

GPtrArray *
rp_online_accounts_ask(RpDBus *bus, char **name, GError **error)
{
	g_autoptr(RpDBusMessage) reply = rp_dbus_call_sync(bus,
		dbus_message_new_method_call(SERVICE, MANAGER, "org.freedesktop.DBus.ObjectManager",
			"GetManagedObjects"),
		ANSWER_MS, name, error);

	return reply ? read_objects(reply) : NULL;
}

static GPtrArray *
ask_there(RpDBus *bus, GError **error)
{
	g_autoptr(GError) theirs = NULL;
	g_autofree char *name = NULL;
	GPtrArray *accounts;

	if (!rp_dbus_connect_sync(bus, CONNECT_MS, NULL)) {
		g_set_error_literal(error, RP_ERROR, RP_ERROR_UNAVAILABLE,
			_("there is no session bus to ask GNOME Online Accounts by: run this in a "
			  "terminal of the desktop"));
		return NULL;
	}
	accounts = rp_online_accounts_ask(bus, &name, &theirs);
	if (accounts)
		return accounts;
	if (name && g_str_has_suffix(name, ".ServiceUnknown"))
		g_set_error_literal(error, RP_ERROR, RP_ERROR_NOT_FOUND,
			_("GNOME Online Accounts is not there: “roampost setup” makes a server set "
			  "from an address"));
	else
		g_set_error(error, RP_ERROR, RP_ERROR_UNAVAILABLE,
			_("GNOME Online Accounts does not say which accounts it has (%s): try it "
			  "again, or “roampost setup” makes a server set from an address"),
			theirs->message);
	return NULL;
}

GPtrArray *
rp_online_accounts_list(GError **error)
{
	g_autoptr(RpDBus) bus = rp_dbus_new_session();

	return ask_there(bus, error);
}
