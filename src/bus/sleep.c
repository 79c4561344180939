/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-bus"

#include "roampost/sleep.h"

#include "roampost/base.h"
#include "roampost/dbusloop.h"

/* When the machine is about to sleep, and when it has woken up: logind says it. */

struct RpSleepWatch {
	RpSleepFunc func;
	gpointer user;
	RpDBus *bus;
	RpDBusSubscription *subscription;
	gboolean busy;
	RpDBusCall *call; /* for the inhibitor */
	RpFd inhibitor;   /* -1: none */
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

/* ---- a suspend that waits ---- */

static void
on_inhibited(DBusMessage *reply, const GError *error, gpointer user)
{
	RpSleepWatch *watch = user;
	int fd = -1;

	g_clear_pointer(&watch->call, rp_dbus_call_free);
	if (error)
		g_info("a suspend does not wait for what is being sent: %s", error->message);
	else if (dbus_message_get_args(reply, NULL, DBUS_TYPE_UNIX_FD, &fd, DBUS_TYPE_INVALID))
		watch->inhibitor = fd;
	if (!watch->busy)
		rp_fd_clear(&watch->inhibitor);
}

static void
inhibit(RpSleepWatch *watch)
{
	const char *what = "sleep", *who = "roampost", *mode = "delay",
		   *why = "Mail that is being sent comes to its end";
	DBusMessage *message = dbus_message_new_method_call("org.freedesktop.login1",
		"/org/freedesktop/login1", "org.freedesktop.login1.Manager", "Inhibit");

	dbus_message_append_args(message, DBUS_TYPE_STRING, &what, DBUS_TYPE_STRING, &who,
		DBUS_TYPE_STRING, &why, DBUS_TYPE_STRING, &mode, DBUS_TYPE_INVALID);
	dbus_message_set_auto_start(message, FALSE);
	watch->call = rp_dbus_call(watch->bus, message, -1, on_inhibited, watch);
}

void
rp_sleep_watch_delay(RpSleepWatch *watch, gboolean busy)
{
	watch->busy = busy;
	if (!busy)
		rp_fd_clear(&watch->inhibitor);
	else if (watch->inhibitor < 0 && !watch->call && rp_dbus_is_connected(watch->bus))
		inhibit(watch);
}

/* ---- life ---- */

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

	watch->inhibitor = -1;
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
	g_clear_pointer(&watch->call, rp_dbus_call_free);
	rp_fd_clear(&watch->inhibitor);
	rp_dbus_subscription_free(watch->subscription);
	rp_dbus_unref(watch->bus);
	g_free(watch);
}
