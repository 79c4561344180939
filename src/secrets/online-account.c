/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "secrets-private.h"

#include "roampost/dbusloop.h"

#include <string.h>

/* Tokens of GNOME Online Accounts, which keeps and renews them itself: its daemon is asked for the
 * account whose mail address or login it is (org.gnome.OnlineAccounts, goa-daemon(8)). Blocks. */

#define SERVICE "org.gnome.OnlineAccounts"
#define MANAGER "/org/gnome/OnlineAccounts"
#define ACCOUNT "org.gnome.OnlineAccounts.Account"
#define TOKENS "org.gnome.OnlineAccounts.OAuth2Based"
#define MAIL "org.gnome.OnlineAccounts.Mail"

enum {
	CONNECT_MS = 2000,
	ANSWER_MS = 60000, /* it may ask a provider for another token */
};

/* What is looked for among its accounts, and found. */
typedef struct {
	const char *user;
	char *path;         /* of the account; NULL: there is none */
	gboolean is_user;   /* of the object that is read */
	gboolean has_token; /* likewise */
	gboolean is_off;    /* likewise: not for mail */
} Search;

/* ---- a{oa{sa{sv}}} ---- */

static void
read_property(Search *search, const char *interface, const char *name, DBusMessageIter *value)
{
	static const char *const names[] = {
		"EmailAddress", "SmtpUserName", "Identity", "PresentationIdentity", NULL};
	int type = dbus_message_iter_get_arg_type(value);
	const char *text = NULL;
	dbus_bool_t truth = FALSE;

	if (type == DBUS_TYPE_STRING && g_strv_contains(names, name)) {
		dbus_message_iter_get_basic(value, &text);
		search->is_user |= g_ascii_strcasecmp(text, search->user) == 0;
	} else if (type == DBUS_TYPE_BOOLEAN && g_str_equal(interface, ACCOUNT) &&
		   g_str_equal(name, "MailDisabled")) {
		dbus_message_iter_get_basic(value, &truth);
		search->is_off |= truth;
	}
}

static void
read_interface(Search *search, DBusMessageIter *entry)
{
	DBusMessageIter properties, property, value;
	const char *interface, *name;

	dbus_message_iter_get_basic(entry, &interface);
	search->has_token |= g_str_equal(interface, TOKENS);
	dbus_message_iter_next(entry);
	if (!g_str_equal(interface, ACCOUNT) && !g_str_equal(interface, MAIL))
		return;
	for (dbus_message_iter_recurse(entry, &properties);
		dbus_message_iter_get_arg_type(&properties) == DBUS_TYPE_DICT_ENTRY;
		dbus_message_iter_next(&properties)) {
		dbus_message_iter_recurse(&properties, &property);
		dbus_message_iter_get_basic(&property, &name);
		dbus_message_iter_next(&property);
		dbus_message_iter_recurse(&property, &value);
		read_property(search, interface, name, &value);
	}
}

static void
read_object(Search *search, DBusMessageIter *entry)
{
	DBusMessageIter interfaces, interface;
	const char *path;

	search->is_user = search->has_token = search->is_off = FALSE;
	dbus_message_iter_get_basic(entry, &path);
	dbus_message_iter_next(entry);
	for (dbus_message_iter_recurse(entry, &interfaces);
		dbus_message_iter_get_arg_type(&interfaces) == DBUS_TYPE_DICT_ENTRY;
		dbus_message_iter_next(&interfaces)) {
		dbus_message_iter_recurse(&interfaces, &interface);
		read_interface(search, &interface);
	}
	if (search->is_user && search->has_token && !search->is_off && !search->path)
		search->path = g_strdup(path);
}

static void
read_objects(Search *search, DBusMessage *reply)
{
	DBusMessageIter top, objects, object;

	if (!dbus_message_has_signature(reply, "a{oa{sa{sv}}}"))
		return;
	dbus_message_iter_init(reply, &top);
	for (dbus_message_iter_recurse(&top, &objects);
		dbus_message_iter_get_arg_type(&objects) == DBUS_TYPE_DICT_ENTRY;
		dbus_message_iter_next(&objects)) {
		dbus_message_iter_recurse(&objects, &object);
		read_object(search, &object);
	}
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
	Search search = {.user = user};
	g_autofree char *name = NULL, *path = NULL;
	g_autoptr(RpDBusMessage) reply = NULL;

	if (!rp_dbus_connect_sync(bus, CONNECT_MS, error))
		return RP_PASSWORD_LACKING;
	reply = ask(bus, MANAGER, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects", &name,
		error);
	if (!reply)
		return judge(name);
	read_objects(&search, reply);
	path = search.path;
	if (path)
		return fetch(bus, path, anew, secret, error);
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
