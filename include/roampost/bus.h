/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/base.h"

/* org.roampost.Agent1 on the session bus: the service that the agent offers, and the client that
 * the command line uses. dbus/org.roampost.Agent1.xml is the interface, with every method's
 * arguments, errors and the members of its dictionaries and JSON texts.
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

/* What the agent does for each method: all must be set. Arguments are borrowed for the call of the
 * handler, and their types have been checked. `data` is what was given to rp_bus_service_new. */
typedef void (*RpBusPlainFunc)(RpBusCall *call, gpointer data);
typedef void (*RpBusNameFunc)(RpBusCall *call, const char *name, gpointer data);
typedef void (*RpBusListFunc)(RpBusCall *call, const char *const *list, gpointer data);

typedef struct {
	/* The descriptor is the handler's (rp_fd_clear); options is an a{sv}. */
	void (*submit)(RpBusCall *call, RpFd message, const char *sender,
		const char *const *recipients, GVariant *options, gpointer data);
	void (*list)(RpBusCall *call, const char *const *states, const char *after, guint limit,
		gpointer data);
	void (*pin)(RpBusCall *call, const char *id, const char *set, gpointer data);
	void (*edit)(RpBusCall *call, const char *id, const char *from, const char *const *to,
		gpointer data);
	RpBusListFunc flush; /* ids; none: all */
	RpBusListFunc check; /* sets; none: all that have a POP server */
	RpBusListFunc hold;  /* these four: ids, at least one */
	RpBusListFunc release;
	RpBusListFunc retry;
	RpBusListFunc remove;   /* Delete */
	RpBusNameFunc get;      /* id -> (a{sv}) */
	RpBusNameFunc open;     /* id -> descriptor */
	RpBusNameFunc explain;  /* id -> (s) */
	RpBusNameFunc use_set;  /* set or "auto", until the place changes */
	RpBusNameFunc keep_set; /* set, until "auto" */
	RpBusNameFunc learn;    /* provider */
	RpBusNameFunc forget;   /* provider or "failures" */
	RpBusNameFunc lookup;   /* address -> (as) */
	RpBusNameFunc dial;     /* provider */
	RpBusPlainFunc hang_up;
	RpBusPlainFunc reload;
	RpBusPlainFunc status; /* these three: -> (s), JSON */
	RpBusPlainFunc where;
	RpBusPlainFunc sets;
} RpBusHandlers;

typedef enum {
	RP_BUS_ABSENT, /* no session bus, or it was lost: tried again when it appears */
	RP_BUS_OWNED,  /* the name is ours */
	RP_BUS_TAKEN,  /* another agent has the name: given up */
} RpBusState;
const char *rp_bus_state_name(RpBusState state);

/* Called on the main context whenever the state changes; it is RP_BUS_ABSENT at first.
 * RP_BUS_ABSENT is no failure: the agent works by its state folder and the bell. */
typedef void (*RpBusStateFunc)(RpBusState state, gpointer data);

typedef struct RpBusService RpBusService;

/* Connects and requests the name, in the background. Handlers are borrowed for the service's life
 * (static const, as a rule). `version` becomes the property Version. Never NULL. */
RpBusService *rp_bus_service_new(const RpBusHandlers *handlers, const char *version,
	RpBusStateFunc state_changed, gpointer data);
/* The agent ends: no handler and no state_changed runs after this. Calls that come from now on are
 * answered with RP_ERROR_UNAVAILABLE; those that were begun can still be answered, properties and
 * signals go out as before. */
void rp_bus_service_stop(RpBusService *service);
/* Releases the name. No handler and no state_changed runs after this. */
void rp_bus_service_free(RpBusService *service);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpBusService, rp_bus_service_free)

RpBusState rp_bus_service_state(const RpBusService *service);

/* The interface's properties; their types are in the comment. */
typedef enum {
	RP_BUS_PROPERTY_VERSION,     /* s */
	RP_BUS_PROPERTY_PLACE,       /* a{sv} */
	RP_BUS_PROPERTY_OVERRIDE,    /* s */
	RP_BUS_PROPERTY_CURRENT_SET, /* s */
	RP_BUS_PROPERTY_COUNTS,      /* a{su} */
	RP_BUS_PROPERTY_SENDING,     /* s */
} RpBusProperty;
#define RP_N_BUS_PROPERTIES (RP_BUS_PROPERTY_SENDING + 1)

/* Sets a property. Only a value that differs is announced, and all changes of one iteration of the
 * main loop go out as one PropertiesChanged; a changed Place and CurrentSet go out as PlaceChanged
 * and SetChanged too. May be called at any time, with or without a bus. */
void rp_bus_service_set(RpBusService *service, RpBusProperty property, GVariant *value);

/* The other signals. Without a bus they are dropped. Changed properties go out before them, so that
 * who hears a signal finds the counts that go with it. No argument is NULL. */
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
/* A property of the agent, without the variant around it. */
GVariant *rp_bus_client_get(
	RpBusClient *client, const char *property, const char *type, GError **error);

/* Asks for the agent's signals from now on (PropertiesChanged among them), before a call whose
 * effects are to be watched. */
void rp_bus_client_subscribe(RpBusClient *client);
/* Waits for the next signal, at most `timeout_ms` (-1: for ever). Its name, and its arguments as a
 * tuple. NULL without an error: the time is over. The agent's going away is the signal "" with
 * no arguments; its coming back is no signal of its own. */
char *rp_bus_client_next(RpBusClient *client, int timeout_ms, GVariant **arguments, GError **error);
