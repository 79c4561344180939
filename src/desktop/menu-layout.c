/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-desktop"

#include "menu-private.h"

/* What is asked by who shows the menu: which items it has, and what they look like. All properties
 * are sent, whichever are asked for; they are few. */

static const RpMenuItem *
find_or_refuse(RpMenuObject *menu, DBusMessage *call, gint32 number)
{
	const RpMenuItem *item = rp_menu_find(menu, number);

	if (item == NULL)
		rp_dbus_reply_error(menu->bus, call, DBUS_ERROR_INVALID_ARGS,
			"The menu has no item %d (any more).", number);
	return item;
}

static void
append_item(RpMenuObject *menu, DBusMessageIter *iter, const RpMenuItem *item, gint32 depth)
{
	gint32 number = rp_menu_number_of(menu, item);
	DBusMessageIter structure, children, child;

	dbus_message_iter_open_container(iter, DBUS_TYPE_STRUCT, NULL, &structure);
	dbus_message_iter_append_basic(&structure, DBUS_TYPE_INT32, &number);
	rp_menu_append_properties(&structure, item);
	dbus_message_iter_open_container(&structure, DBUS_TYPE_ARRAY, "v", &children);
	for (guint i = 0; depth != 0 && i < item->items->len; i++) {
		dbus_message_iter_open_container(
			&children, DBUS_TYPE_VARIANT, "(ia{sv}av)", &child);
		append_item(menu, &child, item->items->pdata[i], depth - 1);
		dbus_message_iter_close_container(&children, &child);
	}
	dbus_message_iter_close_container(&structure, &children);
	dbus_message_iter_close_container(iter, &structure);
}

void
rp_menu_get_layout(DBusMessage *call, gpointer user)
{
	RpMenuObject *menu = user;
	gint32 parent, depth;
	DBusMessageIter iter;

	dbus_message_iter_init(call, &iter);
	dbus_message_iter_get_basic(&iter, &parent);
	dbus_message_iter_next(&iter);
	dbus_message_iter_get_basic(&iter, &depth);
	const RpMenuItem *item = find_or_refuse(menu, call, parent);
	if (item == NULL)
		return;
	DBusMessage *reply = dbus_message_new_method_return(call);
	dbus_message_iter_init_append(reply, &iter);
	dbus_message_iter_append_basic(&iter, DBUS_TYPE_UINT32, &menu->revision);
	append_item(menu, &iter, item, depth);
	rp_dbus_reply(menu->bus, call, reply);
}

static void
append_numbered(DBusMessageIter *array, gint32 number, const RpMenuItem *item)
{
	DBusMessageIter structure;

	dbus_message_iter_open_container(array, DBUS_TYPE_STRUCT, NULL, &structure);
	dbus_message_iter_append_basic(&structure, DBUS_TYPE_INT32, &number);
	rp_menu_append_properties(&structure, item);
	dbus_message_iter_close_container(array, &structure);
}

void
rp_menu_append_all(RpMenuObject *menu, DBusMessageIter *array, const RpMenuItem *item)
{
	append_numbered(array, rp_menu_number_of(menu, item), item);
	for (guint i = 0; i < item->items->len; i++)
		rp_menu_append_all(menu, array, item->items->pdata[i]);
}

/* None named: all. */
static void
append_group(RpMenuObject *menu, DBusMessageIter *array, DBusMessageIter *ids)
{
	gint32 number;

	if (dbus_message_iter_get_arg_type(ids) == DBUS_TYPE_INVALID && *menu->menu != NULL)
		rp_menu_append_all(menu, array, *menu->menu);
	for (; dbus_message_iter_get_arg_type(ids) == DBUS_TYPE_INT32;
		dbus_message_iter_next(ids)) {
		dbus_message_iter_get_basic(ids, &number);
		const RpMenuItem *item = rp_menu_find(menu, number);
		if (item != NULL)
			append_numbered(array, number, item);
	}
}

void
rp_menu_get_group_properties(DBusMessage *call, gpointer user)
{
	RpMenuObject *menu = user;
	DBusMessage *reply = dbus_message_new_method_return(call);
	DBusMessageIter arguments, ids, iter, array;

	dbus_message_iter_init(call, &arguments);
	dbus_message_iter_recurse(&arguments, &ids);
	dbus_message_iter_init_append(reply, &iter);
	dbus_message_iter_open_container(&iter, DBUS_TYPE_ARRAY, "(ia{sv})", &array);
	append_group(menu, &array, &ids);
	dbus_message_iter_close_container(&iter, &array);
	rp_dbus_reply(menu->bus, call, reply);
}

void
rp_menu_get_property(DBusMessage *call, gpointer user)
{
	RpMenuObject *menu = user;
	DBusMessage *reply = dbus_message_new_method_return(call);
	DBusMessageIter iter;
	const char *name;
	gint32 number;

	dbus_message_get_args(
		call, NULL, DBUS_TYPE_INT32, &number, DBUS_TYPE_STRING, &name, DBUS_TYPE_INVALID);
	const RpMenuItem *item = rp_menu_find(menu, number);
	dbus_message_iter_init_append(reply, &iter);
	if (item == NULL || !rp_menu_append_property(&iter, item, name)) {
		dbus_message_unref(reply);
		reply = dbus_message_new_error_printf(call, DBUS_ERROR_INVALID_ARGS,
			"The menu's item %d has no property %s.", number, name);
	}
	rp_dbus_reply(menu->bus, call, reply);
}
