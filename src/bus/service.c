/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-bus"

#include "service-private.h"

#include "roampost/dbusloop.h"

/* The agent on the session bus: its name, its object with methods and properties, and when each
 * is announced. Who may call is callers.c's; what a call means is the agent's. */

struct RpBusService {
	const RpBusEvents *events; /* NULL: stopped */
	gpointer data;
	RpBusState state;
	gboolean leaves;

	RpDBus *bus;
	RpDBusMethod *methods;    /* made from rp_bus_methods */
	RpDBusProperty *exported; /* made from rp_bus_properties */
	RpBusProperties *properties;
	RpDBusObjectInfo info;
	RpDBusObject *object;
	RpDBusName *name;
	RpDBusStateWatch *watch;
	RpBusCallers *callers;
	RpBusWatchers *watchers;
	RpBusCalls calls;
};

const char *
rp_bus_state_name(RpBusState state)
{
	switch (state) {
	case RP_BUS_ABSENT:
		return "absent";
	case RP_BUS_OWNED:
		return "owned";
	case RP_BUS_TAKEN:
		return "taken";
	}
	g_return_val_if_reached("");
}

/* ---- calls ---- */

/* Of whoever calls, and so nothing for the agent. */
#define SET_LANGUAGES "SetLanguages"

static gboolean
is_ours(const char *method)
{
	return g_str_equal(method, SET_LANGUAGES);
}

static const RpBusHandler *
find_handler(const RpBusHandler *handlers, const char *method)
{
	while (handlers->method && !g_str_equal(handlers->method, method))
		handlers++;
	if (!handlers->method)
		g_error("nothing handles the method %s", method);
	return handlers;
}

static const RpBusMethod *
find_method(const char *name)
{
	const RpBusMethod *method = rp_bus_methods;

	while (!g_str_equal(method->name, name)) /* only what is exported is called */
		method++;
	return method;
}

/* The types of the arguments have been seen to. */
static gboolean
options_fit(const RpBusMethod *method, GVariant *arguments, GError **error)
{
	g_autoptr(GVariant) options = NULL;

	if (!method->options)
		return TRUE;
	options = g_variant_get_child_value(arguments, method->options_at);
	return rp_bus_options_fit(options, method->options, error);
}

#define ENDS "The agent is about to end; the mail is kept in the queue."

/* From now on its caller is answered in one of these. */
static void
set_languages(RpBusService *service, RpBusCall *call, GVariant *arguments)
{
	g_autofree const char **names = NULL;

	g_variant_get(arguments, "(^a&s)", &names);
	rp_bus_callers_set_language(
		service->callers, rp_bus_call_sender(call), rp_language_find(names));
	rp_bus_call_return(call, NULL);
}

static void
dispatch(RpBusService *service, DBusMessage *message)
{
	const RpBusMethod *method = find_method(dbus_message_get_member(message));
	RpBusCall *call = rp_bus_call_new(&service->calls, method, message);
	g_autoptr(GVariant) arguments = rp_bus_call_arguments(call);
	GError *error = NULL;

	g_debug("bus: %s is called", method->name);
	if (service->events == NULL)
		rp_bus_call_refuse(call, RP_ERROR_UNAVAILABLE, ENDS);
	else if (!options_fit(method, arguments, &error))
		rp_bus_call_fail(call, error);
	else if (is_ours(method->name))
		set_languages(service, call, arguments);
	else
		find_handler(service->events->handlers, method->name)
			->handle(call, arguments, service->data);
}

/* A method of ours need not be called with its interface's name, and is called Get too. */
static gboolean
reads_properties(DBusMessage *message)
{
	const char *interface = dbus_message_get_interface(message);

	return interface != NULL ? g_str_equal(interface, DBUS_INTERFACE_PROPERTIES)
				 : dbus_message_has_member(message, "GetAll");
}

/* A caller that may call has called. */
static void
admit(DBusMessage *message, gpointer data)
{
	RpBusService *service = data;
	g_auto(RpLanguageScope) scope = rp_language_enter(
		rp_bus_callers_language(service->callers, dbus_message_get_sender(message)));

	if (reads_properties(message))
		rp_dbus_object_answer(service->object, message);
	else
		dispatch(service, message);
}

static void
refuse(DBusMessage *message, gpointer data)
{
	RpBusService *service = data;
	rp_dbus_reply_error(service->bus, message, DBUS_ERROR_ACCESS_DENIED,
		"this is another user's outbox: only its owner may call");
}

/* Nobody waits for the word about who called any more. */
static void
dismiss(DBusMessage *message, gpointer data)
{
	RpBusService *service = data;
	rp_dbus_reply_error(service->bus, message, RP_BUS_ERROR_PREFIX "Unavailable", "%s", ENDS);
}

static void
on_method(DBusMessage *message, gpointer data)
{
	RpBusService *service = data;
	if (service->leaves) /* those who would work out a property's value have gone before us */
		dismiss(message, data);
	else
		rp_bus_callers_admit(service->callers, message);
}

/* ---- properties and signals ---- */

static void
append_property(DBusMessageIter *value, const RpDBusProperty *property, gpointer data)
{
	RpBusService *service = data;
	gboolean announce;
	rp_bus_value_append(
		value, rp_bus_properties_get(service->properties, property->name, &announce));
	if (announce)
		rp_dbus_object_changed(service->object, RP_BUS_INTERFACE, property->name);
}

void
rp_bus_service_set(RpBusService *service, const char *property, GVariant *value)
{
	if (rp_bus_properties_set(service->properties, property, value))
		rp_dbus_object_changed(service->object, RP_BUS_INTERFACE, property);
}

void
rp_bus_service_refresh(RpBusService *service, const char *property)
{
	if (rp_bus_properties_refresh(service->properties, property))
		rp_dbus_object_changed(service->object, RP_BUS_INTERFACE, property);
}

static const RpBusSignal *
find_signal(const char *name)
{
	const RpBusSignal *signal = rp_bus_signals;

	while (signal->name && !g_str_equal(signal->name, name))
		signal++;
	if (!signal->name)
		g_error("the interface has no signal %s", name);
	return signal;
}

void
rp_bus_service_emit(RpBusService *service, const char *signal, GVariant *arguments)
{
	g_autoptr(GVariant) taken = g_variant_ref_sink(arguments);
	const RpBusSignal *known = find_signal(signal);
	DBusMessage *message;

	if (!g_variant_is_of_type(taken, G_VARIANT_TYPE(known->type))) {
		g_critical("the signal %s is of type %s, not %s", signal, known->type,
			g_variant_get_type_string(taken));
		return;
	}
	if (service->state != RP_BUS_OWNED)
		return;
	message = dbus_message_new_signal(RP_BUS_PATH, RP_BUS_INTERFACE, signal);
	rp_bus_values_append(message, taken);
	if (!rp_bus_fits(message, taken)) {
		g_critical("the signal %s is larger than the bus carries", signal);
		dbus_message_unref(message);
		return;
	}
	rp_dbus_object_emit_message(service->object, message);
}

void
rp_bus_service_message_queued(RpBusService *service, const char *id)
{
	rp_bus_service_emit(service, "MessageQueued", g_variant_new("(s)", id));
}

void
rp_bus_service_message_sent(RpBusService *service, const char *id, const char *set)
{
	rp_bus_service_emit(service, "MessageSent", g_variant_new("(ss)", id, set));
}

void
rp_bus_service_message_held(
	RpBusService *service, const char *id, const char *reason, const char *text)
{
	rp_bus_service_emit(
		service, "MessageHeld", g_variant_new("(ss@s)", id, reason, rp_bus_string(text)));
}

void
rp_bus_service_message_failed(
	RpBusService *service, const char *id, const char *code, const char *text)
{
	rp_bus_service_emit(
		service, "MessageFailed", g_variant_new("(ss@s)", id, code, rp_bus_string(text)));
}

void
rp_bus_service_check_done(RpBusService *service, const char *set, guint fetched, const char *error)
{
	rp_bus_service_emit(service, "CheckDone",
		g_variant_new("(su@s)", set, (guint32)fetched, rp_bus_string(error)));
}

/* ---- who watches ---- */

static void
on_watched(gboolean any, gpointer data)
{
	RpBusService *service = data;

	if (service->events && service->events->watched)
		service->events->watched(any, service->data);
}

void
rp_bus_service_watch(RpBusService *service, const RpBusCall *caller, gboolean watches)
{
	rp_bus_watchers_set(service->watchers, rp_bus_call_sender(caller), watches);
}

/* ---- the bus ---- */

static void
enter_state(RpBusService *service, RpBusState state, const char *why)
{
	if (service->state == state)
		return;
	g_info("bus: %s -> %s: %s", rp_bus_state_name(service->state), rp_bus_state_name(state),
		why);
	service->state = state;
	if (service->events != NULL && service->events->state_changed != NULL)
		service->events->state_changed(state, service->data);
}

static void
on_name(gboolean owned, gpointer data)
{
	RpBusService *service = data;
	if (owned)
		enter_state(service, RP_BUS_OWNED, "the name " RP_BUS_NAME " is ours");
	else if (rp_dbus_is_connected(service->bus))
		enter_state(service, RP_BUS_TAKEN, "another agent has the name " RP_BUS_NAME);
	else
		enter_state(service, RP_BUS_ABSENT, "the session bus is gone");
}

static void
on_connection(gboolean connected, gpointer data)
{
	RpBusService *service = data;
	if (connected)
		return;
	rp_bus_calls_abandon(&service->calls);
	rp_bus_callers_clear(service->callers);
	enter_state(service, RP_BUS_ABSENT, "the session bus is gone");
}

static RpDBusMethod *
export_methods(const RpBusHandler *handlers)
{
	GArray *exported = g_array_new(TRUE, TRUE, sizeof(RpDBusMethod));
	for (const RpBusMethod *method = rp_bus_methods; method->name != NULL; method++) {
		RpDBusMethod one = {RP_BUS_INTERFACE, method->name, method->in, on_method};
		if (!is_ours(method->name))
			find_handler(handlers, method->name); /* there is one for each */
		g_array_append_val(exported, one);
	}
	return (RpDBusMethod *)(gpointer)g_array_free(exported, FALSE);
}

static RpDBusProperty *
export_properties(void)
{
	GArray *exported = g_array_new(TRUE, TRUE, sizeof(RpDBusProperty));
	for (const RpBusProperty *property = rp_bus_properties; property->name; property++) {
		RpDBusProperty one = {RP_BUS_INTERFACE, property->name, property->type,
			append_property, property->emits == RP_BUS_EMITS_NAME};
		g_array_append_val(exported, one);
	}
	return (RpDBusProperty *)(gpointer)g_array_free(exported, FALSE);
}

RpBusService *
rp_bus_service_new(const RpBusEvents *events, gpointer data)
{
	RpBusService *service = g_new0(RpBusService, 1);
	service->events = events;
	service->data = data;
	service->properties = rp_bus_properties_new(events->read, data);

	service->bus = rp_dbus_new_session();
	rp_bus_calls_init(&service->calls, service->bus);
	service->callers = rp_bus_callers_new(service->bus, admit, refuse, service);
	service->watchers = rp_bus_watchers_new(service->bus, on_watched, service);
	service->methods = export_methods(events->handlers);
	service->exported = export_properties();
	service->info = (RpDBusObjectInfo){
		RP_BUS_PATH, rp_bus_interface_xml, service->methods, service->exported, on_method};
	service->watch = rp_dbus_watch_state(service->bus, on_connection, service);
	service->object = rp_dbus_export(service->bus, &service->info, service);
	service->name = rp_dbus_request_name(
		service->bus, RP_BUS_NAME, DBUS_NAME_FLAG_DO_NOT_QUEUE, on_name, service);
	return service;
}

RpBusState
rp_bus_service_state(const RpBusService *service)
{
	return service->state;
}

void
rp_bus_service_stop(RpBusService *service)
{
	service->events = NULL;
}

void
rp_bus_service_free(RpBusService *service)
{
	if (service == NULL)
		return;
	service->leaves = TRUE;
	rp_bus_callers_dismiss(service->callers, dismiss);
	rp_dbus_name_release(service->name);
	rp_bus_calls_abandon(&service->calls);
	rp_dbus_name_free(service->name);
	rp_dbus_object_free(service->object);
	rp_dbus_state_watch_free(service->watch);
	rp_bus_callers_free(service->callers);
	rp_bus_watchers_free(service->watchers);
	rp_dbus_unref(service->bus);
	rp_bus_calls_clear(&service->calls);
	rp_bus_properties_free(service->properties);
	g_free(service->methods);
	g_free(service->exported);
	g_free(service);
}
