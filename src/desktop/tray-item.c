/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-desktop"

#include "desktop-private.h"

#include "roampost/tray-item.h"

#include <unistd.h>

/* The icon in the panel, by the StatusNotifierItem specification as KDE has it (its interfaces are
 * called org.kde; nobody uses the freedesktop ones). A watcher keeps the list of items for all
 * panels: we register with each that appears, and it is the panel that draws. */

#define ITEM "org.kde.StatusNotifierItem"
#define ITEM_PATH "/StatusNotifierItem"

struct RpTrayItem {
	const RpTrayEvents *events;
	gpointer user;
	RpDBus *bus;
	RpDBusObject *object;
	RpDBusName *name;
	RpTrayHost *host;
	RpMenuObject *menu;
	RpDoer *doer;
	char *bus_name;
	char *token; /* of the click that is about to come; or NULL */
	gboolean has_name;
	RpTrayView *view;       /* NULL: nothing was shown yet */
	RpMenuItem *shown_menu; /* its menu, for the object of the menu */
};

/* ---- properties ---- */

static void
get_category(DBusMessageIter *value, const RpDBusProperty *property, gpointer user)
{
	rp_dbus_append_string(value, "Communications");
}

static void
get_id(DBusMessageIter *value, const RpDBusProperty *property, gpointer user)
{
	rp_dbus_append_string(value, "roampost");
}

static void
get_title(DBusMessageIter *value, const RpDBusProperty *property, gpointer user)
{
	rp_dbus_append_string(value, "Outbox (roampost)");
}

static const char *
status_of(const RpTrayView *view)
{
	return view != NULL && view->icon == RP_TRAY_TROUBLE ? "NeedsAttention" : "Active";
}

static void
get_status(DBusMessageIter *value, const RpDBusProperty *property, gpointer user)
{
	rp_dbus_append_string(value, status_of(((RpTrayItem *)user)->view));
}

static const char *
icon_of(const RpTrayItem *item)
{
	return rp_tray_icon_name(item->view != NULL ? item->view->icon : RP_TRAY_OFFLINE);
}

static void
get_icon(DBusMessageIter *value, const RpDBusProperty *property, gpointer user)
{
	rp_dbus_append_string(value, icon_of(user));
}

static void
get_empty(DBusMessageIter *value, const RpDBusProperty *property, gpointer user)
{
	rp_dbus_append_string(value, "");
}

static void
append_picture(DBusMessageIter *array, guint n, guint size)
{
	g_autoptr(GBytes) picture = rp_badge_draw(n, size);
	gsize length;
	const guint8 *pixels = g_bytes_get_data(picture, &length);
	gint32 side = (gint32)size;
	DBusMessageIter structure, bytes;

	dbus_message_iter_open_container(array, DBUS_TYPE_STRUCT, NULL, &structure);
	dbus_message_iter_append_basic(&structure, DBUS_TYPE_INT32, &side);
	dbus_message_iter_append_basic(&structure, DBUS_TYPE_INT32, &side);
	dbus_message_iter_open_container(&structure, DBUS_TYPE_ARRAY, "y", &bytes);
	dbus_message_iter_append_fixed_array(&bytes, DBUS_TYPE_BYTE, &pixels, (int)length);
	dbus_message_iter_close_container(&structure, &bytes);
	dbus_message_iter_close_container(array, &structure);
}

/* How much mail is held; nothing where none is. */
static void
get_overlay(DBusMessageIter *value, const RpDBusProperty *property, gpointer user)
{
	static const guint sizes[] = {16, 32, 48};
	const RpTrayItem *item = user;
	DBusMessageIter array;

	dbus_message_iter_open_container(value, DBUS_TYPE_ARRAY, "(iiay)", &array);
	for (guint i = 0; i < G_N_ELEMENTS(sizes) && item->view != NULL && item->view->n_held; i++)
		append_picture(&array, item->view->n_held, sizes[i]);
	dbus_message_iter_close_container(value, &array);
}

static void
append_no_pictures(DBusMessageIter *value)
{
	DBusMessageIter array;

	dbus_message_iter_open_container(value, DBUS_TYPE_ARRAY, "(iiay)", &array);
	dbus_message_iter_close_container(value, &array);
}

static void
get_no_pictures(DBusMessageIter *value, const RpDBusProperty *property, gpointer user)
{
	append_no_pictures(value);
}

/* Some panels read markup in it. */
static void
get_tool_tip(DBusMessageIter *value, const RpDBusProperty *property, gpointer user)
{
	const RpTrayItem *item = user;
	g_autofree char *text =
		g_markup_escape_text(item->view != NULL ? item->view->text : "", -1);
	DBusMessageIter structure;

	dbus_message_iter_open_container(value, DBUS_TYPE_STRUCT, NULL, &structure);
	rp_dbus_append_string(&structure, icon_of(item));
	append_no_pictures(&structure);
	rp_dbus_append_string(&structure, item->view != NULL ? item->view->title : "");
	rp_dbus_append_string(&structure, text);
	dbus_message_iter_close_container(value, &structure);
}

static void
get_window(DBusMessageIter *value, const RpDBusProperty *property, gpointer user)
{
	gint32 none = 0;

	dbus_message_iter_append_basic(value, DBUS_TYPE_INT32, &none);
}

/* A click that has no window to show is to show the menu. */
static void
get_is_menu(DBusMessageIter *value, const RpDBusProperty *property, gpointer user)
{
	dbus_bool_t is_menu = !rp_doer_has_outbox(((RpTrayItem *)user)->doer);

	dbus_message_iter_append_basic(value, DBUS_TYPE_BOOLEAN, &is_menu);
}

static void
get_menu(DBusMessageIter *value, const RpDBusProperty *property, gpointer user)
{
	const char *path = RP_MENU_PATH;

	dbus_message_iter_append_basic(value, DBUS_TYPE_OBJECT_PATH, &path);
}

/* ---- clicks ---- */

static void
do_clicked(const RpDesktopAction *action, gpointer user)
{
	RpTrayItem *item = user;
	g_autofree char *token = g_steal_pointer(&item->token);

	rp_doer_do(item->doer, action, token);
}

static void
on_activate(DBusMessage *call, gpointer user)
{
	RpTrayItem *item = user;
	RpDesktopAction show = {RP_DO_SHOW_OUTBOX, (char *)"", (char *)""};

	rp_dbus_reply_args(item->bus, call, DBUS_TYPE_INVALID);
	if (rp_doer_has_outbox(item->doer))
		do_clicked(&show, item);
}

static void
on_token(DBusMessage *call, gpointer user)
{
	RpTrayItem *item = user;
	const char *token;
	DBusMessageIter iter;

	dbus_message_iter_init(call, &iter);
	dbus_message_iter_get_basic(&iter, &token);
	g_free(item->token);
	item->token = g_strdup(token);
	rp_dbus_reply_args(item->bus, call, DBUS_TYPE_INVALID);
}

/* The panel shows the menu by itself; a wheel means nothing here. */
static void
on_nothing(DBusMessage *call, gpointer user)
{
	rp_dbus_reply_args(((RpTrayItem *)user)->bus, call, DBUS_TYPE_INVALID);
}

/* ---- the object ---- */

static const RpDBusMethod methods[] = {
	{ITEM, "Activate", "ii", on_activate},
	{ITEM, "SecondaryActivate", "ii", on_activate},
	{ITEM, "ContextMenu", "ii", on_nothing},
	{ITEM, "Scroll", "is", on_nothing},
	{ITEM, "ProvideXdgActivationToken", "s", on_token},
	{NULL},
};
static const RpDBusProperty properties[] = {
	{ITEM, "Category", "s", get_category},
	{ITEM, "Id", "s", get_id},
	{ITEM, "Title", "s", get_title},
	{ITEM, "Status", "s", get_status},
	{ITEM, "WindowId", "i", get_window},
	{ITEM, "IconThemePath", "s", get_empty},
	{ITEM, "IconName", "s", get_icon},
	{ITEM, "IconPixmap", "a(iiay)", get_no_pictures},
	{ITEM, "OverlayIconName", "s", get_empty},
	{ITEM, "OverlayIconPixmap", "a(iiay)", get_overlay},
	{ITEM, "AttentionIconName", "s", get_icon},
	{ITEM, "AttentionIconPixmap", "a(iiay)", get_no_pictures},
	{ITEM, "AttentionMovieName", "s", get_empty},
	{ITEM, "ToolTip", "(sa(iiay)ss)", get_tool_tip},
	{ITEM, "ItemIsMenu", "b", get_is_menu},
	{ITEM, "Menu", "o", get_menu},
	{NULL},
};
static const char xml[] =
	"<node><interface name='" ITEM "'>"
	"<property name='Category' type='s' access='read'/><property name='Id' type='s' "
	"access='read'/>"
	"<property name='Title' type='s' access='read'/><property name='Status' type='s' "
	"access='read'/>"
	"<property name='WindowId' type='i' access='read'/>"
	"<property name='IconThemePath' type='s' access='read'/>"
	"<property name='IconName' type='s' access='read'/>"
	"<property name='IconPixmap' type='a(iiay)' access='read'/>"
	"<property name='OverlayIconName' type='s' access='read'/>"
	"<property name='OverlayIconPixmap' type='a(iiay)' access='read'/>"
	"<property name='AttentionIconName' type='s' access='read'/>"
	"<property name='AttentionIconPixmap' type='a(iiay)' access='read'/>"
	"<property name='AttentionMovieName' type='s' access='read'/>"
	"<property name='ToolTip' type='(sa(iiay)ss)' access='read'/>"
	"<property name='ItemIsMenu' type='b' access='read'/>"
	"<property name='Menu' type='o' access='read'/>"
	"<method name='Activate'><arg type='i' direction='in'/><arg type='i' "
	"direction='in'/></method>"
	"<method name='SecondaryActivate'><arg type='i' direction='in'/>"
	"<arg type='i' direction='in'/></method>"
	"<method name='ContextMenu'><arg type='i' direction='in'/>"
	"<arg type='i' direction='in'/></method>"
	"<method name='Scroll'><arg type='i' direction='in'/><arg type='s' "
	"direction='in'/></method>"
	"<method name='ProvideXdgActivationToken'><arg type='s' direction='in'/></method>"
	"<signal name='NewTitle'/><signal name='NewIcon'/><signal name='NewAttentionIcon'/>"
	"<signal name='NewOverlayIcon'/><signal name='NewToolTip'/>"
	"<signal name='NewStatus'><arg type='s'/></signal>"
	"</interface></node>";
static const RpDBusObjectInfo info = {ITEM_PATH, xml, methods, properties};

/* ---- panels ---- */

static void
on_taken(gpointer user)
{
	RpTrayItem *item = user;

	item->events->wanted(item->user);
}

static void
offer(RpTrayItem *item)
{
	rp_tray_host_set_ready(item->host, item->has_name && rp_doer_is_ready(item->doer));
}

static void
on_name(gboolean owned, gpointer user)
{
	RpTrayItem *item = user;

	item->has_name = owned;
	offer(item);
}

static void
on_refused(const RpDesktopAction *action, const char *sentence, gpointer user)
{
	RpTrayItem *item = user;

	item->events->refused(action, sentence, item->user);
}

static void
on_ready(gpointer user)
{
	offer(user);
}

static const RpDoerEvents doer_events = {.ready = on_ready, .refused = on_refused};

RpTrayItem *
rp_tray_item_new(const RpTrayEvents *events, gpointer user)
{
	RpTrayItem *item = g_new0(RpTrayItem, 1);

	item->events = events;
	item->user = user;
	item->bus = rp_dbus_new_session();
	item->bus_name = g_strdup_printf(ITEM "-%ld-1", (long)getpid());
	item->host = rp_tray_host_new(item->bus, item->bus_name, on_taken, item);
	item->doer = rp_doer_new(item->bus, &doer_events, item);
	item->object = rp_dbus_export(item->bus, &info, item);
	item->menu = rp_menu_object_new(item->bus, &item->shown_menu, do_clicked, item);
	item->name = rp_dbus_request_name(
		item->bus, item->bus_name, DBUS_NAME_FLAG_DO_NOT_QUEUE, on_name, item);
	return item;
}

void
rp_tray_item_free(RpTrayItem *item)
{
	if (item == NULL)
		return;
	rp_dbus_name_free(item->name);
	rp_menu_object_free(item->menu);
	rp_dbus_object_free(item->object);
	rp_doer_free(item->doer);
	rp_tray_host_free(item->host);
	rp_dbus_unref(item->bus);
	rp_tray_view_free(item->view);
	g_free(item->bus_name);
	g_free(item->token);
	g_free(item);
}

gboolean
rp_tray_item_is_wanted(const RpTrayItem *item)
{
	return rp_tray_host_has_taken(item->host);
}

gboolean
rp_tray_item_has_outbox(const RpTrayItem *item)
{
	return rp_doer_has_outbox(item->doer);
}

/* ---- what is shown ---- */

static void
emit(RpTrayItem *item, const char *signal)
{
	rp_dbus_object_emit(item->object, ITEM, signal, DBUS_TYPE_INVALID);
}

static void
emit_status(RpTrayItem *item)
{
	const char *status = status_of(item->view);

	rp_dbus_object_emit(
		item->object, ITEM, "NewStatus", DBUS_TYPE_STRING, &status, DBUS_TYPE_INVALID);
}

void
rp_tray_item_show(RpTrayItem *item, RpTrayView *view)
{
	g_autoptr(RpTrayView) before = g_steal_pointer(&item->view);

	item->view = view;
	item->shown_menu = view->menu;
	if (before == NULL || before->icon != view->icon) {
		emit(item, "NewIcon");
		emit_status(item);
	}
	if (before == NULL || before->n_held != view->n_held)
		emit(item, "NewOverlayIcon");
	if (before == NULL || !g_str_equal(before->title, view->title) ||
		!g_str_equal(before->text, view->text))
		emit(item, "NewToolTip");
	if (before == NULL || !rp_menu_equal(before->menu, view->menu))
		rp_menu_object_changed(item->menu);
}
