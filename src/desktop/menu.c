/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-desktop"

#include "menu-private.h"

/* A menu on the bus: com.canonical.dbusmenu, as libdbusmenu's XML describes it: the object, clicks,
 * and the word that it has changed. */

#define MENU "com.canonical.dbusmenu"
#define VERSION 3

/* ---- clicks ---- */

/* FALSE: there is no such item. */
static gboolean
take_event(RpMenuObject *menu, DBusMessageIter *iter)
{
	const char *event;
	gint32 number;

	dbus_message_iter_get_basic(iter, &number);
	dbus_message_iter_next(iter);
	dbus_message_iter_get_basic(iter, &event);
	const RpMenuItem *item = rp_menu_find(menu, number);
	if (item != NULL && item->action != NULL && g_str_equal(event, "clicked"))
		menu->clicked(item->action, menu->user);
	return item != NULL;
}

static void
on_event(DBusMessage *call, gpointer user)
{
	RpMenuObject *menu = user;
	DBusMessageIter iter;

	dbus_message_iter_init(call, &iter);
	take_event(menu, &iter);
	rp_dbus_reply_args(menu->bus, call, DBUS_TYPE_INVALID);
}

static void
append_numbers(DBusMessageIter *iter, const GArray *numbers)
{
	DBusMessageIter array;

	dbus_message_iter_open_container(iter, DBUS_TYPE_ARRAY, "i", &array);
	for (guint i = 0; numbers != NULL && i < numbers->len; i++)
		dbus_message_iter_append_basic(
			&array, DBUS_TYPE_INT32, &g_array_index(numbers, gint32, i));
	dbus_message_iter_close_container(iter, &array);
}

/* Those that there is no item of; before them, where both are told, those to be asked for anew:
 * none. */
static void
reply_unknown(RpMenuObject *menu, DBusMessage *call, const GArray *unknown, gboolean both)
{
	DBusMessage *reply = dbus_message_new_method_return(call);
	DBusMessageIter iter;

	dbus_message_iter_init_append(reply, &iter);
	if (both)
		append_numbers(&iter, NULL);
	append_numbers(&iter, unknown);
	rp_dbus_reply(menu->bus, call, reply);
}

static void
on_event_group(DBusMessage *call, gpointer user)
{
	g_autoptr(GArray) unknown = g_array_new(FALSE, FALSE, sizeof(gint32));
	RpMenuObject *menu = user;
	DBusMessageIter iter, events, event, read;
	gint32 number;

	dbus_message_iter_init(call, &iter);
	dbus_message_iter_recurse(&iter, &events);
	for (; dbus_message_iter_get_arg_type(&events) == DBUS_TYPE_STRUCT;
		dbus_message_iter_next(&events)) {
		dbus_message_iter_recurse(&events, &event);
		read = event;
		dbus_message_iter_get_basic(&read, &number);
		if (!take_event(menu, &event))
			g_array_append_val(unknown, number);
	}
	reply_unknown(menu, call, unknown, FALSE);
}

/* It is up to date at any time. */
static void
on_about_to_show(DBusMessage *call, gpointer user)
{
	dbus_bool_t no = FALSE;

	rp_dbus_reply_args(
		((RpMenuObject *)user)->bus, call, DBUS_TYPE_BOOLEAN, &no, DBUS_TYPE_INVALID);
}

static void
on_about_to_show_group(DBusMessage *call, gpointer user)
{
	g_autoptr(GArray) unknown = g_array_new(FALSE, FALSE, sizeof(gint32));
	DBusMessageIter iter, ids;
	gint32 number;

	dbus_message_iter_init(call, &iter);
	dbus_message_iter_recurse(&iter, &ids);
	for (; dbus_message_iter_get_arg_type(&ids) == DBUS_TYPE_INT32;
		dbus_message_iter_next(&ids)) {
		dbus_message_iter_get_basic(&ids, &number);
		if (rp_menu_find(user, number) == NULL)
			g_array_append_val(unknown, number);
	}
	reply_unknown(user, call, unknown, TRUE);
}

/* ---- the object ---- */

static void
get_version(DBusMessageIter *value, const RpDBusProperty *property, gpointer user)
{
	guint32 version = VERSION;

	dbus_message_iter_append_basic(value, DBUS_TYPE_UINT32, &version);
}

static void
get_status(DBusMessageIter *value, const RpDBusProperty *property, gpointer user)
{
	rp_dbus_append_string(value, "normal");
}

static void
get_direction(DBusMessageIter *value, const RpDBusProperty *property, gpointer user)
{
	rp_dbus_append_string(value, "ltr");
}

static void
get_theme_path(DBusMessageIter *value, const RpDBusProperty *property, gpointer user)
{
	rp_dbus_append_strv(value, NULL);
}

static const RpDBusMethod methods[] = {
	{MENU, "GetLayout", "iias", rp_menu_get_layout},
	{MENU, "GetGroupProperties", "aias", rp_menu_get_group_properties},
	{MENU, "GetProperty", "is", rp_menu_get_property},
	{MENU, "Event", "isvu", on_event},
	{MENU, "EventGroup", "a(isvu)", on_event_group},
	{MENU, "AboutToShow", "i", on_about_to_show},
	{MENU, "AboutToShowGroup", "ai", on_about_to_show_group},
	{NULL},
};
static const RpDBusProperty properties[] = {
	{MENU, "Version", "u", get_version},
	{MENU, "Status", "s", get_status},
	{MENU, "TextDirection", "s", get_direction},
	{MENU, "IconThemePath", "as", get_theme_path},
	{NULL},
};
static const char xml[] =
	"<node><interface name='" MENU "'>"
	"<method name='GetLayout'><arg type='i' direction='in'/><arg type='i' direction='in'/>"
	"<arg type='as' direction='in'/><arg type='u' direction='out'/>"
	"<arg type='(ia{sv}av)' direction='out'/></method>"
	"<method name='GetGroupProperties'><arg type='ai' direction='in'/>"
	"<arg type='as' direction='in'/><arg type='a(ia{sv})' direction='out'/></method>"
	"<method name='GetProperty'><arg type='i' direction='in'/>"
	"<arg type='s' direction='in'/><arg type='v' direction='out'/></method>"
	"<method name='Event'><arg type='i' direction='in'/><arg type='s' direction='in'/>"
	"<arg type='v' direction='in'/><arg type='u' direction='in'/></method>"
	"<method name='EventGroup'><arg type='a(isvu)' direction='in'/>"
	"<arg type='ai' direction='out'/></method>"
	"<method name='AboutToShow'><arg type='i' direction='in'/>"
	"<arg type='b' direction='out'/></method>"
	"<method name='AboutToShowGroup'><arg type='ai' direction='in'/>"
	"<arg type='ai' direction='out'/><arg type='ai' direction='out'/></method>"
	"<signal name='ItemsPropertiesUpdated'><arg type='a(ia{sv})'/><arg type='a(ias)'/></signal>"
	"<signal name='LayoutUpdated'><arg type='u'/><arg type='i'/></signal>"
	"<property name='Version' type='u' access='read'/>"
	"<property name='Status' type='s' access='read'/>"
	"<property name='TextDirection' type='s' access='read'/>"
	"<property name='IconThemePath' type='as' access='read'/>"
	"</interface></node>";
static const RpDBusObjectInfo info = {RP_MENU_PATH, xml, methods, properties};

RpMenuObject *
rp_menu_object_new(RpDBus *bus, RpMenuItem *const *menu, RpMenuClicked clicked, gpointer user)
{
	RpMenuObject *object = g_new0(RpMenuObject, 1);

	object->bus = bus;
	object->menu = menu;
	object->clicked = clicked;
	object->user = user;
	object->numbers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	object->object = rp_dbus_export(bus, &info, object);
	return object;
}

void
rp_menu_object_free(RpMenuObject *object)
{
	rp_dbus_object_free(object->object);
	g_hash_table_unref(object->numbers);
	g_free(object);
}

/* Items keep their numbers, and hosts that have one know how it looks: not all ask again when the
 * layout is another (GNOME's extension, KDE). */
static void
tell_properties(RpMenuObject *object)
{
	DBusMessage *signal = dbus_message_new_signal(RP_MENU_PATH, MENU, "ItemsPropertiesUpdated");
	DBusMessageIter iter, array;

	dbus_message_iter_init_append(signal, &iter);
	dbus_message_iter_open_container(&iter, DBUS_TYPE_ARRAY, "(ia{sv})", &array);
	if (*object->menu != NULL)
		rp_menu_append_all(object, &array, *object->menu);
	dbus_message_iter_close_container(&iter, &array);
	dbus_message_iter_open_container(&iter, DBUS_TYPE_ARRAY, "(ias)", &array);
	dbus_message_iter_close_container(&iter, &array);
	rp_dbus_object_emit_message(object->object, signal);
}

void
rp_menu_object_changed(RpMenuObject *object)
{
	gint32 root = RP_MENU_ROOT;

	tell_properties(object);
	object->revision++;
	rp_dbus_object_emit(object->object, MENU, "LayoutUpdated", DBUS_TYPE_UINT32,
		&object->revision, DBUS_TYPE_INT32, &root, DBUS_TYPE_INVALID);
}
