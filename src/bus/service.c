/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-bus"

#include "service-private.h"

#include "roampost/dbusloop.h"

#include <stddef.h>

struct RpBusService {
	const RpBusHandlers *handlers; /* NULL: stopped */
	RpBusStateFunc state_changed;
	gpointer data;
	RpBusState state;

	RpDBus *bus;
	RpDBusMethod *methods; /* made from rp_bus_methods */
	RpDBusObjectInfo info;
	RpDBusObject *object;
	RpDBusName *name;
	RpDBusStateWatch *watch;
	RpBusCallers *callers;

	GVariant *properties[RP_N_BUS_PROPERTIES];
	gboolean changed[RP_N_BUS_PROPERTIES]; /* whose own signal waits for the end of the
						  iteration */
	GSource *emission;
	RpBusCalls calls;
};

static const struct {
	const char *name;
	const char *type;
	const char *signal; /* that tells the new value, beside PropertiesChanged */
} property_info[RP_N_BUS_PROPERTIES] = {
	[RP_BUS_PROPERTY_VERSION] = {"Version", "s", NULL},
	[RP_BUS_PROPERTY_PLACE] = {"Place", "a{sv}", "PlaceChanged"},
	[RP_BUS_PROPERTY_OVERRIDE] = {"Override", "s", NULL},
	[RP_BUS_PROPERTY_CURRENT_SET] = {"CurrentSet", "s", "SetChanged"},
	[RP_BUS_PROPERTY_COUNTS] = {"Counts", "a{su}", NULL},
	[RP_BUS_PROPERTY_SENDING] = {"Sending", "s", NULL},
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

/* A caller that may call has called. */
static void
dispatch(DBusMessage *message, gpointer data)
{
	RpBusService *service = data;
	const RpBusMethod *method = rp_bus_method_find(dbus_message_get_member(message));
	RpBusCall *call = rp_bus_call_new(&service->calls, method, message);
	if (service->handlers == NULL) {
		rp_bus_call_refuse(call, RP_ERROR_UNAVAILABLE,
			"the agent is about to end; the mail is kept in the queue");
		return;
	}
	rp_bus_method_run(method, service->handlers, call, message, service->data);
}

static void
refuse(DBusMessage *message, gpointer data)
{
	RpBusService *service = data;
	rp_dbus_reply_error(service->bus, message, DBUS_ERROR_ACCESS_DENIED,
		"this is another user's outbox: only its owner may call");
}

static void
on_method(DBusMessage *message, gpointer data)
{
	RpBusService *service = data;
	rp_bus_callers_admit(service->callers, message);
}

/* ---- properties and signals ---- */

static void
get_property(DBusMessageIter *value, RpBusService *service, RpBusProperty property)
{
	rp_bus_value_append(value, service->properties[property]);
}

#define GETTER(name, property)                                                                     \
	static void name(DBusMessageIter *value, const RpDBusProperty *self, gpointer data)        \
	{                                                                                          \
		get_property(value, data, property);                                               \
	}
GETTER(get_version, RP_BUS_PROPERTY_VERSION)
GETTER(get_place, RP_BUS_PROPERTY_PLACE)
GETTER(get_override, RP_BUS_PROPERTY_OVERRIDE)
GETTER(get_current_set, RP_BUS_PROPERTY_CURRENT_SET)
GETTER(get_counts, RP_BUS_PROPERTY_COUNTS)
GETTER(get_sending, RP_BUS_PROPERTY_SENDING)

static const RpDBusProperty exported_properties[] = {
	{RP_BUS_INTERFACE, "Version", "s", get_version},
	{RP_BUS_INTERFACE, "Place", "a{sv}", get_place},
	{RP_BUS_INTERFACE, "Override", "s", get_override},
	{RP_BUS_INTERFACE, "CurrentSet", "s", get_current_set},
	{RP_BUS_INTERFACE, "Counts", "a{su}", get_counts},
	{RP_BUS_INTERFACE, "Sending", "s", get_sending},
	{NULL},
};

static void
emit_value(RpBusService *service, const char *signal, GVariant *value)
{
	if (service->state != RP_BUS_OWNED)
		return;
	DBusMessage *message = dbus_message_new_signal(RP_BUS_PATH, RP_BUS_INTERFACE, signal);
	rp_bus_values_append(message, g_variant_new_tuple(&value, 1));
	rp_dbus_send(service->bus, message);
}

static gboolean
emit_changed(gpointer data)
{
	RpBusService *service = data;
	g_clear_pointer(&service->emission, g_source_unref);
	for (guint i = 0; i < RP_N_BUS_PROPERTIES; i++) {
		if (!service->changed[i])
			continue;
		service->changed[i] = FALSE;
		emit_value(service, property_info[i].signal, service->properties[i]);
	}
	return G_SOURCE_REMOVE;
}

static void
schedule_emission(RpBusService *service)
{
	if (service->emission != NULL)
		return;
	service->emission = g_idle_source_new();
	g_source_set_priority(service->emission, G_PRIORITY_DEFAULT);
	g_source_set_callback(service->emission, emit_changed, service, NULL);
	g_source_attach(service->emission, g_main_context_get_thread_default());
}

void
rp_bus_service_set(RpBusService *service, RpBusProperty property, GVariant *value)
{
	g_autoptr(GVariant) taken = g_variant_ref_sink(value);
	g_return_if_fail(g_variant_is_of_type(taken, G_VARIANT_TYPE(property_info[property].type)));
	GVariant **slot = &service->properties[property];
	if (g_variant_equal(*slot, taken))
		return;
	g_variant_unref(*slot);
	*slot = g_steal_pointer(&taken);
	rp_dbus_object_changed(service->object, RP_BUS_INTERFACE, property_info[property].name);
	if (property_info[property].signal == NULL)
		return;
	service->changed[property] = TRUE;
	schedule_emission(service);
}

/* Texts may be a server's words, which have to be made valid for the bus first. */
#define EMIT(service, signal, ...)                                                                 \
	do {                                                                                       \
		if ((service)->state == RP_BUS_OWNED)                                              \
			rp_dbus_object_emit((service)->object, RP_BUS_INTERFACE, signal,           \
				__VA_ARGS__, DBUS_TYPE_INVALID);                                   \
	} while (0)

void
rp_bus_service_message_queued(RpBusService *service, const char *id)
{
	EMIT(service, "MessageQueued", DBUS_TYPE_STRING, &id);
}

void
rp_bus_service_message_sent(RpBusService *service, const char *id, const char *set)
{
	EMIT(service, "MessageSent", DBUS_TYPE_STRING, &id, DBUS_TYPE_STRING, &set);
}

void
rp_bus_service_message_held(
	RpBusService *service, const char *id, const char *reason, const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	EMIT(service, "MessageHeld", DBUS_TYPE_STRING, &id, DBUS_TYPE_STRING, &reason,
		DBUS_TYPE_STRING, &valid);
}

void
rp_bus_service_message_failed(
	RpBusService *service, const char *id, const char *code, const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	EMIT(service, "MessageFailed", DBUS_TYPE_STRING, &id, DBUS_TYPE_STRING, &code,
		DBUS_TYPE_STRING, &valid);
}

void
rp_bus_service_check_done(RpBusService *service, const char *set, guint fetched, const char *error)
{
	g_autofree char *valid = g_utf8_make_valid(error, -1);
	EMIT(service, "CheckDone", DBUS_TYPE_STRING, &set, DBUS_TYPE_UINT32, &fetched,
		DBUS_TYPE_STRING, &valid);
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
	if (service->state_changed != NULL)
		service->state_changed(state, service->data);
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
export_methods(void)
{
	GArray *methods = g_array_new(TRUE, TRUE, sizeof(RpDBusMethod));
	for (guint i = 0; i < rp_bus_n_methods; i++) {
		RpDBusMethod method = {
			RP_BUS_INTERFACE, rp_bus_methods[i].name, rp_bus_methods[i].in, on_method};
		g_array_append_val(methods, method);
	}
	return (RpDBusMethod *)(gpointer)g_array_free(methods, FALSE);
}

static void
init_properties(RpBusService *service, const char *version)
{
	for (guint i = 0; i < RP_N_BUS_PROPERTIES; i++) {
		const GVariantType *type = G_VARIANT_TYPE(property_info[i].type);
		service->properties[i] = g_variant_ref_sink(
			g_variant_type_is_array(type)
				? g_variant_new_array(g_variant_type_element(type), NULL, 0)
				: g_variant_new_string(""));
	}
	g_variant_unref(service->properties[RP_BUS_PROPERTY_VERSION]);
	service->properties[RP_BUS_PROPERTY_VERSION] = g_variant_ref_sink(rp_bus_string(version));
}

RpBusService *
rp_bus_service_new(const RpBusHandlers *handlers, const char *version, RpBusStateFunc state_changed,
	gpointer data)
{
	RpBusService *service = g_new0(RpBusService, 1);
	service->handlers = handlers;
	service->state_changed = state_changed;
	service->data = data;
	init_properties(service, version);

	service->bus = rp_dbus_new_session();
	rp_bus_calls_init(&service->calls, service->bus);
	service->callers = rp_bus_callers_new(service->bus, dispatch, refuse, service);
	service->methods = export_methods();
	service->info = (RpDBusObjectInfo){
		RP_BUS_PATH, rp_bus_interface_xml, service->methods, exported_properties};
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
	service->handlers = NULL;
	service->state_changed = NULL;
}

void
rp_bus_service_free(RpBusService *service)
{
	if (service == NULL)
		return;
	rp_bus_calls_abandon(&service->calls);
	rp_dbus_name_free(service->name);
	rp_dbus_object_free(service->object);
	rp_dbus_state_watch_free(service->watch);
	rp_bus_callers_free(service->callers);
	rp_dbus_unref(service->bus);
	rp_source_clear(&service->emission);
	for (guint i = 0; i < RP_N_BUS_PROPERTIES; i++)
		g_variant_unref(service->properties[i]);
	rp_bus_calls_clear(&service->calls);
	g_free(service->methods);
	g_free(service);
}
