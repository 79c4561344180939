/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/base.h"

/* org.roampost.Agent1 on the session bus: the service that the agent offers, and the client that
 * the command line uses. dbus/org.roampost.Agent1.xml is the interface; the build makes tables of
 * it, and nothing of it is written down a second time: methods, signals and properties are named
 * here by their names, and values are held to the types that it says.
 *
 * Values travel as GVariant (a plain value type of GLib); libdbus stays inside src/bus. Floating
 * references are taken, as everywhere in GLib, so g_variant_new(...) can be passed directly.
 *
 * Errors are RP_ERROR codes on both sides: a handler that fails with RP_ERROR_NOT_FOUND is seen by
 * the caller as org.roampost.Error.NotFound with the same sentence, and the client turns it back.
 */

#define RP_BUS_NAME "org.roampost.Agent1"
#define RP_BUS_PATH "/org/roampost/Agent1"
#define RP_BUS_INTERFACE "org.roampost.Agent1"

/* "org.roampost.Error.NotFound" for RP_ERROR_NOT_FOUND; other errors are "...Error.Failed". */
const char *rp_bus_error_name(const GError *error);

/* One call that waits for its answer. The handler that got it owns it and answers it exactly once,
 * at once or later, with one of the three functions below, which free it. A caller that went away,
 * a bus that was lost and a service that was freed meanwhile are all survived: the answer is
 * dropped. Main context only. */
typedef struct RpBusCall RpBusCall;

/* Answers with a tuple of the method's out arguments, as g_variant_new("(s)", id); NULL for a
 * method that returns nothing. */
void rp_bus_call_return(RpBusCall *call, GVariant *values);
/* Answers with one file descriptor, which is taken and closed. */
void rp_bus_call_return_fd(RpBusCall *call, RpFd descriptor);
/* Answers with an error, which is taken. */
void rp_bus_call_fail(RpBusCall *call, GError *error);
/* The same from a code and a sentence. */
void rp_bus_call_refuse(RpBusCall *call, RpErrorCode code, const char *format, ...)
	G_GNUC_PRINTF(3, 4);
/* The caller's unique name on the bus; the call's. */
const char *rp_bus_call_sender(const RpBusCall *call);
/* The descriptor that came as the first argument; the caller's from now on. Once. */
RpFd rp_bus_call_take_fd(RpBusCall *call);

/* What the agent does for a method. The arguments are a tuple of its in types ("h" is a number
 * without meaning), lent for the call of the handler; their types have been checked, and so have
 * the names and types of options. `data` is what was given to rp_bus_service_new. */
typedef struct {
	const char *method;
	void (*handle)(RpBusCall *call, GVariant *arguments, gpointer data);
} RpBusHandler;

typedef enum {
	RP_BUS_ABSENT, /* no session bus, or it was lost: tried again when it appears */
	RP_BUS_OWNED,  /* the name is ours */
	RP_BUS_TAKEN,  /* another agent has the name: given up */
} RpBusState;
const char *rp_bus_state_name(RpBusState state);

/* All run on the main context. */
typedef struct {
	/* One for each method of the interface; a NULL method ends it. */
	const RpBusHandler *handlers;
	/* The value of a property that is announced by its name alone; called when somebody asks
	 * for it, and when it may have changed since. */
	GVariant *(*read)(const char *property, gpointer data);
	/* The state has changed; it is RP_BUS_ABSENT at first, which is no failure: the agent works
	 * by its state folder and the bell. May be NULL. */
	void (*state_changed)(RpBusState state, gpointer data);
	/* Somebody watches (rp_bus_service_watch), or nobody does any more. May be NULL. */
	void (*watched)(gboolean any, gpointer data);
} RpBusEvents;

typedef struct RpBusService RpBusService;

/* Connects and requests the name, in the background. The events are borrowed for the service's life
 * (static const, as a rule). Never NULL. */
RpBusService *rp_bus_service_new(const RpBusEvents *events, gpointer data);
/* The agent ends: no handler and no state_changed runs after this. Calls that come from now on are
 * answered with RP_ERROR_UNAVAILABLE; those that were begun can still be answered, properties and
 * signals go out as before. */
void rp_bus_service_stop(RpBusService *service);
/* Releases the name. No handler and no state_changed runs after this. */
void rp_bus_service_free(RpBusService *service);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpBusService, rp_bus_service_free)

RpBusState rp_bus_service_state(const RpBusService *service);

/* The caller wants to be told what is told only to those who watch, until it says that it does not,
 * or leaves the bus. */
void rp_bus_service_watch(RpBusService *service, const RpBusCall *caller, gboolean watches);

/* Sets a property. Only a value that differs is announced, and all changes of one iteration of the
 * main loop go out as one PropertiesChanged. May be called at any time, with or without a bus. */
void rp_bus_service_set(RpBusService *service, const char *property, GVariant *value);
/* What `read` says of the property may have changed: it is looked at, and announced, where somebody
 * has asked for it since the last time. */
void rp_bus_service_refresh(RpBusService *service, const char *property);

/* Signals. Without a bus they are dropped. Changed properties go out before them, so that who hears
 * a signal finds the counts that go with it. The arguments are a tuple; texts in it are UTF-8. */
void rp_bus_service_emit(RpBusService *service, const char *signal, GVariant *arguments);
/* Those of every day; texts may be a server's words, and no argument is NULL. */
void rp_bus_service_message_queued(RpBusService *service, const char *id);
void rp_bus_service_message_sent(RpBusService *service, const char *id, const char *set);
/* Once a message, on entering held; where more than 50 are held at once, only Counts changes (the
 * agent sees to that). `reason` is a reason code, `text` its sentence. */
void rp_bus_service_message_held(
	RpBusService *service, const char *id, const char *reason, const char *text);
void rp_bus_service_message_failed(
	RpBusService *service, const char *id, const char *code, const char *text);
/* `error` is "" for a check that went well. */
void rp_bus_service_check_done(
	RpBusService *service, const char *set, guint fetched, const char *error);

/* The client: synchronous, for programs that do one thing. */
typedef struct RpBusClient RpBusClient;

/* Connects to the session bus. RP_ERROR_UNAVAILABLE, with a sentence that says what to do, where
 * there is none. */
RpBusClient *rp_bus_client_new(GError **error);
void rp_bus_client_free(RpBusClient *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpBusClient, rp_bus_client_free)

/* Whether an agent has the name now. Starts nothing. */
gboolean rp_bus_client_has_agent(RpBusClient *client);

/* Calls a method and waits for its answer, at most 60 s; starts the agent where the session bus
 * can (not one that has answered this client before and went away). `arguments` is a tuple or NULL;
 * the answer is a tuple of the type `reply_type` ("(s)",
 * "()"), to be unreferenced. Errors: what the agent answered; RP_ERROR_UNAVAILABLE for no agent. */
GVariant *rp_bus_client_call(RpBusClient *client, const char *method, GVariant *arguments,
	const char *reply_type, GError **error);
/* The same call with each of `n` arguments, all at once: it ends with the last answer, which is
 * "()". `errors` is an array of n, all NULL; one that failed has its error there. TRUE: none did.
 */
gboolean rp_bus_client_call_each(RpBusClient *client, const char *method,
	GVariant *const *arguments, guint n, GError **errors);
/* A property of the agent, without the variant around it. */
GVariant *rp_bus_client_get(
	RpBusClient *client, const char *property, const char *type, GError **error);
/* All properties, an a{sv}. */
GVariant *rp_bus_client_get_all(RpBusClient *client, GError **error);

/* Asks for the agent's signals from now on (PropertiesChanged among them), before a call whose
 * effects are to be watched. */
void rp_bus_client_subscribe(RpBusClient *client);
/* Waits for the next signal, at most `timeout_ms` (-1: for ever). Its name, and its arguments as a
 * tuple. NULL without an error: the time is over. The agent's going away is the signal "" with
 * no arguments; its coming back is no signal of its own. */
char *rp_bus_client_next(RpBusClient *client, int timeout_ms, GVariant **arguments, GError **error);
/* From a source of the same main context: the waiting ends as if its time were over. */
void rp_bus_client_wake(RpBusClient *client);
