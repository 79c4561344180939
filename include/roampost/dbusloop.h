/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/bussocket.h"

#include <dbus/dbus.h>

/* libdbus on the GLib main loop: a bus that stays usable while its daemon comes and goes.
 *
 * An RpDBus is a bus that we want to be connected to, not one connection: the private connection
 * behind it is made in the background, is remade when the daemon returns (the socket's file is
 * watched), and never ends the process. What is registered on it (exported objects, names,
 * subscriptions) is put in place again by itself after each reconnect; only calls under way fail.
 *
 * Every rp_dbus_* function that returns a handle gives it to the caller: freeing the handle ends
 *the registration, and no callback runs after that. Handles may be freed in any order, also inside
 *their own callback, also after the caller's last rp_dbus_unref (each holds a reference). All
 *callbacks run in the main context that was the thread's default when the bus was made.
 *
 * A service:
 *
 *	static void
 *	handle_reload(DBusMessage *call, gpointer user)
 *	{
 *		Agent *agent = user;
 *		... rp_dbus_reply_args(agent->bus, call, DBUS_TYPE_INVALID);
 *	}
 *	static const RpDBusMethod methods[] = {
 *		{"org.roampost.Agent1", "Reload", "", handle_reload},
 *		{NULL},
 *	};
 *	static const RpDBusProperty properties[] = {
 *		{"org.roampost.Agent1", "Version", "s", get_version},
 *		{NULL},
 *	};
 *	static const RpDBusObjectInfo info = {"/org/roampost/Agent1", xml, methods, properties};
 *
 *	agent->bus = rp_dbus_new_session();
 *	agent->object = rp_dbus_export(agent->bus, &info, agent);
 *	agent->name = rp_dbus_request_name(agent->bus, "org.roampost.Agent1", 0, on_name, agent);
 *	...
 *	rp_dbus_object_changed(agent->object, "org.roampost.Agent1", "Counts");
 *
 * A client that may block (the command line) uses rp_dbus_connect_sync and rp_dbus_call_sync. */

typedef struct RpDBus RpDBus;

/* $DBUS_SESSION_BUS_ADDRESS, else $XDG_RUNTIME_DIR/bus; never autolaunch. */
RpDBus *rp_dbus_new_session(void);
/* $DBUS_SYSTEM_BUS_ADDRESS, else the system's socket. */
RpDBus *rp_dbus_new_system(void);
/* Any D-Bus address; NULL is a bus that is never there. Connecting starts in the next turn of the
 * main loop. */
RpDBus *rp_dbus_new_address(const char *address);
RpDBus *rp_dbus_ref(RpDBus *bus);
void rp_dbus_unref(RpDBus *bus);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpDBus, rp_dbus_unref)

gboolean rp_dbus_is_connected(const RpDBus *bus);
/* Our unique name (":1.42"), or NULL while not connected. */
const char *rp_dbus_unique_name(const RpDBus *bus);
/* What tells this run of the bus from another one, or NULL while not connected. Free with g_free.
 */
char *rp_dbus_server_id(const RpDBus *bus);
/* Blocks for at most timeout_ms until connected; RP_ERROR_UNAVAILABLE when there is no bus. */
gboolean rp_dbus_connect_sync(RpDBus *bus, int timeout_ms, GError **error);
/* Writes what is queued; blocks. For a short-lived program before it exits. */
void rp_dbus_flush(RpDBus *bus);

/* Told at each change, and once soon after the call if connected by then. */
typedef struct RpDBusStateWatch RpDBusStateWatch;
typedef void (*RpDBusStateFunc)(gboolean connected, gpointer user);
RpDBusStateWatch *rp_dbus_watch_state(RpDBus *bus, RpDBusStateFunc func, gpointer user);
void rp_dbus_state_watch_free(RpDBusStateWatch *watch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpDBusStateWatch, rp_dbus_state_watch_free)

/* ---- Messages ----
 * Built and read with libdbus (dbus_message_new_method_call, dbus_message_append_args, ...). */

typedef DBusMessage RpDBusMessage;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpDBusMessage, dbus_message_unref)

/* Sends without waiting for anything; takes the message. FALSE when not connected. */
gboolean rp_dbus_send(RpDBus *bus, DBusMessage *message);

/* A call under way. The callback runs exactly once unless the handle is freed first: with the
 * reply, or with `error` set: RP_ERROR_UNAVAILABLE (no bus, no such service, no answer in time) or
 * RP_ERROR_STATE for any other error reply, of which `reply` is then the message (its name tells
 * more). Never runs inside rp_dbus_call itself. The handle stays the caller's after that. Takes the
 * message. timeout_ms: -1 is libdbus' default of 25 s. */
typedef struct RpDBusCall RpDBusCall;
typedef void (*RpDBusReplyFunc)(DBusMessage *reply, const GError *error, gpointer user);
RpDBusCall *rp_dbus_call(RpDBus *bus, DBusMessage *message, int timeout_ms, RpDBusReplyFunc func,
	gpointer user) G_GNUC_WARN_UNUSED_RESULT;
void rp_dbus_call_free(RpDBusCall *call);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpDBusCall, rp_dbus_call_free)

/* The same, blocking; the bus must be connected. The caller unrefs the reply. NULL with the errors
 * above; the error's text is the remote's own sentence, and *error_name (may be NULL) its D-Bus
 * name. */
DBusMessage *rp_dbus_call_sync(
	RpDBus *bus, DBusMessage *message, int timeout_ms, char **error_name, GError **error);

/* Asks the bus for the uid behind a bus name; -1 as (gint64) when it can't be told. */
typedef void (*RpDBusUidFunc)(gint64 uid, gpointer user);
RpDBusCall *rp_dbus_call_get_uid(
	RpDBus *bus, const char *name, RpDBusUidFunc func, gpointer user) G_GNUC_WARN_UNUSED_RESULT;

/* ---- Services ---- */

/* Must answer the call once, now or later (keep it with dbus_message_ref), with one of
 * rp_dbus_reply*. The message has the declared signature: others are answered with InvalidArgs
 * before. */
typedef void (*RpDBusMethodFunc)(DBusMessage *call, gpointer user);
typedef struct {
	const char *interface;
	const char *name;
	const char *in_signature;
	RpDBusMethodFunc handler;
} RpDBusMethod;

typedef struct RpDBusProperty RpDBusProperty;
/* Appends the property's value, of the declared signature, to `value` (which is inside its
 * variant). */
typedef void (*RpDBusGetFunc)(
	DBusMessageIter *value, const RpDBusProperty *property, gpointer user);
struct RpDBusProperty {
	const char *interface;
	const char *name;
	const char *signature;
	RpDBusGetFunc get;
	gboolean
		invalidates; /* a change is announced without the value: who wants it asks for it */
};

/* An object. Introspect answers `xml`: the interface document, in which the standard interfaces
 * need not be (they are added). Get, GetAll and Set (refused: all properties are read-only) come
 * with it. The tables end with a NULL interface and, like the strings, must outlive the object. */
typedef struct {
	const char *path;
	const char *xml;
	const RpDBusMethod *methods;
	const RpDBusProperty *properties; /* NULL: none */
	/* Is given each Get and GetAll, to have it answered by rp_dbus_object_answer, now or later,
	 * or to refuse it. NULL: everybody may read. */
	RpDBusMethodFunc read_gate;
} RpDBusObjectInfo;

typedef struct RpDBusObject RpDBusObject;
RpDBusObject *rp_dbus_export(RpDBus *bus, const RpDBusObjectInfo *info, gpointer user);
void rp_dbus_object_free(RpDBusObject *object);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpDBusObject, rp_dbus_object_free)
/* Answers a Get or GetAll that the read gate was given. */
void rp_dbus_object_answer(RpDBusObject *object, DBusMessage *call);
/* The property has a new value: one PropertiesChanged for all that changed goes out in this turn of
 * the main loop, with the values or, of those that invalidate, the names. */
void rp_dbus_object_changed(RpDBusObject *object, const char *interface, const char *property);
/* Broadcasts a signal of this object; the arguments are as for dbus_message_append_args. */
void rp_dbus_object_emit(
	RpDBusObject *object, const char *interface, const char *member, int first_type, ...);
/* The same for one that is made already (dbus_message_new_signal); takes it. */
void rp_dbus_object_emit_message(RpDBusObject *object, DBusMessage *signal);

/* Takes `reply` (made with dbus_message_new_method_return); dropped when the caller wants none. */
void rp_dbus_reply(RpDBus *bus, DBusMessage *call, DBusMessage *reply);
void rp_dbus_reply_args(RpDBus *bus, DBusMessage *call, int first_type, ...);
void rp_dbus_reply_error(RpDBus *bus, DBusMessage *call, const char *error_name, const char *format,
	...) G_GNUC_PRINTF(4, 5);

/* A well-known name. Requested at each connect with DBUS_NAME_FLAG_* flags; told whether we own it,
 * at each change (queued behind another owner, refused, or the bus gone: FALSE). */
typedef struct RpDBusName RpDBusName;
typedef void (*RpDBusNameFunc)(gboolean owned, gpointer user);
RpDBusName *rp_dbus_request_name(
	RpDBus *bus, const char *name, unsigned int flags, RpDBusNameFunc func, gpointer user);
/* Gives the name back, and handles all that has come for it until then (handlers of the bus's
 * objects are called): no call is left without its answer. Waits a second at most; the function of
 * the name is not called any more. */
void rp_dbus_name_release(RpDBusName *name);
void rp_dbus_name_free(RpDBusName *name); /* releases it */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpDBusName, rp_dbus_name_free)

/* ---- Signals and other services ---- */

/* Signals that match all of the fields given (NULL: any). `sender` may be a well-known name: then
 * only what its owner sends comes through. */
typedef struct {
	const char *sender;
	const char *path;
	const char *interface;
	const char *member;
	const char *arg0;
} RpDBusMatch;

typedef struct RpDBusSubscription RpDBusSubscription;
typedef void (*RpDBusSignalFunc)(DBusMessage *signal, gpointer user);
RpDBusSubscription *rp_dbus_subscribe(
	RpDBus *bus, const RpDBusMatch *match, RpDBusSignalFunc func, gpointer user);
void rp_dbus_subscription_free(RpDBusSubscription *subscription);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpDBusSubscription, rp_dbus_subscription_free)

/* Follows who owns a name: told the unique name, or NULL when nobody does, once known and at each
 * change. Does not start the service. */
typedef struct RpDBusOwnerWatch RpDBusOwnerWatch;
typedef void (*RpDBusOwnerFunc)(const char *owner, gpointer user);
RpDBusOwnerWatch *rp_dbus_watch_owner(
	RpDBus *bus, const char *name, RpDBusOwnerFunc func, gpointer user);
void rp_dbus_owner_watch_free(RpDBusOwnerWatch *watch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpDBusOwnerWatch, rp_dbus_owner_watch_free)

/* ---- Values ----
 * a{sv} without ceremony. Open appends a dictionary to `parent`; strings that are NULL or no UTF-8
 * are left out, respectively repaired. */
void rp_dbus_dict_open(DBusMessageIter *parent, DBusMessageIter *dict);
void rp_dbus_dict_close(DBusMessageIter *parent, DBusMessageIter *dict);
void rp_dbus_dict_string(DBusMessageIter *dict, const char *key, const char *value);
/* Starts a member of any type: append a value of `signature` to *value, then end it. */
typedef struct {
	DBusMessageIter entry;
	DBusMessageIter value;
} RpDBusMember;
void rp_dbus_dict_begin(
	DBusMessageIter *dict, RpDBusMember *member, const char *key, const char *signature);
void rp_dbus_dict_end(DBusMessageIter *dict, RpDBusMember *member);
/* Single values, NULL and bad UTF-8 as "" and repaired. */
void rp_dbus_append_string(DBusMessageIter *iter, const char *value);
void rp_dbus_append_strv(DBusMessageIter *iter, const char *const *values);
/* Reading: walks an a{sv} that *dict (recursed into the array) points at. `value` is inside the
 * variant; where it is an array instead, at its first element. FALSE at the end. */
gboolean rp_dbus_dict_next(DBusMessageIter *dict, const char **key, DBusMessageIter *value);
/* What an ObjectManager answers to GetManagedObjects, a{oa{sa{sv}}}: rp_dbus_dict_next gives each
 * object's path and its interfaces, of these each one's name and properties, and then the values.
 * FALSE: it is something else. */
gboolean rp_dbus_objects_begin(DBusMessage *reply, DBusMessageIter *objects);
