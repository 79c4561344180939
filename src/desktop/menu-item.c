/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-desktop"

#include "menu-private.h"

/* An item of the menu as com.canonical.dbusmenu says it: what is not said is as that has it where
 * nothing is. */

static void
add_basic(DBusMessageIter *dict, const char *key, const char *signature, const void *value)
{
	RpDBusMember member;

	rp_dbus_dict_begin(dict, &member, key, signature);
	dbus_message_iter_append_basic(&member.value, signature[0], value);
	rp_dbus_dict_end(dict, &member);
}

/* An underscore would be the mark of a letter to press. */
static char *
escape_label(const char *label)
{
	GString *text = g_string_new(label);

	g_string_replace(text, "_", "__", 0);
	return g_string_free(text, FALSE);
}

static void
add_label(DBusMessageIter *dict, const RpMenuItem *item)
{
	g_autofree char *label = escape_label(item->label);

	rp_dbus_dict_string(dict, "label", label);
}

static void
add_kind(DBusMessageIter *dict, const RpMenuItem *item)
{
	dbus_bool_t no = FALSE;
	gint32 chosen = item->chosen;

	switch (item->kind) {
	case RP_MENU_TEXT:
		add_basic(dict, "enabled", "b", &no);
		return;
	case RP_MENU_COMMAND:
		return;
	case RP_MENU_RADIO:
		rp_dbus_dict_string(dict, "toggle-type", "radio");
		add_basic(dict, "toggle-state", "i", &chosen);
		return;
	case RP_MENU_SUBMENU:
		rp_dbus_dict_string(dict, "children-display", "submenu");
		return;
	case RP_MENU_SEPARATOR:
		rp_dbus_dict_string(dict, "type", "separator");
		return;
	}
	g_return_if_reached();
}

void
rp_menu_append_properties(DBusMessageIter *iter, const RpMenuItem *item)
{
	DBusMessageIter dict;

	rp_dbus_dict_open(iter, &dict);
	if (item->kind != RP_MENU_SEPARATOR && *item->label != '\0')
		add_label(&dict, item);
	add_kind(&dict, item);
	rp_dbus_dict_close(iter, &dict);
}

static void
append_basic_variant(DBusMessageIter *iter, DBusMessageIter *basic)
{
	const char type[] = {(char)dbus_message_iter_get_arg_type(basic), '\0'};
	DBusMessageIter variant;
	DBusBasicValue value;

	dbus_message_iter_get_basic(basic, &value);
	dbus_message_iter_open_container(iter, DBUS_TYPE_VARIANT, type, &variant);
	dbus_message_iter_append_basic(&variant, *type, &value);
	dbus_message_iter_close_container(iter, &variant);
}

/* All of them are basic ones. */
gboolean
rp_menu_append_property(DBusMessageIter *iter, const RpMenuItem *item, const char *name)
{
	DBusMessage *all = dbus_message_new(DBUS_MESSAGE_TYPE_METHOD_RETURN);
	DBusMessageIter dict, members, value;
	gboolean found = FALSE;
	const char *key;

	dbus_message_iter_init_append(all, &dict);
	rp_menu_append_properties(&dict, item);
	dbus_message_iter_init(all, &dict);
	dbus_message_iter_recurse(&dict, &members);
	while (!found && rp_dbus_dict_next(&members, &key, &value))
		found = g_str_equal(key, name);
	if (found)
		append_basic_variant(iter, &value);
	dbus_message_unref(all);
	return found;
}
