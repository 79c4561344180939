/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/base.h"
#include "roampost/dbusloop.h"

/* source.c: attaches and gives back the source. */
GSource *rp_dbus_attach(GSource *source, GMainContext *context, GSourceFunc func, gpointer data);

/* loop.c: one GSource for a connection's descriptors and its dispatching, and one for each of its
 * timeouts; all of them go with rp_dbus_loop_free. `lost` runs, as the last thing of a dispatch,
 * when the connection has ended and everything received before has been handed out. */
typedef struct RpDBusLoop RpDBusLoop;
typedef void (*RpDBusLostFunc)(gpointer user);
RpDBusLoop *rp_dbus_loop_new(
	DBusConnection *connection, GMainContext *context, RpDBusLostFunc lost, gpointer user);
void rp_dbus_loop_free(RpDBusLoop *loop);

/* entry.c: what is registered on a bus. Each handle of the public header starts with an entry; the
 * bus tells it of connection changes and shows it every signal. Any of these callbacks may free any
 * entry, its own included: so an entry's function touches nothing of its own after calling out. */
typedef struct RpDBusEntry RpDBusEntry;
typedef struct {
	void (*connected)(RpDBusEntry *entry); /* may be NULL, as the others */
	void (*disconnected)(RpDBusEntry *entry);
	void (*signal)(RpDBusEntry *entry, DBusMessage *message);
} RpDBusEntryClass;

struct RpDBusEntry {
	const RpDBusEntryClass *class;
	RpDBus *bus;
	GSource *soon;
};

void rp_dbus_entry_init(RpDBusEntry *entry, RpDBus *bus, const RpDBusEntryClass *class);
void rp_dbus_entry_clear(RpDBusEntry *entry);
/* Calls func(entry) in the next turn of the main loop, unless the entry is gone by then. */
void rp_dbus_entry_soon(RpDBusEntry *entry, GSourceFunc func);

typedef enum {
	RP_DBUS_EVENT_CONNECTED,
	RP_DBUS_EVENT_DISCONNECTED,
	RP_DBUS_EVENT_SIGNAL
} RpDBusEvent;
void rp_dbus_entries_notify(RpDBus *bus, RpDBusEvent event, DBusMessage *message);

/* The bus itself; made and connected in bus.c, held by handle.c. */
typedef enum { RP_DBUS_OFFLINE, RP_DBUS_GREETING, RP_DBUS_CONNECTED } RpDBusState;

struct RpDBus {
	gint refs;
	char *address;
	GMainContext *context;
	GPtrArray
		*entries; /* of RpDBusEntry; NULL where one was freed while they were being told */
	guint notifying;

	RpDBusState state;
	DBusConnection *connection;
	/* bus.c's, for the last reference: what keeps a bus alive stands below what connects it. */
	void (*drop_connection)(RpDBus *bus);
	RpDBusLoop *loop;
	DBusPendingCall *hello;
	RpDBusSocket *socket;
	GSource *first_try;
};

/* Asks org.freedesktop.DBus for METHOD(argument). */
DBusMessage *rp_dbus_driver_call(const char *method, const char *argument);
