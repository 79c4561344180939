/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-desktop"

#include "desktop-private.h"

#include <string.h>

/* The watcher that keeps the list of icons for all panels: it is told of ours. */

#define WATCHER "org.kde.StatusNotifierWatcher"
#define WATCHER_PATH "/StatusNotifierWatcher"
#define CALL_MS 10000
/* A panel that starts may own its name before it answers to it. Who refuses for half a minute means
 * it. */
#define FIRST_PAUSE_SECONDS 1
#define MAX_PAUSE_SECONDS 16
/* Who had it for so long may drop it as often as that. */
#define KEPT_US (60 * G_TIME_SPAN_SECOND)

struct RpTrayHost {
	RpDBus *bus;
	char *item;
	void (*taken)(gpointer user);
	gpointer user;
	RpDBusOwnerWatch *watch;
	RpDBusSubscription *dropped;
	RpDBusCall *registering;
	guint again;  /* source, until the watcher is asked again; or 0 */
	guint pause;  /* seconds before the next time */
	gint64 since; /* when it was taken, by the monotonic clock */
	gboolean is_there;
	gboolean is_ready;
	gboolean is_taken;
};

static void look(RpTrayHost *host);

static gboolean
on_again(gpointer user)
{
	RpTrayHost *host = user;

	host->again = 0;
	look(host);
	return G_SOURCE_REMOVE;
}

static void
ask_again_later(RpTrayHost *host)
{
	if (host->pause > MAX_PAUSE_SECONDS)
		return;
	host->again = g_timeout_add_seconds(host->pause, on_again, host);
	host->pause *= 2;
}

static void
on_answer(DBusMessage *reply, const GError *error, gpointer user)
{
	RpTrayHost *host = user;

	g_clear_pointer(&host->registering, rp_dbus_call_free);
	if (error != NULL) {
		g_info("the panel does not take the icon: %s", error->message);
		ask_again_later(host);
		return;
	}
	host->is_taken = TRUE;
	host->since = g_get_monotonic_time();
	host->taken(host->user);
}

static void
look(RpTrayHost *host)
{
	if (!host->is_there || !host->is_ready || host->is_taken || host->registering != NULL ||
		host->again != 0)
		return;
	DBusMessage *message = dbus_message_new_method_call(
		WATCHER, WATCHER_PATH, WATCHER, "RegisterStatusNotifierItem");
	dbus_message_append_args(message, DBUS_TYPE_STRING, &host->item, DBUS_TYPE_INVALID);
	dbus_message_set_auto_start(message, FALSE);
	host->registering = rp_dbus_call(host->bus, message, CALL_MS, on_answer, host);
}

/* Whoever is asked next was not asked before. */
static void
forget(RpTrayHost *host)
{
	host->is_taken = FALSE;
	host->pause = FIRST_PAUSE_SECONDS;
	g_clear_pointer(&host->registering, rp_dbus_call_free);
	g_clear_handle_id(&host->again, g_source_remove);
}

static void
on_watcher(const char *owner, gpointer user)
{
	RpTrayHost *host = user;

	host->is_there = owner != NULL;
	forget(host);
	look(host);
}

/* By its name or by ours on the bus, and some say the path behind it. */
static gboolean
is_ours(const RpTrayHost *host, const char *service)
{
	const char *const names[] = {host->item, rp_dbus_unique_name(host->bus)};

	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		gsize length = names[i] != NULL ? strlen(names[i]) : 0;

		if (length != 0 && strncmp(service, names[i], length) == 0 &&
			(service[length] == '\0' || service[length] == '/'))
			return TRUE;
	}
	return FALSE;
}

/* A watcher that stays may drop all icons (Waybar's, when a screen goes). */
static void
on_dropped(DBusMessage *signal, gpointer user)
{
	RpTrayHost *host = user;
	const char *service;

	if (!host->is_taken ||
		!dbus_message_get_args(
			signal, NULL, DBUS_TYPE_STRING, &service, DBUS_TYPE_INVALID) ||
		!is_ours(host, service))
		return;
	if (g_get_monotonic_time() - host->since > KEPT_US)
		host->pause = FIRST_PAUSE_SECONDS;
	host->is_taken = FALSE;
	ask_again_later(host);
}

RpTrayHost *
rp_tray_host_new(RpDBus *bus, const char *item, void (*taken)(gpointer user), gpointer user)
{
	static const RpDBusMatch dropped = {.sender = WATCHER,
		.path = WATCHER_PATH,
		.interface = WATCHER,
		.member = "StatusNotifierItemUnregistered"};
	RpTrayHost *host = g_new0(RpTrayHost, 1);

	host->bus = bus;
	host->item = g_strdup(item);
	host->taken = taken;
	host->user = user;
	host->pause = FIRST_PAUSE_SECONDS;
	host->watch = rp_dbus_watch_owner(bus, WATCHER, on_watcher, host);
	host->dropped = rp_dbus_subscribe(bus, &dropped, on_dropped, host);
	return host;
}

void
rp_tray_host_free(RpTrayHost *host)
{
	if (host == NULL)
		return;
	forget(host);
	rp_dbus_subscription_free(host->dropped);
	rp_dbus_owner_watch_free(host->watch);
	g_free(host->item);
	g_free(host);
}

void
rp_tray_host_set_ready(RpTrayHost *host, gboolean is_ready)
{
	host->is_ready = is_ready;
	host->is_taken &= is_ready;
	look(host);
}

gboolean
rp_tray_host_has_taken(const RpTrayHost *host)
{
	return host->is_taken;
}
