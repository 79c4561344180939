/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bus-private.h"

#include "roampost/dbusloop.h"
#include "roampost/language.h"

/* ---- options.c ---- */

/* Whether an a{sv} holds nothing but these ("set s;hold b", "" for none), each once and of its
 * type. */
gboolean rp_bus_options_fit(GVariant *options, const char *known, GError **error);

/* ---- call.c: calls that are not answered yet ---- */

typedef struct {
	RpDBus *bus;      /* borrowed */
	GHashTable *open; /* of RpBusCall */
} RpBusCalls;

void rp_bus_calls_init(RpBusCalls *calls, RpDBus *bus);
/* The answers of calls that are still under way have nobody to go to. */
void rp_bus_calls_abandon(RpBusCalls *calls);
void rp_bus_calls_clear(RpBusCalls *calls);
/* It is answered by exactly one of rp_bus_call_return and its like. */
RpBusCall *rp_bus_call_new(RpBusCalls *calls, const RpBusMethod *method, DBusMessage *message);
/* The arguments as a tuple, to be unreferenced. */
GVariant *rp_bus_call_arguments(const RpBusCall *call);

/* ---- properties.c: the values of the interface's properties ---- */

typedef struct RpBusProperties RpBusProperties;
typedef GVariant *(*RpBusReadFunc)(const char *property, gpointer data);

/* `read` is for those that are announced by their names. */
RpBusProperties *rp_bus_properties_new(RpBusReadFunc read, gpointer data);
void rp_bus_properties_free(RpBusProperties *properties);
/* The value, which is the properties' own, in the thread's language. `*announce`: others were told
 * another one before. */
GVariant *rp_bus_properties_get(RpBusProperties *properties, const char *name, gboolean *announce);
/* Both: TRUE when it is to be announced. */
gboolean rp_bus_properties_set(RpBusProperties *properties, const char *name, GVariant *value);
gboolean rp_bus_properties_refresh(RpBusProperties *properties, const char *name);

/* ---- callers.c: who may call ---- */

/* Lets calls through whose sender has our uid, in their order, and keeps each sender's answer. A
 * session bus lets in its own user (and root) alone by default, but that is its configuration's
 * choice, and a message queued in another's name is not to depend on it. */
typedef struct RpBusCallers RpBusCallers;
typedef void (*RpBusAdmitFunc)(DBusMessage *message, gpointer data);

RpBusCallers *rp_bus_callers_new(
	RpDBus *bus, RpBusAdmitFunc admitted, RpBusAdmitFunc refused, gpointer data);
/* Calls one of the two functions for the message, at once where its sender is known. */
void rp_bus_callers_admit(RpBusCallers *callers, DBusMessage *message);
/* In which language a sender that was let through is answered; one that said none: in our own. */
void rp_bus_callers_set_language(
	RpBusCallers *callers, const char *sender, const RpLanguage *language);
const RpLanguage *rp_bus_callers_language(const RpBusCallers *callers, const char *sender);
/* Calls the function for every message that waits, and forgets everybody. */
void rp_bus_callers_dismiss(RpBusCallers *callers, RpBusAdmitFunc func);
/* The bus is gone: forgets everybody, and the messages that wait. */
void rp_bus_callers_clear(RpBusCallers *callers);
void rp_bus_callers_free(RpBusCallers *callers);

/* ---- watchers.c: callers that want to be told more ---- */

typedef struct RpBusWatchers RpBusWatchers;
/* There is one now, or none any more. */
typedef void (*RpBusWatchedFunc)(gboolean any, gpointer data);

RpBusWatchers *rp_bus_watchers_new(RpDBus *bus, RpBusWatchedFunc changed, gpointer data);
/* The caller of this unique name; with the bus, and when it leaves it, it watches no more. */
void rp_bus_watchers_set(RpBusWatchers *watchers, const char *name, gboolean watches);
void rp_bus_watchers_free(RpBusWatchers *watchers);
