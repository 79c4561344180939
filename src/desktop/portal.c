/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "desktop-private.h"

#include <string.h>

/* A notice as the notification portal has it (org.freedesktop.portal.Notification), for desktops
 * that let programs notify by nothing else. It is known by a name and not by a number, and replaced
 * by another of the same name. */

#define NAME "org.freedesktop.portal.Desktop"
#define PATH "/org/freedesktop/portal/desktop"
#define INTERFACE "org.freedesktop.portal.Notification"
#define PROPERTIES "org.freedesktop.DBus.Properties"
#define ICON "mail-send"
#define WITH_SOUND 2 /* the first version that can be told to make none */

static const char *
priority_of(RpUrgency urgency)
{
	switch (urgency) {
	case RP_URGENCY_LOW:
		return "low";
	case RP_URGENCY_NORMAL:
		return "normal";
	case RP_URGENCY_CRITICAL:
		return "urgent";
	}
	g_return_val_if_reached("normal");
}

DBusMessage *
rp_portal_ask(void)
{
	DBusMessage *message = dbus_message_new_method_call(NAME, PATH, PROPERTIES, "Get");
	DBusMessageIter iter;

	dbus_message_iter_init_append(message, &iter);
	rp_dbus_append_string(&iter, INTERFACE);
	rp_dbus_append_string(&iter, "version");
	return message;
}

gboolean
rp_portal_read(DBusMessage *reply, guint *version)
{
	DBusMessageIter iter, value;
	dbus_uint32_t number;

	if (!dbus_message_has_signature(reply, "v"))
		return FALSE;
	dbus_message_iter_init(reply, &iter);
	dbus_message_iter_recurse(&iter, &value);
	if (dbus_message_iter_get_arg_type(&value) != DBUS_TYPE_UINT32)
		return FALSE;
	dbus_message_iter_get_basic(&value, &number);
	*version = number;
	return TRUE;
}

/* ---- what is shown ---- */

/* A themed one: ("themed", <["mail-send"]>). */
static void
append_icon(DBusMessageIter *dict)
{
	const char *const names[] = {ICON, NULL};
	DBusMessageIter pair, value;
	RpDBusMember member;

	rp_dbus_dict_begin(dict, &member, "icon", "(sv)");
	dbus_message_iter_open_container(&member.value, DBUS_TYPE_STRUCT, NULL, &pair);
	rp_dbus_append_string(&pair, "themed");
	dbus_message_iter_open_container(&pair, DBUS_TYPE_VARIANT, "as", &value);
	rp_dbus_append_strv(&value, names);
	dbus_message_iter_close_container(&pair, &value);
	dbus_message_iter_close_container(&member.value, &pair);
	rp_dbus_dict_end(dict, &member);
}

static void
append_buttons(DBusMessageIter *dict, const RpNotice *notice, const RpNoticeAbilities *abilities)
{
	DBusMessageIter list, button;
	RpDBusMember member;

	rp_dbus_dict_begin(dict, &member, "buttons", "aa{sv}");
	dbus_message_iter_open_container(&member.value, DBUS_TYPE_ARRAY, "a{sv}", &list);
	for (guint i = 0; notice->actions && i < notice->actions->len; i++) {
		const RpDesktopAction *action = notice->actions->pdata[i];
		g_autofree char *key = rp_desktop_action_key(action);

		if (rp_notify_action(notice, key, abilities) != action)
			continue;
		rp_dbus_dict_open(&list, &button);
		rp_dbus_dict_string(&button, "label", action->label);
		rp_dbus_dict_string(&button, "action", key);
		rp_dbus_dict_close(&list, &button);
	}
	dbus_message_iter_close_container(&member.value, &list);
	rp_dbus_dict_end(dict, &member);
}

DBusMessage *
rp_portal_add(const char *id, const RpNotice *notice, const RpNoticeAbilities *abilities,
	guint version, gboolean quiet)
{
	DBusMessage *message =
		dbus_message_new_method_call(NAME, PATH, INTERFACE, "AddNotification");
	DBusMessageIter iter, dict;

	dbus_message_iter_init_append(message, &iter);
	rp_dbus_append_string(&iter, id);
	rp_dbus_dict_open(&iter, &dict);
	rp_dbus_dict_string(&dict, "title", notice->summary);
	rp_dbus_dict_string(&dict, "body", notice->body);
	rp_dbus_dict_string(&dict, "priority", priority_of(notice->urgency));
	append_icon(&dict);
	if (notice->actions && rp_notify_action(notice, RP_NOTIFY_DEFAULT, abilities))
		rp_dbus_dict_string(&dict, "default-action", RP_NOTIFY_DEFAULT);
	append_buttons(&dict, notice, abilities);
	if (quiet && version >= WITH_SOUND)
		rp_dbus_dict_string(&dict, "sound", "silent");
	rp_dbus_dict_close(&iter, &dict);
	return message;
}

DBusMessage *
rp_portal_remove(const char *id)
{
	DBusMessage *message =
		dbus_message_new_method_call(NAME, PATH, INTERFACE, "RemoveNotification");
	DBusMessageIter iter;

	dbus_message_iter_init_append(message, &iter);
	rp_dbus_append_string(&iter, id);
	dbus_message_set_no_reply(message, TRUE);
	return message;
}

/* ---- what is clicked ---- */

RpDBusSubscription *
rp_portal_subscribe(RpDBus *bus, RpDBusSignalFunc clicked, gpointer user)
{
	const RpDBusMatch match = {
		.sender = NAME, .path = PATH, .interface = INTERFACE, .member = "ActionInvoked"};

	return rp_dbus_subscribe(bus, &match, clicked, user);
}

/* Of the platform's data, a dictionary among the parameters. */
static const char *
find_token(DBusMessageIter *parameters)
{
	const char *key, *token = NULL;
	DBusMessageIter dict, value, inner;

	for (; dbus_message_iter_get_arg_type(parameters) == DBUS_TYPE_VARIANT;
		dbus_message_iter_next(parameters)) {
		dbus_message_iter_recurse(parameters, &inner);
		if (dbus_message_iter_get_arg_type(&inner) != DBUS_TYPE_ARRAY ||
			dbus_message_iter_get_element_type(&inner) != DBUS_TYPE_DICT_ENTRY)
			continue;
		dbus_message_iter_recurse(&inner, &dict);
		while (rp_dbus_dict_next(&dict, &key, &value))
			if (strcmp(key, "activation-token") == 0 &&
				dbus_message_iter_get_arg_type(&value) == DBUS_TYPE_STRING)
				dbus_message_iter_get_basic(&value, &token);
	}
	return token;
}

gboolean
rp_portal_clicked(DBusMessage *signal, const char **id, const char **key, const char **token)
{
	DBusMessageIter iter, parameters;

	if (!dbus_message_has_signature(signal, "ssav"))
		return FALSE;
	dbus_message_iter_init(signal, &iter);
	dbus_message_iter_get_basic(&iter, id);
	dbus_message_iter_next(&iter);
	dbus_message_iter_get_basic(&iter, key);
	dbus_message_iter_next(&iter);
	dbus_message_iter_recurse(&iter, &parameters);
	*token = find_token(&parameters);
	return TRUE;
}
