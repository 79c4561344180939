/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-bus"

#include "service-private.h"

#include <unistd.h>

/* Who may call: programs of our own user, asked of the bus once a caller. */

/* Callers that are remembered; more than that are asked for again. */
#define CALLERS_MAX 256

struct RpBusCallers {
	RpDBus *bus;
	RpBusAdmitFunc admitted;
	RpBusAdmitFunc refused;
	gpointer data;
	gboolean freed;    /* by its owner, while messages are being handed over */
	GHashTable *known; /* unique name -> Caller; unique names are never used twice on one bus */
};

typedef struct {
	RpBusCallers *callers;
	RpDBusCall *question; /* for its uid; NULL when it was answered */
	gboolean allowed;
	gboolean has_language; /* it said one */
	const RpLanguage *language;
	GQueue waiting; /* of DBusMessage */
} Caller;

static void
caller_free(gpointer data)
{
	Caller *caller = data;
	g_clear_pointer(&caller->question, rp_dbus_call_free);
	g_queue_clear_full(&caller->waiting, (GDestroyNotify)dbus_message_unref);
	g_free(caller);
}

static void
callers_dispose(gpointer data)
{
	g_hash_table_unref(((RpBusCallers *)data)->known);
}

static void
decide(RpBusCallers *callers, gboolean allowed, DBusMessage *message)
{
	(allowed ? callers->admitted : callers->refused)(message, callers->data);
}

static void
on_uid(gint64 uid, gpointer data)
{
	Caller *caller = data;
	RpBusCallers *callers = g_rc_box_acquire(caller->callers);
	GQueue waiting = caller->waiting;
	gboolean allowed = uid == (gint64)geteuid();
	if (!allowed)
		g_message("bus: calls of uid %" G_GINT64_FORMAT " are refused", uid);
	caller->allowed = allowed;
	g_queue_init(&caller->waiting);
	g_clear_pointer(&caller->question, rp_dbus_call_free);

	while (!callers->freed && !g_queue_is_empty(&waiting)) {
		DBusMessage *message = g_queue_pop_head(&waiting);
		decide(callers, allowed, message);
		dbus_message_unref(message);
	}
	g_queue_clear_full(&waiting, (GDestroyNotify)dbus_message_unref);
	g_rc_box_release_full(callers, callers_dispose);
}

/* What the bus can be asked for again. */
static gboolean
is_answered(gpointer key, gpointer value, gpointer data)
{
	const Caller *caller = value;

	return !caller->question && !caller->has_language;
}

/* All that can be done without: most of them are long gone. */
static gboolean
is_idle(gpointer key, gpointer value, gpointer data)
{
	return !((Caller *)value)->question;
}

static void
make_room(RpBusCallers *callers)
{
	if (g_hash_table_size(callers->known) >= CALLERS_MAX)
		g_hash_table_foreach_remove(callers->known, is_answered, NULL);
	if (g_hash_table_size(callers->known) >= CALLERS_MAX)
		g_hash_table_foreach_remove(callers->known, is_idle, NULL);
}

static Caller *
get_caller(RpBusCallers *callers, const char *sender)
{
	Caller *caller = g_hash_table_lookup(callers->known, sender);
	if (caller != NULL)
		return caller;
	make_room(callers);
	caller = g_new0(Caller, 1);
	caller->callers = callers;
	g_hash_table_insert(callers->known, g_strdup(sender), caller);
	caller->question = rp_dbus_call_get_uid(callers->bus, sender, on_uid, caller);
	return caller;
}

void
rp_bus_callers_admit(RpBusCallers *callers, DBusMessage *message)
{
	Caller *caller = get_caller(callers, dbus_message_get_sender(message));
	if (caller->question != NULL)
		g_queue_push_tail(&caller->waiting, dbus_message_ref(message));
	else
		decide(callers, caller->allowed, message);
}

void
rp_bus_callers_set_language(RpBusCallers *callers, const char *sender, const RpLanguage *language)
{
	Caller *caller = g_hash_table_lookup(callers->known, sender);

	if (!caller)
		return;
	caller->has_language = TRUE;
	caller->language = language;
}

const RpLanguage *
rp_bus_callers_language(const RpBusCallers *callers, const char *sender)
{
	const Caller *caller = g_hash_table_lookup(callers->known, sender);

	return caller && caller->has_language ? caller->language : rp_language_own();
}

RpBusCallers *
rp_bus_callers_new(RpDBus *bus, RpBusAdmitFunc admitted, RpBusAdmitFunc refused, gpointer data)
{
	RpBusCallers *callers = g_rc_box_new0(RpBusCallers);
	callers->bus = bus;
	callers->admitted = admitted;
	callers->refused = refused;
	callers->data = data;
	callers->known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, caller_free);
	return callers;
}

void
rp_bus_callers_dismiss(RpBusCallers *callers, RpBusAdmitFunc func)
{
	GHashTableIter iter;
	gpointer caller;
	g_hash_table_iter_init(&iter, callers->known);
	while (g_hash_table_iter_next(&iter, NULL, &caller))
		for (GList *i = ((Caller *)caller)->waiting.head; i != NULL; i = i->next)
			func(i->data, callers->data);
	rp_bus_callers_clear(callers);
}

void
rp_bus_callers_clear(RpBusCallers *callers)
{
	g_hash_table_remove_all(callers->known);
}

void
rp_bus_callers_free(RpBusCallers *callers)
{
	callers->freed = TRUE;
	g_rc_box_release_full(callers, callers_dispose);
}
