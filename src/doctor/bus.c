/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "doctor-private.h"

#include "roampost/bus.h"
#include "roampost/dbusloop.h"

/* Short questions to what may be on a bus. Nobody there, or no answer in time, is an answer. */

#define CONNECT_MS 2000
#define ANSWER_MS 3000

RpDBus *
rp_doctor_connect(const char *address, gboolean system)
{
	RpDBus *bus = address  ? rp_dbus_new_address(address)
		      : system ? rp_dbus_new_system()
			       : rp_dbus_new_session();

	if (rp_dbus_connect_sync(bus, CONNECT_MS, NULL))
		return bus;
	rp_dbus_unref(bus);
	return NULL;
}

void
rp_doctor_disconnect(RpDBus *bus)
{
	if (bus)
		rp_dbus_unref(bus);
}

gboolean
rp_doctor_has_name(RpDBus *bus, const char *name)
{
	g_autoptr(RpDBusMessage) reply = NULL;
	dbus_bool_t has = FALSE;

	if (!bus)
		return FALSE;
	DBusMessage *call = dbus_message_new_method_call(
		DBUS_SERVICE_DBUS, DBUS_PATH_DBUS, DBUS_INTERFACE_DBUS, "NameHasOwner");
	dbus_message_append_args(call, DBUS_TYPE_STRING, &name, DBUS_TYPE_INVALID);
	reply = rp_dbus_call_sync(bus, call, ANSWER_MS, NULL, NULL);
	if (reply)
		dbus_message_get_args(reply, NULL, DBUS_TYPE_BOOLEAN, &has, DBUS_TYPE_INVALID);
	return has;
}

static char *
text_of(DBusMessageIter *value)
{
	DBusBasicValue basic = {0};

	switch (dbus_message_iter_get_arg_type(value)) {
	case DBUS_TYPE_BOOLEAN:
		dbus_message_iter_get_basic(value, &basic);
		return g_strdup(basic.bool_val ? "true" : "false");
	case DBUS_TYPE_UINT32:
		dbus_message_iter_get_basic(value, &basic);
		return g_strdup_printf("%u", basic.u32);
	case DBUS_TYPE_STRING:
	case DBUS_TYPE_OBJECT_PATH:
		dbus_message_iter_get_basic(value, &basic);
		return g_strdup(basic.str);
	default:
		return NULL;
	}
}

/* The answer, and its value. FALSE: nobody answers. */
static gboolean
get_property(RpDBus *bus, const char *name, const char *path, const char *interface,
	const char *property, DBusMessage **reply, DBusMessageIter *value)
{
	DBusMessageIter outer;

	if (!bus)
		return FALSE;
	DBusMessage *call =
		dbus_message_new_method_call(name, path, DBUS_INTERFACE_PROPERTIES, "Get");
	dbus_message_append_args(
		call, DBUS_TYPE_STRING, &interface, DBUS_TYPE_STRING, &property, DBUS_TYPE_INVALID);
	*reply = rp_dbus_call_sync(bus, call, ANSWER_MS, NULL, NULL);
	if (!*reply || !dbus_message_iter_init(*reply, &outer) ||
		dbus_message_iter_get_arg_type(&outer) != DBUS_TYPE_VARIANT)
		return FALSE;
	dbus_message_iter_recurse(&outer, value);
	return TRUE;
}

char *
rp_doctor_property(RpDBus *bus, const char *name, const char *path, const char *interface,
	const char *property)
{
	g_autoptr(RpDBusMessage) reply = NULL;
	DBusMessageIter value;

	return get_property(bus, name, path, interface, property, &reply, &value) ? text_of(&value)
										  : NULL;
}

char *
rp_doctor_agent_place(RpDBus *bus)
{
	g_autoptr(RpDBusMessage) reply = NULL;
	DBusMessageIter value, dict, member;
	const char *name;

	if (!rp_doctor_has_name(bus, RP_BUS_NAME) ||
		!get_property(
			bus, RP_BUS_NAME, RP_BUS_PATH, RP_BUS_INTERFACE, "Place", &reply, &value) ||
		dbus_message_iter_get_arg_type(&value) != DBUS_TYPE_ARRAY)
		return NULL;
	dbus_message_iter_recurse(&value, &dict);
	while (rp_dbus_dict_next(&dict, &name, &member))
		if (g_str_equal(name, "state"))
			return text_of(&member);
	return NULL;
}

/* NULL: no agent is there. */
static GVariant *
ask_agent(const char *property, const char *type)
{
	g_autoptr(RpBusClient) client = rp_bus_client_new(NULL);

	return client && rp_bus_client_has_agent(client)
		       ? rp_bus_client_get(client, property, type, NULL)
		       : NULL;
}

char **
rp_doctor_agent_inside(void)
{
	g_autoptr(GVariant) place = ask_agent("Place", "a{sv}");
	char **inside = NULL;

	if (place)
		g_variant_lookup(place, "inside", "^as", &inside);
	return inside;
}

char *
rp_doctor_agent_config_problem(void)
{
	g_autoptr(GVariant) problems = ask_agent("Problems", "aa{sv}");

	for (gsize i = 0; problems && i < g_variant_n_children(problems); i++) {
		g_autoptr(GVariant) problem = g_variant_get_child_value(problems, i);
		const char *code = "", *text = "";

		g_variant_lookup(problem, "code", "&s", &code);
		if (g_variant_lookup(problem, "text", "&s", &text) &&
			(g_str_equal(code, "config") || g_str_equal(code, "no-config")))
			return g_strdup(text);
	}
	return NULL;
}
