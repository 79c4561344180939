/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/sleep.h"

#include "roampost/dbusloop.h"

/* When the machine is about to sleep, and when it has woken up: logind says it. */

struct RpSleepWatch {
	RpSleepFunc func;
	gpointer user;
	RpDBus *bus;
	RpDBusSubscription *subscription;
};

static void
on_prepare(DBusMessage *signal, gpointer user)
{
	RpSleepWatch *watch = user;
	dbus_bool_t going_to_sleep;

	if (dbus_message_get_args(
		    signal, NULL, DBUS_TYPE_BOOLEAN, &going_to_sleep, DBUS_TYPE_INVALID))
		watch->func(going_to_sleep, watch->user);
}

RpSleepWatch *
rp_sleep_watch_new(RpSleepFunc func, gpointer user)
{
	static const RpDBusMatch match = {
		.sender = "org.freedesktop.login1",
		.path = "/org/freedesktop/login1",
		.interface = "org.freedesktop.login1.Manager",
		.member = "PrepareForSleep",
	};
	RpSleepWatch *watch = g_new0(RpSleepWatch, 1);

	watch->func = func;
	watch->user = user;
	watch->bus = rp_dbus_new_system();
	watch->subscription = rp_dbus_subscribe(watch->bus, &match, on_prepare, watch);
	return watch;
}

void
rp_sleep_watch_free(RpSleepWatch *watch)
{
	if (!watch)
		return;
	rp_dbus_subscription_free(watch->subscription);
	rp_dbus_unref(watch->bus);
	g_free(watch);
}
