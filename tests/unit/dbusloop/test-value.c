/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/dbusloop.h"

#include <string.h>

static void
test_dict(void)
{
	g_autoptr(RpDBusMessage) message = dbus_message_new_signal("/a", "a.b", "C");
	const char *key = NULL, *text = NULL;
	DBusMessageIter iter, dict, value;
	g_autoptr(GString) seen = g_string_new(NULL);
	dbus_message_iter_init_append(message, &iter);
	rp_dbus_dict_open(&iter, &dict);
	rp_dbus_dict_string(&dict, "absent", NULL);
	rp_dbus_dict_string(&dict, "bad",
		"a\xff"
		"b");
	rp_dbus_dict_string(&dict, "good", "c");
	rp_dbus_dict_close(&iter, &dict);
	g_assert_cmpstr(dbus_message_get_signature(message), ==, "a{sv}");

	dbus_message_iter_init(message, &iter);
	dbus_message_iter_recurse(&iter, &dict);
	while (rp_dbus_dict_next(&dict, &key, &value)) {
		g_string_append_printf(seen, "%s:%c ", key, dbus_message_iter_get_arg_type(&value));
		if (strcmp(key, "bad") == 0)
			dbus_message_iter_get_basic(&value, &text);
	}
	g_assert_cmpstr(seen->str, ==, "bad:s good:s ");
	g_assert_cmpstr(text, ==,
		"a\xef\xbf\xbd"
		"b");
}

static void
test_objects(void)
{
	g_autoptr(RpDBusMessage) message = dbus_message_new_signal("/a", "a.b", "C");
	DBusMessageIter top, objects, object, interfaces, interface, properties, value;
	const char *path = "/a/b", *name = "a.B", *key = NULL;

	g_assert_false(rp_dbus_objects_begin(message, &objects));
	dbus_message_iter_init_append(message, &top);
	dbus_message_iter_open_container(&top, DBUS_TYPE_ARRAY, "{oa{sa{sv}}}", &objects);
	dbus_message_iter_open_container(&objects, DBUS_TYPE_DICT_ENTRY, NULL, &object);
	dbus_message_iter_append_basic(&object, DBUS_TYPE_OBJECT_PATH, &path);
	dbus_message_iter_open_container(&object, DBUS_TYPE_ARRAY, "{sa{sv}}", &interfaces);
	dbus_message_iter_open_container(&interfaces, DBUS_TYPE_DICT_ENTRY, NULL, &interface);
	dbus_message_iter_append_basic(&interface, DBUS_TYPE_STRING, &name);
	rp_dbus_dict_open(&interface, &properties);
	rp_dbus_dict_string(&properties, "good", "c");
	rp_dbus_dict_close(&interface, &properties);
	dbus_message_iter_close_container(&interfaces, &interface);
	dbus_message_iter_close_container(&object, &interfaces);
	dbus_message_iter_close_container(&objects, &object);
	dbus_message_iter_close_container(&top, &objects);

	g_assert_true(rp_dbus_objects_begin(message, &objects));
	g_assert_true(rp_dbus_dict_next(&objects, &key, &interfaces));
	g_assert_cmpstr(key, ==, "/a/b");
	g_assert_true(rp_dbus_dict_next(&interfaces, &key, &properties));
	g_assert_cmpstr(key, ==, "a.B");
	g_assert_true(rp_dbus_dict_next(&properties, &key, &value));
	g_assert_cmpstr(key, ==, "good");
	g_assert_cmpint(dbus_message_iter_get_arg_type(&value), ==, DBUS_TYPE_STRING);
	g_assert_false(rp_dbus_dict_next(&properties, &key, &value));
	g_assert_false(rp_dbus_dict_next(&interfaces, &key, &properties));
	g_assert_false(rp_dbus_dict_next(&objects, &key, &interfaces));
}

static void
test_addresses(void)
{
	g_setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/tmp/a", TRUE);
	g_setenv("DBUS_SYSTEM_BUS_ADDRESS", "", TRUE);
	g_autofree char *session = rp_dbus_session_address();
	g_autofree char *system = rp_dbus_system_address();
	g_assert_cmpstr(session, ==, "unix:path=/tmp/a");
	g_assert_cmpstr(system, ==, "unix:path=/run/dbus/system_bus_socket");
	g_setenv("DBUS_SESSION_BUS_ADDRESS", "autolaunch:", TRUE);
	g_autofree char *fallback = rp_dbus_session_address();
	g_assert_true(g_str_has_prefix(fallback, "unix:path="));
	g_assert_true(g_str_has_suffix(fallback, "/bus"));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/dbusloop/dict", test_dict);
	g_test_add_func("/dbusloop/objects", test_objects);
	g_test_add_func("/dbusloop/addresses", test_addresses);
	return g_test_run();
}
