/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-desktop"

#include "desktop-private.h"

#include <string.h>

/* A menu on the bus: com.canonical.dbusmenu, as libdbusmenu's XML describes it. An item has its
 * number for as long as this object lives, by its key: a menu that is open while it changes does
 * what it says. All properties are sent, whichever are asked for; they are few. */

#define MENU "com.canonical.dbusmenu"
#define VERSION 3
#define ROOT 0

struct RpMenuObject {
	RpDBus *bus;
	RpDBusObject *object;
	RpMenuClicked clicked;
	gpointer user;
	RpMenuItem *const *menu; /* where whoever made it keeps it; *menu may be NULL */
	GHashTable *numbers;     /* key -> number */
	guint32 revision;
};

/* ---- numbers ---- */

static gint32
number_of(RpMenuObject *menu, const RpMenuItem *item)
{
	gpointer number;

	if (item == *menu->menu)
		return ROOT;
	number = g_hash_table_lookup(menu->numbers, item->key);
	if (number == NULL) {
		number = GINT_TO_POINTER((gint)g_hash_table_size(menu->numbers) + 1);
		g_hash_table_insert(menu->numbers, g_strdup(item->key), number);
	}
	return GPOINTER_TO_INT(number);
}

static const RpMenuItem *
find_below(RpMenuObject *menu, const RpMenuItem *item, gint32 number)
{
	if (item == NULL || number_of(menu, item) == number)
		return item;
	for (guint i = 0; i < item->items->len; i++) {
		const RpMenuItem *found = find_below(menu, item->items->pdata[i], number);

		if (found != NULL)
			return found;
	}
	return NULL;
}

static const RpMenuItem *
find(RpMenuObject *menu, gint32 number)
{
	return find_below(menu, *menu->menu, number);
}

static const RpMenuItem *
find_or_refuse(RpMenuObject *menu, DBusMessage *call, gint32 number)
{
	const RpMenuItem *item = find(menu, number);

	if (item == NULL)
		rp_dbus_reply_error(menu->bus, call, DBUS_ERROR_INVALID_ARGS,
			"The menu has no item %d (any more).", number);
	return item;
}

/* ---- properties of items ---- */

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

static void
append_properties(DBusMessageIter *iter, const RpMenuItem *item)
{
	DBusMessageIter dict;

	rp_dbus_dict_open(iter, &dict);
	if (item->kind != RP_MENU_SEPARATOR && *item->label != '\0')
		add_label(&dict, item);
	add_kind(&dict, item);
	rp_dbus_dict_close(iter, &dict);
}

/* ---- the layout ---- */

static void
append_item(RpMenuObject *menu, DBusMessageIter *iter, const RpMenuItem *item, gint32 depth)
{
	gint32 number = number_of(menu, item);
	DBusMessageIter structure, children, child;

	dbus_message_iter_open_container(iter, DBUS_TYPE_STRUCT, NULL, &structure);
	dbus_message_iter_append_basic(&structure, DBUS_TYPE_INT32, &number);
	append_properties(&structure, item);
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

static void
on_get_layout(DBusMessage *call, gpointer user)
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
	append_properties(&structure, item);
	dbus_message_iter_close_container(array, &structure);
}

/* None named: all. */
static void
append_all(RpMenuObject *menu, DBusMessageIter *array, const RpMenuItem *item)
{
	append_numbered(array, number_of(menu, item), item);
	for (guint i = 0; i < item->items->len; i++)
		append_all(menu, array, item->items->pdata[i]);
}

static void
append_group(RpMenuObject *menu, DBusMessageIter *array, DBusMessageIter *ids)
{
	gint32 number;

	if (dbus_message_iter_get_arg_type(ids) == DBUS_TYPE_INVALID && *menu->menu != NULL)
		append_all(menu, array, *menu->menu);
	for (; dbus_message_iter_get_arg_type(ids) == DBUS_TYPE_INT32;
		dbus_message_iter_next(ids)) {
		dbus_message_iter_get_basic(ids, &number);
		const RpMenuItem *item = find(menu, number);
		if (item != NULL)
			append_numbered(array, number, item);
	}
}

static void
on_get_group_properties(DBusMessage *call, gpointer user)
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

/* All of them are basic ones. FALSE: it has none of this name. */
static gboolean
append_property(DBusMessageIter *iter, const RpMenuItem *item, const char *name)
{
	DBusMessage *all = dbus_message_new(DBUS_MESSAGE_TYPE_METHOD_RETURN);
	DBusMessageIter dict, members, value;
	gboolean found = FALSE;
	const char *key;

	dbus_message_iter_init_append(all, &dict);
	append_properties(&dict, item);
	dbus_message_iter_init(all, &dict);
	dbus_message_iter_recurse(&dict, &members);
	while (!found && rp_dbus_dict_next(&members, &key, &value))
		found = g_str_equal(key, name);
	if (found)
		append_basic_variant(iter, &value);
	dbus_message_unref(all);
	return found;
}

static void
on_get_property(DBusMessage *call, gpointer user)
{
	RpMenuObject *menu = user;
	DBusMessage *reply = dbus_message_new_method_return(call);
	DBusMessageIter iter;
	const char *name;
	gint32 number;

	dbus_message_get_args(
		call, NULL, DBUS_TYPE_INT32, &number, DBUS_TYPE_STRING, &name, DBUS_TYPE_INVALID);
	const RpMenuItem *item = find(menu, number);
	dbus_message_iter_init_append(reply, &iter);
	if (item == NULL || !append_property(&iter, item, name)) {
		dbus_message_unref(reply);
		reply = dbus_message_new_error_printf(call, DBUS_ERROR_INVALID_ARGS,
			"The menu's item %d has no property %s.", number, name);
	}
	rp_dbus_reply(menu->bus, call, reply);
}

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
	const RpMenuItem *item = find(menu, number);
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
		if (find(user, number) == NULL)
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
	{MENU, "GetLayout", "iias", on_get_layout},
	{MENU, "GetGroupProperties", "aias", on_get_group_properties},
	{MENU, "GetProperty", "is", on_get_property},
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
		append_all(object, &array, *object->menu);
	dbus_message_iter_close_container(&iter, &array);
	dbus_message_iter_open_container(&iter, DBUS_TYPE_ARRAY, "(ias)", &array);
	dbus_message_iter_close_container(&iter, &array);
	rp_dbus_object_emit_message(object->object, signal);
}

void
rp_menu_object_changed(RpMenuObject *object)
{
	gint32 root = ROOT;

	tell_properties(object);
	object->revision++;
	rp_dbus_object_emit(object->object, MENU, "LayoutUpdated", DBUS_TYPE_UINT32,
		&object->revision, DBUS_TYPE_INT32, &root, DBUS_TYPE_INVALID);
}
