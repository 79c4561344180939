/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dbusloop-private.h"

#include <string.h>

/* Signals by sender, interface and member; a sender's name is
 * followed to whoever owns it at the time. */

/* ---- Match rules ---- */

static void
rule_append(GString *rule, const char *key, const char *value)
{
	if (!value)
		return;
	g_string_append_printf(rule, ",%s='", key);
	for (const char *c = value; *c; c++) {
		if (*c == '\'')
			g_string_append(rule, "'\\''");
		else
			g_string_append_c(rule, *c);
	}
	g_string_append_c(rule, '\'');
}

static char *
rule_new(const RpDBusMatch *match)
{
	GString *rule = g_string_new("type='signal'");

	rule_append(rule, "sender", match->sender);
	rule_append(rule, "path", match->path);
	rule_append(rule, "interface", match->interface);
	rule_append(rule, "member", match->member);
	rule_append(rule, "arg0", match->arg0);
	return g_string_free(rule, FALSE);
}

/* Without an error to fill in, libdbus does not wait for the answer. */
static void
rule_add(RpDBus *bus, const char *rule)
{
	if (rp_dbus_is_connected(bus))
		dbus_bus_add_match(bus->connection, rule, NULL);
}

static void
rule_remove(RpDBus *bus, const char *rule)
{
	if (rp_dbus_is_connected(bus))
		dbus_bus_remove_match(bus->connection, rule, NULL);
}

/* ---- Owners of names ---- */

struct RpDBusOwnerWatch {
	RpDBusEntry entry;
	char *name;
	char *rule;
	char *owner;
	gboolean told;
	RpDBusCall *query;
	RpDBusOwnerFunc func;
	gpointer user;
};

static void
owner_set(RpDBusOwnerWatch *watch, const char *owner)
{
	if (owner && !*owner)
		owner = NULL;
	if (watch->told && g_strcmp0(watch->owner, owner) == 0)
		return;
	watch->told = TRUE;
	g_free(watch->owner);
	watch->owner = g_strdup(owner);
	watch->func(watch->owner, watch->user);
}

static void
on_owner(DBusMessage *reply, const GError *error, gpointer user)
{
	const char *owner = NULL;

	if (!error)
		dbus_message_get_args(reply, NULL, DBUS_TYPE_STRING, &owner, DBUS_TYPE_INVALID);
	owner_set(user, owner);
}

static void
owner_connected(RpDBusEntry *entry)
{
	RpDBusOwnerWatch *watch = (RpDBusOwnerWatch *)entry;

	rule_add(entry->bus, watch->rule);
	rp_dbus_call_free(watch->query);
	watch->query = rp_dbus_call(
		entry->bus, rp_dbus_driver_call("GetNameOwner", watch->name), -1, on_owner, watch);
}

static void
owner_disconnected(RpDBusEntry *entry)
{
	RpDBusOwnerWatch *watch = (RpDBusOwnerWatch *)entry;

	g_clear_pointer(&watch->query, rp_dbus_call_free);
	if (watch->told)
		owner_set(watch, NULL);
}

static void
owner_signal(RpDBusEntry *entry, DBusMessage *message)
{
	RpDBusOwnerWatch *watch = (RpDBusOwnerWatch *)entry;
	const char *name = NULL, *old = NULL, *new = NULL;

	if (!dbus_message_is_signal(message, DBUS_INTERFACE_DBUS, "NameOwnerChanged") ||
		!dbus_message_has_sender(message, DBUS_SERVICE_DBUS) ||
		!dbus_message_get_args(message, NULL, DBUS_TYPE_STRING, &name, DBUS_TYPE_STRING,
			&old, DBUS_TYPE_STRING, &new, DBUS_TYPE_INVALID) ||
		strcmp(name, watch->name) != 0)
		return;
	g_clear_pointer(&watch->query, rp_dbus_call_free); /* its answer would be older */
	owner_set(watch, new);
}

static const RpDBusEntryClass owner_class = {
	.connected = owner_connected,
	.disconnected = owner_disconnected,
	.signal = owner_signal,
};

RpDBusOwnerWatch *
rp_dbus_watch_owner(RpDBus *bus, const char *name, RpDBusOwnerFunc func, gpointer user)
{
	RpDBusMatch match = {
		.sender = DBUS_SERVICE_DBUS,
		.interface = DBUS_INTERFACE_DBUS,
		.member = "NameOwnerChanged",
		.arg0 = name,
	};
	RpDBusOwnerWatch *watch = g_new0(RpDBusOwnerWatch, 1);

	rp_dbus_entry_init(&watch->entry, bus, &owner_class);
	watch->name = g_strdup(name);
	watch->rule = rule_new(&match);
	watch->func = func;
	watch->user = user;
	if (rp_dbus_is_connected(bus))
		owner_connected(&watch->entry);
	return watch;
}

void
rp_dbus_owner_watch_free(RpDBusOwnerWatch *watch)
{
	if (!watch)
		return;
	rule_remove(watch->entry.bus, watch->rule);
	rp_dbus_call_free(watch->query);
	rp_dbus_entry_clear(&watch->entry);
	g_free(watch->name);
	g_free(watch->rule);
	g_free(watch->owner);
	g_free(watch);
}

/* ---- Subscriptions ----
 * libdbus shows every message of the connection to all: what the rule let in for one is checked for
 * each. A well-known sender is compared by its owner's unique name, which all messages carry. */

struct RpDBusSubscription {
	RpDBusEntry entry;
	char *sender;
	char *path;
	char *interface;
	char *member;
	char *arg0;
	char *rule;
	RpDBusOwnerWatch *owner_watch; /* where the sender is a well-known name */
	char *owner;
	RpDBusSignalFunc func;
	gpointer user;
};

static void
on_sender_owner(const char *owner, gpointer user)
{
	RpDBusSubscription *subscription = user;

	g_free(subscription->owner);
	subscription->owner = g_strdup(owner);
}

static void
subscription_connected(RpDBusEntry *entry)
{
	rule_add(entry->bus, ((RpDBusSubscription *)entry)->rule);
}

static gboolean
field_fits(const char *want, const char *got)
{
	return !want || g_strcmp0(want, got) == 0;
}

static gboolean
sender_fits(const RpDBusSubscription *subscription, const char *sender)
{
	if (subscription->owner_watch)
		return subscription->owner && g_strcmp0(subscription->owner, sender) == 0;
	return field_fits(subscription->sender, sender);
}

static gboolean
arg0_fits(const RpDBusSubscription *subscription, DBusMessage *message)
{
	DBusMessageIter iter;
	const char *value = NULL;

	if (!subscription->arg0)
		return TRUE;
	if (!dbus_message_iter_init(message, &iter) ||
		dbus_message_iter_get_arg_type(&iter) != DBUS_TYPE_STRING)
		return FALSE;
	dbus_message_iter_get_basic(&iter, &value);
	return strcmp(value, subscription->arg0) == 0;
}

static void
subscription_signal(RpDBusEntry *entry, DBusMessage *message)
{
	RpDBusSubscription *subscription = (RpDBusSubscription *)entry;

	if (sender_fits(subscription, dbus_message_get_sender(message)) &&
		field_fits(subscription->path, dbus_message_get_path(message)) &&
		field_fits(subscription->interface, dbus_message_get_interface(message)) &&
		field_fits(subscription->member, dbus_message_get_member(message)) &&
		arg0_fits(subscription, message))
		subscription->func(message, subscription->user);
}

static const RpDBusEntryClass subscription_class = {
	.connected = subscription_connected,
	.signal = subscription_signal,
};

RpDBusSubscription *
rp_dbus_subscribe(RpDBus *bus, const RpDBusMatch *match, RpDBusSignalFunc func, gpointer user)
{
	RpDBusSubscription *subscription = g_new0(RpDBusSubscription, 1);

	rp_dbus_entry_init(&subscription->entry, bus, &subscription_class);
	subscription->sender = g_strdup(match->sender);
	subscription->path = g_strdup(match->path);
	subscription->interface = g_strdup(match->interface);
	subscription->member = g_strdup(match->member);
	subscription->arg0 = g_strdup(match->arg0);
	subscription->rule = rule_new(match);
	subscription->func = func;
	subscription->user = user;
	if (match->sender && *match->sender != ':' && strcmp(match->sender, DBUS_SERVICE_DBUS) != 0)
		subscription->owner_watch =
			rp_dbus_watch_owner(bus, match->sender, on_sender_owner, subscription);
	subscription_connected(&subscription->entry);
	return subscription;
}

void
rp_dbus_subscription_free(RpDBusSubscription *subscription)
{
	if (!subscription)
		return;
	rule_remove(subscription->entry.bus, subscription->rule);
	rp_dbus_owner_watch_free(subscription->owner_watch);
	rp_dbus_entry_clear(&subscription->entry);
	g_free(subscription->sender);
	g_free(subscription->path);
	g_free(subscription->interface);
	g_free(subscription->member);
	g_free(subscription->arg0);
	g_free(subscription->rule);
	g_free(subscription->owner);
	g_free(subscription);
}
