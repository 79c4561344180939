/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/dbusloop.h"

/* Strings, arrays and dictionaries of a message without ten lines of iterators each. */

void
rp_dbus_append_string(DBusMessageIter *iter, const char *value)
{
	g_autofree char *text = g_utf8_make_valid(value ? value : "", -1);

	dbus_message_iter_append_basic(iter, DBUS_TYPE_STRING, &text);
}

void
rp_dbus_append_strv(DBusMessageIter *iter, const char *const *values)
{
	DBusMessageIter array;

	dbus_message_iter_open_container(iter, DBUS_TYPE_ARRAY, DBUS_TYPE_STRING_AS_STRING, &array);
	for (; values && *values; values++)
		rp_dbus_append_string(&array, *values);
	dbus_message_iter_close_container(iter, &array);
}

void
rp_dbus_dict_open(DBusMessageIter *parent, DBusMessageIter *dict)
{
	dbus_message_iter_open_container(parent, DBUS_TYPE_ARRAY, "{sv}", dict);
}

void
rp_dbus_dict_close(DBusMessageIter *parent, DBusMessageIter *dict)
{
	dbus_message_iter_close_container(parent, dict);
}

void
rp_dbus_dict_begin(
	DBusMessageIter *dict, RpDBusMember *member, const char *key, const char *signature)
{
	dbus_message_iter_open_container(dict, DBUS_TYPE_DICT_ENTRY, NULL, &member->entry);
	dbus_message_iter_append_basic(&member->entry, DBUS_TYPE_STRING, &key);
	dbus_message_iter_open_container(
		&member->entry, DBUS_TYPE_VARIANT, signature, &member->value);
}

void
rp_dbus_dict_end(DBusMessageIter *dict, RpDBusMember *member)
{
	dbus_message_iter_close_container(&member->entry, &member->value);
	dbus_message_iter_close_container(dict, &member->entry);
}

static void
dict_basic(DBusMessageIter *dict, const char *key, int type, const void *value)
{
	const char signature[] = {(char)type, '\0'};
	RpDBusMember member;

	rp_dbus_dict_begin(dict, &member, key, signature);
	dbus_message_iter_append_basic(&member.value, type, value);
	rp_dbus_dict_end(dict, &member);
}

void
rp_dbus_dict_string(DBusMessageIter *dict, const char *key, const char *value)
{
	if (!value)
		return;
	g_autofree char *text = g_utf8_make_valid(value, -1);
	dict_basic(dict, key, DBUS_TYPE_STRING, &text);
}

/* The iterator stands on the next entry to be read. */
gboolean
rp_dbus_dict_next(DBusMessageIter *dict, const char **key, DBusMessageIter *value)
{
	DBusMessageIter entry;

	if (dbus_message_iter_get_arg_type(dict) != DBUS_TYPE_DICT_ENTRY)
		return FALSE;
	dbus_message_iter_recurse(dict, &entry);
	dbus_message_iter_get_basic(&entry, key);
	dbus_message_iter_next(&entry);
	dbus_message_iter_recurse(&entry, value);
	dbus_message_iter_next(dict);
	return TRUE;
}

gboolean
rp_dbus_objects_begin(DBusMessage *reply, DBusMessageIter *objects)
{
	DBusMessageIter top;

	if (!dbus_message_has_signature(reply, "a{oa{sa{sv}}}"))
		return FALSE;
	dbus_message_iter_init(reply, &top);
	dbus_message_iter_recurse(&top, objects);
	return TRUE;
}
