/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "secrets-private.h"

#include "roampost/dbusloop.h"

/* What the Secret Service says of itself: that it is there, a collection was unlocked, an item is
 * new. By libdbus, so that the agent need not keep libsecret's own view of it alive. */

#define SERVICE "org.freedesktop.secrets"
#define COLLECTION "org.freedesktop.Secret.Collection"

struct RpKeyringWatch {
	RpDBus *bus;
	RpDBusOwnerWatch *owner;
	RpDBusSubscription *subscriptions[4];
	void (*changed)(gpointer user);
	gpointer user;
};

static void
on_signal(DBusMessage *signal, gpointer user)
{
	const RpKeyringWatch *watch = user;

	watch->changed(watch->user);
}

static void
on_owner(const char *owner, gpointer user)
{
	const RpKeyringWatch *watch = user;

	if (owner)
		watch->changed(watch->user);
}

RpKeyringWatch *
rp_keyring_watch_new(void (*changed)(gpointer user), gpointer user)
{
	static const RpDBusMatch matches[] = {
		{.sender = SERVICE, .interface = "org.freedesktop.Secret.Service"},
		{.sender = SERVICE, .interface = COLLECTION, .member = "ItemCreated"},
		{.sender = SERVICE, .interface = COLLECTION, .member = "ItemChanged"},
		{.sender = SERVICE,
			.interface = "org.freedesktop.DBus.Properties",
			.member = "PropertiesChanged",
			.arg0 = COLLECTION},
	};
	RpKeyringWatch *watch = g_new0(RpKeyringWatch, 1);

	watch->changed = changed;
	watch->user = user;
	watch->bus = rp_dbus_new_session();
	watch->owner = rp_dbus_watch_owner(watch->bus, SERVICE, on_owner, watch);
	for (gsize i = 0; i < G_N_ELEMENTS(matches); i++)
		watch->subscriptions[i] =
			rp_dbus_subscribe(watch->bus, &matches[i], on_signal, watch);
	return watch;
}

void
rp_keyring_watch_free(RpKeyringWatch *watch)
{
	if (!watch)
		return;
	for (gsize i = 0; i < G_N_ELEMENTS(watch->subscriptions); i++)
		rp_dbus_subscription_free(watch->subscriptions[i]);
	rp_dbus_owner_watch_free(watch->owner);
	rp_dbus_unref(watch->bus);
	g_free(watch);
}
