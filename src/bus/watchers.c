/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "service-private.h"

/* Who watches, each until it says otherwise or leaves the bus: a program that crashed must not keep
 * the agent awake. */

struct RpBusWatchers {
	RpDBus *bus; /* borrowed */
	RpBusWatchedFunc changed;
	gpointer data;
	GHashTable *all; /* unique name -> Watcher */
};

typedef struct {
	RpBusWatchers *watchers;
	char *name;
	RpDBusOwnerWatch *owner;
} Watcher;

static void
watcher_free(gpointer data)
{
	Watcher *watcher = data;

	rp_dbus_owner_watch_free(watcher->owner);
	g_free(watcher->name);
	g_free(watcher);
}

static void
drop(RpBusWatchers *watchers, const char *name)
{
	if (g_hash_table_remove(watchers->all, name) && !g_hash_table_size(watchers->all))
		watchers->changed(FALSE, watchers->data);
}

static void
on_owner(const char *owner, gpointer user)
{
	Watcher *watcher = user;

	if (!owner)
		drop(watcher->watchers, watcher->name);
}

static void
add(RpBusWatchers *watchers, const char *name)
{
	Watcher *watcher;

	if (g_hash_table_contains(watchers->all, name))
		return;
	watcher = g_new0(Watcher, 1);
	watcher->watchers = watchers;
	watcher->name = g_strdup(name);
	g_hash_table_insert(watchers->all, watcher->name, watcher);
	watcher->owner = rp_dbus_watch_owner(watchers->bus, name, on_owner, watcher);
	if (g_hash_table_size(watchers->all) == 1)
		watchers->changed(TRUE, watchers->data);
}

RpBusWatchers *
rp_bus_watchers_new(RpDBus *bus, RpBusWatchedFunc changed, gpointer data)
{
	RpBusWatchers *watchers = g_new0(RpBusWatchers, 1);

	watchers->bus = bus;
	watchers->changed = changed;
	watchers->data = data;
	watchers->all = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, watcher_free);
	return watchers;
}

void
rp_bus_watchers_set(RpBusWatchers *watchers, const char *name, gboolean watches)
{
	if (watches)
		add(watchers, name);
	else
		drop(watchers, name);
}

void
rp_bus_watchers_free(RpBusWatchers *watchers)
{
	g_hash_table_unref(watchers->all);
	g_free(watchers);
}
