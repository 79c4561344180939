/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dbusloop-private.h"

#include <string.h>

/* An object that others call: methods by a table, properties with their changes told together,
 * introspection from the XML. */

struct RpDBusObject {
	RpDBusEntry entry;
	const RpDBusObjectInfo *info;
	gpointer user;
	GPtrArray *changed; /* of const RpDBusProperty: to be announced in this turn */
};

/* ---- Replies ---- */

void
rp_dbus_reply(RpDBus *bus, DBusMessage *call, DBusMessage *reply)
{
	if (dbus_message_get_no_reply(call))
		dbus_message_unref(reply);
	else
		rp_dbus_send(bus, reply);
}

void
rp_dbus_reply_args(RpDBus *bus, DBusMessage *call, int first_type, ...)
{
	DBusMessage *reply = dbus_message_new_method_return(call);
	va_list arguments;

	va_start(arguments, first_type);
	dbus_message_append_args_valist(reply, first_type, arguments);
	va_end(arguments);
	rp_dbus_reply(bus, call, reply);
}

void
rp_dbus_reply_error(RpDBus *bus, DBusMessage *call, const char *error_name, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	g_autofree char *raw = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	g_autofree char *text = rp_text_shown(raw); /* callers' words are in it */
	rp_dbus_reply(bus, call, dbus_message_new_error(call, error_name, text));
}

/* ---- Properties ---- */

/* "" is any interface (D-Bus specification, "org.freedesktop.DBus.Properties"). */
static const RpDBusProperty *
next_property(const RpDBusProperty *property, const char *interface, const char *name)
{
	for (; property && property->interface; property++)
		if ((*interface == '\0' || strcmp(property->interface, interface) == 0) &&
			(!name || strcmp(property->name, name) == 0))
			return property;
	return NULL;
}

static void
append_variant(RpDBusObject *object, const RpDBusProperty *property, DBusMessageIter *parent)
{
	DBusMessageIter value;

	dbus_message_iter_open_container(parent, DBUS_TYPE_VARIANT, property->signature, &value);
	property->get(&value, property, object->user);
	dbus_message_iter_close_container(parent, &value);
}

static void
append_member(RpDBusObject *object, const RpDBusProperty *property, DBusMessageIter *dict)
{
	RpDBusMember member;

	rp_dbus_dict_begin(dict, &member, property->name, property->signature);
	property->get(&member.value, property, object->user);
	rp_dbus_dict_end(dict, &member);
}

static void
handle_get(RpDBusObject *object, DBusMessage *call)
{
	const char *interface = NULL, *name = NULL;

	dbus_message_get_args(call, NULL, DBUS_TYPE_STRING, &interface, DBUS_TYPE_STRING, &name,
		DBUS_TYPE_INVALID);
	const RpDBusProperty *property = next_property(object->info->properties, interface, name);
	if (!property) {
		rp_dbus_reply_error(object->entry.bus, call, DBUS_ERROR_UNKNOWN_PROPERTY,
			"there is no property %s.%s", interface, name);
		return;
	}
	DBusMessageIter iter;
	DBusMessage *reply = dbus_message_new_method_return(call);
	dbus_message_iter_init_append(reply, &iter);
	append_variant(object, property, &iter);
	rp_dbus_reply(object->entry.bus, call, reply);
}

static void
handle_get_all(RpDBusObject *object, DBusMessage *call)
{
	const char *interface = NULL;
	DBusMessageIter iter, dict;

	dbus_message_get_args(call, NULL, DBUS_TYPE_STRING, &interface, DBUS_TYPE_INVALID);
	DBusMessage *reply = dbus_message_new_method_return(call);
	dbus_message_iter_init_append(reply, &iter);
	rp_dbus_dict_open(&iter, &dict);
	const RpDBusProperty *property = next_property(object->info->properties, interface, NULL);
	for (; property; property = next_property(property + 1, interface, NULL))
		append_member(object, property, &dict);
	rp_dbus_dict_close(&iter, &dict);
	rp_dbus_reply(object->entry.bus, call, reply);
}

void
rp_dbus_object_answer(RpDBusObject *object, DBusMessage *call)
{
	if (dbus_message_has_member(call, "GetAll"))
		handle_get_all(object, call);
	else
		handle_get(object, call);
}

static void
handle_read(RpDBusObject *object, DBusMessage *call)
{
	if (object->info->read_gate)
		object->info->read_gate(call, object->user);
	else
		rp_dbus_object_answer(object, call);
}

static void
handle_set(RpDBusObject *object, DBusMessage *call)
{
	rp_dbus_reply_error(object->entry.bus, call, DBUS_ERROR_PROPERTY_READ_ONLY,
		"all properties are read-only");
}

/* Takes those of the interface that are announced in this way off the list. */
static GPtrArray *
take_changed(RpDBusObject *object, const char *interface, gboolean invalidates)
{
	GPtrArray *taken = g_ptr_array_new();

	for (guint i = 0; i < object->changed->len;) {
		const RpDBusProperty *property = g_ptr_array_index(object->changed, i);
		if (strcmp(property->interface, interface) != 0 ||
			!property->invalidates != !invalidates) {
			i++;
			continue;
		}
		g_ptr_array_add(taken, (gpointer)property);
		g_ptr_array_remove_index(object->changed, i);
	}
	return taken;
}

static void
announce_interface(RpDBusObject *object, const char *interface)
{
	g_autoptr(GPtrArray) values = take_changed(object, interface, FALSE);
	g_autoptr(GPtrArray) invalid = take_changed(object, interface, TRUE);
	DBusMessageIter iter, dict, names;
	DBusMessage *signal = dbus_message_new_signal(
		object->info->path, DBUS_INTERFACE_PROPERTIES, "PropertiesChanged");
	dbus_message_iter_init_append(signal, &iter);
	dbus_message_iter_append_basic(&iter, DBUS_TYPE_STRING, &interface);
	rp_dbus_dict_open(&iter, &dict);
	for (guint i = 0; i < values->len; i++)
		append_member(object, values->pdata[i], &dict);
	rp_dbus_dict_close(&iter, &dict);
	dbus_message_iter_open_container(
		&iter, DBUS_TYPE_ARRAY, DBUS_TYPE_STRING_AS_STRING, &names);
	for (guint i = 0; i < invalid->len; i++)
		rp_dbus_append_string(&names, ((const RpDBusProperty *)invalid->pdata[i])->name);
	dbus_message_iter_close_container(&iter, &names);
	rp_dbus_send(object->entry.bus, signal);
}

static void
announce_changes(RpDBusObject *object)
{
	rp_source_clear(&object->entry.soon);
	while (object->changed->len) {
		const RpDBusProperty *first = g_ptr_array_index(object->changed, 0);
		announce_interface(object, first->interface);
	}
}

static gboolean
on_announce(gpointer user)
{
	announce_changes(user);
	return G_SOURCE_REMOVE;
}

void
rp_dbus_object_changed(RpDBusObject *object, const char *interface, const char *name)
{
	const RpDBusProperty *property = next_property(object->info->properties, interface, name);

	g_return_if_fail(property != NULL);
	if (!rp_dbus_is_connected(object->entry.bus) ||
		g_ptr_array_find(object->changed, property, NULL))
		return;
	g_ptr_array_add(object->changed, (gpointer)property);
	if (!object->entry.soon)
		rp_dbus_entry_soon(&object->entry, on_announce);
}

void
rp_dbus_object_emit_message(RpDBusObject *object, DBusMessage *signal)
{
	announce_changes(object); /* whoever hears the signal sees the properties as they are */
	rp_dbus_send(object->entry.bus, signal);
}

void
rp_dbus_object_emit(
	RpDBusObject *object, const char *interface, const char *member, int first_type, ...)
{
	DBusMessage *signal = dbus_message_new_signal(object->info->path, interface, member);
	va_list arguments;

	va_start(arguments, first_type);
	dbus_message_append_args_valist(signal, first_type, arguments);
	va_end(arguments);
	rp_dbus_object_emit_message(object, signal);
}

/* ---- Introspection ---- */

static const char standard_interfaces[] =
	"  <interface name=\"org.freedesktop.DBus.Introspectable\">\n"
	"    <method name=\"Introspect\"><arg name=\"xml\" type=\"s\" "
	"direction=\"out\"/></method>\n"
	"  </interface>\n"
	"  <interface name=\"org.freedesktop.DBus.Peer\">\n"
	"    <method name=\"Ping\"/>\n"
	"    <method name=\"GetMachineId\"><arg name=\"id\" type=\"s\" "
	"direction=\"out\"/></method>\n"
	"  </interface>\n"
	"  <interface name=\"org.freedesktop.DBus.Properties\">\n"
	"    <method name=\"Get\"><arg name=\"interface\" type=\"s\" direction=\"in\"/>"
	"<arg name=\"name\" type=\"s\" direction=\"in\"/>"
	"<arg name=\"value\" type=\"v\" direction=\"out\"/></method>\n"
	"    <method name=\"GetAll\"><arg name=\"interface\" type=\"s\" direction=\"in\"/>"
	"<arg name=\"values\" type=\"a{sv}\" direction=\"out\"/></method>\n"
	"    <method name=\"Set\"><arg name=\"interface\" type=\"s\" direction=\"in\"/>"
	"<arg name=\"name\" type=\"s\" direction=\"in\"/>"
	"<arg name=\"value\" type=\"v\" direction=\"in\"/></method>\n"
	"    <signal name=\"PropertiesChanged\"><arg name=\"interface\" type=\"s\"/>"
	"<arg name=\"changed\" type=\"a{sv}\"/><arg name=\"invalidated\" type=\"as\"/></signal>\n"
	"  </interface>\n";

static void
handle_introspect(RpDBusObject *object, DBusMessage *call)
{
	const char *xml = object->info->xml;
	const char *end = g_strrstr(xml, "</node>");
	g_autoptr(GString) document = g_string_new_len(xml, end ? end - xml : (gssize)strlen(xml));
	g_string_append(document, standard_interfaces);
	g_string_append(document, "</node>\n");
	rp_dbus_reply_args(
		object->entry.bus, call, DBUS_TYPE_STRING, &document->str, DBUS_TYPE_INVALID);
}

/* ---- Dispatch ---- */

typedef struct {
	const char *interface;
	const char *name;
	const char *in_signature;
	void (*handler)(RpDBusObject *object, DBusMessage *call);
} StandardMethod;

static const StandardMethod standard_methods[] = {
	{DBUS_INTERFACE_INTROSPECTABLE, "Introspect", "", handle_introspect},
	{DBUS_INTERFACE_PROPERTIES, "Get", "ss", handle_read},
	{DBUS_INTERFACE_PROPERTIES, "GetAll", "s", handle_read},
	{DBUS_INTERFACE_PROPERTIES, "Set", "ssv", handle_set},
};

/* A call need not name the interface (D-Bus specification, "Message Types"). */
static gboolean
call_is(DBusMessage *call, const char *interface, const char *name)
{
	const char *called = dbus_message_get_interface(call);

	return (!called || strcmp(called, interface) == 0) &&
	       strcmp(dbus_message_get_member(call), name) == 0;
}

static gboolean
check_signature(RpDBusObject *object, DBusMessage *call, const char *signature)
{
	if (dbus_message_has_signature(call, signature))
		return TRUE;
	rp_dbus_reply_error(object->entry.bus, call, DBUS_ERROR_INVALID_ARGS,
		"%s takes the arguments \"%s\", not \"%s\"", dbus_message_get_member(call),
		signature, dbus_message_get_signature(call));
	return FALSE;
}

static DBusHandlerResult
on_message(DBusConnection *connection, DBusMessage *call, void *user)
{
	RpDBusObject *object = user;

	if (dbus_message_get_type(call) != DBUS_MESSAGE_TYPE_METHOD_CALL)
		return DBUS_HANDLER_RESULT_NOT_YET_HANDLED;
	for (const RpDBusMethod *method = object->info->methods; method && method->interface;
		method++) {
		if (!call_is(call, method->interface, method->name))
			continue;
		if (check_signature(object, call, method->in_signature))
			method->handler(call, object->user);
		return DBUS_HANDLER_RESULT_HANDLED;
	}
	for (guint i = 0; i < G_N_ELEMENTS(standard_methods); i++) {
		const StandardMethod *method = &standard_methods[i];
		if (!call_is(call, method->interface, method->name))
			continue;
		if (check_signature(object, call, method->in_signature))
			method->handler(object, call);
		return DBUS_HANDLER_RESULT_HANDLED;
	}
	return DBUS_HANDLER_RESULT_NOT_YET_HANDLED; /* libdbus answers UnknownMethod */
}

static const DBusObjectPathVTable object_vtable = {.message_function = on_message};

static void
object_connected(RpDBusEntry *entry)
{
	RpDBusObject *object = (RpDBusObject *)entry;

	if (!dbus_connection_register_object_path(
		    entry->bus->connection, object->info->path, &object_vtable, object))
		g_critical("object %s is exported twice", object->info->path);
}

static void
object_disconnected(RpDBusEntry *entry)
{
	RpDBusObject *object = (RpDBusObject *)entry;

	rp_source_clear(&entry->soon);
	g_ptr_array_set_size(object->changed, 0);
	dbus_connection_unregister_object_path(entry->bus->connection, object->info->path);
}

static const RpDBusEntryClass object_class = {
	.connected = object_connected,
	.disconnected = object_disconnected,
};

RpDBusObject *
rp_dbus_export(RpDBus *bus, const RpDBusObjectInfo *info, gpointer user)
{
	RpDBusObject *object = g_new0(RpDBusObject, 1);

	rp_dbus_entry_init(&object->entry, bus, &object_class);
	object->info = info;
	object->user = user;
	object->changed = g_ptr_array_new();
	if (rp_dbus_is_connected(bus))
		object_connected(&object->entry);
	return object;
}

void
rp_dbus_object_free(RpDBusObject *object)
{
	if (!object)
		return;
	if (rp_dbus_is_connected(object->entry.bus))
		object_disconnected(&object->entry);
	rp_dbus_entry_clear(&object->entry);
	g_ptr_array_unref(object->changed);
	g_free(object);
}
